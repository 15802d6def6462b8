//! What a method says about itself. Controls, link keys, the CLI's list and the uniform tests are derived from this.

use serde::Serialize;

use super::frames::Frames;
use super::objective::{Count, Objective, Symbols, Term};
use super::optimizer::OPTIMIZERS;
pub use super::param::{Kind, ParamSpec, Under};
use super::prose::{READ, WHOLE, at_length, prose};

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

/// What a method may want of its samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    Pictures,
    Factors,
    Clips,
    Pairs,
}

/// A part of a network that moves at a rate of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Second {
    /// What the names of its parameters begin with, such as `critic.`.
    pub part: &'static str,
    /// The live parameter that says how many times the learning rate it moves at.
    pub rate: &'static str,
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
    /// Whether another method can stand on its code, which a network of its own makes of an image and makes an image of.
    pub hosts_code: bool,
    /// Whether it stands on the trained network of another method, whatever its parameters are.
    pub hosted: bool,
    /// Whether its encoder is a residual stream: layers of one width, each of which adds to the one before.
    pub stream: bool,
    /// Whether it takes such a stream apart, and so stands on no other network.
    pub of_stream: bool,
    /// Whether it can learn pictures only.
    pub pictures: bool,
    /// Whether it is told all factors of its samples, and so needs data of which they are known.
    pub factors: bool,
    /// Whether it learns from [`Frames`] that follow one another, or from two of one thing.
    pub clips: bool,
    pub pairs: bool,
    /// A second player, which plays against the rest at a rate of its own.
    pub second: Option<&'static Second>,
    /// Name on the page.
    pub label: &'static str,
    /// One sentence for a newcomer.
    pub summary: &'static str,
    /// Whether its codes, all together, are asked to look like draws from its prior.
    pub prior: bool,
    /// The objective. Which number of a run is a term's value, and which sliders move it, is found by key.
    pub terms: &'static [Term],
    /// What the objective is counted in, where that is neither nats nor squared distances.
    pub unit: &'static str,
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
        hosts_code: false,
        hosted: false,
        stream: false,
        of_stream: false,
        pictures: false,
        factors: false,
        clips: false,
        pairs: false,
        second: None,
        label: "",
        summary: "",
        prior: false,
        terms: &[],
        unit: "",
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
        self.try_this = at_length(self.try_this);
        if !READ {
            (self.terms, self.symbols, self.counts) = (&[], &[], &[]);
        }
        if !WHOLE {
            self.papers = &[];
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

/// Bits of what a training step keeps in between.
pub const PRECISION: ParamSpec = ParamSpec::choice(
    "precision",
    "Activations",
    &["f32", "f16"],
    0,
    "f16: what layers take and give is kept in 16 bits during a training step, so a graphics card moves half as many bytes for it. Weights, gradients, sums and the optimiser keep 32 bits, and so does everything outside training. It needs a device with 16-bit floats (WebGPU's shader-f16).",
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
    PRECISION,
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

/// Choices of [`LAYER`].
pub const LAYERS: &[&str] = &["encoder", "code", "decoder"];

/// Which layer of a trained network a method takes apart that cannot take images apart.
pub const LAYER: ParamSpec = ParamSpec::choice(
    "layer",
    "Layer",
    LAYERS,
    0,
    "What is taken apart: the hidden layer of the encoder, the code, or the hidden layer of the decoder.",
);

/// Choices of [`SOURCE`]; those from [`FIRST_HOSTED`] on are activations of a trained autoencoder.
pub const SOURCES: &[&str] = &["pixels", "patches", "code", "encoder", "decoder", "layers"];
pub const FIRST_HOSTED: usize = 2;

pub const SOURCE: ParamSpec = ParamSpec::choice(
    "source",
    "Input",
    SOURCES,
    0,
    "What is taken apart. pixels: whole images. patches: small squares of them, 7 or 8 pixels wide, each by itself with the same features. code: the latents of an autoencoder that was trained before. encoder, decoder: its hidden layer on the way in, or out. layers: both and the code side by side, so that features may reach across them (a crosscoder).",
)
.of_pictures(&["patches"]);

/// Choices of [`INPUTS`].
pub const SCALES: &[&str] = &["raw", "unit"];

/// In which unit a method that takes images apart sees them. Activations always have a mean square of 1.
pub const INPUTS: ParamSpec = ParamSpec::choice(
    "inputs",
    "Scale of the inputs",
    SCALES,
    1,
    "unit: inputs are divided by one number, the root of their mean square, so that penalties and thresholds mean the same for every source. raw: images keep their grey values from 0 to 1, as in links that say nothing of it. Activations of a network are always in units.",
)
.under(SOURCE.key, &["pixels", "patches"])
.unnamed(0.0);

/// Parameters of every method that has a [`SOURCE`].
pub const TAKEN_APART: &[ParamSpec] = &[INPUTS];

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
    /// The parameters of the method, followed by those of all that take something apart, if it does, and by the common ones that are not among them.
    pub fn all_params(&self) -> impl Iterator<Item = &'static ParamSpec> + use<> {
        let own = self.params;
        let taken_apart = TAKEN_APART.iter().filter(move |_| own.iter().any(|p| p.key == SOURCE.key));
        own.iter().chain(taken_apart).chain(COMMON.iter().filter(move |common| own.iter().all(|p| p.key != common.key)))
    }

    /// What it wants of samples that they do not have; of what nobody knows yet nothing is said.
    pub fn lacks(&self, pictures: bool, factors: Option<bool>, frames: Option<Frames>) -> Option<Want> {
        let of = |is: fn(Frames) -> bool| frames.map(is);
        let (clips, pairs) = (of(|f| matches!(f, Frames::Clip(_))), of(|f| f == Frames::Pair));
        let all = [
            (self.pictures, Some(pictures), Want::Pictures),
            (self.factors, factors, Want::Factors),
            (self.clips, clips, Want::Clips),
            (self.pairs, pairs, Want::Pairs),
        ];
        all.into_iter().find(|(wanted, has, _)| *wanted && *has == Some(false)).map(|(_, _, want)| want)
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
