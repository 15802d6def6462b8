//! Which kernels suit an adapter is measured, on the products that a training step spends its time in.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{LazyLock, Mutex};

use web_time::Instant;

use latent_compile::probe::{Probe, Product};
use latent_compile::{Graph, Id, Target};
use latent_gpu::{Arena, Data, Gpu, Recorded};

/// Turns of each candidate, one after the other; the best counts, for what disturbs a turn only makes it longer.
const ROUNDS: usize = 3;
/// Milliseconds and executions of a turn at most.
const TURN_MS: f64 = 25.0;
const TURN: f64 = 256.0;
/// How much sooner another than the first candidate must be done: near ties must not turn with the weather.
const MARGIN: f64 = 0.9;
/// Floating-point operations below which the choice matters less than what it takes to make it.
const WORTH_IT: u64 = 20_000_000;

/// Kernels for a plan.
#[derive(Clone)]
pub struct KernelChoice {
    pub target: Target,
    /// What they are and why, for people to read.
    pub words: String,
}

/// The adapter's name, and the products to compute on it.
type Asked = (String, Vec<Product>);

/// What has been measured, and what came of it.
static CHOSEN: LazyLock<Mutex<HashMap<Asked, KernelChoice>>> = LazyLock::new(Mutex::default);

/// Picks one of the adapter's candidates for the `products` of graph `g`, by measurement, once for each adapter and
/// products. The first candidate is taken where there is no other, or where a step has next to no products.
///
/// # Errors
/// If the device is lost.
pub async fn choose(gpu: &Rc<Gpu>, g: &Graph, products: &[Id]) -> Result<KernelChoice, String> {
    let first = KernelChoice { target: gpu.target(), words: gpu.target().name() };
    let probe = Probe::new(g, products).map_err(|e| e.to_string())?;
    if gpu.candidates.len() == 1 || probe.flops < WORTH_IT {
        return Ok(first);
    }
    let key = (gpu.info.name.clone(), probe.products.clone());
    // Who wants to know what is being measured waits for it.
    let _turn = gpu.measuring.turn().await;
    if let Some(known) = CHOSEN.lock().expect("no panic while held").get(&key) {
        return Ok(known.clone());
    }
    let choice = measure(gpu, &probe).await?.unwrap_or(first);
    CHOSEN.lock().expect("no panic while held").insert(key, choice.clone());
    Ok(choice)
}

/// The adapter's candidate of that name, which an earlier run took.
pub fn again(gpu: &Gpu, name: &str) -> Option<KernelChoice> {
    let target = gpu.candidates.iter().copied().find(|t| t.name() == name)?;
    Some(KernelChoice { target, words: format!("{name}, as before") })
}

/// Times the candidates. `None` if the device has no room for a probe, or refuses all but one candidate's kernels.
async fn measure(gpu: &Rc<Gpu>, probe: &Probe) -> Result<Option<KernelChoice>, String> {
    let plans = gpu.candidates.iter().map(|t| Ok((*t, probe.compile(*t)?))).collect::<Result<Vec<_>, _>>();
    let plans = plans.map_err(|e: latent_compile::CompileError| e.to_string())?;
    let floats = plans.iter().map(|(_, plan)| plan.end).max().unwrap_or(0);
    let data = Data::upload(gpu, &[], &[], &[]).map_err(|e| e.to_string())?;
    let Ok(mut arena) = Arena::new(gpu.clone(), floats, 0, 0, data).await else { return Ok(None) };
    let mut runners = vec![];
    for (target, plan) in &plans {
        if let Ok(recorded) = arena.record(plan).await {
            runners.push((*target, recorded, f64::INFINITY));
        }
    }
    if runners.len() < 2 {
        return Ok(None);
    }
    let mut slowest = 0.0f64;
    for (_, recorded, _) in &runners {
        turn(&mut arena, recorded, 1).await?;
        slowest = slowest.max(turn(&mut arena, recorded, 1).await?);
    }
    let times = (TURN_MS / slowest).clamp(1.0, TURN) as u32;
    for _ in 0..ROUNDS {
        for (_, recorded, best) in &mut runners {
            *best = best.min(turn(&mut arena, recorded, times).await?);
        }
    }
    let times: Vec<(Target, f64)> = runners.into_iter().map(|(target, _, best)| (target, best)).collect();
    Ok(Some(pick(&times, probe.products.len())))
}

/// Milliseconds of each of `times` executions, with a look at the result.
async fn turn(arena: &mut Arena, recorded: &Recorded, times: u32) -> Result<f64, String> {
    let begin = Instant::now();
    arena.run(recorded, times);
    arena.read(&[(0, 4)]).await?;
    Ok(begin.elapsed().as_secs_f64() * 1e3 / f64::from(times))
}

/// The first candidate, unless another takes clearly less time.
fn pick(times: &[(Target, f64)], products: usize) -> KernelChoice {
    let fastest = times.iter().copied().fold(times[0], |a, b| if b.1 < a.1 { b } else { a });
    let (target, ms) = if fastest.1 < MARGIN * times[0].1 { fastest } else { times[0] };
    let others: Vec<String> = times.iter().filter(|t| t.0 != target).map(|(_, ms)| format!("{ms:.2}")).collect();
    let what = if products == 1 { "the largest product".into() } else { format!("the {products} largest products") };
    let words = format!(
        "{}, chosen of {} by measurement: {ms:.2} ms against {} for {what}",
        target.name(),
        times.len(),
        others.join(" and ")
    );
    KernelChoice { target, words }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_candidate_stays_in_a_near_tie() {
        let near = pick(&[(Target::GPU, 1.0), (Target::GPU_REGISTERS, 0.95)], 3);
        assert_eq!(near.target, Target::GPU);
        let clear = pick(&[(Target::GPU, 1.3), (Target::GPU_REGISTERS, 0.8)], 3);
        assert_eq!(clear.target, Target::GPU_REGISTERS);
        assert_eq!(
            clear.words,
            "register tiles 4 × 4, chosen of 2 by measurement: 0.80 ms against 1.30 for the 3 largest products"
        );
    }
}
