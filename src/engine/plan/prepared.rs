//! The training step and the other programs of a setup, compiled for a layout, before they meet a device.

mod images;

use std::collections::HashMap;

pub(super) use self::images::fetch;
use self::images::{Order, factors, gather, labels, pack};
use super::layout::{InputAt, Layout, RING};

use crate::entry::Entry;
use crate::half;
use crate::network::{Differentiated, describe, differentiate, import_program, node};
use crate::noise::{EVALUATION, INITIALISATION};
use crate::optimizer;
use crate::program::{Input, Program};
use crate::record::Recording;
use latent_compile::capture::{Imported, import};
use latent_compile::emit::{Place, ctl};
use latent_compile::graph::{Graph, Op};
use latent_compile::plan::{Job, Special, Updates, When, compile};
use latent_compile::template::fill;
use latent_compile::{Dispatch, Id, Plan, Target};
use latent_nn::method::{START_BATCH, live_keys};
use latent_protocol::PlanInfo;
use latent_vocabulary::Params;
use latent_vocabulary::shape::{DataShape, SampleShape};

/// A program compiled for a layout, before it meets a device.
pub(super) struct Prepared {
    pub(super) plan: Plan,
    /// Addresses and values of recorded data.
    pub(super) constants: Vec<(usize, Vec<f32>)>,
    pub(super) input: InputAt,
    pub(super) outputs: Vec<(usize, usize)>,
    /// Where its pictures lie as bytes, if it makes any.
    pub(super) packed: Option<(usize, usize)>,
}

/// The training step, before it meets a device.
pub(super) struct Training {
    pub(super) layout: Layout,
    pub(super) graph: Graph,
    pub(super) plan: Plan,
    pub(super) constants: Vec<(usize, Vec<f32>)>,
    pub(super) recording: Recording,
    pub(super) input: InputAt,
    pub(super) info: PlanInfo,
}

/// Compiles the training step of a setup on a data set; `keep` stores the gradients as well.
pub(super) fn training(
    entry: &dyn Entry,
    params: &Params,
    data: DataShape,
    target: Target,
    keep: bool,
) -> Result<Training, String> {
    let batch = params.usize("batch");
    let shape = data.image;
    let live = live_keys(entry.card());
    if !shape.bytes().is_multiple_of(4) {
        return Err(format!("images of {} values: the number must be a multiple of 4", shape.len()));
    }
    let recording = entry.record(params, data, Program::Train, batch)?;
    let Differentiated { imported, leaves, gradients, trained } = differentiate(Graph::default(), &recording, params)?;
    let mut layout = Layout::new(&recording, &trained, optimizer::moments(params), keep);
    let (updates, schedule) = optimizer::kernels(params, &live, layout.params, keep, layout.of_second(params));
    let moved = gradients.into_iter().zip(leaves).zip(&layout.tensors).filter(|(_, t)| t.trained);
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
    let mut specials = specials(&layout, batch, shape, input.rows);
    specials.extend(schedule);
    if [recording.label.id, recording.step.id].into_iter().any(|id| used(&imported, id)) {
        specials.push(labels(batch, input, Order::Step));
    }
    specials.extend(factors(batch, data, input, Order::Step));
    let scratch = state(&imported, &recording, &layout, input.end, &mut outputs, &mut specials)?;
    let job = Job {
        graph: &imported.graph,
        target,
        leaves,
        outputs,
        updates,
        specials,
        scratch,
        training: true,
        half: half::wanted(params),
        salt: 0,
    };
    let plan = compile(&job).map_err(|e| e.to_string())?;
    let info = PlanInfo { flops: plan.flops, halves: plan.halves as u64, ..describe(&recording, &trained, shape, batch) };
    let constants = constant_values(&imported.graph, &constants);
    Ok(Training { layout, graph: imported.graph, plan, constants, recording, input, info })
}

/// Whether anything reads the tensor.
pub(super) fn used(imported: &Imported, id: burn::tensor::TensorId) -> bool {
    let Ok(id) = imported.id(id) else { return false };
    let g = &imported.graph;
    g.ids().any(|reader| g.node(reader).args.contains(&id))
}

/// Where the step's new values of state go, and the kernels that put them in place once nothing reads the old ones.
/// Returns the first float behind.
pub(super) fn state(
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
pub(super) fn start(
    entry: &dyn Entry,
    params: &Params,
    data: DataShape,
    layout: &Layout,
    target: Target,
) -> Result<Option<Prepared>, String> {
    let recording = entry.record(params, data, Program::Start, START_BATCH)?;
    if recording.set.is_empty() {
        return Ok(None);
    }
    let imported = import_program(&recording)?;
    let input = InputAt::new(layout.scratch, &recording);
    let leaves = imported_leaves(&imported, &recording, layout, input, true)?;
    let mut specials = vec![gather(START_BATCH, data.image, input.rows, Order::Step), labels(START_BATCH, input, Order::Step)];
    specials.extend(factors(START_BATCH, data, input, Order::Step));
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

/// The kernels around the generated ones: minibatch and metrics.
pub(super) fn specials(layout: &Layout, batch: usize, shape: SampleShape, x: usize) -> Vec<Special> {
    let word = |w: usize| w.to_string();
    vec![
        gather(batch, shape, x, Order::Step),
        Special {
            name: "metrics",
            body: fill(
                latent_small::shader!("../../../shaders/metrics.wgsl"),
                &[
                    ("ring", word(layout.ring)),
                    ("rows", word(RING)),
                    ("width", word(layout.width)),
                    ("terms", word(layout.terms)),
                    ("step", word(ctl::STEP)),
                    ("now", word(ctl::NOW)),
                    ("place", word(ctl::PLACE)),
                    ("batch", word(batch)),
                    ("order", word(ctl::ORDER)),
                ],
            ),
            len: layout.width,
            when: When::Stored,
        },
    ]
}

/// Compiles the operations by which Burn's layers initialise themselves, to draw the initial weights on the GPU.
pub(super) fn initialisation(recording: &Recording, layout: &Layout, target: Target) -> Result<Prepared, String> {
    let ids: Vec<_> = recording.params.iter().map(|p| p.id).collect();
    let imported = import(&recording.graph, &recording.values, &[], &ids).map_err(|e| e.to_string())?;
    let placed = ids.iter().zip(&layout.tensors);
    let outputs = placed.map(|(id, t)| Ok((node(&imported, *id)?, t.at))).collect::<Result<_, String>>()?;
    prepare(&imported, HashMap::new(), outputs, vec![], layout.scratch, target, INITIALISATION)
}

/// Compiles a program that does not train, for batches of `batch`. `None` if the method does not have it.
pub(super) fn program(
    entry: &dyn Entry,
    params: &Params,
    data: DataShape,
    layout: &Layout,
    what: Program,
    batch: usize,
    target: Target,
) -> Result<Option<Prepared>, String> {
    let recording = entry.record(params, data, what, batch)?;
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
    let mut prepared = prepare(&imported, leaves, outputs, vec![], at, target, EVALUATION)?;
    let mut packed = None;
    if what == Program::Decode && data.image.is_picture() {
        let ((from, floats), to) = (ranges[0], prepared.plan.end);
        prepared.plan.dispatches.push(pack(from, floats, to));
        prepared.plan.end += (floats / 4).next_multiple_of(4);
        packed = Some((to, floats / 4));
    }
    Ok(Some(Prepared { input, outputs: ranges, packed, ..prepared }))
}

pub(super) fn prepare(
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
        half: false,
        salt,
    };
    let plan = compile(&job).map_err(|e| e.to_string())?;
    let input = InputAt { rows: scratch, labels: scratch, step: scratch, factors: None, end: scratch };
    Ok(Prepared { plan, constants: constant_values(&imported.graph, &constants), input, outputs: vec![], packed: None })
}

/// Every dispatch that a setup's session may run, for validation without a device.
///
/// # Errors
/// Names the operation that does not compile.
pub fn all_dispatches(entry: &dyn Entry, params: &Params, data: DataShape, target: Target) -> Result<Vec<Dispatch>, String> {
    let training = training(entry, params, data, target, false)?;
    let initial = initialisation(&training.recording, &training.layout, target)?;
    let start = start(entry, params, data, &training.layout, target)?;
    let mut out = training.plan.dispatches;
    out.extend(initial.plan.dispatches);
    out.extend(start.into_iter().flat_map(|p| p.plan.dispatches));
    for what in Program::ALL.into_iter().filter(|p| !matches!(p, Program::Train | Program::Start)) {
        for batch in [1, 16] {
            let prepared = program(entry, params, data, &training.layout, what, batch, target)?;
            let Some(prepared) = prepared else { continue };
            if what.input() == Input::Images {
                out.extend(fetch(batch, data, prepared.input, START_BATCH, target)?.dispatches);
            }
            out.extend(prepared.plan.dispatches);
        }
    }
    Ok(out)
}

pub(super) fn imported_leaves(
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
    if let (Some(leaf), Some(at)) = (&recording.factors, input.factors) {
        leaves.insert(node(imported, leaf.id)?, (Place::Arena(at), filled));
    }
    leaves.insert(node(imported, recording.controls.id)?, (Place::Control(ctl::LIVE), false));
    Ok(leaves)
}

/// Addresses for recorded data from `at` on, and the first address behind them.
pub(super) fn constant_places(g: &Graph, mut at: usize) -> (Vec<(Id, usize)>, usize) {
    let mut out = vec![];
    for id in g.ids() {
        if let Op::Constant(_) = g.node(id).op {
            out.push((id, at));
            at += g.shape(id).iter().product::<usize>().next_multiple_of(4);
        }
    }
    (out, at)
}

pub(super) fn constant_values(g: &Graph, places: &[(Id, usize)]) -> Vec<(usize, Vec<f32>)> {
    let values = |id: Id| match g.node(id).op {
        Op::Constant(i) => g.constants[i as usize].clone(),
        ref op => unreachable!("{op:?} is no constant"),
    };
    places.iter().map(|(id, at)| (*at, values(*id))).collect()
}
