//! `cargo lab presets`: trains the models that ship with the page, and makes what lies beside them.

use std::path::PathBuf;
use std::process::ExitCode;

use latent_experiment::{PRESETS, Preset};

use crate::Failure;

#[derive(clap::Args)]
pub struct Args {
    /// Which models; without it, all.
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Folder to write to; without it, `assets/presets`.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Keep the weights that are there, and make anew what lies beside them.
    #[arg(long)]
    keep_weights: bool,
}

fn check(args: &Args) -> Result<(Vec<&'static Preset>, PathBuf), Failure> {
    let find = |id: &String| {
        let known = || PRESETS.iter().map(|p| p.id).collect::<Vec<_>>().join(", ");
        Preset::find(id).ok_or_else(|| format!("no preset is called {id:?}; there are {}", known()))
    };
    let chosen =
        if args.ids.is_empty() { PRESETS.iter().collect() } else { args.ids.iter().map(find).collect::<Result<_, _>>()? };
    let out = args.out.clone().unwrap_or_else(|| crate::cargo::root().join("assets/presets"));
    if !out.is_dir() {
        return Err(format!("--out {}: there is no such folder", out.display()));
    }
    Ok((chosen, out))
}

with_burn!(check);

#[cfg(feature = "native")]
pub fn run(args: Args) -> Result<ExitCode, Failure> {
    let (chosen, out) = check(&args)?;
    for preset in chosen {
        make::make(preset, &out, args.keep_weights)?;
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(feature = "native")]
mod make {
    use std::fs;
    use std::path::Path;
    use std::sync::Arc;

    use latent_data::{Dataset, unit};
    use latent_engine::{Engine, Rows};
    use latent_experiment::Preset;
    use latent_model::beginning::Beginning;
    use latent_model::examples::{CODES, Examples};
    use latent_model::weights;
    use latent_native as native;
    use latent_native::{EngineKind, Length, TrainOptions};
    use latent_player::{Model, Player};
    use latent_registry::entry;
    use latent_vocabulary::Precision;
    use pollster::block_on;
    use serde_json::{Value, json};

    use crate::Failure;
    use crate::still;

    /// The quickest engine where there is no graphics card, and the same numbers everywhere.
    const ENGINE: EngineKind = EngineKind::Cpu;

    /// Makes the four files of a preset.
    pub fn make(preset: &Preset, out: &Path, keep_weights: bool) -> Result<(), Failure> {
        let setup = preset.setup();
        let file = |end: &str| out.join(format!("{}{end}", preset.id));
        let (path, record) = (file(".safetensors"), file(".json"));
        let report = if keep_weights {
            let text = fs::read_to_string(&record).map_err(|e| format!("{}: {e}", record.display()))?;
            serde_json::from_str(&text).map_err(|e| format!("{}: {e}", record.display()))?
        } else {
            eprintln!("{}: training", preset.id);
            let options = TrainOptions {
                setup: setup.clone(),
                length: Length::Epochs(preset.epochs),
                engine: ENGINE,
                data_dir: None,
                from: Beginning::Noise,
                room: None,
                out: Some(path.clone()),
                checkpoint: None,
                // As trained; they are packed below.
                precision: Precision::Full,
                quiet: false,
            };
            trained(preset, native::train(&options)?)
        };
        let bytes = packed(&path, preset.precision)?;
        let player = Player::load(&bytes)?;
        let data = Arc::new(native::load(&setup.data, None)?);
        let report = with_shipped(report, preset, &player, &bytes, &data)?;
        let write = |end: &str, bytes: &[u8]| fs::write(file(end), bytes).map_err(|e| format!("{}: {e}", file(end).display()));
        write(".json", format!("{report:#}\n").as_bytes())?;
        write(".examples.safetensors", &examples(&player, &data)?)?;
        write(".png", &still::png(&player, &data))?;
        let loss = |when: &str| report["test"][when]["loss"].as_f64().unwrap_or(f64::NAN);
        let (trained, shipped) = (loss("as_trained"), loss("as_shipped"));
        let change = 100.0 * (shipped / trained - 1.0);
        eprintln!(
            "{}: {} bytes; test loss {trained:.3} as trained, {shipped:.3} at {} bits ({change:+.3} %)",
            preset.id,
            bytes.len(),
            preset.precision.bits()
        );
        Ok(())
    }

    /// What training says, in short.
    fn trained(preset: &Preset, mut report: Value) -> Value {
        let last = report["epochs"].as_array_mut().and_then(Vec::pop).unwrap_or_default();
        json!({
            "setup": report["setup"],
            "epochs": preset.epochs,
            "engine": report["adapter"],
            "parameters": report["parameters"],
            "seconds": report["seconds"],
            "test": { "as_trained": last["test"] },
        })
    }

    /// Rewrites a file of weights in fewer bits, unless it has as few already; returns what it holds.
    fn packed(path: &Path, precision: Precision) -> Result<Vec<u8>, Failure> {
        let name = |e: String| format!("{}: {e}", path.display());
        let bytes = fs::read(path).map_err(|e| name(e.to_string()))?;
        let metadata = weights::metadata(&bytes).map_err(name)?;
        let notes: Vec<(&str, String)> = metadata.iter().map(|(key, note)| (key.as_str(), note.clone())).collect();
        let fewer = weights::write_as(precision, &weights::read(&bytes).map_err(name)?, &notes).map_err(name)?;
        if fewer.len() >= bytes.len() {
            return Ok(bytes);
        }
        fs::write(path, &fewer).map_err(|e| name(e.to_string()))?;
        Ok(fewer)
    }

    /// Adds what the weights are worth at the bits in which they ship.
    fn with_shipped(
        mut report: Value,
        preset: &Preset,
        player: &Player,
        bytes: &[u8],
        data: &Arc<Dataset>,
    ) -> Result<Value, Failure> {
        let entry = entry(&player.setup.method).ok_or("a preset's method is registered")?;
        let mut engine = entry.eager(&player.setup.params()?, native::cpu(), data.clone());
        engine.set_weights(&weights::read(bytes)?)?;
        let test: Vec<f32> = unit(&data.test_images).collect();
        let values = block_on(engine.evaluate(Rows::labelled(&test, &data.test_labels)))?;
        let terms = engine.info().terms.iter().cloned().zip(values.into_iter().map(Value::from));
        report["test"]["as_shipped"] = Value::Object(terms.collect());
        report["bits"] = preset.precision.bits().into();
        report["bytes"] = bytes.len().into();
        Ok(report)
    }

    /// A few test images, and where the codes of many lie.
    fn examples(player: &Player, data: &Dataset) -> Result<Vec<u8>, Failure> {
        let codes = if let Model::Vector(vector) = &player.model {
            let images = data.test_images.chunks_exact(player.pixels()).take(CODES);
            images.flat_map(|image| vector.encode(&unit(image).collect::<Vec<_>>()).0).collect()
        } else {
            Vec::new()
        };
        Examples::of(data).file(player.latent(), &codes)
    }
}
