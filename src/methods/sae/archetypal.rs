//! The sparse autoencoder whose directions point to mixtures of the data.
//!
//! Fel et al. keep the rows of W on the simplex by projection; here they are a softmax. Candidates are seen from the mean input, and atoms have length one, as
//! everywhere here: a feature's strength takes up the length. Candidates are centroids of the images that a run begins from.

use super::params::{AUX, DEAD_AFTER, FEATURES, FIRING, K};
use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{Card, Family, Paper, ParamSpec, SOURCE};

#[cfg(feature = "networks")]
pub use engine::Archetypal;

pub const CARD: Card = Card {
    id: "archetypal-sae",
    family: Family::Sae,
    label: "Archetypal sparse autoencoder",
    summary: "A TopK autoencoder whose features must lie between typical images: it copies a little worse, and finds the same features again from another seed.",
    terms: &[
        Term::plus("reconstruction", "‖x − x̂‖²").weighed(&["k"]),
        Term::plus("revival", "α·‖e − ê‖²").weighed(&["aux", "dead_after"]),
    ],
    symbols: &[Symbols::new("x̂ = TopKₖ(ReLU((x − b)W + b′))·D + b,  D = A·C + Λ, its rows made of length 1;  rows of A ≥ 0 with sum 1,  C: centroids of k-means, seen from b,  ‖Λᵢ‖ ≤ δ;  e = x − x̂")],
    counts: FIRING,
    papers: &[Paper::of("Archetypal SAE: Adaptive and Stable Dictionary Learning for Concept Extraction in Large Vision Models", "Fel et al. 2025")],
    params: &[
        K,
        FEATURES,
        SOURCE,
        ParamSpec::float("delta", "Freedom δ", 0.0, 2.0, 0.5,
            "How far a feature may go from the mixtures of centroids, whose usual length is 1. 0: not at all. Large: almost a TopK autoencoder."),
        AUX,
        DEAD_AFTER,
    ],
    try_this: "Train with δ = 0, then with 2, and look at the features: whole digits fall apart into strokes.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::{Module, Param};
    use burn::tensor::activation::{relu, softmax};
    use burn::tensor::{Device, Distribution, Tensor};

    use super::CARD;
    use crate::sae::base::{Base, Pass, answers_of_base};
    use latent_nn::codebook::k_means;
    use latent_nn::constant::places;
    use latent_nn::sparse::{Tie, aux_k, keep_largest, squared_error, unit_rows};
    use latent_nn::{Batch, Code, Ctx, Method, Named, Terms, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::shape::DataShape;

    /// Centroids, at most.
    const CANDIDATES: usize = 512;

    /// How many times faster the logits learn than weights: Adam moves each by about the learning rate, and a mixture changes over units.
    const SPEED: f64 = 10.0;

    /// Logit of the centroid that a feature begins at; those of the others begin standard normal. It is not trained: only differences of logits count, and
    /// its gradient, what is left of large numbers that cancel, would be rounding for the most part.
    const OWN: f64 = 8.0;

    /// Keeps a root's slope finite.
    const TINY: f64 = 1e-12;

    #[derive(Module, Debug)]
    pub struct Archetypal {
        /// Its directions are those of the latest step: state, not trained.
        sae: Base,
        /// The k of the latest step, for when the encoder is used by itself; shape `[1]`.
        k: Param<Tensor<1>>,
        /// Logits of A divided by [`SPEED`], but for [`OWN`], shape `[features, candidates]`.
        mixture_fc: Param<Tensor<2>>,
        /// Centroids less the mean input, in units of their usual length, shape `[candidates, inputs]`.
        candidate_ca: Param<Tensor<2>>,
        /// Λ before it is held within δ, shape `[features, inputs]`; `None` where δ is 0.
        relaxed_fa: Option<Param<Tensor<2>>>,
        #[module(skip)]
        delta: f64,
    }

    /// One where a feature begins at a candidate, else zero: they take turns.
    fn own([features, candidates]: [usize; 2], device: &Device) -> Tensor<2> {
        let feature_f1: Tensor<2> = places(features, device).reshape([features, 1]);
        let turn_f1 = (feature_f1.clone() / candidates as f64).floor();
        let begins_f1 = feature_f1 - turn_f1 * candidates as f64;
        let candidate_1c: Tensor<2> = places(candidates, device).reshape([1, candidates]);
        begins_f1.expand([features, candidates]).equal(candidate_1c.expand([features, candidates])).float()
    }

    impl Archetypal {
        /// D, shape `[features, inputs]`, of candidates of shape `[candidates, inputs]`.
        fn atoms_fa(&self, candidate_ca: Tensor<2>) -> Tensor<2> {
            let own_fc = own(self.mixture_fc.dims(), &candidate_ca.device());
            let logit_fc = self.mixture_fc.val() * SPEED * (-own_fc.clone() + 1.0) + own_fc * OWN;
            let mixed_fa = softmax(logit_fc, 1).matmul(candidate_ca);
            let Some(relaxed_fa) = &self.relaxed_fa else { return unit_rows(mixed_fa) };
            let relaxed_fa = relaxed_fa.val();
            let length_f1 = (relaxed_fa.clone().square().sum_dim(1) + TINY).sqrt();
            unit_rows(mixed_fa + relaxed_fa * (length_f1.recip() * self.delta).clamp_max(1.0))
        }
    }

    impl Method for Archetypal {
        const CARD: &'static Card = &CARD;

        answers_of_base!();

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let sae = Base::new(params, data, Tie::Free, device);
            let [features, inputs] = sae.dictionary.atoms_fa().dims();
            let candidates = features.min(CANDIDATES);
            let logit_fc = Tensor::<2>::random([features, candidates], Distribution::Normal(0.0, 1.0), device);
            let delta = params.get("delta");
            Self {
                sae,
                k: Param::from_tensor(Tensor::full([1], params.get("k"), device)),
                mixture_fc: Param::from_tensor(logit_fc / SPEED),
                candidate_ca: Param::from_tensor(Tensor::random([candidates, inputs], Distribution::Normal(0.0, 1.0), device)),
                relaxed_fa: (delta > 0.0).then(|| Param::from_tensor(Tensor::zeros([features, inputs], device))),
                delta,
            }
        }

        /// The encoder begins as the transpose of the directions.
        fn start(&self, batch: Batch, ctx: &mut Ctx) -> Vec<Named> {
            // Directions have a length of one: the inputs' unit does not matter.
            let (mut named, _, x_na) = self.sae.start_with_inputs(batch);
            let [candidates, inputs] = self.candidate_ca.dims();
            // All inputs less their mean would be a second copy of them.
            let centre_ca = k_means(x_na.clone(), candidates, ctx) - x_na.mean_dim(0);
            let length = centre_ca.clone().square().sum_dim(1).mean().sqrt().clamp_min(TINY);
            let candidate_ca = centre_ca / length.reshape([1, 1]).expand([candidates, inputs]);
            let atoms_fa = self.atoms_fa(candidate_ca.clone());
            let [features, _] = atoms_fa.dims();
            named.extend([
                ("candidate_ca", candidate_ca.reshape([candidates * inputs])),
                ("sae.dictionary.w_enc", atoms_fa.clone().transpose().reshape([features * inputs])),
                ("sae.dictionary.w_dec", atoms_fa.reshape([features * inputs])),
            ]);
            named
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let x_na = self.sae.inputs_na(batch);
            let atoms_fa = self.atoms_fa(stop_gradient(self.candidate_ca.val()));
            let pre_nf = self.sae.dictionary.encode(x_na.clone());
            let f_nf = keep_largest(relu(pre_nf.clone()), ctx.live("k"));
            let y_na = f_nf.clone().matmul(atoms_fa.clone()) + self.sae.dictionary.origin();
            let reconstruction = squared_error(x_na.clone(), y_na.clone());
            let aux = aux_k(pre_nf, x_na.clone() - y_na.clone(), self.sae.dead_f(ctx), atoms_fa.clone());
            let terms = Terms::new(reconstruction.clone() + ctx.live("aux") * aux.clone())
                .show("reconstruction", reconstruction)
                .show("revival", aux)
                .set("sae.dictionary.w_dec", stop_gradient(atoms_fa))
                .set("k", ctx.live("k"));
            self.sae.report(terms, Pass { x_na, f_nf, y_na }, ctx)
        }

        fn encode(&self, batch: Batch) -> Code {
            let pre_nf = self.sae.dictionary.encode(self.sae.inputs_na(batch));
            self.sae.to_code(keep_largest(relu(pre_nf), self.k.val()))
        }
    }
}
