//! From a graph to a [`Plan`]: what is stored, which kernel computes it, in which dispatch, at which address, as which text.
//!
//! Kernels whose inputs are ready at the same time form a *level*, and a level is one dispatch: its kernels lie side by
//! side in one module and share the workgroups. All of them read and write one *arena* buffer at constant offsets, so a
//! plan has one bind group and a step allocates nothing.
//!
//! # Levels
//!
//! The invocations of a dispatch run in any order, and dispatches run one after the other. So, of the kernels of one level:
//!
//! - **none reads what another one writes**, and no two write to the same place;
//! - one that reads what it writes itself (a parameter that it moves) reads it at the element that it is about to write, and
//!   nowhere else.
//!
//! And whoever reads a tensor finds it: it was written at an earlier level, and nothing else has been put in its place since.
//! `schedule` gives a kernel the first level at which all that it reads is there, and joins elementwise work to a kernel that
//! has its inputs in registers; `update` makes kernels wait that move a parameter which others still read; `memory` gives two
//! tensors the same memory only where no level needs both. With `x` the minibatch and `w` a parameter:
//!
//! ```text
//! y = x · w       level 1   the minibatch is fetched at level 0
//! z = tanh(y)     level 1   in the kernel of y, which has y[i] in a register
//! s = Σ z         level 2   of all elements of z: they must be in memory
//! d = xᵀ · z      level 2   moves w as it is computed: y alone has read w, at level 1
//! ```
//!
//! If there are `p = z · v`, at level 2, and `q = p · wᵀ`, at level 3, the kernel of `d` waits until level 4.
//!
//! Natively, every plan is checked for it when it is made: see `audit`.

use super::graph::CompileError;
pub use super::job::{Dispatch, Job, Plan, Special, Updates, When};
use super::memory::Memory;
use super::module::dispatch;
use super::schedule::Schedule;
pub use super::target::Target;
use super::write::levels;

/// Compiles a job.
///
/// # Errors
/// For geometries without a kernel.
pub fn compile(job: &Job) -> Result<Plan, CompileError> {
    let mut schedule = Schedule::new(job)?;
    schedule.place_updates();
    let ends = schedule.ends();
    let memory = Memory::new(&schedule, &ends);
    #[cfg(not(target_arch = "wasm32"))]
    if let Err(e) = schedule.audit(&ends, &memory) {
        panic!("a plan that would race: {e}");
    }
    let levels = levels(&schedule, &ends, &memory)?;
    let mut plan = Plan { end: memory.end, halves: memory.halves, products: schedule.products(), ..Plan::default() };
    #[cfg(not(target_arch = "wasm32"))]
    {
        plan.shown = super::shown::show(&schedule, &ends, &memory, &levels);
    }
    for kernels in levels.iter().filter(|kernels| !kernels.is_empty()) {
        let dispatch = dispatch(job, &memory, kernels);
        plan.flops += dispatch.flops;
        plan.bytes += dispatch.bytes;
        plan.dispatches.push(dispatch);
    }
    Ok(plan)
}
