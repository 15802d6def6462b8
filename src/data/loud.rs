//! Pairs of pictures whose pixels are signals: quiet ones that both halves share, and loud ones that are mostly noise.

use super::twins;
use latent_vocabulary::data::{DataCard, Origin};
use latent_vocabulary::frames::Frames;

/// Pixels a side of each half, of which the upper half is quiet.
const SIDE: usize = 4;

pub const CARD: DataCard = DataCard {
    id: "loud-quiet",
    label: "Loud and quiet",
    summary: "Two views of sixteen signals, a pixel each. The eight quiet ones above are the same in both views; the eight loud ones below vary together more, and are mostly noise.",
    height: SIDE,
    width: 2 * SIDE,
    frames: Frames::Pair,
    classes: &["signals"],
    factors: &[],
    origin: Origin::Rendered,
    credit: "Signals: drawn by this program; nobody’s.",
    ..twins::CARD
}
.shown();

#[cfg(feature = "images")]
pub use engine::MAKE;

#[cfg(feature = "images")]
mod engine {
    use super::{CARD, SIDE};
    use crate::make::Make;
    use crate::places::{cloud, normal};

    /// How strongly a signal varies with its twin, and how strongly by itself: standard deviations, in units of [`GREY`].
    const QUIET: (f32, f32) = (0.7, 0.0);
    const LOUD: (f32, f32) = (0.9, 1.3);
    /// Grey that a signal of 1 adds to the middle.
    const GREY: f32 = 0.1;

    pub const MAKE: Make = cloud!(CARD, |rng| {
        let mut picture = vec![0.5f32; 2 * SIDE * SIDE];
        for row in 0..SIDE {
            let (shared, own) = if row < SIDE / 2 { QUIET } else { LOUD };
            for column in 0..SIDE {
                let signal = normal(rng, shared);
                for half in 0..2 {
                    picture[row * 2 * SIDE + half * SIDE + column] += GREY * (signal + normal(rng, own));
                }
            }
        }
        (0, picture)
    });
}
