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
    /// Record the programs anew that lie with the weights, and touch nothing else.
    #[arg(long, conflicts_with = "keep_weights")]
    programs: bool,
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
        if args.programs {
            make::record(preset, &out)?;
        } else {
            make::make(preset, &out, args.keep_weights)?;
        }
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
    use latent_model::{programs, weights};
    use latent_native as native;
    use latent_native::{EngineKind, Length, TrainOptions};
    use latent_player::{Kind, Player};
    use latent_registry::entry;
    use latent_vocabulary::Precision;
    use latent_vocabulary::shape::DataShape;
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
        let report = with_shipped(report, preset, &bytes, &data)?;
        let write = |end: &str, bytes: &[u8]| fs::write(file(end), bytes).map_err(|e| format!("{}: {e}", file(end).display()));
        write(".json", format!("{report:#}\n").as_bytes())?;
        write(".examples.safetensors", &examples(&player, &data)?)?;
        write(".png", &still::png(&player, &preset.setup(), &data)?)?;
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

    /// Writes the programs of a preset's file anew. Its tensors stay as they are, to the bit.
    pub fn record(preset: &Preset, out: &Path) -> Result<(), Failure> {
        let path = out.join(format!("{}.safetensors", preset.id));
        let name = |e: String| format!("{}: {e}", path.display());
        let bytes = fs::read(&path).map_err(|e| name(e.to_string()))?;
        let entry = entry(&preset.setup().method).ok_or("a preset's method is registered")?;
        let with = programs::add(&bytes, entry, DataShape::of(preset.data()), preset.data().classes).map_err(name)?;
        Player::load(&with).map_err(name)?;
        fs::write(&path, &with).map_err(|e| name(e.to_string()))?;
        // What is said beside it of its size.
        let record = out.join(format!("{}.json", preset.id));
        let about = |e: String| format!("{}: {e}", record.display());
        let text = fs::read_to_string(&record).map_err(|e| about(e.to_string()))?;
        // Its numbers keep their last digits: nothing but this line is written anew.
        let bytes_line = format!("  \"bytes\": {},", with.len());
        let lines = text.lines().map(|line| if line.starts_with("  \"bytes\":") { &bytes_line } else { line });
        fs::write(&record, lines.flat_map(|line| [line, "\n"]).collect::<String>()).map_err(|e| about(e.to_string()))?;
        eprintln!("{}: {} bytes, {} before", preset.id, with.len(), bytes.len());
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
    fn with_shipped(mut report: Value, preset: &Preset, bytes: &[u8], data: &Arc<Dataset>) -> Result<Value, Failure> {
        let setup = preset.setup();
        let entry = entry(&setup.method).ok_or("a preset's method is registered")?;
        let mut engine = entry.eager(&setup.params()?, native::cpu(), data.clone());
        engine.set_weights(&weights::read(bytes)?)?;
        let test = data.shape.floats(&data.test_images);
        let values = block_on(engine.evaluate(Rows::labelled(&test, &data.test_labels)))?;
        let terms = engine.info().terms.iter().cloned().zip(values.into_iter().map(Value::from));
        report["test"]["as_shipped"] = Value::Object(terms.collect());
        report["bits"] = preset.precision.bits().into();
        report["bytes"] = bytes.len().into();
        Ok(report)
    }

    /// A few test images, and where the codes of many lie.
    fn examples(player: &Player, data: &Dataset) -> Result<Vec<u8>, Failure> {
        let codes = if player.kind() == Kind::Vector {
            let n = CODES.min(data.test_labels.len());
            let images: Vec<f32> = unit(&data.test_images[..n * player.pixels()]).collect();
            player.encode(Rows::labelled(&images, &data.test_labels[..n]))?.0
        } else {
            Vec::new()
        };
        Examples::of(data).file(player.latent(), &codes)
    }
}
