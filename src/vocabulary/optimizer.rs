//! The choices of the common parameter `optimizer`.

/// Their names, in the order of [`Optimizer`].
pub const OPTIMIZERS: &[&str] = &["adam", "adamw", "sgd"];

/// What moves the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Optimizer {
    /// Kingma & Ba 2015, "Adam: A Method for Stochastic Optimization".
    Adam,
    /// Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization".
    AdamW,
    /// Stochastic gradient descent with heavy-ball momentum.
    Sgd,
}
