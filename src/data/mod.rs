//! Data sets: one file a set, with its card and how its images come about; one line in the registry below.

/// Declares each set's module and registers it. A module has a `CARD` and, in engines, a [`Make`] called `MAKE`.
macro_rules! sets {
    ($first:ident, $($module:ident),+ $(,)?) => {
        pub mod $first;
        $(pub mod $module;)+

        /// The cards of all sets.
        pub const CARDS: &[&crate::spec::data::DataCard] = &[&$first::CARD, $(&$module::CARD),+];

        /// The set that a bare link means.
        #[cfg(feature = "engine")]
        pub const FIRST: &Set = &Set { card: &$first::CARD, make: $first::MAKE };

        /// All sets, in the order of [`CARDS`].
        #[cfg(feature = "engine")]
        pub const SETS: &[Set] =
            &[Set { card: &$first::CARD, make: $first::MAKE }, $(Set { card: &$module::CARD, make: $module::MAKE }),+];
    };
}

sets! {
    mnist,
    moving,
    faces,
    sprites,
    coloured,
    toy,
}

#[cfg(feature = "engine")]
mod canvas;
#[cfg(feature = "engine")]
mod dataset;
#[cfg(feature = "engine")]
mod make;
#[cfg(feature = "engine")]
pub mod own;
#[cfg(feature = "engine")]
pub mod pages;
#[cfg(feature = "engine")]
mod random;
#[cfg(feature = "engine")]
mod render;

#[cfg(feature = "engine")]
pub use {
    dataset::{Dataset, Factors, unit},
    make::{Files, Make, Set, Shipped},
    render::{Render, Rendering},
};
