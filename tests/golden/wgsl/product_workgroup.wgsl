@group(0) @binding(0) var<storage, read_write> a: array<f32, 465552>;
@group(0) @binding(1) var<storage, read_write> ctl: array<u32, 64>;
@group(0) @binding(2) var<storage, read> data: array<u32>;
@group(0) @binding(3) var<storage, read> order: array<u32>;

var<workgroup> rows4: array<vec4<f32>, 272>;
var<workgroup> columns4: array<vec4<f32>, 272>;

fn store0(b: u32, m: u32, n: u32, part: u32, acc: f32) {
    let v1 = m * 400u + n;
    let v2 = (v1) / 400u;
    let v3 = (v1) % 400u;
    let v4 = a[v3 + 413952u];
    let v5 = acc + v4;
    let v6 = select(v5, 0.0f, v5 <= 0.0f);
    let v7 = v6;
    a[v1 + 414352u] = v7;
}

fn kernel0(group: u32, lane: u32) {
    let down = lane / 16u;
    let across = lane % 16u;
    let tile_n = group % 7u;
    let tile_m = group / 7u % 2u;
    let b = group / 14u;
    let v1 = min(tile_n * 64u + across + 16u, 399u);
    let v2 = min(tile_n * 64u + across + 32u, 399u);
    let v3 = min(tile_n * 64u + across + 48u, 399u);
    var c0 = vec4<f32>();
    var c1 = vec4<f32>();
    var c2 = vec4<f32>();
    var c3 = vec4<f32>();
    for (var k0 = 0u; k0 < 784u; k0 += 16u) {
        let v4 = k0 + across;
        let v5 = a[tile_m * 50176u + down * 784u + v4];
        let v6 = a[tile_m * 50176u + down * 784u + v4 + 12544u];
        let v7 = a[tile_m * 50176u + down * 784u + v4 + 25088u];
        let v8 = a[tile_m * 50176u + down * 784u + v4 + 37632u];
        let v9 = k0 + down;
        let v10 = a[v9 * 400u + tile_n * 64u + across + 100352u];
        let v11 = a[v9 * 400u + v1 + 100352u];
        let v12 = a[v9 * 400u + v2 + 100352u];
        let v13 = a[v9 * 400u + v3 + 100352u];
        workgroupBarrier();
        rows4[across * 17u + down] = vec4<f32>(v5, v6, v7, v8);
        columns4[down * 17u + across] = vec4<f32>(v10, v11, v12, v13);
        workgroupBarrier();
        for (var s = 0u; s < 16u; s++) {
            let x = rows4[s * 17u + down];
            let y = columns4[s * 17u + across];
            c0 = fma(vec4<f32>(x[0]), y, c0);
            c1 = fma(vec4<f32>(x[1]), y, c1);
            c2 = fma(vec4<f32>(x[2]), y, c2);
            c3 = fma(vec4<f32>(x[3]), y, c3);
        }
    }
    if (tile_n * 64u + across + 0u < 400u) { store0(b, tile_m * 64u + down + 0u, tile_n * 64u + across + 0u, 0u, c0[0]); }
    if (tile_n * 64u + across + 16u < 400u) { store0(b, tile_m * 64u + down + 0u, tile_n * 64u + across + 16u, 0u, c0[1]); }
    if (tile_n * 64u + across + 32u < 400u) { store0(b, tile_m * 64u + down + 0u, tile_n * 64u + across + 32u, 0u, c0[2]); }
    if (tile_n * 64u + across + 48u < 400u) { store0(b, tile_m * 64u + down + 0u, tile_n * 64u + across + 48u, 0u, c0[3]); }
    if (tile_n * 64u + across + 0u < 400u) { store0(b, tile_m * 64u + down + 16u, tile_n * 64u + across + 0u, 0u, c1[0]); }
    if (tile_n * 64u + across + 16u < 400u) { store0(b, tile_m * 64u + down + 16u, tile_n * 64u + across + 16u, 0u, c1[1]); }
    if (tile_n * 64u + across + 32u < 400u) { store0(b, tile_m * 64u + down + 16u, tile_n * 64u + across + 32u, 0u, c1[2]); }
    if (tile_n * 64u + across + 48u < 400u) { store0(b, tile_m * 64u + down + 16u, tile_n * 64u + across + 48u, 0u, c1[3]); }
    if (tile_n * 64u + across + 0u < 400u) { store0(b, tile_m * 64u + down + 32u, tile_n * 64u + across + 0u, 0u, c2[0]); }
    if (tile_n * 64u + across + 16u < 400u) { store0(b, tile_m * 64u + down + 32u, tile_n * 64u + across + 16u, 0u, c2[1]); }
    if (tile_n * 64u + across + 32u < 400u) { store0(b, tile_m * 64u + down + 32u, tile_n * 64u + across + 32u, 0u, c2[2]); }
    if (tile_n * 64u + across + 48u < 400u) { store0(b, tile_m * 64u + down + 32u, tile_n * 64u + across + 48u, 0u, c2[3]); }
    if (tile_n * 64u + across + 0u < 400u) { store0(b, tile_m * 64u + down + 48u, tile_n * 64u + across + 0u, 0u, c3[0]); }
    if (tile_n * 64u + across + 16u < 400u) { store0(b, tile_m * 64u + down + 48u, tile_n * 64u + across + 16u, 0u, c3[1]); }
    if (tile_n * 64u + across + 32u < 400u) { store0(b, tile_m * 64u + down + 48u, tile_n * 64u + across + 32u, 0u, c3[2]); }
    if (tile_n * 64u + across + 48u < 400u) { store0(b, tile_m * 64u + down + 48u, tile_n * 64u + across + 48u, 0u, c3[3]); }
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let group = w.x;
    kernel0(group - 0u, lane);
}

