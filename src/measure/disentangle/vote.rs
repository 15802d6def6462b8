//! The FactorVAE score.

use super::paired::assert_paired;
use crate::pause::{Pause, at_once};
use crate::rng::Rng;
use crate::{Rows, moments, vae};

/// How many votes of what size, and which latents take part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VoteProtocol {
    /// Codes behind one vote.
    pub batch: usize,
    /// Votes from which the classifier is made.
    pub train: usize,
    /// Votes on which it is tested.
    pub test: usize,
    pub seed: u64,
    /// Latents with a smaller standard deviation over all codes take no part: they would always vary least.
    pub least_deviation: f64,
}

impl Default for VoteProtocol {
    /// 64 codes a vote, 10,000 and 5,000 votes, latents whose standard deviation is at least 0.05 (`prune_dims` of the
    /// authors' code): those of Locatello et al. 2019. The last is for codes whose prior has a standard deviation of 1.
    fn default() -> Self {
        Self { batch: 64, train: 10_000, test: 5_000, seed: 0, least_deviation: 0.05 }
    }
}

/// Accuracy of a majority vote (Kim & Mnih 2018, "Disentangling by Factorising", section 4). A vote: draw a factor and a
/// code, draw a batch of codes (with replacement) that share the factor's value; the latent that varies least in the batch,
/// relative to its variance over all codes, votes for the factor. Each latent is then taken to stand for the factor that
/// most of its training votes were for, and the score is the share of test votes that agree.
///
/// The score is 0 if no latent takes part.
///
/// # Panics
/// If the numbers of codes and of rows of factors differ or are zero, or the protocol has a zero.
pub fn factor_vae_score(code_nd: Rows, factor_nk: Rows<u8>, protocol: VoteProtocol) -> f64 {
    at_once(factor_vae_score_in_slices(code_nd, factor_nk, protocol, &Pause::never()))
}

/// [`factor_vae_score`], with a place to rest at every vote.
///
/// # Panics
/// As there.
pub async fn factor_vae_score_in_slices(code_nd: Rows<'_>, factor_nk: Rows<'_, u8>, protocol: VoteProtocol, pause: &Pause) -> f64 {
    assert_paired(code_nd, factor_nk);
    assert!(protocol.batch > 0 && protocol.train > 0 && protocol.test > 0, "a vote needs codes, and the score votes");
    let variance_d = vae::activity_d(code_nd);
    let varies = |variance: f64| variance > 0.0 && variance.sqrt() >= protocol.least_deviation;
    let active: Vec<usize> = (0..code_nd.width()).filter(|j| varies(variance_d[*j])).collect();
    if active.is_empty() {
        return 0.0;
    }
    let members_kv: Vec<Vec<Vec<usize>>> = (0..factor_nk.width()).map(|k| by_value(factor_nk.column(k))).collect();
    let mut rng = Rng::new(protocol.seed);
    let mut vote = || {
        let k = rng.below(factor_nk.width());
        let value = factor_nk.row(rng.below(code_nd.len()))[k];
        let members = &members_kv[k][usize::from(value)];
        let batch: Vec<usize> = (0..protocol.batch).map(|_| members[rng.below(members.len())]).collect();
        let spread = |j: usize| moments(batch.iter().map(|i| code_nd.row(*i)[j])).1 / variance_d[j];
        let (latent, _) =
            active.iter().map(|j| (*j, spread(*j))).fold((active[0], f64::INFINITY), |best, s| if s.1 < best.1 { s } else { best });
        (latent, k)
    };
    let mut votes_dk = vec![vec![0u32; factor_nk.width()]; code_nd.width()];
    for _ in 0..protocol.train {
        pause.point().await;
        let (latent, k) = vote();
        votes_dk[latent][k] += 1;
    }
    // The first of equals.
    let stands_for_d: Vec<usize> =
        votes_dk.iter().map(|votes| (0..votes.len()).fold(0, |best, k| if votes[k] > votes[best] { k } else { best })).collect();
    let agrees = |(latent, k): (usize, usize)| stands_for_d[latent] == k;
    let mut agree = 0;
    for _ in 0..protocol.test {
        pause.point().await;
        agree += usize::from(agrees(vote()));
    }
    agree as f64 / protocol.test as f64
}

/// Rows with each value of a factor.
fn by_value(factor: impl Iterator<Item = u8>) -> Vec<Vec<usize>> {
    let mut out = vec![vec![]; 256];
    factor.enumerate().for_each(|(i, v)| out[usize::from(v)].push(i));
    out
}
