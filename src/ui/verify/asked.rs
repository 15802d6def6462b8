//! What the button and its answer share.

use leptos::prelude::*;

/// How often it was asked for, and whether it goes on.
#[derive(Clone, Copy)]
pub struct Asked {
    pub presses: RwSignal<u32>,
    pub running: RwSignal<bool>,
}
