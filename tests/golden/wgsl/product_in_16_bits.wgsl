enable f16;
@group(0) @binding(0) var<storage, read_write> a: array<f32, 20480>;
@group(0) @binding(1) var<storage, read_write> ctl: array<u32, 64>;
@group(0) @binding(2) var<storage, read> data: array<u32>;
@group(0) @binding(3) var<storage, read> order: array<u32>;

@group(0) @binding(4) var<storage, read_write> h16: array<f16, 16384>;

var<workgroup> rows: array<vec4<f32>, 320>;
var<workgroup> columns: array<vec4<f32>, 320>;

fn store0(b: u32, m: u32, n: u32, part: u32, acc: f32) {
    let v1 = m * 64u + n;
    let v2 = select(acc, 0.0f, acc <= 0.0f);
    let v3 = v2;
    let v4 = f16(v3);
    let v5 = f32(v4);
    h16[v1 + 8192u] = v4;
}

fn kernel0(group: u32, lane: u32) {
    let square = lane / 16u;
    let place = lane % 16u;
    let down = place / 4u;
    let across = place % 4u;
    let over = lane / 64u;
    let deep = lane % 64u;
    let near = lane % 4u;
    let far = lane / 4u;
    let tile_n = group % 4u;
    let tile_m = group / 4u % 8u;
    let b = group / 32u;
    var c0 = vec4<f32>();
    var c1 = vec4<f32>();
    var c2 = vec4<f32>();
    var c3 = vec4<f32>();
    for (var k0 = 0u; k0 < 64u; k0 += 64u) {
        let v1 = k0 + deep;
        let v2 = f32(h16[tile_m * 1024u + over * 64u + v1]);
        let v3 = f32(h16[tile_m * 1024u + over * 64u + v1 + 256u]);
        let v4 = f32(h16[tile_m * 1024u + over * 64u + v1 + 512u]);
        let v5 = f32(h16[tile_m * 1024u + over * 64u + v1 + 768u]);
        let v6 = k0 + far;
        let v7 = a[v6 * 64u + tile_n * 16u + near + 8192u];
        let v8 = a[v6 * 64u + tile_n * 16u + near + 8196u];
        let v9 = a[v6 * 64u + tile_n * 16u + near + 8200u];
        let v10 = a[v6 * 64u + tile_n * 16u + near + 8204u];
        workgroupBarrier();
        rows[deep * 5u + over] = vec4<f32>(v2, v3, v4, v5);
        columns[far * 5u + near] = vec4<f32>(v7, v8, v9, v10);
        workgroupBarrier();
        let x0 = rows[square * 20u + down + 0u];
        let y0 = columns[square * 20u + across + 0u];
        c0 = fma(vec4<f32>(x0[0]), y0, c0);
        c1 = fma(vec4<f32>(x0[1]), y0, c1);
        c2 = fma(vec4<f32>(x0[2]), y0, c2);
        c3 = fma(vec4<f32>(x0[3]), y0, c3);
        let x1 = rows[square * 20u + down + 5u];
        let y1 = columns[square * 20u + across + 5u];
        c0 = fma(vec4<f32>(x1[0]), y1, c0);
        c1 = fma(vec4<f32>(x1[1]), y1, c1);
        c2 = fma(vec4<f32>(x1[2]), y1, c2);
        c3 = fma(vec4<f32>(x1[3]), y1, c3);
        let x2 = rows[square * 20u + down + 10u];
        let y2 = columns[square * 20u + across + 10u];
        c0 = fma(vec4<f32>(x2[0]), y2, c0);
        c1 = fma(vec4<f32>(x2[1]), y2, c1);
        c2 = fma(vec4<f32>(x2[2]), y2, c2);
        c3 = fma(vec4<f32>(x2[3]), y2, c3);
        let x3 = rows[square * 20u + down + 15u];
        let y3 = columns[square * 20u + across + 15u];
        c0 = fma(vec4<f32>(x3[0]), y3, c0);
        c1 = fma(vec4<f32>(x3[1]), y3, c1);
        c2 = fma(vec4<f32>(x3[2]), y3, c2);
        c3 = fma(vec4<f32>(x3[3]), y3, c3);
    }
    workgroupBarrier();
    columns[lane] = vec4<f32>(c0[0], c0[1], c0[2], c0[3]);
    workgroupBarrier();
    if (square == 0u) {
        var all = columns[place];
        for (var s = 1u; s < 16u; s++) { all += columns[place + s * 16u]; }
        store0(b, tile_m * 16u + down + 0u, tile_n * 16u + across + 0u, 0u, all[0]);
        store0(b, tile_m * 16u + down + 0u, tile_n * 16u + across + 4u, 0u, all[1]);
        store0(b, tile_m * 16u + down + 0u, tile_n * 16u + across + 8u, 0u, all[2]);
        store0(b, tile_m * 16u + down + 0u, tile_n * 16u + across + 12u, 0u, all[3]);
    }
    workgroupBarrier();
    columns[lane] = vec4<f32>(c1[0], c1[1], c1[2], c1[3]);
    workgroupBarrier();
    if (square == 1u) {
        var all = columns[place];
        for (var s = 1u; s < 16u; s++) { all += columns[place + s * 16u]; }
        store0(b, tile_m * 16u + down + 4u, tile_n * 16u + across + 0u, 0u, all[0]);
        store0(b, tile_m * 16u + down + 4u, tile_n * 16u + across + 4u, 0u, all[1]);
        store0(b, tile_m * 16u + down + 4u, tile_n * 16u + across + 8u, 0u, all[2]);
        store0(b, tile_m * 16u + down + 4u, tile_n * 16u + across + 12u, 0u, all[3]);
    }
    workgroupBarrier();
    columns[lane] = vec4<f32>(c2[0], c2[1], c2[2], c2[3]);
    workgroupBarrier();
    if (square == 2u) {
        var all = columns[place];
        for (var s = 1u; s < 16u; s++) { all += columns[place + s * 16u]; }
        store0(b, tile_m * 16u + down + 8u, tile_n * 16u + across + 0u, 0u, all[0]);
        store0(b, tile_m * 16u + down + 8u, tile_n * 16u + across + 4u, 0u, all[1]);
        store0(b, tile_m * 16u + down + 8u, tile_n * 16u + across + 8u, 0u, all[2]);
        store0(b, tile_m * 16u + down + 8u, tile_n * 16u + across + 12u, 0u, all[3]);
    }
    workgroupBarrier();
    columns[lane] = vec4<f32>(c3[0], c3[1], c3[2], c3[3]);
    workgroupBarrier();
    if (square == 3u) {
        var all = columns[place];
        for (var s = 1u; s < 16u; s++) { all += columns[place + s * 16u]; }
        store0(b, tile_m * 16u + down + 12u, tile_n * 16u + across + 0u, 0u, all[0]);
        store0(b, tile_m * 16u + down + 12u, tile_n * 16u + across + 4u, 0u, all[1]);
        store0(b, tile_m * 16u + down + 12u, tile_n * 16u + across + 8u, 0u, all[2]);
        store0(b, tile_m * 16u + down + 12u, tile_n * 16u + across + 12u, 0u, all[3]);
    }
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let group = w.x;
    kernel0(group - 0u, lane);
}

