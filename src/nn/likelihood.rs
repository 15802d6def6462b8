//! p(x | z): what the decoder's output says about the pixels. A choice of its own, next to the method.

use burn::module::{Module, Param};
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Device, Tensor};

use super::Ctx;
use crate::spec::{LIKELIHOODS, Setup};

/// ln √2π
const HALF_LOG_TAU: f64 = 0.918_938_533_204_672_7;

/// Below this, formulas in the logit with a removable singularity at zero are replaced by their series.
const NEAR_ZERO: f64 = 0.1;

/// The distribution of the pixels, with what it learns by itself.
#[derive(Module, Debug)]
pub struct Likelihood {
    /// ln σ of all pixels, shape `[1]`, where it is learnt (Rybkin, Daniilidis & Levine 2021, "Simple and Effective VAE
    /// Training with Calibrated Decoders").
    log_sigma: Option<Param<Tensor<1>>>,
    #[module(skip)]
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bernoulli,
    ContinuousBernoulli,
    Gaussian,
}

impl Likelihood {
    /// What the setup's `likelihood` asks for.
    pub fn new(setup: &Setup, device: &Device) -> Self {
        match LIKELIHOODS[setup.usize("likelihood")] {
            "bernoulli" => Self { log_sigma: None, kind: Kind::Bernoulli },
            "continuous-bernoulli" => Self { log_sigma: None, kind: Kind::ContinuousBernoulli },
            "gaussian" => Self { log_sigma: None, kind: Kind::Gaussian },
            _ => Self { log_sigma: Some(Param::from_tensor(Tensor::zeros([1], device))), kind: Kind::Gaussian },
        }
    }

    /// −ln p(x | z) of each image in nats, shape `[batch]`.
    ///
    /// The decoder's output `l` is a logit. Bernoulli: `softplus(l) − x·l`. Continuous Bernoulli (Loaiza-Ganem &
    /// Cunningham 2019, eq. 5) adds the logarithm of its normaliser, `ln(l / tanh(l/2))`. Gaussian: mean `σ(l)`.
    ///
    /// # Shapes
    /// - `x_bp`, `l_bp`: `[batch, pixels]`
    pub fn nll_b(&self, x_bp: Tensor<2>, l_bp: Tensor<2>, ctx: &Ctx) -> Tensor<1> {
        let [batch, _] = x_bp.dims();
        let nll_bp = match self.kind {
            Kind::Bernoulli => softplus(l_bp.clone()) - x_bp * l_bp,
            Kind::ContinuousBernoulli => {
                let log_c_bp = log_normaliser(l_bp.clone());
                softplus(l_bp.clone()) - x_bp * l_bp - log_c_bp
            }
            Kind::Gaussian => {
                let log_sigma = match &self.log_sigma {
                    Some(learnt) => learnt.val(),
                    None => ctx.live("sigma").log(),
                };
                let log_sigma_bp = log_sigma.reshape([1, 1]);
                let residual_bp = (x_bp - sigmoid(l_bp)) * log_sigma_bp.clone().neg().exp();
                residual_bp.square() * 0.5 + log_sigma_bp + HALF_LOG_TAU
            }
        };
        nll_bp.sum_dim(1).reshape([batch])
    }

    /// Expected pixels, values in `[0, 1]`, shape of `l_bp`.
    pub fn mean(&self, l_bp: Tensor<2>) -> Tensor<2> {
        match self.kind {
            Kind::ContinuousBernoulli => {
                // σ(l)/tanh(l/2) − 1/l, by its series ½ + l/12 near zero
                let (near_bp, safe_bp) = away_from_zero(l_bp.clone());
                let far_bp = sigmoid(safe_bp.clone()) / (safe_bp.clone() * 0.5).tanh() - safe_bp.recip();
                far_bp.mask_where(near_bp, l_bp / 12.0 + 0.5)
            }
            _ => sigmoid(l_bp),
        }
    }
}

/// ln(1 + e^l) = max(l, 0) + ln(1 + e^−|l|), which overflows for no `l`.
fn softplus(l_bp: Tensor<2>) -> Tensor<2> {
    relu(l_bp.clone()) + l_bp.abs().neg().exp().log1p()
}

/// ln(l / tanh(l/2)), by its series ln 2 + ln(1 + l²/12 − l⁴/720) near zero.
fn log_normaliser(l_bp: Tensor<2>) -> Tensor<2> {
    let (near_bp, safe_bp) = away_from_zero(l_bp.clone());
    let far_bp = (safe_bp.clone() / (safe_bp * 0.5).tanh()).log();
    let l2_bp = l_bp.square();
    let series_bp = (l2_bp.clone() / 12.0 - l2_bp.square() / 720.0).log1p() + std::f64::consts::LN_2;
    far_bp.mask_where(near_bp, series_bp)
}

/// Where `l` is near zero, and `l` with those places replaced by one, so that no branch divides by zero.
fn away_from_zero(l_bp: Tensor<2>) -> (Tensor<2, burn::tensor::Bool>, Tensor<2>) {
    let near_bp = l_bp.clone().abs().lower_elem(NEAR_ZERO);
    let safe_bp = l_bp.mask_fill(near_bp.clone(), 1.0);
    (near_bp, safe_bp)
}
