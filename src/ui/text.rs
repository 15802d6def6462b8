//! Every word on the page that does not come from a method's card.

pub mod codebook;
pub mod data;
pub mod embed;
pub mod features;
pub mod keep;
pub mod measures;

use super::rank::rank;
use super::state::Carries;
use crate::spec::data::DataCard;
use crate::spec::protocol::{DataUnit, NoGpu, PlanInfo, VerifyReport};
use crate::spec::{Card, Family, LIKELIHOOD, Setup};

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

// Status
pub const LOADING: &str = "Loading the engine…";
pub const LOADING_BURN: &str = "Loading Burn…";
/// Why eager Burn does not start.
pub fn no_eager(message: &str) -> String {
    format!(
        "the worker with Burn's own execution does not start; a site has it if it was built with `cargo lab build --eager` ({message})"
    )
}
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

pub fn preset_failed(label: &str, message: &str) -> String {
    format!("The model “{label}” could not be opened: {message}")
}

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

pub fn data_failed(message: &str) -> String {
    format!("The images cannot be used: {message}")
}

pub fn run_failed(message: &str) -> String {
    format!("This run broke: {message}")
}

pub fn falls_back(message: &str) -> String {
    format!("This network runs on Burn, operation by operation, which is slower: {message}.")
}

pub fn takes_apart(host: &Setup) -> String {
    let label = host.card().map_or(host.method.as_str(), |card| card.label);
    format!("Taken apart: the {label} with {} latents that was trained here last. It does not change.", host.usize("latent"))
}

pub fn unknown_engine(name: &str) -> String {
    format!("engine={name}: expected plan or burn")
}

pub fn crashed(message: &str, has_copy: bool) -> String {
    let then = if has_copy {
        "Your run was copied while it trained: a new engine goes on from the last copy."
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
pub const METHOD_CHOICE: &str = "Method";

/// Name of a line of methods.
pub fn family(family: Family) -> &'static str {
    match family {
        Family::Ae => "Autoencoders",
        Family::Vae => "Variational autoencoders",
        Family::Vq => "Codebooks",
        Family::Sae => "Sparse autoencoders",
    }
}

pub const DATA_CHOICE: &str = "Images to learn";

pub fn data_size(card: &DataCard) -> String {
    let colours = if card.channels == 1 { "in grey" } else { "in colour" };
    let (train, test) = (super::transport::grouped(card.train as f64), super::transport::grouped(card.test as f64));
    format!("{train} images to train on and {test} to test with, {} × {} pixels {colours}.", card.width, card.height)
}

// Controls
pub const OBJECTIVE: &str = "Objective";
pub const OBJECTIVE_HELP: &str = "Training minimises this. The colours match the curves.";
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
pub const TRAVERSAL_HELP: &str = "Each row is one latent; the most informative comes first. Drag a frame: the picture is decoded from the codes you set. The pictures in a row show what that latent alone would do.";
pub const TRAVERSAL_START: &str = "Start from";
pub const TRAVERSAL_ZERO: &str = "Zero";
pub const TRAVERSAL_ZERO_HELP: &str = "All latents at 0, the centre of the prior";
pub const TRAVERSAL_MEAN: &str = "Mean";
pub const TRAVERSAL_MEAN_HELP: &str = "The mean of the test images' codes";
pub const TRAVERSAL_PICTURE: &str = "The image decoded from the present code";

pub const MAP: &str = "Latent map";
pub const MAP_HELP: &str = "Codes of up to 2,000 test images. Point anywhere to decode that place; press to move the traversal there. All other latents keep the traversal's values.";
pub const MAP_X: &str = "Across";
pub const MAP_Y: &str = "Up";
pub const MAP_PCA: &str = "PCA";
pub const MAP_LATENTS: &str = "Latents";
pub const MAP_AXES: &str = "Axes of the map";
pub const MAP_LEGEND: &str = "Classes on the map";
pub const MAP_CANVAS: &str = "Map of the test images' codes. Arrow keys move the pointer, Enter moves the traversal there.";
pub const MAP_POINT: &str = "Decoded at the pointer";

pub const LOSS: &str = "Loss";
/// What the curves are of; `tested` is how many test images, once that is known.
pub fn loss_help(tested: Option<u32>) -> String {
    let tested = tested.map_or_else(String::new, |n| format!("{n} "));
    format!("Lines: the training batch. Rings: {tested}test images. Lower is better. Press a number to see its curve alone.")
}

pub const LOSS_PAST: &str = "Earlier runs, up to the present step";
pub const THE_SAME: &str = "the same settings";
pub const LOSS_EMPTY: &str = "Press Train: the curves start here.";
pub const LOSS_LOG: &str = "log";
pub const LOSS_LINEAR: &str = "linear";
pub const LOSS_SCALE: &str = "Scale of the loss";

pub const KL: &str = "KL by latent";
pub const KL_HELP: &str =
    "Nats that each latent carries about its image. Below 0.01 it is inactive: the decoder has learned to ignore it.";

// Tabs
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

pub const LATENTS: &str = "What each latent does";
pub const LATENTS_HELP: &str = "Each row is one latent; its pictures change that latent alone. The last picture shows the change from one end to the other: orange pixels brighten, blue ones darken. A star keeps a row on top. Press a test image above to start from it.";
pub const REACH: &str = "Range of the sliders";
pub const REACH_PRIOR: &str = "Prior ±3";
pub const REACH_PRIOR_HELP: &str = "From −3 to 3: three standard deviations of the prior";
pub const REACH_POSTERIOR: &str = "Posterior ±3σ";
pub const REACH_POSTERIOR_HELP: &str =
    "Three standard deviations of the start image's posterior about its mean: where the encoder itself is unsure";
pub const SORT: &str = "Order of the rows";
pub const SORT_KL: &str = "by KL";
pub const SORT_SPREAD: &str = "by spread";
pub const SORT_EFFECT: &str = "by effect";
pub const SORT_INDEX: &str = "by number";
pub const HEAT_HELP: &str = "What changes from the left end to the right: orange brightens, blue darkens";
pub const PIN_HELP: &str = "Keep this row on top";
pub const TRAVERSAL_RANDOM: &str = "Random";
pub const TRAVERSAL_RANDOM_HELP: &str = "A code drawn from the prior";
pub const TRAVERSAL_SPREAD_HELP: &str = "Each latent drawn on its own, spread like the test images' codes";
/// What a choice among the kinds of a code is: the image's class, or what the model made of it; and asked of the visitor.
pub const CHOICE_CLASS: &str = "Class";
pub const CHOICE_KIND: &str = "Kind";
pub const CHOICE_TOLD: &str = "The model is told the class";
pub const TRAVERSAL_OWN: &str = "Your drawing";

pub fn latent_heat(i: usize) -> String {
    format!("Pixels that latent {i} moves")
}

pub fn pin(i: usize) -> String {
    format!("Keep latent {i} on top")
}

pub const EXPLORE: &str = "The whole latent space";
pub const EXPLORE_HELP: &str = "Point to decode a place, press to take it to the traversal. With the lasso, drag around codes to see their images; by keyboard, arrows move the pointer and S selects the codes near it.";
pub const MAP_MARKS: &str = "Codes as";
pub const MARKS_DOTS: &str = "dots";
pub const MARKS_PICTURES: &str = "images";
pub const MARKS_NONE: &str = "nothing";
pub const MAP_GROUND: &str = "Beneath them";
pub const GROUND_PLAIN: &str = "plain";
pub const GROUND_MANIFOLD: &str = "manifold";
pub const GROUND_DENSITY: &str = "density";
pub const GROUND_MANIFOLD_HELP: &str = "Every place of this plane, decoded. All other latents keep the traversal's values.";
pub const MAP_CLOUDS: &str = "Posterior clouds";
pub const MAP_CLOUDS_HELP: &str = "Ellipses of one standard deviation of q(z|x)";
pub const MAP_LASSO: &str = "Lasso";
pub const MAP_LASSO_HELP: &str = "Drag around codes to see their images";
/// Said where there are more classes than colours.
pub fn more_classes(n: usize) -> String {
    format!("{n} more share these colours.")
}

pub const MAP_SELECTED: &str = "Selected";

/// What the colours of the density mean, and how far the two are apart.
pub fn density(distance: Option<f32>) -> String {
    let apart = distance.map_or_else(String::new, |d| format!(" Total variation distance on this plane: {d:.2}."));
    format!(
        "Codes of all images, q(z), against the prior. Orange: more codes than the prior expects. Blue: holes, where samples from the prior fall and no image lives.{apart}"
    )
}

/// How many images are selected, and of which labels.
pub fn selected(n: usize, counts: &[usize], name: impl Fn(u8) -> String) -> String {
    if n == 0 {
        return "Nothing yet.".into();
    }
    let most_first = rank(counts.iter().map(|c| -(*c as f32))).into_iter().filter(|label| counts[*label] > 0);
    let parts: Vec<String> = most_first.map(|label| format!("{} × {}", name(label as u8), counts[label])).collect();
    format!("{n} images: {}", parts.join(", "))
}

pub const PATH: &str = "From one image to another";
pub const PATH_HELP: &str = "Three paths between the same end points. The straight line passes where few codes lie: the prior density rises in its middle, but samples hardly ever reach it. The spherical path keeps its distance from the origin. The geodesic changes the pictures least: it is the shortest in pixels.";
pub const PATH_LINEAR: &str = "Linear";
pub const PATH_LINEAR_HELP: &str = "Equal steps on a straight line.";
pub const PATH_SPHERICAL: &str = "Spherical";
pub const PATH_SPHERICAL_HELP: &str = "Equal angles about the origin.";
pub const PATH_GEODESIC: &str = "Geodesic";
pub const PATH_GEODESIC_HELP: &str = "Shortest in the decoder's own metric.";
pub const PATH_ENDS: &str = "End points";
pub const PATH_ADD: &str = "Press a test image to add it, up to four; press an end point first to replace it.";
pub const PATH_REPLACE: &str = "Press the image to put in its place.";
pub const PATH_CODE: &str = "+ the traversal's code";
pub const PATH_CODE_HELP: &str = "The code on show in the traversal becomes an end point";
pub const PATH_PLAY: &str = "Play";
pub const PATH_STOP: &str = "Stop";
pub const PATH_AT: &str = "Place on the path";
pub const PATH_PNG: &str = "Save strip (PNG)";
pub const PATH_GIF: &str = "Save animation (GIF)";
pub const PATH_WEBM: &str = "Save video";
pub const PROFILE: &str = "ln p(z) of the prior at the slider";

pub fn path_pick(i: u32) -> String {
    format!("Test image {i} as an end point")
}

pub fn path_end(i: usize) -> String {
    format!("End point {}: press to replace it", i + 1)
}

pub fn path_remove(i: usize) -> String {
    format!("Remove end point {}", i + 1)
}

pub fn path_length(v: f32) -> String {
    format!("{v:.2} long in pixel space")
}

pub fn energy(first: f32, last: f32, steps: usize, settled: bool) -> String {
    match steps {
        0 => "Not computed yet.".into(),
        _ => format!("Energy {first:.1} → {last:.1} after {steps} steps{}", if settled { ", settled." } else { "…" }),
    }
}

pub fn percent(part: f64) -> String {
    format!("{:.0} %", 100.0 * part)
}

pub fn nats(v: f32) -> String {
    format!("{v:.1} nats").replace('-', "−")
}

pub const ARITHMETIC: &str = "Arithmetic with codes";
pub const ARITHMETIC_HELP: &str = "Codes add and subtract. A is to B as C is to what? The strip adds the step from A to B to C, from minus once to twice. With classes, the step leads from the mean code of one class to that of another.";
pub const ARITHMETIC_DIRECTION: &str = "Where the direction comes from";
pub const ARITHMETIC_IMAGES: &str = "Analogy";
pub const ARITHMETIC_CLASSES: &str = "Attribute";
pub const ARITHMETIC_FROM: &str = "From class";
pub const ARITHMETIC_TO: &str = "To class";
pub const ARITHMETIC_RESULT: &str = "Result";
pub const ARITHMETIC_STRIP: &str = "C with more and more of the step";
pub const ARITHMETIC_TAKE: &str = "Take the result to the traversal";

pub fn arithmetic_choose(name: &str) -> String {
    format!("Choose {name}: then press a test image")
}

pub fn arithmetic_pick(i: u32) -> String {
    format!("Put test image {i} there")
}

pub fn class_mean(class: &str) -> String {
    format!("mean {class}")
}

pub fn strength(t: f32) -> String {
    format!("{t:+}").replace('-', "−").replace("+0", "0").replace("0.", ".")
}

pub const DRAW: &str = "Your own image";
pub const DRAW_HELP: &str = "Draw with pointer or finger, drop an image file, or take a test image. It never leaves your computer. In the last picture, orange is ink that the model lost, blue is ink that it added: it cannot draw what it has never seen.";
pub const PAD: &str = "Pad to draw on. By keyboard, take one of the test images below.";
pub const PAD_EMPTY: &str = "Draw here";
pub const PAD_CLEAR: &str = "Clear";
pub const PAD_UNDO: &str = "Undo";
pub const PAD_CENTRE: &str = "Centre it";
pub const DRAW_FILE: &str = "Choose a file…";
pub const DRAW_INVERT: &str = "Invert";
pub const DRAW_PRESETS: &str = "Or take a test image:";
pub const DRAW_SEEN: &str = "What the model sees";
pub const DRAW_COPY: &str = "Its reconstruction";
pub const DRAW_ANOMALY: &str = "Difference";
pub const DRAW_TRAVERSE: &str = "Traverse from here";
pub const DRAW_END: &str = "Use as an end point";
pub const DRAW_CODE: &str = "Its code";
pub const DRAW_NEAREST: &str = "Nearest test images, by code";

pub fn draw_preset(i: u32) -> String {
    format!("Take test image {i}")
}

pub fn neighbour(i: usize, class: Option<String>) -> String {
    format!("{}start from test image {i}", class.map_or_else(String::new, |class| format!("{class}: ")))
}

pub fn file_refused(name: &str, why: &str) -> String {
    format!("{name} cannot be used: {why}")
}

pub fn rms(v: f32) -> String {
    format!("{v:.3} rms")
}

pub fn code_bar(i: usize, mean: f32, sd: Option<f32>) -> String {
    let cloud = sd.map_or_else(String::new, |s| format!(" ± {s:.2}"));
    format!("Latent {i}: {}{cloud}", coordinate(mean))
}

pub const OBJECTIVE_PANEL: &str = "What training minimises";
pub const OBJECTIVE_PANEL_HELP: &str =
    "Point at a term to highlight its curve and its place in the machine. A slider stands beside the term that it weights.";
pub const DIAGRAM: &str = "The machine";
pub const DIAGRAM_HELP: &str = "The encoder presses a picture into a code, the decoder draws it again. Each pass of the dots is a training step: the picture goes forward, the gradient back.";
pub const DIAGRAM_WORDS: &str = "Picture, encoder, code, decoder, picture";
pub const DIAGRAM_IN: &str = "A test image";
pub const DIAGRAM_OUT: &str = "Its reconstruction";
pub const ENCODER: &str = "encoder";
pub const ENCODER_HELP: &str = "guesses a code";
pub const DECODER: &str = "decoder";
pub const DECODER_HELP: &str = "draws it back";

pub fn picture_size(width: u32, height: u32, channels: u32) -> String {
    if channels == 1 { format!("{width} × {height}") } else { format!("{width} × {height} × {channels}") }
}

pub fn code_size(latent: usize, gaussian: bool) -> String {
    format!("{latent} {}", if gaussian { "means and variances" } else { "numbers" })
}

pub fn plan(info: &PlanInfo) -> String {
    let kernels = if info.kernels.is_empty() { String::new() } else { format!(" Matrix products: {}.", info.kernels) };
    format!(
        "{} parameters, {} images a step, {:.1} million floating-point operations in {} kernel launches.{kernels}",
        info.parameters,
        info.batch,
        info.flops as f64 / 1e6,
        info.dispatches
    )
}

pub const RECONSTRUCTIONS: &str = "Reconstructions";
pub const RECONSTRUCTIONS_HELP: &str = "Test images that the network never trains on, and below each its reconstruction. For denoising models the damaged input is shown in between. Press one to start the traversal from it.";
pub const RECONSTRUCTIONS_OTHER: &str = "Other images";

pub const SAMPLES: &str = "Samples from the prior";
pub const SAMPLES_HELP: &str = "Codes drawn from the prior and decoded. If a code has a class or a kind, each row shows one of them, with the same codes. They are redrawn during training. Press one to take it to the traversal.";
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

pub fn latent_title(i: usize, carries: Carries, active: bool) -> String {
    let carries = match carries {
        Carries::Unknown => format!("Latent {i}"),
        Carries::Nats(kl) => kl_bar(i, kl),
        Carries::Spread(sd) => format!("Latent {i}: standard deviation {sd:.2} over the test images"),
    };
    format!("{carries}{}", if active { "" } else { ", inactive" })
}

pub fn class_pick(class: &str) -> String {
    format!("{TRAVERSAL_START} {class}")
}

pub fn reconstruction(i: u32) -> String {
    format!("Start the traversal from test image {i}")
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
    let parts: Vec<String> = terms.iter().map(|(name, v)| format!("{name} {}", reading(f64::from(*v)))).collect();
    format!("Step {step}: {}", parts.join(", "))
}

/// A number of a run, in four digits.
pub fn reading(v: f64) -> String {
    crate::spec::protocol::four_digits(v).replace('-', "−")
}

/// What the scale of the curves is in.
pub fn unit(card: &Card) -> &'static str {
    if card.param(LIKELIHOOD.key).is_some() { "nats an image" } else { "squared distance, an input" }
}

// Foot
pub const VERIFY: &str = "Verify against Burn";
pub const VERIFY_HELP: &str =
    "takes three steps of your network on this page's engine and on Burn's own, and compares every gradient.";
pub const VERIFY_LOADING: &str = "loading Burn and the images…";
pub const VERIFY_COMPARING: &str = "comparing…";

/// Differences that rounding explains.
const TOLERANCE: f64 = 1e-4;

pub fn verified(r: &VerifyReport) -> String {
    let verdict = if r.loss <= TOLERANCE && r.gradient <= TOLERANCE { "plan = Burn" } else { "plan ≠ Burn" };
    let VerifyReport { method, steps, loss, gradient, worst } = r;
    format!(
        "{verdict} ({method}, {steps} steps). Largest relative difference: loss {loss:.1e}, gradient {gradient:.1e} (worst: {worst})."
    )
}

pub fn verify_failed(message: &str) -> String {
    format!("could not be done: {message}")
}

pub const CREDIT_DATA: &str = "Digits: MNIST by Yann LeCun and Corinna Cortes, CC BY-SA 3.0.";
pub const CREDIT_CODE: &str = "Latent Lab is free software, MIT or Apache-2.0. Nothing you do here leaves your computer.";
