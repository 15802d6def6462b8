//! Diagonal Gaussians: samples, divergences, densities.

use burn::tensor::Tensor;

use super::Ctx;

/// ln 2π
const LOG_TAU: f64 = 1.837_877_066_409_345_3;

/// A sample of N(mean, e^logvar) that gradients pass through (Kingma & Welling 2013, section 2.4). Shapes `[batch, latent]`.
pub fn sample(mean_bd: Tensor<2>, logvar_bd: Tensor<2>, ctx: &mut Ctx) -> Tensor<2> {
    let eps_bd = ctx.normal(mean_bd.dims());
    mean_bd + (logvar_bd * 0.5).exp() * eps_bd
}

/// `samples` of them for each image, shape `[batch * samples, latent]`, those of one image side by side.
pub fn sample_each(mean_bd: Tensor<2>, logvar_bd: Tensor<2>, samples: usize, ctx: &mut Ctx) -> Tensor<2> {
    sample(repeat_rows(mean_bd, samples), repeat_rows(logvar_bd, samples), ctx)
}

/// KL(N(mean, e^logvar) ‖ N(0, 1)) of each image and latent in nats, shape `[batch, latent]`.
pub fn kl_bd(mean_bd: Tensor<2>, logvar_bd: Tensor<2>) -> Tensor<2> {
    (mean_bd.square() + logvar_bd.clone().exp() - logvar_bd - 1.0) * 0.5
}

/// KL(N(mean, e^logvar) ‖ N(mean′, e^logvar′)) of each image and latent in nats, of two posteriors' means and log-variances, shape `[batch, latent]`.
pub fn kl_between((mean_bd, logvar_bd): (Tensor<2>, Tensor<2>), (to_mean_bd, to_logvar_bd): (Tensor<2>, Tensor<2>)) -> Tensor<2> {
    let more_bd = logvar_bd - to_logvar_bd.clone();
    let apart_bd = (mean_bd - to_mean_bd).square() * to_logvar_bd.neg().exp();
    (apart_bd + more_bd.clone().exp() - more_bd - 1.0) * 0.5
}

/// ln N(z; mean, e^logvar) in nats, element by element.
pub fn log_density<const D: usize>(z: Tensor<D>, mean: Tensor<D>, logvar: Tensor<D>) -> Tensor<D> {
    let square = (z - mean).square() * logvar.clone().neg().exp();
    (square + logvar + LOG_TAU) * -0.5
}

/// ln N(z; 0, 1) of each latent in nats, shape `[batch, latent]`.
pub fn log_standard_bd(z_bd: Tensor<2>) -> Tensor<2> {
    (z_bd.square() + LOG_TAU) * -0.5
}

/// Each row `times` times, copies side by side: shape `[batch, width]` to `[batch * times, width]`.
pub fn repeat_rows(x_bw: Tensor<2>, times: usize) -> Tensor<2> {
    let [batch, width] = x_bw.dims();
    x_bw.reshape([batch, 1, width]).expand([batch, times, width]).reshape([batch * times, width])
}

/// Mean over the batch, shape `[width]`.
pub fn mean_rows(x_bw: Tensor<2>) -> Tensor<1> {
    let [_, width] = x_bw.dims();
    x_bw.mean_dim(0).reshape([width])
}
