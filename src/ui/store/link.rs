//! The engine: its worker, who takes the steps there, and the images that it has. Names no other store.

use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::wasm_bindgen::JsValue;

use crate::browser;
use crate::held::{Changing, Held};
use crate::port::{Heard, Port};
use crate::words;
use latent_experiment::Setup;
use latent_protocol::{BenchReport, Command, DataUnit, EngineChoice, MachineReport};
use latent_vocabulary::data::DataInfo;
use latent_vocabulary::device::{AdapterInfo, NoGpu};

/// How long the browser may take to answer whether there is a graphics card, until that is said.
const PATIENCE: Duration = Duration::from_secs(8);

/// How far the engine has come.
#[derive(Clone, Debug, PartialEq)]
pub enum EngineState {
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

type Waiter = Box<dyn FnOnce(Result<BenchReport, String>)>;

/// What is no signal.
#[derive(Default)]
struct Parts {
    port: Changing<Option<Rc<Port>>>,
    /// Class of each test image of the engine's data.
    labels: Changing<Vec<u8>>,
    waiters: Changing<Vec<Waiter>>,
}

#[derive(Clone, Copy)]
pub struct Link {
    pub engine: RwSignal<EngineState>,
    /// The browser has been asked for the graphics card for so long that it may never answer.
    pub unanswered: RwSignal<bool>,
    /// Who takes the steps.
    pub executor: RwSignal<EngineChoice>,
    pub data: RwSignal<Data>,
    /// What the engine has loaded.
    pub data_info: RwSignal<Option<DataInfo>>,
    /// What this machine does, once it was timed.
    pub timed: RwSignal<Option<Result<MachineReport, String>>>,
    parts: Held<Parts>,
}

impl Link {
    pub fn new(executor: EngineChoice) -> Self {
        Self {
            engine: RwSignal::new(EngineState::Loading),
            unanswered: RwSignal::new(false),
            executor: RwSignal::new(executor),
            data: RwSignal::new(Data::Waiting),
            data_info: RwSignal::new(None),
            timed: RwSignal::new(None),
            parts: Held::new(Parts::default()),
        }
    }

    fn parts(self) -> &'static Parts {
        self.parts.get()
    }

    /// Starts the worker of the chosen engine, in place of one that there may be.
    ///
    /// # Errors
    /// If the browser refuses to start a worker.
    pub fn spawn(self, heard: impl Fn(Heard) + Clone + 'static) -> Result<(), JsValue> {
        self.engine.set(EngineState::Loading);
        self.data.set(Data::Waiting);
        self.data_info.set(None);
        let port = Port::spawn(self.executor.get_untracked(), heard)?;
        self.parts().port.set(Some(Rc::new(port)));
        Ok(())
    }

    /// The worker asks for the graphics card. Drivers may take seconds to answer, or hang.
    pub fn begin_opening(self) {
        self.engine.set(EngineState::Opening);
        self.unanswered.set(false);
        browser::later(move || self.unanswered.set(true), PATIENCE);
    }

    /// Whether the graphics card has not been there for long, and nobody says why.
    pub fn is_kept_waiting(self) -> bool {
        self.unanswered.get() && self.engine.get() == EngineState::Opening
    }

    /// Ends the worker. Not for its own message handler, which ends with it.
    pub fn hang_up(self) {
        self.parts().port.take();
    }

    /// Whether there is a worker.
    pub fn is_there(self) -> bool {
        self.parts().port.with(|port| port.is_some())
    }

    pub fn send(self, command: &Command) {
        let port = self.parts().port.get();
        if let Some(port) = port {
            port.send(command);
        }
    }

    /// Whether the engine takes commands about data and runs.
    pub fn is_ready(self) -> bool {
        self.engine.with_untracked(|engine| matches!(engine, EngineState::Ready(_)))
    }

    /// Whether the engine can take a run.
    pub fn can_run(self) -> bool {
        matches!(self.engine.get(), EngineState::Ready(_)) && self.data.get() == Data::Ready
    }

    /// Asks for the images of a data set.
    pub fn load(self, data: &str) {
        self.data.set(Data::Waiting);
        self.send(&Command::Load { data: data.into() });
    }

    /// The images have come, with the labels of those to test on.
    pub fn take_data(self, info: DataInfo, labels_n: Vec<u8>) {
        self.parts().labels.set(labels_n);
        self.data_info.set(Some(info));
        self.data.set(Data::Ready);
    }

    /// Label of a test image, as soon as the engine has it.
    pub fn label_of(self, image: usize) -> Option<u8> {
        self.parts().labels.with(|labels| labels.get(image).copied())
    }

    /// Times training steps; `done` hears the report.
    pub fn bench(self, setup: Setup, steps: u32, done: Waiter) {
        // A command sent before the engine listens would never be answered.
        if !self.is_there() || !untrack(|| self.can_run()) {
            return done(Err(words::NO_ENGINE.into()));
        }
        self.parts().waiters.with(|waiters| waiters.push(done));
        self.send(&Command::Bench { setup, steps });
    }

    /// The engine has timed what it was asked to first.
    pub fn take_report(self, report: Result<BenchReport, String>) {
        let waiter = self.parts().waiters.with(|waiters| (!waiters.is_empty()).then(|| waiters.remove(0)));
        if let Some(waiter) = waiter {
            waiter(report);
        }
    }

    /// Tells those who wait for a timing that there will be none.
    pub fn fail_waiters(self, message: &str) {
        for waiter in self.parts().waiters.take() {
            waiter(Err(message.into()));
        }
    }
}
