//! A world whose features are known: pictures that are sparse sums of planted patterns, for measuring whether a sparse
//! autoencoder finds them.
//!
//! The observation is x = ½ + c · Σ aᵢ dᵢ, as in Sharkey, Braun and Millidge, "Taking features out of superposition with
//! sparse autoencoders" (2022), with more patterns than pixels. The patterns dᵢ are small gratings, so that what has been
//! found can be seen (Olshausen and Field, "Emergence of simple-cell receptive field properties", 1996). Options of the name say how many there are, how often
//! each comes, and which come together: children that never come without their parent are what Chanin et al. 2024 ("A is for Absorption") plant.

use latent_vocabulary::data::{DataCard, Origin};
use latent_vocabulary::frames::Frames;
use latent_vocabulary::world::TOY;

#[cfg(feature = "images")]
pub use engine::{MAKE, Toy};

pub const CARD: DataCard = DataCard {
    id: TOY,
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
    use latent_vocabulary::world::{Together, World};

    pub const MAKE: Make = Make::Named(|id| Box::new(Toy::new(World::parse(id).unwrap_or_default())));

    /// Pixels a side.
    const SIDE: usize = CARD.width;
    /// Pixels of a picture.
    const PIXELS: usize = SIDE * SIDE;
    /// No two patterns are more alike than this, as the cosine of their angle.
    const ALIKE: f32 = 0.6;
    /// The same where there are more patterns than find room so.
    const ALIKE_OF_MANY: f32 = 0.75;
    /// The commonest pattern is in so many pictures, and the rarest.
    const COMMON: f32 = 0.03;
    const RARE: f32 = 0.003;
    /// Under Zipf's law: the commonest pattern is in no more pictures than this, and so many patterns are in one but for that.
    const COMMONEST: f32 = 0.5;
    const IN_ONE: f32 = 4.5;
    /// A parent and its children; the children that there can be, or none, are equally likely.
    const FAMILY: usize = 4;
    /// Patterns that come and stay away together, and how likely each is in a group that comes.
    const GROUP: usize = 8;
    const MEMBER: f32 = 0.5;
    /// Part of a grey level's range that a pattern of length one moves.
    const CONTRAST: f32 = 0.9;
    /// Directions that the labels tell apart.
    const DIRECTIONS: usize = 4;

    /// The patterns, and how often each comes.
    pub struct Toy {
        together: Together,
        dictionary_kp: Vec<f32>,
        direction_k: Vec<u8>,
        probability_k: Vec<f32>,
        parent_k: Vec<Option<usize>>,
    }

    impl Default for Toy {
        fn default() -> Self {
            Self::new(World::default())
        }
    }

    impl Toy {
        pub fn new(world: World) -> Self {
            let World { together, zipf, patterns } = world;
            let alike = if patterns <= World::default().patterns { ALIKE } else { ALIKE_OF_MANY };
            let mut rng = SplitMix::new(0, 2, 0);
            let (mut dictionary_kp, mut direction_k) = (Vec::with_capacity(patterns * PIXELS), Vec::with_capacity(patterns));
            while direction_k.len() < patterns {
                let (pattern_p, direction) = grating(&mut rng);
                let dot = |other: &[f32]| other.iter().zip(&pattern_p).map(|(a, b)| a * b).sum::<f32>();
                if dictionary_kp.chunks_exact(PIXELS).all(|other| dot(other).abs() < alike) {
                    dictionary_kp.extend(pattern_p);
                    direction_k.push(direction);
                }
            }
            // Of patterns that come together the first says how often.
            let leader = |i: usize| match together {
                Together::Chance => i,
                Together::Tree => i / FAMILY * FAMILY,
                Together::Groups => i / GROUP * GROUP,
            };
            let often = if zipf { by_rank } else { evenly };
            let probability_k = (0..patterns)
                .map(|i| match together {
                    Together::Chance => often(i, patterns),
                    // As many patterns in a picture as without parents, about.
                    Together::Tree if leader(i) == i => 2.0 * often(i, patterns),
                    Together::Tree => (2.0 * often(leader(i), patterns)).min(COMMONEST) / FAMILY as f32,
                    Together::Groups => often(leader(i), patterns),
                })
                .map(|p| p.min(COMMONEST))
                .collect();
            let parent_k = match together {
                Together::Tree => (0..patterns).map(|i| Some(leader(i)).filter(|parent| *parent != i)).collect(),
                Together::Chance | Together::Groups => vec![],
            };
            Self { together, dictionary_kp, direction_k, probability_k, parent_k }
        }
    }

    /// How often the `i`-th pattern comes: about even in the logarithm, a parabola through both ends and the middle.
    fn evenly(i: usize, patterns: usize) -> f32 {
        let t = i as f32 / (patterns - 1) as f32;
        let middle = (COMMON * RARE).sqrt();
        let probability = COMMON * (1.0 - t) * (1.0 - 2.0 * t) + 4.0 * middle * t * (1.0 - t) + RARE * t * (2.0 * t - 1.0);
        probability.max(RARE)
    }

    /// The same by Zipf's law.
    fn by_rank(i: usize, patterns: usize) -> f32 {
        let all: f32 = (1..=patterns).map(|rank| 1.0 / rank as f32).sum();
        IN_ONE / all / (i + 1) as f32
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

        fn parent_k(&self) -> &[Option<usize>] {
            &self.parent_k
        }

        /// How strong each pattern is, in parts of 255; most are 0.
        fn factors(&self, rng: &mut SplitMix) -> Vec<u8> {
            let mut strength = |p: f32| if rng.uniform() < p { 80 + rng.below(176) as u8 } else { 0 };
            let probability_k = &self.probability_k;
            match self.together {
                Together::Chance => probability_k.iter().map(|p| strength(*p)).collect(),
                Together::Tree => {
                    let mut all = vec![0; probability_k.len()];
                    for (family, p) in all.chunks_exact_mut(FAMILY).zip(probability_k.chunks_exact(FAMILY)) {
                        family[0] = strength(p[0]);
                        if family[0] > 0 {
                            // One of the children at most: none, or each, is equally likely.
                            let mut left = FAMILY as f32;
                            for child in &mut family[1..] {
                                *child = strength(1.0 / left);
                                if *child > 0 {
                                    break;
                                }
                                left -= 1.0;
                            }
                        }
                    }
                    all
                }
                Together::Groups => {
                    let mut all = vec![0; probability_k.len()];
                    for (group, p) in all.chunks_exact_mut(GROUP).zip(probability_k.chunks_exact(GROUP)) {
                        if strength(p[0] / MEMBER) > 0 {
                            group.iter_mut().for_each(|member| *member = strength(MEMBER));
                        }
                    }
                    all
                }
            }
        }

        /// The direction of the strongest pattern's stripes.
        fn label(&self, factors: &[u8]) -> u8 {
            let strongest = (0..factors.len()).max_by_key(|i| factors[*i]).unwrap_or_default();
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

        fn worlds() -> impl Iterator<Item = World> {
            let names = ["toy", "toy:tree", "toy:groups", "toy:zipf", "toy:tree-zipf-x1", "toy:groups-x2", "toy:x4"];
            names.into_iter().map(|name| World::parse(name).unwrap())
        }

        #[test]
        fn the_dictionary_is_as_promised() {
            for world in worlds() {
                let toy = Toy::new(world);
                let patterns: Vec<&[f32]> = toy.dictionary_kp().chunks_exact(PIXELS).collect();
                assert_eq!(patterns.len(), world.patterns);
                let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
                for (i, a) in patterns.iter().enumerate() {
                    assert!((dot(a, a) - 1.0).abs() < 1e-5);
                    assert!(patterns[..i].iter().all(|b| dot(a, b).abs() < ALIKE_OF_MANY));
                }
            }
            let toy = Toy::default();
            assert_eq!(toy.dictionary_kp().len(), CARD.planted * PIXELS);
            let p = toy.probability_k();
            assert!(p.windows(2).all(|w| w[0] >= w[1]) && (p[0], p[CARD.planted - 1]) == (COMMON, RARE), "{p:?}");
        }

        #[test]
        fn a_picture_is_its_sum_of_patterns() {
            let mut toy = Toy::default();
            let (mut grey, mut one) = ([0; PIXELS], [0; PIXELS]);
            let mut factors = vec![0; CARD.planted];
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
            for world in worlds() {
                let toy = Toy::new(world);
                let n = 4000u32;
                let mut rng = SplitMix::new(3, 0, 0);
                let mut count_k = vec![0u32; world.patterns];
                for _ in 0..n {
                    toy.factors(&mut rng).iter().zip(&mut count_k).for_each(|(v, count)| *count += u32::from(*v > 0));
                }
                let (mean, expected) = (count_k.iter().sum::<u32>() as f32 / n as f32, toy.probability_k().iter().sum::<f32>());
                // Patterns that come together vary by more than independent ones: up to eight times as much.
                let error = (8.0 * expected / n as f32).sqrt();
                assert!((mean - expected).abs() < 4.0 * error, "{world:?}: {mean} patterns a picture, expected {expected}");
                assert!((3.0..6.5).contains(&expected) || world.patterns > 512, "{world:?}: {expected}");
                for (k, (count, p)) in count_k.iter().zip(toy.probability_k()).enumerate() {
                    let (share, error) = (*count as f32 / n as f32, (p * (1.0 - p) / n as f32).sqrt());
                    assert!((share - p).abs() < 6.0 * error, "{world:?}: pattern {k} is in {share}, expected {p}");
                }
            }
        }

        #[test]
        fn children_come_with_their_parents_and_groups_together() {
            let (tree, groups) = (Toy::new(World::parse("toy:tree").unwrap()), Toy::new(World::parse("toy:groups").unwrap()));
            assert_eq!(tree.parent_k().iter().filter(|parent| parent.is_none()).count(), CARD.planted / FAMILY);
            let mut rng = SplitMix::new(4, 0, 0);
            let (mut children, mut both, mut one) = (0, 0, 0);
            for _ in 0..2000 {
                let factors = tree.factors(&mut rng);
                for (i, parent) in tree.parent_k().iter().enumerate().filter(|(i, _)| factors[*i] > 0) {
                    let Some(parent) = parent else { continue };
                    children += 1;
                    assert!(factors[*parent] > 0, "pattern {i} came without {parent}");
                }
                assert!(factors.chunks_exact(FAMILY).all(|family| family[1..].iter().filter(|v| **v > 0).count() <= 1));
                for pair in groups.factors(&mut rng).chunks_exact(2) {
                    both += u32::from(pair.iter().all(|v| *v > 0));
                    one += u32::from(pair.iter().any(|v| *v > 0));
                }
            }
            assert!(children > 500, "{children}");
            // Of two of a group, both come in a third of the cases in which any comes: ¼ of ¾.
            assert!((f64::from(both) / f64::from(one) - 1.0 / 3.0).abs() < 0.05, "{both} of {one}");
        }

        #[test]
        fn what_made_a_test_image_is_known_again() {
            let mut toy = Toy::new(World::parse("toy:tree").unwrap());
            let factors = crate::test_factors(&toy, 5);
            let mut rendering = crate::Rendering::new(Box::new(Toy::new(World::parse("toy:tree").unwrap())));
            rendering.advance(6);
            let mut image = [0; PIXELS];
            toy.image(&factors, &mut image);
            let data = {
                while rendering.advance(4096) {}
                rendering.finish()
            };
            assert_eq!(data.test_images[5 * PIXELS..6 * PIXELS], image);
        }
    }
}
