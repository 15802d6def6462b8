//! Whether what a decoder makes can be told from images: a judge learns it from copies alone, and is asked about samples.

use super::measure::{Measure, Sheet};
use super::prior::{pictures, squares};
use super::subject::Subject;
use latent_measure::Rows;
use latent_measure::judge::{HIDDEN, Judge};

pub const MEASURES: &[Measure] = &[Measure {
    names: &[
        ("detector_images", "Detector of copies: share of images that it lets pass"),
        ("detector_copies", "Detector of copies: share of new copies that it finds"),
        ("detector_samples", "Detector of copies: share of samples that it finds, of which it has seen none"),
    ],
    applies: |about| about.pictures && about.decodes() && about.card.prior,
    run: |s, sheet| Box::pin(told(s, sheet)),
}];

/// Squares that a picture's shorter side has for the judge at most: copies differ from images in what is small.
const GRID: usize = 28;

async fn told(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let codes = s.codes().await?;
    let (seen, inputs, what) = squares(&s.about, s.images, GRID);
    let (image, copy) = (seen(&s.images.fitted.x), seen(&s.model.decode(&codes.mean_fitted).await?));
    let (both, n) = ([image, copy].concat(), s.images.fitted.labels.len());
    let is_copy: Vec<u8> = (0..2 * n).map(|i| u8::from(i >= n)).collect();
    let judge = Judge::train(Rows::new(&both, inputs), Rows::new(&is_copy, 1), &[2], s.seed, &s.pause).await;
    let samples = pictures(s).await?;
    let share = |x: &[f32], answer: u8| {
        let said = judge.verdicts(Rows::new(&seen(x), inputs));
        said.iter().filter(|said| **said == answer).count() as f64 / said.len() as f64
    };
    let how = format!(
        "a network with {HIDDEN} hidden numbers on {what}, trained on {n} {} and their copies from the mean code; asked about {} pictures",
        s.images.whose,
        s.images.test.labels.len()
    );
    sheet.add("detector_images", share(&s.images.test.x, 0), format!("test images; {how}"));
    sheet.add("detector_copies", share(&codes.reconstruction, 1), format!("copies of test images; {how}"));
    sheet.add("detector_samples", share(&samples, 1), format!("{}; {how}", s.about.drawn()));
    Ok(())
}
