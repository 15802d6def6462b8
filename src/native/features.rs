//! A dictionary's features as a table: `cargo lab features`.

use std::path::PathBuf;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use latent_data::Dataset;
use latent_player::{Asked, Player};
use latent_view::feature_file::{Known, csv, jsonl};
use latent_view::{Coder, Features, Question, Tests};
use serde_json::{Value, json};

use crate::file::{trained, write_whole};
use crate::images::{Given, load_for};

/// How the table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureFile {
    /// A row a feature.
    Csv,
    /// An object a feature and line, with the texts of its strongest samples.
    Jsonl,
}

/// Which features, of which samples, and where the table goes.
#[derive(Clone, Debug)]
pub struct FeaturesOptions {
    /// A file of weights with its setup and its programs.
    pub weights: PathBuf,
    /// Other samples than those of the setup.
    pub data: Option<Given>,
    /// Test samples that are looked at, at most.
    pub samples: u32,
    pub out: PathBuf,
    pub file: FeatureFile,
}

/// What the set says of its samples.
struct Said<'a>(&'a Dataset);

impl Known for Said<'_> {
    fn class(&self, label: u8) -> String {
        self.0.class_names.get(usize::from(label)).cloned().unwrap_or_else(|| label.to_string())
    }

    fn text(&self, sample: usize) -> Option<String> {
        self.0.beside.texts.get(sample).cloned()
    }
}

/// Writes what each feature does on test samples; returns the report that the command prints.
///
/// # Errors
/// Names the file and what is wrong with it, or says that the model has no features; nothing has been written then.
pub fn features(options: &FeaturesOptions) -> Result<Value, String> {
    let setup = trained(&options.weights)?.setup;
    let data = load_for(&setup, options.data.as_ref())?;
    let named = |e: String| format!("{}: {e}", options.weights.display());
    let bytes = std::fs::read(&options.weights).map_err(|e| named(e.to_string()))?;
    let mut asked = Asked(Rc::new(Player::load(&bytes).map_err(named)?));
    let grid = asked.frame().features().map_err(named)?;
    let (images, labels, factors) = (&data.test_images, &data.test_labels, &data.factors.test_nk);
    let tests = Tests { shape: data.shape, images, labels, factors, beside: Some(&data.beside) };
    let table = finished(Features { count: options.samples }.answer(&mut asked, tests))?;
    let text = match options.file {
        FeatureFile::Csv => csv(&table, grid.places(), &Said(&data)),
        FeatureFile::Jsonl => jsonl(&table, grid.places(), &Said(&data)),
    };
    write_whole(&options.out, text.as_bytes())?;
    let living = table.max_f.chunks_exact(4).filter(|b| **b != [0; 4]).count();
    Ok(json!({
        "setup": setup.to_query(),
        "features": grid.features,
        "living": living,
        "samples": table.images,
        "bytes": text.len(),
    }))
}

/// Asks again until the player, which rests now and then, is done.
fn finished<T>(answer: impl Future<Output = T>) -> T {
    let mut answer = std::pin::pin!(answer);
    loop {
        if let Poll::Ready(done) = answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
    }
}
