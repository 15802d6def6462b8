//! How much of a gradient is signal.

use super::measure::{Measure, Sheet};
use super::subject::Subject;
use latent_engine::Engine;
use latent_engine::cpu::{CpuEngine, HostSupply};
use latent_measure::signal::signal_to_noise;
use latent_registry::{fetch_entry, processor};
use latent_vocabulary::code::CodeKind;

pub const MEASURES: &[Measure] = &[Measure {
    names: &[
        ("gradient_snr_encoder", "Signal to noise of the encoder's gradient"),
        ("gradient_snr_decoder", "Signal to noise of the decoder's gradient"),
    ],
    applies: |about| !about.hosted && about.own().all(|kind| kind == CodeKind::Gaussian),
    run: |s, sheet| Box::pin(signal(s, sheet)),
}];

/// Images in the minibatch.
const BATCH: usize = 32;
/// Gradients that are compared.
const DRAWS: usize = 64;
/// Most multiplications and additions of a step, in millions: on a processor they take their time.
const MOST_MFLOP: f64 = 250.0;

/// Gradients of the same minibatch with the weights of now, each with other noise.
async fn signal(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (info, images) = (s.model.info(), &s.images.test);
    let each = info.flops as f64 / f64::from(info.batch.max(1)) / 1e6;
    // Whoever does not train says nothing of a step.
    if info.flops == 0 || each * BATCH as f64 > MOST_MFLOP || images.labels.len() < BATCH {
        return Ok(());
    }
    let (mut params, step) = (s.setup.params().map_err(|e| e.to_string())?, s.model.step());
    params
        .values
        .extend([("batch", BATCH as f64), ("lr", 0.0), ("clip", 0.0), ("train_images", 0.0)].map(|(k, v)| (k.to_owned(), v)));
    let (shape, all) = (s.images.shape.image, images.labels.len());
    let (len, k) = (images.x.len() / all, images.factor_nk.len() / all);
    let supply = HostSupply::whole(
        shape,
        shape.to_bytes(&images.x[..BATCH * len]),
        images.labels[..BATCH].to_vec(),
        images.factor_nk[..BATCH * k].to_vec(),
    );
    let entry = fetch_entry(s.about.card.id).await?;
    let mut engine =
        CpuEngine::given(processor().await?, entry, &params, s.images.shape, &supply, Default::default(), true).await?;
    engine.set_weights(&s.model.weights().await?)?;
    let mut draws: [Vec<Vec<f32>>; 2] = Default::default();
    for i in 0..DRAWS {
        s.pause.point().await;
        let mut parts: [Vec<f32>; 2] = Default::default();
        for weight in engine.gradients_at(step + i as u64)? {
            let part = usize::from(weight.name.contains("decoder"));
            parts[part].extend(weight.values);
        }
        draws.iter_mut().zip(parts).for_each(|(all, one)| all.push(one));
    }
    let how = format!(
        "‖mean‖ over the root of the summed variances, of {DRAWS} gradients of the same {BATCH} test images; the mean's own noise taken off"
    );
    for (id, draws) in ["gradient_snr_encoder", "gradient_snr_decoder"].into_iter().zip(&draws) {
        sheet.add(id, signal_to_noise(draws), how.clone());
    }
    Ok(())
}
