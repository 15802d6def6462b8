//! Answers to who watches: at once, or a slice a turn where they take long.

use web_time::Instant;

use super::run::Run;
use super::times::unverified;
use super::work::{For, Lent, Made, Work};
use super::{Session, Watch};
use crate::views::{measuring, offering, view};
use latent_assess::Training;
use latent_engine::Engine;
use latent_engine::TestSet;
use latent_measure::pause::Pause;
use latent_protocol::{Event, RunId};
use latent_view::Measures;
use latent_view::{Query, Slot, View};

/// A view is repainted at most this often while training, in milliseconds.
const PAINT_MS: f64 = 33.0;
/// And so rarely that it takes at most one part in this many of the time: training goes on next to it.
const PAINT_SHARE: f64 = 10.0;

impl Session {
    /// Answers new queries at once, and queries whose weights have moved on when it is their turn.
    pub(super) async fn paint(&mut self) -> Result<(), String> {
        let Some(r) = &self.run else { return Ok(()) };
        let (step, training) = (r.engine.step(), r.training);
        let due = |w: &Watch| match w.painted {
            None => true,
            Some((at, when)) => {
                let waited = when.elapsed().as_secs_f64() * 1e3;
                at != step && w.query.follows_weights() && (!training || waited >= PAINT_MS.max(PAINT_SHARE * w.cost_ms))
            }
        };
        let slots: Vec<Slot> = self.watches.iter().filter(|(_, w)| due(w)).map(|(slot, _)| *slot).collect();
        if slots.is_empty() {
            return Ok(());
        }
        // What is on its way first, so that its time is not mistaken for this.
        self.settle().await?;
        let software = self.slow();
        for slot in slots {
            let Some(query) = self.watches.get(&slot).map(|w| w.query.clone()) else { continue };
            let (Some(r), Some(test)) = (&mut self.run, &self.test) else { return Ok(()) };
            let begin = Instant::now();
            let run = r.id;
            let view = match query {
                Query::Measures(asked) => match measure(r, (test, self.training.as_ref()), slot, &asked, software).await {
                    Ok(work) => {
                        self.works.push_back(work);
                        None
                    }
                    Err(message) => Some(Err(message)),
                },
                Query::Offer(_) => Some(offering().await?(r, test)),
                query => Some(view(r, test, &query).await),
            };
            let done = Instant::now();
            r.idle = Some(done);
            if let Some(w) = self.watches.get_mut(&slot) {
                w.painted = Some((step, done));
                w.cost_ms = (done - begin).as_secs_f64() * 1e3;
            }
            if let Some(view) = view {
                self.answer(slot, run, step, view)?;
            }
        }
        Ok(())
    }

    /// Hands over an answer about the run at hand.
    ///
    /// # Errors
    /// Where there is none because the device is lost.
    pub(super) fn answer(&self, slot: Slot, run: RunId, step: u64, view: Result<View, String>) -> Result<(), String> {
        match view {
            Ok(view) => self.send(Event::Viewed { run, slot, step, view }),
            Err(message) if self.run.as_ref().is_some_and(|r| r.engine.check().is_err()) => return Err(message),
            // A query that makes no sense is the panel's mistake, not the run's.
            Err(message) => self.send(Event::Warning { message }),
        }
        Ok(())
    }

    /// Does a slice of what takes long.
    pub(super) async fn work(&mut self) -> Result<(), String> {
        let here = self.run.as_ref().map(|r| r.id);
        self.works.retain(|work| !matches!(work.of, For::Slot(_, run) if Some(run) != here));
        if self.works.is_empty() {
            return Ok(());
        }
        // What is on its way first, so that its time is not mistaken for this.
        self.settle().await?;
        let Some(mut work) = self.works.pop_front() else { return Ok(()) };
        if let Some(place) = &work.run {
            place.replace(self.run.take());
        }
        let made = work.pause.slice(work.future.as_mut()).await;
        if let Some(place) = &work.run {
            self.run = place.take();
        }
        if let Some(r) = &mut self.run {
            // The run has stood still meanwhile.
            (r.idle, r.window) = (Some(Instant::now()), None);
        }
        match made {
            None => self.works.push_front(work),
            Some(Made::Answer { slot, run, step, view }) => self.answer(slot, run, step, view)?,
            Some(Made::Event(event)) => self.send(event),
        }
        Ok(())
    }

    /// Gives up what is being measured for a slot, or for all of them, and returns for which.
    pub(super) fn stop_measuring(&mut self, which: Option<Slot>) -> Vec<Slot> {
        let mut stopped = vec![];
        self.works.retain(|work| match work.of {
            For::Slot(slot, _) if which.is_none_or(|which| which == slot) => {
                stopped.push(slot);
                false
            }
            _ => true,
        });
        stopped
    }

    /// Gives up an earlier timing or comparison: somebody has asked for another.
    pub(super) fn give_way(&mut self, of: For) {
        let before = self.works.len();
        self.works.retain(|work| work.of != of);
        if self.works.len() == before {
            return;
        }
        let message = String::from("another one was asked for before it was done");
        self.send(match of {
            For::Bench => Event::Benched { report: Err(message) },
            For::Machine => Event::Timed { report: Err(message) },
            _ => unverified(&message),
        });
    }
}

/// Measures of a run for who watches a slot, ready to be taken.
async fn measure(
    r: &Run,
    images: (&TestSet, Option<&Training>),
    slot: Slot,
    asked: &Measures,
    software: bool,
) -> Result<Work, String> {
    let pause = Pause::slices();
    // What is random is drawn anew for each piece: the command line's pieces are large.
    let engine = Lent::new(r.engine.info().clone(), software && !asked.of_training, pause.clone());
    let (place, run, step) = (engine.place(), r.id, r.engine.step());
    let measures = measuring().await?(engine, &r.setup, images, asked, r.twin.clone())?;
    let answer = async move { Made::Answer { slot, run, step, view: measures.await } };
    Ok(Work { run: Some(place), ..Work::new(For::Slot(slot, run), pause, answer) })
}
