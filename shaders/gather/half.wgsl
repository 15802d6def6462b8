// Two numbers of 16 bits.
let pair = unpack2x16float(word);
let to = {{x}}u + i * 2u;
a[to] = pair.x;
a[to + 1u] = pair.y;
