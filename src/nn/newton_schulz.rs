//! Matrix functions by products alone (Higham 2008, "Functions of Matrices", sections 5.3 and 8.3): no decomposition, no
//! branch, and so at home on a GPU.

use burn::tensor::Tensor;

use super::moments::identity;

/// Every product of an iteration multiplies small singular values by about 1.5: after this many, those above a
/// hundredth of the Frobenius norm have converged to rounding.
const ITERATIONS: usize = 16;

/// The orthogonal factor U Vᵀ of M = U Σ Vᵀ, shape `[n, n]`: X ← ½ X (3 − XᵀX). Singular values far below the norm are still
/// on their way from 0 to 1.
pub fn polar(m_nn: Tensor<2>) -> Tensor<2> {
    let mut x_nn = m_nn.clone() / frobenius(m_nn);
    for _ in 0..ITERATIONS {
        let gram_nn = x_nn.clone().transpose().matmul(x_nn.clone());
        x_nn = x_nn.clone() * 1.5 - x_nn.matmul(gram_nn) * 0.5;
    }
    x_nn
}

/// The square root of a positive semi-definite matrix, shape `[n, n]`: with Y = C and Z = 1 at first, T = ½ (3 − Z Y),
/// Y ← Y T, Z ← T Z.
pub fn square_root(c_nn: Tensor<2>) -> Tensor<2> {
    let [n, _] = c_nn.dims();
    let norm = frobenius(c_nn.clone());
    let one_nn = identity(n, &c_nn.device());
    let (mut y_nn, mut z_nn) = (c_nn / norm.clone(), one_nn.clone());
    for _ in 0..ITERATIONS {
        let t_nn = (one_nn.clone() * 3.0 - z_nn.clone().matmul(y_nn.clone())) * 0.5;
        y_nn = y_nn.matmul(t_nn.clone());
        z_nn = t_nn.matmul(z_nn);
    }
    y_nn * norm.sqrt()
}

/// √Σ m², shape `[1, 1]`, kept away from zero.
fn frobenius(m_nn: Tensor<2>) -> Tensor<2> {
    m_nn.square().sum().clamp_min(1e-20).sqrt().reshape([1, 1])
}
