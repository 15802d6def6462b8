//! What the rows of a traversal share.

use leptos::prelude::*;

/// Pictures in a row.
pub const COLUMNS: usize = 7;

/// Copied into each row.
#[derive(Clone, Copy)]
pub struct Shared {
    /// Latents of the pictures in the latest answer, in their order.
    pub asked: RwSignal<Vec<usize>>,
    /// Lowest and highest value of each latent.
    pub ranges: Memo<Vec<(f32, f32)>>,
    /// Latents kept on top.
    pub pins: RwSignal<Vec<usize>>,
    /// With the difference of the ends, the KL and a pin.
    pub detailed: bool,
}
