//! Dictionaries that nobody has learnt: what learnt ones are compared with.

use latent_data::Dataset;
use latent_measure::rng::Rng;
use latent_measure::{Rows, sparse};

/// What came of one, by the ids of the measures.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    pub name: &'static str,
    pub figures: Vec<(&'static str, f64)>,
    /// Directions in it.
    pub directions: usize,
}

/// Principal components at most: the search for them goes over all rows again and again.
const COMPONENTS: usize = 256;

/// Principal components and single numbers, each told both ways, and directions by chance: `most` directions each at most, of which each of `images` test samples
/// is told by `k`. Components are of as many training samples. `planted_kd` are the directions that are to be found, row-major.
///
/// # Panics
/// If `planted_kd` are no directions of the samples.
pub fn baselines(data: &Dataset, planted_kd: &[f32], images: usize, most: usize, k: usize) -> Vec<Baseline> {
    let d = data.shape.len();
    let floats = |bytes: &[u8]| data.shape.floats(&bytes[..(images * data.shape.bytes()).min(bytes.len())]);
    let (x, fitted) = (floats(&data.test_images), floats(&data.train_images));
    let (x_nd, planted_kd) = (Rows::new(&x, d), Rows::new(planted_kd, d));
    let (basis, mean_d) = sparse::principal(Rows::new(&fitted, d), COMPONENTS);
    let both_ways = |rows: &mut dyn Iterator<Item = Vec<f32>>| -> Vec<f32> {
        rows.flat_map(|row| row.iter().copied().chain(row.iter().map(|v| -v)).collect::<Vec<f32>>()).collect()
    };
    let chance = |seed: u64| {
        let mut rng = Rng::new(seed);
        (0..most * d).map(|_| rng.normal()).collect::<Vec<f32>>()
    };
    let components = both_ways(&mut basis.iter().map(|row| row.iter().map(|v| *v as f32).collect()));
    let single = both_ways(&mut (0..d).map(|i| (0..d).map(|j| f32::from(u8::from(i == j))).collect()));
    let all = [
        ("principal components", components.clone(), components),
        ("raw numbers", single.clone(), single),
        ("directions by chance", chance(0), chance(1)),
    ];
    let of = |(name, direction, twin): (&'static str, Vec<f32>, Vec<f32>)| {
        let (direction_fd, twin_fd) = (Rows::new(&direction, d), Rows::new(&twin, d));
        let told = sparse::told_by(x_nd, &mean_d, direction_fd, k);
        let activity = sparse::activity(Rows::new(&told.act_nf, direction_fd.len()));
        let found = sparse::recovery(planted_kd, direction_fd);
        let alike = sparse::stability(direction_fd, twin_fd);
        let figures = vec![
            ("l0", activity.l0),
            ("planted_recovered", found.recovered),
            ("planted_cosine", found.mean_max_cosine),
            ("fraction_unexplained", sparse::fraction_unexplained(x_nd, Rows::new(&told.reconstruction_nd, d))),
            ("dead_features", activity.dead as f64),
            ("stability_shared", alike.shared),
            ("stability_cosine", alike.mean_cosine),
        ];
        Baseline { name, figures, directions: direction_fd.len() }
    };
    all.into_iter().map(of).collect()
}
