//! Data sets: one file a set, with its card and how its images come about; one line in the registry below.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

/// Declares each set's module and registers it. A module has a `CARD` and, in engines, a [`Make`] called `MAKE`.
macro_rules! sets {
    ($first:ident, $($module:ident),+ $(,)?) => {
        pub mod $first;
        $(pub mod $module;)+

        /// The cards of all sets.
        pub const CARDS: &[&latent_vocabulary::data::DataCard] = &[&$first::CARD, $(&$module::CARD),+];

        /// The set that a bare link means.
        #[cfg(feature = "images")]
        pub const FIRST: &Set = &Set { card: &$first::CARD, make: $first::MAKE };

        /// All sets, in the order of [`CARDS`].
        #[cfg(feature = "images")]
        pub const SETS: &[Set] =
            &[Set { card: &$first::CARD, make: $first::MAKE }, $(Set { card: &$module::CARD, make: $module::MAKE }),+];
    };
}

sets! {
    mnist,
    moving,
    clips,
    twins,
    edges,
    faces,
    sprites,
    coloured,
    toy,
    moons,
    rings,
    spirals,
    blobs,
    s_curve,
    swiss_roll,
    spheres,
    normals,
    loud,
    drawn,
}

#[cfg(feature = "images")]
mod canvas;
#[cfg(feature = "images")]
mod dataset;
#[cfg(feature = "images")]
mod hand;
#[cfg(feature = "images")]
mod make;
#[cfg(feature = "images")]
pub mod own;
#[cfg(feature = "images")]
pub mod pages;
#[cfg(feature = "images")]
mod places;
#[cfg(all(feature = "images", not(target_arch = "wasm32")))]
pub mod planted;
#[cfg(feature = "images")]
mod random;
#[cfg(feature = "images")]
mod render;

#[cfg(feature = "images")]
pub use {
    dataset::{Dataset, Factors, unit},
    make::{Files, Make, Set, Shipped},
    render::{Render, Rendering, test_factors},
};
