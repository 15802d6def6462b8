//! The words of the diagram of the machine.

use latent_exchange::layers::{Kind, Layer};
use latent_protocol::PlanInfo;

use crate::number::grouped;

pub const DIAGRAM: &str = "The machine";
pub const DIAGRAM_HELP: &str = "The encoder presses a picture into a code, the decoder draws it again. Each pass of the dots is a training step: the picture goes forward, the gradient back.";
pub const DIAGRAM_UNDRAWN_HELP: &str = "The encoder presses a picture into a code, and there it ends: this model has no decoder. Training compares the codes of two views of a picture through further layers, which are not needed afterwards.";
pub const DIAGRAM_WORDS: &str = "Picture, encoder, code, decoder, picture";
pub const DIAGRAM_IN: &str = "A test image";
pub const DIAGRAM_OUT: &str = "Its reconstruction";
pub const ENCODER: &str = "encoder";
pub const ENCODER_HELP: &str = "guesses a code";
pub const DECODER: &str = "decoder";
pub const DECODER_HELP: &str = "draws it back";
pub const PRIOR: &str = "prior";
pub const PRIOR_HELP: &str = "says which token comes next, to draw new ones";
pub const LAYERS_HELP: &str = "Each bar is a layer. Its height is how many numbers it gives, on a logarithmic scale. Its colour and the percentage are its share of the operations, that is, where the time goes. Point at a layer, tap it, or move with the arrow keys to read its numbers.";

pub fn picture_size(width: u32, height: u32, channels: u32) -> String {
    if channels == 1 { format!("{width} × {height}") } else { format!("{width} × {height} × {channels}") }
}

pub fn code_size(latent: usize, gaussian: bool) -> String {
    format!("{latent} {}", if gaussian { "means and variances" } else { "numbers" })
}

pub fn plan(info: &PlanInfo) -> String {
    let kernels = if info.kernels.is_empty() { String::new() } else { format!(" Matrix products: {}.", info.kernels) };
    let halves = if info.halves == 0 {
        String::new()
    } else {
        format!(" Activations in 16 bits: {:.1} million numbers.", info.halves as f64 / 1e6)
    };
    // A processor launches none.
    let launches = if info.dispatches > 0 { format!(" in {} kernel launches", info.dispatches) } else { String::new() };
    format!(
        "{} parameters, {} images a step, {:.1} million floating-point operations{launches}.{kernels}{halves}",
        info.parameters,
        info.batch,
        info.flops as f64 / 1e6,
    )
}

/// A share of one.
pub fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if percent >= 1.0 || percent == 0.0 { format!("{percent:.0} %") } else { "under 1 %".into() }
}

fn size(of: &[usize]) -> String {
    of.iter().map(ToString::to_string).collect::<Vec<_>>().join(" × ")
}

/// A number of operations.
fn operations(n: u64) -> String {
    if n < 100_000 { grouped(n as f64) } else { format!("{:.1} million", n as f64 / 1e6) }
}

/// All that is said of a layer.
pub fn layer(layer: &Layer, share: f64) -> String {
    let kind = match layer.kind {
        Kind::Dense => "dense".into(),
        Kind::Matrix => "product with a matrix".into(),
        Kind::Conv(kernel, stride) => format!("convolution {}, stride {}", size(&kernel), stride[0]),
        Kind::ConvTranspose(kernel, stride) => format!("transposed convolution {}, stride {}", size(&kernel), stride[0]),
        Kind::Table => "look-up in a table".into(),
    };
    let then = if layer.then.is_empty() { String::new() } else { format!(", then {}", layer.then.join(", ")) };
    format!(
        "{}: {kind}, {} → {}{then}. {} parameters. {} operations for one image, {} of all.",
        layer.name,
        size(&layer.input),
        size(&layer.output),
        grouped(layer.parameters as f64),
        operations(layer.operations),
        percent(share),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_told_in_full() {
        let told = |kind, then: &[&'static str], operations, share| {
            let (name, input, output) = ("encoder.conv1".into(), vec![28, 28, 1], vec![14, 14, 32]);
            layer(&Layer { name, kind, input, output, parameters: 544, operations, then: then.into(), depth: 0 }, share)
        };
        assert_eq!(
            told(Kind::Conv([4, 4], [2, 2]), &["ReLU"], 213_248, 0.123),
            "encoder.conv1: convolution 4 × 4, stride 2, 28 × 28 × 1 → 14 × 14 × 32, then ReLU. 544 parameters. 0.2 million operations for one image, 12 % of all."
        );
        assert!(told(Kind::Dense, &[], 1200, 0.0004).ends_with("1\u{202f}200 operations for one image, under 1 % of all."));
    }
}
