//! A small sphere within a large one.

use latent_vocabulary::data::DataCard;

pub const CARD: DataCard = DataCard::of_points(
    "spheres",
    "Nested spheres",
    "A small sphere within a large one, in space. No map of a plane can keep one inside the other without a tear.",
    3,
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
        let radius = 0.7 + 1.2 * f32::from(outer) + normal(rng, 0.03);
        // Equal bands of height have equal shares of a sphere (Archimedes).
        let up = 2.0 * rng.uniform() - 1.0;
        let [x, z] = polar(radius * (1.0 - up * up).max(0.0).sqrt(), 2.0 * HALF * rng.uniform());
        (outer, [x, radius * up, z])
    });
}
