//! Reconstructions beside the images.

use super::measure::{Measure, Sheet, any};
use super::subject::Subject;
use latent_measure::image;

/// What is done to the pixels that a dictionary gives, for protocols.
pub const CLAMPED: &str = "values clamped to [0, 1]";

pub const MEASURES: &[Measure] = &[
    Measure { names: &[("mse", "Squared error of a pixel")], applies: any, run: |s, sheet| Box::pin(mse(s, sheet)) },
    Measure { names: &[("psnr", "Peak signal-to-noise ratio, dB")], applies: any, run: |s, sheet| Box::pin(psnr(s, sheet)) },
    Measure { names: &[("ssim", "Structural similarity")], applies: any, run: |s, sheet| Box::pin(ssim(s, sheet)) },
];

/// Which pictures are compared, for protocols.
fn of(s: &Subject<'_>) -> String {
    let values = if s.about.clamped() { CLAMPED } else { "values in [0, 1]" };
    format!("{} test images decoded from the mean of their code, {values}", s.images.test.labels.len())
}

async fn mse(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let codes = s.codes().await?;
    sheet.add("mse", image::mse(&s.images.test.x, &codes.reconstruction), of(s));
    Ok(())
}

async fn psnr(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let codes = s.codes().await?;
    s.pause.point().await;
    let psnr = image::psnr(&s.images.test.x, &codes.reconstruction, s.images.shape.len());
    sheet.add("psnr", psnr, format!("{}; decibels of each image, mean", of(s)));
    Ok(())
}

async fn ssim(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let codes = s.codes().await?;
    let shape = [s.images.shape.channels, s.images.shape.height, s.images.shape.width];
    let ssim = image::ssim_in_slices(&s.images.test.x, &codes.reconstruction, shape, &s.pause).await;
    sheet.add("ssim", ssim, format!("{}; Gaussian window 11 × 11, σ 1.5, mean over channels", of(s)));
    Ok(())
}
