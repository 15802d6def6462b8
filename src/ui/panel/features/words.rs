//! Words of the features' tab.

pub const TAB: &str = "Features";

pub const LIST: &str = "The dictionary";
pub const LIST_HELP: &str = "Each picture shows what a feature adds to an image when it fires: orange brightens, blue darkens. The bar is the square root of the share of inputs on which it fires. Press one to inspect it.";
pub const LOOKING: &str = "Looking through the test images…";
pub const SEARCH: &str = "Number or name";
pub const ORDER: &str = "Order of the features";
pub const BY_DENSITY: &str = "most often active first";
pub const BY_MEAN: &str = "strongest first";
pub const BY_PURITY: &str = "purest first";
pub const BY_NORM: &str = "longest atom first";
pub const BY_NUMBER: &str = "by number";
pub const DENSITY: &str = "Active on";
pub const LIVING: &str = "all that live";
pub const RARE: &str = "rare: under 1 %";
pub const DENSE: &str = "dense: over 10 %";
pub const DEAD: &str = "dead: active on none";
pub const ALL: &str = "all of them";
pub const CLASS: &str = "Favours";
pub const ANY_CLASS: &str = "any class";
pub const MORE: &str = "Show more";

pub const WORLD: &str = "How the planted patterns come about";
pub const TOGETHER: &str = "Which patterns come together";
pub const BY_CHANCE: &str = "patterns come by chance";
pub const IN_FAMILIES: &str = "children only with their parent";
pub const IN_GROUPS: &str = "groups come together";
pub const OFTEN: &str = "How often patterns come";
pub const EVENLY: &str = "nearly equally often";
pub const BY_ZIPF: &str = "by Zipf's law";
pub const PATTERNS: &str = "Patterns on 256 pixels";

pub fn patterns(n: usize) -> String {
    format!("{n} patterns on 256 pixels")
}

pub const ONE: &str = "One feature";
pub const ONE_HELP: &str = "The images on which it fires show what it means; the images without it show whether it matters. Press an image to steer it below.";
pub const SWITCH_OFF: &str = "Switch it off";
pub const STEER: &str = "Turn it up";
pub const ATOM: &str = "What the feature adds to its input";
pub const MEAN: &str = "Mean activation";
pub const NORM: &str = "Length of its atom";
pub const HISTOGRAM: &str = "inputs by activation";
pub const STRONGEST: &str = "Most active on";
pub const BY_QUARTER: &str = "From the strongest quarter of its inputs to the weakest";
pub const QUARTERS: [&str; 4] = ["strongest", "second", "third", "weakest"];
pub const WITHOUT: &str = "Without it";
pub const ORIGINAL: &str = "image";
pub const REBUILT: &str = "rebuilt";
pub const LEFT_OUT: &str = "without";
pub const CHANGE: &str = "change";
pub const ABLATION: &str = "An image, rebuilt, and rebuilt without the feature";
pub const CALL: &str = "Give it a name";
pub const NOTE: &str = "A note of yours";
pub const CSV: &str = "CSV";
pub const JSONL: &str = "JSONL";
pub const TABLE_HELP: &str =
    "All features as a table: their numbers, the test samples on which they are strongest, your names and notes";
pub const SIMILAR: &str = "Similar atoms";

pub const COMES_WITH: &str = "Active together with";
pub const NONE_TOGETHER: &str = "No other feature is active with it more often than by chance.";
pub const WHERE: &str = "Where it is active";

pub const FAMILIES: &str = "Families";
pub const FAMILIES_HELP: &str = "A feature belongs to the one without which it hardly comes: a denser feature that is active on at least half of its inputs, and of these the one it goes with best. Each row is a family: first its head, then all that come with it, the nearer the earlier. Press one to inspect it.";
pub const NO_FAMILIES: &str = "No feature depends on another: each comes by itself.";

pub const LAYERS: &str = "From layer to layer";
pub const LAYERS_HELP: &str = "Each column is a layer of the network, from the image on. Above: the share of a feature's activity that falls on each layer, over all test images, and on the image that you steer. Below: which feature of the next layer points most the same way as a feature of this one, so that you can follow it. Press a feature to inspect it.";
pub const BY_LAYER: &str = "Most active features, and where";
pub const OVER_ALL: &str = "all images";
pub const ON_ONE: &str = "this image";
pub const NO_IMAGE: &str = "Press an image below, under “Steering”, to see its own activity beside that of all.";
pub const WAYS: &str = "The ways of features";
pub const NO_WAYS: &str = "No feature goes on in another yet.";

pub const STEERING: &str = "Steering";
pub const STEERING_HELP: &str = "Hold one or more features at values that you choose: the code of the image above is changed there and decoded. If an image has many places, a feature is held where it is active, or everywhere if it is active nowhere. Press a feature that fires to hold it.";
pub const OWN: &str = "Take your drawing";
pub const STEERED: &str = "steered";
pub const HELD: &str = "Held features";
pub const NONE_HELD: &str = "None yet: press one that fires, or “Turn it up” above.";
pub const FIRING: &str = "What fires";

pub fn name(f: usize) -> String {
    format!("Feature {f}")
}

/// A feature with the visitor's name for it, if there is one.
pub fn called(f: usize, own: &str) -> String {
    if own.is_empty() { name(f) } else { format!("Feature {f}: {own}") }
}

pub fn percent(share: f32) -> String {
    format!("{:.1} % of the inputs", 100.0 * share)
}

pub fn amount(v: f32) -> String {
    format!("{v:.2}").replace('-', "−")
}

pub fn purity(share: f32, class: &str) -> String {
    if share > 0.0 { format!("{class}, with {:.0} % of its activation", 100.0 * share) } else { "none: it is dead".into() }
}

pub fn favours(class: &str) -> String {
    format!("favour {class}")
}

pub fn feature(f: usize, density: f32, mean: f32, purity: f32, class: &str) -> String {
    if density == 0.0 {
        return format!("Feature {f}: active on none");
    }
    format!("Feature {f}: active on {}, {} in the mean; {:.0} % of it on {class}", percent(density), amount(mean), 100.0 * purity)
}

pub fn living(living: usize, all: usize, l0: f32, images: usize) -> String {
    format!("{living} of {all} features live · {l0:.1} active on an input · on {images} test images")
}

pub fn listed(shown: usize, all: usize) -> String {
    match (shown, all) {
        (_, 0) => "No feature matches.".into(),
        (shown, all) if shown == all => format!("{all} features."),
        (shown, all) => format!("{shown} of {all} features. "),
    }
}

pub fn inputs(n: f32) -> String {
    format!("{n:.0} inputs")
}

pub fn example(image: usize, activation: f32) -> String {
    format!("Test image {image}: {}", amount(activation))
}

/// For a row with a text.
pub fn row(sample: usize, text: &str) -> String {
    format!("Test row {sample}: {text}")
}

pub fn moved(rms: f32) -> String {
    format!("{rms:.3} rms")
}

pub fn cosine(cosine: f32) -> String {
    format!("{cosine:.2}").replace("-0.", "−.").replace("0.", ".")
}

pub fn similar(f: u32, cosine: f32) -> String {
    format!("Feature {f}: cosine {}", amount(cosine))
}

pub fn pick(i: u32) -> String {
    format!("Steer test image {i}")
}

pub fn fires(f: usize, activation: f32) -> String {
    format!("Feature {f} fires with {}: hold it", amount(activation))
}

pub fn firing(all: usize, shown: usize) -> String {
    if shown < all { format!("{all} features; the strongest {shown}") } else { format!("{all} features") }
}

pub fn hold(f: usize) -> String {
    format!("Hold feature {f} at")
}

pub fn release(f: usize) -> String {
    format!("Let go of feature {f}")
}

pub fn together(f: usize, phi: f32) -> String {
    format!("Feature {f}: its activity goes with this one's, correlation {}", amount(phi))
}

/// Of a feature that comes together with others.
pub fn family(members: usize, density: f32) -> String {
    format!("{members} features; the first is active on {}", percent(density))
}

pub fn families(families: usize, members: usize, living: usize) -> String {
    format!("{members} of {living} living features are in {families} families.")
}

pub fn layer(i: usize) -> String {
    format!("layer {}", i + 1)
}

pub fn at_place(share: f32, place: &str) -> String {
    format!("{:.0} % of its activity in {place}", 100.0 * share)
}

/// Of one that goes on in the next layer.
pub fn onward(f: usize, layer: usize, cosine: f32) -> String {
    format!("Feature {f}, mostly in layer {}: cosine {} to the one before", layer + 1, amount(cosine))
}

/// How evenly features are spread, 0 to 1.
pub fn spread(all: f32, one: Option<f32>) -> String {
    let one = one.map_or(String::new(), |one| format!(", {one:.2} on this image"));
    format!("How evenly a feature is active in the layers, from 0 (one layer) to 1 (all alike): {all:.2} over all images{one}.")
}
