//! Runs that are made to be compared: `cargo lab sweep`, `cargo lab reproduce`.

use std::sync::Arc;
use std::time::Instant;

use crate::images::load;
use crate::open::{EngineKind, open};
use latent_assess::{Images, Sizes, assess_some, beside};
use latent_data::Dataset;
use latent_engine::plan::{Given, RING};
use latent_engine::{Engine, Weight};
use latent_experiment::{History, Setup};
use latent_finding::{Finding, Record};
use latent_sweep::{Job, Made, OF_TWINS, Row, figures};

/// Makes one run after the other.
pub struct Maker {
    engine: EngineKind,
    /// The images of the last one.
    data: Option<Arc<Dataset>>,
    /// The last one that others can stand on.
    host: Option<(Setup, Vec<Weight>)>,
    /// The last one, where others may be compared with it.
    twin: Option<(Setup, Vec<Weight>)>,
}

impl Maker {
    pub fn new(engine: EngineKind) -> Self {
        Self { engine, data: None, host: None, twin: None }
    }

    /// The same with images that are there already.
    pub fn on(engine: EngineKind, data: Arc<Dataset>) -> Self {
        Self { data: Some(data), ..Self::new(engine) }
    }

    /// Trains a run from noise and takes its figures. One that stands on a trained network stands on the last that was made, as it does in the page.
    ///
    /// # Errors
    /// What is wrong with it, that it diverged, or that the last one is not what it stands on.
    pub fn make(&mut self, job: &Job) -> Result<Row, String> {
        pollster::block_on(self.make_async(job))
            .map_err(|e| if e.starts_with("run ") { e } else { format!("run {}: {e}", job.label) })
    }

    async fn make_async(&mut self, job: &Job) -> Result<Row, String> {
        let setup = job.setup()?;
        let data = match self.data.take().filter(|data| data.id == setup.data) {
            Some(data) => data,
            None => Arc::new(load(&setup.data, None)?),
        };
        self.data = Some(data.clone());
        let (mut engine, adapter) = open(self.engine, &setup, &data, None, Given::default()).await?;
        if let Some(wanted) = setup.hosted() {
            let host = self.host.as_ref().filter(|(host, _)| !host.needs_rebuild(&wanted));
            let (_, weights) =
                host.ok_or_else(|| format!("the run before it is not the network it stands on: {}", wanted.to_query()))?;
            engine.adopt(weights).await.map_err(String::from)?;
        }
        let (mut history, begin) = (History::default(), Instant::now());
        let seconds = || begin.elapsed().as_secs_f64();
        while !job.stop.ends(&history, engine.step(), job.steps, seconds()) {
            let to = job.stop.next(engine.step(), job.steps);
            let n = engine.ready((to - engine.step()).min(RING as u64 / 4) as u32).await?;
            engine.run_steps(n)?;
            // A run that diverges ends here.
            engine.metrics().await?.iter().for_each(|row| history.push(row));
        }
        let (steps, ms) = (engine.step(), seconds() * 1e3 / engine.step() as f64);
        let images = match job.images {
            0 => None,
            n => Some(Images::draw(&data, Sizes { images: Some(n as usize), seed: 0 })?),
        };
        let mut measured = match &images {
            Some(images) => assess_some(&mut engine, &setup, images, 0, &job.measures).await?,
            None => vec![],
        };
        if OF_TWINS.iter().any(|id| job.measures.iter().any(|wanted| wanted == id)) {
            let weights = engine.weights().await?;
            let before = self.twin.take().filter(|(twin, _)| twin.is_twin(&setup));
            if let (Some((_, before)), Some(images)) = (before, &images) {
                measured.extend(beside(&mut engine, &setup, images, &before).await?);
            }
            self.twin = Some((setup.clone(), weights));
        }
        if setup.can_host() == Ok(true) {
            self.host = Some((setup.clone(), engine.weights().await?));
        }
        let info = engine.info();
        let made = Made {
            names: info.terms.clone(),
            parameters: info.parameters,
            flops: info.flops,
            steps,
            ms,
            engine: adapter,
            measures: figures(&measured, &job.measures),
        };
        Ok(Row::of(job, made, &history))
    }
}

/// Makes the runs of a finding and takes its figures. `told` hears of each run that is made; `of` goes into the record.
///
/// # Errors
/// What is wrong with a run, or which figure a run does not have.
pub fn reproduce(finding: &Finding, of: String, engine: EngineKind, mut told: impl FnMut(&str)) -> Result<Record, String> {
    finding.check()?;
    let (begin, mut maker) = (Instant::now(), Maker::new(engine));
    let mut rows = vec![];
    for job in finding.jobs()? {
        told(&format!("{}: {} steps", job.label, job.steps));
        rows.push(maker.make(&job)?);
    }
    let adapter = rows.last().map(|row| row.made.engine.clone()).unwrap_or_default();
    Ok(Record { id: finding.id.clone(), of, adapter, seconds: begin.elapsed().as_secs_f64(), taken: finding.taken(&rows)? })
}
