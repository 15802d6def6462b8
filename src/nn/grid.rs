//! Images to a grid of vectors and back, for methods whose code has places.
//!
//! The convolutional net halves the image until no side is above [`LARGEST_SIDE`]: 28 → 14 → 7, 64 → 32 → 16 → 8. Every
//! place then sees its own neighbourhood. The MLP sees the whole image at once; its [`MLP_PLACES`] are places in name only.

use burn::module::Module;
use burn::nn::conv::{Conv2d, ConvTranspose2d};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

use super::layers::{conv, conv_transpose};
use super::mlp::Decoder as TwoLayers;
use latent_vocabulary::NETS;
use latent_vocabulary::Params;
use latent_vocabulary::shape::SampleShape;

/// Kernel, stride and padding that halve a side exactly.
const HALVE: ([usize; 2], [usize; 2], usize) = ([4, 4], [2, 2], 1);
const LARGEST_SIDE: usize = 8;
const MLP_PLACES: Grid = Grid { height: 2, width: 4 };
/// No layer has fewer channels, unless all have.
const LEAST_WIDTH: usize = 8;

/// Places of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    pub height: usize,
    pub width: usize,
}

impl Grid {
    pub fn places(self) -> usize {
        self.height * self.width
    }
}

/// Channels, height and width from the image to the grid. The last has `width` channels, each before it half as many.
fn stages(image: SampleShape, width: usize) -> Vec<SampleShape> {
    let mut sides = vec![(image.height, image.width)];
    let mut last = sides[0];
    while last.0.max(last.1) > LARGEST_SIDE && last.0 % 2 == 0 && last.1 % 2 == 0 {
        last = (last.0 / 2, last.1 / 2);
        sides.push(last);
    }
    let n = sides.len();
    let channels = |i: usize| if i == 0 { image.channels } else { (width >> (n - 1 - i)).max(LEAST_WIDTH.min(width)) };
    sides
        .iter()
        .enumerate()
        .map(|(i, (height, width))| SampleShape { channels: channels(i), height: *height, width: *width })
        .collect()
}

/// Image to one vector a place.
#[derive(Module, Debug)]
pub struct Encoder {
    net: EncoderNet,
    #[module(skip)]
    image: SampleShape,
    #[module(skip)]
    dim: usize,
}

#[derive(Module, Debug)]
enum EncoderNet {
    Mlp(TwoLayers),
    Conv(ConvEncoder),
}

#[derive(Module, Debug)]
struct ConvEncoder {
    convs: Vec<Conv2d>,
    /// To `dim` channels, place by place.
    out: Conv2d,
}

/// One vector a place to image logits.
#[derive(Module, Debug)]
pub struct Decoder {
    net: DecoderNet,
    #[module(skip)]
    image: SampleShape,
    #[module(skip)]
    grid: Grid,
    #[module(skip)]
    dim: usize,
}

#[derive(Module, Debug)]
enum DecoderNet {
    Mlp(TwoLayers),
    Conv(ConvDecoder),
}

#[derive(Module, Debug)]
struct ConvDecoder {
    /// Lets neighbouring places see each other.
    mix: Conv2d,
    convs: Vec<ConvTranspose2d>,
}

/// The pair that a setup's `net`, `hidden` and `width` ask for, with `dim` numbers at each place, and the grid.
pub fn pair(params: &Params, image: SampleShape, dim: usize, device: &Device) -> (Encoder, Decoder, Grid) {
    let (encoder, decoder, grid) = if NETS[params.usize("net")] == "mlp" {
        let (code, hidden) = (MLP_PLACES.places() * dim, params.usize("hidden"));
        let encoder = EncoderNet::Mlp(TwoLayers::new(image.len(), hidden, code, device));
        (encoder, DecoderNet::Mlp(TwoLayers::new(code, hidden, image.len(), device)), MLP_PLACES)
    } else {
        let stages = stages(image, params.usize("width"));
        let last = stages[stages.len() - 1];
        let encoder = EncoderNet::Conv(ConvEncoder::new(&stages, dim, device));
        (encoder, DecoderNet::Conv(ConvDecoder::new(&stages, dim, device)), Grid { height: last.height, width: last.width })
    };
    (Encoder { net: encoder, image, dim }, Decoder { net: decoder, image, grid, dim }, grid)
}

impl Encoder {
    /// # Shapes
    /// - `x_bp`: `[batch, channels * height * width]`; output: `[batch * places, dim]`, places in raster order
    pub fn forward(&self, x_bp: Tensor<2>) -> Tensor<2> {
        let [batch, _] = x_bp.dims();
        let SampleShape { channels, height, width } = self.image;
        match &self.net {
            EncoderNet::Mlp(net) => net.forward(x_bp).reshape([batch * MLP_PLACES.places(), self.dim]),
            EncoderNet::Conv(net) => {
                let mut h_bchw = x_bp.reshape([batch, channels, height, width]);
                for conv in &net.convs {
                    h_bchw = relu(conv.forward(h_bchw));
                }
                rows(net.out.forward(h_bchw))
            }
        }
    }
}

impl Decoder {
    /// # Shapes
    /// - `z_nd`: `[batch * places, dim]`; output: `[batch, channels * height * width]`
    pub fn forward(&self, z_nd: Tensor<2>) -> Tensor<2> {
        let places = self.grid.places();
        let batch = z_nd.dims()[0] / places;
        match &self.net {
            DecoderNet::Mlp(net) => net.forward(z_nd.reshape([batch, places * self.dim])),
            DecoderNet::Conv(net) => {
                let mut h_bchw = net.mix.forward(maps(z_nd, self.grid));
                for conv in &net.convs {
                    h_bchw = conv.forward(relu(h_bchw));
                }
                h_bchw.reshape([batch, self.image.len()])
            }
        }
    }
}

impl ConvEncoder {
    fn new(stages: &[SampleShape], dim: usize, device: &Device) -> Self {
        let (kernel, stride, pad) = HALVE;
        let halve = |pair: &[SampleShape]| conv([pair[0].channels, pair[1].channels], kernel, stride, [pad; 4], device);
        let width = stages[stages.len() - 1].channels;
        Self { convs: stages.windows(2).map(halve).collect(), out: conv([width, dim], [1, 1], [1, 1], [0; 4], device) }
    }
}

impl ConvDecoder {
    fn new(stages: &[SampleShape], dim: usize, device: &Device) -> Self {
        let (kernel, stride, pad) = HALVE;
        let double = |pair: &[SampleShape]| conv_transpose([pair[1].channels, pair[0].channels], kernel, stride, [pad; 2], device);
        let width = stages[stages.len() - 1].channels;
        let mix = conv([dim, width], [3, 3], [1, 1], [1; 4], device);
        Self { mix, convs: stages.windows(2).rev().map(double).collect() }
    }
}

/// `[batch, channels, height, width]` to `[batch * height * width, channels]`.
pub fn rows(x_bchw: Tensor<4>) -> Tensor<2> {
    let [batch, channels, height, width] = x_bchw.dims();
    x_bchw.permute([0, 2, 3, 1]).reshape([batch * height * width, channels])
}

/// `[batch * height * width, channels]` to `[batch, channels, height, width]`.
pub fn maps(x_nc: Tensor<2>, grid: Grid) -> Tensor<4> {
    let [n, channels] = x_nc.dims();
    x_nc.reshape([n / grid.places(), grid.height, grid.width, channels]).permute([0, 3, 1, 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_halve_down_to_the_grid() {
        let sides = |image, width| stages(image, width).iter().map(|s| (s.channels, s.height)).collect::<Vec<_>>();
        assert_eq!(sides(SampleShape::MNIST, 32), [(1, 28), (16, 14), (32, 7)]);
        let colour = SampleShape { channels: 3, height: 64, width: 64 };
        assert_eq!(sides(colour, 32), [(3, 64), (8, 32), (16, 16), (32, 8)]);
        assert_eq!(sides(SampleShape::MNIST, 4), [(1, 28), (4, 14), (4, 7)]);
    }
}
