//! Either engine, chosen when the program runs.

use crate::spec::protocol::{MetricRow, PlanInfo};
use crate::train::{Engine, Weight, plan::PlanEngine};
#[cfg(feature = "eager")]
use crate::train::eager::EagerEngine;

/// The engine of a session's run. The small worker has only the first, so that nobody downloads the second in vain.
pub enum AnyEngine {
    Plan(Box<PlanEngine>),
    #[cfg(feature = "eager")]
    Burn(EagerEngine),
}

macro_rules! either {
    ($self:ident, $engine:ident => $call:expr) => {
        match $self {
            AnyEngine::Plan($engine) => $call,
            #[cfg(feature = "eager")]
            AnyEngine::Burn($engine) => $call,
        }
    };
}

impl Engine for AnyEngine {
    fn info(&self) -> &PlanInfo {
        either!(self, e => e.info())
    }

    fn set_live(&mut self, key: &str, value: f32) {
        either!(self, e => e.set_live(key, value));
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

    async fn evaluate(&mut self, images_np: &[f32]) -> Result<Vec<f32>, String> {
        either!(self, e => e.evaluate(images_np).await)
    }

    async fn encode(&mut self, images_np: &[f32]) -> Result<(Vec<f32>, Vec<f32>), String> {
        either!(self, e => e.encode(images_np).await)
    }

    async fn decode(&mut self, z_nd: &[f32]) -> Result<Vec<f32>, String> {
        either!(self, e => e.decode(z_nd).await)
    }

    async fn weights(&mut self) -> Result<Vec<Weight>, String> {
        either!(self, e => e.weights().await)
    }

    fn set_weights(&mut self, weights: &[Weight]) -> Result<(), String> {
        either!(self, e => e.set_weights(weights))
    }
}
