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
    try_this: "Train with a window of [7 × 7](window=7x7) and [without one](window=none): how many nats is each code worth, and what does a copy keep?",
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
    use latent_nn::autoencoder::{Autoencoder, elbo, log_weights};
    use latent_nn::gaussian::{kl_bd, repeat_rows, sample};
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
        /// How far a window reaches to each side.
        #[module(skip)]
        reach: usize,
        #[module(skip)]
        shape: SampleShape,
    }

    impl Window {
        fn new(side: usize, width: usize, shape: SampleShape, device: &Device) -> Self {
            let channels = shape.channels;
            // Half of the square, without its middle.
            let seen = side * side / 2 * channels;
            Self { first: linear(seen + channels, width, device), out: linear(width, channels, device), reach: side / 2, shape }
        }

        /// The pixels before each in its square, black where there is none, `[batch, pixels]` to `[batch * places, neighbours * channels]`: row by
        /// row, the channels of a neighbour side by side.
        fn before(&self, x_bp: Tensor<2>) -> Tensor<2> {
            let (SampleShape { channels, height, width }, r) = (self.shape, self.reach);
            let (n, device) = (x_bp.dims()[0], x_bp.device());
            let x_bchw: Tensor<4> = x_bp.reshape([n, channels, height, width]);
            let aside: Tensor<4> = Tensor::zeros([n, channels, height, r], &device);
            let wide = Tensor::cat(vec![aside.clone(), x_bchw, aside], 3);
            let above: Tensor<4> = Tensor::zeros([n, channels, r, width + 2 * r], &device);
            let framed = Tensor::cat(vec![above, wide], 2);
            let square = (0..=r).flat_map(|y| (0..=2 * r).map(move |x| (y, x)));
            let moved = square.filter(|at| *at < (r, r)).map(|(y, x)| {
                framed.clone().slice([0..n, 0..channels, y..y + height, x..x + width]).reshape([n, channels, height * width])
            });
            let seen: Tensor<3> = Tensor::cat(moved.collect(), 1);
            let [_, k, places] = seen.dims();
            seen.swap_dims(1, 2).reshape([n * places, k])
        }

        /// Logits of pictures whose pixels see those of `x_bp`, from the logits that their codes give. Shapes `[batch, pixels]`.
        fn forward(&self, l_bp: Tensor<2>, x_bp: Tensor<2>) -> Tensor<2> {
            let ([n, pixels], channels) = (l_bp.dims(), self.shape.channels);
            let places = pixels / channels;
            let by_place: Tensor<3> = l_bp.clone().reshape([n, channels, places]);
            let l_nc = by_place.swap_dims(1, 2).reshape([n * places, channels]);
            let more_nc = self.out.forward(relu(self.first.forward(Tensor::cat(vec![self.before(x_bp), l_nc], 1))));
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
            elbo(reconstruction, kl_bd(mean_bd, logvar_bd), ctx)
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
            let posterior = self.base.posterior(batch.x_bp.clone(), None);
            let x_sp = repeat_rows(batch.x_bp.clone(), IMPORTANCE_SAMPLES);
            Some(log_weights(&self.base.likelihood, batch.x_bp, posterior, |z_sd| self.logits(z_sd, x_sp), ctx))
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_pixel_sees_those_before_it_alone() {
            let (shape, device) = (SampleShape { channels: 2, height: 3, width: 4 }, Device::flex());
            let window = Window::new(3, 4, shape, &device);
            let all: Vec<f32> = (1..=24).map(|v| v as f32).collect();
            let seen = window.before(Tensor::<1>::from_floats(all.as_slice(), &device).reshape([1, 24]));
            // Four neighbours in two channels.
            assert_eq!(seen.dims(), [12, 8]);
            let seen: Vec<f32> = seen.into_data().try_into_vec().unwrap();
            assert!(seen[..8].iter().all(|v| *v == 0.0), "nothing is before the first");
            // Row 1, column 2: above to the left, above, above to the right, left; each in both channels, numbered from 1.
            assert_eq!(seen[6 * 8..7 * 8], [2.0, 14.0, 3.0, 15.0, 4.0, 16.0, 6.0, 18.0]);
            for (place, seen) in seen.chunks_exact(8).enumerate() {
                assert!(seen.iter().all(|v| *v == 0.0 || (*v as usize - 1) % 12 < place), "{place}: {seen:?}");
            }
        }
    }
}
