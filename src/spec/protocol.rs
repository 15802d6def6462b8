//! The whole contract between page and engine: what is not in [`Command`] or [`Event`] cannot happen.
//!
//! The engine lives in a worker. Every event of a run carries its [`RunId`], so that a late one from an old run is
//! dropped by comparison. Metrics are never dropped; views are latest-wins: a [`Query`] replaces the previous one of the
//! same slot, and a dragged slider never queues forty decodes.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::Setup;
use super::data::DataInfo;

/// Counts the runs of a page. A new one starts with every [`Command::Start`].
pub type RunId = u32;

/// Names the panel that a query belongs to, chosen by the page.
pub type Slot = u32;

/// Page to engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Opens the device. First command, once.
    Open {
        /// Address of the folder with the data, ending in `/`.
        assets: String,
        engine: EngineChoice,
    },
    /// Fetches or renders the data set of that id, in place of the present one. Answers [`Event::DataReady`] or
    /// [`Event::DataFailed`]; a later one of these supersedes it.
    Load { data: String },
    /// Builds the setup's network as run `run`. Answers [`Event::Built`] or [`Event::RunFailed`]. Does not train yet.
    Start {
        run: RunId,
        setup: Setup,
        /// Safetensors to begin from; `None` starts from the seed's random weights.
        weights: Option<ByteBuf>,
    },
    /// Trains until paused.
    Train { run: RunId },
    /// Stops after the step in flight.
    Pause { run: RunId },
    /// Trains `steps` steps, then pauses.
    Step { run: RunId, steps: u32 },
    /// Moves a live control.
    Set { run: RunId, key: String, value: f64 },
    /// Asks for a view, and again each time the weights have changed; replaces the slot's previous query.
    Watch { slot: Slot, query: Query },
    /// The panel is hidden or gone.
    Unwatch { slot: Slot },
    /// Asks for the current weights: [`Event::Weights`].
    Save { run: RunId },
    /// Times `steps` training steps of a fresh network: [`Event::Benched`].
    Bench { setup: Setup, steps: u32 },
    /// Takes `steps` steps of a fresh network on both engines and compares them: [`Event::Verified`]. Only the worker with
    /// eager Burn can.
    Verify { setup: Setup, steps: u32 },
}

/// Which engine executes the training step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum EngineChoice {
    /// The recorded WGSL plan.
    #[default]
    Plan,
    /// Burn, operation by operation. Only the worker with eager Burn can.
    Burn,
}

/// What a panel wants to see of the current weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Query {
    /// Decodes latent codes, row-major `[n, latent]`, little-endian `f32`: [`View::Images`].
    Decode { z_nd: ByteBuf },
    /// Encodes and decodes the test images `first .. first + count`: [`View::Images`] with the reconstructions from the
    /// posterior mean, preceded by the originals (`2 * count` images).
    Reconstruct { first: u32, count: u32 },
    /// Encodes the first `count` test images: [`View::Codes`].
    Embed { count: u32 },
    /// The test images at `indices` themselves: [`View::Images`].
    Originals { indices: Vec<u32> },
    /// Encodes images of the visitor's own, row-major `[n, channels, height, width]`, one byte a value: [`View::Codes`]
    /// without labels.
    Encode { x_np: ByteBuf },
    /// What is left of such images after the posterior mean: [`View::Images`].
    Autoencode { x_np: ByteBuf },
    /// Decodes paths of `points` codes each, row-major `[paths, points, latent]`, and measures them: [`View::Paths`].
    Paths { z_nd: ByteBuf, points: u32 },
    /// One step of a path, row-major `[points, latent]`, towards the geodesic of the decoder's metric: [`View::Relaxed`].
    Relax { z_td: ByteBuf, damping: f32 },
}

impl Query {
    /// Whether the answer changes with the weights.
    pub fn follows_weights(&self) -> bool {
        !matches!(self, Self::Originals { .. })
    }
}

/// Answer to a [`Query`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum View {
    /// `n` images, `[n, channels, height, width]`, one byte a value.
    Images { n: u32, width: u32, height: u32, channels: u32, pixels: ByteBuf },
    /// Posterior of `n` images. `mean_nd` and `logvar_nd` are little-endian `f32`, row-major `[n, latent]`.
    /// `logvar_nd` is empty for methods whose code is a point.
    Codes { n: u32, latent: u32, mean_nd: ByteBuf, logvar_nd: ByteBuf, labels: ByteBuf },
    /// The `n` pictures of several paths, as in [`View::Images`], and the length of each path in picture space: the sum
    /// of the Euclidean distances between neighbours, of values in `[0, 1]`.
    Paths { n: u32, width: u32, height: u32, channels: u32, pixels: ByteBuf, length_p: Vec<f32> },
    /// A path after one step of relaxation, the energy it has now, and the damping to go on with.
    Relaxed { z_td: ByteBuf, energy: f32, damping: f32 },
}

/// Engine to page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The device is open.
    Ready { adapter: AdapterInfo },
    /// There is no usable device. The page goes on with the pretrained model on the CPU.
    NoGpu { reason: NoGpu, detail: String },
    /// Data is arriving, counted in `unit`.
    DataProgress { loaded: u64, total: u64, unit: DataUnit },
    /// Data is on the GPU, and a run of other data is gone. `labels_n` has the class of each test image, `factors_nk` the
    /// values of its factors, row-major `[test images, factors]`.
    DataReady { data: DataInfo, labels_n: ByteBuf, factors_nk: ByteBuf },
    /// Data cannot be used; nothing else is affected.
    DataFailed { message: String },
    /// The network of a run stands.
    Built { run: RunId, info: PlanInfo },
    /// The step compiler lacks what the run's method needs; the message names the operation. Eager Burn can run it.
    NotCompiled { run: RunId, message: String },
    /// A run could not be built, or broke. Earlier weights are kept where there are any.
    RunFailed { run: RunId, message: String },
    /// Training metrics since the last event, oldest first.
    Metrics { run: RunId, rows: Vec<MetricRow>, speed: Speed },
    /// Mean terms over the first `count` test images at `step`.
    TestMetrics { run: RunId, step: u64, count: u32, terms: Vec<f32> },
    /// Training stopped at `step`, asked or at the end of [`Command::Step`].
    Paused { run: RunId, step: u64 },
    /// Answer to the latest query of a slot, from the weights at `step`.
    Viewed { run: RunId, slot: Slot, step: u64, view: View },
    /// Current weights as safetensors.
    Weights { run: RunId, step: u64, safetensors: ByteBuf },
    Benched { report: BenchReport },
    Verified { report: VerifyReport },
    /// Something the visitor should know; the run goes on.
    Warning { message: String },
    /// The device is gone. The page offers to start the engine again from the last weights.
    DeviceLost { message: String },
}

/// What progress is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DataUnit {
    /// Of a download.
    Bytes,
    /// Rendered.
    Images,
}

/// Rung of the ladder on which WebGPU failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoGpu {
    /// The browser has no `navigator.gpu`.
    NoApi,
    /// `navigator.gpu` gave no adapter.
    NoAdapter,
    /// The adapter refused to open a device.
    NoDevice,
}

/// What is known of the adapter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AdapterInfo {
    pub name: String,
    pub backend: String,
    /// A software adapter: correct, and slow.
    pub software: bool,
}

/// What a stretch of a code means, and so how it can be shown and moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CodeKind {
    /// A Gaussian posterior; the prior is standard normal.
    Gaussian,
    /// A point without a posterior.
    Point,
    /// A choice: the numbers are not negative and add up to one.
    Choice,
    /// Features that are zero most of the time and never negative.
    Features,
    /// Vectors from a codebook, one at each place of a grid; a place has as many tokens as there are `levels`.
    Grid { height: u32, width: u32, levels: u32, codes: u32 },
}

/// Neighbouring numbers of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeGroup {
    pub kind: CodeKind,
    pub count: u32,
}

impl CodeGroup {
    /// Tokens that it is written with, if it has a codebook.
    pub fn places(&self) -> Option<u32> {
        match self.kind {
            CodeKind::Grid { height, width, levels, .. } => Some(height * width * levels),
            _ => None,
        }
    }
}

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
    pub width: u32,
    pub height: u32,
    pub channels: u32,
    pub batch: u32,
    /// Names of the loss terms, in the order of [`MetricRow::terms`]; the first is what is minimised.
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
}

/// One training step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MetricRow {
    /// Steps completed.
    pub step: u64,
    /// One value for each of [`PlanInfo::terms`], in nats an image.
    pub terms: Vec<f32>,
    /// KL of each latent in nats, mean over the batch; empty for methods without one.
    pub kl_d: Vec<f32>,
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

/// Packs numbers for a message.
pub fn f32_bytes(values: &[f32]) -> ByteBuf {
    ByteBuf::from(values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>())
}

/// Unpacks numbers from a message; a trailing partial number is dropped.
pub fn bytes_f32(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_survive_serialisation() {
        let command = Command::Watch { slot: 3, query: Query::Decode { z_nd: f32_bytes(&[0.5, -1.0]) } };
        let text = serde_json::to_string(&command).unwrap();
        assert_eq!(serde_json::from_str::<Command>(&text).unwrap(), command);

        let row = MetricRow { step: 7, terms: vec![1.0, 2.0], kl_d: vec![0.1] };
        let event = Event::Metrics { run: 1, rows: vec![row], speed: Speed::default() };
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
        assert_eq!(bytes_f32(&f32_bytes(&[1.5, f32::MIN])), vec![1.5, f32::MIN]);
    }
}
