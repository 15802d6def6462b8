//! Words about the models that ship, and about figures in somebody's own page.

pub const GALLERY: &str = "Trained models";
pub const GALLERY_HELP: &str = "Each opens as it was trained; Train starts the same network over from noise.";
pub const NEEDS_GPU: &str = "Needs WebGPU: its images are drawn by the engine.";

pub const EMBED: &str = "Embed";
pub const EMBED_TITLE: &str = "A figure in your own page";
pub const EMBED_HELP: &str = "It downloads the trained model and a small player, never the trainer; it starts when it is scrolled to, and asks no other site for anything.";
pub const MODEL: &str = "Model";
pub const PANELS: &str = "Show";
pub const THEME: &str = "Colours";
pub const FORM: &str = "As";
pub const FORMS: [(&str, &str); 2] = [("element", "an element"), ("frame", "a frame")];
pub const FORM_HELP: [&str; 2] = [
    "For pages that you write yourself: one script, and an element wherever a figure should stand.",
    "For sites that take frames but no scripts. A script on your page may set its height, see the README.",
];
pub const THEMES: [(&str, &str); 3] = [("auto", "as the page"), ("light", "light"), ("dark", "dark")];
pub const CODE: &str = "Code to copy";
pub const COPY: &str = "Copy the code";
pub const COPIED: &str = "Copied";
pub const COPY_FAILED: &str = "Copy it by hand";
pub const SEE: &str = "See the figure";
pub const CLOSE: &str = "Close";

/// Name of a panel of figures.
pub fn panel(id: &str) -> &'static str {
    match id {
        "traversal" => "Sliders",
        "map" => "Map",
        "path" => "Way between two images",
        "tokens" => "Tokens to paint with",
        _ => "Features to turn up and down",
    }
}
