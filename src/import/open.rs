//! Telling what files are, by their names and first bytes.

use std::collections::HashSet;

use latent_packed::Split;

use super::archive::Archive;
use super::array::Arrays;
use super::celeba::{self, CelebA, Text};
use super::idx::{self, Head};
use super::mirror::Mirror;
use super::picture::is_picture_name;
use super::pictures::Pictures;
use super::read::{Named, hidden};
use super::sheet::Sheet;
use super::source::{Source, left_aside, noted, split_named};

const UNDERSTOOD: &str = "What is understood: CelebA's zip and text files, JPEG and PNG pictures one by one, in folders or in a zip, a sheet of sprites, .npy and .npz arrays, IDX files, Parquet tables.";

/// Opens what a visitor brought. `tile` cuts a single picture into tiles so many pixels wide and high. Files that the images do
/// not come from are named in a note.
///
/// # Errors
/// Names the file, and what is wrong with it or what else would do.
pub fn open(files: &[Named], tile: Option<(u32, u32)>) -> Result<Box<dyn Source>, String> {
    // Hidden files come along with folders.
    let files: Vec<&Named> = files.iter().filter(|f| !hidden(&f.name)).collect();
    let (source, read) = choose(&files, tile)?;
    let read: HashSet<*const Named> = read.into_iter().map(std::ptr::from_ref).collect();
    let others: Vec<&str> = files.iter().filter(|f| !read.contains(&std::ptr::from_ref(**f))).map(|f| f.name.as_str()).collect();
    Ok(noted(source, left_aside(&others)))
}

/// A source, and the files that it reads.
type Chosen<'a> = (Box<dyn Source>, Vec<&'a Named>);

fn choose<'a>(files: &[&'a Named], tile: Option<(u32, u32)>) -> Result<Chosen<'a>, String> {
    let text = |kind| files.iter().copied().find(|f| celeba::is_text(&f.name) == Some(kind));
    let (attributes, partition) = (text(Text::Attributes), text(Text::Partition));
    let ends = |file: &Named, end: &str| file.base().to_ascii_lowercase().ends_with(end);
    let zip = files.iter().copied().find(|f| ends(f, ".zip"));
    let faces = files.iter().any(|f| celeba::is_image(&f.name));
    if let Some(zip) = zip.filter(|_| attributes.is_some() || partition.is_some()) {
        let read = [Some(zip), attributes, partition].into_iter().flatten().collect();
        return Ok((Box::new(CelebA::open(zip, attributes, partition)?), read));
    }
    if let Some(file) = attributes.or(partition).filter(|_| !faces) {
        return Err(format!(
            "{} describes CelebA's images, but img_align_celeba.zip is missing: choose the files together",
            file.name
        ));
    }
    let pictures: Vec<&Named> = files.iter().copied().filter(|f| is_picture_name(&f.name)).collect();
    match (pictures.as_slice(), files) {
        ([picture], _) => return Ok((Box::new(Sheet::open(picture, tile)?), pictures)),
        ([_, ..], _) => return Ok((Box::new(Pictures::files(pictures.iter().map(|f| (*f).clone()).collect())?), pictures)),
        ([], []) => return Err(format!("There is no file in it. {UNDERSTOOD}")),
        ([], _) => {}
    }
    if let Some(zip) = zip {
        return Ok((archive(zip)?, vec![zip]));
    }
    if let Some(file) = files.iter().copied().find(|f| ends(f, ".npz")) {
        return Ok((Box::new(Arrays::npz(file, Archive::open(file)?)?), vec![file]));
    }
    let npy: Vec<&Named> = files.iter().copied().filter(|f| ends(f, ".npy")).collect();
    if !npy.is_empty() {
        return Ok((Box::new(Arrays::npy(&npy)?), npy));
    }
    if let Some(file) = files.iter().copied().find(|f| ends(f, ".parquet")) {
        return Ok((Box::new(Mirror::open(file)?), vec![file]));
    }
    if let Some(chosen) = arrays(files)? {
        return Ok(chosen);
    }
    for file in files {
        file.genuine()?;
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

/// IDX files have no ending of their own: the largest with two dimensions or more has the images, rather one to train on where
/// several are as large.
fn arrays<'a>(files: &[&'a Named]) -> Result<Option<Chosen<'a>>, String> {
    let found: Vec<(Head, &Named)> = files.iter().filter_map(|file| Some((idx::head(file)?, *file))).collect();
    let large = |(_, f): &&(Head, &Named)| (f.file.size(), split_named(&f.name).is_none_or(|s| s == Split::Train));
    let Some(images) = found.iter().filter(|(head, _)| head.dimensions > 1).max_by_key(large) else {
        return match found.first() {
            Some((_, labels)) => Err(format!("{} has labels; choose the file with the images as well", labels.name)),
            None => Ok(None),
        };
    };
    let label = labels_of(*images, &found);
    let source = Arrays::idx(images.1, label)?;
    Ok(Some((Box::new(source), [Some(images.1), label].into_iter().flatten().collect())))
}

/// The file with the labels of `images`: as many, of the same part of the set, and of a name that differs least. None where
/// two would do: labels of other images are worse than no labels.
fn labels_of<'a>(images: (Head, &Named), found: &[(Head, &'a Named)]) -> Option<&'a Named> {
    let part = split_named(&images.1.name);
    let folder = |f: &Named| f.name.len() - f.base().len();
    let near = |file: &Named| {
        let named = words(file.base()) == words(images.1.base());
        let beside = file.name[..folder(file)] == images.1.name[..folder(images.1)];
        (split_named(&file.name) == part, beside, named)
    };
    let fits = |(head, file): &&(Head, &'a Named)| {
        let other = split_named(&file.name).is_some_and(|split| part.is_some_and(|part| part != split));
        head.dimensions == 1 && head.items == images.0.items && !other
    };
    let mut fitting: Vec<_> = found.iter().filter(fits).map(|(_, file)| (near(file), *file)).collect();
    fitting.sort_by_key(|(near, _)| std::cmp::Reverse(*near));
    match fitting[..] {
        [(first, _), (second, _), ..] if first == second => None,
        [(_, file), ..] => Some(file),
        [] => None,
    }
}

/// The words of an IDX file's name without those that tell images from labels: `train-labels-idx1-ubyte` belongs to
/// `train-images-idx3-ubyte`.
fn words(base: &str) -> Vec<String> {
    let words = base.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase);
    words.filter(|w| !matches!(w.as_str(), "images" | "image" | "labels" | "label" | "gz") && !w.starts_with("idx")).collect()
}
