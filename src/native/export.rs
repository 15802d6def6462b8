//! Trained models for PyTorch, with the objective that trains them: `cargo lab export`.

use latent_engine::stored::{Made, objective};
use latent_exchange::Model;
use latent_exchange::torch::{Objective, SET, Written, write};
use latent_registry::fetch_entry;

/// How many rows more the objective is recorded at, besides the setup's batch: what differs is the batch.
const MORE: usize = 4;

/// A model's file as a module of PyTorch with its objective; `state` is what the file of tensors will be called. Where the objective depends
/// on the batch by more than sizes, it is that of the setup's batch.
///
/// # Errors
/// A sentence that names what is missing, or has no counterpart there.
pub fn pytorch(file: &[u8], state: &str) -> Result<Written, String> {
    let model = Model::open(file)?;
    let Some(data) = model.data() else { return write(&model, None, state) };
    let entry = pollster::block_on(fetch_entry(&model.setup.method))?;
    let params = model.setup.params()?;
    let batch = model.setup.get("batch") as usize;
    let mut written = Err(String::new());
    for batches in [[batch, batch + MORE], [batch; 2]] {
        let [a, b]: [Made; 2] =
            [objective(entry, &params, data, batches[0], SET)?, objective(entry, &params, data, batches[1], SET)?];
        let outputs = [a.outputs(), b.outputs()];
        let at = [a.recorded(&outputs[0]), b.recorded(&outputs[1])];
        written = write(&model, Some(Objective { leaves: a.leaves(), at }), state);
        if written.as_ref().is_ok_and(|written| written.missing.is_none()) {
            break;
        }
    }
    written
}
