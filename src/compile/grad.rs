//! Reverse-mode differentiation on the graph: one vector-Jacobian rule an operation.
//!
//! A gradient is made of ordinary nodes, so it can be differentiated again.

use super::graph::{Binary, CompileError, Graph, Id, Op, Unary, len};
use super::unary::Expr;

/// Gradients of the scalar `loss` with respect to each of `wrt`. A tensor that `loss` does not depend on gets zeros.
///
/// # Errors
/// If `loss` is not a single number.
pub fn gradients(g: &mut Graph, loss: Id, wrt: &[Id]) -> Result<Vec<Id>, CompileError> {
    if len(g.shape(loss)) != 1 {
        return Err(CompileError::Shape(format!("a loss must be one number, this one has shape {:?}", g.shape(loss))));
    }
    let count = loss.ix() + 1;
    // Only nodes between `wrt` and `loss` get a gradient.
    let mut needed = vec![false; count];
    for id in wrt {
        if id.ix() < count {
            needed[id.ix()] = true;
        }
    }
    for i in 0..count {
        needed[i] |= g.node(Id(i as u32)).args.iter().any(|a| needed[a.ix()]);
    }
    let mut adjoint: Vec<Option<Id>> = vec![None; count];
    let shape = g.shape(loss).to_vec();
    adjoint[loss.ix()] = Some(g.fill(1.0, &shape));
    for i in (0..count).rev() {
        let id = Id(i as u32);
        let Some(dy) = adjoint[i] else { continue };
        if !needed[i] || wrt.contains(&id) && g.node(id).args.is_empty() {
            continue;
        }
        let args = g.node(id).args.clone();
        let wanted: Vec<bool> = args.iter().map(|a| needed[a.ix()]).collect();
        if !wanted.contains(&true) {
            continue;
        }
        for (arg, d) in vjp(g, id, dy, &wanted)? {
            debug_assert_eq!(g.shape(d), g.shape(args[arg]), "gradient of {:?}", g.node(id).op);
            let slot = &mut adjoint[args[arg].ix()];
            *slot = Some(match *slot {
                Some(old) => g.add(old, d),
                None => d,
            });
        }
    }
    Ok(wrt
        .iter()
        .map(|id| {
            let shape = g.shape(*id).to_vec();
            adjoint.get(id.ix()).copied().flatten().unwrap_or_else(|| g.fill(0.0, &shape))
        })
        .collect())
}

/// Gradients scaled so that their global norm, over all of them together, is at most `limit` (Pascanu et al. 2013, "On the
/// difficulty of training recurrent neural networks", algorithm 1).
pub fn clip_by_global_norm(g: &mut Graph, gradients: &[Id], limit: f32) -> Vec<Id> {
    let mut squares = g.fill(0.0, &[1]);
    for d in gradients {
        let square = g.mul(*d, *d);
        let sum = g.sum_to(square, &[1]);
        squares = g.add(squares, sum);
    }
    let norm = g.unary(Unary::Sqrt, squares);
    // What keeps the division finite is PyTorch's.
    let norm = g.with_scalar(Binary::Add, norm, 1e-6);
    let limit = g.fill(limit, &[1]);
    let share = g.div(limit, norm);
    let share = g.with_scalar(Binary::Min, share, 1.0);
    gradients
        .iter()
        .map(|d| {
            let shape = g.shape(*d).to_vec();
            let share = g.reshape(share, &vec![1; shape.len()]);
            let share = g.broadcast(share, &shape);
            g.mul(*d, share)
        })
        .collect()
}

/// The rule table: gradients of the arguments of `id` for the output gradient `dy`, as `(argument, gradient)`.
/// Arguments that are not `wanted` may be left out.
fn vjp(g: &mut Graph, id: Id, dy: Id, wanted: &[bool]) -> Result<Vec<(usize, Id)>, CompileError> {
    let node = g.node(id).clone();
    let args = node.args;
    let want = |i: usize| wanted[i];
    let mut out = Vec::with_capacity(2);
    match node.op {
        Op::Leaf(_) | Op::Constant(_) | Op::Fill(_) | Op::Iota { .. } | Op::Random { .. } => {}
        Op::StopGradient => {}
        Op::Unary(f) => {
            out.extend(f.rule().gradient.map(|d| (0, build(g, d, [args[0], id, dy]))));
        }
        Op::Binary(f) if !f.smooth() && f != Binary::Rem => {}
        Op::Binary(f) => {
            let (a, b) = (args[0], args[1]);
            for i in [0, 1].into_iter().filter(|i| want(*i)) {
                let d = match (f, i) {
                    (Binary::Add, _) | (Binary::Sub | Binary::Rem, 0) => dy,
                    (Binary::Sub, _) => g.neg(dy),
                    (Binary::Mul, _) => g.mul(dy, if i == 0 { b } else { a }),
                    (Binary::Div, 0) => g.div(dy, b),
                    (Binary::Div, _) => {
                        let q = g.div(id, b);
                        let d = g.mul(dy, q);
                        g.neg(d)
                    }
                    (Binary::Min | Binary::Max, _) => {
                        // At a tie the first argument takes the gradient.
                        let first = g.binary(if f == Binary::Min { Binary::Le } else { Binary::Ge }, a, b);
                        let zero = g.fill(0.0, &[]);
                        if i == 0 { g.where_(first, dy, zero) } else { g.where_(first, zero, dy) }
                    }
                    (Binary::Pow, 0) => {
                        let e = g.with_scalar(Binary::Sub, b, 1.0);
                        let p = g.binary(Binary::Pow, a, e);
                        let d = g.mul(b, p);
                        g.mul(dy, d)
                    }
                    (Binary::Pow, _) => {
                        let l = g.unary(Unary::Log, a);
                        let d = g.mul(id, l);
                        g.mul(dy, d)
                    }
                    (Binary::Rem, _) => {
                        let whole = g.sub(a, id);
                        let q = g.div(whole, b);
                        let q = g.unary(Unary::Round, q);
                        let d = g.mul(dy, q);
                        g.neg(d)
                    }
                    _ => unreachable!("comparisons were handled above"),
                };
                out.push((i, d));
            }
        }
        Op::Where => {
            let zero = g.fill(0.0, &[]);
            if want(1) {
                out.push((1, g.where_(args[0], dy, zero)));
            }
            if want(2) {
                out.push((2, g.where_(args[0], zero, dy)));
            }
        }
        Op::Reshape => {
            let shape = g.shape(args[0]).to_vec();
            out.push((0, g.reshape(dy, &shape)));
        }
        Op::Permute(axes) => {
            let mut inverse = vec![0; axes.len()];
            for (i, a) in axes.iter().enumerate() {
                inverse[*a] = i;
            }
            out.push((0, g.permute(dy, &inverse)));
        }
        Op::Broadcast => {
            let shape = g.shape(args[0]).to_vec();
            out.push((0, g.sum_to(dy, &shape)));
        }
        Op::Slice { start, step } => {
            let shape = g.shape(args[0]).to_vec();
            out.push((0, g.embed(dy, &start, &step, &shape)));
        }
        Op::Embed { start, step } => {
            let shape = g.shape(args[0]).to_vec();
            out.push((0, g.slice(dy, &start, &step, &shape)));
        }
        Op::Flip(axes) => out.push((0, g.flip(dy, &axes))),
        Op::Concat(axis) => {
            let mut at = 0;
            for (i, part) in args.iter().enumerate() {
                let shape = g.shape(*part).to_vec();
                let mut start = vec![0; shape.len()];
                start[axis] = at;
                at += shape[axis];
                if want(i) {
                    out.push((i, g.slice(dy, &start, &vec![1; shape.len()], &shape)));
                }
            }
        }
        Op::Loop(of) => {
            let all = of.rule().vjp(g, id, &of, dy);
            out.extend(all.into_iter().filter(|(i, _)| want(*i)));
        }
        Op::MatMul => {
            let (a, b) = (args[0], args[1]);
            let r = g.shape(id).len();
            if want(0) {
                let bt = g.swap(b, r - 2, r - 1);
                out.push((0, g.matmul(dy, bt)?));
            }
            if want(1) {
                let at = g.swap(a, r - 2, r - 1);
                out.push((1, g.matmul(at, dy)?));
            }
        }
        Op::Conv2d(c) => {
            let (x, w) = (args[0], args[1]);
            let (sx, sw) = (g.shape(x).to_vec(), g.shape(w).to_vec());
            if want(0) {
                out.push((0, g.conv_transpose2d(dy, w, c, [sx[2], sx[3]])));
            }
            if want(1) {
                out.push((1, g.conv_weight(x, dy, c, [sw[2], sw[3]])));
            }
        }
        // The transpose maps dy of a convolution to its x: its own x plays dy.
        Op::ConvTranspose2d(c) => {
            let (x, w) = (args[0], args[1]);
            let (sx, sw) = (g.shape(x).to_vec(), g.shape(w).to_vec());
            if want(0) {
                let d = g.conv2d(dy, w, c);
                // A convolution may see one more row than the transpose was made from.
                let d = g.slice(d, &[0; 4], &[1; 4], &sx);
                out.push((0, d));
            }
            if want(1) {
                out.push((1, g.conv_weight(dy, x, c, [sw[2], sw[3]])));
            }
        }
        Op::ConvWeight(c) => {
            let (x, dz) = (args[0], args[1]);
            let sx = g.shape(x).to_vec();
            if want(0) {
                out.push((0, g.conv_transpose2d(dz, dy, c, [sx[2], sx[3]])));
            }
            if want(1) {
                let d = g.conv2d(x, dy, c);
                let shape = g.shape(dz).to_vec();
                out.push((1, g.slice(d, &[0; 4], &[1; 4], &shape)));
            }
        }
        Op::Gather(axis) => {
            if want(0) {
                let shape = g.shape(args[0]).to_vec();
                out.push((0, g.scatter_add(args[1], dy, axis, &shape)));
            }
        }
    }
    Ok(out)
}

/// The nodes of an expression of the argument `x` of a function, its value `y` and the gradient `dy` of that.
fn build(g: &mut Graph, expression: &Expr, of: [Id; 3]) -> Id {
    match *expression {
        Expr::X => of[0],
        Expr::Y => of[1],
        Expr::Dy => of[2],
        Expr::Number(c) => g.fill(c, &[]),
        Expr::Of(f, a) => {
            let a = build(g, a, of);
            g.unary(f, a)
        }
        Expr::Pair(f, a, b) => {
            let (a, b) = (build(g, a, of), build(g, b, of));
            g.binary(f, a, b)
        }
        Expr::Where(c, a, b) => {
            let (c, a, b) = (build(g, c, of), build(g, a, of), build(g, b, of));
            g.where_(c, a, b)
        }
    }
}
