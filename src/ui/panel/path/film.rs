//! What the parts of the panel share: the ways, and their pictures.

use std::sync::Arc;

use crate::paint::Shape;
use crate::panel::path::words;

/// Codes of a path; one less divides by 1, 2 and 3, the legs that it may have.
pub const POINTS: usize = 25;
/// Every second picture goes onto the film.
pub const SKIP: usize = 2;
/// Milliseconds of a run along the path.
pub const SWEEP: f64 = 3_000.0;

/// The kinds of path, in the order of their rows.
pub const KINDS: [(&str, &str); 3] = [
    (words::PATH_LINEAR, words::PATH_LINEAR_HELP),
    (words::PATH_SPHERICAL, words::PATH_SPHERICAL_HELP),
    (words::PATH_GEODESIC, words::PATH_GEODESIC_HELP),
];

/// Which way to go, for the profile and the pictures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ways {
    /// Kind and codes, `[POINTS, latent]`, of each.
    pub rows: Vec<(usize, Arc<[f32]>)>,
}

/// The pictures of all rows.
pub struct Film {
    pub shape: Shape,
    /// `POINTS` pictures of each row.
    pub rows: Vec<Vec<Vec<u8>>>,
}
