//! The functions of a method that are run by themselves, as opposed to the training step.

use std::ops::Range;

use burn::tensor::Tensor;

use crate::nn::{Batch, Code, Ctx, ImageShape, Method};
use crate::spec::protocol::CodeGroup;

/// Most rows of one run of a program that does not train; more is done in pieces.
pub const PIECE: usize = 256;

/// `n` images as [`crate::train::Engine::evaluate`] takes them: as many at a time as a training step does, because some terms
/// are of a batch as a whole. The last are what is left over; a single one joins those before it, as what compares images needs
/// two.
pub fn minibatches(n: usize, batch: usize) -> impl ExactSizeIterator<Item = Range<usize>> {
    let batch = batch.max(1);
    let alone = n > batch && n % batch == 1;
    let count = n.div_ceil(batch) - usize::from(alone);
    (0..count).map(move |i| i * batch..if i + 1 == count { n } else { (i + 1) * batch })
}

/// One of a method's functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Program {
    /// [`Method::terms`] with its updates.
    Train,
    /// [`Method::terms`] without them.
    Evaluate,
    /// [`Method::start`].
    Start,
    /// [`Method::damaged`]: output `images`.
    Damaged,
    /// [`Method::encode`]: outputs `mean` and, where the method has one, `logvar`.
    Encode,
    /// [`Method::decode`]: output `images`.
    Decode,
    /// [`Method::prior`]: output `z`.
    Prior,
    /// [`Method::log_weights`]: output `log_weights`.
    LogWeights,
    /// [`Method::tokens`]: output `tokens`.
    Tokens,
    /// [`Method::from_tokens`]: output `z`.
    FromTokens,
    /// [`Method::token_logits`]: output `logits`.
    TokenLogits,
    /// [`Method::code_ages`] as one row: output `ages`. For a count of one.
    CodeAges,
    /// [`Method::atoms`] as one row: output `atoms`. For a count of one.
    Atoms,
    /// [`Method::host_images`]: outputs `images` and, the same in each row, `silent`.
    HostImages,
}

/// What a program starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Rows of `channels * height * width` values, and labels.
    Images,
    /// Rows of `latent` values.
    Codes,
    /// Rows of one token for each place of the code grid.
    Tokens,
    /// The number of rows only.
    Count,
}

impl Input {
    /// Values of a row, for images of a shape and codes of `code`.
    pub fn width(self, image: ImageShape, code: &[CodeGroup]) -> usize {
        match self {
            Self::Images => image.len(),
            Self::Codes => code.iter().map(|g| g.count as usize).sum(),
            Self::Tokens => code.iter().filter_map(CodeGroup::places).sum::<u32>().max(1) as usize,
            Self::Count => 1,
        }
    }
}

impl Program {
    pub const ALL: [Self; 14] = [
        Self::Train,
        Self::Evaluate,
        Self::Start,
        Self::Damaged,
        Self::Encode,
        Self::Decode,
        Self::Prior,
        Self::LogWeights,
        Self::Tokens,
        Self::FromTokens,
        Self::TokenLogits,
        Self::CodeAges,
        Self::Atoms,
        Self::HostImages,
    ];

    pub fn input(self) -> Input {
        match self {
            Self::Train
            | Self::Evaluate
            | Self::Start
            | Self::Damaged
            | Self::Encode
            | Self::LogWeights
            | Self::Tokens
            | Self::HostImages => Input::Images,
            Self::Decode => Input::Codes,
            Self::FromTokens | Self::TokenLogits => Input::Tokens,
            Self::Prior | Self::CodeAges | Self::Atoms => Input::Count,
        }
    }

    /// What it gives, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train | Self::Evaluate => "an objective",
            Self::Start => "a start from data",
            Self::Damaged => "damage to its images",
            Self::Encode => "an encoder",
            Self::Decode => "a decoder",
            Self::Prior => "a prior",
            Self::LogWeights => "importance weights",
            Self::Tokens | Self::FromTokens | Self::CodeAges => "a codebook",
            Self::TokenLogits => "a learnt prior over its tokens",
            Self::Atoms => "a dictionary of features",
            Self::HostImages => "a network that it takes apart",
        }
    }
}

/// What a program that maps rows to rows is given.
pub struct Operands {
    /// Images, codes or tokens, shape `[batch, width]`; for [`Input::Count`] any tensor of as many rows.
    pub input_bw: Tensor<2>,
    /// Shape `[batch]`.
    pub label_b: Tensor<1>,
}

/// Runs a program that maps rows to rows. `None` if the method does not have it.
///
/// # Panics
/// For [`Program::Train`], [`Program::Evaluate`] and [`Program::Start`], whose outputs are no rows.
pub fn apply<M: Method>(model: &M, what: Program, operands: Operands, ctx: &mut Ctx) -> Option<Vec<(&'static str, Tensor<2>)>> {
    let Operands { input_bw, label_b } = operands;
    let n = input_bw.dims()[0];
    let batch = |x_bp| Batch { x_bp, label_b };
    match what {
        Program::Damaged => model.damaged(batch(input_bw), ctx).map(|x_bp| vec![("images", x_bp)]),
        Program::Encode => {
            let Code { mean_bd, logvar_bd } = model.encode(batch(input_bw));
            Some([("mean", Some(mean_bd)), ("logvar", logvar_bd)].into_iter().filter_map(|(name, t)| Some((name, t?))).collect())
        }
        Program::Decode => Some(vec![("images", model.decode(input_bw))]),
        Program::Prior => Some(vec![("z", model.prior(n, ctx))]),
        Program::LogWeights => model.log_weights(batch(input_bw), ctx).map(|w_bk| vec![("log_weights", w_bk)]),
        Program::Tokens => model.tokens(batch(input_bw)).map(|token_bn| vec![("tokens", token_bn)]),
        Program::FromTokens => model.from_tokens(input_bw).map(|z_bd| vec![("z", z_bd)]),
        Program::TokenLogits => model.token_logits(input_bw).map(|logit_bn| vec![("logits", logit_bn)]),
        Program::CodeAges => model.code_ages().map(|age_k| vec![("ages", age_k.unsqueeze())]),
        Program::HostImages => model.host_images(batch(input_bw)).map(|y_bp| {
            let pixels = y_bp.dims()[1];
            let silent_bp = y_bp.clone().slice([n..n + 1]).expand([n, pixels]);
            vec![("images", y_bp.slice([0..n])), ("silent", silent_bp)]
        }),
        Program::Atoms => model.atoms().map(|atom_fa| vec![("atoms", atom_fa.flatten::<1>(0, 1).unsqueeze())]),
        Program::Train | Program::Evaluate | Program::Start => unreachable!("{what:?} gives no rows"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_image_is_evaluated_alone_or_twice() {
        let of = |n, batch| minibatches(n, batch).collect::<Vec<_>>();
        assert_eq!(of(10, 4), [0..4, 4..8, 8..10]);
        assert_eq!(of(9, 4), [0..4, 4..9], "a single one has nothing to be compared with");
        assert_eq!(of(8, 4), [0..4, 4..8]);
        assert_eq!((of(1, 4), of(3, 4)), (vec![0..1], vec![0..3]));
        assert_eq!(of(3, 1), [0..1, 1..2, 2..3], "as in training");
        assert!(of(0, 4).is_empty());
    }
}
