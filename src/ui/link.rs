//! The wire to the engine's worker: spawns it, sends commands, hands on what it says.

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Blob, BlobPropertyBag, ErrorEvent, MessageEvent, Url, Worker, WorkerOptions, WorkerType};

use super::browser;
use crate::spec::protocol::{Command, EngineChoice, Event};
use crate::wire;

/// Runs in the worker before the engine's wasm: a module that fails to load, and a panic message, must reach the page,
/// and by themselves they would only reach the console.
const BOOT: &str = r#"
const say = (text) => postMessage("failed: " + text);
const log = console.error;
console.error = (...parts) => {
    const text = parts.map(String).join(" ");
    if (text.includes("panicked at")) say(text.split("\n\n")[0]);
    log(...parts);
};
self.addEventListener("unhandledrejection", (e) => say(e.reason));
try {
    const engine = await import(SCRIPT);
    await engine.default();
} catch (e) {
    say(e);
}
"#;

/// What a worker says once it takes commands.
pub const LOADED: &str = "loaded";
/// Begins what [`BOOT`] says of a worker that is of no use.
pub const FAILED: &str = "failed: ";

/// Starts the worker that runs `program`.
///
/// # Errors
/// If the browser refuses to start a worker.
pub fn worker(program: &str) -> Result<Worker, JsValue> {
    let boot = BOOT.replace("SCRIPT", &format!("{:?}", format!("{}{program}/{program}.js", browser::programs())));
    let parts = js_sys::Array::of1(&boot.into());
    let kind = BlobPropertyBag::new();
    kind.set_type("text/javascript");
    let url = Url::create_object_url_with_blob(&Blob::new_with_str_sequence_and_options(&parts, &kind)?)?;
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
pub struct Link {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

impl Link {
    /// Starts the worker for `engine`; see [`worker`].
    ///
    /// # Errors
    /// If the browser refuses to start a worker.
    pub fn spawn(engine: EngineChoice, heard: impl Fn(Heard) + Clone + 'static) -> Result<Self, JsValue> {
        let program = match engine {
            EngineChoice::Plan => "engine",
            EngineChoice::Burn => "eager",
        };
        let worker = worker(program)?;
        let say = heard.clone();
        let on_message = Closure::new(move |message: MessageEvent| {
            let data = message.data();
            say(match data.as_string() {
                Some(text) if text == LOADED => Heard::Loaded,
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

impl Drop for Link {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}
