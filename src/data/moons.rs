//! Two half circles that reach into each other.

use latent_vocabulary::data::DataCard;

pub const CARD: DataCard = DataCard::of_points(
    "moons",
    "Two moons",
    "Two half circles that reach into each other. Points in a plane: the smallest thing that an autoencoder can learn, and all of it can be seen.",
    2,
    &["upper", "lower"],
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
        let lower = rng.below(2) as u8;
        let [x, y] = polar(1.3, HALF * rng.uniform());
        let (x, y) = if lower == 0 { (x - 0.65, y - 0.3) } else { (0.65 - x, 0.3 - y) };
        (lower, [x + normal(rng, 0.1), y + normal(rng, 0.1), 0.0])
    });
}
