//! `window.latentLab`: what scripts and tests may ask of the page.

use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::*;
use leptos::wasm_bindgen::{JsCast, JsValue, closure::Closure};
use serde::{Deserialize, Serialize};

use super::{browser, transport};
use crate::store::Stores;
use latent_experiment::Setup;
use latent_protocol::BenchReport;

/// Argument of `bench`.
#[derive(Deserialize)]
#[serde(default)]
struct BenchRequest {
    /// A method with its defaults; without one, the page's own setup.
    method: Option<String>,
    batch: u32,
    steps: u32,
}

impl Default for BenchRequest {
    fn default() -> Self {
        Self { method: None, batch: 128, steps: 10 }
    }
}

/// Answer of `state`.
#[derive(Serialize)]
struct State {
    run: u32,
    step: u64,
    status: String,
    /// Latest training terms by name.
    terms: Vec<(String, f32)>,
    /// Latest test terms.
    test: Vec<f32>,
    latent: usize,
    code: Vec<f32>,
    setup: String,
    /// Questions of panels in view that nobody has answered yet.
    waiting: usize,
}

/// Answer of `bench`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    method: String,
    batch: u32,
    steps: u32,
    total_ms: f64,
    encode_ms: f64,
    dispatches: u32,
    submits: u32,
    compile_ms: f64,
    plan_ms: f64,
    loss: f32,
}

impl From<BenchReport> for Report {
    fn from(report: BenchReport) -> Self {
        let BenchReport { method, batch, steps, total_ms, encode_ms, dispatches, submits, compile_ms, plan_ms, loss } = report;
        Self { method, batch, steps, total_ms, encode_ms, dispatches, submits, compile_ms, plan_ms, loss }
    }
}

fn to_js(value: &impl Serialize) -> JsValue {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    value.serialize(&serializer).unwrap_or(JsValue::NULL)
}

fn state(Stores { link, runs, desks, codes, .. }: Stores) -> State {
    let run = runs.run.get_untracked();
    let names = run.as_ref().and_then(|r| r.info.as_ref()).map(|i| i.terms.clone()).unwrap_or_default();
    let (train, test) = runs.history.with_value(|h| (h.train.last().cloned(), h.test.last().cloned()));
    State {
        run: run.map_or(0, |r| r.id),
        step: runs.step.get_untracked(),
        status: untrack(|| transport::status(link, runs)),
        terms: names.into_iter().zip(train.map(|b| b.terms).unwrap_or_default()).collect(),
        test: test.map(|b| b.terms).unwrap_or_default(),
        latent: codes.code.with_untracked(Vec::len),
        code: codes.code.get_untracked(),
        setup: runs.setup.with_untracked(Setup::to_query),
        waiting: desks.waiting(),
    }
}

fn bench(Stores { link, runs, .. }: Stores, request: JsValue) -> Promise {
    let request = if request.is_undefined() { Ok(BenchRequest::default()) } else { serde_wasm_bindgen::from_value(request) };
    Promise::new(&mut |resolve: Function, reject: Function| {
        let fail = |message: &str| drop(reject.call1(&JsValue::NULL, &js_sys::Error::new(message).into()));
        let request = match &request {
            Ok(request) => request,
            Err(e) => return fail(&e.to_string()),
        };
        let mut setup = match &request.method {
            Some(method) => Setup::new(latent_catalog::SETS[0].id, method),
            None => runs.setup.get_untracked(),
        };
        if let Err(e) = setup.set("batch", request.batch.into()) {
            return fail(&e.to_string());
        }
        let reject = reject.clone();
        link.bench(
            setup,
            request.steps,
            Box::new(move |answer| {
                let _ = match answer {
                    Ok(report) => resolve.call1(&JsValue::NULL, &to_js(&Report::from(report))),
                    Err(e) => reject.call1(&JsValue::NULL, &js_sys::Error::new(&e).into()),
                };
            }),
        );
    })
}

/// Puts the object on the window.
pub fn install(stores: Stores) {
    let object = Object::new();
    let bench = Closure::<dyn Fn(JsValue) -> Promise>::new(move |request| bench(stores, request)).into_js_value();
    let state = Closure::<dyn Fn() -> JsValue>::new(move || to_js(&state(stores))).into_js_value();
    for (name, function) in [("bench", bench), ("state", state)] {
        let _ = Reflect::set(&object, &name.into(), function.unchecked_ref());
    }
    let _ = Reflect::set(&browser::window(), &"latentLab".into(), &object);
}
