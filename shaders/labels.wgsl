// Labels of these images, which lie behind all images, one byte each; and the step's number.
let image = order[{{at}}];
let at = ctl[{{labels}}] + image;
a[{{to}}u + i] = f32((data[at / 4u] >> (8u * (at % 4u))) & 0xffu);
if (i == 0u) { a[{{number}}u] = f32(ctl[{{step}}]); }
