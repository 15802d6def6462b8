//! Burn's layers with Burn's own initial weights: uniform in ±1/√n, where n numbers meet in one of what a layer makes.
//!
//! They are put together here instead of by Burn's configurations: those bring every initialiser that Burn has, orthogonal ones
//! with their matrix decomposition, and conversions between all types of numbers, into the first download.

use burn::module::Param;
use burn::nn::conv::{Conv2d, ConvTranspose2d};
use burn::nn::{Linear, PaddingConfig2d};
use burn::tensor::{Device, Distribution, Tensor};

fn drawn<const D: usize>(shape: [usize; D], meeting: usize, device: &Device) -> Param<Tensor<D>> {
    let bound = (meeting as f64).sqrt().recip();
    Param::from_tensor(Tensor::random(shape, Distribution::Uniform(-bound, bound), device))
}

/// A dense layer, `[batch, inputs]` to `[batch, outputs]`.
pub fn linear(inputs: usize, outputs: usize, device: &Device) -> Linear {
    let weight = drawn([inputs, outputs], inputs, device);
    Linear { weight, bias: Some(drawn([outputs], inputs, device)) }
}

/// A dense layer without a bias.
pub fn linear_map(inputs: usize, outputs: usize, device: &Device) -> Linear {
    Linear { weight: drawn([inputs, outputs], inputs, device), bias: None }
}

/// A convolution from `channels[0]` to `channels[1]` channels; `padding` above, left, below and right.
pub fn conv(channels: [usize; 2], kernel: [usize; 2], stride: [usize; 2], padding: [usize; 4], device: &Device) -> Conv2d {
    let [inputs, outputs] = channels;
    let meeting = inputs * kernel[0] * kernel[1];
    let [top, left, bottom, right] = padding;
    Conv2d {
        weight: drawn([outputs, inputs, kernel[0], kernel[1]], meeting, device),
        bias: Some(drawn([outputs], meeting, device)),
        stride,
        kernel_size: kernel,
        dilation: [1, 1],
        groups: 1,
        padding: PaddingConfig2d::Explicit(top, left, bottom, right),
    }
}

/// A transposed convolution from `channels[0]` to `channels[1]` channels, that takes `padding` off on either side.
pub fn conv_transpose(
    channels: [usize; 2],
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    device: &Device,
) -> ConvTranspose2d {
    let [inputs, outputs] = channels;
    let meeting = outputs * kernel[0] * kernel[1];
    ConvTranspose2d {
        weight: drawn([inputs, outputs, kernel[0], kernel[1]], meeting, device),
        bias: Some(drawn([outputs], meeting, device)),
        stride,
        kernel_size: kernel,
        dilation: [1, 1],
        groups: 1,
        padding,
        padding_out: [0, 0],
        channels,
    }
}

#[cfg(test)]
mod tests {
    use burn::nn::LinearConfig;
    use burn::nn::conv::{Conv2dConfig, ConvTranspose2dConfig};

    use super::*;

    #[test]
    fn layers_are_those_of_burns_configurations() {
        let device = Device::flex();
        let largest = |t: Tensor<1>| t.abs().max().into_scalar::<f32>();
        let alike = |a: Tensor<1>, b: Tensor<1>, what: &str| {
            assert_eq!(a.dims(), b.dims(), "{what}");
            let (a, b) = (largest(a), largest(b));
            assert!((a / b - 1.0).abs() < 0.2, "{what}: up to {a}, not {b}");
        };
        let flat4 = |p: &Param<Tensor<4>>| p.val().flatten(0, 3);
        let flat2 = |p: &Param<Tensor<2>>| p.val().flatten(0, 1);

        let (own, theirs) = (linear(40, 30, &device), LinearConfig::new(40, 30).init(&device));
        alike(flat2(&own.weight), flat2(&theirs.weight), "dense");
        alike(own.bias.unwrap().val(), theirs.bias.unwrap().val(), "dense, bias");
        assert!(linear_map(4, 3, &device).bias.is_none());

        let own = conv([5, 320], [4, 3], [2, 1], [1, 0, 1, 2], &device);
        let config = Conv2dConfig::new([5, 320], [4, 3]).with_stride([2, 1]).with_padding(PaddingConfig2d::Explicit(1, 0, 1, 2));
        let theirs = config.init(&device);
        alike(flat4(&own.weight), flat4(&theirs.weight), "convolution");
        alike(own.bias.unwrap().val(), theirs.bias.unwrap().val(), "convolution, bias");
        assert_eq!((own.stride, own.kernel_size, own.dilation), (theirs.stride, theirs.kernel_size, theirs.dilation));
        assert_eq!((own.groups, own.padding), (theirs.groups, theirs.padding));

        let own = conv_transpose([20, 5], [4, 4], [2, 2], [1, 1], &device);
        let theirs = ConvTranspose2dConfig::new([20, 5], [4, 4]).with_stride([2, 2]).with_padding([1, 1]).init(&device);
        alike(flat4(&own.weight), flat4(&theirs.weight), "transposed convolution");
        assert_eq!(own.bias.unwrap().val().dims(), [5]);
        assert_eq!((own.stride, own.kernel_size, own.dilation), (theirs.stride, theirs.kernel_size, theirs.dilation));
        assert_eq!((own.groups, own.padding, own.padding_out), (theirs.groups, theirs.padding, theirs.padding_out));
        assert_eq!(own.channels, theirs.channels);
    }
}
