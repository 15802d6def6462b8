//! The other engine: the same Burn code, executed operation by operation with Burn's autodiff. The oracle of the plan.
//!
//! It sees the same images in the same order and draws the same noise from the same counters, so that from equal weights
//! both engines walk the same path.

mod module;
mod run;

use burn::tensor::{Device, Tensor};

use self::module::host;
pub use self::module::{OnDevice, collect, host_all, replaced};
pub use self::run::{Eager, EagerRun};
use crate::engine::{BuildError, Engine, Rows, Weight, evaluated, fits};
use crate::program::{Input, PIECE, Program};
use crate::untold::Untold;
use latent_experiment::history::MetricRow;
use latent_protocol::PlanInfo;

/// Burn's own device on the GPU; in a browser to be opened once. The processor, where it is built without a back end for GPUs.
///
/// # Errors
/// What the browser refused. Elsewhere Burn opens the device with the first tensor, and panics if it cannot.
pub async fn open() -> Result<Device, String> {
    #[cfg(all(feature = "eager-wgpu", target_arch = "wasm32"))]
    return Device::wgpu_options().init_async().await.map_err(|e| format!("Burn found no GPU: {e}"));
    #[cfg(all(feature = "eager-wgpu", not(target_arch = "wasm32")))]
    return Ok(Device::wgpu(burn::tensor::DeviceKind::DefaultDevice));
    #[cfg(not(feature = "eager-wgpu"))]
    Ok(Device::flex())
}

/// Eager training behind the common interface.
pub struct EagerEngine {
    run: Box<dyn Eager>,
    /// Rows, each with its step.
    untold: Untold<(u64, Tensor<1>)>,
}

impl EagerEngine {
    pub fn new(run: Box<dyn Eager>) -> Self {
        Self { run, untold: Untold::default() }
    }

    /// Takes one step and brings its gradients to the host, which a step for its own sake need not pay for.
    ///
    /// # Errors
    /// If the device is lost or a term is not finite.
    pub async fn step_with_gradients(&mut self) -> Result<(MetricRow, Vec<Weight>), String> {
        let (row, gradients) = self.run.advance_with_gradients();
        let row = self.row(self.run.step(), row).await?;
        Ok((row, host_all(gradients).await?))
    }

    async fn row(&self, step: u64, row: Tensor<1>) -> Result<MetricRow, String> {
        let mut terms = host(row).await?;
        let kl_d = terms.split_off(self.info().terms.len());
        MetricRow { step, terms, kl_d }.finite(&self.info().terms)
    }
}

impl Engine for EagerEngine {
    async fn start(&mut self) -> Result<(), BuildError> {
        self.run.start();
        Ok(())
    }

    fn info(&self) -> &PlanInfo {
        self.run.info()
    }

    fn set_live(&mut self, key: &str, value: f32) {
        self.run.set_live(key, value);
    }

    fn draw_from(&mut self, draws: u32) {
        self.run.draw_from(draws);
    }

    fn run_steps(&mut self, n: u32) -> Result<(), String> {
        for _ in 0..n {
            let row = self.run.advance();
            self.untold.fresh.push((self.run.step(), row));
        }
        Ok(())
    }

    fn step(&self) -> u64 {
        self.run.step()
    }

    fn request_metrics(&mut self) -> bool {
        self.untold.request()
    }

    async fn take_metrics(&mut self) -> Result<Vec<MetricRow>, String> {
        let mut rows = vec![];
        for (step, row) in self.untold.take() {
            rows.push(self.row(step, row).await?);
        }
        Ok(rows)
    }

    async fn evaluate(&mut self, images: Rows<'_>) -> Result<Vec<f32>, String> {
        let of = (self.info().terms.len(), self.info().batch as usize, self.run.width(Input::Images));
        evaluated(of, images, async |rows, _| host(self.run.terms(rows)).await).await
    }

    async fn run(&mut self, what: Program, rows: Rows<'_>) -> Result<Option<Vec<Vec<f32>>>, String> {
        let mut all: Vec<Vec<f32>> = vec![];
        let width = self.run.width(what.input());
        let n = rows.count(width)?;
        for from in (0..n).step_by(PIECE) {
            let rows = rows.some(width, from..(from + PIECE).min(n));
            let Some(outputs) = self.run.run(what, rows) else { return Ok(None) };
            all.resize(outputs.len(), vec![]);
            for (all, rows) in all.iter_mut().zip(outputs) {
                all.extend(host(rows).await?);
            }
        }
        Ok(Some(all))
    }

    async fn weights(&mut self) -> Result<Vec<Weight>, String> {
        host_all(self.run.weights()).await
    }

    fn set_weights(&mut self, weights: &[Weight]) -> Result<(), String> {
        let have = self.run.weights();
        fits(have.iter().map(|w| (w.name.as_str(), w.shape.as_slice())), weights)?;
        self.run.set_weights(weights);
        Ok(())
    }
}
