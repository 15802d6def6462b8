//! Programs that do not train, run on rows: pieces are submitted ahead and their answers asked for together, for a wait for each
//! would take longer than they do.

use std::collections::VecDeque;

use super::PlanEngine;
use super::compiled::{Compiled, Wanted};
use super::layout::InputAt;
use super::prepared::{Prepared, fetch, program};
use crate::engine::{Means, Rows};
use crate::feed::Reach;
use crate::program::{Input, PIECE, Program, batch_of, minibatches};
use latent_compile::emit::ctl;
use latent_gpu::Pending;

/// Pieces whose answers may be on their way from the device at a time, and floats of them: 16 MB.
const AHEAD: usize = 8;
const AHEAD_FLOATS: usize = 1 << 22;

/// Reads on their way, each with how many rows it is of.
#[derive(Default)]
struct Reads(VecDeque<(usize, Pending)>);

impl Reads {
    fn has_room(&self) -> bool {
        self.0.len() < AHEAD && (self.0.is_empty() || self.0.iter().map(|(_, read)| read.floats()).sum::<usize>() < AHEAD_FLOATS)
    }
}

impl PlanEngine {
    /// Makes sure that a program is compiled. Returns whether the method has it.
    async fn program(&mut self, what: Program, batch: usize) -> Result<bool, String> {
        if self.programs.contains_key(&(what, batch)) {
            return Ok(true);
        }
        if self.missing.contains(&what) {
            return Ok(false);
        }
        let Some(prepared) = program(self.entry, &self.params, self.shape, &self.layout, what, batch, self.target)? else {
            self.missing.push(what);
            return Ok(false);
        };
        let recorded = self.load(&prepared).await?;
        let Prepared { constants, input, outputs, packed, .. } = prepared;
        self.programs.insert((what, batch), Compiled { recorded, constants, input, outputs, packed });
        Ok(true)
    }

    /// Values in a row of a program's input.
    fn width(&self, what: Program) -> usize {
        what.input().width(self.shape.image, &self.info.code)
    }

    /// Makes sure that so many test images can be fetched on the device.
    async fn fetcher(&mut self, batch: usize, input: InputAt) -> Result<(), String> {
        if !self.fetches.contains_key(&batch) {
            let plan = fetch(batch, self.shape, input, self.feed.reach().order, self.target)?;
            let recorded = self.arena.record(&plan).await?;
            self.fetches.insert(batch, recorded);
        }
        Ok(())
    }

    /// The places of rows among the images on the device, if they are there.
    fn places(&self, rows: Rows<'_>) -> Option<Vec<u32>> {
        let Reach { images, tests, .. } = self.feed.reach();
        let at = rows.at.filter(|at| at.iter().all(|i| (*i as usize) < tests))?;
        Some(at.iter().map(|i| (images - tests) as u32 + i).collect())
    }

    /// Runs a program, compiled for `batch` rows or more, on `rows`, and asks for what is wanted of it without waiting. `None` if the
    /// method does not have it.
    async fn piece(&mut self, what: Program, rows: Rows<'_>, batch: usize, wanted: Wanted) -> Result<Option<Pending>, String> {
        if !self.program(what, batch).await? {
            return Ok(None);
        }
        let n = rows.count(self.width(what))?;
        let input = self.programs[&(what, batch)].input;
        let places = if what.input() == Input::Images { self.places(rows) } else { None };
        if places.is_some() {
            self.fetcher(batch, input).await?;
        }
        let program = &self.programs[&(what, batch)];
        // Other programs have used the same memory since.
        for (to, values) in &program.constants {
            self.arena.write(*to, values);
        }
        if let Some(places) = places {
            self.arena.write_order(self.feed.reach().order, &places);
            self.arena.run(&self.fetches[&batch], 1);
        } else {
            self.arena.write(input.rows, &rows.floats());
            let classes = rows.classes();
            let labels: Vec<f32> = (0..n).map(|i| f32::from(classes.get(i).copied().unwrap_or(0))).collect();
            self.arena.write(input.labels, &labels);
            self.arena.write(input.step, &[self.step as f32]);
            if let Some(at) = input.factors {
                let mut factors: Vec<f32> = rows.factors().iter().map(|v| f32::from(*v)).collect();
                factors.resize(n * self.shape.factors.len(), 0.0);
                self.arena.write(at, &factors);
            }
        }
        self.nonce = self.nonce.wrapping_add(1);
        self.arena.write_ctl(ctl::NONCE, &[self.nonce]);
        self.arena.run(&program.recorded, 1);
        let outputs = match wanted {
            Wanted::Outputs => &program.outputs[..],
            Wanted::Pictures => program.packed.as_slice(),
        };
        Ok(Some(self.arena.request(outputs)))
    }

    /// [`Engine::run`](crate::Engine::run), of which that is read that is wanted.
    pub(super) async fn rows(&mut self, what: Program, rows: Rows<'_>, wanted: Wanted) -> Result<Option<Vec<Vec<f32>>>, String> {
        let mut all: Vec<Vec<f32>> = vec![];
        let width = self.width(what);
        let count = rows.count(width)?;
        let mut starts = (0..count).step_by(PIECE);
        let mut reads = Reads::default();
        loop {
            while reads.has_room()
                && let Some(from) = starts.next()
            {
                let n = (count - from).min(PIECE);
                let read = self.piece(what, rows.some(width, from..from + n), batch_of(n), wanted).await?;
                let Some(read) = read else { return Ok(None) };
                reads.0.push_back((n, read));
            }
            let Some((n, read)) = reads.0.pop_front() else { return Ok(Some(all)) };
            let outputs = self.arena.take(read).await?;
            all.resize(outputs.len(), vec![]);
            for (all, values) in all.iter_mut().zip(outputs) {
                all.extend_from_slice(&values[..n * (values.len() / batch_of(n))]);
            }
        }
    }

    /// [`Engine::evaluate`](crate::Engine::evaluate).
    pub(super) async fn terms(&mut self, images: Rows<'_>) -> Result<Vec<f32>, String> {
        let width = self.width(Program::Evaluate);
        let count = images.count(width)?;
        let mut means = Means::of(self.info.terms.len());
        let mut pieces = minibatches(count, self.info.batch as usize);
        let mut reads = Reads::default();
        loop {
            while reads.has_room()
                && let Some(at) = pieces.next()
            {
                let n = at.len();
                let read = self.piece(Program::Evaluate, images.some(width, at), n, Wanted::Outputs).await?;
                reads.0.push_back((n, read.ok_or("the method has no objective")?));
            }
            let Some((n, read)) = reads.0.pop_front() else { break };
            let terms = self.arena.take(read).await?;
            means.add(n, terms.into_iter().map(|term| term[0]));
        }
        Ok(means.take())
    }
}
