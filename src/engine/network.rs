//! What every engine makes of a recording, before it makes something of its own.

use latent_compile::capture::{Imported, import_into};
use latent_compile::grad::{clip_by_global_norm, gradients};
use latent_compile::{Graph, Id};
use latent_protocol::{PlanInfo, TensorInfo};
use latent_vocabulary::Params;
use latent_vocabulary::shape::SampleShape;

use crate::record::Recording;

/// The node of a recorded tensor.
///
/// # Errors
/// If nothing recorded made it.
pub(crate) fn node(imported: &Imported, id: burn::tensor::TensorId) -> Result<Id, String> {
    imported.id(id).map_err(|e| e.to_string())
}

/// A recording cut at its leaves: the parameters, then input, labels, step and controls.
///
/// # Errors
/// Names the first operation that the compiler does not know.
pub(crate) fn import_program(recording: &Recording) -> Result<Imported, String> {
    import_program_into(Graph::default(), recording)
}

/// The same in a graph of another make.
///
/// # Errors
/// As there.
pub(crate) fn import_program_into(graph: Graph, recording: &Recording) -> Result<Imported, String> {
    let leaves: Vec<_> = recording.leaves().map(|l| (l.id, l.shape.clone())).collect();
    let outputs: Vec<_> = [&recording.outputs, &recording.set, &recording.add].into_iter().flatten().map(|o| o.id).collect();
    import_into(graph, &recording.graph, &recording.values, &leaves, &outputs).map_err(|e| e.to_string())
}

/// A training step with its gradients.
pub(crate) struct Differentiated {
    pub imported: Imported,
    /// The nodes of the parameters, and their gradients as the optimiser gets them.
    pub leaves: Vec<Id>,
    pub gradients: Vec<Id>,
    /// Which parameters the optimiser moves: those that the loss depends on.
    pub trained: Vec<bool>,
}

/// The gradients of a recorded training step in such a graph, clipped where the setup says so.
///
/// # Errors
/// Names the first operation that the compiler does not know, or a parameter that is given new values and has a gradient as well.
pub(crate) fn differentiate(graph: Graph, recording: &Recording, params: &Params) -> Result<Differentiated, String> {
    let mut imported = import_program_into(graph, recording)?;
    let leaves: Vec<Id> = recording.params.iter().map(|p| node(&imported, p.id)).collect::<Result<_, _>>()?;
    let loss = node(&imported, recording.outputs[0].id)?;
    let mut gradients = gradients(&mut imported.graph, loss, &leaves).map_err(|e| e.to_string())?;
    let trained: Vec<bool> = gradients.iter().map(|g| imported.graph.as_fill(*g) != Some(0.0)).collect();
    let is_set = |name: &str| recording.set.iter().any(|s| s.name == name);
    if let Some((p, _)) = recording.params.iter().zip(&trained).find(|(p, trained)| **trained && is_set(&p.name)) {
        return Err(format!("{} is set after each step, but the loss has a gradient for it", p.name));
    }
    let clip = params.get("clip");
    if clip > 0.0 {
        gradients = clip_by_global_norm(&mut imported.graph, &gradients, clip as f32);
    }
    Ok(Differentiated { imported, leaves, gradients, trained })
}

/// What is said of a network in training.
pub(crate) fn describe(recording: &Recording, trained: &[bool], shape: SampleShape, batch: usize) -> PlanInfo {
    let tensors = recording.params.iter().zip(trained);
    PlanInfo {
        parameters: tensors.clone().filter(|(_, t)| **t).map(|(p, _)| p.shape.iter().product::<usize>() as u64).sum(),
        tensors: tensors
            .map(|(p, trained)| TensorInfo {
                name: p.name.clone(),
                shape: p.shape.iter().map(|n| *n as u32).collect(),
                trained: *trained,
            })
            .collect(),
        latent: recording.code.iter().map(|g| g.count).sum(),
        code: recording.code.clone(),
        width: shape.width as u32,
        height: shape.height as u32,
        channels: shape.channels as u32,
        batch: batch as u32,
        terms: recording.outputs.iter().filter(|o| o.name != "kl_d").map(|o| o.name.clone()).collect(),
        ..PlanInfo::default()
    }
}
