//! Strided convolutions with a dense layer before the code, and their mirror image.
//!
//! Every convolution has kernel 4, stride 2 and padding 1, so each halves the side exactly: 28 → 14 → 7 and
//! 64 → 32 → 16 → 8 → 4, while channels double, from 32 on where nothing else is said. There is no normalisation: a batch of one must train as well.

use burn::module::Module;
use burn::nn::Linear;
use burn::nn::conv::{Conv2d, ConvTranspose2d};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

use super::ends::{Ends, beside};
use super::layers::{conv, conv_transpose, linear};
use latent_vocabulary::shape::SampleShape;

const KERNEL: [usize; 2] = [4, 4];
const STRIDE: [usize; 2] = [2, 2];
const PAD: usize = 1;
/// No convolution makes an image smaller than this.
const LEAST_SIDE: usize = 4;

/// Channels, height and width after each convolution, the image itself first. The first convolution makes `first` channels.
fn stages(shape: SampleShape, first: usize) -> Vec<SampleShape> {
    let mut stages = vec![shape];
    let mut last = shape;
    while last.height.is_multiple_of(2) && last.width.is_multiple_of(2) && last.height.min(last.width) >= 2 * LEAST_SIDE {
        let channels = if stages.len() == 1 { first } else { 2 * last.channels };
        last = SampleShape { channels, height: last.height / 2, width: last.width / 2 };
        stages.push(last);
    }
    stages
}

/// Image to what describes its code.
#[derive(Module, Debug)]
pub struct Encoder {
    convs: Vec<Conv2d>,
    pub(super) hidden: Linear,
    mean: Linear,
    logvar: Option<Linear>,
    #[module(skip)]
    shape: SampleShape,
}

impl Encoder {
    pub fn new(shape: SampleShape, channels: usize, hidden: usize, ends: Ends, device: &Device) -> Self {
        let stages = stages(shape, channels);
        let flat = stages[stages.len() - 1].len();
        let halve = |pair: &[SampleShape]| conv([pair[0].channels, pair[1].channels], KERNEL, STRIDE, [PAD; 4], device);
        Self {
            convs: stages.windows(2).map(halve).collect(),
            hidden: linear(flat + ends.side, hidden, device),
            mean: linear(hidden, ends.mean, device),
            logvar: ends.logvar.map(|width| linear(hidden, width, device)),
            shape,
        }
    }

    /// [`super::net::Encoder::hidden`].
    pub fn hidden(&self, x_bp: Tensor<2>, side_bs: Option<Tensor<2>>) -> Tensor<2> {
        let [batch, _] = x_bp.dims();
        let SampleShape { channels, height, width } = self.shape;
        let mut x_bchw = x_bp.reshape([batch, channels, height, width]);
        for conv in &self.convs {
            x_bchw = relu(conv.forward(x_bchw));
        }
        let flat = x_bchw.dims()[1..].iter().product();
        relu(self.hidden.forward(beside(x_bchw.reshape([batch, flat]), side_bs)))
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
    spread: Linear,
    convs: Vec<ConvTranspose2d>,
    /// What `spread` is folded into.
    #[module(skip)]
    innermost: SampleShape,
    #[module(skip)]
    shape: SampleShape,
}

impl Decoder {
    pub fn new(latent: usize, channels: usize, hidden: usize, shape: SampleShape, device: &Device) -> Self {
        let mut stages = stages(shape, channels);
        stages.reverse();
        let double = |pair: &[SampleShape]| conv_transpose([pair[0].channels, pair[1].channels], KERNEL, STRIDE, [PAD; 2], device);
        Self {
            hidden: linear(latent, hidden, device),
            spread: linear(hidden, stages[0].len(), device),
            convs: stages.windows(2).map(double).collect(),
            innermost: stages[0],
            shape,
        }
    }

    /// [`super::net::Decoder::hidden`].
    pub fn hidden(&self, z_bd: Tensor<2>) -> Tensor<2> {
        relu(self.hidden.forward(z_bd))
    }

    /// [`super::net::Decoder::logits_of`].
    pub fn logits_of(&self, h_bh: Tensor<2>) -> Tensor<2> {
        let [batch, _] = h_bh.dims();
        let SampleShape { channels, height, width } = self.innermost;
        let h_bf = self.spread.forward(h_bh);
        let mut x_bchw = h_bf.reshape([batch, channels, height, width]);
        for conv in &self.convs {
            x_bchw = conv.forward(relu(x_bchw));
        }
        x_bchw.reshape([batch, self.shape.len()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_halve_down_to_an_odd_or_small_side() {
        let sides = |shape, first| stages(shape, first).iter().map(|s| (s.channels, s.height)).collect::<Vec<_>>();
        assert_eq!(sides(SampleShape::MNIST, 32), [(1, 28), (32, 14), (64, 7)]);
        let colour = SampleShape { channels: 3, height: 64, width: 64 };
        assert_eq!(sides(colour, 16), [(3, 64), (16, 32), (32, 16), (64, 8), (128, 4)]);
    }
}
