//! The aggregate posterior q(z) = 1/N Σ q(z|x) on the plane of the map, against the prior.

use super::spread::Spread;
use crate::rank::quantile;

/// Cells along one side of the map.
pub const CELLS: usize = 56;
/// Beyond so many standard deviations a cloud is nothing.
const TAIL: f32 = 3.5;
/// A code that is a point, or a cloud far smaller than a cell, is given this part of a cell as its spread.
const BLUR: f32 = 0.6;
/// The spread of a code that is a point.
const POINT: Spread = Spread { xx: 0.0, xy: 0.0, yy: 0.0 };

/// Of the prior, so many standard deviations on each side are looked at for its distance from the codes: all but 1e-4 of it.
const HELD: f32 = 4.0;
/// Sides of the cells that the distance is summed over: half a usual cloud, within these limits.
const FINE: (f32, f32) = (1.0 / 32.0, 1.0 / 6.0);

/// Both densities in each cell of a square, row-major from the top left.
#[derive(Clone, Debug, PartialEq)]
pub struct Density {
    pub codes: Vec<f32>,
    pub prior: Vec<f32>,
    /// Area of a cell.
    area: f32,
}

impl Density {
    /// On the map, which reaches so far from the middle of the plane. `origin` is where the prior has its mean: on a plane
    /// through the mean of the codes that is not the middle.
    pub fn new(places: &[(f32, f32)], spreads: &[Spread], origin: (f32, f32), reach: f32) -> Self {
        Self::on(places, spreads, origin, reach, CELLS)
    }

    /// On a square of `cells × cells` about the middle of the plane.
    fn on(places: &[(f32, f32)], spreads: &[Spread], origin: (f32, f32), reach: f32, cells: usize) -> Self {
        let cell = 2.0 * reach / cells as f32;
        let at = |column: usize, row: usize| (-reach + (column as f32 + 0.5) * cell, reach - (row as f32 + 0.5) * cell);
        let mut codes = vec![0.0f32; cells * cells];
        let floor = (BLUR * cell).powi(2);
        let n = places.len() as f32;
        for (i, (x, y)) in places.iter().enumerate() {
            let s = spreads.get(i).copied().unwrap_or(POINT);
            let (xx, xy, yy) = (s.xx + floor, s.xy, s.yy + floor);
            let det = xx * yy - xy * xy;
            let scale = 1.0 / (std::f32::consts::TAU * det.sqrt() * n);
            let index = |v: f32| ((v / cell) as isize).clamp(0, cells as isize) as usize;
            let (rx, ry) = (TAIL * xx.sqrt(), TAIL * yy.sqrt());
            for row in index(reach - y - ry)..index(reach - y + ry + cell) {
                for column in index(x - rx + reach)..index(x + rx + reach + cell) {
                    let (cx, cy) = at(column, row);
                    let (dx, dy) = (cx - x, cy - y);
                    codes[row * cells + column] += scale * (-0.5 * (yy * dx * dx - 2.0 * xy * dx * dy + xx * dy * dy) / det).exp();
                }
            }
        }
        let prior = (0..cells * cells)
            .map(|i| {
                let (x, y) = at(i % cells, i / cells);
                (-0.5 * ((x - origin.0).powi(2) + (y - origin.1).powi(2))).exp() / std::f32::consts::TAU
            })
            .collect();
        Self { codes, prior, area: cell * cell }
    }

    /// From −1, where the prior expects codes and there are none, to 1, where there are codes that it does not expect.
    pub fn excess(&self) -> Vec<f32> {
        let top = self.prior.iter().copied().fold(1e-6f32, f32::max);
        self.codes.iter().zip(&self.prior).map(|(q, p)| ((q - p) / top).clamp(-1.0, 1.0)).collect()
    }
}

/// Total variation distance between the codes and the prior on the plane, 0 to 1, whatever of it is on show.
///
/// `½ ∫|q − p| = 1 − ∫min(q, p)`, as both have mass 1. The second needs a look at the places alone where the prior has mass:
/// [`HELD`] about `origin`. Codes that lie elsewhere, however far, add nothing to it.
pub fn distance(places: &[(f32, f32)], spreads: &[Spread], origin: (f32, f32)) -> f32 {
    let sides: Vec<f32> = spreads.iter().map(|s| (s.xx * s.yy - s.xy * s.xy).max(0.0).powf(0.25)).collect();
    let usual = quantile(&sides, 0.5).unwrap_or(0.0);
    let cells = (2.0 * HELD / (0.5 * usual).clamp(FINE.0, FINE.1)).ceil() as usize;
    let about: Vec<(f32, f32)> = places.iter().map(|(x, y)| (x - origin.0, y - origin.1)).collect();
    let Density { codes, prior, area } = Density::on(&about, spreads, (0.0, 0.0), HELD, cells);
    1.0 - area * codes.iter().zip(&prior).map(|(q, p)| q.min(*p)).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: Spread = Spread { xx: 1.0, xy: 0.0, yy: 1.0 };

    fn mass(density: &Density) -> f32 {
        density.codes.iter().sum::<f32>() * density.area
    }

    #[test]
    fn one_cloud_that_is_the_prior_leaves_nothing() {
        let same = Density::new(&[(0.0, 0.0)], &[UNIT], (0.0, 0.0), 5.0);
        assert!((mass(&same) - 1.0).abs() < 0.01, "{}", mass(&same));
        assert!(distance(&[(0.0, 0.0)], &[UNIT], (0.0, 0.0)) < 0.01);
        // On a plane through the mean of the codes the prior lies beside the middle.
        assert!(distance(&[(-7.0, 2.0)], &[UNIT], (-7.0, 2.0)) < 0.01);
    }

    #[test]
    fn the_distance_of_two_normals_is_known() {
        // Of N(0, 1) and N(m, 1): 2 Φ(m / 2) − 1. A cloud in two halves is the same cloud; one far off takes its part away.
        for (m, want) in [(1.0, 0.3829), (2.0, 0.6827), (50.0, 1.0)] {
            for (x, y) in [(m, 0.0), (-0.6 * m, 0.8 * m)] {
                let got = distance(&[(x, y), (x, y)], &[UNIT, UNIT], (0.0, 0.0));
                assert!((got - want).abs() < 0.005, "{got} at {x}, {y}, expected {want}");
            }
        }
        let half = distance(&[(0.0, 0.0), (1e6, 0.0)], &[UNIT, UNIT], (0.0, 0.0));
        assert!((half - 0.5).abs() < 0.005, "{half}");
    }

    #[test]
    fn codes_in_one_place_leave_holes_everywhere_else() {
        let here = Density::new(&[(2.0, 2.0); 3], &[], (0.0, 0.0), 4.0);
        let excess = here.excess();
        assert!(excess[CELLS / 2 * CELLS + CELLS / 2] < -0.9, "the middle is a hole");
        assert_eq!(excess.iter().copied().fold(-1.0f32, f32::max), 1.0);
        // An elongated cloud, tilted: its mass stays.
        let tilted = Density::new(&[(0.0, 0.0)], &[Spread { xx: 0.5, xy: 0.4, yy: 0.5 }], (0.0, 0.0), 4.0);
        assert!((mass(&tilted) - 1.0).abs() < 0.02, "{}", mass(&tilted));
    }
}
