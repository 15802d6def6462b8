//! `cargo lab bench`: what a step costs, and what share of the adapter it reaches.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};

use crate::open::open_gpu;
use latent_data::Dataset;
use latent_engine::Engine;
use latent_engine::cpu::{CpuEngine, HostSupply};
use latent_engine::machine::{self, On};
use latent_engine::plan::PlanEngine;
use latent_experiment::Setup;
use latent_gpu::{Data, Gpu};
use latent_measure::pause::Pause;
use latent_registry::fetch_entry;
use latent_vocabulary::card::PRECISION;

/// Turns of each contender; medians are reported.
const ROUNDS: usize = 5;

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Bytes a second of a copy, and floating-point operations a second of a square matrix product, on this adapter, by the
/// compiler's own kernels.
async fn ceilings(gpu: &Rc<Gpu>) -> Result<(f64, f64), String> {
    // Large enough to leave caches behind; software adapters would take minutes.
    let (floats, side) = if gpu.info.software { (4 << 20, 512) } else { (64 << 20, 4096) };
    let (on, pause) = (On::Adapter(gpu.clone()), Pause::never());
    Ok((machine::copy(&on, floats, &pause).await?, machine::product(&on, [side; 3], &pause).await?.0))
}

/// Medians of each dispatch's time, as JSON in the order of execution.
fn kernel_times(plan: &mut PlanEngine) -> Result<Value, String> {
    let rounds: Vec<_> = (0..ROUNDS).map(|_| plan.profile_step()).collect::<Result<_, _>>()?;
    let row = |i: usize| {
        let ns = median(rounds.iter().map(|r| r[i].nanoseconds).collect());
        let k = &rounds[0][i];
        json!({ "kernels": k.name, "us": ns / 1e3, "gflop_per_s": k.flops as f64 / ns, "gb_per_s": k.bytes as f64 / ns })
    };
    Ok((0..rounds[0].len()).map(row).collect())
}

/// Times `steps` steps of the plan, of the processor's engine, and of eager Burn on the same GPU where `eager` is set, turn by turn; each
/// dispatch, and each task of the processor, where `kernels` is set.
///
/// # Errors
/// If there is no GPU, the setup does not compile, or `kernels` are to be timed where the adapter has no time stamps.
pub fn bench(setup: &Setup, data: Arc<Dataset>, steps: u32, eager: bool, kernels: bool) -> Result<Value, String> {
    pollster::block_on(async {
        setup.check().map_err(|e| e.to_string())?;
        let (entry, params) = (fetch_entry(&setup.method).await?, setup.params()?);
        let gpu = open_gpu().await?;
        let uploaded =
            Data::upload(&gpu, &data.train_images, &data.train_labels, &data.factors.train_nk).map_err(|e| e.to_string())?;
        let mut plan = PlanEngine::new(gpu.clone(), entry, &params, data.data_shape(), &uploaded).await?;
        let mut burn = if eager { Some(entry.eager(&params, latent_engine::eager::open().await?, data.clone())) } else { None };
        let images =
            HostSupply::whole(data.shape, data.train_images.clone(), data.train_labels.clone(), data.factors.train_nk.clone());
        // The processor computes in 32 bits, whatever is asked of the adapter.
        let whole = params.clone().with(PRECISION.key, "f32")?;
        let mut cpu = CpuEngine::new(entry, &whole, data.data_shape(), &images).await?;
        plan.run_steps(2)?;
        plan.metrics().await?;
        cpu.run_steps(2)?;
        cpu.metrics().await?;
        if let Some(burn) = &mut burn {
            burn.run_steps(1)?;
            burn.metrics().await?;
        }
        let (mut plan_ms, mut encode_ms, mut cpu_ms, mut burn_ms) = (vec![], vec![], vec![], vec![]);
        for _ in 0..ROUNDS {
            let begin = Instant::now();
            plan.run_steps(steps)?;
            encode_ms.push(begin.elapsed().as_secs_f64() * 1e3 / f64::from(steps));
            plan.metrics().await?;
            plan_ms.push(begin.elapsed().as_secs_f64() * 1e3 / f64::from(steps));
            let begin = Instant::now();
            cpu.run_steps(steps)?;
            cpu.metrics().await?;
            cpu_ms.push(begin.elapsed().as_secs_f64() * 1e3 / f64::from(steps));
            if let Some(burn) = &mut burn {
                let begin = Instant::now();
                burn.run_steps(1)?;
                burn.metrics().await?;
                burn_ms.push(begin.elapsed().as_secs_f64() * 1e3);
            }
        }
        let times = if kernels { Some(kernel_times(&mut plan)?) } else { None };
        let (copy, product) = ceilings(&gpu).await?;
        let ms = median(plan_ms);
        let (info, bytes) = (plan.info().clone(), plan.bytes_moved());
        let mut report = json!({
            "setup": setup.to_query(),
            "adapter": gpu.info.name,
            "steps": steps,
            "plan": {
                "ms_per_step": ms,
                "encode_ms_per_step": median(encode_ms),
                "images_per_second": f64::from(info.batch) / ms * 1e3,
                "dispatches_per_step": info.dispatches,
                "compile_ms": info.compile_ms,
                "plan_ms": info.plan_ms,
                "kernels": info.kernels,
                "flops_per_step": info.flops,
                "bytes_per_step": bytes,
                "share_of_matmul": info.flops as f64 / ms * 1e3 / product,
                "share_of_copy": bytes as f64 / ms * 1e3 / copy,
            },
            "ceilings": { "copy_bytes_per_second": copy, "matmul_flops_per_second": product },
        });
        let cpu_ms = median(cpu_ms);
        report["processor"] = json!({
            "ms_per_step": cpu_ms,
            "flops_per_second": cpu.info().flops as f64 / cpu_ms * 1e3,
            "times_the_plan": cpu_ms / ms,
        });
        if let Some(times) = times {
            report["kernels"] = times;
            let tasks = cpu.profile_step()?.into_iter().map(|(task, ms)| json!({ "task": task, "us": ms * 1e3 }));
            report["processor"]["tasks"] = tasks.collect();
        }
        if burn.is_some() {
            let burn_ms = median(burn_ms);
            report["burn"] = json!({ "ms_per_step": burn_ms, "times_the_plan": burn_ms / ms });
        }
        Ok(report)
    })
}
