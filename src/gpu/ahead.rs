//! Pipelines in the browser, compiled side by side: wgpu 30 creates them one by one, and a browser compiles one that is not
//! asked for asynchronously on its only GPU thread. So pipelines are asked for twice. The first time their descriptors go
//! to `createComputePipelineAsync`; the second time wgpu is handed what came of that.
//!
//! wgpu has no asynchronous creation of pipelines: <https://github.com/gfx-rs/wgpu/issues/3794>. Once it has one that calls
//! `createComputePipelineAsync` in the browser, [`super::pipelines`] awaits that, and this file and its line in
//! `subgroups.rs` go.
//!
//! Which pipeline wgpu is handed is decided by the shader module in the descriptor, of which each pipeline has its own, never by
//! the order in which wgpu asks. What is asked for with another module, or a second time, is created by the browser as if this file
//! were not there: a wgpu that asks otherwise than today loses time, and gets no wrong pipeline.

/// What has been made, each once, for one key.
struct Made<K, V>(Vec<(K, V)>);

impl<K: PartialEq, V> Made<K, V> {
    /// What was made for `key`, if nobody has taken it yet.
    fn take(&mut self, key: &K) -> Option<V> {
        let at = self.0.iter().position(|(k, _)| k == key)?;
        Some(self.0.swap_remove(at).1)
    }
}

#[cfg(target_arch = "wasm32")]
pub use browser::{Ahead, prepare};

#[cfg(target_arch = "wasm32")]
mod browser {
    use std::cell::RefCell;

    use js_sys::{Array, Function, Promise, Reflect};
    use wasm_bindgen::prelude::*;
    use wasm_bindgen_futures::JsFuture;

    use super::Made;

    /// What `createComputePipeline` does with a descriptor.
    #[derive(Default)]
    enum Mode {
        /// What the browser does.
        #[default]
        Plain,
        /// Starts an asynchronous creation and returns a stand-in.
        Start(Started),
        /// Returns what has been created for the descriptor's module.
        HandOut(Made<JsValue, JsValue>),
    }

    /// Shader modules, and the pipelines that are being made with them.
    type Started = Vec<(JsValue, Promise)>;

    thread_local! {
        static MODE: RefCell<Mode> = RefCell::default();
    }

    /// The shader module of a pipeline's descriptor.
    fn module(descriptor: &JsValue) -> Result<JsValue, JsValue> {
        Reflect::get(&Reflect::get(descriptor, &"compute".into())?, &"module".into())
    }

    /// Makes a device's `createComputePipeline` obey [`Ahead`].
    ///
    /// # Errors
    /// If the browser's objects do not look as specified; nothing has changed then.
    pub fn prepare(device: &JsValue) -> Result<(), JsValue> {
        let method = |name: &str| Reflect::get(device, &name.into())?.dyn_into::<Function>();
        let (plain, start) = (method("createComputePipeline")?, method("createComputePipelineAsync")?);
        let of = device.clone();
        let create = Closure::<dyn FnMut(JsValue) -> Result<JsValue, JsValue>>::new(move |descriptor: JsValue| {
            MODE.with_borrow_mut(|mode| {
                let made = match mode {
                    Mode::Start(started) => {
                        started.push((module(&descriptor)?, start.call1(&of, &descriptor)?.dyn_into()?));
                        Some(js_sys::Object::new().into())
                    }
                    Mode::HandOut(made) => made.take(&module(&descriptor)?),
                    Mode::Plain => None,
                };
                made.map_or_else(|| plain.call1(&of, &descriptor), Ok)
            })
        });
        Reflect::set(device, &"createComputePipeline".into(), &create.into_js_value())?;
        Ok(())
    }

    /// Pipelines that the browser is compiling.
    pub struct Ahead(Started);

    /// Pipelines that it has compiled.
    pub struct Precompiled(Made<JsValue, JsValue>);

    impl Ahead {
        /// Calls `make`, which creates pipelines and throws them away: they are compiled side by side.
        pub fn start(make: impl FnOnce()) -> Self {
            MODE.set(Mode::Start(vec![]));
            make();
            let Mode::Start(started) = MODE.take() else { unreachable!("nobody else has had a turn") };
            Self(started)
        }

        /// Waits for all of them. Where one is rejected nothing is kept, so that creating them again reports the error.
        pub async fn compiled(self) -> Precompiled {
            let (modules, promises): (Vec<JsValue>, Vec<Promise>) = self.0.into_iter().unzip();
            let all = Promise::all(&promises.into_iter().collect::<Array>());
            let made = JsFuture::from(all).await.map(|made| modules.into_iter().zip(Array::from(&made).iter()).collect());
            Precompiled(Made(made.unwrap_or_default()))
        }
    }

    impl Precompiled {
        /// Calls `make`, which creates the same pipelines again: they are there at once.
        pub fn hand_out<T>(self, make: impl FnOnce() -> T) -> T {
            MODE.set(Mode::HandOut(self.0));
            let made = make();
            MODE.take();
            made
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Made;

    #[test]
    fn each_gets_its_own_in_whatever_order_they_ask() {
        let mut made = Made(vec![("first", 1), ("second", 2), ("third", 3)]);
        assert_eq!([made.take(&"third"), made.take(&"first")], [Some(3), Some(1)]);
        assert_eq!(made.take(&"third"), None, "a second one is made anew");
        assert_eq!(made.take(&"fourth"), None, "and so is what nobody has asked for before");
        assert_eq!(made.take(&"second"), Some(2));
    }
}
