//! How far a code is spread over the plane of the map.

/// Spread of a code on the plane: the covariance `[[xx, xy], [xy, yy]]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub xx: f32,
    pub xy: f32,
    pub yy: f32,
}

impl Spread {
    /// Half axes and angle of the ellipse of one standard deviation.
    pub fn ellipse(self) -> (f32, f32, f32) {
        let (mean, half) = ((self.xx + self.yy) / 2.0, (self.xx - self.yy) / 2.0);
        let root = half.hypot(self.xy);
        ((mean + root).max(0.0).sqrt(), (mean - root).max(0.0).sqrt(), 0.5 * self.xy.atan2(half))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ellipse_has_the_axes_of_its_covariance() {
        // Variances 4 and 1 along the diagonals.
        let (a, b, angle) = Spread { xx: 2.5, xy: 1.5, yy: 2.5 }.ellipse();
        assert!((a - 2.0).abs() < 1e-6 && (b - 1.0).abs() < 1e-6 && (angle - std::f32::consts::FRAC_PI_4).abs() < 1e-6);
    }
}
