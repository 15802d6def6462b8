//! A method is a Burn module that knows its loss, its encoder and its decoder.
//!
//! The same code runs twice: eagerly on a Burn backend (the oracle), and once on the capture device, from where the
//! compiler takes it to the GPU. So it must not read values back, and everything random or adjustable comes from [`Ctx`].

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::spec::data::DataCard;
use crate::spec::{Card, Setup};

/// Size of the images of a data set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImageShape {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

impl ImageShape {
    pub const MNIST: Self = Self { channels: 1, height: 28, width: 28 };

    /// The shape of a registered data set's images.
    pub fn of(card: &DataCard) -> Self {
        Self { channels: card.channels, height: card.height, width: card.width }
    }

    /// Values in one image.
    pub fn len(self) -> usize {
        self.channels * self.height * self.width
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

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

/// What a step may ask for besides its images.
pub struct Ctx<'a> {
    /// Values of the live parameters, in the order of `keys`, shape `[keys.len()]`.
    pub controls: Tensor<1>,
    pub keys: &'a [&'static str],
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
}

/// Named parts of the objective, in nats an image. The first is minimised, the others are shown.
pub struct Terms {
    pub scalars: Vec<(&'static str, Tensor<1>)>,
    /// KL of each latent, mean over the batch, shape `[latent]`.
    pub kl_d: Option<Tensor<1>>,
}

/// Posterior of a batch.
pub struct Code {
    /// Shape `[batch, latent]`.
    pub mean_bd: Tensor<2>,
    /// Natural logarithm of the variance, shape `[batch, latent]`; `None` for deterministic encoders.
    pub logvar_bd: Option<Tensor<2>>,
}

/// A trainable method. Tensors of images are flat, `[batch, channels * height * width]`, with values in `[0, 1]`.
pub trait Method: Module + Sized + 'static {
    const CARD: &'static Card;

    /// The network with fresh random weights.
    fn init(setup: &Setup, shape: ImageShape, device: &Device) -> Self;

    /// Latent dimensions.
    fn latent(&self) -> usize;

    /// Names of [`Terms::scalars`].
    fn term_names() -> &'static [&'static str];

    /// The objective on a batch.
    fn terms(&self, x_bp: Tensor<2>, ctx: &mut Ctx) -> Terms;

    /// The posterior.
    fn encode(&self, x_bp: Tensor<2>) -> Code;

    /// Mean image of each code, values in `[0, 1]`.
    fn decode(&self, z_bd: Tensor<2>) -> Tensor<2>;
}

/// Keys of a card's live parameters, in card order: the layout of the controls buffer.
pub fn live_keys(card: &'static Card) -> Vec<&'static str> {
    card.all_params().filter(|p| p.live).map(|p| p.key).collect()
}
