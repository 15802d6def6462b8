//! SimSiam: two views of an image must lead to the same place, and the gradient goes one way only.
//!
//! As in the paper the loss is between what a predictor makes of one view and the projection of the other, both ways round, and the
//! projection is a constant. Batches are normed in hidden layers alone (the paper's table 4b, 0.7 % below its own choice), as otherwise
//! no gradient would reach what a norm takes away. A code is what the encoder gives, before the activation in front of the projector; that is
//! smooth, as otherwise no gradient would reach the bias of a number that is positive for all images.

use super::params::{PROJECTION, SPREAD, VIEWS};
use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, NET, Paper, ParamSpec};

#[cfg(feature = "networks")]
pub use engine::SimSiam;

/// Choices of `gradient`.
const GRADIENTS: &[&str] = &["stopped", "both-ways"];

pub const CARD: Card = Card {
    id: "simsiam",
    family: Family::Siamese,
    label: "SimSiam",
    summary: "Looks at two altered views of each image and asks for the same code from both. It never draws an image: there is no decoder.",
    unit: "cosine, with a minus",
    terms: &[
        Term::plus("loss", "−½·cos(h(z₁), z̄₂) − ½·cos(h(z₂), z̄₁)").weighed(&["views"]).under("gradient", &["stopped"]),
        Term::plus("loss", "−½·cos(h(z₁), z₂) − ½·cos(h(z₂), z₁)").weighed(&["views"]).under("gradient", &["both-ways"]),
    ],
    symbols: &[
        Symbols::new("zᵢ = g(E(xᵢ)), x₁ and x₂: two views of x, g: the projector, h: the predictor"),
        Symbols::new("z̄: a constant to the gradient").under("gradient", &["stopped"]),
    ],
    counts: &[SPREAD],
    papers: &[Paper::of("Exploring Simple Siamese Representation Learning", "Chen & He 2021")
        .only("with batch normalisation in hidden layers alone, small networks and mild views")],
    params: &[
        VIEWS,
        ParamSpec::choice("gradient", "Gradient", GRADIENTS, 0,
            "stopped: the view that is aimed at is a constant, as in the paper. both-ways: it moves as well, and all images end at one code; watch the spread."),
        PROJECTION,
        ParamSpec { default: 64.0, ..LATENT },
        NET,
        CHANNELS,
        HIDDEN,
    ],
    try_this: "Watch the map while it trains: no label is told, and digits of a kind come together. Then [let the gradient go both ways](gradient=both-ways) and see the spread fall to 0.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::{CARD, GRADIENTS};
    use crate::siamese::base::{Base, answers_of_base};
    use latent_nn::siamese::{Head, cosine_b, spread};
    use latent_nn::{Batch, Ctx, Method, Terms, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::shape::DataShape;

    /// The network and its predictor.
    #[derive(Module, Debug)]
    pub struct SimSiam {
        base: Base,
        predictor: Head,
        #[module(skip)]
        stopped: bool,
    }

    impl Method for SimSiam {
        const CARD: &'static Card = &CARD;

        answers_of_base!();

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let width = params.usize("projection");
            Self {
                base: Base::new(params, data, device),
                predictor: Head::predictor(width, width / 4, device),
                stopped: GRADIENTS[params.usize("gradient")] == "stopped",
            }
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let views = [self.base.view(batch.x_bp.clone(), ctx), self.base.view(batch.x_bp, ctx)];
            let [first_bp, second_bp] = views.map(|x_bp| self.base.project(x_bp));
            let aim = |z_bp: &Tensor<2>| if self.stopped { stop_gradient(z_bp.clone()) } else { z_bp.clone() };
            let there_b = cosine_b(self.predictor.forward(first_bp.clone()), aim(&second_bp));
            let back_b = cosine_b(self.predictor.forward(second_bp.clone()), aim(&first_bp));
            Terms::new((there_b + back_b).mean() * -0.5).show("spread", spread(first_bp))
        }
    }
}
