//! Subgroup operations in the browser: wgpu 30 does not know WebGPU's feature `subgroups`, so it can neither see it nor ask
//! for it. Until it does, the adapter that the browser hands out is made to ask. Devices are prepared for [`super::ahead`] on
//! the way.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::prelude::*;

const FEATURE: &str = "subgroups";

/// Makes every device opened from now on ask for the feature if its adapter has it.
///
/// # Errors
/// If the browser's objects do not look as specified; nothing has changed then.
pub fn always_ask() -> Result<(), JsValue> {
    let gpu = Reflect::get(&Reflect::get(&js_sys::global(), &"navigator".into())?, &"gpu".into())?;
    let request_adapter: Function = Reflect::get(&gpu, &"requestAdapter".into())?.dyn_into()?;
    let of = gpu.clone();
    let wrapped = Closure::<dyn FnMut(JsValue) -> Result<JsValue, JsValue>>::new(move |options: JsValue| {
        let found: Promise = Reflect::apply(&request_adapter, &of, &Array::of1(&options))?.dyn_into()?;
        let prepare = Closure::once_into_js(|adapter: JsValue| {
            // An adapter that cannot be prepared still works, without the feature.
            let _ = prepare(&adapter);
            adapter
        });
        Reflect::apply(&Reflect::get(&found, &"then".into())?.dyn_into::<Function>()?, &found, &Array::of1(&prepare))
    });
    Reflect::set(&gpu, &"requestAdapter".into(), &wrapped.into_js_value())?;
    Ok(())
}

/// Gives the adapter a `requestDevice` that adds the feature, where there is one, to what is asked for.
fn prepare(adapter: &JsValue) -> Result<(), JsValue> {
    if adapter.is_null() {
        return Ok(());
    }
    let has = has(adapter)?;
    let request_device: Function = Reflect::get(adapter, &"requestDevice".into())?.dyn_into()?;
    let of = adapter.clone();
    let wrapped = Closure::<dyn FnMut(JsValue) -> Result<JsValue, JsValue>>::new(move |descriptor: JsValue| {
        if has {
            let key = "requiredFeatures".into();
            let wanted = Array::from(&Reflect::get(&descriptor, &key)?);
            wanted.push(&FEATURE.into());
            Reflect::set(&descriptor, &key, &wanted)?;
        }
        let opened: Promise = Reflect::apply(&request_device, &of, &Array::of1(&descriptor))?.dyn_into()?;
        let prepare = Closure::once_into_js(|device: JsValue| {
            // A device that cannot be prepared compiles its pipelines one by one.
            let _ = super::ahead::prepare(&device);
            device
        });
        Reflect::apply(&Reflect::get(&opened, &"then".into())?.dyn_into::<Function>()?, &opened, &Array::of1(&prepare))
    });
    Reflect::set(adapter, &"requestDevice".into(), &wrapped.into_js_value())?;
    Ok(())
}

fn has(adapter: &JsValue) -> Result<bool, JsValue> {
    let features = Reflect::get(adapter, &"features".into())?;
    let has: Function = Reflect::get(&features, &"has".into())?.dyn_into()?;
    Ok(has.call1(&features, &FEATURE.into())?.is_truthy())
}
