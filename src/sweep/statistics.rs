//! Means with intervals, Pareto fronts and power laws.

/// A mean with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub mean: f64,
    /// Half the width of the 95 % interval of the mean; nothing of a single value, which says nothing of others.
    pub half: Option<f64>,
}

/// The mean of values.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The mean with its 95 % interval after Student: `mean ± t(n − 1) · s / √n`, with the sample's own deviation `s`. It takes values to
/// be normal, and with two of them it is wide.
pub fn interval(values: &[f64]) -> Interval {
    let (n, mean) = (values.len(), mean(values));
    let half = (n > 1).then(|| {
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
        student(n - 1) * (variance / n as f64).sqrt()
    });
    Interval { mean, half }
}

/// The two-sided 95 % point of Student's t with so many degrees of freedom.
///
/// # Panics
/// If there are none.
pub fn student(freedom: usize) -> f64 {
    /// For 1, 2, … degrees (Abramowitz & Stegun 1964, table 26.10).
    const FIRST: [f64; 30] = [
        12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010, 2.1788, 2.1604, 2.1448, 2.1314,
        2.1199, 2.1098, 2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423,
    ];
    assert!(freedom > 0, "one value alone has no deviation");
    if let Some(t) = FIRST.get(freedom - 1) {
        return *t;
    }
    // Fisher's expansion (the same, 26.7.5).
    let (z, n) = (1.959_964_f64, freedom as f64);
    z + (z.powi(3) + z) / (4.0 * n) + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * n * n)
}

/// Which points no other is better than: none is lower or equal in both and lower in one. In the order of the first number.
pub fn front(points: &[(f64, f64)]) -> Vec<usize> {
    let better = |a: (f64, f64), b: (f64, f64)| a.0 <= b.0 && a.1 <= b.1 && (a.0 < b.0 || a.1 < b.1);
    let finite = |p: (f64, f64)| p.0.is_finite() && p.1.is_finite();
    let stays = |i: &usize| finite(points[*i]) && !points.iter().any(|other| finite(*other) && better(*other, points[*i]));
    let mut chosen: Vec<usize> = (0..points.len()).filter(stays).collect();
    chosen.sort_unstable_by(|a, b| points[*a].0.total_cmp(&points[*b].0).then(a.cmp(b)));
    chosen
}

/// `y = factor · x^slope`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    pub slope: f64,
    /// Half the width of its 95 % interval; nothing of two points, which a line meets whatever they are.
    pub half: Option<f64>,
    pub factor: f64,
}

/// Fits a power law by least squares on logarithms, with the 95 % interval of the slope after Student: `t(n − 2) · s / √Σ(x − x̄)²`. Points
/// that are not above zero are left out; nothing where fewer than two different `x` remain.
pub fn power_law(points: &[(f64, f64)]) -> Option<Fit> {
    let logs: Vec<(f64, f64)> = points
        .iter()
        .filter(|(x, y)| *x > 0.0 && *y > 0.0 && x.is_finite() && y.is_finite())
        .map(|(x, y)| (x.ln(), y.ln()))
        .collect();
    let n = logs.len() as f64;
    let (x, y) = logs.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x / n, b + y / n));
    let spread: f64 = logs.iter().map(|p| (p.0 - x).powi(2)).sum();
    if logs.len() < 2 || spread < 1e-12 {
        return None;
    }
    let slope = logs.iter().map(|p| (p.0 - x) * (p.1 - y)).sum::<f64>() / spread;
    let left: f64 = logs.iter().map(|p| (p.1 - y - slope * (p.0 - x)).powi(2)).sum();
    let half = (logs.len() > 2).then(|| student(logs.len() - 2) * (left / (n - 2.0) / spread).sqrt());
    Some(Fit { slope, half, factor: (y - slope * x).exp() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-4 * b.abs().max(1e-3), "{a} is not {b}");
    }

    #[test]
    fn intervals_are_students() {
        // Student's own figures (1908): additional hours of sleep, ten patients: mean 1.58, s 1.2300, t(9) = 2.2622.
        let sleep = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4];
        let found = interval(&sleep);
        near(found.mean, 1.58);
        near(found.half.unwrap(), 0.879_886);
        // Two values: t(1) = tan(0.475 π), and s / √2 is half their distance.
        near(interval(&[3.0, 5.0]).half.unwrap(), (0.475 * std::f64::consts::PI).tan());
        assert_eq!(interval(&[3.0]), Interval { mean: 3.0, half: None });
        // t(2) = 0.95 · √(2 / (1 − 0.95²)).
        near(student(2), 0.95 * (2.0_f64 / (1.0 - 0.95 * 0.95)).sqrt());
        // As tables have it: t(40) = 2.0211, t(120) = 1.9799.
        near(student(40), 2.0211);
        near(student(120), 1.9799);
    }

    #[test]
    fn the_front_has_what_nothing_beats() {
        let points = [(3.0, 1.0), (1.0, 3.0), (2.0, 2.0), (2.0, 2.5), (3.0, 3.0), (f64::NAN, 0.0), (2.0, 2.0)];
        assert_eq!(front(&points), [1, 2, 6, 0]);
        assert!(front(&[]).is_empty());
    }

    #[test]
    fn a_power_law_is_found_with_its_interval() {
        let exact: Vec<(f64, f64)> = [1.0, 2.0, 4.0, 9.0].iter().map(|x: &f64| (*x, 3.0 * x.powf(-0.5))).collect();
        let fit = power_law(&exact).unwrap();
        near(fit.slope, -0.5);
        near(fit.factor, 3.0);
        assert!(fit.half.unwrap() < 1e-9);
        // ln x = 0, 1, 2, 3 and ln y = 0, 1, 1, 3: slope 0.9; residuals 0.1, 0.2, −0.7, 0.4 give s² = 0.35, and Σ(x − x̄)² = 5.
        let e = |power: i32| std::f64::consts::E.powi(power);
        let fit = power_law(&[(e(0), e(0)), (e(1), e(1)), (e(2), e(1)), (e(3), e(3)), (-1.0, 5.0), (2.0, 0.0)]).unwrap();
        near(fit.slope, 0.9);
        near(fit.half.unwrap(), 4.3027 * (0.35_f64 / 5.0).sqrt());
        assert_eq!(power_law(&[(2.0, 1.0), (2.0, 3.0)]), None, "one x is no line");
        assert_eq!(power_law(&[(1.0, 1.0), (10.0, 100.0)]).unwrap().half, None);
    }
}
