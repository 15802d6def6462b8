//! A plane through latent space: two latents, or the two principal components of the codes.

use std::ops::Range;

use super::rank::rank;

/// Which two directions the map shows: of all numbers of a code together, or of those of one level, or two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axes {
    Pca,
    Level(usize),
    Latents(usize, usize),
}

/// Orthonormal directions `u` (across) and `v` (up) at `origin`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plane {
    pub origin: Vec<f32>,
    pub u: Vec<f32>,
    pub v: Vec<f32>,
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Eigenvalues and unit eigenvectors of a symmetric matrix, largest first, by Jacobi's cyclic rotations.
///
/// A linear-algebra crate would be a tenth of the page's download, for a matrix of at most 64 rows.
fn eigen(mut a: Vec<Vec<f64>>) -> Vec<(f64, Vec<f64>)> {
    let n = a.len();
    // Row `i` becomes the eigenvector of `a[i][i]`.
    let mut vectors: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    let size: f64 = a.iter().flatten().map(|v| v * v).sum();
    for _sweep in 0..30 {
        let off: f64 = (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i][j] * a[i][j]).sum();
        if off <= 1e-20 * size {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                if a[p][q] == 0.0 {
                    continue;
                }
                let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let c = 1.0 / (t * t + 1.0).sqrt();
                let s = t * c;
                for row in &mut a {
                    (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
                }
                for m in [&mut a, &mut vectors] {
                    let (head, tail) = m.split_at_mut(q);
                    for (x, y) in head[p].iter_mut().zip(&mut tail[0]) {
                        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
                    }
                }
            }
        }
    }
    let order = rank((0..n).map(|i| -a[i][i] as f32));
    order.into_iter().map(|i| (a[i][i], std::mem::take(&mut vectors[i]))).collect()
}

impl Plane {
    /// The plane of latents `a` and `b` through the origin.
    pub fn of_latents(latent: usize, a: usize, b: usize) -> Self {
        let unit = |i: usize| (0..latent).map(|k| f32::from(u8::from(k == i))).collect();
        // The same latent twice would leave no plane.
        let v = if a == b { vec![0.0; latent] } else { unit(b) };
        Self { origin: vec![0.0; latent], u: unit(a), v }
    }

    /// The plane of largest variance of the codes `z_nd`. Directions keep the sign that is nearer to `previous`, so that
    /// a map redrawn while the network learns does not flip.
    pub fn of_variance(z_nd: &[f32], latent: usize, previous: &Self) -> Self {
        let n = z_nd.len() / latent.max(1);
        if n == 0 {
            return Self::of_latents(latent, 0, 1);
        }
        let rows = || z_nd.chunks_exact(latent);
        let mut origin = vec![0.0f32; latent];
        rows().for_each(|z| origin.iter_mut().zip(z).for_each(|(o, v)| *o += v / n as f32));
        let mut covariance = vec![vec![0.0f64; latent]; latent];
        for z in rows() {
            for i in 0..latent {
                for j in 0..=i {
                    covariance[i][j] += f64::from(z[i] - origin[i]) * f64::from(z[j] - origin[j]) / n as f64;
                    covariance[j][i] = covariance[i][j];
                }
            }
        }
        let axes = eigen(covariance);
        let direction = |rank: usize, before: &[f32]| -> Vec<f32> {
            let Some((_, d)) = axes.get(rank) else { return vec![0.0; latent] };
            let d: Vec<f32> = d.iter().map(|v| *v as f32).collect();
            let flip = if before.len() == latent { dot(&d, before) < 0.0 } else { d.iter().sum::<f32>() < 0.0 };
            if flip { d.iter().map(|v| -v).collect() } else { d }
        };
        Self { u: direction(0, &previous.u), v: direction(1, &previous.v), origin }
    }

    /// The same of the codes' numbers in `own` alone: the plane leaves the others as they are.
    pub fn of_part(z_nd: &[f32], latent: usize, own: Range<usize>, previous: &Self) -> Self {
        let kept = |(i, v): (usize, &f32)| if own.contains(&(i % latent.max(1))) { *v } else { 0.0 };
        Self::of_variance(&z_nd.iter().enumerate().map(kept).collect::<Vec<_>>(), latent, previous)
    }

    /// Where a code lies on the plane.
    pub fn project(&self, z: &[f32]) -> (f32, f32) {
        let centred: Vec<f32> = z.iter().zip(&self.origin).map(|(z, o)| z - o).collect();
        (dot(&centred, &self.u), dot(&centred, &self.v))
    }

    /// The code at a place of the plane; what lies outside of the plane stays as `z` has it.
    pub fn place(&self, z: &[f32], at: (f32, f32)) -> Vec<f32> {
        let (x, y) = self.project(z);
        z.iter().enumerate().map(|(i, v)| v + (at.0 - x) * self.u[i] + (at.1 - y) * self.v[i]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eigenvectors_of_a_known_matrix() {
        // Eigenvalues 6, 3, 1 by construction: Q diag Qᵀ with Q = rows (2, -1, 2)/3, (2, 2, -1)/3, (-1, 2, 2)/3.
        let q = [[2.0, -1.0, 2.0], [2.0, 2.0, -1.0], [-1.0, 2.0, 2.0]].map(|r| r.map(|v: f64| v / 3.0));
        let values = [3.0, 6.0, 1.0];
        let matrix = (0..3).map(|i| (0..3).map(|j| (0..3).map(|k| values[k] * q[k][i] * q[k][j]).sum()).collect()).collect();
        for ((value, vector), (want, k)) in eigen(matrix).into_iter().zip([(6.0, 1), (3.0, 0), (1.0, 2)]) {
            let cosine: f64 = vector.iter().zip(&q[k]).map(|(a, b)| a * b).sum();
            assert!((value - want).abs() < 1e-9 && (cosine.abs() - 1.0).abs() < 1e-9, "{value} {vector:?}");
        }
    }

    #[test]
    fn variance_is_found_and_its_sign_is_kept() {
        // Long along (3, 4, 0)/5, shorter along z, nothing elsewhere; centred on (1, 1, 1).
        let z: Vec<f32> = (0..200)
            .flat_map(|i| {
                let (a, b) = ((i as f32 * 0.7).sin() * 5.0, (i as f32 * 1.3).cos());
                [1.0 + 0.6 * a, 1.0 + 0.8 * a, 1.0 + b]
            })
            .collect();
        let plane = Plane::of_variance(&z, 3, &Plane::default());
        assert!((dot(&plane.u, &[0.6, 0.8, 0.0]).abs() - 1.0).abs() < 1e-3, "{plane:?}");
        assert!((plane.v[2].abs() - 1.0).abs() < 1e-3, "{plane:?}");

        let mirrored = Plane { u: plane.u.iter().map(|v| -v).collect(), ..plane.clone() };
        let again = Plane::of_variance(&z, 3, &mirrored);
        assert!(dot(&again.u, &mirrored.u) > 0.99 && dot(&again.v, &plane.v) > 0.99);
    }

    #[test]
    fn placing_keeps_what_is_outside_of_the_plane() {
        let plane = Plane::of_latents(4, 2, 0);
        let z = plane.place(&[0.1, 0.2, 0.3, 0.4], (-1.0, 2.0));
        let close = |a: f32, b: f32| (a - b).abs() < 1e-6;
        assert!(z.iter().zip([2.0, 0.2, -1.0, 0.4]).all(|(a, b)| close(*a, b)), "{z:?}");
        let (x, y) = plane.project(&z);
        assert!(close(x, -1.0) && close(y, 2.0));
    }

    #[test]
    fn one_latent_is_a_line() {
        let plane = Plane::of_variance(&[1.0, -1.0, 0.5], 1, &Plane::default());
        assert_eq!((plane.u.len(), plane.v.clone()), (1, vec![0.0]));
        assert!(plane.place(&[0.0], (1.0, 5.0))[0].is_finite());
    }

    #[test]
    fn the_plane_of_a_level_leaves_the_others() {
        // The first number spreads most, the second and third are the level's.
        let z: Vec<f32> =
            (0..40).flat_map(|i| [9.0 * (i as f32).sin(), (i as f32 * 0.7).cos(), 0.5 * (i as f32 * 1.3).sin()]).collect();
        let plane = Plane::of_part(&z, 3, 1..3, &Plane::default());
        assert!([plane.u[0], plane.v[0], plane.origin[0]].iter().all(|v| v.abs() < 1e-6), "{plane:?}");
        let moved = plane.place(&[7.0, 0.0, 0.0], (2.0, -1.0));
        assert!((moved[0] - 7.0).abs() < 1e-5 && moved[1].hypot(moved[2]) > 1.0);
        assert!(Plane::of_variance(&z, 3, &Plane::default()).u[0].abs() > 0.99);
    }
}
