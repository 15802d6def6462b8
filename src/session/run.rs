//! The run at hand.

use web_time::Instant;

use latent_engine::any::AnyEngine;
use latent_engine::{Engine, Weight};
use latent_experiment::{History, Setup};
use latent_protocol::RunId;

/// A network, and how far its training is.
pub struct Run {
    pub id: RunId,
    pub setup: Setup,
    pub engine: AnyEngine,
    pub training: bool,
    /// Steps left before pausing by itself.
    pub left: Option<u32>,
    /// Metrics are on their way, of steps submitted then.
    pub pending: Option<Instant>,
    /// Steps whose metrics nobody has asked for.
    pub unasked: u32,
    /// When the device was last known to have nothing else to do.
    pub idle: Option<Instant>,
    /// When metrics were last sent.
    pub told: Option<Instant>,
    /// Milliseconds a step takes the device, smoothed; 0 until measured.
    pub step_ms: f64,
    pub encode_ms: f64,
    /// Steps and time at the start of the window in which speed is counted, and the last window's steps a second.
    pub window: Option<(u64, Instant)>,
    pub per_second: f64,
    pub tested: Option<(u64, Instant)>,
    pub history: History,
    /// Weights of the run before it, where that was the same with another seed: what the bench compares features with.
    pub twin: Option<Vec<Weight>>,
}

impl Run {
    /// Asks for the metrics of all steps so far. Returns whether there are any that nobody had asked for.
    pub fn ask(&mut self) -> bool {
        self.unasked = 0;
        self.engine.request_metrics()
    }

    /// A step has taken so many milliseconds.
    pub fn take_time(&mut self, ms: f64) {
        self.step_ms = if self.step_ms == 0.0 { ms } else { 0.7 * self.step_ms + 0.3 * ms };
    }
}
