//! Parameters that methods with a grid of tokens share by name and meaning: a card lists those that it has.

use super::card::{NETS, Paper, ParamSpec};
use super::objective::{Count, Term};

/// The learnt prior's term.
pub const PRIOR_TERM: Term = Term::minus("prior", "log p(tokens)").weighed(&["prior_weight"]).under("prior", LEARNT);

/// What a codebook's use comes to.
pub const USE: &[Count] = &[PERPLEXITY, IN_USE];
pub const IN_USE: Count = Count::new("in use", "codes in use");
pub const PERPLEXITY: Count = Count::new("perplexity", "codes, as many as would be used evenly for the same entropy");

/// Where the prior over tokens is from.
pub const PIXELCNN: Paper = Paper::of("Conditional Image Generation with PixelCNN Decoders", "van den Oord et al. 2016")
    .only("its gated layers, for a prior over tokens under no condition");

/// Choices of [`PRIOR`].
pub const PRIORS: &[&str] = &["pixelcnn", "none", "ungated"];
/// Those that learn, and so can be drawn from.
const LEARNT: &[&str] = &[PRIORS[0], PRIORS[2]];

pub const GRID_NET: ParamSpec = ParamSpec::choice(
    "net",
    "Network",
    NETS,
    1,
    "conv: strided convolutions down to a grid of 7×7 places for 28 pixels, 8×8 for 64, so that each token describes its neighbourhood. mlp: one hidden layer each way and eight tokens that describe the whole image together.",
)
.of_pictures(&["conv"]);
pub const WIDTH: ParamSpec = ParamSpec::int(
    "width",
    "Channels",
    4,
    256,
    32,
    "Channels of the convolutional net at the code grid; each layer towards the image has half as many, but not less than eight.",
);
pub const PRIOR: ParamSpec = ParamSpec::choice(
    "prior",
    "Prior over tokens",
    PRIORS,
    0,
    "pixelcnn: a small network learns, beside the autoencoder, how likely each token is after those before it; only then can new images be drawn. It learns from at most 32 images of each batch. none: faster, without samples. ungated: the same network without its gates.",
);
pub const PRIOR_WIDTH: ParamSpec =
    ParamSpec::int("prior_width", "Channels of the prior", 8, 128, 16, "Width of the network that learns the prior over tokens.")
        .under("prior", LEARNT);
pub const PRIOR_WEIGHT: ParamSpec = ParamSpec::float("prior_weight", "Weight of the prior", 0.0, 4.0, 1.0,
    "Weight of −log p(tokens). It trains the prior alone, never the autoencoder. At 1 the reconstruction and it add up to a bound on −log p(x); at 0 the prior stands still.").live().under("prior", LEARNT);

/// Choices of [`ESTIMATOR`].
pub const ESTIMATORS: &[&str] = &["straight-through", "rotation"];
pub const CODES: ParamSpec = ParamSpec::int(
    "codes",
    "Codes",
    2,
    1024,
    64,
    "How many vectors the codebook has: the size of the alphabet in which an image is written.",
);
pub const DIM: ParamSpec = ParamSpec::int("dim", "Code dimensions", 1, 64, 8, "How many numbers a code vector has.");
pub const COMMITMENT: ParamSpec = ParamSpec::log("commitment", "Commitment β", 0.001, 10.0, 0.25,
    "How strongly the encoder's vectors are drawn to their codes. Too weak and they run away from the codebook; too strong and they hardly move. Summed over the places; van den Oord et al. take the mean.").live();
pub const ESTIMATOR: ParamSpec = ParamSpec::choice(
    "estimator",
    "Gradient past the codes",
    ESTIMATORS,
    0,
    "straight-through: the encoder gets the gradient of the code as if nothing had been rounded. rotation: turned and scaled like the encoder's vector had to be to become the code.",
);
pub const DECAY: ParamSpec = ParamSpec::float(
    "decay",
    "Decay γ",
    0.8,
    0.999,
    0.99,
    "Memory of the moving averages: of how often codes are chosen, and of the codes where they are averages.",
)
.live()
.of_no_term();
pub const REVIVE: ParamSpec = ParamSpec::float(
    "revive",
    "Revive below",
    0.0,
    1.0,
    0.03,
    "A code chosen less often than this part of its fair share begins anew from a vector of the batch. 0 leaves dead codes dead.",
)
.live()
.of_no_term();
