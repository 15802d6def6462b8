//! The worker that imports: commands in, events out, decoders below it, shards into the browser's storage.

mod files;
mod pack;
mod pool;
mod port;

use std::cell::Cell;
use std::rc::Rc;

use futures_channel::mpsc::{UnboundedReceiver, unbounded};
use serde_bytes::ByteBuf;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, MessageEvent};

use crate::frame::Framer;
use crate::picture::Picture;
use crate::plan::{read, read_table};
use crate::risky;
use crate::source::{FIRST, Source, first_pictures, suggested_frame};
use latent_packed::store::Store;
use latent_platform::wire;
use latent_vocabulary::import::{Choice, Found, FoundFactor, Frame, ImportCommand, ImportEvent};

use files::{Chosen, Remote};
use port::{next, post, scope};

/// What the page waits for before it sends its first command.
const LOADED: &str = "loaded";

/// A command, and the files that came with it.
type Message = (ImportCommand, Vec<Blob>);

/// Starts listening: as the importer, or as one of its decoders.
pub fn start() {
    console_error_panic_hook::set_once();
    if scope().name() == pool::DECODER {
        return pool::decoder(&scope());
    }
    std::panic::set_hook(Box::new(last_words));
    let (sender, receiver) = unbounded::<Message>();
    let state = Rc::new(State::default());
    let told = state.clone();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |e: MessageEvent| {
        let get = |key: &str| js_sys::Reflect::get(&e.data(), &key.into()).unwrap_or(JsValue::UNDEFINED);
        match wire::unpacked(&get("command")) {
            // These must not wait behind the import.
            Ok(ImportCommand::Stop) => told.stopped.set(true),
            Ok(ImportCommand::List) if told.packing.get() => spawn_local(async {
                // Where the storage fails, the import says so.
                let _ = list().await;
            }),
            Ok(command) => {
                let files = get("files").dyn_into::<js_sys::Array>().unwrap_or_default();
                let files = files.iter().filter_map(|file| file.dyn_into::<Blob>().ok()).collect();
                // The receiver lives as long as the worker.
                let _ = sender.unbounded_send((command, files));
            }
            Err(e) => post(&ImportEvent::Failed { message: format!("the importer does not understand a command: {e}") }),
        }
    });
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    spawn_local(run(receiver, state));
    scope().post_message(&JsValue::from_str(LOADED)).expect("the page listens");
}

/// Says which file it broke on, before the program ends with a trap that says nothing.
fn last_words(panic: &std::panic::PanicHookInfo) {
    let message = panic.payload_as_str().unwrap_or("no reason was given").to_owned();
    post(&ImportEvent::Broke { file: risky::at(), message });
    console_error_panic_hook::hook(panic);
}

/// What messages that do not wait their turn read and change.
#[derive(Default)]
struct State {
    packing: Cell<bool>,
    stopped: Cell<bool>,
}

async fn run(mut inbox: UnboundedReceiver<Message>, state: Rc<State>) {
    let mut importer = Importer { source: None, far: false, state };
    while let Some((command, files)) = next(&mut inbox).await {
        if let Err(message) = importer.carry_out(command, files).await {
            post(&ImportEvent::Failed { message });
        }
    }
}

struct Importer {
    /// What was last inspected.
    source: Option<Box<dyn Source>>,
    /// It lies behind an address.
    far: bool,
    state: Rc<State>,
}

impl Importer {
    async fn carry_out(&mut self, command: ImportCommand, files: Vec<Blob>) -> Result<(), String> {
        match command {
            ImportCommand::Inspect { names, wishes } => {
                // The old one first: two indices of large archives need not fit.
                (self.source, self.far) = (None, false);
                let named = names.iter().zip(files).map(|(name, file)| Chosen::named(name, file)).collect::<Result<Vec<_>, _>>()?;
                self.found(read(&named, &wishes)?)
            }
            ImportCommand::InspectAddress { address } => {
                (self.source, self.far) = (None, true);
                self.found(read_table(&Remote::open(&address).await?)?)
            }
            ImportCommand::Preview { frame } => self.preview(frame),
            ImportCommand::Start { choice } => self.pack(choice).await,
            // Taken where messages arrive.
            ImportCommand::Stop => Ok(()),
            ImportCommand::List => list().await,
            ImportCommand::Delete { id } => {
                Store::open().await?.delete(&id).await?;
                list().await
            }
        }
    }

    fn found(&mut self, mut source: Box<dyn Source>) -> Result<(), String> {
        let pictures = first_pictures(&mut *source, FIRST)?;
        let (first, about) = (&pictures[0], source.about());
        let frame = suggested_frame(&pictures, about);
        let found = Found {
            what: about.what.clone(),
            title: about.title.clone(),
            credit: about.credit.clone(),
            items: about.items,
            width: first.width as u32,
            height: first.height as u32,
            channels: first.channels as u32,
            factors: about.factors.iter().map(|f| FoundFactor { name: f.name.clone(), values: f.values.clone() }).collect(),
            label: about.label,
            notes: about.notes.clone(),
            frame,
            sheet: about.sheet,
            plan: Box::new(about.plan.clone()),
        };
        self.source = Some(source);
        post(&ImportEvent::Found { found });
        show(pictures, frame)
    }

    fn preview(&mut self, frame: Frame) -> Result<(), String> {
        let source = self.source.as_mut().ok_or("nothing has been chosen yet")?;
        show(first_pictures(&mut **source, FIRST)?, frame)
    }

    async fn pack(&mut self, choice: Choice) -> Result<(), String> {
        let source = self.source.as_mut().ok_or("nothing has been chosen yet")?;
        self.state.stopped.set(false);
        self.state.packing.set(true);
        let packed = pack::pack(&mut **source, choice, self.far, &self.state.stopped).await;
        self.state.packing.set(false);
        // After a refusal the visitor may choose otherwise.
        if packed.is_ok() {
            self.source = None;
        }
        packed
    }
}

/// Shows the page what becomes of pictures.
fn show(pictures: Vec<Picture>, frame: Frame) -> Result<(), String> {
    let (mut framer, mut pixels) = (Framer::default(), Vec::new());
    let n = pictures.len() as u32;
    for picture in pictures {
        // Those of vectors are made for the page already.
        let of_vector = (frame.width, frame.height) == (1, 1);
        pixels.extend(if of_vector { picture.values_hwc } else { framer.frame(picture, &frame)? });
    }
    post(&ImportEvent::Preview { frame, n, pixels: ByteBuf::from(pixels) });
    Ok(())
}

/// Tells the page which sets there are.
async fn list() -> Result<(), String> {
    let store = Store::open().await?;
    let mut sets = Vec::new();
    for id in store.names().await? {
        // What cannot be read can still be deleted.
        sets.push(pack::stored(&store, &id).await.unwrap_or_else(|_| pack::broken(&id)));
    }
    post(&ImportEvent::Stored { sets });
    Ok(())
}
