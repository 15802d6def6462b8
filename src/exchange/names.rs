//! What values are called: after the layer that they come from.

use latent_compile::graph::{Binary, Unary};

use crate::code::{Code, Do, Reduced};
use latent_compile::loops::reduction::Reduction;
pub use latent_compile::stored::given::{LOSS, SET};

/// The layer whose weights a call takes, as in `encoder.hidden`.
pub fn layer(code: &Code, of: usize) -> Option<&str> {
    let value = &code.values[of];
    if !matches!(value.of, Do::Linear | Do::Conv(_) | Do::ConvTranspose(..)) {
        return None;
    }
    match &code.values[value.args[1]].of {
        Do::Weight(name) => name.strip_suffix(".weight"),
        _ => None,
    }
}

/// The layer that a value comes from, through what is done to each of its elements.
pub fn origin(code: &Code, of: usize) -> Option<&str> {
    let value = &code.values[of];
    layer(code, of).or_else(|| match value.of {
        Do::Unary(_) | Do::Reshape | Do::Permute(_) | Do::Detach | Do::Cast => origin(code, value.args[0]),
        _ => None,
    })
}

/// One word for what a call does.
pub fn word(of: &Do) -> &'static str {
    match of {
        Do::Weight(_) | Do::Input(_) | Do::Noise(..) | Do::Control(..) => "given",
        Do::Data(_) => "data",
        Do::Number(_) => "number",
        Do::Count => "places",
        Do::Cast => "cast",
        Do::Unary(f) => unary(*f),
        Do::Binary(f) => binary(*f),
        Do::Where => "chosen",
        Do::Detach => "detached",
        Do::Reshape => "shaped",
        Do::Permute(_) => "turned",
        Do::Expand => "spread",
        Do::Slice { .. } => "part",
        Do::Pad { .. } => "padded",
        Do::Flip(_) => "flipped",
        Do::Concat(_) => "joined",
        Do::MatMul | Do::Linear => "product",
        Do::Conv(_) | Do::ConvTranspose(..) => "conv",
        Do::Rows(_) | Do::Gather(_) => "picked",
        Do::Reduce { of: Reduced::Mean, .. } => "mean",
        Do::Reduce { of: Reduced::Plain(of), .. } => match of {
            Reduction::Sum => "total",
            Reduction::Max => "largest",
            Reduction::Min => "smallest",
            Reduction::Prod => "multiplied",
        },
        Do::Arg { largest: true, .. } => "argmax",
        Do::Arg { .. } => "argmin",
        Do::Kth => "kth_largest",
        Do::Rank(_) => "rank",
        Do::CumSum(..) => "running_sum",
        Do::ScatterAdd(_) => "scattered",
    }
}

fn unary(f: Unary) -> &'static str {
    match f {
        Unary::Neg => "negative",
        Unary::Exp => "exp",
        Unary::Log => "log",
        Unary::Log1p => "log1p",
        Unary::Sqrt => "root",
        Unary::Abs => "size",
        Unary::Sign => "sign",
        Unary::Sin => "sin",
        Unary::Cos => "cos",
        Unary::Tanh => "tanh",
        Unary::Sigmoid => "sigmoid",
        Unary::Relu => "relu",
        Unary::Softplus => "softplus",
        Unary::Recip => "inverse",
        Unary::Floor => "floor",
        Unary::Ceil => "ceil",
        Unary::Round => "rounded",
        Unary::Erf => "erf",
        Unary::Not => "negated",
        Unary::IsNan => "is_nan",
        Unary::IsInf => "is_inf",
    }
}

fn binary(f: Binary) -> &'static str {
    match f {
        Binary::Add => "added",
        Binary::Sub => "difference",
        Binary::Mul => "product",
        Binary::Div => "ratio",
        Binary::Min => "lower",
        Binary::Max => "upper",
        Binary::Pow => "power",
        Binary::Rem => "remainder",
        Binary::Eq => "equal",
        Binary::Ne => "unequal",
        Binary::Lt => "below",
        Binary::Le => "at_most",
        Binary::Gt => "above",
        Binary::Ge => "at_least",
        Binary::Advance { .. } => "advanced",
    }
}

/// A name that none of `taken` is: with a number behind it where it must be.
pub fn fresh(wanted: &str, taken: &mut Vec<String>) -> String {
    let mut name = wanted.to_string();
    let mut n = 1;
    while taken.contains(&name) {
        n += 1;
        name = format!("{wanted}_{n}");
    }
    taken.push(name.clone());
    name
}

/// Numbers with commas between.
pub fn list(all: &[usize]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
