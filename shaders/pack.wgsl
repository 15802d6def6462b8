// Pictures as bytes, four values in [0, 1] a word, rounded as the CPU does: halves away from zero. A module of its own, to which
// the arena is words: not every word is a number that a shader may hold.
@group(0) @binding(0) var<storage, read_write> a: array<u32>;

fn byte(at: u32) -> u32 {
    let v = clamp(bitcast<f32>(a[at]), 0.0f, 1.0f) * 255.0f;
    let whole = floor(v);
    return u32(whole) + select(0u, 1u, v >= whole + 0.5f);
}

@compute @workgroup_size({{lanes}})
fn main(@builtin(global_invocation_id) at: vec3<u32>) {
    let i = at.y * {{row}}u + at.x;
    if (i >= {{words}}u) { return; }
    let x = {{from}}u + 4u * i;
    a[{{to}}u + i] = byte(x) | (byte(x + 1u) << 8u) | (byte(x + 2u) << 16u) | (byte(x + 3u) << 24u);
}
