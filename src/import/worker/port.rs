//! How a worker hears and is heard.

use futures_channel::mpsc::UnboundedReceiver;
use wasm_bindgen::prelude::*;
use web_sys::DedicatedWorkerGlobalScope;

use latent_platform::wire;
use latent_vocabulary::import::ImportEvent;

pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

pub fn post(event: &ImportEvent) {
    let (message, memory) = wire::packed(event);
    scope().post_message_with_transfer(&message, &memory).expect("the page takes structured clones");
}

/// Waits for the next message; `None` once nobody can send one.
pub async fn next<T>(inbox: &mut UnboundedReceiver<T>) -> Option<T> {
    std::future::poll_fn(|cx| {
        use futures_core::Stream;
        std::pin::Pin::new(&mut *inbox).poll_next(cx)
    })
    .await
}
