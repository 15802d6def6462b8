//! What a change of the code does to the picture, as a judge says that has never seen the model.

use super::measure::{Measure, Sheet};
use super::prior::squares;
use super::subject::{About, Codes, Subject};
use latent_measure::Rows;
use latent_measure::judge::{HIDDEN, Judge};
use latent_vocabulary::code::{CodeGroup, CodeKind};
use latent_vocabulary::factors::{Told, tell};

pub const MEASURES: &[Measure] = &[Measure {
    names: &[
        ("judge_accuracy", "Accuracy of the judge on test images"),
        ("took_hold_by_chance", "Copies in which the judge sees the wanted value anyway"),
        ("took_hold_switch", "A switched attribute takes hold"),
        ("kept_switch", "Other attributes that stay as one is switched"),
        ("took_hold_direction", "A step between the means of an attribute's values takes hold"),
        ("kept_direction", "Other attributes that stay at that step"),
    ],
    applies: movable,
    run: |s, sheet| Box::pin(moved(s, sheet)),
}];

/// Images that are changed, and attributes of which one at a time is, at most.
const IMAGES: usize = 100;
const ATTRIBUTES: usize = 12;
/// An attribute that the judge tells less often than so is not asked for.
const TELLING: f64 = 0.8;
/// Squares that a picture's shorter side has for the judge at most.
const GRID: usize = 14;

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

/// A question about pictures: the class, or an attribute; of an amount, whether there is much of it.
#[derive(Clone, Copy)]
enum Asked {
    Class(usize),
    Attribute(Told),
}

impl Asked {
    fn answers(self) -> usize {
        match self {
            Self::Class(classes) => classes,
            Self::Attribute(told) if told.kinds => told.size.into(),
            Self::Attribute(_) => 2,
        }
    }

    /// The answer that a value is.
    fn answer(self, value: u8) -> u8 {
        match self {
            Self::Attribute(told) if !told.kinds => u8::from(value >= told.size.div_ceil(2)),
            _ => value,
        }
    }

    /// The value that is meant by an answer: of an amount none, or all.
    fn value(self, answer: u8) -> usize {
        match self {
            Self::Attribute(told) if !told.kinds => usize::from(answer) * (usize::from(told.size) - 1),
            _ => answer.into(),
        }
    }

    /// Where a code says it, and of how many values; nothing where it does not.
    fn place(self, code: &[CodeGroup]) -> Option<(usize, usize, usize)> {
        let mut at = 0;
        code.iter().find_map(|group| {
            let count = group.count as usize;
            at += count;
            let size = match (self, group.kind) {
                (Self::Class(classes), CodeKind::Choice { given: true }) => classes,
                (Self::Attribute(told), CodeKind::Factor { index, size, .. }) if told.index == index as usize => size as usize,
                _ => return None,
            };
            Some((at - count, count, size))
        })
    }
}

/// Pictures to what a judge sees of them, row-major.
type Eye = Box<dyn Fn(&[f32]) -> Vec<f32>>;

/// A judge of the images, and the questions that it answers well.
struct Court {
    judge: Judge,
    asked: Vec<Asked>,
    /// Row-major `[images, questions]`, of both parts of the images.
    fitted_nk: Vec<u8>,
    test_nk: Vec<u8>,
    /// What the judge sees of pictures, how many numbers of each, and what that is, for protocols.
    seen: Eye,
    inputs: usize,
    what: String,
    accuracy_k: Vec<f64>,
}

impl Court {
    /// Of the factors of the images, or where none are known of their classes.
    async fn of(s: &Subject<'_>) -> Self {
        let (factors, parts) = (s.images.shape.factors, [&s.images.fitted, &s.images.test]);
        let known = !s.images.fitted.factor_nk.is_empty() && !factors.is_empty();
        let asked: Vec<Asked> =
            if known { factors.iter().map(Asked::Attribute).collect() } else { vec![Asked::Class(s.images.classes())] };
        let values = parts.map(|part| if known { &part.factor_nk } else { &part.labels });
        let [fitted_nk, test_nk] = values
            .map(|values| values.iter().zip(asked.iter().cycle()).map(|(value, asked)| asked.answer(*value)).collect::<Vec<u8>>());
        let (seen, inputs, what) = squares(&s.about, s.images, GRID);
        let x_np = seen(&s.images.fitted.x);
        let sizes: Vec<usize> = asked.iter().map(|asked| asked.answers()).collect();
        let judge = Judge::train(Rows::new(&x_np, inputs), Rows::new(&fitted_nk, asked.len()), &sizes, s.seed, &s.pause).await;
        let mut court = Self { judge, asked, fitted_nk, test_nk, seen: Box::new(seen), inputs, what, accuracy_k: vec![] };
        let said = court.verdicts(&s.images.test.x);
        let n = s.images.test.labels.len() as f64;
        let right = |k: usize| {
            let k_of = |all: &[u8]| all.iter().skip(k).step_by(court.asked.len()).copied().collect::<Vec<u8>>();
            k_of(&said).iter().zip(k_of(&court.test_nk)).filter(|(a, b)| **a == *b).count() as f64 / n
        };
        court.accuracy_k = (0..court.asked.len()).map(right).collect();
        court
    }

    fn verdicts(&self, x: &[f32]) -> Vec<u8> {
        self.judge.verdicts(Rows::new(&(self.seen)(x), self.inputs))
    }

    fn said(&self) -> String {
        format!(
            "the judge: a network with {HIDDEN} hidden numbers on {}, trained on {} images that the model has nothing to do with",
            self.what,
            self.fitted_nk.len() / self.asked.len()
        )
    }
}

/// One attribute of a code after the other is changed.
async fn moved(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let codes = s.codes().await?;
    let court = Court::of(s).await;
    let questions = court.asked.len();
    let mut trusted: Vec<usize> = (0..questions).filter(|k| court.accuracy_k[*k] >= TELLING).collect();
    let said = court.said();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let accuracy = mean(&court.accuracy_k);
    let how = format!(
        "mean over {questions} questions, of which it answers {} right at least {TELLING} of the time; {said}",
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
        for k in &trusted {
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
            held.push(share(&|i| after_nk[i * questions + k] == wanted_n[i]));
            if way == "direction" {
                anyway.push(share(&|i| copies_nk[i * questions + k] == wanted_n[i]));
            }
            for other in trusted.iter().filter(|other| *other != k) {
                kept.push(share(&|i| after_nk[i * questions + other] == copies_nk[i * questions + other]));
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

/// The mean code of each answer to a question; none where no image has it.
fn means(codes: &Codes, court: &Court, k: usize, d: usize) -> Vec<Option<Vec<f32>>> {
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
