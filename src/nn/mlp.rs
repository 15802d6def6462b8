//! One hidden layer each way, as in the original VAE paper.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

use super::ends::{Ends, beside};
use super::layers::linear;

/// Image to what describes its code.
#[derive(Module, Debug)]
pub struct Encoder {
    pub(super) hidden: Linear,
    mean: Linear,
    logvar: Option<Linear>,
}

impl Encoder {
    pub fn new(pixels: usize, hidden: usize, ends: Ends, device: &Device) -> Self {
        Self {
            hidden: linear(pixels + ends.side, hidden, device),
            mean: linear(hidden, ends.mean, device),
            logvar: ends.logvar.map(|width| linear(hidden, width, device)),
        }
    }

    /// [`super::net::Encoder::hidden`].
    pub fn hidden(&self, x_bp: Tensor<2>, side_bs: Option<Tensor<2>>) -> Tensor<2> {
        relu(self.hidden.forward(beside(x_bp, side_bs)))
    }

    /// [`super::net::Encoder::heads_of`].
    pub fn heads_of(&self, h_bh: Tensor<2>) -> (Tensor<2>, Option<Tensor<2>>) {
        (self.mean.forward(h_bh.clone()), self.logvar.as_ref().map(|head| head.forward(h_bh)))
    }
}

/// Code to image logits.
#[derive(Module, Debug)]
pub struct Decoder {
    pub(super) hidden: Linear,
    out: Linear,
}

impl Decoder {
    pub fn new(latent: usize, hidden: usize, pixels: usize, device: &Device) -> Self {
        Self { hidden: linear(latent, hidden, device), out: linear(hidden, pixels, device) }
    }

    /// # Shapes
    /// - `z_bd`: `[batch, latent]`; output: `[batch, pixels]`
    pub fn forward(&self, z_bd: Tensor<2>) -> Tensor<2> {
        self.logits_of(self.hidden(z_bd))
    }

    /// [`super::net::Decoder::hidden`].
    pub fn hidden(&self, z_bd: Tensor<2>) -> Tensor<2> {
        relu(self.hidden.forward(z_bd))
    }

    /// [`super::net::Decoder::logits_of`].
    pub fn logits_of(&self, h_bh: Tensor<2>) -> Tensor<2> {
        self.out.forward(h_bh)
    }
}
