//! A mixture of eight Gaussians on a circle.

use latent_vocabulary::data::DataCard;

pub const CARD: DataCard = DataCard::of_points(
    "blobs",
    "Eight blobs",
    "A mixture of eight Gaussians on a circle: does the code keep them apart, and what is drawn between them?",
    2,
    &["1", "2", "3", "4", "5", "6", "7", "8"],
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
        let blob = rng.below(8) as u8;
        let [x, y] = polar(1.8, HALF / 4.0 * f32::from(blob));
        (blob, [x + normal(rng, 0.12), y + normal(rng, 0.12), 0.0])
    });
}
