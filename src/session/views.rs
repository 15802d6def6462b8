//! Answers to queries by the engine: what a panel wants to see of the current weights.

use crate::run::Run;
use crate::work::Lent;
use latent_assess::{Images, OF_TWINS, Training, assess_some, beside, offered};
use latent_data::Dataset;
use latent_engine::any::AnyEngine;
use latent_engine::{Engine, Entry, Program, Rows, TestSet, Weight, sampling, stored};
use latent_experiment::Setup;
use latent_registry::fetch_entry;
use latent_small::part;
use latent_small::part::Later;
use latent_view::{Coder, Frame, Measures, Query, View};
use latent_vocabulary::Params;
use latent_vocabulary::shape::DataShape;

/// An engine that is asked, with what made its network.
struct Asked<'a, E> {
    engine: &'a mut E,
    setup: &'a Setup,
    shape: DataShape,
}

impl<E: Engine> Asked<'_, E> {
    /// The first output of a program.
    async fn table(&mut self, what: Program, rows: Rows<'_>) -> Result<Vec<f32>, String> {
        let outputs = self.engine.run(what, rows).await?;
        outputs.and_then(|o| o.into_iter().next()).ok_or_else(|| format!("the method lacks {}", what.name()))
    }
}

impl<E: Engine> Coder for Asked<'_, E> {
    fn frame(&self) -> Frame {
        let info = self.engine.info();
        Frame::of(info.sample(), &info.code)
    }

    async fn encode(&mut self, images: Rows<'_>) -> Result<(Vec<f32>, Vec<f32>), String> {
        self.engine.encode(images).await
    }

    async fn decode(&mut self, z_nd: &[f32]) -> Result<Vec<f32>, String> {
        self.engine.decode(z_nd).await
    }

    async fn pictures(&mut self, z_nd: &[f32]) -> Result<Vec<u8>, String> {
        if self.frame().sample.is_picture() {
            return self.engine.pictures(z_nd).await;
        }
        let x = self.decode(z_nd).await?;
        Ok(self.bytes(&x))
    }

    async fn damaged(&mut self, images: Rows<'_>) -> Result<Option<Vec<f32>>, String> {
        Ok(self.engine.run(Program::Damaged, images).await?.and_then(|mut out| out.pop()))
    }

    async fn step(&mut self, row_nw: &[f32]) -> Result<Vec<f32>, String> {
        self.table(Program::SampleStep, Rows::of(row_nw)).await
    }

    async fn tokens(&mut self, images: Rows<'_>) -> Result<Vec<f32>, String> {
        self.table(Program::Tokens, images).await
    }

    async fn from_tokens(&mut self, token_bn: &[f32]) -> Result<Vec<f32>, String> {
        self.table(Program::FromTokens, Rows::of(token_bn)).await
    }

    async fn code_ages(&mut self) -> Result<Vec<f32>, String> {
        self.table(Program::CodeAges, Rows::of(&[0.0])).await
    }

    async fn draw_tokens(&mut self, n: usize, temperature: f32, seed: u32) -> Result<Vec<f32>, String> {
        sampling::draw_tokens(self.engine, n, temperature, seed).await
    }

    async fn atoms(&mut self) -> Result<Vec<f32>, String> {
        self.engine.atoms().await?.ok_or_else(|| "the method has no dictionary of features".into())
    }

    async fn programs(&mut self) -> Result<Vec<u8>, String> {
        let entry = fetch_entry(&self.setup.method).await?;
        recording().await?(entry, &self.setup.params()?, self.shape)
    }
}

/// Answers a query that takes little time, from the weights of the moment.
///
/// # Errors
/// A sentence, if the query does not fit the network or the data, or the device is lost.
pub async fn view(run: &mut Run, test: &TestSet, query: &Query) -> Result<View, String> {
    if query.comes_later() {
        return inspection().await?(run, test, query).await;
    }
    query.answer(&mut asked(run, test), test.all()).await
}

fn asked<'a>(Run { engine, setup, .. }: &'a mut Run, test: &TestSet) -> Asked<'a, AnyEngine> {
    Asked { engine, setup, shape: test.shape }
}

part!(inspection:
    /// [`stored::of_one_row`], for the diagram.
    fn recording() -> fn(&dyn Entry, &Params, DataShape) -> Result<Vec<u8>, String> = stored::of_one_row
);

type Measured = Later<'static, Result<View, String>>;
type Measuring = fn(Lent, &Setup, (&TestSet, Option<&Training>), &Measures, Option<Vec<Weight>>) -> Result<Measured, String>;

part!(inspection:
    /// The answer to [`Query::Measures`], which takes long: of the network in the engine, made by that setup, and beside the weights of another seed.
    pub fn measuring() -> Measuring = |mut engine, setup, (test, training), asked, twin| {
        let (n, training) = (asked.images as usize, training.filter(|_| asked.of_training));
        let images = training.map_or_else(|| Images::halves(test, n), |training| Images::drawn(test, training, n))?;
        let (setup, only) = (setup.clone(), asked.only.clone());
        Ok(Box::pin(async move {
            let mut sheet = assess_some(&mut engine, &setup, &images, 0, &only).await?;
            if let Some(twin) = twin.filter(|_| OF_TWINS.iter().any(|id| only.iter().any(|wanted| wanted == id))) {
                sheet.extend(beside(&mut engine, &setup, &images, &twin).await?);
            }
            Ok(View::Sheet(sheet))
        }))
    }
);

part!(inspection:
    /// The answer to [`Query::Offer`].
    pub fn offering() -> fn(&Run, &TestSet) -> Result<View, String> =
        |run, test| offered(&run.setup, &run.engine.info().code, test).map(View::from)
);

part!(inspection:
    /// [`Training::keep`], for an engine that is opened for the bench.
    pub fn keeping() -> fn(&Dataset) -> Option<Training> = Training::keep
);

type Answer<'a> = Later<'a, Result<View, String>>;
type Inspection = for<'a> fn(&'a mut Run, &'a TestSet, &'a Query) -> Answer<'a>;

part!(inspection:
    /// [`Query::answer_later`], for the tabs that not everybody opens.
    fn inspection() -> Inspection = |run, test, query| Box::pin(async move { query.answer_later(&mut asked(run, test), test.all()).await })
);
