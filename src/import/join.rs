//! Several sources as one: shards, and the parts of a set, each with its own labels.

use std::collections::BTreeSet;

use latent_packed::{PackedFactor, Split, Sum};

use super::labels::{VALUES, best};
use super::source::{About, Fault, Item, Source, default_split, interleaved};
use super::unite::in_order;

/// A source, and what is known of it.
pub struct Share {
    pub source: Box<dyn Source>,
    pub part: Option<Split>,
    /// What its images are, where files are classes.
    pub class: Option<String>,
}

/// The value of images of which nothing is known.
const UNKNOWN: &str = "unknown";

pub struct Joined {
    about: About,
    shares: Vec<Share>,
    /// Share and place in it of each image.
    places: Vec<(u16, u32)>,
    split_n: Vec<Split>,
    /// For each share and joint factor: the share's factor, and the joint value of each of its values.
    maps: Vec<Vec<Map>>,
    /// `[images, factors]`, where all shares know theirs.
    factors_nk: Option<Vec<u8>>,
}

enum Map {
    Of(usize, Vec<u8>),
    All(u8),
}

impl Joined {
    /// Joins shares under what is said of all of them. `tenth`: every tenth image is for tests, whatever the parts are.
    pub fn new(about: About, shares: Vec<Share>, tenth: bool) -> Self {
        let mut notes = about.notes.clone();
        let (factors, maps) = joint(&shares, &mut notes);
        let given = !tenth && parts_are_given(shares.iter().map(|s| s.part));
        let mut parts: Vec<Vec<u32>> = Vec::new();
        let (mut places, mut all) = (Vec::new(), 0u32);
        for (i, share) in shares.iter().enumerate() {
            let n = share.source.about().items.min(u64::from(u32::MAX - all)) as u32;
            parts.push((all..all + n).collect());
            places.extend((0..n).map(|row| (i as u16, row)));
            all += n;
        }
        let places: Vec<(u16, u32)> = interleaved(&parts).into_iter().map(|i| places[i as usize]).collect();
        let split = |(at, (share, row)): (usize, &(u16, u32))| {
            let share = &shares[usize::from(*share)];
            match share.part {
                Some(part) if given => part,
                None if given => Split::Train,
                _ if shares.len() == 1 => share.source.split(u64::from(*row)),
                _ => default_split(at as u64),
            }
        };
        let split_n = places.iter().enumerate().map(split).collect();
        let known = |(share, row): &(u16, u32)| {
            let (share, row) = (usize::from(*share), u64::from(*row));
            let own =
                if shares[share].source.about().factors.is_empty() { Some(&[][..]) } else { shares[share].source.factors(row) };
            own.map(|own| mapped(&maps[share], own))
        };
        let factors_nk = places.iter().map(known).collect::<Option<Vec<Vec<u8>>>>().map(|rows| rows.concat());
        let label = best(&factors);
        let about = About { items: places.len() as u64, factors, label, notes, ..about };
        Self { about, shares, places, split_n, maps, factors_nk }
    }
}

impl Joined {
    /// The factor of that name gives the labels, if there is one.
    pub fn prefer(&mut self, name: Option<&str>) {
        if let Some(label) = self.about.factors.iter().position(|f| Some(f.name.as_str()) == name) {
            self.about.label = label;
        }
    }
}

/// Whether names of parts are to be believed: there are images to train on and others.
pub fn parts_are_given(parts: impl Iterator<Item = Option<Split>>) -> bool {
    let (mut train, mut other) = (false, false);
    for part in parts {
        train |= part.is_none_or(|p| p == Split::Train);
        other |= part.is_some_and(|p| p != Split::Train);
    }
    train && other
}

fn mapped(maps: &[Map], own: &[u8]) -> Vec<u8> {
    let value = |map: &Map| match map {
        Map::Of(k, values) => own.get(*k).and_then(|v| values.get(usize::from(*v))).copied().unwrap_or(0),
        Map::All(value) => *value,
    };
    maps.iter().map(value).collect()
}

/// The factors of all shares by their names, and how each share's become those.
fn joint(shares: &[Share], notes: &mut Vec<String>) -> (Vec<PackedFactor>, Vec<Vec<Map>>) {
    let own = |share: &Share| share.source.about().factors.clone();
    let mut names: Vec<String> = Vec::new();
    for factor in shares.iter().flat_map(own) {
        if !names.contains(&factor.name) {
            names.push(factor.name);
        }
    }
    let (mut factors, mut maps) = (Vec::new(), shares.iter().map(|_| Vec::new()).collect::<Vec<_>>());
    let mut add = |factor: PackedFactor, of: &dyn Fn(&Share) -> Map| {
        factors.push(factor);
        for (share, maps) in shares.iter().zip(&mut maps) {
            maps.push(of(share));
        }
    };
    let classes: BTreeSet<&String> = shares.iter().filter_map(|s| s.class.as_ref()).collect();
    if classes.len() > 1 && classes.len() <= VALUES && shares.iter().all(|s| s.class.is_some()) {
        let at = |class: Option<&String>| classes.iter().position(|c| Some(*c) == class).unwrap_or(0) as u8;
        let values = classes.iter().map(ToString::to_string).collect();
        add(PackedFactor { name: "File".into(), values }, &|share| Map::All(at(share.class.as_ref())));
    }
    for name in names {
        let of = |share: &Share| share.source.about().factors.iter().position(|f| f.name == name);
        let there = shares.iter().filter_map(|s| Some(&s.source.about().factors[of(s)?].values));
        let mut values: Vec<String> = there.flatten().cloned().collect::<BTreeSet<_>>().into_iter().collect();
        let numbers = values.iter().all(|v| v.parse::<i64>().is_ok());
        in_order(&mut values);
        if !numbers
            && let Some(first) = shares.iter().find_map(|s| Some(s.source.about().factors[of(s)?].values.clone()))
            && first.len() == values.len()
        {
            // Names of no order of their own keep the one that they have.
            values = first;
        }
        if shares.iter().any(|s| of(s).is_none()) {
            notes.push(format!("Some of the files have no {name}: their images have the value “{UNKNOWN}”."));
            values.push(UNKNOWN.into());
        }
        // All the same say nothing.
        if values.len() < 2 {
            continue;
        }
        if values.len() > VALUES {
            notes.push(format!("{name} has {} different values, more than {VALUES}, and is left aside.", values.len()));
            continue;
        }
        let at = |value: &String| values.iter().position(|v| v == value).unwrap_or(0) as u8;
        add(PackedFactor { name: name.clone(), values: values.clone() }, &|share| match of(share) {
            Some(k) => Map::Of(k, share.source.about().factors[k].values.iter().map(at).collect()),
            None => Map::All(values.len() as u8 - 1),
        });
    }
    (factors, maps)
}

impl Source for Joined {
    fn about(&self) -> &About {
        &self.about
    }

    fn factors(&self, place: u64) -> Option<&[u8]> {
        let (k, at) = (self.about.factors.len(), place as usize);
        self.factors_nk.as_ref().and_then(|all| all.get(at * k..(at + 1) * k))
    }

    fn split(&self, place: u64) -> Split {
        self.split_n.get(place as usize).copied().unwrap_or_default()
    }

    fn sum(&self, place: u64) -> Option<Sum> {
        let (share, row) = *self.places.get(place as usize)?;
        self.shares[usize::from(share)].source.sum(u64::from(row))
    }

    fn item(&mut self, place: u64) -> Result<Item, Fault> {
        let (share, row) = self.places[place as usize];
        let share = usize::from(share);
        let item = self.shares[share].source.item(u64::from(row))?;
        Ok(Item { split: self.split_n[place as usize], factors_k: mapped(&self.maps[share], &item.factors_k), ..item })
    }
}
