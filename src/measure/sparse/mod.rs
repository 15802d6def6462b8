//! Sparse autoencoders: how sparse, how faithful, how recoverable and how stable their features are.
//!
//! Activations are `[n, f]` (`n` inputs, `f` features), a dictionary is `[f, d]`, one decoder direction a row. A feature is
//! active on an input if its activation is not zero.

mod absorption;
mod activity;
mod dictionary;
mod error;
mod families;
mod fidelity;
mod fixed;
mod geometry;
mod layers;
mod length;
mod portrait;
mod probing;
mod targeting;

pub use absorption::{Absorption, PlantedAbsorption, Swallowed, absorption, main_features, planted_absorption};
pub use activity::{Activity, DensityHistogram, ULTRA_DENSE, activity};
pub use dictionary::{RECOVERED, Recovery, SHARED, Stability, recovery, stability};
pub use error::{Predicted, RIDGE, predicted_error, predicted_error_in_slices};
pub use families::{Kin, WITH_PARENT, kin};
pub use fidelity::{fraction_unexplained, loss_recovered};
pub use fixed::{Told, told_by};
pub use geometry::{COMPARED, alike_spaces, length_gap, together};
pub use layers::{Coded, Spread, angular_distance, paired_correlation, permutation, spread, successors};
pub use length::{DescriptionLength, description_length, round_to};
pub use portrait::{Portrait, histogram};
pub use probing::{
    Perturbed, SWEEPS, along_random, attributed, most_telling, orthonormal, perturbed, principal, principal_in_slices,
    sparse_probe, sparse_probe_in_slices,
};
pub use targeting::{Effects, TARGETING_RIDGE, effects, effects_in_slices};
