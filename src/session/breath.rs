//! Giving the thread back for a moment.

use std::cell::RefCell;
use std::rc::Rc;

use futures_channel::oneshot;
use wasm_bindgen::prelude::*;
use web_sys::MessageChannel;

/// Lets the worker's event loop run once. A `MessageChannel` is not throttled in hidden tabs, as timers are.
pub struct Breath {
    channel: MessageChannel,
    waiting: Rc<RefCell<Option<oneshot::Sender<()>>>>,
    _on_message: Closure<dyn FnMut()>,
}

impl Breath {
    pub fn new() -> Self {
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

    pub async fn take(&mut self) {
        let (sender, receiver) = oneshot::channel();
        *self.waiting.borrow_mut() = Some(sender);
        self.channel.port2().post_message(&JsValue::NULL).expect("a number can be posted");
        // The sender is dropped only with the worker.
        let _ = receiver.await;
    }
}
