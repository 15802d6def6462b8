//! Functions of two numbers, and the order of floats.

/// Functions of two numbers. Comparisons give 1 or 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binary {
    /// `a + b`
    Add,
    /// `a - b`
    Sub,
    /// `a · b`
    Mul,
    /// `a / b`
    Div,
    /// The smaller one.
    Min,
    /// The larger one.
    Max,
    /// `aᵇ`
    Pow,
    /// Remainder with the sign of the divisor.
    Rem,
    /// `a = b`
    Eq,
    /// `a ≠ b`
    Ne,
    /// `a < b`
    Lt,
    /// `a ≤ b`
    Le,
    /// `a > b`
    Gt,
    /// `a ≥ b`
    Ge,
    /// The number that comes `b · 2^shift` places after `a` in the order of all 32-bit floats.
    Advance {
        /// Power of two that `b` is multiplied with.
        shift: u32,
    },
}

impl Binary {
    /// Those of two numbers alone with their names, which files know them by.
    pub(super) const NAMES: &[(Self, &str)] = &[
        (Self::Add, "Add"),
        (Self::Sub, "Sub"),
        (Self::Mul, "Mul"),
        (Self::Div, "Div"),
        (Self::Min, "Min"),
        (Self::Max, "Max"),
        (Self::Pow, "Pow"),
        (Self::Rem, "Rem"),
        (Self::Eq, "Eq"),
        (Self::Ne, "Ne"),
        (Self::Lt, "Lt"),
        (Self::Le, "Le"),
        (Self::Gt, "Gt"),
        (Self::Ge, "Ge"),
    ];

    /// The function on the CPU, for constant folding.
    pub fn eval(self, a: f32, b: f32) -> f32 {
        match self {
            Self::Add => a + b,
            Self::Sub => a - b,
            Self::Mul => a * b,
            Self::Div => a / b,
            Self::Min => a.min(b),
            Self::Max => a.max(b),
            Self::Pow => a.powf(b),
            Self::Rem => {
                // The quotient may have been rounded up to a whole number, or down from one.
                let r = a - b * (a / b).floor();
                match r {
                    _ if r * b < 0.0 => r + b,
                    _ if r.abs() >= b.abs() => r - b,
                    _ => r,
                }
            }
            Self::Eq => f32::from(a == b),
            Self::Ne => f32::from(a != b),
            Self::Lt => f32::from(a < b),
            Self::Le => f32::from(a <= b),
            Self::Gt => f32::from(a > b),
            Self::Ge => f32::from(a >= b),
            Self::Advance { shift } => from_order(order(a).wrapping_add((b as u32) << shift)),
        }
    }

    /// Whether a gradient flows through it.
    pub fn smooth(self) -> bool {
        matches!(self, Self::Add | Self::Sub | Self::Mul | Self::Div | Self::Min | Self::Max | Self::Pow)
    }
}

/// Bits that are ordered as the numbers are; the same as in `shaders/shared/math.wgsl`.
fn order(x: f32) -> u32 {
    let bits = x.to_bits();
    if x.is_sign_negative() { !bits } else { bits | 1 << 31 }
}

fn from_order(order: u32) -> f32 {
    f32::from_bits(if order >> 31 == 1 { order & !(1 << 31) } else { !order })
}
