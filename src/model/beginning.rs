//! What a run begins from.

use crate::checkpoint::Checkpoint;
use crate::foreign::weights_for;
use crate::weights;
use latent_engine::any::AnyEngine;
use latent_engine::engine::BuildError;
use latent_engine::plan::Given;
use latent_engine::{Engine, Weight};
use latent_experiment::Setup;

/// What a run begins from.
#[derive(Clone, Debug)]
pub enum Beginning {
    /// The seed's random weights.
    Noise,
    /// Random weights, around a trained network that is taken apart.
    Host(Vec<Weight>),
    Weights(Vec<Weight>),
    /// The end of an earlier stretch of the same run.
    Checkpoint(Box<Checkpoint>),
}

impl Beginning {
    /// What a file means to a run of `setup`, whose network has the parameters `expected`, by name and shape: a checkpoint of another network
    /// has weights to give at most, and a file that says no setup may be of others.
    ///
    /// # Errors
    /// Names what is wrong with the file, and where.
    pub fn read(file: &[u8], setup: &Setup, expected: &[(String, Vec<usize>)]) -> Result<Self, String> {
        Ok(match Checkpoint::read(file)? {
            Some(checkpoint) if !checkpoint.setup.needs_rebuild(setup) => Self::Checkpoint(Box::new(checkpoint)),
            None if !weights::metadata(file)?.contains_key("setup") => Self::Weights(weights_for(file, expected)?),
            _ => Self::Weights(weights::read(file)?),
        })
    }

    /// What it means to an engine that is built for it.
    pub fn given(&self) -> Given<'_> {
        match self {
            Self::Noise | Self::Host(_) => Given::default(),
            Self::Weights(_) => Given { weights: true, kernels: None },
            Self::Checkpoint(checkpoint) => Given { weights: true, kernels: Some(&checkpoint.state.kernels) },
        }
    }

    /// Puts a fresh engine there.
    ///
    /// # Errors
    /// If a tensor does not fit, or the device is lost.
    pub async fn give(&self, mut engine: AnyEngine) -> Result<AnyEngine, BuildError> {
        match self {
            Self::Noise => {}
            Self::Host(weights) => engine.adopt(weights).await?,
            Self::Weights(weights) => engine.set_weights(weights)?,
            Self::Checkpoint(checkpoint) => engine.set_state(&checkpoint.state)?,
        }
        Ok(engine)
    }
}
