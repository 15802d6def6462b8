//! The engine in a dedicated worker: a port of [`Command`]s and [`Event`]s, a source of data, and a loop that never holds
//! the thread for longer than a turn.

use std::cell::RefCell;
use std::rc::Rc;

use futures_channel::mpsc::{UnboundedReceiver, unbounded};
use futures_channel::oneshot;
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent, ReadableStreamDefaultReader, Response};

use crate::data::{Dataset, mnist};
use crate::spec::protocol::{Command, EngineChoice, Event, NoGpu};
use crate::train::session::Session;

/// What the page waits for before it sends its first command.
const LOADED: &str = "loaded";

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

fn post(event: &Event) {
    // Sequences of numbers as typed arrays come from `serde_bytes`; 64-bit integers as plain numbers.
    let serializer = serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true);
    let message = event.serialize(&serializer).expect("events are plain data");
    scope().post_message(&message).expect("the page takes structured clones");
}

/// Starts listening. The page hears [`LOADED`] once commands are taken.
pub fn start() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        // The thread is lost; the page is told before it notices.
        post(&Event::DeviceLost { message: format!("the engine stopped: {info}") });
    }));
    let (sender, receiver) = unbounded::<Command>();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |e: MessageEvent| {
        match serde_wasm_bindgen::from_value::<Command>(e.data()) {
            Ok(command) => drop(sender.unbounded_send(command)),
            Err(e) => post(&Event::Warning { message: format!("the engine does not understand a command: {e}") }),
        }
    });
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    spawn_local(run(receiver));
    scope().post_message(&JsValue::from_str(LOADED)).expect("the page listens");
}

async fn run(mut inbox: UnboundedReceiver<Command>) {
    let mut session = Session::new(|event| post(&event));
    let arrived: Rc<RefCell<Option<Dataset>>> = Rc::default();
    let mut breath = Breath::new();
    let mut busy = false;
    loop {
        // Nothing to do: sleep until a command comes. Else take what has come and go on.
        let first = if busy { inbox.try_recv().ok() } else { futures_next(&mut inbox).await };
        let mut next = first;
        while let Some(command) = next {
            if let Command::Open { assets, engine } = &command {
                open(&mut session, assets, *engine, &arrived).await;
            }
            session.command(command).await;
            next = inbox.try_recv().ok();
        }
        if let Some(data) = arrived.borrow_mut().take() {
            session.set_data(data);
        }
        busy = session.turn().await;
        breath.take().await;
    }
}

async fn futures_next(inbox: &mut UnboundedReceiver<Command>) -> Option<Command> {
    std::future::poll_fn(|cx| {
        use futures_core::Stream;
        std::pin::Pin::new(&mut *inbox).poll_next(cx)
    })
    .await
}

/// Opens the device and fetches the data set.
async fn open(session: &mut Session, assets: &str, engine: EngineChoice, arrived: &Rc<RefCell<Option<Dataset>>>) {
    let gpu = js_sys::Reflect::get(&scope().navigator(), &"gpu".into()).unwrap_or(JsValue::UNDEFINED);
    if gpu.is_undefined() || gpu.is_null() {
        post(&Event::NoGpu { reason: NoGpu::NoApi, detail: "this browser has no navigator.gpu".into() });
        return;
    }
    if !session.open(engine, adapter_name().await).await {
        return;
    }
    match fetch_mnist(assets).await {
        Ok(data) => *arrived.borrow_mut() = Some(data),
        Err(message) => post(&Event::DataFailed { message }),
    }
}

/// The adapter's name as the browser tells it: wgpu passes on the description only, which most browsers leave empty.
async fn adapter_name() -> Option<String> {
    let get = |of: &JsValue, key: &str| js_sys::Reflect::get(of, &key.into());
    let gpu = get(&scope().navigator(), "gpu").ok()?;
    let request: js_sys::Function = get(&gpu, "requestAdapter").ok()?.dyn_into().ok()?;
    let found: js_sys::Promise = request.call0(&gpu).ok()?.dyn_into().ok()?;
    let info = get(&JsFuture::from(found).await.ok()?, "info").ok()?;
    let word = |key: &str| get(&info, key).ok().and_then(|v| v.as_string()).filter(|w| !w.is_empty());
    word("description").or_else(|| {
        let words: Vec<String> = ["vendor", "architecture"].iter().filter_map(|key| word(key)).collect();
        (!words.is_empty()).then(|| words.join(" "))
    })
}

async fn fetch_mnist(assets: &str) -> Result<Dataset, String> {
    // The whole download is known beforehand, so progress is honest from the first byte.
    let total: u64 = mnist::FILES.iter().map(|f| f.bytes).sum();
    let mut loaded = 0;
    let mut files = Vec::with_capacity(mnist::FILES.len());
    for file in &mnist::FILES {
        let address = format!("{assets}mnist/{}", file.name);
        files.push(fetch(&address, |n| {
            loaded += n;
            post(&Event::DataProgress { loaded, total });
        })
        .await?);
    }
    mnist::from_files(&files)
}

/// Fetches a file, telling each piece's size.
async fn fetch(address: &str, mut progress: impl FnMut(u64)) -> Result<Vec<u8>, String> {
    let why = |e: JsValue| format!("{address} could not be loaded: {}", describe(&e));
    let response: Response =
        JsFuture::from(scope().fetch_with_str(address)).await.map_err(why)?.dyn_into().map_err(why)?;
    if !response.ok() {
        return Err(format!("{address} could not be loaded: the server answered {}", response.status()));
    }
    let body = response.body().ok_or_else(|| format!("{address} is empty"))?;
    let reader: ReadableStreamDefaultReader = body.get_reader().dyn_into().map_err(|e| why(e.into()))?;
    let mut bytes = Vec::new();
    loop {
        let piece = JsFuture::from(reader.read()).await.map_err(why)?;
        let get = |key: &str| js_sys::Reflect::get(&piece, &key.into()).map_err(why);
        if get("done")?.is_truthy() {
            return Ok(bytes);
        }
        let array = js_sys::Uint8Array::new(&get("value")?);
        progress(u64::from(array.length()));
        bytes.extend(array.to_vec());
    }
}

fn describe(e: &JsValue) -> String {
    e.dyn_ref::<js_sys::Error>().map_or_else(|| format!("{e:?}"), |e| String::from(e.message()))
}

/// Lets the worker's event loop run once. A `MessageChannel` is not throttled in hidden tabs, as timers are.
struct Breath {
    channel: MessageChannel,
    waiting: Rc<RefCell<Option<oneshot::Sender<()>>>>,
    _on_message: Closure<dyn FnMut()>,
}

impl Breath {
    fn new() -> Self {
        let channel = MessageChannel::new().expect("workers have message channels");
        let waiting: Rc<RefCell<Option<oneshot::Sender<()>>>> = Rc::default();
        let wake = waiting.clone();
        let on_message = Closure::<dyn FnMut()>::new(move || {
            if let Some(sender) = wake.borrow_mut().take() {
                let _ = sender.send(());
            }
        });
        channel.port1().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Self { channel, waiting, _on_message: on_message }
    }

    async fn take(&mut self) {
        let (sender, receiver) = oneshot::channel();
        *self.waiting.borrow_mut() = Some(sender);
        self.channel.port2().post_message(&JsValue::NULL).expect("a number can be posted");
        // The sender is dropped only with the worker.
        let _ = receiver.await;
    }
}
