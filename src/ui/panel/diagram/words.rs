//! The words of the diagram of the machine.

use latent_protocol::PlanInfo;

pub const DIAGRAM: &str = "The machine";
pub const DIAGRAM_HELP: &str = "The encoder presses a picture into a code, the decoder draws it again. Each pass of the dots is a training step: the picture goes forward, the gradient back.";
pub const DIAGRAM_WORDS: &str = "Picture, encoder, code, decoder, picture";
pub const DIAGRAM_IN: &str = "A test image";
pub const DIAGRAM_OUT: &str = "Its reconstruction";
pub const ENCODER: &str = "encoder";
pub const ENCODER_HELP: &str = "guesses a code";
pub const DECODER: &str = "decoder";
pub const DECODER_HELP: &str = "draws it back";

pub fn picture_size(width: u32, height: u32, channels: u32) -> String {
    if channels == 1 { format!("{width} × {height}") } else { format!("{width} × {height} × {channels}") }
}

pub fn code_size(latent: usize, gaussian: bool) -> String {
    format!("{latent} {}", if gaussian { "means and variances" } else { "numbers" })
}

pub fn plan(info: &PlanInfo) -> String {
    let kernels = if info.kernels.is_empty() { String::new() } else { format!(" Matrix products: {}.", info.kernels) };
    format!(
        "{} parameters, {} images a step, {:.1} million floating-point operations in {} kernel launches.{kernels}",
        info.parameters,
        info.batch,
        info.flops as f64 / 1e6,
        info.dispatches
    )
}
