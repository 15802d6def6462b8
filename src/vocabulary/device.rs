//! What is known of the device, and why there is none.

use serde::{Deserialize, Serialize};

/// Rung of the ladder on which WebGPU failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoGpu {
    /// The browser has no `navigator.gpu`.
    NoApi,
    /// `navigator.gpu` gave no adapter.
    NoAdapter,
    /// The adapter refused to open a device.
    NoDevice,
    /// The page stands in a sandboxed frame that belongs to no site: browsers start no worker there.
    NoOrigin,
}

/// Why the processor takes the steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum OnProcessor {
    /// The visitor wants it so.
    Asked,
    /// There is no WebGPU, in the browser's words.
    NoGpu(NoGpu, String),
    /// The adapter is software, which computes on the same processor and takes several times as long: its name.
    Software(String),
}

/// What is known of the adapter, or of the processor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AdapterInfo {
    pub name: String,
    pub backend: String,
    /// A software adapter: correct, and slow.
    pub software: bool,
    /// Bytes of training images that it has room for.
    pub room: u64,
    /// Why the processor takes the steps, where it does.
    pub processor: Option<OnProcessor>,
}
