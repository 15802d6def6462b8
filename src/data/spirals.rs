//! Two arms that wind around each other.

use latent_vocabulary::data::DataCard;

pub const CARD: DataCard = DataCard::of_points(
    "spirals",
    "Two spirals",
    "Two arms that wind around each other: straight lines in latent space become curves here.",
    2,
    &["first", "second"],
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
        let arm = rng.below(2) as u8;
        // Evenly along the arm, whose length grows with the square of the angle.
        let t = rng.uniform().sqrt();
        let [x, y] = polar(0.25 + 1.75 * t, HALF * (f32::from(arm) + 2.5 * t));
        (arm, [x + normal(rng, 0.06), y + normal(rng, 0.06), 0.0])
    });
}
