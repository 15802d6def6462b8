//! The wire to the engine's worker: spawns it, sends commands, hands on what it says.

use std::cell::Cell;

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::browser;
use crate::words;
use latent_platform::wire;
use latent_protocol::{Command, EngineChoice, Event};
use latent_vocabulary::device::Hints;

/// What a worker says once it takes commands.
pub const LOADED: &str = "loaded";
/// Begins what `assets/worker/start.js` says of a worker that is of no use.
pub const FAILED: &str = "failed: ";

/// Who is to take the steps, by the address.
///
/// # Errors
/// The name, if there is no such engine.
pub fn asked_for() -> Result<EngineChoice, String> {
    match browser::parameter("engine").as_deref() {
        None => Ok(EngineChoice::Best),
        Some("plan") => Ok(EngineChoice::Plan),
        Some("cpu") => Ok(EngineChoice::Cpu),
        Some("burn") => Ok(EngineChoice::Burn),
        Some(other) => Err(other.into()),
    }
}

/// Opens an engine of its own beside the page's, by the page's address.
pub fn opening(hints: Hints) -> Command {
    Command::Open { assets: browser::assets(), engine: asked_for().unwrap_or_default(), hints }
}

/// Starts the worker that runs `program`, by way of `assets/worker/start.js`.
///
/// # Errors
/// If the browser refuses to start a worker.
pub fn worker(program: &str) -> Result<Worker, JsValue> {
    // From the page's own host, and no blob: a policy of `worker-src 'self'` allows it.
    let script = browser::encoded(&format!("{}{program}/{program}.js", browser::programs()));
    let url = format!("{}worker/start.js?{script}", browser::programs());
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    Worker::new_with_options(&url, &options)
}

/// What the page hears from the worker.
#[allow(clippy::large_enum_variant, reason = "there is one at a time, on its way to the handler")]
pub enum Heard {
    /// The wasm is up and takes commands.
    Loaded,
    Event(Event),
    /// The worker is of no more use.
    Crashed(String),
}

/// A running worker. Dropping it ends the worker.
pub struct Port {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

impl Port {
    /// Starts the worker for `engine`; see [`worker`].
    ///
    /// # Errors
    /// If the browser refuses to start a worker.
    pub fn spawn(engine: EngineChoice, heard: impl Fn(Heard) + Clone + 'static) -> Result<Self, JsValue> {
        let program = match engine {
            EngineChoice::Best | EngineChoice::Plan | EngineChoice::Cpu => "engine",
            EngineChoice::Burn => "eager",
        };
        let worker = worker(program)?;
        let (say, loaded) = (heard.clone(), Cell::new(false));
        let on_message = Closure::new(move |message: MessageEvent| {
            let data = message.data();
            say(match data.as_string() {
                Some(text) if text == LOADED => {
                    loaded.set(true);
                    Heard::Loaded
                }
                // Not every site has this worker.
                Some(text) if engine == EngineChoice::Burn && !loaded.get() => {
                    Heard::Crashed(words::no_eager(text.trim_start_matches(FAILED)))
                }
                Some(text) => Heard::Crashed(text.trim_start_matches(FAILED).into()),
                None => wire::unpacked(&data).map_or_else(Heard::Crashed, Heard::Event),
            });
        });
        let on_error = Closure::new(move |e: ErrorEvent| heard(Heard::Crashed(e.message())));
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Self { worker, _on_message: on_message, _on_error: on_error })
    }

    pub fn send(&self, command: &Command) {
        let (message, memory) = wire::packed(command);
        // Posting fails only for values that cannot be cloned, and a command has none.
        let _ = self.worker.post_message_with_transfer(&message, &memory);
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}
