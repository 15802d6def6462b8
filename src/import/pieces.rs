//! The plan's lines: pieces, what is left aside, parts and classes with counts.

use std::collections::BTreeMap;

use latent_vocabulary::plan::{Counted, Given, Look, Part, Piece, Role, Sized, Wishes};

use super::kind::{Aside, Kind};
use super::leaf::{Leaf, Leaves};
use super::names::{ending, part_of_folders};
use super::picture::colourless;
use super::source::{FIRST, Source, by_kind, first_pictures, listed};
use super::wish::part_of;

/// Said of what is left aside because a visitor wants it so.
pub const ASKED: &str = "as was asked";

/// Reasons that say no more than that nothing is known of a file.
const SILENT: &str = "a text that says nothing of these images";
const ELSEWHERE: &str = "the images come from elsewhere";

/// Folders that are shown one by one.
const FOLDERS: usize = 12;

/// Pictures by archive or top folder, and by the folders that name parts.
pub fn pieces_of(pictures: &[&Leaf], given: bool, wishes: &Wishes) -> Vec<Piece> {
    type Group = (u64, BTreeMap<String, u64>, Option<Part>);
    let mut by_folder: BTreeMap<String, Group> = BTreeMap::new();
    let mut by_place: BTreeMap<(String, Option<Part>), Group> = BTreeMap::new();
    for leaf in pictures {
        let part = part_of(wishes, &leaf.name).or_else(|| part_of_folders(leaf.folders())).filter(|_| given);
        let part = part.map(|p| Part::ALL[p as usize]);
        let place = place_of(leaf);
        for group in
            [by_folder.entry(part_folder(leaf).unwrap_or(place.clone())).or_default(), by_place.entry((place, part)).or_default()]
        {
            group.0 += 1;
            *group.1.entry(ending(&leaf.name)).or_default() += 1;
            group.2 = part;
        }
    }
    let several = by_folder.len() > 1;
    let piece = |(name, (n, endings, part)): (String, Group), choice: bool| {
        let kind = format!("pictures ({})", endings.into_keys().collect::<Vec<_>>().join(", "));
        let choice = choice && name != LOOSE;
        Piece { name, kind, role: Role::Images, part, files: n, images: n, why: String::new(), choice }
    };
    if by_folder.len() <= FOLDERS {
        return by_folder.into_iter().map(|group| piece(group, several)).collect();
    }
    by_place.into_iter().map(|((name, _), group)| piece((name, group), false)).collect()
}

/// The folder that names the part of a picture, with those above it.
fn part_folder(leaf: &Leaf) -> Option<String> {
    let part = part_of_folders(leaf.folders())?;
    let mut folders = leaf.folders();
    while part_of_folders(folders.rsplit('/').next().unwrap_or("")) != Some(part) {
        folders = folders.rsplit_once('/')?.0;
    }
    Some(folders.to_owned())
}

/// Where pictures lie that are in no folder.
const LOOSE: &str = "loose files";

/// The archive or the top folder that a file is in; the file itself, where it is in none.
fn place_of(leaf: &Leaf) -> String {
    match (leaf.archive(), leaf.name.split_once('/')) {
        ("", Some((top, _))) => top.to_owned(),
        ("", None) => LOOSE.into(),
        (archive, _) => archive.to_owned(),
    }
}

/// What is left aside: files of each kind in each place.
pub fn others(leaves: &Leaves, used: impl Fn(&Leaf) -> bool) -> Vec<Piece> {
    let mut groups: BTreeMap<(String, String, &'static str), (u64, &Leaf)> = BTreeMap::new();
    for leaf in leaves.all.iter().filter(|l| !used(l)) {
        let why = match leaf.kind {
            Kind::Aside(aside) => aside.words(),
            Kind::Text => SILENT,
            _ => ELSEWHERE,
        };
        groups.entry((place_of(leaf), ending(&leaf.name), why)).or_insert((0, leaf)).0 += 1;
    }
    let piece = |((place, end, why), (files, leaf)): ((String, String, &str), (u64, &Leaf))| {
        let kind = match leaf.kind {
            Kind::Text => "text".into(),
            _ if end.is_empty() => "without an ending".into(),
            _ => end,
        };
        let name = if files == 1 { leaf.name.clone() } else { place };
        let choice = (!matches!(leaf.kind, Kind::Aside(_)) || why == ASKED) && name != LOOSE;
        Piece { name, kind, role: Role::Aside, part: None, files, images: 0, why: why.into(), choice }
    };
    groups.into_iter().map(piece).collect()
}

/// Most reasons that a sentence gives; the plan has them all.
const REASONS: usize = 4;

/// Says once which files are not read, and why: of all that the plan leaves aside, but for what systems put there and what was
/// asked for.
pub fn aside_note(pieces: &[Piece]) -> Option<String> {
    let said = |p: &&Piece| p.role == Role::Aside && p.why != Aside::Hidden.words() && !p.why.contains("asked");
    let aside: Vec<&Piece> = pieces.iter().filter(said).collect();
    if aside.is_empty() {
        return None;
    }
    let files = aside.iter().map(|p| p.files).sum::<u64>();
    // Of several files a piece has the name of their place, and their ending.
    let end = |p: &Piece| if p.kind == "text" { ".txt".to_owned() } else { p.kind.clone() };
    let name = |p: &&Piece| if p.files == 1 { p.name.clone() } else { end(p) };
    let mut names: Vec<String> = aside.iter().flat_map(|p| std::iter::repeat_n(name(p), p.files as usize)).collect();
    names.sort_unstable();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let listed = if aside.iter().all(|p| p.files == 1) { listed(&names) } else { by_kind(&names) };
    let plain = |why: &&str| ![SILENT, ELSEWHERE, Aside::Unknown.words()].contains(why);
    let mut whys: Vec<&str> = aside.iter().map(|p| p.why.as_str()).filter(plain).collect();
    whys.sort_unstable();
    whys.dedup();
    whys.truncate(REASONS);
    let (verb, whys) = (if files == 1 { "is" } else { "are" }, whys.join("; "));
    Some(format!("{listed} {verb} left aside{}{whys}.", if whys.is_empty() { "" } else { ": " }))
}

/// A look at the first pictures, of sources that give no others soon.
pub fn first_look(source: &mut dyn Source, array: bool) -> Look {
    let items = source.about().items;
    let mut look = Look::default();
    if let Ok(first) = first_pictures(source, FIRST) {
        for picture in &first {
            let grey = colourless(picture);
            *(if grey { &mut look.grey } else { &mut look.colour }) += 1;
            let size = Sized { width: picture.width as u32, height: picture.height as u32, images: 1 };
            match look.sizes.iter_mut().find(|s| (s.width, s.height) == (size.width, size.height)) {
                Some(there) => there.images += 1,
                None => look.sizes.push(size),
            }
        }
        look.at = first.len() as u64;
        look.bits = 8;
        if array {
            // All images of an array are alike.
            look.sizes.iter_mut().for_each(|s| s.images = items);
        }
    }
    look
}

/// Images of each part and of each value of the factors.
pub fn counted(source: &dyn Source, from: &[(Part, String)]) -> (Vec<Given>, Vec<Counted>) {
    let about = source.about();
    let mut parts = [0u64; 3];
    let mut counts: Vec<Vec<u64>> = about.factors.iter().map(|f| vec![0; f.values.len()]).collect();
    let mut known = true;
    for place in 0..about.items {
        parts[source.split(place) as usize] += 1;
        match source.factors(place).filter(|_| known) {
            Some(row) => row.iter().zip(&mut counts).for_each(|(v, counts)| counts[usize::from(*v)] += 1),
            None => known = false,
        }
    }
    let told = |part: Part| {
        let names: Vec<&str> = from.iter().filter(|(p, _)| *p == part).map(|(_, name)| name.as_str()).collect();
        match names.len() {
            0 if from.is_empty() && part == Part::Test => "every tenth image".into(),
            0 => "all others".into(),
            n if n > 4 => format!("{} and {} others", names[..3].join(", "), n - 3),
            _ => names.join(", "),
        }
    };
    let parts = Part::ALL.into_iter().zip(parts).filter(|(_, n)| *n > 0);
    let parts = parts.map(|(part, images)| Given { part, images, from: told(part) }).collect();
    let value = |(v, n): (&String, &u64)| (v.clone(), known.then_some(*n));
    let factors = about.factors.iter().zip(&counts);
    let factors =
        factors.map(|(f, counts)| Counted { name: f.name.clone(), values: f.values.iter().zip(counts).map(value).collect() });
    (parts, factors.collect())
}
