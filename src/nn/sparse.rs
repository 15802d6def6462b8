//! What sparse autoencoders are made of: a dictionary, and the choice of the few features that fire.
//!
//! In shapes, `n` counts inputs (images, patches or activations), `a` the numbers of one input, `f` features.

use burn::module::{Module, Param};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Distribution, Tensor};

use super::kth::kth_largest;
use super::stop_gradient;

/// What encoder and atoms have to do with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// Nothing, after the start.
    Free,
    /// The encoder is the atoms' transpose.
    Tied,
    /// As [`Self::Tied`], and atoms have the length that training gives them.
    TiedOfAnyLength,
}

/// A linear encoder and the atoms that features stand for.
///
/// Atoms have length one by parametrisation: what is trained is `w_dec`, what is used are its normalised rows. A feature
/// then cannot evade a penalty on its size by making its atom longer.
#[derive(Module, Debug)]
pub struct Dictionary {
    /// Shape `[inputs, features]`; `None` where it is tied to the atoms.
    w_enc: Option<Param<Tensor<2>>>,
    /// Shape `[features]`.
    b_enc: Param<Tensor<1>>,
    /// Shape `[features, inputs]`.
    w_dec: Param<Tensor<2>>,
    /// What an input is when no feature fires, and the point from where the encoder looks, shape `[inputs]`.
    b_dec: Param<Tensor<1>>,
    #[module(skip)]
    tie: Tie,
}

impl Dictionary {
    /// Random atoms; the encoder starts as their transpose (Gao et al. 2024, section 2.4 and appendix A.1).
    pub fn new(inputs: usize, features: usize, tie: Tie, device: &Device) -> Self {
        let w_fa = unit_rows(Tensor::random([features, inputs], Distribution::Normal(0.0, 1.0), device));
        Self {
            w_enc: (tie == Tie::Free).then(|| Param::from_tensor(w_fa.clone().transpose())),
            b_enc: Param::from_tensor(Tensor::zeros([features], device)),
            w_dec: Param::from_tensor(w_fa),
            b_dec: Param::from_tensor(Tensor::zeros([inputs], device)),
            tie,
        }
    }

    pub fn features(&self) -> usize {
        self.b_enc.dims()[0]
    }

    /// The product with the encoder's matrix, `(x − b_dec) W_enc`, shape `[n, features]`.
    pub fn project(&self, x_na: Tensor<2>) -> Tensor<2> {
        let w_af = match &self.w_enc {
            Some(w_af) => w_af.val(),
            None => self.atoms_fa().transpose(),
        };
        (x_na - self.origin()).matmul(w_af)
    }

    /// What the features' nonlinearity is applied to, `(x − b_dec) W_enc + b_enc`, shape `[n, features]`.
    pub fn encode(&self, x_na: Tensor<2>) -> Tensor<2> {
        self.project(x_na) + self.bias()
    }

    /// [`Self::encode`] for `count` features from `first` on, shape `[n, count]`.
    ///
    /// # Panics
    /// If the encoder is tied to the atoms.
    pub fn encode_some(&self, x_na: Tensor<2>, first: usize, count: usize) -> Tensor<2> {
        let w_af = self.w_enc.as_ref().expect("an encoder of its own").val().narrow(1, first, count);
        (x_na - self.origin()).matmul(w_af) + self.bias().narrow(1, first, count)
    }

    /// b_enc, shape `[1, features]`.
    pub fn bias(&self) -> Tensor<2> {
        self.b_enc.val().unsqueeze()
    }

    /// The directions of the features, of length one unless the tie says otherwise, shape `[features, inputs]`.
    pub fn atoms_fa(&self) -> Tensor<2> {
        let w_fa = self.w_dec.val();
        if self.tie == Tie::TiedOfAnyLength { w_fa } else { unit_rows(w_fa) }
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
    /// over, `‖e − ê‖²`. It moves what belongs to dead features and, through the encoder's `x − b_dec`, the origin, as the authors'
    /// code does; zero when no feature is dead, and with the first that dies the loss jumps by about α‖e‖². As many may fire as
    /// half the inputs.
    ///
    /// # Shapes
    /// - `pre_nf`: from [`Self::encode`]; `error_na`: `x − x̂`; `dead_f`: one for a dead feature, else zero; output: `[1]`
    pub fn aux_k(&self, pre_nf: Tensor<2>, error_na: Tensor<2>, dead_f: Tensor<1>) -> Tensor<1> {
        aux_k(pre_nf, error_na, dead_f, self.atoms_fa())
    }
}

/// [`Dictionary::aux_k`] with other atoms, shape `[features, inputs]`.
pub fn aux_k(pre_nf: Tensor<2>, error_na: Tensor<2>, dead_f: Tensor<1>, atoms_fa: Tensor<2>) -> Tensor<1> {
    let [_, inputs] = error_na.dims();
    let k = Tensor::full([1], (inputs / 2).max(1) as f64, &dead_f.device());
    let f_nf = keep_largest(relu(pre_nf) * dead_f.clone().unsqueeze(), k);
    squared_error(stop_gradient(error_na), f_nf.matmul(atoms_fa)) * dead_f.max()
}

/// Rows divided by their lengths.
pub fn unit_rows(w_fa: Tensor<2>) -> Tensor<2> {
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
