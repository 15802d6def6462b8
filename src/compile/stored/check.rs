//! Whether a node can be what a file says that it is. What passes runs without a panic, and takes no more room than is said here.

use crate::graph::{Conv, Op, len};
use crate::loops;

/// Most dimensions of a tensor.
const RANK: usize = 8;
/// Most floats of all tensors of a program together: half a gigabyte.
const FLOATS: usize = 1 << 27;
/// Most operations of a run.
const WORK: u64 = 1 << 38;

/// What a program's nodes take, added up.
#[derive(Default)]
pub(super) struct Budget {
    floats: usize,
    work: u64,
}

impl Budget {
    /// # Errors
    /// If that is too much.
    pub fn spend(&mut self, floats: usize, work: u64) -> Result<(), String> {
        // Each is at most as many as there may be in all.
        self.floats = self.floats.saturating_add(floats);
        self.work = self.work.saturating_add(work);
        if self.floats > FLOATS {
            return Err(format!("a model's program needs room for more than {FLOATS} numbers"));
        }
        if self.work > WORK {
            return Err(format!("a model's program takes more than {WORK} operations"));
        }
        Ok(())
    }
}

/// Elements of a shape.
///
/// # Errors
/// If it has too many, or dimensions, or one that is empty.
pub(super) fn floats(shape: &[usize]) -> Result<usize, String> {
    if shape.len() > RANK {
        return Err(format!("a tensor of a model's program has {} dimensions: at most {RANK} are known", shape.len()));
    }
    let n = shape.iter().try_fold(1usize, |n, dim| n.checked_mul(*dim)).filter(|n| *n <= FLOATS);
    match n {
        None => Err(format!("a tensor of a model's program is too large: {shape:?}")),
        Some(0) => Err(format!("a tensor of a model's program is empty: {shape:?}")),
        Some(n) => Ok(n),
    }
}

/// Floats that a loop over images works in besides, and operations that a node takes.
pub(super) fn cost(op: &Op, args: &[&[usize]], shape: &[usize]) -> (usize, u64) {
    let out = len(shape) as u64;
    let largest = args.iter().map(|a| len(a) as u64).max().unwrap_or(0);
    let columns = |inner: &[usize], outer: &[usize], w: &[usize]| {
        let patch = inner[1].saturating_mul(w[2]).saturating_mul(w[3]);
        (patch.saturating_mul(outer[2] * outer[3]), 2 * (patch as u64).saturating_mul(len(outer) as u64))
    };
    match op {
        Op::MatMul => (0, 2 * out.saturating_mul(args[0][args[0].len() - 1] as u64)),
        Op::Conv2d(_) => columns(args[0], shape, args[1]),
        Op::ConvTranspose2d(_) => columns(shape, args[0], args[1]),
        Op::ConvWeight(_) => columns(args[0], args[1], shape),
        // Sorting, searching bit by bit.
        Op::Loop(_) => (0, largest.max(out).saturating_mul(32)),
        _ => (0, out),
    }
}

/// Whether the operation can make a result of `shape` from arguments of the shapes `args`; none of them is empty, and none has more than
/// [`RANK`] dimensions. `constants` are the lengths of the recorded data.
pub(super) fn fits(op: &Op, args: &[&[usize]], shape: &[usize], constants: &[usize]) -> bool {
    let rank = shape.len();
    match (op, args) {
        (Op::Constant(i), []) => constants.get(*i as usize) == Some(&len(shape)),
        (Op::Fill(bits), []) => !f32::from_bits(*bits).is_nan(),
        (Op::Iota { axis }, []) => *axis < rank,
        (Op::Random { .. }, []) => true,
        (Op::Unary(_) | Op::StopGradient, [x]) => *x == shape,
        (Op::Binary(_), [a, b]) => *a == shape && *b == shape,
        (Op::Where, [a, b, c]) => [a, b, c].iter().all(|s| **s == shape),
        (Op::Reshape, [x]) => len(x) == len(shape),
        (Op::Permute(axes), [x]) => {
            axes.len() == rank && x.len() == rank && distinct(axes, rank) && axes.iter().zip(shape).all(|(a, n)| x[*a] == *n)
        }
        (Op::Broadcast, [x]) => x.len() == rank && x.iter().zip(shape).all(|(from, to)| from == to || *from == 1),
        (Op::Slice { start, step }, [x]) => part(shape, x, start, step),
        (Op::Embed { start, step }, [x]) => part(x, shape, start, step),
        (Op::Flip(axes), [x]) => *x == shape && distinct(axes, rank),
        (Op::Concat(axis), [first, ..]) => {
            let alike = |x: &[usize]| x.len() == rank && (0..rank).all(|i| i == *axis || x[i] == shape[i]);
            *axis < rank && first.len() == rank && args.iter().all(|x| alike(x)) && sum(args, *axis) == Some(shape[*axis])
        }
        (Op::MatMul, [a, b]) => {
            let (Some(lead), true) = (rank.checked_sub(2), a.len() == rank && b.len() == rank) else { return false };
            let [m, n, k] = [shape[lead], shape[lead + 1], a[lead + 1]];
            a[..lead] == shape[..lead] && b[..lead] == shape[..lead] && a[lead] == m && b[lead..] == [k, n]
        }
        (Op::Conv2d(conv), [x, w]) => lies(conv, x, shape, w),
        (Op::ConvTranspose2d(conv), [x, w]) => lies(conv, shape, x, w),
        (Op::ConvWeight(conv), [x, dy]) => lies(conv, x, dy, shape),
        (Op::Gather(axis), [x, index]) => {
            *index == shape && x.len() == rank && *axis < rank && (0..rank).all(|i| i == *axis || shape[i] <= x[i])
        }
        (Op::Loop(of), _) => loops::fits(of, args, shape),
        _ => false,
    }
}

/// Whether the kernels `w`, `[outer channels, inner channels, height, width]`, lie on the inner images as the geometry says, with a value of
/// the outer ones for each place.
fn lies(conv: &Conv, inner: &[usize], outer: &[usize], w: &[usize]) -> bool {
    let ([n, ci, ih, iw], [m, co, oh, ow], [wo, wi, kh, kw]) = (inner, outer, w) else { return false };
    let side = |n: usize, k: usize, axis: usize| {
        let (stride, padding, dilation) = (conv.stride[axis], conv.padding[axis], conv.dilation[axis]);
        let reach = dilation.checked_mul(k - 1)?.checked_add(1)?;
        // A kernel that sees nothing but zeros is no geometry.
        let sound = stride > 0 && dilation > 0 && padding < reach;
        let room = padding.checked_mul(2)?.checked_add(n)?.checked_sub(reach)?;
        sound.then(|| room / stride + 1)
    };
    n == m && co == wo && ci == wi && side(*ih, *kh, 0) == Some(*oh) && side(*iw, *kw, 1) == Some(*ow)
}

/// Whether all are below `rank`, and none is there twice.
fn distinct(axes: &[usize], rank: usize) -> bool {
    axes.iter().enumerate().all(|(i, a)| *a < rank && !axes[..i].contains(a))
}

/// Whether `small` are elements `start + i · step` of `large`.
fn part(small: &[usize], large: &[usize], start: &[usize], step: &[usize]) -> bool {
    let rank = small.len();
    let last = |i: usize| (small[i] - 1).checked_mul(step[i])?.checked_add(start[i]);
    [large.len(), start.len(), step.len()] == [rank; 3] && (0..rank).all(|i| step[i] > 0 && last(i).is_some_and(|l| l < large[i]))
}

fn sum(args: &[&[usize]], axis: usize) -> Option<usize> {
    args.iter().try_fold(0usize, |n, x| n.checked_add(x[axis]))
}
