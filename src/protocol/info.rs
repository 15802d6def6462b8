//! What an engine says of itself: its adapter, its network, its steps, their times.

use serde::{Deserialize, Serialize};

#[cfg(doc)]
use super::Command;
use latent_vocabulary::code::CodeGroup;
use latent_vocabulary::shape::SampleShape;

/// A tensor of the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TensorInfo {
    /// Path in the Burn module, for example `encoder.hidden.weight`.
    pub name: String,
    pub shape: Vec<u32>,
    /// Whether the optimiser moves it; otherwise it is state, or frozen.
    pub trained: bool,
}

/// What was built.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanInfo {
    /// Parameters that are trained.
    pub parameters: u64,
    /// All tensors, in module order.
    pub tensors: Vec<TensorInfo>,
    /// Numbers in a code.
    pub latent: u32,
    /// What they are, in order.
    pub code: Vec<CodeGroup>,
    /// Of a sample.
    pub width: u32,
    pub height: u32,
    pub channels: u32,
    pub batch: u32,
    /// Names of the loss terms, in the order of [`MetricRow::terms`](latent_experiment::MetricRow::terms); the first is what is minimised.
    pub terms: Vec<String>,
    /// Kernel launches of one training step.
    pub dispatches: u32,
    /// Milliseconds from the Burn model to compiled pipelines.
    pub compile_ms: f64,
    /// How much of that went from the Burn model to the kernels' text; the rest is the adapter's own compiler.
    pub plan_ms: f64,
    /// GPU memory of the run, in bytes.
    pub bytes: u64,
    /// Floating-point operations of one step.
    pub flops: u64,
    /// How the plan's matrix products are computed, and why so; empty for an engine without a plan.
    pub kernels: String,
    /// Room for activations that a training step keeps in 16 bits, in those; 0 where it keeps all in 32.
    pub halves: u64,
}

impl PlanInfo {
    /// The shape of what it reads and decodes.
    pub fn sample(&self) -> SampleShape {
        SampleShape { channels: self.channels as usize, height: self.height as usize, width: self.width as usize }
    }
}

/// How fast a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    pub steps_per_second: f64,
    pub images_per_second: f64,
    /// CPU milliseconds to encode one step.
    pub encode_ms: f64,
    /// Steps taken together between two looks at the metrics.
    pub steps_per_submit: f64,
}

/// Plan against eager Burn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VerifyReport {
    pub method: String,
    pub steps: u32,
    /// Largest relative difference of the loss.
    pub loss: f64,
    /// Largest relative difference of a parameter's gradient, and whose.
    pub gradient: f64,
    pub worst: String,
    /// What rounding explains of the loss, and of a gradient.
    pub tolerance: [f64; 2],
}

impl VerifyReport {
    /// Whether rounding explains what differs.
    pub fn agrees(&self) -> bool {
        self.loss <= self.tolerance[0] && self.gradient <= self.tolerance[1]
    }
}

/// What a machine does, see [`Command::Machine`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MachineReport {
    /// Bytes a second that a copy reads and writes.
    pub copy: f64,
    /// Microseconds that one more launch takes among others; none on the processor.
    pub launch: Option<f64>,
    pub products: Vec<ProductTime>,
    pub steps: Vec<StepTime>,
}

/// A product of `[m, k]` and `[k, n]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProductTime {
    /// `[m, k, n]`
    pub size: [u32; 3],
    /// Floating-point operations a second.
    pub flops: f64,
    /// What reaches them.
    pub kernels: String,
}

/// A training step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepTime {
    /// W1 or W2, as the benchmarks call them.
    pub name: String,
    pub batch: u32,
    pub ms: f64,
    pub dispatches: u32,
    /// As in [`PlanInfo`].
    pub compile_ms: f64,
    pub kernels: String,
}

/// Timing of training steps, see [`Command::Bench`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BenchReport {
    pub method: String,
    pub batch: u32,
    pub steps: u32,
    pub total_ms: f64,
    pub encode_ms: f64,
    pub dispatches: u32,
    pub submits: u32,
    /// As in [`PlanInfo`].
    pub compile_ms: f64,
    pub plan_ms: f64,
    /// First term after the last step.
    pub loss: f32,
}
