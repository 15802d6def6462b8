//! A VAE whose prior is a mixture of Gaussians: groups that nobody named form in the code.
//!
//! The paper starts from an autoencoder trained before, and a mixture fitted to its codes; here the mixture starts from clusters of what the
//! fresh encoder makes, and everything is learnt together.

use latent_vocabulary::objective::{Count, Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Vade;

pub const CARD: Card = Card {
    id: "vade",
    family: Family::Vae,
    hosts: true,
    label: "Mixture prior (VaDE)",
    summary: "Expects codes to lie in a few clouds rather than one, and learns where the clouds are: images sort themselves into groups.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−E[log p(x|z)]").weighed(&["sigma"]),
        Term::plus("kl", "β · Σ_c γ_c KL(q(z|x) ‖ N(m_c, s_c²))").weighed(&["beta"]),
        Term::plus("choice", "β · KL(γ ‖ π)").weighed(&["beta"]),
    ],
    symbols: &[Symbols::new("γ_c = p(c|z), how much z belongs to cloud c;  π, m, s: shares, middles and widths of the clouds, learnt")],
    counts: &[Count::new("groups", "clouds, as many as would be used evenly for the same entropy")],
    papers: &[
        Paper::of("Variational Deep Embedding: An Unsupervised and Generative Approach to Clustering", "Jiang et al. 2017")
            .only("without training beforehand"),
        Paper::of("MNIST-Nd: a set of naturalistic datasets to benchmark clustering across dimensions", "Turishcheva et al. 2024")
            .only("its VAE with a mixture as a prior"),
    ],
    params: &[
        ParamSpec::log("beta", "β", 0.01, 100.0, 1.0, "Weight of both KL terms.").live(),
        ParamSpec::int("clouds", "Clouds", 2, 32, 10, "How many Gaussians the prior is made of."),
        LATENT.with(10.0, "How many numbers a code has."),
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Draw samples, and look at the map: does a cloud hold one kind of digit? With two latents you can see all of it.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::{Module, Param};
    use burn::tensor::activation::{log_softmax, softmax};
    use burn::tensor::{Device, Distribution, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::codebook::k_means;
    use latent_nn::gaussian::{log_density, mean_rows, repeat_rows, sample, sample_each};
    use latent_nn::gumbel::gumbel_bc;
    use latent_nn::log_sum_exp::log_sum_exp;
    use latent_nn::method::IMPORTANCE_SAMPLES;
    use latent_nn::one_hot::one_hot;
    use latent_nn::{Batch, Code, Ctx, Method, Named, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::shape::DataShape;

    /// Keeps the logarithm of an empty share finite.
    const TINY: f64 = 1e-10;

    /// The prior: clouds of codes.
    #[derive(Module, Debug)]
    pub struct Clouds {
        /// Logits of the shares, shape `[clouds]`.
        share_c: Param<Tensor<1>>,
        /// Shapes `[clouds, latent]`.
        mean_cd: Param<Tensor<2>>,
        logvar_cd: Param<Tensor<2>>,
    }

    impl Clouds {
        fn new(clouds: usize, latent: usize, device: &Device) -> Self {
            Self {
                share_c: Param::from_tensor(Tensor::zeros([clouds], device)),
                mean_cd: Param::from_tensor(Tensor::random([clouds, latent], Distribution::Normal(0.0, 1.0), device)),
                logvar_cd: Param::from_tensor(Tensor::zeros([clouds, latent], device)),
            }
        }

        /// Each row beside each cloud: rows, and the clouds' means and log-variances, all `[n, clouds, latent]`.
        fn beside(&self, x_nd: Tensor<2>) -> [Tensor<3>; 3] {
            let ([n, d], [clouds, _]) = (x_nd.dims(), self.mean_cd.dims());
            let of = |t_cd: Tensor<2>| t_cd.unsqueeze::<3>().expand([n, clouds, d]);
            [x_nd.reshape([n, 1, d]).expand([n, clouds, d]), of(self.mean_cd.val()), of(self.logvar_cd.val())]
        }

        /// ln p(c, z) in nats, shapes `[n, latent]` to `[n, clouds]`.
        fn log_joint(&self, z_nd: Tensor<2>) -> Tensor<2> {
            let (n, clouds) = (z_nd.dims()[0], self.share_c.dims()[0]);
            let [z, mean, logvar] = self.beside(z_nd);
            let density_nc = log_density(z, mean, logvar).sum_dim(2).reshape([n, clouds]);
            density_nc + log_softmax(self.share_c.val().unsqueeze::<2>(), 1)
        }
    }

    /// A VAE and its prior.
    #[derive(Module, Debug)]
    pub struct Vade {
        base: Autoencoder,
        clouds: Clouds,
    }

    impl Method for Vade {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let base = Autoencoder::gaussian(params, data.image, device);
            Self { clouds: Clouds::new(params.usize("clouds"), base.latent, device), base }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.gaussian_code()
        }

        /// The bound of Jiang et al. 2017, "Variational Deep Embedding", equations 12 and 16.
        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let (mean_bd, logvar_bd) = self.base.posterior(batch.x_bp.clone(), None);
            let z_bd = sample(mean_bd.clone(), logvar_bd.clone(), ctx);
            let reconstruction = self.base.reconstruction(batch.x_bp, z_bd.clone(), ctx);
            let joint_bc = self.clouds.log_joint(z_bd);
            let belongs_bc = softmax(joint_bc.clone(), 1);
            let [mean, to_mean, to_logvar] = self.clouds.beside(mean_bd);
            let [logvar, ..] = self.clouds.beside(logvar_bd);
            let ([batch, clouds], latent) = (belongs_bc.dims(), self.base.latent);
            let apart = (mean - to_mean).square() + logvar.clone().exp();
            let kl_bcd = (to_logvar.clone() - logvar + apart * to_logvar.neg().exp() - 1.0) * 0.5;
            let weighed = kl_bcd * belongs_bc.clone().reshape([batch, clouds, 1]).expand([batch, clouds, latent]);
            let kl_d = mean_rows(weighed.sum_dim(1).reshape([batch, latent]));
            let kl = kl_d.clone().sum();
            let against_bc = (belongs_bc.clone() + TINY).log() - log_softmax(self.clouds.share_c.val().unsqueeze::<2>(), 1);
            let choice = (belongs_bc.clone() * against_bc).sum_dim(1).mean();
            let share_c = mean_rows(belongs_bc);
            let groups = (share_c.clone() * (share_c + TINY).log()).sum().neg().exp();
            Terms::new(reconstruction.clone() + ctx.live("beta") * (kl.clone() + choice.clone()))
                .show("reconstruction", reconstruction)
                .show("kl", kl)
                .show("choice", choice)
                .show("groups", groups)
                .kl(kl_d)
        }

        fn encode(&self, batch: Batch) -> Code {
            self.base.encode(batch)
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.base.decode(z_bd))
        }

        fn start(&self, batch: Batch, ctx: &mut Ctx) -> Vec<Named> {
            let [clouds, latent] = self.clouds.mean_cd.dims();
            let mean_cd = k_means(self.base.posterior(batch.x_bp, None).0, clouds, ctx);
            vec![("clouds.mean_cd", mean_cd.reshape([clouds * latent]))]
        }

        fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
            let [clouds, latent] = self.clouds.mean_cd.dims();
            let share_nc = self.clouds.share_c.val().unsqueeze::<2>().expand([n, clouds]) + gumbel_bc([n, clouds], ctx);
            let own_nc = one_hot(share_nc.argmax(1).float(), clouds);
            let of = |t_cd: Tensor<2>| own_nc.clone().matmul(t_cd);
            of(self.clouds.mean_cd.val()) + of((self.clouds.logvar_cd.val() * 0.5).exp()) * ctx.normal([n, latent])
        }

        fn log_weights(&self, batch: Batch, ctx: &mut Ctx) -> Option<Tensor<2>> {
            let n = batch.len();
            let (mean_bd, logvar_bd) = self.base.posterior(batch.x_bp.clone(), None);
            let z_sd = sample_each(mean_bd.clone(), logvar_bd.clone(), IMPORTANCE_SAMPLES, ctx);
            let [mean_sd, logvar_sd] = [mean_bd, logvar_bd].map(|t_bd| repeat_rows(t_bd, IMPORTANCE_SAMPLES));
            let log_q_s = log_density(z_sd.clone(), mean_sd, logvar_sd).sum_dim(1).reshape([n, IMPORTANCE_SAMPLES]);
            let log_p_s = log_sum_exp(self.clouds.log_joint(z_sd.clone())).reshape([n, IMPORTANCE_SAMPLES]);
            Some(self.base.weighed(batch.x_bp, z_sd, log_p_s - log_q_s, ctx).log_weight_bk())
        }
    }
}
