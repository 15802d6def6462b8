//! What takes long: measures, timings and comparisons, a slice at a time between everything else that a session does.

use std::cell::{RefCell, RefMut};
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::rc::Rc;

use super::Run;
use crate::measure::pause::Pause;
use crate::nn::ImageShape;
use crate::spec::protocol::{BenchReport, MetricRow, PlanInfo, RunId, Slot, VerifyReport, View};
use crate::train::any::AnyEngine;
use crate::train::engine::BuildError;
use crate::train::program::minibatches;
use crate::train::{Engine, Program, Rows, RunState, Weight};

/// Rows that a borrowed engine takes between two places to rest, on a GPU and on a software adapter.
const PIECE: [usize; 2] = [256, 64];

/// Whom the outcome of some work is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum For {
    /// Who watches a slot: of that run, from the weights at that step.
    Slot {
        slot: Slot,
        run: RunId,
        step: u64,
    },
    Bench,
    Verify,
}

/// What comes of it.
pub enum Made {
    View(View),
    Timed(BenchReport),
    Compared(VerifyReport),
}

/// Work on its way.
pub struct Work {
    pub of: For,
    pub pause: Pause,
    /// Where it expects to find the run whose engine it asks; `None` for work with an engine of its own.
    pub run: Option<Rc<RefCell<Option<Run>>>>,
    pub future: Pin<Box<dyn Future<Output = Result<Made, String>>>>,
}

impl Work {
    /// Work with an engine of its own.
    pub fn new(of: For, pause: Pause, future: impl Future<Output = Result<Made, String>> + 'static) -> Self {
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

    /// `rows` in pieces of `size` rows, each with its labels, and how many they are.
    fn pieces<'a>(&self, what: Program, rows: Rows<'a>, size: usize) -> Vec<(usize, Rows<'a>)> {
        let PlanInfo { channels, height, width, ref code, .. } = self.info;
        let shape = ImageShape { channels: channels as usize, height: height as usize, width: width as usize };
        let width = what.input().width(shape, code);
        if rows.values.is_empty() || !rows.values.len().is_multiple_of(width) {
            // The engine says what is wrong with them.
            return vec![(0, rows)];
        }
        let labels = |at: &Range<usize>| &rows.labels[at.start.min(rows.labels.len())..at.end.min(rows.labels.len())];
        let piece = |at: Range<usize>| (at.len(), Rows::labelled(&rows.values[at.start * width..at.end * width], labels(&at)));
        minibatches(rows.values.len() / width, size).map(piece).collect()
    }
}

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
        let mut all: Vec<Vec<f32>> = vec![];
        for (_, piece) in self.pieces(what, rows, self.piece) {
            self.pause.point().await;
            let Some(outputs) = self.engine().run(what, piece).await? else { return Ok(None) };
            all.resize(outputs.len(), vec![]);
            all.iter_mut().zip(outputs).for_each(|(all, more)| all.extend(more));
        }
        Ok(Some(all))
    }

    async fn evaluate(&mut self, images: Rows<'_>) -> Result<Vec<f32>, String> {
        // Some terms are functions of a whole batch: batches stay whole.
        let batch = (self.info.batch as usize).max(1);
        let (mut sum_t, mut n) = (vec![0.0f64; self.info.terms.len()], 0);
        for (rows, piece) in self.pieces(Program::Evaluate, images, (self.piece / batch).max(1) * batch) {
            self.pause.point().await;
            let term_t = self.engine().evaluate(piece).await?;
            sum_t.iter_mut().zip(term_t).for_each(|(sum, term)| *sum += rows as f64 * f64::from(term));
            n += rows;
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
