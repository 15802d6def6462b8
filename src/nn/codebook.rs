//! A codebook: nearest vectors, k-means, and the ways in which it learns besides its gradient.

use burn::module::{Module, Param};
use burn::tensor::{Device, Distribution, Int, Tensor};

use super::one_hot::one_hot;
use super::token_autoencoder::Alphabet;
use super::usage::{Usage, mix, shares};
use super::{Ctx, Named, Terms, stop_gradient};

/// Lloyd iterations of [`k_means`]: unrolled, and every one is compiled, so few.
const ITERATIONS: usize = 3;
/// Vectors that k-means looks at.
const SAMPLE: usize = 4096;
/// Laplace smoothing of the moving averages, in fair shares.
const SMOOTHING: f64 = 1e-5;
/// Keeps a logarithm finite.
const TINY: f64 = 1e-10;

/// Code vectors. It must be the field `codebook` of a quantiser, next to a [`Usage`]: updates go by name.
#[derive(Module, Debug)]
pub struct Codebook {
    /// Shape `[codes, dim]`.
    vectors_kd: Param<Tensor<2>>,
    /// Moving average of the sum of the vectors that chose each code, in fair shares, shape `[codes, dim]`; only where the
    /// code vectors are moving averages themselves.
    sum_kd: Option<Param<Tensor<2>>>,
}

/// One token a row, see [`Codebook::choose`].
pub struct Choice {
    /// Shape `[n, 1]`.
    pub token_n1: Tensor<2>,
    /// The vectors of the tokens as constants, shape `[n, dim]`.
    pub fixed_nd: Tensor<2>,
    /// What is added to the loss: the weighed commitment, and ‖`sg[z]` − e‖² where the gradient moves the code vectors. Shape `[1]`.
    pub penalty: Tensor<1>,
    /// Its parts: `commitment`, ‖z − `sg[e]`‖², and `codebook` where there is one; means over the rows, shape `[1]` each.
    pub shown: Vec<Named>,
}

/// What a batch chose.
struct Chosen {
    /// How often each code was chosen, in fair shares, shape `[codes]`.
    share_k: Tensor<1>,
    /// A one where a row chose a code, shape `[n, codes]`; the levels of a place are rows of their own.
    hit_nk: Tensor<2>,
}

/// What moves the code vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// The gradient of the loss.
    Gradient,
    /// Moving averages of the vectors that chose them (van den Oord et al. 2017, appendix A.1).
    Average,
}

/// Where [`Codebook::pull`] takes a new vector for an unused code from (Zheng & Vedaldi 2023, section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// A vector drawn with probability proportional to `exp(−‖z − e‖²)`.
    ByDistance,
    /// Any vector.
    Random,
}

impl Codebook {
    /// Vectors uniform in ±1/codes. Moving averages start as the vectors themselves, as with a [`Usage`] of one fair share
    /// `e_k = m_k / N_k` asks for: a code that is not chosen stays where it is.
    pub fn new(codes: usize, dim: usize, update: Update, device: &Device) -> Self {
        let bound = 1.0 / codes as f64;
        let table = || Tensor::random([codes, dim], Distribution::Uniform(-bound, bound), device);
        let vectors_kd = table();
        // A tensor of its own, which a recording can tell from the vectors; its draw keeps what a seed gives the layers behind it.
        let sum_kd = (update == Update::Average).then(|| Param::from_tensor(table() * 0.0 + vectors_kd.clone()));
        Self { vectors_kd: Param::from_tensor(vectors_kd), sum_kd }
    }

    /// The alphabet of places that this codebook describes with `levels` tokens.
    pub fn alphabet(&self, levels: usize) -> Alphabet {
        let [codes, dim] = self.vectors_kd.dims();
        Alphabet { dim, levels, codes }
    }

    /// Index of the nearest vector of each row by squared distance, `[n, dim]` to `[n, 1]`.
    pub fn nearest(&self, z_nd: Tensor<2>) -> Tensor<2> {
        let [n, _] = z_nd.dims();
        nearest(stop_gradient(z_nd), stop_gradient(self.vectors_kd.val())).float().reshape([n, 1])
    }

    /// The vectors of those indices, `[n, 1]` to `[n, dim]`.
    pub fn lookup(&self, token_n1: Tensor<2>) -> Tensor<2> {
        let [n, _] = token_n1.dims();
        self.vectors_kd.val().select(0, token_n1.int().reshape([n]))
    }

    /// Squared distance of each row to each vector, with gradients, `[n, dim]` to `[n, codes]`.
    pub fn distances(&self, z_nd: Tensor<2>) -> Tensor<2> {
        distances(z_nd, self.vectors_kd.val())
    }

    /// The vectors themselves, with gradients, shape `[codes, dim]`.
    pub fn vectors(&self) -> Tensor<2> {
        self.vectors_kd.val()
    }

    /// The nearest vector of each row, and what the loss asks of both (van den Oord et al. 2017, equation 3).
    pub fn choose(&self, z_nd: Tensor<2>, ctx: &Ctx) -> Choice {
        let token_n1 = self.nearest(z_nd.clone());
        let e_nd = self.lookup(token_n1.clone());
        let fixed_nd = stop_gradient(e_nd.clone());
        let commitment = squared_distance(z_nd.clone(), fixed_nd.clone());
        let mut penalty = ctx.live("commitment") * commitment.clone();
        let mut shown = vec![("commitment", commitment)];
        if self.sum_kd.is_none() {
            let codebook = squared_distance(stop_gradient(z_nd), e_nd);
            penalty = penalty + codebook.clone();
            shown.push(("codebook", codebook));
        }
        Choice { token_n1, fixed_nd, penalty, shown }
    }

    /// The choices of a batch, `[n, levels]`, shown.
    fn chosen(&self, terms: Terms, usage: &Usage, token_nl: Tensor<2>) -> (Terms, Chosen) {
        let hit_nk = one_hot(token_nl, self.vectors_kd.dims()[0]);
        let share_k = shares(hit_nk.clone());
        (usage.show(terms, share_k.clone()), Chosen { share_k, hit_nk })
    }

    /// After the step: the record of use, and where they are the rule, the moving averages
    ///
    /// ```text
    /// N_k ← γ N_k + (1−γ) n_k,   m_k ← γ m_k + (1−γ) Σ z,   e_k = m_k / N_k
    /// ```
    /// with `n_k` counted in fair shares and `N_k` smoothed. A code whose `N_k` falls below the live parameter `revive` begins
    /// anew from a random vector of the batch. `token_nl` is what the vectors `z_nd` chose; levels are rows of `z_nd`.
    pub fn update(&self, terms: Terms, usage: &Usage, token_nl: Tensor<2>, z_nd: Tensor<2>, ctx: &mut Ctx) -> Terms {
        let ([codes, dim], [n, _]) = (self.vectors_kd.dims(), z_nd.dims());
        let (terms, chosen) = self.chosen(terms, usage, token_nl);
        let z_nd = stop_gradient(z_nd);
        let usage_k = usage.next(chosen.share_k.clone(), ctx.live("decay"));
        let dead_k = usage_k.clone().lower(ctx.live("revive").expand([codes]));
        let dead_kd = dead_k.clone().reshape([codes, 1]).expand([codes, dim]);
        let fresh_kd = pick(z_nd.clone(), codes, ctx);
        let terms = usage.set(terms, chosen.share_k, usage_k.clone().mask_fill(dead_k, 1.0));
        let Some(sum_kd) = &self.sum_kd else {
            let vectors_kd = stop_gradient(self.vectors_kd.val());
            return terms.add("quantiser.codebook.vectors_kd", (fresh_kd - vectors_kd) * dead_kd.float());
        };
        let now_kd = chosen.hit_nk.transpose().matmul(z_nd) * (codes as f64 / n as f64);
        let sum_kd = mix(sum_kd.val(), now_kd, ctx.live("decay").reshape([1, 1]));
        let total = usage_k.clone().sum();
        let smooth_k = (usage_k + SMOOTHING) / (total.clone() + codes as f64 * SMOOTHING) * total;
        let mean_kd = sum_kd.clone() / smooth_k.reshape([codes, 1]);
        terms
            .set("quantiser.codebook.sum_kd", sum_kd.mask_where(dead_kd.clone(), fresh_kd.clone()))
            .set("quantiser.codebook.vectors_kd", mean_kd.mask_where(dead_kd, fresh_kd))
    }

    /// After the step: the record of use, and the pull of rarely used codes to the data (Zheng & Vedaldi 2023, section 3.2)
    ///
    /// ```text
    /// N_k ← γ N_k + (1−γ) n_k/n,   α_k = exp(−10 K N_k / (1−γ) − ε),   e_k ← (1−α_k) e_k + α_k · anchor
    /// ```
    /// Unlike the paper's, anchors are set [`apart`]: codes that draw the same one would differ by rounding alone. Of the authors'
    /// choices, distances are squared Euclidean ones and anchors come from the present batch: there is no cosine, no pool of
    /// earlier batches, no anchor that is always the closest vector, and no contrastive loss.
    /// `token_n1` is what the vectors `z_nd` chose.
    pub fn pull(&self, terms: Terms, usage: &Usage, token_n1: Tensor<2>, z_nd: Tensor<2>, anchor: Anchor, ctx: &mut Ctx) -> Terms {
        const EPSILON: f64 = 1e-3;
        let [codes, _] = self.vectors_kd.dims();
        let (terms, chosen) = self.chosen(terms, usage, token_n1);
        let (z_nd, vectors_kd) = (stop_gradient(z_nd), stop_gradient(self.vectors_kd.val()));
        let usage_k = usage.next(chosen.share_k.clone(), ctx.live("decay"));
        let alpha_k = (usage_k.clone() * -10.0 / (-ctx.live("decay") + 1.0) - EPSILON).exp();
        let anchor_kd = match anchor {
            Anchor::Random => pick(z_nd, codes, ctx),
            Anchor::ByDistance => {
                // The largest of the log-probabilities with Gumbel noise is a draw from them.
                let d_nk = distances(z_nd.clone(), vectors_kd.clone());
                let gumbel_nk = -(-(ctx.uniform(d_nk.dims()) + TINY).log() + TINY).log();
                apart(z_nd.clone().select(0, (gumbel_nk - d_nk).argmax(0).reshape([codes])), z_nd, ctx)
            }
        };
        let terms = terms.add("quantiser.codebook.vectors_kd", (anchor_kd - vectors_kd) * alpha_k.reshape([codes, 1]));
        usage.set(terms, chosen.share_k, usage_k)
    }

    /// Vectors from [`k_means`] on rows `[n, dim]`, for [`super::Method::start`].
    pub fn k_means(&self, z_nd: Tensor<2>, ctx: &mut Ctx) -> Vec<Named> {
        let [codes, dim] = self.vectors_kd.dims();
        let vectors = k_means(z_nd, codes, ctx).reshape([codes * dim]);
        let mut out = vec![("quantiser.codebook.vectors_kd", vectors.clone())];
        if self.sum_kd.is_some() {
            out.push(("quantiser.codebook.sum_kd", vectors));
        }
        out
    }
}

/// Centroids of rows `[n, dim]` by a few of Lloyd's iterations, which begin at random rows, shape `[count, dim]`. Those without a row
/// begin anew.
pub fn k_means(z_nd: Tensor<2>, count: usize, ctx: &mut Ctx) -> Tensor<2> {
    let [n, dim] = z_nd.dims();
    let sample_sd = each(z_nd, (n / SAMPLE).max(1));
    let [sampled, _] = sample_sd.dims();
    let mut centre_kd = pick(sample_sd.clone(), count, ctx);
    for _ in 0..ITERATIONS {
        let token_s = nearest(sample_sd.clone(), centre_kd).float();
        let hit_sk = one_hot(token_s.reshape([sampled, 1]), count);
        let count_k1 = hit_sk.clone().sum_dim(0).reshape([count, 1]);
        let mean_kd = hit_sk.transpose().matmul(sample_sd.clone()) / count_k1.clone().clamp_min(1.0);
        let empty_kd = count_k1.equal_elem(0.0).expand([count, dim]);
        centre_kd = mean_kd.mask_where(empty_kd, pick(sample_sd.clone(), count, ctx));
    }
    centre_kd
}

/// Every `step`-th row, the first among them, shape `[n, dim]` to `[n / step, dim]`.
pub fn each(z_nd: Tensor<2>, step: usize) -> Tensor<2> {
    let [n, dim] = z_nd.dims();
    z_nd.slice([0..n / step * step]).reshape([n / step, step * dim]).slice([0..n / step, 0..dim])
}

/// `count` random rows of `[n, dim]`, possibly repeated, set [`apart`].
fn pick(z_nd: Tensor<2>, count: usize, ctx: &mut Ctx) -> Tensor<2> {
    let [n, _] = z_nd.dims();
    let row_kd = z_nd.clone().select(0, (ctx.uniform([count]) * n as f64).floor().int());
    apart(row_kd, z_nd, ctx)
}

/// Vectors `[count, dim]`, each moved a little on the scale of `z_nd`: blank places give many equal vectors, and of two equal
/// codes one would never be chosen.
fn apart(row_kd: Tensor<2>, z_nd: Tensor<2>, ctx: &mut Ctx) -> Tensor<2> {
    const NUDGE: f64 = 0.05;
    let spread_1d = (z_nd.clone() - z_nd.mean_dim(0)).square().mean_dim(0).sqrt();
    let shape = row_kd.dims();
    row_kd + ctx.normal(shape) * spread_1d * NUDGE
}

/// ‖a − b‖², mean over the rows, shape `[1]`.
pub fn squared_distance(a_nd: Tensor<2>, b_nd: Tensor<2>) -> Tensor<1> {
    (a_nd - b_nd).square().sum_dim(1).mean()
}

/// Squared distances less ‖z‖², which does not matter to who is nearest: `‖e‖² − 2 z·e`, shape `[n, codes]`.
fn partial_distances(z_nd: Tensor<2>, e_kd: Tensor<2>) -> Tensor<2> {
    let [codes, _] = e_kd.dims();
    let square_1k = e_kd.clone().square().sum_dim(1).reshape([1, codes]);
    square_1k - z_nd.matmul(e_kd.transpose()) * 2.0
}

/// Squared distances, shape `[n, codes]`.
pub fn distances(z_nd: Tensor<2>, e_kd: Tensor<2>) -> Tensor<2> {
    z_nd.clone().square().sum_dim(1) + partial_distances(z_nd, e_kd)
}

fn nearest(z_nd: Tensor<2>, e_kd: Tensor<2>) -> Tensor<1, Int> {
    let [n, _] = z_nd.dims();
    partial_distances(z_nd, e_kd).argmin(1).reshape([n])
}
