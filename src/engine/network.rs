//! What every engine makes of a recording, before it makes something of its own.

use latent_compile::Id;
use latent_compile::capture::{Imported, import};
use latent_protocol::{PlanInfo, TensorInfo};
use latent_vocabulary::shape::ImageShape;

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
    let leaves: Vec<_> = recording.leaves().map(|l| (l.id, l.shape.clone())).collect();
    let outputs: Vec<_> = [&recording.outputs, &recording.set, &recording.add].into_iter().flatten().map(|o| o.id).collect();
    import(&recording.graph, &recording.values, &leaves, &outputs).map_err(|e| e.to_string())
}

/// Which parameters the optimiser moves: those that the loss depends on.
pub(crate) fn trained(imported: &Imported, gradients: &[Id]) -> Vec<bool> {
    gradients.iter().map(|g| imported.graph.as_fill(*g) != Some(0.0)).collect()
}

/// What is said of a network in training.
pub(crate) fn describe(recording: &Recording, trained: &[bool], shape: ImageShape, batch: usize) -> PlanInfo {
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
