//! What the engine says to the page.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

#[cfg(doc)]
use super::Command;
use super::command::{Export, RunId};
use super::info::{BenchReport, MachineReport, PlanInfo, Speed, VerifyReport};
use latent_experiment::history::MetricRow;
use latent_experiment::{History, Setup};
use latent_view::{Slot, View};
use latent_vocabulary::data::DataInfo;
use latent_vocabulary::device::{AdapterInfo, NoGpu};

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
    /// Answer to [`Command::Machine`].
    Timed {
        /// Or why there are no times.
        report: Result<MachineReport, String>,
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
