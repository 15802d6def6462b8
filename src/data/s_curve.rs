//! A sheet in space, bent to an S.

use latent_vocabulary::data::DataCard;

pub const CARD: DataCard = DataCard::of_points(
    "s-curve",
    "S-curve",
    "A sheet in space, bent to an S: two numbers say where a point lies on it. Its colours run along the S.",
    3,
    &["1", "2", "3", "4", "5", "6", "7", "8"],
)
.shown();

#[cfg(feature = "images")]
pub use engine::MAKE;

#[cfg(feature = "images")]
mod engine {
    use super::CARD;
    use crate::make::Make;
    use crate::places::{HALF, cloud, direction, normal, part};

    pub const MAKE: Make = cloud!(CARD, |rng| {
        let share = rng.uniform();
        let t = 3.0 * HALF * (share - 0.5);
        let (sin, cos) = direction(t);
        let bend = if t < 0.0 { cos - 1.0 } else { 1.0 - cos };
        let across = 3.0 * rng.uniform() - 1.5;
        (part(share, 8), [sin + normal(rng, 0.03), -bend + normal(rng, 0.03), across])
    });
}
