//! What the numbers of a code are.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// What a stretch of a code means, and so how it can be shown and moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CodeKind {
    /// A Gaussian posterior; the prior is standard normal. Where a code has several such groups they are [`levels`], of which each tells
    /// those behind it what to expect.
    Gaussian,
    /// A point without a posterior.
    Point,
    /// A point that images become, and of which nothing makes an image again: there is no decoder, and nothing is drawn.
    Embedding,
    /// A point; new ones are carried from standard normal noise to where such points lie, step by step.
    Flow,
    /// A choice: the numbers are not negative and add up to one. `given`: it is the image's label, which the encoder is told.
    Choice { given: bool },
    /// A factor of the data set: the factor of that number, of `size` values. One number says how much of it there is, from 0 to 1; as many
    /// as there are values say which of these kinds it is. `given`: the encoder is told it; otherwise it finds it in the image, and the
    /// numbers may lie beside these.
    Factor { index: u32, size: u32, given: bool },
    /// Features that are zero most of the time: as many for each place of a grid, one place after the other. An image that
    /// is one input has a grid of one place. `layers`: the places are no parts of an image but layers of a network, the first of which reads it.
    Features { height: u32, width: u32, layers: bool },
    /// Vectors from a codebook, one at each place of a grid; a place has as many tokens as there are `levels`, all from one codebook, and its
    /// vector is the sum of their codes, the roughest first. `drawn`: a prior over the tokens is learnt, so that new ones can be drawn. `bits`:
    /// the codes are all combinations of some bits, the first of which counts one.
    Grid { height: u32, width: u32, levels: u32, codes: u32, drawn: bool, bits: bool },
    /// A point each of whose numbers takes one of so many values, which are its own.
    Steps { values: u32 },
}

/// Neighbouring numbers of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeGroup {
    pub kind: CodeKind,
    pub count: u32,
}

impl CodeGroup {
    /// Tokens that it is written with, if it has a codebook.
    pub fn places(&self) -> Option<u32> {
        match self.kind {
            CodeKind::Grid { height, width, levels, .. } => Some(height * width * levels),
            _ => None,
        }
    }

    /// Whether the encoder is told it rather than finds it out.
    pub fn is_told(&self) -> bool {
        matches!(self.kind, CodeKind::Choice { given: true } | CodeKind::Factor { given: true, .. })
    }

    /// How its features are laid out, if it has any.
    pub fn features(&self) -> Option<FeatureGrid> {
        let CodeKind::Features { height, width, layers } = self.kind else { return None };
        let (height, width) = (height as usize, width as usize);
        Some(FeatureGrid { height, width, features: self.count as usize / (height * width), layers })
    }
}

/// The levels of a code, the uppermost first: which numbers are theirs. None where there is only one.
pub fn levels(code: &[CodeGroup]) -> Vec<Range<usize>> {
    let mut at = 0;
    let mut all = vec![];
    for group in code {
        let own = at..at + group.count as usize;
        at = own.end;
        if group.kind == CodeKind::Gaussian {
            all.push(own);
        }
    }
    if all.len() > 1 { all } else { vec![] }
}

/// Numbers of a code that the encoder has found out, which stand before those that it is told.
pub fn found(code: &[CodeGroup]) -> usize {
    code.iter().take_while(|group| !group.is_told()).map(|group| group.count as usize).sum()
}

/// Values that each number of a code may take; 0 where it may take any, or where the code is not made of such numbers alone.
pub fn steps(code: &[CodeGroup]) -> u32 {
    match code {
        [CodeGroup { kind: CodeKind::Steps { values }, .. }] => *values,
        _ => 0,
    }
}

/// Whether something makes images of such codes.
pub fn decodes(code: &[CodeGroup]) -> bool {
    code.iter().all(|group| group.kind != CodeKind::Embedding)
}

/// What is said to whoever asks for an image of a code where nothing makes one.
pub const NO_DECODER: &str = "this model has no decoder: it turns images into codes, and nothing turns a code into an image";

/// Most numbers of a code that a file may announce.
const MOST: u32 = 1 << 24;

/// What a code is, as a file says it beside the weights: `gaussian 20, label 10`.
pub fn to_note(code: &[CodeGroup]) -> String {
    let group = |CodeGroup { kind, count }: &CodeGroup| match kind {
        CodeKind::Gaussian => format!("gaussian {count}"),
        CodeKind::Point => format!("point {count}"),
        CodeKind::Embedding => format!("embedding {count}"),
        CodeKind::Flow => format!("flow {count}"),
        CodeKind::Choice { given: false } => format!("choice {count}"),
        CodeKind::Choice { given: true } => format!("label {count}"),
        // All numbers of a note are at least one.
        CodeKind::Factor { index, size, given } => {
            format!("{} {count} {} {size}", if *given { "factor" } else { "attribute" }, index + 1)
        }
        CodeKind::Features { height, width, layers } => {
            format!("{} {count} {height} {width}", if *layers { "layers" } else { "features" })
        }
        CodeKind::Grid { height, width, levels, codes, drawn, bits } => {
            let (drawn, name) = (if *drawn { "drawn-" } else { "" }, if *bits { "bits" } else { "grid" });
            format!("{drawn}{name} {count} {height} {width} {levels} {codes}")
        }
        CodeKind::Steps { values } => format!("steps {count} {values}"),
    };
    code.iter().map(group).collect::<Vec<_>>().join(", ")
}

/// Reads [`to_note`].
///
/// # Errors
/// If that is not what it is, or the numbers do not go together: files come from strangers.
pub fn from_note(note: &str) -> Result<Vec<CodeGroup>, String> {
    let foreign = || format!("the model's code is {note:?}, which this program does not know");
    let group = |text: &str| {
        let mut words = text.split_whitespace();
        let name = words.next()?;
        let n = words.map(|word| word.parse().ok().filter(|n| (1..=MOST).contains(n))).collect::<Option<Vec<u32>>>()?;
        let product = |n: &[u32]| n.iter().try_fold(1u32, |product, n| product.checked_mul(*n));
        let kind = match (name, &n[..]) {
            ("gaussian", [_]) => CodeKind::Gaussian,
            ("point", [_]) => CodeKind::Point,
            ("embedding", [_]) => CodeKind::Embedding,
            ("flow", [_]) => CodeKind::Flow,
            ("choice", [_]) => CodeKind::Choice { given: false },
            ("label", [_]) => CodeKind::Choice { given: true },
            ("factor" | "attribute", [count, index, size]) if *size <= 255 && (*count == 1 || count == size) => {
                CodeKind::Factor { index: index - 1, size: *size, given: name == "factor" }
            }
            ("features" | "layers", [count, height, width]) if count % product(&[*height, *width])? == 0 => {
                CodeKind::Features { height: *height, width: *width, layers: name == "layers" }
            }
            ("grid" | "drawn-grid" | "bits" | "drawn-bits", [count, height, width, levels, codes])
                if count % product(&[*height, *width])? == 0
                    && product(&[*height, *width, *levels])? <= MOST
                    && (name.ends_with("grid") || codes.is_power_of_two()) =>
            {
                let (drawn, bits) = (name.starts_with("drawn"), name.ends_with("bits"));
                CodeKind::Grid { height: *height, width: *width, levels: *levels, codes: *codes, drawn, bits }
            }
            ("steps", [_, values]) => CodeKind::Steps { values: *values },
            _ => return None,
        };
        Some(CodeGroup { kind, count: n[0] })
    };
    let code: Vec<CodeGroup> = note.split(',').map(group).collect::<Option<_>>().ok_or_else(foreign)?;
    let count = code.iter().try_fold(0u32, |sum, group| sum.checked_add(group.count));
    if count.is_none_or(|n| n > MOST) { Err(foreign()) } else { Ok(code) }
}

/// A code of features that are zero most of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeatureGrid {
    /// Places, each with all of the features.
    pub height: usize,
    pub width: usize,
    pub features: usize,
    /// The places are layers of a network.
    pub layers: bool,
}

impl FeatureGrid {
    pub fn places(self) -> usize {
        self.height * self.width
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_what_is_gaussian_more_than_once() {
        let of = |kind, count| CodeGroup { kind, count };
        assert_eq!(levels(&[of(CodeKind::Gaussian, 4)]), []);
        assert_eq!(levels(&[of(CodeKind::Gaussian, 4), of(CodeKind::Choice { given: true }, 3)]), []);
        assert_eq!(levels(&[of(CodeKind::Gaussian, 4), of(CodeKind::Gaussian, 16)]), [0..4, 4..20]);
    }

    #[test]
    fn what_a_code_is_comes_back_from_its_note() {
        let grid = |drawn, bits| CodeKind::Grid { height: 2, width: 4, levels: 3, codes: 512, drawn, bits };
        let kinds = [
            CodeKind::Gaussian,
            CodeKind::Point,
            CodeKind::Choice { given: true },
            CodeKind::Choice { given: false },
            CodeKind::Features { height: 4, width: 4, layers: false },
            CodeKind::Features { height: 4, width: 1, layers: true },
            CodeKind::Flow,
            CodeKind::Embedding,
            grid(true, false),
            grid(false, false),
            grid(true, true),
            grid(false, true),
            CodeKind::Steps { values: 10 },
        ];
        let code: Vec<CodeGroup> = kinds.iter().map(|kind| CodeGroup { kind: *kind, count: 64 }).collect();
        assert_eq!(from_note(&to_note(&code)), Ok(code.clone()));
        assert_eq!(to_note(&code[..3]), "gaussian 64, point 64, label 64");
        let factor = |index, size, count| CodeGroup { kind: CodeKind::Factor { index, size, given: index < 2 }, count };
        let told = [factor(0, 5, 5), factor(1, 16, 1)];
        assert_eq!(from_note(&to_note(&told)), Ok(told.to_vec()));
        for foreign in [
            "",
            "gaussian",
            "gaussian 0",
            "gaussian -1",
            "spline 3",
            "point 3 4",
            "features 5 2 2",
            "gaussian 99999999",
            "factor 2 1 3",
            "factor 300 1 300",
            "steps 3",
            "bits 8 2 2 1 12",
        ] {
            assert!(from_note(foreign).unwrap_err().contains("does not know"), "{foreign}");
        }
        for foreign in ["grid 8 65536 65536 1 4", "grid 8 2 2 16777216 4", "point 16777216, point 16777216"] {
            assert!(from_note(foreign).is_err(), "{foreign}");
        }
    }
}
