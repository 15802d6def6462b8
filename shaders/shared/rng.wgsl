// Counter-based noise: a value is a function of (seed, step, stream, element) and of nothing else, so the same seed gives
// the same run on every machine, in any order of execution. The mixing is PCG4D (Jarzynski & Olano, "Hash Functions for
// GPU Rendering", 2020). The twin in `src/compile/rng.rs` must give the same bits.

fn rng_bits(element: u32, stream: u32, step: u32, seed: u32) -> vec2<u32> {
    var v = vec4<u32>(element, stream, step, seed) * 1664525u + 1013904223u;
    v.x += v.y * v.w;
    v.y += v.z * v.x;
    v.z += v.x * v.y;
    v.w += v.y * v.z;
    v = v ^ (v >> vec4<u32>(16u));
    v.x += v.y * v.w;
    v.y += v.z * v.x;
    v.z += v.x * v.y;
    v.w += v.y * v.z;
    return v.xy;
}

// [0, 1), 24 bits
fn rng_uniform(element: u32, stream: u32, step: u32, seed: u32) -> f32 {
    return f32(rng_bits(element, stream, step, seed).x >> 8u) * 0x1p-24f;
}

// Standard normal, by Box and Muller
fn rng_normal(element: u32, stream: u32, step: u32, seed: u32) -> f32 {
    let bits = rng_bits(element, stream, step, seed) >> vec2<u32>(8u);
    let radius = sqrt(-2.0f * log((f32(bits.x) + 1.0f) * 0x1p-24f));
    return radius * cos(6.2831853f * (f32(bits.y) * 0x1p-24f));
}
