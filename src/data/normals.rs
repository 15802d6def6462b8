//! Independent normal numbers: nothing in them can be foretold, so theory says how much of them a code can keep.

use latent_vocabulary::data::DataCard;

/// Numbers in a sample.
const NUMBERS: usize = 64;

pub const CARD: DataCard = DataCard {
    train: 32_768,
    credit: "Numbers: drawn by this program; nobody’s.",
    ..DataCard::of_points(
        "normals",
        "Normal numbers",
        "64 independent normal numbers a sample. None of them tells anything of another, so it is known how much any code can keep: a law to hold a model against.",
        NUMBERS,
        &["numbers"],
    )
}
.shown();

#[cfg(feature = "images")]
pub use engine::MAKE;

#[cfg(feature = "images")]
mod engine {
    use super::{CARD, NUMBERS};
    use crate::make::Make;
    use crate::places::{cloud, normal};

    pub const MAKE: Make = cloud!(CARD, |rng| (0, (0..NUMBERS).map(|_| normal(rng, 1.0)).collect::<Vec<f32>>()));
}
