//! Timings and comparisons, by engines of their own.

use web_time::Instant;

use super::work::{For, Made, Work};
use super::{Executor, Session, TURN_MS};
use latent_engine::Engine;
use latent_engine::any::AnyEngine;
use latent_engine::plan::RING;
use latent_experiment::Setup;
use latent_measure::pause::Pause;
use latent_protocol::{BenchReport, Event, PlanInfo};

impl Session {
    /// Times a network of its own: [`Event::Benched`].
    pub(super) async fn bench(&mut self, setup: Setup, steps: u32) {
        self.give_way(For::Bench);
        match self.build_anew(&setup).await {
            Ok(engine) => {
                let pause = Pause::slices();
                let software = self.slow();
                let timed = bench(engine, setup.method, steps, software, pause.clone());
                let told = async { Made::Event(Event::Benched { report: timed.await }) };
                self.works.push_back(Work::new(For::Bench, pause, told));
            }
            Err(message) => self.send(Event::Benched { report: Err(message) }),
        }
    }

    /// Compares networks of its own on both engines: [`Event::Verified`].
    pub(super) async fn verify(&mut self, setup: Setup, steps: u32) {
        self.give_way(For::Verify);
        match self.comparison(setup, steps).await {
            Ok(work) => self.works.push_back(work),
            Err(message) => self.send(unverified(&message)),
        }
    }

    async fn comparison(&self, setup: Setup, steps: u32) -> Result<Work, String> {
        let (executor, entry) = self.prepare(&setup).await?;
        let Executor::Plan(gpu) = executor else {
            return Err("the plan is compared with Burn, and there is no GPU to run it on".into());
        };
        let params = setup.params()?;
        let burn = self.burn.clone().ok_or("this session was not opened with eager Burn")?;
        let pause = Pause::slices();
        let points = pause.clone();
        let told = async move {
            let compared = burn.verify(gpu, entry, &params, steps, &points).await;
            Made::Event(compared.map_or_else(|message| unverified(&message), |report| Event::Verified { report }))
        };
        Ok(Work::new(For::Verify, pause, told))
    }
}

/// What is said where a comparison came to nothing.
pub(super) fn unverified(message: &str) -> Event {
    Event::Warning { message: format!("verify: {message}") }
}

/// Times `steps` steps of a network of its own, which has the device to itself but for what is asked in the pauses.
async fn bench(mut engine: AnyEngine, method: String, steps: u32, software: bool, pause: Pause) -> Result<BenchReport, String> {
    let begin = Instant::now();
    // Pipelines settle, clocks rise.
    let warm = engine.ready(2).await?;
    engine.run_steps(warm)?;
    engine.metrics().await?;
    // A GPU takes as many at a time as there is room for, so that waiting for them counts little; a software adapter, which takes
    // long for a few and is not waited for, no more than a turn's worth.
    let mut most = RING as u32 / 2;
    let turn = |ms: f64, n: u32| (TURN_MS * f64::from(n) / ms).clamp(1.0, RING as f64 / 2.0) as u32;
    if software {
        most = turn(begin.elapsed().as_secs_f64() * 1e3, warm);
    }
    let (mut left, mut total_ms, mut encode_ms, mut submits, mut loss) = (steps, 0.0, 0.0, 0, f32::NAN);
    while left > 0 {
        pause.point().await;
        let begin = Instant::now();
        let n = engine.ready(left.min(most)).await?;
        let encode = Instant::now();
        engine.run_steps(n)?;
        encode_ms += encode.elapsed().as_secs_f64() * 1e3;
        loss = engine.metrics().await?.last().map_or(loss, |r| r.terms[0]);
        let ms = begin.elapsed().as_secs_f64() * 1e3;
        total_ms += ms;
        if software {
            most = turn(ms, n);
        }
        (left, submits) = (left - n, submits + 1);
    }
    let PlanInfo { batch, dispatches, compile_ms, plan_ms, .. } = *engine.info();
    Ok(BenchReport { method, batch, steps, total_ms, encode_ms, dispatches, submits, compile_ms, plan_ms, loss })
}
