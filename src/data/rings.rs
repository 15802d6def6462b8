//! One ring within another.

use latent_vocabulary::data::DataCard;

pub const CARD: DataCard = DataCard::of_points(
    "rings",
    "Two rings",
    "One ring within another: which way round a single latent can lie, and what a hole in the data does to it.",
    2,
    &["inner", "outer"],
)
.shown();

#[cfg(feature = "images")]
pub use engine::MAKE;

#[cfg(feature = "images")]
mod engine {
    use super::CARD;
    use crate::make::Make;
    use crate::places::{HALF, cloud, normal, polar};

    pub const MAKE: Make = cloud!(CARD, |rng| {
        let outer = rng.below(2) as u8;
        let radius = 0.8 + f32::from(outer) + normal(rng, 0.07);
        let [x, y] = polar(radius, 2.0 * HALF * rng.uniform());
        (outer, [x, y, 0.0])
    });
}
