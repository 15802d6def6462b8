//! The rule table: every operation's kernel and gradient equals eager Burn (`flex`), at odd sizes, through views, twice
//! differentiated where that is used.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use burn::backend::Capture;
use burn::tensor::module::{conv_transpose2d, conv2d, embedding};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};
use burn::tensor::{Device, IndexingUpdateOp, Int, Tensor, TensorData, activation};
use latent_compile::capture::import;
use latent_compile::emit::Place;
use latent_compile::grad::gradients;
use latent_compile::graph::{Binary, Graph, Op};
use latent_compile::plan::{Job, Updates, compile};
use latent_compile::{Id, Target};
use latent_gpu::{Arena, Data, Gpu};
use latent_nn::kth::kth_largest;

fn gpu() -> Rc<Gpu> {
    thread_local!(static GPU: RefCell<Option<Rc<Gpu>>> = const { RefCell::new(None) });
    GPU.with_borrow_mut(|g| {
        g.get_or_insert_with(|| Rc::new(pollster::block_on(Gpu::open()).expect("a GPU adapter; on Debian: mesa-vulkan-drivers")))
            .clone()
    })
}

/// Numbers that are neither round nor equal, in `[-1.5, 1.5]`.
fn numbers(n: usize, seed: u32) -> Vec<f32> {
    (0..n as u32).map(|i| 3.0 * latent_compile::rng::uniform(i, 9, 0, seed) - 1.5).collect()
}

/// Evaluates nodes of a graph on the GPU.
fn evaluate(g: &Graph, leaves: &[(Id, Vec<f32>)], outputs: &[Id], target: Target) -> Vec<Vec<f32>> {
    run(g, leaves, outputs, Updates::default(), target).0
}

/// Evaluates nodes of a graph, moves its parameters, and returns the outputs' values and the leaves' afterwards.
fn run(g: &Graph, leaves: &[(Id, Vec<f32>)], outputs: &[Id], updates: Updates, target: Target) -> (Vec<Vec<f32>>, Vec<Vec<f32>>) {
    let pad = |n: usize| n.next_multiple_of(4);
    let (mut at, mut places, mut homes, mut writes, mut ranges, mut wanted) = (0, HashMap::new(), vec![], vec![], vec![], vec![]);
    let constants = g.ids().filter_map(|id| match g.node(id).op {
        Op::Constant(i) => Some((id, g.constants[i as usize].clone())),
        _ => None,
    });
    for (id, values) in leaves.iter().cloned().chain(constants) {
        places.insert(id, (Place::Arena(at), false));
        homes.push((at, values.len()));
        at += pad(values.len());
        writes.push((at - pad(values.len()), values));
    }
    for id in outputs {
        let n: usize = g.shape(*id).iter().product();
        wanted.push((*id, at));
        ranges.push((at, n));
        at += pad(n);
    }
    let job =
        Job { graph: g, target, leaves: places, outputs: wanted, updates, specials: vec![], scratch: at, training: false, salt: 0 };
    let plan = compile(&job).unwrap();
    let gpu = gpu();
    let data = Data::upload(&gpu, &[], &[]).unwrap();
    let mut arena = pollster::block_on(Arena::new(gpu, plan.end, 0, 0, data)).unwrap();
    // Fresh memory is zero and would hide a kernel that does not write.
    arena.write(0, &vec![-12345.0; plan.end]);
    for (at, values) in writes {
        arena.write(at, &values);
    }
    pollster::block_on(async {
        let recorded = arena
            .record(&plan)
            .await
            .unwrap_or_else(|e| panic!("{e}\n{}", plan.dispatches.iter().map(|d| d.wgsl.as_str()).collect::<String>()));
        arena.run(&recorded, 1);
        (arena.read(&ranges).await.unwrap(), arena.read(&homes[..leaves.len()]).await.unwrap())
    })
}

fn close(what: &str, got: &[f32], want: &[f32], tolerance: f32) {
    assert_eq!(got.len(), want.len(), "{what}: length");
    let scale = want.iter().fold(1e-3f32, |m, v| if v.is_finite() { m.max(v.abs()) } else { m });
    for (i, (a, b)) in got.iter().zip(want).enumerate() {
        let same = (a.is_nan() && b.is_nan()) || a == b || (a - b).abs() <= tolerance * scale;
        assert!(
            same,
            "{what}: element {i} is {a}, Burn says {b}\n got {:?}\nwant {:?}",
            &got[..got.len().min(12)],
            &want[..want.len().min(12)]
        );
    }
}

type F = dyn Fn(Vec<Tensor<1>>) -> Tensor<1>;

/// Compares `f` and its gradients on flat inputs of the given lengths.
fn check_inputs(name: &str, inputs: &[Vec<f32>], differentiable: bool, f: &F) {
    // Burn, eagerly.
    let device = if differentiable { Device::flex().autodiff() } else { Device::flex() };
    let eager: Vec<Tensor<1>> = inputs
        .iter()
        .map(|v| {
            let t = Tensor::<1>::from_data(TensorData::new(v.clone(), [v.len()]), &device);
            if differentiable { t.require_grad() } else { t }
        })
        .collect();
    let out = f(eager.clone());
    let value = out.clone().into_data().try_into_vec::<f32>().unwrap();
    let weights = numbers(value.len(), 77);
    let mut expected = vec![];
    if differentiable {
        let w = Tensor::<1>::from_data(TensorData::new(weights.clone(), [weights.len()]), &device);
        let grads = (out * w).sum().backward();
        for (t, v) in eager.iter().zip(inputs) {
            expected.push(t.grad(&grads).map_or(vec![0.0; v.len()], |g| g.into_data().try_into_vec::<f32>().unwrap()));
        }
    }

    // The same code, recorded and compiled.
    let capture = Device::capture();
    let mut ids = vec![];
    let mut out_id = None;
    let id = |t: &Tensor<1>| t.clone().try_into_primitive::<Capture>().unwrap().id();
    let captured = capture
        .capture_scope(|scope| {
            let leaves: Vec<Tensor<1>> = inputs.iter().map(|v| Tensor::zeros([v.len()], &capture)).collect();
            ids = leaves.iter().map(id).collect();
            out_id = Some(id(&f(leaves)));
            scope.complete([], [])
        })
        .unwrap();
    let leaves: Vec<_> = ids.iter().zip(inputs).map(|(id, v)| (*id, vec![v.len()])).collect();
    let mut imported =
        import(&captured.graph, &captured.values, &leaves, &[out_id.unwrap()]).unwrap_or_else(|e| panic!("{name}: {e}"));
    let nodes: Vec<Id> = ids.iter().map(|id| imported.id(*id).unwrap()).collect();
    let out = imported.id(out_id.unwrap()).unwrap();
    let g = &mut imported.graph;
    let mut outputs = vec![out];
    if differentiable {
        let w = g.constant(weights, &[value.len()]);
        let p = g.mul(out, w);
        let loss = g.sum(p, &[0]);
        outputs.extend(gradients(g, loss, &nodes).unwrap_or_else(|e| panic!("{name}: {e}")));
    }
    let leaves: Vec<_> = nodes.iter().copied().zip(inputs.iter().cloned()).collect();
    for target in Target::ALL {
        let got = evaluate(g, &leaves, &outputs, target);
        close(&format!("{name} value"), &got[0], &value, 2e-5);
        for (i, want) in expected.iter().enumerate() {
            close(&format!("{name} gradient of input {i}"), &got[1 + i], want, 1e-4);
        }
    }
}

fn check(name: &str, lens: &[usize], f: impl Fn(Vec<Tensor<1>>) -> Tensor<1> + 'static) {
    let inputs: Vec<_> = lens.iter().enumerate().map(|(i, n)| numbers(*n, i as u32)).collect();
    check_inputs(name, &inputs, true, &f);
}

fn positive(name: &str, lens: &[usize], f: impl Fn(Vec<Tensor<1>>) -> Tensor<1> + 'static) {
    let inputs: Vec<_> =
        lens.iter().enumerate().map(|(i, n)| numbers(*n, i as u32).iter().map(|v| v.abs() + 0.2).collect()).collect();
    check_inputs(name, &inputs, true, &f);
}

fn values_only(name: &str, lens: &[usize], f: impl Fn(Vec<Tensor<1>>) -> Tensor<1> + 'static) {
    let inputs: Vec<_> = lens.iter().enumerate().map(|(i, n)| numbers(*n, i as u32)).collect();
    check_inputs(name, &inputs, false, &f);
}

fn flat<const D: usize>(t: Tensor<D>) -> Tensor<1> {
    let n = t.shape().num_elements();
    t.reshape([n])
}

fn x(v: &[Tensor<1>], i: usize) -> Tensor<1> {
    v[i].clone()
}

#[test]
fn unary_functions() {
    check("neg", &[13], |v| -x(&v, 0));
    check("exp", &[13], |v| x(&v, 0).exp());
    check("abs", &[13], |v| x(&v, 0).abs());
    check("sin", &[13], |v| x(&v, 0).sin());
    check("cos", &[13], |v| x(&v, 0).cos());
    check("tanh", &[13], |v| (x(&v, 0) * 20.0).tanh());
    check("sigmoid", &[13], |v| activation::sigmoid(x(&v, 0) * 9.0));
    check("relu", &[13], |v| activation::relu(x(&v, 0)));
    check("leaky relu", &[13], |v| activation::leaky_relu(x(&v, 0), 0.1));
    check("gelu", &[13], |v| activation::gelu(x(&v, 0)));
    check("log sigmoid", &[13], |v| activation::log_sigmoid(x(&v, 0) * 30.0));
    check("erf", &[13], |v| x(&v, 0).erf());
    positive("log", &[13], |v| x(&v, 0).log());
    positive("log1p", &[13], |v| x(&v, 0).log1p());
    positive("sqrt", &[13], |v| x(&v, 0).sqrt());
    positive("recip", &[13], |v| x(&v, 0).recip());
    positive("power", &[13], |v| x(&v, 0).powf_scalar(1.7));
    check("square and cube", &[13], |v| x(&v, 0).powi_scalar(2) + x(&v, 0).powi_scalar(3));
    values_only("round", &[13], |v| (x(&v, 0) * 3.0).round() + x(&v, 0).floor() + x(&v, 0).ceil());
    values_only("sign", &[13], |v| x(&v, 0).sign());
    values_only("to integers and back", &[13], |v| (x(&v, 0) * 4.0).int().float());
}

#[test]
fn binary_functions_and_broadcasts() {
    check("sum", &[35, 35], |v| x(&v, 0) + x(&v, 1));
    check("difference", &[35, 35], |v| x(&v, 0) - x(&v, 1));
    check("product", &[35, 35], |v| x(&v, 0) * x(&v, 1));
    positive("quotient", &[35, 35], |v| x(&v, 0) / x(&v, 1));
    check("bias", &[35, 7], |v| flat(x(&v, 0).reshape([5, 7]) + x(&v, 1).reshape([1, 7])));
    check("column", &[35, 5], |v| flat(x(&v, 0).reshape([5, 7]) * x(&v, 1).reshape([5, 1])));
    check("outer", &[5, 7], |v| flat(x(&v, 0).reshape([5, 1]) * x(&v, 1).reshape([1, 7])));
    check("middle", &[30, 10], |v| flat(x(&v, 0).reshape([2, 3, 5]) * x(&v, 1).reshape([2, 1, 5])));
    check("one number", &[35, 1], |v| x(&v, 0) * x(&v, 1));
    check("scalars", &[13], |v| (x(&v, 0) * 2.5 + 1.0) / 3.0 - 0.5);
    check("clamp", &[13], |v| x(&v, 0).clamp(-0.7, 0.9));
    check("max pair", &[13, 13], |v| x(&v, 0).max_pair(x(&v, 1)));
    check("mask fill", &[13], |v| {
        let x = x(&v, 0);
        x.clone().mask_fill(x.lower_elem(0.0), 0.25)
    });
    check("mask where", &[13, 13], |v| x(&v, 0).mask_where(x(&v, 0).greater(x(&v, 1)), x(&v, 1)));
    values_only("compare", &[13, 13], |v| x(&v, 0).greater_equal(x(&v, 1)).float() + x(&v, 0).equal(x(&v, 0)).float());
}

#[test]
fn views() {
    check("transpose", &[15], |v| flat(x(&v, 0).reshape([3, 5]).transpose() * 2.0));
    check("permute", &[30], |v| flat(x(&v, 0).reshape([2, 3, 5]).permute([2, 0, 1]).exp()));
    check("slice", &[35], |v| flat(x(&v, 0).reshape([5, 7]).slice([1..4, 2..7])));
    check("slice of a product", &[35, 35], |v| flat((x(&v, 0) * x(&v, 1)).reshape([5, 7]).slice([0..2, 3..4])));
    check("strided slice", &[35], |v| flat(x(&v, 0).reshape([5, 7]).slice(burn::tensor::s![.., 1..7;2])));
    check("flip", &[30], |v| flat(x(&v, 0).reshape([2, 3, 5]).flip([0, 2])));
    check("concatenate", &[6, 9], |v| flat(Tensor::cat(vec![x(&v, 0).reshape([3, 2]), x(&v, 1).reshape([3, 3])], 1)));
    check("repeat", &[6], |v| flat(x(&v, 0).reshape([2, 3]).repeat_dim(1, 4)));
    check("expand", &[3], |v| flat(x(&v, 0).reshape([1, 3]).expand([4, 3])));
    check("slice assign", &[35, 6], |v| flat(x(&v, 0).reshape([5, 7]).slice_assign([1..3, 2..5], x(&v, 1).reshape([2, 3]))));
    check("pad", &[6], |v| flat(x(&v, 0).reshape([2, 3]).pad((1, 2, 0, 1), 0.5)));
}

#[test]
fn reductions() {
    check("sum of all", &[3000], |v| x(&v, 0).exp().sum());
    check("mean", &[35], |v| x(&v, 0).mean());
    for d in 0..3 {
        check("sum along", &[30], move |v| flat(x(&v, 0).reshape([2, 3, 5]).sum_dim(d)));
        check("mean along", &[30], move |v| flat(x(&v, 0).reshape([2, 3, 5]).mean_dim(d)));
        check("max along", &[30], move |v| flat(x(&v, 0).reshape([2, 3, 5]).max_dim(d)));
        check("min along", &[30], move |v| flat(x(&v, 0).reshape([2, 3, 5]).min_dim(d)));
        check("running sum", &[30], move |v| flat(x(&v, 0).reshape([2, 3, 5]).cumsum(d)));
        check("softmax", &[30], move |v| flat(activation::softmax(x(&v, 0).reshape([2, 3, 5]) * 20.0, d)));
        check("log softmax", &[30], move |v| flat(activation::log_softmax(x(&v, 0).reshape([2, 3, 5]) * 20.0, d)));
        values_only("argmax", &[30], move |v| flat(x(&v, 0).reshape([2, 3, 5]).argmax(d).float()));
        values_only("argmin", &[30], move |v| flat(x(&v, 0).reshape([2, 3, 5]).argmin(d).float()));
    }
    check("a long row and a few", &[4 * 2500], |v| flat((x(&v, 0).reshape([4, 2500]) * 0.1).exp().sum_dim(1)));
    check("a long column", &[2500 * 3], |v| flat(x(&v, 0).reshape([2500, 3]).sum_dim(0)));
    check("variance", &[35], |v| flat(x(&v, 0).reshape([5, 7]).var_bias(1)));
    positive("product", &[6], |v| x(&v, 0).prod());
}

#[test]
fn order_and_indices() {
    check("top k", &[30], |v| flat(x(&v, 0).reshape([5, 6]).topk(3, 1)));
    check("sort", &[30], |v| flat(x(&v, 0).reshape([5, 6]).sort_descending(1)));
    let index = |t: &Tensor<1>, values: &[i32]| Tensor::<1, Int>::from_data(TensorData::from(values), &t.device());
    check("select", &[15], move |v| flat(x(&v, 0).reshape([5, 3]).select(0, index(&v[0], &[4, 0, 0, 2]))));
    check("select columns", &[15], move |v| flat(x(&v, 0).reshape([3, 5]).select(1, index(&v[0], &[4, 0, 0, 2]))));
    check("gather", &[15], move |v| flat(x(&v, 0).reshape([3, 5]).gather(1, index(&v[0], &[4, 0, 0, 2, 1, 3]).reshape([3, 2]))));
    check("scatter", &[15, 6], move |v| {
        let i = index(&v[0], &[4, 0, 0, 0, 1, 1]).reshape([3, 2]);
        flat(x(&v, 0).reshape([3, 5]).scatter(1, i, x(&v, 1).reshape([3, 2]), IndexingUpdateOp::Add))
    });
    check("embedding", &[15], move |v| flat(embedding(x(&v, 0).reshape([5, 3]), index(&v[0], &[4, 0, 0, 2]).reshape([2, 2]))));
}

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

/// Backends differ here; ours is the order of the row.
#[test]
fn equal_numbers_rank_by_position() {
    let mut g = Graph::default();
    let x = g.leaf(&[2, 3]);
    let rank = g.rank(x, 1);
    let got = evaluate(&g, &[(x, vec![1.0, 1.0, 1.0, 0.0, 5.0, 0.0])], &[rank], Target::GPU);
    assert_eq!(got[0], [0.0, 1.0, 2.0, 1.0, 0.0, 2.0]);
}

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

/// A parameter may be read by other kernels, at other places, by the gradient of another parameter, or be shown itself.
#[test]
fn parameters_move_after_their_last_reader() {
    const N: usize = 9;
    let mut g = Graph::default();
    let (x, a, b, c) = (g.leaf(&[N, N]), g.leaf(&[N, N]), g.leaf(&[N, N]), g.leaf(&[N, N]));
    let mut chain = |left: Id, right: Id| {
        let y = g.matmul(left, right).unwrap();
        g.unary(latent_compile::graph::Unary::Tanh, y)
    };
    // The gradients of a and b read each other; that of b is a sum of products; c is read elsewhere than it is moved.
    let y = chain(x, a);
    let y = chain(y, b);
    let ab = chain(a, b);
    let turned = g.swap(c, 0, 1);
    let cc = g.mul(c, turned);
    let y = g.add(y, ab);
    let y = g.mul(y, cc);
    let loss = g.sum_to(y, &[1]);
    let of = gradients(&mut g, loss, &[a, b, c]).unwrap();
    let leaves: Vec<_> = [x, a, b, c].iter().zip(1..).map(|(id, seed)| (*id, numbers(N * N, seed))).collect();
    for target in Target::ALL {
        let want = evaluate(&g, &leaves, &of, target);
        for shown in [vec![], vec![loss, b]] {
            let updates = Updates {
                function: "fn opt_step(p: u32, g: f32) { a[p] -= 0.5f * g; }\n".into(),
                bytes: 8,
                of: of.iter().copied().zip([a, b, c]).collect(),
            };
            let (values, after) = run(&g, &leaves, &shown, updates, target);
            for i in 0..3 {
                let moved: Vec<f32> = leaves[i + 1].1.iter().zip(&after[i + 1]).map(|(from, to)| 2.0 * (from - to)).collect();
                close(&format!("parameter {i}"), &moved, &want[i], 1e-5);
            }
            if let Some(b) = values.get(1) {
                assert_eq!(*b, leaves[2].1, "what is shown is the value before the step");
            }
        }
    }
}

/// Second derivatives have no oracle in Burn; central differences of the first ones are.
#[test]
fn differentiating_twice() {
    let mut g = Graph::default();
    let (a, b) = (g.leaf(&[3, 4]), g.leaf(&[4, 2]));
    let y = g.matmul(a, b).unwrap();
    let y = g.unary(latent_compile::graph::Unary::Tanh, y);
    let y = g.sum(y, &[0, 1]);
    let y = g.reshape(y, &[1]);
    let first = gradients(&mut g, y, &[a]).unwrap()[0];
    // The squared norm of the gradient, as a gradient penalty has it.
    let norm = g.mul(first, first);
    let norm = g.sum(norm, &[0, 1]);
    let norm = g.reshape(norm, &[1]);
    let second = gradients(&mut g, norm, &[a, b]).unwrap();
    let (va, vb) = (numbers(12, 1), numbers(8, 2));
    let at = |va: &[f32], vb: &[f32], ids: &[Id]| evaluate(&g, &[(a, va.to_vec()), (b, vb.to_vec())], ids, Target::GPU);
    let exact = at(&va, &vb, &second);
    assert!(exact.iter().flatten().all(|v| v.abs() > 1e-6), "a gradient that is zero proves nothing");
    let eps = 1e-2;
    for (which, n) in [(0, 12), (1, 8)] {
        for i in 0..n {
            let shifted = |sign: f32| {
                let (mut va, mut vb) = (va.clone(), vb.clone());
                if which == 0 {
                    va[i] += sign * eps;
                } else {
                    vb[i] += sign * eps;
                }
                f64::from(at(&va, &vb, &[norm])[0][0])
            };
            let slope = ((shifted(1.0) - shifted(-1.0)) / f64::from(2.0 * eps)) as f32;
            let got = exact[which][i];
            assert!((got - slope).abs() < 2e-2 * slope.abs().max(0.5), "input {which}[{i}]: {got} against {slope}");
        }
    }
}

#[test]
fn not_a_number_is_not_swallowed() {
    let input = vec![vec![f32::NAN, 1.0, f32::INFINITY, -1.0]];
    check_inputs("relu", &input, false, &|v| activation::relu(x(&v, 0)));
    check_inputs("sum", &input, false, &|v| x(&v, 0).sum());
    check_inputs("is nan", &input, false, &|v| x(&v, 0).is_nan().float());
    check_inputs("is inf", &input, false, &|v| x(&v, 0).is_inf().float());
}

/// Sizes of zero and one, and larger than one row of workgroups.
#[test]
fn edges() {
    check("one element", &[1], |v| x(&v, 0).exp().sum());
    let mut g = Graph::default();
    let big = g.leaf(&[70_000 * 16 + 3]);
    let y = g.with_scalar(Binary::Add, big, 1.0);
    let n = 70_000 * 16 + 3;
    let got = evaluate(&g, &[(big, (0..n).map(|i| i as f32).collect())], &[y], Target::SOFTWARE);
    assert!(got[0].iter().enumerate().all(|(i, v)| *v == i as f32 + 1.0), "past 65 535 workgroups");
}

#[test]
fn unknown_operations_are_named() {
    let device = Device::capture();
    let mut out = None;
    let captured = device
        .capture_scope(|scope| {
            let t = Tensor::<2>::ones([3, 3], &device).cumprod(0);
            out = Some(t.clone().try_into_primitive::<Capture>().unwrap().id());
            scope.complete([], [])
        })
        .unwrap();
    let error = import(&captured.graph, &captured.values, &[], &[out.unwrap()]).unwrap_err().to_string();
    assert!(error.contains("CumProd"), "{error}");
}
