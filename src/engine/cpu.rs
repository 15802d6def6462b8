//! The engine that needs no graphics card: the same recorded step as the plan's, on the processor.
//!
//! Images come in the same order and noise is the same, number by number, so that a run is that of the GPU but for rounding.
//! Gradients and the optimiser are nodes as everything else; a step is one run of a [`latent_interpret::Tape`].

mod images;
mod step;

use std::collections::HashMap;

use web_time::Instant;

pub use self::images::{HostImages, HostSupply, HostWindow};
use self::images::{Minibatch, Order};
pub use self::step::{KERNELS, Make, Runs, tape};
use self::step::{Training, training};
use crate::engine::{BuildError, Engine, Rows, RunState, Weight, evaluated, fits};
use crate::entry::Entry;
use crate::half;
use crate::network::{import_program_into, node};
use crate::noise::{EVALUATION, INITIALISATION};
use crate::optimizer::{self, RATES};
use crate::plan::{Given, RING};
use crate::program::{PIECE, Program, batch_of};
use crate::record::Recording;
use crate::untold::Untold;
use latent_compile::capture::import;
use latent_compile::{Graph, Id};
use latent_experiment::history::MetricRow;
use latent_interpret::Noise;
use latent_nn::method::{START_BATCH, live_keys};
use latent_protocol::PlanInfo;
use latent_vocabulary::Params;
use latent_vocabulary::shape::DataShape;

/// A network under training on the processor.
pub struct CpuEngine {
    make: Make,
    entry: &'static dyn Entry,
    params: Params,
    shape: DataShape,
    info: PlanInfo,
    live: Vec<&'static str>,
    train: Training,
    /// The graphs' leaves: parameters, input, labels, step, controls, and factors where the method is told them; behind them moments and
    /// rates, of the training step alone.
    leaves: Vec<Vec<f32>>,
    programs: HashMap<(Program, usize), Option<Ready>>,
    images: HostSupply,
    order: Order,
    step: u64,
    /// Draws of noise by programs that do not train.
    draws: u32,
    untold: Untold<MetricRow>,
}

/// A program that does not train.
struct Ready {
    tape: Box<dyn Runs>,
    outputs: usize,
}

/// Places among the leaves behind the parameters.
#[derive(Clone, Copy)]
enum Leaf {
    Input,
    Label,
    Step,
    Controls,
    /// Or whatever comes behind, where the method is told none.
    Factors,
}

impl CpuEngine {
    /// The setup's network for these images, with weights from the seed.
    ///
    /// # Errors
    /// Names the operation that cannot be recorded or is not known.
    pub async fn new(
        entry: &'static dyn Entry,
        params: &Params,
        shape: DataShape,
        images: &HostSupply,
    ) -> Result<Self, BuildError> {
        Self::given(tape, entry, params, shape, images, Given::default(), false).await
    }

    /// The same with what makes its graphs ready, and what else the engine is given; `keep` has it keep the gradients of the latest step.
    ///
    /// # Errors
    /// As there.
    pub async fn given(
        make: Make,
        entry: &'static dyn Entry,
        params: &Params,
        shape: DataShape,
        images: &HostSupply,
        given: Given<'_>,
        keep: bool,
    ) -> Result<Self, BuildError> {
        let begin = Instant::now();
        // One that is only looked at takes no steps.
        if !given.weights {
            half::refuse(params, half::NOT_BY_PROCESSOR)?;
        }
        let batch = params.usize("batch");
        let recording = entry.record(params, shape, Program::Train, batch).map_err(BuildError::NotCompiled)?;
        let (train, leaves, info) = training(make, &recording, params, shape, keep).map_err(BuildError::NotCompiled)?;
        let order = Order::new(images, params)?;
        let mut engine = Self {
            make,
            entry,
            params: params.clone(),
            shape,
            live: live_keys(entry.card()),
            train,
            leaves,
            info,
            programs: HashMap::new(),
            images: images.clone(),
            order,
            step: 0,
            draws: 0,
            untold: Untold::default(),
        };
        for (i, key) in engine.live.iter().enumerate() {
            let at = engine.at(Leaf::Controls);
            engine.leaves[at][i] = params.get(key) as f32;
        }
        if !given.weights {
            engine.draw_weights(&recording).map_err(BuildError::NotCompiled)?;
            engine.start().await?;
        }
        engine.info.plan_ms = begin.elapsed().as_secs_f64() * 1e3;
        engine.info.compile_ms = engine.info.plan_ms;
        Ok(engine)
    }

    fn at(&self, leaf: Leaf) -> usize {
        self.info.tensors.len() + leaf as usize
    }

    /// Factors of an image that the method is told.
    fn told(&self) -> usize {
        if self.entry.card().factors { self.shape.factors.len() } else { 0 }
    }

    /// Where the leaves of the training step alone begin.
    fn behind(&self) -> usize {
        self.at(Leaf::Factors) + usize::from(self.told() > 0)
    }

    /// Where the optimiser's `i`th moments of parameter `p` lie.
    fn moment(&self, p: usize, i: usize) -> usize {
        self.behind() + RATES + self.train.moments * self.train.trained[..p].iter().filter(|t| **t).count() + i
    }

    /// Draws the weights as Burn's layers initialise themselves.
    fn draw_weights(&mut self, recording: &Recording) -> Result<(), String> {
        let ids: Vec<_> = recording.params.iter().map(|p| p.id).collect();
        let imported = import(&recording.graph, &recording.values, &[], &ids).map_err(|e| e.to_string())?;
        let outputs = ids.iter().map(|id| node(&imported, *id)).collect::<Result<Vec<_>, _>>()?;
        let mut tape = (self.make)(&imported.graph, &outputs, &[]);
        tape.run(&mut [], self.noise(0, INITIALISATION));
        for i in 0..ids.len() {
            self.leaves[i].copy_from_slice(tape.output(i));
        }
        Ok(())
    }

    fn noise(&self, step: u32, salt: u32) -> Noise {
        Noise { step, seed: self.params.get("seed") as u32, salt }
    }

    /// Puts rows where the graphs find their input: `batch` of them, those behind the last zero.
    fn input(&mut self, rows: Rows<'_>, width: usize, batch: usize) {
        let (input, label) = (self.at(Leaf::Input), self.at(Leaf::Label));
        let classes = rows.classes();
        self.leaves[input].clear();
        self.leaves[input].extend_from_slice(&rows.floats());
        self.leaves[input].resize(batch * width, 0.0);
        self.leaves[label].clear();
        self.leaves[label].extend(classes.iter().map(|c| f32::from(*c)));
        self.leaves[label].resize(batch, 0.0);
        let (factors, told) = (self.at(Leaf::Factors), self.told());
        if told > 0 {
            self.leaves[factors].clear();
            self.leaves[factors].extend(rows.factors().iter().map(|v| f32::from(*v)));
            self.leaves[factors].resize(batch * told, 0.0);
        }
    }

    /// Has `fetch` put images, and what is known of them, where the graphs find them.
    fn put_images(
        &mut self,
        fetch: impl FnOnce(&mut Order, &HostSupply, Minibatch<'_>) -> Result<(), String>,
    ) -> Result<(), String> {
        let told = self.told() > 0;
        let places = [Leaf::Input, Leaf::Label, Leaf::Factors].map(|leaf| self.at(leaf));
        // Where no factors are told something else lies in their place.
        let mut own = [0, 1, 2].map(|i| if i < 2 || told { std::mem::take(&mut self.leaves[places[i]]) } else { vec![] });
        let [images, labels, factors] = &mut own;
        let done = fetch(&mut self.order, &self.images, Minibatch { images, labels, factors });
        for (place, values) in places.into_iter().zip(own).take(if told { 3 } else { 2 }) {
            self.leaves[place] = values;
        }
        done
    }

    /// The images at the positions from `from` on, as the training step takes them.
    fn minibatch(&mut self, from: u64, batch: usize) -> Result<(), String> {
        self.put_images(|order, images, to| order.fetch(images, from, batch, to))
    }

    /// Makes sure that a program is there. Returns whether the method has it.
    fn ready_program(&mut self, what: Program, batch: usize) -> Result<bool, String> {
        if let Some(known) = self.programs.get(&(what, batch)) {
            return Ok(known.is_some());
        }
        let recording = self.entry.record(&self.params, self.shape, what, batch)?;
        let ready = if recording.outputs.is_empty() {
            None
        } else {
            let imported = import_program_into(Graph::for_processor(), &recording)?;
            let outputs = recording.outputs.iter().map(|o| node(&imported, o.id)).collect::<Result<Vec<_>, _>>()?;
            Some(Ready { tape: (self.make)(&imported.graph, &outputs, &[]), outputs: outputs.len() })
        };
        let has = ready.is_some();
        self.programs.insert((what, batch), ready);
        Ok(has)
    }

    /// Runs a program made for `batch` rows on `rows`: its outputs, for all rows of the batch.
    fn piece(&mut self, what: Program, rows: Rows<'_>, batch: usize) -> Result<Option<Vec<Vec<f32>>>, String> {
        if !self.ready_program(what, batch)? {
            return Ok(None);
        }
        self.input(rows, what.input().width(self.shape.image, &self.info.code), batch);
        let step = self.at(Leaf::Step);
        self.leaves[step][0] = self.step as f32;
        self.draws = self.draws.wrapping_add(1);
        let noise = self.noise(self.draws, EVALUATION);
        let Some(Some(ready)) = self.programs.get_mut(&(what, batch)) else { return Ok(None) };
        ready.tape.run(&mut self.leaves, noise);
        Ok(Some((0..ready.outputs).map(|i| ready.tape.output(i).to_vec()).collect()))
    }

    fn take_step(&mut self) -> Result<(), String> {
        let batch = self.info.batch as usize;
        self.minibatch(self.step * batch as u64, batch)?;
        let step = self.at(Leaf::Step);
        self.leaves[step][0] = self.step as f32;
        let (live, controls) = (&self.live, &self.leaves[self.at(Leaf::Controls)]);
        let value = |key: &str| live.iter().position(|k| *k == key).map_or(0.0, |i| controls[i]);
        let rates = optimizer::rates(&self.params, self.step, value);
        let first = self.behind();
        for (leaf, rate) in self.leaves[first..].iter_mut().zip(rates) {
            leaf[0] = rate;
        }
        let noise = self.noise(self.step as u32, 0);
        self.train.tape.run(&mut self.leaves, noise);
        self.step += 1;
        let names = &self.info.terms;
        let values: Vec<f32> = (0..self.train.outputs).flat_map(|i| self.train.tape.output(i)).copied().collect();
        let (terms, kl_d) = values.split_at(names.len());
        self.untold.fresh.push(MetricRow { step: self.step, terms: terms.to_vec(), kl_d: kl_d.to_vec() });
        Ok(())
    }

    /// The gradient of a step with the weights of now, at `step`, and of no other: weights stay what they are where the learning rate is
    /// zero. Repeated with other steps it has other noise.
    ///
    /// # Errors
    /// If the engine does not keep gradients, or a page cannot be read.
    pub fn gradients_at(&mut self, step: u64) -> Result<Vec<Weight>, String> {
        self.step = step;
        self.take_step()?;
        self.gradients()
    }

    /// Gradients of the latest step as the optimiser got them: one for each trained parameter, in module order.
    ///
    /// # Errors
    /// If the engine does not keep them.
    pub fn gradients(&self) -> Result<Vec<Weight>, String> {
        if !self.train.keeps_gradients {
            return Err("this engine does not keep its gradients".into());
        }
        let all = self.info.tensors.iter().filter(|t| t.trained).enumerate();
        Ok(all
            .map(|(i, t)| Weight {
                name: t.name.clone(),
                shape: t.shape.iter().map(|n| *n as usize).collect(),
                values: self.train.tape.output(self.train.outputs + i).to_vec(),
            })
            .collect())
    }

    /// Takes a step and times its parts, in milliseconds.
    ///
    /// # Errors
    /// As [`Engine::run_steps`].
    #[cfg(not(target_arch = "wasm32"))]
    pub fn profile_step(&mut self) -> Result<Vec<(String, f64)>, String> {
        let batch = self.info.batch as usize;
        self.minibatch(self.step * batch as u64, batch)?;
        let noise = self.noise(self.step as u32, 0);
        let begin = Instant::now();
        let times = self.train.tape.timed(&mut self.leaves, noise, &|| begin.elapsed().as_secs_f64() * 1e3);
        self.step += 1;
        Ok(times)
    }

    fn weight(&self, i: usize, values: &[f32]) -> Weight {
        let tensor = &self.info.tensors[i];
        let shape = tensor.shape.iter().map(|n| *n as usize).collect();
        Weight { name: tensor.name.clone(), shape, values: values.to_vec() }
    }

    /// Checks that `weights` has what is `chosen` of the parameters.
    fn fit(&self, weights: &[Weight], chosen: impl Fn(usize) -> bool) -> Result<(), String> {
        let shapes: Vec<Vec<usize>> = self.info.tensors.iter().map(|t| t.shape.iter().map(|n| *n as usize).collect()).collect();
        let all = self.info.tensors.iter().zip(&shapes).enumerate().filter(|(i, _)| chosen(*i));
        fits(all.map(|(_, (t, shape))| (t.name.as_str(), shape.as_slice())), weights)
    }

    fn put(&mut self, i: usize, leaf: usize, values: &[Weight]) {
        let name = &self.info.tensors[i].name;
        if let Some(found) = values.iter().find(|w| w.name == *name) {
            self.leaves[leaf].clone_from(&found.values);
        }
    }

    fn trained(&self) -> impl Iterator<Item = usize> + use<> {
        let trained = self.train.trained.clone();
        (0..trained.len()).filter(move |i| trained[*i])
    }
}

impl Engine for CpuEngine {
    async fn start(&mut self) -> Result<(), BuildError> {
        let recording =
            self.entry.record(&self.params, self.shape, Program::Start, START_BATCH).map_err(BuildError::NotCompiled)?;
        if recording.set.is_empty() {
            return Ok(());
        }
        let imported = import_program_into(Graph::for_processor(), &recording).map_err(BuildError::NotCompiled)?;
        let set: Result<Vec<Id>, String> = recording.set.iter().map(|new| node(&imported, new.id)).collect();
        let mut tape = (self.make)(&imported.graph, &set.map_err(BuildError::NotCompiled)?, &[]);
        self.order.start(&self.images).await?;
        self.put_images(|order, images, to| order.first(images, START_BATCH, to))?;
        let step = self.at(Leaf::Step);
        self.leaves[step][0] = self.step as f32;
        let noise = self.noise(self.draws, INITIALISATION);
        tape.run(&mut self.leaves, noise);
        for (i, new) in recording.set.iter().enumerate() {
            let at = self.info.tensors.iter().position(|t| t.name == new.name);
            let at = at.ok_or_else(|| format!("there is no parameter {}", new.name))?;
            self.leaves[at].copy_from_slice(tape.output(i));
        }
        Ok(())
    }

    fn info(&self) -> &PlanInfo {
        &self.info
    }

    fn set_live(&mut self, key: &str, value: f32) {
        if let Some(i) = self.live.iter().position(|k| *k == key) {
            let at = self.at(Leaf::Controls);
            self.leaves[at][i] = value;
            self.params.values.insert(key.into(), f64::from(value));
        }
    }

    fn draw_from(&mut self, draws: u32) {
        self.draws = draws;
    }

    fn prompt(&self) -> bool {
        true
    }

    async fn ready(&mut self, n: u32) -> Result<u32, String> {
        half::refuse(&self.params, half::NOT_BY_PROCESSOR)?;
        self.order.ready(&self.images, self.step, n).await
    }

    async fn fetch_ahead(&mut self) -> Result<bool, String> {
        self.order.bring_one(&self.images, self.step).await
    }

    fn run_steps(&mut self, n: u32) -> Result<(), String> {
        if self.untold.fresh.len() + n as usize > RING {
            return Err(format!("{n} steps at once: at most {RING} fit between two looks at the metrics"));
        }
        (0..n).try_for_each(|_| self.take_step())
    }

    fn step(&self) -> u64 {
        self.step
    }

    fn request_metrics(&mut self) -> bool {
        self.untold.request()
    }

    async fn take_metrics(&mut self) -> Result<Vec<MetricRow>, String> {
        self.untold.take().into_iter().map(|row| row.finite(&self.info.terms)).collect()
    }

    async fn run(&mut self, what: Program, rows: Rows<'_>) -> Result<Option<Vec<Vec<f32>>>, String> {
        let width = what.input().width(self.shape.image, &self.info.code);
        let count = rows.count(width)?;
        let mut all: Vec<Vec<f32>> = vec![];
        for from in (0..count).step_by(PIECE) {
            let n = (count - from).min(PIECE);
            let batch = batch_of(n);
            let Some(outputs) = self.piece(what, rows.some(width, from..from + n), batch)? else { return Ok(None) };
            all.resize(outputs.len(), vec![]);
            for (all, values) in all.iter_mut().zip(outputs) {
                all.extend_from_slice(&values[..n * (values.len() / batch)]);
            }
        }
        Ok(Some(all))
    }

    async fn evaluate(&mut self, images: Rows<'_>) -> Result<Vec<f32>, String> {
        let width = Program::Evaluate.input().width(self.shape.image, &self.info.code);
        let of = (self.info.terms.len(), self.info.batch as usize, width);
        evaluated(of, images, async |rows, n| {
            let terms = self.piece(Program::Evaluate, rows, n)?.ok_or("the method has no objective")?;
            Ok(terms.into_iter().map(|term| term[0]).collect())
        })
        .await
    }

    async fn weights(&mut self) -> Result<Vec<Weight>, String> {
        Ok((0..self.info.tensors.len()).map(|i| self.weight(i, &self.leaves[i])).collect())
    }

    /// The moments start again from zero.
    fn set_weights(&mut self, weights: &[Weight]) -> Result<(), String> {
        self.fit(weights, |_| true)?;
        for i in 0..self.info.tensors.len() {
            self.put(i, i, weights);
        }
        for p in self.trained() {
            for i in 0..self.train.moments {
                let at = self.moment(p, i);
                self.leaves[at].fill(0.0);
            }
        }
        Ok(())
    }

    async fn state(&mut self) -> Result<Option<RunState>, String> {
        let weights = self.weights().await?;
        let moments = std::array::from_fn(|i| {
            let kept = (i < self.train.moments).then(|| self.trained().map(|p| self.weight(p, &self.leaves[self.moment(p, i)])));
            kept.into_iter().flatten().collect()
        });
        Ok(Some(RunState { step: self.step, draws: self.draws, kernels: KERNELS.into(), weights, moments }))
    }

    fn set_state(&mut self, state: &RunState) -> Result<(), String> {
        self.fit(&state.weights, |_| true)?;
        let trained: Vec<usize> = self.trained().collect();
        for moments in &state.moments[..self.train.moments] {
            self.fit(moments, |i| trained.contains(&i)).map_err(|e| format!("the optimiser's moments: {e}"))?;
        }
        u32::try_from(state.step).map_err(|_| format!("{} steps are more than a run can have", state.step))?;
        for i in 0..self.info.tensors.len() {
            self.put(i, i, &state.weights);
        }
        for p in trained {
            for (i, moments) in state.moments[..self.train.moments].iter().enumerate() {
                self.put(p, self.moment(p, i), moments);
            }
        }
        (self.step, self.draws) = (state.step, state.draws);
        self.untold = Untold::default();
        Ok(())
    }
}
