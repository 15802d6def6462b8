//! A sparse autoencoder of ours as a folder that `SAE.load_from_disk` of SAELens takes as it is.

use serde_json::{Value, json};

use super::ours::{SPEED, tensors};
use crate::model::Model;
use latent_vocabulary::plan::{Normalise, Normalised};

/// Names of the two files: SAELens looks for them.
const CONFIG: &str = "cfg.json";
const WEIGHTS: &str = "sae_weights.safetensors";
/// The first version with this form of `cfg.json`.
const FORM: &str = "6.0.0";

/// What SAELens calls a method's rule, and the tensors that it has besides the dictionary's.
enum Architecture {
    Standard,
    TopK(usize),
    /// Shape `[features]`.
    JumpRelu(Vec<f32>),
    Gated {
        log_scale_f: Vec<f32>,
        bias_f: Vec<f32>,
    },
}

/// The two files, by name. `rows`: what was done to the rows, where that is known: one number is folded into the weights, so that the dictionary takes rows as
/// they were; another normalisation is named, and SAELens does it.
///
/// Features are ours, to rounding: SAELens keeps what is above a threshold where `batch-topk` keeps what reaches it.
///
/// # Errors
/// If it is no sparse autoencoder, or of a rule that SAELens does not have.
pub fn write(model: &Model<'_>, rows: Option<Normalised>) -> Result<Vec<(String, Vec<u8>)>, String> {
    let shape = |name: &str| model.shape(name).ok_or_else(|| format!("{} is no sparse autoencoder", model.card.label));
    let [features, inputs] = shape("sae.dictionary.w_dec")?[..] else { return Err("w_dec is no matrix".into()) };
    let of = |name: &str, shape: &[usize]| model.values(name, shape);
    let architecture = match model.card.id {
        "relu-sae" | "p-annealing" | "e2e-sae" => Architecture::Standard,
        "topk-sae" | "matryoshka" | "archetypal-sae" | "aligned-sae" | "variational-sae" | "specialised-sae" => {
            Architecture::TopK(of("k", &[1])?[0].round() as usize)
        }
        "batch-topk" => Architecture::JumpRelu(of("threshold_f", &[features])?),
        "scope-sae" if model.setup.usize("at_use") == 1 => Architecture::TopK(of("k", &[1])?[0].round() as usize),
        "scope-sae" => Architecture::JumpRelu(vec![of("threshold", &[1])?[0]; features]),
        "jump-relu" => Architecture::JumpRelu(of("log_threshold", &[features])?.into_iter().map(|t| (t * SPEED).exp()).collect()),
        "gated-sae" => Architecture::Gated { log_scale_f: of("r_mag", &[features])?, bias_f: of("b_mag", &[features])? },
        "k-sparse" => return Err("SAELens has no dictionary whose features may be below zero".into()),
        "top-afa" => return Err("SAELens has no dictionary that chooses by the length of its input".into()),
        _ => return Err(format!("SAELens has no architecture for {}", model.card.label)),
    };

    let mut w_dec_fa = of("sae.dictionary.w_dec", &[features, inputs])?;
    for row in w_dec_fa.chunks_exact_mut(inputs) {
        let length = row.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
        row.iter_mut().for_each(|v| *v = (f64::from(*v) / length) as f32);
    }
    // A tied one has no encoder of its own.
    let mut w_enc_af = match model.shape("sae.dictionary.w_enc") {
        Some(_) => of("sae.dictionary.w_enc", &[inputs, features])?,
        None => (0..inputs * features).map(|i| w_dec_fa[i % features * inputs + i / features]).collect(),
    };
    let mut b_dec_a = of("sae.dictionary.b_dec", &[inputs])?;
    let b_enc_f = of("sae.dictionary.b_enc", &[features])?;
    // Ours is of rows times a number: theirs of the rows.
    let times = |to: &mut [f32], by: f64| to.iter_mut().for_each(|v| *v = (f64::from(*v) * by) as f32);
    let hosted = model.setup.hosted().is_some();
    let unit = match model.shape("sae.source.unit") {
        Some(_) => f64::from(of("sae.source.unit", &[1])?[0]),
        None if hosted => {
            let scale = of("sae.source.host.scale", &[1]);
            f64::from(scale.map_err(|_| "SAELens has no dictionary of several layers")?[0])
        }
        None => 1.0,
    };
    // Of a network that is taken apart it sees the activations, whatever the rows were.
    let rows = rows.filter(|_| !hosted).unwrap_or(Normalised { how: Normalise::None, scale: 1.0 });
    let (by, normalise) = match rows.how {
        Normalise::ExpectedAverageOnlyIn => (rows.scale / unit, Normalise::None),
        other => (1.0 / unit, other),
    };
    times(&mut w_enc_af, by);
    times(&mut w_dec_fa, 1.0 / by);
    times(&mut b_dec_a, 1.0 / by);

    let mut config = json!({
        "d_in": inputs,
        "d_sae": features,
        "dtype": "float32",
        "device": "cpu",
        "apply_b_dec_to_input": true,
        "normalize_activations": normalise.id(),
        "reshape_activations": "none",
        "metadata": {
            "sae_lens_version": FORM,
            "latent_lab_setup": model.setup.to_query(),
            "latent_lab_steps": model.step(),
        },
    });
    let mut all = vec![
        ("W_enc", vec![inputs, features], w_enc_af),
        ("W_dec", vec![features, inputs], w_dec_fa),
        ("b_dec", vec![inputs], b_dec_a),
    ];
    let mut say = |key: &str, value: Value| config[key] = value;
    let bias = match architecture {
        Architecture::Standard => {
            say("architecture", "standard".into());
            "b_enc"
        }
        Architecture::TopK(k) => {
            say("architecture", "topk".into());
            say("k", k.into());
            say("rescale_acts_by_decoder_norm", false.into());
            "b_enc"
        }
        Architecture::JumpRelu(threshold_f) => {
            say("architecture", "jumprelu".into());
            all.push(("threshold", vec![features], threshold_f));
            "b_enc"
        }
        Architecture::Gated { log_scale_f, bias_f } => {
            say("architecture", "gated".into());
            all.push(("r_mag", vec![features], log_scale_f));
            all.push(("b_mag", vec![features], bias_f));
            "b_gate"
        }
    };
    all.push((bias, vec![features], b_enc_f));
    let weights = tensors(&all, [("format".to_string(), "pt".to_string())].into())?;
    let config = serde_json::to_vec_pretty(&config).map_err(|e| e.to_string())?;
    Ok(vec![(CONFIG.into(), config), (WEIGHTS.into(), weights)])
}

/// Files as an archive that is not packed: a folder to take home in one piece.
///
/// # Errors
/// What the archive's writer says.
pub fn folder(name: &str, files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, String> {
    use std::io::Write;

    let mut zip = rawzip::ZipArchiveWriter::new(Vec::new());
    for (file, bytes) in files {
        let failed = |e: &dyn std::fmt::Display| format!("{file}: {e}");
        let path = format!("{name}/{file}");
        let entry = zip.new_file(path.as_str()).compression_method(rawzip::CompressionMethod::STORE);
        let (mut entry, config) = entry.start().map_err(|e| failed(&e))?;
        let mut writer = config.wrap(&mut entry);
        writer.write_all(bytes).map_err(|e| failed(&e))?;
        let (_, sums) = writer.finish().map_err(|e| failed(&e))?;
        entry.finish(sums).map_err(|e| failed(&e))?;
    }
    zip.finish().map_err(|e| e.to_string())
}
