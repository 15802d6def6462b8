//! The reading plan: what was brought, what each file is taken for, and the source that carries it out.

use latent_packed::Split;
use latent_vocabulary::import::Crop;
use latent_vocabulary::plan::{Look, Part, Piece, Plan, Role, Understood, Wishes};

use super::array::Member;
use super::arrays::Chosen;
use super::celeba::{self, CelebA, Text as CelebAText};
use super::join::{Joined, Share};
use super::kind::{Aside, Kind};
use super::known::{CELEBAS, Index, Known, of_celeba, of_text};
use super::leaf::{Leaf, Leaves};
use super::mirror::Mirror;
use super::names::{base, class, is_archive_name, part_named, stem};
use super::pictures::Pictures;
use super::pieces::{ASKED, aside_note, counted, first_look, others, pieces_of};
use super::read::{Mark, Named};
use super::scale::understood;
use super::sheet::Sheet;
use super::source::{About, Fault, Item, Source, Told, listed};
use super::table::{Attributes, Partition};
use super::text::Text;
use super::vectors;
use super::wish::{matches, part_of, tenth, wanted};

const UNDERSTOOD: &str = "What is understood: pictures (JPEG, PNG, WebP, GIF, BMP, TIFF) one by one, in folders or in zips, a sheet of sprites, .npy and .npz arrays, IDX files, Parquet tables, CelebA's files.";

/// Largest table of labels in text.
const TEXT_LIMIT: u64 = 64 << 20;

/// Reads what was brought into a plan, and gives the source that carries it out: [`About::plan`] has it.
///
/// # Errors
/// Names the file, and what is wrong with it or what else would do.
pub fn read(files: &[Named], wishes: &Wishes) -> Result<Box<dyn Source>, String> {
    let mut leaves = Leaves::of(files);
    check(&leaves, wishes)?;
    for leaf in &mut leaves.all {
        if wanted(wishes, &leaf.name).is_some_and(|w| w.role == Role::Aside) {
            leaf.kind = Kind::Aside(Aside::Why(ASKED));
        }
    }
    if let Some((images, attributes, partition)) = celebas(&leaves, wishes)? {
        let pieces = others(&leaves, |leaf| celeba::is_text(&leaf.name).is_some() || leaf.kind == Kind::Picture);
        drop(leaves);
        return finish(celeba(&images, attributes.as_ref(), partition.as_ref())?, pieces, wishes);
    }
    if let Some(vectors::Read { source, pieces, found, notes }) = vectors::read(&leaves, wishes)? {
        let used: Vec<String> = pieces.iter().map(|p| p.name.clone()).collect();
        let is_used = |leaf: &Leaf| {
            let inside =
                used.iter().any(|name| name.strip_prefix(&leaf.name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
            inside || leaf.kind == Kind::Picture && found.thumb.is_some()
        };
        let pieces_aside = others(&leaves, is_used);
        let done = Done { source, pieces, notes, vectors: Some(found), ..Done::default() };
        return finish(done, pieces_aside, wishes);
    }
    // Neither has anything to say of pictures.
    for leaf in &mut leaves.all {
        let why = match leaf.kind {
            Kind::Json => "lists of this kind are not read: labels can come as a CSV table with the pictures' names",
            Kind::Tensors => "no tensor [n, d] of it has as many rows as there are pictures",
            _ => continue,
        };
        leaf.kind = Kind::Aside(Aside::Why(why));
    }
    let of = |kind: &[Kind]| leaves.all.iter().filter(|l| kind.contains(&l.kind)).collect::<Vec<_>>();
    let (pictures, numbers, tables) = (of(&[Kind::Picture]), of(&[Kind::Array, Kind::Idx]), of(&[Kind::Parquet]));
    let texts = of(&[Kind::Text]);
    let mut notes = leaves.notes.clone();
    let mut array_notes = Vec::new();
    let chosen = Chosen::of(&numbers, &texts, wishes, &mut array_notes)?;
    let one = only_picture(&numbers).filter(|_| pictures.is_empty() && tables.is_empty());
    if let Some(member) = one {
        return single(&member, wishes, &leaves);
    }
    let rows = chosen.as_ref().map_or(0, Chosen::images);
    let asked = |of: &[&Leaf]| of.iter().any(|l| wanted(wishes, &l.name).is_some_and(|w| w.role == Role::Images));
    let (mut n, asked_for) = ([pictures.len() as u64, rows, 0], [&pictures, &numbers, &tables].map(|of| asked(of)));
    let (mirrors, faults) = mirrors(&tables);
    n[2] = mirrors.iter().map(|(m, _)| m.about().items).sum();
    // What is asked for, else the most images.
    let best = (0..3).max_by_key(|i| (asked_for[*i], n[*i], std::cmp::Reverse(*i))).filter(|i| n[*i] > 0);
    let Some(best) = best else { return Err(nothing(&leaves, &array_notes, faults)) };
    if best == 0 {
        if let ([picture], true) = (&pictures[..], leaves.archives.is_empty())
            && let Some(file) = picture.loose()
        {
            let source = Box::new(Sheet::open(file, wishes.tile)?);
            let pieces = others(&leaves, |leaf| leaf.name == picture.name);
            let own = cut(picture.name.clone(), "picture, cut into tiles".into(), source.about().items);
            return finish(Done { source, pieces: vec![own], ..Done::default() }, pieces, wishes);
        }
        notes.extend(array_notes);
        return finish(
            of_pictures(&pictures, &texts, &leaves, notes, wishes)?,
            others(&leaves, |l| l.kind == Kind::Picture || l.kind == Kind::Text),
            wishes,
        );
    }
    if best == 1 {
        let Some(chosen) = chosen else { return Err(nothing(&leaves, &[], faults)) };
        let read = chosen.read(About { notes, ..About::default() })?;
        let used: Vec<String> = read.pieces.iter().map(|p| p.name.clone()).collect();
        let is_used = |leaf: &Leaf| used.contains(&leaf.name) || matches!(leaf.kind, Kind::Array | Kind::Idx);
        let pieces = others(&leaves, is_used);
        let done = Done { source: read.source, pieces: read.pieces, values: read.values, from: read.from, ..Done::default() };
        return finish(done, pieces, wishes);
    }
    notes.extend(faults);
    let is_table = |leaf: &Leaf| leaf.kind == Kind::Parquet;
    finish(of_tables(mirrors, notes, wishes)?, others(&leaves, is_table), wishes)
}

/// Reads the table behind an address.
///
/// # Errors
/// Names the address and what is wrong with the table.
pub fn read_table(file: &Named) -> Result<Box<dyn Source>, String> {
    let mirror = Mirror::open(file)?;
    let done = of_tables(vec![(mirror, file.name.clone())], Vec::new(), &Wishes::default())?;
    // A look would ask the server for more.
    finish(Done { far: true, ..done }, Vec::new(), &Wishes::default())
}

/// Reads CelebA's files, whatever they are called.
///
/// # Errors
/// Names the file and the place.
pub fn read_celeba(images: &Named, attributes: Option<&Named>, partition: Option<&Named>) -> Result<Box<dyn Source>, String> {
    finish(celeba(images, attributes, partition)?, Vec::new(), &Wishes::default())
}

/// A source, and what is to be said of it.
struct Done {
    source: Box<dyn Source>,
    pieces: Vec<Piece>,
    values: Vec<Understood>,
    look: Look,
    from: Vec<(Part, String)>,
    notes: Vec<String>,
    vectors: Option<latent_vocabulary::plan::Vectors>,
    /// It is not on this computer.
    far: bool,
}

/// No images at all.
struct Nothing(About);

impl Source for Nothing {
    fn about(&self) -> &About {
        &self.0
    }

    fn item(&mut self, _place: u64) -> Result<Item, Fault> {
        Err(Fault::Stop("there are no images".into()))
    }
}

impl Default for Done {
    fn default() -> Self {
        let (pieces, values, look, from, notes) = Default::default();
        Self { source: Box::new(Nothing(About::default())), pieces, values, look, from, notes, vectors: None, far: false }
    }
}

/// Refuses wishes for files that are not there.
fn check(leaves: &Leaves, wishes: &Wishes) -> Result<(), String> {
    let there = |name: &str| leaves.all.iter().any(|l| matches(&l.name, name));
    let names = wishes.roles.iter().map(|w| w.file.as_str()).chain(wishes.labels.as_deref().filter(|l| !l.is_empty()));
    match names.into_iter().find(|name| !there(name)) {
        Some(name) => Err(format!("{name}: no file or folder of that name was brought")),
        None => Ok(()),
    }
}

/// An archive of pictures, attributes, partition.
type Official = (Named, Option<Named>, Option<Named>);

/// CelebA's files, if these are some: one archive with its pictures, or with its texts beside it.
fn celebas(leaves: &Leaves, wishes: &Wishes) -> Result<Option<Official>, String> {
    let text = |kind| leaves.all.iter().find(|l| l.loose().is_some() && celeba::is_text(&l.name) == Some(kind));
    let (attributes, partition) = (text(CelebAText::Attributes), text(CelebAText::Partition));
    for leaf in attributes.iter().chain(&partition) {
        if let Kind::Aside(Aside::Why(why)) = leaf.kind
            && why.contains("not the file itself")
        {
            return Err(format!("{}: {why}", leaf.name));
        }
    }
    let pictures = leaves.all.iter().filter(|l| l.kind == Kind::Picture);
    let mut archives: Vec<&str> = pictures.map(Leaf::archive).collect();
    archives.dedup();
    archives.sort_unstable();
    archives.dedup();
    let [archive] = archives[..] else {
        return match attributes.or(partition).filter(|_| archives.is_empty()) {
            Some(file) => Err(refused(leaves).or(leaves.faults.first().cloned()).unwrap_or_else(|| {
                format!("{} describes CelebA's images, but img_align_celeba.zip is missing: choose the files together", file.name)
            })),
            None => Ok(None),
        };
    };
    let faces = || leaves.all.iter().any(|l| l.kind == Kind::Picture && celeba::is_image(l.inner()));
    let plain = wishes.roles.is_empty() && wishes.labels.is_none() && wishes.split.is_none();
    let file = leaves.archives.iter().find(|(name, ..)| name == archive).map(|(.., file)| file.clone());
    let Some(file) = file.filter(|_| plain && (attributes.is_some() || partition.is_some() || faces())) else { return Ok(None) };
    Ok(Some((file, attributes.and_then(|l| l.loose().cloned()), partition.and_then(|l| l.loose().cloned()))))
}

/// Whether a text has a row of pixels in each line: many numbers, the first of which may be a label.
fn is_pixels(leaf: &Leaf) -> bool {
    let head = leaf.head(64 << 10);
    let text = String::from_utf8_lossy(&head);
    let Some(line) = text.lines().nth(1).filter(|_| leaf.kind == Kind::Text) else { return false };
    let words: Vec<&str> = line.split([',', ';', ' ', '\t']).filter(|w| !w.is_empty()).collect();
    words.len() >= 64 && words.iter().skip(1).take(60).all(|w| w.parse::<f64>().is_ok())
}

/// Said of the first file that a server sent something else for.
fn refused(leaves: &Leaves) -> Option<String> {
    leaves.all.iter().find_map(|l| match l.kind {
        Kind::Aside(Aside::Why(why)) if why.contains("not the file itself") => Some(format!("{}: {why}", l.place())),
        _ => None,
    })
}

fn celeba(images: &Named, attributes: Option<&Named>, partition: Option<&Named>) -> Result<Done, String> {
    let source = CelebA::open(images, attributes, partition)?;
    let piece = |name: String, kind: &str, role, images| Piece {
        name,
        kind: kind.into(),
        role,
        part: None,
        files: 1,
        images,
        why: String::new(),
        choice: false,
    };
    let mut pieces = vec![piece(images.name.clone(), "CelebA's pictures", Role::Images, source.about().items)];
    pieces.extend(attributes.map(|f| piece(f.name.clone(), "CelebA's attributes", Role::Attributes, 0)));
    pieces.extend(partition.map(|f| piece(f.name.clone(), "CelebA's partition", Role::Partition, 0)));
    let by = source.split_by().to_owned();
    let from = Part::ALL.into_iter().map(|p| (p, by.clone())).collect();
    Ok(Done { source: Box::new(source), pieces, from, ..Done::default() })
}

/// Pictures, with what folders and tables say of them.
fn of_pictures(pictures: &[&Leaf], texts: &[&Leaf], leaves: &Leaves, notes: Vec<String>, wishes: &Wishes) -> Result<Done, String> {
    let index = Index::new(pictures.iter().map(|l| l.name.as_str()));
    let (mut known, mut pieces): (Vec<(String, Known)>, Vec<Piece>) = (Vec::new(), Vec::new());
    let (mut attributes, mut partition) = (None, None);
    for leaf in texts {
        let asked = wanted(wishes, &leaf.name).map(|w| w.role);
        let labels = wishes.labels.as_ref().map(|name| matches(&leaf.name, name));
        let mut piece = |role, kind: &str, why: String| {
            pieces.push(Piece {
                name: leaf.name.clone(),
                kind: kind.into(),
                role,
                part: None,
                files: 1,
                images: 0,
                why,
                choice: true,
            });
        };
        let bytes = leaf.bytes(TEXT_LIMIT)?;
        match celeba::is_text(&leaf.name) {
            Some(CelebAText::Attributes) => {
                attributes = Some(Attributes::read(&bytes).map_err(|e| format!("{}: {e}", leaf.place()))?);
                piece(Role::Attributes, "CelebA's attributes", String::new());
            }
            Some(CelebAText::Partition) => {
                partition = Some(Partition::read(&bytes).map_err(|e| format!("{}: {e}", leaf.place()))?);
                piece(Role::Partition, "CelebA's partition", String::new());
            }
            None if labels == Some(false) && asked.is_none() => piece(Role::Aside, "text", "other labels are asked for".into()),
            None => {
                let found = Text::read(&bytes).ok().and_then(|text| of_text(&text, &leaf.name, &index));
                match found.filter(|k| !k.factors.is_empty() || k.split_n.is_some() || !k.notes.is_empty()) {
                    Some(found) => {
                        let role =
                            if found.factors.is_empty() && found.split_n.is_some() { Role::Partition } else { Role::Attributes };
                        piece(
                            asked.unwrap_or(role),
                            "table by names",
                            format!("{} of {} pictures have a line", found.matched, pictures.len()),
                        );
                        known.push((leaf.name.clone(), found));
                    }
                    None if labels == Some(true) || asked.is_some() => {
                        return Err(format!("{}: no column of it has the names of the pictures", leaf.place()));
                    }
                    None => piece(Role::Aside, "text", "no column of it has the names of the pictures".into()),
                }
            }
        }
    }
    let official = attributes.is_some() || partition.is_some();
    if official {
        known.insert(0, (CELEBAS.into(), of_celeba(attributes.as_ref(), partition.as_ref(), &index)));
    }
    let archive = leaves.archives.len() == 1 && pictures.iter().all(|p| p.loose().is_none());
    let what = match leaves.archives.len() {
        _ if archive => "an archive of pictures".to_owned(),
        0 => "a folder of pictures".into(),
        n => format!("pictures from {n} archives"),
    };
    let crop = if official { Crop::Square(148) } else { Crop::Middle };
    let about = About { what, title: title(pictures), crop, notes, ..About::default() };
    let read = Pictures::open(pictures.iter().map(|l| (*l).clone()).collect(), known, about, wishes);
    let mut own = pieces_of(pictures, !read.from.is_empty(), wishes);
    own.extend(pieces);
    Ok(Done { source: Box::new(read.source), pieces: own, look: read.look, from: read.from, ..Done::default() })
}

/// The archive's name, or what several have in common, or the top folder.
fn title(pictures: &[&Leaf]) -> String {
    let outer = |leaf: &Leaf| leaf.archive().split('/').find(|f| is_archive_name(f)).map(str::to_owned);
    let top = |leaf: &Leaf| leaf.name.split_once('/').map(|(top, _)| top.to_owned());
    let same = |name: &dyn Fn(&Leaf) -> Option<String>| {
        let first = name(pictures[0]).filter(|f| !f.is_empty())?;
        pictures.iter().all(|p| name(p).as_ref() == Some(&first)).then_some(first)
    };
    let archive = same(&outer).map(|name| stem(&name).to_owned());
    let archives = || same(&|leaf| outer(leaf).map(|name| class(&name).to_owned()));
    let folder = || same(&top).filter(|_| pictures[0].archive().is_empty());
    archive.or_else(archives).or_else(folder).unwrap_or_else(|| "My images".into())
}

/// Tables that can be read, with their names, and why others cannot.
fn mirrors(tables: &[&Leaf]) -> (Vec<(Mirror, String)>, Vec<String>) {
    let (mut mirrors, mut faults) = (Vec::new(), Vec::new());
    for leaf in tables {
        match leaf.file().and_then(|file| Mirror::open(&file)) {
            Ok(mirror) => mirrors.push((mirror, leaf.name.clone())),
            Err(why) => faults.push(why),
        }
    }
    (mirrors, faults)
}

fn of_tables(mirrors: Vec<(Mirror, String)>, notes: Vec<String>, wishes: &Wishes) -> Result<Done, String> {
    let (mut pieces, mut shares, mut from, mut mark) = (Vec::new(), Vec::new(), Vec::new(), Mark::default());
    let mut about = mirrors.first().map(|(m, _)| m.about().clone()).ok_or("there is no table")?;
    let parts: Vec<Option<Split>> = mirrors.iter().map(|(_, name)| part_of(wishes, name).or_else(|| part_named(name))).collect();
    let given = !tenth(wishes) && super::join::parts_are_given(parts.iter().copied());
    let several = mirrors.len() > 1;
    for ((mirror, name), part) in mirrors.into_iter().zip(parts) {
        mark = mark.with(mirror.about().fingerprint.as_bytes());
        let shown = part.filter(|_| given).map(|p| Part::ALL[p as usize]);
        from.extend(given.then(|| (shown.unwrap_or(Part::Train), base(&name).to_owned())));
        let images = mirror.about().items;
        pieces.push(Piece {
            name,
            kind: "Parquet table".into(),
            role: Role::Images,
            part: shown,
            files: 1,
            images,
            why: String::new(),
            choice: several,
        });
        shares.push(Share { source: Box::new(mirror), part, class: None });
    }
    if several {
        about.what = format!("{} Parquet tables of images", shares.len());
        about.fingerprint = format!("tables {mark}");
    }
    about.notes = notes;
    let label = about.factors.get(about.label).map(|f| f.name.clone());
    let mut source = Joined::new(about, shares, tenth(wishes));
    source.prefer(label.as_deref());
    Ok(Done { source: Box::new(source), pieces, from, ..Done::default() })
}

/// An array that is one picture, if it is the only one.
fn only_picture(numbers: &[&Leaf]) -> Option<Member> {
    let [leaf] = numbers else { return None };
    Member::open(leaf).ok().filter(|m| m.one().is_some())
}

fn single(member: &Member, wishes: &Wishes, leaves: &Leaves) -> Result<Box<dyn Source>, String> {
    let layout = member.one().ok_or("the array is no picture")?;
    member.complete()?;
    let range = member.range()?;
    let (scale, understood) = understood(base(member.name()), &member.header, &range, wishes.values);
    let picture = member.picture(layout, scale)?;
    let source = Box::new(Sheet::of(picture, &member.leaf.name, &member.leaf.mark()?.to_string(), wishes.tile)?);
    let own = cut(member.leaf.name.clone(), format!("{}, one picture", member.kind()), source.about().items);
    let notes = super::scale::note(&understood).into_iter().collect();
    finish(
        Done { source, pieces: vec![own], values: vec![understood], notes, ..Done::default() },
        others(leaves, |l| l.name == member.leaf.name),
        wishes,
    )
}

/// Why there are no images in it.
fn nothing(leaves: &Leaves, notes: &[String], faults: Vec<String>) -> String {
    let array = |l: &&Leaf| matches!(l.kind, Kind::Array | Kind::Idx);
    let arrays: Vec<&Leaf> = leaves.all.iter().filter(array).collect();
    let seen: Vec<&Leaf> = leaves.all.iter().filter(|l| l.kind != Kind::Aside(Aside::Hidden)).collect();
    let why = leaves.all.iter().find_map(|l| match l.kind {
        Kind::Aside(Aside::Why(why)) if why != "this archive cannot be read" => Some(format!("{}: {why}", l.place())),
        _ => None,
    });
    let one_note = || notes.first().map(|n| n.trim_end_matches('.').to_owned());
    match (&arrays[..], leaves.faults.first(), faults.into_iter().next()) {
        (_, _, Some(fault)) => fault,
        ([], Some(fault), _) => fault.clone(),
        ([only], ..) if only.archive().is_empty() && only.kind == Kind::Array => match Member::open(only) {
            Ok(member) => format!(
                "{}: an array of shape {:?} holds no images; [n, height, width] and [n, height, width, channels] do",
                only.place(),
                member.header.shape
            ),
            Err(why) => why,
        },
        ([first, ..], ..) if arrays.iter().any(|l| l.kind == Kind::Idx) => {
            one_note().unwrap_or_else(|| format!("{} has labels; choose the file with the images as well", first.place()))
        }
        ([first, ..], ..) => {
            let names: Vec<&str> = arrays.iter().map(|l| base(&l.name)).collect();
            let place = if first.archive().is_empty() { "What was brought".to_owned() } else { first.archive().to_owned() };
            let notes = if notes.is_empty() { String::new() } else { format!(". {}", notes.join(" ")) };
            format!("{place}: none of its arrays ({}) holds images{notes}", names.join(", "))
        }
        _ if seen.iter().any(|l| is_pixels(l)) => {
            let place = seen.iter().find(|l| is_pixels(l)).map_or(String::new(), |l| l.place());
            format!("{place}: pixels in text are not read: save the table as .npy, with numpy.save, and its labels as another")
        }
        _ if seen.is_empty() && leaves.archives.is_empty() => format!("There is no file in it. {UNDERSTOOD}"),
        _ if why.is_some() => why.unwrap_or_default(),
        _ => {
            let names: Vec<&str> = seen.iter().map(|l| l.name.as_str()).collect();
            match leaves.archives.first() {
                Some((archive, ..)) if names.is_empty() => format!("{archive}: there is no file in it. {UNDERSTOOD}"),
                _ => format!("{}: nothing known. {UNDERSTOOD}", listed(&names)),
            }
        }
    }
}

/// The source under its whole plan.
fn finish(done: Done, aside: Vec<Piece>, wishes: &Wishes) -> Result<Box<dyn Source>, String> {
    let Done { source, mut pieces, values, look, from, notes, vectors, far } = done;
    let mut about = source.about().clone();
    about.notes.extend(notes);
    if *wishes != Wishes::default() {
        about.fingerprint += &format!(" {wishes:?}");
    }
    pieces.extend(aside);
    about.notes.extend(aside_note(&pieces));
    let (parts, factors) = counted(&*source, &from);
    let of_vectors = vectors.is_some();
    about.plan = Plan { pieces, images: about.items, look, parts, factors, values, vectors, notes: about.notes.clone() };
    let mut told = Told { source, about };
    if told.about.plan.look.sizes.is_empty() && !far && !of_vectors {
        let array = !told.about.plan.values.is_empty();
        told.about.plan.look = first_look(&mut told, array);
    }
    Ok(Box::new(told))
}

/// A single picture that is cut into so many images.
fn cut(name: String, kind: String, images: u64) -> Piece {
    Piece { name, kind, role: Role::Images, part: None, files: 1, images, why: String::new(), choice: false }
}
