//! A dictionary of features.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::answer::Answer;
use super::coder::{Coder, Frame, Rows, Tests};
pub use super::feature_table::FeatureTable;
use super::feature_table::{BINS, EXAMPLES, KIN, QUARTER_EXAMPLES, TOGETHER, TOP_EXAMPLES};
use super::question::Question;
use latent_measure::Rows as Matrix;
use latent_measure::sparse::{Portrait, histogram, kin};
use latent_vocabulary::code::FeatureGrid;
use latent_vocabulary::drawn::laid_out;
use latent_vocabulary::numbers::f32_bytes;

/// What each feature does on the first `count` test images, or as many as fit: [`FeatureTable`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Features {
    pub count: u32,
}

/// Activations held at a time: 16 MB.
const ACTIVATIONS: usize = 1 << 22;
/// Images that every table looks at, whatever their codes take.
const LEAST_IMAGES: u32 = 64;

/// Length of an atom.
pub(super) fn norm(row: &[f32]) -> f32 {
    row.iter().map(|v| v * v).sum::<f32>().sqrt()
}

/// What each feature by itself, as active as it ever was, changes in the picture that is decoded from nothing, row-major
/// `[features, pixels]`: what atoms that are no pictures look like. Of layers it is active in all.
async fn effects(coder: &mut impl Coder, max_f: &[f32], grid: FeatureGrid) -> Result<Vec<f32>, String> {
    /// Features decoded at a time; a code has as many numbers as there are features.
    const AT_ONCE: usize = 256;
    let latent = coder.frame().latent;
    let nothing = coder.decode(&vec![0.0; latent]).await?;
    let mut out = Vec::with_capacity(max_f.len() * nothing.len());
    for (from, max_f) in (0..).step_by(AT_ONCE).zip(max_f.chunks(AT_ONCE)) {
        let mut z_bd = vec![0.0; max_f.len() * latent];
        for (i, max) in max_f.iter().enumerate() {
            (0..if grid.layers { grid.places() } else { 1 })
                .for_each(|place| z_bd[i * latent + place * grid.features + from + i] = *max);
        }
        let x = coder.decode(&z_bd).await?;
        out.extend(x.chunks_exact(nothing.len()).flat_map(|x| x.iter().zip(&nothing).map(|(a, b)| a - b)));
    }
    Ok(out)
}

/// Features that are compared each with each, at most.
const COMPARED: usize = 4096;

/// [`FeatureTable::kin_fe`].
fn related(act_nf: &[f32], atom_fa: &[f32], grid: FeatureGrid) -> Vec<f32> {
    let (features, inputs) = (grid.features, atom_fa.len() / grid.features);
    if features > COMPARED {
        return vec![];
    }
    let kin = kin(Matrix::new(act_nf, features), TOGETHER);
    let next = if grid.layers { onward(&by_place(act_nf, grid), Matrix::new(atom_fa, inputs), grid) } else { vec![None; features] };
    let mut out = vec![-1.0; features * KIN];
    for (f, row) in out.chunks_exact_mut(KIN).enumerate() {
        for (i, (other, phi)) in kin.near_f[f].iter().enumerate() {
            (row[i], row[TOGETHER + i]) = (*other as f32, *phi as f32);
        }
        if let Some(parent) = kin.parent_f[f] {
            row[2 * TOGETHER] = parent as f32;
        }
        if let Some((other, cosine)) = next[f] {
            (row[KIN - 2], row[KIN - 1]) = (other as f32, cosine);
        }
    }
    out
}

/// Share of each feature's activity at each place; none of what is dead.
fn by_place(act_nf: &[f32], grid: FeatureGrid) -> Vec<f32> {
    let (features, places) = (grid.features, grid.places());
    if places == 1 {
        return vec![];
    }
    let mut out = vec![0.0f32; features * places];
    for (row, place) in act_nf.chunks_exact(features).zip((0..places).cycle()) {
        row.iter().enumerate().filter(|(_, a)| **a != 0.0).for_each(|(f, a)| out[f * places + place] += a.abs());
    }
    for own in out.chunks_exact_mut(places) {
        let sum: f32 = own.iter().sum();
        if sum > 0.0 {
            own.iter_mut().for_each(|v| *v /= sum);
        }
    }
    out
}

/// Of each feature the one of the layer behind its strongest that points most the same way, and the cosine; none of what is dead or of the last layer.
fn onward(place_fp: &[f32], atom_fa: Matrix<'_>, grid: FeatureGrid) -> Vec<Option<(usize, f32)>> {
    let places = grid.places();
    let own = |f: usize| &place_fp[f * places..(f + 1) * places];
    let strongest = |f: usize| (0..places).fold(0, |best, p| if own(f)[p] > own(f)[best] { p } else { best });
    let dot = |a: usize, b: usize| atom_fa.row(a).iter().zip(atom_fa.row(b)).map(|(x, y)| x * y).sum::<f32>();
    let of = |f: usize| {
        let next = strongest(f) + 1;
        if next == places || own(f)[next - 1] == 0.0 {
            return None;
        }
        let there = (0..grid.features).filter(|other| own(*other)[next] > 0.0);
        let cosine = |other: usize| dot(f, other) / (norm(atom_fa.row(f)) * norm(atom_fa.row(other))).max(f32::MIN_POSITIVE);
        there.map(|other| (other, cosine(other))).max_by(|a, b| a.1.total_cmp(&b.1))
    };
    (0..grid.features).map(of).collect()
}

/// A row as signed bytes, stretched to ±127.
fn signed(row: &[f32]) -> Vec<u8> {
    let reach = row.iter().fold(f32::MIN_POSITIVE, |most, v| most.max(v.abs()));
    row.iter().map(|v| (v / reach * 127.0).round() as i8 as u8).collect()
}

impl Answer for FeatureTable {}

impl Question for Features {
    type Answer = FeatureTable;

    const OF_TESTS: bool = true;

    fn fits(&self, frame: &Frame) -> bool {
        frame.features.is_some()
    }

    async fn answer(&self, coder: &mut impl Coder, tests: Tests<'_>) -> Result<FeatureTable, String> {
        let frame = coder.frame();
        let (grid, sample, size) = (frame.features()?, frame.sample, frame.size);
        let features = grid.features;
        let most = (ACTIVATIONS / (grid.places() * features)) as u32;
        let at = tests.range(0, self.count.min(most.max(LEAST_IMAGES)));
        let labels = &tests.labels[..at.len()];
        let (act_nf, _) = coder.encode(Rows::tests(tests, &at)).await?;
        let label_n: Vec<u8> = labels.iter().flat_map(|label| std::iter::repeat_n(*label, grid.places())).collect();
        let atom_fa = coder.atoms().await?;
        let inputs = atom_fa.len() / features;

        let mut numbers: [Vec<f32>; 5] = Default::default();
        let (mut label_f, mut count_fb) = (Vec::with_capacity(features), Vec::with_capacity(features * BINS));
        let (mut example_fe, mut activation_fe) =
            (Vec::with_capacity(features * EXAMPLES), Vec::with_capacity(features * EXAMPLES));
        for (f, atom_a) in atom_fa.chunks_exact(inputs).enumerate() {
            let act_n: Vec<f32> = act_nf.iter().skip(f).step_by(features).copied().collect();
            let portrait = Portrait::new(&act_n, &label_n);
            let values = [portrait.density as f32, portrait.mean as f32, portrait.max as f32, norm(atom_a), portrait.purity as f32];
            numbers.iter_mut().zip(values).for_each(|(all, value)| all.push(value));
            label_f.push(portrait.label);
            count_fb.extend(histogram(&act_n, portrait.max, BINS).into_iter().map(|n| n as f32));
            for example in portrait.examples(TOP_EXAMPLES, QUARTER_EXAMPLES) {
                example_fe.push(example.map_or(-1.0, |i| i as f32));
                activation_fe.push(example.map_or(0.0, |i| act_n[i]));
            }
        }
        let (kin_fe, place_fp) = (related(&act_nf, &atom_fa, grid), by_place(&act_nf, grid));
        let seen_fa = if !grid.layers && inputs * grid.places() == sample.len() {
            atom_fa
        } else {
            effects(coder, &numbers[2], grid).await?
        };
        let seen_fa = seen_fa.chunks_exact(seen_fa.len() / features);
        let signed_fa: Vec<u8> = seen_fa.flat_map(|seen_a| signed(&laid_out(sample, seen_a))).collect();
        let [density_f, mean_f, max_f, norm_f, purity_f] = numbers.map(|values| f32_bytes(&values));
        Ok(FeatureTable {
            images: labels.len() as u32,
            density_f,
            mean_f,
            max_f,
            norm_f,
            label_f: ByteBuf::from(label_f),
            purity_f,
            count_fb: f32_bytes(&count_fb),
            example_fe: f32_bytes(&example_fe),
            activation_fe: f32_bytes(&activation_fe),
            kin_fe: f32_bytes(&kin_fe),
            place_fp: f32_bytes(&place_fp),
            // A layer has read the whole image.
            width: size.width / if grid.layers { 1 } else { grid.width as u32 },
            height: size.height / if grid.layers { 1 } else { grid.height as u32 },
            channels: size.channels,
            atom_fa: ByteBuf::from(signed_fa),
        })
    }
}
