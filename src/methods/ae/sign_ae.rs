//! The sign autoencoder: a code of signs, read by one layer and drawn by another.
//!
//! Of independent numbers it can keep `2r/π` of the variance and no more, `r` being signs a number, as the paper proves for `r ≤ 1`. Gradients
//! pass a sign as if it were a hyperbolic tangent.

use latent_vocabulary::objective::{Count, Symbols, Term};
use latent_vocabulary::{Card, Family, LATENT, Paper};

#[cfg(feature = "networks")]
pub use engine::SignAe;

pub const CARD: Card = Card {
    id: "sign-ae",
    family: Family::Ae,
    label: "Sign autoencoder",
    summary: "Keeps of a sample only a few signs, plus or minus, and draws it back by one layer: small enough that theory says exactly how well it can do.",
    unit: "squared error of a value",
    terms: &[Term::plus("loss", "‖x − x̂‖² / n")],
    symbols: &[Symbols::new("x̂ = A·sign(B·x + b) + a,  n values in x; of a picture x̂ goes through a sigmoid")],
    counts: &[Count::new("departure", "how far rows of B are from right angles: root mean square of their cosines")],
    papers: &[Paper::of(
        "Fundamental Limits of Two-layer Autoencoders, and Achieving Them with Gradient Methods",
        "Shevchenko et al. 2023",
    )],
    params: &[LATENT.with(32.0, "Signs in a code.")],
    try_this: "Train it on the normal numbers with 16, 32, 48 and 64 signs: the loss ends at 1 − 2r/π, with r = 1/4, 1/2, 3/4 and 1.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::nn::Linear;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::layers::linear;
    use latent_nn::likelihood::Likelihood;
    use latent_nn::moments::identity;
    use latent_nn::{Batch, Code, Ctx, Method, Terms, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::{CodeGroup, CodeKind};
    use latent_vocabulary::shape::DataShape;

    /// One layer to the signs, and one back.
    #[derive(Module, Debug)]
    pub struct SignAe {
        into: Linear,
        out: Linear,
        /// What a value is expected to be, given the output.
        likelihood: Likelihood,
    }

    /// −1 or 1, shape of `h_nd`.
    fn sign(h_nd: Tensor<2>) -> Tensor<2> {
        h_nd.greater_elem(0.0).float() * 2.0 - 1.0
    }

    /// Root mean square of the cosines between columns, shape `[inputs, columns]` to `[1]`.
    fn departure(b_pd: Tensor<2>) -> Tensor<1> {
        let (device, [_, d]) = (b_pd.device(), b_pd.dims());
        let length_1d = (b_pd.clone().square().sum_dim(0) + 1e-12).sqrt();
        let unit_pd = b_pd / length_1d;
        let pairs = (d * d - d).max(1) as f64;
        ((unit_pd.clone().transpose().matmul(unit_pd) - identity(d, &device)).square().sum() / pairs).sqrt()
    }

    impl Method for SignAe {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let (values, latent) = (data.image.len(), params.usize("latent"));
            Self {
                into: linear(values, latent, device),
                out: linear(latent, values, device),
                likelihood: Likelihood::of_means(data.image),
            }
        }

        fn code(&self) -> Vec<CodeGroup> {
            let [_, latent] = self.into.weight.dims();
            vec![CodeGroup { kind: CodeKind::Point, count: latent as u32 }]
        }

        fn terms(&self, batch: Batch, _ctx: &mut Ctx) -> Terms {
            let h_bd = self.into.forward(batch.x_bp.clone());
            let soft_bd = h_bd.clone().tanh();
            let z_bd = stop_gradient(sign(h_bd) - soft_bd.clone()) + soft_bd;
            let error = (batch.x_bp - self.likelihood.mean(self.out.forward(z_bd))).square().mean();
            Terms::new(error).show("departure", stop_gradient(departure(self.into.weight.val())))
        }

        fn encode(&self, batch: Batch) -> Code {
            Code { mean_bd: sign(self.into.forward(batch.x_bp)), logvar_bd: None }
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.likelihood.mean(self.out.forward(z_bd)))
        }

        /// Every code of signs as likely as any other.
        fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
            let [_, latent] = self.into.weight.dims();
            sign(ctx.normal([n, latent]))
        }
    }
}
