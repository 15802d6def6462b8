//! Plan against Burn: `cargo lab verify`, the button in the page, and the test that every method passes.

use std::rc::Rc;
use std::sync::Arc;

use burn::tensor::Device;

use crate::eager::EagerEngine;
use crate::engine::Engine;
use crate::entry::Entry;
use crate::half;
use crate::plan::PlanEngine;
use latent_data::Dataset;
use latent_experiment::history::MetricRow;
use latent_gpu::{Data, Gpu};
use latent_measure::pause::Pause;
use latent_protocol::VerifyReport;
use latent_vocabulary::Params;

/// Differences of losses and of gradients that rounding explains.
pub const TOLERANCE: [f64; 2] = [1e-4; 2];
/// The same where activations are kept in 16 bits. A rounding in one layer has units of the next switch on or off that were near zero, so
/// single gradients of a deep network and a small batch differ by several hundredths of the largest.
pub const TOLERANCE_OF_HALVES: [f64; 2] = [2e-3, 0.2];

/// Largest difference of two tensors, relative to the largest value of the second.
pub fn difference(got: &[f32], want: &[f32]) -> f64 {
    let scale = want.iter().fold(1e-6f32, |m, v| m.max(v.abs()));
    got.iter().zip(want).fold(0.0f64, |m, (a, b)| if (a - b).is_nan() { f64::NAN } else { m.max(f64::from((a - b).abs() / scale)) })
}

/// Takes `steps` steps on the plan and on eager Burn, on `burn`, and compares terms and gradients.
///
/// Both see the same images and the same noise. Weights are made equal before every step: Adam turns the rounding of a tiny
/// gradient into a step of full length, and the comparison is of gradients, not of paths.
///
/// # Errors
/// If the plan cannot be built or run.
pub async fn verify(
    gpu: Rc<Gpu>,
    burn: Device,
    entry: &'static dyn Entry,
    params: &Params,
    data: &Arc<Dataset>,
    steps: u32,
) -> Result<VerifyReport, String> {
    verify_in_slices(gpu, burn, entry, params, data, steps, &Pause::never()).await
}

/// [`verify`], with a place to rest at every step.
///
/// # Errors
/// As there.
pub async fn verify_in_slices(
    gpu: Rc<Gpu>,
    burn: Device,
    entry: &'static dyn Entry,
    params: &Params,
    data: &Arc<Dataset>,
    steps: u32,
    pause: &Pause,
) -> Result<VerifyReport, String> {
    let uploaded = Data::upload(&gpu, &data.train_images, &data.train_labels, &data.factors.train_nk).map_err(|e| e.to_string())?;
    let mut plan = PlanEngine::with_gradients(gpu, entry, params, data.data_shape(), &uploaded).await?;
    let mut burn = entry.eager(params, burn, data.clone());
    let tolerance = if half::wanted(params) { TOLERANCE_OF_HALVES } else { TOLERANCE };
    let mut report = VerifyReport { method: params.card.id.into(), steps, tolerance, ..VerifyReport::default() };
    for _ in 0..steps {
        pause.point().await;
        step(&mut plan, &mut burn, &mut report).await?;
    }
    Ok(report)
}

/// Takes one step on both from the plan's weights, and raises the report's differences to those of this step. Returns the plan's
/// terms.
///
/// # Errors
/// If the plan keeps no gradients or cannot be run.
pub async fn step(plan: &mut PlanEngine, burn: &mut EagerEngine, report: &mut VerifyReport) -> Result<MetricRow, String> {
    burn.set_weights(&plan.weights().await?)?;
    plan.run_steps(1)?;
    let row = plan.metrics().await?.pop().ok_or("the step left no metrics")?;
    let (expected, gradients) = burn.step_with_gradients().await?;
    report.loss = report.loss.max(difference(&row.terms, &expected.terms)).max(difference(&row.kl_d, &expected.kl_d));
    for got in plan.gradients().await? {
        let want = gradients.iter().find(|w| w.name == got.name).ok_or_else(|| format!("Burn has no gradient of {}", got.name))?;
        let d = difference(&got.values, &want.values);
        if d > report.gradient || d.is_nan() {
            (report.gradient, report.worst) = (d, got.name.clone());
        }
    }
    Ok(row)
}
