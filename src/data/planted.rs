//! Vectors that are sums of planted directions, as many and as long as the activations of a language model: what dictionaries are compared on where a
//! picture is too small a world.

use super::dataset::Dataset;
use super::places::normal;
use super::random::SplitMix;
use latent_vocabulary::shape::{Beside, SampleShape};
use latent_vocabulary::world::PlantedVectors;

/// The stream of random numbers of this world, and that of its directions.
const SEED: u32 = 0;
const DIRECTIONS: u32 = 3;
/// Vectors to test with.
const TESTS: usize = 2048;
/// Directions in a vector, on average.
const ACTIVE: f32 = 16.0;
/// So many times as often as the rarest comes the commonest direction.
const SPREAD: f32 = 10.0;
/// A direction that comes has at least this strength, and at most 1.
const WEAKEST: f32 = 0.3;

/// How often each direction comes: evenly in the logarithm, [`ACTIVE`] in a vector on average.
fn probabilities(directions: usize) -> Vec<f32> {
    let weight = |k: usize| SPREAD.powf(-(k as f32) / (directions.max(2) - 1) as f32);
    let all: f32 = (0..directions).map(weight).sum();
    (0..directions).map(|k| (ACTIVE * weight(k) / all).min(0.5)).collect()
}

/// Makes the set: directions by chance, of length 1; strengths even from [`WEAKEST`] to 1.
pub fn drawn(id: &str, world: PlantedVectors) -> Dataset {
    let PlantedVectors { rows, dims, directions } = world;
    let mut planted_kd = vec![0.0f32; directions * dims];
    for (k, direction) in (0..).zip(planted_kd.chunks_exact_mut(dims)) {
        let mut rng = SplitMix::new(SEED, DIRECTIONS, k);
        direction.iter_mut().for_each(|v| *v = normal(&mut rng, 1.0));
        let length = direction.iter().map(|v| v * v).sum::<f32>().sqrt();
        direction.iter_mut().for_each(|v| *v /= length);
    }
    let (shape, probability_k) = (SampleShape::vector(dims), probabilities(directions));
    let part = |part: u32, n: usize| {
        let mut bytes = Vec::with_capacity(n * shape.bytes());
        for i in 0..n {
            let (mut rng, mut x_d) = (SplitMix::new(SEED, part, i as u32), vec![0.0f32; dims]);
            for (p, direction) in probability_k.iter().zip(planted_kd.chunks_exact(dims)) {
                if rng.uniform() < *p {
                    let strength = WEAKEST + (1.0 - WEAKEST) * rng.uniform();
                    x_d.iter_mut().zip(direction).for_each(|(x, d)| *x += strength * d);
                }
            }
            bytes.extend(shape.to_bytes(&x_d));
        }
        bytes
    };
    Dataset {
        id: id.to_owned(),
        shape,
        classes: 1,
        class_names: vec!["vector".into()],
        train_images: part(0, rows),
        train_labels: vec![0; rows],
        test_images: part(1, TESTS),
        test_labels: vec![0; TESTS],
        // The name says all that they are made of.
        sums: vec![id.to_owned()],
        beside: Beside { planted_kd, ..Beside::default() },
        ..Dataset::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_is_a_sum_of_few_directions_that_come_as_often_as_they_should() {
        let world = PlantedVectors { rows: 400, dims: 96, directions: 64 };
        let data = drawn("acts:planted-400x96-64", world);
        assert_eq!((data.train_labels.len(), data.test_labels.len(), data.beside.planted_kd.len()), (400, TESTS, 64 * 96));
        let p = probabilities(1536);
        assert!((p.iter().sum::<f32>() - ACTIVE).abs() < 1e-3 && (p[0] / p[1535] - SPREAD).abs() < 1e-2, "{:?}", &p[..3]);
        // Directions by chance are nearly at right angles: how much of each there is stands along it, but for the others.
        let x = data.shape.floats(&data.test_images);
        let square = |v: &[f32]| v.iter().map(|v| v * v).sum::<f32>();
        assert!(data.beside.planted_kd.chunks_exact(96).all(|d| (square(d) - 1.0).abs() < 1e-4));
        // Strengths are 0.65 on average, with a mean square of (1 − 0.3³) / 2.1: the mean squared length is that of as many directions.
        let (all, often): (f32, f32) = (x.chunks_exact(96).map(square).sum(), probabilities(64).iter().sum());
        let want = often * (1.0 - 0.027) / 2.1;
        let got = all / TESTS as f32;
        assert!((got / want - 1.0).abs() < 0.25, "{got}, expected about {want}");
        assert_eq!(drawn("acts:planted-400x96-64", world).train_images, data.train_images, "the same everywhere");
    }
}
