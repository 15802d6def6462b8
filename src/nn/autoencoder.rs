//! What all autoencoders with one vector as their code share: the networks, the likelihood, and the functions that need
//! nothing else.
//!
//! A method keeps one in a field called `base`, which the names of weights leave out.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::gaussian::{self, kl_bd, log_density, log_standard_bd, mean_rows, repeat_rows, sample_each};
use super::likelihood::Likelihood;
use super::method::IMPORTANCE_SAMPLES;
use super::net::{self, Decoder, Encoder, Ends};
use super::{Batch, Code, Ctx, Terms, stop_gradient};
use latent_vocabulary::Params;
use latent_vocabulary::code::{CodeGroup, CodeKind};
use latent_vocabulary::shape::SampleShape;

/// Encoder, decoder and likelihood.
#[derive(Module, Debug)]
pub struct Autoencoder {
    pub encoder: Encoder,
    pub decoder: Decoder,
    pub likelihood: Likelihood,
    #[module(skip)]
    pub latent: usize,
}

/// A Gaussian posterior and one sample of it, decoded.
pub struct Pass {
    /// Shapes `[batch, latent]`.
    pub mean_bd: Tensor<2>,
    pub logvar_bd: Tensor<2>,
    pub z_bd: Tensor<2>,
    /// −ln p(x | z) in nats an image, mean over the batch, shape `[1]`.
    pub reconstruction: Tensor<1>,
    /// KL of each latent to N(0, 1) in nats, mean over the batch, shape `[latent]`.
    pub kl_d: Tensor<1>,
}

/// Importance weights of posterior samples: ln p(x, z) − ln q(z | x) in nats is `relative_bk + base_b`.
///
/// Apart, because the samples of one image differ by a few nats in hundreds: what they share would drown the difference in
/// rounding, and the weights with it.
pub struct Importance {
    /// Shape `[batch, samples]`.
    pub relative_bk: Tensor<2>,
    /// Mean of ln p(x | z) over the samples of each image, a constant to differentiation, shape `[batch]`.
    pub base_b: Tensor<1>,
}

impl Importance {
    /// ln p(x, z) − ln q(z | x) in nats, shape `[batch, samples]`.
    pub fn log_weight_bk(self) -> Tensor<2> {
        let [batch, samples] = self.relative_bk.dims();
        self.relative_bk + self.base_b.reshape([batch, 1]).expand([batch, samples])
    }
}

/// Logarithm of the variance of a number that is known rather than guessed: a label beside a Gaussian code.
pub const CERTAIN: f64 = -20.0;

impl Autoencoder {
    /// With other ends than one of the two below, and codes of `code` numbers.
    pub fn with_ends(params: &Params, shape: SampleShape, ends: Ends, code: usize, device: &Device) -> Self {
        let (encoder, decoder) = net::pair(params, shape, ends, code, device);
        let latent = ends.logvar.unwrap_or(ends.mean);
        Self { encoder, decoder, likelihood: Likelihood::new(params, shape, device), latent }
    }

    /// The encoder gives a Gaussian posterior of `latent` numbers.
    pub fn gaussian(params: &Params, shape: SampleShape, device: &Device) -> Self {
        let latent = params.usize("latent");
        Self::with_ends(params, shape, Ends { side: 0, mean: latent, logvar: Some(latent) }, latent, device)
    }

    /// The encoder gives a point of `latent` numbers.
    pub fn deterministic(params: &Params, shape: SampleShape, device: &Device) -> Self {
        let latent = params.usize("latent");
        Self::with_ends(params, shape, Ends { side: 0, mean: latent, logvar: None }, latent, device)
    }

    /// Means and log-variances, shapes `[batch, latent]`.
    ///
    /// # Panics
    /// If the encoder has no variances: a mistake in the method's own code.
    pub fn posterior(&self, x_bp: Tensor<2>, side_bs: Option<Tensor<2>>) -> (Tensor<2>, Tensor<2>) {
        let (mean_bd, logvar_bd) = self.encoder.heads(x_bp, side_bs);
        (mean_bd, logvar_bd.expect("the encoder was made with variances"))
    }

    /// What a deterministic encoder gives, shape `[batch, latent]`.
    pub fn point(&self, x_bp: Tensor<2>) -> Tensor<2> {
        self.encoder.heads(x_bp, None).0
    }

    /// −ln p(x | z) in nats an image, mean over the batch, shape `[1]`.
    pub fn reconstruction(&self, x_bp: Tensor<2>, z_bd: Tensor<2>, ctx: &Ctx) -> Tensor<1> {
        self.likelihood.nll_b(x_bp, self.decoder.forward(z_bd), ctx).mean()
    }

    /// One sample of the posterior of each image, decoded.
    pub fn pass(&self, x_bp: Tensor<2>, ctx: &mut Ctx) -> Pass {
        let (mean_bd, logvar_bd) = self.posterior(x_bp.clone(), None);
        let z_bd = gaussian::sample(mean_bd.clone(), logvar_bd.clone(), ctx);
        let reconstruction = self.reconstruction(x_bp, z_bd.clone(), ctx);
        let kl_d = mean_rows(kl_bd(mean_bd.clone(), logvar_bd.clone()));
        Pass { mean_bd, logvar_bd, z_bd, reconstruction, kl_d }
    }

    /// [`super::Method::code`] with a Gaussian posterior.
    pub fn gaussian_code(&self) -> Vec<CodeGroup> {
        vec![CodeGroup { kind: CodeKind::Gaussian, count: self.latent as u32 }]
    }

    /// [`super::Method::code`] of a deterministic encoder.
    pub fn point_code(&self) -> Vec<CodeGroup> {
        vec![CodeGroup { kind: CodeKind::Point, count: self.latent as u32 }]
    }

    /// [`super::Method::encode`] where nothing but the image goes into the encoder and nothing follows it.
    pub fn encode(&self, batch: Batch) -> Code {
        let (mean_bd, logvar_bd) = self.encoder.heads(batch.x_bp, None);
        Code { mean_bd, logvar_bd }
    }

    /// [`super::Method::decode`].
    pub fn decode(&self, z_bd: Tensor<2>) -> Tensor<2> {
        self.likelihood.mean(self.decoder.forward(z_bd))
    }

    /// How well posterior samples explain their images, under the prior N(0, I).
    ///
    /// # Shapes
    /// - means and log-variances of `posterior`: `[batch, latent]`; `z_sd`: `[batch * samples, latent]`, those of one image side by side
    /// - `side_bs`: `[batch, side]`, decoded behind each sample
    pub fn importance(
        &self,
        x_bp: Tensor<2>,
        posterior: (Tensor<2>, Tensor<2>),
        z_sd: Tensor<2>,
        side_bs: Option<Tensor<2>>,
        ctx: &Ctx,
    ) -> Importance {
        let samples = z_sd.dims()[0] / x_bp.dims()[0];
        let side_ss = side_bs.map(|t_bs| repeat_rows(t_bs, samples));
        let ratio_bk = Self::ratio_bk(&z_sd, posterior);
        self.weighed(x_bp, net::beside(z_sd, side_ss), ratio_bk, ctx)
    }

    /// ln N(z; 0, I) − ln q(z | x) of posterior samples in nats.
    ///
    /// # Shapes
    /// - `z_sd`: `[batch * samples, latent]`, those of one image side by side; means and log-variances of the posterior: `[batch, latent]`
    /// - output: `[batch, samples]`
    pub fn ratio_bk(z_sd: &Tensor<2>, (mean_bd, logvar_bd): (Tensor<2>, Tensor<2>)) -> Tensor<2> {
        let (batch, rows) = (mean_bd.dims()[0], z_sd.dims()[0]);
        let samples = rows / batch;
        let log_q_sd = log_density(z_sd.clone(), repeat_rows(mean_bd, samples), repeat_rows(logvar_bd, samples));
        (log_standard_bd(z_sd.clone()) - log_q_sd).sum_dim(1).reshape([batch, samples])
    }

    /// The same of samples that are decoded as they are, of which `ln p(z) − ln q(z | x)` is known.
    ///
    /// # Shapes
    /// - `x_bp`: `[batch, pixels]`; `z_sd`: `[batch * samples, numbers]`; `ratio_bk`: `[batch, samples]`
    pub fn weighed(&self, x_bp: Tensor<2>, z_sd: Tensor<2>, ratio_bk: Tensor<2>, ctx: &Ctx) -> Importance {
        self.judged(x_bp, self.decoder.forward(z_sd), ratio_bk, ctx)
    }

    /// The same of what they are decoded to, `[batch * samples, pixels]`.
    pub fn judged(&self, x_bp: Tensor<2>, logits_sp: Tensor<2>, ratio_bk: Tensor<2>, ctx: &Ctx) -> Importance {
        judged(&self.likelihood, x_bp, logits_sp, ratio_bk, ctx)
    }

    /// [`super::Method::log_weights`] of a Gaussian posterior and the prior N(0, I).
    pub fn log_weights(&self, batch: Batch, ctx: &mut Ctx) -> Tensor<2> {
        let (mean_bd, logvar_bd) = self.posterior(batch.x_bp.clone(), None);
        let z_sd = sample_each(mean_bd.clone(), logvar_bd.clone(), IMPORTANCE_SAMPLES, ctx);
        self.importance(batch.x_bp, (mean_bd, logvar_bd), z_sd, None, ctx).log_weight_bk()
    }
}

/// [`Autoencoder::judged`] of any decoder.
fn judged(likelihood: &Likelihood, x_bp: Tensor<2>, logits_sp: Tensor<2>, ratio_bk: Tensor<2>, ctx: &Ctx) -> Importance {
    let ([batch, pixels], [_, samples]) = (x_bp.dims(), ratio_bk.dims());
    let nll_bkp = likelihood.nll_bp(repeat_rows(x_bp, samples), logits_sp, ctx).reshape([batch, samples, pixels]);
    let shared_b1p = stop_gradient(nll_bkp.clone().mean_dim(1));
    let own_bk = (nll_bkp - shared_b1p.clone()).sum_dim(2).reshape([batch, samples]);
    Importance { relative_bk: ratio_bk - own_bk, base_b: shared_b1p.sum_dim(2).reshape([batch]).neg() }
}

/// The negative ELBO of a card with the live parameter `beta`, of a posterior's KL by image and latent, `[batch, latent]`.
pub fn elbo(reconstruction: Tensor<1>, kl_bd: Tensor<2>, ctx: &Ctx) -> Terms {
    let kl_d = mean_rows(kl_bd);
    let kl = kl_d.clone().sum();
    Terms::new(reconstruction.clone() + ctx.live("beta") * kl.clone())
        .show("reconstruction", reconstruction)
        .show("kl", kl)
        .kl(kl_d)
}

/// [`super::Method::log_weights`] of a Gaussian posterior's mean and log-variance, the prior N(0, I) and any decoder: `logits` are those of samples,
/// `[batch * samples, latent]` to `[batch * samples, pixels]`, those of one image side by side.
pub fn log_weights(
    likelihood: &Likelihood,
    x_bp: Tensor<2>,
    (mean_bd, logvar_bd): (Tensor<2>, Tensor<2>),
    logits: impl FnOnce(Tensor<2>) -> Tensor<2>,
    ctx: &mut Ctx,
) -> Tensor<2> {
    let z_sd = sample_each(mean_bd.clone(), logvar_bd.clone(), IMPORTANCE_SAMPLES, ctx);
    let ratio_bk = Autoencoder::ratio_bk(&z_sd, (mean_bd, logvar_bd));
    judged(likelihood, x_bp, logits(z_sd), ratio_bk, ctx).log_weight_bk()
}
