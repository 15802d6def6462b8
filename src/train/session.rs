//! The state machine between [`Command`]s and [`Event`]s: plain async Rust, the same in the worker and in tests.
//!
//! A *turn* takes some steps, hands over the metrics of the previous turn (so that the device is never idle while numbers
//! travel), and repaints at most the views that are due. Pausing is not stepping. Views are latest-wins: a query replaces
//! the previous one of its slot, and is computed from the weights of the moment. What takes long (measures, timings,
//! comparisons) is done a slice a turn; until it is done the run takes no steps, and everything else is heard and answered in
//! between.

mod work;

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use serde_bytes::ByteBuf;
use web_time::Instant;

pub use self::work::Lent;
use self::work::{For, Made, Work};

use crate::data::own::{Loaded, Room};
use crate::data::unit;
use crate::gpu::{Data, Gpu, OpenError};
use crate::measure::pause::Pause;
use crate::nn::{DataShape, ImageShape};
use crate::spec::protocol::{
    BenchReport, Command, EngineChoice, Event, Export, MetricRow, NoGpu, PlanInfo, Query, RunId, Slot, Speed, View,
};
use crate::spec::{History, Setup, data};
use crate::train::any::AnyEngine;
use crate::train::beginning::Beginning;
use crate::train::burn::Burn;
use crate::train::checkpoint::{self, Checkpoint};
use crate::train::codes::{self, Codes};
use crate::train::engine::{BuildError, fits};
use crate::train::examples::CODES;
use crate::train::feed::Supply;
use crate::train::plan::{PlanEngine, RING};
use crate::train::views::{TestSet, measuring, view};
use crate::train::window::Window;
use crate::train::{Engine, Entry, Program, Rows, Weight, fetch_entry, weights};

/// A turn aims at this much work for the device, in milliseconds: short enough for views and commands to feel immediate.
const TURN_MS: f64 = 25.0;
/// A view is repainted at most this often while training, in milliseconds.
const PAINT_MS: f64 = 33.0;
/// And so rarely that it takes at most one part in this many of the time: training goes on next to it.
const PAINT_SHARE: f64 = 10.0;
/// Steps a second are counted over this long, in seconds.
const SPEED_WINDOW: f64 = 1.5;

struct Watch {
    query: Query,
    /// Step of the weights that the last answer came from, and when; `None` asks for an answer at once.
    painted: Option<(u64, Instant)>,
    /// Milliseconds that the last answer took.
    cost_ms: f64,
}

struct Run {
    id: RunId,
    setup: Setup,
    engine: AnyEngine,
    training: bool,
    /// Steps left before pausing by itself.
    left: Option<u32>,
    /// Metrics are on their way, of steps submitted then.
    pending: Option<Instant>,
    /// When the device was last known to have nothing else to do.
    idle: Option<Instant>,
    /// Milliseconds a step takes the device, smoothed; 0 until measured.
    step_ms: f64,
    encode_ms: f64,
    /// Steps and time at the start of the window in which speed is counted, and the last window's steps a second.
    window: Option<(u64, Instant)>,
    per_second: f64,
    tested: Option<(u64, Instant)>,
    history: History,
}

/// Everything the worker holds.
pub struct Session {
    emit: Box<dyn Fn(Event)>,
    gpu: Option<Rc<Gpu>>,
    data: Option<Supply>,
    /// Bytes of training images on the device, where that is to be less than it has room for.
    room: u64,
    test: Option<TestSet>,
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
            gpu: None,
            burn: None,
            data: None,
            room: u64::MAX,
            test: None,
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

    /// Opens the device for `engine`: [`Event::Ready`] or [`Event::NoGpu`].
    ///
    /// `name` is the adapter's, where the caller knows it better.
    pub async fn open(&mut self, engine: EngineChoice, name: Option<String>) -> bool {
        match self.open_both(engine).await {
            Ok(mut gpu) => {
                if let Some(name) = name {
                    gpu.info.name = name;
                }
                self.send(Event::Ready { adapter: gpu.info.clone() });
                self.gpu = Some(Rc::new(gpu));
                true
            }
            Err(OpenError { rung, detail }) => {
                self.send(Event::NoGpu { reason: rung, detail });
                false
            }
        }
    }

    /// Room for training images; none before the device is open.
    pub fn room(&self) -> Room {
        let bytes = self.gpu.as_ref().map_or(0, |gpu| gpu.info.room).min(self.room);
        // Eager steps take their images from the host.
        Room { bytes, paged: self.burn.is_none() }
    }

    /// Keeps no more than so many bytes of training images on the device.
    pub fn limit_room(&mut self, bytes: u64) {
        self.room = bytes;
    }

    async fn open_both(&mut self, engine: EngineChoice) -> Result<Gpu, OpenError> {
        let gpu = Gpu::open().await?;
        if engine == EngineChoice::Burn {
            self.burn = Some(Burn::open().await.map_err(|detail| OpenError { rung: NoGpu::NoDevice, detail })?);
        }
        Ok(gpu)
    }

    /// Takes the data set in place of the present one: the training images go to the device, or some of them at a time when
    /// they are wanted; the test images stay. A run of other data ends.
    pub async fn set_data(&mut self, loaded: impl Into<Loaded>) {
        let Loaded { mut data, pages, note } = loaded.into();
        let Some(gpu) = self.gpu.clone() else { return };
        let (id, info, shape) = (data.id.clone(), data.info(), data.data_shape());
        let factors_nk = std::mem::take(&mut data.factors.test_nk);
        let class_names = data.class_names.clone();
        let (images, labels) = (std::mem::take(&mut data.test_images), std::mem::take(&mut data.test_labels));
        // The old images first, and the run that holds them: two sets may not fit.
        let ended = self.run.take_if(|r| r.setup.data != id);
        self.data = None;
        let room = self.room().bytes;
        let ended = ended.map(|r| r.id);
        let supply = match (&mut self.burn, pages) {
            // Eager steps take their images from the host.
            (Some(burn), _) => {
                burn.set_data(data);
                Ok(None)
            }
            (None, Some(pages)) => {
                let window = gpu.guarded(|| Window::new(gpu.clone(), &data, pages, room)).await;
                window.flatten().map(|window| Some(Supply::Window(Rc::new(window))))
            }
            (None, None) => {
                let upload = || Data::upload(&gpu, &data.train_images, &data.train_labels).map_err(|e| e.to_string());
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
        self.test = Some(TestSet { id, shape, images, labels, class_names, factors_nk });
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
            Command::Bench { setup, steps } => {
                self.give_way(For::Bench);
                match self.build_anew(&setup).await {
                    Ok(engine) => {
                        let pause = Pause::slices();
                        let software = self.gpu.as_ref().is_some_and(|gpu| gpu.info.software);
                        let timed = bench(engine, setup.method, steps, software, pause.clone());
                        let told = async { Made::Event(Event::Benched { report: timed.await }) };
                        self.works.push_back(Work::new(For::Bench, pause, told));
                    }
                    Err(message) => self.send(Event::Benched { report: Err(message) }),
                }
            }
            Command::Verify { setup, steps } => {
                self.give_way(For::Verify);
                match self.verify(setup, steps).await {
                    Ok(work) => self.works.push_back(work),
                    Err(message) => self.send(unverified(&message)),
                }
            }
        }
    }

    fn with_run(&mut self, run: RunId, f: impl FnOnce(&mut Run)) {
        // A command for an old run comes from a page that has not heard of the new one yet.
        if let Some(r) = self.run.as_mut().filter(|r| r.id == run) {
            r.window = None;
            f(r);
        }
    }

    /// The open device and the setup's method.
    async fn prepare(&self, setup: &Setup) -> Result<(Rc<Gpu>, &'static dyn Entry), String> {
        setup.check().map_err(|e| e.to_string())?;
        let gpu = self.gpu.clone().ok_or("the GPU is not open")?;
        if self.test.as_ref().is_some_and(|test| test.id != setup.data) {
            return Err(format!("the data set {} has not arrived yet", setup.data));
        }
        Ok((gpu, fetch_entry(&setup.method).await?))
    }

    /// What [`Session::prepare`] has found, as an engine.
    async fn build(
        &self,
        (gpu, entry): (Rc<Gpu>, &'static dyn Entry),
        setup: &Setup,
        from: &Beginning,
    ) -> Result<AnyEngine, BuildError> {
        let engine = if let Some(burn) = &self.burn {
            burn.build(entry, setup)?
        } else {
            let missing = || String::from("the data has not arrived yet");
            let (data, test) = self.data.as_ref().zip(self.test.as_ref()).ok_or_else(missing)?;
            AnyEngine::Plan(Box::new(PlanEngine::supplied(gpu, entry, setup, test.shape, data, from.given()).await?))
        };
        from.give(engine).await
    }

    /// Compiles what training the setup will take, beside everything else and before anybody asks for it, until something else is
    /// to be prepared. What is wrong with the setup is said when it is begun. `None` where there is nothing to do ahead: no device, unknown images, eager steps.
    pub fn preparation(&self, setup: Setup) -> Option<impl Future<Output = ()> + use<>> {
        let gpu = self.gpu.clone().filter(|_| self.burn.is_none() && setup.check().is_ok())?;
        let shape = self.shape_of(&setup.data)?;
        let (count, number) = (self.preparations.clone(), self.preparations.get() + 1);
        count.set(number);
        Some(async move {
            if let Ok(entry) = fetch_entry(&setup.method).await {
                let _ = PlanEngine::prepare(&gpu, entry, &setup, shape, || count.get() == number).await;
            }
        })
    }

    async fn verify(&self, setup: Setup, steps: u32) -> Result<Work, String> {
        let (gpu, entry) = self.prepare(&setup).await?;
        let burn = self.burn.clone().ok_or("this session was not opened with eager Burn")?;
        let pause = Pause::slices();
        let points = pause.clone();
        let told = async move {
            let compared = burn.verify(gpu, entry, &setup, steps, &points).await;
            Made::Event(compared.map_or_else(|message| unverified(&message), |report| Event::Verified { report }))
        };
        Ok(Work::new(For::Verify, pause, told))
    }

    /// The setup's network, for somebody who wants it to himself.
    async fn build_anew(&self, setup: &Setup) -> Result<AnyEngine, String> {
        Ok(self.build(self.prepare(setup).await?, setup, &Beginning::Noise).await?)
    }

    /// Keeps the weights of the run at hand, which is about to be replaced, if they can be taken apart later.
    async fn remember_host(&mut self) {
        if let Some(r) = self.run.as_mut().filter(|r| r.setup.can_host() == Ok(true))
            // A broken run is no host, and no reason not to begin another.
            && let Ok(weights) = r.engine.weights().await
            && sound(&weights).is_ok()
        {
            self.host = Some((r.setup.clone(), weights));
        }
    }

    /// The weights of the network that `setup` takes apart, if it takes one apart.
    fn host(&self, setup: &Setup) -> Result<Option<Vec<Weight>>, String> {
        let Some(wanted) = setup.hosted() else { return Ok(None) };
        match &self.host {
            Some((host, weights)) if !host.needs_rebuild(&wanted) => Ok(Some(weights.clone())),
            _ => Err(format!(
                "there is no trained {} here to take apart ({}); train it first, then choose it as input",
                wanted.method,
                wanted.to_query()
            )),
        }
    }

    async fn start(&mut self, run: RunId, setup: Setup, file: Option<ByteBuf>) -> Result<(), BuildError> {
        self.rest();
        let prepared = self.prepare(&setup).await?;
        self.remember_host().await;
        // Weights that are given have their host's among them.
        let from = match file {
            Some(file) => Beginning::read(&file, &setup)?,
            None => self.host(&setup)?.map_or(Beginning::Noise, Beginning::Host),
        };
        // The old run is dropped first: two networks may not fit. Nobody can ask for it any more.
        self.run = None;
        let engine = self.build(prepared, &setup, &from).await?;
        let history = self.take_history(run, &engine, from);
        self.send(Event::Built { run, info: engine.info().clone() });
        self.run = Some(Run {
            id: run,
            setup,
            engine,
            training: false,
            left: None,
            pending: None,
            idle: None,
            step_ms: 0.0,
            encode_ms: 0.0,
            window: None,
            per_second: 0.0,
            tested: None,
            history,
        });
        self.repaint();
        Ok(())
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

    /// The curves that a run begins with; tells of a checkpoint that it goes on from.
    fn take_history(&self, run: RunId, engine: &AnyEngine, from: Beginning) -> History {
        let Beginning::Checkpoint(checkpoint) = from else { return History::default() };
        let step = checkpoint.state.step;
        if engine.step() == step {
            self.send(Event::Resumed { run, step, history: checkpoint.history.clone() });
            checkpoint.history
        } else {
            self.send(Event::Warning {
                message: "this engine takes the weights of the checkpoint and starts its optimiser anew".into(),
            });
            History::default()
        }
    }

    fn repaint(&mut self) {
        for w in self.watches.values_mut() {
            w.painted = None;
        }
    }

    async fn pause(&mut self, run: RunId) -> Result<(), String> {
        self.with_run(run, |r| r.training = false);
        self.settle().await?;
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
        match r.setup.set(key, value) {
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

    async fn save(&mut self, run: RunId, what: Export) {
        let event = match self.export(run, what).await {
            None => return,
            Some(Ok((step, bytes))) => Event::Saved { run, step, what, bytes: ByteBuf::from(bytes) },
            Some(Err(message)) => Event::Warning { message: format!("this could not be saved: {message}") },
        };
        self.send(event);
    }

    /// A file of the run and the step that it is of; `None` if the run is not there.
    pub async fn export(&mut self, run: RunId, what: Export) -> Option<Result<(u64, Vec<u8>), String>> {
        if !self.has(run) {
            return None;
        }
        // The curves up to the step that the file is of.
        if let Err(message) = self.settle().await {
            return Some(Err(message));
        }
        let (test, r) = (self.test.as_ref()?, self.run.as_mut()?);
        let step = r.engine.step();
        let software = self.gpu.as_ref().is_some_and(|g| g.info.software);
        let bytes = async {
            let engine = &mut r.engine;
            match what {
                Export::Weights(precision) => {
                    sound(&engine.weights().await?)?;
                    // Nobody should wait long for a file.
                    let measured = if software { CODES / 4 } else { CODES };
                    test.examples().write(engine, &r.setup, measured, precision).await
                }
                Export::Checkpoint => match engine.state().await? {
                    Some(state) => {
                        let [first, second] = &state.moments;
                        [&state.weights, first, second].into_iter().try_for_each(|tensors| sound(tensors))?;
                        Checkpoint { setup: r.setup.clone(), state, history: r.history.clone() }.write()
                    }
                    None => {
                        let (tensors, metadata) =
                            (engine.weights().await?, [("setup", r.setup.to_query()), ("step", step.to_string())]);
                        sound(&tensors)?;
                        weights::write(&tensors, &metadata)
                    }
                },
                Export::Codes(table) => {
                    let images: Vec<f32> = unit(&test.images).collect();
                    let (mean_nd, logvar_nd) = engine.encode(Rows::labelled(&images, &test.labels)).await?;
                    let codes = Codes { latent: engine.info().latent as usize, mean_nd, logvar_nd, labels: &test.labels };
                    codes::writer().await?(&codes, table)
                }
            }
        };
        Some(bytes.await.map(|bytes| (step, bytes)))
    }

    /// The setup that a file of weights is for, and the step it is of, if it says so. A file without a setup is taken to be
    /// for `otherwise`.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub async fn examine(&self, otherwise: Setup, file: &[u8]) -> Result<(Setup, Option<u64>), String> {
        let metadata = weights::metadata(file)?;
        let setup = metadata.get("setup").map_or(Ok(otherwise), |query| checkpoint::setup(query))?;
        setup.check().map_err(|e| e.to_string())?;
        let weights = match Checkpoint::read(file)? {
            Some(checkpoint) => checkpoint.state.weights,
            None => weights::read(file)?,
        };
        let entry = fetch_entry(&setup.method).await?;
        let shape = self.shape_of(&setup.data).ok_or_else(|| format!("the images called {:?} are not here", setup.data))?;
        let recording = entry.record(&setup, shape, Program::Evaluate, 1)?;
        let parameters = recording.params.iter().map(|p| (p.name.as_str(), p.shape.as_slice()));
        fits(parameters, &weights).map_err(|e| format!("it does not fit the network {}: {e}", setup.to_query()))?;
        Ok((setup, metadata.get("step").and_then(|step| step.parse().ok())))
    }

    /// Shape of a data set's images: of the present one, or as its card has it.
    fn shape_of(&self, id: &str) -> Option<DataShape> {
        if let Some(test) = self.test.as_ref().filter(|test| test.id == id) {
            return Some(test.shape);
        }
        let card = data::find(id)?;
        let image = ImageShape { channels: card.channels, height: card.height, width: card.width };
        Some(DataShape { image, classes: card.classes.len() })
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
        if let Some(lost) = self.gpu.as_ref().and_then(|g| g.lost()) {
            self.run = None;
            self.send(Event::DeviceLost { message: lost });
        } else {
            self.send(Event::RunFailed { run, message });
        }
    }

    async fn train(&mut self) -> Result<(), String> {
        let Some(r) = self.run.as_mut().filter(|r| r.training) else { return Ok(()) };
        let fit = if r.step_ms > 0.0 { (TURN_MS / r.step_ms) as u32 } else { 1 };
        let n = r.engine.ready(fit.clamp(1, RING as u32 / 4).min(r.left.unwrap_or(u32::MAX))).await?;
        let now = Instant::now();
        r.window.get_or_insert((r.engine.step(), now));
        r.engine.run_steps(n)?;
        r.encode_ms = now.elapsed().as_secs_f64() * 1e3 / f64::from(n);
        let previous = r.pending.take();
        r.pending = r.engine.request_metrics().then_some(now);
        if let Some(left) = &mut r.left {
            *left -= n;
        }
        let done = r.left == Some(0);
        if let Some(previous) = previous {
            self.report(previous).await?;
        }
        if done {
            let run = self.run.as_ref().expect("it has just taken a step").id;
            self.pause(run).await?;
        }
        Ok(())
    }

    /// Waits for requested metrics and sends them.
    async fn report(&mut self, submitted: Instant) -> Result<(), String> {
        let Some(r) = &mut self.run else { return Ok(()) };
        let rows = r.engine.take_metrics().await?;
        let n = rows.len();
        let done = Instant::now();
        // The device began with these steps when they came, or when it was done with what lay before them.
        let began = r.idle.map_or(submitted, |idle| idle.max(submitted));
        let ms = (done - began).as_secs_f64() * 1e3 / n.max(1) as f64;
        r.step_ms = if r.step_ms == 0.0 { ms } else { 0.7 * r.step_ms + 0.3 * ms };
        r.idle = Some(done);
        let step = rows.last().map_or(0, |row| row.step);
        if let Some((from, at)) = r.window {
            let seconds = (done - at).as_secs_f64();
            if seconds > 0.0 && (r.per_second == 0.0 || seconds > SPEED_WINDOW) {
                r.per_second = step.saturating_sub(from) as f64 / seconds;
            }
            if seconds > SPEED_WINDOW {
                r.window = Some((step, done));
            }
        }
        let speed = Speed {
            steps_per_second: r.per_second,
            images_per_second: r.per_second * f64::from(r.engine.info().batch),
            encode_ms: r.encode_ms,
            steps_per_submit: n as f64,
        };
        let run = r.id;
        rows.iter().for_each(|row| r.history.push(row));
        self.send(Event::Metrics { run, rows, speed });
        Ok(())
    }

    /// Hands over what is still on its way.
    async fn settle(&mut self) -> Result<(), String> {
        match self.run.as_mut().and_then(|r| r.pending.take()) {
            Some(pending) => self.report(pending).await,
            None => Ok(()),
        }
    }

    /// Terms on some test images, always the same, now and then while training and at every pause.
    async fn test_metrics(&mut self, now: bool) -> Result<(), String> {
        let Some(r) = &self.run else { return Ok(()) };
        let software = self.gpu.as_ref().is_some_and(|g| g.info.software);
        let (count, every) = if software { (256, 8.0) } else { (1024, 1.0) };
        let step = r.engine.step();
        let due = match r.tested {
            None => step > 0,
            Some((at, when)) => step != at && (now || when.elapsed().as_secs_f64() > every),
        };
        if !due || !(now || r.training) {
            return Ok(());
        }
        // What is on its way first, so that its time is not mistaken for this.
        self.settle().await?;
        let (Some(r), Some(test)) = (&mut self.run, &self.test) else { return Ok(()) };
        let (images, labels) = test.drawn(count);
        let result = r.engine.evaluate(Rows::labelled(&images, &labels)).await;
        r.tested = Some((step, Instant::now()));
        r.idle = Some(Instant::now());
        let run = r.id;
        // The last step may have ruined weights that its own terms were not computed from.
        let row = MetricRow { step, terms: result?, kl_d: vec![] }.finite(&r.engine.info().terms)?;
        r.history.push_test(step, row.terms.clone());
        self.send(Event::TestMetrics { run, step, count: labels.len() as u32, terms: row.terms });
        Ok(())
    }

    /// Answers new queries at once, and queries whose weights have moved on when it is their turn.
    async fn paint(&mut self) -> Result<(), String> {
        let Some(r) = &self.run else { return Ok(()) };
        let (step, training) = (r.engine.step(), r.training);
        let due = |w: &Watch| match w.painted {
            None => true,
            Some((at, when)) => {
                let waited = when.elapsed().as_secs_f64() * 1e3;
                at != step && w.query.follows_weights() && (!training || waited >= PAINT_MS.max(PAINT_SHARE * w.cost_ms))
            }
        };
        let slots: Vec<Slot> = self.watches.iter().filter(|(_, w)| due(w)).map(|(slot, _)| *slot).collect();
        if slots.is_empty() {
            return Ok(());
        }
        // What is on its way first, so that its time is not mistaken for this.
        self.settle().await?;
        let software = self.gpu.as_ref().is_some_and(|g| g.info.software);
        for slot in slots {
            let Some(query) = self.watches.get(&slot).map(|w| w.query.clone()) else { continue };
            let (Some(r), Some(test)) = (&mut self.run, &self.test) else { return Ok(()) };
            let begin = Instant::now();
            let run = r.id;
            let view = match query {
                Query::Measures { images, .. } => match measure(r, test, slot, images, software).await {
                    Ok(work) => {
                        self.works.push_back(work);
                        None
                    }
                    Err(message) => Some(Err(message)),
                },
                query => Some(view(&mut r.engine, test, &query).await),
            };
            let done = Instant::now();
            r.idle = Some(done);
            if let Some(w) = self.watches.get_mut(&slot) {
                w.painted = Some((step, done));
                w.cost_ms = (done - begin).as_secs_f64() * 1e3;
            }
            if let Some(view) = view {
                self.answer(slot, run, step, view)?;
            }
        }
        Ok(())
    }

    /// Hands over an answer about the run at hand.
    ///
    /// # Errors
    /// Where there is none because the device is lost.
    fn answer(&self, slot: Slot, run: RunId, step: u64, view: Result<View, String>) -> Result<(), String> {
        match view {
            Ok(view) => self.send(Event::Viewed { run, slot, step, view }),
            Err(message) if self.run.as_ref().is_some_and(|r| r.engine.check().is_err()) => return Err(message),
            // A query that makes no sense is the panel's mistake, not the run's.
            Err(message) => self.send(Event::Warning { message }),
        }
        Ok(())
    }

    /// Does a slice of what takes long.
    async fn work(&mut self) -> Result<(), String> {
        let here = self.run.as_ref().map(|r| r.id);
        self.works.retain(|work| !matches!(work.of, For::Slot(_, run) if Some(run) != here));
        if self.works.is_empty() {
            return Ok(());
        }
        // What is on its way first, so that its time is not mistaken for this.
        self.settle().await?;
        let Some(mut work) = self.works.pop_front() else { return Ok(()) };
        if let Some(place) = &work.run {
            place.replace(self.run.take());
        }
        let made = work.pause.slice(work.future.as_mut()).await;
        if let Some(place) = &work.run {
            self.run = place.take();
        }
        if let Some(r) = &mut self.run {
            // The run has stood still meanwhile.
            (r.idle, r.window) = (Some(Instant::now()), None);
        }
        match made {
            None => self.works.push_front(work),
            Some(Made::Answer { slot, run, step, view }) => self.answer(slot, run, step, view)?,
            Some(Made::Event(event)) => self.send(event),
        }
        Ok(())
    }

    /// Gives up what is being measured for a slot, or for all of them, and returns for which.
    fn stop_measuring(&mut self, which: Option<Slot>) -> Vec<Slot> {
        let mut stopped = vec![];
        self.works.retain(|work| match work.of {
            For::Slot(slot, _) if which.is_none_or(|which| which == slot) => {
                stopped.push(slot);
                false
            }
            _ => true,
        });
        stopped
    }

    /// Gives up an earlier timing or comparison: somebody has asked for another.
    fn give_way(&mut self, of: For) {
        let before = self.works.len();
        self.works.retain(|work| work.of != of);
        if self.works.len() == before {
            return;
        }
        let message = String::from("another one was asked for before it was done");
        self.send(match of {
            For::Bench => Event::Benched { report: Err(message) },
            _ => unverified(&message),
        });
    }
}

/// What is said where a comparison came to nothing.
fn unverified(message: &str) -> Event {
    Event::Warning { message: format!("verify: {message}") }
}

/// Measures of a run for who watches a slot, on that many test images, ready to be taken.
async fn measure(r: &Run, test: &TestSet, slot: Slot, images: u32, software: bool) -> Result<Work, String> {
    let pause = Pause::slices();
    let engine = Lent::new(r.engine.info().clone(), software, pause.clone());
    let (place, run, step) = (engine.place(), r.id, r.engine.step());
    let measures = measuring().await?(engine, &r.setup, test, images)?;
    let answer = async move { Made::Answer { slot, run, step, view: measures.await } };
    Ok(Work { run: Some(place), ..Work::new(For::Slot(slot, run), pause, answer) })
}

/// Times `steps` steps of a network of its own, which has the device to itself but for what is asked in the pauses.
async fn bench(mut engine: AnyEngine, method: String, steps: u32, software: bool, pause: Pause) -> Result<BenchReport, String> {
    let begin = Instant::now();
    // Pipelines settle, clocks rise.
    let warm = engine.ready(2).await?;
    engine.run_steps(warm)?;
    engine.metrics().await?;
    // A GPU takes as many at a time as there is room for, so that waiting for them counts little; a software adapter, which takes
    // long for a few and is not waited for, no more than a turn's worth.
    let mut most = RING as u32 / 2;
    let turn = |ms: f64, n: u32| (TURN_MS * f64::from(n) / ms).clamp(1.0, RING as f64 / 2.0) as u32;
    if software {
        most = turn(begin.elapsed().as_secs_f64() * 1e3, warm);
    }
    let (mut left, mut total_ms, mut encode_ms, mut submits, mut loss) = (steps, 0.0, 0.0, 0, f32::NAN);
    while left > 0 {
        pause.point().await;
        let begin = Instant::now();
        let n = engine.ready(left.min(most)).await?;
        let encode = Instant::now();
        engine.run_steps(n)?;
        encode_ms += encode.elapsed().as_secs_f64() * 1e3;
        loss = engine.metrics().await?.last().map_or(loss, |r| r.terms[0]);
        let ms = begin.elapsed().as_secs_f64() * 1e3;
        total_ms += ms;
        if software {
            most = turn(ms, n);
        }
        (left, submits) = (left - n, submits + 1);
    }
    let PlanInfo { batch, dispatches, compile_ms, plan_ms, .. } = *engine.info();
    Ok(BenchReport { method, batch, steps, total_ms, encode_ms, dispatches, submits, compile_ms, plan_ms, loss })
}

/// Whether weights can be used: a file of others would not be read back.
///
/// # Errors
/// Names the first tensor that has become something else than numbers.
fn sound(weights: &[Weight]) -> Result<(), String> {
    for w in weights {
        if let Some(bad) = w.values.iter().find(|v| !v.is_finite()) {
            return Err(format!("{} has become {bad}; a lower learning rate may help", w.name));
        }
    }
    Ok(())
}
