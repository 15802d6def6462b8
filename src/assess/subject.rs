//! What is measured: a model on some images, and what several measures make of it, made once.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use super::court::Court;
use super::images::Images;
use latent_catalog as catalog;
use latent_engine::sampling::STEPS;
use latent_engine::{Engine, Program, Rows, Weight};
use latent_experiment::Setup;
use latent_measure::pause::Pause;
use latent_protocol::PlanInfo;
use latent_vocabulary::Card;
use latent_vocabulary::code::{CodeGroup, CodeKind, decodes};
use latent_vocabulary::data::DataCard;
use latent_vocabulary::shape::DataShape;

/// What an engine, or a measure, answers after a while.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, String>> + 'a>>;

/// An [`Engine`] of whatever type, as measures ask it.
pub trait Model {
    fn info(&self) -> &PlanInfo;
    fn pause(&self) -> Pause;
    fn step(&self) -> u64;
    fn draw_from(&mut self, draws: u32);
    fn run<'a>(&'a mut self, what: Program, rows: Rows<'a>) -> Answer<'a, Option<Vec<Vec<f32>>>>;
    fn evaluate<'a>(&'a mut self, images: Rows<'a>) -> Answer<'a, Vec<f32>>;
    fn encode<'a>(&'a mut self, images: Rows<'a>) -> Answer<'a, (Vec<f32>, Vec<f32>)>;
    fn decode<'a>(&'a mut self, z_nd: &'a [f32]) -> Answer<'a, Vec<f32>>;
    fn atoms(&mut self) -> Answer<'_, Option<Vec<f32>>>;
    fn weights(&mut self) -> Answer<'_, Vec<Weight>>;
}

impl<E: Engine> Model for E {
    fn info(&self) -> &PlanInfo {
        Engine::info(self)
    }

    fn pause(&self) -> Pause {
        Engine::pause(self)
    }

    fn step(&self) -> u64 {
        Engine::step(self)
    }

    fn draw_from(&mut self, draws: u32) {
        Engine::draw_from(self, draws);
    }

    fn run<'a>(&'a mut self, what: Program, rows: Rows<'a>) -> Answer<'a, Option<Vec<Vec<f32>>>> {
        Box::pin(Engine::run(self, what, rows))
    }

    fn evaluate<'a>(&'a mut self, images: Rows<'a>) -> Answer<'a, Vec<f32>> {
        Box::pin(Engine::evaluate(self, images))
    }

    fn encode<'a>(&'a mut self, images: Rows<'a>) -> Answer<'a, (Vec<f32>, Vec<f32>)> {
        Box::pin(Engine::encode(self, images))
    }

    fn decode<'a>(&'a mut self, z_nd: &'a [f32]) -> Answer<'a, Vec<f32>> {
        Box::pin(Engine::decode(self, z_nd))
    }

    fn atoms(&mut self) -> Answer<'_, Option<Vec<f32>>> {
        Box::pin(Engine::atoms(self))
    }

    fn weights(&mut self) -> Answer<'_, Vec<Weight>> {
        Box::pin(Engine::weights(self))
    }
}

/// What decides which measures a model has.
pub struct About {
    /// Of the method.
    pub card: &'static Card,
    pub code: Vec<CodeGroup>,
    /// Of the images; `None` where they are a visitor's.
    pub data: Option<&'static DataCard>,
    /// It takes another network apart.
    pub hosted: bool,
    /// Samples are pictures, with values in [0, 1].
    pub pictures: bool,
    /// The set itself knows what was planted in its samples.
    pub planted: bool,
}

impl About {
    /// Of a network that `setup` made, whose code is `code`, and samples of that shape of the set called `id`.
    ///
    /// # Errors
    /// If no method is called as the setup's.
    pub fn of(setup: &Setup, code: &[CodeGroup], id: &str, shape: DataShape, planted: bool) -> Result<Self, String> {
        Ok(Self {
            card: setup.card().map_err(|e| e.to_string())?,
            code: code.to_vec(),
            data: catalog::set(id),
            hosted: setup.hosted().is_some(),
            pictures: shape.image.is_picture(),
            planted,
        })
    }

    /// The part of the code that the encoder has found out.
    pub fn own(&self) -> Own<'_> {
        Own(&self.code)
    }

    /// Each number of the code says something by itself: neither tokens nor a dictionary's features.
    pub fn latents(&self) -> bool {
        self.own().all(|kind| !matches!(kind, CodeKind::Grid { .. } | CodeKind::Features { .. }))
    }

    /// Something makes images of codes.
    pub fn decodes(&self) -> bool {
        decodes(&self.code)
    }

    /// New codes are carried from noise, step by step.
    pub fn flows(&self) -> bool {
        self.code.iter().any(|group| group.kind == CodeKind::Flow)
    }

    /// What codes are compared with, for protocols.
    pub fn prior(&self) -> String {
        if self.flows() { format!("what {STEPS} steps make of noise") } else { "the prior".into() }
    }

    /// What pictures are decoded from, likewise.
    pub fn drawn(&self) -> String {
        format!("pictures decoded from {}", self.prior())
    }

    /// The code is a dictionary's features.
    pub fn features(&self) -> bool {
        self.own().all(|kind| matches!(kind, CodeKind::Features { .. }))
    }

    /// The features are of layers of a network, each of which has a code of its own.
    pub fn layers(&self) -> bool {
        self.code.iter().any(|group| group.features().is_some_and(|grid| grid.layers))
    }

    /// Reconstructions may leave [0, 1]. What is left of activations goes through the rest of a network, which keeps its pixels there by
    /// itself.
    pub fn clamped(&self) -> bool {
        self.features() && !self.hosted && self.pictures
    }
}

/// The model and the images, and what has been made of them so far.
pub struct Subject<'a> {
    pub about: About,
    pub setup: &'a Setup,
    pub images: &'a Images,
    pub model: &'a mut dyn Model,
    pub pause: Pause,
    /// Decides what is drawn from posteriors.
    pub seed: u64,
    codes: Option<Rc<Codes>>,
    atoms: Option<Rc<Option<Vec<f32>>>>,
    court: Option<Rc<Court>>,
    pub(super) draws: Option<Rc<Draws>>,
    pub(super) pictures: Option<Rc<Vec<f32>>>,
}

/// Mean codes of both parts of the images, and the test images again.
pub struct Codes {
    pub mean: Vec<f32>,
    /// Logarithm of the posterior's variance; empty where the encoder is deterministic.
    pub logvar: Vec<f32>,
    pub mean_fitted: Vec<f32>,
    pub logvar_fitted: Vec<f32>,
    /// Test images decoded from their mean codes; empty where nothing decodes.
    pub reconstruction: Vec<f32>,
}

/// Draws beside the prior, row-major `[images, latent]`; of a code without what its encoder is told.
pub struct Draws {
    /// From the aggregate posterior.
    pub codes: Vec<f32>,
    /// From the prior, and as many others.
    pub prior: Vec<f32>,
    pub other: Vec<f32>,
    /// The former whole.
    pub whole: Vec<f32>,
}

impl<'a> Subject<'a> {
    /// # Errors
    /// If no method is called as the setup's.
    pub fn new(model: &'a mut dyn Model, setup: &'a Setup, images: &'a Images, seed: u64) -> Result<Self, String> {
        let about = About::of(setup, &model.info().code, &images.id, images.shape, !images.planted_kd.is_empty())?;
        let pause = model.pause();
        Ok(Self { about, setup, images, model, pause, seed, codes: None, atoms: None, court: None, draws: None, pictures: None })
    }

    /// # Errors
    /// If the engine fails.
    pub async fn codes(&mut self) -> Result<Rc<Codes>, String> {
        if let Some(codes) = &self.codes {
            return Ok(codes.clone());
        }
        let (mean, logvar) = self.model.encode(self.images.test.rows()).await?;
        let (mean_fitted, logvar_fitted) = self.model.encode(self.images.fitted.rows()).await?;
        let reconstruction = if self.about.decodes() { self.model.decode(&mean).await? } else { vec![] };
        Ok(self.codes.insert(Rc::new(Codes { mean, logvar, mean_fitted, logvar_fitted, reconstruction })).clone())
    }

    /// The judge of the images, trained when it is first asked for.
    pub async fn court(&mut self) -> Rc<Court> {
        if let Some(court) = &self.court {
            return court.clone();
        }
        let court = Court::of(self.images, self.seed, &self.pause).await;
        self.court.insert(Rc::new(court)).clone()
    }

    /// See [`Engine::atoms`].
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn atoms(&mut self) -> Result<Rc<Option<Vec<f32>>>, String> {
        if let Some(atoms) = &self.atoms {
            return Ok(atoms.clone());
        }
        let atoms = self.model.atoms().await?;
        Ok(self.atoms.insert(Rc::new(atoms)).clone())
    }
}

/// The columns of a code that its encoder has found out: all but those of what it was told. Whoever reads the code would
/// read there what was put in.
pub struct Own<'a>(&'a [CodeGroup]);

impl Own<'_> {
    /// Whether all of them are of such a kind.
    pub fn all(&self, is: fn(CodeKind) -> bool) -> bool {
        self.0.iter().filter(|group| !group.is_told()).all(|group| is(group.kind))
    }

    pub fn width(&self) -> usize {
        self.0.iter().filter(|group| !group.is_told()).map(|group| group.count as usize).sum()
    }

    /// These columns of whole codes.
    pub fn columns<'z>(&self, z_nd: &'z [f32]) -> Cow<'z, [f32]> {
        if !self.0.iter().any(CodeGroup::is_told) {
            return Cow::Borrowed(z_nd);
        }
        let kept: Vec<bool> = self.0.iter().flat_map(|group| std::iter::repeat_n(!group.is_told(), group.count as usize)).collect();
        z_nd.iter().zip(kept.iter().cycle()).filter(|(_, kept)| **kept).map(|(z, _)| *z).collect()
    }

    /// What is left out, for protocols.
    pub fn without(&self) -> &'static str {
        if self.0.iter().any(CodeGroup::is_told) { " without what the encoder is told" } else { "" }
    }
}
