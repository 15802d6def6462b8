//! What holding features at other values does to pictures. The judge says what they show.

use std::rc::Rc;

use super::court::Court;
use super::measure::{Measure, Sheet};
use super::subject::{About, Subject};
use super::units::by_image;
use latent_measure::mean;

pub const MEASURES: &[Measure] = &[
    Measure {
        names: &[
            ("steering_success", "Steering by any feature: share of pictures that change their class as it says"),
            ("steering_success_by_output", "Steering by features with the highest output scores"),
            ("steering_success_by_input", "Steering by features with the highest input scores"),
            ("scores_agree", "Correlation of input and output scores"),
        ],
        applies: steered,
        run: |s, sheet| Box::pin(selected(s, sheet)),
    },
    Measure {
        names: &[
            ("concept_removed", "Probability of a class with its features taken away"),
            ("concept_left", "Probability of a class with its features as they are"),
            ("concept_absent", "Probability of a class in pictures of others"),
            ("concept_added", "Probability of a class with its features added"),
            ("concept_monotone", "Share of classes whose probability rises with the strength"),
        ],
        applies: steered,
        run: |s, sheet| Box::pin(dosed(s, sheet)),
    },
    Measure {
        names: &[
            ("unlearnt_by_zero", "Recall a class loses with its features at zero"),
            ("unlearnt_by_zero_others", "Recall others lose with them at zero"),
            ("unlearnt_by_negative", "Recall a class loses with its features below zero"),
            ("unlearnt_by_negative_others", "Recall others lose with them below zero"),
        ],
        applies: steered,
        run: |s, sheet| Box::pin(unlearnt(s, sheet)),
    },
];

/// Features of whole pictures.
fn steered(about: &About) -> bool {
    about.features() && about.pictures && by_image(about)
}

/// Features that are tried, of those that are ever active.
const TRIED: usize = 128;
/// Pictures that an output score is taken on, and others that success is.
const SCORED: usize = 16;
const JUDGED: usize = 32;
/// Pictures on which a feature is strongest, for its input score.
const STRONGEST: usize = 10;
/// A feature is held at so many times its largest activity.
const HELD: f32 = 2.0;
/// Features that stand for a class.
const OF_CLASS: usize = 5;
/// Strengths at which a class's features are added.
const DOSES: [f32; 5] = [-4.0, -2.0, 0.0, 2.0, 4.0];

/// Codes whose pictures are judged, and who judges them.
pub(super) struct Bench {
    court: Rc<Court>,
    /// The question about the class.
    class: usize,
    pub(super) classes: usize,
    /// Numbers in a code.
    width: usize,
    /// Largest activity of each feature on the images for what is fitted.
    pub(super) max_f: Vec<f32>,
    /// In protocols.
    pub(super) how: String,
}

impl Bench {
    /// `None` where all are of one class.
    pub(super) async fn new(s: &mut Subject<'_>) -> Result<Option<Self>, String> {
        let codes = s.codes().await?;
        let court = s.court().await;
        let Some(class) = court.class() else { return Ok(None) };
        let (classes, width) = (s.images.classes(), s.model.info().latent as usize);
        let mut max_f = vec![0.0f32; width];
        for row in codes.mean_fitted.chunks_exact(width) {
            max_f.iter_mut().zip(row).for_each(|(most, a)| *most = most.max(*a));
        }
        let how = court.said_of_classes(class);
        Ok(Some(Self { court, class, classes, width, max_f, how }))
    }

    /// How probable each class is in the pictures of these codes.
    pub(super) async fn judged(&self, s: &mut Subject<'_>, z_nd: &[f32]) -> Result<Vec<Vec<f64>>, String> {
        Ok(self.court.probabilities(&s.model.decode(z_nd).await?, self.class))
    }

    /// For each class the features that are most above their mean when it is there, and by how much.
    fn of_classes(&self, mean_fitted: &[f32], label_n: &[u8]) -> Vec<Vec<(usize, f32)>> {
        let (mut sum_cf, mut count_c) = (vec![vec![0.0f64; self.width]; self.classes], vec![0.0f64; self.classes]);
        for (row, label) in mean_fitted.chunks_exact(self.width).zip(label_n) {
            sum_cf[usize::from(*label)].iter_mut().zip(row).for_each(|(sum, a)| *sum += f64::from(*a));
            count_c[usize::from(*label)] += 1.0;
        }
        let all: f64 = count_c.iter().sum();
        let of = |class: usize| {
            let others = (all - count_c[class]).max(1.0);
            let above = |f: usize| {
                let elsewhere: f64 = (0..self.classes).filter(|c| *c != class).map(|c| sum_cf[c][f]).sum();
                (sum_cf[class][f] / count_c[class].max(1.0) - elsewhere / others) as f32
            };
            let mut best: Vec<(usize, f32)> = (0..self.width).map(|f| (f, above(f))).filter(|(_, by)| *by > 0.0).collect();
            best.sort_by(|a, b| b.1.total_cmp(&a.1));
            best.truncate(OF_CLASS);
            best
        };
        (0..self.classes).map(of).collect()
    }
}

/// Index of the largest.
fn most(values: &[f64]) -> usize {
    (0..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}

/// Pearson's.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let (ma, mb) = (mean(a.iter().copied()), mean(b.iter().copied()));
    let product = |f: fn(f64, f64) -> f64| a.iter().zip(b).map(|(x, y)| f(x - ma, y - mb)).sum::<f64>();
    product(|x, y| x * y) / (product(|x, _| x * x) * product(|_, y| y * y)).sqrt()
}

/// What a feature does to pictures that do not show what it says.
struct Scored {
    input: f64,
    output: f64,
    success: f64,
}

/// Input and output scores of features, and what steering by them achieves (Arad, Mueller & Belinkov 2025, "SAEs Are Good for Steering – If You Select the Right
/// Features"). A feature says the class that its own picture makes more probable. Its input score is the share of that class among the images on which it is
/// strongest; its output score, how much more probable the class becomes where the feature is amplified.
async fn selected(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let Some(bench) = Bench::new(s).await? else { return Ok(()) };
    let codes = s.codes().await?;
    let width = bench.width;
    let tried: Vec<usize> = (0..width).filter(|f| bench.max_f[*f] > 0.0).take(TRIED).collect();
    if tried.len() < 4 {
        return Ok(());
    }
    let silent = bench.judged(s, &vec![0.0; width]).await?.remove(0);
    let mut all = vec![];
    for f in tried {
        s.pause.point().await;
        let held = HELD * bench.max_f[f];
        let mut alone = vec![0.0; width];
        alone[f] = bench.max_f[f];
        let alone = bench.judged(s, &alone).await?.remove(0);
        let class = most(&alone.iter().zip(&silent).map(|(a, b)| a.max(1e-12).ln() - b.max(1e-12).ln()).collect::<Vec<f64>>());
        let (fitted, test) = (&s.images.fitted.labels, &s.images.test.labels);
        let mut strong: Vec<(f32, usize)> =
            codes.mean_fitted.iter().skip(f).step_by(width).copied().zip(0..).filter(|(a, _)| *a > 0.0).collect();
        strong.sort_by(|a, b| b.0.total_cmp(&a.0));
        strong.truncate(STRONGEST);
        let input = mean(strong.iter().map(|(_, i)| f64::from(u8::from(usize::from(fitted[*i]) == class))));
        // Pictures of other classes as they are, then with the feature held.
        let both = |mean_nd: &[f32], labels: &[u8], n: usize| {
            let others = labels.iter().enumerate().filter(|(_, label)| usize::from(**label) != class).map(|(i, _)| i).take(n);
            let plain: Vec<f32> = others.flat_map(|i| mean_nd[i * width..(i + 1) * width].to_vec()).collect();
            let mut steered = plain.clone();
            steered.chunks_exact_mut(width).for_each(|row| row[f] = held);
            [plain, steered].concat()
        };
        let halves = |said: &[Vec<f64>]| (said[..said.len() / 2].to_vec(), said[said.len() / 2..].to_vec());
        let (scored, judged) = (both(&codes.mean_fitted, fitted, SCORED), both(&codes.mean, test, JUDGED));
        let (before, after) = halves(&bench.judged(s, &scored).await?);
        let output = mean(before.iter().zip(&after).map(|(before, after)| after[class] - before[class]));
        let (before, after) = halves(&bench.judged(s, &judged).await?);
        let changed = before.iter().zip(&after).filter(|(before, _)| most(before) != class).map(|(_, after)| most(after) == class);
        all.push(Scored { input, output, success: mean(changed.map(|so| f64::from(u8::from(so)))) });
    }
    let all: Vec<Scored> = all.into_iter().filter(|scored| scored.success.is_finite()).collect();
    let best = |by: fn(&Scored) -> f64| {
        let mut order: Vec<&Scored> = all.iter().collect();
        order.sort_by(|a, b| by(b).total_cmp(&by(a)));
        mean(order.iter().take((all.len() / 4).max(1)).map(|scored| scored.success))
    };
    let how = format!(
        "a feature is held at {HELD} of its largest activity; share of at most {JUDGED} test images of other classes that turn into the class that the feature by \
         itself makes more probable, {}; mean over",
        bench.how
    );
    let quarter = |score: &str| format!("{how} the quarter of {} features with the highest {score}", all.len());
    sheet.add("steering_success", mean(all.iter().map(|scored| scored.success)), format!("{how} {} features", all.len()));
    let output = format!("output score: how much more probable the class becomes, mean over {SCORED} other images");
    sheet.add("steering_success_by_output", best(|scored| scored.output), quarter(&output));
    let input = format!("input score: share of the class among the {STRONGEST} images on which the feature is strongest");
    sheet.add("steering_success_by_input", best(|scored| scored.input), quarter(&input));
    let scores: [Vec<f64>; 2] =
        [|scored: &Scored| scored.input, |scored: &Scored| scored.output].map(|by| all.iter().map(by).collect());
    sheet.add("scores_agree", correlation(&scores[0], &scores[1]), format!("over {} features", all.len()));
    Ok(())
}

/// How probable a class is while the features that stand for it are added at several strengths (Kim & Ghadiyaram 2025, "Concept Steerers").
async fn dosed(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let Some(bench) = Bench::new(s).await? else { return Ok(()) };
    let codes = s.codes().await?;
    let (width, test) = (bench.width, s.images.test.labels.clone());
    let chosen = bench.of_classes(&codes.mean_fitted, &s.images.fitted.labels);
    let (mut removed, mut left, mut absent, mut added, mut monotone) = (vec![], vec![], vec![], vec![], vec![]);
    for (class, features) in chosen.iter().enumerate().filter(|(_, features)| !features.is_empty()) {
        s.pause.point().await;
        let rows = |own: bool| {
            let at = (0..test.len()).filter(|i| (usize::from(test[*i]) == class) == own).take(JUDGED);
            at.flat_map(|i| codes.mean[i * width..(i + 1) * width].to_vec()).collect::<Vec<f32>>()
        };
        let (own, others) = (rows(true), rows(false));
        if own.is_empty() || others.is_empty() {
            continue;
        }
        let (mut curve, mut of_own, mut of_others) = (vec![], vec![], vec![]);
        for dose in DOSES {
            let with = |rows: &[f32]| {
                let mut rows = rows.to_vec();
                rows.chunks_exact_mut(width).for_each(|row| features.iter().for_each(|(f, by)| row[*f] += dose * by));
                rows
            };
            let probable = |said: Vec<Vec<f64>>| mean(said.iter().map(|p| p[class]));
            of_own.push(probable(bench.judged(s, &with(&own)).await?));
            of_others.push(probable(bench.judged(s, &with(&others)).await?));
            curve.push(of_own[of_own.len() - 1] + of_others[of_others.len() - 1]);
        }
        monotone.push(f64::from(u8::from(curve.windows(2).all(|pair| pair[1] >= pair[0]))));
        removed.push(of_own[0]);
        left.push(of_own[DOSES.len() / 2]);
        absent.push(of_others[DOSES.len() / 2]);
        added.push(of_others[DOSES.len() - 1]);
    }
    if left.is_empty() {
        return Ok(());
    }
    let how = format!(
        "mean over {} classes of at most {JUDGED} test images each, {}; the {OF_CLASS} features that are most above their usual activity where the class is, by so \
         much times the strength",
        left.len(),
        bench.how
    );
    let at = |dose: f32, of: &str| format!("images {of}, strength {dose}; {how}");
    let average = |values: &[f64]| mean(values.iter().copied());
    sheet.add("concept_removed", average(&removed), at(DOSES[0], "of the class"));
    sheet.add("concept_left", average(&left), at(0.0, "of the class"));
    sheet.add("concept_absent", average(&absent), at(0.0, "of others"));
    sheet.add("concept_added", average(&added), at(DOSES[DOSES.len() - 1], "of others"));
    sheet.add("concept_monotone", average(&monotone), format!("over the strengths {DOSES:?}; {how}"));
    Ok(())
}

/// What classes lose when the features that stand for one are held at zero, or below, wherever they are active (Farrell, Lau & Conmy 2024, "Applying sparse
/// autoencoders to unlearn knowledge in language models").
async fn unlearnt(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let Some(bench) = Bench::new(s).await? else { return Ok(()) };
    let codes = s.codes().await?;
    let (width, test) = (bench.width, s.images.test.labels.clone());
    let chosen = bench.of_classes(&codes.mean_fitted, &s.images.fitted.labels);
    let recall = |said: &[Vec<f64>]| {
        let (mut right, mut all) = (vec![0.0; bench.classes], vec![0.0; bench.classes]);
        for (p, label) in said.iter().zip(&test) {
            right[usize::from(*label)] += f64::from(u8::from(most(p) == usize::from(*label)));
            all[usize::from(*label)] += 1.0;
        }
        right.into_iter().zip(all).map(|(r, n)| r / n).collect::<Vec<f64>>()
    };
    let whole = recall(&bench.judged(s, &codes.mean).await?);
    // Own and other classes, at zero and below.
    let mut lost: [[Vec<f64>; 2]; 2] = Default::default();
    for (class, features) in chosen.iter().enumerate().filter(|(_, features)| !features.is_empty()) {
        for (below, lost) in lost.iter_mut().enumerate() {
            s.pause.point().await;
            let mut held = codes.mean.clone();
            for row in held.chunks_exact_mut(width) {
                for (f, _) in features {
                    if row[*f] > 0.0 {
                        row[*f] = -(below as f32) * bench.max_f[*f];
                    }
                }
            }
            let after = recall(&bench.judged(s, &held).await?);
            for (other, (before, after)) in whole.iter().zip(&after).enumerate().filter(|(_, (before, _))| before.is_finite()) {
                lost[usize::from(other != class)].push(before - after);
            }
        }
    }
    let [zero, negative] = lost;
    if zero[0].is_empty() {
        return Ok(());
    }
    let how = format!(
        "recall lost over {} test images, {}; the {OF_CLASS} features that are most above their usual activity where a class is, wherever they are active",
        test.len(),
        bench.how
    );
    let average = |values: &[f64]| mean(values.iter().copied());
    sheet.add("unlearnt_by_zero", average(&zero[0]), format!("by the class, features at zero: {how}"));
    sheet.add("unlearnt_by_zero_others", average(&zero[1]), format!("by other classes, features at zero: {how}"));
    sheet.add(
        "unlearnt_by_negative",
        average(&negative[0]),
        format!("by the class, features at minus their largest activity: {how}"),
    );
    sheet.add(
        "unlearnt_by_negative_others",
        average(&negative[1]),
        format!("by other classes, features at minus their largest activity: {how}"),
    );
    Ok(())
}
