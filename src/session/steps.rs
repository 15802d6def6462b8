//! Training: steps, their metrics, and terms on test images.

use web_time::Instant;

use super::{Session, TURN_MS};
use latent_engine::plan::RING;
use latent_engine::{Engine, Rows};
use latent_experiment::history::MetricRow;
use latent_protocol::{Event, Speed};

/// Seconds between two reports of steps that are done when they have been started.
const TELL_EVERY: f64 = 0.06;

/// Steps in a turn at most.
const AT_ONCE: u32 = RING as u32 / 4;

/// Steps a second are counted over this long, in seconds.
const SPEED_WINDOW: f64 = 1.5;

/// Whether steps that are done at once are told now, so many that nobody has asked for and so many seconds after the last ones: a few times a
/// second, since the page draws each time and shares the processor, and before there is no room for the metrics of the next turn.
fn tell(unasked: u32, since: Option<f64>) -> bool {
    unasked + AT_ONCE > RING as u32 || since.is_none_or(|seconds| seconds >= TELL_EVERY)
}

impl Session {
    pub(super) async fn train(&mut self) -> Result<(), String> {
        let Some(r) = self.run.as_mut().filter(|r| r.training) else { return Ok(()) };
        let fit = if r.step_ms > 0.0 { (TURN_MS / r.step_ms) as u32 } else { 1 };
        let n = r.engine.ready(fit.clamp(1, AT_ONCE).min(r.left.unwrap_or(u32::MAX))).await?;
        let now = Instant::now();
        r.window.get_or_insert((r.engine.step(), now));
        r.engine.run_steps(n)?;
        let prompt = r.engine.prompt();
        if prompt {
            r.take_time(now.elapsed().as_secs_f64() * 1e3 / f64::from(n));
        }
        r.encode_ms = now.elapsed().as_secs_f64() * 1e3 / f64::from(n);
        let previous = r.pending.take();
        r.unasked += n;
        let due = !prompt || tell(r.unasked, r.told.map(|told| told.elapsed().as_secs_f64()));
        r.pending = (due && r.ask()).then_some(now);
        if let Some(left) = &mut r.left {
            *left -= n;
        }
        let done = r.left == Some(0);
        if let Some(previous) = previous {
            self.report(previous).await?;
        }
        if prompt {
            self.settle().await?;
        }
        if done {
            let run = self.run.as_ref().expect("it has just taken a step").id;
            self.pause(run).await?;
        }
        Ok(())
    }

    /// Waits for requested metrics and sends them.
    pub(super) async fn report(&mut self, submitted: Instant) -> Result<(), String> {
        let Some(r) = &mut self.run else { return Ok(()) };
        let rows = r.engine.take_metrics().await?;
        let n = rows.len();
        let done = Instant::now();
        // The device began with these steps when they came, or when it was done with what lay before them.
        let began = r.idle.map_or(submitted, |idle| idle.max(submitted));
        if !r.engine.prompt() {
            r.take_time((done - began).as_secs_f64() * 1e3 / n.max(1) as f64);
        }
        (r.idle, r.told) = (Some(done), Some(done));
        let step = rows.last().map_or(0, |row| row.step);
        if let Some((from, at)) = r.window {
            let seconds = (done - at).as_secs_f64();
            if seconds > 0.0 && (r.per_second == 0.0 || seconds > SPEED_WINDOW) {
                r.per_second = step.saturating_sub(from) as f64 / seconds;
            }
            if seconds > SPEED_WINDOW {
                r.window = Some((step, done));
            }
        }
        let speed = Speed {
            steps_per_second: r.per_second,
            images_per_second: r.per_second * f64::from(r.engine.info().batch),
            encode_ms: r.encode_ms,
            steps_per_submit: n as f64,
        };
        let run = r.id;
        rows.iter().for_each(|row| r.history.push(row));
        self.send(Event::Metrics { run, rows, speed });
        Ok(())
    }

    /// Hands over what is still on its way, or done and untold.
    pub(super) async fn hand_over(&mut self) -> Result<(), String> {
        self.settle().await?;
        if let Some(r) = &mut self.run {
            r.pending = r.ask().then(Instant::now);
        }
        self.settle().await
    }

    /// Hands over what is still on its way.
    pub(super) async fn settle(&mut self) -> Result<(), String> {
        match self.run.as_mut().and_then(|r| r.pending.take()) {
            Some(pending) => self.report(pending).await,
            None => Ok(()),
        }
    }

    /// Terms on some test images, always the same, now and then while training and at every pause.
    pub(super) async fn test_metrics(&mut self, now: bool) -> Result<(), String> {
        let Some(r) = &self.run else { return Ok(()) };
        let software = self.slow();
        let (count, every) = if software { (256, 8.0) } else { (1024, 1.0) };
        let step = r.engine.step();
        let due = match r.tested {
            None => step > 0,
            Some((at, when)) => step != at && (now || when.elapsed().as_secs_f64() > every),
        };
        if !due || !(now || r.training) {
            return Ok(());
        }
        // What is on its way first, so that its time is not mistaken for this.
        self.hand_over().await?;
        let (Some(r), Some(test)) = (&mut self.run, &self.test) else { return Ok(()) };
        let drawn = test.drawn(count);
        let result = r.engine.evaluate(Rows::tests(test.all(), &drawn)).await;
        r.tested = Some((step, Instant::now()));
        r.idle = Some(Instant::now());
        let run = r.id;
        // The last step may have ruined weights that its own terms were not computed from.
        let row = MetricRow { step, terms: result?, kl_d: vec![] }.finite(&r.engine.info().terms)?;
        r.history.push_test(step, row.terms.clone());
        self.send(Event::TestMetrics { run, step, count: drawn.len() as u32, terms: row.terms });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A network so small that turns take no time at all: its metrics fit all the same.
    #[test]
    fn metrics_of_quick_steps_never_outgrow_their_room() {
        assert!(tell(1, None) && tell(1, Some(TELL_EVERY)) && !tell(1, Some(0.0)));
        let (mut unasked, mut told) = (0, 0);
        for _ in 0..100 {
            assert!(unasked + AT_ONCE <= RING as u32, "{unasked} steps are untold");
            unasked += AT_ONCE;
            if tell(unasked, Some(0.0)) {
                (unasked, told) = (0, told + 1);
            }
        }
        assert_eq!(told, 25);
    }
}
