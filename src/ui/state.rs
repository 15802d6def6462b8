//! What the page knows, and what its buttons do.

mod asks;
mod classes;
mod latents;
mod past;
mod presets;
mod runs;

pub use classes::words;
pub use latents::{Carries, Latents};
pub use past::Past;

use std::{cell::RefCell, rc::Rc};

use leptos::prelude::*;
use serde_bytes::ByteBuf;

use super::address::Address;
use super::camera::Camera;
use super::codes::Codes;
use super::keep::Keep;
use super::link::{Heard, Link};
use super::model::Model;
use super::paint::Theme;
use super::plane::Axes;
use super::react::react;
use super::source::Source;
use super::tab::Tab;
use super::views::{CODED, CODES, CpuDesk, Desk, MEASURES, OWN_CODE, OWN_COPY, SLOTS};
use super::{browser, text};
use crate::catalog::CARDS;
use crate::player::{self, Digits, Player};
use crate::spec::data::DataInfo;
use crate::spec::protocol::{
    AdapterInfo, BenchReport, Command, DataUnit, EngineChoice, Event, NoGpu, PlanInfo, Query, RunId, Slot, Speed, View,
};
use crate::spec::{History, LATENT, PRESETS, Preset, SOURCE, Setup};

/// A run is kept so often that a crash costs a tenth of its time, within these limits in milliseconds: the first copy comes
/// soon, and a long run does not wear the disk.
const KEEP_SHARE: f64 = 0.1;
const KEEP_EVERY: [f64; 2] = [3_000.0, 60_000.0];
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

/// What answers the panels' questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// The trained model of that number, as it was trained: by the CPU or, from the same weights, by the engine.
    Preset(u32),
    /// A run, from when it was begun.
    Run(RunId),
}

type Waiter = Box<dyn FnOnce(Result<BenchReport, String>)>;

/// The parts without signals.
pub(super) struct Inner {
    link: Option<Link>,
    pub(super) address: Address,
    player: Option<Rc<Player>>,
    /// What the answers on show are of.
    on_show: Option<Shown>,
    /// Counts the players there have been.
    players: u32,
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
    /// Counts what the visitor has chosen to see, for what is fetched to know that it comes too late.
    choices: u32,
    /// The engine is given up for another as soon as this run is kept at this step.
    leaving: Option<(RunId, u64)>,
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
    /// Its label, for a model that is told labels.
    pub own_label: RwSignal<u8>,
    /// The first of the test images that shelves show.
    pub shelf: RwSignal<u32>,
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
    /// How many test images the run on show is tested on, once it was.
    pub tested: RwSignal<Option<u32>>,
    /// Curves of earlier runs, the latest first.
    pub past: StoredValue<Vec<Past>, LocalStorage>,
    pub keep: Keep,
    pub dark: RwSignal<bool>,
    /// The colours that canvases are painted with; follows [`Lab::dark`].
    pub theme: RwSignal<Rc<Theme>, LocalStorage>,
    /// The run and the step that the measures were taken of.
    pub measured_at: RwSignal<Option<(RunId, u64)>>,
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
            address: Address::default(),
            player: None,
            on_show: None,
            players: 0,
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
            choices: 0,
            leaving: None,
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
            own_label: RwSignal::new(0),
            shelf: RwSignal::new(0),
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
            tested: RwSignal::new(None),
            past: StoredValue::new_local(Vec::new()),
            keep: Keep::new(),
            dark: RwSignal::new(false),
            theme: RwSignal::new_local(Rc::new(Theme::current())),
            measured_at: RwSignal::new(None),
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
        self.on_other_data(move || self.forget_images());
        react(move || {
            if let Some(own) = self.own.get() {
                let (x_np, label_n) = (ByteBuf::from(own.to_vec()), ByteBuf::from(vec![self.own_label.get()]));
                self.ask(OWN_CODE, Query::Encode { x_np: x_np.clone(), label_n: label_n.clone() });
                self.ask(OWN_COPY, Query::Autoencode { x_np, label_n });
            }
        });
        leptos::task::spawn_local(async move {
            match browser::fetch(&self.preset.get_untracked().weights()).await {
                // Another may have been chosen, and come first.
                Ok(bytes) if self.with(|inner| inner.player.is_none()) => self.take_preset(bytes),
                Ok(_) => {}
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
        self.write_what_waits();
        // A link that says nothing of an experiment means "the model on show": Train then starts the same one over.
        let query = browser::query();
        let mut keys =
            query.trim_start_matches('?').split('&').filter_map(|pair| pair.split('=').next()).filter(|key| !key.is_empty());
        if keys.all(|key| browser::RESERVED.contains(&key)) {
            self.setup.set(player.setup.clone());
        }
        self.take_player(player, bytes);
        self.show_player();
        self.start_first_run();
    }

    pub(super) fn with<T>(self, f: impl FnOnce(&mut Inner) -> T) -> T {
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
        self.keep.forget_questions();
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
        if let Some((run, _)) = self.with(|inner| inner.leaving) {
            // It was to go anyway.
            return self.leave_engine(run);
        }
        self.engine.set(Engine::Crashed(message.clone()));
        let kept = self.kept_start();
        self.with(|inner| inner.starting = kept);
        self.fail_waiters(&message);
        // The link is dropped after this message handler, which belongs to it, has returned.
        browser::next_frame(move || {
            self.with(|inner| inner.link = None);
            self.run.set(None);
            self.fall_back_to_player();
        });
    }

    /// Tells those who wait for a timing that there will be none.
    fn fail_waiters(self, message: &str) {
        for waiter in self.with(|inner| std::mem::take(&mut inner.waiters)) {
            waiter(Err(message.into()));
        }
    }

    /// Shows the pretrained model again when the engine cannot answer.
    fn fall_back_to_player(self) {
        self.data_info.set(None);
        self.show_player();
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
                if self.with(|inner| inner.leaving.is_some()) {
                    return self.leave_engine(run);
                }
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
            Event::TestMetrics { run, step, count, terms } if Some(run) == current => {
                self.tested.set(Some(count));
                self.history.update_value(|h| h.push_test(step, terms));
                self.curves.update(|n| *n += 1);
            }
            Event::Paused { run, step } if Some(run) == current => {
                self.step.set(step);
                self.update_run(|r| r.phase = Phase::Paused);
                self.keep_run();
            }
            Event::Viewed { run, slot, step, view } if Some(run) == current => {
                if slot == MEASURES {
                    self.measured_at.set(Some((run, step)));
                }
                self.viewed(slot, view);
            }
            Event::Benched { report } => {
                let waiter = self.with(|inner| (!inner.waiters.is_empty()).then(|| inner.waiters.remove(0)));
                if let Some(waiter) = waiter {
                    waiter(report);
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
        self.choose();
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
        self.choose();
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
        let Some(card) = CARDS.iter().find(|c| c.param(SOURCE.key).is_some()) else { return };
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
            self.choose();
            self.pause();
            self.keep_run();
            self.run.set(None);
            self.show_player();
            self.load_data();
        }
    }

    fn load_data(self) {
        self.data.set(Data::Waiting);
        self.send(&Command::Load { data: self.setup.with_untracked(|s| s.data.clone()) });
    }

    fn built(self, run: RunId, info: PlanInfo) {
        let pretrained = self.run.with_untracked(|r| r.as_ref().is_some_and(|r| r.origin == Origin::Pretrained));
        self.update_run(|r| {
            r.info = Some(info.clone());
            r.phase = Phase::Paused;
        });
        // The pretrained model has said already what its latents carry.
        if !pretrained {
            self.show_built(&info);
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

    /// What the panels may ask of the model on show.
    pub fn model(self) -> Model {
        let latent = self.latents.with(|l| l.kl_d.len());
        self.run.with(|r| match r.as_ref().and_then(|r| r.info.as_ref()) {
            Some(info) => Model::new(Some(info), r.as_ref().map(|r| &r.setup), latent),
            // Panels of tokens and features need the engine.
            None => Model { grid: None, features: None, ..self.played.with(|played| Model::new(played.as_ref(), None, latent)) },
        })
    }

    /// Opens a tab for the visitor, and says so in the address; Back leads to the one before.
    pub fn open_tab(self, tab: Tab) {
        if self.tab.get_untracked() != tab {
            // The entry that is left says where the visitor was.
            self.write_camera_now();
            browser::push_entry();
            self.tab.set(tab);
        }
        self.write_camera_now();
    }
}
