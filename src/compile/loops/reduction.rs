//! Functions that make one number of many, in any order.

use crate::emit::ctl;

/// Reductions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduction {
    /// `Σ x`
    Sum,
    /// The largest element.
    Max,
    /// The smallest element.
    Min,
    /// `Π x`
    Prod,
}

impl Reduction {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Sum, Self::Max, Self::Min, Self::Prod];

    /// The value that it begins with.
    pub fn begin(self) -> f32 {
        match self {
            Self::Sum => 0.0,
            Self::Prod => 1.0,
            Self::Max => f32::NEG_INFINITY,
            Self::Min => f32::INFINITY,
        }
    }

    /// WGSL of the value that it begins with.
    pub(crate) fn start(self) -> String {
        match self {
            Self::Sum => "0.0f".into(),
            Self::Prod => "1.0f".into(),
            Self::Max => format!("-bitcast<f32>(ctl[{}])", ctl::INFINITY),
            Self::Min => format!("bitcast<f32>(ctl[{}])", ctl::INFINITY),
        }
    }

    /// The WGSL statement that joins `v` to `acc`.
    pub(crate) fn join(self, acc: &str, v: &str) -> String {
        match self {
            Self::Sum => format!("{acc} += {v};"),
            Self::Prod => format!("{acc} *= {v};"),
            Self::Max => format!("{acc} = max({acc}, {v});"),
            Self::Min => format!("{acc} = min({acc}, {v});"),
        }
    }
}
