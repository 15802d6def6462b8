//! The conditional VAE on attributes: encoder and decoder are told all that is known of an image.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::AttributeVae;

pub const CARD: Card = Card {
    id: "attribute-vae",
    family: Family::Vae,
    factors: true,
    label: "Attribute VAE",
    summary: "Is told everything that is known of an image, smile, glasses, hair, so the code need only say the rest; then each of these can be changed by itself.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−E[log p(x|z, a)]").weighed(&["sigma"]),
        Term::plus("kl", "β · KL(q(z|x, a) ‖ N(0, I))").weighed(&["beta"]),
        Term::plus("told twice", "ρ · Σ corr(μ_d, a)²").weighed(&["untold"]),
    ],
    symbols: &[Symbols::new("a the attributes")],
    papers: &[
        Paper::of("Learning Structured Output Representation using Deep Conditional Generative Models", "Sohn, Lee & Yan 2015"),
        Paper::of(
            "Learning Structured Output Representations from Attributes using Deep Conditional Generative Models",
            "Debbagh 2023",
        ),
        Paper::of(
            "A Demographic-Conditioned Variational Autoencoder for fMRI Distribution Sampling and Removal of Confounds",
            "Orlichenko et al. 2024",
        )
        .only("codes without correlation to what is told, for ρ above 0"),
    ],
    params: &[
        ParamSpec::log(
            "beta",
            "β",
            0.01,
            100.0,
            1.0,
            "Weight of the KL term. Lower: better copies, but a changed attribute may not take hold; higher: the attributes decide more.",
        )
        .live(),
        ParamSpec::float("untold", "ρ", 0.0, 1000.0, 0.0,
            "Price of every correlation between a number of the code and an attribute, over the batch. Above 0 the code may not tell again what was told.")
            .live(),
        ParamSpec { default: 16.0, ..LATENT },
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Take a face and give it glasses: what else changes? Then do the same to another one.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::conditional::{Conditional, uniform};
    use latent_nn::moments::squared_correlation;
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::factors::FactorList;
    use latent_vocabulary::shape::DataShape;

    /// A conditional VAE that is told the factors of the data set. They are drawn evenly where the prior is asked, each by itself: which of
    /// them go together in the data is not learnt.
    #[derive(Module, Debug)]
    pub struct AttributeVae {
        base: Conditional,
        #[module(skip)]
        factors: FactorList,
    }

    impl Method for AttributeVae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            Self { base: Conditional::new(params, data.image, data.factors.numbers(), device), factors: data.factors }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.code(self.factors.groups(true))
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let a_bt = batch.told_bt(&self.factors);
            let (terms, mean_bd) = self.base.terms(batch.x_bp, a_bt.clone(), ctx);
            terms.plus("told twice", ctx.live("untold"), squared_correlation(mean_bd, a_bt).sum())
        }

        fn encode(&self, batch: Batch) -> Code {
            let a_bt = batch.told_bt(&self.factors);
            self.base.encode(batch.x_bp, a_bt)
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.base.decode(z_bd))
        }

        fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
            self.base.prior(n, ctx, |ctx| uniform(n, &self.factors, ctx))
        }

        fn log_weights(&self, batch: Batch, ctx: &mut Ctx) -> Option<Tensor<2>> {
            let a_bt = batch.told_bt(&self.factors);
            Some(self.base.log_weights(batch.x_bp, a_bt, ctx))
        }
    }
}
