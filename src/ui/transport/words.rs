//! The words of training, its state and what goes wrong.

pub use crate::words::DISMISS;
use latent_protocol::DataUnit;
use latent_vocabulary::device::{NoGpu, OnProcessor};

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
pub const SHOWS_PRETRAINED: &str =
    "On show: a model trained beforehand. Train starts the network over from noise, so you can watch it learn.";
pub const SHOWS_PRETRAINED_ALONE: &str =
    "On show: a model trained beforehand, computed on the CPU. Training, its curves and the measures need the engine.";
pub const SHOWS_CONTINUED: &str = "On show: the pretrained model, trained further by you.";
pub const SHOWS_NOISE: &str = "On show: your run, started from noise.";
pub const SHOWS_RESTORED: &str = "On show: your run, from its last copy.";
pub const SHOWS_KEPT: &str = "On show: your run, as this browser kept it. Train goes on from here.";
pub const SHOWS_FILE: &str = "On show: the model from your file.";
pub const CONTINUE: &str = "Train the pretrained model further";
pub const BACK: &str = "Back to the pretrained model";
pub const TAKE_APART: &str = "Take its code apart";
pub const TAKE_APART_HELP: &str =
    "Trains a sparse autoencoder on this model's codes, to find the features that they are made of. The model does not change.";
pub const NEW_RUN: &str = "These settings describe a different network from the one on show.";
pub const START_NEW_RUN: &str = "Start a new run with them";
pub const REVERT: &str = "Keep the present network";
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
pub const SOFTWARE: &str = "software adapter: correct, but slow";
pub const EAGER: &str = "Burn, operation by operation";
/// Browsers may keep the adapter's name to themselves.
pub const UNNAMED_ADAPTER: &str = "WebGPU adapter";
pub const RESTART: &str = "Start the engine again";
pub const NO_PRESET: &str = "The pretrained model could not be read";
pub const LINK_NOTES: &str = "Part of the link was not understood:";
pub const DATA_WAITING: &str = "Loading the images…";

pub fn data_arriving(unit: DataUnit) -> &'static str {
    match unit {
        DataUnit::Bytes => DATA_WAITING,
        DataUnit::Images => "Drawing the images…",
        DataUnit::Stored => "Reading your images…",
    }
}

pub fn data_progress(loaded: u64, total: u64, unit: DataUnit) -> String {
    let mb = |n: u64| n as f64 / 1e6;
    match unit {
        DataUnit::Bytes => format!(" {:.1} of {:.1} MB", mb(loaded), mb(total)),
        DataUnit::Images | DataUnit::Stored => format!(" {loaded} of {total}"),
    }
}

/// The machine has another adapter.
pub fn use_other(name: &str) -> String {
    format!("Use {name}")
}

pub fn data_failed(message: &str) -> String {
    format!("The images cannot be used: {message}")
}

pub fn run_failed(message: &str) -> String {
    format!("This run broke: {message}")
}

pub fn crashed(message: &str, has_copy: bool) -> String {
    let then = if has_copy {
        "Your run was copied while it trained: a new engine goes on from the last copy."
    } else {
        "The pretrained model below goes on, on the CPU."
    };
    format!("The engine has stopped: {}. {then}", message.trim_end_matches('.'))
}

/// What is wrong, and what to do about it.
#[derive(Clone, Copy)]
pub struct Trouble {
    pub what: &'static str,
    pub then: &'static [&'static str],
}

/// What is missing when there is no WebGPU.
pub fn no_gpu(reason: NoGpu) -> Trouble {
    match reason {
        NoGpu::NoApi => Trouble {
            what: "This browser has no WebGPU (navigator.gpu is missing).",
            then: &[
                "Chrome and Edge 113 or later have it on Windows, macOS and ChromeOS, and on Android 12 from version 121. On Linux, open chrome://flags/#enable-unsafe-webgpu and switch it on.",
                "Firefox has it on Windows from version 141 and on Apple silicon from 145; elsewhere set dom.webgpu.enabled to true in about:config.",
                "Safari has it from version 26 on macOS, iOS and iPadOS.",
                "The page must come from https:// or localhost: elsewhere browsers hide WebGPU.",
            ],
        },
        NoGpu::NoAdapter => Trouble {
            what: "This browser has WebGPU, but found no graphics adapter for it (requestAdapter gave none).",
            then: &[
                "Switch hardware acceleration on (Chrome and Edge: Settings → System) and restart the browser.",
                "Update the graphics driver: old ones are on the browsers' block lists. chrome://gpu names the reason.",
                "On Linux, Chrome may need --enable-unsafe-webgpu, and --enable-features=Vulkan. In a virtual machine or over remote desktop there may be no adapter at all.",
            ],
        },
        NoGpu::NoDevice => Trouble {
            what: "A graphics adapter is there, but it refused to open a device.",
            then: &[
                "Close other tabs that use the graphics card and reload: memory may have run out.",
                "Reload the page; if the driver has just crashed, restart the browser.",
                "Update the graphics driver.",
            ],
        },
        NoGpu::NoOrigin => Trouble {
            what: "This page stands in a frame that belongs to no site (a sandbox without allow-same-origin). Browsers start no worker there, so nothing can be trained here.",
            then: &[
                "Browsers keep no runs, images or settings for such a frame either.",
                "If you have written the page around it: add allow-same-origin to the frame's sandbox.",
            ],
        },
    }
}

/// Link to this page without the frame.
pub const OWN_TAB: &str = "Open this page in a tab of its own";

pub const NO_ANSWER: Trouble = Trouble {
    what: "The browser has been asked for the graphics card, and does not answer. Training begins as soon as it does; until then the pretrained model below is computed on the CPU.",
    then: &[
        "Reload the page. If that does not help, restart the browser: its graphics process may hang.",
        "Close other tabs and programs that use the graphics card.",
        "Update the graphics driver.",
    ],
};

/// What works all the same.
pub fn no_gpu_still(reason: NoGpu) -> &'static str {
    match reason {
        NoGpu::NoOrigin => "What works without it: the pretrained model below, decoded on the CPU.",
        _ => {
            "The link asks for WebGPU (engine=plan). Without that the page trains on your processor. The pretrained model below works meanwhile."
        }
    }
}

pub const TRAINS_ON_PROCESSOR: &str = "This page trains on your processor. With WebGPU, a graphics card would be faster.";

/// Who takes the steps where no adapter does, and why.
pub fn on_processor(why: &OnProcessor) -> String {
    match why {
        OnProcessor::Asked => "your processor, as the link asks (engine=cpu)".into(),
        OnProcessor::NoGpu(..) => "your processor".into(),
        OnProcessor::Software(name) if name.is_empty() => "your processor, faster than this browser's software adapter".into(),
        OnProcessor::Software(name) => format!("your processor, faster than this browser's software adapter ({name})"),
    }
}
