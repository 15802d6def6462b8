//! Each call as nodes of ONNX.

use latent_compile::graph::{Binary, Conv, Unary};
use latent_compile::loops::reduction::Reduction;

use super::build::{Build, END, element, int, ints, word};
use super::proto::Attribute;
use crate::code::{Code, Do, Number, Reduced, Size, Value, apart, fixed};
use crate::model::Model;

/// Adds what a value is computed by.
///
/// # Errors
/// If a weight is missing, or something has no standard operator.
pub fn call(b: &mut Build, code: &Code, model: &Model<'_>, of: usize) -> Result<(), String> {
    let Value { of: call, args, dims, kind } = &code.values[of];
    let name = b.names[of].clone();
    let all: Vec<String> = args.iter().map(|arg| b.names[*arg].clone()).collect();
    let args_of: Vec<&str> = all.iter().map(String::as_str).collect();
    let first = args.first().map(|arg| &code.values[*arg]);
    let x = args_of.first().copied().unwrap_or_default();
    match call {
        Do::Input(_) | Do::Noise(..) => {}
        Do::Weight(tensor) => {
            let dims = fixed_all(dims).ok_or("a weight is as large as the batch")?;
            b.floats(&name, &dims, &model.values(tensor, &dims)?);
        }
        Do::Control(_, value) => b.floats(&name, &vec![1; dims.len()], &[*value]),
        Do::Data(data) => {
            let dims = fixed_all(dims).ok_or("recorded data are as large as the batch")?;
            b.floats(&name, &dims, data);
        }
        Do::Number(Number::Fixed(n)) => b.names[of] = b.number(*n),
        Do::Number(n) => {
            let (n, kind, less) = match *n {
                Number::Over(n) | Number::Fixed(n) => (n, "Div", 0),
                Number::Times(n) => (n, "Mul", 0),
                Number::OverLess(n) => (n, "Div", -1),
            };
            let (n, rows) = (b.number(n), b.size(Size { at: 0, each: 1 }, less)?);
            let rows = b.step("Cast", &[&rows], of, vec![int("to", 1)]);
            b.node(kind, &[&n, &rows], &name, vec![]);
        }
        Do::Count => match fixed(dims[0]) {
            Some(n) => b.names[of] = b.ints(&(0..n as i64).collect::<Vec<_>>(), true),
            None => {
                let (zero, one, n) = (b.ints(&[0], false), b.ints(&[1], false), b.size(dims[0], 0)?);
                let n = b.step("Squeeze", &[&n], of, vec![]);
                b.node("Range", &[&zero, &n, &one], &name, vec![]);
            }
        },
        Do::Cast => b.node("Cast", &[x], &name, vec![int("to", i64::from(element(*kind)))]),
        Do::Unary(f) => unary(b, *f, x, of),
        Do::Binary(f) => binary(b, *f, [args_of[0], args_of[1]], of)?,
        Do::Where => b.node("Where", &args_of, &name, vec![]),
        Do::Detach => b.node("Identity", &[x], &name, vec![]),
        Do::Reshape => {
            let shape = b.shape(dims, of)?;
            b.node("Reshape", &[x, &shape], &name, vec![]);
        }
        Do::Permute(axes) => b.node("Transpose", &[x], &name, vec![ints("perm", axes)]),
        Do::Expand => {
            // 1 keeps what is there already.
            let own = &first.ok_or("a call without arguments")?.dims;
            let lead = dims.len() - own.len();
            let there = |i: usize| i >= lead && own[i - lead] == dims[i];
            let to: Vec<Size> = (0..dims.len()).map(|i| if there(i) { Size::fixed(1) } else { dims[i] }).collect();
            let to = b.sizes(&to, of)?;
            b.node("Expand", &[x, &to], &name, vec![]);
        }
        Do::Slice { start, step } => slice(b, x, [&first.ok_or("a call without arguments")?.dims, dims], start, step, of)?,
        Do::Pad { before, behind } => {
            let pads = b.sizes(&[&before[..], behind].concat(), of)?;
            b.node("Pad", &[x, &pads], &name, vec![]);
        }
        Do::Flip(axis) => {
            let [last, none, axis] = [-1, i64::MIN, *axis as i64].map(|n| b.ints(&[n], true));
            b.node("Slice", &[x, &last, &none, &axis, &last], &name, vec![]);
        }
        Do::Concat(axis) => b.node("Concat", &args_of, &name, vec![int("axis", *axis as i64)]),
        Do::MatMul => b.node("MatMul", &args_of, &name, vec![]),
        // A Gemm takes matrices alone.
        Do::Linear if dims.len() == 2 => b.node("Gemm", &args_of, &name, vec![]),
        Do::Linear if args_of.len() == 2 => b.node("MatMul", &args_of, &name, vec![]),
        Do::Linear => {
            let product = b.step("MatMul", &args_of[..2], of, vec![]);
            b.node("Add", &[&product, args_of[2]], &name, vec![]);
        }
        Do::Conv(conv) => b.node("Conv", &args_of, &name, geometry(conv)),
        Do::ConvTranspose(conv, extra) => {
            let mut attributes = geometry(conv);
            if *extra != [0, 0] {
                attributes.push(ints("output_padding", extra));
            }
            b.node("ConvTranspose", &args_of, &name, attributes);
        }
        Do::Rows(axis) => b.node("Gather", &args_of, &name, vec![int("axis", *axis as i64)]),
        Do::Gather(axis) => b.node("GatherElements", &args_of, &name, vec![int("axis", *axis as i64)]),
        Do::Reduce { of: f, axes, keep } => {
            let kind = match f {
                Reduced::Mean => "ReduceMean",
                Reduced::Plain(Reduction::Sum) => "ReduceSum",
                Reduced::Plain(Reduction::Max) => "ReduceMax",
                Reduced::Plain(Reduction::Min) => "ReduceMin",
                Reduced::Plain(Reduction::Prod) => "ReduceProd",
            };
            let axes = b.ints(&axes.iter().map(|a| *a as i64).collect::<Vec<_>>(), true);
            b.node(kind, &[x, &axes], &name, vec![int("keepdims", i64::from(*keep))]);
        }
        Do::Arg { largest, axis, keep } => {
            let kind = if *largest { "ArgMax" } else { "ArgMin" };
            b.node(kind, &[x], &name, vec![int("axis", *axis as i64), int("keepdims", i64::from(*keep))]);
        }
        Do::Kth => kth(b, [args_of[0], args_of[1]], &first.ok_or("a call without arguments")?.dims, of)?,
        Do::Rank(axis) => {
            // The places of the places, in order, are the ranks.
            let k = b.size(dims[*axis], 0)?;
            let [_, order] = b.top(x, &k, *axis, true, of);
            let [_, places] = b.top(&order, &k, *axis, false, of);
            b.node("Identity", &[&places], &name, vec![]);
        }
        Do::CumSum(axis, from_end) => {
            let axis = b.ints(&[*axis as i64], false);
            b.node("CumSum", &[x, &axis], &name, vec![int("reverse", i64::from(*from_end))]);
        }
        Do::ScatterAdd(axis) => {
            let (zero, shape) = (b.number(0.0), b.sizes(dims, of)?);
            let zeros = b.step("Expand", &[&zero, &shape], of, vec![]);
            let attributes = vec![int("axis", *axis as i64), word("reduction", "add")];
            b.node("ScatterElements", &[&zeros, args_of[0], args_of[1]], &name, attributes);
        }
    }
    Ok(())
}

fn fixed_all(dims: &[Size]) -> Option<Vec<usize>> {
    dims.iter().map(|d| fixed(*d)).collect()
}

fn geometry(c: &Conv) -> Vec<Attribute> {
    let pads = [c.padding, c.padding].concat();
    vec![ints("strides", &c.stride), ints("pads", &pads), ints("dilations", &c.dilation)]
}

fn unary(b: &mut Build, f: Unary, x: &str, of: usize) {
    let name = b.names[of].clone();
    let kind = match f {
        Unary::Neg => "Neg",
        Unary::Exp => "Exp",
        Unary::Log => "Log",
        Unary::Log1p => {
            let one = b.number(1.0);
            let more = b.step("Add", &[x, &one], of, vec![]);
            return b.node("Log", &[&more], &name, vec![]);
        }
        Unary::Sqrt => "Sqrt",
        Unary::Abs => "Abs",
        Unary::Sign => "Sign",
        Unary::Sin => "Sin",
        Unary::Cos => "Cos",
        Unary::Tanh => "Tanh",
        Unary::Sigmoid => "Sigmoid",
        Unary::Relu => "Relu",
        Unary::Softplus => "Softplus",
        Unary::Recip => "Reciprocal",
        Unary::Floor => "Floor",
        Unary::Ceil => "Ceil",
        Unary::Round => "Round",
        Unary::Erf => "Erf",
        Unary::Not => "Not",
        Unary::IsNan => "IsNaN",
        Unary::IsInf => "IsInf",
    };
    b.node(kind, &[x], &name, vec![]);
}

fn binary(b: &mut Build, f: Binary, args: [&str; 2], of: usize) -> Result<(), String> {
    let name = b.names[of].clone();
    let kind = match f {
        Binary::Add => "Add",
        Binary::Sub => "Sub",
        Binary::Mul => "Mul",
        Binary::Div => "Div",
        Binary::Min => "Min",
        Binary::Max => "Max",
        Binary::Pow => "Pow",
        Binary::Rem => {
            // Mod of floats has the sign of the dividend.
            let ratio = b.step("Div", &args, of, vec![]);
            let whole = b.step("Floor", &[&ratio], of, vec![]);
            let whole = b.step("Mul", &[&whole, args[1]], of, vec![]);
            b.node("Sub", &[args[0], &whole], &name, vec![]);
            return Ok(());
        }
        Binary::Eq => "Equal",
        Binary::Ne => {
            let equal = b.step("Equal", &args, of, vec![]);
            b.node("Not", &[&equal], &name, vec![]);
            return Ok(());
        }
        Binary::Lt => "Less",
        Binary::Le => "LessOrEqual",
        Binary::Gt => "Greater",
        Binary::Ge => "GreaterOrEqual",
        Binary::Advance { .. } => return Err("ONNX has no operator for the order of all floats".into()),
    };
    b.node(kind, &args, &name, vec![]);
    Ok(())
}

/// Where a slice begins or ends: from the end of the axis where the batch decides its length.
fn bound(b: &mut Build, at: Size, axis: Size, end: bool) -> Result<String, String> {
    match (fixed(at), apart(at, axis)) {
        (_, Some(0)) if end => Ok(b.ints(&[END], true)),
        (Some(n), _) => Ok(b.ints(&[n as i64], true)),
        (None, Some(below)) if below < 0 => Ok(b.ints(&[below], true)),
        _ => b.size(at, 0),
    }
}

/// `dims`: of the argument, of the result.
fn slice(b: &mut Build, x: &str, dims: [&[Size]; 2], start: &[Size], step: &[usize], of: usize) -> Result<(), String> {
    let name = b.names[of].clone();
    let [from, to] = dims;
    let zero = Size::fixed(0);
    let axes: Vec<usize> = (0..to.len()).filter(|i| from[*i] != to[*i] || start[*i] != zero || step[*i] != 1).collect();
    let (mut starts, mut ends) = (vec![], vec![]);
    for axis in axes.iter().copied() {
        let (s, n, t) = (start[axis], to[axis], step[axis] as u64);
        let end = Size { at: s.at + n.at * t, each: s.each + n.each * t };
        let all = end.each == from[axis].each && end.at >= from[axis].at;
        let end = if all { from[axis] } else { Size { at: (end.at + 1).saturating_sub(t), ..end } };
        starts.push(bound(b, s, from[axis], false)?);
        ends.push(bound(b, end, from[axis], true)?);
    }
    let mut list = |all: &[String]| match all {
        [one] => one.clone(),
        _ => {
            let all: Vec<&str> = all.iter().map(String::as_str).collect();
            b.step("Concat", &all, of, vec![int("axis", 0)])
        }
    };
    let (starts, ends) = (list(&starts), list(&ends));
    let axes_of = b.ints(&axes.iter().map(|a| *a as i64).collect::<Vec<_>>(), true);
    let mut inputs = vec![x, &starts, &ends, &axes_of];
    let steps = b.ints(&axes.iter().map(|a| step[*a] as i64).collect::<Vec<_>>(), true);
    if axes.iter().any(|a| step[*a] != 1) {
        inputs.push(&steps);
    }
    b.node("Slice", &inputs, &name, vec![]);
    Ok(())
}

/// The smallest of the `k` largest; `k` is a number that is rounded.
fn kth(b: &mut Build, args: [&str; 2], dims: &[Size], of: usize) -> Result<(), String> {
    let (name, last) = (b.names[of].clone(), dims.len() - 1);
    let (one, all) = (b.ints(&[1], true), b.size(dims[last], 0)?);
    let k = b.step("Round", &[args[1]], of, vec![]);
    let k = b.step("Cast", &[&k], of, vec![int("to", 7)]);
    let list = b.ints(&[-1], true);
    let k = b.step("Reshape", &[&k, &list], of, vec![]);
    let k = b.step("Max", &[&k, &one], of, vec![]);
    let k = b.step("Min", &[&k, &all], of, vec![]);
    let [values, _] = b.top(args[0], &k, last, true, of);
    let axis = b.ints(&[last as i64], true);
    b.node("ReduceMin", &[&values, &axis], &name, vec![int("keepdims", 1)]);
    Ok(())
}
