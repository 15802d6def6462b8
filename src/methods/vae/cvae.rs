//! The conditional VAE: encoder and decoder are told the label.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Cvae;

pub const CARD: Card = Card {
    id: "cvae",
    family: Family::Vae,
    hosts: false,
    pictures: false,
    label: "Conditional VAE",
    summary: "Is told which digit it sees, so the code need only say how it is written; then any digit can be drawn in any hand.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−E[log p(x|z, y)]").weighed(&["sigma"]),
        Term::plus("kl", "β · KL(q(z|x, y) ‖ N(0, I))").weighed(&["beta"]),
    ],
    symbols: &[Symbols::new("y the label")],
    counts: &[],
    papers: &[
        Paper::of("Learning Structured Output Representation using Deep Conditional Generative Models", "Sohn, Lee & Yan 2015"),
        Paper::of(
            "Learning Structured Output Representations from Attributes using Deep Conditional Generative Models",
            "Debbagh 2023",
        )
        .only("one label in place of many attributes"),
    ],
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
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::{Autoencoder, CERTAIN};
    use latent_nn::gaussian::{kl_bd, mean_rows, sample_each};
    use latent_nn::gumbel::uniform_choice;
    use latent_nn::method::IMPORTANCE_SAMPLES;
    use latent_nn::net::{Ends, beside};
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::{CodeGroup, CodeKind};
    use latent_vocabulary::shape::DataShape;

    /// A VAE with the label at the encoder's first dense layer and behind the code.
    #[derive(Module, Debug)]
    pub struct Cvae {
        base: Autoencoder,
        #[module(skip)]
        classes: usize,
    }

    impl Method for Cvae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let (latent, classes) = (params.usize("latent"), data.classes);
            let ends = Ends { side: classes, mean: latent, logvar: Some(latent) };
            Self { base: Autoencoder::with_ends(params, data.image, ends, latent + classes, device), classes }
        }

        fn code(&self) -> Vec<CodeGroup> {
            let mut code = self.base.gaussian_code();
            code.push(CodeGroup { kind: CodeKind::Choice { given: true }, count: self.classes as u32 });
            code
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let y_bc = batch.one_hot_bc(self.classes);
            let (mean_bd, logvar_bd) = self.base.posterior(batch.x_bp.clone(), Some(y_bc.clone()));
            let z_bd = sample_each(mean_bd.clone(), logvar_bd.clone(), 1, ctx);
            let reconstruction = self.base.reconstruction(batch.x_bp, beside(z_bd, Some(y_bc)), ctx);
            let kl_d = mean_rows(kl_bd(mean_bd, logvar_bd));
            let kl = kl_d.clone().sum();
            // The label is given and costs nothing.
            let free_c = Tensor::zeros([self.classes], &ctx.device());
            Terms::new(reconstruction.clone() + ctx.live("beta") * kl.clone())
                .show("reconstruction", reconstruction)
                .show("kl", kl)
                .kl(Tensor::cat(vec![kl_d, free_c], 0))
        }

        fn encode(&self, batch: Batch) -> Code {
            let y_bc = batch.one_hot_bc(self.classes);
            let (mean_bd, logvar_bd) = self.base.posterior(batch.x_bp, Some(y_bc.clone()));
            let known_bc = y_bc.zeros_like() + CERTAIN;
            Code { mean_bd: beside(mean_bd, Some(y_bc)), logvar_bd: Some(beside(logvar_bd, Some(known_bc))) }
        }

        fn decode(&self, z_bd: Tensor<2>) -> Tensor<2> {
            self.base.decode(z_bd)
        }

        fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
            let z_nd = ctx.normal([n, self.base.latent]);
            beside(z_nd, Some(uniform_choice(n, self.classes, ctx)))
        }

        /// Of p(x | y): the label is given.
        fn log_weights(&self, batch: Batch, ctx: &mut Ctx) -> Option<Tensor<2>> {
            let y_bc = batch.one_hot_bc(self.classes);
            let posterior = self.base.posterior(batch.x_bp.clone(), Some(y_bc.clone()));
            let z_sd = sample_each(posterior.0.clone(), posterior.1.clone(), IMPORTANCE_SAMPLES, ctx);
            Some(self.base.importance(batch.x_bp, posterior, z_sd, Some(y_bc), ctx).log_weight_bk())
        }
    }
}
