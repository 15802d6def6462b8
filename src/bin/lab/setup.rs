//! Experiments from arguments.

use std::path::{Path, PathBuf};

use latent_catalog as catalog;
use latent_experiment::{Setup, SetupError};
use latent_vocabulary::Card;
use latent_vocabulary::data::{FOLDER_ALONE, Own};
use latent_vocabulary::world::PlantedVectors;

use crate::Failure;

/// The card of the method called `id`.
pub fn card(id: &str) -> Result<&'static Card, Failure> {
    catalog::card(id).ok_or_else(|| SetupError::UnknownMethod(id.to_owned()).to_string())
}

/// The method on a data set, with `pairs` of KEY=VALUE.
pub fn setup(card: &'static Card, data: &str, pairs: &[String]) -> Result<Setup, Failure> {
    let mut setup = Setup::new(data, card.id);
    for pair in pairs {
        setup.set_pair(pair).map_err(|error| format!("--set {error}"))?;
    }
    Ok(setup)
}

/// Whether a folder has files as MNIST comes in.
fn has_idx(folder: &Path) -> bool {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.map(|file| file.file_name()).any(|name| name.to_string_lossy().contains("idx"))
}

/// What `--data` names: a set, and the folder with its files where they are not the shipped ones.
pub type Given = (String, Option<PathBuf>);

/// Whether a packed set has vectors; what is wrong with a description is said when it is read.
fn has_vectors(folder: &Path) -> bool {
    let text = std::fs::read(folder.join("meta.json")).unwrap_or_default();
    serde_json::from_slice::<serde_json::Value>(&text).is_ok_and(|meta| meta.get("vectors").is_some())
}

/// A setup's name for `--data NAME`, `--data DIR` or `--data NAME:DIR`, and the folder with the files where one is given. A folder
/// alone has MNIST's four files, or packed images; after the name of the packed set another factor may give the labels, as in
/// `celeba:Male:DIR`.
pub fn data(text: &str) -> Result<Given, Failure> {
    // What a set of such a name is made of may stand behind it.
    if catalog::set(text).is_some() || PlantedVectors::parse(text).is_some() {
        return Ok((text.into(), None));
    }
    let packed = |folder: &Path| folder.join("meta.json").is_file();
    let own = text.split_once(':').and_then(|(name, rest)| {
        let id = |rest: &str, folder: &str| {
            let folder = PathBuf::from(folder);
            let text = format!("own:{name}{rest}");
            Own::parse(&text).map(|own| (Own { vectors: has_vectors(&folder), ..own }.id(), folder))
        };
        let labelled = rest.split_once(':').and_then(|(label, folder)| id(&format!(":{label}"), folder)).filter(|(_, f)| packed(f));
        labelled.or_else(|| id("", rest))
    });
    let folder = Path::new(text);
    match own {
        _ if packed(folder) => {
            Ok((Own { name: FOLDER_ALONE, label: None, vectors: has_vectors(folder) }.id(), Some(folder.into())))
        }
        _ if folder.is_dir() && has_idx(folder) => Ok((catalog::SETS[0].id.into(), Some(folder.into()))),
        _ if folder.is_dir() => Err(format!(
            "--data {text}: this folder has neither packed images nor files like train-images-idx3-ubyte.gz; `cargo lab pack images {text} \
             --out DIR` packs pictures"
        )),
        Some((id, folder)) if packed(&folder) => Ok((id, Some(folder))),
        Some((_, folder)) => Err(format!("--data {text}: {} has no packed images; `cargo lab pack` makes them", folder.display())),
        None => Err(format!("--data {text}: neither a data set ({}) nor a folder", catalog::set_ids().join(", "))),
    }
}
