//! What takes long: measures, timings and comparisons, a slice at a time between everything else that a session does.

use std::cell::{RefCell, RefMut};
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::rc::Rc;

use super::run::Run;
use latent_engine::any::AnyEngine;
use latent_engine::engine::BuildError;
use latent_engine::program::minibatches;
use latent_engine::{Engine, Program, Rows, RunState, Weight};
use latent_experiment::history::MetricRow;
use latent_measure::pause::Pause;
use latent_protocol::{Event, PlanInfo, RunId};
use latent_view::{Slot, View};

/// Rows that a borrowed engine takes between two places to rest, on a GPU and on a software adapter.
const PIECE: [usize; 2] = [256, 64];

/// Whom some work is for; a newer one of the same takes its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum For {
    /// Who watches a slot of that run.
    Slot(Slot, RunId),
    Bench,
    Machine,
    Verify,
}

/// What comes of it.
pub enum Made {
    /// About a run, from the weights at that step.
    Answer {
        slot: Slot,
        run: RunId,
        step: u64,
        view: Result<View, String>,
    },
    Event(Event),
}

/// Work on its way.
pub struct Work {
    pub of: For,
    pub pause: Pause,
    /// Where it expects to find the run whose engine it asks; `None` for work with an engine of its own.
    pub run: Option<Rc<RefCell<Option<Run>>>>,
    pub future: Pin<Box<dyn Future<Output = Made>>>,
}

impl Work {
    /// Work with an engine of its own.
    pub fn new(of: For, pause: Pause, future: impl Future<Output = Made> + 'static) -> Self {
        Self { of, pause, run: None, future: Box::pin(future) }
    }
}

/// The engine of a session's run in the hands of some work, which has it while a slice lasts. Between slices, and so wherever
/// [`Pause::point`] is awaited, it is the session's.
pub struct Lent {
    run: Rc<RefCell<Option<Run>>>,
    info: PlanInfo,
    piece: usize,
    pause: Pause,
}

impl Lent {
    pub fn new(info: PlanInfo, software: bool, pause: Pause) -> Self {
        Self { run: Rc::default(), info, piece: PIECE[usize::from(software)], pause }
    }

    /// Where the run is put for a slice.
    pub(super) fn place(&self) -> Rc<RefCell<Option<Run>>> {
        self.run.clone()
    }

    fn engine(&self) -> RefMut<'_, AnyEngine> {
        RefMut::map(self.run.borrow_mut(), |run| &mut run.as_mut().expect("a slice begins with the run in its place").engine)
    }

    /// Numbers that a program takes a row.
    fn width(&self, what: Program) -> usize {
        what.input().width(self.info.sample(), &self.info.code)
    }
}

/// Stretches that follow one another, put together to stretches of at most `most`, where one alone is not longer.
fn together(stretches: impl Iterator<Item = Range<usize>>, most: usize) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = vec![];
    for next in stretches {
        match out.last_mut() {
            Some(last) if next.end - last.start <= most => last.end = next.end,
            _ => out.push(next),
        }
    }
    out
}

#[allow(clippy::await_holding_refcell_ref, reason = "a slice ends at a pause only, and there the engine is not in hand")]
impl Engine for Lent {
    fn pause(&self) -> Pause {
        self.pause.clone()
    }

    fn info(&self) -> &PlanInfo {
        &self.info
    }

    fn set_live(&mut self, key: &str, value: f32) {
        self.engine().set_live(key, value);
    }

    fn draw_from(&mut self, draws: u32) {
        self.engine().draw_from(draws);
    }

    fn run_steps(&mut self, n: u32) -> Result<(), String> {
        self.engine().run_steps(n)
    }

    fn step(&self) -> u64 {
        self.engine().step()
    }

    fn request_metrics(&mut self) -> bool {
        self.engine().request_metrics()
    }

    async fn take_metrics(&mut self) -> Result<Vec<MetricRow>, String> {
        self.engine().take_metrics().await
    }

    async fn run(&mut self, what: Program, rows: Rows<'_>) -> Result<Option<Vec<Vec<f32>>>, String> {
        let width = self.width(what);
        let n = rows.count(width)?;
        let mut all: Vec<Vec<f32>> = vec![];
        for start in (0..n).step_by(self.piece) {
            self.pause.point().await;
            let piece = rows.some(width, start..n.min(start + self.piece));
            let Some(outputs) = self.engine().run(what, piece).await? else { return Ok(None) };
            all.resize(outputs.len(), vec![]);
            all.iter_mut().zip(outputs).for_each(|(all, more)| all.extend(more));
        }
        Ok(Some(all))
    }

    async fn evaluate(&mut self, images: Rows<'_>) -> Result<Vec<f32>, String> {
        let width = self.width(Program::Evaluate);
        let n = images.count(width)?;
        let mut sum_t = vec![0.0f64; self.info.terms.len()];
        // Some terms are of a minibatch as a whole: those that the engine makes of all of them stay as they are.
        for piece in together(minibatches(n, self.info.batch as usize), self.piece) {
            self.pause.point().await;
            let weight = piece.len() as f64;
            let term_t = self.engine().evaluate(images.some(width, piece)).await?;
            sum_t.iter_mut().zip(term_t).for_each(|(sum, term)| *sum += weight * f64::from(term));
        }
        Ok(sum_t.into_iter().map(|sum| (sum / n.max(1) as f64) as f32).collect())
    }

    async fn weights(&mut self) -> Result<Vec<Weight>, String> {
        self.engine().weights().await
    }

    fn set_weights(&mut self, weights: &[Weight]) -> Result<(), String> {
        self.engine().set_weights(weights)
    }

    async fn state(&mut self) -> Result<Option<RunState>, String> {
        self.engine().state().await
    }

    fn set_state(&mut self, state: &RunState) -> Result<(), String> {
        self.engine().set_state(state)
    }

    async fn start(&mut self) -> Result<(), BuildError> {
        self.engine().start().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_cuts_no_minibatch() {
        assert_eq!(together(minibatches(641, 128), 256), [0..256, 256..512, 512..641], "the single image stays with its minibatch");
        assert_eq!(together(minibatches(20, 8), 16), [0..16, 16..20]);
        assert_eq!(together(minibatches(600, 300), 256), [0..300, 300..600], "a minibatch is longer than a piece");
    }
}
