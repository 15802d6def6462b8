//! What a panel wants to see of a dictionary of features.

use serde_bytes::ByteBuf;

use super::{Pictured, TestSet, unit_values};
use crate::measure::sparse::{Portrait, histogram};
use crate::spec::protocol::{
    BINS, CodeGroup, EXAMPLES, FeatureGrid, FeatureTable, QUARTER_EXAMPLES, TOP_EXAMPLES, View, f32_bytes,
};
use crate::train::{Engine, Rows};

/// Activations held at a time: 16 MB.
const ACTIVATIONS: usize = 1 << 22;
/// Images that every table looks at, whatever their codes take.
const LEAST_IMAGES: usize = 64;
/// Neighbours of a feature.
const NEAR: usize = 8;

fn grid(engine: &impl Engine) -> Result<FeatureGrid, String> {
    engine.info().code.iter().find_map(CodeGroup::features).ok_or_else(|| "the method's code has no features".into())
}

/// [`Engine::atoms`] of a method whose code has features.
async fn atoms(engine: &mut impl Engine) -> Result<Vec<f32>, String> {
    engine.atoms().await?.ok_or_else(|| "the method has no dictionary of features".into())
}

fn norm(row: &[f32]) -> f32 {
    row.iter().map(|v| v * v).sum::<f32>().sqrt()
}

/// What each feature by itself, as active as it ever was, changes in the picture that is decoded from nothing, row-major
/// `[features, pixels]`: what atoms that are no pictures look like.
async fn effects(engine: &mut impl Engine, max_f: &[f32]) -> Result<Vec<f32>, String> {
    /// Features decoded at a time; a code has as many numbers as there are features.
    const AT_ONCE: usize = 256;
    let latent = engine.info().latent as usize;
    let nothing = engine.decode(&vec![0.0; latent]).await?;
    let mut out = Vec::with_capacity(max_f.len() * nothing.len());
    for (from, max_f) in (0..).step_by(AT_ONCE).zip(max_f.chunks(AT_ONCE)) {
        let mut z_bd = vec![0.0; max_f.len() * latent];
        max_f.iter().enumerate().for_each(|(i, max)| z_bd[i * latent + from + i] = *max);
        let x = engine.decode(&z_bd).await?;
        out.extend(x.chunks_exact(nothing.len()).flat_map(|x| x.iter().zip(&nothing).map(|(a, b)| a - b)));
    }
    Ok(out)
}

/// A row as signed bytes, stretched to ±127.
fn signed(row: &[f32]) -> impl Iterator<Item = u8> + '_ {
    let reach = row.iter().fold(f32::MIN_POSITIVE, |most, v| most.max(v.abs()));
    row.iter().map(move |v| (v / reach * 127.0).round() as i8 as u8)
}

/// Everything that the table of all features shows, over the first `count` test images, or fewer where their activations
/// would not fit.
///
/// # Errors
/// If the code has no features, or the device is lost.
pub async fn features(engine: &mut impl Engine, test: &TestSet, count: usize) -> Result<View, String> {
    let grid = grid(engine)?;
    let features = grid.features;
    let count = count.min((ACTIVATIONS / (grid.places() * features)).max(LEAST_IMAGES));
    let (images, labels) = test.first(count);
    let (act_nf, _) = engine.encode(Rows::labelled(&images, labels)).await?;
    let label_n: Vec<u8> = labels.iter().flat_map(|label| std::iter::repeat_n(*label, grid.places())).collect();
    let atom_fa = atoms(engine).await?;
    let inputs = atom_fa.len() / features;

    let mut numbers: [Vec<f32>; 5] = Default::default();
    let (mut label_f, mut count_fb) = (Vec::with_capacity(features), Vec::with_capacity(features * BINS));
    let (mut example_fe, mut activation_fe) = (Vec::with_capacity(features * EXAMPLES), Vec::with_capacity(features * EXAMPLES));
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
    let seen_fa = if inputs * grid.places() == test.shape.image.len() { atom_fa } else { effects(engine, &numbers[2]).await? };
    let signed_fa: Vec<u8> = seen_fa.chunks_exact(seen_fa.len() / features).flat_map(signed).collect();
    let [density_f, mean_f, max_f, norm_f, purity_f] = numbers.map(|values| f32_bytes(&values));
    let info = engine.info();
    Ok(View::Features(FeatureTable {
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
        width: info.width / grid.width as u32,
        height: info.height / grid.height as u32,
        channels: info.channels,
        atom_fa: ByteBuf::from(signed_fa),
    }))
}

/// One feature: the most similar ones, and what `images` of the test set are without it.
///
/// # Errors
/// If there is no such feature, or the device is lost.
pub async fn feature(engine: &mut impl Engine, test: &TestSet, feature: u32, images: &[u32]) -> Result<View, String> {
    let features = grid(engine)?.features;
    let f = feature as usize;
    if f >= features {
        return Err(format!("there is no feature {f} among {features}"));
    }
    let atom_fa = atoms(engine).await?;
    let row = |i: usize| &atom_fa[i * (atom_fa.len() / features)..(i + 1) * (atom_fa.len() / features)];
    let dot = |i: usize| row(i).iter().zip(row(f)).map(|(a, b)| a * b).sum::<f32>();
    // A dead feature may have an atom without length.
    let cosine = |i: usize| dot(i) / (norm(row(i)) * norm(row(f))).max(f32::MIN_POSITIVE);
    let mut near: Vec<(u32, f32)> = (0..features).filter(|i| *i != f).map(|i| (i as u32, cosine(i))).collect();
    near.sort_by(|a, b| b.1.total_cmp(&a.1));
    near.truncate(NEAR);

    let (originals, labels) = test.at(images);
    let mut x = unit_values(&originals);
    if !x.is_empty() {
        let (code_bd, _) = engine.encode(Rows::labelled(&x, &labels)).await?;
        let mut without_bd = code_bd.clone();
        without_bd.iter_mut().skip(f).step_by(features).for_each(|a| *a = 0.0);
        x.extend(engine.decode(&[code_bd, without_bd].concat()).await?);
    }
    let Pictured { width, height, channels, pixels, .. } = Pictured::new(engine.info(), &x);
    let (near, cosine) = near.into_iter().unzip();
    Ok(View::Feature { feature, near, cosine, width, height, channels, pixels })
}
