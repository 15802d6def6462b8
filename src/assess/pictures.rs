//! Reconstructions beside the images.

use super::measure::{Measure, Sheet};
use super::subject::{About, Subject};
use latent_engine::{Program, Rows};
use latent_measure::image;
use latent_vocabulary::code::CodeKind;

/// What is done to the pixels that a dictionary gives, for protocols.
pub const CLAMPED: &str = "values clamped to [0, 1]";

pub const MEASURES: &[Measure] = &[
    Measure { names: &[("mse", "Squared error of a value")], applies: About::decodes, run: |s, sheet| Box::pin(mse(s, sheet)) },
    Measure {
        names: &[("mse_tokens", "Squared error of a value from tokens alone")],
        applies: |about| about.decodes() && about.code.iter().any(|group| matches!(group.kind, CodeKind::Grid { .. })),
        run: |s, sheet| Box::pin(of_tokens(s, sheet)),
    },
    Measure {
        names: &[("worst_error", "Largest error beside the usual one")],
        applies: About::decodes,
        run: |s, sheet| Box::pin(worst(s, sheet)),
    },
    Measure {
        names: &[("repaired_mse", "Squared error of a value, repaired")],
        applies: About::decodes,
        run: |s, sheet| Box::pin(repaired(s, sheet)),
    },
    Measure {
        names: &[("psnr", "Peak signal-to-noise ratio, dB")],
        applies: |about| about.decodes() && about.pictures,
        run: |s, sheet| Box::pin(psnr(s, sheet)),
    },
    Measure {
        names: &[("ssim", "Structural similarity")],
        applies: |about| about.decodes() && about.pictures,
        run: |s, sheet| Box::pin(ssim(s, sheet)),
    },
];

/// Which pictures are compared, for protocols.
fn of(s: &Subject<'_>) -> String {
    let n = s.images.test.labels.len();
    match (s.about.pictures, s.about.clamped()) {
        (true, true) => format!("{n} test images decoded from the mean of their code, {CLAMPED}"),
        (true, false) => format!("{n} test images decoded from the mean of their code, values in [0, 1]"),
        (false, _) => format!("{n} test samples decoded from the mean of their code"),
    }
}

async fn mse(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let codes = s.codes().await?;
    sheet.add("mse", image::mse(&s.images.test.x, &codes.reconstruction), of(s));
    Ok(())
}

/// Of a codebook: what its codes alone tell, where a code has more.
async fn of_tokens(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let Some(tokens) = s.model.run(Program::Tokens, s.images.test.rows()).await? else { return Ok(()) };
    let token_bn = tokens.into_iter().next().ok_or("tokens without an output")?;
    let Some(codes) = s.model.run(Program::FromTokens, Rows::of(&token_bn)).await? else { return Ok(()) };
    let copy = s.model.decode(&codes.into_iter().next().ok_or("tokens that stand for nothing")?).await?;
    let n = s.images.test.labels.len();
    sheet.add("mse_tokens", image::mse(&s.images.test.x, &copy), format!("{n} test images, each decoded from its tokens"));
    Ok(())
}

/// Of a model that is trained to repair what is damaged or in part missing.
async fn repaired(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let test = &s.images.test;
    let Some(mut damaged) = s.model.run(Program::Damaged, test.rows()).await? else { return Ok(()) };
    let damaged = damaged.pop().ok_or("damage without an output")?;
    let (mean, _) = s.model.encode(Rows::labelled(&damaged, &test.labels).told(&test.factor_nk)).await?;
    let mse = image::mse(&test.x, &s.model.decode(&mean).await?);
    let n = test.labels.len();
    sheet.add("repaired_mse", mse, format!("{n} test images, each damaged as in training, decoded from the mean of its code"));
    Ok(())
}

async fn worst(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let codes = s.codes().await?;
    let worst = image::worst_error(&s.images.test.x, &codes.reconstruction, s.images.shape.image.len());
    let (of, percent) = (of(s), 100.0 * (1.0 - image::WORST));
    sheet.add("worst_error", worst, format!("{of}; squared error that {percent:.0} % of them exceed, in units of the median"));
    Ok(())
}

async fn psnr(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let codes = s.codes().await?;
    s.pause.point().await;
    let psnr = image::psnr(&s.images.test.x, &codes.reconstruction, s.images.shape.image.len());
    sheet.add("psnr", psnr, format!("{}; decibels of each image, mean", of(s)));
    Ok(())
}

async fn ssim(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let codes = s.codes().await?;
    let shape = [s.images.shape.image.channels, s.images.shape.image.height, s.images.shape.image.width];
    let ssim = image::ssim_in_slices(&s.images.test.x, &codes.reconstruction, shape, &s.pause).await;
    sheet.add("ssim", ssim, format!("{}; Gaussian window 11 × 11, σ 1.5, mean over channels", of(s)));
    Ok(())
}
