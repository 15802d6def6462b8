//! Disentanglement, where the factors behind the images are known.

use super::measure::{Measure, Sheet};
use super::subject::{About, Subject};
use latent_measure::disentangle::{
    BINS, Scale, VoteProtocol, dci_in_slices, factor_vae_score_in_slices, infomec_in_slices, mig, modularity, sap,
};
use latent_measure::matched::by_correlation;
use latent_measure::{Rows, vae};
use latent_vocabulary::data::DataCard;

pub const MEASURES: &[Measure] = &[
    Measure { names: &[("mig", "Mutual information gap")], applies, run: |s, sheet| Box::pin(gap(s, sheet)) },
    Measure { names: &[("modularity", "")], applies, run: |s, sheet| Box::pin(modules(s, sheet)) },
    Measure {
        names: &[("sap", "Separated attribute predictability")],
        applies,
        run: |s, sheet| Box::pin(predictability(s, sheet)),
    },
    Measure { names: &[("factor_vae_score", "FactorVAE score")], applies, run: |s, sheet| Box::pin(votes(s, sheet)) },
    Measure {
        names: &[("info_m", "InfoMEC: modularity"), ("info_c", "InfoMEC: compactness"), ("info_e", "InfoMEC: explicitness")],
        applies,
        run: |s, sheet| Box::pin(normalised_information(s, sheet)),
    },
    Measure {
        names: &[("mcc", "Factors and latents in pairs: mean absolute correlation")],
        applies: |about| applies(about) && about.data.is_some_and(|card| card.factors.iter().any(|factor| factor.ordered)),
        run: |s, sheet| Box::pin(correlation(s, sheet)),
    },
    Measure {
        names: &[
            ("dci_disentanglement", "DCI: disentanglement"),
            ("dci_completeness", "DCI: completeness"),
            ("dci_informativeness", "DCI: informativeness"),
        ],
        applies: |about| applies(about) && about.own().width() > 1 && about.data.is_some_and(|card| card.factors.len() > 1),
        run: |s, sheet| Box::pin(dci(s, sheet)),
    },
];

fn applies(about: &About) -> bool {
    about.latents() && about.data.is_some_and(|card| !card.factors.is_empty())
}

/// Codes that DCI is fitted to, and tested on, at most: its trees take their time.
const CODES: usize = 2000;
/// The least deviation of a latent that votes where there is no prior to give the codes a scale, as a share of the largest.
const LEAST_PART: f64 = 0.01;

/// Codes, and the factors behind the same images.
struct Pairs<'a> {
    card: &'static DataCard,
    fitted_nd: Vec<f32>,
    fitted_nk: Rows<'a, u8>,
    test_nd: Vec<f32>,
    test_nk: Rows<'a, u8>,
    /// Latents and factors.
    d: usize,
    k: usize,
    without: &'static str,
    whose: &'static str,
}

impl Pairs<'_> {
    fn fitted_nd(&self) -> Rows<'_> {
        Rows::new(&self.fitted_nd, self.d)
    }

    fn of(&self, n: usize) -> String {
        format!("{} latents, {} factors, mean codes{} of {n} {}", self.d, self.k, self.without, self.whose)
    }

    fn of_all(&self) -> String {
        self.of(self.fitted_nk.len())
    }

    /// What the scores of a gap between two latents say of one.
    fn gap(&self) -> &'static str {
        if self.d == 1 { "undefined: the only latent has no second to be compared with; " } else { "" }
    }
}

/// `None` where the factors of these images are not at hand.
async fn pairs<'a>(s: &mut Subject<'a>) -> Result<Option<Pairs<'a>>, String> {
    let (images, Some(card)) = (s.images, s.about.data) else { return Ok(None) };
    let k = card.factors.len();
    if images.fitted.factor_nk.len() != k * images.fitted.labels.len() {
        return Ok(None);
    }
    let codes = s.codes().await?;
    let own = s.about.own();
    Ok(Some(Pairs {
        card,
        fitted_nd: own.columns(&codes.mean_fitted).into_owned(),
        fitted_nk: Rows::new(&images.fitted.factor_nk, k),
        test_nd: own.columns(&codes.mean).into_owned(),
        test_nk: Rows::new(&images.test.factor_nk, k),
        d: own.width(),
        k,
        without: own.without(),
        whose: images.whose,
    }))
}

async fn gap(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let Some(pairs) = pairs(s).await? else { return Ok(()) };
    let how = format!("{}mutual information gap, {BINS} bins of equal width; {}", pairs.gap(), pairs.of_all());
    sheet.add("mig", mig(pairs.fitted_nd(), pairs.fitted_nk), how);
    Ok(())
}

async fn modules(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let Some(pairs) = pairs(s).await? else { return Ok(()) };
    let how = format!("{BINS} bins of equal width; {}", pairs.of_all());
    sheet.add("modularity", modularity(pairs.fitted_nd(), pairs.fitted_nk), how);
    Ok(())
}

async fn predictability(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let Some(pairs) = pairs(s).await? else { return Ok(()) };
    let scale = |ordered: bool| if ordered { Scale::Ordinal } else { Scale::Categorical };
    let scale_k: Vec<Scale> = pairs.card.factors.iter().map(|f| scale(f.ordered)).collect();
    let kinds = scale_k.iter().filter(|scale| **scale == Scale::Categorical).count();
    let how = format!(
        "{}lines for the {} numbers among the factors, thresholds for the {kinds} kinds, on the codes they were fitted to; {}",
        pairs.gap(),
        pairs.k - kinds,
        pairs.of_all()
    );
    sheet.add("sap", sap(pairs.fitted_nd(), pairs.fitted_nk, &scale_k), how);
    Ok(())
}

async fn votes(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let Some(pairs) = pairs(s).await? else { return Ok(()) };
    let (protocol, voters) = voters(&s.about, pairs.fitted_nd());
    let how =
        format!("{} and {} votes of {} codes each; {voters}; {}", protocol.train, protocol.test, protocol.batch, pairs.of_all());
    sheet.add("factor_vae_score", factor_vae_score_in_slices(pairs.fitted_nd(), pairs.fitted_nk, protocol, &s.pause).await, how);
    Ok(())
}

async fn normalised_information(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let Some(pairs) = pairs(s).await? else { return Ok(()) };
    let fitted = (pairs.fitted_nd(), pairs.fitted_nk);
    let scores = infomec_in_slices(fitted, (Rows::new(&pairs.test_nd, pairs.d), pairs.test_nk), &s.pause).await;
    let how = format!(
        "information as a share of the factor's, {BINS} bins of equal width; {} latents take part, whose range is more than an \
         eighth of the widest; {}",
        scores.active,
        pairs.of_all()
    );
    sheet.add("info_m", scores.modularity, how.clone());
    sheet.add("info_c", scores.compactness, how);
    let n = pairs.test_nk.len();
    sheet.add("info_e", scores.explicitness, format!("logistic regression, read on {n} test images; {}", pairs.of_all()));
    Ok(())
}

/// Mean correlation coefficient (Khemakhem et al. 2020, "Variational Autoencoders and Nonlinear ICA", section 5): of kinds there is no such number.
async fn correlation(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let Some(pairs) = pairs(s).await? else { return Ok(()) };
    let ordered: Vec<usize> = (0..pairs.k).filter(|k| pairs.card.factors[*k].ordered).collect();
    let value = |row: &[u8]| ordered.iter().map(|k| f32::from(row[*k])).collect::<Vec<f32>>();
    let values: Vec<f32> = pairs.test_nk.iter().flat_map(value).collect();
    let matched = by_correlation(Rows::new(&pairs.test_nd, pairs.d), Rows::new(&values, ordered.len()));
    let sum: f64 = matched.pairs.iter().map(|pair| pair.agreement.abs()).sum();
    let how = format!(
        "each of the {} factors that are amounts with one latent of its own, as fits best; {} latents, mean codes{} of {} test images",
        ordered.len(),
        pairs.d,
        pairs.without,
        pairs.test_nk.len()
    );
    sheet.add("mcc", sum / ordered.len() as f64, how);
    Ok(())
}

async fn dci(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let Some(pairs) = pairs(s).await? else { return Ok(()) };
    let (d, k) = (pairs.d, pairs.k);
    let (n, m) = (pairs.fitted_nk.len().min(CODES), pairs.test_nk.len().min(CODES));
    let (codes_nd, codes_md) = (Rows::new(&pairs.fitted_nd[..n * d], d), Rows::new(&pairs.test_nd[..m * d], d));
    let (values_nk, values_mk) = (Rows::new(&pairs.fitted_nk.values()[..n * k], k), Rows::new(&pairs.test_nk.values()[..m * k], k));
    let scores = dci_in_slices((codes_nd, values_nk), (codes_md, values_mk), &s.pause).await;
    let how = format!("gradient-boosted trees, {}; informativeness on {m} test images", pairs.of(n));
    sheet.add("dci_disentanglement", scores.disentanglement, how.clone());
    sheet.add("dci_completeness", scores.completeness, how.clone());
    sheet.add("dci_informativeness", scores.informativeness, how);
    Ok(())
}

/// The protocol of the votes, and in words which latents take part.
fn voters(about: &About, code_nd: Rows) -> (VoteProtocol, String) {
    let usual = VoteProtocol::default();
    if about.card.prior {
        return (usual, format!("of latents with a standard deviation of at least {}", usual.least_deviation));
    }
    let widest = vae::activity_d(code_nd).into_iter().fold(0.0, f64::max).sqrt();
    let words =
        format!("of latents with a standard deviation of at least {LEAST_PART} of the largest, since no prior gives them a scale");
    (VoteProtocol { least_deviation: LEAST_PART * widest, ..usual }, words)
}
