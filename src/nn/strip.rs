//! Samples that are made of several pictures side by side, and those pictures by themselves.

use burn::tensor::Tensor;

use super::Ctx;
use latent_vocabulary::frames::Frames;
use latent_vocabulary::shape::SampleShape;

/// How samples are made of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strip {
    /// The shape of one frame.
    pub frame: SampleShape,
    /// How many a sample has.
    pub count: usize,
}

impl Strip {
    /// Of samples of that shape.
    pub fn new(sample: SampleShape, frames: Frames) -> Self {
        Self { frame: sample.frame(frames), count: frames.count() }
    }

    /// The frames of each sample, one after the other: `[batch, pixels]` to `[batch * frames, pixels of a frame]`.
    pub fn apart(self, x_bp: Tensor<2>) -> Tensor<2> {
        let ([batch, _], SampleShape { channels, height, width }) = (x_bp.dims(), self.frame);
        let x: Tensor<4> = x_bp.reshape([batch, channels * height, self.count, width]);
        x.permute([0, 2, 1, 3]).reshape([batch * self.count, self.frame.len()])
    }

    /// The samples that frames make: the inverse of [`Self::apart`].
    pub fn together(self, x_fp: Tensor<2>) -> Tensor<2> {
        let ([rows, pixels], SampleShape { channels, height, width }) = (x_fp.dims(), self.frame);
        let batch = rows / self.count;
        let x: Tensor<4> = x_fp.reshape([batch, self.count, channels * height, width]);
        x.permute([0, 2, 1, 3]).reshape([batch, self.count * pixels])
    }

    /// Frame `i` of each sample, `[batch, pixels of a frame]`.
    pub fn one(self, x_bp: Tensor<2>, i: usize) -> Tensor<2> {
        let ([batch, _], SampleShape { channels, height, width }) = (x_bp.dims(), self.frame);
        let x: Tensor<3> = x_bp.reshape([batch, channels * height, self.count * width]);
        x.slice([0..batch, 0..channels * height, i * width..(i + 1) * width]).reshape([batch, self.frame.len()])
    }

    /// Ones for the frames that are there and zeros for those that are black all over, which is what a missing one is: `[batch, frames]`.
    pub fn there(self, x_bp: Tensor<2>) -> Tensor<2> {
        let [batch, _] = x_bp.dims();
        self.apart(x_bp).abs().sum_dim(1).greater_elem(0.0).float().reshape([batch, self.count])
    }

    /// Samples without the frames for which `kept_bf`, `[batch, frames]`, has a zero: black in their place.
    pub fn without(self, x_bp: Tensor<2>, kept_bf: Tensor<2>) -> Tensor<2> {
        let ([batch, pixels], SampleShape { channels, height, width }) = (x_bp.dims(), self.frame);
        let kept: Tensor<4> = kept_bf.reshape([batch, 1, self.count, 1]);
        x_bp * kept.expand([batch, channels * height, self.count, width]).reshape([batch, pixels])
    }

    /// Samples that miss each of their frames with probability `share`, shape `[1]`.
    pub fn dropped(self, x_bp: Tensor<2>, share: Tensor<1>, ctx: &mut Ctx) -> Tensor<2> {
        let drawn_bf = ctx.uniform([x_bp.dims()[0], self.count]);
        let kept_bf = drawn_bf.clone().greater_equal(share.reshape([1, 1]).expand(drawn_bf.dims())).float();
        self.without(x_bp, kept_bf)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::drawn::values;

    /// Two samples in two colours, of two rows and three frames of two columns.
    fn strips() -> (Strip, Tensor<2>) {
        let sample = SampleShape { channels: 2, height: 2, width: 6 };
        let all: Vec<f32> = (0..48).map(|v| v as f32).collect();
        (Strip::new(sample, Frames::Clip(3)), Tensor::<1>::from_floats(all.as_slice(), &Device::flex()).reshape([2, 24]))
    }

    #[test]
    fn frames_are_taken_apart_and_put_together() {
        let (strip, x) = strips();
        let apart = strip.apart(x.clone());
        assert_eq!((strip.frame, apart.dims()), (SampleShape { channels: 2, height: 2, width: 2 }, [6, 8]));
        // The second frame of the first sample: columns 2 and 3 of each row.
        let second = [2.0, 3.0, 8.0, 9.0, 14.0, 15.0, 20.0, 21.0];
        assert_eq!(values(apart.clone())[8..16], second);
        assert_eq!(values(strip.one(x.clone(), 1))[..8], second);
        assert_eq!(values(strip.together(apart)), values(x));
    }

    #[test]
    fn what_is_black_is_missing() {
        let (strip, x) = strips();
        let kept = Tensor::<2>::from_floats([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]], &x.device());
        let left = strip.without(x + 1.0, kept.clone());
        assert_eq!(values(strip.there(left.clone())), values(kept));
        assert_eq!(values(left)[..6], [1.0, 2.0, 0.0, 0.0, 5.0, 6.0]);
    }
}
