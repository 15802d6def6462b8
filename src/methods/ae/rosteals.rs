//! A message in the code: a trained autoencoder draws a picture from a code that is moved a little, and a reader finds the message in the picture.
//!
//! The paper's autoencoder is a large one of photographs, and its reader sees pictures after many kinds of damage; here the autoencoder is any that
//! was trained before, and the damage is noise.

use latent_vocabulary::objective::{Count, Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, NET, Paper, ParamSpec};

#[cfg(feature = "networks")]
pub use engine::Rosteals;

pub const CARD: Card = Card {
    id: "rosteals",
    family: Family::Ae,
    hosted: true,
    pictures: true,
    label: "Message in the code",
    summary: "Hides a message in a picture: a trained autoencoder draws it from a code that is moved a little, and a reader finds each bit in the noisy picture.",
    terms: &[
        Term::plus("message", "Σ −log p(m|x̃)").weighed(&["noise"]),
        Term::plus("distance", "λ·‖D(z + o(m)) − D(z)‖²").weighed(&["lambda"]),
    ],
    symbols: &[Symbols::new("z, D: code and decoder of the trained network, which stay as they are;  o(m): what a message adds;  x̃ = D(z + o(m)) and noise")],
    counts: &[Count::new("read", "share of the bits that are read right")],
    papers: &[Paper::of("RoSteALS: Robust Steganography using Autoencoder Latent Space", "Bui et al. 2023").only("noise as the only damage")],
    params: &[
        ParamSpec::int("bits", "Bits", 1, 128, 8, "How long a message is."),
        ParamSpec::log("lambda", "λ", 0.001, 100.0, 0.1, "Price of every change that can be seen. Higher: the picture gives nothing away, and bits are misread.").live(),
        ParamSpec::float("noise", "Noise", 0.0, 1.0, 0.05, "Standard deviation of the noise on the picture that the reader is given.").live(),
        NET,
        CHANNELS,
        HIDDEN,
    ],
    try_this: "Train an autoencoder first, then this on it. Watch the share of bits that are read: how much noise does a message bear?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::nn::Linear;
    use burn::tensor::activation::{relu, sigmoid};
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use crate::host::Host;
    use latent_nn::corrupt::add_noise;
    use latent_nn::layers::{linear, linear_map};
    use latent_nn::likelihood::softplus;
    use latent_nn::net::{self, Encoder, Ends};
    use latent_nn::{Batch, Code, Ctx, Method, Named, Terms, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::{CodeGroup, CodeKind};
    use latent_vocabulary::shape::DataShape;

    /// Hidden units of what turns a message into an offset.
    const WIDTH: usize = 128;

    /// The trained network, what a message adds to its code, and what reads it.
    #[derive(Module, Debug)]
    pub struct Rosteals {
        host: Host,
        hidden: Linear,
        offset: Linear,
        reader: Encoder,
        #[module(skip)]
        bits: usize,
    }

    impl Rosteals {
        /// Codes of the trained network, and what it draws of them with these messages, `[batch, bits]`, and without: `[batch, pixels]` each.
        fn containers(&self, x_bp: Tensor<2>, message_bm: Tensor<2>) -> [Tensor<2>; 2] {
            let z_bd = stop_gradient(self.host.inputs_na(x_bp));
            let offset_bd = self.offset.forward(relu(self.hidden.forward(message_bm * 2.0 - 1.0)));
            let plain_bp = stop_gradient(self.host.images(z_bd.clone()));
            [self.host.onward(z_bd + offset_bd).image_bp, plain_bp]
        }

        fn messages(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
            ctx.uniform([n, self.bits]).lower_elem(0.5).float()
        }

        /// Logits of the bits that are read in pictures, `[batch, pixels]` to `[batch, bits]`.
        fn read(&self, x_bp: Tensor<2>) -> Tensor<2> {
            self.reader.heads(x_bp, None).0
        }
    }

    impl Method for Rosteals {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let host = Host::new(params.host.as_deref().expect("a setup of this card has a host"), "code", data, device);
            let bits = params.usize("bits");
            Self {
                hidden: linear(bits, WIDTH, device),
                // What all messages add in common says nothing.
                offset: linear_map(WIDTH, host.width(), device),
                reader: net::encoder(params, data.image, Ends { side: 0, mean: bits, logvar: None }, device),
                host,
                bits,
            }
        }

        fn code(&self) -> Vec<CodeGroup> {
            vec![CodeGroup { kind: CodeKind::Embedding, count: self.bits as u32 }]
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let message_bm = self.messages(batch.len(), ctx);
            let [container_bp, plain_bp] = self.containers(batch.x_bp, message_bm.clone());
            let distance = (container_bp.clone() - plain_bp).square().sum_dim(1).mean();
            let noise = ctx.live("noise");
            let logit_bm = self.read(add_noise(container_bp, noise, ctx));
            let message = (softplus(logit_bm.clone()) - message_bm.clone() * logit_bm.clone()).sum_dim(1).mean();
            let right_bm = logit_bm.greater_elem(0.0).float().equal(message_bm).float();
            Terms::new(message.clone() + ctx.live("lambda") * distance.clone())
                .show("message", message)
                .show("distance", distance)
                .show("read", right_bm.mean())
        }

        /// How probable each bit is by what is read in images.
        fn encode(&self, batch: Batch) -> Code {
            Code { mean_bd: sigmoid(self.read(batch.x_bp)), logvar_bd: None }
        }

        /// Pictures with messages by chance, as the reader sees them.
        fn damaged(&self, batch: Batch, ctx: &mut Ctx) -> Option<Tensor<2>> {
            let message_bm = self.messages(batch.len(), ctx);
            let [container_bp, _] = self.containers(batch.x_bp, message_bm);
            let noise = ctx.live("noise");
            Some(add_noise(container_bp, noise, ctx))
        }

        fn start(&self, batch: Batch, _ctx: &mut Ctx) -> Vec<Named> {
            vec![("host.scale", self.host.start(batch.x_bp).scale)]
        }
    }
}
