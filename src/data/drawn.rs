//! Points that a visitor has drawn.

use latent_vocabulary::data::{DataCard, Origin};
use latent_vocabulary::drawing::DRAWN;

pub const CARD: DataCard = DataCard {
    id: DRAWN,
    label: "Points that you draw",
    summary: "Draw lines or clouds of your own in the plane: the points are in the link, for whoever you send it to. Until you do, this is a figure of eight.",
    channels: 2,
    height: 1,
    width: 1,
    train: 8192,
    test: 2048,
    classes: &["first", "second"],
    factors: &[],
    attributes: &[],
    planted: 0,
    classifier: None,
    credit: "Points: yours.",
    origin: Origin::Rendered,
}
.shown();

#[cfg(feature = "images")]
pub use engine::MAKE;

#[cfg(feature = "images")]
mod engine {
    use super::CARD;
    use crate::make::Make;
    use crate::places::{HALF, direction, normal};
    use crate::random::SplitMix;
    use crate::render::Render;
    use latent_vocabulary::data::DataCard;
    use latent_vocabulary::drawing::Drawing;

    pub const MAKE: Make = Make::Named(|id| Box::new(Drawn(Drawing::parse(id).unwrap_or_else(eight).places().collect())));

    /// About as wide as the steps of the grid on which points are drawn.
    const WIDE: f32 = 0.05;

    /// Every point, with its class.
    struct Drawn(Vec<(u8, [f32; 2])>);

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

    impl Render for Drawn {
        fn card(&self) -> &'static DataCard {
            &CARD
        }

        /// The class, and the bytes of the place.
        fn factors(&self, rng: &mut SplitMix) -> Vec<u8> {
            let (class, place) = self.0[rng.below(self.0.len() as u64) as usize];
            let near = place.map(|v| v + normal(rng, WIDE));
            std::iter::once(class).chain(near.iter().flat_map(|v| v.to_le_bytes())).collect()
        }

        fn label(&self, factors: &[u8]) -> u8 {
            factors[0]
        }

        fn image(&mut self, factors: &[u8], out_p: &mut [u8]) {
            out_p.copy_from_slice(&factors[1..]);
        }
    }
}
