//! The record of how often each code is chosen.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::Terms;
use super::one_hot::one_hot;

/// Steps without being chosen after which a code no longer counts as in use.
const FORGOTTEN: f64 = 100.0;
/// Keeps the logarithm of an empty share finite.
const NEVER: f64 = 1e-10;

/// State of a code's use. It must be the field `usage` of a quantiser: state is set by name.
#[derive(Module, Debug)]
pub struct Usage {
    /// Moving average of how often each code is chosen, in fair shares: 1 if all are equally popular. Shape `[codes]`.
    usage_k: Param<Tensor<1>>,
    /// Steps since each code was last chosen, shape `[codes]`.
    age_k: Param<Tensor<1>>,
}

impl Usage {
    /// A record that begins with `first` fair shares for each code.
    pub fn new(codes: usize, first: f64, device: &Device) -> Self {
        let constant = |value: f64| Param::from_tensor(Tensor::full([codes], value, device));
        Self { usage_k: constant(first), age_k: constant(0.0) }
    }

    /// Steps since each code was last chosen, shape `[codes]`.
    pub fn age_k(&self) -> Tensor<1> {
        self.age_k.val()
    }

    /// Shows the perplexity of the batch's choices, `exp H`, and the number of codes that were chosen lately.
    ///
    /// # Shapes
    /// - `share_k`: [`shares`] of the batch
    pub fn show(&self, terms: Terms, share_k: Tensor<1>) -> Terms {
        let p_k = share_k / self.codes() as f64;
        let entropy = -(p_k.clone() * (p_k + NEVER).log()).sum();
        terms.show("perplexity", entropy.exp()).show("in use", self.age_k.val().lower_elem(FORGOTTEN).float().sum())
    }

    /// The moving average after a batch with those `share_k`, shape `[codes]`; `decay` is `[1]`.
    pub fn next(&self, share_k: Tensor<1>, decay: Tensor<1>) -> Tensor<1> {
        mix(self.usage_k.val(), share_k, decay)
    }

    /// After the step, the record is `usage_k`, and codes without a share are a step older.
    pub fn set(&self, terms: Terms, share_k: Tensor<1>, usage_k: Tensor<1>) -> Terms {
        let idle_k = share_k.equal_elem(0.0).float();
        terms.set("quantiser.usage.usage_k", usage_k).set("quantiser.usage.age_k", (self.age_k.val() + 1.0) * idle_k)
    }

    /// The record for codes that are never replaced: shown, and averaged over about a hundred steps.
    ///
    /// # Shapes
    /// - `token_n1`: `[n, 1]`
    pub fn watch(&self, terms: Terms, token_n1: Tensor<2>) -> Terms {
        const DECAY: f64 = 0.99;
        let share_k = shares(one_hot(token_n1, self.codes()));
        let usage_k = self.usage_k.val() * DECAY + share_k.clone() * (1.0 - DECAY);
        self.set(self.show(terms, share_k.clone()), share_k, usage_k)
    }

    fn codes(&self) -> usize {
        self.usage_k.dims()[0]
    }
}

/// How often each code was chosen, in fair shares, from ones where a row chose a code: `[n, codes]` to `[codes]`.
pub fn shares(hit_nk: Tensor<2>) -> Tensor<1> {
    let [_, codes] = hit_nk.dims();
    hit_nk.mean_dim(0).reshape([codes]) * codes as f64
}

/// `γ old + (1−γ) new`.
pub fn mix<const D: usize>(old: Tensor<D>, new: Tensor<D>, decay: Tensor<D>) -> Tensor<D> {
    (old - new.clone()) * decay + new
}
