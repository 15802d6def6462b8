//! Disentanglement, where the factors behind the images are known.

use super::code::Codes;
use super::{Images, Sheet};
use crate::measure::Rows;
use crate::measure::disentangle::{BINS, Scale, VoteProtocol, dci_in_slices, factor_vae_score_in_slices, mig, modularity, sap};
use crate::measure::pause::Pause;
use crate::spec::data;

/// Codes that the scores are fitted to, and tested on, at most: the trees behind DCI take their time.
const CODES: usize = 2000;

/// Adds every score of codes against factors.
pub(super) async fn factors(sheet: &mut Sheet, Codes { fitted_nd: train_nd, test_nd }: Codes<'_>, images: &Images, pause: &Pause) {
    let Images { id, fitted: train, whose, test, .. } = images;
    let Some(card) = data::find(id).filter(|card| !card.factors.is_empty()) else { return };
    let k = card.factors.len();
    if train.factor_nk.len() != k * train.labels.len() {
        return;
    }
    let d = train_nd.width();
    let first = |codes: Rows<'_>| Rows::len(codes).min(CODES);
    let (n, m) = (first(train_nd), first(test_nd));
    let (train_nd, test_nd) = (Rows::new(&train_nd.values()[..n * d], d), Rows::new(&test_nd.values()[..m * d], d));
    let (train_nk, test_nk) = (Rows::new(&train.factor_nk[..n * k], k), Rows::new(&test.factor_nk[..m * k], k));
    let of = format!("{d} latents, {k} factors, mean codes of {n} {whose}");
    sheet.add("mig", mig(train_nd, train_nk), format!("mutual information gap, {BINS} bins of equal width; {of}"));
    sheet.add("modularity", modularity(train_nd, train_nk), format!("{BINS} bins of equal width; {of}"));
    let scale_k: Vec<Scale> = card.factors.iter().map(|f| if f.ordered { Scale::Ordinal } else { Scale::Categorical }).collect();
    let how = format!("lines for numbers, thresholds for kinds, on the codes they were fitted to; {of}");
    sheet.add("sap", sap(train_nd, train_nk, &scale_k), how);
    let protocol = VoteProtocol::default();
    let how = format!("{} and {} votes of {} codes each; {of}", protocol.train, protocol.test, protocol.batch);
    sheet.add("factor_vae_score", factor_vae_score_in_slices(train_nd, train_nk, protocol, pause).await, how);
    if d > 1 && k > 1 {
        let scores = dci_in_slices((train_nd, train_nk), (test_nd, test_nk), pause).await;
        let how = format!("gradient-boosted trees, {of}; informativeness on {m} test images");
        sheet.add("dci_disentanglement", scores.disentanglement, how.clone());
        sheet.add("dci_completeness", scores.completeness, how.clone());
        sheet.add("dci_informativeness", scores.informativeness, how);
    }
}
