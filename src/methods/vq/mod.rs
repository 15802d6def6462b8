//! Autoencoders whose code is a grid of tokens. One file a method, one line in the registry below.

#[cfg(feature = "networks")]
mod base;

crate::registry::methods! {
    vq_vae::VqVae,
    cvq::Cvq,
    fsq::Fsq,
    bsq::Bsq,
    rvq::Rvq,
    soft_vq::SoftVq,
    vq_wae::VqWae,
    hybrid::Hybrid,
}
