//! The table of all features as the panels read it.

use super::names::Names;
use crate::paint::Shape;
use crate::rank::rank;
use latent_measure::sparse::Kin;
use latent_view::{BINS, EXAMPLES, FeatureTable, KIN, TOGETHER};
use latent_vocabulary::numbers::bytes_f32;

/// An input on which a feature is active.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Example {
    pub image: usize,
    /// Of the code's grid.
    pub place: usize,
    pub activation: f32,
}

/// What each feature does on some test images, see [`FeatureTable`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Images looked at.
    pub images: usize,
    /// Places of the code's grid.
    places: usize,
    pub density_f: Vec<f32>,
    pub mean_f: Vec<f32>,
    pub max_f: Vec<f32>,
    pub norm_f: Vec<f32>,
    pub label_f: Vec<u8>,
    pub purity_f: Vec<f32>,
    count_fb: Vec<f32>,
    example_fe: Vec<f32>,
    activation_fe: Vec<f32>,
    kin_fe: Vec<f32>,
    place_fp: Vec<f32>,
    atom: (u32, u32, u32),
    atom_fa: Vec<u8>,
}

/// Which feature comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sorting {
    Density,
    Mean,
    Norm,
    Purity,
    Number,
}

/// Which features are on the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Digits of their number, or letters of their name.
    pub number: String,
    /// The class that they favour.
    pub label: Option<u8>,
    pub density: Density,
}

/// How often features may be active.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Density {
    #[default]
    Living,
    /// On fewer than one input in a hundred.
    Rare,
    /// On more than one input in ten.
    Dense,
    /// On none.
    Dead,
    Any,
}

impl Density {
    fn has(self, density: f32) -> bool {
        match self {
            Self::Living => density > 0.0,
            Self::Rare => density > 0.0 && density < 0.01,
            Self::Dense => density > 0.1,
            Self::Dead => density == 0.0,
            Self::Any => true,
        }
    }
}

impl Table {
    pub fn read(table: &FeatureTable, places: usize) -> Self {
        Self {
            images: table.images as usize,
            places: places.max(1),
            density_f: bytes_f32(&table.density_f),
            mean_f: bytes_f32(&table.mean_f),
            max_f: bytes_f32(&table.max_f),
            norm_f: bytes_f32(&table.norm_f),
            label_f: table.label_f.to_vec(),
            purity_f: bytes_f32(&table.purity_f),
            count_fb: bytes_f32(&table.count_fb),
            example_fe: bytes_f32(&table.example_fe),
            activation_fe: bytes_f32(&table.activation_fe),
            kin_fe: bytes_f32(&table.kin_fe),
            place_fp: bytes_f32(&table.place_fp),
            atom: (table.width, table.height, table.channels),
            atom_fa: table.atom_fa.to_vec(),
        }
    }

    pub fn features(&self) -> usize {
        self.density_f.len()
    }

    pub fn living(&self) -> usize {
        self.density_f.iter().filter(|d| **d > 0.0).count()
    }

    /// Features active on an input, mean over the inputs.
    pub fn l0(&self) -> f32 {
        self.density_f.iter().sum()
    }

    /// Size of an atom's picture, of one channel.
    pub fn atom_shape(&self) -> Shape {
        Shape { width: self.atom.0, height: self.atom.1, channels: 1 }
    }

    /// An atom as a picture of signed values, mean over the channels, −1 to 1.
    pub fn atom(&self, f: usize) -> Option<Vec<f32>> {
        let (plane, channels) = ((self.atom.0 * self.atom.1) as usize, self.atom.2.max(1) as usize);
        let values = self.atom_fa.get(f * plane * channels..(f + 1) * plane * channels)?;
        let mean =
            |p: usize| values[p..].iter().step_by(plane).map(|b| f32::from(*b as i8)).sum::<f32>() / (127.0 * channels as f32);
        Some((0..plane).map(mean).collect())
    }

    /// Inputs by activation, from nothing to the largest.
    pub fn histogram(&self, f: usize) -> &[f32] {
        self.count_fb.get(f * BINS..(f + 1) * BINS).unwrap_or_default()
    }

    /// The examples of a feature in the protocol's order; `None` where there are not so many.
    pub fn examples(&self, f: usize) -> Vec<Option<Example>> {
        let range = f * EXAMPLES..(f + 1) * EXAMPLES;
        let (inputs, activations) =
            (self.example_fe.get(range.clone()).unwrap_or_default(), self.activation_fe.get(range).unwrap_or_default());
        let read = |(input, activation): (&f32, &f32)| {
            (*input >= 0.0).then(|| Example {
                image: *input as usize / self.places,
                place: *input as usize % self.places,
                activation: *activation,
            })
        };
        inputs.iter().zip(activations).map(read).collect()
    }

    fn kin(&self, f: usize) -> Option<&[f32]> {
        self.kin_fe.get(f * KIN..(f + 1) * KIN)
    }

    /// The features that are active most together with one, and the φ of their activity.
    pub fn together(&self, f: usize) -> Vec<(usize, f32)> {
        let row = self.kin(f).unwrap_or(&[-1.0; KIN]);
        let (near, phi) = row[..2 * TOGETHER].split_at(TOGETHER);
        near.iter().zip(phi).filter(|(other, _)| **other >= 0.0).map(|(other, phi)| (*other as usize, *phi)).collect()
    }

    /// Features that come together, the largest family first, in each the head first.
    pub fn families(&self) -> Vec<Vec<usize>> {
        let parent =
            |f: usize| self.kin(f).map(|row| row[2 * TOGETHER]).filter(|parent| *parent >= 0.0).map(|parent| parent as usize);
        Kin { near_f: vec![], parent_f: (0..self.features()).map(parent).collect() }.families()
    }

    /// Of layers: the feature of the next layer that points most the same way, and the cosine.
    pub fn next(&self, f: usize) -> Option<(usize, f32)> {
        let row = self.kin(f)?;
        (row[KIN - 2] >= 0.0).then(|| (row[KIN - 2] as usize, row[KIN - 1]))
    }

    /// Share of a feature's activity at each place; empty where there is one place.
    pub fn places_of(&self, f: usize) -> &[f32] {
        let places = if self.place_fp.is_empty() { 0 } else { self.places };
        self.place_fp.get(f * places..(f + 1) * places).unwrap_or_default()
    }

    /// Where a feature is mostly active.
    pub fn home(&self, f: usize) -> usize {
        let share = self.places_of(f);
        (0..share.len()).fold(0, |best, p| if share[p] > share[best] { p } else { best })
    }

    /// Ways of features through the layers: from the first layer on, most active first, as far as they go; no feature is on two. Only those that go on.
    pub fn ways(&self, most: usize) -> Vec<Vec<(usize, f32)>> {
        let mut seen = vec![false; self.features()];
        let strength = |f: usize| self.density_f[f] * self.mean_f[f].abs();
        let order = rank((0..self.features()).map(|f| self.home(f) as f32 - strength(f).min(1e3) / 2e3));
        let mut ways = vec![];
        for first in order {
            let mut way = vec![];
            let mut at = Some((first, 1.0));
            while let Some((f, cosine)) = at.filter(|(f, _)| !seen[*f] && self.density_f[*f] > 0.0) {
                seen[f] = true;
                way.push((f, cosine));
                at = self.next(f);
            }
            if way.len() > 1 {
                ways.push(way);
            }
        }
        ways.sort_by_key(|way| usize::MAX - way.len());
        ways.truncate(most);
        ways
    }

    /// The purity as far as it can be relied on: a feature that fires on one input is of one class by itself.
    pub fn certain_purity(&self, f: usize) -> f32 {
        const DOUBT: f32 = 10.0;
        let inputs = self.density_f[f] * (self.images * self.places) as f32;
        self.purity_f[f] * inputs / (inputs + DOUBT)
    }

    /// The features that pass the filter, in order.
    pub fn list(&self, sorting: Sorting, filter: &Filter, names: &Names) -> Vec<usize> {
        let wanted = filter.number.trim().to_lowercase();
        let named = names.named().filter(|(_, name)| name.to_lowercase().contains(&wanted));
        let named: Vec<usize> = named.map(|(f, _)| f).collect();
        let passes = |f: &usize| {
            filter.density.has(self.density_f[*f])
                && filter.label.is_none_or(|label| self.density_f[*f] > 0.0 && self.label_f[*f] == label)
                && (f.to_string().contains(&wanted) || named.contains(f))
        };
        let all: Vec<usize> = (0..self.features()).filter(passes).collect();
        let key = |f: &usize| match sorting {
            Sorting::Density => -self.density_f[*f],
            Sorting::Mean => -self.mean_f[*f],
            Sorting::Norm => -self.norm_f[*f],
            Sorting::Purity => -self.certain_purity(*f),
            Sorting::Number => *f as f32,
        };
        rank(all.iter().map(key)).into_iter().map(|i| all[i]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use latent_vocabulary::numbers::f32_bytes;
    use serde_bytes::ByteBuf;

    fn table() -> Table {
        let mut example_fe = vec![-1.0; 3 * EXAMPLES];
        (example_fe[0], example_fe[EXAMPLES]) = (7.0, 2.0);
        Table::read(
            &FeatureTable {
                images: 1000,
                density_f: f32_bytes(&[0.005, 0.5, 0.0]),
                purity_f: f32_bytes(&[0.9, 0.4, 0.0]),
                mean_f: f32_bytes(&[1.0, 2.0, 0.0]),
                norm_f: f32_bytes(&[1.0, 1.0, 1.0]),
                label_f: ByteBuf::from(vec![3, 7, 0]),
                example_fe: f32_bytes(&example_fe),
                activation_fe: f32_bytes(&vec![1.5; 3 * EXAMPLES]),
                width: 1,
                height: 1,
                channels: 2,
                atom_fa: ByteBuf::from(vec![127, 0, 0x81, 0x81, 0, 0]),
                ..FeatureTable::default()
            },
            4,
        )
    }

    #[test]
    fn features_are_sorted_and_filtered() {
        let table = table();
        let mut names = Names::default();
        names.give(1, "A Loop", "");
        let list = |sorting, filter: Filter| table.list(sorting, &filter, &names);
        assert_eq!(list(Sorting::Number, Filter { number: "loop".into(), ..Filter::default() }), [1]);
        assert_eq!(list(Sorting::Density, Filter::default()), [1, 0], "the dead one is not on the list");
        assert_eq!(list(Sorting::Purity, Filter::default()), [0, 1]);
        assert_eq!(list(Sorting::Number, Filter { density: Density::Any, ..Filter::default() }), [0, 1, 2]);
        assert_eq!(list(Sorting::Number, Filter { density: Density::Rare, ..Filter::default() }), [0]);
        assert_eq!(list(Sorting::Number, Filter { density: Density::Dead, ..Filter::default() }), [2]);
        assert_eq!(list(Sorting::Number, Filter { label: Some(7), ..Filter::default() }), [1]);
        assert_eq!(list(Sorting::Number, Filter { number: "0".into(), ..Filter::default() }), [0]);
        assert_eq!((table.living(), table.features()), (2, 3));
    }

    #[test]
    fn families_and_ways_are_read_from_rows() {
        // The first two are of the first layer, the third of the second; the first goes on in the third, which is the head of both.
        let mut kin_fe = vec![-1.0; 3 * KIN];
        (kin_fe[0], kin_fe[TOGETHER]) = (2.0, 0.5);
        (kin_fe[2 * TOGETHER], kin_fe[KIN + 2 * TOGETHER]) = (2.0, 2.0);
        (kin_fe[KIN - 2], kin_fe[KIN - 1]) = (2.0, 0.9);
        let numbers = |a, b, c| f32_bytes(&[a, b, c]);
        let table = FeatureTable {
            density_f: numbers(0.2, 0.1, 0.4),
            mean_f: numbers(1.0, 1.0, 1.0),
            kin_fe: f32_bytes(&kin_fe),
            place_fp: f32_bytes(&[0.9, 0.1, 1.0, 0.0, 0.2, 0.8]),
            ..FeatureTable::default()
        };
        let table = Table::read(&table, 2);
        assert_eq!((table.together(0), table.together(1)), (vec![(2, 0.5)], vec![]));
        assert_eq!(table.families(), [vec![2, 0, 1]]);
        assert_eq!([0, 1, 2].map(|f| table.home(f)), [0, 0, 1]);
        assert_eq!(table.places_of(1), [1.0, 0.0]);
        assert_eq!(table.ways(5), [vec![(0, 1.0), (2, 0.9)]]);
    }

    #[test]
    fn examples_name_image_and_place() {
        let examples = table().examples(0);
        assert_eq!(examples[0], Some(Example { image: 1, place: 3, activation: 1.5 }));
        assert_eq!((examples[1], examples.len(), table().examples(9).len()), (None, EXAMPLES, 0));
    }

    #[test]
    fn atoms_are_signed_and_average_channels() {
        assert_eq!([0, 1].map(|f| table().atom(f)), [Some(vec![0.5]), Some(vec![-1.0])]);
        assert_eq!(table().atom(3), None);
    }
}
