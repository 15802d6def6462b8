//! What a method says about itself. Controls, link keys, the CLI's list and the uniform tests are derived from this.

use latent_small::number;
use serde::Serialize;

pub use super::objective::Under;
use super::objective::{Count, Objective, Symbols, Term};
use super::optimizer::OPTIMIZERS;
use super::prose::{READ, prose};

/// The line of methods that a card belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    Ae,
    Vae,
    Vq,
    Sae,
    Siamese,
}

impl Family {
    /// All of them, in the order in which the page lists them.
    pub const ALL: [Self; 5] = [Self::Vae, Self::Ae, Self::Siamese, Self::Vq, Self::Sae];
}

/// A paper whose mechanism the method makes work, or a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Paper {
    /// The exact title.
    pub title: &'static str,
    pub who: &'static str,
    /// Which part of the paper is here; empty where it is the whole mechanism.
    pub part: &'static str,
}

impl Paper {
    pub const fn of(title: &'static str, who: &'static str) -> Self {
        Self { title, who, part: "" }
    }

    /// Says that no more of the paper is here than `part`.
    pub const fn only(mut self, part: &'static str) -> Self {
        self.part = part;
        self
    }

    /// What stands behind the title wherever a card's papers are listed: who wrote it, and what of it is here.
    pub fn credit(&self) -> String {
        if self.part.is_empty() { self.who.into() } else { format!("{}; here: {}", self.who, self.part) }
    }
}

/// The range of one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase", tag = "type")]
pub enum Kind {
    /// A real number; `log` asks for a logarithmic slider.
    Float { min: f64, max: f64, log: bool },
    /// A whole number.
    Int { min: i64, max: i64 },
    /// One of a few names; the value is the index.
    Choice { names: &'static [&'static str] },
}

/// One adjustable number of a method or of the training loop.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ParamSpec {
    /// Name in links and on the command line.
    pub key: &'static str,
    /// Name on the page.
    pub label: &'static str,
    pub kind: Kind,
    pub default: f64,
    /// `true`: takes effect on the next step without recompiling. `false`: changes the network and starts a new run.
    pub live: bool,
    /// The choice under which it means something.
    pub under: Under,
    /// The parameter that it can be no larger than: there are no more to choose from.
    pub at_most: Option<&'static str>,
    /// The parameter that it multiplies: what is [`at_most`](Self::at_most) so many is their product.
    pub times: Option<&'static str>,
    /// Live, and neither weighs nor shapes a term of the objective.
    pub of_no_term: bool,
    /// Options that need pictures: neighbouring pixels, or values from 0 to 1.
    pub of_pictures: &'static [&'static str],
    /// What it does, in one or two sentences.
    pub help: &'static str,
}

impl ParamSpec {
    const fn new(key: &'static str, label: &'static str, kind: Kind, default: f64, help: &'static str) -> Self {
        Self {
            key,
            label: prose(label),
            kind,
            default,
            live: false,
            under: None,
            at_most: None,
            times: None,
            of_no_term: false,
            of_pictures: &[],
            help: prose(help),
        }
    }

    /// A real number on a linear slider.
    pub const fn float(key: &'static str, label: &'static str, min: f64, max: f64, default: f64, help: &'static str) -> Self {
        Self::new(key, label, Kind::Float { min, max, log: false }, default, help)
    }

    /// A real number on a logarithmic slider.
    pub const fn log(key: &'static str, label: &'static str, min: f64, max: f64, default: f64, help: &'static str) -> Self {
        Self::new(key, label, Kind::Float { min, max, log: true }, default, help)
    }

    /// A whole number.
    pub const fn int(key: &'static str, label: &'static str, min: i64, max: i64, default: i64, help: &'static str) -> Self {
        Self::new(key, label, Kind::Int { min, max }, default as f64, help)
    }

    /// One of a few names.
    pub const fn choice(
        key: &'static str,
        label: &'static str,
        names: &'static [&'static str],
        default: usize,
        help: &'static str,
    ) -> Self {
        Self::new(key, label, Kind::Choice { names }, default as f64, help)
    }

    /// Marks the parameter as taking effect at once.
    pub const fn live(mut self) -> Self {
        self.live = true;
        self
    }

    /// Marks a live parameter that no [`Term`] names.
    pub const fn of_no_term(mut self) -> Self {
        self.of_no_term = true;
        self
    }

    /// Marks options of a choice as such that need pictures. One is left at least.
    pub const fn of_pictures(mut self, options: &'static [&'static str]) -> Self {
        self.of_pictures = options;
        self
    }

    /// The default where samples are pictures, or vectors of numbers.
    pub fn default_for(&self, pictures: bool) -> f64 {
        match self.kind {
            Kind::Choice { names } if !pictures && self.needs_pictures(self.default) => {
                names.iter().position(|name| !self.of_pictures.contains(name)).map_or(self.default, |i| i as f64)
            }
            _ => self.default,
        }
    }

    /// Whether it can have such a value only where samples are pictures.
    pub fn needs_pictures(&self, value: f64) -> bool {
        self.of_pictures.contains(&self.format(value).as_str())
    }

    /// Marks the parameter as meaning nothing unless the choice `key` is one of `options`.
    pub const fn under(mut self, key: &'static str, options: &'static [&'static str]) -> Self {
        self.under = Some((key, options));
        self
    }

    /// Marks the parameter as contradicting the one called `key` where it is larger.
    pub const fn at_most(mut self, key: &'static str) -> Self {
        self.at_most = Some(key);
        self
    }

    /// Marks the parameter as multiplying the one called `key`, of which together there can be no more than `most`.
    pub const fn times_at_most(mut self, key: &'static str, most: &'static str) -> Self {
        (self.times, self.at_most) = (Some(key), Some(most));
        self
    }

    /// The parameter as a card has it that gives it another default, and says why.
    pub const fn with(mut self, default: f64, help: &'static str) -> Self {
        (self.default, self.help) = (default, prose(help));
        self
    }

    /// Reads a value as a person types it: a number, or the name of a choice.
    ///
    /// # Errors
    /// A sentence that names the parameter and its range.
    pub fn parse(&self, text: &str) -> Result<f64, String> {
        if let Kind::Choice { names } = self.kind
            && let Some(i) = names.iter().position(|n| *n == text)
        {
            return Ok(i as f64);
        }
        let value = number(text.trim()).ok_or_else(|| format!("{} = {text:?}: expected {}", self.key, self.range_text()))?;
        self.check(value)
    }

    /// Returns `value` if it is finite, in range and whole where it must be.
    ///
    /// # Errors
    /// A sentence that names the parameter and its range.
    pub fn check(&self, value: f64) -> Result<f64, String> {
        let ok = match self.kind {
            Kind::Float { min, max, .. } => value >= min && value <= max,
            Kind::Int { min, max } => value.fract() == 0.0 && value >= min as f64 && value <= max as f64,
            Kind::Choice { names } => value.fract() == 0.0 && value >= 0.0 && value < names.len() as f64,
        };
        if ok { Ok(value) } else { Err(format!("{} = {value}: expected {}", self.key, self.range_text())) }
    }

    /// The range in words.
    pub fn range_text(&self) -> String {
        match self.kind {
            Kind::Float { min, max, .. } => format!("a number from {min} to {max}"),
            Kind::Int { min, max } => format!("a whole number from {min} to {max}"),
            Kind::Choice { names } => format!("one of {}", names.join(", ")),
        }
    }

    /// The value as it is written in links and on the command line.
    pub fn format(&self, value: f64) -> String {
        match self.kind {
            Kind::Choice { names } => names.get(value as usize).map_or_else(|| value.to_string(), |n| (*n).to_string()),
            _ => value.to_string(),
        }
    }
}

/// What a method says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Card {
    /// Name in links and on the command line.
    pub id: &'static str,
    pub family: Family,
    /// Whether its code is what the plain encoder gives and the plain decoder takes, with nothing between them or beside: then a
    /// sparse autoencoder can take its network apart.
    pub hosts: bool,
    /// Whether it stands on the trained network of another method, whatever its parameters are.
    pub hosted: bool,
    /// Whether it can learn pictures only.
    pub pictures: bool,
    /// Whether it is told all factors of its samples, and so needs data of which they are known.
    pub factors: bool,
    /// Name on the page.
    pub label: &'static str,
    /// One sentence for a newcomer.
    pub summary: &'static str,
    /// Whether its codes, all together, are asked to look like draws from its prior.
    pub prior: bool,
    /// The objective. Which number of a run is a term's value, and which sliders move it, is found by key.
    pub terms: &'static [Term],
    /// What the symbols of the terms stand for.
    pub symbols: &'static [Symbols],
    /// What it counts besides.
    pub counts: &'static [Count],
    pub papers: &'static [Paper],
    pub params: &'static [ParamSpec],
    /// An experiment worth trying, in plain words; [`phrases`](super::phrase::phrases) that set it up are `[words](key=value)`.
    pub try_this: &'static str,
}

impl Card {
    /// What a method does not say of itself: it has none of the abilities. Cards name theirs and take the rest from here, so that
    /// an ability is added in one place.
    pub const PLAIN: Self = Self {
        id: "",
        family: Family::Ae,
        hosts: false,
        hosted: false,
        pictures: false,
        factors: false,
        label: "",
        summary: "",
        prior: false,
        terms: &[],
        symbols: &[],
        counts: &[],
        papers: &[],
        params: &[],
        try_this: "",
    };

    /// With its prose where somebody may read it.
    pub const fn shown(mut self) -> Self {
        self.label = prose(self.label);
        self.summary = prose(self.summary);
        self.try_this = prose(self.try_this);
        if !READ {
            (self.papers, self.terms, self.symbols, self.counts) = (&[], &[], &[], &[]);
        }
        self
    }
}

pub const OPTIMIZER: ParamSpec = ParamSpec::choice(
    "optimizer",
    "Optimiser",
    OPTIMIZERS,
    0,
    "adam: steps of about the learning rate for every weight, whatever its gradient. adamw: the same, and weights decay. sgd: steps along the gradient, with momentum; it wants a smaller learning rate here.",
);
pub const WEIGHT_DECAY: ParamSpec = ParamSpec::float(
    "weight_decay",
    "Weight decay",
    0.0,
    1.0,
    0.01,
    "AdamW: each step also shrinks all that is trained by this share of the learning rate: besides weights, which is not usual, biases, code vectors, and the logarithms of σ and of thresholds. The other optimisers ignore it.",
)
.live()
.of_no_term()
.under("optimizer", &["adamw"]);

/// How many of the training images a run sees.
pub const TRAIN_IMAGES: ParamSpec = ParamSpec::int(
    "train_images",
    "Training images",
    0,
    1_000_000,
    0,
    "How many of the training images are used, chosen by the seed; 0 is all of them. A few are soon known by heart: the loss of training falls on, that of test images rises.",
);

/// Parameters that every method has. A card that lists one of them has a default of its own for it.
pub const COMMON: &[ParamSpec] = &[
    ParamSpec::log(
        "lr",
        "Learning rate",
        1e-5,
        1e-1,
        1e-3,
        "Step size of the optimiser. Too high and the loss jumps; too low and nothing happens.",
    )
    .live()
    .of_no_term(),
    ParamSpec::int("batch", "Batch size", 1, 1024, 128, "How many images each step looks at."),
    OPTIMIZER,
    WEIGHT_DECAY,
    ParamSpec::float("momentum", "Momentum", 0.0, 0.99, 0.9, "SGD: how much of the last step each step keeps. Adam has its own.")
        .under("optimizer", &["sgd"]),
    ParamSpec::float(
        "clip",
        "Clip gradients",
        0.0,
        100.0,
        0.0,
        "Largest norm of all gradients together; longer ones are scaled down to it. 0 is off and costs nothing.",
    ),
    TRAIN_IMAGES,
    ParamSpec::int(
        "seed",
        "Seed",
        0,
        4_294_967_295,
        0,
        "Fixes the initial weights, the order of the images and the noise: the same seed gives the same run.",
    ),
];

/// Choices of [`NET`].
pub const NETS: &[&str] = &["mlp", "conv"];

/// Choices of [`LIKELIHOOD`].
pub const LIKELIHOODS: &[&str] = &["bernoulli", "continuous-bernoulli", "gaussian", "gaussian-learnt"];

/// Parameters that methods share by name and meaning: a card lists those that it has.
pub const LATENT: ParamSpec = ParamSpec::int("latent", "Latent size", 1, 64, 20, "How many numbers describe an image.");
pub const NET: ParamSpec = ParamSpec::choice(
    "net",
    "Network",
    NETS,
    0,
    "mlp: one hidden layer each way, as in the original paper. conv: strided convolutions, mirrored in the decoder.",
)
.of_pictures(&["conv"]);
pub const CHANNELS: ParamSpec = ParamSpec::int(
    "channels",
    "Channels",
    4,
    64,
    32,
    "Channels of the convolutional net next to the image; each further layer has twice as many.",
)
.under("net", &["conv"]);
pub const HIDDEN: ParamSpec = ParamSpec::int(
    "hidden",
    "Hidden units",
    16,
    1024,
    400,
    "Width of the hidden layer of the MLP; the convolutional net uses it for its dense layers as well, at most 256.",
);
pub const LIKELIHOOD: ParamSpec = ParamSpec::choice(
    "likelihood",
    "Likelihood",
    LIKELIHOODS,
    0,
    "How a reconstruction is judged. bernoulli: grey values as probabilities of black or white. continuous-bernoulli: the same, made a proper density of grey values. gaussian: squared error at a fixed noise level σ. gaussian-learnt: σ is learnt as well.",
)
.of_pictures(&["bernoulli", "continuous-bernoulli"]);
pub const SIGMA: ParamSpec = ParamSpec::log(
    "sigma",
    "σ of a pixel",
    0.01,
    2.0,
    0.1,
    "Noise of a pixel under the fixed Gaussian likelihood. Smaller asks for sharper copies, as a smaller β would.",
)
.live()
.under("likelihood", &["gaussian"]);

/// Choices of [`SOURCE`]; those from [`FIRST_HOSTED`] on are activations of a trained autoencoder.
pub const SOURCES: &[&str] = &["pixels", "patches", "code", "encoder", "decoder"];
pub const FIRST_HOSTED: usize = 2;

pub const SOURCE: ParamSpec = ParamSpec::choice(
    "source",
    "Input",
    SOURCES,
    0,
    "What is taken apart. pixels: whole images. patches: small squares of them, 7 or 8 pixels wide, each by itself with the same features. code: the latents of an autoencoder that was trained before. encoder, decoder: its hidden layer on the way in, or out.",
)
.of_pictures(&["patches"]);

/// Of a method that sees damaged images: how much of them is damaged.
pub const NOISE_LEVEL: ParamSpec = ParamSpec::float(
    "level",
    "Noise level",
    0.0,
    1.0,
    0.4,
    "masking: the probability. gaussian: the standard deviation, where the image spans 0 to 1. At 0 this is the plain autoencoder.",
)
.live();

/// Choices of [`PRIOR`].
pub const PRIORS: &[&str] = &["gaussian", "ring", "square", "ten-blobs"];
/// Inner and outer radius of the ring.
pub const RING: [f64; 2] = [1.5, 2.0];
/// Half the side of the square.
pub const SQUARE: f64 = 1.75;
pub const BLOBS: f64 = 10.0;
/// Distance of the blobs' centres from zero, and their standard deviation.
pub const BLOB: [f64; 2] = [2.0, 0.2];
pub const PRIOR: ParamSpec = ParamSpec::choice(
    "prior",
    "Prior",
    PRIORS,
    0,
    "The shape that the cloud of all codes is asked to take. Look at it with two latents.",
);

impl Card {
    /// The parameters of the method, followed by the common ones that are not among them.
    pub fn all_params(&self) -> impl Iterator<Item = &'static ParamSpec> + use<> {
        let own = self.params;
        own.iter().chain(COMMON.iter().filter(move |common| own.iter().all(|p| p.key != common.key)))
    }

    /// What the number called `name` counts, if it is no part of the objective.
    pub fn counts(&self, name: &str) -> Option<&'static str> {
        self.counts.iter().find(|count| count.name == name).map(|count| count.text)
    }

    /// The default of the parameter called `key`.
    ///
    /// # Panics
    /// If there is none: that is a mistake in the method's own code.
    pub fn default_of(&self, key: &str) -> f64 {
        self.param(key).unwrap_or_else(|| panic!("method {} has no parameter {key}", self.id)).default
    }

    /// The parameter called `key`, own or common.
    pub fn param(&self, key: &str) -> Option<&'static ParamSpec> {
        self.all_params().find(|p| p.key == key)
    }

    /// The objective where `holds` says which choices are made.
    pub fn objective(&self, holds: impl Fn(Under) -> bool) -> Objective {
        Objective {
            terms: self.terms.iter().filter(|term| holds(term.under)).collect(),
            symbols: self.symbols.iter().filter(|symbols| holds(symbols.under)).map(|symbols| symbols.text).collect(),
        }
    }

    /// The objective of the defaults, and behind it those of other options where they differ, each with the choice and the option.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn objectives(&self) -> Vec<(Option<(&'static str, &'static str)>, Objective)> {
        let of = |other: Option<(&'static str, &'static str)>| {
            let chosen = |key: &str| match other {
                Some((choice, option)) if choice == key => option.into(),
                _ => self.param(key).map_or_else(String::new, |p| p.format(p.default)),
            };
            self.objective(|under| under.is_none_or(|(key, options)| options.contains(&chosen(key).as_str())))
        };
        let usual = of(None);
        let choices =
            self.params.iter().filter_map(|p| if let Kind::Choice { names } = p.kind { Some((p.key, names)) } else { None });
        let others = choices.flat_map(|(key, names)| names.iter().map(move |name| Some((key, *name))));
        let others: Vec<_> = others.map(|other| (other, of(other))).filter(|(_, objective)| *objective != usual).collect();
        [(None, usual)].into_iter().chain(others).collect()
    }
}
