//! Latent quantisation: every number of the code takes one of a few values of its own, which are learnt.
//!
//! The authors' convolutions are normalised, and both prices are 0.01; the plain networks here need a stronger commitment, or the
//! encoder's numbers run far beyond the values. Strong weight decay is the second half of the method, so here it is the default;
//! theirs spares biases and values, AdamW's here does not.

use latent_vocabulary::card::{OPTIMIZER, WEIGHT_DECAY};
use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::tokens::PERPLEXITY;
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Qlae;

pub const CARD: Card = Card {
    id: "qlae",
    family: Family::Ae,
    hosts_code: true,
    label: "Quantised-latent autoencoder (QLAE)",
    summary: "Each number of the code is a switch with a few positions. With strong weight decay the network must give every position one meaning, whatever the others say.",
    terms: &[
        Term::plus("reconstruction", "−log p(x|q)").weighed(&["sigma"]),
        Term::plus("quantisation", "λ_q·pixels·E_d(sg[z_d] − q_d)²").weighed(&["lambda_q"]),
        Term::plus("commitment", "λ_c·pixels·E_d(z_d − sg[q_d])²").weighed(&["lambda_c"]),
    ],
    symbols: &[Symbols::new("z = E(x), q_d = the nearest to z_d of the values v_d1, v_d2, …")],
    counts: &[PERPLEXITY],
    papers: &[Paper::of("Disentanglement via Latent Quantization", "Hsu et al. 2023")],
    params: &[
        ParamSpec::int("values", "Values of a latent", 2, 32, 10,
            "How many values each number of the code may take. They start evenly between −½ and ½ and are learnt, each latent its own."),
        ParamSpec::log("lambda_q", "Quantisation λ_q", 1e-4, 1.0, 0.01,
            "How strongly the values are drawn to the numbers that chose them, for each pixel of an image.").live(),
        ParamSpec::log("lambda_c", "Commitment λ_c", 1e-4, 1.0, 0.1,
            "How strongly the encoder's numbers are drawn to their values, for each pixel of an image. Too weak, and they run far beyond the values, of which few are used.").live(),
        ParamSpec { default: 10.0, ..LATENT },
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
        // AdamW, and ten times the decay that it has elsewhere.
        ParamSpec { default: 1.0, ..OPTIMIZER },
        ParamSpec { default: 0.1, ..WEIGHT_DECAY },
    ],
    try_this: "Train it on drawn faces, whose factors are known: does each latent keep to one of them? Then [without weight decay](optimizer=adam), the half of the method that asks for it. The traversal jumps from value to value.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::{Module, Param};
    use burn::tensor::{Device, Int, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::cloud::Cloud;
    use latent_nn::codebook::squared_distance;
    use latent_nn::constant::places;
    use latent_nn::one_hot::one_hot;
    use latent_nn::straight_through::straight_through;
    use latent_nn::{Batch, Code, Ctx, Method, Terms, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::{CodeGroup, CodeKind};
    use latent_vocabulary::shape::DataShape;

    /// Keeps the logarithm of an empty share finite.
    const NEVER: f64 = 1e-10;

    /// Networks, the values of each latent, and where the quantised codes lie.
    #[derive(Module, Debug)]
    pub struct Qlae {
        base: Autoencoder,
        /// Shape `[latent, values]`.
        values_dk: Param<Tensor<2>>,
        cloud: Cloud,
    }

    impl Qlae {
        /// Which of its values is the nearest to each number. Shapes `[batch, latent]`.
        fn nearest(&self, z_bd: Tensor<2>) -> Tensor<2, Int> {
            let ([batch, latent], [_, values]) = (z_bd.dims(), self.values_dk.dims());
            let all = [batch, latent, values];
            let z_bdk = stop_gradient(z_bd).reshape([batch, latent, 1]).expand(all);
            let v_bdk = stop_gradient(self.values_dk.val()).reshape([1, latent, values]).expand(all);
            (z_bdk - v_bdk).abs().argmin(2).reshape([batch, latent])
        }

        /// Those values. Shapes `[batch, latent]`.
        fn values(&self, index_bd: Tensor<2, Int>) -> Tensor<2> {
            self.values_dk.val().gather(1, index_bd.transpose()).transpose()
        }

        /// How many values of a latent the batch uses, were they used evenly: `exp H`, mean over the latents. Shape `[1]`.
        fn perplexity(&self, index_bd: Tensor<2, Int>) -> Tensor<1> {
            let ([batch, latent], [_, values]) = (index_bd.dims(), self.values_dk.dims());
            let p_dk = one_hot(index_bd.float(), values).reshape([batch, latent, values]).mean_dim(0).reshape([latent, values]);
            let entropy_d1 = -(p_dk.clone() * (p_dk + NEVER).log()).sum_dim(1);
            entropy_d1.exp().mean()
        }
    }

    impl Method for Qlae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let base = Autoencoder::deterministic(params, data.image, device);
            let (latent, values) = (base.latent, params.usize("values"));
            let place_k = places(values, device) / (values - 1) as f64 - 0.5;
            let values_dk = Param::from_tensor(place_k.reshape([1, values]).repeat_dim(0, latent));
            Self { cloud: Cloud::new(latent, device), base, values_dk }
        }

        fn code(&self) -> Vec<CodeGroup> {
            let [latent, values] = self.values_dk.dims();
            vec![CodeGroup { kind: CodeKind::Steps { values: values as u32 }, count: latent as u32 }]
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let [_, pixels] = batch.x_bp.dims();
            let z_bd = self.base.point(batch.x_bp.clone());
            let index_bd = self.nearest(z_bd.clone());
            let q_bd = self.values(index_bd.clone());
            let fixed_bd = stop_gradient(q_bd.clone());
            let reconstruction = self.base.reconstruction(batch.x_bp, straight_through(z_bd.clone(), fixed_bd.clone()), ctx);
            // Means over the latents, weighed by the pixels: the authors' reconstruction is a mean over these, here it is a sum.
            let share = 1.0 / self.base.latent as f64;
            let quantisation = squared_distance(stop_gradient(z_bd.clone()), q_bd) * share;
            let commitment = squared_distance(z_bd, fixed_bd.clone()) * share;
            let price = ctx.live("lambda_q") * quantisation.clone() + ctx.live("lambda_c") * commitment.clone();
            let terms = Terms::new(reconstruction.clone() + price * pixels as f64)
                .show("reconstruction", reconstruction)
                .show("quantisation", quantisation)
                .show("commitment", commitment)
                .show("perplexity", self.perplexity(index_bd));
            self.cloud.observe(terms, fixed_bd, ctx)
        }

        fn encode(&self, batch: Batch) -> Code {
            let z_bd = self.base.point(batch.x_bp);
            Code { mean_bd: self.values(self.nearest(z_bd)), logvar_bd: None }
        }

        /// Any code is first taken to the nearest values, so that whatever is moved by hand jumps between them.
        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.base.decode(self.values(self.nearest(z_bd))))
        }

        fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
            self.cloud.draw(n, ctx)
        }
    }
}
