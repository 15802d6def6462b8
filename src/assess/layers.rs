//! Features of several layers of one network: where they fire, which of one layer is which of the next, and what steering along them does.

use std::ops::Range;

use super::measure::{Measure, Sheet};
use super::sparse::dictionary;
use super::steering::Bench;
use super::subject::{About, Subject};
use latent_engine::{Program, Rows as Asked};
use latent_measure::rng::Rng;
use latent_measure::sparse::Coded;
use latent_measure::{Rows, mean, sparse};

pub const MEASURES: &[Measure] = &[
    Measure {
        names: &[
            ("layers_unexplained", "Share of the layers' variance that is not explained"),
            ("layers_unexplained_d", "Share that is not explained, layer by layer"),
            ("angular_distances", "Angles between neighbouring layers, in half turns"),
        ],
        applies: About::layers,
        run: |s, sheet| Box::pin(apart(s, sheet)),
    },
    Measure {
        names: &[
            ("layer_spread_all", "How evenly a feature is active in the layers, over all images"),
            ("layer_spread_one", "How evenly it is active in the layers of one image"),
        ],
        applies: About::layers,
        run: |s, sheet| Box::pin(spread(s, sheet)),
    },
    Measure {
        names: &[
            ("matched_correlation", "Correlation of features matched across layers by their weights"),
            ("matched_correlation_folded", "The same in units of their thresholds"),
            ("matched_correlation_chance", "The same of pairs by chance"),
            ("carried_unexplained", "Variance of a layer unexplained by the matched features of the one before"),
            ("carried_unexplained_folded", "The same in units of their thresholds"),
        ],
        applies: About::layers,
        run: |s, sheet| Box::pin(matched(s, sheet)),
    },
    Measure {
        names: &[
            ("flow_cosine", "Cosine to the nearest feature of the next layer"),
            ("flow_silenced", "Activity that a feature loses without its predecessor"),
            ("flow_silenced_chance", "Activity that it loses without another feature"),
        ],
        applies: About::layers,
        run: |s, sheet| Box::pin(flow(s, sheet)),
    },
    Measure {
        names: &[
            ("steered_first", "A class's probability gained by steering the first layer"),
            ("steered_along", "The same by steering all layers along the feature's flow"),
            ("steered_last", "The same by steering the last layer"),
        ],
        applies: |about| about.layers() && about.pictures,
        run: |s, sheet| Box::pin(steered(s, sheet)),
    },
];

/// Images on which features are taken away, and others that are steered.
const IMAGES: usize = 128;
const STEERED: usize = 32;
/// Steering adds so many times what a feature reaches, all layers together.
const DOSE: f32 = 4.0;

/// The dictionaries of the layers, and how their codes lie.
struct Stack {
    layers: usize,
    /// Features of all dictionaries.
    features: usize,
    /// Numbers in a layer.
    width: usize,
    /// Features of one dictionary.
    each: usize,
    /// Which dictionary each layer has.
    group_l: Vec<usize>,
    /// Shapes `[features, width]` and `[features]`.
    encoder_fa: Vec<f64>,
    bias_f: Vec<f64>,
    /// Of length one, shape `[features, width]`.
    atom_fa: Vec<f32>,
    /// What a layer is when nothing fires.
    origin_a: Vec<f32>,
}

impl Stack {
    async fn of(s: &mut Subject<'_>) -> Result<Self, String> {
        let weights = s.model.weights().await?;
        let grid = s.about.code.iter().find_map(latent_vocabulary::code::CodeGroup::features).ok_or("the code has no features")?;
        let named = |name: &str| weights.iter().find(|w| w.name == name).ok_or_else(|| format!("there is no {name}"));
        let (w_fa, width) = dictionary(&weights).ok_or("there is no dictionary")?;
        let (encoder, bias, group) = (named("sae.dictionary.w_enc")?, named("sae.dictionary.b_enc")?, named("group_lg")?);
        let (layers, features) = (grid.places(), grid.features);
        let groups = group.values.len() / layers;
        let largest = |row: &[f32]| (0..row.len()).fold(0, |best, i| if row[i] > row[best] { i } else { best });
        let unit = |row: &[f32]| {
            let length = row.iter().map(|v| v * v).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
            row.iter().map(|v| v / length).collect::<Vec<f32>>()
        };
        Ok(Self {
            layers,
            features,
            width,
            each: features / groups,
            group_l: group.values.chunks_exact(groups).map(largest).collect(),
            encoder_fa: (0..features)
                .flat_map(|f| encoder.values.iter().skip(f).step_by(features).map(|v| f64::from(*v)))
                .collect(),
            bias_f: bias.values.iter().map(|v| f64::from(*v)).collect(),
            atom_fa: w_fa.chunks_exact(width).flat_map(unit).collect(),
            origin_a: named("sae.dictionary.b_dec")?.values.clone(),
        })
    }

    /// The features that a layer's dictionary has.
    fn own(&self, layer: usize) -> Range<usize> {
        let first = self.group_l[layer] * self.each;
        first..first + self.each
    }

    /// One layer of each image, of all of them side by side, `[n, width]`.
    fn layer(&self, values: &[f32], layer: usize) -> Vec<f32> {
        values.chunks_exact(self.layers * self.width).flat_map(|row| row[layer * self.width..][..self.width].to_vec()).collect()
    }

    fn atom(&self, f: usize) -> &[f32] {
        &self.atom_fa[f * self.width..(f + 1) * self.width]
    }

    /// The features of one layer of each image, `[n, features of the layer]`.
    fn of_layer(&self, code: &[f32], layer: usize) -> Vec<f32> {
        let rows = code.chunks_exact(self.features).skip(layer).step_by(self.layers);
        rows.flat_map(|row| row[self.own(layer)].to_vec()).collect()
    }

    /// What features of a layer stand for, where feature `i` of `act_nf` stands for feature `as_f[i]` of the dictionary so many times over; shape `[n, width]`.
    fn decoded(&self, act_nf: Rows, as_f: &[Option<(usize, f32)>]) -> Vec<f32> {
        let one = |act: &[f32]| {
            let mut y = self.origin_a.clone();
            for (a, to) in act.iter().zip(as_f).filter(|(a, _)| **a != 0.0) {
                if let Some((f, by)) = to {
                    y.iter_mut().zip(self.atom(*f)).for_each(|(y, d)| *y += a * by * d);
                }
            }
            y
        };
        act_nf.iter().flat_map(one).collect()
    }

    /// The successor of each feature of a layer in the next, as numbers among all features, and its cosine.
    fn successors(&self, layer: usize) -> Vec<(usize, f64)> {
        let rows = |layer: usize| {
            let own = self.own(layer);
            &self.atom_fa[own.start * self.width..own.end * self.width]
        };
        let next = sparse::successors(Rows::new(rows(layer), self.width), Rows::new(rows(layer + 1), self.width));
        let first = self.own(layer + 1).start;
        next.into_iter().map(|(j, cosine)| (first + j, cosine)).collect()
    }

    fn said(&self) -> String {
        let groups: Vec<String> = self.group_l.iter().map(|g| (g + 1).to_string()).collect();
        format!("{} layers, whose dictionaries are {}, with {} features each", self.layers, groups.join(" "), self.each)
    }
}

/// How much of each layer is explained, and how far layers lie apart.
async fn apart(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (stack, codes) = (Stack::of(s).await?, s.codes().await?);
    let test = &s.images.test;
    let Some(outputs) = s.model.run(Program::Layers, test.rows()).await? else { return Ok(()) };
    let [raw, inputs] = &outputs[..] else { return Err(format!("{} outputs of the layers, expected two", outputs.len())) };
    let unexplained = |layer: usize| {
        let (x, act) = (stack.layer(inputs, layer), stack.of_layer(&codes.mean, layer));
        let as_f: Vec<_> = stack.own(layer).map(|f| Some((f, 1.0))).collect();
        let y = stack.decoded(Rows::new(&act, stack.each), &as_f);
        sparse::fraction_unexplained(Rows::new(&x, stack.width), Rows::new(&y, stack.width))
    };
    let each: Vec<f64> = (0..stack.layers).map(unexplained).collect();
    let how = format!("of the variance of a layer's activations, over {} test images; {}", test.labels.len(), stack.said());
    sheet.add("layers_unexplained", mean(each.iter().copied()), format!("mean over the layers, {how}"));
    sheet.add("layers_unexplained_d", each, how);
    let distance = |layer: usize| {
        let [a, b] = [layer, layer + 1].map(|layer| stack.layer(raw, layer));
        sparse::angular_distance(Rows::new(&a, stack.width), Rows::new(&b, stack.width))
    };
    let distances: Vec<f64> = (0..stack.layers - 1).map(distance).collect();
    sheet.add(
        "angular_distances",
        distances,
        format!("arccos of the cosine / π, mean over {} test images; {}", test.labels.len(), stack.said()),
    );
    Ok(())
}

/// Where features fire.
async fn spread(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (stack, codes) = (Stack::of(s).await?, s.codes().await?);
    let found = sparse::spread(Rows::new(&codes.mean, stack.features), stack.layers);
    let how = format!(
        "entropy of a feature's activity over the layers, as a share of that of an even spread, over {} test images, mean over the features that are active; {}",
        s.images.test.labels.len(),
        stack.said()
    );
    sheet.add("layer_spread_all", found.all, format!("of its activity on all images together: {how}"));
    sheet.add(
        "layer_spread_one",
        found.one,
        format!("of its activity on one image, mean over the images on which it is active: {how}"),
    );
    Ok(())
}

/// Which features of neighbouring layers are the same, by their weights alone.
async fn matched(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (stack, codes) = (Stack::of(s).await?, s.codes().await?);
    let Some(outputs) = s.model.run(Program::Layers, s.images.test.rows()).await? else { return Ok(()) };
    let mut found: [Vec<f64>; 5] = Default::default();
    let mut rng = Rng::new(s.seed);
    for layer in (0..stack.layers - 1).filter(|l| stack.group_l[*l] != stack.group_l[l + 1]) {
        s.pause.point().await;
        let both = [layer, layer + 1];
        let test = both.map(|l| stack.of_layer(&codes.mean, l));
        // The least that was ever enough stands for a threshold: what is among the k largest has none of its own.
        let threshold = both.map(|l| {
            let fitted = stack.of_layer(&codes.mean_fitted, l);
            let act_nf = Rows::new(&fitted, stack.each);
            let least = |f: usize| act_nf.column(f).filter(|a| *a > 0.0).fold(f32::INFINITY, f32::min);
            (0..stack.each).map(least).collect::<Vec<f32>>()
        });
        let living = [0, 1].map(|i| (0..stack.each).filter(|f| threshold[i][*f].is_finite()).collect::<Vec<usize>>());
        if living.iter().any(Vec::is_empty) {
            continue;
        }
        let coded = [0, 1].map(|i| {
            let first = stack.own(both[i]).start;
            let rows = |values: &dyn Fn(usize) -> Vec<f64>| living[i].iter().flat_map(|f| values(first + f)).collect::<Vec<f64>>();
            let width = stack.width;
            Coded {
                encoder_fa: rows(&|f| stack.encoder_fa[f * width..(f + 1) * width].to_vec()),
                bias_f: living[i].iter().map(|f| stack.bias_f[first + f]).collect(),
                decoder_fa: rows(&|f| stack.atom(f).iter().map(|v| f64::from(*v)).collect()),
            }
        });
        let folds = [0, 1].map(|i| living[i].iter().map(|f| f64::from(threshold[i][*f])).collect::<Vec<f64>>());
        let named = |pairs: Vec<(usize, usize)>| pairs.into_iter().map(|(i, j)| (living[0][i], living[1][j])).collect::<Vec<_>>();
        let raw = named(sparse::permutation(&coded[0], &coded[1]));
        let folded = named(sparse::permutation(&coded[0].folded(&folds[0]), &coded[1].folded(&folds[1])));
        let mut drawn = rng.permutation(living[1].len());
        drawn.truncate(living[0].len());
        let chance = named((0..drawn.len()).map(|i| (i, drawn[i])).collect());
        let [a, b] = [0, 1].map(|i| Rows::new(&test[i], stack.each));
        for (to, pairs) in [&raw, &folded, &chance].into_iter().enumerate() {
            found[to].push(sparse::paired_correlation(a, b, pairs));
        }
        // The later layer, told by the features of the one before under the names that they have there.
        let x = stack.layer(&outputs[1], layer + 1);
        let first = stack.own(layer + 1).start;
        for (to, pairs, in_units) in [(3, &raw, false), (4, &folded, true)] {
            let mut as_f = vec![None; stack.each];
            for (i, j) in pairs {
                let by = if in_units { threshold[1][*j] / threshold[0][*i] } else { 1.0 };
                as_f[*i] = Some((first + j, by));
            }
            let y = stack.decoded(a, &as_f);
            found[to].push(sparse::fraction_unexplained(Rows::new(&x, stack.width), Rows::new(&y, stack.width)));
        }
    }
    if found[0].is_empty() {
        return Ok(());
    }
    let how = format!(
        "features that were ever active, paired so that the squared distances of encoder, bias and decoder are least; over {} test images, mean over {} pairs of \
         neighbouring layers; {}",
        s.images.test.labels.len(),
        found[0].len(),
        stack.said()
    );
    let folded = "in units of the least strength with which a feature was active on the images for what is fitted";
    let average = |i: usize| mean(found[i].iter().copied());
    sheet.add("matched_correlation", average(0), format!("correlation of activity; {how}"));
    sheet.add("matched_correlation_folded", average(1), format!("correlation of activity, {folded}; {how}"));
    sheet.add("matched_correlation_chance", average(2), format!("correlation of activity of pairs by chance; {how}"));
    sheet.add("carried_unexplained", average(3), how.clone());
    sheet.add("carried_unexplained_folded", average(4), format!("{folded}; {how}"));
    Ok(())
}

/// Whether a feature falls silent without the one of the layer before that points where it does.
async fn flow(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (stack, codes) = (Stack::of(s).await?, s.codes().await?);
    let row = stack.layers * stack.features;
    let n = s.images.test.labels.len().min(IMAGES);
    let z_nd = &codes.mean[..n * row];
    let Some(next) = s.model.run(Program::OneOn, Asked::of(z_nd)).await? else { return Ok(()) };
    let next_nd = next.first().ok_or("nothing follows from a code")?;
    let mut rng = Rng::new(s.seed);
    let (mut cosines, mut changed, mut asked) = (vec![], vec![], vec![]);
    for layer in 0..stack.layers - 1 {
        let (own, successors) = (stack.own(layer), stack.successors(layer));
        let act_nf = stack.of_layer(&codes.mean, layer);
        let act_nf = Rows::new(&act_nf, stack.each);
        cosines.extend((0..stack.each).filter(|f| act_nf.column(*f).any(|a| a > 0.0)).map(|f| successors[f].1));
        for i in 0..n {
            let here = i * row + layer * stack.features;
            let active: Vec<usize> = own.clone().filter(|f| z_nd[here + f] > 0.0).collect();
            let before = |f: usize| next_nd[here + stack.features + successors[f - own.start].0];
            // The strongest whose successor is there.
            let first =
                active.iter().copied().filter(|f| before(*f) > 0.0).max_by(|a, b| z_nd[here + a].total_cmp(&z_nd[here + b]));
            let others: Vec<usize> = active.iter().copied().filter(|f| Some(*f) != first).collect();
            let (Some(first), false) = (first, others.is_empty()) else { continue };
            let other = others[rng.below(others.len())];
            for gone in [first, other] {
                let from = changed.len();
                changed.extend_from_slice(&z_nd[i * row..(i + 1) * row]);
                changed[from + layer * stack.features + gone] = 0.0;
            }
            asked.push(((layer + 1) * stack.features + successors[first - own.start].0, before(first)));
        }
    }
    if asked.is_empty() {
        return Ok(());
    }
    let after = s.model.run(Program::OneOn, Asked::of(&changed)).await?.unwrap_or_default();
    let after = after.first().ok_or("nothing follows from a code")?;
    let lost = |which: usize| {
        let rows = after.chunks_exact(row).skip(which).step_by(2).zip(&asked);
        mean(rows.map(|(z, (at, before))| 1.0 - f64::from(z[*at] / before)))
    };
    let how = format!("{}; nearest by the cosine of their directions", stack.said());
    sheet.add(
        "flow_cosine",
        mean(cosines.into_iter()),
        format!("mean over features that are active in a layer that has a next; {how}"),
    );
    let case = format!(
        "share of its activity, mean over {} cases: on each of {n} test images and in each layer but the last, of the strongest feature whose nearest in the next layer is \
         active when the block between is run on what the features stand for",
        asked.len()
    );
    sheet.add("flow_silenced", lost(0), format!("{case}; {how}"));
    sheet.add(
        "flow_silenced_chance",
        lost(1),
        format!("when another active feature of the same layer is taken away: {case}; {how}"),
    );
    Ok(())
}

/// What steering does at one layer, and along a feature's way through all of them.
async fn steered(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let Some(bench) = Bench::new(s).await? else { return Ok(()) };
    let stack = Stack::of(s).await?;
    let codes = s.codes().await?;
    let (row, layers, features) = (stack.layers * stack.features, stack.layers, stack.features);
    let (fitted, test) = (s.images.fitted.labels.clone(), s.images.test.labels.clone());
    let flow: Vec<Vec<(usize, f64)>> = (0..layers - 1).map(|layer| stack.successors(layer)).collect();
    let mut gained: [Vec<f64>; 3] = Default::default();
    for class in 0..bench.classes {
        s.pause.point().await;
        // The feature of the first layer that is most above its mean where the class is.
        let (mut own_f, mut other_f, mut n) = (vec![0.0f64; features], vec![0.0f64; features], [0.0f64; 2]);
        for (z, label) in codes.mean_fitted.chunks_exact(row).zip(&fitted) {
            let own = usize::from(*label) == class;
            n[usize::from(own)] += 1.0;
            let to = if own { &mut own_f } else { &mut other_f };
            to.iter_mut().zip(z).for_each(|(sum, a)| *sum += f64::from(*a));
        }
        let above = |f: &usize| own_f[*f] / n[1].max(1.0) - other_f[*f] / n[0].max(1.0);
        let first = stack.own(0).max_by(|a, b| above(a).total_cmp(&above(b)));
        let at: Vec<usize> = (0..test.len()).filter(|i| usize::from(test[*i]) != class).take(STEERED).collect();
        let (Some(first), false) = (first.filter(|f| above(f) > 0.0), at.is_empty()) else { continue };
        // Where it goes on, and how strong it gets there.
        let mut chain = vec![first];
        for (layer, successors) in flow.iter().enumerate() {
            let last = chain[chain.len() - 1];
            chain.push(successors[last - stack.own(layer).start].0);
        }
        let reach: Vec<f32> = chain.iter().enumerate().map(|(layer, f)| bench.max_f[layer * features + f]).collect();
        let plain: Vec<f32> = at.iter().flat_map(|i| codes.mean[i * row..(i + 1) * row].to_vec()).collect();
        let mut said = vec![];
        // Nothing; the first layer alone; all alike; the last alone.
        let doses = [vec![0.0; layers], share(layers, |l| l == 0), share(layers, |_| true), share(layers, |l| l + 1 == layers)];
        for dose_l in doses {
            let mut z = plain.clone();
            for layer in 0..layers {
                if layer > 0 {
                    let next = s.model.run(Program::OneOn, Asked::of(&z)).await?.unwrap_or_default();
                    let next = next.first().ok_or("nothing follows from a code")?;
                    for (z, next) in z.chunks_exact_mut(row).zip(next.chunks_exact(row)) {
                        let part = layer * features..(layer + 1) * features;
                        z[part.clone()].copy_from_slice(&next[part]);
                    }
                }
                z.chunks_exact_mut(row).for_each(|z| z[layer * features + chain[layer]] += dose_l[layer] * reach[layer]);
            }
            let probable = bench.judged(s, &z).await?;
            said.push(mean(probable.iter().map(|p| p[class])));
        }
        for (to, after) in gained.iter_mut().zip(&said[1..]) {
            to.push(after - said[0]);
        }
    }
    if gained[0].is_empty() {
        return Ok(());
    }
    let how = format!(
        "how much more probable a class becomes, mean over {} classes of {STEERED} test images of others, {}; added is {DOSE} times the largest activity of the \
         feature of the first layer that is most above its mean where the class is, and of those that it goes on in; each layer follows from the one before; {}",
        gained[0].len(),
        bench.how,
        stack.said()
    );
    let average = |values: &[f64]| mean(values.iter().copied());
    for (id, values, of) in [
        ("steered_first", &gained[0], "all at the first layer"),
        ("steered_along", &gained[1], "shared out evenly over the layers"),
        ("steered_last", &gained[2], "all at the last layer"),
    ] {
        sheet.add(id, average(values), format!("{of}: {how}"));
    }
    Ok(())
}

/// [`DOSE`] shared out evenly among the layers that are meant.
fn share(layers: usize, meant: impl Fn(usize) -> bool) -> Vec<f32> {
    let all = (0..layers).filter(|l| meant(*l)).count() as f32;
    (0..layers).map(|l| if meant(l) { DOSE / all } else { 0.0 }).collect()
}
