//! A flow on the codes of an autoencoder: new codes come from noise, in steps along a learnt velocity.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::LatentFlow;

/// Choices of [`CODES`].
const WHOSE: &[&str] = &["own", "trained"];

pub const CARD: Card = Card {
    id: "latent-flow",
    family: Family::Vae,
    hosts: false,
    pictures: false,
    factors: false,
    iterates: true,
    label: "Latent flow",
    summary: "Asks nothing of where its codes lie. A second network learns which way to go from any noise, so that a few steps end at a code.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−log p(x|z)").weighed(&["sigma"]).under("codes", &["own"]),
        Term::plus("flow", "E|v(t·z + (1 − t)·ε, t) − (z − ε)|²"),
    ],
    symbols: &[Symbols::new("z = E(x), ε from N(0, I), t from 0 to 1")],
    counts: &[],
    papers: &[
        Paper::of("Flow Straight and Fast: Learning to Generate and Transfer Data with Rectified Flow", "Liu, Gong & Liu 2022")
            .only("the first flow, on codes; no reflow"),
        Paper::of("Flow Matching for Generative Modeling", "Lipman et al. 2022").only("the path of optimal transport, on codes"),
    ],
    params: &[
        ParamSpec::choice(
            "codes",
            "Codes",
            WHOSE,
            0,
            "own: an autoencoder learns beside the flow, which has no say in it. trained: those of the autoencoder that was trained here before, which stays as it is.",
        )
        .of_host(&["trained"]),
        ParamSpec::int("flow", "Width of the flow", 16, 512, 128, "Units of each of the two hidden layers that give the velocity."),
        ParamSpec { default: 10.0, ..LATENT }.under("codes", &["own"]),
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Draw with one step, then with two, four and eight: how many does it take until digits are digits?",
}
.shown();
