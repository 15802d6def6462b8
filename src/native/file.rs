//! Files of weights and checkpoints.

use std::path::Path;

use latent_engine::Weight;
use latent_experiment::Setup;
use latent_model::checkpoint;
use latent_model::checkpoint::Checkpoint;
use latent_model::weights;

/// A file of weights.
pub struct Trained {
    pub setup: Setup,
    /// Training steps behind the weights, as the file says.
    pub step: String,
    pub tensors: Vec<Weight>,
}

/// Reads a file of weights with the setup they belong to.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn trained(path: &Path) -> Result<Trained, String> {
    let name = |e: String| format!("{}: {e}", path.display());
    let bytes = std::fs::read(path).map_err(|e| name(e.to_string()))?;
    let metadata = weights::metadata(&bytes).map_err(name)?;
    let query = metadata.get("setup").ok_or_else(|| name("the metadata has no \"setup\"".into()))?;
    let setup = checkpoint::setup(query).map_err(name)?;
    let tensors = weights::read(&bytes).map_err(name)?;
    let step = metadata.get("step").cloned().unwrap_or_else(|| "unknown".into());
    Ok(Trained { setup, step, tensors })
}

/// Reads a checkpoint.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn checkpoint(path: &Path) -> Result<Checkpoint, String> {
    let name = |e: String| format!("{}: {e}", path.display());
    let bytes = std::fs::read(path).map_err(|e| name(e.to_string()))?;
    Checkpoint::read(&bytes)
        .map_err(name)?
        .ok_or_else(|| name("this file has weights only; a checkpoint comes from --checkpoint, or from the page".into()))
}

/// Writes a file whole or not at all.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let part = path.with_extension("part");
    let write = std::fs::write(&part, bytes).and_then(|()| std::fs::rename(&part, path));
    write.map_err(|e| {
        // Whatever was begun is taken back.
        let _ = std::fs::remove_file(&part);
        format!("{}: {e}", path.display())
    })
}
