//! Every word on the page that does not come from a method's card.

use crate::spec::data::DataCard;
use crate::spec::protocol::{DataUnit, NoGpu, VerifyReport};

pub const NAME: &str = "Latent Lab";
pub const LEAD: &str = "Train an autoencoder on your own graphics card, here in the page, and take it apart while it learns.";
pub const SKIP: &str = "Skip to the model";

// Transport
pub const TRANSPORT: &str = "Training";
pub const TRAIN: &str = "Train";
pub const TRAIN_NEW: &str = "Train from noise";
pub const PAUSE: &str = "Pause";
pub const STEP: &str = "Step";
pub const STEP_HELP: &str = "One training step";
pub const RESET: &str = "Reset";
pub const RESET_HELP: &str = "Back to random weights";
pub const STEPS: &str = "steps";
pub const STEPS_A_SECOND: &str = "steps/s";
pub const IMAGES_A_SECOND: &str = "images/s";

// Which model is on show
pub const SHOWS_PRETRAINED: &str = "On show: a model trained beforehand. Train starts the network over from noise, so you can watch it learn.";
pub const SHOWS_PRETRAINED_ALONE: &str = "On show: a model trained beforehand, computed on the CPU. Every panel but the loss works.";
pub const SHOWS_CONTINUED: &str = "On show: the pretrained model, trained further by you.";
pub const SHOWS_NOISE: &str = "On show: your run, started from noise.";
pub const SHOWS_RESTORED: &str = "On show: your run, from the last copy of its weights.";
pub const CONTINUE: &str = "Train the pretrained model further";
pub const BACK: &str = "Back to the pretrained model";
pub const NEW_RUN: &str = "These settings describe another network than the one on show.";
pub const START_NEW_RUN: &str = "Start a new run with them";
pub const REVERT: &str = "Keep the present network";

// Status
pub const LOADING: &str = "Loading the engine…";
pub const LOADING_BURN: &str = "Loading Burn…";
pub const OPENING: &str = "Opening the graphics card…";
pub const COMPILING: &str = "Compiling the training step…";
pub const TRAINING: &str = "Training";
pub const PAUSED: &str = "Paused";
pub const READY: &str = "Ready to train";
pub const NO_RUN: &str = "Ready";
pub const ON_CPU: &str = "Pretrained model, on the CPU";
pub const STOPPED: &str = "The engine has stopped";
pub const NO_ENGINE: &str = "the engine is not running";
pub const SOFTWARE: &str = "software adapter: correct, but slow";
pub const EAGER: &str = "Burn, operation by operation";
/// Browsers may keep the adapter's name to themselves.
pub const UNNAMED_ADAPTER: &str = "WebGPU adapter";
pub const RESTART: &str = "Start the engine again";
pub const DISMISS: &str = "Dismiss";
pub const NO_PRESET: &str = "The pretrained model could not be read";
pub const LINK_NOTES: &str = "Part of the link was not understood:";

pub const DATA_WAITING: &str = "Loading the images…";

pub fn data_progress(loaded: u64, total: u64, unit: DataUnit) -> String {
    let mb = |n: u64| n as f64 / 1e6;
    match unit {
        DataUnit::Bytes => format!("Loading the images… {:.1} of {:.1} MB", mb(loaded), mb(total)),
        DataUnit::Images => format!("Drawing the images… {loaded} of {total}"),
    }
}

pub fn data_failed(message: &str) -> String {
    format!("The images cannot be used: {message}")
}

pub fn run_failed(message: &str) -> String {
    format!("This run broke: {message}")
}

pub fn falls_back(message: &str) -> String {
    format!("This network runs on Burn, operation by operation, which is slower: {message}.")
}

pub fn unknown_engine(name: &str) -> String {
    format!("engine={name}: expected plan or burn")
}

pub fn crashed(message: &str, has_copy: bool) -> String {
    let then = if has_copy {
        "Your weights were copied while it trained: a new engine goes on from the last copy."
    } else {
        "The pretrained model below goes on, on the CPU."
    };
    format!("The engine has stopped: {}. {then}", message.trim_end_matches('.'))
}

/// What is missing when there is no WebGPU, and what to do about it.
pub fn no_gpu(reason: NoGpu) -> (&'static str, &'static [&'static str]) {
    match reason {
        NoGpu::NoApi => (
            "This browser has no WebGPU (navigator.gpu is missing), so nothing can be trained here.",
            &[
                "Chrome and Edge 113 or later have it on Windows, macOS and ChromeOS, and on Android 12 from version 121. On Linux, open chrome://flags/#enable-unsafe-webgpu and switch it on.",
                "Firefox has it on Windows from version 141 and on Apple silicon from 145; elsewhere set dom.webgpu.enabled to true in about:config.",
                "Safari has it from version 26 on macOS, iOS and iPadOS.",
                "The page must come from https:// or localhost: elsewhere browsers hide WebGPU.",
            ],
        ),
        NoGpu::NoAdapter => (
            "This browser has WebGPU, but found no graphics adapter for it (requestAdapter gave none).",
            &[
                "Switch hardware acceleration on (Chrome and Edge: Settings → System) and restart the browser.",
                "Update the graphics driver: old ones are on the browsers' block lists. chrome://gpu names the reason.",
                "On Linux, Chrome may need --enable-unsafe-webgpu, and --enable-features=Vulkan. In a virtual machine or over remote desktop there may be no adapter at all.",
            ],
        ),
        NoGpu::NoDevice => (
            "A graphics adapter is there, but it refused to open a device.",
            &[
                "Close other tabs that use the graphics card and reload: memory may have run out.",
                "Reload the page; if the driver has just crashed, restart the browser.",
                "Update the graphics driver.",
            ],
        ),
    }
}
pub const NO_GPU_STILL: &str = "What works without it: the pretrained model below, decoded on the CPU.";

// Data
pub const DATA: &str = "Data";
pub const DATA_CHOICE: &str = "Images to learn";

pub fn data_size(card: &DataCard) -> String {
    let colours = if card.channels == 1 { "in grey" } else { "in colour" };
    let (train, test) = (super::transport::grouped(card.train as f64), super::transport::grouped(card.test as f64));
    format!("{train} images to train on and {test} to test with, {} × {} pixels {colours}.", card.width, card.height)
}

// Controls
pub const OBJECTIVE: &str = "Objective";
pub const OBJECTIVE_HELP: &str = "What training makes small, in nats an image. The colours are those of the curves.";
pub const LIVE: &str = "While it runs";
pub const LIVE_HELP: &str = "These take effect with the next step.";
pub const STRUCTURE: &str = "The network";
pub const STRUCTURE_HELP: &str = "Changing these starts a new run.";
pub const PAPERS: &str = "From the papers";
pub const TRY: &str = "Try this";
pub const COPY_LINK: &str = "Copy link";
pub const COPIED: &str = "Copied";
pub const COPY_FAILED: &str = "Copy it from the address bar";
pub const THEME: &str = "Light or dark";
pub const RESET_PARAM: &str = "Back to the default";

// Panels
pub const TRAVERSAL: &str = "Traversal";
pub const TRAVERSAL_HELP: &str = "Each row is one latent, the one that carries most on top. Drag a frame: the digit is decoded from the codes you set. The pictures in a row show what that latent alone would do.";
pub const TRAVERSAL_START: &str = "Start from a";
pub const TRAVERSAL_ZERO: &str = "Zero";
pub const TRAVERSAL_ZERO_HELP: &str = "All latents at 0, the centre of the prior";
pub const TRAVERSAL_PICTURE: &str = "The digit decoded from the present code";

pub const MAP: &str = "Latent map";
pub const MAP_HELP: &str = "Codes of 2,000 test digits. Point anywhere to decode that place; press to move the traversal there. The other latents stay as the traversal has them.";
pub const MAP_X: &str = "Across";
pub const MAP_Y: &str = "Up";
pub const MAP_PCA: &str = "PCA";
pub const MAP_LATENTS: &str = "Latents";
pub const MAP_AXES: &str = "Axes of the map";
pub const MAP_LEGEND: &str = "Digits on the map";
pub const MAP_CANVAS: &str = "Map of the test digits' codes. Arrow keys move the pointer, Enter moves the traversal there.";
pub const MAP_POINT: &str = "Decoded at the pointer";

pub const LOSS: &str = "Loss";
pub const LOSS_HELP: &str = "Lines: the training batch. Rings: the test set. In nats an image; lower is better.";
pub const LOSS_EMPTY: &str = "Press Train: the curves start here.";
pub const LOSS_LOG: &str = "log";
pub const LOSS_LINEAR: &str = "linear";
pub const LOSS_SCALE: &str = "Scale of the loss";

pub const KL: &str = "KL by latent";
pub const KL_HELP: &str = "Nats that each latent carries about its image. Below 0.01 it is inactive: the decoder has learned to ignore it.";

pub const RECONSTRUCTIONS: &str = "Reconstructions";
pub const RECONSTRUCTIONS_HELP: &str = "Test digits the network never trains on, and below each what is left after the code. Press one to start the traversal from it.";
pub const RECONSTRUCTIONS_OTHER: &str = "Other digits";

pub const SAMPLES: &str = "Samples from the prior";
pub const SAMPLES_HELP: &str = "Codes drawn from N(0, I) and decoded. The same codes are redrawn while it learns. Press one to take it to the traversal.";
pub const SAMPLES_NEW: &str = "Draw others";

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

pub fn latent_title(i: usize, kl: f32, active: bool) -> String {
    format!("{}{}", kl_bar(i, kl), if active { "" } else { ", inactive" })
}

pub fn latent_slider(i: usize, kl: f32) -> String {
    format!("Latent {i}, {kl:.2} nats{}", if kl < super::state::INACTIVE { ", inactive" } else { "" })
}

pub fn digit_pick(label: u8) -> String {
    format!("Start from a {label}")
}

pub fn reconstruction(i: u32) -> String {
    format!("Start the traversal from test digit {i}")
}

pub fn sample(i: usize) -> String {
    format!("Take sample {} to the traversal", i + 1)
}

pub fn active(active: usize, all: usize) -> String {
    format!("{active} of {all} active")
}

pub fn kl_bar(i: usize, kl: f32) -> String {
    format!("Latent {i}: {kl:.3} nats")
}

/// The chart in words, for those who do not see it.
pub fn chart_summary(step: u64, terms: &[(String, f32)]) -> String {
    let parts: Vec<String> = terms.iter().map(|(name, v)| format!("{name} {v:.1}")).collect();
    format!("Step {step}: {}", parts.join(", "))
}

// Foot
pub const VERIFY: &str = "Verify against Burn";
pub const VERIFY_HELP: &str = "takes three steps of your network on this page's engine and on Burn's own, and compares every gradient.";
pub const VERIFY_LOADING: &str = "loading Burn and the digits…";
pub const VERIFY_COMPARING: &str = "comparing…";

/// Differences that rounding explains.
const TOLERANCE: f64 = 1e-4;

pub fn verified(r: &VerifyReport) -> String {
    let verdict = if r.loss <= TOLERANCE && r.gradient <= TOLERANCE { "plan = Burn" } else { "plan ≠ Burn" };
    let VerifyReport { method, steps, loss, gradient, worst } = r;
    format!("{verdict} ({method}, {steps} steps). Largest relative difference: loss {loss:.1e}, gradient {gradient:.1e} (worst: {worst}).")
}

pub fn verify_failed(message: &str) -> String {
    format!("could not be done: {message}")
}

pub const CREDIT_DATA: &str = "Digits: MNIST by Yann LeCun and Corinna Cortes, CC BY-SA 3.0.";
pub const CREDIT_CODE: &str = "Latent Lab is free software, MIT or Apache-2.0. Nothing you do here leaves your computer.";
