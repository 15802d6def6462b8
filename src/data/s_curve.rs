//! A sheet in space, bent to an S.

use latent_vocabulary::data::{DataCard, Origin};

pub const CARD: DataCard = DataCard {
    id: "s-curve",
    label: "S-curve",
    summary: "A sheet in space, bent to an S: two numbers say where a point lies on it. Its colours run along the S.",
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
