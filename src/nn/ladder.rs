//! Two levels of codes, the upper of which says where the lower is to be expected (Sønderby et al. 2016).
//!
//! The lower level z₁ is kept as ε₁ = (z₁ − m(z₂)) / s(z₂), by which it departs from what the upper level z₂ leads to expect: m and s are
//! mean and standard deviation of p(z₁ | z₂). So the prior of all numbers of a code is N(0, 1), whatever the upper level is, and they can be
//! drawn and moved one by one: who moves the upper level takes the lower with it.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Device, Tensor};

use super::gaussian::repeat_rows;
use super::layers::linear;
use super::likelihood::softplus;

/// What an image says of both levels; all of shape `[batch, numbers]`.
pub struct Told {
    /// The posterior of the upper level.
    pub upper_mean_bu: Tensor<2>,
    pub upper_logvar_bu: Tensor<2>,
    /// What the image alone says of the lower: mean and log-variance.
    mean_bd: Tensor<2>,
    logvar_bd: Tensor<2>,
}

impl Told {
    /// The same for each of so many samples of an image, side by side.
    pub fn each(&self, samples: usize) -> Self {
        let of = |t: &Tensor<2>| repeat_rows(t.clone(), samples);
        Self {
            upper_mean_bu: of(&self.upper_mean_bu),
            upper_logvar_bu: of(&self.upper_logvar_bu),
            mean_bd: of(&self.mean_bd),
            logvar_bd: of(&self.logvar_bd),
        }
    }
}

/// The layers between the levels: up, from what an encoder makes of an image, and down again.
#[derive(Module, Debug)]
pub struct Ladder {
    up: Linear,
    upper_mean: Linear,
    upper_logvar: Linear,
    down: Linear,
    lower_mean: Linear,
    lower_logvar: Linear,
}

impl Ladder {
    /// From an encoder's hidden layer of `hidden` numbers to an upper level of `upper`, and from there to a lower one of `lower`, through
    /// `width` units each way.
    pub fn new(hidden: usize, width: usize, upper: usize, lower: usize, device: &Device) -> Self {
        Self {
            up: linear(hidden, width, device),
            upper_mean: linear(width, upper, device),
            upper_logvar: linear(width, upper, device),
            down: linear(upper, width, device),
            lower_mean: linear(width, lower, device),
            lower_logvar: linear(width, lower, device),
        }
    }

    /// What an image says, of whose hidden layer `h_bh` the encoder's heads made mean and log-variance `[batch, lower]`.
    pub fn told(&self, h_bh: Tensor<2>, (mean_bd, logvar_bd): (Tensor<2>, Tensor<2>)) -> Told {
        let u_bh = relu(self.up.forward(h_bh));
        Told {
            upper_mean_bu: self.upper_mean.forward(u_bh.clone()),
            upper_logvar_bu: self.upper_logvar.forward(u_bh),
            mean_bd,
            logvar_bd,
        }
    }

    /// Mean and log-variance of p(z₁ | z₂), shapes `[batch, upper]` to `[batch, lower]`.
    fn expected(&self, upper_bu: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let g_bh = relu(self.down.forward(upper_bu));
        (self.lower_mean.forward(g_bh.clone()), self.lower_logvar.forward(g_bh))
    }

    /// Mean and log-variance of q(ε₁ | x, z₂), shape `[batch, lower]`: what the image says and what the upper level leads to expect, each
    /// weighed by its precision (Sønderby et al. 2016, equations 15 and 16), as a departure from the latter.
    pub fn departure(&self, told: &Told, upper_bu: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let (mean_bd, logvar_bd) = self.expected(upper_bu);
        // Logarithm of how much more precise the image is than the expectation.
        let more_bd = logvar_bd.clone() - told.logvar_bd.clone();
        let scale_bd = (logvar_bd * -0.5).exp();
        ((told.mean_bd.clone() - mean_bd) * scale_bd * sigmoid(more_bd.clone()), softplus(more_bd).neg())
    }

    /// z₁ of an upper level and a departure, shapes `[batch, upper]` and `[batch, lower]` to `[batch, lower]`.
    pub fn lower(&self, upper_bu: Tensor<2>, departure_bd: Tensor<2>) -> Tensor<2> {
        let (mean_bd, logvar_bd) = self.expected(upper_bu);
        mean_bd + (logvar_bd * 0.5).exp() * departure_bd
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Distribution;

    use super::*;
    use crate::drawn::{Drawn, values};
    use crate::gaussian::{kl_bd, log_density, log_standard_bd, mean_rows, sample};
    use crate::method::Ctx;

    fn network(device: &Device) -> (Ladder, Told) {
        device.seed(4);
        let ladder = Ladder::new(6, 9, 2, 3, device);
        let of = |n: usize, m: usize| Tensor::<2>::random([n, m], Distribution::Normal(0.0, 1.0), device);
        let told = ladder.told(of(5, 6), (of(5, 3), of(5, 3)));
        (ladder, told)
    }

    /// The posterior of the lower level is the product of two Gaussians, computed here by their precisions.
    #[test]
    fn the_lower_posterior_is_weighed_by_precision() {
        let device = Device::flex();
        let (ladder, told) = network(&device);
        let upper = Tensor::<2>::random([5, 2], Distribution::Normal(0.0, 1.0), &device);
        let (mean, logvar) = ladder.departure(&told, upper.clone());
        let z = values(ladder.lower(upper.clone(), mean));
        let (expected, expected_logvar) = ladder.expected(upper);
        let [m, s, own, own_logvar] = [expected, expected_logvar, told.mean_bd, told.logvar_bd].map(values);
        for (i, logvar) in values(logvar).into_iter().enumerate() {
            let (p, q) = ((-s[i]).exp(), (-own_logvar[i]).exp());
            let want = (m[i] * p + own[i] * q) / (p + q);
            assert!((z[i] - want).abs() < 1e-4, "mean {i}: {}, not {want}", z[i]);
            // In departures a variance is a share of the expected one.
            let want = (p / (p + q)).ln();
            assert!((logvar - want).abs() < 1e-4, "variance {i}: {logvar}, not {want}");
        }
    }

    /// KL(q(z₁ | x, z₂) ‖ p(z₁ | z₂)), as both are Gaussians of z₁, is that of the departure to N(0, 1); and the mean of ln q − ln p over
    /// samples of both levels comes to the KL of both.
    #[test]
    fn the_kl_of_both_levels_is_that_of_samples() {
        let device = Device::flex();
        let (ladder, told) = network(&device);
        const SAMPLES: usize = 20_000;
        let mut ctx = Ctx {
            controls: Tensor::zeros([1], &device),
            keys: &[],
            step: Tensor::zeros([1], &device),
            training: false,
            noise: &mut Drawn,
        };
        let each = told.each(SAMPLES);
        let upper = sample(each.upper_mean_bu.clone(), each.upper_logvar_bu.clone(), &mut ctx);
        let (mean, logvar) = ladder.departure(&each, upper.clone());
        let departure = sample(mean.clone(), logvar.clone(), &mut ctx);
        // As densities of z₁ itself, by change of variables on both sides.
        let (expected, expected_logvar) = ladder.expected(upper.clone());
        let scale = (expected_logvar.clone() * 0.5).exp();
        let z = ladder.lower(upper.clone(), departure);
        let log_q = log_density(z.clone(), expected.clone() + mean.clone() * scale, logvar.clone() + expected_logvar.clone());
        let log_p = log_density(z, expected, expected_logvar);
        let lower = (log_q - log_p).sum_dim(1);
        let of_upper = (log_density(upper.clone(), each.upper_mean_bu, each.upper_logvar_bu) - log_standard_bd(upper)).sum_dim(1);
        let sum = |t: Tensor<2>| values(mean_rows(t).unsqueeze())[0];
        let exact = sum(kl_bd(mean, logvar).sum_dim(1)) + sum(kl_bd(told.upper_mean_bu, told.upper_logvar_bu).sum_dim(1));
        let drawn = sum(lower + of_upper);
        assert!((exact - drawn).abs() < 0.02 * exact, "{exact} nats, and {drawn} by samples");
    }
}
