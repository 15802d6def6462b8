//! What a machine does in a second: a copy, products, launches, by the kernels and loops that training steps are made of.

use std::collections::HashMap;
use std::rc::Rc;

use web_time::Instant;

use crate::cpu::Make;
use crate::engine::Engine;
use crate::plan::RING;
use latent_compile::emit::Place;
use latent_compile::graph::{Graph, Unary};
use latent_compile::plan::{Job, Updates, compile};
use latent_compile::{Id, Target};
use latent_gpu::{Arena, Data, Gpu};
use latent_interpret::Noise;
use latent_measure::pause::Pause;

/// Turns of everything; medians count.
const ROUNDS: usize = 5;
/// Milliseconds of a turn, and executions at most: long enough for a clock of 0.1 ms.
const TURN_MS: f64 = 60.0;
const MOST: f64 = 512.0;
/// Launches between two looks at the clock.
const LAUNCHES: u32 = 512;
/// Floats of something that takes no time but its launch.
const LITTLE: usize = 64;

/// Whom it is asked of.
#[derive(Clone)]
pub enum On {
    Adapter(Rc<Gpu>),
    /// What makes its graphs ready.
    Processor(Make),
}

/// A graph of one operation.
struct Operation {
    graph: Graph,
    leaves: Vec<Id>,
    out: Id,
}

impl Operation {
    /// Negates so many floats: reads and writes all of them.
    fn copy(floats: usize) -> Self {
        let mut graph = Graph::default();
        let x = graph.leaf(&[floats]);
        let out = graph.unary(Unary::Neg, x);
        Self { graph, leaves: vec![x], out }
    }

    /// `[m, k]` times `[k, n]`.
    fn product([m, k, n]: [usize; 3]) -> Result<Self, String> {
        let mut graph = Graph::default();
        let (a, b) = (graph.leaf(&[m, k]), graph.leaf(&[k, n]));
        let out = graph.matmul(a, b).map_err(|e| e.to_string())?;
        Ok(Self { graph, leaves: vec![a, b], out })
    }

    fn floats(&self, id: Id) -> usize {
        self.graph.shape(id).iter().product()
    }

    /// Something that runs it so many times, and is done when it returns.
    async fn ready(&self, on: &On, target: Option<Target>) -> Result<Ready, String> {
        let gpu = match on {
            On::Adapter(gpu) => gpu,
            On::Processor(make) => {
                // Numbers that are not zero: products leave those out.
                let leaves = self.leaves.iter().map(|id| vec![0.5; self.floats(*id)]).collect();
                return Ok(Ready::Tape(make(&self.graph, &[self.out], &[]), leaves));
            }
        };
        let mut end = 0;
        let mut place = |id: Id| {
            let at = end;
            end += self.floats(id).next_multiple_of(4);
            (id, at)
        };
        let leaves: HashMap<_, _> =
            self.leaves.iter().map(|id| place(*id)).map(|(id, at)| (id, (Place::Arena(at), false))).collect();
        let outputs = vec![place(self.out)];
        let target = target.unwrap_or(gpu.target());
        let (updates, specials) = (Updates::default(), vec![]);
        let job = Job {
            graph: &self.graph,
            target,
            leaves,
            outputs,
            updates,
            specials,
            scratch: end,
            training: false,
            half: false,
            salt: 0,
        };
        let plan = compile(&job).map_err(|e| e.to_string())?;
        let data = Data::upload(gpu, &[], &[], &[]).map_err(|e| e.to_string())?;
        let arena = Arena::new(gpu.clone(), plan.end, 0, 0, data).await?;
        let recorded = arena.record(&plan).await?;
        Ok(Ready::Kernels(arena, recorded))
    }
}

/// An operation on its device.
#[allow(clippy::large_enum_variant, reason = "there is one of it in a machine")]
enum Ready {
    Kernels(Arena, latent_gpu::Recorded),
    Tape(Box<dyn crate::cpu::Runs>, Vec<Vec<f32>>),
}

impl Ready {
    /// Milliseconds of `times` executions, with a look at the result.
    async fn turn(&mut self, times: u32) -> Result<f64, String> {
        let begin = Instant::now();
        match self {
            Self::Kernels(arena, recorded) => {
                arena.run(recorded, times);
                arena.read(&[(0, 4)]).await?;
            }
            Self::Tape(tape, leaves) => (0..times).for_each(|_| tape.run(leaves, Noise::default())),
        }
        Ok(begin.elapsed().as_secs_f64() * 1e3)
    }

    /// Milliseconds of one execution, the median.
    async fn ms(&mut self, pause: &Pause) -> Result<f64, String> {
        self.turn(1).await?;
        let once = self.turn(1).await?;
        let times = (TURN_MS / once).clamp(1.0, MOST) as u32;
        let mut all = vec![];
        for _ in 0..ROUNDS {
            pause.point().await;
            all.push(self.turn(times).await? / f64::from(times));
        }
        Ok(median(all))
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Bytes a second that a copy of so many floats reads and writes.
///
/// # Errors
/// If the adapter has no room for it, or is lost.
pub async fn copy(on: &On, floats: usize, pause: &Pause) -> Result<f64, String> {
    let ms = Operation::copy(floats).ready(on, None).await?.ms(pause).await?;
    Ok(8.0 * floats as f64 / ms * 1e3)
}

/// Floating-point operations a second of a product of `[m, k]` and `[k, n]`, and the kernels that reach them: the fastest of those that may
/// suit the adapter.
///
/// # Errors
/// As [`copy`].
pub async fn product(on: &On, size: [usize; 3], pause: &Pause) -> Result<(f64, String), String> {
    let operation = Operation::product(size)?;
    let targets = match on {
        On::Adapter(gpu) => gpu.candidates.iter().copied().map(Some).collect(),
        On::Processor(_) => vec![None],
    };
    let mut best = (f64::INFINITY, String::new());
    for target in targets {
        let ms = operation.ready(on, target).await?.ms(pause).await?;
        if ms < best.0 {
            best = (ms, target.map_or_else(|| crate::cpu::KERNELS.into(), |target| target.name()));
        }
    }
    let flops = 2.0 * size.iter().map(|n| *n as f64).product::<f64>();
    Ok((flops / best.0 * 1e3, best.1))
}

/// Microseconds that one more launch takes among others; none where nothing is launched.
///
/// # Errors
/// If the adapter is lost.
pub async fn launch(on: &On, pause: &Pause) -> Result<Option<f64>, String> {
    let On::Adapter(_) = on else { return Ok(None) };
    let mut little = Operation::copy(LITTLE).ready(on, None).await?;
    little.turn(1).await?;
    let mut all = vec![];
    for _ in 0..ROUNDS {
        pause.point().await;
        let one = little.turn(1).await?;
        all.push(1e3 * (little.turn(1 + LAUNCHES).await? - one).max(0.0) / f64::from(LAUNCHES));
    }
    Ok(Some(median(all)))
}

/// Milliseconds of a training step, over as many as fit into `budget_ms`, at least three.
///
/// # Errors
/// As the engine's steps.
pub async fn step(engine: &mut impl Engine, budget_ms: f64, pause: &Pause) -> Result<f64, String> {
    // The first ones compile, and let clocks rise.
    for n in [1, 2] {
        let n = engine.ready(n).await?;
        engine.run_steps(n)?;
        engine.metrics().await?;
    }
    let (mut most, mut steps, mut all_ms) = (1, 0, 0.0);
    while steps < 3 || all_ms < budget_ms {
        pause.point().await;
        let n = engine.ready(most).await?;
        let begin = Instant::now();
        engine.run_steps(n)?;
        engine.metrics().await?;
        let ms = begin.elapsed().as_secs_f64() * 1e3;
        (steps, all_ms) = (steps + n, all_ms + ms);
        most = (TURN_MS * f64::from(n) / ms).clamp(1.0, RING as f64 / 2.0) as u32;
    }
    Ok(all_ms / f64::from(steps))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::tape;
    use pollster::block_on;

    #[test]
    fn a_processor_has_all_but_launches() {
        let (on, pause) = (On::Processor(tape), Pause::never());
        let bytes = block_on(copy(&on, 1 << 18, &pause)).unwrap();
        let (flops, kernels) = block_on(product(&on, [64, 96, 32], &pause)).unwrap();
        assert!(bytes > 1e7 && bytes < 1e13, "{bytes} bytes a second");
        assert!(flops > 1e7 && flops < 1e14, "{flops} operations a second");
        assert_eq!(kernels, crate::cpu::KERNELS);
        assert_eq!(block_on(launch(&on, &pause)), Ok(None));
    }

    #[test]
    fn an_adapter_has_a_price_of_launches() {
        let gpu = Rc::new(block_on(Gpu::open()).expect("a GPU adapter; on Debian: mesa-vulkan-drivers"));
        let (on, pause) = (On::Adapter(gpu.clone()), Pause::never());
        let micros = block_on(launch(&on, &pause)).unwrap().unwrap();
        assert!(micros > 0.0 && micros < 10_000.0, "{micros} µs");
        let (flops, kernels) = block_on(product(&on, [64, 64, 64], &pause)).unwrap();
        assert!(flops > 1e5 && gpu.candidates.iter().any(|target| target.name() == kernels), "{flops} {kernels}");
    }
}
