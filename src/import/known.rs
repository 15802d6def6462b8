//! What tables say of pictures by their names: factors and parts.

use std::collections::{BTreeSet, HashMap};

use latent_packed::{PackedFactor, Split};

use super::labels::{VALUES, text_column};
use super::names::{base, factor, key, part_named, stem};
use super::table::{Attributes, Partition};
use super::text::Text;
use super::unite::Partial;

/// What is known of pictures, one value for each.
#[derive(Default)]
pub struct Known {
    pub factors: Vec<Partial>,
    pub split_n: Option<Vec<Option<Split>>>,
    /// Pictures that a row was found for.
    pub matched: u64,
    pub notes: Vec<String>,
}

/// Pictures by the name without folder and ending; numbers without zeros in front.
pub struct Index<'a> {
    names: Vec<&'a str>,
    of: HashMap<String, Vec<u32>>,
}

fn plain(name: &str) -> String {
    let stem = if base(name).contains('.') { stem(name) } else { base(name) };
    let number = stem.trim_start_matches('0');
    if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) { number.to_owned() } else { stem.to_lowercase() }
}

impl<'a> Index<'a> {
    pub fn new(names: impl Iterator<Item = &'a str>) -> Self {
        let names: Vec<&str> = names.collect();
        let mut of: HashMap<String, Vec<u32>> = HashMap::new();
        for (i, name) in names.iter().enumerate() {
            of.entry(plain(name)).or_default().push(i as u32);
        }
        Self { names, of }
    }

    /// The picture that a cell names; none where several could be meant.
    fn find(&self, cell: &str) -> Option<usize> {
        if cell.is_empty() {
            return None;
        }
        let cell = cell.replace('\\', "/");
        let there = self.of.get(&plain(&cell))?;
        if let [only] = there[..] {
            return Some(only as usize);
        }
        let folders = cell.rsplit_once('/')?.0.trim_start_matches(['.', '/']);
        let within = |i: &&u32| {
            self.names[**i as usize].rsplit_once('/').is_some_and(|(f, _)| f == folders || f.ends_with(&format!("/{folders}")))
        };
        let mut fitting = there.iter().filter(within);
        fitting.next().filter(|_| fitting.next().is_none()).map(|i| *i as usize)
    }
}

/// Rows of a table that are tried before all.
const TRIED: usize = 200;

/// What a table says of the pictures of its rows; `None` where no column has their names.
pub fn of_text(text: &Text, name: &str, index: &Index) -> Option<Known> {
    let n = text.count();
    let tried: Vec<usize> = (0..n).step_by(n.div_ceil(TRIED).max(1)).collect();
    let hits = |c: usize| tried.iter().filter(|r| index.find(text.cell(**r, c)).is_some()).count();
    let (found, column) = (0..text.width(n / 2).min(VALUES)).map(|c| (hits(c), std::cmp::Reverse(c))).max()?;
    let column = column.0;
    // Most rows, or rows for most pictures.
    if found == 0 || found * 2 < tried.len() && found * n < index.names.len() * tried.len() / 2 {
        return None;
    }
    let mut row_of: Vec<Option<usize>> = vec![None; index.names.len()];
    let mut without = 0u64;
    let first = usize::from(index.find(text.cell(0, column)).is_none());
    for row in first..n {
        match index.find(text.cell(row, column)) {
            Some(picture) => row_of[picture] = Some(row),
            None => without += 1,
        }
    }
    let mut known = Known { matched: row_of.iter().flatten().count() as u64, ..Known::default() };
    if without > 0 {
        known.notes.push(format!("{name} has {without} lines of other pictures than these."));
    }
    // What tables of the same form have in common: `n01_boxes.txt` and `n02_boxes.txt`, `train_labels.txt` and `val_labels.txt`.
    let (title, words) = (stem(name), key(stem(name)).join(" "));
    let common = if words.is_empty() { factor(name) } else { words };
    for c in (0..text.width(n / 2)).filter(|c| *c != column) {
        let there: Vec<&str> = row_of.iter().flatten().map(|row| text.cell(*row, c)).collect();
        let heading = text.title(c, first, title);
        if let Some(split_n) = parts(&heading, &there) {
            let mut values = split_n.into_iter();
            known.split_n = Some(row_of.iter().map(|row| row.and_then(|_| values.next())).collect());
            continue;
        }
        if there.iter().enumerate().all(|(i, v)| v.parse() == Ok(i) || v.parse() == Ok(i + 1)) {
            continue;
        }
        match text_column(heading, &there) {
            Ok((factor, values)) => {
                let mut values = values.into_iter();
                let value_n = row_of.iter().map(|row| row.and_then(|_| values.next())).collect();
                let (alike, tables) = (text.title(c, first, &common), vec![name.to_owned()]);
                known.factors.push(Partial { factor, value_n, alike, tables });
            }
            Err(why) => known.notes.push(why),
        }
    }
    Some(known)
}

/// The parts that the values of a column stand for, if all do.
fn parts(heading: &str, values: &[&str]) -> Option<Vec<Split>> {
    let called = ["split", "partition", "set", "subset", "part", "usage", "fold"].contains(&heading.to_ascii_lowercase().as_str());
    let distinct: BTreeSet<&&str> = values.iter().collect();
    if distinct.len() < 2 || distinct.len() > 4 {
        return None;
    }
    let named = |v: &&str| part_named(v);
    let numbered = |v: &&str| v.parse().ok().and_then(Split::from_byte);
    let all: Option<Vec<Split>> = values.iter().map(named).collect();
    all.or_else(|| if called { values.iter().map(numbered).collect() } else { None })
}

/// What CelebA's texts are called together.
pub const CELEBAS: &str = "CelebA's texts";

/// What CelebA's texts say of its pictures, wherever these come from.
pub fn of_celeba(attributes: Option<&Attributes>, partition: Option<&Partition>, index: &Index) -> Known {
    let mut known = Known::default();
    if let Some(attributes) = attributes {
        let rows: Vec<Option<u32>> = index.names.iter().map(|n| attributes.row_of(base(n))).collect();
        known.matched = rows.iter().flatten().count() as u64;
        let k = attributes.names.len();
        for (i, name) in attributes.names.iter().enumerate() {
            let factor = PackedFactor { name: name.clone(), values: vec![format!("not {name}"), name.clone()] };
            let value_n = rows.iter().map(|row| row.map(|r| attributes.values_nk[r as usize * k + i])).collect();
            let (alike, tables) = (name.clone(), vec![CELEBAS.to_owned()]);
            known.factors.push(Partial { factor, value_n, alike, tables });
        }
    }
    if let Some(partition) = partition {
        known.split_n = Some(index.names.iter().map(|n| partition.split(base(n))).collect());
    }
    known
}
