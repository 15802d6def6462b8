@group(0) @binding(0) var<storage, read_write> a: array<f32, 199264>;
@group(0) @binding(1) var<storage, read_write> ctl: array<u32, 64>;
@group(0) @binding(2) var<storage, read> data: array<u32>;
@group(0) @binding(3) var<storage, read> order: array<u32>;

var<workgroup> found_acc: array<f32, 256>;

fn kernel0(group: u32, lane: u32) {
    let sub = lane % 256u;
    let element = group;
    let part = sub;
    var acc = 0.0f;
    for (var r = part; r < 784u; r += 256u) {
        let v1 = a[element * 784u + r];
        let v2 = a[element * 784u + r + 99568u];
        let v3 = v1 - v2;
        let v4 = v3 * v3;
        acc += v4;
    }
    found_acc[lane] = acc;
    workgroupBarrier();
    for (var half = 128u; half > 0u; half >>= 1u) {
        if (sub < half) {
            let acc_there = found_acc[lane + half * 1u];
            acc += acc_there;
            found_acc[lane] = acc;
        }
        workgroupBarrier();
    }
    if (sub == 0u) {
        let v5 = sqrt(acc);
        let v6 = v5;
        a[element + 199136u] = v6;
    }
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let group = w.x;
    kernel0(group - 0u, lane);
}

