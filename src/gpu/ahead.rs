//! Pipelines in the browser, compiled side by side: wgpu 30 creates them one by one, and a browser compiles one that is not
//! asked for asynchronously on its only GPU thread. So pipelines are asked for twice. The first time their descriptors go
//! to `createComputePipelineAsync`; the second time wgpu is handed what came of that.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// What `createComputePipeline` does with a descriptor.
#[derive(Default)]
enum Mode {
    /// What the browser does.
    #[default]
    Plain,
    /// Starts an asynchronous creation and returns a stand-in.
    Start(Vec<Promise>),
    /// Returns what has been created, in order.
    HandOut(VecDeque<JsValue>),
}

thread_local! {
    static MODE: Rc<RefCell<Mode>> = Rc::default();
}

/// Makes a device's `createComputePipeline` obey [`ahead`].
///
/// # Errors
/// If the browser's objects do not look as specified; nothing has changed then.
pub fn prepare(device: &JsValue) -> Result<(), JsValue> {
    let method = |name: &str| Reflect::get(device, &name.into())?.dyn_into::<Function>();
    let (plain, start) = (method("createComputePipeline")?, method("createComputePipelineAsync")?);
    let (of, mode) = (device.clone(), MODE.with(Rc::clone));
    let create = Closure::<dyn FnMut(JsValue) -> Result<JsValue, JsValue>>::new(move |descriptor: JsValue| {
        match &mut *mode.borrow_mut() {
            Mode::Start(started) => {
                started.push(start.call1(&of, &descriptor)?.dyn_into()?);
                return Ok(js_sys::Object::new().into());
            }
            Mode::HandOut(made) if !made.is_empty() => return Ok(made.pop_front().unwrap_or_default()),
            _ => {}
        }
        plain.call1(&of, &descriptor)
    });
    Reflect::set(device, &"createComputePipeline".into(), &create.into_js_value())?;
    Ok(())
}

/// Calls `make`, which creates pipelines and throws them away, and waits until the browser has compiled all of them. The
/// same pipelines, created again in the same order, are there at once. Where one is rejected nothing is kept, so that
/// creating them again reports the error.
pub async fn ahead(make: impl FnOnce()) {
    let mode = MODE.with(Rc::clone);
    mode.replace(Mode::Start(vec![]));
    make();
    let Mode::Start(started) = mode.take() else { return };
    let all = Promise::all(&started.into_iter().collect::<Array>());
    if let Ok(made) = JsFuture::from(all).await {
        mode.replace(Mode::HandOut(Array::from(&made).iter().collect()));
    }
}
