//! Paths between two codes, and what is measured along them.

/// A straight line: `points` codes from `a_d` to `b_d`, both included, row-major `[points, latent]`.
pub fn linear(a_d: &[f32], b_d: &[f32], points: usize) -> Vec<f32> {
    mix(a_d, b_d, points, |t| (1.0 - t, t))
}

/// Along the arc between the directions of `a_d` and `b_d`: White 2016, "Sampling Generative Networks", section 2.
///
/// A high-dimensional Gaussian has its mass in a shell; a straight line cuts through the empty middle, the arc stays out.
/// Codes that lie on one line through the origin have no arc of their own and get the straight line.
pub fn spherical(a_d: &[f32], b_d: &[f32], points: usize) -> Vec<f32> {
    let cosine = dot(a_d, b_d) / (dot(a_d, a_d) * dot(b_d, b_d)).sqrt();
    let angle = cosine.clamp(-1.0, 1.0).acos();
    let sine = angle.sin();
    if !(sine > 1e-4) {
        return linear(a_d, b_d, points);
    }
    mix(a_d, b_d, points, |t| (((1.0 - t) * angle).sin() / sine, (t * angle).sin() / sine))
}

fn mix(a_d: &[f32], b_d: &[f32], points: usize, weights: impl Fn(f32) -> (f32, f32)) -> Vec<f32> {
    let last = points.saturating_sub(1).max(1) as f32;
    let rows = (0..points).map(|i| weights(i as f32 / last));
    rows.flat_map(|(u, v)| a_d.iter().zip(b_d).map(move |(a, b)| u * a + v * b)).collect()
}

/// ln N(z; 0, I), in nats.
pub fn log_prior(z_d: &[f32]) -> f32 {
    -0.5 * (dot(z_d, z_d) + z_d.len() as f32 * std::f32::consts::TAU.ln())
}

/// Length of the polyline through pictures `x_tp` of `pixels` values each: the sum of the Euclidean steps.
pub fn length(x_tp: &[f32], pixels: usize) -> f32 {
    let pictures: Vec<&[f32]> = x_tp.chunks_exact(pixels).collect();
    pictures.windows(2).map(|w| square_distance(w[0], w[1]).sqrt()).sum()
}

pub(super) fn square_distance(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_paths_keep_their_ends_and_the_arc_keeps_its_radius() {
        let (a, b) = ([2.0, 0.0], [0.0, 2.0]);
        for path in [linear(&a, &b, 5), spherical(&a, &b, 5)] {
            assert_eq!(path.len(), 10);
            assert!(square_distance(&path[..2], &a) < 1e-10 && square_distance(&path[8..], &b) < 1e-10);
        }
        assert_eq!(&linear(&a, &b, 5)[4..6], &[1.0, 1.0]);
        for z in spherical(&a, &b, 5).chunks_exact(2) {
            assert!((dot(z, z) - 4.0).abs() < 1e-5, "{z:?}");
        }
        // No arc between opposite codes, from the origin, or from a code to itself.
        for b in [[-2.0, 0.0], [0.0, 0.0], [2.0, 0.0]] {
            assert_eq!(spherical(&a, &b, 3), linear(&a, &b, 3));
        }
    }

    #[test]
    fn density_and_length_of_known_cases() {
        let want = -0.5 * (9.0 + 2.0 * (2.0 * std::f32::consts::PI).ln());
        assert!((log_prior(&[3.0, 0.0]) - want).abs() < 1e-5);
        assert_eq!(length(&[0.0, 0.0, 3.0, 4.0, 3.0, 5.0], 2), 6.0);
        assert_eq!(length(&[1.0, 2.0], 2), 0.0);
    }
}
