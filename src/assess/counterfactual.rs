//! Codes that are changed until the judge says something else of the picture: along one direction for all, by few switches, and towards another class.

use super::court::{Asked, Court};
use super::judge::{means, recognised};
use super::measure::{Measure, Sheet};
use super::stress::numbers;
use super::subject::{About, Subject};
use super::units::by_image;
use latent_measure::rng::Rng;
use latent_measure::{Rows, deviations, image, mean};

pub const MEASURES: &[Measure] = &[
    Measure {
        names: &[
            ("global_flips", "Pictures that one direction, found from one image, turns into what is wanted"),
            ("global_flips_half", "The same at half the step"),
            ("global_flips_random", "The same along a direction by chance"),
            ("global_flips_mean", "The same along the difference of mean codes"),
            ("global_same", "Pictures that stay nearest to their own copy along the direction found from one image"),
            ("global_same_mean", "The same along the difference of mean codes"),
        ],
        applies: |about| about.pictures && numbers(about),
        run: |s, sheet| Box::pin(global(s, sheet)),
    },
    Measure {
        names: &[
            ("flips_change", "Pictures whose class changes within eight switches of features"),
            ("flips_needed", "Switches of features until the class changes"),
            ("flips_random", "Pictures whose class changes by as many switches by chance"),
        ],
        applies: featured,
        run: |s, sheet| Box::pin(flipped(s, sheet)),
    },
    Measure {
        names: &[
            ("towards_reached", "Pictures that become another class as their code goes towards its mean"),
            ("towards_changed", "Numbers of the code that change on the way"),
            ("towards_share", "Share of the code that changes on the way"),
            ("towards_distance", "Squared change of a value on the way"),
            ("towards_distance_whole", "Squared change of a value where the whole code may change"),
        ],
        applies: |about| about.pictures && (numbers(about) || featured(about)),
        run: |s, sheet| Box::pin(towards(s, sheet)),
    },
];

/// Features of whole pictures.
fn featured(about: &About) -> bool {
    about.features() && about.pictures && about.decodes() && by_image(about)
}

/// Pictures that are changed, at most.
const PICTURES: usize = 100;
/// Aims of one direction each: attributes that are there, or classes.
const AIMS: usize = 8;
/// Attributes that the judge tells less often than so are no aims.
const TELLING: f64 = 0.8;
/// Length of a step in standard deviations of each number of the code, times the root of how many there are.
const STEP: f32 = 1.5;
/// Rounds of the search, and directions that are tried in each; how far they lie from the best so far, of length one.
const ROUNDS: usize = 24;
const TRIED: usize = 32;
const NEAR: f32 = 0.7;

/// What is wanted: an answer to a question.
fn aims(court: &Court) -> Vec<(usize, u8)> {
    let one = |k: usize| match court.asked[k] {
        Asked::Class(classes) => (0..classes as u8).map(|class| (k, class)).collect::<Vec<_>>(),
        Asked::Attribute(_) if court.asked[k].answers() == 2 && court.accuracy_k[k] >= TELLING => vec![(k, 1)],
        Asked::Attribute(_) => vec![],
    };
    let mut aims: Vec<(usize, u8)> = court.subjects().into_iter().flat_map(one).collect();
    aims.truncate(AIMS);
    aims
}

/// A vector of length one.
pub(super) fn unit(v: &[f32]) -> Vec<f32> {
    let length = v.iter().map(|v| v * v).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    v.iter().map(|v| v / length).collect()
}

/// One direction that changes what the judge says of most pictures, found from a single one by trying (Sobieski & Biecek 2024, "Global Counterfactual
/// Directions": the judge is asked, never opened). The search keeps the direction along which the wanted answer is most probable and tries others near it.
async fn global(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (codes, court) = (s.codes().await?, s.court().await);
    let (d, len, questions) = (s.model.info().latent as usize, s.images.shape.image.len(), court.asked.len());
    let spread_d = deviations(Rows::new(&codes.mean_fitted, d));
    let n = s.images.test.labels.len().min(PICTURES);
    let copies = &codes.reconstruction[..n * len];
    let said_nk = court.verdicts(copies);
    let fitted_x = s.model.decode(&codes.mean_fitted[..codes.mean_fitted.len().min(PICTURES * d)]).await?;
    let fitted_nk = court.verdicts(&fitted_x);
    let reach = STEP * (d as f32).sqrt();
    let along = |z: &[f32], g: &[f32], by: f32| -> Vec<f32> {
        z.chunks_exact(d).flat_map(|z| z.iter().zip(g.iter().zip(&spread_d)).map(move |(z, (g, s))| z + by * g * s)).collect()
    };
    let mut rng = Rng::new(s.seed);
    let mut found: [Vec<f64>; 6] = Default::default();
    let mut asked = 0;
    for (k, answer) in aims(&court) {
        s.pause.point().await;
        let Some(start) = (0..fitted_nk.len() / questions).find(|i| fitted_nk[i * questions + k] != answer) else { continue };
        let others: Vec<usize> = (0..n).filter(|i| said_nk[i * questions + k] != answer).collect();
        if others.is_empty() {
            continue;
        }
        let z0 = &codes.mean_fitted[start * d..(start + 1) * d];
        let mut by_chance = || unit(&(0..d).map(|_| rng.normal()).collect::<Vec<f32>>());
        let chance = by_chance();
        let (mut best, mut best_p) = (by_chance(), -1.0f64);
        for _ in 0..ROUNDS {
            let tried: Vec<Vec<f32>> =
                (0..TRIED).map(|_| unit(&best.iter().zip(by_chance()).map(|(b, v)| b + NEAR * v).collect::<Vec<f32>>())).collect();
            let z: Vec<f32> = tried.iter().flat_map(|g| along(z0, g, reach)).collect();
            for (g, p) in tried.into_iter().zip(court.probabilities(&s.model.decode(&z).await?, k)) {
                if p[usize::from(answer)] > best_p {
                    (best, best_p) = (g, p[usize::from(answer)]);
                }
            }
            asked += TRIED;
        }
        let z: Vec<f32> = others.iter().flat_map(|i| codes.mean[i * d..(i + 1) * d].to_vec()).collect();
        let own: Vec<f32> = others.iter().flat_map(|i| copies[i * len..(i + 1) * len].to_vec()).collect();
        // From what has another answer to what has the wanted one, as long as the others.
        let mean_of = means(&codes, &court, k, d);
        let centre = |wanted: bool| {
            let of =
                mean_of.iter().enumerate().filter(|(a, _)| (*a == usize::from(answer)) == wanted).filter_map(|(_, m)| m.as_ref());
            let all: Vec<&Vec<f32>> = of.collect();
            (0..d).map(|i| all.iter().map(|m| m[i]).sum::<f32>() / all.len().max(1) as f32).collect::<Vec<f32>>()
        };
        let (to, from) = (centre(true), centre(false));
        let apart = to.iter().zip(&from).zip(&spread_d).map(|((t, f), s)| (t - f) / s.max(f32::MIN_POSITIVE));
        let between = unit(&apart.collect::<Vec<f32>>());
        for (at, (g, by)) in [(&best, reach), (&best, 0.5 * reach), (&chance, reach), (&between, reach)].into_iter().enumerate() {
            let x = s.model.decode(&along(&z, g, by)).await?;
            let after = court.verdicts(&x);
            let hit = (0..others.len()).filter(|i| after[i * questions + k] == answer).count();
            found[at].push(hit as f64 / others.len() as f64);
            match at {
                0 => found[4].push(recognised(&court, &own, &x)),
                3 => found[5].push(recognised(&court, &own, &x)),
                _ => {}
            }
        }
    }
    let aims = found[0].len();
    if aims == 0 {
        return Ok(());
    }
    let how = format!(
        "of at most {n} test images of which the judge says something else, mean over {aims} aims; a step of {STEP}·√{d} in standard deviations of each number of the code; \
         {} questions to the judge about one image for each direction; {}",
        asked / aims,
        court.said()
    );
    let same = format!("share whose nearest of as many copies is their own, by {}; {how}", court.sees());
    let ids = ["global_flips", "global_flips_half", "global_flips_random", "global_flips_mean", "global_same", "global_same_mean"];
    for (at, (id, values)) in ids.into_iter().zip(found).enumerate() {
        sheet.add(id, mean(values.into_iter()), if at < 4 { how.clone() } else { same.clone() });
    }
    Ok(())
}

/// Pictures whose class is changed by switches, and how many at most.
const SWITCHED: usize = 32;
const SWITCHES: usize = 8;
/// Features that can be switched, of those that are ever active.
const SWITCHABLE: usize = 256;

/// The fewest switches of features after which the judge says another class, found one after the other: each time the one after which the class is least
/// probable (Gat et al. 2022, "Latent Space Explanation by Intervention"). A feature that is active is switched off, another one to its usual activity.
async fn flipped(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (codes, court) = (s.codes().await?, s.court().await);
    let Some(k) = court.class() else { return Ok(()) };
    let (width, len) = (s.model.info().latent as usize, s.images.shape.image.len());
    let usual_f: Vec<f32> = (0..width)
        .map(|f| {
            let (mut sum, mut count) = (0.0f32, 0.0f32);
            for a in codes.mean_fitted.iter().skip(f).step_by(width).filter(|a| **a > 0.0) {
                (sum, count) = (sum + a, count + 1.0);
            }
            if count > 0.0 { sum / count } else { 0.0 }
        })
        .collect();
    let living: Vec<usize> = (0..width).filter(|f| usual_f[*f] > 0.0).take(SWITCHABLE).collect();
    if living.len() < SWITCHES {
        return Ok(());
    }
    let switch = |z: &mut [f32], f: usize| z[f] = if z[f] > 0.0 { 0.0 } else { usual_f[f] };
    let n = s.images.test.labels.len().min(SWITCHED);
    let before = court.verdicts(&codes.reconstruction[..n * len]);
    let mut rng = Rng::new(s.seed);
    let (mut changed, mut needed, mut random) = (vec![], vec![], vec![]);
    for i in 0..n {
        s.pause.point().await;
        let class = before[i * court.asked.len() + k];
        let start = codes.mean[i * width..(i + 1) * width].to_vec();
        let (mut z, mut left, mut switches) = (start.clone(), living.clone(), None);
        for count in 1..=SWITCHES {
            let tried: Vec<f32> = left
                .iter()
                .flat_map(|f| {
                    let mut z = z.clone();
                    switch(&mut z, *f);
                    z
                })
                .collect();
            let said = court.probabilities(&s.model.decode(&tried).await?, k);
            let best = (0..left.len()).min_by(|a, b| said[*a][usize::from(class)].total_cmp(&said[*b][usize::from(class)]));
            let Some(best) = best else { break };
            switch(&mut z, left.swap_remove(best));
            if said[best].iter().any(|p| *p > said[best][usize::from(class)]) {
                switches = Some(count);
                break;
            }
        }
        changed.push(f64::from(u8::from(switches.is_some())));
        let Some(count) = switches else { continue };
        needed.push(count as f64);
        let mut z = start;
        rng.permutation(living.len()).into_iter().take(count).for_each(|at| switch(&mut z, living[at]));
        let after = court.verdicts(&s.model.decode(&z).await?);
        random.push(f64::from(u8::from(after[k] != class)));
    }
    let how = format!("{n} test images and {} features that are ever active; {}", living.len(), court.said_of_classes(k));
    sheet.add(
        "flips_change",
        mean(changed.into_iter()),
        format!("share of them, each switch the one after which the class is least probable; {how}"),
    );
    if !needed.is_empty() {
        sheet.add("flips_needed", mean(needed.into_iter()), format!("mean over those whose class changes; {how}"));
        sheet.add("flips_random", mean(random.into_iter()), format!("share of those, as many switches as each needed; {how}"));
    }
    Ok(())
}

/// Pictures that go towards another class.
const SENT: usize = 100;
/// Steps of the descent, and the share of what is left that each takes.
const DESCENT: usize = 25;
const RATE: f32 = 0.15;
/// What a change of a number costs at first, as a share of the largest change that is wanted, and how often that is halved.
const BUDGET: f32 = 0.5;
const LOOSER: usize = 5;

/// The code goes by gradient descent towards the mean code of another class, at a price on every number that changes ("Steered
/// Generation via Gradient Descent on Sparse Features"): proximal steps of `½‖z − z̄‖² + λ‖z − z₀‖₁`, in standard deviations of each number, until the judge
/// says the other class; λ is halved while it does not.
async fn towards(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (codes, court) = (s.codes().await?, s.court().await);
    let Some(k) = court.class() else { return Ok(()) };
    let (d, len, questions) = (s.model.info().latent as usize, s.images.shape.image.len(), court.asked.len());
    let spread_d = deviations(Rows::new(&codes.mean_fitted, d));
    let mean_of = means(&codes, &court, k, d);
    let n = s.images.test.labels.len().min(SENT);
    let copies = &codes.reconstruction[..n * len];
    let before = court.verdicts(copies);
    let classes = court.asked[k].answers();
    // Each picture's way: what is wanted, and the change that would bring the whole code there.
    let ways: Vec<(usize, usize, Vec<f32>)> = (0..n)
        .filter_map(|i| {
            let aim = (usize::from(before[i * questions + k]) + 1) % classes;
            let mean = mean_of[aim].as_ref()?;
            let z = &codes.mean[i * d..(i + 1) * d];
            Some((i, aim, z.iter().zip(mean).zip(&spread_d).map(|((z, m), s)| if *s > 0.0 { (m - z) / s } else { 0.0 }).collect()))
        })
        .collect();
    let mut results: [Vec<Option<(f64, f64)>>; 2] = [vec![None; ways.len()], vec![None; ways.len()]];
    for (free, results) in results.iter_mut().enumerate() {
        for loosened in 0..LOOSER {
            let price = if free == 1 { 0.0 } else { BUDGET / (1 << loosened) as f32 };
            let mut change: Vec<Vec<f32>> = ways.iter().map(|_| vec![0.0; d]).collect();
            let open: Vec<usize> = (0..ways.len()).filter(|w| results[*w].is_none()).collect();
            for _ in 0..DESCENT {
                s.pause.point().await;
                let going: Vec<usize> = open.iter().copied().filter(|w| results[*w].is_none()).collect();
                if going.is_empty() {
                    break;
                }
                let mut z_nd = Vec::with_capacity(going.len() * d);
                for w in &going {
                    let (i, _, wanted) = &ways[*w];
                    let cost = RATE * price * wanted.iter().fold(0.0f32, |m, v| m.max(v.abs()));
                    for (c, v) in change[*w].iter_mut().zip(wanted) {
                        let to = *c + RATE * (v - *c);
                        *c = to.signum() * (to.abs() - cost).max(0.0);
                    }
                    let z = &codes.mean[i * d..(i + 1) * d];
                    z_nd.extend(z.iter().zip(change[*w].iter().zip(&spread_d)).map(|(z, (c, s))| z + c * s));
                }
                let x = s.model.decode(&z_nd).await?;
                let after = court.verdicts(&x);
                for (at, w) in going.into_iter().enumerate() {
                    let (i, aim, _) = &ways[w];
                    if usize::from(after[at * questions + k]) == *aim {
                        let changed = change[w].iter().filter(|c| **c != 0.0).count() as f64;
                        let far = image::mse(&copies[i * len..(i + 1) * len], &x[at * len..(at + 1) * len]);
                        results[w] = Some((changed, far));
                    }
                }
            }
            if free == 1 {
                break;
            }
        }
    }
    let [sparse, whole] = results;
    let reached = sparse.iter().filter(|r| r.is_some()).count() as f64 / ways.len() as f64;
    let both: Vec<((f64, f64), f64)> = sparse.iter().zip(&whole).filter_map(|(a, b)| Some(((*a)?, (*b)?.1))).collect();
    if both.is_empty() {
        return Ok(());
    }
    let how = format!(
        "{n} test images, each towards the mean code of the next class until the judge says it; steps of {RATE} of what is left, at most {DESCENT}; a change \
         costs {BUDGET} of the largest that is wanted, half of that while it does not get there; {}",
        court.said_of_classes(k)
    );
    let changed = mean(both.iter().map(|((changed, _), _)| *changed));
    sheet.add("towards_reached", reached, how.clone());
    sheet.add("towards_changed", changed, format!("of {d}; mean over those that get there; {how}"));
    sheet.add("towards_share", changed / d as f64, format!("of {d} numbers; mean over those that get there; {how}"));
    let distance = format!("from the copy, mean over those that get there; {how}");
    sheet.add("towards_distance", mean(both.iter().map(|((_, far), _)| *far)), distance.clone());
    sheet.add("towards_distance_whole", mean(both.iter().map(|(_, far)| *far)), format!("at no price for a change; {distance}"));
    Ok(())
}
