// Factors of these samples, which lie behind all labels, one byte each.
let row = i / {{each}}u;
let image = order[{{at}}];
let behind = ctl[{{labels}}] + ctl[{{labels}}] / {{bytes}}u;
let at = behind + image * {{each}}u + i % {{each}}u;
a[{{to}}u + i] = f32((data[at / 4u] >> (8u * (at % 4u))) & 0xffu);
