//! The engine that runs recorded plans.
//!
//! Arena: `[parameters | gradients | first moments | second moments | constants | terms | ring | scratch]`. Programs that do
//! not train (initialisation, evaluation, encoding, decoding) use the same parameters and share the scratch area: the queue
//! runs one after the other.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use web_time::Instant;

use crate::compile::capture::{Imported, import};
use crate::compile::emit::{Place, ctl};
use crate::compile::grad::gradients;
use crate::compile::graph::{Graph, Op};
use crate::compile::plan::{Job, Special, When, compile};
use crate::compile::{Dispatch, Id, Plan, Target};
use crate::gpu::{Arena, Data, Gpu, Pending, Recorded};
use crate::nn::ImageShape;
use crate::nn::method::live_keys;
use crate::spec::Setup;
use crate::spec::protocol::{MetricRow, PlanInfo};
use crate::train::order::epoch_order;
use crate::train::record::{Program, Recording};
use crate::train::engine::{BuildError, fits};
use crate::train::{Engine, Entry, Weight};

/// Steps whose metrics are kept until they are read.
pub const RING: usize = 1024;

/// Streams of noise: training, evaluation and initialisation must not repeat each other.
pub const EVALUATION: u32 = 1 << 16;
const INITIALISATION: u32 = 1 << 17;

/// Largest batch of a program that does not train; more is done in pieces.
const PIECE: usize = 256;

/// Where everything lies.
struct Layout {
    names: Vec<String>,
    shapes: Vec<Vec<usize>>,
    /// Offset of each parameter; gradients and moments repeat the layout behind.
    offsets: Vec<usize>,
    /// Floats of all parameters with padding.
    params: usize,
    terms: usize,
    width: usize,
    ring: usize,
    /// First float of the scratch area.
    scratch: usize,
}

/// A program with the addresses of its input and outputs.
struct Compiled {
    recorded: Recorded,
    input: usize,
    outputs: Vec<(usize, usize)>,
}

/// A network under training on the GPU.
pub struct PlanEngine {
    arena: Arena,
    entry: &'static dyn Entry,
    setup: Setup,
    shape: ImageShape,
    layout: Layout,
    info: PlanInfo,
    live: Vec<&'static str>,
    train: Recorded,
    programs: HashMap<(Program, usize), Compiled>,
    images: usize,
    seed: u32,
    batch: usize,
    step: u64,
    /// Steps whose metrics have been asked for.
    seen: u64,
    /// Metrics on their way from the device, each with the step before its first.
    requested: VecDeque<(u64, Pending)>,
    /// Epochs whose order has been uploaded.
    epochs: u64,
    nonce: u32,
    bytes_moved: u64,
}

/// A kernel's text with its placeholders filled in.
fn fill(template: &str, values: &[(&str, String)]) -> String {
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
        shape: ImageShape,
        data: &Data,
    ) -> Result<Self, BuildError> {
        let begin = Instant::now();
        let live = live_keys(entry.card());
        let mut training = training(entry, setup, shape, data.images, gpu.target).map_err(BuildError::NotCompiled)?;
        let floats = training.plan.end.max(training.layout.scratch);
        let arena = Arena::new(gpu, floats, live.len(), 2 * data.images, data.clone()).map_err(|e| e.to_string())?;
        for (at, values) in &training.constants {
            arena.write(*at, values);
        }
        let train = arena.record(&training.plan).await?;
        for (i, key) in live.iter().enumerate() {
            arena.write_ctl(ctl::LIVE + i, &[(setup.get(key) as f32).to_bits()]);
        }
        let seed = setup.get("seed") as u32;
        arena.write_ctl(ctl::SEED, &[seed]);
        training.info.dispatches = train.dispatches();
        training.info.bytes = 4 * floats as u64;
        let mut engine = Self {
            arena,
            entry,
            setup: setup.clone(),
            shape,
            layout: training.layout,
            info: training.info,
            live,
            train,
            programs: HashMap::new(),
            images: data.images,
            seed,
            batch: setup.usize("batch"),
            step: 0,
            seen: 0,
            requested: VecDeque::new(),
            epochs: 0,
            nonce: 0,
            bytes_moved: training.plan.bytes,
        };
        let initial = initialisation(&training.recording, &engine.layout, engine.arena.gpu().target).map_err(BuildError::NotCompiled)?;
        let recorded = engine.load(&initial).await?;
        engine.arena.run(&recorded, 1);
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

    /// Gradients of the latest step, in module order.
    ///
    /// # Errors
    /// If the device is lost.
    pub async fn gradients(&mut self) -> Result<Vec<Weight>, String> {
        self.tensors(self.layout.params).await
    }

    async fn tensors(&mut self, base: usize) -> Result<Vec<Weight>, String> {
        let all = self.arena.read(&[(base, self.layout.params)]).await?.remove(0);
        let l = &self.layout;
        Ok(l.names
            .iter()
            .zip(&l.shapes)
            .zip(&l.offsets)
            .map(|((name, shape), at)| {
                let n: usize = shape.iter().product();
                Weight { name: name.clone(), shape: shape.clone(), values: all[*at..at + n].to_vec() }
            })
            .collect())
    }

    /// Bytes that the generated kernels of a step read and write.
    pub fn bytes_moved(&self) -> u64 {
        self.bytes_moved
    }

    /// The device it runs on.
    pub fn gpu(&self) -> &Gpu {
        self.arena.gpu()
    }

    async fn program(&mut self, what: Program, batch: usize) -> Result<(), String> {
        if self.programs.contains_key(&(what, batch)) {
            return Ok(());
        }
        let prepared = program(self.entry, &self.setup, self.shape, &self.layout, what, batch, self.arena.gpu().target)?;
        let recorded = self.load(&prepared).await?;
        self.programs.insert((what, batch), Compiled { recorded, input: prepared.input, outputs: prepared.outputs });
        Ok(())
    }

    /// Runs a program on `n` rows of `width` floats, in pieces; calls `take` with the rows of each piece and its outputs.
    async fn pieces(
        &mut self,
        what: Program,
        rows: &[f32],
        width: usize,
        exact: bool,
        mut take: impl FnMut(usize, Vec<Vec<f32>>),
    ) -> Result<(), String> {
        if width == 0 || rows.len() % width != 0 {
            return Err(format!("{} values are not rows of {width}", rows.len()));
        }
        for piece in rows.chunks(PIECE * width) {
            let n = piece.len() / width;
            // Few sizes, few compilations; what is too much is computed from leftovers and thrown away.
            let batch = if exact { n } else { [1, 16, 64, PIECE].into_iter().find(|b| *b >= n).unwrap_or(PIECE) };
            self.program(what, batch).await?;
            let program = &self.programs[&(what, batch)];
            self.arena.write(program.input, piece);
            self.nonce = self.nonce.wrapping_add(1);
            self.arena.write_ctl(ctl::NONCE, &[self.nonce]);
            self.arena.run(&program.recorded, 1);
            let ranges = program.outputs.clone();
            take(n, self.arena.read(&ranges).await?);
        }
        Ok(())
    }
}

/// A program compiled for a layout, before it meets a device.
struct Prepared {
    plan: Plan,
    /// Addresses and values of recorded data.
    constants: Vec<(usize, Vec<f32>)>,
    input: usize,
    outputs: Vec<(usize, usize)>,
}

/// The training step, before it meets a device.
struct Training {
    layout: Layout,
    plan: Plan,
    constants: Vec<(usize, Vec<f32>)>,
    recording: Recording,
    info: PlanInfo,
}

/// Compiles the training step of a setup on a data set of `images` images.
fn training(entry: &dyn Entry, setup: &Setup, shape: ImageShape, images: usize, target: Target) -> Result<Training, String> {
    let batch = setup.usize("batch");
    let live = live_keys(entry.card());
    if shape.len() % 4 != 0 {
        return Err(format!("images of {} values: the number must be a multiple of 4", shape.len()));
    }
    let recording = entry.record(setup, shape, Program::Train, batch)?;
    let floats = batch * shape.len();
    let mut imported = import_program(&recording, floats, live.len())?;
    let mut layout = Layout::new(&recording);

    let params: Vec<Id> = recording.params.iter().map(|p| node(&imported, p.id)).collect::<Result<_, _>>()?;
    let loss = node(&imported, recording.outputs[0].id)?;
    let gradients = gradients(&mut imported.graph, loss, &params).map_err(|e| e.to_string())?;
    let mut outputs: Vec<(Id, usize)> = gradients.iter().zip(&layout.offsets).map(|(g, o)| (*g, layout.params + o)).collect();
    let mut at = layout.terms;
    for output in &recording.outputs {
        outputs.push((node(&imported, output.id)?, at));
        at += output.shape.iter().product::<usize>();
    }

    // Recorded data of the training step stays: it lies in front of what other programs overwrite.
    let (constants, scratch) = constant_places(&imported.graph, layout.scratch);
    layout.scratch = scratch;
    let x = scratch;
    let mut leaves = imported_leaves(&imported, &recording, &layout, (x, true))?;
    leaves.extend(constants.iter().map(|(id, at)| (*id, (Place::Arena(*at), false))));
    let job = Job {
        graph: &imported.graph,
        target,
        leaves,
        outputs,
        specials: specials(&layout, &live, batch, shape, images, x),
        scratch: x + floats.next_multiple_of(4),
        training: true,
        salt: 0,
    };
    let plan = compile(&job).map_err(|e| e.to_string())?;
    let info = PlanInfo {
        parameters: recording.params.iter().map(|p| p.shape.iter().product::<usize>() as u64).sum(),
        latent: latent(entry, setup, shape)?,
        width: shape.width as u32,
        height: shape.height as u32,
        channels: shape.channels as u32,
        batch: batch as u32,
        terms: recording.outputs.iter().filter(|o| o.name != "kl_d").map(|o| o.name.clone()).collect(),
        flops: plan.flops,
        ..PlanInfo::default()
    };
    let constants = constant_values(&imported.graph, &constants);
    Ok(Training { layout, plan, constants, recording, info })
}

/// The kernels around the generated ones: minibatch, optimiser, metrics.
fn specials(layout: &Layout, live: &[&str], batch: usize, shape: ImageShape, images: usize, x: usize) -> Vec<Special> {
    let word = |w: usize| w.to_string();
    let lr = ctl::LIVE + live.iter().position(|k| *k == "lr").expect("the learning rate is live");
    vec![
        Special {
            name: "gather",
            body: fill(include_str!("../../shaders/gather.wgsl"), &[
                ("quads", word(shape.len() / 4)),
                ("batch", word(batch)),
                ("order", word(2 * images)),
                ("x", word(x)),
                ("step", word(ctl::STEP)),
                ("now", word(ctl::NOW)),
            ]),
            len: batch * shape.len() / 4,
            when: When::First,
        },
        Special {
            name: "adam",
            body: fill(include_str!("../../shaders/adam.wgsl"), &[
                ("gradients", word(layout.params)),
                ("m", word(2 * layout.params)),
                ("v", word(3 * layout.params)),
                ("beta1", "0.9".into()),
                ("beta2", "0.999".into()),
                ("epsilon", "1e-8".into()),
                ("lr", word(lr)),
                ("step", word(ctl::STEP)),
                ("now", word(ctl::NOW)),
            ]),
            len: layout.params / 4,
            when: When::Last,
        },
        Special {
            name: "metrics",
            body: fill(include_str!("../../shaders/metrics.wgsl"), &[
                ("ring", word(layout.ring)),
                ("rows", word(RING)),
                ("width", word(layout.width)),
                ("terms", word(layout.terms)),
                ("now", word(ctl::NOW)),
            ]),
            len: layout.width,
            when: When::Last,
        },
    ]
}

/// Compiles the operations by which Burn's layers initialise themselves, to draw the initial weights on the GPU.
fn initialisation(recording: &Recording, layout: &Layout, target: Target) -> Result<Prepared, String> {
    let ids: Vec<_> = recording.params.iter().map(|p| p.id).collect();
    let imported = import(&recording.graph, &recording.values, &[], &ids).map_err(|e| e.to_string())?;
    let outputs =
        ids.iter().zip(&layout.offsets).map(|(id, at)| Ok((node(&imported, *id)?, *at))).collect::<Result<_, String>>()?;
    prepare(&imported, HashMap::new(), outputs, layout.scratch, target, INITIALISATION)
}

/// Compiles a program that does not train, for batches of `batch`.
fn program(
    entry: &dyn Entry,
    setup: &Setup,
    shape: ImageShape,
    layout: &Layout,
    what: Program,
    batch: usize,
    target: Target,
) -> Result<Prepared, String> {
    let recording = entry.record(setup, shape, what, batch)?;
    let imported = import_program(&recording, batch * shape.len(), live_keys(entry.card()).len())?;
    let input = layout.scratch;
    let leaf = recording.x.or(recording.z).ok_or("a program needs an input")?;
    let mut at = input + input_shape(&recording, leaf, 0).iter().product::<usize>().next_multiple_of(4);
    let (mut outputs, mut ranges) = (vec![], vec![]);
    for o in &recording.outputs {
        let n: usize = o.shape.iter().product();
        outputs.push((node(&imported, o.id)?, at));
        ranges.push((at, n));
        at += n.next_multiple_of(4);
    }
    let leaves = imported_leaves(&imported, &recording, layout, (input, false))?;
    let prepared = prepare(&imported, leaves, outputs, at, target, EVALUATION)?;
    if !prepared.constants.is_empty() {
        return Err("recorded data is supported in training and initialisation only".into());
    }
    Ok(Prepared { input, outputs: ranges, ..prepared })
}

fn prepare(
    imported: &Imported,
    mut leaves: HashMap<Id, (Place, bool)>,
    outputs: Vec<(Id, usize)>,
    scratch: usize,
    target: Target,
    salt: u32,
) -> Result<Prepared, String> {
    let (constants, scratch) = constant_places(&imported.graph, scratch);
    leaves.extend(constants.iter().map(|(id, at)| (*id, (Place::Arena(*at), false))));
    let job = Job { graph: &imported.graph, target, leaves, outputs, specials: vec![], scratch, training: false, salt };
    let plan = compile(&job).map_err(|e| e.to_string())?;
    Ok(Prepared { plan, constants: constant_values(&imported.graph, &constants), input: scratch, outputs: vec![] })
}

/// Every dispatch that a setup's session may run, for validation without a device.
///
/// # Errors
/// Names the operation that does not compile.
pub fn all_dispatches(entry: &dyn Entry, setup: &Setup, shape: ImageShape, target: Target) -> Result<Vec<Dispatch>, String> {
    let training = training(entry, setup, shape, 1000, target)?;
    let initial = initialisation(&training.recording, &training.layout, target)?;
    let mut out = training.plan.dispatches;
    out.extend(initial.plan.dispatches);
    for what in [Program::Train, Program::Encode, Program::Decode] {
        for batch in [1, 16] {
            out.extend(program(entry, setup, shape, &training.layout, what, batch, target)?.plan.dispatches);
        }
    }
    Ok(out)
}

impl Layout {
    fn new(recording: &Recording) -> Self {
        let mut offsets = Vec::with_capacity(recording.params.len());
        let mut params = 0;
        for p in &recording.params {
            offsets.push(params);
            // Every parameter starts on a 16-byte boundary; the padding has no gradient.
            params += p.shape.iter().product::<usize>().next_multiple_of(4);
        }
        let width: usize = recording.outputs.iter().map(|o| o.shape.iter().product::<usize>()).sum();
        let terms = 4 * params;
        let ring = terms + width.next_multiple_of(4);
        Self {
            names: recording.params.iter().map(|p| p.name.clone()).collect(),
            shapes: recording.params.iter().map(|p| p.shape.clone()).collect(),
            offsets,
            params,
            terms,
            width,
            ring,
            scratch: ring + (RING * width).next_multiple_of(4),
        }
    }
}

/// Latent size, as the decoder sees it.
fn latent(entry: &dyn Entry, setup: &Setup, shape: ImageShape) -> Result<u32, String> {
    let decode = entry.record(setup, shape, Program::Decode, 1)?;
    let id = decode.z.ok_or("the decoder has no code to start from")?;
    Ok(input_shape(&decode, id, 0).iter().product::<usize>() as u32)
}

/// A recording cut at its parameters, input and controls.
fn import_program(recording: &Recording, input: usize, live: usize) -> Result<Imported, String> {
    let mut leaves: Vec<_> = recording.params.iter().map(|p| (p.id, p.shape.clone())).collect();
    for id in recording.x.iter().chain(&recording.z) {
        leaves.push((*id, input_shape(recording, *id, input)));
    }
    if let Some(id) = recording.controls {
        leaves.push((id, vec![live]));
    }
    let outputs: Vec<_> = recording.outputs.iter().map(|o| o.id).collect();
    import(&recording.graph, &recording.values, &leaves, &outputs).map_err(|e| e.to_string())
}

/// The shape that the recording gave a leaf.
fn input_shape(recording: &Recording, id: burn::tensor::TensorId, len: usize) -> Vec<usize> {
    let made = recording.graph.operations.iter().flat_map(|op| op.outputs()).find(|t| t.id == id);
    made.map_or_else(|| vec![len], |t| t.shape.to_vec())
}

fn imported_leaves(
    imported: &Imported,
    recording: &Recording,
    layout: &Layout,
    (input, filled): (usize, bool),
) -> Result<HashMap<Id, (Place, bool)>, String> {
    let mut leaves = HashMap::new();
    for (p, at) in recording.params.iter().zip(&layout.offsets) {
        leaves.insert(node(imported, p.id)?, (Place::Arena(*at), false));
    }
    for id in recording.x.iter().chain(&recording.z) {
        leaves.insert(node(imported, *id)?, (Place::Arena(input), filled));
    }
    if let Some(id) = recording.controls {
        leaves.insert(node(imported, id)?, (Place::Control(ctl::LIVE), false));
    }
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
    fn info(&self) -> &PlanInfo {
        &self.info
    }

    fn set_live(&mut self, key: &str, value: f32) {
        if let Some(i) = self.live.iter().position(|k| *k == key) {
            self.arena.write_ctl(ctl::LIVE + i, &[value.to_bits()]);
            self.setup.values.insert(key.into(), f64::from(value));
        }
    }

    fn run_steps(&mut self, n: u32) -> Result<(), String> {
        let (mut left, batch, images) = (u64::from(n), self.batch as u64, self.images as u64);
        if self.step + left - self.seen > RING as u64 {
            return Err(format!("{left} steps at once: at most {RING} fit between two looks at the metrics"));
        }
        while left > 0 {
            // The order holds two epochs: the first of these steps' and the next.
            let first = self.step * batch / images;
            while self.epochs < first + 2 {
                let order = epoch_order(self.seed, self.epochs as u32, self.images as u32);
                self.arena.write_order((self.epochs % 2) as usize * self.images, &order);
                self.epochs += 1;
            }
            let fit = ((first + 2) * images / batch - self.step).clamp(1, left);
            self.arena.run(&self.train, fit as u32);
            self.step += fit;
            left -= fit;
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

    async fn evaluate(&mut self, images_np: &[f32]) -> Result<Vec<f32>, String> {
        let (terms, width) = (self.info.terms.len(), self.shape.len());
        let (mut sums, mut count) = (vec![0.0f64; terms], 0);
        self.pieces(Program::Train, images_np, width, true, |n, outputs| {
            for (s, o) in sums.iter_mut().zip(&outputs) {
                *s += f64::from(o[0]) * n as f64;
            }
            count += n;
        })
        .await?;
        Ok(sums.iter().map(|s| (s / count.max(1) as f64) as f32).collect())
    }

    async fn encode(&mut self, images_np: &[f32]) -> Result<(Vec<f32>, Vec<f32>), String> {
        let (latent, width) = (self.info.latent as usize, self.shape.len());
        let (mut mean, mut logvar) = (vec![], vec![]);
        self.pieces(Program::Encode, images_np, width, false, |n, outputs| {
            mean.extend_from_slice(&outputs[0][..n * latent]);
            if let Some(l) = outputs.get(1) {
                logvar.extend_from_slice(&l[..n * latent]);
            }
        })
        .await?;
        Ok((mean, logvar))
    }

    async fn decode(&mut self, z_nd: &[f32]) -> Result<Vec<f32>, String> {
        let (latent, width) = (self.info.latent as usize, self.shape.len());
        let mut images = vec![];
        self.pieces(Program::Decode, z_nd, latent, false, |n, outputs| images.extend_from_slice(&outputs[0][..n * width])).await?;
        Ok(images)
    }

    async fn weights(&mut self) -> Result<Vec<Weight>, String> {
        self.tensors(0).await
    }

    /// The moments start again from zero.
    fn set_weights(&mut self, weights: &[Weight]) -> Result<(), String> {
        let l = &self.layout;
        fits(l.names.iter().map(String::as_str).zip(l.shapes.iter().map(Vec::as_slice)), weights)?;
        self.arena.write(2 * l.params, &vec![0.0; 2 * l.params]);
        let find = |name: &str| weights.iter().find(|w| w.name == name).expect("it fits");
        for (name, at) in l.names.iter().zip(&l.offsets) {
            self.arena.write(*at, &find(name).values);
        }
        Ok(())
    }
}
