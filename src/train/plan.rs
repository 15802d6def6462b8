//! The engine that runs recorded plans.
//!
//! Arena: `[trained parameters | gradients | first moments | second moments | state and frozen parameters | terms | ring |
//! constants | scratch]`. Programs that do not train (initialisation, evaluation, encoding, decoding) use the same
//! parameters and share the scratch area: the queue runs one after the other.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use web_time::Instant;

use crate::compile::capture::{Imported, import};
use crate::compile::emit::{Place, ctl};
use crate::compile::grad::{clip_by_global_norm, gradients};
use crate::compile::graph::{Graph, Op};
use crate::compile::plan::{Job, Special, Updates, When, compile};
use crate::compile::{Dispatch, Id, Plan, Target};
use crate::gpu::{Arena, Data, Gpu, Pending, Recorded};
use crate::nn::method::{START_BATCH, live_keys};
use crate::nn::{DataShape, ImageShape};
use crate::spec::Setup;
use crate::spec::protocol::{CodeGroup, MetricRow, PlanInfo, TensorInfo};
use crate::train::choose::{Choice, again, choose};
use crate::train::engine::{BuildError, fits};
use crate::train::feed::{Feed, Reach, Supply};
use crate::train::optimizer;
use crate::train::program::Input;
use crate::train::record::{Output, Recording};
use crate::train::{Engine, Entry, Program, Rows, RunState, Weight};

/// Steps whose metrics are kept until they are read.
pub const RING: usize = 1024;

/// Streams of noise: training, evaluation and initialisation must not repeat each other.
pub const EVALUATION: u32 = 1 << 16;
const INITIALISATION: u32 = 1 << 17;

/// Largest batch of a program that does not train; more is done in pieces.
const PIECE: usize = 256;

/// Rows that a program is compiled for to run on `n`: few sizes, few compilations; what is too much is computed from
/// leftovers and thrown away.
fn batch_of(n: usize) -> usize {
    [1, 16, 64].into_iter().find(|b| *b >= n).unwrap_or(PIECE)
}

/// Where everything lies.
struct Layout {
    tensors: Vec<Tensor>,
    /// Floats of the trained parameters with padding; gradients and moments repeat their layout behind.
    params: usize,
    /// First float of the other parameters, and how many there are, state first.
    rest: (usize, usize),
    /// Floats of the state.
    state: usize,
    terms: usize,
    width: usize,
    ring: usize,
    /// First float of the scratch area.
    scratch: usize,
}

/// A parameter in the arena.
struct Tensor {
    name: String,
    shape: Vec<usize>,
    trained: bool,
    at: usize,
}

impl Tensor {
    fn len(&self) -> usize {
        self.shape.iter().product()
    }

    fn weight(&self, values: &[f32]) -> Weight {
        Weight { name: self.name.clone(), shape: self.shape.clone(), values: values.to_vec() }
    }

    fn describe(&self) -> (&str, &[usize]) {
        (&self.name, &self.shape)
    }
}

/// A program with the addresses of its input and outputs.
struct Compiled {
    recorded: Recorded,
    constants: Vec<(usize, Vec<f32>)>,
    input: InputAt,
    outputs: Vec<(usize, usize)>,
}

/// Where a program's batch lies: rows, then labels, then the step.
#[derive(Clone, Copy, Debug)]
struct InputAt {
    rows: usize,
    labels: usize,
    step: usize,
    /// First float behind.
    end: usize,
}

impl InputAt {
    fn new(at: usize, recording: &Recording) -> Self {
        let len = |shape: &[usize]| shape.iter().product::<usize>().next_multiple_of(4);
        let labels = at + len(&recording.input.shape);
        let step = labels + len(&recording.label.shape);
        Self { rows: at, labels, step, end: step + 4 }
    }
}

/// A network under training on the GPU.
pub struct PlanEngine {
    arena: Arena,
    entry: &'static dyn Entry,
    setup: Setup,
    shape: DataShape,
    /// What all kernels of the run are made for.
    target: Target,
    layout: Layout,
    info: PlanInfo,
    live: Vec<&'static str>,
    train: Recorded,
    /// Where the minibatch of a step lies.
    input: InputAt,
    programs: HashMap<(Program, usize), Compiled>,
    feed: Feed,
    step: u64,
    /// Steps whose metrics have been asked for.
    seen: u64,
    /// Metrics on their way from the device, each with the step before its first.
    requested: VecDeque<(u64, Pending)>,
    nonce: u32,
    bytes_moved: u64,
    /// Name, FLOPs and bytes of each dispatch of a step.
    #[cfg(feature = "native")]
    work: Vec<(String, u64, u64)>,
    keeps_gradients: bool,
}

/// What one dispatch of a training step takes.
#[cfg(feature = "native")]
pub struct KernelTime {
    /// The kernels in it.
    pub name: String,
    pub nanoseconds: f64,
    pub flops: u64,
    pub bytes: u64,
}

/// A kernel's text with its placeholders filled in.
pub(super) fn fill(template: &str, values: &[(&str, String)]) -> String {
    let mut out: String = template.lines().filter(|l| !l.starts_with("//")).map(|l| format!("{l}\n")).collect();
    for (key, value) in values {
        out = out.replace(&format!("{{{{{key}}}}}"), value);
    }
    debug_assert!(!out.contains("{{"), "{out}");
    out
}

fn node(imported: &Imported, id: burn::tensor::TensorId) -> Result<Id, String> {
    imported.id(id).map_err(|e| e.to_string())
}

impl PlanEngine {
    /// Compiles the setup's network for the images in `data`, with weights from the seed.
    ///
    /// # Errors
    /// Names the operation that does not compile, or what the device refused.
    pub async fn new(
        gpu: Rc<Gpu>,
        entry: &'static dyn Entry,
        setup: &Setup,
        shape: DataShape,
        data: &Data,
    ) -> Result<Self, BuildError> {
        Self::supplied(gpu, entry, setup, shape, &Supply::Whole(data.clone()), None).await
    }

    /// [`PlanEngine::new`], on images that need not all be on the device, and with the kernels of that name, where the adapter
    /// has them: those of an earlier run.
    ///
    /// # Errors
    /// As there, or if a minibatch is too large for the images that are on the device at a time.
    pub async fn supplied(
        gpu: Rc<Gpu>,
        entry: &'static dyn Entry,
        setup: &Setup,
        shape: DataShape,
        supply: &Supply,
        kernels: Option<&str>,
    ) -> Result<Self, BuildError> {
        Self::build(gpu, entry, setup, shape, supply, false, kernels).await
    }

    /// [`PlanEngine::new`], with kernels that also store each gradient on its way to the optimiser.
    ///
    /// # Errors
    /// As there.
    pub async fn with_gradients(
        gpu: Rc<Gpu>,
        entry: &'static dyn Entry,
        setup: &Setup,
        shape: DataShape,
        data: &Data,
    ) -> Result<Self, BuildError> {
        Self::build(gpu, entry, setup, shape, &Supply::Whole(data.clone()), true, None).await
    }

    async fn build(
        gpu: Rc<Gpu>,
        entry: &'static dyn Entry,
        setup: &Setup,
        shape: DataShape,
        supply: &Supply,
        keep: bool,
        kernels: Option<&str>,
    ) -> Result<Self, BuildError> {
        let begin = Instant::now();
        let live = live_keys(entry.card());
        let seed = setup.get("seed") as u32;
        let feed = Feed::new(supply, seed, setup.usize("batch"))?;
        let reach = feed.reach();
        let compiled = |target| training(entry, setup, shape, reach, target, keep).map_err(BuildError::NotCompiled);
        let first = compiled(gpu.target())?;
        let planned = begin.elapsed();
        let Choice { target, words } = match kernels.and_then(|name| again(&gpu, name)) {
            Some(choice) => choice,
            None => choose(&gpu, &first.graph, &first.plan.products).await?,
        };
        let chosen = Instant::now();
        let mut training = if target == gpu.target() { first } else { compiled(target)? };
        training.info.plan_ms = 1e3 * (planned + chosen.elapsed()).as_secs_f64();
        training.info.kernels = words;
        let floats = training.plan.end.max(training.layout.scratch);
        let arena = Arena::new(gpu, floats, live.len(), reach.order, supply.data().clone()).map_err(|e| e.to_string())?;
        for (at, values) in &training.constants {
            arena.write(*at, values);
        }
        let train = arena.record(&training.plan).await?;
        for (i, key) in live.iter().enumerate() {
            arena.write_ctl(ctl::LIVE + i, &[(setup.get(key) as f32).to_bits()]);
        }
        arena.write_ctl(ctl::SEED, &[seed]);
        training.info.dispatches = train.dispatches();
        training.info.bytes = 4 * floats as u64;
        let mut engine = Self {
            arena,
            entry,
            setup: setup.clone(),
            shape,
            target,
            layout: training.layout,
            info: training.info,
            live,
            train,
            input: training.input,
            programs: HashMap::new(),
            feed,
            step: 0,
            seen: 0,
            requested: VecDeque::new(),
            nonce: 0,
            bytes_moved: training.plan.bytes,
            #[cfg(feature = "native")]
            work: training.plan.dispatches.iter().map(|d| (d.name.clone(), d.flops, d.bytes)).collect(),
            keeps_gradients: keep,
        };
        let initial = initialisation(&training.recording, &engine.layout, target).map_err(BuildError::NotCompiled)?;
        let recorded = engine.load(&initial).await?;
        engine.arena.run(&recorded, 1);
        engine.start().await?;
        engine.info.compile_ms = begin.elapsed().as_secs_f64() * 1e3;
        Ok(engine)
    }

    /// Makes room for a program, writes its constants and makes its pipelines.
    async fn load(&mut self, prepared: &Prepared) -> Result<Recorded, String> {
        self.arena.grow(prepared.plan.end, self.layout.scratch).map_err(|e| e.to_string())?;
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
        let params = self.layout.params;
        let all = self.arena.read(&[(params, params)]).await?.remove(0);
        Ok(self.layout.tensors.iter().filter(|t| t.trained).map(|t| t.weight(&all[t.at..t.at + t.len()])).collect())
    }

    /// Images and labels of the latest step's minibatch, as the device fetched them; labels are zero where the method reads
    /// none. Other programs overwrite them.
    ///
    /// # Errors
    /// If the device is lost.
    pub async fn minibatch(&mut self) -> Result<(Vec<f32>, Vec<f32>), String> {
        let (at, batch) = (self.input, self.info.batch as usize);
        let mut parts = self.arena.read(&[(at.rows, batch * self.shape.image.len()), (at.labels, batch)]).await?.into_iter();
        Ok((parts.next().unwrap_or_default(), parts.next().unwrap_or_default()))
    }

    /// Takes two steps and times each dispatch of the second.
    ///
    /// # Errors
    /// If the adapter has no time stamps, or the device is lost.
    #[cfg(feature = "native")]
    pub fn profile_step(&mut self) -> Result<Vec<KernelTime>, String> {
        // The first one warms up, and uploads the images' order for the second where it is due.
        self.run_steps(1)?;
        let times = self.arena.profile(&self.train)?;
        self.step += 1;
        let work = self.work.iter().cloned().zip(times);
        Ok(work.map(|((name, flops, bytes), nanoseconds)| KernelTime { name, nanoseconds, flops, bytes }).collect())
    }

    /// Bytes that the generated kernels of a step read and write.
    pub fn bytes_moved(&self) -> u64 {
        self.bytes_moved
    }

    /// The device it runs on.
    pub fn gpu(&self) -> &Gpu {
        self.arena.gpu()
    }

    /// Makes sure that a program is compiled. Returns whether the method has it.
    async fn program(&mut self, what: Program, batch: usize) -> Result<bool, String> {
        if self.programs.contains_key(&(what, batch)) {
            return Ok(true);
        }
        let Some(prepared) = program(self.entry, &self.setup, self.shape, &self.layout, what, batch, self.target)? else {
            return Ok(false);
        };
        let recorded = self.load(&prepared).await?;
        let Prepared { constants, input, outputs, .. } = prepared;
        self.programs.insert((what, batch), Compiled { recorded, constants, input, outputs });
        Ok(true)
    }

    /// Width of a program's rows.
    fn width(&self, input: Input) -> usize {
        match input {
            Input::Images => self.shape.image.len(),
            Input::Codes => self.info.latent as usize,
            Input::Tokens => self.info.code.iter().filter_map(CodeGroup::places).sum::<u32>().max(1) as usize,
            Input::Count => 1,
        }
    }

    /// Runs a program in pieces; calls `take` with the rows of each piece and its outputs. `exact` compiles it for the rest
    /// rather than filling the last piece up. Returns whether the method has the program.
    async fn pieces(
        &mut self,
        what: Program,
        rows: Rows<'_>,
        exact: bool,
        mut take: impl FnMut(usize, Vec<Vec<f32>>),
    ) -> Result<bool, String> {
        let width = self.width(what.input());
        if rows.values.len() % width != 0 {
            return Err(format!("{} values are not rows of {width}", rows.values.len()));
        }
        for (i, piece) in rows.values.chunks(PIECE * width).enumerate() {
            let n = piece.len() / width;
            let batch = if exact { n } else { batch_of(n) };
            if !self.program(what, batch).await? {
                return Ok(false);
            }
            let program = &self.programs[&(what, batch)];
            // Other programs have used the same memory since.
            for (at, values) in &program.constants {
                self.arena.write(*at, values);
            }
            self.arena.write(program.input.rows, piece);
            let labels: Vec<f32> =
                (i * PIECE..i * PIECE + n).map(|at| f32::from(rows.labels.get(at).copied().unwrap_or(0))).collect();
            self.arena.write(program.input.labels, &labels);
            self.arena.write(program.input.step, &[self.step as f32]);
            self.nonce = self.nonce.wrapping_add(1);
            self.arena.write_ctl(ctl::NONCE, &[self.nonce]);
            self.arena.run(&program.recorded, 1);
            let ranges = program.outputs.clone();
            take(n, self.arena.read(&ranges).await?);
        }
        Ok(true)
    }
}

/// A program compiled for a layout, before it meets a device.
struct Prepared {
    plan: Plan,
    /// Addresses and values of recorded data.
    constants: Vec<(usize, Vec<f32>)>,
    input: InputAt,
    outputs: Vec<(usize, usize)>,
}

/// The training step, before it meets a device.
struct Training {
    layout: Layout,
    graph: Graph,
    plan: Plan,
    constants: Vec<(usize, Vec<f32>)>,
    recording: Recording,
    input: InputAt,
    info: PlanInfo,
}

/// Compiles the training step of a setup on a data set; `keep` stores the gradients as well.
fn training(
    entry: &dyn Entry,
    setup: &Setup,
    data: DataShape,
    reach: Reach,
    target: Target,
    keep: bool,
) -> Result<Training, String> {
    let batch = setup.usize("batch");
    let shape = data.image;
    let live = live_keys(entry.card());
    if shape.len() % 4 != 0 {
        return Err(format!("images of {} values: the number must be a multiple of 4", shape.len()));
    }
    let recording = entry.record(setup, data, Program::Train, batch)?;
    let mut imported = import_program(&recording)?;
    let params: Vec<Id> = recording.params.iter().map(|p| node(&imported, p.id)).collect::<Result<_, _>>()?;
    let loss = node(&imported, recording.outputs[0].id)?;
    let mut gradients = gradients(&mut imported.graph, loss, &params).map_err(|e| e.to_string())?;
    let trained: Vec<bool> = gradients.iter().map(|g| imported.graph.as_fill(*g) != Some(0.0)).collect();
    let mut layout = Layout::new(&recording, &trained)?;
    let clip = setup.get("clip");
    if clip > 0.0 {
        gradients = clip_by_global_norm(&mut imported.graph, &gradients, clip as f32);
    }
    let (updates, schedule) = optimizer::kernels(setup, &live, layout.params, keep);
    let moved = gradients.into_iter().zip(params).zip(&layout.tensors).filter(|(_, t)| t.trained);
    let updates = Updates { of: moved.map(|(pair, _)| pair).collect(), ..updates };
    let (mut outputs, mut at) = (vec![], layout.terms);
    for output in &recording.outputs {
        outputs.push((node(&imported, output.id)?, at));
        at += output.shape.iter().product::<usize>();
    }

    // Recorded data of the training step stays: it lies in front of what other programs overwrite.
    let (constants, scratch) = constant_places(&imported.graph, layout.scratch);
    layout.scratch = scratch;
    let input = InputAt::new(scratch, &recording);
    let mut leaves = imported_leaves(&imported, &recording, &layout, input, true)?;
    leaves.extend(constants.iter().map(|(id, at)| (*id, (Place::Arena(*at), false))));
    let mut specials = specials(&layout, batch, shape, reach, input.rows);
    specials.extend(schedule);
    if [recording.label.id, recording.step.id].into_iter().any(|id| used(&imported, id)) {
        specials.push(labels(batch, shape, reach, input));
    }
    let scratch = state(&imported, &recording, &layout, input.end, &mut outputs, &mut specials)?;
    let job = Job { graph: &imported.graph, target, leaves, outputs, updates, specials, scratch, training: true, salt: 0 };
    let plan = compile(&job).map_err(|e| e.to_string())?;
    let info = PlanInfo {
        parameters: layout.tensors.iter().filter(|t| t.trained).map(|t| t.len() as u64).sum(),
        tensors: layout
            .tensors
            .iter()
            .map(|t| TensorInfo { name: t.name.clone(), shape: t.shape.iter().map(|n| *n as u32).collect(), trained: t.trained })
            .collect(),
        latent: recording.code.iter().map(|g| g.count).sum(),
        code: recording.code.clone(),
        width: shape.width as u32,
        height: shape.height as u32,
        channels: shape.channels as u32,
        batch: batch as u32,
        terms: recording.outputs.iter().filter(|o| o.name != "kl_d").map(|o| o.name.clone()).collect(),
        flops: plan.flops,
        ..PlanInfo::default()
    };
    let constants = constant_values(&imported.graph, &constants);
    Ok(Training { layout, graph: imported.graph, plan, constants, recording, input, info })
}

/// Whether anything reads the tensor.
fn used(imported: &Imported, id: burn::tensor::TensorId) -> bool {
    let Ok(id) = imported.id(id) else { return false };
    let g = &imported.graph;
    g.ids().any(|reader| g.node(reader).args.contains(&id))
}

/// The kernel that fetches labels and the step's number.
fn labels(batch: usize, shape: ImageShape, reach: Reach, input: InputAt) -> Special {
    let word = |w: usize| w.to_string();
    Special {
        name: "labels",
        body: fill(
            include_str!("../../shaders/labels.wgsl"),
            &[
                ("batch", word(batch)),
                ("order", word(reach.order)),
                ("labels", word(reach.images * shape.len())),
                ("to", word(input.labels)),
                ("number", word(input.step)),
                ("step", word(ctl::STEP)),
            ],
        ),
        len: batch,
        when: When::First,
    }
}

/// Where the step's new values of state go, and the kernels that put them in place once nothing reads the old ones.
/// Returns the first float behind.
fn state(
    imported: &Imported,
    recording: &Recording,
    layout: &Layout,
    at: usize,
    outputs: &mut Vec<(Id, usize)>,
    specials: &mut Vec<Special>,
) -> Result<usize, String> {
    let mut end = at + layout.state;
    for new in &recording.set {
        let t = layout.find(new, false)?;
        outputs.push((node(imported, new.id)?, at + t.at - layout.rest.0));
    }
    if layout.state > 0 {
        specials.push(Special {
            name: "state",
            body: format!("a[{}u + i] = a[{at}u + i];\n", layout.rest.0),
            len: layout.state,
            when: When::Last,
        });
    }
    for delta in &recording.add {
        let t = layout.find(delta, true)?;
        outputs.push((node(imported, delta.id)?, end));
        let body = format!("a[{}u + i] += a[{end}u + i];\n", t.at);
        specials.push(Special { name: "add", body, len: t.len(), when: When::Last });
        end += t.len().next_multiple_of(4);
    }
    Ok(end)
}

/// Compiles what the method takes from the data before the first step, if it does.
fn start(
    entry: &dyn Entry,
    setup: &Setup,
    data: DataShape,
    reach: Reach,
    layout: &Layout,
    target: Target,
) -> Result<Option<Prepared>, String> {
    let recording = entry.record(setup, data, Program::Start, START_BATCH)?;
    if recording.set.is_empty() {
        return Ok(None);
    }
    let imported = import_program(&recording)?;
    let input = InputAt::new(layout.scratch, &recording);
    let leaves = imported_leaves(&imported, &recording, layout, input, true)?;
    let mut specials = vec![gather(START_BATCH, data.image, reach, input.rows), labels(START_BATCH, data.image, reach, input)];
    let (mut outputs, mut end) = (vec![], input.end);
    for new in &recording.set {
        let t = layout.tensors.iter().find(|t| t.name == new.name).ok_or_else(|| format!("there is no parameter {}", new.name))?;
        outputs.push((node(&imported, new.id)?, end));
        let body = format!("a[{}u + i] = a[{end}u + i];\n", t.at);
        specials.push(Special { name: "start", body, len: t.len(), when: When::Last });
        end += t.len().next_multiple_of(4);
    }
    let prepared = prepare(&imported, leaves, outputs, specials, end, target, INITIALISATION)?;
    Ok(Some(Prepared { input, ..prepared }))
}

/// The kernel that fetches the minibatch.
fn gather(batch: usize, shape: ImageShape, reach: Reach, x: usize) -> Special {
    let word = |w: usize| w.to_string();
    Special {
        name: "gather",
        body: fill(
            include_str!("../../shaders/gather.wgsl"),
            &[
                ("quads", word(shape.len() / 4)),
                ("batch", word(batch)),
                ("order", word(reach.order)),
                ("x", word(x)),
                ("step", word(ctl::STEP)),
                ("now", word(ctl::NOW)),
            ],
        ),
        len: batch * shape.len() / 4,
        when: When::First,
    }
}

/// The kernels around the generated ones: minibatch and metrics.
fn specials(layout: &Layout, batch: usize, shape: ImageShape, reach: Reach, x: usize) -> Vec<Special> {
    let word = |w: usize| w.to_string();
    vec![
        gather(batch, shape, reach, x),
        Special {
            name: "metrics",
            body: fill(
                include_str!("../../shaders/metrics.wgsl"),
                &[
                    ("ring", word(layout.ring)),
                    ("rows", word(RING)),
                    ("width", word(layout.width)),
                    ("terms", word(layout.terms)),
                    ("step", word(ctl::STEP)),
                    ("now", word(ctl::NOW)),
                ],
            ),
            len: layout.width,
            when: When::Stored,
        },
    ]
}

/// Compiles the operations by which Burn's layers initialise themselves, to draw the initial weights on the GPU.
fn initialisation(recording: &Recording, layout: &Layout, target: Target) -> Result<Prepared, String> {
    let ids: Vec<_> = recording.params.iter().map(|p| p.id).collect();
    let imported = import(&recording.graph, &recording.values, &[], &ids).map_err(|e| e.to_string())?;
    let placed = ids.iter().zip(&layout.tensors);
    let outputs = placed.map(|(id, t)| Ok((node(&imported, *id)?, t.at))).collect::<Result<_, String>>()?;
    prepare(&imported, HashMap::new(), outputs, vec![], layout.scratch, target, INITIALISATION)
}

/// Compiles a program that does not train, for batches of `batch`. `None` if the method does not have it.
fn program(
    entry: &dyn Entry,
    setup: &Setup,
    data: DataShape,
    layout: &Layout,
    what: Program,
    batch: usize,
    target: Target,
) -> Result<Option<Prepared>, String> {
    let recording = entry.record(setup, data, what, batch)?;
    if recording.outputs.is_empty() {
        return Ok(None);
    }
    let imported = import_program(&recording)?;
    let input = InputAt::new(layout.scratch, &recording);
    let mut at = input.end;
    let (mut outputs, mut ranges) = (vec![], vec![]);
    for o in &recording.outputs {
        let n: usize = o.shape.iter().product();
        outputs.push((node(&imported, o.id)?, at));
        ranges.push((at, n));
        at += n.next_multiple_of(4);
    }
    let leaves = imported_leaves(&imported, &recording, layout, input, false)?;
    let prepared = prepare(&imported, leaves, outputs, vec![], at, target, EVALUATION)?;
    Ok(Some(Prepared { input, outputs: ranges, ..prepared }))
}

fn prepare(
    imported: &Imported,
    mut leaves: HashMap<Id, (Place, bool)>,
    outputs: Vec<(Id, usize)>,
    specials: Vec<Special>,
    scratch: usize,
    target: Target,
    salt: u32,
) -> Result<Prepared, String> {
    let (constants, scratch) = constant_places(&imported.graph, scratch);
    leaves.extend(constants.iter().map(|(id, at)| (*id, (Place::Arena(*at), false))));
    let job = Job {
        graph: &imported.graph,
        target,
        leaves,
        outputs,
        updates: Updates::default(),
        specials,
        scratch,
        training: false,
        salt,
    };
    let plan = compile(&job).map_err(|e| e.to_string())?;
    let input = InputAt { rows: scratch, labels: scratch, step: scratch, end: scratch };
    Ok(Prepared { plan, constants: constant_values(&imported.graph, &constants), input, outputs: vec![] })
}

/// Every dispatch that a setup's session may run, for validation without a device.
///
/// # Errors
/// Names the operation that does not compile.
pub fn all_dispatches(entry: &dyn Entry, setup: &Setup, data: DataShape, target: Target) -> Result<Vec<Dispatch>, String> {
    const REACH: Reach = Reach { images: 1000, order: 2000 };
    let training = training(entry, setup, data, REACH, target, false)?;
    let initial = initialisation(&training.recording, &training.layout, target)?;
    let start = start(entry, setup, data, REACH, &training.layout, target)?;
    let mut out = training.plan.dispatches;
    out.extend(initial.plan.dispatches);
    out.extend(start.into_iter().flat_map(|p| p.plan.dispatches));
    for what in Program::ALL.into_iter().filter(|p| !matches!(p, Program::Train | Program::Start)) {
        for batch in [1, 16] {
            let prepared = program(entry, setup, data, &training.layout, what, batch, target)?;
            out.extend(prepared.into_iter().flat_map(|p| p.plan.dispatches));
        }
    }
    Ok(out)
}

impl Layout {
    /// # Errors
    /// If a parameter is given new values and has a gradient as well.
    fn new(recording: &Recording, trained: &[bool]) -> Result<Self, String> {
        let is_state = |name: &str| recording.set.iter().any(|s| s.name == name);
        // Trained, state, frozen; every tensor starts on a 16-byte boundary, and the padding has no gradient.
        let kind = |i: usize| match (trained[i], is_state(&recording.params[i].name)) {
            (true, false) => Ok(0),
            (false, true) => Ok(1),
            (false, false) => Ok(2),
            (true, true) => Err(format!("{} is set after each step, but the loss has a gradient for it", recording.params[i].name)),
        };
        let kinds: Vec<usize> = (0..trained.len()).map(kind).collect::<Result<_, _>>()?;
        let floats = |i: usize| recording.params[i].shape.iter().product::<usize>().next_multiple_of(4);
        let sum = |k: usize| (0..kinds.len()).filter(|i| kinds[*i] == k).map(floats).sum::<usize>();
        let (params, state, frozen) = (sum(0), sum(1), sum(2));
        let mut next = [0, 4 * params, 4 * params + state];
        let tensors = (0..kinds.len())
            .map(|i| {
                let at = next[kinds[i]];
                next[kinds[i]] += floats(i);
                let p = &recording.params[i];
                Tensor { name: p.name.clone(), shape: p.shape.clone(), trained: trained[i], at }
            })
            .collect();
        let width: usize = recording.outputs.iter().map(|o| o.shape.iter().product::<usize>()).sum();
        let terms = 4 * params + state + frozen;
        let ring = terms + width.next_multiple_of(4);
        Ok(Self {
            tensors,
            params,
            rest: (4 * params, state + frozen),
            state,
            terms,
            width,
            ring,
            scratch: ring + (RING * width).next_multiple_of(4),
        })
    }

    /// All parameters in module order, from the trained ones followed by the others as they lie in the arena.
    fn weights(&self, all: &[f32]) -> Vec<Weight> {
        // What lies between the two has not been read.
        let here = |t: &Tensor| if t.at < self.params { t.at } else { t.at - self.rest.0 + self.params };
        self.tensors.iter().map(|t| t.weight(&all[here(t)..here(t) + t.len()])).collect()
    }

    /// Writes the values of the chosen parameters, `offset` floats behind their places. All of them must be there.
    fn place(&self, values: &[Weight], offset: usize, chosen: impl Fn(&Tensor) -> bool, arena: &Arena) {
        for t in self.tensors.iter().filter(|t| chosen(t)) {
            let found = values.iter().find(|w| w.name == t.name).expect("it fits");
            arena.write(offset + t.at, &found.values);
        }
    }

    /// The parameter that a step changes besides the optimiser.
    fn find(&self, update: &Output, trained: bool) -> Result<&Tensor, String> {
        let found = self.tensors.iter().find(|t| t.name == update.name && t.trained == trained);
        let t = found.ok_or_else(|| {
            let kind = if trained { "trained" } else { "untrained" };
            format!("a step changes {}, but there is no {kind} parameter of that name", update.name)
        })?;
        let n: usize = update.shape.iter().product();
        if t.len() == n { Ok(t) } else { Err(format!("a step gives {} {n} values, it has {}", t.name, t.len())) }
    }
}

/// A recording cut at its parameters, input and controls.
fn import_program(recording: &Recording) -> Result<Imported, String> {
    let inputs = [&recording.input, &recording.label, &recording.step, &recording.controls];
    let leaves: Vec<_> = recording.params.iter().chain(inputs).map(|l| (l.id, l.shape.clone())).collect();
    let outputs: Vec<_> = [&recording.outputs, &recording.set, &recording.add].into_iter().flatten().map(|o| o.id).collect();
    import(&recording.graph, &recording.values, &leaves, &outputs).map_err(|e| e.to_string())
}

fn imported_leaves(
    imported: &Imported,
    recording: &Recording,
    layout: &Layout,
    input: InputAt,
    filled: bool,
) -> Result<HashMap<Id, (Place, bool)>, String> {
    let mut leaves = HashMap::new();
    for (p, t) in recording.params.iter().zip(&layout.tensors) {
        leaves.insert(node(imported, p.id)?, (Place::Arena(t.at), false));
    }
    for (leaf, at) in [(&recording.input, input.rows), (&recording.label, input.labels), (&recording.step, input.step)] {
        leaves.insert(node(imported, leaf.id)?, (Place::Arena(at), filled));
    }
    leaves.insert(node(imported, recording.controls.id)?, (Place::Control(ctl::LIVE), false));
    Ok(leaves)
}

/// Addresses for recorded data from `at` on, and the first address behind them.
fn constant_places(g: &Graph, mut at: usize) -> (Vec<(Id, usize)>, usize) {
    let mut out = vec![];
    for id in g.ids() {
        if let Op::Constant(_) = g.node(id).op {
            out.push((id, at));
            at += g.shape(id).iter().product::<usize>().next_multiple_of(4);
        }
    }
    (out, at)
}

fn constant_values(g: &Graph, places: &[(Id, usize)]) -> Vec<(usize, Vec<f32>)> {
    let values = |id: Id| match g.node(id).op {
        Op::Constant(i) => g.constants[i as usize].clone(),
        ref op => unreachable!("{op:?} is no constant"),
    };
    places.iter().map(|(id, at)| (*at, values(*id))).collect()
}

impl Engine for PlanEngine {
    async fn start(&mut self) -> Result<(), BuildError> {
        let prepared = start(self.entry, &self.setup, self.shape, self.feed.reach(), &self.layout, self.target);
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
            self.setup.values.insert(key.into(), f64::from(value));
        }
    }

    async fn ready(&mut self, n: u32) -> Result<u32, String> {
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
            self.arena.run(&self.train, told as u32);
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
        let mut all: Vec<Vec<f32>> = vec![];
        let has = self.pieces(what, rows, false, |n, outputs| {
            all.resize(outputs.len(), vec![]);
            for (all, values) in all.iter_mut().zip(outputs) {
                all.extend_from_slice(&values[..n * (values.len() / batch_of(n))]);
            }
        });
        Ok(has.await?.then_some(all))
    }

    async fn evaluate(&mut self, images: Rows<'_>) -> Result<Vec<f32>, String> {
        let (mut sums, mut count) = (vec![0.0f64; self.info.terms.len()], 0);
        self.pieces(Program::Evaluate, images, true, |n, outputs| {
            for (s, o) in sums.iter_mut().zip(&outputs) {
                *s += f64::from(o[0]) * n as f64;
            }
            count += n;
        })
        .await?;
        Ok(sums.iter().map(|s| (s / count.max(1) as f64) as f32).collect())
    }

    async fn weights(&mut self) -> Result<Vec<Weight>, String> {
        let (params, (rest, len)) = (self.layout.params, self.layout.rest);
        let ranges: Vec<_> = [(0, params), (rest, len)].into_iter().filter(|r| r.1 > 0).collect();
        let all = self.arena.read(&ranges).await?.concat();
        Ok(self.layout.weights(&all))
    }

    /// The moments start again from zero.
    fn set_weights(&mut self, weights: &[Weight]) -> Result<(), String> {
        let l = &self.layout;
        fits(l.tensors.iter().map(Tensor::describe), weights)?;
        self.arena.write(2 * l.params, &vec![0.0; 2 * l.params]);
        l.place(weights, 0, |_| true, &self.arena);
        Ok(())
    }

    async fn state(&mut self) -> Result<Option<RunState>, String> {
        let (params, (rest, len)) = (self.layout.params, self.layout.rest);
        let parameters: Vec<_> = [(0, params), (rest, len)].into_iter().filter(|r| r.1 > 0).collect();
        let ranges = [&parameters[..], &[(2 * params, params), (3 * params, params)]].concat();
        let mut parts = self.arena.read(&ranges).await?;
        let moments = parts.split_off(parameters.len());
        let trained = |all: &Vec<f32>| {
            self.layout.tensors.iter().filter(|t| t.trained).map(|t| t.weight(&all[t.at..t.at + t.len()])).collect()
        };
        Ok(Some(RunState {
            step: self.step,
            draws: self.nonce,
            kernels: self.target.name(),
            weights: self.layout.weights(&parts.concat()),
            moments: [trained(&moments[0]), trained(&moments[1])],
        }))
    }

    fn set_state(&mut self, state: &RunState) -> Result<(), String> {
        let l = &self.layout;
        let trained = || l.tensors.iter().filter(|t| t.trained).map(Tensor::describe);
        fits(l.tensors.iter().map(Tensor::describe), &state.weights)?;
        for moments in &state.moments {
            fits(trained(), moments).map_err(|e| format!("the optimiser's moments: {e}"))?;
        }
        let step = u32::try_from(state.step).map_err(|_| format!("{} steps are more than a run can have", state.step))?;
        l.place(&state.weights, 0, |_| true, &self.arena);
        for (i, moments) in state.moments.iter().enumerate() {
            l.place(moments, (2 + i) * l.params, |t| t.trained, &self.arena);
        }
        self.arena.write_ctl(ctl::STEP, &[step]);
        (self.step, self.seen, self.nonce) = (state.step, state.step, state.draws);
        self.requested.clear();
        self.feed.seek(state.step);
        Ok(())
    }
}
