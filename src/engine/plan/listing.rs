//! What a program's plan consists of: `cargo lab plan`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::layout::RING;
use super::prepared::{initialisation, program, start, training};
use crate::entry::Entry;
use crate::program::Program;
use latent_compile::Target;
pub use latent_compile::cost::{Bound, MACHINES, Time};
use latent_compile::cost::{look_at, time};
pub use latent_compile::listing::{Kernel, Region};
use latent_vocabulary::Params;
use latent_vocabulary::shape::DataShape;

/// The kinds of adapters, by the names that the command line has for them.
pub const TARGETS: [(&str, Target); 5] = [
    ("gpu", Target::GPU),
    ("gpu-large", Target::GPU_LARGE),
    ("gpu-registers", Target::GPU_REGISTERS),
    ("software", Target::SOFTWARE),
    ("software-quads", Target::SOFTWARE_QUADS),
];

/// The program that draws the initial weights, beside those of [`Program`].
const INITIALISATION: &str = "initialisation";

/// A plan as text and numbers.
#[derive(Clone, Debug, Serialize)]
pub struct Listing {
    /// Which program.
    pub program: String,
    /// How the target computes products.
    pub target: String,
    /// Rows that the program runs on.
    pub batch: usize,
    /// Floats of the arena, the plan's own and what lies in front of them.
    pub arena: usize,
    /// Room for values of 16 bits beside it, in those.
    pub halves: usize,
    /// What it takes on [`MACHINES`], in order: microseconds of all dispatches, one after the other.
    pub predicted_us: Vec<(&'static str, f64)>,
    /// The dispatches, in the order in which they run.
    pub dispatches: Vec<Listed>,
    /// What lies in the arena, by address.
    pub memory: Vec<Region>,
}

/// A dispatch.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// Its level.
    pub level: usize,
    /// Its kernels' names.
    pub name: String,
    /// The file that its text has in a folder.
    pub file: String,
    /// Workgroups across and down.
    pub grid: [u32; 2],
    /// Its time on each of [`MACHINES`].
    pub times: Vec<Time>,
    /// Its kernels: number `k` is the function `kernel<k>`.
    pub kernels: Vec<Kernel>,
    /// What a card's own compiler says of its text, where one was asked.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub compiled: BTreeMap<String, u64>,
    /// The text.
    #[serde(skip)]
    pub wgsl: String,
}

/// The name of a program on the command line.
fn id(program: Program) -> String {
    let words = format!("{program:?}");
    let dashed = words.char_indices().map(|(i, c)| if i > 0 && c.is_uppercase() { format!("-{c}") } else { c.to_string() });
    dashed.collect::<String>().to_ascii_lowercase()
}

/// The plan of a method's program on a kind of adapter, both by name. No adapter is needed.
///
/// # Errors
/// Names what there is instead, or the operation that does not compile.
pub fn list(entry: &dyn Entry, params: &Params, shape: DataShape, target: &str, what: &str) -> Result<Listing, String> {
    let (_, kind) = TARGETS.into_iter().find(|t| t.0 == target).ok_or_else(|| format!("unknown target {target:?}"))?;
    let known = Program::ALL.into_iter().find(|p| id(*p) == what);
    if known.is_none() && what != INITIALISATION {
        let all: Vec<String> = Program::ALL.into_iter().map(id).collect();
        return Err(format!("no program {what:?}: there are {} and {INITIALISATION}", all.join(", ")));
    }
    let batch = params.usize("batch");
    let training = training(entry, params, shape, kind, false)?;
    let layout = &training.layout;
    let missing = || format!("{} does not have {}", entry.card().id, known.map_or(INITIALISATION, Program::name));
    let (plan, input) = match known {
        Some(Program::Train) => (training.plan, Some(training.input)),
        Some(Program::Start) => {
            let start = start(entry, params, shape, layout, kind)?.ok_or_else(missing)?;
            (start.plan, Some(start.input))
        }
        Some(other) => {
            let prepared = program(entry, params, shape, layout, other, batch, kind)?.ok_or_else(missing)?;
            (prepared.plan, Some(prepared.input))
        }
        None => (initialisation(&training.recording, layout, kind)?.plan, None),
    };
    let mut memory = plan.shown.memory;
    // The compiler does not know what comes from outside.
    let mut names: Vec<(usize, String)> = layout.tensors.iter().map(|t| (t.at, format!("{} {:?}", t.name, t.shape))).collect();
    let inputs = input.iter().flat_map(|i| [(i.rows, "input"), (i.labels, "labels"), (i.step, "step")]);
    names.extend(inputs.map(|(at, name)| (at, name.to_owned())));
    for region in memory.iter_mut().filter(|r| r.levels.is_none() && r.bits == 32) {
        if let Some((_, name)) = names.iter().find(|(at, _)| *at == region.at) {
            region.what.clone_from(name);
        }
    }
    let stays = |at: usize, floats: usize, what: String| Region { at, floats, bits: 32, what, levels: None };
    let moments = (1..=layout.moments).map(|m| stays(m * layout.params, layout.params, format!("moments {m} of the optimiser")));
    memory.extend(moments);
    memory.push(stays(layout.ring, RING * layout.width, format!("terms of the last {RING} steps")));
    memory.sort_by_key(|r| (r.bits == 16, r.at, r.levels));
    let levels = plan.shown.levels.into_iter().zip(plan.dispatches);
    let dispatches = levels.map(|(mut shown, d)| {
        look_at(&mut shown.kernels, &d.wgsl);
        let times = MACHINES.iter().map(|m| time(m, &shown.kernels)).collect();
        let file = format!("level-{:02}.wgsl", shown.level);
        Listed {
            level: shown.level,
            name: d.name,
            file,
            grid: d.grid,
            times,
            kernels: shown.kernels,
            compiled: BTreeMap::new(),
            wgsl: d.wgsl,
        }
    });
    let dispatches: Vec<Listed> = dispatches.collect();
    let all = |m: usize| dispatches.iter().map(|d| d.times[m].us).sum();
    let predicted_us = MACHINES.iter().enumerate().map(|(m, machine)| (machine.name, all(m))).collect();
    Ok(Listing {
        program: what.into(),
        target: kind.name(),
        batch,
        arena: plan.end,
        halves: plan.halves,
        predicted_us,
        dispatches,
        memory,
    })
}
