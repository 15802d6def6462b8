//! The engine in a dedicated worker: a port of [`Command`]s and [`Event`]s, a source of data, and a loop that never holds
//! the thread for longer than a turn.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};
use web_time::Instant;

use crate::Session;
use crate::breath::Breath;
use crate::keeper::Keeper;
use crate::loader;
use latent_data::own::{Loaded, Room};
use latent_platform::thrown::words;
use latent_platform::wire;
use latent_protocol::{Command, EngineChoice, Event};
use latent_runs::Opfs;
use latent_small::part;
use latent_small::part::Later;
use latent_vocabulary::device::{NoGpu, Power};

/// What the page waits for before it sends its first command.
const LOADED: &str = "loaded";

/// Between two reports of how much of a data set is there: the page draws each of them.
const TELL_EVERY: Duration = Duration::from_millis(60);

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

fn post(event: &Event) {
    let (message, memory) = wire::packed(event);
    scope().post_message_with_transfer(&message, &memory).expect("the page takes structured clones");
}

/// Starts listening. The page hears [`LOADED`] once commands are taken.
pub fn start() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        // The thread is lost; the page is told before it notices.
        post(&Event::DeviceLost { message: format!("the engine stopped: {info}") });
    }));
    let (sender, receiver) = unbounded::<Message>();
    let commands = sender.clone();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |e: MessageEvent| match wire::unpacked(&e.data()) {
        Ok(command) => drop(commands.unbounded_send(Message::Command(command))),
        Err(e) => post(&Event::Warning { message: format!("the engine does not understand a command: {e}") }),
    });
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    spawn_local(run(receiver, sender));
    scope().post_message(&JsValue::from_str(LOADED)).expect("the page listens");
}

/// What wakes the worker.
enum Message {
    Command(Command),
    /// The answer to the [`Command::Load`] of that number.
    Data(u32, Result<Loaded, String>),
}

async fn run(mut inbox: UnboundedReceiver<Message>, sender: UnboundedSender<Message>) {
    let mut session = Session::new(|event| post(&event));
    let mut source = DataSource { assets: String::new(), loads: Rc::default(), sender };
    let mut keeper = Keeper::new(Opfs::open().await, new_id);
    let mut breath = Breath::new();
    let mut busy = false;
    loop {
        // Nothing to do: sleep until a command comes. Else take what has come and go on.
        let mut next = if busy { inbox.try_recv().ok() } else { futures_next(&mut inbox).await };
        while let Some(message) = next {
            match message {
                Message::Command(Command::Open { assets, engine, hints }) => {
                    source.assets = assets;
                    session.heed(hints);
                    open(&mut session, engine, hints.power).await;
                }
                Message::Command(Command::Prepare { setup }) => {
                    if let Some(preparation) = session.preparation(setup) {
                        spawn_local(preparation);
                    }
                }
                Message::Command(Command::Load { data }) => source.load(data, session.room()),
                Message::Command(command) if !Keeper::<Opfs>::takes(&command) => session.command(command).await,
                Message::Command(command) => match keeping().await {
                    Ok(keep) => keep(&mut keeper, command, &mut session).await,
                    Err(message) => post(&Event::Warning { message }),
                },
                Message::Data(load, _) if load != source.loads.get() => {}
                Message::Data(_, Ok(data)) => session.set_data(data).await,
                Message::Data(_, Err(message)) => post(&Event::DataFailed { message }),
            }
            next = inbox.try_recv().ok();
        }
        busy = session.turn().await;
        breath.take().await;
    }
}

type Keeping = for<'a> fn(&'a mut Keeper<Opfs>, Command, &'a mut Session) -> Later<'a, ()>;
part!(files: fn keeping() -> Keeping = |keeper, command, session| Box::pin(keeper.command(command, session)));

/// The moment, and some letters for tabs that share it.
fn new_id() -> String {
    format!("{:x}-{:05x}", js_sys::Date::now() as u64, (js_sys::Math::random() * f64::from(1 << 20)) as u32)
}

/// Where data sets come from.
struct DataSource {
    /// Address of the folder with the files.
    assets: String,
    /// Counts loads; only the last one is wanted.
    loads: Rc<Cell<u32>>,
    sender: UnboundedSender<Message>,
}

impl DataSource {
    /// Starts loading beside everything else, with `room` for training images.
    fn load(&mut self, id: String, room: Room) {
        let load = self.loads.get() + 1;
        self.loads.set(load);
        let (assets, loads, sender) = (self.assets.clone(), self.loads.clone(), self.sender.clone());
        spawn_local(async move {
            let wanted = || loads.get() == load;
            let told = Cell::new(None::<Instant>);
            let progress = |loaded, total, unit| {
                let due = told.get().is_none_or(|at| at.elapsed() >= TELL_EVERY) || loaded == total;
                if wanted() && due {
                    told.set(Some(Instant::now()));
                    post(&Event::DataProgress { loaded, total, unit });
                }
                wanted()
            };
            if let Some(data) = loader::load(&id, &assets, room, progress).await {
                // The receiver lives as long as the worker.
                let _ = sender.unbounded_send(Message::Data(load, data));
            }
        });
    }
}

async fn futures_next(inbox: &mut UnboundedReceiver<Message>) -> Option<Message> {
    std::future::poll_fn(|cx| {
        use futures_core::Stream;
        Pin::new(&mut *inbox).poll_next(cx)
    })
    .await
}

/// Opens the device.
async fn open(session: &mut Session, engine: EngineChoice, power: Power) {
    let gpu = js_sys::Reflect::get(&scope().navigator(), &"gpu".into()).unwrap_or(JsValue::UNDEFINED);
    if gpu.is_undefined() || gpu.is_null() {
        session.without_gpu(engine, NoGpu::NoApi, "this browser has no navigator.gpu".into());
        return;
    }
    if engine == EngineChoice::Cpu {
        session.open(engine, [None, None]).await;
        return;
    }
    match adapter(&gpu, power).await {
        Ok(found) => {
            let other = adapter(&gpu, power.other()).await.ok();
            session.open(engine, [name_of(&found), other.and_then(|other| name_of(&other))]).await;
        }
        // wgpu would keep the browser's words to itself.
        Err(thrown) => drop(session.without_gpu(engine, NoGpu::NoAdapter, words(&thrown))),
    }
}

/// What the browser answers when it is asked for an adapter: null where it has none.
async fn adapter(gpu: &JsValue, power: Power) -> Result<JsValue, JsValue> {
    let request: js_sys::Function = js_sys::Reflect::get(gpu, &"requestAdapter".into())?.dyn_into()?;
    let preference = match power {
        Power::Fast => "high-performance",
        Power::Economical => "low-power",
    };
    let options = js_sys::Object::new();
    js_sys::Reflect::set(&options, &"powerPreference".into(), &preference.into())?;
    let found: js_sys::Promise = request.call1(gpu, &options)?.dyn_into()?;
    JsFuture::from(found).await
}

/// The adapter's name as the browser tells it: wgpu passes on the description only, which most browsers leave empty.
fn name_of(adapter: &JsValue) -> Option<String> {
    let get = |of: &JsValue, key: &str| js_sys::Reflect::get(of, &key.into()).ok();
    let info = get(adapter, "info")?;
    let word = |key: &str| get(&info, key).and_then(|v| v.as_string()).filter(|w| !w.is_empty());
    word("description").or_else(|| {
        let words: Vec<String> = ["vendor", "architecture"].iter().filter_map(|key| word(key)).collect();
        (!words.is_empty()).then(|| words.join(" "))
    })
}
