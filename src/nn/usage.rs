//! The record of how often each code is chosen.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::Terms;
use super::one_hot::one_hot;

/// Steps without being chosen after which a code no longer counts as in use.
const FORGOTTEN: f64 = 100.0;
/// The age of a code that was never chosen. It stays what it is, however long a run, and survives being stored in 16 bits.
const UNBORN: f64 = -1.0;
/// Keeps the logarithm of an empty share finite.
const NEVER: f64 = 1e-10;

/// State of a code's use. It must be the field `usage` of a quantiser: state is set by name.
#[derive(Module, Debug)]
pub struct Usage {
    /// Moving average of how often each code is chosen, in fair shares: 1 if all are equally popular. Shape `[codes]`.
    usage_k: Param<Tensor<1>>,
    /// Steps since each code was last chosen, below zero if it never was, shape `[codes]`.
    age_k: Param<Tensor<1>>,
}

impl Usage {
    /// A record that begins with `first` fair shares for each code.
    pub fn new(codes: usize, first: f64, device: &Device) -> Self {
        let constant = |value: f64| Param::from_tensor(Tensor::full([codes], value, device));
        Self { usage_k: constant(first), age_k: constant(UNBORN) }
    }

    /// Steps since each code was last chosen, below zero if it never was, shape `[codes]`.
    pub fn age_k(&self) -> Tensor<1> {
        self.age_k.val()
    }

    /// One for each code that was ever chosen, else zero, shape `[codes]`.
    fn born_k(&self) -> Tensor<1> {
        self.age_k.val().greater_equal_elem(0.0).float()
    }

    /// Shows the perplexity of the batch's choices, `exp H`, and the number of codes that were chosen lately.
    ///
    /// # Shapes
    /// - `share_k`: [`shares`] of the batch
    pub fn show(&self, terms: Terms, share_k: Tensor<1>) -> Terms {
        let p_k = share_k / self.codes() as f64;
        let entropy = -(p_k.clone() * (p_k + NEVER).log()).sum();
        let lately_k = self.age_k.val().lower_elem(FORGOTTEN).float() * self.born_k();
        terms.show("perplexity", entropy.exp()).show("in use", lately_k.sum())
    }

    /// The moving average after a batch with those `share_k`, shape `[codes]`; `decay` is `[1]`.
    pub fn next(&self, share_k: Tensor<1>, decay: Tensor<1>) -> Tensor<1> {
        mix(self.usage_k.val(), share_k, decay)
    }

    /// After the step, the record is `usage_k`, and codes that were ever chosen and have no share now are a step older.
    pub fn set(&self, terms: Terms, share_k: Tensor<1>, usage_k: Tensor<1>) -> Terms {
        let idle_k = share_k.equal_elem(0.0).float();
        let age_k = (self.age_k.val() + self.born_k()) * idle_k;
        terms.set("quantiser.usage.usage_k", usage_k).set("quantiser.usage.age_k", age_k)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn values(x_k: Tensor<1>) -> Vec<f32> {
        x_k.into_data().try_into_vec().unwrap()
    }

    /// The record, and what it shows, through steps that choose the codes with a share.
    fn after(steps: &[[f32; 3]]) -> (Vec<f32>, Vec<f32>) {
        let device = Device::flex();
        let mut usage = Usage::new(3, 1.0, &device);
        let mut in_use = vec![];
        for share in steps {
            let share_k = Tensor::<1>::from_floats(*share, &device);
            let terms = usage.show(Terms::new(Tensor::zeros([1], &device)), share_k.clone());
            let terms = usage.set(terms, share_k.clone(), share_k);
            in_use.push(values(terms.scalars.last().unwrap().1.clone())[0]);
            usage.age_k = Param::from_tensor(terms.set.last().unwrap().1.clone());
        }
        (values(usage.age_k()), in_use)
    }

    #[test]
    fn only_codes_that_were_chosen_are_in_use() {
        let (age_k, in_use) = after(&[[3.0, 0.0, 0.0], [1.5, 1.5, 0.0], [3.0, 0.0, 0.0]]);
        assert_eq!(in_use, [0.0, 1.0, 2.0], "before each step");
        assert_eq!(age_k, [0.0, 1.0, -1.0], "the last was never chosen");

        let mut steps = vec![[0.0, 3.0, 0.0]];
        steps.resize(FORGOTTEN as usize + 2, [3.0, 0.0, 0.0]);
        let (age_k, in_use) = after(&steps);
        assert_eq!(age_k, [0.0, FORGOTTEN as f32 + 1.0, -1.0]);
        assert_eq!(in_use[FORGOTTEN as usize..], [2.0, 1.0], "the second is forgotten");
    }
}
