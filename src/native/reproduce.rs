//! Findings: `cargo lab reproduce`.

use std::sync::Arc;
use std::time::Instant;

use crate::images::load;
use crate::open::{EngineKind, open};
use latent_assess::{Images, Sizes, assess};
use latent_engine::Engine;
use latent_engine::plan::{Given, RING};
use latent_experiment::Setup;
use latent_finding::{Finding, Record, Taken, figure_id};
use latent_vocabulary::measured::{Measured, Quantity};

/// Makes the runs of a finding and takes its figures. `told` hears of each run that is made; `of` goes into the record.
///
/// # Errors
/// What is wrong with a run, or which figure a run does not have.
pub fn reproduce(finding: &Finding, of: String, engine: EngineKind, mut told: impl FnMut(&str)) -> Result<Record, String> {
    finding.check()?;
    let (begin, mut adapter) = (Instant::now(), String::new());
    let figures = &finding.figures;
    let taken = |run: &str, measure: &str| Taken { run: run.into(), measure: measure.into(), values: vec![] };
    let mut all: Vec<Taken> =
        finding.runs.iter().flat_map(|run| figures.iter().map(|figure| taken(&run.name, &figure.measure))).collect();
    for (i, run) in finding.runs.iter().enumerate() {
        for seed in 0..finding.seeds {
            told(&format!("{}, seed {seed}: {} steps", run.label, finding.steps));
            let (measures, executor) = pollster::block_on(measured(&run.setup(seed)?, finding, engine))?;
            adapter = executor;
            for (k, figure) in figures.iter().enumerate() {
                let found = measures.iter().find(|m| figure_id(&m.name) == figure.measure);
                let value = found.and_then(number).ok_or_else(|| {
                    let known: Vec<String> = measures.iter().filter(|m| number(m).is_some()).map(|m| figure_id(&m.name)).collect();
                    format!("run {} has no figure {}; it has {}", run.name, figure.measure, known.join(", "))
                })?;
                all[i * figures.len() + k].values.push(value);
            }
        }
    }
    Ok(Record { id: finding.id.clone(), of, adapter, seconds: begin.elapsed().as_secs_f64(), taken: all })
}

/// One number, where a measure is that.
fn number(measured: &Measured) -> Option<f64> {
    match measured.value {
        Quantity::Count(n) => Some(n as f64),
        Quantity::Number(v) => Some(v),
        Quantity::Each(_) => None,
    }
}

/// Trains a setup and takes every measure.
async fn measured(setup: &Setup, finding: &Finding, kind: EngineKind) -> Result<(Vec<Measured>, String), String> {
    let data = Arc::new(load(&setup.data, None)?);
    let (mut engine, adapter) = open(kind, setup, &data, None, Given::default()).await?;
    while engine.step() < finding.steps {
        let n = engine.ready((finding.steps - engine.step()).min(RING as u64 / 4) as u32).await?;
        engine.run_steps(n)?;
        // A run that diverges ends here.
        engine.metrics().await?;
    }
    let images = Images::draw(&data, Sizes { images: Some(finding.images as usize), seed: 0 })?;
    Ok((assess(&mut engine, setup, &images, 0).await?, adapter))
}
