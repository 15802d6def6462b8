//! A folder or an archive of pictures. Folders are classes, where there are several.

use crate::packed::{PackedFactor, Split};
use crate::spec::import::Crop;

use super::archive::{Archive, Entry, FILE_LIMIT};
use super::picture::is_picture_name;
use super::read::Named;
use super::source::{About, Fault, Item, Raw, Source, default_split, interleaved};

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
        let bytes: u64 = files.iter().map(|f| f.file.size()).sum();
        let title = files.first().and_then(|f| f.name.split_once('/')).map_or("My images", |(folder, _)| folder).to_owned();
        let fingerprint = format!("pictures {} {bytes}", files.len());
        let places = files.into_iter().filter(|f| is_picture_name(&f.name)).map(Place::File).collect();
        Self::new("a folder of pictures", &title, fingerprint, None, places)
    }

    /// An archive of pictures.
    ///
    /// # Errors
    /// Names the file, if there are none in it.
    pub fn archive(file: &Named, archive: Archive) -> Result<Self, String> {
        let entries = archive.entries().filter(|e| is_picture_name(&e.name)).map(Place::Entry).collect();
        let title = file.base().trim_end_matches(".zip").to_owned();
        let fingerprint = format!("archive {} {}", file.base(), file.file.size());
        Self::new("an archive of pictures", &title, fingerprint, Some(archive), entries).map_err(|e| format!("{}: {e}", file.name))
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
        let split_of = |name: &str| {
            // Many sets come in folders called so.
            let lower = name.to_ascii_lowercase();
            let mut parts = lower.split('/').rev().skip(1);
            parts.find_map(|part| match part {
                "train" | "training" => Some(Split::Train),
                "val" | "valid" | "validation" => Some(Split::Valid),
                "test" | "testing" => Some(Split::Test),
                _ => None,
            })
        };
        let order = interleaved(&parts);
        let given = places.iter().any(|p| split_of(p.name()) == Some(Split::Test));
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
