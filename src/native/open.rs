//! What executes the steps, opened for a command.

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use burn::tensor::Device;

use crate::images::ROOM;
use latent_data::Dataset;
use latent_data::own::Room;
use latent_data::pages::Pages;
use latent_engine::any::AnyEngine;
use latent_engine::cpu::{self, CpuEngine, HostSupply};
use latent_engine::entry::Entry;
use latent_engine::feed::Supply;
use latent_engine::half;
use latent_engine::plan::{Given, PlanEngine};
use latent_engine::record::lack;
use latent_engine::window::Window;
use latent_engine::{Engine, Weight, eager};
use latent_experiment::Setup;
use latent_gpu::{Data, Gpu};
use latent_registry::fetch_entry;
use latent_vocabulary::data::Own;

/// Bytes of training images that the processor's engine keeps at a time.
const HOST_ROOM: u64 = 4 << 30;

/// Who executes the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// The recorded plan on the GPU.
    Plan,
    /// The recorded step on the processor.
    Cpu,
    /// Eager Burn on the processor: the oracle.
    BurnCpu,
    /// Eager Burn on the GPU.
    Burn,
}

/// Room for training images on the engine: only packed sets can need more.
pub async fn room(engine: EngineKind, setup: &Setup, most: Option<u64>) -> Result<Room, String> {
    let own = Own::parse(&setup.data).is_some();
    let room = match engine {
        EngineKind::Plan if own => Room { bytes: open_gpu().await?.info.room, paged: true },
        EngineKind::Cpu if own => Room { bytes: HOST_ROOM, paged: true },
        _ => ROOM,
    };
    Ok(Room { bytes: room.bytes.min(most.unwrap_or(u64::MAX)), ..room })
}

/// The device of eager Burn on the processor.
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

/// The setup's network on an engine that is `given` the rest, and the name of what executes it. `pages` has the training images
/// where `data` does not, and room for how many bytes of them.
pub async fn open(
    kind: EngineKind,
    setup: &Setup,
    data: &Arc<Dataset>,
    pages: Option<(Rc<dyn Pages>, u64)>,
    given: Given<'_>,
) -> Result<(AnyEngine, String), String> {
    let entry: &'static dyn Entry = fetch_entry(&setup.method).await?;
    let params = setup.params()?;
    if let Some(why) = lack(entry.card(), &data.data_shape()) {
        return Err(format!("{}: {why}", setup.data));
    }
    Ok(match kind {
        EngineKind::Plan => {
            let gpu = open_gpu().await?;
            let adapter = gpu.info.name.clone();
            let supply = match pages {
                Some((pages, room)) => Supply::Window(Rc::new(Window::new(gpu.clone(), data, pages, room)?)),
                None => {
                    let train = [&*data.train_images, &*data.train_labels, &*data.factors.train_nk];
                    let test = [&*data.test_images, &*data.test_labels, &*data.factors.test_nk];
                    Supply::Whole(Data::with_tests(&gpu, train, test, gpu.info.room).map_err(|e| e.to_string())?)
                }
            };
            let plan = PlanEngine::supplied(gpu, entry, &params, data.data_shape(), &supply, given).await?;
            (AnyEngine::Plan(Box::new(plan)), adapter)
        }
        EngineKind::Cpu => {
            // Whoever called keeps the images: they are measured on as well.
            let supply = match pages {
                Some((pages, room)) => HostSupply::paged(data, pages, room)?,
                None => HostSupply::whole(
                    data.shape,
                    data.train_images.clone(),
                    data.train_labels.clone(),
                    data.factors.train_nk.clone(),
                ),
            };
            let cpu = CpuEngine::given(cpu::tape, entry, &params, data.data_shape(), &supply, given, false).await?;
            (AnyEngine::Cpu(Box::new(cpu)), "processor".into())
        }
        EngineKind::BurnCpu | EngineKind::Burn => {
            if !given.weights {
                half::refuse(&params, half::NOT_BY_BURN)?;
            }
            let (device, adapter) = eager_device(kind).await?;
            (AnyEngine::Burn(entry.eager(&params, device, data.clone())), adapter)
        }
    })
}

/// [`open`] with the weights of the file at `path`: no others are drawn, and no training step is made.
pub async fn open_trained(
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
