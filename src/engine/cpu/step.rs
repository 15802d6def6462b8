//! The training step as a graph that is ready to be run: the loss, its gradients, and what the optimiser does with them.

use crate::network::{Differentiated, describe, differentiate, node};
use crate::optimizer::{self, RATES};
use crate::record::{Output, Recording};
use latent_compile::capture::Imported;
use latent_compile::{Graph, Id};
use latent_interpret::{Noise, Tape};
use latent_protocol::PlanInfo;
use latent_vocabulary::Params;
use latent_vocabulary::shape::DataShape;

/// Name of its arithmetic, in checkpoints.
pub const KERNELS: &str = "loops on the processor";

/// A graph that is ready to be run: a [`Tape`]. The engine knows no more of it, so that a page fetches the loops when it needs them.
pub trait Runs {
    /// [`Tape::run`]
    fn run(&mut self, leaves: &mut [Vec<f32>], noise: Noise);
    /// [`Tape::timed`]
    fn timed(&mut self, leaves: &mut [Vec<f32>], noise: Noise, clock: &dyn Fn() -> f64) -> Vec<(String, f64)>;
    /// [`Tape::output`]
    fn output(&self, i: usize) -> &[f32];
    /// [`Tape::leaves`]
    fn leaves(&self) -> &[usize];
    /// [`Tape::floats`]
    fn floats(&self) -> usize;
}

impl Runs for Tape {
    fn run(&mut self, leaves: &mut [Vec<f32>], noise: Noise) {
        self.run(leaves, noise);
    }

    fn timed(&mut self, leaves: &mut [Vec<f32>], noise: Noise, clock: &dyn Fn() -> f64) -> Vec<(String, f64)> {
        self.timed(leaves, noise, clock)
    }

    fn output(&self, i: usize) -> &[f32] {
        self.output(i)
    }

    fn leaves(&self) -> &[usize] {
        self.leaves()
    }

    fn floats(&self) -> usize {
        self.floats()
    }
}

/// Makes a graph ready, see [`Tape::new`].
pub type Make = fn(&Graph, &[Id], &[(Id, Id)]) -> Box<dyn Runs>;

/// The [`Make`] of tapes.
pub fn tape(graph: &Graph, outputs: &[Id], assigned: &[(Id, Id)]) -> Box<dyn Runs> {
    Box::new(Tape::new(graph, outputs, assigned))
}

/// The training step.
pub struct Training {
    pub tape: Box<dyn Runs>,
    /// Terms, and what else a row of metrics has.
    pub outputs: usize,
    /// Whether the loss depends on each parameter.
    pub trained: Vec<bool>,
    pub moments: usize,
    pub keeps_gradients: bool,
}

/// The training step of a recording, room for its leaves, and what is said of the network. With `keep` it gives its gradients.
///
/// # Errors
/// Names the operation that is not known.
pub fn training(
    make: Make,
    recording: &Recording,
    params: &Params,
    shape: DataShape,
    keep: bool,
) -> Result<(Training, Vec<Vec<f32>>, PlanInfo), String> {
    let Differentiated { mut imported, leaves, gradients, trained } = differentiate(Graph::for_processor(), recording, params)?;
    let mut outputs = recording.outputs.iter().map(|o| node(&imported, o.id)).collect::<Result<Vec<_>, _>>()?;
    let terms = outputs.len();
    let flops = imported.graph.ids().map(|id| imported.graph.flops(id)).sum();
    let rates: [Id; RATES] = std::array::from_fn(|_| imported.graph.leaf(&[1]));
    let moments = optimizer::moments(params);
    let mut assigned = vec![];
    let find = |imported: &Imported, all: &[Output], name: &str| -> Result<Option<Id>, String> {
        all.iter().find(|o| o.name == name).map(|o| node(imported, o.id)).transpose()
    };
    for (i, p) in recording.params.iter().enumerate() {
        assigned.extend(find(&imported, &recording.set, &p.name)?.map(|new| (new, leaves[i])));
        if !trained[i] {
            continue;
        }
        if keep {
            outputs.push(gradients[i]);
        }
        let added = find(&imported, &recording.add, &p.name)?;
        let g = &mut imported.graph;
        let own: Vec<Id> = (0..moments).map(|_| g.leaf(&p.shape)).collect();
        let moved = optimizer::nodes(g, params, &p.name, [leaves[i], gradients[i]], &own, rates);
        let value = match added {
            Some(delta) => {
                let delta = g.reshape(delta, &p.shape);
                g.add(moved.value, delta)
            }
            None => moved.value,
        };
        assigned.push((value, leaves[i]));
        assigned.extend(moved.moments.into_iter().zip(own));
    }
    let tape = make(&imported.graph, &outputs, &assigned);
    let room = tape.leaves().iter().map(|n| vec![0.0; *n]).collect();
    let batch = recording.label.shape[0];
    let mut info = describe(recording, &trained, shape.image, batch);
    info.flops = flops;
    info.kernels = KERNELS.into();
    info.bytes = 4 * (tape.floats() + tape.leaves().iter().sum::<usize>()) as u64;
    Ok((Training { tape, outputs: terms, trained, moments, keeps_gradients: keep }, room, info))
}
