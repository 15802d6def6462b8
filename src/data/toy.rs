//! A world whose features are known: pictures that are sparse sums of planted patterns, for measuring whether a sparse
//! autoencoder finds them.
//!
//! The observation is x = ½ + c · Σ aᵢ dᵢ, as in Sharkey, Braun and Millidge, "Taking features out of superposition with
//! sparse autoencoders" (2022), with more patterns than pixels. The patterns dᵢ are small gratings, so that what has been
//! found can be seen (Olshausen and Field, "Emergence of simple-cell receptive field properties", 1996).

use latent_vocabulary::data::{DataCard, Origin};
use latent_vocabulary::frames::Frames;

#[cfg(feature = "images")]
pub use engine::{MAKE, Toy};

pub const CARD: DataCard = DataCard {
    id: "toy",
    label: "Planted patterns",
    summary: "Sparse sums of 384 known patterns on 256 pixels: does a sparse autoencoder find those that were planted?",
    channels: 1,
    height: 16,
    width: 16,
    frames: Frames::One,
    train: 32_768,
    test: 2048,
    classes: &["horizontal", "falling", "vertical", "rising"],
    factors: &[],
    attributes: &[],
    planted: 384,
    classifier: None,
    credit: "Patterns: drawn by this program; nobody's.",
    origin: Origin::Rendered,
}
.shown();

#[cfg(feature = "images")]
mod engine {
    use super::CARD;
    use crate::canvas::{sin_cos, spot, wave};
    use crate::make::Make;
    use crate::random::SplitMix;
    use crate::render::Render;
    use latent_vocabulary::data::DataCard;

    pub const MAKE: Make = Make::Rendered(|| Box::new(Toy::default()));

    /// Pixels a side.
    const SIDE: usize = CARD.width;
    /// Pixels of a picture.
    const PIXELS: usize = SIDE * SIDE;
    /// Planted patterns: half as many again as there are pixels.
    const FEATURES: usize = CARD.planted;
    /// No two patterns are more alike than this, as the cosine of their angle.
    const ALIKE: f32 = 0.6;
    /// The commonest pattern is in so many pictures, and the rarest.
    const COMMON: f32 = 0.03;
    const RARE: f32 = 0.003;
    /// Part of a grey level's range that a pattern of length one moves.
    const CONTRAST: f32 = 0.9;
    /// Directions that the labels tell apart.
    const DIRECTIONS: usize = 4;

    /// The patterns, and how often each comes.
    pub struct Toy {
        dictionary_kp: Vec<f32>,
        direction_k: Vec<u8>,
        probability_k: Vec<f32>,
    }

    impl Default for Toy {
        fn default() -> Self {
            let mut rng = SplitMix::new(0, 2, 0);
            let (mut dictionary_kp, mut direction_k) = (Vec::with_capacity(FEATURES * PIXELS), Vec::with_capacity(FEATURES));
            while direction_k.len() < FEATURES {
                let (pattern_p, direction) = grating(&mut rng);
                let dot = |other: &[f32]| other.iter().zip(&pattern_p).map(|(a, b)| a * b).sum::<f32>();
                if dictionary_kp.chunks_exact(PIXELS).all(|other| dot(other).abs() < ALIKE) {
                    dictionary_kp.extend(pattern_p);
                    direction_k.push(direction);
                }
            }
            let step = |i: usize| i as f32 / (FEATURES - 1) as f32;
            // About even in the logarithm: a parabola through both ends and the middle.
            let middle = (COMMON * RARE).sqrt();
            let probability =
                |t: f32| COMMON * (1.0 - t) * (1.0 - 2.0 * t) + 4.0 * middle * t * (1.0 - t) + RARE * t * (2.0 * t - 1.0);
            Self { dictionary_kp, direction_k, probability_k: (0..FEATURES).map(|i| probability(step(i)).max(RARE)).collect() }
        }
    }

    /// A small grating of length 1 somewhere in the picture, and which of the [`DIRECTIONS`] its stripes have.
    fn grating(rng: &mut SplitMix) -> (Vec<f32>, u8) {
        let mut between = |low: f32, high: f32| low + (high - low) * rng.uniform();
        let (cx, cy) = (between(1.0, 14.0), between(1.0, 14.0));
        let turn = between(-0.5, 0.5);
        let (sin, cos) = sin_cos(std::f32::consts::PI * turn);
        let (radius, stripes, phase) = (between(2.6, 5.0), between(0.10, 0.26), between(0.0, 1.0));
        let mut pattern_p: Vec<f32> = (0..PIXELS)
            .map(|i| {
                let (dx, dy) = ((i % SIDE) as f32 - cx, (i / SIDE) as f32 - cy);
                spot((dx * dx + dy * dy) / (radius * radius)) * wave(stripes * (sin * dx + cos * dy) + phase)
            })
            .collect();
        let length = pattern_p.iter().map(|v| v * v).sum::<f32>().sqrt();
        pattern_p.iter_mut().for_each(|v| *v /= length);
        let direction = ((turn + 0.5 + 0.5 / DIRECTIONS as f32) * DIRECTIONS as f32) as usize % DIRECTIONS;
        (pattern_p, direction as u8)
    }

    impl Toy {
        /// The patterns that were planted, each of length 1, `[features, pixels]`: what a sparse autoencoder should find, but
        /// for order and length.
        pub fn dictionary_kp(&self) -> &[f32] {
            &self.dictionary_kp
        }

        /// Share of the pictures that each pattern is in, `[features]`.
        pub fn probability_k(&self) -> &[f32] {
            &self.probability_k
        }
    }

    impl Render for Toy {
        fn card(&self) -> &'static DataCard {
            &CARD
        }

        fn planted_kp(&self) -> &[f32] {
            &self.dictionary_kp
        }

        /// How strong each pattern is, in parts of 255; most are 0.
        fn factors(&self, rng: &mut SplitMix) -> Vec<u8> {
            let strength = |p: &f32| if rng.uniform() < *p { 80 + rng.below(176) as u8 } else { 0 };
            self.probability_k.iter().map(strength).collect()
        }

        /// The direction of the strongest pattern's stripes.
        fn label(&self, factors: &[u8]) -> u8 {
            let strongest = (0..FEATURES).max_by_key(|i| factors[*i]).unwrap_or_default();
            self.direction_k[strongest]
        }

        fn image(&mut self, factors: &[u8], out_p: &mut [u8]) {
            let mut x_p = [0.5f32; PIXELS];
            for (strength, pattern_p) in factors.iter().zip(self.dictionary_kp.chunks_exact(PIXELS)).filter(|(s, _)| **s > 0) {
                let by = CONTRAST * f32::from(*strength) / 255.0;
                x_p.iter_mut().zip(pattern_p).for_each(|(x, d)| *x += by * d);
            }
            for (byte, x) in out_p.iter_mut().zip(x_p) {
                *byte = (x.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_dictionary_is_as_promised() {
            let toy = Toy::default();
            let patterns: Vec<&[f32]> = toy.dictionary_kp().chunks_exact(PIXELS).collect();
            assert_eq!(patterns.len(), FEATURES);
            let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
            for (i, a) in patterns.iter().enumerate() {
                assert!((dot(a, a) - 1.0).abs() < 1e-5);
                assert!(patterns[..i].iter().all(|b| dot(a, b).abs() < ALIKE));
            }
            let p = toy.probability_k();
            assert!(p.windows(2).all(|w| w[0] >= w[1]) && (p[0], p[FEATURES - 1]) == (COMMON, RARE), "{p:?}");
        }

        #[test]
        fn a_picture_is_its_sum_of_patterns() {
            let mut toy = Toy::default();
            let (mut grey, mut one) = ([0; PIXELS], [0; PIXELS]);
            let mut factors = vec![0; FEATURES];
            toy.image(&factors, &mut grey);
            assert!(grey.iter().all(|v| *v == 128));
            factors[7] = 255;
            toy.image(&factors, &mut one);
            // Least squares finds the strength again, to within the rounding of the grey levels.
            let d = &toy.dictionary_kp()[7 * PIXELS..8 * PIXELS];
            let found: f32 = one.iter().zip(d).map(|(x, d)| (f32::from(*x) / 255.0 - 0.5) * d).sum::<f32>() / CONTRAST;
            assert!((found - 1.0).abs() < 0.02, "{found}");
        }

        #[test]
        fn patterns_come_as_often_as_they_should() {
            let toy = Toy::default();
            let n = 4000u32;
            let mut rng = SplitMix::new(3, 0, 0);
            let active: usize = (0..n).map(|_| toy.factors(&mut rng).iter().filter(|v| **v > 0).count()).sum();
            let (mean, expected) = (active as f32 / n as f32, toy.probability_k().iter().sum::<f32>());
            // Five standard errors of a sum of independent choices.
            assert!((mean - expected).abs() < 5.0 * (expected / n as f32).sqrt(), "{mean} patterns a picture, expected {expected}");
        }
    }
}
