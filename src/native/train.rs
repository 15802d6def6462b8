//! Training: `cargo lab train`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::file::write_whole;
use crate::images::load_into;
use crate::open::{EngineKind, open, room};
use latent_data::Dataset;
use latent_data::own::Loaded;
use latent_engine::order::seen;
use latent_engine::plan::RING;
use latent_engine::{Engine, Rows};
use latent_experiment::{History, Setup};
use latent_model::beginning::Beginning;
use latent_model::checkpoint::Checkpoint;
use latent_model::examples::Examples;
use latent_registry::fetch_entry;
use latent_vocabulary::Precision;

/// When training ends, counted from the very first step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// After so many passes over the training images.
    Epochs(u32),
    Steps(u64),
}

/// What to train, and where the result goes.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    pub setup: Setup,
    pub length: Length,
    pub engine: EngineKind,
    /// Folder with the data set's files; `None` takes the ones that ship with the project.
    pub data_dir: Option<PathBuf>,
    pub from: Beginning,
    /// Bytes of training images on the device at a time, where that is to be less than it has room for.
    pub room: Option<u64>,
    /// Where to write the weights.
    pub out: Option<PathBuf>,
    /// Where to write a checkpoint after each epoch.
    pub checkpoint: Option<PathBuf>,
    /// Bits of the weights in `out`.
    pub precision: Precision,
    /// No progress on standard error.
    pub quiet: bool,
}

/// Trains, and returns the report that the command prints.
///
/// # Errors
/// One sentence; nothing has been written then.
pub fn train(options: &TrainOptions) -> Result<Value, String> {
    pollster::block_on(train_async(options))
}

async fn train_async(options: &TrainOptions) -> Result<Value, String> {
    let setup = &options.setup;
    setup.check().map_err(|e| e.to_string())?;
    let room = room(options.engine, setup, options.room).await?;
    let Loaded { data, pages, .. } = load_into(&setup.data, options.data_dir.as_deref(), room)?;
    if let Beginning::Checkpoint(checkpoint) = &options.from
        && !checkpoint.is_of(&data.made_of())
    {
        let place = options.data_dir.as_ref().map_or_else(|| setup.data.clone(), |folder| folder.display().to_string());
        return Err(format!("--resume: the images in {place} are not those that the run was trained on"));
    }
    let data = Arc::new(data);
    let pages = pages.map(|pages| (pages, room.bytes));
    let (engine, adapter) = open(options.engine, setup, &data, pages, options.from.given()).await?;
    let engine = options.from.give(engine).await?;
    run(options, engine, &data, &adapter).await
}

async fn run(options: &TrainOptions, mut engine: impl Engine, data: &Dataset, adapter: &str) -> Result<Value, String> {
    let setup = &options.setup;
    let images = seen(&setup.params().map_err(|e| e.to_string())?, data.train_labels.len()) as u64;
    let batch = setup.usize("batch") as u64;
    let test = data.shape.floats(&data.test_images);
    let total = match options.length {
        Length::Epochs(epochs) => (u64::from(epochs) * images).div_ceil(batch),
        Length::Steps(steps) => steps,
    };
    let bar = if options.quiet { ProgressBar::hidden() } else { ProgressBar::new(total) };
    bar.set_style(
        ProgressStyle::with_template("{bar:32} {pos}/{len} steps  {per_sec}  {eta} left  {msg}")
            .expect("the template is well-formed"),
    );
    let names = engine.info().terms.clone();
    let named = |values: &[f64]| -> Value {
        names.iter().zip(values).map(|(n, v)| (n.clone(), json!(v))).collect::<serde_json::Map<_, _>>().into()
    };
    let mut history = match &options.from {
        Beginning::Checkpoint(checkpoint) => checkpoint.history.clone(),
        _ => History::default(),
    };
    let (begin, first) = (Instant::now(), engine.step());
    if first >= total {
        return Err(format!("the checkpoint is of step {first}, and training is to end at step {total}: nothing is left to train"));
    }
    let (mut epochs, mut training_seconds) = (vec![], 0.0);
    for epoch in first * batch / images + 1.. {
        let (epoch_begin, end) = (Instant::now(), (epoch * images).div_ceil(batch).min(total));
        if engine.step() >= total {
            break;
        }
        if engine.step() >= end {
            continue;
        }
        let (mut sums, mut rows) = (vec![0.0f64; names.len()], 0u64);
        while engine.step() < end {
            // Short enough for the bar to move, long enough not to wait for the device.
            let n = engine.ready((end - engine.step()).min(32.min(RING as u64)) as u32).await?;
            engine.run_steps(n)?;
            for row in engine.metrics().await? {
                history.push(&row);
                for (s, v) in sums.iter_mut().zip(&row.terms) {
                    *s += f64::from(*v);
                }
                rows += 1;
            }
            bar.set_position(engine.step());
            bar.set_message(format!("{} {:.2}", names[0], sums[0] / rows as f64));
        }
        let seconds = epoch_begin.elapsed().as_secs_f64();
        training_seconds += seconds;
        let train: Vec<f64> = sums.iter().map(|s| s / rows as f64).collect();
        let tested: Vec<f64> = engine
            .evaluate(Rows::labelled(&test, &data.test_labels).told(&data.factors.test_nk))
            .await?
            .into_iter()
            .map(f64::from)
            .collect();
        bar.println(format!("epoch {epoch}: train {} {:.2}, test {:.2}, {seconds:.1} s", names[0], train[0], tested[0]));
        history.push_test(end, tested.iter().map(|v| *v as f32).collect());
        if let Some(path) = &options.checkpoint {
            let state = engine
                .state()
                .await?
                .ok_or("--checkpoint needs --engine plan or cpu: the others do not tell what their optimiser remembers")?;
            write_whole(
                path,
                &Checkpoint { setup: setup.clone(), state, history: history.clone(), images: data.made_of().last().cloned() }
                    .write()?,
            )?;
        }
        epochs.push(json!({ "epoch": epoch, "train": named(&train), "test": named(&tested), "seconds": seconds }));
    }
    bar.finish_and_clear();
    if let Some(out) = &options.out {
        let (entry, measured) = (fetch_entry(&setup.method).await?, data.test_labels.len());
        let file = Examples::of(data).write(entry, &mut engine, setup, measured, options.precision).await?;
        write_whole(out, &file)?;
    }
    let steps = engine.step();
    Ok(json!({
        "setup": setup.to_query(),
        "adapter": adapter,
        "parameters": engine.info().parameters,
        "numbers_in_16_bits": engine.info().halves,
        "epochs": epochs,
        "terms": names,
        "steps": steps,
        "seconds": begin.elapsed().as_secs_f64(),
        "steps_per_second": (steps - first) as f64 / training_seconds,
    }))
}
