// Activations of a step that is to keep them in 16 bits, by offsets of their own: neighbours that two invocations write would share a
// word of the arena.
@group(0) @binding(4) var<storage, read_write> h16: array<f16, {{halves}}>;

