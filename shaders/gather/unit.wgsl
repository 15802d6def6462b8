// Four values from 0 to 1.
let to = {{x}}u + i * 4u;
a[to] = f32(word & 0xffu) / 255.0f;
a[to + 1u] = f32((word >> 8u) & 0xffu) / 255.0f;
a[to + 2u] = f32((word >> 16u) & 0xffu) / 255.0f;
a[to + 3u] = f32(word >> 24u) / 255.0f;
