//! The engine that runs recorded plans.
//!
//! Arena: `[trained parameters | first moments | second moments | gradients | state and frozen parameters | terms | ring |
//! constants | scratch]`; SGD has no second moments, and only a comparison with Burn has gradients. Programs that do not train
//! (initialisation, evaluation, encoding, decoding) use the same parameters and share the scratch area: the queue runs one after
//! the other.

mod compiled;
mod layout;
#[cfg(not(target_arch = "wasm32"))]
pub mod listing;
mod prepared;
mod rows;

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use web_time::Instant;

use self::compiled::{Compiled, Wanted, most_fetched};
pub use self::layout::RING;
use self::layout::{InputAt, Layout, Tensor};
pub use self::prepared::all_dispatches;
use self::prepared::{Prepared, Training, initialisation, start, training};
use crate::choose::{KernelChoice, again, choose};
use crate::engine::{BuildError, Engine, Rows, RunState, Weight, fits};
use crate::entry::Entry;
use crate::feed::{Feed, Supply};
use crate::half;
use crate::program::Program;
use latent_compile::emit::ctl;
use latent_compile::{Plan, Target};
use latent_experiment::history::MetricRow;
use latent_gpu::{Arena, Data, Gpu, Pending, Recorded};
use latent_nn::method::live_keys;
use latent_protocol::PlanInfo;
use latent_vocabulary::Params;
use latent_vocabulary::code::NO_DECODER;
use latent_vocabulary::shape::DataShape;

/// What steps say that are taken before [`Engine::ready`] was asked.
const NOT_READY: &str = "the training step is not ready";

/// A network under training on the GPU.
pub struct PlanEngine {
    arena: Arena,
    entry: &'static dyn Entry,
    params: Params,
    shape: DataShape,
    /// What all kernels of the run are made for.
    target: Target,
    layout: Layout,
    info: PlanInfo,
    live: Vec<&'static str>,
    /// The training step, and its pipelines once they are wanted.
    plan: Plan,
    train: Option<Recorded>,
    /// Where the minibatch of a step lies.
    input: InputAt,
    programs: HashMap<(Program, usize), Compiled>,
    /// What fetches test images, by how many.
    fetches: HashMap<usize, Recorded>,
    /// Programs that the method is known not to have.
    missing: Vec<Program>,
    feed: Feed,
    step: u64,
    /// Steps whose metrics have been asked for.
    seen: u64,
    /// Metrics on their way from the device, each with the step before its first.
    requested: VecDeque<(u64, Pending)>,
    nonce: u32,
    keeps_gradients: bool,
}

/// What an engine is given once it stands.
#[derive(Clone, Copy, Debug, Default)]
pub struct Given<'a> {
    /// All weights: none are drawn, and the training step is not compiled before [`Engine::ready`] is asked for it.
    pub weights: bool,
    /// Name of the kernels to use, those of an earlier run, where the adapter has them.
    pub kernels: Option<&'a str>,
}

/// What one dispatch of a training step takes.
#[cfg(not(target_arch = "wasm32"))]
pub struct KernelTime {
    /// The kernels in it.
    pub name: String,
    pub nanoseconds: f64,
    pub flops: u64,
    pub bytes: u64,
}

impl PlanEngine {
    /// Compiles the setup's network for the images in `data`, with weights from the seed.
    ///
    /// # Errors
    /// Names the operation that does not compile, or what the device refused.
    pub async fn new(
        gpu: Rc<Gpu>,
        entry: &'static dyn Entry,
        params: &Params,
        shape: DataShape,
        data: &Data,
    ) -> Result<Self, BuildError> {
        Self::supplied(gpu, entry, params, shape, &Supply::Whole(data.clone()), Given::default()).await
    }

    /// [`PlanEngine::new`], on images that need not all be on the device, and with what else the engine is given.
    ///
    /// # Errors
    /// As there, or if a minibatch is too large for the images that are on the device at a time.
    pub async fn supplied(
        gpu: Rc<Gpu>,
        entry: &'static dyn Entry,
        params: &Params,
        shape: DataShape,
        supply: &Supply,
        given: Given<'_>,
    ) -> Result<Self, BuildError> {
        Self::build(gpu, entry, params, shape, supply, false, given).await
    }

    /// [`PlanEngine::new`], with kernels that also store each gradient on its way to the optimiser.
    ///
    /// # Errors
    /// As there.
    pub async fn with_gradients(
        gpu: Rc<Gpu>,
        entry: &'static dyn Entry,
        params: &Params,
        shape: DataShape,
        data: &Data,
    ) -> Result<Self, BuildError> {
        Self::build(gpu, entry, params, shape, &Supply::Whole(data.clone()), true, Given::default()).await
    }

    /// Compiles what a run of the setup from random weights takes, before anybody asks for one: it neither needs the images
    /// nor holds any memory of the device. Stops once it is no longer `wanted`.
    ///
    /// # Errors
    /// As [`PlanEngine::new`].
    pub async fn prepare(
        gpu: &Rc<Gpu>,
        entry: &dyn Entry,
        params: &Params,
        shape: DataShape,
        wanted: impl Fn() -> bool,
    ) -> Result<(), BuildError> {
        let (training, target) = planned(gpu, entry, params, shape, false, None).await?;
        let initial = initialisation(&training.recording, &training.layout, target).map_err(BuildError::NotCompiled)?;
        let start = start(entry, params, shape, &training.layout, target).map_err(BuildError::NotCompiled)?;
        for plan in [Some(training.plan), Some(initial.plan), start.map(|s| s.plan)].into_iter().flatten() {
            gpu.pipelines.ahead(&plan, &wanted).await?;
        }
        Ok(())
    }

    async fn build(
        gpu: Rc<Gpu>,
        entry: &'static dyn Entry,
        params: &Params,
        shape: DataShape,
        supply: &Supply,
        keep: bool,
        given: Given<'_>,
    ) -> Result<Self, BuildError> {
        let begin = Instant::now();
        let live = live_keys(entry.card());
        let seed = params.get("seed") as u32;
        let feed = Feed::new(supply, params)?;
        let reach = feed.reach();
        let (training, target) = planned(&gpu, entry, params, shape, keep, given.kernels).await?;
        let Training { layout, plan, constants, recording, input, mut info, .. } = training;
        let floats = plan.end.max(layout.scratch);
        let order = reach.order + most_fetched(params.usize("batch"));
        let mut arena = Arena::new(gpu, floats, live.len(), order, supply.data().clone()).await?;
        if plan.halves > 0 {
            arena.hold_halves(plan.halves).await?;
        }
        for (at, values) in &constants {
            arena.write(*at, values);
        }
        for (i, key) in live.iter().enumerate() {
            arena.write_ctl(ctl::LIVE + i, &[(params.get(key) as f32).to_bits()]);
        }
        arena.write_ctl(ctl::SEED, &[seed]);
        arena.write_ctl(ctl::ORDER, &[reach.order as u32, (reach.images * shape.image.bytes()) as u32]);
        info.dispatches = plan.dispatches.len() as u32;
        info.bytes = 4 * floats as u64 + 2 * plan.halves as u64;
        let mut engine = Self {
            arena,
            entry,
            params: params.clone(),
            shape,
            target,
            layout,
            info,
            live,
            plan,
            train: None,
            input,
            programs: HashMap::new(),
            fetches: HashMap::new(),
            missing: vec![],
            feed,
            step: 0,
            seen: 0,
            requested: VecDeque::new(),
            nonce: 0,
            keeps_gradients: keep,
        };
        // A network that is to be looked at may never be trained.
        if !given.weights {
            engine.record_training().await?;
            let initial = initialisation(&recording, &engine.layout, target).map_err(BuildError::NotCompiled)?;
            let recorded = engine.load(&initial).await?;
            engine.arena.run(&recorded, 1);
            engine.start().await?;
        }
        engine.info.compile_ms = begin.elapsed().as_secs_f64() * 1e3;
        Ok(engine)
    }

    /// Makes the pipelines of the training step.
    async fn record_training(&mut self) -> Result<(), String> {
        self.train = Some(self.arena.record(&self.plan).await?);
        Ok(())
    }

    /// Makes room for a program, writes its constants and makes its pipelines.
    async fn load(&mut self, prepared: &Prepared) -> Result<Recorded, String> {
        self.arena.grow(prepared.plan.end, self.layout.scratch).await?;
        for (at, values) in &prepared.constants {
            self.arena.write(*at, values);
        }
        self.arena.record(&prepared.plan).await
    }

    /// Gradients of the latest step as the optimiser got them: one for each trained parameter, in module order.
    ///
    /// # Errors
    /// If the engine does not keep them, see [`PlanEngine::with_gradients`], or the device is lost.
    pub async fn gradients(&mut self) -> Result<Vec<Weight>, String> {
        if !self.keeps_gradients {
            return Err("this engine does not keep its gradients".into());
        }
        let all = self.arena.read(&[(self.layout.gradients(), self.layout.params)]).await?.remove(0);
        Ok(self.layout.tensors.iter().filter(|t| t.trained).map(|t| t.weight(&all[t.at..t.at + t.len()])).collect())
    }

    /// Images, labels and factors of the latest step's minibatch, as the device fetched them; labels are zero where the method reads
    /// none, and factors are there where it is told them. Other programs overwrite them.
    ///
    /// # Errors
    /// If the device is lost.
    pub async fn minibatch(&mut self) -> Result<[Vec<f32>; 3], String> {
        let (at, batch) = (self.input, self.info.batch as usize);
        let known = at.factors.map(|factors| (factors, batch * self.shape.factors.len()));
        let ranges: Vec<_> = [(at.rows, batch * self.shape.image.len()), (at.labels, batch)].into_iter().chain(known).collect();
        let mut parts = self.arena.read(&ranges).await?.into_iter();
        Ok(std::array::from_fn(|_| parts.next().unwrap_or_default()))
    }

    /// Takes two steps and times each dispatch of the second.
    ///
    /// # Errors
    /// If the adapter has no time stamps, or the device is lost.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn profile_step(&mut self) -> Result<Vec<KernelTime>, String> {
        // The first one warms up, and uploads the images' order for the second where it is due.
        self.run_steps(1)?;
        let times = self.arena.profile(self.train.as_ref().ok_or(NOT_READY)?)?;
        self.step += 1;
        let time = |(d, nanoseconds): (&latent_compile::Dispatch, f64)| KernelTime {
            name: d.name.clone(),
            nanoseconds,
            flops: d.flops,
            bytes: d.bytes,
        };
        Ok(self.plan.dispatches.iter().zip(times).map(time).collect())
    }

    /// Bytes that the generated kernels of a step read and write.
    pub fn bytes_moved(&self) -> u64 {
        self.plan.bytes
    }

    /// The device it runs on.
    pub fn gpu(&self) -> &Gpu {
        self.arena.gpu()
    }

    /// Whether the device has done what the engine asked for, see [`Arena::check`].
    ///
    /// # Errors
    /// As there.
    pub fn check(&self) -> Result<(), String> {
        self.arena.check()
    }
}

/// The training step of a setup with the kernels that suit the adapter best, or those of that name.
async fn planned(
    gpu: &Rc<Gpu>,
    entry: &dyn Entry,
    params: &Params,
    shape: DataShape,
    keep: bool,
    kernels: Option<&str>,
) -> Result<(Training, Target), BuildError> {
    let begin = Instant::now();
    if !gpu.halves {
        half::refuse(params, half::NOT_BY_DEVICE)?;
    }
    let compiled = |target| training(entry, params, shape, target, keep).map_err(BuildError::NotCompiled);
    let first = compiled(gpu.target())?;
    let planned = begin.elapsed();
    let KernelChoice { target, words } = match kernels.and_then(|name| again(gpu, name)) {
        Some(choice) => choice,
        None => choose(gpu, &first.graph, &first.plan.products).await?,
    };
    let chosen = Instant::now();
    let mut training = if target == gpu.target() { first } else { compiled(target)? };
    training.info.plan_ms = 1e3 * (planned + chosen.elapsed()).as_secs_f64();
    training.info.kernels = words;
    Ok((training, target))
}

impl Engine for PlanEngine {
    async fn start(&mut self) -> Result<(), BuildError> {
        let prepared = start(self.entry, &self.params, self.shape, &self.layout, self.target);
        let Some(prepared) = prepared.map_err(BuildError::NotCompiled)? else { return Ok(()) };
        self.feed.start(&self.arena).await?;
        let recorded = self.load(&prepared).await?;
        self.arena.run(&recorded, 1);
        Ok(())
    }

    fn info(&self) -> &PlanInfo {
        &self.info
    }

    fn set_live(&mut self, key: &str, value: f32) {
        if let Some(i) = self.live.iter().position(|k| *k == key) {
            self.arena.write_ctl(ctl::LIVE + i, &[value.to_bits()]);
            self.params.values.insert(key.into(), f64::from(value));
        }
    }

    fn draw_from(&mut self, draws: u32) {
        self.nonce = draws;
    }

    async fn ready(&mut self, n: u32) -> Result<u32, String> {
        if self.train.is_none() {
            self.record_training().await?;
        }
        self.feed.ready(self.step, n).await
    }

    async fn fetch_ahead(&mut self) -> Result<bool, String> {
        self.feed.bring_one(self.step).await
    }

    fn run_steps(&mut self, n: u32) -> Result<(), String> {
        let mut left = u64::from(n);
        if self.step + left - self.seen > RING as u64 {
            return Err(format!("{left} steps at once: at most {RING} fit between two looks at the metrics"));
        }
        while left > 0 {
            let told = self.feed.tell(&self.arena, self.step, left)?;
            self.arena.run(self.train.as_ref().ok_or(NOT_READY)?, told as u32);
            self.step += told;
            left -= told;
        }
        Ok(())
    }

    fn step(&self) -> u64 {
        self.step
    }

    fn request_metrics(&mut self) -> bool {
        let (from, to, width) = (self.seen, self.step, self.layout.width);
        if from == to {
            return false;
        }
        // At most two ranges, where the ring wraps.
        let (a, n) = ((from % RING as u64) as usize, (to - from) as usize);
        let first = n.min(RING - a);
        let mut ranges = vec![(self.layout.ring + a * width, first * width)];
        if first < n {
            ranges.push((self.layout.ring, (n - first) * width));
        }
        self.seen = to;
        self.requested.push_back((from, self.arena.request(&ranges)));
        true
    }

    async fn take_metrics(&mut self) -> Result<Vec<MetricRow>, String> {
        let Some((from, read)) = self.requested.pop_front() else { return Ok(vec![]) };
        let values = self.arena.take(read).await?.concat();
        let names = &self.info.terms;
        let rows = values.chunks_exact(self.layout.width).zip(from + 1..);
        rows.map(|(row, step)| {
            let (terms, kl_d) = row.split_at(names.len());
            MetricRow { step, terms: terms.to_vec(), kl_d: kl_d.to_vec() }.finite(names)
        })
        .collect()
    }

    async fn run(&mut self, what: Program, rows: Rows<'_>) -> Result<Option<Vec<Vec<f32>>>, String> {
        self.rows(what, rows, Wanted::Outputs).await
    }

    async fn pictures(&mut self, z_nd: &[f32]) -> Result<Vec<u8>, String> {
        let words = self.rows(Program::Decode, Rows::of(z_nd), Wanted::Pictures).await?.ok_or(NO_DECODER)?;
        Ok(words.first().map_or_else(Vec::new, |words| bytemuck::cast_slice(words).to_vec()))
    }

    async fn evaluate(&mut self, images: Rows<'_>) -> Result<Vec<f32>, String> {
        self.terms(images).await
    }

    async fn weights(&mut self) -> Result<Vec<Weight>, String> {
        let parts = self.arena.read(&self.layout.parameters()).await?;
        Ok(self.layout.weights(&parts))
    }

    /// The moments start again from zero.
    fn set_weights(&mut self, weights: &[Weight]) -> Result<(), String> {
        let l = &self.layout;
        fits(l.tensors.iter().map(Tensor::describe), weights)?;
        self.arena.write(l.moment(0), &vec![0.0; l.moments * l.params]);
        l.place(weights, 0, |_| true, &self.arena);
        Ok(())
    }

    async fn state(&mut self) -> Result<Option<RunState>, String> {
        let parameters = self.layout.parameters();
        let moments = (0..self.layout.moments).map(|i| (self.layout.moment(i), self.layout.params));
        let ranges: Vec<_> = parameters.iter().copied().chain(moments).collect();
        let mut parts = self.arena.read(&ranges).await?;
        let mut moments = parts.split_off(parameters.len()).into_iter();
        let mut trained = || {
            let all = moments.next()?;
            Some(self.layout.tensors.iter().filter(|t| t.trained).map(|t| t.weight(&all[t.at..t.at + t.len()])).collect())
        };
        Ok(Some(RunState {
            step: self.step,
            draws: self.nonce,
            kernels: self.target.name(),
            weights: self.layout.weights(&parts),
            moments: [trained().unwrap_or_default(), trained().unwrap_or_default()],
        }))
    }

    fn set_state(&mut self, state: &RunState) -> Result<(), String> {
        let l = &self.layout;
        let trained = || l.tensors.iter().filter(|t| t.trained).map(Tensor::describe);
        fits(l.tensors.iter().map(Tensor::describe), &state.weights)?;
        // Earlier versions wrote second moments of SGD as well, all zero.
        let kept = &state.moments[..l.moments];
        for moments in kept {
            fits(trained(), moments).map_err(|e| format!("the optimiser's moments: {e}"))?;
        }
        let step = u32::try_from(state.step).map_err(|_| format!("{} steps are more than a run can have", state.step))?;
        l.place(&state.weights, 0, |_| true, &self.arena);
        for (i, moments) in kept.iter().enumerate() {
            l.place(moments, l.moment(i), |t| t.trained, &self.arena);
        }
        self.arena.write_ctl(ctl::STEP, &[step]);
        (self.step, self.seen, self.nonce) = (state.step, state.step, state.draws);
        self.requested.clear();
        self.feed.seek(&self.arena, state.step);
        Ok(())
    }
}
