//! A method is a Burn module that knows its loss, its encoder and, if it has one, its decoder.
//!
//! The same code runs twice: eagerly on a Burn backend (the oracle), and once on the capture device, from where the
//! compiler takes it to the GPU. So it must not read values back, and everything random or adjustable comes from [`Ctx`].
//!
//! A module's parameters come in three kinds, which nobody declares: those that the loss has a gradient for are trained;
//! those that [`Terms::set`] gives a new value every step are *state* (moving averages, counters); the others are frozen.

#![deny(missing_docs)]

use std::borrow::Cow;

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::one_hot::one_hot;
use super::told::told;
use latent_vocabulary::Card;
use latent_vocabulary::Params;
use latent_vocabulary::code::CodeGroup;
use latent_vocabulary::factors::FactorList;
use latent_vocabulary::shape::DataShape;

/// Source of the random numbers of a step.
///
/// Captured: an operation that becomes the counter-based generator. Eager: Burn's own generator, or a replay of the
/// plan's numbers when the two are compared.
pub trait Noise {
    /// Standard normal values.
    fn normal(&mut self, shape: &[usize], device: &Device) -> Tensor<1>;
    /// Values uniform on `[0, 1)`.
    fn uniform(&mut self, shape: &[usize], device: &Device) -> Tensor<1>;
}

/// The images that a step looks at.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Shape `[batch, channels * height * width]`, values in `[0, 1]`.
    pub x_bp: Tensor<2>,
    /// Class of each image as a whole number, shape `[batch]`.
    pub label_b: Tensor<1>,
    /// Value of each factor of each image as a whole number, shape `[batch, factors]`; there if the card asks for it.
    pub factor_bk: Option<Tensor<2>>,
}

impl Batch {
    /// Images in the batch.
    pub fn len(&self) -> usize {
        self.x_bp.dims()[0]
    }

    /// Whether it has no images.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The labels as vectors of zeros with a one, shape `[batch, classes]`.
    pub fn one_hot_bc(&self, classes: usize) -> Tensor<2> {
        one_hot(self.label_b.clone().reshape([self.len(), 1]), classes)
    }

    /// The factors as the numbers by which they are told, shape `[batch, numbers]`.
    ///
    /// # Panics
    /// If the card does not ask for them: a mistake in the method's own code.
    pub fn told_bt(&self, factors: &FactorList) -> Tensor<2> {
        told(self.factor_bk.clone().expect("the card asks for factors"), factors)
    }
}

/// What a step may ask for besides its images.
pub struct Ctx<'a> {
    /// Values of the live parameters, in the order of `keys`, shape `[keys.len()]`.
    pub controls: Tensor<1>,
    /// Keys of the live parameters, from [`live_keys`].
    pub keys: &'a [&'static str],
    /// Training steps completed, shape `[1]`: for schedules.
    pub step: Tensor<1>,
    /// Whether this is a training step, as opposed to an evaluation.
    pub training: bool,
    /// Where [`Ctx::normal`] and [`Ctx::uniform`] draw.
    pub noise: &'a mut dyn Noise,
}

impl Ctx<'_> {
    /// The current value of a live parameter, shape `[1]`.
    ///
    /// # Panics
    /// If the card has no live parameter `key`: a mistake in the method's own code.
    pub fn live(&self, key: &str) -> Tensor<1> {
        let i = self.keys.iter().position(|k| *k == key).unwrap_or_else(|| panic!("no live parameter {key}"));
        self.controls.clone().slice([i..i + 1])
    }

    /// Standard normal noise of the given shape.
    pub fn normal<const D: usize>(&mut self, shape: [usize; D]) -> Tensor<D> {
        self.noise.normal(&shape, &self.controls.device()).reshape(shape)
    }

    /// Uniform noise on `[0, 1)` of the given shape.
    pub fn uniform<const D: usize>(&mut self, shape: [usize; D]) -> Tensor<D> {
        self.noise.uniform(&shape, &self.controls.device()).reshape(shape)
    }

    /// Where the step's tensors lie.
    pub fn device(&self) -> Device {
        self.controls.device()
    }
}

/// A parameter's name in the module, for example `codebook.usage_k`, and values for it, flattened.
pub type Named = (&'static str, Tensor<1>);

/// The objective of a batch, and what else a step leaves behind.
pub struct Terms {
    /// Named parts of the objective. The first is minimised, the others are shown.
    pub scalars: Vec<Named>,
    /// KL of each latent in nats, mean over the batch, shape `[latent]`.
    pub kl_d: Option<Tensor<1>>,
    /// State: parameters that take these values after the step.
    pub set: Vec<(Cow<'static, str>, Tensor<1>)>,
    /// Added to trained parameters after the optimiser's step.
    pub add: Vec<Named>,
}

impl Terms {
    /// The objective itself, shape `[1]`.
    pub fn new(loss: Tensor<1>) -> Self {
        Self { scalars: vec![("loss", loss)], kl_d: None, set: vec![], add: vec![] }
    }

    /// With another term of the objective, `weight · value`, both `[1]`, shown by its value.
    #[must_use]
    pub fn plus(mut self, name: &'static str, weight: Tensor<1>, value: Tensor<1>) -> Self {
        let (_, loss) = &mut self.scalars[0];
        *loss = loss.clone() + weight * value.clone();
        self.show(name, value)
    }

    /// Shows a part of the objective, or another number, shape `[1]`.
    #[must_use]
    pub fn show(mut self, name: &'static str, value: Tensor<1>) -> Self {
        self.scalars.push((name, value));
        self
    }

    /// Shows the KL of each latent, shape `[latent]`.
    #[must_use]
    pub fn kl(mut self, kl_d: Tensor<1>) -> Self {
        self.kl_d = Some(kl_d);
        self
    }

    /// Gives the parameter `name` a new value after the step. No gradient may reach it: use [`super::stop_gradient`].
    #[must_use]
    pub fn set<const D: usize>(mut self, name: impl Into<Cow<'static, str>>, value: Tensor<D>) -> Self {
        let n = value.dims().iter().product::<usize>();
        self.set.push((name.into(), value.reshape([n])));
        self
    }

    /// Adds to the trained parameter `name` after the optimiser's step.
    #[must_use]
    pub fn add<const D: usize>(mut self, name: &'static str, delta: Tensor<D>) -> Self {
        let n = delta.dims().iter().product::<usize>();
        self.add.push((name, delta.reshape([n])));
        self
    }
}

/// Code of a batch.
pub struct Code {
    /// Shape `[batch, latent]`.
    pub mean_bd: Tensor<2>,
    /// Natural logarithm of the posterior's variance, shape `[batch, latent]`; `None` for deterministic encoders.
    pub logvar_bd: Option<Tensor<2>>,
}

/// A trainable method. Tensors of images are flat, `[batch, channels * height * width]`, with values in `[0, 1]`.
pub trait Method: Module + Sized + 'static {
    /// Its name, paper, parameters and sentences for the page.
    const CARD: &'static Card;

    /// The network with fresh random weights.
    fn init(params: &Params, data: DataShape, device: &Device) -> Self;

    /// What the numbers of a code are, in order; their counts add up to the latent size.
    fn code(&self) -> Vec<CodeGroup>;

    /// The objective on a batch.
    fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms;

    /// The code of each image.
    fn encode(&self, batch: Batch) -> Code;

    /// Mean image of each code, values in `[0, 1]`; `None` without a decoder, which [`Self::code`] says by a
    /// [`CodeKind::Embedding`](latent_vocabulary::code::CodeKind::Embedding).
    fn decode(&self, _z_bd: Tensor<2>) -> Option<Tensor<2>> {
        None
    }

    /// What the encoder sees of each image in training where that is not the image itself but damaged or in part hidden, shape
    /// `[batch, pixels]`.
    fn damaged(&self, _batch: Batch, _ctx: &mut Ctx) -> Option<Tensor<2>> {
        None
    }

    /// Values that depend on the data: run once on [`START_BATCH`] images before the first step (k-means for a codebook,
    /// the mean image for a bias). Empty: nothing to do.
    fn start(&self, _batch: Batch, _ctx: &mut Ctx) -> Vec<Named> {
        vec![]
    }

    /// Codes drawn from the prior, shape `[n, latent]`; asked only of a method with a decoder.
    fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
        ctx.normal([n, latent(self)])
    }

    /// Codes one step further on their way from what [`Self::prior`] draws to codes of the network, which are as far as 1: `at_b1` is how
    /// far they have come, `by_b1` how much further they go, shapes `[batch, 1]`. `None` where the prior draws codes.
    fn sample_step(&self, _z_bd: Tensor<2>, _at_b1: Tensor<2>, _by_b1: Tensor<2>) -> Option<Tensor<2>> {
        None
    }

    /// `log p(x, z) − log q(z | x)` of [`IMPORTANCE_SAMPLES`] posterior samples for each image, in nats, shape
    /// `[batch, IMPORTANCE_SAMPLES]`; `None` where the method defines no density.
    fn log_weights(&self, _batch: Batch, _ctx: &mut Ctx) -> Option<Tensor<2>> {
        None
    }

    /// The same of a code with levels where all but the uppermost are drawn from what the levels above lead to expect, whatever the image says:
    /// how well the upper level alone explains it. `None` where a code has no levels.
    fn log_weights_above(&self, _batch: Batch, _ctx: &mut Ctx) -> Option<Tensor<2>> {
        None
    }

    /// Index of the codebook entry at each place of the code grid, shape `[batch, places]`; `None` without a codebook.
    fn tokens(&self, _batch: Batch) -> Option<Tensor<2>> {
        None
    }

    /// The code that those tokens stand for, shape `[batch, latent]`; the inverse of [`Self::tokens`].
    #[allow(clippy::wrong_self_convention, reason = "named after `tokens`, of the same network")]
    fn from_tokens(&self, _token_bn: Tensor<2>) -> Option<Tensor<2>> {
        None
    }

    /// Logits of the token at every place, given the tokens before it in raster order, shape `[batch, places * codes]`;
    /// `None` without a learnt prior.
    fn token_logits(&self, _token_bn: Tensor<2>) -> Option<Tensor<2>> {
        None
    }

    /// Training steps since each code of the codebook was last chosen, below zero if it never was, shape `[codes]`; `None` without a
    /// codebook.
    fn code_ages(&self) -> Option<Tensor<1>> {
        None
    }

    /// What each feature adds to an input where it is active with 1, shape `[features, inputs]`; `None` without a dictionary.
    fn atoms(&self) -> Option<Tensor<2>> {
        None
    }

    /// What the trained network that is taken apart makes of images by itself, and in two more rows what it makes of nothing: its
    /// layer set to zero, and to its mean. Shape `[batch + 2, pixels]`; `None` where no network is taken apart.
    fn host_images(&self, _batch: Batch) -> Option<Tensor<2>> {
        None
    }

    /// The layers of a network that are taken apart, on images, all of one image in a row: as they are, and as the dictionary has them. Shapes
    /// `[batch, layers * width]`; `None` where no layers are.
    fn layers(&self, _batch: Batch) -> Option<[Tensor<2>; 2]> {
        None
    }

    /// The code that follows from a code of several layers when each layer is what the network makes of the one before it; what is of the first stays as it is.
    /// Shape `[batch, latent]`; `None` where no layers of a network are taken apart.
    fn one_on(&self, _z_bd: Tensor<2>) -> Option<Tensor<2>> {
        None
    }
}

/// Images that [`Method::start`] sees.
pub const START_BATCH: usize = 1024;

/// Samples an image of one call of [`Method::log_weights`].
pub const IMPORTANCE_SAMPLES: usize = 10;

/// Numbers in a code.
pub fn latent<M: Method>(method: &M) -> usize {
    method.code().iter().map(|g| g.count as usize).sum()
}

/// Keys of a card's live parameters, in card order: the layout of the controls buffer.
pub fn live_keys(card: &'static Card) -> Vec<&'static str> {
    card.all_params().filter(|p| p.live).map(|p| p.key).collect()
}
