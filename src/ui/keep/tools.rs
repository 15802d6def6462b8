//! The model on show for other tools, made of its file of weights. The code that writes them is fetched when they are asked for.

use latent_exchange::{Model, onnx, torch};
use latent_protocol::Export;
use latent_small::part;
use latent_vocabulary::Precision;

/// What a model is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// Encoder and decoder, a file each.
    Onnx,
    /// A module with its objective, and the tensors that it loads.
    Torch,
}

impl Tool {
    /// What it is written of.
    pub fn file(self) -> Export {
        match self {
            Self::Onnx => Export::Weights(Precision::Full),
            Self::Torch => Export::Trainable,
        }
    }
}

/// What was written.
pub struct Made {
    /// Names and contents.
    pub files: Vec<(String, Vec<u8>)>,
    /// Why a module has no objective.
    pub missing: Option<String>,
}

part!(tools:
    /// [`write`].
    pub fn writer() -> fn(Tool, &[u8], &str) -> Result<Made, String> = write
);

/// The files of a model, whose names begin with `name`.
///
/// # Errors
/// A sentence that says what has no counterpart there.
fn write(tool: Tool, weights: &[u8], name: &str) -> Result<Made, String> {
    let model = Model::open(weights)?;
    match tool {
        Tool::Onnx => {
            let both = [("Encode", "encoder"), ("Decode", "decoder")];
            // Not every model has a decoder.
            let both = both.into_iter().filter(|(program, _)| model.programs().any(|own| own == *program));
            let files = both.map(|(program, end)| Ok((format!("{name}-{end}.onnx"), onnx::write(&model, program)?)));
            Ok(Made { files: files.collect::<Result<_, String>>()?, missing: None })
        }
        Tool::Torch => {
            let state = format!("{name}-pytorch.safetensors");
            let written = torch::write(&model, &state)?;
            let files = vec![(format!("{name}.py"), written.module.into_bytes()), (state, written.state)];
            Ok(Made { files, missing: written.missing })
        }
    }
}
