//! Which engine can train in the precision that a setup asks for.

use latent_vocabulary::Params;
use latent_vocabulary::card::PRECISION;

/// Why eager Burn does not train such a setup.
pub const NOT_BY_BURN: &str = "precision = f16: Burn takes its steps in 32 bits; choose f32, or engine plan";
/// Why the processor does not.
pub const NOT_BY_PROCESSOR: &str = "precision = f16: the processor computes in 32 bits; choose f32, or train on a graphics card";
/// Why a device does not.
pub const NOT_BY_DEVICE: &str = "precision = f16: this device has no 16-bit floats (WebGPU's shader-f16); choose f32";

/// Whether a training step is to keep what layers take and give in 16 bits.
pub fn wanted(params: &Params) -> bool {
    params.usize(PRECISION.key) == 1
}

/// Refuses such a setup with these words.
///
/// # Errors
/// If it is one.
pub fn refuse(params: &Params, why: &str) -> Result<(), String> {
    if wanted(params) { Err(why.into()) } else { Ok(()) }
}
