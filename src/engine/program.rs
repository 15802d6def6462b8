//! The functions of a method that are run by themselves, as opposed to the training step.

use std::ops::Range;

use burn::tensor::Tensor;

use latent_nn::{Batch, Code, Ctx, Method};
use latent_vocabulary::code::{CodeGroup, decodes};
use latent_vocabulary::shape::SampleShape;

/// Most rows of one run of a program that does not train; more is done in pieces.
pub const PIECE: usize = 256;

/// Rows that a program is compiled for to run on `n`: few sizes, few compilations; what is too much is computed from
/// leftovers and thrown away.
pub(crate) fn batch_of(n: usize) -> usize {
    [1, 16, 64].into_iter().find(|b| *b >= n).unwrap_or(PIECE)
}

/// `n` images as [`crate::Engine::evaluate`] takes them: as many at a time as a training step does, because some terms
/// are of a batch as a whole. The last are what is left over; a single one joins those before it, as what compares images needs
/// two.
pub fn minibatches(n: usize, batch: usize) -> impl ExactSizeIterator<Item = Range<usize>> {
    let batch = batch.max(1);
    let alone = n > batch && n % batch == 1;
    let count = n.div_ceil(batch) - usize::from(alone);
    (0..count).map(move |i| i * batch..if i + 1 == count { n } else { (i + 1) * batch })
}

/// What a program starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Rows of `channels * height * width` values, with labels and, where the method is told them, factors.
    Images,
    /// Rows of `latent` values.
    Codes,
    /// Rows of a code, how far it has come, and how much further it goes: `latent + 2` values.
    Steps,
    /// Rows of one token for each place of the code grid.
    Tokens,
    /// The number of rows only.
    Count,
}

impl Input {
    /// Values of a row, for images of a shape and codes of `code`.
    pub fn width(self, image: SampleShape, code: &[CodeGroup]) -> usize {
        match self {
            Self::Images => image.len(),
            Self::Codes => numbers(code),
            Self::Steps => numbers(code) + STEP,
            Self::Tokens => code.iter().filter_map(CodeGroup::places).sum::<u32>().max(1) as usize,
            Self::Count => 1,
        }
    }
}

/// What a step is told besides the code.
const STEP: usize = 2;

fn numbers(code: &[CodeGroup]) -> usize {
    code.iter().map(|g| g.count as usize).sum()
}

/// What a program that maps rows to rows is given.
pub struct Operands {
    /// Images, codes or tokens, shape `[batch, width]`; for [`Input::Count`] any tensor of as many rows.
    pub input_bw: Tensor<2>,
    /// Shape `[batch]`.
    pub label_b: Tensor<1>,
    /// Shape `[batch, factors]`, where the method is told factors.
    pub factor_bk: Option<Tensor<2>>,
}

/// Rows under their names.
type Outputs = Option<Vec<(&'static str, Tensor<2>)>>;

/// What a program is given, by its input.
macro_rules! given {
    (Images, $operands:ident) => {
        Batch { x_bp: $operands.input_bw, label_b: $operands.label_b, factor_bk: $operands.factor_bk }
    };
    (Count, $operands:ident) => {
        $operands.input_bw.dims()[0]
    };
    ($input:ident, $operands:ident) => {
        $operands.input_bw
    };
}

/// `Name: Input, "what it gives" => |method, given, ctx| outputs` declares a program that maps rows to rows: `given` is a [`Batch`] of
/// images, codes or tokens of shape `[batch, width]`, or a number of rows. Without outputs it is run by hand.
macro_rules! programs {
    (@if $outputs:expr, $program:expr) => {
        $program
    };
    ($($(#[$doc:meta])* $name:ident: $input:ident, $gives:literal $(=> |$m:pat_param, $given:pat_param, $ctx:pat_param| $outputs:expr)?;)+) => {
        /// One of a method's functions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Program {
            $($(#[$doc])* $name,)+
        }

        impl Program {
            pub const ALL: [Self; [$($gives),+].len()] = [$(Self::$name),+];

            pub fn input(self) -> Input {
                match self {
                    $(Self::$name => Input::$input,)+
                }
            }

            /// What files call it.
            pub fn id(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)+
                }
            }

            /// What it gives, for messages.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $gives,)+
                }
            }
        }

        impl Program {
            /// Whether it maps rows to rows, and so can be run by whoever has it and the weights.
            pub fn gives_rows(self) -> bool {
                let rows: &[Self] = &[$($(programs!(@if $outputs, Self::$name),)?)+];
                rows.contains(&self)
            }
        }

        /// Runs a program that maps rows to rows. `None` if the method does not have it.
        ///
        /// # Panics
        /// For [`Program::Train`], [`Program::Evaluate`] and [`Program::Start`], whose outputs are no rows.
        pub fn apply<M: Method>(method: &M, what: Program, operands: Operands, ctx: &mut Ctx) -> Outputs {
            match what {
                $($(Program::$name => {
                    let ($m, $given, $ctx) = (method, given!($input, operands), ctx);
                    $outputs
                })?)+
                _ => unreachable!("{what:?} gives no rows"),
            }
        }
    };
}

programs! {
    /// [`Method::terms`] with its updates.
    Train: Images, "an objective";
    /// [`Method::terms`] without them.
    Evaluate: Images, "an objective";
    /// [`Method::start`].
    Start: Images, "a start from data";
    /// [`Method::damaged`]: output `images`.
    Damaged: Images, "damage to its images" => |m, batch, ctx| one("images", m.damaged(batch, ctx));
    /// [`Method::encode`]: outputs `mean` and, where the method has one, `logvar`.
    Encode: Images, "an encoder" => |m, batch, _| Some(code(m.encode(batch)));
    /// [`Method::decode`]: output `images`.
    Decode: Codes, "a decoder" => |m, z_bd, _| one("images", m.decode(z_bd));
    /// [`Method::prior`]: output `z`.
    Prior: Count, "a prior" => |m, n, ctx| one("z", decodes(&m.code()).then(|| m.prior(n, ctx)));
    /// [`Method::sample_step`]: output `z`.
    SampleStep: Steps, "steps from noise" => |m, row_bw, _| one("z", sample_step(m, row_bw));
    /// [`Method::log_weights`]: output `log_weights`.
    LogWeights: Images, "importance weights" => |m, batch, ctx| one("log_weights", m.log_weights(batch, ctx));
    /// [`Method::log_weights_above`]: output `log_weights`.
    LogWeightsAbove: Images, "levels of its code" => |m, batch, ctx| one("log_weights", m.log_weights_above(batch, ctx));
    /// [`Method::tokens`]: output `tokens`.
    Tokens: Images, "a codebook" => |m, batch, _| one("tokens", m.tokens(batch));
    /// [`Method::from_tokens`]: output `z`.
    FromTokens: Tokens, "a codebook" => |m, token_bn, _| one("z", m.from_tokens(token_bn));
    /// [`Method::token_logits`]: output `logits`.
    TokenLogits: Tokens, "a learnt prior over its tokens" => |m, token_bn, _| one("logits", m.token_logits(token_bn));
    /// [`Method::code_ages`] as one row: output `ages`. For a count of one.
    CodeAges: Count, "a codebook" => |m, _, _| one("ages", m.code_ages().map(Tensor::unsqueeze));
    /// [`Method::atoms`] as one row: output `atoms`. For a count of one.
    Atoms: Count, "a dictionary of features" => |m, _, _| one("atoms", m.atoms().map(|atom_fa| atom_fa.flatten::<1>(0, 1).unsqueeze()));
    /// [`Method::layers`]: outputs `raw` and `inputs`.
    Layers: Images, "layers of a network that it takes apart" => |m, batch, _| m.layers(batch).map(|[raw, inputs]| vec![("raw", raw), ("inputs", inputs)]);
    /// [`Method::one_on`]: output `z`.
    OneOn: Codes, "layers of a network that it takes apart" => |m, z_bd, _| one("z", m.one_on(z_bd));
    /// [`Method::host_images`]: outputs `images` and, the same in each row, `silent` and `average`.
    HostImages: Images, "a network that it takes apart" => |m, batch, _| m.host_images(batch).map(host_images);
}

fn one(name: &'static str, rows: Option<Tensor<2>>) -> Outputs {
    rows.map(|rows| vec![(name, rows)])
}

fn sample_step<M: Method>(method: &M, row_bw: Tensor<2>) -> Option<Tensor<2>> {
    let [n, width] = row_bw.dims();
    let latent = width - STEP;
    let column = |at: usize| row_bw.clone().slice([0..n, at..at + 1]);
    method.sample_step(row_bw.clone().slice([0..n, 0..latent]), column(latent), column(latent + 1))
}

fn code(Code { mean_bd, logvar_bd }: Code) -> Vec<(&'static str, Tensor<2>)> {
    [("mean", Some(mean_bd)), ("logvar", logvar_bd)].into_iter().filter_map(|(name, t)| Some((name, t?))).collect()
}

/// The last two rows are of the silenced layer and of its mean.
fn host_images(y_mp: Tensor<2>) -> Vec<(&'static str, Tensor<2>)> {
    let [m, pixels] = y_mp.dims();
    let n = m - 2;
    let same_np = |row: usize| y_mp.clone().slice([row..row + 1]).expand([n, pixels]);
    vec![("images", y_mp.clone().slice([0..n])), ("silent", same_np(n)), ("average", same_np(n + 1))]
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
