//! Points that a visitor has drawn.

use latent_vocabulary::data::DataCard;
use latent_vocabulary::drawing::DRAWN;

pub const CARD: DataCard = DataCard {
    credit: "Points: yours.",
    ..DataCard::of_points(
        DRAWN,
        "Points that you draw",
        "Draw lines or clouds of your own in the plane: the points are in the link, for whoever you send it to. Until you do, this is a figure of eight.",
        2,
        &["first", "second"],
    )
}
.shown();

#[cfg(feature = "images")]
pub use engine::MAKE;

#[cfg(feature = "images")]
mod engine {
    use super::CARD;
    use crate::make::Make;
    use crate::places::{Cloud, HALF, direction, normal};
    use latent_vocabulary::drawing::Drawing;

    pub const MAKE: Make = Make::Named(|id| {
        let points: Vec<(u8, [f32; 2])> = Drawing::parse(id).unwrap_or_else(eight).places().collect();
        Box::new(Cloud::new(&CARD, move |rng| {
            let (class, [x, y]) = points[rng.below(points.len() as u64) as usize];
            (class, [x + normal(rng, WIDE), y + normal(rng, WIDE), 0.0])
        }))
    });

    /// About as wide as the steps of the grid on which points are drawn.
    const WIDE: f32 = 0.05;

    /// A figure of eight, half of it of each class.
    fn eight() -> Drawing {
        const POINTS: usize = 160;
        let mut drawing = Drawing::default();
        for i in 0..POINTS {
            let turn = i as f32 / POINTS as f32;
            let (up, _) = direction(2.0 * HALF * turn);
            let (across, _) = direction(4.0 * HALF * turn);
            drawing.add(usize::from(turn >= 0.5), [across, 1.8 * up]);
        }
        drawing
    }
}
