//! Functions of one number without a branch, so that a compiler makes vectors of a loop over them.
//!
//! The polynomials are those of Cephes (Moshier, "Methods and Programs for Mathematical Functions", 1989), single precision: errors
//! are one or two units in the last place.

/// Adding it rounds to a whole number and leaves that in the lowest bits.
const ROUND: f32 = 12_582_912.0;
/// ln 2 in two parts, the first with few bits.
const LN2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];

#[inline(always)]
pub(crate) fn select(which: bool, a: f32, b: f32) -> f32 {
    if which { a } else { b }
}

#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) << 23) as u32)
}

/// `eˣ`
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Comparisons are false for NaN, which passes. Numbers that are too small for all their bits take processors a hundred times as
    // long as others: they are zero, as on graphics cards.
    let c = select(x > 89.0, 89.0, x);
    let c = select(c < -87.3, -87.3, c);
    let t = c * std::f32::consts::LOG2_E + ROUND;
    let n = t - ROUND;
    let r = c - n * LN2[0] - n * LN2[1];
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let p = p * (r * r) + r + 1.0;
    // In two steps, for the largest numbers.
    let n = (t.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    let half = n >> 1;
    select(x < -87.3, 0.0, p * power_of_two(half) * power_of_two(n.wrapping_sub(half)))
}

/// Natural logarithm; NaN below zero.
#[inline(always)]
pub(crate) fn log(x: f32) -> f32 {
    let tiny = x < f32::MIN_POSITIVE;
    let y = select(tiny, x * 8_388_608.0, x);
    let bits = y.to_bits() as i32;
    // The power of two that leaves a factor between √½ and √2.
    let e = bits.wrapping_sub(0x3f35_04f3) >> 23;
    let f = f32::from_bits(bits.wrapping_sub(e << 23) as u32) - 1.0;
    let e = e as f32 - select(tiny, 23.0, 0.0);
    let z = f * f;
    let p = 7.037_683_6e-2;
    let p = p * f - 1.151_461e-1;
    let p = p * f + 1.167_699_9e-1;
    let p = p * f - 1.242_014_1e-1;
    let p = p * f + 1.424_932_3e-1;
    let p = p * f - 1.666_805_8e-1;
    let p = p * f + 2.000_071_5e-1;
    let p = p * f - 2.499_999_4e-1;
    let p = p * f + 3.333_333e-1;
    let r = f * z * p + e * LN2[1] - 0.5 * z;
    let r = f + r + e * LN2[0];
    let r = select(x == f32::INFINITY, f32::INFINITY, r);
    let r = select(x < 0.0, f32::NAN, r);
    let r = select(x == 0.0, f32::NEG_INFINITY, r);
    select(x.is_nan(), x, r)
}

/// `ln(1 + x)`, exact near zero (Kahan).
#[inline(always)]
pub(crate) fn log1p(x: f32) -> f32 {
    let u = 1.0 + x;
    let d = u - 1.0;
    let l = log(u);
    let r = l * (x / d);
    let r = select(u == f32::INFINITY || u <= 0.0, l, r);
    select(d == 0.0, x, r)
}

#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[inline(always)]
pub(crate) fn softplus(x: f32) -> f32 {
    select(x < 0.0, 0.0, x) + log1p(exp(-x.abs()))
}

#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let a = x.abs();
    let large = (1.0 - 2.0 / (exp(2.0 * a) + 1.0)).copysign(x);
    let z = x * x;
    let p = -5.704_988_7e-3;
    let p = p * z + 2.063_909e-2;
    let p = p * z - 5.373_971_6e-2;
    let p = p * z + 1.333_144_2e-1;
    let p = p * z - 3.333_328e-1;
    select(a < 0.625, p * z * x + x, large)
}

/// Error function: the polynomial of `shaders/shared/math.wgsl`.
#[inline(always)]
pub(crate) fn erf(x: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
    let p = ((((1.061_405_4 * t - 1.453_152) * t + 1.421_413_7) * t - 0.284_496_74) * t + 0.254_829_6) * t;
    (1.0 - p * exp(-x * x)).copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pair = (&'static str, fn(f32) -> f32, fn(f64) -> f64);

    #[test]
    fn they_are_the_functions() {
        let pairs: [Pair; 5] = [
            ("exp", exp, f64::exp),
            ("log", log, f64::ln),
            ("log1p", log1p, f64::ln_1p),
            ("tanh", tanh, f64::tanh),
            ("sigmoid", sigmoid, |x| 1.0 / (1.0 + (-x).exp())),
        ];
        for (name, f, exact) in pairs {
            for i in 0..200_000u32 {
                // Numbers of all sizes and signs.
                let x = f32::from_bits(i.wrapping_mul(2_654_435_761));
                let (got, want) = (f(x), exact(f64::from(x)) as f32);
                if want.is_nan() || !want.is_finite() || want == 0.0 {
                    assert!(got.is_nan() == want.is_nan() && (got == want || want.is_nan()), "{name}({x}) is {want}, not {got}");
                } else {
                    let error = f64::from(got - want).abs();
                    let allowed = 4e-7 * f64::from(want.abs()) + f64::from(f32::MIN_POSITIVE);
                    assert!(error <= allowed, "{name}({x}) is {want}, not {got}");
                }
            }
        }
    }

    #[test]
    fn softplus_and_the_error_function_keep_to_their_rows() {
        use latent_compile::graph::Unary;
        for i in -2000..2000 {
            let x = i as f32 / 50.0;
            assert!((softplus(x) - Unary::Softplus.eval(x)).abs() <= 2e-6 * x.abs().max(1.0), "softplus {x}");
            assert!((erf(x) - Unary::Erf.eval(x)).abs() <= 1e-6, "erf {x}");
        }
    }
}
