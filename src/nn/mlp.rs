//! One hidden layer each way, as in the original VAE paper.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

/// Image to Gaussian posterior.
#[derive(Module, Debug)]
pub struct Encoder {
    hidden: Linear,
    mean: Linear,
    logvar: Linear,
}

impl Encoder {
    pub fn new(pixels: usize, hidden: usize, latent: usize, device: &Device) -> Self {
        Self {
            hidden: LinearConfig::new(pixels, hidden).init(device),
            mean: LinearConfig::new(hidden, latent).init(device),
            logvar: LinearConfig::new(hidden, latent).init(device),
        }
    }

    /// Posterior mean and log-variance.
    ///
    /// # Shapes
    /// - `x_bp`: `[batch, pixels]`; both outputs: `[batch, latent]`
    pub fn forward(&self, x_bp: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let h_bh = relu(self.hidden.forward(x_bp));
        (self.mean.forward(h_bh.clone()), self.logvar.forward(h_bh))
    }
}

/// Code to image logits.
#[derive(Module, Debug)]
pub struct Decoder {
    hidden: Linear,
    out: Linear,
}

impl Decoder {
    pub fn new(latent: usize, hidden: usize, pixels: usize, device: &Device) -> Self {
        Self { hidden: LinearConfig::new(latent, hidden).init(device), out: LinearConfig::new(hidden, pixels).init(device) }
    }

    /// # Shapes
    /// - `z_bd`: `[batch, latent]`; output: `[batch, pixels]`
    pub fn forward(&self, z_bd: Tensor<2>) -> Tensor<2> {
        self.out.forward(relu(self.hidden.forward(z_bd)))
    }
}
