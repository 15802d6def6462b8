//! Every measure that applies to a trained model, each with the protocol that makes its number comparable.
//!
//! A measure is a function and an entry in the table of its file: its ids, what they are called, to which models and images it
//! applies, and the function, which adds the values with their protocols to a [`Sheet`].

mod code;
mod factors;
mod likelihood;
mod pictures;
mod prior;
mod sparse;
mod subject;

pub use sparse::stability;

use self::subject::{About, Answer, Subject};
use crate::data::{Dataset, unit};
use crate::measure::Rows;
use crate::measure::rng::Rng;
use crate::nn::ImageShape;
use crate::spec::Setup;
use crate::spec::protocol::{Measured, Quantity};
use crate::train::views::TestSet;
use crate::train::{self, Engine};

/// A measure, or several that are taken together.
struct Measure {
    /// The ids of its values, each with its name for people; nothing in place of the name where the id reads as words. `*` stands
    /// for any number.
    names: &'static [(&'static str, &'static str)],
    /// Whether such a model has it.
    applies: fn(&About) -> bool,
    /// Adds its values, or nothing where the model turns out not to have it.
    run: for<'s> fn(&'s mut Subject<'_>, &'s mut Sheet) -> Answer<'s, ()>,
}

/// All measures, in the order in which they are taken and shown.
const MEASURES: &[&[Measure]] = &[
    likelihood::MEASURES,
    pictures::MEASURES,
    sparse::MEASURES,
    code::POSTERIOR,
    prior::MEASURES,
    code::MEASURES,
    factors::MEASURES,
];

/// For measures that every model has.
fn any(_: &About) -> bool {
    true
}

/// What a caller may choose.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Test images, and as many training images for what is fitted, drawn without replacement; `None` for as many as there
    /// are of each, but no more than [`MOST`].
    pub images: Option<usize>,
    /// Decides which images are drawn.
    pub seed: u64,
}

/// Images that are enough for every measure.
pub const MOST: usize = 10_000;

/// Measures in the order in which they are shown.
#[derive(Default)]
struct Sheet {
    rows: Vec<Measured>,
    /// Of the measure that is being taken.
    names: &'static [(&'static str, &'static str)],
}

impl Sheet {
    fn add(&mut self, id: &str, value: impl Into<Quantity>, protocol: impl Into<String>) {
        let label = label(self.names, id);
        self.rows.push(Measured { name: id.into(), label, value: value.into(), protocol: protocol.into() });
    }
}

/// What a value is called.
fn label(names: &[(&str, &str)], id: &str) -> String {
    for (known, name) in names.iter().filter(|(_, name)| !name.is_empty()) {
        if *known == id {
            return (*name).into();
        }
        let k = known.strip_suffix('*').and_then(|before| id.strip_prefix(before));
        if let Some(k) = k.filter(|k| k.bytes().all(|c| c.is_ascii_digit())) {
            return name.replace('*', k);
        }
    }
    // One number a latent.
    let words = id.strip_suffix("_d").unwrap_or(id).replace('_', " ");
    let mut letters = words.chars();
    letters.next().into_iter().map(|first| first.to_ascii_uppercase()).chain(letters).collect()
}

/// What a model is measured on.
pub struct Images {
    /// Name of the data set.
    id: String,
    shape: ImageShape,
    /// For what is fitted.
    fitted: Part,
    /// Whose they are, in protocols: training images, or test images besides those below.
    whose: &'static str,
    /// For all else.
    test: Part,
}

impl Images {
    /// As many training and test images as `sizes` says.
    ///
    /// # Errors
    /// If there are too few.
    pub fn draw(data: &Dataset, sizes: Sizes) -> Result<Self, String> {
        let have = data.train_labels.len().min(data.test_labels.len());
        let images = sizes.images.unwrap_or(have.min(MOST));
        if images < code::NEIGHBOURS || images > have {
            return Err(format!("{images} images: expected {} to {have}", code::NEIGHBOURS));
        }
        let (factors, of) = (&data.factors, |labels: &[u8]| sizes.images.unwrap_or(labels.len().min(MOST)));
        let train = &data.train_labels;
        let train = Part::draw(&data.train_images, train, &factors.train_nk, of(train), sizes.seed);
        let test = &data.test_labels;
        let test = Part::draw(&data.test_images, test, &factors.test_nk, of(test), sizes.seed);
        Ok(Self { id: data.id.clone(), shape: data.shape, fitted: Part { at: None, ..train }, whose: "training images", test })
    }

    /// `n` test images for what is fitted and `n` others for all else, where the training images are out of reach; fewer if
    /// there are not so many.
    ///
    /// # Errors
    /// If there are too few.
    pub fn halves(test: &TestSet, n: usize) -> Result<Self, String> {
        let n = n.min(test.labels.len() / 2);
        if n < code::NEIGHBOURS {
            return Err(format!("{} test images: expected at least {}", test.labels.len(), 2 * code::NEIGHBOURS));
        }
        let both = Part::draw(&test.images, &test.labels, &test.factors_nk, 2 * n, 0);
        let (fitted, rest) = both.split(n);
        Ok(Self { id: test.id.clone(), shape: test.shape.image, fitted, whose: "other test images", test: rest })
    }
}

/// Measures the model in `engine`, which was made by `setup`. `seed` decides what is drawn from posteriors.
///
/// # Errors
/// If the engine fails, or no method is called as the setup's.
pub async fn assess(engine: &mut impl Engine, setup: &Setup, images: &Images, seed: u64) -> Result<Vec<Measured>, String> {
    let mut sheet = Sheet::default();
    let mut subject = Subject::new(engine, setup, images, seed)?;
    for measure in MEASURES.iter().copied().flatten() {
        if (measure.applies)(&subject.about) {
            sheet.names = measure.names;
            (measure.run)(&mut subject, &mut sheet).await?;
        }
    }
    Ok(sheet.rows)
}

/// Images and labels drawn from one part of a data set.
struct Part {
    /// Their numbers among the test images, where they are some.
    at: Option<Vec<u32>>,
    x: Vec<f32>,
    labels: Vec<u8>,
    /// Values of the factors, one row an image; empty where they are not known.
    factor_nk: Vec<u8>,
}

impl Part {
    /// Draws `n`, but keeps their order: neighbours in a file are often from one hand, so the first would not do.
    fn draw(images: &[u8], labels: &[u8], factor_nk: &[u8], n: usize, seed: u64) -> Self {
        let mut chosen = Rng::new(seed).permutation(labels.len());
        chosen.truncate(n);
        chosen.sort_unstable();
        let (len, k) = (images.len() / labels.len(), factor_nk.len() / labels.len());
        Self {
            at: Some(chosen.iter().map(|i| *i as u32).collect()),
            x: chosen.iter().flat_map(|i| unit(&images[i * len..(i + 1) * len])).collect(),
            labels: chosen.iter().map(|i| labels[*i]).collect(),
            factor_nk: chosen.iter().flat_map(|i| &factor_nk[i * k..(i + 1) * k]).copied().collect(),
        }
    }

    /// The first `n` images, and the others.
    fn split(mut self, n: usize) -> (Self, Self) {
        let (len, k) = (self.x.len() / self.labels.len(), self.factor_nk.len() / self.labels.len());
        let at = self.at.as_mut().map(|at| at.split_off(n));
        let (x, factor_nk) = (self.x.split_off(n * len), self.factor_nk.split_off(n * k));
        let rest = Self { at, x, labels: self.labels.split_off(n), factor_nk };
        (self, rest)
    }

    fn rows(&self) -> train::Rows<'_> {
        let rows = train::Rows::labelled(&self.x, &self.labels);
        self.at.as_ref().map_or(rows, |at| rows.numbered(at))
    }
}

/// `m` rows, evenly spaced.
fn spread<T: Copy>(rows: Rows<T>, m: usize) -> Vec<T> {
    (0..m).flat_map(|i| rows.row(i * rows.len() / m)).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::CARDS;

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
