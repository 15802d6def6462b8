//! What a session needs from whatever executes the steps: the recorded plan, or eager Burn.

use crate::spec::protocol::{MetricRow, PlanInfo};

/// A parameter's name, shape and values.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight {
    /// Path in the Burn module, for example `encoder.hidden.weight`.
    pub name: String,
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

/// A network under training, with its optimiser, on some device, and the training images it draws from.
#[allow(async_fn_in_trait)]
pub trait Engine {
    /// What was built.
    fn info(&self) -> &PlanInfo;

    /// Moves a live control. Takes effect on the next step.
    fn set_live(&mut self, key: &str, value: f32);

    /// Starts `n` training steps. May return before they are done.
    ///
    /// # Errors
    /// A sentence, when the device refuses.
    fn run_steps(&mut self, n: u32) -> Result<(), String>;

    /// Steps started so far.
    fn step(&self) -> u64;

    /// Waits for the steps started and returns their metrics since the last call, oldest first.
    ///
    /// # Errors
    /// A sentence, when the device is lost or a value is not finite.
    async fn metrics(&mut self) -> Result<Vec<MetricRow>, String>;

    /// Loss terms of `images_np` (row-major, `[n, pixels]`, values in `[0, 1]`), mean over the images, one posterior
    /// sample each. The weights stay as they are.
    async fn evaluate(&mut self, images_np: &[f32]) -> Result<Vec<f32>, String>;

    /// Posterior mean and log-variance of `images_np`, each row-major `[n, latent]`.
    async fn encode(&mut self, images_np: &[f32]) -> Result<(Vec<f32>, Vec<f32>), String>;

    /// Mean images of the codes `z_nd`, row-major `[n, pixels]`.
    async fn decode(&mut self, z_nd: &[f32]) -> Result<Vec<f32>, String>;

    /// Current parameters, in module order.
    async fn weights(&mut self) -> Result<Vec<Weight>, String>;
}
