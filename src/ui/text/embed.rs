//! Words about the models that ship, and about figures in somebody's own page.

pub const GALLERY: &str = "Trained models";
pub const GALLERY_HELP: &str = "Each opens as it was trained; Train starts the same network over from noise.";
pub const NEEDS_GPU: &str = "Needs WebGPU: its images are drawn by the engine.";

pub const EMBED: &str = "Embed";
pub const EMBED_TITLE: &str = "A figure in your own page";
pub const CLOSE: &str = "Close";
