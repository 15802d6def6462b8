//! Trained models for PyTorch, with the objective that trains them: `cargo lab export`.

use latent_exchange::Model;
use latent_exchange::torch::{Written, write};
use latent_model::programs::add_objective;
use latent_registry::fetch_entry;

/// A model's file as a module of PyTorch with its objective; `state` is what the file of tensors will be called. Where the objective depends
/// on the batch by more than sizes, it is that of the setup's batch.
///
/// # Errors
/// A sentence that names what is missing, or has no counterpart there.
pub fn pytorch(file: &[u8], state: &str) -> Result<Written, String> {
    let model = Model::open(file)?;
    let Some(data) = model.data() else { return write(&model, state) };
    let entry = pollster::block_on(fetch_entry(&model.setup.method))?;
    let file = add_objective(file, entry, data)?;
    write(&Model::open(&file)?, state)
}
