//! What the compiler must know of an operation whose kernel loops.

use crate::emit::Emitter;
use crate::graph::{Graph, Id, Loop, Node};
use crate::index::{At, Lin};
use crate::loops::reduction::Reduction;

/// When a loop is cut into pieces that are joined afterwards.
pub(crate) enum Split {
    /// Its pieces cannot be joined.
    Never,
    /// If one invocation may not take all its turns. Its rows are mostly short.
    IfLong,
    /// Also if there are too few elements to keep the adapter busy.
    IfFew,
}

/// What lanes of a workgroup do who compute one element together.
pub(crate) enum Together {
    /// Each walks along its share of the row, as if it were a piece. Then one after the other takes over what another one has
    /// found: these variables, which have `_there` behind their names in the statement that joins them.
    Walk { found: &'static [&'static str], join: String },
    /// A whole workgroup works as [`Rule::by_workgroup`] says.
    Workgroup,
}

/// A custom operation of Burn: its name, and what it is made of for its inputs.
#[cfg_attr(not(feature = "capture"), allow(dead_code, reason = "what reads a recording asks for it"))]
pub(crate) type Custom = (&'static str, fn(&mut Graph, &[Id]) -> Id);

/// The text that computes `acc`, the value of one element.
pub(crate) struct Head {
    /// Turns of its loops, at most.
    pub turns: usize,
    /// Statements that store nothing.
    pub text: String,
}

/// The rule of an operation whose kernel loops.
pub(crate) trait Rule: Sync {
    /// Name of its kernels, by which nodes name their rule.
    fn name(&self) -> &'static str;

    /// The custom operation of Burn that it translates, if it is one.
    #[cfg_attr(not(feature = "capture"), allow(dead_code, reason = "what reads a recording asks for it"))]
    fn custom(&self) -> Option<Custom> {
        None
    }

    /// How many of its arguments, from the first on, an element reads so often that they must not be recomputed each time.
    fn often(&self) -> usize {
        0
    }

    /// Steps of the loop for one element.
    fn steps(&self, g: &Graph, node: &Node, of: &Loop) -> usize;

    /// When the loop is cut into pieces.
    fn split(&self) -> Split {
        Split::Never
    }

    /// What makes the whole of the pieces.
    fn join(&self, _: &Loop) -> Reduction {
        Reduction::Sum
    }

    /// What lanes do who compute one element together.
    fn together(&self, of: &Loop) -> Together {
        Together::Walk { found: &["acc"], join: self.join(of).join("acc", "acc_there") }
    }

    /// As [`Self::head`], for lanes that compute an element together: there, a load costs more than a branch.
    fn share(&self, e: &mut Emitter, id: Id, of: &Loop, o: &Lin, parts: usize) -> Head {
        self.head(e, id, of, o, parts)
    }

    /// Turns that wait for each other where so many lanes compute an element of so many steps together.
    #[cfg(not(target_arch = "wasm32"))]
    fn turns(&self, steps: usize, lanes: usize) -> usize {
        steps.div_ceil(lanes) + lanes.ilog2() as usize
    }

    /// `acc` of the element at flat index `o` of node `id`, by a whole workgroup that sees its `lane`: all lanes reach the barriers,
    /// and all have it. What [`Together::Workgroup`] promises.
    fn by_workgroup(&self, _: &mut Emitter, _id: Id, _: &Loop, _o: &Lin) -> Head {
        unreachable!("{} is walked along", self.name())
    }

    /// `acc` of the element at flat index `o` of node `id`. Of several `parts`, the loop is that of number `part`.
    fn head(&self, e: &mut Emitter, id: Id, of: &Loop, o: &Lin, parts: usize) -> Head;

    /// Gradients of its arguments for the output gradient `dy`, as `(argument, gradient)`; none where they are zero everywhere.
    fn vjp(&self, _: &mut Graph, _id: Id, _: &Loop, _dy: Id) -> Vec<(usize, Id)> {
        vec![]
    }
}

/// Dimensions of the element at `o`, and its place along `axis`, in whose stead stands the loop's variable `r`.
pub(super) fn along(e: &mut Emitter, shape: &[usize], axis: usize, n: usize, o: &Lin) -> (Vec<Lin>, Lin) {
    let mut at = At::Flat(o.clone()).dims(shape, e);
    let here = std::mem::replace(&mut at[axis], Lin::var("r", n, 1));
    (at, here)
}

/// A loop over `n` steps, or over each `parts`-th of them, which begins as `init` says and does `body` each time.
pub(super) fn walk(e: &mut Emitter, init: &str, body: &str, n: usize, parts: usize) -> Head {
    let (outer, inner) = (e.take(0), e.take(1));
    let from = if parts > 1 { "part" } else { "0u" };
    let text = format!("{outer}{init}\nfor (var r = {from}; r < {n}u; r += {parts}u) {{\n{inner}{body}\n}}\n");
    Head { turns: n.div_ceil(parts), text }
}
