//! dSprites (Matthey, Higgins, Hassabis and Lerchner, 2017) drawn anew: the same shapes on the same grid of factors, 64 × 64.
//!
//! The outlines were found by fitting curves to pictures of the original set: a square of half side 9.6, an ellipse of half
//! axes 9.6 · 4/3 and 9.6 · 3/4, and the curve x = 16 sin³t, y = 13 cos t − 5 cos 2t − 2 cos 3t − cos 4t, stretched to
//! half width and half height 9.6. `tests/data.rs` holds them against twelve of the original pictures.

use latent_vocabulary::data::{DataCard, Factor, Origin};
use latent_vocabulary::frames::Frames;

#[cfg(feature = "images")]
pub use engine::{MAKE, Sprites};

/// The factors of dSprites, and a colour.
pub const FACTORS: &[Factor] = &[
    Factor::kinds("Shape", 3).named(&["square", "ellipse", "heart"]),
    Factor::new("Scale", 6),
    Factor::new("Orientation", 40),
    Factor::new("X", 32),
    Factor::new("Y", 32),
    Factor::kinds("Color", 8).named(&["red", "orange", "yellow", "green", "teal", "blue", "violet", "pink"]),
];

pub const CARD: DataCard = DataCard {
    id: "sprites",
    label: "Sprites",
    summary: "A square, an ellipse or a heart: the shapes and the grid of factors of dSprites, for measuring disentanglement.",
    channels: 1,
    height: 64,
    width: 64,
    frames: Frames::One,
    train: 16_384,
    test: 2048,
    classes: &["square", "ellipse", "heart"],
    factors: FACTORS.split_at(5).0,
    attributes: &[],
    planted: 0,
    classifier: None,
    credit: "Sprites: drawn by this program after dSprites by Matthey, Higgins, Hassabis and Lerchner.",
    origin: Origin::Rendered,
}
.shown();

#[cfg(feature = "images")]
mod engine {
    use super::CARD;
    use crate::make::Make;
    use crate::render::Render;
    use latent_vocabulary::data::DataCard;

    pub const MAKE: Make = Make::Rendered(|| Box::new(Sprites::new(&CARD)));

    const SIDE: usize = 64;
    /// Half width of a square at full scale, in pixels.
    const HALF: f64 = 9.6;
    /// How far the middle of the heart's box lies below the point about which it turns, in pixels at full scale.
    const HEART_DROP: f64 = 0.222;

    /// Places of the factors.
    mod at {
        pub const SHAPE: usize = 0;
        pub const SCALE: usize = 1;
        pub const ORIENTATION: usize = 2;
        pub const X: usize = 3;
        pub const Y: usize = 4;
        pub const COLOUR: usize = 5;
    }

    /// Eight colours of about the same brightness, once around the colour wheel.
    const COLOURS: [[u8; 3]; 8] = [
        [226, 90, 84],
        [214, 124, 38],
        [170, 150, 30],
        [90, 168, 70],
        [38, 166, 154],
        [66, 146, 214],
        [132, 122, 222],
        [206, 96, 178],
    ];

    /// The heart as a list of rows: where it begins and ends on the right of its axis, as half widths.
    struct Heart {
        rows: Vec<(f64, f64)>,
    }

    impl Heart {
        const ROWS: usize = 1024;
        /// Extent of y on the curve; the top is that of the lobes.
        const BOTTOM: f64 = -17.0;
        const TOP: f64 = 11.923_252_410_839_797;

        fn new() -> Self {
            let curve =
                |t: f64| (t.sin().powi(3), 13.0 * t.cos() - 5.0 * (2.0 * t).cos() - 2.0 * (3.0 * t).cos() - (4.0 * t).cos());
            let row = |y: f64| ((Self::TOP - y) / (Self::TOP - Self::BOTTOM) * (Self::ROWS - 1) as f64).round() as usize;
            let mut rows = vec![(0.0, 0.0); Self::ROWS];
            // From the notch up to the top of the lobe, then down the flank to the tip.
            let steps = 64 * Self::ROWS;
            let mut highest = f64::MIN;
            let mut down = false;
            for i in 0..=steps {
                let (x, y) = curve(std::f64::consts::PI * i as f64 / steps as f64);
                down |= y < highest;
                highest = highest.max(y);
                let row = &mut rows[row(y)];
                if down { row.1 = x } else { row.0 = x }
            }
            Self { rows }
        }

        /// Whether the heart covers `(u, v)`, in half widths from the middle of its box, `v` downwards.
        fn covers(&self, u: f64, v: f64) -> bool {
            if v.abs() > 1.0 {
                return false;
            }
            let (from, to) = self.rows[((v + 1.0) / 2.0 * (Self::ROWS - 1) as f64).round() as usize];
            (from..=to).contains(&u.abs())
        }
    }

    /// Draws sprites in white, or in colour where the card says so.
    pub struct Sprites {
        card: &'static DataCard,
        heart: Heart,
    }

    impl Sprites {
        pub fn new(card: &'static DataCard) -> Self {
            Self { card, heart: Heart::new() }
        }

        /// Whether a pixel belongs to the sprite.
        fn covers(&self, shape: u8, u: f64, v: f64) -> bool {
            match shape {
                0 => u.abs() <= HALF && v.abs() <= HALF,
                1 => {
                    let (a, b) = (u / (HALF * 4.0 / 3.0), v / (HALF * 0.75));
                    a * a + b * b <= 1.0
                }
                _ => self.heart.covers(u / HALF, (v - HEART_DROP) / HALF),
            }
        }
    }

    impl Render for Sprites {
        fn card(&self) -> &'static DataCard {
            self.card
        }

        fn label(&self, factors: &[u8]) -> u8 {
            factors[at::SHAPE]
        }

        fn image(&mut self, factors: &[u8], out_p: &mut [u8]) {
            let scale = 0.5 + 0.1 * f64::from(factors[at::SCALE]);
            let angle = std::f64::consts::TAU * f64::from(factors[at::ORIENTATION]) / 39.0;
            let place = |factor: usize| 15.5 + 32.0 * f64::from(factors[factor]) / 31.0;
            let (cx, cy, (sin, cos)) = (place(at::X), place(at::Y), angle.sin_cos());
            let ink = if self.card.channels == 3 { COLOURS[usize::from(factors[at::COLOUR])] } else { [255; 3] };
            out_p.fill(0);
            // No outline reaches farther than the square's corners.
            let reach = scale * HALF * std::f64::consts::SQRT_2 + 1.0;
            let pixels = |c: f64| (c - reach).max(0.0) as usize..=((c + reach) as usize).min(SIDE - 1);
            for y in pixels(cy) {
                for x in pixels(cx) {
                    let (dx, dy) = ((x as f64 - cx) / scale, (y as f64 - cy) / scale);
                    if self.covers(factors[at::SHAPE], cos * dx - sin * dy, sin * dx + cos * dy) {
                        for (plane, ink) in out_p.chunks_exact_mut(SIDE * SIDE).zip(ink) {
                            plane[y * SIDE + x] = ink;
                        }
                    }
                }
            }
        }
    }
}
