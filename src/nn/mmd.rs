//! Maximum mean discrepancy between codes and samples of the prior (Gretton et al. 2012, "A Kernel Two-Sample Test").

use burn::tensor::Tensor;
use burn::tensor::activation::relu;

use super::moments::identity;

/// How alike two codes are, as a function of their squared distance.
///
/// C, the squared distance at which codes begin to be unlike, is twice the prior's mean squared length, the squared distance of two of
/// its samples on average: 2d for a standard normal prior in `d` latents.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kernel {
    /// exp(−‖a − b‖² / C).
    Gaussian(f64),
    /// C / (C + ‖a − b‖²): the inverse multiquadratic, with tails that reach far codes (Tolstikhin et al. 2018, section 4, where
    /// C = 2dσ² of a normal prior).
    InverseMultiquadratic(f64),
}

impl Kernel {
    /// Kernel of every row with every row, shapes `[n, latent]` and `[m, latent]` to `[n, m]`.
    fn matrix(self, a_nd: Tensor<2>, b_md: Tensor<2>) -> Tensor<2> {
        let ([n, _], [m, _]) = (a_nd.dims(), b_md.dims());
        let a2_n1 = a_nd.clone().square().sum_dim(1);
        let b2_1m = b_md.clone().square().sum_dim(1).reshape([1, m]);
        let product_nm = a_nd.matmul(b_md.transpose());
        // Rounding may leave less than nothing of the distance of a code to itself.
        let distance_nm = relu(a2_n1.expand([n, m]) + b2_1m.expand([n, m]) - product_nm * 2.0);
        match self {
            Self::Gaussian(c) => (distance_nm / -c).exp(),
            Self::InverseMultiquadratic(c) => (distance_nm / c + 1.0).recip(),
        }
    }

    /// MMD² of the rows of two samples of equal size, shapes `[n, latent]`, without the pairs of a code with itself: zero on average for
    /// equal distributions, so now and then below it (Gretton et al. 2012, equation 3; Tolstikhin et al. 2018, algorithm 2).
    /// Shape `[1]`.
    pub fn unbiased(self, a_nd: Tensor<2>, b_nd: Tensor<2>) -> Tensor<1> {
        let [n, _] = a_nd.dims();
        let others_nn = identity(n, &a_nd.device()).neg() + 1.0;
        let pairs = (n * (n - 1)).max(1) as f64;
        let mean = |x_nd: Tensor<2>| (self.matrix(x_nd.clone(), x_nd) * others_nn.clone()).sum() / pairs;
        mean(a_nd.clone()) + mean(b_nd.clone()) - self.matrix(a_nd, b_nd).mean() * 2.0
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use latent_compile::rng;

    /// Over all ways to part one sample into two, codes meet across as often as within: both are then of one distribution, and
    /// the mean of MMD² is zero but for rounding. With the pairs of a code with itself it would be 2(1 − mean k)/n.
    #[test]
    fn two_parts_of_one_sample_differ_by_nothing_on_average() {
        const N: usize = 3;
        let device = Device::flex();
        let values: Vec<f32> = (0..2 * N as u32 * 5).map(|i| rng::normal(i, 0, 0, 1)).collect();
        let z_nd = Tensor::<1>::from_floats(values.as_slice(), &device).reshape([2 * N, 5]);
        for kernel in [Kernel::Gaussian(10.0), Kernel::InverseMultiquadratic(10.0)] {
            let mut readings = vec![];
            for part in (0..1u32 << (2 * N)).filter(|part| part.count_ones() as usize == N) {
                let rows = |of: bool| {
                    let rows: Vec<i32> = (0..2 * N as i32).filter(|i| (part >> i & 1 == 1) == of).collect();
                    z_nd.clone().select(0, Tensor::from_ints(rows.as_slice(), &device))
                };
                readings.extend(kernel.unbiased(rows(true), rows(false)).into_data().try_into_vec::<f32>().unwrap());
            }
            assert_eq!(readings.len(), 20);
            let (mean, largest) = (readings.iter().sum::<f32>() / 20.0, readings.iter().fold(0.0f32, |m, r| m.max(r.abs())));
            assert!(mean.abs() < 1e-6 && largest > 1e-2, "{kernel:?}: {mean} on average, {largest} at most");
        }
    }
}
