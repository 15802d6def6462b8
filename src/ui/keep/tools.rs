//! The model on show for other tools, made of its file of weights. The code that writes them is fetched when they are asked for.

use latent_exchange::{Model, onnx, torch};
use latent_small::part;

/// What a model is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// Encoder and decoder, a file each.
    Onnx,
    /// A module, and the tensors that it loads. Without the objective, which no file has.
    Torch,
}

/// Names and contents.
type Made = Result<Vec<(String, Vec<u8>)>, String>;

part!(tools:
    /// [`write`].
    pub fn writer() -> fn(Tool, &[u8], &str) -> Made = write
);

/// The files of a model, whose names begin with `name`.
///
/// # Errors
/// A sentence that says what has no counterpart there.
fn write(tool: Tool, weights: &[u8], name: &str) -> Made {
    let model = Model::open(weights)?;
    match tool {
        Tool::Onnx => {
            let both = [("Encode", "encoder"), ("Decode", "decoder")];
            both.map(|(program, end)| Ok((format!("{name}-{end}.onnx"), onnx::write(&model, program)?))).into_iter().collect()
        }
        Tool::Torch => {
            let state = format!("{name}-pytorch.safetensors");
            let written = torch::write(&model, None, &state)?;
            Ok(vec![(format!("{name}.py"), written.module.into_bytes()), (state, written.state)])
        }
    }
}
