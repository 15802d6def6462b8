//! What a change of the code does to the picture, as a judge says that has never seen the model.

use super::court::{Asked, Court};
use super::measure::{Measure, Sheet};
use super::subject::{About, Codes, Subject};
use latent_vocabulary::code::{CodeGroup, CodeKind};
use latent_vocabulary::factors::tell;

pub const MEASURES: &[Measure] = &[Measure {
    names: &[
        ("judge_accuracy", "Accuracy of the judge on test images"),
        ("took_hold_by_chance", "Copies in which the judge sees the wanted value anyway"),
        ("took_hold_switch", "A switched attribute takes hold"),
        ("kept_switch", "Other attributes that stay as one is switched"),
        ("took_hold_direction", "A step between the means of an attribute's values takes hold"),
        ("kept_direction", "Other attributes that stay at that step"),
        ("judge_attribute_*", "Accuracy of the judge on attribute *"),
        ("took_hold_attribute_*", "A switch of attribute * takes hold"),
        ("kept_attribute_*", "Other attributes that stay as attribute * is switched"),
        ("same_attribute_*", "Pictures that stay nearest to their own copy as attribute * is switched"),
    ],
    applies: movable,
    run: |s, sheet| Box::pin(moved(s, sheet)),
}];

/// Images that are changed, and attributes of which one at a time is, at most.
const IMAGES: usize = 100;
const ATTRIBUTES: usize = 12;
/// An attribute that the judge tells less often than so is not asked for.
const TELLING: f64 = 0.8;

/// Codes are numbers from which a picture is decoded.
fn movable(about: &About) -> bool {
    let numbers = |group: &CodeGroup| {
        matches!(
            group.kind,
            CodeKind::Gaussian | CodeKind::Point | CodeKind::Steps { .. } | CodeKind::Choice { .. } | CodeKind::Factor { .. }
        )
    };
    about.pictures && about.decodes() && about.code.iter().all(numbers)
}

/// One attribute of a code after the other is changed.
async fn moved(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let codes = s.codes().await?;
    let court = s.court().await;
    let (questions, subjects) = (court.asked.len(), court.subjects());
    let mut trusted: Vec<usize> = subjects.iter().copied().filter(|k| court.accuracy_k[*k] >= TELLING).collect();
    let said = court.said();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let accuracy = mean(&subjects.iter().map(|k| court.accuracy_k[*k]).collect::<Vec<f64>>());
    let how = format!(
        "mean over {} questions, of which it answers {} right at least {TELLING} of the time; {said}",
        subjects.len(),
        trusted.len()
    );
    sheet.add("judge_accuracy", accuracy, how);
    // Those that are not the same in nearly all images come first.
    let common = |k: usize| {
        let of = |answer: u8| court.test_nk.iter().skip(k).step_by(questions).filter(|v| **v == answer).count();
        (0..court.asked[k].answers() as u8).map(of).max().unwrap_or(0)
    };
    trusted.sort_by_key(|k| (common(*k), *k));
    trusted.truncate(ATTRIBUTES);
    trusted.sort_unstable();
    if trusted.is_empty() {
        return Ok(());
    }
    let n = s.images.test.labels.len().min(IMAGES);
    let (d, len) = (s.model.info().latent as usize, s.images.shape.image.len());
    let copies_nk = court.verdicts(&codes.reconstruction[..n * len]);
    let mut anyway = vec![];
    for way in ["switch", "direction"] {
        let (mut held, mut kept) = (vec![], vec![]);
        // What the judge is less good at is in no mean, but is told by itself.
        let alone = subjects.iter().filter(|k| way == "switch" && !trusted.contains(k));
        for k in trusted.iter().chain(alone) {
            s.pause.point().await;
            let asked = court.asked[*k];
            let place = asked.place(&s.about.code);
            if way == "switch" && place.is_none() {
                continue;
            }
            let answers = asked.answers() as u8;
            // The next answer of each image, which is the other one where there are two.
            let wanted_n: Vec<u8> = (0..n).map(|i| (court.test_nk[i * questions + k] + 1) % answers).collect();
            let mut z_nd = codes.mean[..n * d].to_vec();
            if let (Some((from, count, size)), "switch") = (place, way) {
                for (z, wanted) in z_nd.chunks_exact_mut(d).zip(&wanted_n) {
                    tell(&mut z[from..from + count], asked.value(*wanted), size);
                }
            } else {
                let means = means(&codes, &court, *k, d);
                for ((i, z), wanted) in z_nd.chunks_exact_mut(d).enumerate().zip(&wanted_n) {
                    let is = court.test_nk[i * questions + k];
                    let [Some(from), Some(to)] = [is, *wanted].map(|answer| means[usize::from(answer)].as_ref()) else { continue };
                    z.iter_mut().zip(from.iter().zip(to)).for_each(|(z, (from, to))| *z += to - from);
                }
            }
            let x = s.model.decode(&z_nd).await?;
            let after_nk = court.verdicts(&x);
            let share = |hit: &dyn Fn(usize) -> bool| (0..n).filter(|i| hit(*i)).count() as f64 / n as f64;
            let of_means = trusted.contains(k);
            let taken = share(&|i| after_nk[i * questions + k] == wanted_n[i]);
            if of_means {
                held.push(taken);
            }
            if way == "direction" {
                anyway.push(share(&|i| copies_nk[i * questions + k] == wanted_n[i]));
            }
            let others = trusted.iter().filter(|other| *other != k);
            let stayed: Vec<f64> =
                others.map(|other| share(&|i| after_nk[i * questions + other] == copies_nk[i * questions + other])).collect();
            if let (Asked::Attribute(told), "switch") = (asked, way) {
                let how = format!("share of {} test images; {said}", s.images.test.labels.len());
                sheet.add(&format!("judge_attribute_{}", told.index), court.accuracy_k[*k], how);
                let how = format!("share of {n} test images in which the judge sees the other value; {said}");
                sheet.add(&format!("took_hold_attribute_{}", told.index), taken, how);
                if !stayed.is_empty() {
                    let how = format!("share of {} others of which the judge says what it says of the copy; {said}", stayed.len());
                    sheet.add(&format!("kept_attribute_{}", told.index), mean(&stayed), how);
                }
                let same = recognised(&court, &codes.reconstruction[..n * len], &x);
                let how = format!("share of {n} pictures whose nearest of as many copies is their own, by {}", court.sees());
                sheet.add(&format!("same_attribute_{}", told.index), same, how);
            }
            if of_means {
                kept.extend(stayed);
            }
        }
        if held.is_empty() {
            continue;
        }
        let what = if way == "switch" {
            "the number of the code that says it is set"
        } else {
            "the code moves by the difference of the mean codes"
        };
        let how = format!(
            "{what} to the next value, of amounts to none or all; share of {n} test images in which the judge sees it, mean over {} attributes \
             that it tells well; {said}",
            held.len()
        );
        sheet.add(&format!("took_hold_{way}"), mean(&held), how);
        if !kept.is_empty() {
            let how = format!("share of the other attributes of which the judge says what it says of the copy; {said}");
            sheet.add(&format!("kept_{way}"), mean(&kept), how);
        }
    }
    sheet.add("took_hold_by_chance", mean(&anyway), format!("of copies in which nothing was changed; {said}"));
    Ok(())
}

/// Share of changed pictures whose nearest among the copies of the images is the one that they were made from: whether somebody is still the same.
pub(super) fn recognised(court: &Court, copies: &[f32], changed: &[f32]) -> f64 {
    let ((copies, width), (changed, _)) = (court.seen(copies), court.seen(changed));
    let far = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
    let own = |(i, x): (usize, &[f32])| {
        let nearest = copies.chunks_exact(width).enumerate().min_by(|(_, a), (_, b)| far(a, x).total_cmp(&far(b, x)));
        f64::from(u8::from(nearest.is_some_and(|(j, _)| j == i)))
    };
    latent_measure::mean(changed.chunks_exact(width).enumerate().map(own))
}

/// The mean code of each answer to a question; none where no image has it.
pub(super) fn means(codes: &Codes, court: &Court, k: usize, d: usize) -> Vec<Option<Vec<f32>>> {
    let of = |answer: usize| {
        let (mut sum, mut count) = (vec![0.0f64; d], 0);
        for (z, known) in codes.mean_fitted.chunks_exact(d).zip(court.fitted_nk.chunks_exact(court.asked.len())) {
            if usize::from(known[k]) == answer {
                sum.iter_mut().zip(z).for_each(|(s, v)| *s += f64::from(*v));
                count += 1;
            }
        }
        (count > 0).then(|| sum.into_iter().map(|s| (s / f64::from(count)) as f32).collect())
    };
    (0..court.asked[k].answers()).map(of).collect()
}
