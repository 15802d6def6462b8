//! Operations by name and numbers, as files have them.

use crate::graph::{Binary, Conv, Dist, Loop, Op, Unary};
use crate::loops;

/// The name of an operation, and the numbers that it has besides its arguments and its shape. Leaves have none.
pub(super) fn split(op: &Op) -> Option<(&'static str, Vec<usize>)> {
    let named = |names: &'static [(_, &'static str)], f| names.iter().find(|(of, _)| *of == f).map(|(_, name)| *name);
    Some(match op {
        Op::Leaf(_) => return None,
        Op::StopGradient => ("StopGradient", vec![]),
        Op::Constant(i) => ("Constant", vec![*i as usize]),
        Op::Fill(bits) => ("Fill", vec![*bits as usize]),
        Op::Iota { axis } => ("Iota", vec![*axis]),
        Op::Random { dist: Dist::Normal, stream } => ("Normal", vec![*stream as usize]),
        Op::Random { dist: Dist::Uniform, stream } => ("Uniform", vec![*stream as usize]),
        Op::Unary(f) => (Unary::NAMES.iter().find(|(of, _)| of == f)?.1, vec![]),
        Op::Binary(Binary::Advance { shift }) => ("Advance", vec![*shift as usize]),
        Op::Binary(f) => (named(Binary::NAMES, *f)?, vec![]),
        Op::Where => ("Where", vec![]),
        Op::Reshape => ("Reshape", vec![]),
        Op::Permute(axes) => ("Permute", axes.clone()),
        Op::Broadcast => ("Broadcast", vec![]),
        Op::Slice { start, step } => ("Slice", [&start[..], step].concat()),
        Op::Embed { start, step } => ("Embed", [&start[..], step].concat()),
        Op::Flip(axes) => ("Flip", axes.clone()),
        Op::Concat(axis) => ("Concat", vec![*axis]),
        Op::MatMul => ("MatMul", vec![]),
        Op::Conv2d(c) => ("Conv2d", of_conv(c)),
        Op::ConvTranspose2d(c) => ("ConvTranspose2d", of_conv(c)),
        Op::ConvWeight(c) => ("ConvWeight", of_conv(c)),
        Op::Gather(axis) => ("Gather", vec![*axis]),
        Op::Loop(of) => (of.name, [&[usize::from(of.variant)], &of.axes[..]].concat()),
    })
}

/// The operation of that name; `None` where the numbers are not its own.
///
/// # Errors
/// If there is none.
pub(super) fn join(name: &str, n: &[usize]) -> Result<Option<Op>, String> {
    let word = |i: usize| n.get(i).and_then(|n| u32::try_from(*n).ok());
    let axis = || n.first().copied();
    let halves = || n.len().is_multiple_of(2).then(|| (n[..n.len() / 2].to_vec(), n[n.len() / 2..].to_vec()));
    let (op, numbers) = match name {
        "Constant" => (word(0).map(Op::Constant), 1),
        "Fill" => (word(0).map(Op::Fill), 1),
        "Iota" => (axis().map(|axis| Op::Iota { axis }), 1),
        "Normal" => (word(0).map(|stream| Op::Random { dist: Dist::Normal, stream }), 1),
        "Uniform" => (word(0).map(|stream| Op::Random { dist: Dist::Uniform, stream }), 1),
        "Advance" => (word(0).filter(|s| *s < 32).map(|shift| Op::Binary(Binary::Advance { shift })), 1),
        "Where" => (Some(Op::Where), 0),
        "StopGradient" => (Some(Op::StopGradient), 0),
        "Reshape" => (Some(Op::Reshape), 0),
        "Permute" => (Some(Op::Permute(n.to_vec())), n.len()),
        "Broadcast" => (Some(Op::Broadcast), 0),
        "Slice" => (halves().map(|(start, step)| Op::Slice { start, step }), n.len()),
        "Embed" => (halves().map(|(start, step)| Op::Embed { start, step }), n.len()),
        "Flip" => (Some(Op::Flip(n.to_vec())), n.len()),
        "Concat" => (axis().map(Op::Concat), 1),
        "MatMul" => (Some(Op::MatMul), 0),
        "Conv2d" => (conv(n).map(Op::Conv2d), 6),
        "ConvTranspose2d" => (conv(n).map(Op::ConvTranspose2d), 6),
        "ConvWeight" => (conv(n).map(Op::ConvWeight), 6),
        "Gather" => (axis().map(Op::Gather), 1),
        _ => {
            if let Some((f, _)) = Unary::NAMES.iter().find(|(_, own)| *own == name) {
                (Some(Op::Unary(*f)), 0)
            } else if let Some((f, _)) = Binary::NAMES.iter().find(|(_, own)| *own == name) {
                (Some(Op::Binary(*f)), 0)
            } else if let Some(name) = loops::named(name) {
                let variant = n.first().and_then(|v| u8::try_from(*v).ok());
                (variant.map(|variant| Op::Loop(Loop { name, axes: n[1..].to_vec(), variant })), n.len())
            } else {
                return Err(format!("this program knows no operation {name:?}, which the model's programs have"));
            }
        }
    };
    Ok(op.filter(|_| n.len() == numbers))
}

fn of_conv(c: &Conv) -> Vec<usize> {
    [c.stride, c.padding, c.dilation].concat()
}

fn conv(n: &[usize]) -> Option<Conv> {
    let &[a, b, c, d, e, f] = n else { return None };
    Some(Conv { stride: [a, b], padding: [c, d], dilation: [e, f] })
}
