//! Training, measuring and drawing without a browser: `cargo lab train`, `cargo lab measure`, `cargo lab sample`.

mod encode;
mod sample;

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use burn::tensor::Device;
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::catalog;
use crate::data::own::{self, Loaded, Room};
use crate::data::pages::Pages;
use crate::data::{Dataset, Files, Make, Rendering, SETS, unit};
use crate::gpu::{Data, Gpu};
use crate::packed::OnDisk;
use crate::spec::data::Own;
use crate::spec::protocol::{Measured, Quantity};
use crate::spec::{History, Precision, Setup};
use crate::train::any::AnyEngine;
use crate::train::assess::{self, Images, Sizes};
use crate::train::beginning::Beginning;
use crate::train::checkpoint::{self, Checkpoint};
use crate::train::classifier::Classifier;
use crate::train::examples::Examples;
use crate::train::feed::Supply;
use crate::train::plan::{Given, PlanEngine, RING};
use crate::train::window::Window;
use crate::train::{Engine, Entry, Rows, Weight, eager, fetch_entry, weights};

pub use encode::{EncodeOptions, encode};
pub use sample::{SampleOptions, Samples, sample};

/// Room for packed training images where no adapter says how much.
const ROOM: Room = Room { bytes: 2 << 30, paged: false };

/// Who executes the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// The recorded plan on the GPU.
    Plan,
    /// Eager Burn on the CPU.
    Cpu,
    /// Eager Burn on the GPU.
    Burn,
}

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

/// The data set called `id`, from `folder` where one is given and `id` comes in files.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn load(id: &str, folder: Option<&Path>) -> Result<Dataset, String> {
    Ok(load_into(id, folder, ROOM)?.data)
}

/// [`load`] with `room` for packed training images.
fn load_into(id: &str, folder: Option<&Path>, room: Room) -> Result<Loaded, String> {
    if let Some(own) = Own::parse(id) {
        let folder = folder.ok_or_else(|| format!("{id}: where are the packed images? --data {}:DIR says it", own.name))?;
        let files = OnDisk { folder: folder.into() };
        let loaded = pollster::block_on(own::load(files, own, room, |_, _| true))?.expect("nobody says that it is not wanted");
        if let Some(note) = &loaded.note {
            eprintln!("note: {note}");
        }
        return Ok(loaded);
    }
    let set = SETS.iter().find(|set| set.card.id == id).ok_or_else(|| format!("there are no images called {id}"))?;
    let read = |files: Files| {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(files.folder);
        files.from_folder(folder.unwrap_or(&shipped))
    };
    Ok(match set.make {
        Make::Files(files) => read(files)?.into(),
        Make::Rendered(render) => Rendering::new(render()).in_parallel(render).into(),
        Make::RenderedFrom(files, from) => {
            let data = Arc::new(read(files)?);
            let render = || from(data.clone());
            Rendering::new(render()).in_parallel(render).into()
        }
    })
}

/// Room for training images on the engine: only packed sets can need more.
async fn room(engine: EngineKind, setup: &Setup, most: Option<u64>) -> Result<Room, String> {
    let asks = engine == EngineKind::Plan && Own::parse(&setup.data).is_some();
    let room = if asks { Room { bytes: open_gpu().await?.info.room, paged: true } } else { ROOM };
    Ok(Room { bytes: room.bytes.min(most.unwrap_or(u64::MAX)), ..room })
}

/// The device of the engine `cpu`.
pub fn cpu() -> Device {
    Device::flex()
}

/// Opens the GPU for a command.
///
/// # Errors
/// What is missing.
pub async fn open_gpu() -> Result<Rc<Gpu>, String> {
    let gpu = Gpu::open()
        .await
        .map_err(|e| format!("{e}; a software adapter will do (on Debian: mesa-vulkan-drivers), or use --engine cpu"))?;
    Ok(Rc::new(gpu))
}

async fn train_async(options: &TrainOptions) -> Result<Value, String> {
    let setup = &options.setup;
    setup.check().map_err(|e| e.to_string())?;
    let room = room(options.engine, setup, options.room).await?;
    let Loaded { data, pages, .. } = load_into(&setup.data, options.data_dir.as_deref(), room)?;
    let data = Arc::new(data);
    let pages = pages.map(|pages| (pages, room.bytes));
    let (engine, adapter) = open(options.engine, setup, &data, pages, options.from.given()).await?;
    let engine = options.from.give(engine).await?;
    run(options, engine, &data, &adapter).await
}

/// The setup's network on an engine that is `given` the rest, and the name of what executes it. `pages` has the training images
/// where `data` does not, and room for how many bytes of them.
async fn open(
    kind: EngineKind,
    setup: &Setup,
    data: &Arc<Dataset>,
    pages: Option<(Rc<dyn Pages>, u64)>,
    given: Given<'_>,
) -> Result<(AnyEngine, String), String> {
    let entry: &'static dyn Entry = fetch_entry(&setup.method).await?;
    Ok(match kind {
        EngineKind::Plan => {
            let gpu = open_gpu().await?;
            let adapter = gpu.info.name.clone();
            let supply = match pages {
                Some((pages, room)) => Supply::Window(Rc::new(Window::new(gpu.clone(), data, pages, room)?)),
                None => {
                    let (train, test) = ([&*data.train_images, &*data.train_labels], [&*data.test_images, &*data.test_labels]);
                    Supply::Whole(Data::with_tests(&gpu, train, test, gpu.info.room).map_err(|e| e.to_string())?)
                }
            };
            let plan = PlanEngine::supplied(gpu, entry, setup, data.data_shape(), &supply, given).await?;
            (AnyEngine::Plan(Box::new(plan)), adapter)
        }
        EngineKind::Cpu | EngineKind::Burn => {
            let (device, adapter) = eager_device(kind).await?;
            (AnyEngine::Burn(entry.eager(setup, device, data.clone())), adapter)
        }
    })
}

/// [`open`] with the weights of the file at `path`: no others are drawn, and no training step is made.
async fn open_trained(
    kind: EngineKind,
    setup: &Setup,
    data: &Arc<Dataset>,
    path: &Path,
    weights: &[Weight],
) -> Result<(AnyEngine, String), String> {
    let (mut engine, adapter) = open(kind, setup, data, None, Given { weights: true, kernels: None }).await?;
    engine.set_weights(weights).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok((engine, adapter))
}

/// The device of eager Burn, and its name in reports.
async fn eager_device(engine: EngineKind) -> Result<(Device, String), String> {
    if engine != EngineKind::Burn {
        return Ok((cpu(), "CPU (Burn flex)".into()));
    }
    // Opening it first turns a panic inside Burn into our message.
    let name = open_gpu().await?.info.name.clone();
    Ok((eager::open().await?, format!("{name} (Burn, eager)")))
}

async fn run(options: &TrainOptions, mut engine: impl Engine, data: &Dataset, adapter: &str) -> Result<Value, String> {
    let setup = &options.setup;
    let (images, batch) = (data.train_labels.len() as u64, setup.usize("batch") as u64);
    let test: Vec<f32> = unit(&data.test_images).collect();
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
        let tested: Vec<f64> =
            engine.evaluate(Rows::labelled(&test, &data.test_labels)).await?.into_iter().map(f64::from).collect();
        bar.println(format!("epoch {epoch}: train {} {:.2}, test {:.2}, {seconds:.1} s", names[0], train[0], tested[0]));
        history.push_test(end, tested.iter().map(|v| *v as f32).collect());
        if let Some(path) = &options.checkpoint {
            let state = engine
                .state()
                .await?
                .ok_or("--checkpoint needs --engine plan: the others do not tell what their optimiser remembers")?;
            write_whole(path, &Checkpoint { setup: setup.clone(), state, history: history.clone() }.write()?)?;
        }
        epochs.push(json!({ "epoch": epoch, "train": named(&train), "test": named(&tested), "seconds": seconds }));
    }
    bar.finish_and_clear();
    if let Some(out) = &options.out {
        let file = Examples::of(data).write(&mut engine, setup, data.test_labels.len(), options.precision).await?;
        write_whole(out, &file)?;
    }
    let steps = engine.step();
    Ok(json!({
        "setup": setup.to_query(),
        "adapter": adapter,
        "parameters": engine.info().parameters,
        "epochs": epochs,
        "steps": steps,
        "seconds": begin.elapsed().as_secs_f64(),
        "steps_per_second": (steps - first) as f64 / training_seconds,
    }))
}

/// Trains the classifier of digits behind the Fréchet score, writes it to `out`, and reports how good it is.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn classifier(out: &Path, epochs: u32, seed: u32) -> Result<Value, String> {
    let card = catalog::SETS.iter().find(|card| card.classifier.is_some()).ok_or("no data set has a classifier")?;
    let data = load(card.id, None)?;
    let classifier = Classifier::train(&data, epochs, seed);
    let bytes = classifier.to_bytes()?;
    write_whole(out, &bytes)?;
    let test: Vec<f32> = unit(&data.test_images).collect();
    Ok(json!({ "accuracy": classifier.accuracy(&test, &data.test_labels), "epochs": epochs, "seed": seed, "bytes": bytes.len() }))
}

/// What to measure, and how.
#[derive(Clone, Debug)]
pub struct MeasureOptions {
    /// A file of weights with its setup.
    pub weights: PathBuf,
    /// Another file of a sparse autoencoder's weights, to compare the features with.
    pub against: Option<PathBuf>,
    /// Folder with the data set's files; `None` takes the ones that ship with the project.
    pub data_dir: Option<PathBuf>,
    pub engine: EngineKind,
    pub sizes: Sizes,
}

/// What trained weights are worth.
#[derive(Clone, Debug, Serialize)]
pub struct MeasureReport {
    pub setup: String,
    /// Training steps behind the weights, as their file says.
    pub step: String,
    pub adapter: String,
    /// Decides which images are drawn; noise follows the seed of the setup.
    pub seed: u64,
    /// Each with its value as one number, or as a list of them.
    #[serde(serialize_with = "plain")]
    pub measures: Vec<Measured>,
}

fn plain<S: Serializer>(measures: &[Measured], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(measures.iter().map(|Measured { name, value, protocol, .. }| {
        let value = match value {
            Quantity::Count(n) => json!(n),
            Quantity::Number(v) => json!(v),
            Quantity::Each(values) => json!(values),
        };
        json!({ "name": name, "value": value, "protocol": protocol })
    }))
}

/// A file of weights.
pub struct Trained {
    pub setup: Setup,
    /// Training steps behind the weights, as the file says.
    pub step: String,
    pub tensors: Vec<Weight>,
}

/// Reads a file of weights with the setup they belong to.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn trained(path: &Path) -> Result<Trained, String> {
    let name = |e: String| format!("{}: {e}", path.display());
    let bytes = std::fs::read(path).map_err(|e| name(e.to_string()))?;
    let metadata = weights::metadata(&bytes).map_err(name)?;
    let query = metadata.get("setup").ok_or_else(|| name("the metadata has no \"setup\"".into()))?;
    let setup = checkpoint::setup(query).map_err(name)?;
    let tensors = weights::read(&bytes).map_err(name)?;
    let step = metadata.get("step").cloned().unwrap_or_else(|| "unknown".into());
    Ok(Trained { setup, step, tensors })
}

/// Reads a checkpoint.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn checkpoint(path: &Path) -> Result<Checkpoint, String> {
    let name = |e: String| format!("{}: {e}", path.display());
    let bytes = std::fs::read(path).map_err(|e| name(e.to_string()))?;
    Checkpoint::read(&bytes)
        .map_err(name)?
        .ok_or_else(|| name("this file has weights only; a checkpoint comes from --checkpoint, or from the page".into()))
}

/// Loads weights into a network of their own setup and takes every measure that applies.
///
/// # Errors
/// Names the file and what is wrong with it, or what is missing.
pub fn measure(options: &MeasureOptions) -> Result<MeasureReport, String> {
    pollster::block_on(measure_async(options))
}

async fn measure_async(options: &MeasureOptions) -> Result<MeasureReport, String> {
    let Trained { setup, step, tensors } = trained(&options.weights)?;
    let data = Arc::new(load(&setup.data, options.data_dir.as_deref())?);
    let (mut engine, adapter) = open_trained(options.engine, &setup, &data, &options.weights, &tensors).await?;
    let images = Images::draw(&data, options.sizes)?;
    let mut measures = assess::assess(&mut engine, &setup, &images, options.sizes.seed).await?;
    if let Some(other) = &options.against {
        let other = trained(other)?;
        assess::stability(&mut measures, &tensors, &other.tensors)?;
    }
    Ok(MeasureReport { setup: setup.to_query(), step, adapter, seed: options.sizes.seed, measures })
}

/// Writes a file whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let part = path.with_extension("part");
    let write = std::fs::write(&part, bytes).and_then(|()| std::fs::rename(&part, path));
    write.map_err(|e| {
        // Whatever was begun is taken back.
        let _ = std::fs::remove_file(&part);
        format!("{}: {e}", path.display())
    })
}
