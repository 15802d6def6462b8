//! The conditional VAE: encoder and decoder are told the label.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Cvae;

pub const CARD: Card = Card {
    id: "cvae",
    family: Family::Vae,
    label: "Conditional VAE",
    summary: "Is told which digit it sees, so the code need only say how it is written; then any digit can be drawn in any hand.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−E[log p(x|z, y)]").weighed(&["sigma"]),
        Term::plus("kl", "β · KL(q(z|x, y) ‖ N(0, I))").weighed(&["beta"]),
    ],
    symbols: &[Symbols::new("y the label")],
    papers: &[Paper::of(
        "Learning Structured Output Representation using Deep Conditional Generative Models",
        "Sohn, Lee & Yan 2015",
    )],
    params: &[
        ParamSpec::log(
            "beta",
            "β",
            0.01,
            100.0,
            1.0,
            "Weight of the KL term. Lower: better copies, but a changed label may not take hold; higher: the label decides more.",
        )
        .live(),
        ParamSpec { default: 10.0, ..LATENT },
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Take the code of one digit and change only the class: which properties of the handwriting stay?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::conditional::Conditional;
    use latent_nn::gumbel::uniform_choice;
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::{CodeGroup, CodeKind};
    use latent_vocabulary::shape::DataShape;

    /// A conditional VAE that is told the label.
    #[derive(Module, Debug)]
    pub struct Cvae {
        base: Conditional,
        #[module(skip)]
        classes: usize,
    }

    impl Method for Cvae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            Self { base: Conditional::new(params, data.image, data.classes, device), classes: data.classes }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.code([CodeGroup { kind: CodeKind::Choice { given: true }, count: self.classes as u32 }])
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let y_bc = batch.one_hot_bc(self.classes);
            self.base.terms(batch.x_bp, y_bc, ctx).0
        }

        fn encode(&self, batch: Batch) -> Code {
            let y_bc = batch.one_hot_bc(self.classes);
            self.base.encode(batch.x_bp, y_bc)
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.base.decode(z_bd))
        }

        fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
            self.base.prior(n, ctx, |ctx| uniform_choice(n, self.classes, ctx))
        }

        fn log_weights(&self, batch: Batch, ctx: &mut Ctx) -> Option<Tensor<2>> {
            let y_bc = batch.one_hot_bc(self.classes);
            Some(self.base.log_weights(batch.x_bp, y_bc, ctx))
        }
    }
}
