//! Disentanglement: how far each latent answers for one factor of variation, on data whose factors are known.
//!
//! Codes are posterior means `[n, d]`; factors are whole numbers `[n, k]`, one column a factor. The scores disagree with
//! each other by design (Locatello et al. 2019, "Challenging Common Assumptions in the Unsupervised Learning of
//! Disentangled Representations"): read them together.

mod boost;
mod dci;
mod infomec;
mod information;
mod paired;
mod sap;
mod vote;

pub use dci::{Dci, dci, dci_in_slices};
pub use infomec::{InfoMec, LEAST_RANGE, infomec, infomec_in_slices};
pub use information::{BINS, information_dk, mig, modularity};
pub use sap::{Scale, sap};
pub use vote::{VoteProtocol, factor_vae_score, factor_vae_score_in_slices};
