//! The rule table: every operation's kernel and gradient equals eager Burn (`flex`), at odd sizes, through views, twice
//! differentiated where that is used.

mod products;
mod rows;

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
    let job = Job {
        graph: g,
        target,
        leaves: places,
        outputs: wanted,
        updates,
        specials: vec![],
        scratch: at,
        training: false,
        half: false,
        salt: 0,
    };
    let plan = compile(&job).unwrap();
    let gpu = gpu();
    let data = Data::upload(&gpu, &[], &[], &[]).unwrap();
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

/// Backends differ here; ours is the order of the row.
#[test]
fn equal_numbers_rank_by_position() {
    let mut g = Graph::default();
    let x = g.leaf(&[2, 3]);
    let rank = g.rank(x, 1);
    let got = evaluate(&g, &[(x, vec![1.0, 1.0, 1.0, 0.0, 5.0, 0.0])], &[rank], Target::GPU);
    assert_eq!(got[0], [0.0, 1.0, 2.0, 1.0, 0.0, 2.0]);
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
