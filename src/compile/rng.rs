//! The CPU twin of `shaders/shared/rng.wgsl`: the same bits for the same counter.

/// Two words for one element of one noise operation at one step.
#[inline(always)]
pub fn bits(element: u32, stream: u32, step: u32, seed: u32) -> [u32; 2] {
    let mut v = [element, stream, step, seed].map(|x| x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    let round = |v: &mut [u32; 4]| {
        v[0] = v[0].wrapping_add(v[1].wrapping_mul(v[3]));
        v[1] = v[1].wrapping_add(v[2].wrapping_mul(v[0]));
        v[2] = v[2].wrapping_add(v[0].wrapping_mul(v[1]));
        v[3] = v[3].wrapping_add(v[1].wrapping_mul(v[2]));
    };
    round(&mut v);
    v = v.map(|x| x ^ (x >> 16));
    round(&mut v);
    [v[0], v[1]]
}

const UNIT: f32 = 1.0 / 16_777_216.0;

/// Uniform on `[0, 1)`, 24 bits.
pub fn uniform(element: u32, stream: u32, step: u32, seed: u32) -> f32 {
    (bits(element, stream, step, seed)[0] >> 8) as f32 * UNIT
}

/// `cos(2πu)` for `u` on `[0, 1)`, as `shaders/shared/rng.wgsl` computes it.
#[inline(always)]
pub fn cosine(u: f32) -> f32 {
    let x = std::f32::consts::TAU * ((u - 0.5).abs() - 0.25);
    let y = x * x;
    x * (1.0 + y * (-0.166_666_67 + y * (0.008_333_334 + y * (-1.984_127e-4 + y * (2.755_731_9e-6 - y * 2.505_210_8e-8)))))
}

/// Standard normal, by Box and Muller.
pub fn normal(element: u32, stream: u32, step: u32, seed: u32) -> f32 {
    let [a, b] = bits(element, stream, step, seed).map(|x| (x >> 8) as f32);
    (-2.0 * ((a + 1.0) * UNIT).ln()).sqrt() * cosine(b * UNIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_distributions() {
        let n = 200_000;
        let (mut u1, mut n1, mut n2, mut n4) = (0.0f64, 0.0f64, 0.0f64, 0.0f64);
        for i in 0..n {
            u1 += f64::from(uniform(i, 3, 7, 42));
            let x = f64::from(normal(i, 5, 7, 42));
            (n1, n2, n4) = (n1 + x, n2 + x * x, n4 + x.powi(4));
        }
        let n = f64::from(n);
        // Five standard errors of each mean.
        assert!((u1 / n - 0.5).abs() < 5.0 * 0.289 / n.sqrt());
        assert!((n1 / n).abs() < 5.0 / n.sqrt(), "{}", n1 / n);
        assert!((n2 / n - 1.0).abs() < 5.0 * 1.42 / n.sqrt(), "{}", n2 / n);
        assert!((n4 / n - 3.0).abs() < 5.0 * 9.8 / n.sqrt(), "{}", n4 / n);
    }

    #[test]
    fn the_series_is_the_cosine() {
        for i in 0..10_000 {
            let u = i as f32 / 10_000.0;
            let (got, want) = (cosine(u), (std::f64::consts::TAU * f64::from(u)).cos());
            assert!((f64::from(got) - want).abs() < 3e-7, "cos(2π·{u}) is {want}, not {got}");
        }
    }

    #[test]
    fn every_counter_matters() {
        let base = bits(1, 2, 3, 4);
        for other in [bits(2, 2, 3, 4), bits(1, 3, 3, 4), bits(1, 2, 4, 4), bits(1, 2, 3, 5)] {
            assert_ne!(base, other);
        }
    }
}
