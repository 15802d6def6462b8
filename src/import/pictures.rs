//! Pictures in folders and archives. Folders are classes, where there are several; tables beside them say more.

use std::collections::BTreeMap;

use latent_packed::{PackedFactor, Split, Sum};
use latent_vocabulary::import::Crop;
use latent_vocabulary::plan::{Look, Part, Sized, Wishes};

use super::archive::FILE_LIMIT;
use super::known::Known;
use super::labels::{VALUES, best};
use super::leaf::Leaf;
use super::names::{base, class, classes, part_of_folders};
use super::picture::{Picture, colourless, has_more, head};
use super::read::Mark;
use super::source::{About, Fault, Item, OWN, Raw, Source, TOLD, default_split, interleaved, listed};
use super::unite::{Partial, in_order, united};
use super::wish::{part_of, tenth};

/// Pictures whose first bytes are looked at, and of these the ones that are decoded.
const LOOKED_AT: usize = 64;
const DECODED: usize = 24;
/// Pixels that are decoded for a look.
const PIXELS: usize = 60_000_000;
/// Bytes that are read for a look.
const BYTES: u64 = 200 << 20;

pub struct Pictures {
    about: About,
    leaves: Vec<Leaf>,
    /// Whether names need their archive's to be told apart.
    several: bool,
    factors_nk: Vec<u8>,
    split_n: Vec<Split>,
    /// The value of white in pictures of 16 bits that use fewer.
    white: Option<u16>,
}

/// What becomes of pictures.
pub struct Read {
    pub source: Pictures,
    pub look: Look,
    pub from: Vec<(Part, String)>,
}

/// Where the part of each picture is told.
struct Parts {
    split_n: Vec<Option<Split>>,
    from: BTreeMap<(Part, String), ()>,
}

impl Pictures {
    /// Pictures with what tables say of them, all in the order of `leaves`.
    pub fn open(mut leaves: Vec<Leaf>, known: Vec<(String, Known)>, mut about: About, wishes: &Wishes) -> Read {
        let n = leaves.len();
        let folder = class_of(&leaves, &mut about.notes);
        let parts = parts_of(&leaves, &known, wishes);
        let mut columns = Vec::new();
        for (_, known) in known {
            about.notes.extend(known.notes);
            columns.extend(known.factors);
        }
        let columns = united(folder, columns);
        about.notes.extend(missing(&columns));
        let (factors, columns): (Vec<PackedFactor>, Vec<Vec<u8>>) = columns.into_iter().filter_map(whole).unzip();
        // Every class in proportion, wherever an import is stopped; where there are none, every part.
        let classes = factors.first().filter(|_| factors.len() == 1 || factors[0].name == FOLDER).map_or(1, |f| f.values.len());
        let mut groups = vec![Vec::new(); classes * 3];
        for i in 0..n {
            let class = if classes > 1 { usize::from(columns[0][i]) } else { 0 };
            groups[class * 3 + parts.split_n[i].unwrap_or(Split::Train) as usize].push(i as u32);
        }
        let order = interleaved(&groups);
        let given = parts.split_n.iter().any(Option::is_some);
        let split = |(at, i): (usize, &u32)| {
            if given { parts.split_n[*i as usize].unwrap_or(Split::Train) } else { default_split(at as u64) }
        };
        let split_n = order.iter().enumerate().map(split).collect();
        let factors_nk = order.iter().flat_map(|i| columns.iter().map(|c| c[*i as usize])).collect();
        let mark = mark(&leaves);
        let several = leaves.iter().any(|l| l.archive() != leaves[0].archive());
        let mut sorted: Vec<Option<Leaf>> = leaves.drain(..).map(Some).collect();
        let leaves: Vec<Leaf> = order.into_iter().filter_map(|i| sorted[i as usize].take()).collect();
        about.fingerprint = format!("pictures {n} {mark}");
        about.items = n as u64;
        about.label = best(&factors);
        about.factors = factors;
        about.credit = OWN.into();
        if about.crop == Crop::Whole {
            about.crop = Crop::Middle;
        }
        let (look, white, stacks) = look(&leaves);
        if stacks > 0 {
            let looked = look.at;
            about.notes.push(format!(
                "Of {looked} pictures looked at {stacks} are animations or stacks: the first image of each is taken."
            ));
        }
        if let Some(white) = white {
            about.notes.push(format!("The pictures have 16 bits and use values to {white} only: {white} becomes white."));
        }
        let from = parts.from.into_keys().collect();
        Read { source: Self { about, leaves, several, factors_nk, split_n, white }, look, from }
    }
}

/// The factor that folders make.
const FOLDER: &str = "Folder";

/// The class of each picture: the nearest folder that differs, apart from those that name parts or nothing.
fn class_of(leaves: &[Leaf], notes: &mut Vec<String>) -> Option<Partial> {
    let chains: Vec<Vec<&str>> = leaves.iter().map(|l| classes(l.folders())).collect();
    let deepest = chains.iter().map(Vec::len).max().unwrap_or(0);
    let mut last = None;
    for level in 0..deepest {
        // Pictures in a folder above the others' are of the nearest that they have.
        let of = |chain: &Vec<&'_ str>| chain.get(level).or(chain.last()).map_or(String::new(), |f| class(f).to_owned());
        let names: Vec<String> = chains.iter().map(of).collect();
        let mut distinct = names.clone();
        in_order(&mut distinct);
        distinct.dedup();
        match distinct.len() {
            0 | 1 => {}
            many if many > VALUES => last = Some(many),
            _ => {
                let of: BTreeMap<&String, u8> = distinct.iter().enumerate().map(|(i, name)| (name, i as u8)).collect();
                let value_n = names.iter().map(|name| of.get(name).copied()).collect();
                let values = distinct.iter().map(|v| if v.is_empty() { "none".into() } else { v.clone() }).collect();
                let factor = PackedFactor { name: FOLDER.into(), values };
                return Some(Partial { factor, value_n, alike: String::new(), tables: Vec::new() });
            }
        }
    }
    if let Some(many) = last {
        notes.push(format!("{many} folders are more than the {VALUES} classes that there can be: they are ignored."));
    }
    None
}

/// The part of each picture: as wanted, as a table says, or as folders are called; none of any where that says nothing.
fn parts_of(leaves: &[Leaf], known: &[(String, Known)], wishes: &Wishes) -> Parts {
    let mut from = BTreeMap::new();
    let table = known.iter().find_map(|(name, k)| Some((name, k.split_n.as_ref()?)));
    let part = |(i, leaf): (usize, &Leaf)| {
        let told = part_of(wishes, &leaf.name).map(|p| (p, "as was asked".to_owned()));
        let told = told.or_else(|| table.and_then(|(name, split_n)| Some((split_n[i]?, base(name).to_owned()))));
        told.or_else(|| {
            let part = part_of_folders(leaf.folders())?;
            let folder = leaf.folders().rsplit('/').find(|f| part_of_folders(f) == Some(part))?;
            Some((part, folder.to_owned()))
        })
    };
    let parts: Vec<Option<(Split, String)>> = leaves.iter().enumerate().map(part).collect();
    let train = parts.iter().any(|p| p.as_ref().is_none_or(|(p, _)| *p == Split::Train));
    let other = parts.iter().any(|p| p.as_ref().is_some_and(|(p, _)| *p != Split::Train));
    if tenth(wishes) || !train || !other {
        return Parts { split_n: vec![None; leaves.len()], from };
    }
    let split_n = parts.into_iter().map(|told| {
        let (part, by) = told.unwrap_or((Split::Train, "all others".into()));
        from.insert((Part::ALL[part as usize], by), ());
        Some(part)
    });
    Parts { split_n: split_n.collect(), from }
}

/// Says of which pictures tables have no line.
fn missing(columns: &[Partial]) -> Vec<String> {
    let mut said: BTreeMap<&[String], u64> = BTreeMap::new();
    for column in columns {
        let without = column.value_n.iter().filter(|v| v.is_none()).count() as u64;
        said.entry(&column.tables).and_modify(|n| *n = without.min(*n)).or_insert(without);
    }
    let words = |(tables, n): (&[String], u64)| {
        let names: Vec<&str> = tables.iter().map(String::as_str).collect();
        let tables = if names.len() > TOLD {
            format!("{} tables have", names.len())
        } else {
            format!("{} {}", listed(&names), if names.len() == 1 { "has" } else { "have" })
        };
        format!("{tables} no line for {n} pictures: they have the value “unknown”.")
    };
    said.into_iter().filter(|(_, n)| *n > 0).map(words).collect()
}

/// A column with a value for every picture; none where they are all the same.
fn whole(Partial { mut factor, value_n, .. }: Partial) -> Option<(PackedFactor, Vec<u8>)> {
    if value_n.iter().any(Option::is_none) {
        if factor.values.len() == VALUES {
            return None;
        }
        factor.values.push("unknown".into());
    }
    let last = (factor.values.len() - 1) as u8;
    (factor.values.len() > 1).then(|| (factor, value_n.into_iter().map(|v| v.unwrap_or(last)).collect()))
}

/// Tells sets apart by names and contents: sums of archives' indices, and of loose files sizes and what is in the first and the
/// last.
fn mark(leaves: &[Leaf]) -> Mark {
    let mut mark = Mark::default();
    let loose: Vec<&Leaf> = leaves.iter().filter(|l| l.loose().is_some()).collect();
    for leaf in leaves {
        mark = mark.with(leaf.inner().as_bytes()).with(&leaf.size.to_le_bytes());
        if leaf.loose().is_none()
            && let Ok(own) = leaf.mark()
        {
            mark = mark.with(own.to_string().as_bytes());
        }
    }
    for leaf in loose.first().into_iter().chain(loose.last()) {
        // One that cannot be read is left out like any other.
        let Some(Ok(content)) = leaf.loose().map(|f| f.mark(1)) else { continue };
        mark = mark.with(content.to_string().as_bytes());
    }
    mark
}

/// Looks at pictures all over the set: their sizes, whether they are in colour, how many of their bits they use, and how many
/// have more images behind the first.
fn look(leaves: &[Leaf]) -> (Look, Option<u16>, u64) {
    let mut look = Look::default();
    let mut sizes: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    let (mut pixels, mut bytes_read, mut decoded) = (0, 0u64, 0);
    let (mut deep, mut brightest, mut stacks) = (false, 0u16, 0);
    let n = leaves.len();
    let count = n.min(LOOKED_AT);
    for i in 0..count {
        // From the first to the last, evenly.
        let leaf = &leaves[if count > 1 { i * (n - 1) / (count - 1) } else { 0 }];
        if bytes_read > BYTES {
            break;
        }
        let Ok(bytes) = leaf.bytes(FILE_LIMIT) else { continue };
        bytes_read += bytes.len() as u64;
        let Some(seen) = head(&bytes) else { continue };
        let size = seen.width * seen.height;
        let wanted = decoded < DECODED && pixels + size <= PIXELS || seen.deep && decoded < 2 * DECODED;
        let mut colour = seen.colour;
        if wanted {
            let Ok(picture) = Picture::decode(&bytes) else { continue };
            (decoded, pixels) = (decoded + 1, pixels + size);
            colour = !colourless(&picture);
            if seen.deep {
                deep = true;
                brightest = brightest.max(super::picture::brightest(&bytes).unwrap_or(u16::MAX));
            }
        }
        *sizes.entry((seen.width as u32, seen.height as u32)).or_default() += 1;
        look.at += 1;
        stacks += u64::from(has_more(&bytes));
        look.bits = look.bits.max(if seen.deep { 16 } else { 8 });
        *(if colour { &mut look.colour } else { &mut look.grey }) += 1;
    }
    let mut sizes: Vec<Sized> = sizes.into_iter().map(|((width, height), images)| Sized { width, height, images }).collect();
    sizes.sort_by_key(|s| std::cmp::Reverse(s.images));
    look.sizes = sizes;
    // A whole bit less than there are, at least.
    let fewer = deep && brightest < 0x8000 && brightest > 0;
    let white = fewer.then(|| ((1u32 << (16 - brightest.leading_zeros())) - 1) as u16);
    (look, white, stacks)
}

impl Source for Pictures {
    fn about(&self) -> &About {
        &self.about
    }

    fn factors(&self, place: u64) -> Option<&[u8]> {
        let (k, at) = (self.about.factors.len(), place as usize);
        self.factors_nk.get(at * k..(at + 1) * k)
    }

    fn split(&self, place: u64) -> Split {
        self.split_n.get(place as usize).copied().unwrap_or_default()
    }

    fn sum(&self, place: u64) -> Option<Sum> {
        let told = self.leaves.get(place as usize)?.told()?;
        Some(self.white.map_or(told, |white| told.with(&white.to_le_bytes())))
    }

    fn item(&mut self, place: u64) -> Result<Item, Fault> {
        let leaf = &self.leaves[place as usize];
        let name = if self.several { leaf.place() } else { leaf.inner().to_owned() };
        let bytes = leaf.bytes(FILE_LIMIT).map_err(Fault::Skip)?;
        let raw = match self.white {
            Some(white) => Raw::Deep(bytes, white),
            None => Raw::File(bytes),
        };
        Ok(Item { name, raw, split: self.split(place), factors_k: self.factors(place).unwrap_or_default().to_vec() })
    }
}
