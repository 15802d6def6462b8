//! Maximum mean discrepancy between codes and samples of the prior (Gretton et al. 2012, "A Kernel Two-Sample Test").

use burn::tensor::Tensor;
use burn::tensor::activation::relu;

use super::moments::identity;

/// How alike two codes are, as a function of their squared distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// exp(−‖a − b‖² / 2d) in `d` latents.
    Gaussian,
    /// 2d / (2d + ‖a − b‖²) in `d` latents: the inverse multiquadratic, with tails that reach far codes (Tolstikhin et al. 2018,
    /// section 4).
    InverseMultiquadratic,
}

impl Kernel {
    /// Kernel of every row with every row, shapes `[n, latent]` and `[m, latent]` to `[n, m]`.
    fn matrix(self, a_nd: Tensor<2>, b_md: Tensor<2>) -> Tensor<2> {
        let [n, d] = a_nd.dims();
        let [m, _] = b_md.dims();
        let a2_n1 = a_nd.clone().square().sum_dim(1);
        let b2_1m = b_md.clone().square().sum_dim(1).reshape([1, m]);
        let product_nm = a_nd.matmul(b_md.transpose());
        // Rounding may leave less than nothing of the distance of a code to itself.
        let distance_nm = relu(a2_n1.expand([n, m]) + b2_1m.expand([n, m]) - product_nm * 2.0);
        let width = 2.0 * d as f64;
        match self {
            Self::Gaussian => (distance_nm / -width).exp(),
            Self::InverseMultiquadratic => (distance_nm / width + 1.0).recip(),
        }
    }

    /// MMD² of the rows of two samples of equal size, shapes `[n, latent]`, as the mean over all pairs: never below zero, and above
    /// it by about 1/n even for equal distributions. Shape `[1]`.
    pub fn biased(self, a_nd: Tensor<2>, b_nd: Tensor<2>) -> Tensor<1> {
        let within = self.matrix(a_nd.clone(), a_nd.clone()).mean() + self.matrix(b_nd.clone(), b_nd.clone()).mean();
        within - self.matrix(a_nd, b_nd).mean() * 2.0
    }

    /// MMD² as above without the pairs of a code with itself: zero on average for equal distributions. Shape `[1]`.
    pub fn unbiased(self, a_nd: Tensor<2>, b_nd: Tensor<2>) -> Tensor<1> {
        let [n, _] = a_nd.dims();
        let others_nn = identity(n, &a_nd.device()).neg() + 1.0;
        let pairs = (n * (n - 1)).max(1) as f64;
        let mean = |x_nd: Tensor<2>| (self.matrix(x_nd.clone(), x_nd) * others_nn.clone()).sum() / pairs;
        mean(a_nd.clone()) + mean(b_nd.clone()) - self.matrix(a_nd, b_nd).mean() * 2.0
    }
}
