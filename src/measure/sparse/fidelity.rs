//! How much of the input a reconstruction keeps.

use crate::{Rows, assert_alike, moments, squared_distance};

/// Fraction of variance unexplained, `Σ ‖x − x̂‖² / Σ ‖x − x̄‖²`: 0 is perfect, 1 no better than the mean input. NaN if all
/// inputs are equal.
///
/// # Panics
/// If the shapes differ.
pub fn fraction_unexplained(x_nd: Rows, reconstruction_nd: Rows) -> f64 {
    assert_alike(x_nd, reconstruction_nd);
    let error: f64 = x_nd.iter().zip(reconstruction_nd.iter()).map(|(x, y)| squared_distance(x, y)).sum();
    let variance: f64 = (0..x_nd.width()).map(|j| moments(x_nd.column(j)).1).sum();
    error / (variance * x_nd.len() as f64)
}

/// `(L₀ − L̂) / (L₀ − L)`, the share of a model's performance that survives when a hidden layer is replaced by its
/// reconstruction: `loss` with the layer itself, `spliced` with the reconstruction, `ablated` with the layer set to zero
/// (Bricken et al. 2023; Gao et al. 2024, "Scaling and evaluating sparse autoencoders"). 1: nothing is lost; negative: worse
/// than zeros. NaN if the layer does not matter.
pub fn loss_recovered(loss: f64, spliced: f64, ablated: f64) -> f64 {
    (ablated - spliced) / (ablated - loss)
}
