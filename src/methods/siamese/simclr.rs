//! SimCLR: of all views in a batch, find the other view of the same image.
//!
//! Each view is compared with the second views of other images, not with their first ones besides, as in the paper; so an image has as many
//! strangers as there are other images, or fewer if that is asked for.

use super::params::{PROJECTION, SPREAD, VIEWS};
use latent_vocabulary::objective::{Count, Symbols, Term};
use latent_vocabulary::{CHANNELS, Card, Family, HIDDEN, LATENT, NET, Paper, ParamSpec};

#[cfg(feature = "networks")]
pub use engine::SimClr;

pub const CARD: Card = Card {
    id: "simclr",
    family: Family::Siamese,
    label: "SimCLR (InfoNCE)",
    summary: "Must tell which two views are of one image, among strangers. What it needs for that becomes the code; there is no decoder.",
    unit: "nats",
    terms: &[Term::plus("loss", "−log( e^{s(i, i)/τ} / Σ_j e^{s(i, j)/τ} )").weighed(&["views", "temperature"])],
    symbols: &[Symbols::new("s(i, j) = cos(z₁ᵢ, z₂ⱼ), z = g(E(x)) of the two views;  j: image i itself and its strangers, both ways round")],
    counts: &[
        SPREAD,
        Count::new("found", "share of the views whose twin is the most alike"),
        Count::new("information", "nats that a view tells at least of its twin: the logarithm of how many it is chosen from, less the loss"),
    ],
    papers: &[
        Paper::of("A Simple Framework for Contrastive Learning of Visual Representations", "Chen et al. 2020")
            .only("with small networks and mild views"),
        Paper::of("A Theoretical Analysis of Contrastive Unsupervised Representation Learning", "Saunshi et al. 2019")
            .only("its number of strangers"),
        Paper::of("Representation Learning with Contrastive Predictive Coding", "van den Oord, Li & Vinyals 2018").only("its loss, between views"),
    ],
    params: &[
        VIEWS,
        ParamSpec::log("temperature", "Temperature τ", 0.05, 2.0, 0.3, "Lower: strangers that are nearly alike count for more.").live(),
        ParamSpec::int("strangers", "Strangers", 0, 1023, 0,
            "Other images of the batch that a view must be told from; 0 is all of them. More make the task harder, and more of them are of the same class."),
        PROJECTION,
        ParamSpec { default: 64.0, ..LATENT },
        NET,
        CHANNELS,
        HIDDEN,
    ],
    try_this: "Train with [one stranger](strangers=1), then with all: how much does a code tell of the digit each time?",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::Module;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use crate::siamese::base::{Base, answers_of_base};
    use latent_nn::constant::places;
    use latent_nn::log_sum_exp::log_sum_exp;
    use latent_nn::moments::identity;
    use latent_nn::siamese::{cosine_bb, spread};
    use latent_nn::{Batch, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::shape::DataShape;

    /// The logit of what is not to be chosen from: its exponential is zero.
    const NEVER: f64 = -1e4;

    /// The network, and from how many strangers an image is told.
    #[derive(Module, Debug)]
    pub struct SimClr {
        base: Base,
        #[module(skip)]
        strangers: usize,
    }

    impl SimClr {
        /// [`NEVER`] for all but an image itself and the strangers behind it, the last ones followed by the first, else zero, `[batch, batch]`; and how many it is chosen from.
        fn barred(&self, batch: usize, device: &Device) -> (Tensor<2>, usize) {
            let strangers = if self.strangers == 0 { batch - 1 } else { self.strangers.min(batch - 1) };
            let place_b = places(batch, device);
            let of = |shape: [usize; 2]| place_b.clone().reshape(shape).expand([batch, batch]);
            let ahead = of([1, batch]) - of([batch, 1]);
            let ahead = ahead.clone() + ahead.lower_elem(0.0).float() * batch as f64;
            (ahead.greater_elem(strangers as f64).float() * NEVER, strangers + 1)
        }
    }

    /// Mean over the rows of −ln of the share that the diagonal has in its row, shape `[1]`.
    fn missed(logit_bb: Tensor<2>, own_bb: Tensor<2>) -> Tensor<1> {
        let [batch, _] = logit_bb.dims();
        (log_sum_exp(logit_bb.clone()) - (logit_bb * own_bb).sum_dim(1).reshape([batch])).mean()
    }

    impl Method for SimClr {
        const CARD: &'static Card = &CARD;

        answers_of_base!();

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            Self { base: Base::new(params, data, device), strangers: params.usize("strangers") }
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let n = batch.len();
            let views = [self.base.view(batch.x_bp.clone(), ctx), self.base.view(batch.x_bp, ctx)];
            let [first_bp, second_bp] = views.map(|x_bp| self.base.project(x_bp));
            let likeness_bb = cosine_bb(first_bp.clone(), second_bp) / ctx.live("temperature").reshape([1, 1]).expand([n, n]);
            let (barred_bb, choices) = self.barred(n, &ctx.device());
            let own_bb = identity(n, &ctx.device());
            let logit_bb = likeness_bb.clone() + barred_bb.clone();
            let back_bb = likeness_bb.transpose() + barred_bb;
            let found = logit_bb.clone().argmax(1).float().reshape([n]).equal(places(n, &ctx.device())).float().mean();
            let loss = (missed(logit_bb, own_bb.clone()) + missed(back_bb, own_bb)) * 0.5;
            let information = loss.clone().neg() + (choices as f64).ln();
            Terms::new(loss).show("spread", spread(first_bp)).show("found", found).show("information", information)
        }
    }
}
