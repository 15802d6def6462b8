//! Functions of one number. A row says all that the compiler must know of one: a new function is a new row.

use super::arith::Binary;

/// What the compiler knows of a function of one number.
pub struct UnaryRule {
    /// The function on the CPU, for constant folding.
    pub eval: fn(f32) -> f32,
    /// The function in WGSL.
    pub wgsl: Wgsl,
    /// About how many arithmetic instructions it takes: see `emit::cost`.
    pub cost: u32,
    /// The gradient of its argument; `None` where it is zero everywhere.
    pub gradient: Option<&'static Expr>,
}

/// WGSL for an argument `{x}`.
pub enum Wgsl {
    /// That calls built-in functions only.
    Plain(&'static str),
    /// That calls functions of `shaders/shared/math.wgsl`.
    Math(&'static str),
}

/// A derivative as data, which `grad` makes nodes of.
pub enum Expr {
    /// The function's argument.
    X,
    /// The function's value.
    Y,
    /// The gradient of that.
    Dy,
    /// The same number everywhere.
    Number(f32),
    /// A function of one.
    Of(Unary, &'static Self),
    /// A function of two.
    Pair(Binary, &'static Self, &'static Self),
    /// The third where the first is zero, else the second.
    Where(&'static Self, &'static Self, &'static Self),
}

/// Gives the rows to a macro, which takes from them what it needs. The last entry of a row is Burn's operation, `r in pattern`,
/// where Burn has one; `capture` reads it.
macro_rules! unary_rows {
    ($reader:ident) => {
        $reader! {
            /// `-x`
            Neg { |x| -x, Plain("-{x}"), 1, Some(&Of(Unary::Neg, &Dy)),
                r in OperationIr::NumericFloat(_, Num::Neg(r)) | OperationIr::NumericInt(_, Num::Neg(r)) }
            /// `eˣ`
            Exp { f32::exp, Plain("exp({x})"), 4, Some(&Pair(Binary::Mul, &Dy, &Y)), r in OperationIr::Float(_, Float::Exp(r)) }
            /// Natural logarithm; NaN below zero.
            Log { f32::ln, Plain("log({x})"), 4, Some(&Pair(Binary::Div, &Dy, &X)), r in OperationIr::Float(_, Float::Log(r)) }
            /// `ln(1 + x)`, exact near zero.
            Log1p { f32::ln_1p, Math("m_log1p({x})"), 10, Some(&Pair(Binary::Div, &Dy, &Pair(Binary::Add, &X, &Number(1.0)))),
                r in OperationIr::Float(_, Float::Log1p(r)) }
            /// Square root; NaN below zero.
            Sqrt { f32::sqrt, Plain("sqrt({x})"), 4, Some(&Pair(Binary::Div, &Pair(Binary::Mul, &Dy, &Number(0.5)), &Y)),
                r in OperationIr::Float(_, Float::Sqrt(r)) }
            /// `|x|`
            Abs { f32::abs, Plain("abs({x})"), 1, Some(&Pair(Binary::Mul, &Dy, &Of(Unary::Sign, &X))),
                r in OperationIr::NumericFloat(_, Num::Abs(r)) | OperationIr::NumericInt(_, Num::Abs(r)) }
            /// -1, 0 or 1.
            Sign { |x| if x == 0.0 { 0.0 } else { x.signum() }, Plain("sign({x})"), 1, None,
                r in OperationIr::NumericFloat(_, Num::Sign(r)) | OperationIr::NumericInt(_, Num::Sign(r)) }
            /// Sine of radians.
            Sin { f32::sin, Plain("sin({x})"), 4, Some(&Pair(Binary::Mul, &Dy, &Of(Unary::Cos, &X))),
                r in OperationIr::Float(_, Float::Sin(r)) }
            /// Cosine of radians.
            Cos { f32::cos, Plain("cos({x})"), 4, Some(&Pair(Binary::Mul, &Dy, &Of(Unary::Neg, &Of(Unary::Sin, &X)))),
                r in OperationIr::Float(_, Float::Cos(r)) }
            /// Hyperbolic tangent.
            Tanh { f32::tanh, Math("m_tanh({x})"), 4,
                Some(&Pair(Binary::Mul, &Dy, &Pair(Binary::Sub, &Number(1.0), &Pair(Binary::Mul, &Y, &Y)))),
                r in OperationIr::Float(_, Float::Tanh(r)) }
            /// `1 / (1 + e⁻ˣ)`
            Sigmoid { |x| 1.0 / (1.0 + (-x).exp()), Math("m_sigmoid({x})"), 4,
                Some(&Pair(Binary::Mul, &Dy, &Pair(Binary::Mul, &Y, &Pair(Binary::Sub, &Number(1.0), &Y)))),
                r in OperationIr::Activation(Act::Sigmoid(r)) }
            /// `max(x, 0)`, but NaN stays NaN.
            // Not max() in WGSL: it may swallow a NaN. The gradient is of the output, so that the input need not be kept.
            Relu { |x| if x <= 0.0 { 0.0 } else { x }, Plain("select({x}, 0.0f, {x} <= 0.0f)"), 1,
                Some(&Where(&Pair(Binary::Le, &Y, &Number(0.0)), &Number(0.0), &Dy)),
                r in OperationIr::Activation(Act::Relu(r)) }
            /// `ln(1 + eˣ)`, stable.
            Softplus { |x| x.max(0.0) + (-x.abs()).exp().ln_1p(), Math("m_softplus({x})"), 10,
                Some(&Pair(Binary::Mul, &Dy, &Of(Unary::Sigmoid, &X))), }
            /// `1 / x`
            Recip { |x| 1.0 / x, Plain("1.0f / {x}"), 4,
                Some(&Pair(Binary::Mul, &Dy, &Of(Unary::Neg, &Pair(Binary::Mul, &Y, &Y)))),
                r in OperationIr::Float(_, Float::Recip(r)) }
            /// Largest whole number that is not above.
            Floor { f32::floor, Plain("floor({x})"), 1, None, r in OperationIr::Float(_, Float::Floor(r)) }
            /// Smallest whole number that is not below.
            Ceil { f32::ceil, Plain("ceil({x})"), 1, None, r in OperationIr::Float(_, Float::Ceil(r)) }
            /// Nearest whole number, halves to the even one.
            Round { f32::round_ties_even, Plain("round({x})"), 4, None, r in OperationIr::Float(_, Float::Round(r)) }
            /// Error function, absolute error below 1.5e-7.
            Erf { erf, Math("m_erf({x})"), 10,
                Some(&Pair(
                    Binary::Mul, &Dy,
                    &Pair(Binary::Mul, &Of(Unary::Exp, &Of(Unary::Neg, &Pair(Binary::Mul, &X, &X))),
                        &Number(std::f32::consts::FRAC_2_SQRT_PI)),
                )),
                r in OperationIr::Float(_, Float::Erf(r)) }
            /// 1 where zero, else 0.
            Not { |x| f32::from(x == 0.0), Plain("select(0.0f, 1.0f, {x} == 0.0f)"), 1, None,
                r in OperationIr::Bool(Bool::Not(r)) }
            /// 1 where not a number, else 0.
            IsNan { |x| f32::from(x.is_nan()), Math("select(0.0f, 1.0f, m_is_nan({x}))"), 4, None,
                r in OperationIr::Float(_, Float::IsNan(r)) }
            /// 1 where infinite, else 0.
            IsInf { |x| f32::from(x.is_infinite()), Math("select(0.0f, 1.0f, m_is_inf({x}))"), 4, None,
                r in OperationIr::Float(_, Float::IsInf(r)) }
        }
    };
}
#[cfg(feature = "capture")]
pub(super) use unary_rows;

macro_rules! table {
    ($($(#[$doc:meta])+ $name:ident { $eval:expr, $wgsl:expr, $cost:expr, $gradient:expr, $($r:ident in $burn:pat)? })+) => {
        /// Functions of one number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Unary {
            $($(#[$doc])+ $name,)+
        }

        /// A row for each function, in their order.
        static UNARY: &[UnaryRule] = {
            use Expr::{Dy, Number, Of, Pair, Where, X, Y};
            use Wgsl::{Math, Plain};
            &[$(UnaryRule { eval: $eval, wgsl: $wgsl, cost: $cost, gradient: $gradient }),+]
        };

        impl Unary {
            /// All of them with their names, which files know them by.
            pub(super) const NAMES: &[(Self, &str)] = &[$((Self::$name, stringify!($name))),+];
        }
    };
}
unary_rows!(table);

impl Unary {
    /// What the compiler knows of it.
    pub fn rule(self) -> &'static UnaryRule {
        &UNARY[self as usize]
    }

    /// The function on the CPU.
    pub fn eval(self, x: f32) -> f32 {
        (self.rule().eval)(x)
    }
}

/// Abramowitz & Stegun 7.1.26, absolute error below 1.5e-7; the same polynomial as in `shaders/shared/math.wgsl`.
fn erf(x: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
    let p = ((((1.061_405_4 * t - 1.453_152) * t + 1.421_413_7) * t - 0.284_496_74) * t + 0.254_829_6) * t;
    (1.0 - p * (-x * x).exp()).copysign(x)
}
