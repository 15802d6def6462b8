//! The few things the page asks of the browser.

use std::time::Duration;

pub use gloo::utils::{document, window};
use leptos::prelude::set_timeout;
use leptos::wasm_bindgen::{self, JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use serde::de::DeserializeOwned;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Element, HtmlAnchorElement, HtmlLinkElement, Response, Storage, Url};

#[wasm_bindgen]
extern "C" {
    // The list that web-sys gives is one more type to load, and an array does.
    type Root;
    #[wasm_bindgen(method, js_name = querySelectorAll)]
    fn query_selector_all(this: &Root, selector: &str) -> JsValue;
}

use latent_platform::gunzip::gunzip;
pub use latent_platform::thrown::words as error_text;

/// Keys of the address that belong to the page, not to the experiment.
pub const RESERVED: &[&str] =
    &["theme", "engine", "weights", "preset", "bench", "finding", "lesson", "page", "hide", "lock", "projector", LANGUAGE];

/// The language of the page, where it is not English: see `assets/embed/language.js`.
pub const LANGUAGE: &str = "lang";

/// Milliseconds since the page was opened.
pub fn now() -> f64 {
    window().performance().map_or(0.0, |p| p.now())
}

/// Runs `f` before the next repaint.
pub fn next_frame(f: impl FnOnce() + 'static) {
    frame(Box::new(f));
}

/// Compiled once, not for each closure.
fn frame(f: Box<dyn FnOnce()>) {
    let callback = Closure::once_into_js(f);
    // Fails only for a window that is already gone.
    let _ = window().request_animation_frame(callback.unchecked_ref());
}

/// Runs `f` after a while.
pub fn later(f: impl FnOnce() + 'static, wait: Duration) {
    timeout(Box::new(f), wait);
}

/// Compiled once, as [`frame`].
fn timeout(f: Box<dyn FnOnce()>, wait: Duration) {
    set_timeout(f, wait);
}

/// The address of the folder that this page lies in, ending in `/`.
pub fn base() -> String {
    let href = document().base_uri().ok().flatten().unwrap_or_default();
    let path = href.split(['?', '#']).next().unwrap_or_default();
    path[..=path.rfind('/').unwrap_or(0)].to_owned()
}

/// The address of the folder with data and models, ending in `/`.
pub fn assets() -> String {
    format!("{}assets/", base())
}

/// The address of the folder with the programs of this build, each in a folder of its own, and what they fetch, ending in `/`; the page is
/// one of them.
pub fn programs() -> String {
    let link = document().query_selector("link[rel=modulepreload]").ok().flatten();
    let href = link.and_then(|l| l.dyn_into::<HtmlLinkElement>().ok()).map(|l| l.href()).unwrap_or_default();
    href.trim_end_matches("page/page.js").to_owned()
}

/// The query of the address, with its `?`.
pub fn query() -> String {
    window().location().search().unwrap_or_default()
}

/// What follows the `#` of the address, with it.
pub fn fragment() -> String {
    window().location().hash().unwrap_or_default()
}

/// The value of a key of the address.
pub fn parameter(key: &str) -> Option<String> {
    let query = query();
    let mut pairs = query.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(k, _)| *k == key).map(|(_, value)| value.to_owned())
}

/// Whether the address has a key, whatever its value.
pub fn asks(key: &str) -> bool {
    query().trim_start_matches('?').split('&').any(|pair| pair.split('=').next() == Some(key))
}

/// Whether the page was opened to show something of its address.
pub fn asked_something() -> bool {
    let query = query();
    // A language by itself asks for nothing.
    let says_little = query.is_empty() || (parameter(LANGUAGE).is_some() && !query.contains('&'));
    !says_little || !fragment().is_empty()
}

/// The file of words of that path in the language of the page.
pub fn worded(path: &str) -> String {
    match document().document_element().and_then(|root| root.get_attribute("lang")) {
        Some(tag) if tag != "en" => format!("languages/{tag}/{path}"),
        _ => path.into(),
    }
}

/// Replaces query and fragment of the address without a new history entry.
pub fn replace_address(query: &str, fragment: &str) {
    let part = |mark: &str, text: &str| if text.is_empty() { String::new() } else { format!("{mark}{text}") };
    let address = format!("{}{}", part("?", query), part("#", fragment));
    if let Ok(history) = window().history() {
        // Refused only where the page has no address of its own, such as in a sandboxed frame.
        let _ = history.replace_state_with_url(&JsValue::TRUE, "", Some(&address));
    }
}

/// Adds an entry to the history, of the same address: Back leads to the one before.
pub fn push_entry() {
    if let Ok(history) = window().history() {
        let _ = history.replace_state(&JsValue::TRUE, "");
        let _ = history.push_state(&JsValue::TRUE, "");
    }
}

/// Whether the page has written the entry of the history that it stands at. It has not where a link was opened in it.
pub fn is_own_entry() -> bool {
    window().history().and_then(|history| history.state()).is_ok_and(|state| state.is_truthy())
}

/// Whether the page stands in a frame that belongs to no site: its sandbox lacks `allow-same-origin`.
pub fn is_nobodys() -> bool {
    js_sys::Reflect::get(&window(), &"origin".into()).is_ok_and(|origin| origin.as_string().as_deref() == Some("null"))
}

/// The address of this page.
pub fn address() -> String {
    window().location().href().unwrap_or_default()
}

async fn response(address: &str) -> Result<Response, String> {
    let answer = JsFuture::from(window().fetch_with_str(address)).await.map_err(|e| error_text(&e))?;
    let response: Response = answer.dyn_into().map_err(|e| error_text(&e))?;
    if response.ok() { Ok(response) } else { Err(format!("the server answers {}", response.status())) }
}

async fn bytes(response: &Response) -> Result<Vec<u8>, JsValue> {
    Ok(js_sys::Uint8Array::new(&JsFuture::from(response.array_buffer()?).await?).to_vec())
}

/// Fetches a file from an address; one without a host is taken from this page on.
pub async fn fetch_from(address: &str) -> Result<Vec<u8>, String> {
    bytes(&response(address).await?).await.map_err(|e| error_text(&e))
}

/// Fetches a file beside the page.
pub async fn fetch(path: &str) -> Result<Vec<u8>, String> {
    fetch_from(&format!("{}{path}", base())).await.map_err(|e| format!("{path}: {e}"))
}

/// Fetches a file of JSON of this build, which the browser reads.
pub async fn fetch_json<T: DeserializeOwned>(path: &str) -> Result<T, String> {
    let damaged = |e: JsValue| format!("{path} is damaged: {}", error_text(&e));
    let bytes = fetch_from(&format!("{}{path}", programs())).await.map_err(|e| format!("{path}: {e}"))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{path} is damaged"))?;
    serde_wasm_bindgen::from_value(js_sys::JSON::parse(&text).map_err(damaged)?).map_err(|e| damaged(e.into()))
}

/// Fetches a gzip file beside the page and unpacks it.
pub async fn fetch_gz(path: &str) -> Result<Vec<u8>, String> {
    gunzip(fetch(path).await?).await.map_err(|e| error_text(&e))
}

/// A value kept in this browser.
pub fn recall(key: &str) -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(key).ok().flatten()
}

/// Keeps a value in this browser, where the visitor allows it.
pub fn remember(key: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(key, value);
    }
}

/// This tab's own storage: it outlives a reload, and no other tab sees it.
fn tab_storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

/// A value kept in this tab.
pub fn recall_in_tab(key: &str) -> Option<String> {
    tab_storage()?.get_item(key).ok().flatten()
}

/// Keeps a value in this tab, where the visitor allows it.
pub fn remember_in_tab(key: &str, value: &str) {
    if let Some(storage) = tab_storage() {
        let _ = storage.set_item(key, value);
    }
}

/// Milliseconds since 1970.
pub fn today() -> f64 {
    js_sys::Date::now()
}

/// What is written as `%20` in an address.
pub fn decoded(text: &str) -> String {
    js_sys::decode_uri_component(text).map_or_else(|_| text.to_owned(), String::from)
}

/// Text as a value in an address; slashes and colons may stay as they are there.
pub fn encoded(text: &str) -> String {
    let strict = String::from(js_sys::encode_uri_component(text));
    strict.replace("%2F", "/").replace("%3A", ":")
}

/// Hands a file to the visitor.
pub fn save(blob: &Blob, name: &str) {
    let Ok(address) = Url::create_object_url_with_blob(blob) else { return };
    if let Some(link) = document().create_element("a").ok().and_then(|a| a.dyn_into::<HtmlAnchorElement>().ok()) {
        link.set_href(&address);
        link.set_download(name);
        link.click();
    }
    let _ = Url::revoke_object_url(&address);
}

/// [`save`] for bytes.
///
/// # Errors
/// If the browser has no memory for another copy.
pub fn save_bytes(bytes: &[u8], name: &str) -> Result<(), JsValue> {
    let parts = js_sys::Array::of1(&js_sys::Uint8Array::from(bytes));
    save(&Blob::new_with_u8_array_sequence(&parts)?, name);
    Ok(())
}

/// The elements below `root` that a selector finds.
pub fn all(root: &Element, selector: &str) -> js_sys::Array {
    js_sys::Array::from(&root.unchecked_ref::<Root>().query_selector_all(selector))
}

/// Whether a media query holds.
pub fn media(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|m| m.matches())
}
