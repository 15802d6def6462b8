//! Disentanglement, where the factors behind the images are known.

use super::code::Codes;
use super::{Images, Sheet};
use crate::catalog;
use crate::measure::disentangle::{BINS, Scale, VoteProtocol, dci_in_slices, factor_vae_score_in_slices, mig, modularity, sap};
use crate::measure::pause::Pause;
use crate::measure::{Rows, vae};
use crate::spec::Family;

/// Codes that DCI is fitted to, and tested on, at most: its trees take their time.
const CODES: usize = 2000;
/// The least deviation of a latent that votes where there is no prior to give the codes a scale, as a share of the largest.
const LEAST_PART: f64 = 0.01;

/// Adds every score of codes against factors.
pub(super) async fn factors(
    sheet: &mut Sheet,
    Codes { fitted_nd, test_nd, without }: Codes<'_>,
    family: Family,
    images: &Images,
    pause: &Pause,
) {
    let Images { id, fitted, whose, test, .. } = images;
    let Some(card) = catalog::set(id).filter(|card| !card.factors.is_empty()) else { return };
    let k = card.factors.len();
    if fitted.factor_nk.len() != k * fitted.labels.len() {
        return;
    }
    let (n, d) = (fitted_nd.len(), fitted_nd.width());
    let fitted_nk = Rows::new(&fitted.factor_nk, k);
    let of = |n: usize| format!("{d} latents, {k} factors, mean codes{without} of {n} {whose}");
    // The scores of a gap between two latents.
    let gap = if d == 1 { "undefined: the only latent has no second to be compared with; " } else { "" };
    let how = format!("{gap}mutual information gap, {BINS} bins of equal width; {}", of(n));
    sheet.add("mig", mig(fitted_nd, fitted_nk), how);
    sheet.add("modularity", modularity(fitted_nd, fitted_nk), format!("{BINS} bins of equal width; {}", of(n)));
    let scale_k: Vec<Scale> = card.factors.iter().map(|f| if f.ordered { Scale::Ordinal } else { Scale::Categorical }).collect();
    let kinds = scale_k.iter().filter(|scale| **scale == Scale::Categorical).count();
    let how = format!(
        "{gap}lines for the {} numbers among the factors, thresholds for the {kinds} kinds, on the codes they were fitted to; {}",
        k - kinds,
        of(n)
    );
    sheet.add("sap", sap(fitted_nd, fitted_nk, &scale_k), how);
    let (protocol, voters) = voters(family, fitted_nd);
    let how = format!("{} and {} votes of {} codes each; {voters}; {}", protocol.train, protocol.test, protocol.batch, of(n));
    sheet.add("factor_vae_score", factor_vae_score_in_slices(fitted_nd, fitted_nk, protocol, pause).await, how);
    if d > 1 && k > 1 {
        let (n, m) = (n.min(CODES), test_nd.len().min(CODES));
        let (codes_nd, codes_md) = (Rows::new(&fitted_nd.values()[..n * d], d), Rows::new(&test_nd.values()[..m * d], d));
        let (values_nk, values_mk) = (Rows::new(&fitted.factor_nk[..n * k], k), Rows::new(&test.factor_nk[..m * k], k));
        let scores = dci_in_slices((codes_nd, values_nk), (codes_md, values_mk), pause).await;
        let how = format!("gradient-boosted trees, {}; informativeness on {m} test images", of(n));
        sheet.add("dci_disentanglement", scores.disentanglement, how.clone());
        sheet.add("dci_completeness", scores.completeness, how.clone());
        sheet.add("dci_informativeness", scores.informativeness, how);
    }
}

/// The protocol of the votes, and in words which latents take part.
fn voters(family: Family, code_nd: Rows) -> (VoteProtocol, String) {
    let usual = VoteProtocol::default();
    if family == Family::Vae {
        return (usual, format!("of latents with a standard deviation of at least {}", usual.least_deviation));
    }
    let widest = vae::activity_d(code_nd).into_iter().fold(0.0, f64::max).sqrt();
    let words =
        format!("of latents with a standard deviation of at least {LEAST_PART} of the largest, since no prior gives them a scale");
    (VoteProtocol { least_deviation: LEAST_PART * widest, ..usual }, words)
}
