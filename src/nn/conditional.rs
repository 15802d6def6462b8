//! A VAE whose encoder and decoder are both told something (Sohn, Lee & Yan 2015): the encoder at its first dense layer, the decoder behind
//! the code. What they are told is the method's.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::autoencoder::{Autoencoder, CERTAIN};
use super::digits::row;
use super::gaussian::{kl_bd, mean_rows, sample_each};
use super::method::IMPORTANCE_SAMPLES;
use super::net::{Ends, beside};
use super::told::told;
use super::{Code, Ctx, Terms};
use latent_vocabulary::Params;
use latent_vocabulary::code::CodeGroup;
use latent_vocabulary::factors::FactorList;
use latent_vocabulary::shape::SampleShape;

/// It, but for what is told: tensors called `told` have shape `[batch, numbers]`.
#[derive(Module, Debug)]
pub struct Conditional {
    base: Autoencoder,
    #[module(skip)]
    told: usize,
}

impl Conditional {
    /// For so many numbers that are told.
    pub fn new(params: &Params, shape: SampleShape, told: usize, device: &Device) -> Self {
        let latent = params.usize("latent");
        let ends = Ends { side: told, mean: latent, logvar: Some(latent) };
        Self { base: Autoencoder::with_ends(params, shape, ends, latent + told, device), told }
    }

    /// [`super::Method::code`], with what is told behind it.
    pub fn code(&self, told: impl IntoIterator<Item = CodeGroup>) -> Vec<CodeGroup> {
        self.base.gaussian_code().into_iter().chain(told).collect()
    }

    /// [`super::Method::terms`] of a card with the live parameter `beta`, and the mean codes, `[batch, latent]`.
    pub fn terms(&self, x_bp: Tensor<2>, told_bt: Tensor<2>, ctx: &mut Ctx) -> (Terms, Tensor<2>) {
        let (mean_bd, logvar_bd) = self.base.posterior(x_bp.clone(), Some(told_bt.clone()));
        let z_bd = sample_each(mean_bd.clone(), logvar_bd.clone(), 1, ctx);
        let reconstruction = self.base.reconstruction(x_bp, beside(z_bd, Some(told_bt)), ctx);
        let kl_d = mean_rows(kl_bd(mean_bd.clone(), logvar_bd));
        let kl = kl_d.clone().sum();
        // What is given costs nothing.
        let free_t = Tensor::zeros([self.told], &ctx.device());
        let terms = Terms::new(reconstruction.clone() + ctx.live("beta") * kl.clone())
            .show("reconstruction", reconstruction)
            .show("kl", kl)
            .kl(Tensor::cat(vec![kl_d, free_t], 0));
        (terms, mean_bd)
    }

    /// [`super::Method::encode`].
    pub fn encode(&self, x_bp: Tensor<2>, told_bt: Tensor<2>) -> Code {
        let (mean_bd, logvar_bd) = self.base.posterior(x_bp, Some(told_bt.clone()));
        let known_bt = told_bt.zeros_like() + CERTAIN;
        Code { mean_bd: beside(mean_bd, Some(told_bt)), logvar_bd: Some(beside(logvar_bd, Some(known_bt))) }
    }

    /// [`super::Method::decode`].
    pub fn decode(&self, z_bd: Tensor<2>) -> Tensor<2> {
        self.base.decode(z_bd)
    }

    /// [`super::Method::prior`] of `n`, each with what `told` draws, behind the code's own noise.
    pub fn prior(&self, n: usize, ctx: &mut Ctx, told: impl FnOnce(&mut Ctx) -> Tensor<2>) -> Tensor<2> {
        let z_nd = ctx.normal([n, self.base.latent]);
        let told_nt = told(ctx);
        beside(z_nd, Some(told_nt))
    }

    /// [`super::Method::log_weights`], of p(x | what is told).
    pub fn log_weights(&self, x_bp: Tensor<2>, told_bt: Tensor<2>, ctx: &mut Ctx) -> Tensor<2> {
        let posterior = self.base.posterior(x_bp.clone(), Some(told_bt.clone()));
        let z_sd = sample_each(posterior.0.clone(), posterior.1.clone(), IMPORTANCE_SAMPLES, ctx);
        self.base.importance(x_bp, posterior, z_sd, Some(told_bt), ctx).log_weight_bk()
    }
}

/// Factors of `n` samples, each value of each as likely as any other, as [`told`].
pub fn uniform(n: usize, factors: &FactorList, ctx: &mut Ctx) -> Tensor<2> {
    let sizes = factors.iter().map(|factor| f32::from(factor.size));
    let drawn_nk = (ctx.uniform([n, factors.len()]) * row(sizes, &ctx.device())).floor();
    told(drawn_nk, factors)
}
