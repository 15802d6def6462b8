//! Which values of a step may be kept in 16 bits: what layers take and what they give, on the way forward.
//!
//! A layer is a product of what depends on the minibatch with what does not. Its results, with a bias or a skip connection added, and
//! what the next one takes of them are most of what a step writes and reads again, and their rounding, at most one part in 2,048, is
//! small beside the noise of a minibatch. Everything else keeps 32 bits: parameters and what the optimiser remembers, sums and losses,
//! products of two values of the minibatch (distances, kernels, attention), gradients, whose smallest numbers 16 bits do not have, and
//! what is put in order, counted or looked up by, where a rounding is another choice.
//!
//! Such a value *is* the rounded one: the kernel that makes it goes on with what it has stored, as all others do that read it.

use super::graph::{Binary, Graph, Id, Op, Unary, len};
use super::job::Job;
use super::loops::{ARG_REDUCE, KTH_LARGEST, RANK, SCATTER_ADD};
use super::schedule::{Schedule, heavy, product};

/// Values of a tensor from which on fewer bytes are worth the rounding.
const FEWEST: usize = 4096;

/// By node, whether it may be kept in 16 bits where it is stored in between; none where the job does not ask for it.
pub(super) fn halves(schedule: &Schedule) -> Vec<bool> {
    let (g, job) = (schedule.graph(), schedule.job);
    if !job.half {
        return vec![false; g.len()];
    }
    let (forward, varies) = (forward(job), varies(job));
    let layer = |id: Id| {
        let node = g.node(id);
        product(&node.op) && varies[node.args[0].ix()] != varies[node.args[1].ix()]
    };
    let (mut made, mut taken) = (vec![false; g.len()], vec![false; g.len()]);
    for id in g.ids().filter(|id| forward[id.ix()] && !job.is_leaf(*id)) {
        let node = g.node(id);
        let passes = match node.op {
            Op::Binary(Binary::Add) | Op::Reshape | Op::Permute(_) | Op::Slice { .. } | Op::Concat(_) | Op::StopGradient => {
                node.args.iter().any(|a| made[a.ix()])
            }
            _ => false,
        };
        made[id.ix()] = passes || layer(id);
        if layer(id) {
            for a in node.args.iter().filter(|a| varies[a.ix()]) {
                taken[schedule.base(*a).ix()] = true;
            }
        }
    }
    let decides = reach(g, |id| if forward[id.ix()] { decided_by(g, id) } else { &[] });
    // Next to a bound, where a logarithm is taken of what is left, 16 bits have but the bound.
    let logged = reach(g, |id| match g.node(id).op {
        Op::Unary(Unary::Log | Unary::Log1p) if forward[id.ix()] => &g.node(id).args,
        _ => &[],
    });
    let may = |id: Id| {
        let i = id.ix();
        let kept = schedule.stored[i] && forward[i] && varies[i] && len(g.shape(id)) >= FEWEST;
        kept && !decides[i] && (made[i] || (taken[i] && !logged[i]))
    };
    g.ids().map(may).collect()
}

/// By node, whether something that is asked for depends on it, but for the movement of parameters.
fn forward(job: &Job) -> Vec<bool> {
    let mut forward = vec![false; job.graph.len()];
    for (id, _) in &job.outputs {
        forward[id.ix()] = true;
    }
    for id in job.graph.ids().rev().filter(|id| !job.is_leaf(*id)) {
        if forward[id.ix()] {
            job.graph.node(id).args.iter().for_each(|a| forward[a.ix()] = true);
        }
    }
    forward
}

/// By node, whether it is another in every step without any parameter having moved: it depends on the minibatch or on noise.
fn varies(job: &Job) -> Vec<bool> {
    let mut varies = vec![false; job.graph.len()];
    for id in job.graph.ids() {
        let node = job.graph.node(id);
        varies[id.ix()] = match (job.leaves.get(&id), &node.op) {
            (Some((_, filled)), _) => *filled,
            (None, Op::Random { .. }) => true,
            _ => node.args.iter().any(|a| varies[a.ix()]),
        };
    }
    varies
}

/// The arguments of a node that it chooses by.
fn decided_by(g: &Graph, id: Id) -> &[Id] {
    let node = g.node(id);
    match &node.op {
        Op::Loop(of) if [ARG_REDUCE, RANK, KTH_LARGEST].contains(&of.name) => &node.args,
        Op::Loop(of) if of.name == SCATTER_ADD => &node.args[..1],
        Op::Gather(_) => &node.args[1..],
        Op::Unary(Unary::Floor | Unary::Ceil | Unary::Round | Unary::Sign) => &node.args,
        _ => &[],
    }
}

/// By node, whether what `from` says of some node depends on it by views and functions of its elements alone.
fn reach<'g>(g: &'g Graph, from: impl Fn(Id) -> &'g [Id]) -> Vec<bool> {
    let mut reached = vec![false; g.len()];
    for id in g.ids().rev() {
        let on = reached[id.ix()] && !heavy(&g.node(id).op);
        let of = if on { &g.node(id).args[..] } else { from(id) };
        of.iter().for_each(|a| reached[a.ix()] = true);
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::Place;
    use crate::grad::gradients;
    use crate::job::{Special, Updates, When};
    use crate::loops::reduction::Reduction;
    use crate::memory::Memory;
    use crate::plan::compile;
    use crate::target::Target;

    /// A minibatch of 64 vectors of 96 numbers, and a parameter.
    struct Given {
        g: Graph,
        x: Id,
        w: Id,
    }

    fn given() -> Given {
        let mut g = Graph::default();
        let (x, w) = (g.leaf(&[64, 96]), g.leaf(&[96, 96]));
        Given { g, x, w }
    }

    impl Given {
        /// A job that moves the parameter by the gradient of the sum of `loss`.
        fn job(&mut self, loss: Id, half: bool) -> Job<'_> {
            let axes: Vec<usize> = (0..self.g.shape(loss).len()).collect();
            let loss = self.g.sum(loss, &axes);
            let d = gradients(&mut self.g, loss, &[self.w]).unwrap().remove(0);
            let leaves = [(self.x, (Place::Arena(0), true)), (self.w, (Place::Arena(6144), false))].into();
            let updates = Updates { of: vec![(d, self.w)], function: String::new(), bytes: 8 };
            let outputs = vec![(loss, 15_360)];
            let specials = vec![Special { name: "fetch", body: String::new(), len: 1, when: When::First }];
            Job {
                graph: &self.g,
                target: Target::GPU,
                leaves,
                outputs,
                updates,
                specials,
                scratch: 15_364,
                training: true,
                half,
                salt: 0,
            }
        }

        /// Which of the nodes lie in 16 bits in a step that makes `loss` small.
        fn halved(&mut self, loss: Id, of: &[Id]) -> Vec<bool> {
            let job = self.job(loss, true);
            let mut schedule = Schedule::new(&job).unwrap();
            schedule.place_updates();
            let memory = Memory::new(&schedule, &schedule.ends());
            of.iter().map(|id| matches!(memory.places.get(*id), Some(Place::Half(_)))).collect()
        }
    }

    #[test]
    fn what_layers_take_and_give_has_16_bits_and_nothing_else_has() {
        let mut n = given();
        let a = n.g.matmul(n.x, n.w).unwrap();
        let h = n.g.unary(Unary::Tanh, a);
        let b = n.g.matmul(h, n.w).unwrap();
        let noise = n.g.random(crate::graph::Dist::Normal, &[64, 96]);
        let y = n.g.add(b, noise);
        let e = n.g.unary(Unary::Exp, y);
        let mean = n.g.sum(e, &[1]);
        let mean = n.g.broadcast(mean, &[64, 96]);
        let loss = n.g.mul(y, mean);
        assert_eq!(n.halved(loss, &[h, y, n.x, n.w, noise, mean]), [true, true, false, false, false, false]);
        let job = n.job(loss, false);
        assert_eq!(compile(&job).unwrap().halves, 0, "only where that is asked for");
    }

    #[test]
    fn gradients_and_products_of_two_that_vary_keep_all_bits() {
        let mut n = given();
        let a = n.g.matmul(n.x, n.w).unwrap();
        let h = n.g.unary(Unary::Tanh, a);
        let t = n.g.swap(n.x, 0, 1);
        let gram = n.g.matmul(t, h).unwrap();
        let e = n.g.unary(Unary::Exp, gram);
        assert_eq!(n.halved(e, &[gram, e]), [false; 2]);
        let plan = compile(&n.job(e, true)).unwrap();
        let halves: Vec<_> = plan.shown.memory.iter().filter(|r| r.bits == 16).map(|r| r.what.as_str()).collect();
        assert!(halves.iter().all(|what| !what.contains("[96, 96]")), "{halves:?}");
    }

    #[test]
    fn what_is_ordered_rounded_or_near_a_bound_of_a_logarithm_keeps_all_bits() {
        let twice = |n: &mut Given, f: &dyn Fn(&mut Graph, Id) -> Id| {
            let a = n.g.matmul(n.x, n.w).unwrap();
            let p = n.g.unary(Unary::Sigmoid, a);
            let b = n.g.matmul(p, n.w).unwrap();
            let of = f(&mut n.g, p);
            let b = n.g.mul(b, b);
            (p, n.g.mul(b, of))
        };
        let mut n = given();
        let (p, loss) = twice(&mut n, &|g, p| {
            let k = g.fill(5.0, &[1]);
            let least = g.kth_largest(p, k);
            let least = g.broadcast(least, &[64, 96]);
            g.binary(Binary::Ge, p, least)
        });
        assert_eq!(n.halved(loss, &[p]), [false]);
        let mut n = given();
        let (p, loss) = twice(&mut n, &|g, p| g.unary(Unary::Round, p));
        assert_eq!(n.halved(loss, &[p]), [false]);
        let mut n = given();
        let (p, loss) = twice(&mut n, &|g, p| {
            let less = g.neg(p);
            g.unary(Unary::Log1p, less)
        });
        assert_eq!(n.halved(loss, &[p]), [false]);
        let mut n = given();
        let (p, loss) = twice(&mut n, &|g, p| g.reduce(Reduction::Max, p, &[1]));
        assert_eq!(n.halved(loss, &[p]), [true], "an extreme is one of the numbers that there are");
    }

    #[test]
    fn few_numbers_are_not_worth_it() {
        let mut g = Graph::default();
        let (x, w) = (g.leaf(&[8, 96]), g.leaf(&[96, 96]));
        let mut n = Given { g, x, w };
        let a = n.g.matmul(x, w).unwrap();
        let h = n.g.unary(Unary::Tanh, a);
        let b = n.g.matmul(h, w).unwrap();
        let loss = n.g.mul(b, b);
        assert_eq!(n.halved(loss, &[h]), [false]);
    }
}
