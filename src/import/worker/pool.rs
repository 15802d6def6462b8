//! Decoders: workers below this worker, each with the same program.

use std::cell::{Cell, RefCell};

use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use js_sys::ArrayBuffer;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::files::words;
use super::port::{next, scope};
use crate::frame::Framer;
use crate::job::{broke_on, decode};
use crate::picture::Picture;
use crate::risky;
use crate::source::Raw;
use latent_platform::wire;
use latent_vocabulary::import::Frame;

/// What hears a worker: its messages, and its end.
type Listeners = (Closure<dyn FnMut(MessageEvent)>, Closure<dyn FnMut(ErrorEvent)>);

/// The name that tells a decoder what it is.
pub const DECODER: &str = "decoder";
/// What a decoder says once it takes images.
const READY: &str = "ready";
/// More decoders than this are no faster: one thread reads for all of them.
const MOST: usize = 4;

/// Images for a decoder.
#[derive(Serialize, Deserialize)]
struct Task {
    number: u64,
    frame: Frame,
    images: Vec<Encoded>,
}

#[derive(Serialize, Deserialize)]
struct Encoded {
    name: String,
    bytes: ByteBuf,
    kind: Kind,
}

/// What bytes are.
#[derive(Serialize, Deserialize)]
enum Kind {
    File,
    /// A file of 16 bits, and its value of white.
    Deep(u16),
    /// Width, height and channels.
    Pixels(u32, u32, u32),
    /// So many numbers.
    Vector(u32),
}

/// What became of them.
#[derive(Serialize, Deserialize)]
pub struct Decoded {
    pub number: u64,
    pub images: Vec<Result<ByteBuf, String>>,
}

enum Heard {
    Ready(usize),
    /// With the memory that the answer came in.
    Decoded(usize, Decoded, ArrayBuffer),
    Broken(String),
}

/// Running decoders. Dropping them ends them.
pub struct Pool {
    workers: Vec<Worker>,
    /// Tasks that each has not answered; `None` before it is ready.
    busy: Vec<Cell<Option<u32>>>,
    /// Memory of answers, for the next tasks.
    spare: RefCell<Vec<ArrayBuffer>>,
    heard: UnboundedReceiver<Heard>,
    _listeners: Vec<Listeners>,
}

impl Pool {
    /// Starts a decoder for each core, and waits for the first.
    ///
    /// # Errors
    /// If the browser starts no workers below workers.
    pub async fn start() -> Result<Self, String> {
        let (say, heard) = unbounded();
        let cores = scope().navigator().hardware_concurrency() as usize;
        let mut pool = Self { workers: Vec::new(), busy: Vec::new(), spare: RefCell::default(), heard, _listeners: Vec::new() };
        for i in 0..cores.clamp(1, MOST) {
            let options = WorkerOptions::new();
            options.set_type(WorkerType::Module);
            options.set_name(DECODER);
            let worker = Worker::new_with_options(&own_address(), &options).map_err(|e| words(&e))?;
            pool._listeners.push(listen(&worker, i, &say));
            pool.workers.push(worker);
            pool.busy.push(Cell::new(None));
        }
        while pool.busy.iter().all(|b| b.get().is_none()) {
            pool.hear().await?;
        }
        Ok(pool)
    }

    /// Tasks that all decoders together should have, so that none waits.
    pub fn wanted(&self) -> u64 {
        2 * self.busy.iter().filter(|b| b.get().is_some()).count() as u64
    }

    /// Gives images to the decoder with the least to do.
    pub fn send(&self, number: u64, frame: Frame, images: Vec<(String, Raw)>) {
        let images = images.into_iter().map(|(name, raw)| match raw {
            Raw::File(bytes) => Encoded { name, bytes: ByteBuf::from(bytes), kind: Kind::File },
            Raw::Deep(bytes, white) => Encoded { name, bytes: ByteBuf::from(bytes), kind: Kind::Deep(white) },
            Raw::Picture(p) => {
                let kind = Kind::Pixels(p.width as u32, p.height as u32, p.channels as u32);
                Encoded { name, bytes: ByteBuf::from(p.values_hwc), kind }
            }
            Raw::Vector(bytes, dims) => Encoded { name, bytes: ByteBuf::from(bytes), kind: Kind::Vector(dims as u32) },
        });
        let task = Task { number, frame, images: images.collect() };
        let ready = (0..self.workers.len()).filter_map(|i| Some((self.busy[i].get()?, i)));
        let (tasks, i) = ready.min().expect("one is ready from the start");
        self.busy[i].set(Some(tasks + 1));
        let (message, memory) = wire::packed_into(&task, self.spare.borrow_mut().pop());
        self.workers[i].post_message_with_transfer(&message, &memory).expect("bytes can be sent");
    }

    /// Waits for the next answer.
    ///
    /// # Errors
    /// If a decoder broke.
    pub async fn answer(&mut self) -> Result<Decoded, String> {
        loop {
            if let Some(decoded) = self.hear().await? {
                return Ok(decoded);
            }
        }
    }

    async fn hear(&mut self) -> Result<Option<Decoded>, String> {
        match next(&mut self.heard).await {
            Some(Heard::Ready(i)) => {
                self.busy[i].set(Some(0));
                Ok(None)
            }
            Some(Heard::Decoded(i, decoded, memory)) => {
                self.spare.borrow_mut().push(memory);
                self.busy[i].set(self.busy[i].get().map(|tasks| tasks - 1));
                Ok(Some(decoded))
            }
            Some(Heard::Broken(why)) => Err(format!("a decoder has stopped: {why}")),
            None => Err("the decoders have ended".into()),
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.workers.iter().for_each(Worker::terminate);
    }
}

/// The address that this worker was started from.
fn own_address() -> String {
    let get = |of: &JsValue, key: &str| js_sys::Reflect::get(of, &key.into()).unwrap_or(JsValue::UNDEFINED);
    get(&get(&scope(), "location"), "href").as_string().unwrap_or_default()
}

fn listen(worker: &Worker, i: usize, say: &UnboundedSender<Heard>) -> Listeners {
    let (message, error) = (say.clone(), say.clone());
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |e: MessageEvent| {
        let heard = match e.data().as_string() {
            Some(text) if text == READY => Heard::Ready(i),
            Some(text) => Heard::Broken(text),
            None => {
                wire::unpacked_from(&e.data()).map_or_else(Heard::Broken, |(decoded, memory)| Heard::Decoded(i, decoded, memory))
            }
        };
        // The pool may have gone, with whoever would have listened.
        let _ = message.unbounded_send(heard);
    });
    let on_error = Closure::<dyn FnMut(ErrorEvent)>::new(move |e: ErrorEvent| {
        // A script that could not be loaded has no message.
        let words = js_sys::Reflect::get(&e, &"message".into()).ok().and_then(|words| words.as_string());
        let _ = error.unbounded_send(Heard::Broken(words.unwrap_or_else(|| "it could not be loaded".into())));
    });
    worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    (on_message, on_error)
}

/// Says what it broke on, before the program ends with a trap that says nothing.
fn last_words(panic: &std::panic::PanicHookInfo) {
    console_error_panic_hook::hook(panic);
    let name = risky::at().unwrap_or_default();
    let why = panic.payload_as_str().unwrap_or("no reason was given");
    let _ = scope().post_message(&JsValue::from_str(&broke_on(&name, why)));
}

/// A decoder's whole life: a task in, images out.
pub fn decoder(scope: &DedicatedWorkerGlobalScope) {
    std::panic::set_hook(Box::new(last_words));
    let mut framer = Framer::default();
    let port = scope.clone();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |e: MessageEvent| {
        let sent = match wire::unpacked_from(&e.data()) {
            Ok((Task { number, frame, images }, memory)) => {
                let images = images.into_iter().map(|image| {
                    let Encoded { name, bytes, kind } = image;
                    let bytes = bytes.into_vec();
                    let raw = match kind {
                        Kind::File => Raw::File(bytes),
                        Kind::Deep(white) => Raw::Deep(bytes, white),
                        Kind::Pixels(w, h, c) => {
                            Raw::Picture(Picture { width: w as usize, height: h as usize, channels: c as usize, values_hwc: bytes })
                        }
                        Kind::Vector(dims) => Raw::Vector(bytes, dims as usize),
                    };
                    risky::begin(&name);
                    decode(&mut framer, &name, raw, &frame).map(ByteBuf::from)
                });
                let (answer, memory) = wire::packed_into(&Decoded { number, images: images.collect() }, Some(memory));
                port.post_message_with_transfer(&answer, &memory)
            }
            Err(message) => port.post_message(&JsValue::from_str(&message)),
        };
        sent.expect("bytes and words can be sent");
    });
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    scope.post_message(&JsValue::from_str(READY)).expect("whoever started this listens");
}
