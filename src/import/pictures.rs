//! A folder or an archive of pictures. Folders are classes, where there are several.

use latent_packed::{PackedFactor, Split};
use latent_vocabulary::import::Crop;

use super::archive::{Archive, Entry, FILE_LIMIT};
use super::picture::is_picture_name;
use super::read::{Mark, Named, PIECES};
use super::source::{About, Fault, Item, Raw, Source, default_split, interleaved, left_aside, listed, split_word};

/// Most classes that folders can make.
const CLASSES: usize = 256;

enum Place {
    File(Named),
    Entry(Entry),
}

impl Place {
    fn name(&self) -> &str {
        match self {
            Self::File(file) => &file.name,
            Self::Entry(entry) => &entry.name,
        }
    }
}

pub struct Pictures {
    about: About,
    archive: Option<Archive>,
    places: Vec<Place>,
    class_n: Vec<u8>,
    split_n: Vec<Split>,
}

impl Pictures {
    /// Picture files, picked one by one or with their folder.
    ///
    /// # Errors
    /// If there are none.
    pub fn files(files: Vec<Named>) -> Result<Self, String> {
        let title = files.first().and_then(|f| f.name.split_once('/')).map_or("My images", |(folder, _)| folder).to_owned();
        let fingerprint = format!("pictures {} {}", files.len(), mark(&files));
        let places = files.into_iter().filter(|f| is_picture_name(&f.name)).map(Place::File).collect();
        Self::new("a folder of pictures", &title, fingerprint, None, places)
    }

    /// An archive of pictures.
    ///
    /// # Errors
    /// Names the file, if there are none in it.
    pub fn archive(file: &Named, archive: Archive) -> Result<Self, String> {
        let (entries, others): (Vec<_>, Vec<_>) = archive.entries().partition(|e| is_picture_name(&e.name));
        let others: Vec<&str> = others.iter().map(|e| e.name.as_str()).collect();
        if entries.is_empty() {
            let instead = match others.as_slice() {
                [] => String::new(),
                _ => format!(", but {}; unpack it and bring arrays, tables and IDX files on their own", listed(&others)),
            };
            return Err(format!("{}: there is no JPEG or PNG picture in it{instead}", file.name));
        }
        let title = file.base().trim_end_matches(".zip").to_owned();
        let fingerprint = format!("archive {} {}", file.base(), file.mark(PIECES)?);
        let places = entries.into_iter().map(Place::Entry).collect();
        let mut pictures = Self::new("an archive of pictures", &title, fingerprint, Some(archive), places)?;
        pictures.about.notes.extend(left_aside(&others));
        Ok(pictures)
    }

    fn new(what: &str, title: &str, fingerprint: String, archive: Option<Archive>, mut places: Vec<Place>) -> Result<Self, String> {
        if places.is_empty() {
            return Err("there is no JPEG or PNG picture in it".into());
        }
        places.sort_by(|a, b| a.name().cmp(b.name()));
        let mut notes = Vec::new();
        let mut classes: Vec<&str> = places.iter().map(|p| folder(p.name())).collect();
        classes.dedup();
        classes.sort_unstable();
        classes.dedup();
        if classes.len() > CLASSES {
            notes.push(format!(
                "{} folders are more than the {CLASSES} classes that there can be: they are ignored.",
                classes.len()
            ));
            classes.clear();
        } else if classes.len() < 2 {
            classes.clear();
        }
        let class_of = |p: &Place| classes.iter().position(|c| *c == folder(p.name())).unwrap_or(0);
        let mut parts = vec![Vec::new(); classes.len().max(1)];
        for (i, place) in places.iter().enumerate() {
            parts[class_of(place)].push(i as u32);
        }
        let factors: Vec<PackedFactor> = if classes.is_empty() {
            Vec::new()
        } else {
            vec![PackedFactor { name: "Folder".into(), values: classes.iter().map(ToString::to_string).collect() }]
        };
        // Many sets come in folders called so.
        let split_of = |name: &str| name.split('/').rev().skip(1).find_map(split_word);
        let order = interleaved(&parts);
        // Validation images serve as test images where there are no others.
        let is = |split| places.iter().any(|p| split_of(p.name()) == Some(split));
        let given = is(Split::Test) || is(Split::Train) && is(Split::Valid);
        let split = |(at, i): (usize, &u32)| {
            let named = if given { split_of(places[*i as usize].name()) } else { None };
            named.unwrap_or_else(|| default_split(at as u64))
        };
        let split_n: Vec<Split> = order.iter().enumerate().map(split).collect();
        let class_n = order.iter().map(|i| class_of(&places[*i as usize]) as u8).collect();
        let mut sorted: Vec<Option<Place>> = places.into_iter().map(Some).collect();
        let places: Vec<Place> = order.into_iter().filter_map(|i| sorted[i as usize].take()).collect();
        let about = About {
            what: what.into(),
            title: title.into(),
            credit: "Your own images; they stay on this computer.".into(),
            items: places.len() as u64,
            factors,
            label: 0,
            notes,
            crop: Crop::Middle,
            sheet: false,
            fingerprint,
        };
        Ok(Self { about, archive, places, class_n, split_n })
    }
}

/// Tells folders apart by the names and sizes of their files, and by what is in the first and the last.
fn mark(files: &[Named]) -> Mark {
    let mut files: Vec<&Named> = files.iter().collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let mut mark = Mark::default();
    for file in &files {
        mark = mark.with(file.name.as_bytes()).with(&file.file.size().to_le_bytes());
    }
    for file in files.first().into_iter().chain(files.last()) {
        // One that cannot be read is left out like any other.
        let Ok(content) = file.mark(1) else { continue };
        mark = mark.with(content.to_string().as_bytes());
    }
    mark
}

/// The folder that a file lies in, without those above.
fn folder(name: &str) -> &str {
    let mut parts = name.rsplit('/');
    parts.nth(1).unwrap_or("")
}

impl Source for Pictures {
    fn about(&self) -> &About {
        &self.about
    }

    fn factors(&self, place: u64) -> Option<&[u8]> {
        if self.about.factors.is_empty() { Some(&[]) } else { self.class_n.get(place as usize..=place as usize) }
    }

    fn item(&mut self, place: u64) -> Result<Item, Fault> {
        let at = place as usize;
        let bytes = match (&self.places[at], &mut self.archive) {
            (Place::File(file), _) => file.whole(FILE_LIMIT),
            (Place::Entry(entry), Some(archive)) => archive.read(entry, FILE_LIMIT),
            (Place::Entry(entry), None) => Err(format!("{}: its archive is closed", entry.name)),
        };
        Ok(Item {
            name: self.places[at].name().to_owned(),
            raw: Raw::File(bytes.map_err(Fault::Skip)?),
            split: self.split_n[at],
            factors_k: self.factors(place).unwrap_or_default().to_vec(),
        })
    }
}
