//! The words of the comparison with Burn.

use latent_protocol::VerifyReport;

pub const VERIFY: &str = "Verify against Burn";
pub const VERIFY_HELP: &str =
    "takes three steps of your network on this page's engine and on Burn's own, and compares every gradient.";
pub const VERIFY_LOADING: &str = "loading Burn and the images…";
pub const VERIFY_COMPARING: &str = "comparing…";

pub fn verified(r: &VerifyReport) -> String {
    let verdict = if r.agrees() { "plan = Burn" } else { "plan ≠ Burn" };
    let VerifyReport { method, steps, loss, gradient, worst, .. } = r;
    format!(
        "{verdict} ({method}, {steps} steps). Largest relative difference: loss {loss:.1e}, gradient {gradient:.1e} (worst: {worst})."
    )
}

pub fn verify_failed(message: &str) -> String {
    format!("could not be done: {message}")
}
