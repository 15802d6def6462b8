//! The choice between the networks.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

pub use super::ends::{Ends, beside};
use super::{conv, mlp};
use latent_vocabulary::NETS;
use latent_vocabulary::Params;
use latent_vocabulary::shape::SampleShape;

/// The convolutional net's dense layers stay this narrow: there, width belongs to the channels.
const CONV_HIDDEN_MAX: usize = 256;

/// Image to what describes its code.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one of it in a model, and Burn's `Module` is not derived through a box")]
pub enum Encoder {
    Mlp(mlp::Encoder),
    Conv(conv::Encoder),
}

/// Code to image logits.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one of it in a model, and Burn's `Module` is not derived through a box")]
pub enum Decoder {
    Mlp(mlp::Decoder),
    Conv(conv::Decoder),
}

/// The encoder that a setup's `net`, `channels` and `hidden` ask for.
pub fn encoder(params: &Params, shape: SampleShape, ends: Ends, device: &Device) -> Encoder {
    let hidden = params.usize("hidden");
    if NETS[params.usize("net")] == "mlp" {
        return Encoder::Mlp(mlp::Encoder::new(shape.len(), hidden, ends, device));
    }
    Encoder::Conv(conv::Encoder::new(shape, params.usize("channels"), hidden.min(CONV_HIDDEN_MAX), ends, device))
}

/// The same, and its decoder for codes of `code` numbers.
pub fn pair(params: &Params, shape: SampleShape, ends: Ends, code: usize, device: &Device) -> (Encoder, Decoder) {
    let (encoder, hidden) = (encoder(params, shape, ends, device), params.usize("hidden"));
    let decoder = match encoder {
        Encoder::Mlp(_) => Decoder::Mlp(mlp::Decoder::new(code, hidden, shape.len(), device)),
        Encoder::Conv(_) => {
            Decoder::Conv(conv::Decoder::new(code, params.usize("channels"), hidden.min(CONV_HIDDEN_MAX), shape, device))
        }
    };
    (encoder, decoder)
}

impl Encoder {
    /// Means and, where there is such a head, log-variances.
    ///
    /// # Shapes
    /// - `x_bp`: `[batch, pixels]`; `side_bs`: `[batch, side]`, there if [`Ends::side`] is not zero
    /// - outputs: `[batch, mean]`, `[batch, logvar]`
    pub fn heads(&self, x_bp: Tensor<2>, side_bs: Option<Tensor<2>>) -> (Tensor<2>, Option<Tensor<2>>) {
        self.heads_of(self.hidden(x_bp, side_bs))
    }

    /// The last hidden layer, behind its activation.
    ///
    /// # Shapes
    /// - `x_bp`, `side_bs`: as in [`Self::heads`]; output: `[batch, hidden]`
    pub fn hidden(&self, x_bp: Tensor<2>, side_bs: Option<Tensor<2>>) -> Tensor<2> {
        match self {
            Self::Mlp(net) => net.hidden(x_bp, side_bs),
            Self::Conv(net) => net.hidden(x_bp, side_bs),
        }
    }

    /// Width of the hidden layer.
    pub fn hidden_width(&self) -> usize {
        let hidden = match self {
            Self::Mlp(net) => &net.hidden,
            Self::Conv(net) => &net.hidden,
        };
        hidden.weight.dims()[1]
    }

    /// [`Self::heads`] from the hidden layer on.
    pub fn heads_of(&self, h_bh: Tensor<2>) -> (Tensor<2>, Option<Tensor<2>>) {
        match self {
            Self::Mlp(net) => net.heads_of(h_bh),
            Self::Conv(net) => net.heads_of(h_bh),
        }
    }
}

impl Decoder {
    /// # Shapes
    /// - `z_bd`: `[batch, latent]`; output: `[batch, pixels]`
    pub fn forward(&self, z_bd: Tensor<2>) -> Tensor<2> {
        self.logits_of(self.hidden(z_bd))
    }

    /// The first hidden layer, behind its activation.
    ///
    /// # Shapes
    /// - `z_bd`: `[batch, latent]`; output: `[batch, hidden]`
    pub fn hidden(&self, z_bd: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Mlp(net) => net.hidden(z_bd),
            Self::Conv(net) => net.hidden(z_bd),
        }
    }

    /// Width of the hidden layer.
    pub fn hidden_width(&self) -> usize {
        let hidden = match self {
            Self::Mlp(net) => &net.hidden,
            Self::Conv(net) => &net.hidden,
        };
        hidden.weight.dims()[1]
    }

    /// [`Self::forward`] from the hidden layer on.
    pub fn logits_of(&self, h_bh: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Mlp(net) => net.logits_of(h_bh),
            Self::Conv(net) => net.logits_of(h_bh),
        }
    }
}
