//! Encoders that learn from two views of each image, without a decoder. One file a method, one line in the registry below.

#[cfg(feature = "networks")]
mod base;
mod params;

crate::registry::methods! {
    simsiam::SimSiam,
    byol::Byol,
    simclr::SimClr,
    linear_jepa::LinearJepa,
}
