//! A flow on the codes of a trained network: new codes come from noise, in steps along a learnt velocity.

use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{Card, Family, Paper, ParamSpec};

#[cfg(feature = "networks")]
pub use engine::LatentFlow;

pub const CARD: Card = Card {
    id: "latent-flow",
    family: Family::Vae,
    hosted: true,
    label: "Latent flow",
    summary: "Takes a trained network as it is, and learns which way to go from any noise, so that a few steps end at one of its codes.",
    prior: true,
    terms: &[Term::plus("loss", "E|v(t·z + (1 − t)·ε, t) − (z − ε)|²")],
    symbols: &[Symbols::new("z = E(x) of the trained network, ε from N(0, I), t from 0 to 1")],
    papers: &[
        Paper::of("Flow Straight and Fast: Learning to Generate and Transfer Data with Rectified Flow", "Liu, Gong & Liu 2022")
            .only("the first flow, on codes; nothing is straightened"),
        Paper::of("Flow Matching for Generative Modeling", "Lipman et al. 2022").only("straight ways to codes"),
        Paper::of("Flow Matching in Latent Space", "Dao, Phung, Nguyen & Tran 2023").only("on codes that are vectors, without classes or masks"),
    ],
    params: &[ParamSpec::int("flow", "Width of the flow", 16, 512, 256, "Units of each of the two hidden layers that give the velocity.")],
    try_this: "Draw with one step, then with two, four and eight: how many does it take until digits are digits?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use crate::host::Host;
    use latent_nn::flow::Velocity;
    use latent_nn::{Batch, Code, Ctx, Method, Named, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::{CodeGroup, CodeKind};
    use latent_vocabulary::shape::DataShape;

    /// The trained network, whose code divided by its size is this one's, and the velocity.
    #[derive(Module, Debug)]
    pub struct LatentFlow {
        host: Host,
        flow: Velocity,
    }

    impl Method for LatentFlow {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let host = params.host.as_deref().expect("a setup of this card has a host");
            let host = Host::new(host, "code", data, device);
            Self { flow: Velocity::new(host.width(), params.usize("flow"), device), host }
        }

        fn code(&self) -> Vec<CodeGroup> {
            vec![CodeGroup { kind: CodeKind::Flow, count: self.host.width() as u32 }]
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            Terms::new(self.flow.loss(self.host.inputs_na(batch.x_bp), ctx))
        }

        fn encode(&self, batch: Batch) -> Code {
            Code { mean_bd: self.host.inputs_na(batch.x_bp), logvar_bd: None }
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.host.images(z_bd))
        }

        fn start(&self, batch: Batch, _ctx: &mut Ctx) -> Vec<Named> {
            vec![("host.scale", self.host.start(batch.x_bp).scale)]
        }

        /// Noise: codes are [`Method::sample_step`]s away.
        fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
            ctx.normal([n, self.host.width()])
        }

        fn sample_step(&self, z_bd: Tensor<2>, at_b1: Tensor<2>, by_b1: Tensor<2>) -> Option<Tensor<2>> {
            let by_bd = by_b1.expand(z_bd.dims());
            Some(z_bd.clone() + self.flow.at(z_bd, at_b1) * by_bd)
        }
    }
}
