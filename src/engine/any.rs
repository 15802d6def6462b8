//! Any of the engines, chosen when the program runs.

use crate::cpu::CpuEngine;
#[cfg(feature = "eager")]
use crate::eager::EagerEngine;
use crate::engine::{BuildError, Engine, Rows, RunState, Weight};
use crate::plan::PlanEngine;
use crate::program::Program;
use latent_experiment::history::MetricRow;
use latent_protocol::PlanInfo;

/// The engine of a session's run. The small worker has not the last, so that nobody downloads it in vain.
pub enum AnyEngine {
    Plan(Box<PlanEngine>),
    Cpu(Box<CpuEngine>),
    #[cfg(feature = "eager")]
    Burn(EagerEngine),
}

impl AnyEngine {
    /// Whether the device has done what the plan asked for; Burn panics where it has not.
    ///
    /// # Errors
    /// As [`PlanEngine::check`].
    pub fn check(&self) -> Result<(), String> {
        match self {
            Self::Plan(engine) => engine.check(),
            Self::Cpu(_) => Ok(()),
            #[cfg(feature = "eager")]
            Self::Burn(_) => Ok(()),
        }
    }
}

macro_rules! either {
    ($self:ident, $engine:ident => $call:expr) => {
        match $self {
            AnyEngine::Plan($engine) => $call,
            AnyEngine::Cpu($engine) => $call,
            #[cfg(feature = "eager")]
            AnyEngine::Burn($engine) => $call,
        }
    };
}

impl Engine for AnyEngine {
    async fn start(&mut self) -> Result<(), BuildError> {
        either!(self, e => e.start().await)
    }

    fn info(&self) -> &PlanInfo {
        either!(self, e => e.info())
    }

    fn draw_from(&mut self, draws: u32) {
        either!(self, e => e.draw_from(draws));
    }

    fn prompt(&self) -> bool {
        either!(self, e => e.prompt())
    }

    fn set_live(&mut self, key: &str, value: f32) {
        either!(self, e => e.set_live(key, value));
    }

    async fn fetch_ahead(&mut self) -> Result<bool, String> {
        either!(self, e => e.fetch_ahead().await)
    }

    async fn ready(&mut self, n: u32) -> Result<u32, String> {
        either!(self, e => e.ready(n).await)
    }

    fn run_steps(&mut self, n: u32) -> Result<(), String> {
        either!(self, e => e.run_steps(n))
    }

    fn step(&self) -> u64 {
        either!(self, e => e.step())
    }

    fn request_metrics(&mut self) -> bool {
        either!(self, e => e.request_metrics())
    }

    async fn take_metrics(&mut self) -> Result<Vec<MetricRow>, String> {
        either!(self, e => e.take_metrics().await)
    }

    async fn run(&mut self, what: Program, rows: Rows<'_>) -> Result<Option<Vec<Vec<f32>>>, String> {
        either!(self, e => e.run(what, rows).await)
    }

    async fn pictures(&mut self, z_nd: &[f32]) -> Result<Vec<u8>, String> {
        either!(self, e => e.pictures(z_nd).await)
    }

    async fn evaluate(&mut self, images: Rows<'_>) -> Result<Vec<f32>, String> {
        either!(self, e => e.evaluate(images).await)
    }

    async fn weights(&mut self) -> Result<Vec<Weight>, String> {
        either!(self, e => e.weights().await)
    }

    fn set_weights(&mut self, weights: &[Weight]) -> Result<(), String> {
        either!(self, e => e.set_weights(weights))
    }

    async fn state(&mut self) -> Result<Option<RunState>, String> {
        either!(self, e => e.state().await)
    }

    fn set_state(&mut self, state: &RunState) -> Result<(), String> {
        either!(self, e => e.set_state(state))
    }
}
