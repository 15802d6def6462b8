//! A sheet in space, rolled up.

use latent_vocabulary::data::DataCard;

pub const CARD: DataCard = DataCard::of_points(
    "swiss-roll",
    "Swiss roll",
    "A sheet in space, rolled up: near in space is not near on the sheet. Its colours run along the roll.",
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
    use crate::places::{HALF, cloud, normal, part, polar};

    pub const MAKE: Make = cloud!(CARD, |rng| {
        // Evenly along the roll, whose length grows with the square of the angle.
        let (from, to) = (1.5 * HALF, 4.5 * HALF);
        let share = rng.uniform();
        let angle = (from * from + share * (to * to - from * from)).sqrt();
        let [x, y] = polar(2.2 * angle / to, angle);
        let across = 3.0 * rng.uniform() - 1.5;
        (part(share, 8), [x + normal(rng, 0.03), y + normal(rng, 0.03), across])
    });
}
