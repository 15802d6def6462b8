//! Geodesics of the decoder's metric: of all paths between two codes, the one whose pictures change least.

use super::linear::solve;
use super::path::square_distance;

/// Step of the difference quotient that stands for the decoder's Jacobian, in standard deviations of the prior.
const PROBE: f32 = 0.03;

/// A discrete path under relaxation towards the minimum of its energy `T/2 · Σ |g(z_{t+1}) − g(z_t)|²`, T steps
/// (Shao, Kumar & Fletcher 2018, "The Riemannian Geometry of Deep Generative Models", equation 5). Both ends stay.
///
/// Each iteration is a damped Gauss–Newton step. The residuals couple neighbours only, so that its equations are block
/// tridiagonal: a handful of iterations suffices where gradient descent takes hundreds. Decoding is the caller's:
/// decode [`Geodesic::probes`], hand the pictures to [`Geodesic::propose`], decode what it returns, and
/// [`Geodesic::judge`] takes it if the energy has fallen.
#[derive(Clone, Debug, PartialEq)]
pub struct Geodesic {
    latent: usize,
    /// The path, row-major `[points, latent]`.
    pub z_td: Vec<f32>,
    /// Weight of staying where it is; falls with every success and rises with every failure.
    pub damping: f32,
}

impl Geodesic {
    /// Starts from any path `z_td`, row-major `[points, latent]`.
    pub fn new(z_td: Vec<f32>, latent: usize, damping: f32) -> Self {
        Self { latent, z_td, damping }
    }

    fn points(&self) -> usize {
        self.z_td.len() / self.latent.max(1)
    }

    fn interior(&self) -> usize {
        self.points().saturating_sub(2)
    }

    /// The codes to decode before the next step: the path, then each inner point displaced along each latent.
    /// Row-major `[points + inner · latent, latent]`.
    pub fn probes(&self) -> Vec<f32> {
        let d = self.latent;
        let mut codes_nd = self.z_td.clone();
        for z in self.z_td.chunks_exact(d).skip(1).take(self.interior()) {
            for k in 0..d {
                let start = codes_nd.len();
                codes_nd.extend_from_slice(z);
                codes_nd[start + k] += PROBE;
            }
        }
        codes_nd
    }

    /// Energy of a path's pictures `x_tp` with `pixels` values each.
    pub fn energy(x_tp: &[f32], pixels: usize) -> f32 {
        let pictures: Vec<&[f32]> = x_tp.chunks_exact(pixels).collect();
        let steps = pictures.len().saturating_sub(1) as f32;
        0.5 * steps * pictures.windows(2).map(|w| square_distance(w[0], w[1])).sum::<f32>()
    }

    /// The next path, `[points, latent]`, from the pictures of [`Geodesic::probes`].
    pub fn propose(&self, x_np: &[f32], pixels: usize) -> Vec<f32> {
        let (d, n, points) = (self.latent, self.interior(), self.points());
        let picture = |i: usize| &x_np[i * pixels..(i + 1) * pixels];
        // Columns of the Jacobian at each inner point, `[inner, latent, pixels]`.
        let mut jacobian = Vec::with_capacity(n * d * pixels);
        for t in 0..n {
            for k in 0..d {
                let moved = picture(points + t * d + k);
                jacobian.extend(moved.iter().zip(picture(t + 1)).map(|(a, b)| (a - b) / PROBE));
            }
        }
        let column = |t: usize, k: usize| &jacobian[(t * d + k) * pixels..][..pixels];
        let product = |a: &[f32], b: &[f32]| f64::from(a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>());

        // Forward elimination, by blocks: after it, step_t = right_t + carry_t · step_{t+1}.
        let (mut carries, mut rights): (Vec<Vec<f64>>, Vec<Vec<f64>>) = (Vec::new(), Vec::new());
        for t in 0..n {
            let mut own = vec![0.0; d * d];
            for i in 0..d {
                for j in 0..=i {
                    own[i * d + j] = 2.0 * product(column(t, i), column(t, j));
                    own[j * d + i] = own[i * d + j];
                }
                own[i * d + i] += f64::from(self.damping);
            }
            let couple = |from: usize, to: usize| -> Vec<f64> {
                (0..d * d).map(|ij| product(column(from, ij / d), column(to, ij % d))).collect()
            };
            // What is missing to the mean of the neighbours, seen through the Jacobian.
            let bend: Vec<f32> = (0..pixels).map(|p| picture(t)[p] + picture(t + 2)[p] - 2.0 * picture(t + 1)[p]).collect();
            let mut right: Vec<f64> = (0..d).map(|k| product(column(t, k), &bend)).collect();
            if t > 0 {
                let back = couple(t, t - 1);
                for i in 0..d {
                    for k in 0..d {
                        right[i] += back[i * d + k] * rights[t - 1][k];
                        for j in 0..d {
                            own[i * d + j] -= back[i * d + k] * carries[t - 1][k * d + j];
                        }
                    }
                }
            }
            // One factorisation for the right side and the coupling to the next point.
            let next = if t + 1 < n { couple(t, t + 1) } else { vec![0.0; d * d] };
            let mut both: Vec<f64> =
                (0..d).flat_map(|i| std::iter::once(right[i]).chain(next[i * d..(i + 1) * d].to_vec())).collect();
            if !solve(&mut own, &mut both, d) {
                return self.z_td.clone();
            }
            rights.push(both.chunks_exact(d + 1).map(|row| row[0]).collect());
            carries.push(both.chunks_exact(d + 1).flat_map(|row| row[1..].to_vec()).collect());
        }
        let mut path = self.z_td.clone();
        let mut after = vec![0.0; d];
        for t in (0..n).rev() {
            let step: Vec<f64> =
                (0..d).map(|i| rights[t][i] + (0..d).map(|j| carries[t][i * d + j] * after[j]).sum::<f64>()).collect();
            for (z, s) in path[(t + 1) * d..(t + 2) * d].iter_mut().zip(&step) {
                *z += *s as f32;
            }
            after = step;
        }
        path
    }

    /// Takes `proposal` if its energy `after` is below the path's own, `before`, and returns the energy that holds now.
    pub fn judge(&mut self, proposal_td: Vec<f32>, before: f32, after: f32) -> f32 {
        if after < before {
            (self.z_td, self.damping) = (proposal_td, self.damping / 3.0);
            after
        } else {
            self.damping *= 10.0;
            before
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{length, linear};

    fn relax(path: &mut Geodesic, decode: impl Fn(&[f32]) -> Vec<f32>, latent: usize, pixels: usize, times: usize) -> f32 {
        let all = |z: &[f32]| -> Vec<f32> { z.chunks_exact(latent).flat_map(&decode).collect() };
        let mut energy = f32::NAN;
        for _ in 0..times {
            let x = all(&path.probes());
            let proposal = path.propose(&x, pixels);
            let before = Geodesic::energy(&x[..path.points() * pixels], pixels);
            energy = path.judge(proposal.clone(), before, Geodesic::energy(&all(&proposal), pixels));
        }
        energy
    }

    #[test]
    fn on_a_sphere_it_is_a_great_circle() {
        // Longitude and latitude: between two places at 60° north the short way bends towards the pole.
        let sphere = |z: &[f32]| vec![z[1].cos() * z[0].cos(), z[1].cos() * z[0].sin(), z[1].sin()];
        let (a, b) = ([0.0, std::f32::consts::FRAC_PI_3], [1.5, std::f32::consts::FRAC_PI_3]);
        let mut path = Geodesic::new(linear(&a, &b, 17), 2, 1e-2);
        relax(&mut path, sphere, 2, 3, 12);
        let (p, q) = (sphere(&a), sphere(&b));
        let arc = p.iter().zip(&q).map(|(a, b)| a * b).sum::<f32>().acos();
        let x: Vec<f32> = path.z_td.chunks_exact(2).flat_map(sphere).collect();
        assert!((length(&x, 3) - arc).abs() < 2e-3, "{} instead of {arc}", length(&x, 3));
        assert!(path.z_td[17] > 1.1, "it did not bend: {:?}", path.z_td);
        assert_eq!((&path.z_td[..2], &path.z_td[32..]), (&a[..], &b[..]));
    }

    #[test]
    fn in_a_flat_space_the_straight_line_stays() {
        let flat = |z: &[f32]| vec![2.0 * z[0] + z[1], z[1] - z[0], 0.5 * z[1]];
        let line = linear(&[0.0, 1.0], &[3.0, -1.0], 7);
        let mut path = Geodesic::new(line.clone(), 2, 1e-3);
        relax(&mut path, flat, 2, 3, 5);
        assert!(path.z_td.iter().zip(&line).all(|(a, b)| (a - b).abs() < 1e-3), "{:?}", path.z_td);
        // And a crooked one becomes straight, in one step: the energy is quadratic.
        path.z_td[4..8].copy_from_slice(&[2.0, 2.0, -1.0, 0.0]);
        let mut path = Geodesic::new(path.z_td, 2, 1e-3);
        relax(&mut path, flat, 2, 3, 1);
        assert!(path.z_td.iter().zip(&line).all(|(a, b)| (a - b).abs() < 1e-2), "{:?}", path.z_td);
    }
}
