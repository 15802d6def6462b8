//! p(x | z): what the decoder's output says about the pixels. A choice of its own, next to the method.

use burn::module::{Module, Param};
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Device, Tensor};

use super::Ctx;
use latent_vocabulary::LIKELIHOODS;
use latent_vocabulary::Params;
use latent_vocabulary::shape::SampleShape;

/// ln √2π
const HALF_LOG_TAU: f64 = 0.918_938_533_204_672_7;

/// Below this, formulas in the logit with a removable singularity at zero are replaced by their series, whose first four terms
/// are exact to 32 bits there; the formulas themselves would subtract nearly equal numbers.
const NEAR_ZERO: f64 = 1.0;

/// The distribution of the pixels, with what it learns by itself.
#[derive(Module, Debug)]
pub struct Likelihood {
    /// ln σ of all pixels, shape `[1]`, where it is learnt (Rybkin, Daniilidis & Levine 2021, "Simple and Effective VAE
    /// Training with Calibrated Decoders").
    log_sigma: Option<Param<Tensor<1>>>,
    #[module(skip)]
    kind: LikelihoodKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LikelihoodKind {
    Bernoulli,
    ContinuousBernoulli,
    /// Of pixels, whose mean is `σ(l)`.
    Gaussian,
    /// Of any numbers, whose mean is `l`.
    Free,
}

impl LikelihoodKind {
    fn gaussian(sample: SampleShape) -> Self {
        if sample.is_picture() { Self::Gaussian } else { Self::Free }
    }
}

impl Likelihood {
    /// What the setup's `likelihood` asks for, of such samples.
    pub fn new(params: &Params, sample: SampleShape, device: &Device) -> Self {
        let gaussian = LikelihoodKind::gaussian(sample);
        match LIKELIHOODS[params.usize("likelihood")] {
            "bernoulli" => Self { log_sigma: None, kind: LikelihoodKind::Bernoulli },
            "continuous-bernoulli" => Self { log_sigma: None, kind: LikelihoodKind::ContinuousBernoulli },
            "gaussian" => Self { log_sigma: None, kind: gaussian },
            _ => Self { log_sigma: Some(Param::from_tensor(Tensor::zeros([1], device))), kind: gaussian },
        }
    }

    /// For what judges expected values by a distance of its own: they are those of a Gaussian.
    pub fn of_means(sample: SampleShape) -> Self {
        Self { log_sigma: None, kind: LikelihoodKind::gaussian(sample) }
    }

    /// −ln p(x | z) of each pixel in nats, shape of `x_bp`.
    ///
    /// The decoder's output `l` is a logit. Bernoulli: `softplus(l) − x·l`. Continuous Bernoulli (Loaiza-Ganem &
    /// Cunningham 2019, eq. 5) adds the logarithm of its normaliser, `ln(l / tanh(l/2))`. Gaussian: mean `σ(l)`, or
    /// `l` itself where values are no pixels.
    ///
    /// # Shapes
    /// - `x_bp`, `l_bp`: `[batch, pixels]`
    pub fn nll_bp(&self, x_bp: Tensor<2>, l_bp: Tensor<2>, ctx: &Ctx) -> Tensor<2> {
        let log_sigma = || match &self.log_sigma {
            Some(learnt) => learnt.val(),
            None => ctx.live("sigma").log(),
        };
        self.nll_at(x_bp, l_bp, log_sigma)
    }

    /// [`Self::nll_bp`] where the standard deviation of a Gaussian is one.
    pub fn plain_bp(&self, x_bp: Tensor<2>, l_bp: Tensor<2>) -> Tensor<2> {
        let device = x_bp.device();
        self.nll_at(x_bp, l_bp, || Tensor::zeros([1], &device))
    }

    fn nll_at(&self, x_bp: Tensor<2>, l_bp: Tensor<2>, log_sigma: impl Fn() -> Tensor<1>) -> Tensor<2> {
        match self.kind {
            LikelihoodKind::Bernoulli => softplus(l_bp.clone()) - x_bp * l_bp,
            LikelihoodKind::ContinuousBernoulli => {
                // softplus(l) − x·l − ln(l / tanh(l/2)), without the ln 2 that cancels where l is small
                let linear_bp = (x_bp - 0.5) * l_bp.clone();
                log_sinhc(l_bp) - linear_bp
            }
            LikelihoodKind::Gaussian | LikelihoodKind::Free => {
                let log_sigma_bp = log_sigma().reshape([1, 1]);
                let residual_bp = (x_bp - self.mean(l_bp)) * log_sigma_bp.clone().neg().exp();
                residual_bp.square() * 0.5 + log_sigma_bp + HALF_LOG_TAU
            }
        }
    }

    /// −ln p(x | z) of each image in nats, shape `[batch]`; arguments as in [`Self::nll_bp`].
    pub fn nll_b(&self, x_bp: Tensor<2>, l_bp: Tensor<2>, ctx: &Ctx) -> Tensor<1> {
        let [batch, _] = x_bp.dims();
        self.nll_bp(x_bp, l_bp, ctx).sum_dim(1).reshape([batch])
    }

    /// Expected values, those of pixels in `[0, 1]`, shape of `l_bp`.
    pub fn mean(&self, l_bp: Tensor<2>) -> Tensor<2> {
        match self.kind {
            LikelihoodKind::ContinuousBernoulli => {
                // σ(l)/tanh(l/2) − 1/l, by its series ½ + l/12 − l³/720 + l⁵/30240 − l⁷/1209600 near zero
                let (near_bp, safe_bp) = away_from_zero(l_bp.clone());
                let far_bp = sigmoid(safe_bp.clone()) / (safe_bp.clone() * 0.5).tanh() - safe_bp.recip();
                let series_bp =
                    power_series(l_bp.clone().square(), [1.0 / 12.0, -1.0 / 720.0, 1.0 / 30_240.0, -1.0 / 1_209_600.0]) * l_bp;
                far_bp.mask_where(near_bp, series_bp + 0.5)
            }
            LikelihoodKind::Free => l_bp,
            LikelihoodKind::Bernoulli | LikelihoodKind::Gaussian => sigmoid(l_bp),
        }
    }
}

/// ln(1 + e^l) = max(l, 0) + ln(1 + e^−|l|), which overflows for no `l`.
pub fn softplus(l_bp: Tensor<2>) -> Tensor<2> {
    relu(l_bp.clone()) + l_bp.abs().neg().exp().log1p()
}

/// ln(2 sinh(l/2) / l) = |l|/2 + ln(1 − e^−|l|) − ln |l|, by its series l²/24 − l⁴/2880 + l⁶/181440 − l⁸/9676800 near zero.
fn log_sinhc(l_bp: Tensor<2>) -> Tensor<2> {
    let (near_bp, safe_bp) = away_from_zero(l_bp.clone());
    let size_bp = safe_bp.abs();
    let far_bp = size_bp.clone() * 0.5 + size_bp.clone().neg().exp().neg().log1p() - size_bp.log();
    let l2_bp = l_bp.square();
    let series_bp = power_series(l2_bp.clone(), [1.0 / 24.0, -1.0 / 2880.0, 1.0 / 181_440.0, -1.0 / 9_676_800.0]) * l2_bp;
    far_bp.mask_where(near_bp, series_bp)
}

/// c₀ + c₁ t + c₂ t² + c₃ t³.
fn power_series(t_bp: Tensor<2>, c: [f64; 4]) -> Tensor<2> {
    ((t_bp.clone() * c[3] + c[2]) * t_bp.clone() + c[1]) * t_bp + c[0]
}

/// Where `l` is near zero, and `l` with those places replaced by one, so that no branch divides by zero.
fn away_from_zero(l_bp: Tensor<2>) -> (Tensor<2, burn::tensor::Bool>, Tensor<2>) {
    let near_bp = l_bp.clone().abs().lower_elem(NEAR_ZERO);
    let safe_bp = l_bp.mask_fill(near_bp.clone(), 1.0);
    (near_bp, safe_bp)
}
