//! The deep feature consistent VAE: a copy is judged by what another, trained network sees in it.
//!
//! The paper's network is a large classifier of photographs; here it is any that was trained before: what its encoder makes of image and copy is
//! compared, in its hidden layer and in its code, each in units of its own mean square. A prototype network has learnt to tell classes.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::DfcVae;

pub const CARD: Card = Card {
    id: "dfc-vae",
    family: Family::Vae,
    hosted: true,
    label: "Feature-consistent VAE",
    summary: "Does not ask whether each pixel is right, but whether a network that was trained before sees the same in the copy as in the image.",
    prior: true,
    terms: &[
        Term::plus("features", "φ · Σ_l ‖Φ_l(x) − Φ_l(x̂)‖²").weighed(&["features"]),
        Term::plus("reconstruction", "ω · −E[log p(x|z)]").weighed(&["pixels", "sigma"]),
        Term::plus("kl", "β · KL(q(z|x) ‖ N(0, I))").weighed(&["beta"]),
    ],
    symbols: &[Symbols::new("Φ_l: layers of the trained network's encoder, each in units of its mean square;  x̂: the decoded image")],
    papers: &[Paper::of("Deep Feature Consistent Variational Autoencoder", "Hou et al. 2017").only("with a small network of this page as the judge")],
    params: &[
        ParamSpec::log("features", "Features φ", 0.01, 10_000.0, 10.0, "Weight of what the trained network sees.").live(),
        ParamSpec::float("pixels", "Pixels ω", 0.0, 1.0, 0.1, "Weight of the pixels themselves. At 0, as in the paper, only the trained network judges.").live(),
        ParamSpec::log("beta", "β", 0.01, 100.0, 1.0, "Weight of the KL term.").live(),
        LATENT,
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Train a prototype network first, then this on it: do copies stay what they are, even where pixels differ?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use crate::host::{Host, relative_error};
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::shape::DataShape;

    /// A VAE, and the network that judges its copies.
    #[derive(Module, Debug)]
    pub struct DfcVae {
        base: Autoencoder,
        host: Host,
    }

    impl Method for DfcVae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let host = params.host.as_deref().expect("a setup of this card has a host");
            Self { base: Autoencoder::gaussian(params, data.image, device), host: Host::new(host, "code", data, device) }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.gaussian_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let pass = self.base.pass(batch.x_bp.clone(), ctx);
            let wanted = self.host.seen(batch.x_bp);
            let got = self.host.seen(self.base.decode(pass.z_bd));
            let errors = wanted.into_iter().zip(got).map(|(a_bw, b_bw)| relative_error(a_bw, b_bw));
            let features = errors.reduce(|sum, error| sum + error).expect("a network has a layer");
            let kl = pass.kl_d.clone().sum();
            let loss = ctx.live("features") * features.clone()
                + ctx.live("pixels") * pass.reconstruction.clone()
                + ctx.live("beta") * kl.clone();
            Terms::new(loss).show("features", features).show("reconstruction", pass.reconstruction).show("kl", kl).kl(pass.kl_d)
        }

        fn encode(&self, batch: Batch) -> Code {
            self.base.encode(batch)
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.base.decode(z_bd))
        }

        fn log_weights(&self, batch: Batch, ctx: &mut Ctx) -> Option<Tensor<2>> {
            Some(self.base.log_weights(batch, ctx))
        }
    }
}
