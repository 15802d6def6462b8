//! Weights of others as files of ours: `cargo lab import`.

use latent_engine::Program;
use latent_exchange::sae;
use latent_experiment::Setup;
use latent_model::foreign::recognise;
use latent_model::{programs, weights};
use latent_registry::fetch_entry;
use latent_vocabulary::data::Own;
use latent_vocabulary::factors::FactorList;
use latent_vocabulary::frames::Frames;
use latent_vocabulary::shape::{DataShape, SampleShape};

/// What rows are called that a dictionary came without.
const ROWS: &str = "acts:dictionary";

/// What weights of others have become.
pub struct Imported {
    /// The run that they are of.
    pub setup: Setup,
    /// The file of weights, with its setup and its programs.
    pub file: Vec<u8>,
    /// Of a dictionary: its directions, as an array of NumPy.
    pub directions: Option<Vec<u8>>,
    /// What they were taken for, a sentence each.
    pub notes: Vec<String>,
}

/// What files of weights are of, `otherwise` if that fits: a dictionary of another library, with what lies beside it, or else the first file, a `state_dict`.
///
/// # Errors
/// What does not fit, a sentence each.
pub fn import(files: &[(&str, &[u8])], otherwise: &Setup) -> Result<Imported, String> {
    pollster::block_on(import_async(files, otherwise))
}

async fn import_async(files: &[(&str, &[u8])], otherwise: &Setup) -> Result<Imported, String> {
    let Some((_, first)) = files.iter().find(|(_, bytes)| bytes.first() != Some(&b'{')).or(files.first()) else {
        return Err("no file is given".into());
    };
    if weights::metadata(first).is_ok_and(|notes| notes.contains_key("setup")) {
        return Err("this file says its setup: the page and the other commands take it as it is".into());
    }
    let card = latent_catalog::set(&otherwise.data);
    let own = Own::parse(&otherwise.data).is_some();
    // Which rows a dictionary is of only its width tells.
    if let Some(theirs) = sae::recognise(files, otherwise, if own { &otherwise.data } else { ROWS })? {
        return dictionary(theirs, otherwise).await;
    }
    let card = card.ok_or_else(|| format!("no data set is called {:?}", otherwise.data))?;
    let data = DataShape::of(card);
    let parameters = async |setup: &Setup| {
        let recording = fetch_entry(&setup.method).await?.record(&setup.params()?, data, Program::Evaluate, 1)?;
        Ok(recording.params.into_iter().map(|p| (p.name, p.shape)).collect())
    };
    let (setup, tensors) = recognise(first, otherwise, data, parameters).await?;
    let entry = fetch_entry(&setup.method).await?;
    let own = [("setup", setup.to_query()), ("step", "0".to_string()), ("classes", card.classes.join("\n"))];
    let notes: Vec<_> = own.into_iter().chain(programs::notes(entry, &setup, data)?).collect();
    Ok(Imported { setup, file: weights::write(&tensors, &notes)?, directions: None, notes: vec![] })
}

/// A dictionary, on the set of `otherwise` if its samples have as many numbers.
async fn dictionary(theirs: sae::Brought, otherwise: &Setup) -> Result<Imported, String> {
    let fits = latent_catalog::set(&otherwise.data).filter(|card| SampleShape::of(card).len() == theirs.inputs);
    let mut setup = theirs.setup;
    let (data, classes) = match fits {
        Some(card) => {
            setup.data = otherwise.data.clone();
            (DataShape::of(card), card.classes.join("\n"))
        }
        None => {
            let image = SampleShape::vector(theirs.inputs);
            (DataShape { image, classes: 1, factors: FactorList::NONE, frames: Frames::One }, "image".into())
        }
    };
    setup.check()?;
    let entry = fetch_entry(&setup.method).await?;
    let own = [("setup", setup.to_query()), ("step", "0".into()), ("classes", classes), ("origin", theirs.library.into())];
    let notes: Vec<_> = own.into_iter().chain(programs::notes(entry, &setup, data)?).collect();
    let file = weights::write(&weights::read(&theirs.weights)?, &notes)?;
    let said = format!("It is a dictionary of {} with {} features of {} numbers.", theirs.library, theirs.features, theirs.inputs);
    Ok(Imported { setup, file, directions: Some(theirs.directions), notes: std::iter::once(said).chain(theirs.notes).collect() })
}
