//! The model on show for other tools, made of its file of weights; and dictionaries of other libraries. The code for it is fetched when it is asked for.

use latent_exchange::sae::{self, Brought};
use latent_exchange::{Model, onnx, torch};
use latent_experiment::Setup;
use latent_protocol::Export;
use latent_small::part;
use latent_vocabulary::Precision;
use latent_vocabulary::plan::Normalised;

/// What a model is written for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tool {
    /// Encoder and decoder, a file each.
    Onnx,
    /// A module with its objective, and the tensors that it loads.
    Torch,
    /// A folder that SAELens takes, in an archive; with what was done to the rows.
    SaeLens(Option<Normalised>),
}

impl Tool {
    /// What it is written of.
    pub fn file(self) -> Export {
        match self {
            Self::Onnx | Self::SaeLens(_) => Export::Weights(Precision::Full),
            Self::Torch => Export::Trainable,
        }
    }
}

/// What was written.
pub struct Made {
    /// Names and contents.
    pub files: Files,
    /// Why a module has no objective.
    pub missing: Option<String>,
}

part!(tools:
    /// [`write`].
    pub fn writer() -> fn(Tool, &[u8], &str) -> Result<Made, String> = write
);

/// Names and contents of files.
pub type Files = Vec<(String, Vec<u8>)>;

/// A dictionary of another library in files, as a run like the setup on its data. For code of the same part.
///
/// # Errors
/// A sentence: what is damaged, or has no counterpart here.
pub fn read(files: &Files, setup: &Setup) -> Result<Option<Brought>, String> {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
    sae::recognise(&files, setup, &setup.data)
}

part!(tools:
    /// [`noted`].
    pub fn noter() -> fn(&[u8], &str, &str) -> Option<Vec<u8>> = noted
);

/// Whether files are a single one that says which setup it is of.
pub fn says_its_setup(files: &Files) -> bool {
    /// The notes stand in front.
    const FRONT: usize = 1 << 16;
    let own = |bytes: &[u8]| bytes[..bytes.len().min(FRONT)].windows(8).any(|w| w == b"\"setup\":");
    matches!(&files[..], [(_, bytes)] if own(bytes))
}

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
        Tool::SaeLens(rows) => {
            let folder = format!("{name}-saelens");
            let archive = sae::folder(&folder, &sae::write(&model, rows)?)?;
            Ok(Made { files: vec![(format!("{folder}.zip"), archive)], missing: None })
        }
        Tool::Torch => {
            let state = format!("{name}-pytorch.safetensors");
            let written = torch::write(&model, &state)?;
            let files = vec![(format!("{name}.py"), written.module.into_bytes()), (state, written.state)];
            Ok(Made { files, missing: written.missing })
        }
    }
}

/// A safetensors file of ours with another note in front of its own; `None` if it is none.
fn noted(file: &[u8], key: &str, note: &str) -> Option<Vec<u8>> {
    const FRONT: &str = "{\"__metadata__\":{";
    let (size, rest) = file.split_first_chunk::<8>()?;
    let (header, values) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*size)).ok()?)?;
    let own = std::str::from_utf8(header).ok()?.strip_prefix(FRONT)?.trim_end();
    let comma = if own.starts_with('}') { "" } else { "," };
    let header = format!("{FRONT}\"{key}\":\"{}\"{comma}{own}", escaped(note));
    let length = header.len().next_multiple_of(8);
    let mut out = (length as u64).to_le_bytes().to_vec();
    out.extend(header.into_bytes());
    out.resize(8 + length, b' ');
    out.extend_from_slice(values);
    Some(out)
}

/// A text as JSON has it between quotes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use latent_player::File;

    #[test]
    fn a_note_is_added_in_front() {
        let names = "3\tloops\tof \"6\" \\ 9\n";
        let file = |header: &str| [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[1, 2, 3, 4]].concat();
        for (before, setup) in [
            (r#"{"__metadata__":{"setup":"v=1"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}   "#, Some("v=1")),
            (r#"{"__metadata__":{},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, None),
        ] {
            let after = noted(&file(before), "feature_names", names).unwrap();
            let opened = File::open(&after).unwrap();
            assert_eq!((opened.note("feature_names"), opened.note("setup").ok()), (Ok(names), setup));
            assert_eq!(opened.values("a", &[1]).unwrap(), [f32::from_le_bytes([1, 2, 3, 4])]);
        }
        assert_eq!(noted(b"no file of ours", "feature_names", names), None);
    }
}
