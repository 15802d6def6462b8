//! From a setup to a run.

use std::future::Future;

use serde_bytes::ByteBuf;

use super::files::{beginning, sound};
use super::run::Run;
use super::{Executor, Session};
use latent_engine::any::AnyEngine;
use latent_engine::cpu::CpuEngine;
use latent_engine::engine::BuildError;
use latent_engine::entry::Entry;
use latent_engine::half;
use latent_engine::plan::PlanEngine;
use latent_engine::record::lack;
use latent_engine::{Engine, Weight};
use latent_experiment::{History, Setup};
use latent_model::beginning::Beginning;
use latent_protocol::{Event, RunId};
use latent_registry::{fetch_entry, processor};
use latent_vocabulary::shape::DataShape;

#[cfg(all(target_arch = "wasm32", not(feature = "eager")))]
latent_small::part!(relaxed:
    /// The tiles of products for browsers with relaxed SIMD.
    fn fused() -> (latent_interpret::Tile, latent_interpret::Along) =
        (|a, b, columns, out| latent_interpret::fused(a, b, columns, out), |a, b, columns, to| latent_interpret::fused_along(a, b, columns, to))
);

/// As `relax`, where there is something to do.
pub(super) async fn relaxed() {
    #[cfg(all(target_arch = "wasm32", not(feature = "eager")))]
    relax().await;
}

/// Has products use relaxed SIMD where this browser has it. It is not missed where its part cannot be fetched.
#[cfg(all(target_arch = "wasm32", not(feature = "eager")))]
async fn relax() {
    /// A module with one function that uses an instruction of relaxed SIMD.
    const PROBE: [u8; 36] = [
        0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253,
        128, 2, 11,
    ];
    let probe = js_sys::Uint8Array::from(&PROBE[..]);
    if js_sys::WebAssembly::validate(&probe).unwrap_or(false)
        && let Ok((tile, along)) = fused().await
    {
        latent_interpret::use_tiles(tile, along);
    }
}

impl Session {
    /// The open device and the setup's method.
    pub(super) async fn prepare(&self, setup: &Setup) -> Result<(Executor, &'static dyn Entry), String> {
        setup.check().map_err(|e| e.to_string())?;
        let executor = self.executor.clone();
        if matches!(executor, Executor::Nobody) {
            return Err("the engine is not open".into());
        }
        if self.test.as_ref().is_some_and(|test| test.id != setup.data) {
            return Err(format!("the data set {} has not arrived yet", setup.data));
        }
        let entry = fetch_entry(&setup.method).await?;
        // Of a visitor's images only these themselves know.
        if let Some(why) = self.test.as_ref().and_then(|test| lack(entry.card(), &test.shape)) {
            return Err(why.into());
        }
        Ok((executor, entry))
    }

    /// What [`Session::prepare`] has found, as an engine.
    pub(super) async fn build(
        &self,
        (executor, entry): (Executor, &'static dyn Entry),
        setup: &Setup,
        from: &Beginning,
    ) -> Result<AnyEngine, BuildError> {
        let params = setup.params().map_err(String::from)?;
        let engine = if let Some(burn) = &self.burn {
            half::refuse(&params, half::NOT_BY_BURN)?;
            burn.build(entry, &params)?
        } else {
            let missing = || String::from("the data has not arrived yet");
            let test = self.test.as_ref().ok_or_else(missing)?;
            match executor {
                Executor::Plan(gpu) => {
                    let data = self.data.as_ref().ok_or_else(missing)?;
                    AnyEngine::Plan(Box::new(PlanEngine::supplied(gpu, entry, &params, test.shape, data, from.given()).await?))
                }
                Executor::Cpu(images) => {
                    let images = images.ok_or_else(missing)?;
                    relaxed().await;
                    AnyEngine::Cpu(Box::new(
                        CpuEngine::given(processor().await?, entry, &params, test.shape, &images, from.given(), false).await?,
                    ))
                }
                Executor::Nobody => return Err(missing().into()),
            }
        };
        from.give(engine).await
    }

    /// Compiles what training the setup will take, beside everything else and before anybody asks for it, until something else is
    /// to be prepared. What is wrong with the setup is said when it is begun. `None` where there is nothing to do ahead: no device, unknown images, eager steps.
    pub fn preparation(&self, setup: Setup) -> Option<impl Future<Output = ()> + use<>> {
        let gpu = self.gpu().cloned().filter(|_| self.burn.is_none() && setup.check().is_ok())?;
        let params = setup.params().ok()?;
        let shape = self.shape_of(&setup.data)?;
        let (count, number) = (self.preparations.clone(), self.preparations.get() + 1);
        count.set(number);
        Some(async move {
            if let Ok(entry) = fetch_entry(&setup.method).await {
                let _ = PlanEngine::prepare(&gpu, entry, &params, shape, || count.get() == number).await;
            }
        })
    }

    /// The setup's network, for somebody who wants it to himself.
    pub(super) async fn build_anew(&self, setup: &Setup) -> Result<AnyEngine, String> {
        Ok(self.build(self.prepare(setup).await?, setup, &Beginning::Noise).await?)
    }

    /// Keeps the weights of the run at hand, which is about to be replaced, if they can be taken apart later.
    pub(super) async fn remember_host(&mut self) {
        if let Some(r) = self.run.as_mut().filter(|r| r.setup.can_host() == Ok(true))
            // A broken run is no host, and no reason not to begin another.
            && let Ok(weights) = r.engine.weights().await
            && sound(&weights).is_ok()
        {
            self.host = Some((r.setup.clone(), weights));
        }
    }

    /// The weights of the network that `setup` takes apart, if it takes one apart.
    pub(super) fn host(&self, setup: &Setup) -> Result<Option<Vec<Weight>>, String> {
        let Some(wanted) = setup.hosted() else { return Ok(None) };
        match &self.host {
            Some((host, weights)) if !host.needs_rebuild(&wanted) => Ok(Some(weights.clone())),
            _ => Err(format!(
                "there is no trained {} here to build on ({}); train it first, then choose this again",
                wanted.method,
                wanted.to_query()
            )),
        }
    }

    pub(super) async fn start(&mut self, run: RunId, setup: Setup, file: Option<ByteBuf>) -> Result<(), BuildError> {
        self.rest();
        let prepared = self.prepare(&setup).await?;
        self.remember_host().await;
        // Weights that are given have their host's among them.
        let from = match file {
            Some(file) => {
                let parameters = self.parameters(prepared.1, &setup)?;
                self.of_these_images(beginning().await?(&file, &setup, &parameters)?)
            }
            None => self.host(&setup)?.map_or(Beginning::Noise, Beginning::Host),
        };
        let twin = match self.run.as_mut().filter(|r| self.hints.bench && r.setup.is_twin(&setup)) {
            Some(twin) => twin.engine.weights().await.ok(),
            None => None,
        };
        // The old run is dropped first: two networks may not fit. Nobody can ask for it any more.
        self.run = None;
        let engine = self.build(prepared, &setup, &from).await?;
        let history = self.take_history(run, &engine, from);
        self.send(Event::Built { run, info: engine.info().clone() });
        self.run = Some(Run {
            id: run,
            setup,
            engine,
            training: false,
            left: None,
            pending: None,
            idle: None,
            unasked: 0,
            told: None,
            step_ms: 0.0,
            encode_ms: 0.0,
            window: None,
            per_second: 0.0,
            tested: None,
            history,
            twin,
        });
        self.repaint();
        Ok(())
    }

    /// A run on other images does not go on on these: they have its weights at most.
    fn of_these_images(&self, from: Beginning) -> Beginning {
        let made_of = self.test.as_ref().map_or(&[][..], |test| &test.made_of);
        match from {
            Beginning::Checkpoint(checkpoint) if !checkpoint.is_of(made_of) => {
                self.send(Event::Warning {
                    message: "this file is of a run on other images than those that are here under the same name: a new run \
                              begins with its weights"
                        .into(),
                });
                Beginning::Weights(checkpoint.state.weights)
            }
            from => from,
        }
    }

    /// The curves that a run begins with; tells of a checkpoint that it goes on from.
    pub(super) fn take_history(&self, run: RunId, engine: &AnyEngine, from: Beginning) -> History {
        let Beginning::Checkpoint(checkpoint) = from else { return History::default() };
        let step = checkpoint.state.step;
        if engine.step() == step {
            self.send(Event::Resumed { run, step, history: checkpoint.history.clone() });
            checkpoint.history
        } else {
            self.send(Event::Warning {
                message: "this engine takes the weights of the checkpoint and starts its optimiser anew".into(),
            });
            History::default()
        }
    }

    /// Shape of a data set's images: of the present one, or as its card has it.
    pub(super) fn shape_of(&self, id: &str) -> Option<DataShape> {
        if let Some(test) = self.test.as_ref().filter(|test| test.id == id) {
            return Some(test.shape);
        }
        let card = latent_catalog::set(id)?;
        Some(DataShape::of(card))
    }
}
