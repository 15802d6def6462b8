//! The prototype network: an autoencoder that tells classes by how near a code is to a few prototypes, which its decoder draws.
//!
//! A code has one place, and a token says which prototype is the nearest: so the codebook's panels show prototypes. Pictures are decoded
//! from the code itself.

use latent_vocabulary::objective::{Count, Symbols, Term};
use latent_vocabulary::tokens::{IN_USE, PERPLEXITY};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Prototypes;

pub const CARD: Card = Card {
    id: "prototypes",
    family: Family::Ae,
    hosts: true,
    label: "Prototype network",
    summary: "Tells what an image shows by its likeness to a few prototypes of its own, and can draw them: you see why it says what it says.",
    terms: &[
        Term::plus("reconstruction", "−log p(x|z)").weighed(&["sigma"]),
        Term::plus("class", "κ · −log p(y|d)").weighed(&["class"]),
        Term::plus("images near", "λ₁ · meanₖ minₓ ‖pₖ − z‖²").weighed(&["images_near"]),
        Term::plus("prototypes near", "λ₂ · minₖ ‖z − pₖ‖²").weighed(&["prototypes_near"]),
    ],
    symbols: &[Symbols::new("dₖ = ‖z − pₖ‖², the distances to the prototypes;  p(y|d) = softmax(W·d)")],
    counts: &[Count::new("accuracy", "share of the images whose class is told right"), PERPLEXITY, IN_USE],
    papers: &[Paper::of(
        "Deep Learning for Case-Based Reasoning through Prototypes: A Neural Network that Explains Its Predictions",
        "Li et al. 2018",
    )],
    params: &[
        ParamSpec::int("prototypes", "Prototypes", 2, 64, 15, "How many there are. Fewer than classes, and some class has none."),
        ParamSpec::log("class", "κ", 0.01, 1000.0, 20.0, "Weight of telling classes. Lower: better copies, more mistakes.").live(),
        ParamSpec::float(
            "images_near",
            "λ₁",
            0.0,
            10.0,
            1.0,
            "Pulls every prototype to an image of the batch, so that it can be drawn. At 0 prototypes go where no image is.",
        )
        .live(),
        ParamSpec::float(
            "prototypes_near",
            "λ₂",
            0.0,
            10.0,
            1.0,
            "Pulls every image to a prototype, so that images gather around them.",
        )
        .live(),
        LATENT.with(10.0, "How many numbers a code has."),
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Look at the prototypes as a codebook. Then set λ₁ and λ₂ to 0 and train again: can you still read them?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::{Module, Param};
    use burn::nn::Linear;
    use burn::tensor::activation::log_softmax;
    use burn::tensor::{Device, Distribution, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::cloud::Cloud;
    use latent_nn::codebook::{distances, k_means};
    use latent_nn::layers::linear_map;
    use latent_nn::usage::Usage;
    use latent_nn::{Batch, Code, Ctx, Method, Named, Terms, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::{CodeGroup, CodeKind};
    use latent_vocabulary::shape::DataShape;

    /// The prototypes, and how often each is the nearest.
    #[derive(Module, Debug)]
    pub struct Quantiser {
        /// Shape `[prototypes, latent]`.
        vectors_kd: Param<Tensor<2>>,
        usage: Usage,
    }

    /// Networks, prototypes, what distances say of classes, and where the codes lie.
    #[derive(Module, Debug)]
    pub struct Prototypes {
        base: Autoencoder,
        quantiser: Quantiser,
        classifier: Linear,
        cloud: Cloud,
        #[module(skip)]
        classes: usize,
    }

    impl Prototypes {
        /// Which prototype is the nearest to each code, shapes `[n, latent]` to `[n, 1]`.
        fn nearest(&self, z_nd: Tensor<2>) -> Tensor<2> {
            let n = z_nd.dims()[0];
            distances(stop_gradient(z_nd), stop_gradient(self.quantiser.vectors_kd.val())).argmin(1).float().reshape([n, 1])
        }
    }

    /// The least number of each row, with a gradient, mean over the rows. Shapes `[n, k]` to `[1]`.
    fn least(x_nk: Tensor<2>) -> Tensor<1> {
        let n = x_nk.dims()[0];
        let at_n1 = stop_gradient(x_nk.clone()).argmin(1).reshape([n, 1]);
        x_nk.gather(1, at_n1).mean()
    }

    impl Method for Prototypes {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let base = Autoencoder::deterministic(params, data.image, device);
            let (codes, latent) = (params.usize("prototypes"), base.latent);
            let vectors_kd = Param::from_tensor(Tensor::random([codes, latent], Distribution::Normal(0.0, 1.0), device));
            Self {
                quantiser: Quantiser { vectors_kd, usage: Usage::new(codes, 0.0, device) },
                classifier: linear_map(codes, data.classes, device),
                cloud: Cloud::new(latent, device),
                base,
                classes: data.classes,
            }
        }

        fn code(&self) -> Vec<CodeGroup> {
            let [codes, latent] = self.quantiser.vectors_kd.dims().map(|n| n as u32);
            vec![CodeGroup {
                kind: CodeKind::Grid { height: 1, width: 1, levels: 1, codes, drawn: false, bits: false },
                count: latent,
            }]
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let label_bc = batch.one_hot_bc(self.classes);
            let z_bd = self.base.point(batch.x_bp.clone());
            let reconstruction = self.base.reconstruction(batch.x_bp, z_bd.clone(), ctx);
            let d_bk = distances(z_bd.clone(), self.quantiser.vectors_kd.val());
            let logit_bc = self.classifier.forward(d_bk.clone());
            let right_b = logit_bc.clone().argmax(1).equal(label_bc.clone().argmax(1)).float();
            let class = -(log_softmax(logit_bc, 1) * label_bc).sum_dim(1).mean();
            let images = least(d_bk.clone().transpose());
            let prototypes = least(d_bk);
            let loss = reconstruction.clone()
                + ctx.live("class") * class.clone()
                + ctx.live("images_near") * images.clone()
                + ctx.live("prototypes_near") * prototypes.clone();
            let terms = Terms::new(loss)
                .show("reconstruction", reconstruction)
                .show("class", class)
                .show("images near", images)
                .show("prototypes near", prototypes)
                .show("accuracy", right_b.mean());
            let terms = self.quantiser.usage.watch(terms, self.nearest(z_bd.clone()));
            self.cloud.observe(terms, z_bd, ctx)
        }

        fn encode(&self, batch: Batch) -> Code {
            self.base.encode(batch)
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.base.decode(z_bd))
        }

        fn start(&self, batch: Batch, ctx: &mut Ctx) -> Vec<Named> {
            let [codes, latent] = self.quantiser.vectors_kd.dims();
            let first_kd = k_means(self.base.point(batch.x_bp), codes, ctx);
            vec![("quantiser.vectors_kd", first_kd.reshape([codes * latent]))]
        }

        fn prior(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
            self.cloud.draw(n, ctx)
        }

        fn tokens(&self, batch: Batch) -> Option<Tensor<2>> {
            Some(self.nearest(self.base.point(batch.x_bp)))
        }

        fn from_tokens(&self, token_bn: Tensor<2>) -> Option<Tensor<2>> {
            let n = token_bn.dims()[0];
            Some(self.quantiser.vectors_kd.val().select(0, token_bn.int().reshape([n])))
        }

        fn code_ages(&self) -> Option<Tensor<1>> {
            Some(self.quantiser.usage.age_k())
        }
    }
}
