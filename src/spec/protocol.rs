//! The whole contract between page and engine: what is not in [`Command`] or [`Event`] cannot happen.
//!
//! The engine lives in a worker. Every event of a run carries its [`RunId`], so that a late one from an old run is
//! dropped by comparison. Metrics are never dropped; views are latest-wins: a [`Query`] replaces the previous one of the
//! same slot, and a dragged slider never queues forty decodes.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::data::DataInfo;
use super::{History, Precision, Setup};

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
    /// Compiles ahead what training the setup will take, beside everything else. No answer.
    Prepare { setup: Setup },
    /// Builds the setup's network as run `run`. Answers [`Event::Built`] or [`Event::RunFailed`]. Does not train yet.
    Start {
        run: RunId,
        setup: Setup,
        /// Safetensors to begin from: weights, or a checkpoint of the same network, whose run goes on ([`Event::Resumed`]).
        /// `None` starts from the seed's random weights.
        weights: Option<ByteBuf>,
    },
    /// Trains until paused.
    Train { run: RunId },
    /// Stops after the step in flight.
    Pause { run: RunId },
    /// Trains `steps` steps, then pauses.
    Step { run: RunId, steps: u32 },
    /// Moves a live control: of the method's parameters ([`Card::all_params`](super::Card::all_params)), the one at this place.
    Set { run: RunId, param: u8, value: f64 },
    /// Asks for a view, and again each time the weights have changed; replaces the slot's previous query.
    Watch { slot: Slot, query: Query },
    /// The panel is hidden or gone.
    Unwatch { slot: Slot },
    /// Asks for a file to take home: [`Event::Saved`].
    Save { run: RunId, what: Export },
    /// Asks whether a file of weights fits a network, its own or else that of `setup`: [`Event::Examined`] or [`Event::Unfit`].
    Examine { setup: Setup, safetensors: ByteBuf },
    /// Writes a checkpoint of the run to the browser's storage, in place of the run's last one: [`Event::Kept`] or
    /// [`Event::NotKept`].
    Keep { run: RunId },
    /// Asks for the runs in the browser's storage: [`Event::Runs`].
    Runs,
    /// Goes on with a kept run as run `run`: answers as [`Command::Start`], with [`Event::RunFailed`] where another tab has it.
    Resume { run: RunId, id: String },
    /// Gives a kept run a name. Answers [`Event::Runs`].
    Rename { id: String, name: String },
    /// Deletes a kept run. Answers [`Event::Runs`].
    Delete { id: String },
    /// Times `steps` training steps of a fresh network: [`Event::Benched`].
    Bench { setup: Setup, steps: u32 },
    /// Takes `steps` steps of a fresh network on both engines and compares them: [`Event::Verified`]. Only the worker with
    /// eager Burn can.
    Verify { setup: Setup, steps: u32 },
}

/// What can be taken home of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Export {
    /// Parameters, as safetensors.
    Weights(Precision),
    /// All that the run needs to go on, as safetensors; weights alone where the engine cannot read its optimiser.
    Checkpoint,
    /// Codes of the test images.
    Codes(Table),
}

/// A file of numbers for other programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Table {
    /// Comma-separated values, a row an image.
    Csv,
    /// NumPy's archive of arrays.
    Npz,
}

/// A run in the browser's storage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptRun {
    pub id: String,
    /// What the visitor calls it; empty until then.
    pub name: String,
    /// Its setup, in the form of a link.
    pub setup: String,
    pub step: u64,
    pub bytes: u64,
    /// When it was last kept, in milliseconds since 1970.
    pub kept_ms: f64,
    /// This page has it, or another.
    pub open: bool,
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
    /// posterior mean, preceded by the originals (`2 * count` images). Where a method is trained to repair, from damaged images,
    /// which follow (`3 * count`).
    Reconstruct { first: u32, count: u32 },
    /// Encodes the first `count` test images: [`View::Codes`].
    Embed { count: u32 },
    /// The test images at `indices` themselves: [`View::Images`].
    Originals { indices: Vec<u32> },
    /// Encodes images of the visitor's own, row-major `[n, channels, height, width]`, one byte a value: [`View::Codes`]
    /// without labels. `label_n` is what an encoder that is told labels hears; others are given none.
    Encode { x_np: ByteBuf, label_n: ByteBuf },
    /// What is left of such images after the posterior mean: [`View::Images`].
    Autoencode { x_np: ByteBuf, label_n: ByteBuf },
    /// Decodes paths of `points` codes each, row-major `[paths, points, latent]`, and measures them: [`View::Paths`].
    Paths { z_nd: ByteBuf, points: u32 },
    /// One step of a path, row-major `[points, latent]`, towards the geodesic of the decoder's metric: [`View::Relaxed`].
    Relax { z_td: ByteBuf, damping: f32 },
    /// The codebook, and how the first `count` test images use it: [`View::Codebook`].
    Codebook { count: u32 },
    /// Tokens of such images as in [`Query::Encode`]: [`View::Tokens`].
    Tokenise { x_np: ByteBuf },
    /// The images that token grids stand for, row-major `[n, tokens]`, little-endian `f32`: [`View::Images`].
    Untokenise { token_bn: ByteBuf },
    /// The image that the tokens `token_n` stand for, with each of `codes` in turn in all the places `at`: [`View::Images`],
    /// one for each code.
    EachCode { token_n: ByteBuf, at: Vec<u32>, codes: Vec<u32> },
    /// `n` token grids drawn from the learnt prior, see [`CodeKind::Grid`]: [`View::Tokens`].
    DrawTokens { n: u32, temperature: f32, seed: u32 },
    /// What each feature does on the first `count` test images, or as many as fit: [`View::Features`].
    Features { count: u32 },
    /// Every measure that applies, on at most `images` test images and as many others of them for what is fitted:
    /// [`View::Measures`]. Taken once for each number `press`, for it takes its time.
    Measures { images: u32, press: u32 },
    /// One feature: its neighbours, and what the test images at `images` are without it: [`View::Feature`].
    Feature { feature: u32, images: Vec<u32> },
}

impl Query {
    /// Whether the answer changes with the weights.
    pub fn follows_weights(&self) -> bool {
        !matches!(self, Self::Originals { .. } | Self::Measures { .. })
    }

    /// Whether it is answered once, for whoever pressed a button.
    pub fn once(&self) -> bool {
        matches!(self, Self::Measures { .. })
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
    /// A codebook in use.
    Codebook {
        /// Images whose tokens were counted.
        images: u32,
        /// How often each code was chosen, all places and levels together.
        count_k: Vec<u32>,
        /// exp of the entropy of those counts.
        perplexity: f32,
        /// Training steps since each code was last chosen; infinite if it never was.
        age_k: Vec<f32>,
        /// The vector that each code stands for at a place, little-endian `f32`, row-major `[codes, dim]`; where a place has
        /// several tokens, all of them this code.
        vector_kd: ByteBuf,
    },
    /// Tokens of `n` images, little-endian `f32`, row-major `[n, tokens]`, and the pictures that they stand for, as in
    /// [`View::Images`].
    Tokens { n: u32, token_bn: ByteBuf, width: u32, height: u32, channels: u32, pixels: ByteBuf },
    /// What the model is worth, as far as numbers tell.
    Measures(Vec<Measured>),
    /// All features of a dictionary.
    Features(FeatureTable),
    /// The features most like `feature` and the cosines of their atoms to its own, most alike first; and of each image asked
    /// for the original, the reconstruction, and the reconstruction without the feature, `[3, n]` pictures as in
    /// [`View::Images`].
    Feature { feature: u32, near: Vec<u32>, cosine: Vec<f32>, width: u32, height: u32, channels: u32, pixels: ByteBuf },
}

/// Examples of a feature in [`FeatureTable`]: those on which it is most active, then some from each quarter of the inputs on
/// which it is active, strongest quarter first.
pub const TOP_EXAMPLES: usize = 12;
/// Examples from each quarter.
pub const QUARTER_EXAMPLES: usize = 4;
/// All of them.
pub const EXAMPLES: usize = TOP_EXAMPLES + 4 * QUARTER_EXAMPLES;
/// Bins of a feature's histogram.
pub const BINS: usize = 16;

/// What each feature of a dictionary does on some test images. An *input* is what a code of the features belongs to: an
/// image, or each place of its grid, see [`CodeKind::Features`]. Numbers are little-endian `f32`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FeatureTable {
    /// Images looked at.
    pub images: u32,
    /// Share of the inputs on which each feature is active, shape `[features]`.
    pub density_f: ByteBuf,
    /// Mean activation of each over the inputs on which it is active, and the largest; 0 where there is none.
    pub mean_f: ByteBuf,
    pub max_f: ByteBuf,
    /// Length of each atom.
    pub norm_f: ByteBuf,
    /// The class that each feature's activation goes to most, and the share of it that does; 0 for dead ones.
    pub label_f: ByteBuf,
    pub purity_f: ByteBuf,
    /// Inputs by activation, from 0 to the largest in [`BINS`] equal bins, shape `[features, BINS]`.
    pub count_fb: ByteBuf,
    /// Inputs, image by image and place by place, shape `[features, EXAMPLES]`; −1 where there are not so many.
    pub example_fe: ByteBuf,
    /// And the activations there.
    pub activation_fe: ByteBuf,
    /// Size of what an atom shows.
    pub width: u32,
    pub height: u32,
    pub channels: u32,
    /// What each feature adds to its input, `[features, channels, height, width]`, one signed byte a value, each atom stretched
    /// to ±127.
    pub atom_fa: ByteBuf,
}

/// Engine to page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The device is open.
    Ready {
        adapter: AdapterInfo,
    },
    /// There is no usable device. The page goes on with the pretrained model on the CPU.
    NoGpu {
        reason: NoGpu,
        detail: String,
    },
    /// Data is arriving, counted in `unit`.
    DataProgress {
        loaded: u64,
        total: u64,
        unit: DataUnit,
    },
    /// Data is on the GPU, and a run of other data is gone. `labels_n` has the class of each test image, `factors_nk` the
    /// values of its factors, row-major `[test images, factors]`.
    DataReady {
        data: DataInfo,
        labels_n: ByteBuf,
        factors_nk: ByteBuf,
    },
    /// Data cannot be used; nothing else is affected.
    DataFailed {
        message: String,
    },
    /// The network of a run stands.
    Built {
        run: RunId,
        info: PlanInfo,
    },
    /// The step compiler lacks what the run's method needs; the message names the operation. Eager Burn can run it.
    NotCompiled {
        run: RunId,
        message: String,
    },
    /// A run could not be built, or broke. Earlier weights are kept where there are any.
    RunFailed {
        run: RunId,
        message: String,
    },
    /// Training metrics since the last event, oldest first.
    Metrics {
        run: RunId,
        rows: Vec<MetricRow>,
        speed: Speed,
    },
    /// Mean terms at `step` over `count` test images, drawn from all of them and the same each time.
    TestMetrics {
        run: RunId,
        step: u64,
        count: u32,
        terms: Vec<f32>,
    },
    /// Training stopped at `step`, asked or at the end of [`Command::Step`].
    Paused {
        run: RunId,
        step: u64,
    },
    /// Answer to the latest query of a slot, from the weights at `step`.
    Viewed {
        run: RunId,
        slot: Slot,
        step: u64,
        view: View,
    },
    /// A run goes on from a checkpoint at `step`, with the curves up to there. Comes before [`Event::Built`].
    Resumed {
        run: RunId,
        step: u64,
        history: History,
    },
    /// Answer to [`Command::Save`].
    Saved {
        run: RunId,
        step: u64,
        what: Export,
        bytes: ByteBuf,
    },
    /// The file fits that network. `step` is of the run that it came from, where it says so.
    Examined {
        setup: Setup,
        step: Option<u64>,
    },
    /// The file cannot be used: what is wrong with it, and where.
    Unfit {
        message: String,
    },
    /// The run lies in the browser's storage under `id`, as it was at `step`.
    Kept {
        run: RunId,
        id: String,
        step: u64,
    },
    /// The run could not be written to the browser's storage; what was kept of it before is still there.
    NotKept {
        run: RunId,
        message: String,
    },
    /// Answer to [`Command::Runs`] where the browser gives no storage.
    NoStore {
        message: String,
    },
    /// What the browser's storage holds, the latest first, and how much room it has, in bytes: used by this site, and all.
    Runs {
        runs: Vec<KeptRun>,
        used: f64,
        quota: f64,
    },
    Benched {
        /// Or why there are no times.
        report: Result<BenchReport, String>,
    },
    Verified {
        report: VerifyReport,
    },
    /// Something the visitor should know; the run goes on.
    Warning {
        message: String,
    },
    /// The device is gone. The page offers to start the engine again from the last weights.
    DeviceLost {
        message: String,
    },
}

/// What progress is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DataUnit {
    /// Of a download.
    Bytes,
    /// Rendered.
    Images,
    /// Read from the browser's storage.
    Stored,
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
    /// Bytes of training images that it has room for.
    pub room: u64,
}

/// What a stretch of a code means, and so how it can be shown and moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CodeKind {
    /// A Gaussian posterior; the prior is standard normal.
    Gaussian,
    /// A point without a posterior.
    Point,
    /// A choice: the numbers are not negative and add up to one. `given`: it is the image's label, which the encoder is told.
    Choice { given: bool },
    /// Features that are zero most of the time: as many for each place of a grid, one place after the other. An image that
    /// is one input has a grid of one place.
    Features { height: u32, width: u32 },
    /// Vectors from a codebook, one at each place of a grid; a place has as many tokens as there are `levels`. `drawn`: a
    /// prior over the tokens is learnt, so that new ones can be drawn.
    Grid { height: u32, width: u32, levels: u32, codes: u32, drawn: bool },
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

    /// How its features are laid out, if it has any.
    pub fn features(&self) -> Option<FeatureGrid> {
        let CodeKind::Features { height, width } = self.kind else { return None };
        let (height, width) = (height as usize, width as usize);
        Some(FeatureGrid { height, width, features: self.count as usize / (height * width) })
    }
}

/// A code of features that are zero most of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeatureGrid {
    /// Places, each with all of the features.
    pub height: usize,
    pub width: usize,
    pub features: usize,
}

impl FeatureGrid {
    pub fn places(self) -> usize {
        self.height * self.width
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

/// One number or one for each latent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Quantity {
    Count(usize),
    Number(f64),
    Each(Vec<f64>),
}

impl From<usize> for Quantity {
    fn from(n: usize) -> Self {
        Self::Count(n)
    }
}

impl From<f64> for Quantity {
    fn from(v: f64) -> Self {
        Self::Number(v)
    }
}

impl From<Vec<f64>> for Quantity {
    fn from(v: Vec<f64>) -> Self {
        Self::Each(v)
    }
}

/// A measure, what it came to, and how it was taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    pub name: String,
    pub value: Quantity,
    pub protocol: String,
}

/// A number in four digits, whatever its size.
pub fn four_digits(v: f64) -> String {
    if v == 0.0 || !v.is_finite() {
        return v.to_string();
    }
    let before = v.abs().log10().floor() as i32 + 1;
    if before < -2 { format!("{v:.3e}") } else { format!("{v:.*}", (4 - before).max(0) as usize) }
}

/// Packs numbers for a message.
pub fn f32_bytes(values: &[f32]) -> ByteBuf {
    ByteBuf::from(values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>())
}

/// Unpacks numbers from a message; a trailing partial number is dropped.
pub fn bytes_f32(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect()
}
