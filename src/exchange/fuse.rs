//! Layers and functions that graphs have in pieces.

use latent_compile::graph::{Binary, Graph, Id, Op, Unary};

use crate::code::{Do, Number, Reduced, Size, Value};
use latent_compile::loops::reduction::Reduction;

/// Whether that is the matrix of a dense layer.
pub fn is_linear_weight(value: &Value) -> bool {
    value.dims.len() == 2 && matches!(&value.of, Do::Weight(name) if name.ends_with(".weight"))
}

/// What a function of two values is as one call; `once`: whether nothing else reads the values.
pub fn binary(f: Binary, args: [usize; 2], once: [bool; 2], dims: &[Size], values: &[Value], batch: [usize; 2]) -> Option<Value> {
    let [a, b] = args;
    if f == Binary::Add
        && let Some(x) = softplus(a, b, values).or_else(|| softplus(b, a, values))
    {
        return Some(Value { of: Do::Unary(Unary::Softplus), args: vec![x], ..values[x].clone() });
    }
    [(a, b, once[0]), (b, a, once[1])].into_iter().filter(|(_, _, alone)| *alone).find_map(|(x, other, _)| match f {
        Binary::Add => biased(&values[x], other, values),
        Binary::Mul => mean(&values[x], &values[other], dims, values, batch),
        _ => None,
    })
}

/// The `x` of `max(x, 0) + ln(1 + exp(-|x|))`.
fn softplus(relu: usize, rest: usize, values: &[Value]) -> Option<usize> {
    let inner = |of: usize, f: Unary| (values[of].of == Do::Unary(f)).then(|| values[of].args[0]);
    let x = inner(relu, Unary::Relu)?;
    let chain = [Unary::Log1p, Unary::Exp, Unary::Neg, Unary::Abs];
    (chain.into_iter().try_fold(rest, inner) == Some(x)).then_some(x)
}

/// The `x` of what takes the fraction off `x`, where there is none: `x < 0 ? ceil(x) : floor(x)` of a whole number.
pub fn whole(cond: usize, a: usize, b: usize, values: &[Value]) -> Option<usize> {
    let x = *values[cond].args.first()?;
    let of = |v: usize, f: Unary| values[v].of == Do::Unary(f) && values[v].args == [x];
    let below = values[cond].of == Do::Binary(Binary::Lt) && values[values[cond].args[1]].of == Do::Number(Number::Fixed(0.0));
    let is_whole = match values[x].of {
        Do::Cast => true,
        Do::Unary(f) => matches!(f, Unary::Floor | Unary::Ceil | Unary::Round),
        _ => false,
    };
    (below && is_whole && of(a, Unary::Ceil) && of(b, Unary::Floor)).then_some(x)
}

/// A layer with a bias that is added behind it.
fn biased(layer: &Value, bias: usize, values: &[Value]) -> Option<Value> {
    // The bias of a convolution stands before rows and columns.
    let (axis, weight) = match (&layer.of, &values[bias].of) {
        (Do::Linear, Do::Weight(_)) => (layer.dims.len() - 1, bias),
        (Do::Conv(_) | Do::ConvTranspose(..), Do::Reshape) => (1, values[bias].args[0]),
        // One number has no rows and columns to stand before.
        (Do::Conv(_) | Do::ConvTranspose(..), Do::Weight(_)) if values[bias].dims[..] == [Size::fixed(1)] => (1, bias),
        _ => return None,
    };
    let good = layer.args.len() == 2 && matches!(values[weight].of, Do::Weight(_)) && values[weight].dims[..] == [layer.dims[axis]];
    let spread = values[bias].dims.iter().rev().zip(layer.dims.iter().rev());
    let mut in_line = spread.enumerate().map(|(i, (own, _))| (layer.dims.len() - 1 - i == axis) == (*own != Size::fixed(1)));
    (good && (layer.dims[axis] == Size::fixed(1) || in_line.all(|ok| ok)))
        .then(|| Value { args: [&layer.args[..], &[weight]].concat(), ..layer.clone() })
}

/// A sum over as many numbers as it is divided by.
fn mean(sum: &Value, number: &Value, dims: &[Size], values: &[Value], batch: [usize; 2]) -> Option<Value> {
    let (Do::Reduce { of: Reduced::Plain(Reduction::Sum), axes, keep }, Do::Number(share)) = (&sum.of, &number.of) else {
        return None;
    };
    let inner = &values[sum.args[0]].dims;
    let divides = |rows: usize| {
        let n: f32 = axes.iter().map(|axis| inner[*axis].at as f32 + inner[*axis].each as f32 * rows as f32).product();
        (at(*share, rows) * n - 1.0).abs() < 1e-5
    };
    let of = Do::Reduce { of: Reduced::Mean, axes: axes.clone(), keep: *keep };
    (batch.into_iter().all(divides) && sum.dims == dims).then(|| Value { of, ..sum.clone() })
}

/// A number for so many rows.
pub fn at(number: Number, rows: usize) -> f32 {
    match number {
        Number::Fixed(n) => n,
        Number::Over(n) => n / rows as f32,
        Number::Times(n) => n * rows as f32,
        Number::OverLess(n) => n / (rows as f32 - 1.0),
    }
}

/// The row and `k`, if the smallest of `x` is the `k`-th largest of a row that is too long for one loop: `Graph::kth_largest` writes that
/// as a search for the bound, digit by digit.
pub fn kth(g: &Graph, x: Id) -> Option<[Id; 2]> {
    let through = |mut id: Id| {
        while let Op::Reshape | Op::Broadcast = g.node(id).op {
            id = g.node(id).args[0];
        }
        id
    };
    let (node, is) = (g.node(x), |id: Id, op: Op| g.node(id).op == op);
    let [cond, row, never] = node.args[..] else { return None };
    if node.op != Op::Where || g.as_fill(never) != Some(f32::INFINITY) || !is(cond, Op::Binary(Binary::Ge)) {
        return None;
    }
    let bound = through(g.node(cond).args[1]);
    if !matches!(g.node(bound).op, Op::Binary(Binary::Advance { .. })) {
        return None;
    }
    // Down from the last digit to the first comparison of a count with k.
    let mut at = through(g.node(bound).args[1]);
    for _ in 0..8 {
        if is(at, Op::Binary(Binary::Ge)) {
            return Some([row, through(g.node(at).args[1])]);
        }
        at = through(*g.node(at).args.first()?);
    }
    None
}
