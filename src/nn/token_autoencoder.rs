//! An autoencoder whose code is a grid of tokens: everything but the quantiser, which is what a method of the line adds.

use burn::module::{Module, ModuleDisplay};
use burn::tensor::{Device, Tensor};

use super::grid::{self, Decoder, Encoder, Grid};
use super::likelihood::Likelihood;
use super::token_prior::TokenPrior;
use super::usage::Usage;
use super::{Batch, Code, Ctx, Method, Named, Terms, stop_gradient};
use latent_vocabulary::Card;
use latent_vocabulary::Params;
use latent_vocabulary::code::{CodeGroup, CodeKind};
use latent_vocabulary::shape::DataShape;
use latent_vocabulary::tokens::PRIORS;

/// Images of a batch that the prior over tokens learns from: it is the dearest part, and they are many tokens each. Elsewhere it
/// sees all of them, as many at a time.
const PRIOR_IMAGES: usize = 32;
/// Images that a codebook starts from, where it does: they have many vectors each.
const START_IMAGES: usize = 256;

/// What one place of the code is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alphabet {
    /// Numbers that the decoder is given.
    pub dim: usize,
    /// Tokens that stand for them.
    pub levels: usize,
    /// Kinds of tokens.
    pub codes: usize,
}

/// Vectors made of tokens, see [`Quantiser::quantise`].
pub struct Quantised {
    /// The vectors, with a gradient to what they were made from, shape `[n, dim]`.
    pub q_nd: Tensor<2>,
    /// Shape `[n, levels]`.
    pub token_nl: Tensor<2>,
    /// What the quantiser adds to the loss, mean over the places, shape `[1]`.
    pub penalty: Tensor<1>,
    /// Numbers to show, mean over the places, shape `[1]` each.
    pub shown: Vec<Named>,
}

/// Vectors to tokens and back. Rows are the places of all images of a batch, `n = batch * places`.
///
/// It is the field `quantiser` of its autoencoder: the names of its state begin with `quantiser.`.
pub trait Quantiser: Module + ModuleDisplay + 'static {
    const CARD: &'static Card;

    fn init(params: &Params, device: &Device) -> Self;

    fn alphabet(&self) -> Alphabet;

    /// Whether its codes are all combinations of bits, the first of which counts one.
    fn bits(&self) -> bool {
        false
    }

    /// The record of which codes were chosen.
    fn usage(&self) -> &Usage;

    /// `[n, dim]` to `[n, levels]`.
    fn tokens(&self, z_nd: Tensor<2>) -> Tensor<2>;

    /// `[n, levels]` to `[n, dim]`, the inverse of [`Self::tokens`].
    fn vectors(&self, token_nl: Tensor<2>) -> Tensor<2>;

    /// What the decoder is given of vectors, `[n, dim]` each: those of their tokens, where it is nothing between them.
    fn quantised(&self, z_nd: Tensor<2>) -> Tensor<2> {
        self.vectors(self.tokens(z_nd))
    }

    /// Both in one for training: the same vectors, and the terms of the loss that belong to them.
    fn quantise(&self, z_nd: Tensor<2>, ctx: &mut Ctx) -> Quantised;

    /// What is learnt after the step and not by its gradient, from vectors and the tokens they became; and how to show it: the record of use, where nothing is.
    fn learn(&self, terms: Terms, _z_nd: Tensor<2>, token_nl: Tensor<2>, _ctx: &mut Ctx) -> Terms {
        self.usage().watch(terms, token_nl)
    }

    /// See [`Method::start`]; from vectors.
    fn start(&self, _z_nd: Tensor<2>, _ctx: &mut Ctx) -> Vec<Named> {
        vec![]
    }
}

/// Encoder, quantiser, decoder, likelihood, and the prior over tokens.
///
/// The objective is `−ln p(x | q) + penalty − prior_weight · ln p(tokens)`, in nats an image. The penalty is summed over the
/// places as the reconstruction is over the pixels; van den Oord et al. 2017, section 3.2, take the mean over the places.
#[derive(Module, Debug)]
pub struct TokenAutoencoder<Q: Quantiser> {
    encoder: Encoder,
    quantiser: Q,
    decoder: Decoder,
    likelihood: Likelihood,
    prior: Option<TokenPrior>,
    #[module(skip)]
    grid: Grid,
}

impl<Q: Quantiser> TokenAutoencoder<Q> {
    /// What is at the places of each image, side by side: `[batch * places, width]` to `[batch, places * width]`.
    fn join(&self, x_nw: Tensor<2>) -> Tensor<2> {
        let ([n, width], places) = (x_nw.dims(), self.grid.places());
        x_nw.reshape([n / places, places * width])
    }

    /// The inverse: `[batch, places * width]` to `[batch * places, width]`.
    fn split(&self, x_bn: Tensor<2>) -> Tensor<2> {
        let ([batch, n], places) = (x_bn.dims(), self.grid.places());
        x_bn.reshape([batch * places, n / places])
    }

    /// −ln p(tokens) in nats, mean over the images, shape `[1]`; in training over the first [`PRIOR_IMAGES`]. `None` without a
    /// learnt prior.
    fn prior_nll(&self, token_bn: Tensor<2>, training: bool) -> Option<Tensor<1>> {
        let (prior, n) = (self.prior.as_ref()?, token_bn.dims()[0]);
        if training || n <= PRIOR_IMAGES {
            return Some(prior.nll(token_bn.slice([0..n.min(PRIOR_IMAGES)])));
        }
        let part = |from: usize| {
            let to = (from + PRIOR_IMAGES).min(n);
            prior.nll(token_bn.clone().slice([from..to])) * ((to - from) as f64 / n as f64)
        };
        (0..n).step_by(PRIOR_IMAGES).map(part).reduce(|sum, part| sum + part)
    }
}

impl<Q: Quantiser> Method for TokenAutoencoder<Q> {
    const CARD: &'static Card = Q::CARD;

    fn init(params: &Params, data: DataShape, device: &Device) -> Self {
        let quantiser = Q::init(params, device);
        let Alphabet { dim, levels, codes } = quantiser.alphabet();
        let (encoder, decoder, grid) = grid::pair(params, data.image, dim, device);
        let gated = match PRIORS[params.usize("prior")] {
            "none" => None,
            prior => Some(prior == "pixelcnn"),
        };
        let width = params.usize("prior_width");
        let prior = gated.map(|gated| TokenPrior::new(grid, levels, codes, width, gated, device));
        Self { encoder, quantiser, decoder, likelihood: Likelihood::new(params, data.image, device), prior, grid }
    }

    fn code(&self) -> Vec<CodeGroup> {
        let Alphabet { dim, levels, codes } = self.quantiser.alphabet();
        let [height, width, levels, codes, count] =
            [self.grid.height, self.grid.width, levels, codes, self.grid.places() * dim].map(|n| n as u32);
        let (drawn, bits) = (self.prior.is_some(), self.quantiser.bits());
        vec![CodeGroup { kind: CodeKind::Grid { height, width, levels, codes, drawn, bits }, count }]
    }

    fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
        let z_nd = self.encoder.forward(batch.x_bp.clone());
        let Quantised { q_nd, token_nl, penalty, shown } = self.quantiser.quantise(z_nd.clone(), ctx);
        let token_nl = stop_gradient(token_nl);
        let reconstruction = self.likelihood.nll_b(batch.x_bp, self.decoder.forward(q_nd), ctx).mean();
        let places = self.grid.places() as f64;
        let mut loss = reconstruction.clone() + penalty * places;
        let nll = self.prior_nll(self.join(token_nl.clone()), ctx.training);
        if let Some(nll) = &nll {
            loss = loss + ctx.live("prior_weight") * nll.clone();
        }
        let mut terms = Terms::new(loss).show("reconstruction", reconstruction);
        for (name, value) in shown {
            terms = terms.show(name, value * places);
        }
        if let Some(nll) = nll {
            terms = terms.show("prior", nll);
        }
        self.quantiser.learn(terms, stop_gradient(z_nd), token_nl, ctx)
    }

    fn encode(&self, batch: Batch) -> Code {
        Code { mean_bd: self.join(self.quantiser.quantised(self.encoder.forward(batch.x_bp))), logvar_bd: None }
    }

    fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
        Some(self.likelihood.mean(self.decoder.forward(self.split(z_bd))))
    }

    fn start(&self, batch: Batch, ctx: &mut Ctx) -> Vec<Named> {
        let n = batch.len().min(START_IMAGES);
        self.quantiser.start(self.encoder.forward(batch.x_bp.slice([0..n])), ctx)
    }

    /// Every token as likely as any other: the prior that the autoencoder itself is trained under.
    fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
        let Alphabet { levels, codes, .. } = self.quantiser.alphabet();
        let token_nl = (ctx.uniform([n * self.grid.places(), levels]) * codes as f64).floor();
        self.join(self.quantiser.vectors(token_nl))
    }

    fn tokens(&self, batch: Batch) -> Option<Tensor<2>> {
        Some(self.join(self.quantiser.tokens(self.encoder.forward(batch.x_bp))))
    }

    fn from_tokens(&self, token_bn: Tensor<2>) -> Option<Tensor<2>> {
        Some(self.join(self.quantiser.vectors(self.split(token_bn))))
    }

    fn token_logits(&self, token_bn: Tensor<2>) -> Option<Tensor<2>> {
        let ([batch, n], codes) = (token_bn.dims(), self.quantiser.alphabet().codes);
        Some(self.prior.as_ref()?.logits(token_bn).reshape([batch, n * codes]))
    }

    fn code_ages(&self) -> Option<Tensor<1>> {
        Some(self.quantiser.usage().age_k())
    }
}
