//! The variational lossy autoencoder: a decoder that sees the pixels next to the one it draws, so that the code need only say what these do not.
//!
//! The paper's decoder is a PixelCNN of many layers, and its prior a flow; here a small network corrects the logits that a code gives by the
//! neighbours before each pixel, and the prior is normal.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Vlae;

/// Choices of `window`, and the sides of their squares.
const WINDOWS: &[&str] = &["none", "3x3", "5x5", "7x7"];

pub const CARD: Card = Card {
    id: "vlae",
    family: Family::Vae,
    pictures: true,
    label: "Variational lossy autoencoder",
    summary: "Draws pixel after pixel and sees those next to each: strokes and texture follow from neighbours, and the code keeps only what they cannot tell.",
    prior: true,
    terms: &[
        Term::plus("reconstruction", "−E[Σ_i log p(x_i|z, x_near(i))]").weighed(&["sigma"]),
        Term::plus("kl", "β · KL(q(z|x) ‖ N(0, I))").weighed(&["beta"]),
    ],
    symbols: &[Symbols::new("near(i): the pixels of a square around i that come before it, row by row")],
    papers: &[Paper::of("Variational Lossy Autoencoder", "Chen et al. 2017").only("a decoder with a small window; no flow as the prior")],
    params: &[
        ParamSpec::choice("window", "Window", WINDOWS, 2,
            "How large a square around each pixel the decoder sees, of which only what is drawn before. none: a plain VAE."),
        ParamSpec::int("local", "Units of the window", 4, 128, 32, "Hidden units of the small network that looks through the window."),
        ParamSpec::log("beta", "β", 0.01, 100.0, 1.0, "Weight of the KL term. At 1 the loss is the negative ELBO.").live(),
        LATENT,
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Train with a window of [7 × 7](window=7x7) and with [none](window=none): how many nats is each code worth, and what does a copy keep?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::nn::Linear;
    use burn::tensor::activation::relu;
    use burn::tensor::{Device, Tensor};

    use super::{CARD, WINDOWS};
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::constant::ints;
    use latent_nn::gaussian::{kl_bd, mean_rows, repeat_rows, sample, sample_each};
    use latent_nn::layers::linear;
    use latent_nn::method::IMPORTANCE_SAMPLES;
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::shape::{DataShape, SampleShape};

    /// How often a picture is drawn over to decode a code: each time its pixels see those of the time before. Ancestral sampling would take as
    /// many as there are pixels; what a window adds has settled after a few.
    const SWEEPS: usize = 4;

    /// Networks, and what looks through the window.
    #[derive(Module, Debug)]
    pub struct Vlae {
        base: Autoencoder,
        window: Option<Window>,
    }

    /// From the pixels before each, and the logits that the code gives it, to what is added to these.
    #[derive(Module, Debug)]
    pub struct Window {
        first: Linear,
        out: Linear,
        /// Of each place the values before it, `[places * neighbours]`; one past the last where there is none.
        #[module(skip)]
        before: Vec<i32>,
        #[module(skip)]
        shape: SampleShape,
    }

    /// See [`Window::before`]: those of a square with such a side.
    fn before(side: usize, shape: SampleShape) -> Vec<i32> {
        let SampleShape { channels, height, width } = shape;
        let reach = (side / 2) as i32;
        let near = (-reach..=reach).flat_map(|dy| (-reach..=reach).map(move |dx| (dy, dx))).filter(|at| *at < (0, 0));
        let near: Vec<(i32, i32)> = near.collect();
        let inside = |at: i32, size: usize| (0..size as i32).contains(&at);
        let mut all = Vec::with_capacity(height * width * near.len() * channels);
        for place in 0..height * width {
            for (dy, dx) in &near {
                let (y, x) = ((place / width) as i32 + dy, (place % width) as i32 + dx);
                let there = inside(y, height) && inside(x, width);
                for channel in 0..channels {
                    let at = (channel * height + y.max(0) as usize) * width + x.max(0) as usize;
                    all.push(if there { at } else { shape.len() } as i32);
                }
            }
        }
        all
    }

    impl Window {
        fn new(side: usize, width: usize, shape: SampleShape, device: &Device) -> Self {
            let before = before(side, shape);
            let seen = before.len() / (shape.height * shape.width);
            Self { first: linear(seen + shape.channels, width, device), out: linear(width, shape.channels, device), before, shape }
        }

        /// Logits of pictures whose pixels see those of `x_bp`, from the logits that their codes give. Shapes `[batch, pixels]`.
        fn forward(&self, l_bp: Tensor<2>, x_bp: Tensor<2>) -> Tensor<2> {
            let ([n, pixels], channels) = (l_bp.dims(), self.shape.channels);
            let places = pixels / channels;
            let none_b1 = Tensor::zeros([n, 1], &x_bp.device());
            let seen_bk = Tensor::cat(vec![x_bp, none_b1], 1).select(1, ints(&self.before, &l_bp.device()));
            let seen_nk = seen_bk.reshape([n * places, self.before.len() / places]);
            let by_place: Tensor<3> = l_bp.clone().reshape([n, channels, places]);
            let l_nc = by_place.swap_dims(1, 2).reshape([n * places, channels]);
            let more_nc = self.out.forward(relu(self.first.forward(Tensor::cat(vec![seen_nk, l_nc], 1))));
            let by_channel: Tensor<3> = more_nc.reshape([n, places, channels]);
            l_bp + by_channel.swap_dims(1, 2).reshape([n, pixels])
        }
    }

    impl Vlae {
        fn logits(&self, z_bd: Tensor<2>, x_bp: Tensor<2>) -> Tensor<2> {
            let l_bp = self.base.decoder.forward(z_bd);
            match &self.window {
                Some(window) => window.forward(l_bp, x_bp),
                None => l_bp,
            }
        }
    }

    impl Method for Vlae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let base = Autoencoder::gaussian(params, data.image, device);
            let window = match WINDOWS[params.usize("window")] {
                "none" => None,
                // Its side is the first letter.
                square => Some(usize::from(square.as_bytes()[0] - b'0')),
            };
            Self { base, window: window.map(|side| Window::new(side, params.usize("local"), data.image, device)) }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.gaussian_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let (mean_bd, logvar_bd) = self.base.posterior(batch.x_bp.clone(), None);
            let z_bd = sample(mean_bd.clone(), logvar_bd.clone(), ctx);
            let logits_bp = self.logits(z_bd, batch.x_bp.clone());
            let reconstruction = self.base.likelihood.nll_b(batch.x_bp, logits_bp, ctx).mean();
            let kl_d = mean_rows(kl_bd(mean_bd, logvar_bd));
            let kl = kl_d.clone().sum();
            Terms::new(reconstruction.clone() + ctx.live("beta") * kl.clone())
                .show("reconstruction", reconstruction)
                .show("kl", kl)
                .kl(kl_d)
        }

        fn encode(&self, batch: Batch) -> Code {
            self.base.encode(batch)
        }

        /// The picture that its own neighbours agree with.
        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            let l_bp = self.base.decoder.forward(z_bd);
            let mut x_bp = self.base.likelihood.mean(l_bp.clone());
            if let Some(window) = &self.window {
                for _ in 0..SWEEPS {
                    x_bp = self.base.likelihood.mean(window.forward(l_bp.clone(), x_bp));
                }
            }
            Some(x_bp)
        }

        fn log_weights(&self, batch: Batch, ctx: &mut Ctx) -> Option<Tensor<2>> {
            let (mean_bd, logvar_bd) = self.base.posterior(batch.x_bp.clone(), None);
            let z_sd = sample_each(mean_bd.clone(), logvar_bd.clone(), IMPORTANCE_SAMPLES, ctx);
            let ratio_bk = Autoencoder::ratio_bk(&z_sd, (mean_bd, logvar_bd));
            let logits_sp = self.logits(z_sd, repeat_rows(batch.x_bp.clone(), IMPORTANCE_SAMPLES));
            Some(self.base.judged(batch.x_bp, logits_sp, ratio_bk, ctx).log_weight_bk())
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_pixel_sees_those_before_it_alone() {
            let shape = SampleShape { channels: 2, height: 3, width: 4 };
            let before = before(3, shape);
            // Four neighbours in two channels; the first pixel has none.
            assert_eq!(before.len(), 12 * 8);
            assert!(before[..8].iter().all(|at| *at == 24));
            // Row 1, column 2: above to the left, above, above to the right, left; each in both channels.
            assert_eq!(before[6 * 8..7 * 8], [1, 13, 2, 14, 3, 15, 5, 17]);
            for (place, seen) in before.chunks_exact(8).enumerate() {
                assert!(seen.iter().all(|at| *at == 24 || at % 12 < place as i32), "{place}: {seen:?}");
            }
        }
    }
}
