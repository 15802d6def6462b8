//! Telling what files are, by their names and first bytes.

use super::archive::Archive;
use super::array::Arrays;
use super::celeba::{self, CelebA, Text};
use super::idx;
use super::mirror::Mirror;
use super::picture::is_picture_name;
use super::pictures::Pictures;
use super::read::Named;
use super::sheet::Sheet;
use super::source::Source;

const UNDERSTOOD: &str = "What is understood: CelebA's zip and text files, JPEG and PNG pictures one by one, in folders or in a zip, a sheet of sprites, .npy and .npz arrays, IDX files, Parquet tables.";

/// Opens what a visitor brought. `tile` cuts a single picture into tiles so many pixels wide and high.
///
/// # Errors
/// Names the file, and what is wrong with it or what else would do.
pub fn open(files: &[Named], tile: Option<(u32, u32)>) -> Result<Box<dyn Source>, String> {
    // Hidden files come along with folders.
    let files: Vec<&Named> = files.iter().filter(|f| !f.base().starts_with('.')).collect();
    let text = |kind| files.iter().copied().find(|f| celeba::is_text(&f.name) == Some(kind));
    let (attributes, partition) = (text(Text::Attributes), text(Text::Partition));
    let ends = |file: &Named, end: &str| file.base().to_ascii_lowercase().ends_with(end);
    let zip = files.iter().copied().find(|f| ends(f, ".zip"));
    let faces = files.iter().any(|f| celeba::is_image(&f.name));
    if let Some(zip) = zip.filter(|_| attributes.is_some() || partition.is_some()) {
        return Ok(Box::new(CelebA::open(zip, attributes, partition)?));
    }
    if let Some(file) = attributes.or(partition).filter(|_| !faces) {
        return Err(format!(
            "{} describes CelebA's images, but img_align_celeba.zip is missing: choose the files together",
            file.name
        ));
    }
    let pictures: Vec<Named> = files.iter().filter(|f| is_picture_name(&f.name)).map(|f| (*f).clone()).collect();
    match (pictures.len(), files.as_slice()) {
        (1, _) => return Ok(Box::new(Sheet::open(&pictures[0], tile)?)),
        (2.., _) => return Ok(Box::new(Pictures::files(pictures)?)),
        (0, []) => return Err(format!("There is no file in it. {UNDERSTOOD}")),
        (0, _) => {}
    }
    if let Some(zip) = zip {
        return archive(zip);
    }
    if let Some(file) = files.iter().copied().find(|f| ends(f, ".npz")) {
        return Ok(Box::new(Arrays::npz(file, Archive::open(file)?)?));
    }
    if let Some(file) = files.iter().copied().find(|f| ends(f, ".npy")) {
        return Ok(Box::new(Arrays::npy(file)?));
    }
    if let Some(file) = files.iter().copied().find(|f| ends(f, ".parquet")) {
        return Ok(Box::new(Mirror::open(file)?));
    }
    if let Some(source) = arrays(&files)? {
        return Ok(source);
    }
    let names: Vec<&str> = files.iter().map(|f| f.base()).take(3).collect();
    Err(format!("{}: nothing known. {UNDERSTOOD}", names.join(", ")))
}

/// What an archive is, by the names of the files in it.
fn archive(zip: &Named) -> Result<Box<dyn Source>, String> {
    let archive = Archive::open(zip)?;
    if archive.entries().any(|e| celeba::is_image(&e.name)) {
        // Its index takes much memory, and is read again.
        drop(archive);
        return Ok(Box::new(CelebA::open(zip, None, None)?));
    }
    if archive.entries().any(|e| e.name.ends_with(".npy")) && !archive.entries().any(|e| is_picture_name(&e.name)) {
        return Ok(Box::new(Arrays::npz(zip, archive)?));
    }
    Ok(Box::new(Pictures::archive(zip, archive)?))
}

/// IDX files have no ending of their own: the largest with three dimensions has the images, one with one the labels.
fn arrays(files: &[&Named]) -> Result<Option<Box<dyn Source>>, String> {
    let mut found = Vec::new();
    for file in files {
        if let Some(dimensions) = idx::is_idx(&idx::head(file).unwrap_or_default()) {
            found.push((dimensions, *file));
        }
    }
    let images = found.iter().filter(|(d, _)| *d > 1).max_by_key(|(_, f)| f.file.size());
    let Some((_, images)) = images else {
        return match found.first() {
            Some((_, labels)) => Err(format!("{} has labels; choose the file with the images as well", labels.name)),
            None => Ok(None),
        };
    };
    // `train-labels` belongs to `train-images`.
    let stem = |f: &Named| f.base().split(['-', '_', '.']).next().unwrap_or_default().to_owned();
    let labels: Vec<&Named> = found.iter().filter(|(d, _)| *d == 1).map(|(_, f)| *f).collect();
    let label = labels.iter().find(|f| stem(f) == stem(images)).or(labels.first()).copied();
    Ok(Some(Box::new(Arrays::idx(images, label)?)))
}
