//! BYOL: one view of an image must foretell what a slow copy of the network makes of another view.
//!
//! As in SimSiam here, batches are normed in hidden layers alone. The copy starts as the network is after the first step, and its memory is
//! constant, where the paper's grows.

use super::params::{PROJECTION, SPREAD, VIEWS};
use latent_vocabulary::objective::{Count, Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, NET, Paper, ParamSpec};

#[cfg(feature = "networks")]
pub use engine::Byol;

/// Choices of `predictor`.
const PREDICTORS: &[&str] = &["there", "none"];

pub const CARD: Card = Card {
    id: "byol",
    family: Family::Siamese,
    label: "BYOL",
    summary: "Learns from a slow copy of itself: what it makes of one view of an image must foretell what the copy makes of another.",
    unit: "cosine, with a minus",
    terms: &[
        Term::plus("loss", "−½·cos(h(z₁), z̄₂) − ½·cos(h(z₂), z̄₁)").weighed(&["views"]).under("predictor", &["there"]),
        Term::plus("loss", "−½·cos(z₁, z̄₂) − ½·cos(z₂, z̄₁)").weighed(&["views"]).under("predictor", &["none"]),
    ],
    symbols: &[
        Symbols::new("zᵢ = g(E(xᵢ)), x₁ and x₂: two views of x, g: the projector;  z̄: the same by the copy, a constant to the gradient"),
        Symbols::new("h: the predictor").under("predictor", &["there"]),
    ],
    counts: &[SPREAD, Count::new("behind", "root mean square of the difference between a view's projections by the network and by its copy")],
    papers: &[Paper::of("Bootstrap your own latent: A new approach to self-supervised Learning", "Grill et al. 2020")
        .only("with small networks, mild views and batch normalisation in hidden layers alone")],
    params: &[
        VIEWS,
        ParamSpec::float("memory", "Memory of the copy", 1.0, 1000.0, 100.0,
            "Over how many steps the copy averages the network's weights. At 1 it is the network of a step ago.").live().of_no_term(),
        ParamSpec::choice("predictor", "Predictor", PREDICTORS, 0,
            "there: a small network foretells what the copy makes. none: projections are compared as they are, and codes fall together; watch the spread."),
        PROJECTION,
        ParamSpec { default: 64.0, ..LATENT },
        NET,
        CHANNELS,
        HIDDEN,
    ],
    try_this: "Train [without the predictor](predictor=none) and watch the spread.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::{CARD, PREDICTORS};
    use crate::siamese::base::{Base, answers_of_base};
    use latent_nn::siamese::{Head, cosine_b, spread};
    use latent_nn::trail::trail;
    use latent_nn::{Batch, Ctx, Method, Terms, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::shape::DataShape;

    /// The network, its predictor, and its slow copy.
    #[derive(Module, Debug)]
    pub struct Byol {
        base: Base,
        predictor: Option<Head>,
        copy: Base,
    }

    impl Method for Byol {
        const CARD: &'static Card = &CARD;

        answers_of_base!();

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let width = params.usize("projection");
            Self {
                base: Base::new(params, data, device),
                predictor: (PREDICTORS[params.usize("predictor")] == "there").then(|| Head::predictor(width, width / 4, device)),
                copy: Base::new(params, data, device),
            }
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let views = [self.base.view(batch.x_bp.clone(), ctx), self.base.view(batch.x_bp, ctx)];
            let [first_bp, second_bp] = views.clone().map(|x_bp| self.base.project(x_bp));
            let [to_first_bp, to_second_bp] = views.map(|x_bp| stop_gradient(self.copy.project(x_bp)));
            let foretold = |z_bp: Tensor<2>| match &self.predictor {
                Some(predictor) => predictor.forward(z_bp),
                None => z_bp,
            };
            let there_b = cosine_b(foretold(first_bp.clone()), to_second_bp);
            let back_b = cosine_b(foretold(second_bp), to_first_bp.clone());
            let behind = (stop_gradient(first_bp.clone()) - to_first_bp).square().mean().sqrt();
            let terms = Terms::new((there_b + back_b).mean() * -0.5).show("spread", spread(first_bp)).show("behind", behind);
            trail(terms, "copy", &self.copy, &self.base, ctx.live("memory"), ctx)
        }
    }
}
