@group(0) @binding(0) var<storage, read_write> a: array<f32, 465552>;
@group(0) @binding(1) var<storage, read_write> ctl: array<u32, 64>;
@group(0) @binding(2) var<storage, read> data: array<u32>;
@group(0) @binding(3) var<storage, read> order: array<u32>;

var<workgroup> rows: array<vec4<f32>, 320>;
var<workgroup> columns: array<vec4<f32>, 320>;

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
    let square = lane / 64u;
    let place = lane % 64u;
    let down = place / 8u;
    let across = place % 8u;
    let over = lane / 32u;
    let deep = lane % 32u;
    let near = lane % 8u;
    let far = lane / 8u;
    let tile_n = group % 13u;
    let tile_m = group / 13u % 4u;
    let b = group / 52u;
    let v1 = min(tile_n * 32u + near + 16u, 399u);
    let v2 = min(tile_n * 32u + near + 24u, 399u);
    var c0 = vec4<f32>();
    var c1 = vec4<f32>();
    var c2 = vec4<f32>();
    var c3 = vec4<f32>();
    for (var k0 = 0u; k0 < 784u; k0 += 32u) {
        let v3 = min(k0 + deep, 783u);
        let v4 = a[tile_m * 25088u + over * 784u + v3];
        let v5 = a[tile_m * 25088u + over * 784u + v3 + 6272u];
        let v6 = a[tile_m * 25088u + over * 784u + v3 + 12544u];
        let v7 = a[tile_m * 25088u + over * 784u + v3 + 18816u];
        let v8 = min(k0 + far, 783u);
        let v9 = a[v8 * 400u + tile_n * 32u + near + 100352u];
        let v10 = a[v8 * 400u + tile_n * 32u + near + 100360u];
        let v11 = a[v8 * 400u + v1 + 100352u];
        let v12 = a[v8 * 400u + v2 + 100352u];
        workgroupBarrier();
        rows[deep * 9u + over] = vec4<f32>(select(0.0f, v4, k0 + deep < 784u), select(0.0f, v5, k0 + deep < 784u), select(0.0f, v6, k0 + deep < 784u), select(0.0f, v7, k0 + deep < 784u));
        columns[far * 9u + near] = vec4<f32>(select(0.0f, v9, k0 + far < 784u), select(0.0f, v10, k0 + far < 784u), select(0.0f, v11, k0 + far < 784u), select(0.0f, v12, k0 + far < 784u));
        workgroupBarrier();
        for (var s = 0u; s < 8u; s += 4u) {
            let x0 = rows[square * 72u + s * 9u + down + 0u];
            let y0 = columns[square * 72u + s * 9u + across + 0u];
            c0 = fma(vec4<f32>(x0[0]), y0, c0);
            c1 = fma(vec4<f32>(x0[1]), y0, c1);
            c2 = fma(vec4<f32>(x0[2]), y0, c2);
            c3 = fma(vec4<f32>(x0[3]), y0, c3);
            let x1 = rows[square * 72u + s * 9u + down + 9u];
            let y1 = columns[square * 72u + s * 9u + across + 9u];
            c0 = fma(vec4<f32>(x1[0]), y1, c0);
            c1 = fma(vec4<f32>(x1[1]), y1, c1);
            c2 = fma(vec4<f32>(x1[2]), y1, c2);
            c3 = fma(vec4<f32>(x1[3]), y1, c3);
            let x2 = rows[square * 72u + s * 9u + down + 18u];
            let y2 = columns[square * 72u + s * 9u + across + 18u];
            c0 = fma(vec4<f32>(x2[0]), y2, c0);
            c1 = fma(vec4<f32>(x2[1]), y2, c1);
            c2 = fma(vec4<f32>(x2[2]), y2, c2);
            c3 = fma(vec4<f32>(x2[3]), y2, c3);
            let x3 = rows[square * 72u + s * 9u + down + 27u];
            let y3 = columns[square * 72u + s * 9u + across + 27u];
            c0 = fma(vec4<f32>(x3[0]), y3, c0);
            c1 = fma(vec4<f32>(x3[1]), y3, c1);
            c2 = fma(vec4<f32>(x3[2]), y3, c2);
            c3 = fma(vec4<f32>(x3[3]), y3, c3);
        }
    }
    workgroupBarrier();
    columns[lane] = vec4<f32>(c0[0], c0[1], c0[2], c0[3]);
    workgroupBarrier();
    if (square == 0u) {
        var all = columns[place];
        for (var s = 1u; s < 4u; s++) { all += columns[place + s * 64u]; }
        if (tile_n * 32u + across + 0u < 400u) { store0(b, tile_m * 32u + down + 0u, tile_n * 32u + across + 0u, 0u, all[0]); }
        if (tile_n * 32u + across + 8u < 400u) { store0(b, tile_m * 32u + down + 0u, tile_n * 32u + across + 8u, 0u, all[1]); }
        if (tile_n * 32u + across + 16u < 400u) { store0(b, tile_m * 32u + down + 0u, tile_n * 32u + across + 16u, 0u, all[2]); }
        if (tile_n * 32u + across + 24u < 400u) { store0(b, tile_m * 32u + down + 0u, tile_n * 32u + across + 24u, 0u, all[3]); }
    }
    workgroupBarrier();
    columns[lane] = vec4<f32>(c1[0], c1[1], c1[2], c1[3]);
    workgroupBarrier();
    if (square == 1u) {
        var all = columns[place];
        for (var s = 1u; s < 4u; s++) { all += columns[place + s * 64u]; }
        if (tile_n * 32u + across + 0u < 400u) { store0(b, tile_m * 32u + down + 8u, tile_n * 32u + across + 0u, 0u, all[0]); }
        if (tile_n * 32u + across + 8u < 400u) { store0(b, tile_m * 32u + down + 8u, tile_n * 32u + across + 8u, 0u, all[1]); }
        if (tile_n * 32u + across + 16u < 400u) { store0(b, tile_m * 32u + down + 8u, tile_n * 32u + across + 16u, 0u, all[2]); }
        if (tile_n * 32u + across + 24u < 400u) { store0(b, tile_m * 32u + down + 8u, tile_n * 32u + across + 24u, 0u, all[3]); }
    }
    workgroupBarrier();
    columns[lane] = vec4<f32>(c2[0], c2[1], c2[2], c2[3]);
    workgroupBarrier();
    if (square == 2u) {
        var all = columns[place];
        for (var s = 1u; s < 4u; s++) { all += columns[place + s * 64u]; }
        if (tile_n * 32u + across + 0u < 400u) { store0(b, tile_m * 32u + down + 16u, tile_n * 32u + across + 0u, 0u, all[0]); }
        if (tile_n * 32u + across + 8u < 400u) { store0(b, tile_m * 32u + down + 16u, tile_n * 32u + across + 8u, 0u, all[1]); }
        if (tile_n * 32u + across + 16u < 400u) { store0(b, tile_m * 32u + down + 16u, tile_n * 32u + across + 16u, 0u, all[2]); }
        if (tile_n * 32u + across + 24u < 400u) { store0(b, tile_m * 32u + down + 16u, tile_n * 32u + across + 24u, 0u, all[3]); }
    }
    workgroupBarrier();
    columns[lane] = vec4<f32>(c3[0], c3[1], c3[2], c3[3]);
    workgroupBarrier();
    if (square == 3u) {
        var all = columns[place];
        for (var s = 1u; s < 4u; s++) { all += columns[place + s * 64u]; }
        if (tile_n * 32u + across + 0u < 400u) { store0(b, tile_m * 32u + down + 24u, tile_n * 32u + across + 0u, 0u, all[0]); }
        if (tile_n * 32u + across + 8u < 400u) { store0(b, tile_m * 32u + down + 24u, tile_n * 32u + across + 8u, 0u, all[1]); }
        if (tile_n * 32u + across + 16u < 400u) { store0(b, tile_m * 32u + down + 24u, tile_n * 32u + across + 16u, 0u, all[2]); }
        if (tile_n * 32u + across + 24u < 400u) { store0(b, tile_m * 32u + down + 24u, tile_n * 32u + across + 24u, 0u, all[3]); }
    }
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let group = w.x;
    kernel0(group - 0u, lane);
}

