//! The wire to the worker that reads files.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use leptos::wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Blob, ErrorEvent, MessageEvent, Worker};

use crate::{browser, port};
use latent_platform::wire;
use latent_vocabulary::import::{ImportCommand, ImportEvent};

/// What the page hears from it.
pub enum Heard {
    Event(ImportEvent),
    /// It is of no more use. With the file that it has broken on, where it could still say so.
    Crashed(String, Option<String>),
}

/// The running worker. Dropping it ends it.
pub struct Importer {
    worker: Worker,
    /// Messages that wait until it listens; `None` once it does.
    waiting: Rc<RefCell<Option<Vec<JsValue>>>>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

impl Importer {
    /// Loads and starts it.
    ///
    /// # Errors
    /// If the browser refuses to start a worker.
    pub fn spawn(heard: impl Fn(Heard) + Clone + 'static) -> Result<Self, String> {
        // Its end is heard several times, of which the first says most.
        let ended = Rc::new(Cell::new(false));
        let heard = move |what: Heard| {
            let ends = matches!(what, Heard::Crashed(..));
            if !ends || !ended.replace(true) {
                heard(what);
            }
        };
        let worker = port::worker("pack").map_err(|e| browser::error_text(&e))?;
        let waiting = Rc::new(RefCell::new(Some(Vec::new())));
        let (say, queue, to) = (heard.clone(), waiting.clone(), worker.clone());
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            let data = message.data();
            match data.as_string() {
                Some(text) if text == port::LOADED => {
                    for message in queue.take().into_iter().flatten() {
                        // Posting fails only for values that cannot be cloned, and files can.
                        let _ = to.post_message(&message);
                    }
                }
                Some(text) => say(Heard::Crashed(text.trim_start_matches(port::FAILED).into(), None)),
                None => say(match wire::unpacked(&data) {
                    Ok(ImportEvent::Broke { file, message }) => Heard::Crashed(message, file),
                    Ok(event) => Heard::Event(event),
                    Err(e) => Heard::Crashed(e, None),
                }),
            }
        });
        let on_error = Closure::<dyn FnMut(ErrorEvent)>::new(move |e: ErrorEvent| heard(Heard::Crashed(e.message(), None)));
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Self { worker, waiting, _on_message: on_message, _on_error: on_error })
    }

    /// Sends a command, and files with it.
    pub fn send(&self, command: &ImportCommand, files: &[Blob]) {
        let message = js_sys::Object::new();
        let put = |key: &str, value: &JsValue| drop(js_sys::Reflect::set(&message, &key.into(), value));
        put("command", &wire::packed(command).0);
        put("files", &files.iter().collect::<js_sys::Array>());
        match self.waiting.borrow_mut().as_mut() {
            Some(waiting) => waiting.push(message.into()),
            None => drop(self.worker.post_message(&message)),
        }
    }
}

impl Drop for Importer {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}
