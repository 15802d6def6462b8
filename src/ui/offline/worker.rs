//! The wire to the service worker.

use leptos::wasm_bindgen::{JsCast, JsValue, closure::Closure};
use serde::Deserialize;
use wasm_bindgen_futures::JsFuture;
use web_sys::{MessageChannel, MessageEvent};

use super::words;
use crate::browser::{self, error_text};

/// `object[name]`, unless it is nothing. By name, as below: a binding of each would be in the page's own script.
fn entry(object: &JsValue, name: &str) -> Option<JsValue> {
    // A sandboxed frame throws.
    js_sys::Reflect::get(object, &name.into()).ok().filter(|found| !found.is_undefined() && !found.is_null())
}

/// `object[method](...arguments)`.
fn call(object: &JsValue, method: &str, arguments: &js_sys::Array) -> Result<JsValue, JsValue> {
    let function = js_sys::Reflect::get(object, &method.into())?;
    js_sys::Reflect::apply(function.unchecked_ref::<js_sys::Function>(), object, arguments)
}

/// What a promise comes to that `object[method](...arguments)` gives.
async fn called(object: &JsValue, method: &str, arguments: &js_sys::Array) -> Result<JsValue, JsValue> {
    JsFuture::from(js_sys::Promise::from(call(object, method, arguments)?)).await
}

/// The worker's file, beside the page.
const WORKER: &str = "sw.js";
const LIST: &str = "offline.json";

/// A file of the site.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "(String, f64, bool, bool)")]
pub struct KeptFile {
    pub path: String,
    pub bytes: f64,
    /// The page does not work without it.
    pub needed: bool,
    pub kept: bool,
}

impl From<(String, f64, bool, bool)> for KeptFile {
    fn from((path, bytes, needed, kept): (String, f64, bool, bool)) -> Self {
        Self { path, bytes, needed, kept }
    }
}

/// What the worker says.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Said {
    pub files: Vec<KeptFile>,
    /// It has done what it was asked for.
    pub over: bool,
    /// Why not.
    pub wrong: String,
}

/// The list as it is on the site.
#[derive(Deserialize)]
struct Listed {
    /// Each with the sum of one that is not called by its content.
    files: Vec<(String, f64, bool, String)>,
}

/// `navigator.serviceWorker`; nothing where the browser has no such workers, or not at this address.
fn container() -> Option<JsValue> {
    entry(&browser::window().navigator(), "serviceWorker")
}

fn parsed<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    let value = js_sys::JSON::parse(text).map_err(|e| error_text(&e))?;
    serde_wasm_bindgen::from_value(value).map_err(|e| error_text(&e.into()))
}

/// Sends a message, and hands on each answer.
fn ask(active: &JsValue, message: &JsValue, heard: impl Fn(Result<Said, String>) + 'static) -> Result<(), JsValue> {
    let channel = MessageChannel::new()?;
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        heard(parsed(&event.data().as_string().unwrap_or_default()));
    });
    channel.port1().set_onmessage(Some(on_message.into_js_value().unchecked_ref()));
    call(active, "postMessage", &js_sys::Array::of2(message, &js_sys::Array::of1(&channel.port2()))).map(drop)
}

/// A message with one entry.
fn message(key: &str, value: &JsValue) -> JsValue {
    let message = js_sys::Object::new();
    // A plain object takes any key.
    let _ = js_sys::Reflect::set(&message, &key.into(), value);
    message.into()
}

/// The worker that runs, if there is one.
async fn running(container: &JsValue) -> Option<JsValue> {
    entry(&called(container, "getRegistration", &js_sys::Array::new()).await.ok()?, "active")
}

/// Says what is kept.
pub async fn look(heard: impl Fn(Result<Said, String>) + 'static) {
    let Some(container) = container() else { return heard(Err(words::ABSENT.into())) };
    if let Some(active) = running(&container).await {
        // Fails only without memory.
        let _ = ask(&active, &JsValue::from(js_sys::Object::new()), heard);
        return;
    }
    let list = browser::fetch_from(&format!("{}{LIST}", browser::base())).await;
    let list = list.and_then(|bytes| parsed::<Listed>(&String::from_utf8_lossy(&bytes)));
    let file = |(path, bytes, needed, _)| KeptFile { path, bytes, needed, kept: false };
    heard(list.map(|list| Said { files: list.files.into_iter().map(file).collect(), over: true, wrong: String::new() }));
}

/// Keeps the page and these files. An answer comes after each.
pub async fn keep(paths: Vec<String>, heard: impl Fn(Result<Said, String>) + 'static) {
    let Some(container) = container() else { return heard(Err(words::ABSENT.into())) };
    if running(&container).await.is_none() {
        let address = format!("{}{WORKER}", browser::base());
        if let Err(why) = called(&container, "register", &js_sys::Array::of1(&address.into())).await {
            return heard(Err(words::refused(&error_text(&why))));
        }
    }
    let Some(ready) = entry(&container, "ready") else { return };
    let Ok(ready) = JsFuture::from(js_sys::Promise::from(ready)).await else { return };
    let Some(active) = entry(&ready, "active") else { return };
    let paths: js_sys::Array = paths.into_iter().map(JsValue::from).collect();
    let _ = ask(&active, &message("keep", &paths), heard);
}

/// Deletes all that is kept.
pub async fn forget(heard: impl Fn(Result<Said, String>) + Clone + 'static) {
    let Some(container) = container() else { return };
    let Some(active) = running(&container).await else { return look(heard).await };
    let then = move |_| {
        let heard = heard.clone();
        leptos::task::spawn_local(async move { look(heard).await });
    };
    let _ = ask(&active, &message("forget", &JsValue::TRUE), then);
}
