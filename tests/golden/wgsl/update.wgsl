@group(0) @binding(0) var<storage, read_write> a: array<f32, 465152>;
@group(0) @binding(1) var<storage, read_write> ctl: array<u32, 64>;
@group(0) @binding(2) var<storage, read> data: array<u32>;
@group(0) @binding(3) var<storage, read> order: array<u32>;

fn opt_step(p: u32, g: f32) {
    a[p] -= 0.125f * g;
}

fn store0(b: u32, m: u32, n: u32, part: u32, acc: f32) {
    let v1 = m * 400u + n;
    opt_step(v1 + 151552u, acc);
}

fn kernel0(i: u32) {
    if (i >= 4900u) { return; }
    let tile = i;
    let tile_n = tile % 50u;
    var rest = tile / 50u;
    let tile_m = rest % 98u;
    rest /= 98u;
    let b = rest;
    var c0_0 = 0.0f;
    var c0_1 = 0.0f;
    var c0_2 = 0.0f;
    var c0_3 = 0.0f;
    var c0_4 = 0.0f;
    var c0_5 = 0.0f;
    var c0_6 = 0.0f;
    var c0_7 = 0.0f;
    var c1_0 = 0.0f;
    var c1_1 = 0.0f;
    var c1_2 = 0.0f;
    var c1_3 = 0.0f;
    var c1_4 = 0.0f;
    var c1_5 = 0.0f;
    var c1_6 = 0.0f;
    var c1_7 = 0.0f;
    var c2_0 = 0.0f;
    var c2_1 = 0.0f;
    var c2_2 = 0.0f;
    var c2_3 = 0.0f;
    var c2_4 = 0.0f;
    var c2_5 = 0.0f;
    var c2_6 = 0.0f;
    var c2_7 = 0.0f;
    var c3_0 = 0.0f;
    var c3_1 = 0.0f;
    var c3_2 = 0.0f;
    var c3_3 = 0.0f;
    var c3_4 = 0.0f;
    var c3_5 = 0.0f;
    var c3_6 = 0.0f;
    var c3_7 = 0.0f;
    var c4_0 = 0.0f;
    var c4_1 = 0.0f;
    var c4_2 = 0.0f;
    var c4_3 = 0.0f;
    var c4_4 = 0.0f;
    var c4_5 = 0.0f;
    var c4_6 = 0.0f;
    var c4_7 = 0.0f;
    var c5_0 = 0.0f;
    var c5_1 = 0.0f;
    var c5_2 = 0.0f;
    var c5_3 = 0.0f;
    var c5_4 = 0.0f;
    var c5_5 = 0.0f;
    var c5_6 = 0.0f;
    var c5_7 = 0.0f;
    var c6_0 = 0.0f;
    var c6_1 = 0.0f;
    var c6_2 = 0.0f;
    var c6_3 = 0.0f;
    var c6_4 = 0.0f;
    var c6_5 = 0.0f;
    var c6_6 = 0.0f;
    var c6_7 = 0.0f;
    var c7_0 = 0.0f;
    var c7_1 = 0.0f;
    var c7_2 = 0.0f;
    var c7_3 = 0.0f;
    var c7_4 = 0.0f;
    var c7_5 = 0.0f;
    var c7_6 = 0.0f;
    var c7_7 = 0.0f;
    for (var k = 0u; k < 64u; k++) {
        let v1 = a[k * 1568u + tile_m * 8u];
        let v2 = a[k * 1568u + tile_m * 8u + 1u];
        let v3 = a[k * 1568u + tile_m * 8u + 2u];
        let v4 = a[k * 1568u + tile_m * 8u + 3u];
        let v5 = a[k * 1568u + tile_m * 8u + 4u];
        let v6 = a[k * 1568u + tile_m * 8u + 5u];
        let v7 = a[k * 1568u + tile_m * 8u + 6u];
        let v8 = a[k * 1568u + tile_m * 8u + 7u];
        let v9 = a[k * 800u + tile_n + 100352u];
        let v10 = a[k * 800u + tile_n + 100402u];
        let v11 = a[k * 800u + tile_n + 100452u];
        let v12 = a[k * 800u + tile_n + 100502u];
        let v13 = a[k * 800u + tile_n + 100552u];
        let v14 = a[k * 800u + tile_n + 100602u];
        let v15 = a[k * 800u + tile_n + 100652u];
        let v16 = a[k * 800u + tile_n + 100702u];
        let v17 = a[k * 1568u + tile_m * 8u + 784u];
        let v18 = a[k * 1568u + tile_m * 8u + 785u];
        let v19 = a[k * 1568u + tile_m * 8u + 786u];
        let v20 = a[k * 1568u + tile_m * 8u + 787u];
        let v21 = a[k * 1568u + tile_m * 8u + 788u];
        let v22 = a[k * 1568u + tile_m * 8u + 789u];
        let v23 = a[k * 1568u + tile_m * 8u + 790u];
        let v24 = a[k * 1568u + tile_m * 8u + 791u];
        let v25 = a[k * 800u + tile_n + 100752u];
        let v26 = a[k * 800u + tile_n + 100802u];
        let v27 = a[k * 800u + tile_n + 100852u];
        let v28 = a[k * 800u + tile_n + 100902u];
        let v29 = a[k * 800u + tile_n + 100952u];
        let v30 = a[k * 800u + tile_n + 101002u];
        let v31 = a[k * 800u + tile_n + 101052u];
        let v32 = a[k * 800u + tile_n + 101102u];
        c0_0 = fma(v17, v25, fma(v1, v9, c0_0));
        c0_1 = fma(v17, v26, fma(v1, v10, c0_1));
        c0_2 = fma(v17, v27, fma(v1, v11, c0_2));
        c0_3 = fma(v17, v28, fma(v1, v12, c0_3));
        c0_4 = fma(v17, v29, fma(v1, v13, c0_4));
        c0_5 = fma(v17, v30, fma(v1, v14, c0_5));
        c0_6 = fma(v17, v31, fma(v1, v15, c0_6));
        c0_7 = fma(v17, v32, fma(v1, v16, c0_7));
        c1_0 = fma(v18, v25, fma(v2, v9, c1_0));
        c1_1 = fma(v18, v26, fma(v2, v10, c1_1));
        c1_2 = fma(v18, v27, fma(v2, v11, c1_2));
        c1_3 = fma(v18, v28, fma(v2, v12, c1_3));
        c1_4 = fma(v18, v29, fma(v2, v13, c1_4));
        c1_5 = fma(v18, v30, fma(v2, v14, c1_5));
        c1_6 = fma(v18, v31, fma(v2, v15, c1_6));
        c1_7 = fma(v18, v32, fma(v2, v16, c1_7));
        c2_0 = fma(v19, v25, fma(v3, v9, c2_0));
        c2_1 = fma(v19, v26, fma(v3, v10, c2_1));
        c2_2 = fma(v19, v27, fma(v3, v11, c2_2));
        c2_3 = fma(v19, v28, fma(v3, v12, c2_3));
        c2_4 = fma(v19, v29, fma(v3, v13, c2_4));
        c2_5 = fma(v19, v30, fma(v3, v14, c2_5));
        c2_6 = fma(v19, v31, fma(v3, v15, c2_6));
        c2_7 = fma(v19, v32, fma(v3, v16, c2_7));
        c3_0 = fma(v20, v25, fma(v4, v9, c3_0));
        c3_1 = fma(v20, v26, fma(v4, v10, c3_1));
        c3_2 = fma(v20, v27, fma(v4, v11, c3_2));
        c3_3 = fma(v20, v28, fma(v4, v12, c3_3));
        c3_4 = fma(v20, v29, fma(v4, v13, c3_4));
        c3_5 = fma(v20, v30, fma(v4, v14, c3_5));
        c3_6 = fma(v20, v31, fma(v4, v15, c3_6));
        c3_7 = fma(v20, v32, fma(v4, v16, c3_7));
        c4_0 = fma(v21, v25, fma(v5, v9, c4_0));
        c4_1 = fma(v21, v26, fma(v5, v10, c4_1));
        c4_2 = fma(v21, v27, fma(v5, v11, c4_2));
        c4_3 = fma(v21, v28, fma(v5, v12, c4_3));
        c4_4 = fma(v21, v29, fma(v5, v13, c4_4));
        c4_5 = fma(v21, v30, fma(v5, v14, c4_5));
        c4_6 = fma(v21, v31, fma(v5, v15, c4_6));
        c4_7 = fma(v21, v32, fma(v5, v16, c4_7));
        c5_0 = fma(v22, v25, fma(v6, v9, c5_0));
        c5_1 = fma(v22, v26, fma(v6, v10, c5_1));
        c5_2 = fma(v22, v27, fma(v6, v11, c5_2));
        c5_3 = fma(v22, v28, fma(v6, v12, c5_3));
        c5_4 = fma(v22, v29, fma(v6, v13, c5_4));
        c5_5 = fma(v22, v30, fma(v6, v14, c5_5));
        c5_6 = fma(v22, v31, fma(v6, v15, c5_6));
        c5_7 = fma(v22, v32, fma(v6, v16, c5_7));
        c6_0 = fma(v23, v25, fma(v7, v9, c6_0));
        c6_1 = fma(v23, v26, fma(v7, v10, c6_1));
        c6_2 = fma(v23, v27, fma(v7, v11, c6_2));
        c6_3 = fma(v23, v28, fma(v7, v12, c6_3));
        c6_4 = fma(v23, v29, fma(v7, v13, c6_4));
        c6_5 = fma(v23, v30, fma(v7, v14, c6_5));
        c6_6 = fma(v23, v31, fma(v7, v15, c6_6));
        c6_7 = fma(v23, v32, fma(v7, v16, c6_7));
        c7_0 = fma(v24, v25, fma(v8, v9, c7_0));
        c7_1 = fma(v24, v26, fma(v8, v10, c7_1));
        c7_2 = fma(v24, v27, fma(v8, v11, c7_2));
        c7_3 = fma(v24, v28, fma(v8, v12, c7_3));
        c7_4 = fma(v24, v29, fma(v8, v13, c7_4));
        c7_5 = fma(v24, v30, fma(v8, v14, c7_5));
        c7_6 = fma(v24, v31, fma(v8, v15, c7_6));
        c7_7 = fma(v24, v32, fma(v8, v16, c7_7));
    }
    var all = array<f32, 64>(c0_0, c0_1, c0_2, c0_3, c0_4, c0_5, c0_6, c0_7, c1_0, c1_1, c1_2, c1_3, c1_4, c1_5, c1_6, c1_7, c2_0, c2_1, c2_2, c2_3, c2_4, c2_5, c2_6, c2_7, c3_0, c3_1, c3_2, c3_3, c3_4, c3_5, c3_6, c3_7, c4_0, c4_1, c4_2, c4_3, c4_4, c4_5, c4_6, c4_7, c5_0, c5_1, c5_2, c5_3, c5_4, c5_5, c5_6, c5_7, c6_0, c6_1, c6_2, c6_3, c6_4, c6_5, c6_6, c6_7, c7_0, c7_1, c7_2, c7_3, c7_4, c7_5, c7_6, c7_7);
    for (var t = 0u; t < 64u; t++) {
        let v = all[t / 1u];
        store0(b, tile_m * 8u + t / 8u, tile_n + t / 1u % 8u * 50u, 0u, v);
    }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let group = w.x;
    kernel0((group - 0u) * 64u + lane);
}

