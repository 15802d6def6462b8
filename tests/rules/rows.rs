//! Operations that walk along rows, short and long.

use super::*;

#[test]
fn kth_largest_of_each_row() {
    let kth = |v: &[Tensor<1>], shape: [usize; 2]| flat(kth_largest(x(v, 0).reshape(shape), v[1].clone()));
    for k in [1.0, 2.0, 6.0, 13.0, 0.0, 99.0] {
        check_inputs("k-th largest", &[numbers(5 * 13, 3), vec![k]], false, &move |v| kth(&v, [5, 13]));
    }
    // Few different numbers, and both zeros.
    let ties = vec![0.0, -0.0, 1.0, 1.0, -1.0, 0.0, 7.0, -1.0, 0.0, 0.0, 0.0, 0.0, -7.0, 1e-3];
    for k in 1..=7 {
        check_inputs("k-th largest of equals", &[ties.clone(), vec![k as f32]], false, &move |v| kth(&v, [2, 7]));
    }
    check_inputs("k-th largest of a long row", &[numbers(3001, 5), vec![700.0]], false, &move |v| kth(&v, [1, 3001]));
    for k in [0.0, 700.0, 9001.0, 1e6] {
        check_inputs("k-th largest of many", &[numbers(2 * 9001, 5), vec![k]], false, &move |v| kth(&v, [2, 9001]));
    }
    let zeros: Vec<f32> = numbers(9001, 6).into_iter().map(|v| v.max(0.0)).collect();
    check_inputs("k-th largest of many equals", &[zeros, vec![6000.0]], false, &move |v| kth(&v, [1, 9001]));
    let mut g = Graph::default();
    let (row, k) = (g.leaf(&[1, 5]), g.leaf(&[1]));
    let kth = g.kth_largest(row, k);
    for (i, want) in [f32::INFINITY, f32::MAX, 0.0, f32::MIN, f32::NEG_INFINITY].into_iter().enumerate() {
        let row_values = vec![0.0, f32::NEG_INFINITY, f32::MAX, f32::INFINITY, f32::MIN];
        let got = evaluate(&g, &[(row, row_values), (k, vec![i as f32 + 1.0])], &[kth], Target::GPU);
        assert_eq!(got[0], [want]);
    }
    check("a mask of the k largest", &[30], |v| {
        let x_rn = x(&v, 0).reshape([5, 6]);
        let k = Tensor::<1>::from_data([2.0f32], &x_rn.device());
        let least_rn = kth_largest(x_rn.clone(), k).expand([5, 6]);
        flat(x_rn.clone() * x_rn.greater_equal(least_rn).float())
    });
}

/// Loops of more turns than Mesa's adapters take, in one piece or in as many as keep the adapter busy. The numbers are whole, and
/// sums of them exact.
#[test]
fn long_loops() {
    const ROWS: usize = 70_000;
    let values = |n: usize| (0..n).map(|i| (i % 7) as f32 - 2.0).collect::<Vec<f32>>();
    // Enough columns that none is split for the adapter's sake, and a sum of all.
    let mut g = Graph::default();
    let x = g.leaf(&[ROWS, 64]);
    let (columns, all) = (g.sum(x, &[0]), g.sum(x, &[0, 1]));
    let numbers = values(ROWS * 64);
    let column = |c: usize| numbers.iter().skip(c).step_by(64).sum::<f32>();
    for target in Target::ALL {
        let got = evaluate(&g, &[(x, numbers.clone())], &[columns, all], target);
        assert_eq!(got[0], (0..64).map(column).collect::<Vec<_>>(), "{target:?}");
        assert_eq!(got[1], [numbers.iter().sum::<f32>()], "{target:?}");
    }

    // As the gradient of a first layer's weights: two pieces suffice for the cores, but not for the loop.
    const M: usize = 64;
    const N: usize = 48;
    const K: usize = 131_200;
    let mut g = Graph::default();
    let (a, b) = (g.leaf(&[K, M]), g.leaf(&[K, N]));
    let at = g.swap(a, 0, 1);
    let product = g.matmul(at, b).unwrap();
    let (left, right) = (values(K * M), values(K * N));
    let mut want = vec![0.0; M * N];
    for (row, column) in left.chunks_exact(M).zip(right.chunks_exact(N)) {
        for (want, l) in want.chunks_exact_mut(N).zip(row) {
            want.iter_mut().zip(column).for_each(|(want, r)| *want += l * r);
        }
    }
    for target in Target::ALL {
        let got = evaluate(&g, &[(a, left.clone()), (b, right.clone())], &[product], target);
        assert_eq!(got[0], want, "{target:?}");
    }

    // Rows of which a place is wanted, or sums by places.
    let mut g = Graph::default();
    let (x, index) = (g.leaf(&[ROWS, 2]), g.leaf(&[ROWS, 2]));
    let ids = [g.arg_reduce(true, x, 0), g.arg_reduce(false, x, 0), g.scatter_add(index, x, 0, &[3, 2])];
    let mut numbers = values(2 * ROWS);
    for (row, column, value) in [(69_000, 0, 9.0), (69_500, 0, 9.0), (68_000, 1, 9.0), (67_000, 0, -9.0), (0, 1, -9.0)] {
        numbers[2 * row + column] = value;
    }
    let places: Vec<f32> = (0..2 * ROWS).map(|i| (i / 2 % 3) as f32).collect();
    let mut scattered = vec![0.0; 6];
    for (i, (place, value)) in places.iter().zip(&numbers).enumerate() {
        scattered[*place as usize * 2 + i % 2] += value;
    }
    for target in Target::ALL {
        let got = evaluate(&g, &[(x, numbers.clone()), (index, places.clone())], &ids, target);
        assert_eq!(got, [vec![69_000.0, 68_000.0], vec![67_000.0, 0.0], scattered.clone()], "{target:?}");
    }

    // Four rows an invocation, on each of which every bit of the answer is looked for.
    let (rows, n) = (4096, 2000);
    let mut g = Graph::default();
    let (x, k) = (g.leaf(&[rows, n]), g.leaf(&[1]));
    let kth = g.kth_largest(x, k);
    let row: Vec<f32> = (0..n).map(|i| if i < 1000 { 1.0 } else { 0.5 }).collect();
    for target in [Target::SOFTWARE, Target::GPU] {
        let got = evaluate(&g, &[(x, row.repeat(rows)), (k, vec![1500.0])], &[kth], target);
        assert_eq!(got[0], vec![0.5; rows], "{target:?}");
    }
}

#[test]
fn whole_numbers_divide_exactly() {
    const N: usize = 200;
    let mut g = Graph::default();
    let (a, b) = (g.leaf(&[1, N]), g.leaf(&[N - 1, 1]));
    let all = [g.quotient(a, b), g.binary(Binary::Rem, a, b)];
    let constants: Vec<Id> = (1..N)
        .flat_map(|d| {
            let d = g.fill(d as f32, &[]);
            [g.quotient(a, d), g.binary(Binary::Rem, a, d)]
        })
        .collect();
    let numbers: Vec<f32> = (0..N).map(|n| n as f32).collect();
    let each = |f: fn(usize, usize) -> usize, d: usize| (0..N).map(|n| f(n, d) as f32).collect::<Vec<_>>();
    let leaves = [(a, numbers.clone()), (b, numbers[1..].to_vec())];
    for target in [Target::SOFTWARE, Target::GPU] {
        let got = evaluate(&g, &leaves, &constants, target);
        for (d, got) in (1..N).zip(got.chunks_exact(2)) {
            assert_eq!(got[0], each(|n, d| n / d, d), "n / {d}");
            assert_eq!(got[1], each(|n, d| n % d, d), "n % {d}");
        }
        let got = evaluate(&g, &leaves, &all, target);
        for d in 1..N {
            let row = |values: &[f32]| values[(d - 1) * N..d * N].to_vec();
            assert_eq!(row(&got[0]), each(|n, d| n / d, d), "n / {d} as a tensor");
            assert_eq!(row(&got[1]), each(|n, d| n % d, d), "n % {d} as a tensor");
        }
    }
    values_only("whole quotients of both signs", &[13], |v| {
        let n = (x(&v, 0) * 100.0).int();
        (n.clone() / 7 + n.clone() / -7 + n.clone() / n.clone().abs().add_scalar(1)).float()
    });
    values_only("remainders of both signs", &[13], |v| {
        let n = (x(&v, 0) * 100.0).int();
        (n.clone() % 7 + n % -7).float()
    });
    check("remainder", &[13], |v| x(&v, 0).remainder_scalar(0.3));
}
