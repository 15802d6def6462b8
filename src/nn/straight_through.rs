//! Gradients past a quantiser, whose own is zero almost everywhere. Forward, all of these are the quantised value.

use burn::tensor::Tensor;

use super::stop_gradient;

/// Below this a vector has no direction.
const TINY: f64 = 1e-12;

/// `q`, with the gradient of `z` (Bengio, Léonard & Courville 2013). Shapes `[n, dim]`.
pub fn straight_through(z_nd: Tensor<2>, q_nd: Tensor<2>) -> Tensor<2> {
    z_nd.clone() + stop_gradient(q_nd - z_nd)
}

/// `q`, with the gradient of `z` turned and scaled as `z` must be to become `q` (Fifty et al. 2024, section 4.2).
///
/// ```text
/// q̃ = (‖q‖/‖z‖) R z,  R z = z − 2 r (rᵀz) + 2 q̂ (ẑᵀz),  r = (ẑ + q̂)/‖ẑ + q̂‖
/// ```
/// with everything but the `z` that `R` acts on constant. Shapes `[n, dim]`.
pub fn rotate(z_nd: Tensor<2>, q_nd: Tensor<2>) -> Tensor<2> {
    let (z0_nd, q_nd) = (stop_gradient(z_nd.clone()), stop_gradient(q_nd));
    let (z_norm_n1, q_norm_n1) = (norm(z0_nd.clone()), norm(q_nd.clone()));
    let (z_hat_nd, q_hat_nd) = (z0_nd / z_norm_n1.clone(), q_nd.clone() / q_norm_n1.clone());
    let sum_nd = z_hat_nd.clone() + q_hat_nd.clone();
    let r_nd = sum_nd.clone() / norm(sum_nd);
    let along_r_n1 = (r_nd.clone() * z_nd.clone()).sum_dim(1);
    let along_z_n1 = (z_hat_nd * z_nd.clone()).sum_dim(1);
    let turned_nd = z_nd - r_nd * along_r_n1 * 2.0 + q_hat_nd * along_z_n1 * 2.0;
    // Rounding, and the one case without a rotation, q opposite to z, are put right in the value alone.
    straight_through(turned_nd * (q_norm_n1 / z_norm_n1), q_nd)
}

/// Euclidean length of each row, never zero, shape `[n, 1]`.
pub fn norm(x_nd: Tensor<2>) -> Tensor<2> {
    (x_nd.square().sum_dim(1) + TINY).sqrt()
}

/// Rounds to the nearest whole number, with the gradient of the identity.
pub fn round(x_nd: Tensor<2>) -> Tensor<2> {
    straight_through(x_nd.clone(), x_nd.round())
}
