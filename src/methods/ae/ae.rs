//! The plain autoencoder.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Ae;

pub const CARD: Card = Card {
    id: "ae",
    family: Family::Ae,
    hosts: true,
    label: "Autoencoder",
    summary: "Squeezes each image through a few numbers and draws it back: good copies, and no promise about the codes in between.",
    terms: &[Term::plus("loss", "−log p(x|z)").weighed(&["sigma"])],
    symbols: &[Symbols::new("z = E(x)")],
    papers: &[Paper::of("Reducing the Dimensionality of Data with Neural Networks", "Hinton & Salakhutdinov 2006")],
    params: &[ParamSpec { default: 10.0, ..LATENT }, NET, CHANNELS, HIDDEN, LIKELIHOOD, SIGMA],
    try_this: "Train with two latents, look at the map, and drag through the gaps between the digits. Then do the same with a VAE.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::cloud::Cloud;
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::shape::DataShape;

    /// Networks, and where the codes lie.
    #[derive(Module, Debug)]
    pub struct Ae {
        base: Autoencoder,
        cloud: Cloud,
    }

    impl Method for Ae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let base = Autoencoder::deterministic(params, data.image, device);
            Self { cloud: Cloud::new(base.latent, device), base }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.point_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let z_bd = self.base.point(batch.x_bp.clone());
            let terms = Terms::new(self.base.reconstruction(batch.x_bp, z_bd.clone(), ctx));
            self.cloud.observe(terms, z_bd, ctx)
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
