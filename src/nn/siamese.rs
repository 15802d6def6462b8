//! What two views of an image are compared through (Chen & He 2021), and how it is seen that all images have come to one code.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

use super::gaussian::mean_rows;
use super::layers::{linear, linear_map};

/// Keeps the root of a variance of zero, and of a length of zero, finite.
const TINY: f64 = 1e-5;

/// Numbers as they lie within a batch, with a width and a middle that are learnt (Ioffe & Szegedy 2015): mean and variance are always the
/// batch's own, as none of this is asked for outside of steps.
#[derive(Module, Debug)]
struct Norm {
    width_d: Param<Tensor<1>>,
    middle_d: Param<Tensor<1>>,
}

impl Norm {
    fn new(numbers: usize, device: &Device) -> Self {
        let of = Param::from_tensor;
        Self { width_d: of(Tensor::ones([numbers], device)), middle_d: of(Tensor::zeros([numbers], device)) }
    }

    /// Shapes `[batch, numbers]`.
    fn forward(&self, x_bd: Tensor<2>) -> Tensor<2> {
        let [batch, d] = x_bd.dims();
        let row = |t_d: Tensor<1>| t_d.reshape([1, d]).expand([batch, d]);
        let centred_bd = x_bd.clone() - row(mean_rows(x_bd));
        let variance_d = mean_rows(centred_bd.clone().square());
        centred_bd / row((variance_d + TINY).sqrt()) * row(self.width_d.val()) + row(self.middle_d.val())
    }
}

/// Two dense layers, normed over the batch between them: the projector and the predictor (Chen & He 2021, table 4b). What a norm or a
/// following layer would take away again has no bias.
#[derive(Module, Debug)]
pub struct Head {
    first: Linear,
    norm: Norm,
    out: Linear,
}

impl Head {
    /// Between codes and projections: from, through and to so many numbers.
    pub fn projector(inputs: usize, width: usize, device: &Device) -> Self {
        let norm = Norm::new(width, device);
        Self { first: linear_map(inputs, width, device), norm, out: linear_map(width, width, device) }
    }

    /// From projections to projections, through so many numbers.
    pub fn predictor(width: usize, hidden: usize, device: &Device) -> Self {
        let norm = Norm::new(hidden, device);
        Self { first: linear_map(width, hidden, device), norm, out: linear(hidden, width, device) }
    }

    /// Shapes `[batch, inputs]` and `[batch, outputs]`.
    pub fn forward(&self, x_bi: Tensor<2>) -> Tensor<2> {
        self.out.forward(relu(self.norm.forward(self.first.forward(x_bi))))
    }
}

/// Each row divided by its length, shape `[batch, numbers]`.
fn directions(x_bd: Tensor<2>) -> Tensor<2> {
    let length_b1 = (x_bd.clone().square().sum_dim(1) + TINY * TINY).sqrt();
    x_bd.clone() / length_b1.expand(x_bd.dims())
}

/// Cosine of the angle between rows, shapes `[batch, numbers]` and `[batch]`.
pub fn cosine_b(a_bd: Tensor<2>, b_bd: Tensor<2>) -> Tensor<1> {
    let [batch, _] = a_bd.dims();
    (directions(a_bd) * directions(b_bd)).sum_dim(1).reshape([batch])
}

/// Cosine of the angle between each row of one and each row of the other, shapes `[batch, numbers]` to `[batch, batch]`.
pub fn cosine_bb(a_bd: Tensor<2>, b_bd: Tensor<2>) -> Tensor<2> {
    directions(a_bd).matmul(directions(b_bd).transpose())
}

/// Standard deviation over the batch of each number of the rows' directions, mean over the `d` numbers, times √d (Chen & He 2021, section
/// 4.1): about 1 where rows go all ways, 0 where all go the same. Shape `[1]`.
pub fn spread(x_bd: Tensor<2>) -> Tensor<1> {
    let [batch, d] = x_bd.dims();
    let way_bd = directions(x_bd);
    let centred_bd = way_bd.clone() - mean_rows(way_bd).reshape([1, d]).expand([batch, d]);
    (mean_rows(centred_bd.square()) + TINY * TINY).sqrt().mean() * (d as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use burn::tensor::Distribution;

    use super::*;

    fn values<const D: usize>(t: Tensor<D>) -> Vec<f32> {
        t.into_data().try_into_vec().unwrap()
    }

    #[test]
    fn cosines_and_spreads_of_known_rows() {
        let device = Device::flex();
        let a = Tensor::<2>::from_floats([[3.0, 4.0], [1.0, 0.0], [0.0, 2.0]], &device);
        let b = Tensor::<2>::from_floats([[4.0, 3.0], [-5.0, 0.0], [7.0, 0.0]], &device);
        for (got, want) in values(cosine_b(a, b)).into_iter().zip([0.96, -1.0, 0.0]) {
            assert!((got - want).abs() < 1e-4, "{got}, not {want}");
        }
        let one = Tensor::<2>::ones([8, 6], &device);
        assert!(values(spread(one))[0] < 1e-3, "all alike");
        device.seed(1);
        let all = Tensor::<2>::random([4000, 16], Distribution::Normal(0.0, 1.0), &device);
        assert!((values(spread(all))[0] - 1.0).abs() < 0.02, "all ways");
        // Four corners of a square: both numbers ±1, directions ±1/√2.
        let corners = Tensor::<2>::from_floats([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]], &device);
        assert!((values(spread(corners))[0] - 1.0).abs() < 1e-4);
    }

    #[test]
    fn a_norm_leaves_neither_mean_nor_width() {
        let device = Device::flex();
        device.seed(2);
        let x = Tensor::<2>::random([64, 3], Distribution::Uniform(-3.0, 8.0), &device);
        let y = values(Norm::new(3, &device).forward(x));
        for k in 0..3 {
            let column: Vec<f32> = y.iter().skip(k).step_by(3).copied().collect();
            let mean = column.iter().sum::<f32>() / 64.0;
            let variance = column.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / 64.0;
            assert!(mean.abs() < 1e-4 && (variance - 1.0).abs() < 1e-3, "{mean}, {variance}");
        }
    }
}
