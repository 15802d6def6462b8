//! The objective, and the likelihood.

use super::images::spread;
use super::measure::{Measure, Sheet, any};
use super::subject::Subject;
use latent_engine::Program;
use latent_engine::program::minibatches;
use latent_experiment::Setup;
use latent_measure::{Rows, vae};
use latent_vocabulary::code::CodeKind;
use latent_vocabulary::{LIKELIHOOD, LIKELIHOODS, SIGMA};

pub const MEASURES: &[Measure] = &[
    // The numbers that the method itself gives.
    Measure {
        names: &[("kl", "KL"), ("l0", "Active features (L0)"), ("fvu", "Fraction of variance unexplained")],
        applies: any,
        run: |s, sheet| Box::pin(terms(s, sheet)),
    },
    Measure {
        names: &[
            ("nll_k*", "−ln p(x) by importance sampling, k = *"),
            ("nll_given_label_k*", "−ln p(x | y) by importance sampling, k = *"),
            ("nll_given_factors_k*", "−ln p(x | a) by importance sampling, k = *"),
        ],
        applies: any,
        run: |s, sheet| Box::pin(likelihood(s, sheet)),
    },
];

/// Images whose likelihood is estimated by importance sampling, and how often [`Program::LogWeights`] is run on them.
const WEIGHTED: usize = 1000;
const WEIGHTED_RUNS: usize = 5;

/// The objective, term by term.
async fn terms(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (engine, test) = (&mut *s.model, &s.images.test);
    let values = engine.evaluate(test.rows()).await?;
    let n = test.labels.len();
    // Some terms are of a batch as a whole, and are others for a larger one.
    let mut batches = minibatches(n, engine.info().batch as usize).map(|at| at.len());
    let batches = match (batches.next(), batches.last()) {
        (Some(first), Some(last)) if first != last => format!("in batches of {first}, the last of {last}"),
        (Some(first), Some(_)) => format!("in batches of {first}"),
        _ => "in one batch".into(),
    };
    for (name, value) in engine.info().terms.clone().iter().zip(values) {
        sheet.add(name, f64::from(value), format!("mean of {n} test images {batches}; what is random is drawn once"));
    }
    Ok(())
}

/// What each of [`LIKELIHOODS`] makes of an estimate, for protocols; `{sigma}` stands for the setup's.
const JUDGED: [&str; LIKELIHOODS.len()] = [
    "Bernoulli likelihood on grey values: not a density, and comparable with no other likelihood",
    "continuous Bernoulli likelihood, a density of values in [0, 1]",
    "Gaussian likelihood with σ = {sigma}, a density of values in [0, 1]",
    "Gaussian likelihood with σ learnt, a density of values in [0, 1]",
];

/// What a setup takes pixels to be distributed as, for protocols; empty where its method has no likelihood.
fn judged(setup: &Setup) -> String {
    if !setup.card().is_ok_and(|card| card.param(LIKELIHOOD.key).is_some()) {
        return String::new();
    }
    let words = JUDGED[setup.usize(LIKELIHOOD.key)].replace("{sigma}", &setup.get(SIGMA.key).to_string());
    let words = if setup.of_pictures() { words } else { words.replace(" of values in [0, 1]", "") };
    format!("; {words}")
}

/// The likelihood by importance sampling, where the method has one.
async fn likelihood(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (engine, test, len) = (&mut *s.model, &s.images.test, s.images.shape.image.len());
    let n = test.labels.len().min(WEIGHTED);
    let (x, labels) = (spread(Rows::new(&test.x, len), n), spread(Rows::new(&test.labels, 1), n));
    let k = test.factor_nk.len() / test.labels.len().max(1);
    let factors = if k > 0 { spread(Rows::new(&test.factor_nk, k), n) } else { vec![] };
    let mut weight_nk: Vec<Vec<f32>> = vec![vec![]; n];
    for _ in 0..WEIGHTED_RUNS {
        let rows = latent_engine::Rows::labelled(&x, &labels).told(&factors);
        let Some(outputs) = engine.run(Program::LogWeights, rows).await? else { return Ok(()) };
        let values = outputs.first().ok_or("importance weights without an output")?;
        let more_nk = Rows::new(values, values.len() / n);
        weight_nk.iter_mut().zip(more_nk.iter()).for_each(|(row, more)| row.extend(more));
    }
    let most = weight_nk[0].len();
    let told = engine.info().code.iter().find(|group| group.is_told());
    let (given, of) = match told.map(|group| group.kind) {
        None => ("nll", ""),
        Some(CodeKind::Factor { .. }) => ("nll_given_factors", " with their factors known"),
        Some(_) => ("nll_given_label", " with their labels known"),
    };
    for k in [1, most / WEIGHTED_RUNS, most] {
        let values: Vec<f32> = weight_nk.iter().flat_map(|row| &row[..k]).copied().collect();
        let nll = vae::importance_weighted_nll(Rows::new(&values, k));
        let name = format!("{given}_k{k}");
        let how = format!("nats, −ln of the mean of k = {k} importance weights, {n} test images{of}{}", judged(s.setup));
        sheet.add(&name, nll, how);
    }
    Ok(())
}
