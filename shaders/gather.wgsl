// Takes samples from the data set: one invocation for each of a sample's words.
let row = i / {{words}}u;
let image = order[{{at}}];
let word = data[image * {{words}}u + i % {{words}}u];
{{unpack}}if (i == 0u) { ctl[{{now}}] = ctl[{{step}}]; }
