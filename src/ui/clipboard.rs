//! Buttons that copy.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::browser;
use crate::words;

/// How long a button says what became of it.
const SAYS: Duration = Duration::from_secs(2);

/// Copies a text. The button's own words are the first of `own`; what it says where the browser refuses is the other.
pub fn copy(text: String, said: RwSignal<&'static str>, own: [&'static str; 2]) {
    leptos::task::spawn_local(async move {
        let done = JsFuture::from(browser::window().navigator().clipboard().write_text(&text)).await;
        said.set(if done.is_ok() { words::COPIED } else { own[1] });
        browser::later(move || said.set(own[0]), SAYS);
    });
}
