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
