//! Products, convolutions, and rows that lanes share.

use super::*;

#[test]
fn matrix_products() {
    for (m, k, n) in [(1, 1, 1), (3, 5, 7), (17, 33, 9), (8, 300, 4), (65, 64, 20), (257, 3, 259), (260, 40, 253)] {
        let s = 1.0 / (k as f32).sqrt();
        check("product", &[m * k, k * n], move |v| flat((x(&v, 0) * s).reshape([m, k]).matmul(x(&v, 1).reshape([k, n]))));
        check("transposed left", &[m * k, k * n], move |v| {
            flat((x(&v, 0) * s).reshape([k, m]).transpose().matmul(x(&v, 1).reshape([k, n])))
        });
        check("transposed right", &[m * k, k * n], move |v| {
            flat((x(&v, 0) * s).reshape([m, k]).matmul(x(&v, 1).reshape([n, k]).transpose()))
        });
        check("with bias and relu", &[m * k, k * n, n], move |v| {
            let y = (x(&v, 0) * s).reshape([m, k]).matmul(x(&v, 1).reshape([k, n])) + x(&v, 2).reshape([1, n]);
            flat(activation::relu(y))
        });
    }
    check("batches", &[2 * 3 * 4, 2 * 4 * 5], |v| flat(x(&v, 0).reshape([2, 3, 4]).matmul(x(&v, 1).reshape([2, 4, 5]))));
    check("shared right", &[2 * 3 * 4, 4 * 5], |v| flat(x(&v, 0).reshape([2, 3, 4]).matmul(x(&v, 1).reshape([1, 4, 5]))));
    check("two that meet", &[15, 15, 15, 15], |v| {
        let (a, b) = (x(&v, 0).reshape([3, 5]), x(&v, 1).reshape([5, 3]));
        let (c, d) = (x(&v, 2).reshape([3, 5]), x(&v, 3).reshape([5, 3]));
        flat((a.matmul(b) + c.matmul(d)).tanh())
    });
}

/// Rows that lanes of a workgroup walk along together: of odd lengths, along and across memory, more and fewer of them than a
/// workgroup has room for, and so long that they are cut into pieces first.
#[test]
fn rows_that_lanes_share() {
    for (rows, n) in [(3, 517), (1, 37), (70, 300), (5, 9001), (300, 130)] {
        check("sum along", &[rows * n], move |v| flat((x(&v, 0) * 0.1).reshape([rows, n]).exp().sum_dim(1)));
        check("sum across", &[rows * n], move |v| flat((x(&v, 0) * 0.1).reshape([n, rows]).exp().sum_dim(0)));
    }
    check("sum around", &[7 * 33 * 10], |v| flat(x(&v, 0).reshape([7, 33, 10]).sum_dim(0).sum_dim(2)));
    for (rows, n) in [(3, 517), (9, 300)] {
        check("max along", &[rows * n], move |v| flat(x(&v, 0).reshape([rows, n]).max_dim(1)));
        check("softmax", &[rows * n], move |v| flat(activation::softmax(x(&v, 0).reshape([rows, n]) * 3.0, 1)));
        check("softmax across", &[rows * n], move |v| flat(activation::softmax(x(&v, 0).reshape([n, rows]) * 3.0, 0)));
        values_only("argmax", &[rows * n], move |v| flat(x(&v, 0).reshape([rows, n]).argmax(1).float()));
        values_only("argmin across", &[rows * n], move |v| flat(x(&v, 0).reshape([n, rows]).argmin(0).float()));
        check("running sum", &[rows * n], move |v| flat((x(&v, 0) * 0.1).reshape([rows, n]).cumsum(1)));
        check("running sum across", &[rows * n], move |v| flat((x(&v, 0) * 0.1).reshape([n, rows]).cumsum(0)));
        check("sort", &[rows * n], move |v| flat(x(&v, 0).reshape([rows, n]).sort_descending(1)));
        for k in [1.0, 100.0, 299.0] {
            let kth = move |v: &[Tensor<1>]| flat(kth_largest(x(v, 0).reshape([rows, n]), v[1].clone()));
            check_inputs("k-th largest", &[numbers(rows * n, 3), vec![k]], false, &move |v| kth(&v));
        }
    }
    // Equal extremes: the first counts.
    let ties = |v: &[Tensor<1>]| flat((x(v, 0) * 2.0).round().reshape([4, 290]).argmax(1).float());
    values_only("argmax of equals", &[4 * 290], move |v| ties(&v));
    for (rows, n, width) in [(40, 900, 7), (300, 77, 16), (3, 2100, 1)] {
        let places: Vec<i32> = (0..n).map(|i| ((i * i + i / 3) % rows) as i32).collect();
        let index = move |t: &Tensor<1>| Tensor::<1, Int>::from_data(TensorData::from(places.as_slice()), &t.device());
        check("select again and again", &[rows * width], move |v| flat(x(&v, 0).reshape([rows, width]).select(0, index(&v[0]))));
    }
}

/// Sizes that workgroup tiles meet at and beyond their edges, narrow and wide, whole and in pieces, in batches, and
/// with what is fused behind.
#[test]
fn products_of_workgroups() {
    for (m, k, n) in [(32, 17, 65), (40, 700, 36), (5, 90, 3), (130, 21, 9), (3, 2100, 7), (16, 16, 700), (200, 33, 330)] {
        let s = 1.0 / (k as f32).sqrt();
        check("product", &[m * k, k * n, n], move |v| {
            let y = (x(&v, 0) * s).reshape([m, k]).matmul(x(&v, 1).reshape([k, n])) + x(&v, 2).reshape([1, n]);
            flat(y.tanh())
        });
    }
    check("one right for all", &[3 * 33 * 20, 20 * 34], |v| {
        flat((x(&v, 0) * 0.2).reshape([3, 33, 20]).matmul(x(&v, 1).reshape([1, 20, 34])))
    });
    for (n, ci, co, h, k, s, p) in [(3, 5, 33, 9, 3, 1, 1), (2, 32, 36, 7, 3, 2, 1)] {
        let o = move |out: usize| ConvTransposeOptions::new([s, s], [p, p], [out, out], [1, 1], 1);
        check("convolution", &[n * ci * h * h, co * ci * k * k, co], move |v| {
            let o = ConvOptions::new([s, s], [p, p], [1, 1], 1);
            flat(conv2d((x(&v, 0) * 0.1).reshape([n, ci, h, h]), x(&v, 1).reshape([co, ci, k, k]), Some(x(&v, 2)), o))
        });
        check("transposed convolution", &[n * ci * h * h, ci * co * k * k, co], move |v| {
            let (x_nchw, w_iohw) = ((x(&v, 0) * 0.1).reshape([n, ci, h, h]), x(&v, 1).reshape([ci, co, k, k]));
            flat(conv_transpose2d(x_nchw, w_iohw, Some(x(&v, 2)), o(s - 1)))
        });
    }
}

#[test]
fn convolutions() {
    for (n, ci, co, h, k, s, p, d) in [
        (2, 1, 3, 8, 4, 2, 1, 1),
        (1, 3, 2, 7, 3, 1, 1, 1),
        (3, 2, 5, 9, 3, 2, 0, 1),
        (1, 2, 2, 9, 3, 1, 2, 2),
        (2, 4, 4, 5, 1, 1, 0, 1),
        (1, 1, 66, 32, 3, 1, 1, 1),
    ] {
        let (x_len, w_len) = (n * ci * h * h, co * ci * k * k);
        check("convolution", &[x_len, w_len, co], move |v| {
            let o = ConvOptions::new([s, s], [p, p], [d, d], 1);
            flat(conv2d(x(&v, 0).reshape([n, ci, h, h]), x(&v, 1).reshape([co, ci, k, k]), Some(x(&v, 2)), o))
        });
        for out in 0..s {
            check("transposed convolution", &[n * ci * h * h, ci * co * k * k, co], move |v| {
                let o = ConvTransposeOptions::new([s, s], [p, p], [out, out], [d, d], 1);
                flat(conv_transpose2d(x(&v, 0).reshape([n, ci, h, h]), x(&v, 1).reshape([ci, co, k, k]), Some(x(&v, 2)), o))
            });
        }
    }
}
