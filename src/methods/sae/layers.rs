//! Sparse autoencoders of a residual stream: one dictionary for all layers, one for each, or one for each group of layers that lie together.
//!
//! One dictionary: Lawson et al. train on all layers of each token; here each image gives each dictionary one of its layers in a step, chosen at random, so that
//! inputs are distributed as there and a step costs as much as it has dictionaries. Groups: Ghilardi et al. merge layers by complete linkage of their angular
//! distances; here the stream is cut where neighbours have the least mean cosine. Layers are centred and have a mean square of 1.

use super::params::{AUX, DEAD_AFTER, FEATURES, FIRING, K};
use latent_vocabulary::objective::{Symbols, Term};
use latent_vocabulary::{Card, Family, Paper, ParamSpec};

#[cfg(feature = "networks")]
pub use engine::Layers;

pub const CARD: Card = Card {
    id: "layer-sae",
    family: Family::Sae,
    hosted: true,
    of_stream: true,
    label: "Sparse autoencoders of a residual stream",
    summary: "Takes all layers of a residual network apart, with one dictionary for all or several for some each.",
    terms: &[
        Term::plus("reconstruction", "‖h − ĥ‖²").weighed(&["k"]),
        Term::plus("revival", "α·‖e − ê‖²").weighed(&["aux", "dead_after"]),
    ],
    symbols: &[Symbols::new("h: a layer of the stream,  ĥ = TopKₖ(ReLU((h − b)W + b′))·D + b  with the dictionary of its group;  e = h − ĥ,  ê from dead features only")],
    counts: FIRING,
    papers: &[
        Paper::of("Residual Stream Analysis with Multi-Layer SAEs", "Lawson et al. 2024").only("one dictionary for all layers, on a small network"),
        Paper::of("Efficient Training of Sparse Autoencoders for Large Language Models via Layer Groups", "Ghilardi et al. 2024")
            .only("one dictionary for neighbouring layers, cut where they differ most"),
        Paper::of("Mechanistic Permutability: Match Features Across Layers", "Balagansky et al. 2024").only("dictionaries of all layers, and how they are matched"),
        Paper::of("Analyze Feature Flow to Enhance Interpretation and Steering in Language Models", "Laptev et al. 2025")
            .only("which feature of a layer goes on in which of the next"),
    ],
    params: &[
        ParamSpec::int("groups", "Dictionaries", 1, 8, 1,
            "Into how many groups of neighbouring layers the stream is cut, each with a dictionary of its own. 1: one for all layers. As many as there are layers: one for each."),
        K,
        ParamSpec { default: 256.0, ..FEATURES },
        AUX,
        DEAD_AFTER,
    ],
    try_this: "Train one dictionary for all layers: which features fire in several layers of the same digit? Then one for each, and follow a feature from layer to layer.",
    ..Card::PLAIN
}
.shown();

#[cfg(feature = "networks")]
mod engine {
    use burn::module::{Module, Param};
    use burn::tensor::activation::relu;
    use burn::tensor::{Device, Tensor};

    use super::CARD;
    use crate::host::STREAM;
    use crate::sae::base::{Base, firing};
    use crate::sae::source::Source;
    use latent_nn::constant::places;
    use latent_nn::kth::kth_largest;
    use latent_nn::one_hot::one_hot;
    use latent_nn::sparse::{Tie, aux_k, keep_largest, squared_error};
    use latent_nn::{Batch, Code, Ctx, Method, Named, Terms, stop_gradient};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::shape::DataShape;

    #[derive(Module, Debug)]
    pub struct Layers {
        /// Of all dictionaries, one after the other.
        sae: Base,
        /// The k of the latest step, for when the encoder is used by itself; shape `[1]`.
        k: Param<Tensor<1>>,
        /// One where a layer is of a group, shape `[layers, groups]`.
        group_lg: Param<Tensor<2>>,
        /// Features of one dictionary.
        #[module(skip)]
        each: usize,
    }

    impl Layers {
        /// Layers and groups.
        fn sizes(&self) -> [usize; 2] {
            self.group_lg.dims()
        }

        /// One where a feature is of the group of an input's layer, shape `[n, features]`: inputs are the layers of one image after those of another.
        fn own_nf(&self, n: usize) -> Tensor<2> {
            let [layers, groups] = self.sizes();
            let (images, all) = (n / layers, groups * self.each);
            let own_lf: Tensor<2> = stop_gradient(self.group_lg.val())
                .reshape([layers, groups, 1])
                .expand([layers, groups, self.each])
                .reshape([layers, all]);
            own_lf.reshape([1, layers, all]).expand([images, layers, all]).reshape([n, all])
        }

        /// The features of all layers, shape `[n, features]`.
        fn features_nf(&self, x_na: Tensor<2>, k: Tensor<1>) -> Tensor<2> {
            let [n, _] = x_na.dims();
            keep_largest(relu(self.sae.dictionary.encode(x_na)) * self.own_nf(n), k)
        }

        /// For each group one layer of each image, chosen at random among the group's, shapes `[images, inputs]`.
        fn drawn(&self, x_na: Tensor<2>, ctx: &mut Ctx) -> Vec<Tensor<2>> {
            let ([n, inputs], [layers, groups]) = (x_na.dims(), self.sizes());
            let images = n / layers;
            let x_nla: Tensor<3> = x_na.reshape([images, layers, inputs]);
            let chance_nl = ctx.uniform([images, layers]) + 1.0;
            let of = |group: usize| {
                let own_1l = stop_gradient(self.group_lg.val()).narrow(1, group, 1).transpose();
                let chance_nl = chance_nl.clone() * own_1l.expand([images, layers]);
                let most_n1 = chance_nl.clone().max_dim(1);
                let chosen_nl = chance_nl.greater_equal(most_n1.expand([images, layers])).float();
                (x_nla.clone() * chosen_nl.reshape([images, layers, 1])).sum_dim(1).reshape([images, inputs])
            };
            (0..groups).map(of).collect()
        }

        /// Squared error, revival, inputs with what features stand for, how many inputs each feature has seen, on which share of them it fired, and how many
        /// fire on one.
        fn copied(&self, x_na: Tensor<2>, ctx: &mut Ctx) -> Pass {
            let [_, groups] = self.sizes();
            let (k, dead_f, atoms_fa) = (ctx.live("k"), self.sae.dead_f(ctx), self.sae.dictionary.atoms_fa());
            let mut parts = vec![];
            for (group, x_ma) in self.drawn(x_na, ctx).into_iter().enumerate() {
                let first = group * self.each;
                let pre_mf = self.sae.dictionary.encode_some(x_ma.clone(), first, self.each);
                let atoms_fa = atoms_fa.clone().narrow(0, first, self.each);
                let f_mf = keep_largest(relu(pre_mf.clone()), k.clone());
                let y_ma = f_mf.clone().matmul(atoms_fa.clone()) + self.sae.dictionary.origin();
                let aux = aux_k(pre_mf, x_ma.clone() - y_ma.clone(), dead_f.clone().narrow(0, first, self.each), atoms_fa);
                let (error, share_f) = (squared_error(x_ma.clone(), y_ma.clone()), firing(f_mf));
                parts.push(Pass { reconstruction: error, aux, l0: share_f.clone().sum(), share_f, x_na: x_ma, y_na: y_ma });
            }
            let mean = |of: fn(&Pass) -> &Tensor<1>| {
                let sum = parts.iter().map(|part| of(part).clone()).reduce(|sum, part| sum + part).expect("there is a group");
                sum * (1.0 / groups as f64)
            };
            let below = |of: fn(&Pass) -> &Tensor<2>| Tensor::cat(parts.iter().map(|part| of(part).clone()).collect(), 0);
            Pass {
                reconstruction: mean(|part| &part.reconstruction),
                aux: mean(|part| &part.aux),
                l0: mean(|part| &part.l0),
                share_f: Tensor::cat(parts.iter().map(|part| part.share_f.clone()).collect(), 0),
                x_na: below(|part| &part.x_na),
                y_na: below(|part| &part.y_na),
            }
        }

        /// The same of all layers, without revival.
        fn seen(&self, x_na: Tensor<2>, ctx: &Ctx) -> Pass {
            let f_nf = self.features_nf(x_na.clone(), ctx.live("k"));
            let y_na = self.sae.dictionary.decode(f_nf.clone());
            let share_f = firing(f_nf);
            let reconstruction = squared_error(x_na.clone(), y_na.clone());
            Pass { reconstruction, aux: Tensor::zeros([1], &ctx.device()), l0: share_f.clone().sum(), share_f, x_na, y_na }
        }
    }

    /// What a step makes of its inputs.
    struct Pass {
        reconstruction: Tensor<1>,
        aux: Tensor<1>,
        /// Features that fire on an input.
        l0: Tensor<1>,
        /// On which share of what each feature has seen it fires.
        share_f: Tensor<1>,
        x_na: Tensor<2>,
        y_na: Tensor<2>,
    }

    impl Method for Layers {
        const CARD: &'static Card = &CARD;

        fn code(&self) -> Vec<latent_vocabulary::code::CodeGroup> {
            self.sae.code()
        }

        fn init(params: &Params, data: DataShape, device: &Device) -> Self {
            let source = Source::new(STREAM, params, data, device);
            let layers = source.host().map_or(1, crate::host::Host::layers);
            let (groups, each) = (params.usize("groups").min(layers), params.usize("features"));
            // Evenly, until the data say better.
            let even_l = (places(layers, device) * (groups as f64 / layers as f64)).floor();
            Self {
                sae: Base::of(source, groups * each, Tie::Free, device),
                k: Param::from_tensor(Tensor::full([1], params.get("k"), device)),
                group_lg: Param::from_tensor(one_hot(even_l.reshape([layers, 1]), groups)),
                each,
            }
        }

        /// Where neighbours in the stream have the least mean cosine, it is cut.
        fn start(&self, batch: Batch, _ctx: &mut Ctx) -> Vec<Named> {
            let [layers, groups] = self.sizes();
            let mut named = self.sae.start(batch.clone());
            if groups == 1 || layers == 1 {
                return named;
            }
            let Some(host) = self.sae.host() else { return named };
            let a_na = host.raw(STREAM, batch.x_bp);
            let [n, width] = a_na.dims();
            let unit_nw = a_na.clone() / (a_na.square().sum_dim(1).sqrt()).clamp_min(f64::from(f32::MIN_POSITIVE));
            let unit_nlw: Tensor<3> = unit_nw.reshape([n / layers, layers, width]);
            let [before, behind] = [0, 1].map(|from| unit_nlw.clone().narrow(1, from, layers - 1));
            let cosine_1l = (before * behind).sum_dim(2).reshape([n / layers, layers - 1]).mean_dim(0);
            let apart_1l = -cosine_1l;
            let least = kth_largest(apart_1l.clone(), Tensor::full([1], (groups - 1) as f64, &apart_1l.device()));
            let cut_1l = apart_1l.clone().greater_equal(least.expand(apart_1l.dims())).float();
            let group_l = Tensor::cat(vec![Tensor::zeros([1, 1], &apart_1l.device()), cut_1l.cumsum(1)], 1);
            let group_lg = one_hot(group_l.reshape([layers, 1]), groups);
            named.push(("group_lg", group_lg.flatten(0, 1)));
            named
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            let x_na = self.sae.inputs_na(batch);
            let [_, groups] = self.sizes();
            let pass = if ctx.training { self.copied(x_na, ctx) } else { self.seen(x_na, ctx) };
            let Pass { reconstruction, aux, l0, share_f, x_na, y_na } = pass;
            let n = x_na.dims()[0] / if ctx.training { groups } else { 1 };
            let terms = Terms::new(reconstruction.clone() + ctx.live("aux") * aux.clone())
                .show("reconstruction", reconstruction)
                .show("revival", aux)
                .set("k", ctx.live("k"));
            // A dictionary has seen one layer of each image.
            self.sae.noted(terms, (x_na, y_na), (n, share_f, l0), ctx)
        }

        fn encode(&self, batch: Batch) -> Code {
            self.sae.to_code(self.features_nf(self.sae.inputs_na(batch), self.k.val()))
        }

        /// Features out of their group stand for nothing.
        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            let source = self.sae.source();
            let f_nf = source.features_nf(z_bd, self.sae.dictionary.features());
            let [n, _] = f_nf.dims();
            Some(source.to_images(self.sae.dictionary.decode(f_nf * self.own_nf(n))))
        }

        fn atoms(&self) -> Option<Tensor<2>> {
            Some(self.sae.dictionary.atoms_fa())
        }

        fn host_images(&self, batch: Batch) -> Option<Tensor<2>> {
            self.sae.host_images(batch)
        }

        fn layers(&self, batch: Batch) -> Option<[Tensor<2>; 2]> {
            Some(self.sae.host()?.side_by_side(batch.x_bp))
        }

        fn one_on(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            let source = self.sae.source();
            let f_nf = source.features_nf(z_bd, self.sae.dictionary.features());
            let decode = |f_nf: Tensor<2>| {
                let [n, _] = f_nf.dims();
                self.sae.dictionary.decode(f_nf * self.own_nf(n))
            };
            let next_nf = source.one_on(f_nf, decode, |x_na| self.features_nf(x_na, self.k.val()))?;
            Some(source.to_code(next_nf).mean_bd)
        }
    }
}
