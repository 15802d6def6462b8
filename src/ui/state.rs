//! What the page knows, and what its buttons do.

mod asks;
mod classes;
mod presets;

pub use classes::words;

use std::{cell::RefCell, rc::Rc};

use leptos::prelude::*;
use serde_bytes::ByteBuf;

use super::camera::Camera;
use super::codes::Codes;
use super::keep::Keep;
use super::link::{Heard, Link};
use super::model::Model;
use super::paint::Theme;
use super::plane::Axes;
use super::rank::rank;
use super::react::react;
use super::source::Source;
use super::tab::Tab;
use super::views::{CODED, CODES, CpuDesk, Desk, OWN_CODE, OWN_COPY, SLOTS};
use super::{browser, text};
use crate::catalog::CARDS;
use crate::player::{Digits, Player};
use crate::spec::data::DataInfo;
use crate::spec::protocol::{
    AdapterInfo, BenchReport, Command, DataUnit, EngineChoice, Event, NoGpu, PlanInfo, Query, RunId, Slot, Speed, View,
};
use crate::spec::{Family, History, LATENT, PRESETS, Preset, Setup};

/// A latent whose KL stays below this carries nothing.
pub const INACTIVE: f32 = 0.01;
/// A run is kept so often that a crash costs a tenth of its time, within these limits in milliseconds: the first copy comes
/// soon, and a long run does not wear the disk.
const KEEP_SHARE: f64 = 0.1;
const KEEP_EVERY: [f64; 2] = [3_000.0, 60_000.0];
/// Milliseconds between two updates of the latents' order.
const KL_EVERY: f64 = 300.0;
/// Milliseconds over which the page itself measures the pace.
const PACE_OVER: f64 = 2_000.0;

/// How far the engine has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Engine {
    Loading,
    Opening,
    Ready(AdapterInfo),
    NoGpu(NoGpu, String),
    Crashed(String),
}

/// How far the training data has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    Waiting,
    Arriving { loaded: u64, total: u64, unit: DataUnit },
    Ready,
    Failed(String),
}

/// Where a run's first weights came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Pretrained,
    /// The pretrained model, trained further.
    Continued,
    Noise,
    /// The copy kept before the engine broke.
    Restored,
    /// A run of an earlier visit.
    Kept,
    /// A file of the visitor's.
    File,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    Building,
    Paused,
    Training,
    Failed(String),
}

/// The run in the engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub id: RunId,
    pub setup: Setup,
    pub origin: Origin,
    pub phase: Phase,
    pub info: Option<PlanInfo>,
}

/// The latents of the model on show.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Latents {
    /// KL in nats by latent.
    pub kl_d: Vec<f32>,
    /// Indices, largest KL first.
    pub order: Vec<usize>,
}

impl Latents {
    fn new(kl_d: Vec<f32>) -> Self {
        let order = rank(kl_d.iter().map(|kl| -kl));
        Self { kl_d, order }
    }

    pub fn active(&self, latent: usize) -> bool {
        self.kl_d.get(latent).is_some_and(|kl| *kl >= INACTIVE)
    }
}

/// What to do once the run being built stands.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Then {
    Stay,
    Train,
    Step,
}

/// What the weights of a run begin from.
#[derive(Clone)]
pub(super) enum Beginning {
    Noise,
    /// Weights or a checkpoint, as safetensors.
    File(Vec<u8>),
    /// The run of that name in the browser's storage.
    Kept(String),
}

/// A run to begin.
#[derive(Clone)]
pub(super) struct Start {
    pub setup: Setup,
    pub origin: Origin,
    pub from: Beginning,
    pub then: Then,
}

type Waiter = Box<dyn FnOnce(Result<BenchReport, String>)>;

/// The parts without signals.
struct Inner {
    link: Option<Link>,
    player: Option<Rc<Player>>,
    /// The preset goes on show once its images have come, whatever else could.
    preset_wanted: bool,
    digits: Option<Digits>,
    /// Class of each test image of the engine's data.
    labels: Vec<u8>,
    preset: Option<Vec<u8>>,
    desks: [Desk; SLOTS],
    cpu: CpuDesk,
    flush_due: bool,
    /// What the engine last had that a sparse autoencoder can take apart.
    host: Option<Setup>,
    /// The run being built, kept until it stands: it may have to begin again on the other engine.
    starting: Option<Start>,
    /// Setups that the step compiler refused.
    refused: Vec<Setup>,
    runs: RunId,
    /// Latest copy of the run where the browser's storage has none, with its setup.
    saved: Option<(Setup, Vec<u8>)>,
    /// When the run on show began on this page, and when it was last kept.
    began_at: f64,
    saved_at: f64,
    kl_at: f64,
    /// Metrics of the run on show have come.
    measured: bool,
    /// When, and at which step, the page began to look at the pace.
    pace: Option<(f64, u64)>,
    /// What the traversal waits for the code of, and the code that it last got so.
    wanted: Option<Source>,
    arrived: Vec<f32>,
    waiters: Vec<Waiter>,
}

/// The page's state; a handle that is copied into every component.
#[derive(Clone, Copy)]
pub struct Lab {
    /// What the controls say.
    pub setup: RwSignal<Setup>,
    /// What a link said that could not be used.
    pub notes: RwSignal<Vec<String>>,
    pub engine: RwSignal<Engine>,
    /// Who takes the steps.
    pub executor: RwSignal<EngineChoice>,
    pub data: RwSignal<Data>,
    /// What the engine has loaded.
    pub data_info: RwSignal<Option<DataInfo>>,
    /// The trained model that the page opens with, or that was chosen since.
    pub preset: RwSignal<&'static Preset>,
    /// What its player says of it.
    pub played: RwSignal<Option<PlanInfo>>,
    pub run: RwSignal<Option<Run>>,
    pub step: RwSignal<u64>,
    pub speed: RwSignal<Speed>,
    pub latents: RwSignal<Latents>,
    /// The code on show in the traversal.
    pub code: RwSignal<Vec<f32>>,
    /// What that code started from.
    pub origin: RwSignal<Source, LocalStorage>,
    /// Codes of the first test images by the weights of the moment.
    pub codes: RwSignal<Option<Rc<Codes>>, LocalStorage>,
    /// What the visitor has drawn or dropped, in the shape of the data, and its code.
    pub own: RwSignal<Option<Rc<[u8]>>, LocalStorage>,
    pub own_code: RwSignal<Option<Rc<Codes>>, LocalStorage>,
    /// End points of the path.
    pub ends: RwSignal<Vec<Source>, LocalStorage>,
    pub tab: RwSignal<Tab>,
    /// The two directions of the map.
    pub axes: RwSignal<Axes>,
    /// Latents kept on top of the traversal.
    pub pins: RwSignal<Vec<usize>>,
    /// The term of the objective that the visitor points at.
    pub pointed_term: RwSignal<Option<usize>>,
    /// A hand is on the sliders: they keep their order.
    pub held: RwSignal<bool>,
    pub warning: RwSignal<Option<String>>,
    /// Why there is no pretrained model, if there is none.
    pub no_preset: RwSignal<Option<String>>,
    /// Counts changes of [`Lab::history`].
    pub curves: RwSignal<u32>,
    pub history: StoredValue<History, LocalStorage>,
    pub keep: Keep,
    pub dark: RwSignal<bool>,
    /// The colours that canvases are painted with; follows [`Lab::dark`].
    pub theme: RwSignal<Rc<Theme>, LocalStorage>,
    views: [RwSignal<Option<Rc<View>>, LocalStorage>; SLOTS],
    inner: StoredValue<Rc<RefCell<Inner>>, LocalStorage>,
}

impl Lab {
    /// The state of a page opened at the current address. Starts nothing.
    pub fn new() -> Self {
        let (setup, mut notes) = Setup::from_query(&browser::query(), browser::RESERVED);
        let executor = match browser::parameter("engine").as_deref() {
            None | Some("plan") => EngineChoice::Plan,
            Some("burn") => EngineChoice::Burn,
            Some(other) => {
                notes.push(text::unknown_engine(other));
                EngineChoice::Plan
            }
        };
        let (camera, strange) = Camera::read(&browser::fragment());
        notes.extend(strange);
        let inner = Inner {
            link: None,
            player: None,
            preset_wanted: false,
            digits: None,
            labels: Vec::new(),
            preset: None,
            desks: Default::default(),
            cpu: CpuDesk::default(),
            flush_due: false,
            host: None,
            starting: None,
            refused: Vec::new(),
            runs: 0,
            saved: None,
            began_at: 0.0,
            saved_at: 0.0,
            kl_at: 0.0,
            measured: false,
            pace: None,
            wanted: None,
            arrived: Vec::new(),
            waiters: Vec::new(),
        };
        let lab = Self {
            setup: RwSignal::new(setup),
            notes: RwSignal::new(notes),
            engine: RwSignal::new(Engine::Loading),
            executor: RwSignal::new(executor),
            data: RwSignal::new(Data::Waiting),
            data_info: RwSignal::new(None),
            preset: RwSignal::new(Self::preset_of_address()),
            played: RwSignal::new(None),
            run: RwSignal::new(None),
            step: RwSignal::new(0),
            speed: RwSignal::new(Speed::default()),
            latents: RwSignal::new(Latents::default()),
            code: RwSignal::new(Vec::new()),
            origin: RwSignal::new_local(Source::Code(Rc::from([]))),
            codes: RwSignal::new_local(None),
            own: RwSignal::new_local(None),
            own_code: RwSignal::new_local(None),
            ends: RwSignal::new_local(Vec::new()),
            tab: RwSignal::new(camera.tab),
            axes: RwSignal::new(camera.axes),
            pins: RwSignal::new(camera.pins.clone()),
            pointed_term: RwSignal::new(None),
            held: RwSignal::new(false),
            warning: RwSignal::new(None),
            no_preset: RwSignal::new(None),
            curves: RwSignal::new(0),
            history: StoredValue::new_local(History::default()),
            keep: Keep::new(),
            dark: RwSignal::new(false),
            theme: RwSignal::new_local(Rc::new(Theme::current())),
            views: std::array::from_fn(|_| RwSignal::new_local(None)),
            inner: StoredValue::new_local(Rc::new(RefCell::new(inner))),
        };
        lab.look_where_the_address_says(&camera);
        lab
    }

    /// The handle that the root component provided.
    pub fn get() -> Self {
        expect_context()
    }

    /// Fetches the pretrained model and the test digits, and starts the engine.
    pub fn open(self) {
        self.ask(CODES, Query::Embed { count: CODED });
        react(move || {
            if let Some(own) = self.own.get() {
                self.ask(OWN_CODE, Query::Encode { x_np: ByteBuf::from(own.to_vec()) });
                self.ask(OWN_COPY, Query::Autoencode { x_np: ByteBuf::from(own.to_vec()) });
            }
        });
        leptos::task::spawn_local(async move {
            match browser::fetch(&self.preset.get_untracked().weights()).await {
                Ok(bytes) => self.take_preset(bytes),
                Err(e) => self.no_preset.set(Some(e)),
            }
            // After the model, so that the traversal does not wait for them.
            self.spawn_engine();
            let images = browser::fetch_gz("assets/mnist/t10k-images-idx3-ubyte.gz").await;
            let labels = browser::fetch_gz("assets/mnist/t10k-labels-idx1-ubyte.gz").await;
            if let (Ok(images), Ok(labels)) = (images, labels)
                && let Ok(digits) = Digits::read(&images, &labels)
            {
                self.with(|inner| inner.digits = Some(digits));
                self.schedule_flush();
            }
        });
    }

    fn take_preset(self, bytes: Vec<u8>) {
        let player = match Player::load(&bytes) {
            Ok(player) => player,
            Err(e) => return self.no_preset.set(Some(e)),
        };
        // A link that says nothing of an experiment means "the model on show": Train then starts the same one over.
        let query = browser::query();
        let mut keys =
            query.trim_start_matches('?').split('&').filter_map(|pair| pair.split('=').next()).filter(|key| !key.is_empty());
        if keys.all(|key| browser::RESERVED.contains(&key)) {
            self.setup.set(player.setup.clone());
        }
        self.show_latents(player.kl_d.clone());
        self.take_player(player, bytes);
        self.refresh();
        self.start_first_run();
    }

    fn with<T>(self, f: impl FnOnce(&mut Inner) -> T) -> T {
        f(&mut self.inner.get_value().borrow_mut())
    }

    pub(super) fn send(self, command: &Command) {
        self.with(|inner| {
            if let Some(link) = &inner.link {
                link.send(command);
            }
        });
    }

    // ---- engine ----

    fn spawn_engine(self) {
        self.engine.set(Engine::Loading);
        self.data.set(Data::Waiting);
        self.data_info.set(None);
        let link = Link::spawn(self.executor.get_untracked(), move |heard| self.hear(heard));
        match link {
            Ok(link) => self.with(|inner| inner.link = Some(link)),
            Err(e) => self.engine.set(Engine::Crashed(browser::error_text(&e))),
        }
    }

    /// Starts a new engine after a crash; it goes on from the last copy of the weights.
    pub fn restart_engine(self) {
        self.warning.set(None);
        self.spawn_engine();
    }

    fn hear(self, heard: Heard) {
        match heard {
            Heard::Loaded => {
                self.engine.set(Engine::Opening);
                self.send(&Command::Open { assets: browser::assets(), engine: self.executor.get_untracked() });
            }
            Heard::Crashed(message) => self.lose_engine(message),
            Heard::Event(event) => self.take(event),
        }
    }

    fn lose_engine(self, message: String) {
        if matches!(self.engine.get_untracked(), Engine::Crashed(_) | Engine::NoGpu(..)) {
            return;
        }
        self.engine.set(Engine::Crashed(message.clone()));
        let kept = self.kept_start();
        let waiters = self.with(|inner| {
            inner.starting = kept;
            std::mem::take(&mut inner.waiters)
        });
        for waiter in waiters {
            waiter(Err(message.clone()));
        }
        // The link is dropped after this message handler, which belongs to it, has returned.
        browser::next_frame(move || {
            self.with(|inner| inner.link = None);
            self.run.set(None);
            self.fall_back_to_player();
        });
    }

    /// Shows the pretrained model again when the engine cannot answer.
    fn fall_back_to_player(self) {
        if let Some(player) = self.with(|inner| inner.player.clone()) {
            self.show_latents(player.kl_d.clone());
            self.refresh();
        }
    }

    fn take(self, event: Event) {
        let current = self.run.with_untracked(|r| r.as_ref().map(|r| r.id));
        match event {
            Event::Ready { adapter } => {
                self.engine.set(Engine::Ready(adapter));
                self.load_data();
                self.ask_for_runs();
            }
            Event::NoGpu { reason, detail } => self.engine.set(Engine::NoGpu(reason, detail)),
            Event::DataProgress { loaded, total, unit } => self.data.set(Data::Arriving { loaded, total, unit }),
            // An answer that a later choice has overtaken says nothing.
            Event::DataReady { data, labels_n, .. } if data.id == self.setup.with_untracked(|s| s.data.clone()) => {
                self.with(|inner| inner.labels = labels_n.into_vec());
                self.data_info.set(Some(data));
                self.data.set(Data::Ready);
                self.start_first_run();
            }
            Event::DataFailed { message } => self.data.set(Data::Failed(message)),
            Event::Built { run, info } if Some(run) == current => self.built(run, info),
            Event::NotCompiled { run, message } if Some(run) == current => self.fall_back(&message),
            Event::RunFailed { run, message } if Some(run) == current => {
                let starting = self.with(|inner| inner.starting.take());
                if starting.is_some_and(|start| matches!(start.from, Beginning::Kept(_))) {
                    return self.give_up_kept(&message);
                }
                self.update_run(|r| r.phase = Phase::Failed(message));
            }
            Event::Metrics { run, rows, speed } if Some(run) == current => {
                self.history.update_value(|h| rows.iter().for_each(|row| h.push(row)));
                if let Some(last) = rows.last() {
                    self.step.set(last.step);
                    self.with(|inner| inner.measured = true);
                    self.take_kl(&last.kl_d);
                    self.take_speed(last.step, speed);
                }
                self.curves.update(|n| *n += 1);
                self.keep_now_and_then();
            }
            Event::TestMetrics { run, step, terms, .. } if Some(run) == current => {
                self.history.update_value(|h| h.push_test(step, terms));
                self.curves.update(|n| *n += 1);
            }
            Event::Paused { run, step } if Some(run) == current => {
                self.step.set(step);
                self.update_run(|r| r.phase = Phase::Paused);
                self.keep_run();
            }
            Event::Viewed { run, slot, view, .. } if Some(run) == current => self.viewed(slot, view),
            Event::Benched { report } => {
                let waiter = self.with(|inner| (!inner.waiters.is_empty()).then(|| inner.waiters.remove(0)));
                if let Some(waiter) = waiter {
                    waiter(Ok(report));
                }
            }
            Event::Warning { message } => self.warning.set(Some(message)),
            Event::DeviceLost { message } => self.lose_engine(message),
            // The rest is about files, of an older run, or an answer nobody on this page asks for.
            other => self.hear_of_keeping(other),
        }
    }

    // ---- data ----

    /// Chooses another data set: a new network on it, once it is there.
    pub fn set_data(self, id: &str) {
        if self.setup.with_untracked(|s| s.data == id) {
            return;
        }
        self.setup.update(|s| s.data = id.into());
        self.write_link();
        if matches!(self.engine.get_untracked(), Engine::Ready(_)) {
            self.pause();
            self.load_data();
        }
    }

    /// Chooses another method. What it has in common with the present one keeps its value; the network on show stays until
    /// the next run starts.
    pub fn set_method(self, id: &str) {
        self.setup.update(|s| {
            let mut next = Setup::new(&s.data, id);
            for (key, value) in &s.values {
                // A parameter that the new method lacks, or has in another range, takes its default.
                let _ = next.set(key, *value);
            }
            next.host = s.host.take();
            *s = next;
        });
        self.write_link();
    }

    /// The network that a sparse autoencoder could take apart: the one on show, or the last that was.
    fn host(self) -> Option<Setup> {
        let shown = self.run.with(|r| r.as_ref().filter(|r| r.info.is_some()).map(|r| r.setup.clone()));
        shown.filter(|s| s.can_host() == Ok(true)).or_else(|| self.with(|inner| inner.host.clone()))
    }

    /// Whether the network on show can be taken apart.
    pub fn can_take_apart(self) -> bool {
        self.can_run()
            && self.model().vector
            && self.run.with(|r| r.as_ref().is_some_and(|r| r.info.is_some() && r.setup.can_host() == Ok(true)))
    }

    /// Trains a sparse autoencoder on the code of the network on show.
    pub fn take_apart(self) {
        let Some(card) = CARDS.iter().find(|c| c.family == Family::Sae) else { return };
        let Some(host) = untrack(|| self.host()) else { return };
        // Many more features than latents, of which a few at a time do: else every feature fires on everything.
        let latent = host.usize(LATENT.key);
        let (features, k) = ((16 * latent).clamp(64, 512), (latent / 3).max(2));
        self.set_method(card.id);
        self.setup.update(|s| s.host = Some(Box::new(host)));
        self.set_pairs(&format!("source=code&features={features}&k={k}"));
        self.train();
    }

    /// Loads the data set anew: more of it may be there.
    pub fn reload_data(self) {
        if matches!(self.engine.get_untracked(), Engine::Ready(_)) {
            self.pause();
            self.keep_run();
            self.run.set(None);
            self.load_data();
        }
    }

    fn load_data(self) {
        self.data.set(Data::Waiting);
        self.send(&Command::Load { data: self.setup.with_untracked(|s| s.data.clone()) });
    }

    fn built(self, run: RunId, info: PlanInfo) {
        let latent = info.latent as usize;
        self.update_run(|r| {
            r.info = Some(info);
            r.phase = Phase::Paused;
        });
        if self.latents.with_untracked(|l| l.kl_d.len()) != latent {
            self.show_latents(vec![0.0; latent]);
        }
        self.refresh();
        self.send_live_changes();
        match self.with(|inner| inner.starting.take()).map_or(Then::Stay, |start| start.then) {
            Then::Stay => {}
            Then::Train => self.go(run),
            Then::Step => self.send(&Command::Step { run, steps: 1 }),
        }
    }

    /// The kept run that is being begun.
    pub(super) fn starting_kept(self) -> Option<String> {
        self.with(|inner| match &inner.starting {
            Some(Start { from: Beginning::Kept(id), .. }) => Some(id.clone()),
            _ => None,
        })
    }

    /// Moves a kept run's live controls to where the address has them.
    fn send_live_changes(self) {
        let Some(run) = self.run.get_untracked().filter(|r| r.origin == Origin::Kept) else { return };
        let wanted = self.setup.get_untracked();
        let Ok(card) = run.setup.card() else { return };
        if !run.setup.needs_rebuild(&wanted) {
            card.all_params()
                .filter(|p| wanted.get(p.key) != run.setup.get(p.key))
                .for_each(|p| self.set_param(p.key, wanted.get(p.key)));
        }
    }

    /// Takes the engine's speed, or while it has not measured one, what the page sees go by.
    fn take_speed(self, step: u64, mut speed: Speed) {
        let now = browser::now();
        let (since, from) = self.with(|inner| *inner.pace.get_or_insert((now, step)));
        if speed.steps_per_second == 0.0 {
            if now - since < PACE_OVER {
                return;
            }
            let batch = self.run.with_untracked(|r| r.as_ref().map_or(0, |r| r.setup.usize("batch")));
            speed.steps_per_second = step.saturating_sub(from) as f64 / (now - since) * 1e3;
            speed.images_per_second = speed.steps_per_second * batch as f64;
        }
        if now - since >= PACE_OVER {
            self.with(|inner| inner.pace = Some((now, step)));
        }
        self.speed.set(speed);
    }

    fn keep_now_and_then(self) {
        let now = browser::now();
        let [least, most] = KEEP_EVERY;
        let due = |inner: &mut Inner| {
            let due = now - inner.saved_at > (KEEP_SHARE * (now - inner.began_at)).clamp(least, most);
            if due {
                inner.saved_at = now;
            }
            due
        };
        if self.with(due) {
            self.keep_run();
        }
    }

    /// Holds a copy of the run on show that the storage would not take.
    pub(super) fn take_copy(self, bytes: Vec<u8>) {
        if let Some(setup) = self.run.with_untracked(|r| r.as_ref().map(|r| r.setup.clone())) {
            self.with(|inner| inner.saved = Some((setup, bytes)));
        }
    }

    /// The storage has a later copy.
    pub(super) fn forget_copy(self) {
        self.with(|inner| inner.saved = None);
    }

    fn update_run(self, f: impl FnOnce(&mut Run)) {
        self.run.update(|run| {
            if let Some(run) = run {
                f(run);
            }
        });
    }

    // ---- runs ----

    /// Whether the engine can take a run.
    pub fn can_run(self) -> bool {
        matches!(self.engine.get(), Engine::Ready(_)) && self.data.get() == Data::Ready
    }

    pub fn is_training(self) -> bool {
        self.run.with(|r| r.as_ref().is_some_and(|r| r.phase == Phase::Training))
    }

    /// Whether the controls describe another network than the one on show.
    pub fn needs_new_run(self) -> bool {
        let setup = self.setup.get();
        self.run.with(|run| run.as_ref().is_some_and(|r| r.origin != Origin::Pretrained && r.setup.needs_rebuild(&setup)))
    }

    /// Whether Train starts over from noise instead of going on.
    pub fn train_is_new(self) -> bool {
        self.needs_new_run()
            || self
                .run
                .with(|run| run.as_ref().is_none_or(|r| r.origin == Origin::Pretrained || matches!(r.phase, Phase::Failed(_))))
    }

    pub(super) fn start(self, start: Start) {
        let executor = self.executor_for(&start.setup);
        if executor != self.executor.get_untracked() {
            return self.change_engine(executor, start);
        }
        self.leave_run(&start.from);
        let Start { setup, origin, from, .. } = start.clone();
        let host = untrack(|| self.host());
        let id = self.with(|inner| {
            inner.runs += 1;
            inner.host = host;
            inner.starting = Some(start);
            inner.began_at = browser::now();
            inner.saved_at = inner.began_at;
            inner.measured = false;
            inner.runs
        });
        self.history.update_value(History::clear);
        self.curves.update(|n| *n += 1);
        self.step.set(0);
        self.speed.set(Speed::default());
        self.run.set(Some(Run { id, setup: setup.clone(), origin, phase: Phase::Building, info: None }));
        // Questions about the old network may not fit the new one; they are asked again once it stands.
        (0..SLOTS as Slot).for_each(|slot| self.send(&Command::Unwatch { slot }));
        self.send(&match from {
            Beginning::Noise => Command::Start { run: id, setup, weights: None },
            Beginning::File(bytes) => Command::Start { run: id, setup, weights: Some(ByteBuf::from(bytes)) },
            Beginning::Kept(kept) => Command::Resume { run: id, id: kept },
        });
    }

    /// Burn where the link asks for it and where the step compiler is known to fail, else the plan.
    fn executor_for(self, setup: &Setup) -> EngineChoice {
        let refused = self.with(|inner| inner.refused.iter().any(|r| !r.needs_rebuild(setup)));
        if refused || browser::parameter("engine").as_deref() == Some("burn") { EngineChoice::Burn } else { EngineChoice::Plan }
    }

    /// Ends the worker and begins `start` on one with another engine.
    fn change_engine(self, executor: EngineChoice, start: Start) {
        self.executor.set(executor);
        self.engine.set(Engine::Loading);
        self.run.set(None);
        self.with(|inner| inner.starting = Some(start));
        self.fall_back_to_player();
        // The old link is dropped after this message handler, which may belong to it, has returned.
        browser::next_frame(move || self.spawn_engine());
    }

    /// Begins the refused run again on eager Burn.
    fn fall_back(self, message: &str) {
        let Some(start) = self.with(|inner| inner.starting.take()) else { return };
        self.warning.set(Some(text::falls_back(message)));
        self.with(|inner| inner.refused.push(start.setup.clone()));
        self.start(start);
    }

    /// Puts a network on show where there is none, or one for other data: the one that waited for this engine, the visitor's
    /// own, else the pretrained one, else an untrained one.
    pub(super) fn start_first_run(self) {
        if !untrack(|| self.can_run()) || !self.knows_the_storage() {
            return;
        }
        let setup = self.setup.get_untracked();
        if self.run.with_untracked(|r| r.as_ref().is_some_and(|r| r.setup.data == setup.data)) {
            return;
        }
        if self.with(|inner| std::mem::take(&mut inner.preset_wanted)) && setup.data == self.preset_data() {
            return self.show_pretrained();
        }
        let waiting = self.with(|inner| inner.starting.take()).filter(|s| s.setup.data == setup.data);
        let saved = self.with(|inner| inner.saved.clone()).filter(|(s, _)| s.data == setup.data);
        if let Some(start) = waiting {
            self.start(start);
        } else if let Some((saved, copy)) = saved {
            self.start(Start { setup: saved, origin: Origin::Restored, from: Beginning::File(copy), then: Then::Stay });
        } else if self.begin_with_own_run() {
            // It is on its way.
        } else if setup.data == self.preset_data() {
            self.show_pretrained();
        } else {
            self.start(Start { setup, origin: Origin::Noise, from: Beginning::Noise, then: Then::Stay });
        }
    }

    /// Begins `start` when the images of its setup have come.
    pub(super) fn wait_with(self, start: Start) {
        self.with(|inner| inner.starting = Some(start));
        self.pause();
        self.load_data();
    }

    /// Puts the pretrained model back on show.
    pub fn show_pretrained(self) {
        if self.setup.with_untracked(|s| s.data != self.preset_data()) {
            return self.set_data(self.preset_data());
        }
        let Some((setup, kl_d, weights)) = self.with(|inner| {
            inner.player.as_ref().map(|p| (p.setup.clone(), p.kl_d.clone())).zip(inner.preset.clone()).map(|((s, k), w)| (s, k, w))
        }) else {
            return;
        };
        self.show_latents(kl_d);
        self.start(Start { setup, origin: Origin::Pretrained, from: Beginning::File(weights), then: Then::Stay });
    }

    /// Train: goes on, or starts over from noise when the pretrained model is on show or the network has changed.
    pub fn train(self) {
        self.advance(Then::Train);
    }

    /// Whether there is a copy of the visitor's own weights.
    pub fn has_copy(self) -> bool {
        self.with(|inner| inner.saved.is_some() || matches!(inner.starting, Some(Start { from: Beginning::Kept(_), .. })))
    }

    pub fn step_once(self) {
        self.advance(Then::Step);
    }

    fn advance(self, then: Then) {
        if untrack(|| self.train_is_new()) {
            self.start(Start { setup: self.setup.get_untracked(), origin: Origin::Noise, from: Beginning::Noise, then });
        } else if let Some(run) = self.run.get_untracked() {
            match then {
                Then::Train => self.go(run.id),
                _ => self.send(&Command::Step { run: run.id, steps: 1 }),
            }
        }
    }

    fn go(self, run: RunId) {
        self.with(|inner| inner.pace = None);
        self.update_run(|r| r.phase = Phase::Training);
        self.send(&Command::Train { run });
    }

    /// Trains the pretrained model further instead of starting over.
    pub fn continue_pretrained(self) {
        let Some(run) = self.run.get_untracked() else { return };
        let mut setup = run.setup.clone();
        let wanted = self.setup.get_untracked();
        if let Ok(card) = setup.card() {
            for p in card.all_params().filter(|p| p.live && wanted.method == run.setup.method) {
                let value = wanted.get(p.key);
                // Within range: it comes from a control made from the same card.
                if setup.set(p.key, value).is_ok() {
                    self.send(&Command::Set { run: run.id, key: p.key.into(), value });
                }
            }
        }
        self.setup.set(setup.clone());
        self.write_link();
        self.update_run(|r| {
            r.origin = Origin::Continued;
            r.setup = setup;
        });
        self.go(run.id);
    }

    pub fn pause(self) {
        if let Some(run) = self.run.get_untracked() {
            self.send(&Command::Pause { run: run.id });
        }
    }

    /// New weights from noise, at rest.
    pub fn reset(self) {
        self.start(Start { setup: self.setup.get_untracked(), origin: Origin::Noise, from: Beginning::Noise, then: Then::Stay });
    }

    /// Moves a control.
    pub fn set_param(self, key: &str, value: f64) {
        let mut setup = self.setup.get_untracked();
        if setup.set(key, value).is_err() {
            return;
        }
        if setup.host.is_none() && setup.hosted().is_some() {
            setup.host = untrack(|| self.host()).map(Box::new);
        }
        let live = setup.card().ok().and_then(|c| c.param(key)).is_some_and(|p| p.live);
        self.setup.set(setup);
        self.write_link();
        // The network on show may be of another method, until a run of this one begins.
        let has = |run: &Run| run.setup.card().is_ok_and(|card| card.param(key).is_some());
        if live && let Some(run) = self.run.get_untracked().filter(has) {
            self.update_run(|r| {
                r.setup.values.insert(key.into(), value);
            });
            self.send(&Command::Set { run: run.id, key: key.into(), value });
        }
    }

    /// Moves several controls: `key=value`, joined by `&`. What the method does not know stays as it is.
    pub fn set_pairs(self, pairs: &str) {
        for pair in pairs.split('&') {
            let mut setup = self.setup.get_untracked();
            if let (Ok(()), Some((key, _))) = (setup.set_pair(pair), pair.split_once('=')) {
                self.set_param(key, setup.get(key));
            }
        }
    }

    /// Puts the controls back to what the run on show was built with.
    pub fn revert_setup(self) {
        if let Some(run) = self.run.get_untracked() {
            self.setup.set(run.setup);
            self.write_link();
        }
    }

    pub(super) fn write_link(self) {
        let engine = browser::parameter("engine").map_or_else(String::new, |engine| format!("&engine={engine}"));
        let preset =
            self.preset.with_untracked(|p| if p.id == PRESETS[0].id { String::new() } else { format!("&preset={}", p.id) });
        let weights = self.weights_part();
        browser::replace_query(&format!("{}{engine}{preset}{weights}", self.setup.with_untracked(Setup::to_query)));
    }

    /// Times training steps; `done` hears the report.
    pub fn bench(self, setup: Setup, steps: u32, done: Waiter) {
        // A command sent before the engine listens would never be answered.
        if self.with(|inner| inner.link.is_none()) || !untrack(|| self.can_run()) {
            return done(Err(text::NO_ENGINE.into()));
        }
        self.with(|inner| inner.waiters.push(done));
        self.send(&Command::Bench { setup, steps });
    }

    // ---- latents ----

    /// Puts another model's latents on show and the traversal at the origin.
    fn show_latents(self, kl_d: Vec<f32>) {
        let n = kl_d.len();
        self.latents.set(Latents::new(kl_d));
        if self.code.with_untracked(Vec::len) != n {
            self.code.set(vec![0.0; n]);
            self.await_origin();
        }
    }

    fn take_kl(self, kl_d: &[f32]) {
        if kl_d.is_empty() || self.latents.with_untracked(|l| l.kl_d.len()) != kl_d.len() {
            return;
        }
        let now = browser::now();
        if self.with(|inner| {
            now - inner.kl_at > KL_EVERY && {
                inner.kl_at = now;
                true
            }
        }) {
            let mut new = Latents::new(kl_d.to_vec());
            if self.held.get_untracked() {
                new.order = self.latents.with_untracked(|l| l.order.clone());
            }
            self.latents.set(new);
        }
    }

    fn take_codes(self, view: &View) {
        let Some(codes) = Codes::read(view) else { return };
        // Before the first step on this page there are no training metrics: the KL of the test codes stands in.
        if !self.with(|inner| inner.measured)
            && let Some(kl_d) = codes.kl()
        {
            self.take_kl(&kl_d);
        }
        self.codes.set(Some(Rc::new(codes)));
        self.arrive();
    }

    fn take_own_code(self, view: &View) {
        self.own_code.set(Codes::read(view).map(Rc::new));
        self.arrive();
    }

    /// Puts the traversal where it waits to go, if the code has come.
    fn arrive(self) {
        let Some(source) = self.with(|inner| inner.wanted.clone()) else { return };
        if let Some(code) = untrack(|| source.code(self)).filter(|z| z.len() == self.latents.with_untracked(|l| l.kl_d.len())) {
            self.with(|inner| {
                inner.wanted = None;
                inner.arrived.clone_from(&code);
            });
            self.code.set(code);
        }
    }

    /// Whether the traversal still stands where the image that it started from put it.
    pub(super) fn is_where_it_arrived(self, code: &[f32]) -> bool {
        self.with(|inner| inner.arrived == code)
    }

    pub(super) fn awaits_a_code(self) -> bool {
        self.with(|inner| inner.wanted.is_some())
    }

    /// Has the traversal go to the image that it started from, in another model, unless it is on its way already.
    fn await_origin(self) {
        let origin = self.origin.get_untracked();
        if !self.awaits_a_code() && !matches!(origin, Source::Code(_)) {
            self.await_source(origin);
        }
    }

    /// A hand has moved the traversal: where it was about to go no longer counts.
    pub fn forget_source(self) {
        self.with(|inner| inner.wanted = None);
    }

    /// Has the traversal go somewhere when a model with such codes is there.
    pub(super) fn await_source(self, source: Source) {
        self.origin.set(source.clone());
        self.with(|inner| inner.wanted = Some(source));
    }

    /// Puts the traversal at a code; that of an image once the current weights have given it.
    pub fn start_from(self, source: Source) {
        let slot = if source == Source::Own { OWN_CODE } else { CODES };
        self.origin.set(source.clone());
        if let Source::Code(z) = source {
            self.with(|inner| inner.wanted = None);
            return self.code.set(z.to_vec());
        }
        self.with(|inner| {
            inner.wanted = Some(source);
            inner.desks[slot as usize].fresh = true;
        });
        self.schedule_flush();
    }

    /// Adds an end point to the path, in place of the last where there are already four.
    pub fn add_end(self, source: Source) {
        self.ends.update(|ends| {
            ends.truncate(3);
            ends.push(source);
        });
    }

    /// What the panels may ask of the model on show.
    pub fn model(self) -> Model {
        let latent = self.latents.with(|l| l.kl_d.len());
        self.run.with(|r| match r.as_ref().and_then(|r| r.info.as_ref()) {
            Some(info) => Model::new(Some(info), latent),
            // Panels of tokens and features need the engine.
            None => Model { grid: None, features: None, ..self.played.with(|played| Model::new(played.as_ref(), latent)) },
        })
    }

    /// Opens a tab and says so in the address.
    pub fn open_tab(self, tab: Tab) {
        self.tab.set(tab);
        self.write_camera();
    }
}
