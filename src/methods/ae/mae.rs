//! The masked autoencoder: patches are hidden, and only they are judged.
//!
//! The paper's encoder, a transformer, is never given the hidden patches, and a learnt token stands for them in the decoder alone.
//! The networks here take whole images, so it is the encoder that sees the token in their place.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Mae;

/// Choices of `pattern`.
const PATTERNS: &[&str] = &["random", "red", "blue", "green", "purple"];

pub const CARD: Card = Card {
    id: "mae",
    family: Family::Ae,
    hosts: true,
    pictures: true,
    label: "Masked autoencoder",
    summary: "Most of the image is covered with patches; from what is left to see, the network must draw what lies below them.",
    terms: &[
        Term::plus("loss", "(pixels / hidden pixels) · Σ over hidden pixels of −log p(x|z)").weighed(&["ratio", "sigma"]),
    ],
    symbols: &[Symbols::new("z = E(x with hidden patches replaced by a learnt one)")],
    papers: &[
        Paper::of("Masked Autoencoders Are Scalable Vision Learners", "He et al. 2022")
            .only("its loss on hidden patches; the encoder sees the whole image, a token in their place"),
        Paper::of("ColorMAE: Exploring data-independent masking strategies in Masked AutoEncoders", "Hinojosa, Liu & Ghanem 2024")
            .only("its four patterns"),
    ],
    params: &[
        ParamSpec::float("ratio", "Hidden share", 0.05, 0.95, 0.75,
            "The share of the patches that are hidden, the same in every image. Around 0.75 there is too little left to copy from, and enough to guess from.").live(),
        ParamSpec::int("patch", "Patch size", 2, 16, 4,
            "Side of a patch in pixels. Small patches can be filled in from their neighbours; large ones need an idea of the whole."),
        ParamSpec::choice("pattern", "Pattern", PATTERNS, 0,
            "Which patches are hidden. random: each as likely as any other. red: large connected areas, from noise that was smoothed. blue: evenly spread single ones, from noise with its smooth part taken away. green: blobs of a middle size. purple: all but those."),
        ParamSpec { default: 64.0, ..LATENT },
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Go from a hidden share of 0.25 to 0.9: from where on does the network draw a digit that is not the one it was shown?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::{Module, Param};
    use burn::tensor::{Device, Tensor};

    use super::{CARD, PATTERNS};
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::cloud::Cloud;
    use latent_nn::corrupt::{self, Pattern};
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::shape::{DataShape, SampleShape};

    /// Networks, what hidden patches show instead, and where the codes lie.
    #[derive(Module, Debug)]
    pub struct Mae {
        base: Autoencoder,
        /// One value a channel, shape `[channels]`.
        token_c: Param<Tensor<1>>,
        cloud: Cloud,
        #[module(skip)]
        patch: usize,
        #[module(skip)]
        pattern: Pattern,
        #[module(skip)]
        shape: SampleShape,
    }

    impl Mae {
        /// Ones where patches are hidden, and the images as the encoder sees them; both `[batch, pixels]`.
        fn hide(&self, x_bp: Tensor<2>, ctx: &mut Ctx) -> (Tensor<2>, Tensor<2>) {
            let (pixels, channels) = (self.shape.len(), self.shape.channels);
            let hidden_bp = corrupt::hidden_patches(x_bp.dims()[0], self.shape, self.patch, self.pattern, ctx.live("ratio"), ctx);
            let token_1p = self.token_c.val().reshape([channels, 1]).expand([channels, pixels / channels]).reshape([1, pixels]);
            let seen_bp = x_bp.clone() + hidden_bp.clone() * (token_1p - x_bp);
            (hidden_bp, seen_bp)
        }
    }

    impl Method for Mae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let (base, shape) = (Autoencoder::deterministic(params, data.image, device), data.image);
            let token_c = Param::from_tensor(Tensor::zeros([shape.channels], device) + 0.5);
            let pattern = match PATTERNS[params.usize("pattern")] {
                "red" => Pattern::Red,
                "blue" => Pattern::Blue,
                "green" => Pattern::Green,
                "purple" => Pattern::Purple,
                _ => Pattern::Random,
            };
            Self { cloud: Cloud::new(base.latent, device), base, token_c, patch: params.usize("patch"), pattern, shape }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.point_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let (n, x_bp) = (batch.len(), batch.x_bp);
            let (hidden_bp, seen_bp) = self.hide(x_bp.clone(), ctx);
            let z_bd = self.base.point(seen_bp);
            let nll_bp = self.base.likelihood.nll_bp(x_bp, self.base.decoder.forward(z_bd.clone()), ctx);
            let [hidden_b, all_b] = [nll_bp.clone() * hidden_bp.clone(), nll_bp].map(|t_bp| t_bp.sum_dim(1).reshape([n]));
            let share_b = hidden_bp.mean_dim(1).reshape([n]);
            let terms = Terms::new((hidden_b / share_b).mean()).show("all pixels", all_b.mean());
            self.cloud.observe(terms, z_bd, ctx)
        }

        fn damaged(&self, batch: Batch, ctx: &mut Ctx) -> Option<Tensor<2>> {
            Some(self.hide(batch.x_bp, ctx).1)
        }

        fn encode(&self, batch: Batch) -> Code {
            self.base.encode(batch)
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.base.decode(z_bd))
        }

        fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
            self.cloud.draw(n, ctx)
        }
    }
}
