//! A dictionary of another library as a file of weights of ours.

use std::collections::HashMap;

use latent_experiment::Setup;
use safetensors::tensor::{Dtype, TensorView};

use super::dictionary::{Dictionary, Rule};
use super::read::{Theirs, read};
use super::tensors::Tensors;
use latent_vocabulary::INPUTS;
use latent_vocabulary::npy::header;

/// Thresholds of `jump-relu` are kept as ln θ over this: see the method.
pub(super) const SPEED: f32 = 10.0;
/// A threshold of zero as one that has a logarithm: what is above zero is above it.
const LEAST: f32 = 1e-30;

/// A dictionary that was brought, as one of here.
#[derive(Clone, Debug)]
pub struct Brought {
    /// Whose it was.
    pub library: &'static str,
    /// The run that it becomes: of the method with the same rule.
    pub setup: Setup,
    /// Its weights, with the setup in the metadata.
    pub weights: Vec<u8>,
    /// Numbers of an input.
    pub inputs: usize,
    /// How many features there are.
    pub features: usize,
    /// Its directions, as an array of NumPy, `[features, inputs]`: what stands in for activations where there are none.
    pub directions: Vec<u8>,
    /// What the visitor should know of it: a sentence each.
    pub notes: Vec<String>,
}

/// The dictionary in files, by names and contents, as a run on `data`; `None` if they have none that is known here. What no file says, such
/// as k, is as in `otherwise`.
///
/// # Errors
/// A sentence: what is damaged or missing, or has no counterpart here.
pub fn recognise(files: &[(&str, &[u8])], otherwise: &Setup, data: &str) -> Result<Option<Brought>, String> {
    let Some(theirs) = read(&Tensors::of(files)?)? else { return Ok(None) };
    let Theirs { library, mut dictionary, subtracts, scaled, normalises, mut notes, own } = theirs;
    if !subtracts {
        dictionary.take_origin_away();
    }
    dictionary.fold_lengths(scaled)?;
    if !normalises.is_empty() {
        notes.push(format!("It works on rows under {normalises}: bring activations with that normalisation."));
    }
    let own = own.map(|query| Setup::from_query(&query, &[]).0);
    let setup = setup(&dictionary, otherwise, own.as_ref(), data, &mut notes)?;
    let weights = file(&dictionary, &setup, library)?;
    let mut directions = header("<f4", &[dictionary.features, dictionary.inputs]);
    directions.extend(dictionary.decoder_fa.iter().flat_map(|v| v.to_le_bytes()));
    let Dictionary { inputs, features, .. } = dictionary;
    Ok(Some(Brought { library, setup, weights, inputs, features, directions, notes }))
}

/// The run of the method with that rule.
fn setup(d: &Dictionary, otherwise: &Setup, own: Option<&Setup>, data: &str, notes: &mut Vec<String>) -> Result<Setup, String> {
    let shared = |t: &[f32]| t.iter().all(|v| (v - t[0]).abs() <= 1e-6 * t[0].abs()) && t[0] > 0.0;
    // Of methods with the same rule, the one that it was.
    let may: &[&str] = match &d.rule {
        Rule::Relu => &["relu-sae"],
        Rule::TopK(_) => &["topk-sae"],
        Rule::Batch(..) => &["batch-topk"],
        Rule::Jump(t) if shared(t) => &["batch-topk", "jump-relu"],
        Rule::Jump(_) => &["jump-relu", "batch-topk"],
        Rule::Gated { .. } => &["gated-sae"],
    };
    let method = [own, Some(otherwise)].into_iter().flatten().find_map(|s| may.iter().find(|m| **m == s.method)).unwrap_or(&may[0]);
    let mut setup =
        own.filter(|s| s.method == *method && s.hosted().is_none()).cloned().unwrap_or_else(|| Setup::new(data, method));
    setup.data = data.into();
    // A dictionary of others is of rows as they come.
    setup.set_text(INPUTS.key, "raw").map_err(|e| e.to_string())?;
    let mut set = |key: &str, value: f64| setup.set(key, value).map_err(|e| e.to_string());
    set("features", d.features as f64)?;
    let k = match d.rule {
        Rule::TopK(k) | Rule::Batch(_, k) => k,
        _ => None,
    };
    if let Some(k) = k {
        set("k", k as f64)?;
    } else if matches!(d.rule, Rule::TopK(_)) {
        let asked = if otherwise.method == setup.method { otherwise.get("k") } else { setup.get("k") };
        setup.set("k", asked).map_err(|e| e.to_string())?;
        notes.push(format!("No file says how many features may fire: k = {asked} is taken."));
    }
    setup.check().map_err(|e| e.to_string())?;
    Ok(setup)
}

/// The file of weights. What only training counts begins as in a new run.
fn file(d: &Dictionary, setup: &Setup, library: &str) -> Result<Vec<u8>, String> {
    let (a, f) = (d.inputs, d.features);
    let mut all: Vec<(&str, Vec<usize>, Vec<f32>)> = vec![
        ("sae.dictionary.w_enc", vec![a, f], d.encoder_af.clone()),
        ("sae.dictionary.b_enc", vec![f], d.bias_f.clone()),
        ("sae.dictionary.w_dec", vec![f, a], d.decoder_fa.clone()),
        ("sae.dictionary.b_dec", vec![a], d.origin_a.clone()),
        ("sae.since_f", vec![f], vec![0.0; f]),
        ("sae.density_f", vec![f], vec![0.0; f]),
        ("sae.mean_a", vec![a], d.origin_a.clone()),
    ];
    match (&d.rule, setup.method.as_str()) {
        (Rule::Relu, _) => {}
        (Rule::TopK(_), _) => all.push(("k", vec![1], vec![setup.get("k") as f32])),
        (Rule::Batch(threshold, _), _) => all.push(("threshold_f", vec![f], vec![*threshold; f])),
        (Rule::Jump(t), "batch-topk") => all.push(("threshold_f", vec![f], t.clone())),
        (Rule::Jump(t), _) => {
            all.push(("log_threshold", vec![f], t.iter().map(|t| t.max(LEAST).ln() / SPEED).collect()));
        }
        (Rule::Gated { log_scale_f, bias_f }, _) => {
            all.push(("r_mag", vec![f], log_scale_f.clone()));
            all.push(("b_mag", vec![f], bias_f.clone()));
        }
    }
    let notes = [("setup", setup.to_query()), ("step", "0".into()), ("origin", library.into())];
    tensors(&all, notes.map(|(key, note)| (key.to_string(), note)).into())
}

/// A safetensors file.
pub(super) fn tensors(all: &[(&str, Vec<usize>, Vec<f32>)], notes: HashMap<String, String>) -> Result<Vec<u8>, String> {
    let bytes: Vec<Vec<u8>> = all.iter().map(|(.., v)| v.iter().flat_map(|v| v.to_le_bytes()).collect()).collect();
    let views = all.iter().zip(&bytes).map(|((name, shape, _), bytes)| {
        TensorView::new(Dtype::F32, shape.clone(), bytes).map(|view| (*name, view)).map_err(|e| format!("{name}: {e}"))
    });
    let views: Vec<_> = views.collect::<Result<_, _>>()?;
    safetensors::serialize(views, Some(notes)).map_err(|e| e.to_string())
}
