//! Data sets that are drawn from random numbers: places in a plane or in space, in the coordinates of the page's plane, where whatever lies in them
//! lies within ±2.5, and longer rows of numbers.

use super::canvas::sin_cos;
use super::random::SplitMix;
use super::render::Render;
use latent_vocabulary::data::DataCard;
use latent_vocabulary::shape::SampleShape;

/// Half a turn.
pub const HALF: f32 = std::f32::consts::PI;

/// The class of a sample, and its numbers.
type Drawn = (u8, Vec<f32>);

/// A cloud of them.
pub struct Cloud {
    card: &'static DataCard,
    draw: Box<dyn Fn(&mut SplitMix) -> Drawn>,
}

/// The `Make` of a cloud in the file of its set: `cloud!(card, |rng| (class, numbers))`; numbers beyond those of a sample are left out.
macro_rules! cloud {
    ($card:expr, $draw:expr) => {
        $crate::make::Make::Rendered(|| Box::new($crate::places::Cloud::new(&$card, $draw)))
    };
}
pub(crate) use cloud;

impl Cloud {
    pub fn new<P: Into<Vec<f32>>>(card: &'static DataCard, draw: impl Fn(&mut SplitMix) -> (u8, P) + 'static) -> Self {
        let drawn = move |rng: &mut SplitMix| {
            let (class, numbers) = draw(rng);
            (class, numbers.into())
        };
        Self { card, draw: Box::new(drawn) }
    }
}

impl Render for Cloud {
    fn card(&self) -> &'static DataCard {
        self.card
    }

    /// The class, and the bytes of the sample itself.
    fn factors(&self, rng: &mut SplitMix) -> Vec<u8> {
        let (class, numbers) = (self.draw)(rng);
        let shape = SampleShape::of(self.card);
        std::iter::once(class).chain(shape.to_bytes(&numbers[..shape.len()])).collect()
    }

    fn label(&self, factors: &[u8]) -> u8 {
        factors[0]
    }

    fn image(&mut self, factors: &[u8], out_p: &mut [u8]) {
        out_p.copy_from_slice(&factors[1..]);
    }
}

/// About normal, with that standard deviation: a sum of uniform numbers, which is the same on every processor.
pub fn normal(rng: &mut SplitMix, deviation: f32) -> f32 {
    const TERMS: usize = 12;
    let sum: f32 = (0..TERMS).map(|_| rng.uniform()).sum();
    (sum - TERMS as f32 / 2.0) * deviation
}

/// Sine and cosine of any angle that is not many turns, in radians; the same on every processor.
pub fn direction(angle: f32) -> (f32, f32) {
    let quarters = (angle / (HALF / 2.0)).round();
    let (sin, cos) = sin_cos(angle - quarters * (HALF / 2.0));
    match (quarters as i32).rem_euclid(4) {
        0 => (sin, cos),
        1 => (cos, -sin),
        2 => (-sin, -cos),
        _ => (-cos, sin),
    }
}

/// A place at a distance from the origin of the plane, in a direction.
pub fn polar(radius: f32, angle: f32) -> [f32; 2] {
    let (sin, cos) = direction(angle);
    [radius * cos, radius * sin]
}

/// Which of `n` equal parts a share of the whole is in.
pub fn part(share: f32, n: u8) -> u8 {
    ((share * f32::from(n)) as u8).min(n - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_those_of_any_angle() {
        for i in -40..40 {
            let angle = 0.37 * i as f32;
            let (sin, cos) = direction(angle);
            assert!((sin - angle.sin()).abs() < 1e-5 && (cos - angle.cos()).abs() < 1e-5, "{angle}");
        }
    }

    #[test]
    fn sums_of_uniform_numbers_are_about_normal() {
        let mut rng = SplitMix::new(5, 0, 0);
        let all: Vec<f32> = (0..20_000).map(|_| normal(&mut rng, 2.0)).collect();
        let n = all.len() as f32;
        let (mean, square) = (all.iter().sum::<f32>() / n, all.iter().map(|v| v * v).sum::<f32>() / n);
        assert!(mean.abs() < 0.07 && (square - 4.0).abs() < 0.2, "{mean} {square}");
        let beyond = all.iter().filter(|v| v.abs() > 4.0).count() as f32 / n;
        assert!((beyond - 0.0455).abs() < 0.008, "{beyond} lie beyond two standard deviations");
    }
}
