//! Rows of numbers as a data set: activations, embeddings, measurements, with what lies beside them.

mod beside;
mod lines;
mod lists;
mod numbers;
mod part;
mod shards;
mod source;
mod tensors;

use latent_packed::MAX_DIMS;
use latent_vocabulary::plan::{Piece, Role, Vectors as Found, Wishes};

use crate::array::{Layout, Member};
use crate::join::parts_are_given;
use crate::kind::Kind;
use crate::leaf::{Leaf, Leaves};
use crate::names::{in_order, part_named};
use crate::read::Mark;
use crate::scale::is_usual;
use crate::source::Source;
use crate::wish::{part_of, tenth, wanted};
use latent_vocabulary::npy::NumberKind;

use beside::{Beside, is_planted};
use lists::Lists;
use numbers::{Numbers, Table};
use part::Part;
use source::Vectors;

/// Least numbers of a row that pictures or arrays of pictures may lie beside: fewer are labels of these.
const WIDE: usize = 16;
/// Rows that are looked at.
const LOOK: u64 = 64;
/// Neighbours of a picture are alike; of other rows they are strangers. Their correlation tells the two apart.
const ALIKE: f64 = 0.35;

/// What reading rows of numbers comes to.
pub struct Read {
    pub source: Box<dyn Source>,
    pub pieces: Vec<Piece>,
    pub found: Found,
    pub notes: Vec<String>,
}

/// Takes what was brought for rows of numbers, if it is some. `None` where there are none, or pictures that these are no rows beside.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn read(leaves: &Leaves, wishes: &Wishes) -> Result<Option<Read>, String> {
    if let Some(found) = shards::read(leaves)? {
        return whole(found.parts, Own { lines: found.labels, pieces: found.pieces }, leaves, &[], wishes).map(Some);
    }
    let role = |leaf: &Leaf| wanted(wishes, &leaf.name).map(|w| w.role);
    let asked = leaves.all.iter().any(|l| role(l) == Some(Role::Vectors));
    if !asked && leaves.all.iter().any(|l| role(l) == Some(Role::Images)) {
        return Ok(None);
    }
    let pictures = leaves.all.iter().filter(|l| l.kind == Kind::Picture).count();
    let arrays: Vec<Member> = leaves
        .all
        .iter()
        .filter(|l| matches!(l.kind, Kind::Array | Kind::Idx))
        .filter_map(|l| Member::of_any_order(l).ok())
        .collect();
    let of_pictures = arrays.iter().filter(|m| m.holds_images(3) && !m.header.fortran).map(|m| m.rows()).sum::<u64>();
    // Those of a set: pictures beside rows of numbers are as many.
    let beside = pictures as u64 + of_pictures;
    let (mut parts, mut fault) = (Vec::new(), None);
    for leaf in &leaves.all {
        let this = role(leaf) == Some(Role::Vectors);
        if asked && !this {
            continue;
        }
        match of_leaf(leaf, &arrays, this) {
            Ok(some) => parts.extend(some),
            Err(e) if this => return Err(e),
            Err(e) => drop(fault.get_or_insert(e)),
        }
    }
    // Directions that were planted are no rows.
    if parts.iter().any(|p| !is_planted(&p.name)) {
        parts.retain(|p| !is_planted(&p.name));
    }
    // The widest are the activations; what has another width is no part of them.
    let Some(dims) = parts.iter().map(|p| p.table.dims()).max() else {
        // Nothing else would be said of a file of tensors.
        return match fault.filter(|_| beside == 0) {
            Some(fault) => Err(fault),
            None => Ok(None),
        };
    };
    parts.retain(|p| p.table.dims() == dims);
    let rows: u64 = parts.iter().map(|p| p.table.rows()).sum();
    if !asked && beside > 0 && (beside != rows || dims < WIDE) {
        return Ok(None);
    }
    whole(parts, Own::default(), leaves, &arrays, wishes).map(Some)
}

/// What comes with the rows themselves.
#[derive(Default)]
struct Own {
    /// A line for each row.
    lines: Option<lines::Lines>,
    pieces: Vec<Piece>,
}

/// The set of all parts, in their order.
fn whole(mut parts: Vec<Part>, own: Own, leaves: &Leaves, arrays: &[Member], wishes: &Wishes) -> Result<Read, String> {
    let dims = parts.first().map_or(0, |p| p.table.dims());
    if dims > MAX_DIMS as usize {
        return Err(format!(
            "{}: rows of {dims} numbers are more than the {MAX_DIMS} that can be trained on",
            parts[0].table.place()
        ));
    }
    for part in &mut parts {
        part.split = part_of(wishes, &part.name).or_else(|| part_named(&part.name));
    }
    if tenth(wishes) || !parts_are_given(parts.iter().map(|p| p.split)) {
        parts.iter_mut().for_each(|p| p.split = None);
    }
    // Shards in their order, the tenth behind the ninth.
    parts.sort_by_cached_key(|p| in_order(&p.name));
    build(parts, own, leaves, arrays, wishes)
}

/// The rows of numbers in a file.
fn of_leaf(leaf: &Leaf, arrays: &[Member], asked: bool) -> Result<Vec<Part>, String> {
    let part = |table: Box<dyn Table>, notes| Part { table, name: leaf.name.clone(), file: leaf.name.clone(), split: None, notes };
    match leaf.kind {
        Kind::Array | Kind::Idx => {
            let Some(member) = arrays.iter().find(|m| m.leaf.name == leaf.name) else {
                return if asked { Member::of_any_order(leaf).map(|_| Vec::new()) } else { Ok(Vec::new()) };
            };
            let shape = &member.header.shape;
            if shape.len() != 2 || shape.contains(&0) || !member.header.is_numeric() {
                let why = || format!("{}: an array of shape {shape:?} has no rows of numbers; [n, d] has", leaf.place());
                return if asked { Err(why()) } else { Ok(Vec::new()) };
            }
            let mut numbers = Numbers::of_array(member)?;
            let mut notes = Vec::new();
            if numbers.may_be_brain() && (asked || Layout::of(shape).is_none()) {
                numbers.as_brain();
                notes.push(format!("{}: its numbers of 16 bits are read as bfloat16.", leaf.place()));
            }
            if !asked && !is_rows(member, &mut numbers)? {
                return Ok(Vec::new());
            }
            Ok(vec![part(Box::new(numbers), notes)])
        }
        Kind::Tensors => {
            let mut all = tensors::rectangles(leaf)?;
            let others = all.split_off(1);
            let notes =
                others.iter().map(|(name, numbers)| format!("{}: {name} ({}) is left aside.", leaf.place(), numbers.kind()));
            let notes: Vec<String> = notes.collect();
            let of = |(name, numbers)| Part { name: format!("{}/{name}", leaf.name), ..part(Box::new(numbers), notes.clone()) };
            Ok(all.into_iter().map(of).collect())
        }
        Kind::Parquet => {
            let lists = Lists::open(&leaf.file()?);
            let lists = if asked { lists? } else { lists.unwrap_or(None) };
            match lists {
                Some(lists) => Ok(vec![part(Box::new(lists), Vec::new())]),
                None if asked => Err(format!("{}: the table has no column with lists of floats", leaf.place())),
                None => Ok(Vec::new()),
            }
        }
        _ if asked => Err(format!("{}: this file has no rows of numbers", leaf.place())),
        _ => Ok(Vec::new()),
    }
}

/// Whether an array `[n, d]` is rows of numbers rather than labels, or pictures row by row.
fn is_rows(member: &Member, numbers: &mut Numbers) -> Result<bool, String> {
    if !(member.header.kind == NumberKind::Float || numbers.is_brain()) || member.header.row() < 2 {
        return Ok(false);
    }
    let mut rows = Vec::new();
    let mut row_d = Vec::new();
    for place in 0..numbers.rows().min(LOOK) {
        numbers.row(place, &mut row_d)?;
        rows.push(row_d.clone());
    }
    // Answers, counts and one-hot labels are whole.
    if rows.iter().flatten().all(|v| v.fract() == 0.0) {
        return Ok(false);
    }
    // Neither pictures row by row nor a single one.
    if Layout::of(&member.header.shape).is_none() && member.one().is_none() {
        return Ok(true);
    }
    // Nobody keeps pictures like this.
    if member.header.fortran || numbers.is_brain() {
        return Ok(true);
    }
    // The range takes all of the file.
    Ok(neighbours(&rows) < ALIKE && !is_usual(&member.header, &member.range()?))
}

/// Correlation of each number with the next one of its row, about the mean of the rows.
fn neighbours(rows: &[Vec<f32>]) -> f64 {
    let (n, d) = (rows.len(), rows.first().map_or(0, Vec::len));
    let mean: Vec<f64> = (0..d).map(|i| rows.iter().map(|r| f64::from(r[i])).sum::<f64>() / n as f64).collect();
    let (mut both, mut each) = (0.0, 0.0);
    for row in rows {
        let off: Vec<f64> = row.iter().zip(&mean).map(|(v, m)| f64::from(*v) - m).filter(|v| v.is_finite()).collect();
        both += off.windows(2).map(|w| w[0] * w[1]).sum::<f64>();
        each += off.iter().map(|v| v * v).sum::<f64>();
    }
    both / each.max(f64::MIN_POSITIVE)
}

/// The set of these parts.
fn build(mut parts: Vec<Part>, own: Own, leaves: &Leaves, arrays: &[Member], wishes: &Wishes) -> Result<Read, String> {
    let rows: u64 = parts.iter().map(|p| p.table.rows()).sum();
    let normalise = wishes.normalise.unwrap_or_default();
    let stats = source::Stats::read(&mut parts)?;
    let names: Vec<String> = parts.iter().map(|p| p.file.clone()).collect();
    // Of several tables each would have its own.
    let lines = if let [only] = &mut parts[..] { only.table.beside().or(own.lines) } else { own.lines };
    let left: Vec<String> = own.pieces.iter().map(|p| p.name.clone()).collect();
    let beside = Beside::read(leaves, arrays, [&names, &left], [rows, stats.dims as u64], lines, wishes)?;
    let mut mark = Mark::default();
    let read = |l: &&Leaf| names.contains(&l.name) || left.contains(&l.name) || !matches!(l.kind, Kind::Aside(_) | Kind::Picture);
    for leaf in leaves.all.iter().filter(read) {
        mark = mark.with(leaf.name.as_bytes()).with(leaf.mark()?.to_string().as_bytes());
    }
    let mut notes: Vec<String> =
        leaves.notes.iter().cloned().chain(parts.iter_mut().flat_map(|p| std::mem::take(&mut p.notes))).collect();
    notes.extend(beside.notes.iter().cloned());
    if stats.broken > 0 {
        let rows = if stats.broken == 1 { "1 row has".to_owned() } else { format!("{} rows have", stats.broken) };
        notes.push(format!(
            "{rows} values that are no finite numbers and will be left out; the first is row {}.",
            stats.first_broken
        ));
    }
    let piece = |p: &Part| Piece {
        name: p.name.clone(),
        kind: p.table.kind(),
        role: Role::Vectors,
        part: p.split.map(|s| latent_vocabulary::plan::Part::ALL[s as usize]),
        files: 1,
        images: p.table.rows(),
        why: String::new(),
        choice: true,
    };
    let mut pieces: Vec<Piece> = parts.iter().map(piece).collect();
    pieces.extend(own.pieces);
    pieces.extend(beside.pieces.iter().cloned());
    let scale = stats.scale(normalise);
    let found = Found {
        dims: stats.dims as u64,
        low: stats.low,
        high: stats.high,
        norm: stats.norm(),
        broken: stats.broken,
        normalise,
        scale,
        texts: !beside.texts.is_empty(),
        thumb: beside.thumb(),
    };
    let source = Vectors::new(parts, beside, &found, &format!("vectors {mark}"));
    Ok(Read { source: Box::new(source), pieces, found, notes })
}
