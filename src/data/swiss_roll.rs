//! A sheet in space, rolled up.

use latent_vocabulary::data::{DataCard, Origin};

pub const CARD: DataCard = DataCard {
    id: "swiss-roll",
    label: "Swiss roll",
    summary: "A sheet in space, rolled up: near in space is not near on the sheet. Its colours run along the roll.",
    channels: 3,
    height: 1,
    width: 1,
    train: 8192,
    test: 2048,
    classes: &["1", "2", "3", "4", "5", "6", "7", "8"],
    factors: &[],
    attributes: &[],
    planted: 0,
    classifier: None,
    credit: "Points: drawn by this program; nobody's.",
    origin: Origin::Rendered,
}
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
