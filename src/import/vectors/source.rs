//! Rows of numbers as a source.

use latent_packed::{PackedVectors, Split};
use latent_vocabulary::import::Crop;
use latent_vocabulary::plan::{Normalise, Vectors as Found};
use latent_vocabulary::shape::SampleShape;

use super::beside::Beside;
use super::part::Part;
use crate::names::{base, stem};
use crate::source::{self, About, Fault, Item, Raw, Source, default_split};

/// Said of rows that a visitor brings.
const OWN: &str = "Your own numbers; they stay on this computer.";

/// What a look at all rows found.
#[derive(Default)]
pub struct Stats {
    pub dims: usize,
    pub low: f64,
    pub high: f64,
    /// Rows whose values are all finite, and the sum of their lengths.
    rows: u64,
    norms: f64,
    pub broken: u64,
    pub first_broken: u64,
}

impl Stats {
    /// Reads all rows.
    ///
    /// # Errors
    /// Names the file.
    pub fn read(parts: &mut [Part]) -> Result<Self, String> {
        let mut stats = Self { low: f64::INFINITY, high: f64::NEG_INFINITY, ..Self::default() };
        let (mut row_d, mut before) = (Vec::new(), 0);
        for part in parts {
            let table = &mut part.table;
            stats.dims = table.dims();
            for place in 0..table.rows() {
                table.row(place, &mut row_d)?;
                stats.add(&row_d, before + place);
            }
            before += table.rows();
        }
        if stats.rows == 0 {
            return Err("none of the rows has finite numbers alone".into());
        }
        Ok(stats)
    }

    fn add(&mut self, row_d: &[f32], place: u64) {
        let (mut low, mut high, mut square) = (f32::INFINITY, f32::NEG_INFINITY, 0.0f64);
        for v in row_d {
            (low, high) = (low.min(*v), high.max(*v));
            square += f64::from(*v) * f64::from(*v);
        }
        if !square.is_finite() {
            if self.broken == 0 {
                self.first_broken = place;
            }
            self.broken += 1;
            return;
        }
        (self.low, self.high) = (self.low.min(f64::from(low)), self.high.max(f64::from(high)));
        (self.rows, self.norms) = (self.rows + 1, self.norms + square.sqrt());
    }

    /// Mean length of a row.
    pub fn norm(&self) -> f64 {
        self.norms / self.rows as f64
    }

    /// What rows are multiplied by: the root of their width over their mean length, as SAELens has it.
    pub fn scale(&self, normalise: Normalise) -> f64 {
        match normalise {
            Normalise::ExpectedAverageOnlyIn if self.norms > 0.0 => (self.dims as f64).sqrt() / self.norm(),
            _ => 1.0,
        }
    }
}

/// Rows of numbers, and what lies beside them.
pub struct Vectors {
    about: About,
    parts: Vec<Part>,
    /// Rows before each part, and all rows at the end.
    starts: Vec<u64>,
    shape: SampleShape,
    normalise: Normalise,
    scale: f64,
    beside: Beside,
    row_d: Vec<f32>,
}

impl Vectors {
    pub fn new(parts: Vec<Part>, mut beside: Beside, found: &Found, fingerprint: &str) -> Self {
        let mut starts = vec![0];
        for part in &parts {
            starts.push(starts[starts.len() - 1] + part.table.rows());
        }
        let items = starts[starts.len() - 1];
        let packed = PackedVectors {
            normalize_activations: found.normalise,
            scaling_factor: found.scale,
            texts: found.texts,
            thumb: found.thumb,
            planted: (beside.planted_kd.len() as u64 / found.dims.max(1)) as u32,
        };
        let about = About {
            what: "rows of numbers".into(),
            title: parts.first().map_or("", |part| stem(base(&part.file))).into(),
            credit: OWN.into(),
            items,
            label: beside.label(),
            factors: beside.factors.iter().map(|(factor, _)| factor.clone()).collect(),
            crop: Crop::Stretch,
            vectors: Some(packed),
            planted_kd: std::mem::take(&mut beside.planted_kd),
            fingerprint: fingerprint.into(),
            ..About::default()
        };
        let shape = SampleShape::vector(found.dims as usize);
        Self { about, parts, starts, shape, normalise: found.normalise, scale: found.scale, beside, row_d: Vec::new() }
    }

    /// The part that a row is in.
    fn part(&self, place: u64) -> usize {
        self.starts.partition_point(|s| *s <= place).saturating_sub(1).min(self.parts.len() - 1)
    }

    /// The row as it is kept.
    fn kept(&self) -> Result<Vec<u8>, &'static str> {
        let bytes = self.shape.to_bytes(&self.row_d);
        if self.shape.floats(&bytes).iter().any(|v| !v.is_finite()) {
            return Err("has numbers beyond ±65,504, which 16 bits cannot hold: normalise the rows");
        }
        Ok(bytes)
    }
}

impl Source for Vectors {
    fn about(&self) -> &About {
        &self.about
    }

    fn factors(&self, place: u64) -> Option<&[u8]> {
        self.beside.row(place)
    }

    fn split(&self, place: u64) -> Split {
        let given = self.parts.iter().any(|part| part.split.is_some());
        match self.parts[self.part(place)].split {
            Some(split) => split,
            None if given => Split::Train,
            None => default_split(place),
        }
    }

    fn beside(&mut self, place: u64) -> Result<source::Beside, Fault> {
        self.beside.of(place)
    }

    fn item(&mut self, place: u64) -> Result<Item, Fault> {
        let at = self.part(place);
        let row = place - self.starts[at];
        let table = &mut self.parts[at].table;
        table.row(row, &mut self.row_d).map_err(Fault::Stop)?;
        let name = format!("{}: row {row}", table.place());
        if self.row_d.iter().any(|v| !v.is_finite()) {
            return Err(Fault::Skip(format!("{name} has values that are no finite numbers")));
        }
        self.normalise.apply(self.scale, &mut self.row_d);
        let bytes = self.kept().map_err(|why| Fault::Skip(format!("{name} {why}")))?;
        let factors_k = self.factors(place).unwrap_or_default().to_vec();
        Ok(Item { name, raw: Raw::Vector(bytes, self.shape.len()), split: self.split(place), factors_k })
    }
}
