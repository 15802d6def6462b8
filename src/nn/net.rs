//! The choice between the networks, for methods with a Gaussian posterior.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::{ImageShape, conv, mlp};
use crate::spec::{NETS, Setup};

/// The convolutional net's dense layers stay this narrow: there, width belongs to the channels.
const CONV_HIDDEN_MAX: usize = 256;

/// Image to Gaussian posterior.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant)]
pub enum Encoder {
    Mlp(mlp::Encoder),
    Conv(conv::Encoder),
}

/// Code to image logits.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant)]
pub enum Decoder {
    Mlp(mlp::Decoder),
    Conv(conv::Decoder),
}

/// The pair that a setup's `net`, `hidden` and `latent` ask for.
pub fn pair(setup: &Setup, shape: ImageShape, device: &Device) -> (Encoder, Decoder) {
    let (hidden, latent) = (setup.usize("hidden"), setup.usize("latent"));
    if NETS[setup.usize("net")] == "mlp" {
        let encoder = mlp::Encoder::new(shape.len(), hidden, latent, device);
        (Encoder::Mlp(encoder), Decoder::Mlp(mlp::Decoder::new(latent, hidden, shape.len(), device)))
    } else {
        let hidden = hidden.min(CONV_HIDDEN_MAX);
        let encoder = conv::Encoder::new(shape, hidden, latent, device);
        (Encoder::Conv(encoder), Decoder::Conv(conv::Decoder::new(latent, hidden, shape, device)))
    }
}

impl Encoder {
    /// Posterior mean and log-variance.
    ///
    /// # Shapes
    /// - `x_bp`: `[batch, pixels]`; both outputs: `[batch, latent]`
    pub fn forward(&self, x_bp: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        match self {
            Self::Mlp(net) => net.forward(x_bp),
            Self::Conv(net) => net.forward(x_bp),
        }
    }
}

impl Decoder {
    /// # Shapes
    /// - `z_bd`: `[batch, latent]`; output: `[batch, pixels]`
    pub fn forward(&self, z_bd: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Mlp(net) => net.forward(z_bd),
            Self::Conv(net) => net.forward(z_bd),
        }
    }
}
