//! What sparse autoencoders share: the dictionary, the choice of the few features that fire, and the record of which do.
//!
//! In shapes, `n` counts inputs (images, patches or activations), `a` the numbers of one input, `f` features.

use burn::module::{Module, Param};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Distribution, Tensor};

use super::kth::kth_largest;
use super::{Named, Terms, stop_gradient};

/// Share of the latest step in the running mean of [`Usage::density_f`].
const DENSITY_RATE: f64 = 0.01;

/// A linear encoder and the atoms that features stand for.
///
/// Atoms have length one by parametrisation: what is trained is `w_dec`, what is used are its normalised rows. A feature
/// then cannot evade a penalty on its size by making its atom longer.
#[derive(Module, Debug)]
pub struct Dictionary {
    /// Shape `[inputs, features]`.
    w_enc: Param<Tensor<2>>,
    /// Shape `[features]`.
    b_enc: Param<Tensor<1>>,
    /// Shape `[features, inputs]`.
    w_dec: Param<Tensor<2>>,
    /// What an input is when no feature fires, and the point from where the encoder looks, shape `[inputs]`.
    b_dec: Param<Tensor<1>>,
}

impl Dictionary {
    /// Random atoms; the encoder starts as their transpose (Gao et al. 2024, section 2.4 and appendix A.1).
    pub fn new(inputs: usize, features: usize, device: &Device) -> Self {
        let w_fa = unit_rows(Tensor::random([features, inputs], Distribution::Normal(0.0, 1.0), device));
        Self {
            w_enc: Param::from_tensor(w_fa.clone().transpose()),
            b_enc: Param::from_tensor(Tensor::zeros([features], device)),
            w_dec: Param::from_tensor(w_fa),
            b_dec: Param::from_tensor(Tensor::zeros([inputs], device)),
        }
    }

    pub fn features(&self) -> usize {
        self.b_enc.dims()[0]
    }

    /// The product with the encoder's matrix, `(x − b_dec) W_enc`, shape `[n, features]`.
    pub fn project(&self, x_na: Tensor<2>) -> Tensor<2> {
        (x_na - self.b_dec.val().unsqueeze()).matmul(self.w_enc.val())
    }

    /// What the features' nonlinearity is applied to, `(x − b_dec) W_enc + b_enc`, shape `[n, features]`.
    pub fn encode(&self, x_na: Tensor<2>) -> Tensor<2> {
        self.project(x_na) + self.b_enc.val().unsqueeze()
    }

    /// The directions of the features, each of length one, shape `[features, inputs]`.
    pub fn atoms_fa(&self) -> Tensor<2> {
        unit_rows(self.w_dec.val())
    }

    /// What an input is when no feature fires, shape `[1, inputs]`.
    pub fn origin(&self) -> Tensor<2> {
        self.b_dec.val().unsqueeze()
    }

    /// The inputs that features stand for, shape `[n, inputs]`.
    pub fn decode(&self, f_nf: Tensor<2>) -> Tensor<2> {
        f_nf.matmul(self.atoms_fa()) + self.origin()
    }

    /// The AuxK loss of Gao et al. 2024 (appendix A.2): how badly the best dead features explain what the living ones left
    /// over, `‖e − ê‖²`. It moves dead features only; zero when there are none. As many may fire as half the inputs.
    ///
    /// # Shapes
    /// - `pre_nf`: from [`Self::encode`]; `error_na`: `x − x̂`; `dead_f`: one for a dead feature, else zero; output: `[1]`
    pub fn aux_k(&self, pre_nf: Tensor<2>, error_na: Tensor<2>, dead_f: Tensor<1>) -> Tensor<1> {
        let [_, inputs] = error_na.dims();
        let k = Tensor::full([1], (inputs / 2).max(1) as f64, &dead_f.device());
        let f_nf = keep_largest(relu(pre_nf) * dead_f.clone().unsqueeze(), k);
        squared_error(stop_gradient(error_na), f_nf.matmul(self.atoms_fa())) * dead_f.max()
    }
}

/// Rows divided by their lengths.
fn unit_rows(w_fa: Tensor<2>) -> Tensor<2> {
    let length_f1 = w_fa.clone().square().sum_dim(1).sqrt();
    w_fa / length_f1
}

/// `x` where it is among the `k` largest of its row, else zero. Equals of the k-th stay as well.
///
/// # Shapes
/// - `x_nf`: `[n, features]`; `k`: `[1]`; output: `[n, features]`
pub fn keep_largest(x_nf: Tensor<2>, k: Tensor<1>) -> Tensor<2> {
    let least_n1 = kth_largest(x_nf.clone(), k);
    keep_from(x_nf, least_n1)
}

/// `x` where it is at least `least`, which may be one number, one a row or one a column; else zero.
pub fn keep_from(x_nf: Tensor<2>, least: Tensor<2>) -> Tensor<2> {
    let shape = x_nf.dims();
    let kept_nf = x_nf.clone().greater_equal(least.expand(shape)).float();
    x_nf * kept_nf
}

/// `‖x − y‖²`, mean over the inputs, shape `[1]`.
pub fn squared_error(x_na: Tensor<2>, y_na: Tensor<2>) -> Tensor<1> {
    (x_na - y_na).square().sum_dim(1).mean()
}

/// Which features are used: state, never trained.
#[derive(Module, Debug)]
pub struct Usage {
    /// Inputs seen since each feature fired last, shape `[features]`.
    since_f: Param<Tensor<1>>,
    /// Share of inputs on which each feature fires, a running mean over about a hundred steps, shape `[features]`.
    density_f: Param<Tensor<1>>,
    /// The mean input: what the variance is measured from, shape `[inputs]`.
    mean_a: Param<Tensor<1>>,
}

/// Inputs, the features that they were given, and what these stand for.
pub struct Pass {
    /// Shape `[n, inputs]`.
    pub x_na: Tensor<2>,
    /// Shape `[n, features]`.
    pub f_nf: Tensor<2>,
    /// Shape `[n, inputs]`.
    pub y_na: Tensor<2>,
}

impl Usage {
    pub fn new(inputs: usize, features: usize, device: &Device) -> Self {
        let zeros = |n| Param::from_tensor(Tensor::zeros([n], device));
        Self { since_f: zeros(features), density_f: zeros(features), mean_a: zeros(inputs) }
    }

    /// For [`super::Method::start`]: the mean input is where the dictionary begins, and what the variance is measured from.
    /// The method keeps the dictionary as its field `dictionary`.
    pub fn start(x_na: Tensor<2>) -> Vec<Named> {
        let [_, inputs] = x_na.dims();
        let mean_a = x_na.mean_dim(0).reshape([inputs]);
        vec![("dictionary.b_dec", mean_a.clone()), ("usage.mean_a", mean_a)]
    }

    /// One for features that have not fired for more than `after` inputs, else zero, shape `[features]`.
    pub fn dead_f(&self, after: Tensor<1>) -> Tensor<1> {
        let since_f = stop_gradient(self.since_f.val());
        let after_f = after.expand(since_f.dims());
        since_f.greater(after_f).float()
    }

    /// Shows how well and how sparsely the inputs are explained, and keeps the record of which features fired.
    ///
    /// Shown: `fvu`, the squared error as a share of the variance; `l0`, features that fire on an input; `dead`, the share of
    /// features that are dead. The method keeps this record as its field `usage`.
    pub fn report(&self, terms: Terms, pass: Pass, dead_f: Tensor<1>) -> Terms {
        let Pass { x_na, f_nf, y_na } = pass;
        let [n, _] = x_na.dims();
        let mean = stop_gradient(self.mean_a.val()).unsqueeze();
        let variance = (x_na.clone() - mean).square().sum();
        let fvu = (x_na - y_na).square().sum() / variance.clamp_min(f64::from(f32::MIN_POSITIVE));
        let fired_nf = stop_gradient(f_nf).not_equal_elem(0.0).float();
        let [_, features] = fired_nf.dims();
        let share_f = fired_nf.mean_dim(0).reshape([features]);
        let silent_f = share_f.clone().equal_elem(0.0).float();
        let since_f = (stop_gradient(self.since_f.val()) + n as f64) * silent_f;
        let density_f = stop_gradient(self.density_f.val()) * (1.0 - DENSITY_RATE) + share_f.clone() * DENSITY_RATE;
        terms
            .show("fvu", fvu)
            .show("l0", share_f.sum())
            .show("dead", dead_f.mean())
            .set("usage.since_f", since_f)
            .set("usage.density_f", density_f)
    }
}
