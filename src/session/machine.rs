//! What this machine does: the numbers by which people compare theirs.

use super::build::relaxed;
use super::work::{For, Made, Work};
use super::{Executor, Session};
use latent_engine::Engine;
use latent_engine::any::AnyEngine;
use latent_engine::cpu::{CpuEngine, HostSupply};
use latent_engine::machine::{self, On};
use latent_engine::plan::PlanEngine;
use latent_experiment::Setup;
use latent_gpu::Data;
use latent_measure::pause::Pause;
use latent_protocol::{Event, MachineReport, PlanInfo, ProductTime, StepTime};
use latent_registry::{fetch_entry, processor};
use latent_small::part;
use latent_small::part::Later;
use latent_vocabulary::shape::DataShape;

/// The workloads of `benches`, as links.
const STEPS: [(&str, &str); 2] =
    [("W1", "data=mnist&method=vae&batch=128"), ("W2", "data=faces&method=vae&net=conv&latent=64&batch=16")];
/// That of W1 with the most work, and square ones; those of graphics cards, and those of what is slow. None has five gigaflops.
const PRODUCTS: [[[usize; 3]; 3]; 2] = [[[128, 784, 400], [512; 3], [1280; 3]], [[128, 784, 400], [256; 3], [512; 3]]];
/// Floats of the copy: larger than caches.
const COPY: [usize; 2] = [16 << 20, 4 << 20];
/// Milliseconds of training steps.
const BUDGET_MS: f64 = 3000.0;
/// Images that steps are taken on; what is in them takes no time.
const IMAGES: usize = 256;

type Timing = fn(On, bool, Pause) -> Later<'static, Result<MachineReport, String>>;
part!(machine: fn timing() -> Timing = |on, slow, pause| Box::pin(time(on, slow, pause)));

impl Session {
    /// Times this machine: [`Event::Timed`].
    pub(super) async fn time_machine(&mut self) {
        self.give_way(For::Machine);
        let begun = match self.executor.clone() {
            Executor::Nobody => Err("the engine is not open".into()),
            Executor::Plan(gpu) => Ok(On::Adapter(gpu)),
            Executor::Cpu(_) => {
                relaxed().await;
                processor().await.map(On::Processor)
            }
        };
        match (begun, timing().await) {
            (Ok(on), Ok(timing)) => {
                let pause = Pause::slices();
                let timed = timing(on, self.slow(), pause.clone());
                let told = async { Made::Event(Event::Timed { report: timed.await }) };
                self.works.push_back(Work::new(For::Machine, pause, told));
            }
            (Err(message), _) | (_, Err(message)) => self.send(Event::Timed { report: Err(message) }),
        }
    }
}

/// All that is timed, one after the other.
async fn time(on: On, slow: bool, pause: Pause) -> Result<MachineReport, String> {
    let slow = usize::from(slow);
    let mut report = MachineReport {
        copy: machine::copy(&on, COPY[slow], &pause).await?,
        launch: machine::launch(&on, &pause).await?,
        ..MachineReport::default()
    };
    for size in PRODUCTS[slow] {
        let (flops, kernels) = machine::product(&on, size, &pause).await?;
        report.products.push(ProductTime { size: size.map(|n| n as u32), flops, kernels });
    }
    for (name, link) in STEPS {
        let setup = Setup::from_query(link, &[]).0;
        let mut engine = build(&on, &setup).await?;
        let ms = machine::step(&mut engine, BUDGET_MS, &pause).await?;
        let PlanInfo { batch, dispatches, compile_ms, ref kernels, .. } = *engine.info();
        report.steps.push(StepTime { name: name.into(), batch, ms, dispatches, compile_ms, kernels: kernels.clone() });
    }
    Ok(report)
}

/// A network of its own, on images of no meaning.
async fn build(on: &On, setup: &Setup) -> Result<AnyEngine, String> {
    let (entry, params) = (fetch_entry(&setup.method).await?, setup.params()?);
    let card = latent_catalog::set(&setup.data).ok_or("the data set is not known")?;
    let shape = DataShape::of(card);
    let images: Vec<u8> = (0..IMAGES * shape.image.bytes()).map(|i| (i * 37 % 251) as u8).collect();
    let labels = vec![0; IMAGES];
    Ok(match on {
        On::Adapter(gpu) => {
            let data = Data::upload(gpu, &images, &labels, &[]).map_err(|e| e.to_string())?;
            AnyEngine::Plan(Box::new(PlanEngine::new(gpu.clone(), entry, &params, shape, &data).await?))
        }
        On::Processor(make) => {
            let images = HostSupply::whole(shape.image, images, labels, vec![]);
            AnyEngine::Cpu(Box::new(CpuEngine::given(*make, entry, &params, shape, &images, Default::default(), false).await?))
        }
    })
}
