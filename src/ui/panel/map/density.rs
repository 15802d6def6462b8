//! The aggregate posterior q(z) = 1/N Σ q(z|x) on the plane of the map, against the prior.

use super::points::Spread;

/// Cells along one side.
pub const CELLS: usize = 56;
/// Beyond so many standard deviations a cloud is nothing.
const TAIL: f32 = 3.5;
/// A code that is a point, or a cloud far smaller than a cell, is given this part of a cell as its spread.
const BLUR: f32 = 0.6;

/// Both densities in each cell of the map, row-major from the top left.
#[derive(Clone, Debug, PartialEq)]
pub struct Density {
    pub codes: Vec<f32>,
    pub prior: Vec<f32>,
    /// Area of a cell.
    area: f32,
}

impl Density {
    /// `origin` is where the prior has its mean: on a plane through the mean of the codes that is not the middle.
    pub fn new(places: &[(f32, f32)], spreads: &[Spread], origin: (f32, f32), reach: f32) -> Self {
        let cell = 2.0 * reach / CELLS as f32;
        let at = |column: usize, row: usize| (-reach + (column as f32 + 0.5) * cell, reach - (row as f32 + 0.5) * cell);
        let mut codes = vec![0.0f32; CELLS * CELLS];
        let floor = (BLUR * cell).powi(2);
        for (i, (x, y)) in places.iter().enumerate() {
            let s = spreads.get(i).copied().unwrap_or(Spread { xx: 0.0, xy: 0.0, yy: 0.0 });
            let (xx, xy, yy) = (s.xx + floor, s.xy, s.yy + floor);
            let det = xx * yy - xy * xy;
            let scale = 1.0 / (std::f32::consts::TAU * det.sqrt() * places.len() as f32);
            let index = |v: f32| ((v / cell) as isize).clamp(0, CELLS as isize) as usize;
            let (rx, ry) = (TAIL * xx.sqrt(), TAIL * yy.sqrt());
            for row in index(reach - y - ry)..index(reach - y + ry + cell) {
                for column in index(x - rx + reach)..index(x + rx + reach + cell) {
                    let (cx, cy) = at(column, row);
                    let (dx, dy) = (cx - x, cy - y);
                    codes[row * CELLS + column] += scale * (-0.5 * (yy * dx * dx - 2.0 * xy * dx * dy + xx * dy * dy) / det).exp();
                }
            }
        }
        let prior = (0..CELLS * CELLS)
            .map(|i| {
                let (x, y) = at(i % CELLS, i / CELLS);
                (-0.5 * ((x - origin.0).powi(2) + (y - origin.1).powi(2))).exp() / std::f32::consts::TAU
            })
            .collect();
        Self { codes, prior, area: cell * cell }
    }

    /// Total variation distance on the map, 0 to 1.
    pub fn distance(&self) -> f32 {
        0.5 * self.area * self.codes.iter().zip(&self.prior).map(|(q, p)| (q - p).abs()).sum::<f32>()
    }

    /// From −1, where the prior expects codes and there are none, to 1, where there are codes that it does not expect.
    pub fn excess(&self) -> Vec<f32> {
        let top = self.prior.iter().copied().fold(1e-6f32, f32::max);
        self.codes.iter().zip(&self.prior).map(|(q, p)| ((q - p) / top).clamp(-1.0, 1.0)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cloud_that_is_the_prior_leaves_nothing() {
        let unit = Spread { xx: 1.0, xy: 0.0, yy: 1.0 };
        let same = Density::new(&[(0.0, 0.0)], &[unit], (0.0, 0.0), 5.0);
        assert!(same.distance() < 0.01, "{}", same.distance());
        let mass: f32 = same.codes.iter().sum::<f32>() * same.area;
        assert!((mass - 1.0).abs() < 0.01, "{mass}");
    }

    #[test]
    fn codes_in_one_place_leave_holes_everywhere_else() {
        let here = Density::new(&[(2.0, 2.0); 3], &[], (0.0, 0.0), 4.0);
        assert!(here.distance() > 0.9, "{}", here.distance());
        let excess = here.excess();
        assert!(excess[CELLS / 2 * CELLS + CELLS / 2] < -0.9, "the middle is a hole");
        assert_eq!(excess.iter().copied().fold(-1.0f32, f32::max), 1.0);
        // An elongated cloud, tilted: its mass stays.
        let tilted = Density::new(&[(0.0, 0.0)], &[Spread { xx: 0.5, xy: 0.4, yy: 0.5 }], (0.0, 0.0), 4.0);
        let mass: f32 = tilted.codes.iter().sum::<f32>() * tilted.area;
        assert!((mass - 1.0).abs() < 0.02, "{mass}");
    }
}
