//! What runs of the lessons come to at a fixed seed, as small pictures for the teacher's sheets: `cargo lab lessons --pictures` makes the
//! runs, and the build puts the files that they left into the site.

use std::fmt::Write as _;
use std::path::PathBuf;

use latent_lesson::{Lesson, Recorded};

use crate::Failure;
use crate::cargo::root;
use crate::site::{about, read};

/// The seed of the runs; a link with `seed=1` has everybody see the same.
pub const SEED: u32 = 1;
/// The drawing of a curve, in pixels.
const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 120.0;

pub fn folder() -> PathBuf {
    root().join("assets/expected")
}

/// The pages that ask for a guess: their places, experiments and questions.
#[cfg(any(test, feature = "native"))]
pub fn guessed(lesson: &Lesson) -> impl Iterator<Item = (usize, latent_experiment::Setup, &latent_lesson::Predict)> {
    use latent_lesson::Opens;

    lesson.pages.iter().enumerate().filter_map(|(i, page)| match (page.opens(), &page.predict) {
        (Ok((Opens::Setup(setup), _)), Some(predict)) => Some((i, setup, predict)),
        _ => None,
    })
}

/// What came of a page's run, if it was made.
///
/// # Errors
/// If the file is damaged.
pub fn of(lesson: &Lesson, page: usize) -> Result<Option<Recorded>, Failure> {
    let file = folder().join(format!("{}.json", Recorded::name(&lesson.id, page)));
    if file.is_file() { serde_json::from_slice(&read(&file)?).map(Some).map_err(|e| about(&file, &e)) } else { Ok(None) }
}

/// The curve as SVG.
/// `step` is said of its last step, and `number` writes its highest value.
pub fn svg(expected: &Recorded, step: &str, number: impl Fn(f64) -> String) -> String {
    let (low, high) = expected.curve.iter().fold((0f64, f64::MIN_POSITIVE), |(low, high), (_, v)| (low.min(*v), high.max(*v)));
    let at = |(step, value): &(f64, f64)| {
        format!("{:.1},{:.1}", WIDTH * step / expected.steps as f64, HEIGHT * (1.0 - (value - low) / (high - low)))
    };
    let points: Vec<String> = expected.curve.iter().map(at).collect();
    let mut out = format!("<svg viewBox=\"0 -12 {WIDTH} {}\" width=\"{WIDTH}\" role=\"img\">", HEIGHT + 26.0);
    let _ = write!(out, "<path d=\"M0 0V{HEIGHT}H{WIDTH}\" fill=\"none\" stroke=\"#999\"/>");
    let _ = write!(out, "<polyline points=\"{}\" fill=\"none\" stroke=\"#1f5fa8\" stroke-width=\"1.5\"/>", points.join(" "));
    let _ = write!(out, "<text x=\"4\" y=\"-2\" font-size=\"10\">{}</text>", number(high));
    let _ = write!(out, "<text x=\"{WIDTH}\" y=\"{}\" font-size=\"10\" text-anchor=\"end\">{step}</text></svg>", HEIGHT + 11.0);
    out
}

/// A number in few digits.
pub fn short(value: f64) -> String {
    latent_vocabulary::measured::four_digits(value)
}

#[cfg(feature = "native")]
pub mod make {
    use std::fs;
    use std::time::Instant;

    use latent_lesson::Recorded;
    use latent_model::beginning::Beginning;
    use latent_model::checkpoint::Checkpoint;
    use latent_native::{self as native, EngineKind, Length, TrainOptions};
    use latent_player::Player;
    use latent_vocabulary::Precision;

    use super::{SEED, folder, guessed};
    use crate::site::{about, read, write};
    use crate::{Failure, still};

    /// Points of a curve.
    const POINTS: usize = 60;

    /// Makes the runs of all lessons, on the processor, where they give the same numbers everywhere.
    pub fn all() -> Result<(), Failure> {
        let folder = folder();
        fs::create_dir_all(&folder).map_err(|e| about(&folder, &e))?;
        let scratch = std::env::temp_dir().join(format!("latent-lab-expected-{}", std::process::id()));
        fs::create_dir_all(&scratch).map_err(|e| about(&scratch, &e))?;
        for lesson in crate::lessons::english()? {
            for (page, mut setup, predict) in guessed(&lesson) {
                let start = Instant::now();
                setup.set("seed", f64::from(SEED)).map_err(|e| e.to_string())?;
                let (weights, checkpoint) = (scratch.join("weights"), scratch.join("checkpoint"));
                let report = native::train(&TrainOptions {
                    setup: setup.clone(),
                    length: Length::Steps(predict.steps),
                    engine: EngineKind::Cpu,
                    data_dir: None,
                    from: Beginning::Noise,
                    room: None,
                    out: Some(weights.clone()),
                    checkpoint: Some(checkpoint.clone()),
                    precision: Precision::Full,
                    quiet: true,
                })?;
                let figure = &predict.figure;
                let names = report["terms"].as_array().into_iter().flatten();
                let at = names.into_iter().position(|name| name == figure).ok_or_else(|| format!("no term is called {figure}"))?;
                let history = Checkpoint::read(&read(&checkpoint)?)?.map(|c| c.history).unwrap_or_default();
                let each = history.train.len().div_ceil(POINTS).max(1);
                let curve = history.train.chunks(each).map(|buckets| {
                    let mean = buckets.iter().map(|b| f64::from(b.terms[at])).sum::<f64>() / buckets.len() as f64;
                    (buckets[buckets.len() - 1].step as f64, (mean * 1e4).round() / 1e4)
                });
                // Of points in a plane there are no pictures.
                let pictured = setup.of_pictures();
                let recorded = Recorded { steps: predict.steps, figure: figure.clone(), curve: curve.collect(), pictured };
                let file = folder.join(Recorded::name(&lesson.id, page));
                write(&file.with_extension("json"), serde_json::to_string(&recorded).map_err(|e| e.to_string())?.as_bytes())?;
                if pictured {
                    let data = native::load(&setup.data, None)?;
                    let player = Player::load(&read(&weights)?)?;
                    write(&file.with_extension("png"), &still::png(&player, &setup, &data)?)?;
                }
                eprintln!("{}: {:.0} s", file.display(), start.elapsed().as_secs_f64());
            }
        }
        fs::remove_dir_all(&scratch).map_err(|e| about(&scratch, &e))
    }
}
