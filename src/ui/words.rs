//! Words that several parts of the page say. A panel has its own beside it.

pub const NAME: &str = "Latent Lab";
pub const LEAD: &str = "Train an autoencoder on your own computer, here in the page, and take it apart while it learns. For students, teachers and researchers.";
pub const SKIP: &str = "Skip to the model";

/// Why eager Burn does not start.
pub fn no_eager(message: &str) -> String {
    format!(
        "the worker with Burn's own execution does not start; a site has it if it was built with `cargo lab build --eager` ({message})"
    )
}

pub const NO_ENGINE: &str = "the engine is not running";
pub const DISMISS: &str = "Dismiss";

pub fn preset_failed(label: &str, message: &str) -> String {
    format!("The model “{label}” could not be opened: {message}")
}

pub fn falls_back(message: &str) -> String {
    format!("This network runs on Burn, operation by operation, which is slower: {message}.")
}

pub fn unknown_engine(name: &str) -> String {
    format!("engine={name}: expected plan, cpu or burn")
}

/// A part of the address that says nothing about the view.
pub fn unknown_view(part: &str) -> String {
    format!("#{part}: this page has no such tab or view")
}

pub const TRY: &str = "Try this";
pub const COPY_LINK: &str = "Copy link";
pub const COPIED: &str = "Copied";
pub const COPY_FAILED: &str = "Copy it from the address bar";
pub const THEME: &str = "Light or dark";
pub const THE_SAME: &str = "the same settings";
pub const TABS: &str = "Views of the model";
pub const MESSAGES: &str = "Model on show";
pub const TRY_AGAIN: &str = "Try again";
pub const TAB_LEARN: &str = "Learn";
pub const TAB_LATENTS: &str = "Latents";
pub const TAB_MAP: &str = "Map";
pub const TAB_PATHS: &str = "Interpolate";
pub const TAB_DRAW: &str = "Draw";
pub const TAB_EXPLAIN: &str = "Explain";
pub const SHELF_OTHER: &str = "Other images";
/// What a choice among the kinds of a code is: the image's class, or what the model made of it; and asked of the visitor.
pub const CHOICE_CLASS: &str = "Class";
pub const CHOICE_KIND: &str = "Kind";
pub const CHOICE_TOLD: &str = "The model is told the class";

pub fn file_refused(name: &str, why: &str) -> String {
    format!("{name} cannot be used: {why}")
}

pub const OBJECTIVE_PANEL: &str = "What training minimises";
pub const OBJECTIVE_PANEL_HELP: &str =
    "Point at a term to highlight its curve and its place in the machine. A slider stands beside the term that it weights.";

pub fn latent(i: usize) -> String {
    format!("z{}", subscript(i))
}

fn subscript(i: usize) -> String {
    i.to_string().chars().filter_map(|c| char::from_u32('₀' as u32 + c.to_digit(10)?)).collect()
}

/// A coordinate with its sign; what rounds to nothing has none.
pub fn coordinate(v: f32) -> String {
    if v.abs() < 0.005 { "0.00".into() } else { format!("{v:+.2}").replace('-', "−") }
}

pub fn reconstruction(i: u32) -> String {
    format!("Start the traversal from test image {i}")
}

pub fn kl_bar(i: usize, kl: f32) -> String {
    format!("Latent {i}: {kl:.3} nats")
}

/// A number of a run, in four digits.
pub fn reading(v: f64) -> String {
    latent_vocabulary::measured::four_digits(v).replace('-', "−")
}

pub const ENDED_BY_IMAGES: &str =
    "The browser ended this tab while it made room for images, so the page now takes half as much at a time.";
pub const ENDED_BY_NETWORK: &str = "The browser ended this tab while it made room for a network, so the page now takes half as much at a time; a smaller network or batch needs less.";
pub const CREDIT_DATA: &str = "Digits: MNIST by Yann LeCun and Corinna Cortes, CC BY-SA 3.0.";
pub const CREDIT_CODE: &str = "Latent Lab is free software, MIT or Apache-2.0. Nothing you do here leaves your computer.";
pub const GALLERY: &str = "Trained models";
pub const GALLERY_HELP: &str = "Each opens as it was trained; Train starts the same network over from noise.";
pub const NEEDS_GPU: &str = "Needs WebGPU: its images are drawn by the engine.";
pub const EMBED: &str = "Embed";
pub const EMBED_TITLE: &str = "A figure in your own page";
pub const CLOSE: &str = "Close";
