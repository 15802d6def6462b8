//! What is drawn on a map: places, spreads and labels of the codes.

use std::ops::Range;

use super::density::{self, Density};
use super::spread::Spread;
use crate::encoded::Encoded;
use crate::plane::{Axes, Plane};
use crate::rank::{quantile, rank};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Points {
    pub plane: Plane,
    pub places: Vec<(f32, f32)>,
    /// Empty for codes that are points.
    pub spreads: Vec<Spread>,
    pub labels: Vec<u8>,
    /// How far the map reaches from its middle.
    pub reach: f32,
    /// Where the codes lie against where the prior expects them, if it was asked for.
    pub density: Option<Density>,
    /// Total variation distance between the two on this plane, 0 to 1, on show or not.
    pub distance: Option<f32>,
}

impl Points {
    /// `levels` are those of the codes, as [`levels`](latent_vocabulary::code::levels) has them.
    pub fn new(codes: &Encoded, (axes, levels): (Axes, &[Range<usize>]), before: &Self, clouds: bool, density: bool) -> Self {
        let latent = codes.latent;
        let plane = match axes {
            Axes::Level(level) if level < levels.len() => {
                Plane::of_part(&codes.mean_nd, latent, levels[level].clone(), &before.plane)
            }
            Axes::Latents(a, b) if a < latent && b < latent => Plane::of_latents(latent, a, b),
            _ => Plane::of_variance(&codes.mean_nd, latent, &before.plane),
        };
        let places: Vec<_> = codes.mean_nd.chunks_exact(latent).map(|z| plane.project(z)).collect();
        let spreads = if (clouds || density) && codes.gaussian() {
            codes.logvar_nd.chunks_exact(latent).map(|lv| spread(lv, &plane)).collect()
        } else {
            Vec::new()
        };
        // All but the farthest few, rounded up; kept while it still fits, so that the map does not breathe.
        let far: Vec<f32> = places.iter().map(|(x, y)| x.abs().max(y.abs())).filter(|v| v.is_finite()).collect();
        let edge = quantile(&far, 0.995).unwrap_or(3.0);
        let fits = before.reach >= edge && before.reach <= 1.6 * edge.max(1.0);
        let reach = if fits { before.reach } else { (edge * 2.2).ceil().max(2.0) / 2.0 };
        let origin = plane.project(&vec![0.0; latent]);
        let distance = density.then(|| density::distance(&places, &spreads, origin));
        let density = density.then(|| Density::new(&places, &spreads, origin, reach));
        Self { plane, places, spreads, labels: codes.labels.clone(), reach, density, distance }
    }

    /// From the plane to parts of the frame, 0 to 1.
    pub fn part(&self, (x, y): (f32, f32)) -> (f64, f64) {
        (f64::from(0.5 + 0.5 * x / self.reach), f64::from(0.5 - 0.5 * y / self.reach))
    }

    /// Median place of a label.
    pub fn median(&self, label: u8) -> Option<(f32, f32)> {
        let mine = || self.places.iter().zip(&self.labels).filter(|(_, l)| **l == label).map(|(p, _)| *p);
        let all = |of: fn((f32, f32)) -> f32| quantile(&mine().map(of).collect::<Vec<_>>(), 0.5);
        Some((all(|p| p.0)?, all(|p| p.1)?))
    }

    /// One image for each of `cells × cells` cells of the map, that nearest to its middle; with the cell, from top left.
    pub fn spaced(&self, cells: usize) -> Vec<(usize, usize)> {
        let mut best = vec![None::<(f64, usize)>; cells * cells];
        for (i, place) in self.places.iter().enumerate() {
            let (x, y) = self.part(*place);
            let (x, y) = (x * cells as f64, y * cells as f64);
            if !((0.0..cells as f64).contains(&x) && (0.0..cells as f64).contains(&y)) {
                continue;
            }
            let distance = (x.fract() - 0.5).hypot(y.fract() - 0.5);
            let slot = &mut best[y as usize * cells + x as usize];
            if slot.is_none_or(|(d, _)| distance < d) {
                *slot = Some((distance, i));
            }
        }
        best.into_iter().enumerate().filter_map(|(cell, found)| Some((found?.1, cell))).collect()
    }

    /// Images whose places lie inside of a polygon, by the even-odd rule.
    pub fn inside(&self, polygon: &[(f32, f32)]) -> Vec<usize> {
        let holds = |(x, y): (f32, f32)| {
            let edges = polygon.iter().zip(polygon.iter().cycle().skip(1));
            edges.filter(|((x0, y0), (x1, y1))| (*y0 > y) != (*y1 > y) && x < (x1 - x0) * (y - y0) / (y1 - y0) + x0).count() % 2
                == 1
        };
        (0..self.places.len()).filter(|i| holds(self.places[*i])).collect()
    }

    /// The `k` images nearest to a place, nearest first.
    pub fn nearest(&self, (x, y): (f32, f32), k: usize) -> Vec<usize> {
        let mut all = rank(self.places.iter().map(|p| (p.0 - x).hypot(p.1 - y)));
        all.truncate(k);
        all
    }
}

/// Covariance on the plane of a code with these log-variances.
fn spread(logvar_d: &[f32], plane: &Plane) -> Spread {
    let along = |a: &[f32], b: &[f32]| logvar_d.iter().zip(a.iter().zip(b)).map(|(lv, (a, b))| lv.exp() * a * b).sum::<f32>();
    Spread { xx: along(&plane.u, &plane.u), xy: along(&plane.u, &plane.v), yy: along(&plane.v, &plane.v) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square() -> Points {
        let places = vec![(0.5, 0.5), (-0.5, 0.5), (0.9, -0.9), (0.52, 0.45)];
        Points { places, labels: vec![1, 2, 3, 1], reach: 1.0, ..Points::default() }
    }

    #[test]
    fn a_lasso_holds_what_is_inside() {
        let points = square();
        assert_eq!(points.inside(&[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]), vec![0, 3]);
        assert_eq!(points.inside(&[]), Vec::<usize>::new());
        assert_eq!(points.nearest((0.6, 0.6), 2), vec![0, 3]);
    }

    #[test]
    fn one_picture_for_each_cell() {
        // Two by two cells: images 0 and 3 share one, and 0 lies on its middle.
        assert_eq!(square().spaced(2), vec![(1, 0), (0, 1), (2, 3)]);
    }

    #[test]
    fn codes_in_one_place_are_as_far_from_the_prior_however_far_the_map_reaches() {
        // A code of two latents, σ = e⁻¹⁰ each.
        let n = 50;
        let codes = Encoded { latent: 2, mean_nd: vec![0.2; 2 * n], logvar_nd: vec![-20.0; 2 * n], labels: vec![0; n] };
        let reach = |reach: f32| Points { reach, ..Points::default() };
        for before in [reach(0.0), reach(1.0), reach(1.5)] {
            let points = Points::new(&codes, (Axes::Latents(0, 1), &[]), &before, false, true);
            assert!(points.distance.is_some_and(|d| d > 0.99), "{:?} at a reach of {}", points.distance, points.reach);
        }
    }
}
