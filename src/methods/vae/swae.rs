//! The sliced-Wasserstein autoencoder, by straight shadows or by bent ones.
//!
//! What bends them is a second player that makes the distance larger. Both learn from one loss, by the same optimiser; the paper lets the
//! second take several steps for each of the first.

use latent_vocabulary::objective::{Count, Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, PRIOR, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Swae;

/// Choices of `shadows`.
const SHADOWS: &[&str] = &["straight", "bent"];

pub const CARD: Card = Card {
    id: "swae",
    family: Family::Vae,
    hosts: true,
    label: "Sliced-Wasserstein AE",
    summary: "Looks at the cloud of codes from many sides, as shadows on a line, and asks each shadow to match the prior's.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−log p(x|z)").weighed(&["sigma"]),
        Term::plus("sliced wasserstein", "λ·(1/L)·Σ_l (1/B)·Σ_b (sort(θ_l·z)_b − sort(θ_l·z̃)_b)²").weighed(&["lambda"]),
    ],
    symbols: &[
        Symbols::new("z̃ from the prior, |θ_l| = 1"),
        Symbols::new("in place of z and z̃: g(z) = (z, φ(z)) and g(z̃), where φ learns to make the distance less ρ·(|g(z)| + |g(z̃)|) as large as it can").under("shadows", &["bent"]),
    ],
    counts: &[Count::new("length", "of codes and draws with what φ adds, mean")],
    papers: &[
        Paper::of("Sliced-Wasserstein Autoencoder: An Embarrassingly Simple Generative Model", "Kolouri et al. 2018"),
        Paper::of("Augmented Sliced Wasserstein Distances", "Chen, Yang & Li 2022").only("bent shadows"),
    ],
    params: &[
        ParamSpec::log("lambda", "λ", 1.0, 100_000.0, 100.0, "How strictly the codes must look like the prior.").live(),
        ParamSpec::int("slices", "Slices L", 1, 500, 50, "Random directions that each step looks from."),
        ParamSpec::choice("shadows", "Shadows", SHADOWS, 0,
            "straight: on lines. bent: codes are lifted first by a network that learns to show where they differ from the prior."),
        PRIOR,
        ParamSpec { default: 2.0, ..LATENT },
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Choose ten blobs: does each digit get one of its own?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::nn::Linear;
    use burn::tensor::{Device, Tensor};

    use super::{CARD, SHADOWS};
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::layers::linear;
    use latent_nn::sort::sort;
    use latent_nn::{Batch, Code, Ctx, Method, Terms, prior, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::shape::DataShape;

    /// Numbers that bent shadows add to a code.
    const LIFTED: usize = 16;
    /// ρ, the price of their length: without it the second player would only make everything larger.
    const LENGTH: f64 = 0.1;

    /// A deterministic autoencoder and the shape of its codes.
    #[derive(Module, Debug)]
    pub struct Swae {
        base: Autoencoder,
        /// φ, where shadows are bent.
        lift: Option<Linear>,
        #[module(skip)]
        prior: usize,
        #[module(skip)]
        slices: usize,
    }

    /// Codes with what a lift makes of them behind, shapes `[batch, latent]` to `[batch, latent + LIFTED]`; `held`: as if the lift were a constant.
    fn lifted(lift: &Linear, z_bd: Tensor<2>, held: bool) -> Tensor<2> {
        let of = |t: Tensor<2>| if held { stop_gradient(t) } else { t };
        let bias_1m = lift.bias.as_ref().expect("it has a bias").val().unsqueeze::<2>();
        let more_bm = (z_bd.clone().matmul(of(lift.weight.val())) + of(bias_1m)).tanh();
        Tensor::cat(vec![z_bd, more_bm], 1)
    }

    impl Swae {
        /// Random directions of so many numbers, one in each column, shape `[numbers, slices]`.
        fn directions(&self, numbers: usize, ctx: &mut Ctx) -> Tensor<2> {
            let theta_dl = ctx.normal([numbers, self.slices]);
            theta_dl.clone() / theta_dl.square().sum_dim(0).clamp_min(1e-12).sqrt()
        }
    }

    /// Squared 2-Wasserstein distance of the two clouds' shadows, mean over the directions, shapes `[batch, latent]` to `[1]`.
    fn sliced_wasserstein(a_bd: Tensor<2>, b_bd: Tensor<2>, theta_dl: &Tensor<2>) -> Tensor<1> {
        let shadow_bl = |x_bd: Tensor<2>| sort(x_bd.matmul(theta_dl.clone()));
        (shadow_bl(a_bd) - shadow_bl(b_bd)).square().mean()
    }

    impl Method for Swae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let base = Autoencoder::deterministic(params, data.image, device);
            let bent = SHADOWS[params.usize("shadows")] == "bent";
            Self {
                lift: bent.then(|| linear(base.latent, LIFTED, device)),
                base,
                prior: params.usize("prior"),
                slices: params.usize("slices"),
            }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.point_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let z_bd = self.base.point(batch.x_bp.clone());
            let reconstruction = self.base.reconstruction(batch.x_bp, z_bd.clone(), ctx);
            let prior_bd = prior::draw(self.prior, z_bd.dims()[0], self.base.latent, ctx);
            let Some(lift) = &self.lift else {
                let theta_dl = self.directions(self.base.latent, ctx);
                let distance = sliced_wasserstein(z_bd, prior_bd, &theta_dl);
                return Terms::new(reconstruction.clone() + ctx.live("lambda") * distance.clone())
                    .show("reconstruction", reconstruction)
                    .show("sliced wasserstein", distance);
            };
            // To the lift codes are constants, and to the encoder the lift is one.
            let theta_dl = self.directions(self.base.latent + LIFTED, ctx);
            // Of more numbers each has a smaller share in a shadow: so that λ means the same, the distance is that of as many as a code has.
            let more = (self.base.latent + LIFTED) as f64 / self.base.latent as f64;
            let bent = |a_bm: Tensor<2>, b_bm: Tensor<2>| sliced_wasserstein(a_bm, b_bm, &theta_dl) * more;
            let distance = bent(lifted(lift, z_bd.clone(), true), lifted(lift, prior_bd.clone(), true));
            let [own_bm, other_bm] = [stop_gradient(z_bd), prior_bd].map(|z_bd| lifted(lift, z_bd, false));
            let length = |t_bm: Tensor<2>| (t_bm.square().sum_dim(1) + 1e-12).sqrt().mean();
            let lengths = length(own_bm.clone()) + length(other_bm.clone());
            let player = lengths.clone() * LENGTH - bent(own_bm, other_bm);
            // It adds nothing to the objective but its gradient.
            let silent = player.clone() - stop_gradient(player);
            Terms::new(reconstruction.clone() + ctx.live("lambda") * distance.clone() + silent)
                .show("reconstruction", reconstruction)
                .show("sliced wasserstein", distance)
                .show("length", stop_gradient(lengths) * 0.5)
        }

        fn encode(&self, batch: Batch) -> Code {
            self.base.encode(batch)
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.base.decode(z_bd))
        }

        fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
            prior::draw(self.prior, n, self.base.latent, ctx)
        }
    }
}
