//! Every measure that applies to a trained model, each with the protocol that makes its number comparable.
//!
//! A measure is a function and an entry in the table of its file: its ids, what they are called, to which models and images it
//! applies, and the function, which adds the values with their protocols to a [`Sheet`].

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

#[cfg(not(target_arch = "wasm32"))]
pub mod classifier;
mod code;
mod communities;
mod cost;
mod counterfactual;
mod court;
mod defects;
mod detector;
mod dictionary;
mod downstream;
mod eye;
mod factors;
mod gradient;
mod images;
mod judge;
mod layers;
mod levels;
mod likelihood;
mod measure;
mod pictures;
mod prior;
mod probing;
mod robust;
mod samplers;
mod shots;
mod sparse;
mod steering;
mod strangers;
mod stress;
mod subject;
mod targeting;
mod twins;
mod units;

pub use images::{Images, MOST, Sizes, Training};
pub use latent_sweep::OF_TWINS;
pub use twins::beside;

use self::measure::{Measure, Sheet, label};
use self::subject::{About, Subject};
use latent_catalog::CARDS;
use latent_engine::{Engine, TestSet};
use latent_experiment::Setup;
use latent_sweep::figure_id;
use latent_view::{Offered, OneOf};
use latent_vocabulary::Card;
use latent_vocabulary::code::CodeGroup;
use latent_vocabulary::measured::Measured;

/// All measures, in the order in which they are taken and shown.
const MEASURES: &[&[Measure]] = &[
    likelihood::MEASURES,
    pictures::MEASURES,
    sparse::MEASURES,
    dictionary::MEASURES,
    probing::MEASURES,
    layers::MEASURES,
    steering::MEASURES,
    targeting::MEASURES,
    code::POSTERIOR,
    prior::MEASURES,
    samplers::MEASURES,
    code::MEASURES,
    communities::MEASURES,
    shots::MEASURES,
    units::MEASURES,
    factors::MEASURES,
    gradient::MEASURES,
    judge::MEASURES,
    counterfactual::MEASURES,
    robust::MEASURES,
    downstream::MEASURES,
    stress::MEASURES,
    levels::MEASURES,
    defects::MEASURES,
    detector::MEASURES,
    strangers::MEASURES,
    cost::MEASURES,
];

/// Whether any model has a measure called so: as measures are, or as a method calls one of its own numbers.
pub fn is_measure(id: &str) -> bool {
    let same = |name: &str| figure_id(name) == id;
    let of = |card: &&Card| card.terms.iter().any(|term| same(term.name)) || card.counts.iter().any(|count| same(count.name));
    id == LOSS
        || OF_TWINS.contains(&id)
        || MEASURES.iter().copied().flatten().any(|measure| measure.gives(id))
        || CARDS.iter().any(of)
}

/// What the values of all measures are called; `*` stands for any number.
#[cfg(not(target_arch = "wasm32"))]
pub fn labels() -> impl Iterator<Item = String> {
    let of = |measure: &'static Measure| measure.names.iter().map(|(id, _)| label(measure.names, id));
    MEASURES.iter().copied().flatten().flat_map(of)
}

/// What every method calls that which it minimises.
const LOSS: &str = "loss";

/// Measures the model in `engine`, which was made by `setup`. `seed` decides what is drawn from posteriors.
///
/// # Errors
/// If the engine fails, or no method is called as the setup's.
pub async fn assess(engine: &mut impl Engine, setup: &Setup, images: &Images, seed: u64) -> Result<Vec<Measured>, String> {
    assess_some(engine, setup, images, seed, &[]).await
}

/// Which measures apply to a network that `setup` made, whose code is `code`, on such images. The method's own numbers, which come with
/// any of them, go without saying.
///
/// # Errors
/// If no method is called as the setup's.
pub fn offered(setup: &Setup, code: &[CodeGroup], test: &TestSet) -> Result<Offered, String> {
    let about = About::of(setup, code, &test.id, test.shape, !test.beside.planted_kd.is_empty())?;
    let one = |measure: &Measure| {
        let first = measure.names.first().map_or(String::new(), |(id, _)| label(measure.names, id).replace(", k = *", ""));
        OneOf { ids: measure.names.iter().map(|(id, _)| (*id).into()).collect(), label: first }
    };
    let all = MEASURES.iter().copied().flatten().skip(1).filter(|measure| (measure.applies)(&about));
    Ok(Offered { measures: all.map(one).collect() })
}

/// [`assess`] for the measures that are `wanted`, with what is taken together with them; all where none is named. The method's own numbers
/// are always among them. Each measure draws the same numbers, whatever was measured before.
///
/// # Errors
/// As there.
pub async fn assess_some(
    engine: &mut impl Engine,
    setup: &Setup,
    images: &Images,
    seed: u64,
    wanted: &[String],
) -> Result<Vec<Measured>, String> {
    let mut sheet = Sheet::default();
    let mut subject = Subject::new(engine, setup, images, seed)?;
    for (i, measure) in MEASURES.iter().copied().flatten().enumerate() {
        let asked = i == 0 || wanted.is_empty() || wanted.iter().any(|id| measure.gives(id));
        if asked && (measure.applies)(&subject.about) {
            subject.model.draw_from(0);
            sheet.names = measure.names;
            (measure.run)(&mut subject, &mut sheet).await?;
        }
    }
    Ok(sheet.rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measure_has_an_id_of_its_own_and_a_name_that_reads() {
        let (mut known, mut measures) = (vec![], MEASURES.iter().copied().flatten());
        // The first has what methods call their numbers.
        for (id, _) in measures.next().expect("there are measures").names {
            let given = CARDS.iter().any(|card| card.terms.iter().any(|term| term.name == *id) || card.counts(id).is_some());
            assert!(given, "no method has a number {id}");
        }
        for (id, name) in measures.flat_map(|measure| measure.names) {
            assert!(!known.contains(id), "{id} twice");
            known.push(id);
            assert!(id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '*')), "{id}");
            assert_eq!(id.contains('*'), name.contains('*'), "{id}: {name}");
            assert_ne!(*name, label(&[], id), "{id} reads as these words without a name");
        }
        for id in ["mse", "l0", "kl_d", "mmd_imq_null", "codes_used", "knn_accuracy", "dci_completeness"] {
            assert!(known.contains(&id), "no measure is called {id}");
        }
    }

    #[test]
    fn no_name_is_garbled() {
        let of = |id: &str| {
            let all: Vec<_> = MEASURES.iter().copied().flatten().flat_map(|measure| measure.names).copied().collect();
            label(&all, id)
        };
        assert_eq!(
            ["codes_dead", "ultra_dense_features", "aggregate_mean_d"].map(of),
            ["Codes dead", "Ultra dense features", "Aggregate mean"]
        );
        assert_eq!(of("nll_k50"), "−ln p(x) by importance sampling, k = 50");
        assert_eq!(of("nll_given_label_k1"), "−ln p(x | y) by importance sampling, k = 1");
        assert_eq!(of("mmd_rbf_null"), "MMD² to the prior, Gaussian, for comparison");
        assert_eq!([of("kl"), of("kl_d"), of("nuclear norm")], ["KL", "KL by latent, nats", "Nuclear norm"]);
    }
}
