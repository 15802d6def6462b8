@group(0) @binding(0) var<storage, read_write> a: array<f32, 200832>;
@group(0) @binding(1) var<storage, read_write> ctl: array<u32, 64>;
@group(0) @binding(2) var<storage, read> data: array<u32>;
@group(0) @binding(3) var<storage, read> order: array<u32>;

fn kernel0(i: u32) {
    var acc = 0.0f;
    for (var r = 0u; r < 784u; r += 1u) {
        let v1 = a[i * 784u + r];
        let v2 = a[i * 784u + r + 100352u];
        let v3 = v1 - v2;
        let v4 = v3 * v3;
        acc += v4;
    }
    let v5 = sqrt(acc);
    let v6 = v5;
    a[i + 200704u] = v6;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let group = w.x;
    if (lane < 16u) { kernel0((group - 0u) * 16u + lane); }
}

