//! The state machine between [`Command`]s and [`Event`]s: plain async Rust, the same in the worker and in tests.
//!
//! A *turn* takes some steps, hands over the metrics of the previous turn (so that the device is never idle while numbers
//! travel), and repaints at most the views that are due. Pausing is not stepping. Views are latest-wins: a query replaces
//! the previous one of its slot, and is computed from the weights of the moment. What takes long (measures, timings,
//! comparisons) is done a slice a turn; until it is done the run takes no steps, and everything else is heard and answered in
//! between.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

#[cfg(target_arch = "wasm32")]
mod breath;
mod build;
mod files;
pub mod keeper;
#[cfg(target_arch = "wasm32")]
mod loader;
mod machine;
mod paint;
mod run;
mod steps;
mod times;
mod views;
mod work;
#[cfg(target_arch = "wasm32")]
pub mod worker;

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use serde_bytes::ByteBuf;
use web_time::Instant;

use self::run::Run;
use self::views::keeping;
pub use self::work::Lent;
use self::work::Work;
use latent_assess::Training;
use latent_data::own::{Loaded, Room};
use latent_engine::TestSet;
use latent_engine::burn::Burn;
use latent_engine::cpu::HostSupply;
use latent_engine::engine::BuildError;
use latent_engine::feed::Supply;
use latent_engine::window::Window;
use latent_engine::{Engine, Weight};
use latent_experiment::Setup;
use latent_gpu::{Data, Gpu, OpenError};
use latent_protocol::{Command, EngineChoice, Event, RunId};
use latent_view::{Query, Slot};
use latent_vocabulary::device::{AdapterInfo, Hints, NoGpu, OnProcessor, other_adapter};

/// A turn aims at this much work for the device, in milliseconds: short enough for views and commands to feel immediate.
const TURN_MS: f64 = 25.0;

/// Bytes of training images that the engine's memory has room for, where no device keeps them: a browser never gives memory back.
const HOST_ROOM: u64 = 192 << 20;

/// Who takes the steps.
#[derive(Clone)]
enum Executor {
    /// Nobody yet.
    Nobody,
    Plan(Rc<Gpu>),
    /// The processor, with its training images.
    Cpu(Option<HostSupply>),
}

struct Watch {
    query: Query,
    /// Step of the weights that the last answer came from, and when; `None` asks for an answer at once.
    painted: Option<(u64, Instant)>,
    /// Milliseconds that the last answer took.
    cost_ms: f64,
}

/// Everything the worker holds.
pub struct Session {
    emit: Box<dyn Fn(Event)>,
    executor: Executor,
    hints: Hints,
    data: Option<Supply>,
    /// Bytes of training images on the device, where that is to be less than it has room for.
    room: u64,
    test: Option<TestSet>,
    /// Some training images, where they are to be measured on.
    training: Option<Training>,
    run: Option<Run>,
    /// The last network that a sparse autoencoder could take apart.
    host: Option<(Setup, Vec<Weight>)>,
    watches: BTreeMap<Slot, Watch>,
    /// What takes long, one after the other.
    works: VecDeque<Work>,
    /// Counts what was to be compiled ahead; only the last is still wanted.
    preparations: Rc<Cell<u32>>,
    /// Present where eager Burn takes the steps.
    burn: Option<Burn>,
}

impl Session {
    /// A session that hands its events to `emit`.
    pub fn new(emit: impl Fn(Event) + 'static) -> Self {
        Self {
            emit: Box::new(emit),
            executor: Executor::Nobody,
            hints: Hints::default(),
            burn: None,
            data: None,
            room: u64::MAX,
            test: None,
            training: None,
            run: None,
            host: None,
            watches: BTreeMap::new(),
            works: VecDeque::new(),
            preparations: Rc::default(),
        }
    }

    /// Tells whoever listens.
    pub fn send(&self, event: Event) {
        (self.emit)(event);
    }

    /// What is known of the machine, before a device is opened.
    pub fn heed(&mut self, hints: Hints) {
        self.hints = hints;
    }

    /// Opens the device for `engine`: [`Event::Ready`] or [`Event::NoGpu`].
    ///
    /// `names` are the adapter's and the machine's other one's, where the caller knows them better.
    pub async fn open(&mut self, engine: EngineChoice, names: [Option<String>; 2]) -> bool {
        if engine == EngineChoice::Cpu {
            return self.open_processor(OnProcessor::Asked);
        }
        match self.open_both(engine).await {
            Ok(mut gpu) => {
                let [name, other] = names;
                if let Some(name) = name {
                    gpu.info.name = name;
                }
                gpu.info.other = other_adapter(&gpu.info.name, other);
                if engine == EngineChoice::Best && gpu.info.software {
                    return self.open_processor(OnProcessor::Software(gpu.info.name));
                }
                self.send(Event::Ready { adapter: gpu.info.clone() });
                self.executor = Executor::Plan(Rc::new(gpu));
                true
            }
            Err(e) => self.without_gpu(engine, e.rung, e.detail),
        }
    }

    /// What becomes of a session for `engine` where WebGPU does not open: [`Event::Ready`] with the processor, or [`Event::NoGpu`].
    pub fn without_gpu(&mut self, engine: EngineChoice, reason: NoGpu, detail: String) -> bool {
        if engine == EngineChoice::Best {
            return self.open_processor(OnProcessor::NoGpu(reason, detail));
        }
        self.send(Event::NoGpu { reason, detail });
        false
    }

    fn open_processor(&mut self, why: OnProcessor) -> bool {
        self.executor = Executor::Cpu(None);
        let adapter = AdapterInfo { room: self.hints.room(HOST_ROOM), processor: Some(why), ..AdapterInfo::default() };
        self.send(Event::Ready { adapter });
        true
    }

    /// The open device, if there is one.
    fn gpu(&self) -> Option<&Rc<Gpu>> {
        match &self.executor {
            Executor::Plan(gpu) => Some(gpu),
            _ => None,
        }
    }

    /// Whether steps take their time: on a software adapter, and on the processor.
    fn slow(&self) -> bool {
        self.gpu().is_none_or(|gpu| gpu.info.software)
    }

    /// Room for training images; none before the device is open.
    pub fn room(&self) -> Room {
        let bytes = match &self.executor {
            Executor::Nobody => 0,
            Executor::Plan(gpu) => gpu.info.room,
            Executor::Cpu(_) => self.hints.room(HOST_ROOM),
        };
        // Eager steps take their images from the host.
        Room { bytes: bytes.min(self.room), paged: self.burn.is_none() }
    }

    /// Keeps no more than so many bytes of training images on the device.
    pub fn limit_room(&mut self, bytes: u64) {
        self.room = bytes;
    }

    async fn open_both(&mut self, engine: EngineChoice) -> Result<Gpu, OpenError> {
        let gpu = Gpu::open_by(self.hints).await?;
        if engine == EngineChoice::Burn {
            self.burn = Some(Burn::open().await.map_err(|detail| OpenError { rung: NoGpu::NoDevice, detail })?);
        }
        Ok(gpu)
    }

    /// Takes the data set in place of the present one: the training images go to the device, or some of them at a time when
    /// they are wanted; the test images stay. A run of other data ends.
    pub async fn set_data(&mut self, loaded: impl Into<Loaded>) {
        let Loaded { mut data, pages, note } = loaded.into();
        if matches!(self.executor, Executor::Nobody) {
            return;
        }
        let (id, info, shape, made_of) = (data.id.clone(), data.info(), data.data_shape(), data.made_of());
        let factors_nk = std::mem::take(&mut data.factors.test_nk);
        let beside = std::mem::take(&mut data.beside);
        let (class_names, factor_names) = (data.class_names.clone(), data.factors.names.clone());
        let (images, labels) = (std::mem::take(&mut data.test_images), std::mem::take(&mut data.test_labels));
        // The old images first, and the run that holds them: two sets may not fit.
        let ended = self.run.take_if(|r| r.setup.data != id);
        self.data = None;
        let room = self.room().bytes;
        let ended = ended.map(|r| r.id);
        self.training = None;
        if self.hints.bench {
            match keeping().await {
                Ok(keep) => self.training = keep(&data),
                Err(message) => return self.send(Event::DataFailed { message }),
            }
        }
        let supply = match (&mut self.burn, pages, &mut self.executor) {
            (.., Executor::Nobody) => Ok(None),
            // Eager steps take their images from the host.
            (Some(burn), ..) => {
                burn.set_data(data);
                Ok(None)
            }
            (None, pages, Executor::Cpu(images)) => {
                *images = None;
                let supply = match pages {
                    Some(pages) => HostSupply::paged(&data, pages, room),
                    None => Ok(HostSupply::whole(data.shape, data.train_images, data.train_labels, data.factors.train_nk)),
                };
                supply.map(|supply| {
                    *images = Some(supply);
                    None
                })
            }
            (None, Some(pages), Executor::Plan(gpu)) => {
                let window = gpu.guarded(|| Window::new(gpu.clone(), &data, pages, room)).await;
                window.flatten().map(|window| Some(Supply::Window(Rc::new(window))))
            }
            (None, None, Executor::Plan(gpu)) => {
                let train = [&*data.train_images, &*data.train_labels, &*data.factors.train_nk];
                let test = [&*images, &*labels, &*factors_nk];
                let upload = || Data::with_tests(gpu, train, test, room).map_err(|e| e.to_string());
                gpu.guarded(upload).await.flatten().map(|uploaded| Some(Supply::Whole(uploaded)))
            }
        };
        match supply {
            Ok(supply) => self.data = supply,
            Err(message) => {
                if let Some(run) = ended {
                    self.send(Event::RunFailed { run, message: "its images have made room for others".into() });
                }
                return self.send(Event::DataFailed { message });
            }
        }
        let event =
            Event::DataReady { data: info, labels_n: ByteBuf::from(labels.clone()), factors_nk: ByteBuf::from(factors_nk.clone()) };
        self.test = Some(TestSet { id, shape, images, labels, class_names, factors_nk, factor_names, beside, made_of });
        self.send(event);
        if let Some(message) = note {
            self.send(Event::Warning { message });
        }
    }

    /// Carries out one command. [`Command::Open`], [`Command::Load`] and what concerns kept runs are the caller's: it
    /// knows where data and files lie.
    pub async fn command(&mut self, command: Command) {
        match command {
            Command::Open { .. }
            | Command::Load { .. }
            | Command::Prepare { .. }
            | Command::Keep { .. }
            | Command::Runs
            | Command::Resume { .. }
            | Command::Rename { .. }
            | Command::Delete { .. } => {}
            Command::Start { run, setup, weights } => {
                if let Err(e) = self.start(run, setup, weights).await {
                    match e {
                        BuildError::NotCompiled(message) => self.send(Event::NotCompiled { run, message }),
                        BuildError::Refused(message) => self.say_failed(run, message),
                    }
                }
            }
            Command::Train { run } => self.with_run(run, |r| (r.training, r.left) = (true, None)),
            Command::Step { run, steps } => self.with_run(run, |r| (r.training, r.left) = (true, Some(steps))),
            Command::Pause { run } => {
                if let Err(message) = self.pause(run).await {
                    self.fail(message);
                }
            }
            Command::Set { run, param, value } => self.set(run, param, value),
            Command::Watch { slot, query } => {
                self.stop_measuring(Some(slot));
                self.watches.insert(slot, Watch { query, painted: None, cost_ms: 0.0 });
            }
            Command::Unwatch { slot } => {
                self.stop_measuring(Some(slot));
                self.watches.remove(&slot);
            }
            Command::Save { run, what } => self.save(run, what).await,
            Command::Examine { setup, safetensors } => self.send(match self.examine(setup, &safetensors).await {
                Ok((setup, step)) => Event::Examined { setup, step },
                Err(message) => Event::Unfit { message },
            }),
            Command::Bench { setup, steps } => self.bench(setup, steps).await,
            Command::Machine => self.time_machine().await,
            Command::Verify { setup, steps } => self.verify(setup, steps).await,
        }
    }

    fn with_run(&mut self, run: RunId, f: impl FnOnce(&mut Run)) {
        // A command for an old run comes from a page that has not heard of the new one yet.
        if let Some(r) = self.run.as_mut().filter(|r| r.id == run) {
            r.window = None;
            f(r);
        }
    }

    /// Stops the run at hand, if there is one: whoever asks for another has left it, whatever comes of the other.
    pub fn rest(&mut self) {
        if let Some(r) = &mut self.run {
            r.training = false;
        }
    }

    /// Whether the run at hand is `run`.
    pub fn has(&self, run: RunId) -> bool {
        self.run.as_ref().is_some_and(|r| r.id == run)
    }

    fn repaint(&mut self) {
        for w in self.watches.values_mut() {
            w.painted = None;
        }
    }

    async fn pause(&mut self, run: RunId) -> Result<(), String> {
        self.with_run(run, |r| r.training = false);
        self.hand_over().await?;
        self.test_metrics(true).await?;
        if let Some(r) = self.run.as_ref().filter(|r| r.id == run) {
            self.send(Event::Paused { run, step: r.engine.step() });
        }
        Ok(())
    }

    fn set(&mut self, run: RunId, param: u8, value: f64) {
        let Some(r) = self.run.as_mut().filter(|r| r.id == run) else { return };
        let spec = r.setup.card().ok().and_then(|card| card.all_params().nth(param.into()));
        let Some(key) = spec.map(|spec| spec.key) else {
            return self.send(Event::Warning { message: format!("the method has no parameter number {param}") });
        };
        match r.setup.allows(key, value).and_then(|()| r.setup.set(key, value)) {
            Ok(()) => {
                r.engine.set_live(key, value as f32);
                // The objective is another now: what is being measured is measured anew.
                for slot in self.stop_measuring(None) {
                    self.watches.entry(slot).and_modify(|w| w.painted = None);
                }
            }
            Err(e) => self.send(Event::Warning { message: e.to_string() }),
        }
    }

    /// Does what is due. Returns whether there is more to do right away.
    pub async fn turn(&mut self) -> bool {
        // The weights stay as they are while they are measured, and what is timed has the device to itself.
        if self.works.is_empty() {
            if let Err(message) = self.train().await {
                self.fail(message);
            }
            if let Err(message) = self.test_metrics(false).await {
                self.fail(message);
            }
        }
        if let Err(message) = self.paint().await {
            self.fail(message);
        }
        if let Err(message) = self.work().await {
            self.fail(message);
        }
        let more = match &mut self.run {
            // What cannot be read is said when it is needed.
            Some(r) if !r.training => r.engine.fetch_ahead().await.unwrap_or(false),
            _ => false,
        };
        more || !self.works.is_empty()
            || self.run.as_ref().is_some_and(|r| r.training)
            || self.run.is_some() && self.watches.values().any(|w| w.painted.is_none())
    }

    /// Stops the run at hand and says what is wrong with it.
    pub fn fail(&mut self, message: String) {
        if let Some(r) = &mut self.run {
            (r.training, r.pending) = (false, None);
            let run = r.id;
            self.say_failed(run, message);
        }
    }

    /// Says what is wrong with a run, or with all of them.
    fn say_failed(&mut self, run: RunId, message: String) {
        if let Some(lost) = self.gpu().and_then(|g| g.lost()) {
            self.run = None;
            self.send(Event::DeviceLost { message: lost });
        } else {
            self.send(Event::RunFailed { run, message });
        }
    }
}
