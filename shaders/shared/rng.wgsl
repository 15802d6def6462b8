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

// cos(2πu) for u in [0, 1). A device may compute `cos` to 11 bits, and beyond π as it likes (WGSL, "Accuracy of concrete
// floating point expressions"): the same seed would be another run elsewhere.
fn rng_cosine(u: f32) -> f32 {
    let x = 6.2831853f * (abs(u - 0.5f) - 0.25f);
    let y = x * x;
    // The sine on [-π/2, π/2] by its series, as far as rounding shows.
    return x * (1.0f + y * (-0.16666667f + y * (0.008333334f + y * (-1.9841270e-4f + y * (2.7557319e-6f - y * 2.5052108e-8f)))));
}

// Standard normal, by Box and Muller
fn rng_normal(element: u32, stream: u32, step: u32, seed: u32) -> f32 {
    let bits = rng_bits(element, stream, step, seed) >> vec2<u32>(8u);
    let radius = sqrt(-2.0f * log((f32(bits.x) + 1.0f) * 0x1p-24f));
    return radius * rng_cosine(f32(bits.y) * 0x1p-24f);
}
