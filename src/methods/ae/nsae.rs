//! The noise-enhanced supervised autoencoder: it tells classes, and must tell them in its own copies too.
//!
//! The paper then trains on a few images of new classes; here codes are compared as they are, which is what the measure of few shots does.

use latent_vocabulary::objective::{Count, Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, LIKELIHOOD, NET, Paper, ParamSpec, SIGMA};

#[cfg(feature = "networks")]
pub use engine::Nsae;

pub const CARD: Card = Card {
    id: "nsae",
    family: Family::Ae,
    hosts: true,
    label: "Noise-enhanced supervised AE",
    summary: "Learns to tell classes and to copy at once, and tells its own copies apart as well: they are noisy images with a label.",
    terms: &[
        Term::plus("class", "−log p(y|x)"),
        Term::plus("reconstruction", "λ₁ · −log p(x|z)").weighed(&["copies", "sigma"]),
        Term::plus("class of copies", "λ₂ · −log p(y|x̂)").weighed(&["noisy"]),
    ],
    symbols: &[Symbols::new("p(y|x) = softmax(V·E(x)),  x̂ = D(E(x));  images of unseen classes count for nothing")],
    counts: &[Count::new("accuracy", "share of the images whose class is told right, of classes that are seen")],
    papers: &[Paper::of(
        "Boosting the Generalization Capability in Cross-Domain Few-shot Learning via Noise-enhanced Supervised Autoencoder",
        "Liang et al. 2021",
    )
    .only("its first stage; no training on the new classes")],
    params: &[
        ParamSpec::log("copies", "λ₁", 1e-4, 10.0, 0.01, "Weight of copies. Near 0 only classes are learnt.").live(),
        ParamSpec::float("noisy", "λ₂", 0.0, 10.0, 1.0, "Weight of telling classes in copies.").live(),
        ParamSpec::int("unseen", "Unseen classes", 0, 100, 0,
            "So many classes, the last ones, are never learnt: what do their codes look like? One class is always seen."),
        LATENT.with(32.0, "Numbers of a code."),
        NET,
        CHANNELS,
        HIDDEN,
        LIKELIHOOD,
        SIGMA,
    ],
    try_this: "Train with [five unseen classes](unseen=5), and colour the map by label: do digits that it never saw keep together?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::nn::Linear;
    use burn::tensor::activation::log_softmax;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use latent_nn::autoencoder::Autoencoder;
    use latent_nn::cloud::Cloud;
    use latent_nn::layers::linear;
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::CodeGroup;
    use latent_vocabulary::shape::DataShape;

    /// Networks, what tells classes, and where codes lie.
    #[derive(Module, Debug)]
    pub struct Nsae {
        base: Autoencoder,
        classifier: Linear,
        cloud: Cloud,
        #[module(skip)]
        classes: usize,
        /// Classes that are learnt.
        #[module(skip)]
        seen: usize,
    }

    impl Nsae {
        /// −log p(label | code) of each, and whether the likeliest class is the right one: shapes `[n, latent]` to `[n, 1]`.
        fn told(&self, z_nd: Tensor<2>, label_nc: Tensor<2>) -> [Tensor<2>; 2] {
            let n = z_nd.dims()[0];
            let logit_nc = self.classifier.forward(z_nd);
            let right_n1 = logit_nc.clone().argmax(1).equal(label_nc.clone().argmax(1)).float().reshape([n, 1]);
            [-(log_softmax(logit_nc, 1) * label_nc).sum_dim(1), right_n1]
        }
    }

    impl Method for Nsae {
        const CARD: &'static Card = &CARD;

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let base = Autoencoder::deterministic(params, data.image, device);
            Self {
                classifier: linear(base.latent, data.classes, device),
                cloud: Cloud::new(base.latent, device),
                base,
                classes: data.classes,
                seen: data.classes.saturating_sub(params.usize("unseen")).max(1),
            }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.base.point_code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let n = batch.len();
            let label_bc = batch.one_hot_bc(self.classes);
            let seen_b1 = batch.label_b.clone().reshape([n, 1]).lower_elem(self.seen as f64).float();
            let all = seen_b1.clone().sum().clamp_min(1.0);
            let mean = |t_b1: Tensor<2>| (t_b1 * seen_b1.clone()).sum() / all.clone();
            let z_bd = self.base.point(batch.x_bp.clone());
            let logits_bp = self.base.decoder.forward(z_bd.clone());
            let copy_bp = self.base.likelihood.mean(logits_bp.clone());
            let reconstruction = mean(self.base.likelihood.nll_b(batch.x_bp, logits_bp, ctx).reshape([n, 1]));
            let [class_b1, right_b1] = self.told(z_bd.clone(), label_bc.clone());
            let [of_copies_b1, _] = self.told(self.base.point(copy_bp), label_bc);
            let (class, of_copies) = (mean(class_b1), mean(of_copies_b1));
            let loss = class.clone() + ctx.live("copies") * reconstruction.clone() + ctx.live("noisy") * of_copies.clone();
            let terms = Terms::new(loss)
                .show("class", class)
                .show("reconstruction", reconstruction)
                .show("class of copies", of_copies)
                .show("accuracy", mean(right_b1));
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
