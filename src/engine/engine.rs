//! What a session needs from whatever executes the steps: the recorded plan, or eager Burn.

#![deny(missing_docs)]

use crate::program::{Program, minibatches};
use latent_experiment::history::MetricRow;
use latent_measure::pause::Pause;
use latent_protocol::PlanInfo;
pub use latent_view::Rows;
use latent_view::pixels;
use latent_vocabulary::code::NO_DECODER;

/// A parameter's name, shape and values.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight {
    /// Path in the Burn module, for example `encoder.hidden.weight`.
    pub name: String,
    /// Its dimensions.
    pub shape: Vec<usize>,
    /// Its values, row-major.
    pub values: Vec<f32>,
}

/// All that the rest of a run depends on, besides its setup and its data.
///
/// The order of the images and the noise of training follow from the seed and `step`; they need no place of their own.
#[derive(Clone, Debug, PartialEq)]
pub struct RunState {
    /// Steps taken.
    pub step: u64,
    /// Draws of noise so far by programs that do not train.
    pub draws: u32,
    /// Which kernels took the steps: others round otherwise.
    pub kernels: String,
    /// All parameters: trained, set by the method, frozen.
    pub weights: Vec<Weight>,
    /// What the optimiser remembers of each trained parameter, by its name: first moments or velocities, then second moments if
    /// it has any.
    pub moments: [Vec<Weight>; 2],
}

/// A network under training, with its optimiser, on some device, and the training images it draws from.
#[allow(async_fn_in_trait, reason = "a worker has one thread: no future needs to be `Send`")]
pub trait Engine {
    /// What was built.
    fn info(&self) -> &PlanInfo;

    /// Where whoever asks this engine for much may rest in between; nowhere by itself.
    fn pause(&self) -> Pause {
        Pause::never()
    }

    /// Moves a live control. Takes effect on the next step.
    fn set_live(&mut self, key: &str, value: f32);

    /// Has programs that do not train draw their noise as if so many of them had run: 0 for what a new engine draws. Training has noise of
    /// its own.
    fn draw_from(&mut self, draws: u32);

    /// Whether steps are done when they have been started: nothing is ever on its way.
    fn prompt(&self) -> bool {
        false
    }

    /// Makes sure that the next step can be taken, and returns how many can, `n` at most: where the training images do not all
    /// fit on the device, those of later steps may have to be read first.
    ///
    /// # Errors
    /// If they cannot be read.
    async fn ready(&mut self, n: u32) -> Result<u32, String> {
        Ok(n)
    }

    /// Brings a piece of what the next step needs, while there is nothing else to do. Returns whether there was one.
    ///
    /// # Errors
    /// If it cannot be read.
    async fn fetch_ahead(&mut self) -> Result<bool, String> {
        Ok(false)
    }

    /// Starts `n` training steps that are ready. May return before they are done.
    ///
    /// # Errors
    /// A sentence, when the device refuses.
    fn run_steps(&mut self, n: u32) -> Result<(), String>;

    /// Steps started so far.
    fn step(&self) -> u64;

    /// Asks for the metrics of the steps since the last request, without waiting: further steps may be started meanwhile.
    /// Returns whether there are any.
    fn request_metrics(&mut self) -> bool;

    /// Waits for the oldest request and returns its metrics, oldest first; none without a request.
    ///
    /// # Errors
    /// A sentence, when the device is lost or a value is not finite.
    async fn take_metrics(&mut self) -> Result<Vec<MetricRow>, String>;

    /// Waits for the steps started and returns all metrics not yet returned, oldest first.
    ///
    /// # Errors
    /// As [`Engine::take_metrics`].
    async fn metrics(&mut self) -> Result<Vec<MetricRow>, String> {
        self.request_metrics();
        let mut rows = vec![];
        loop {
            let more = self.take_metrics().await?;
            if more.is_empty() {
                return Ok(rows);
            }
            rows.extend(more);
        }
    }

    /// Runs a program on rows and returns its outputs, row-major; `None` if the method does not have it. Labels are needed
    /// for programs that start from images, one a row. The weights stay as they are.
    ///
    /// # Errors
    /// If the rows do not fit, or the device is lost.
    async fn run(&mut self, what: Program, rows: Rows<'_>) -> Result<Option<Vec<Vec<f32>>>, String>;

    /// Loss terms of images, mean over the images, one posterior sample each, in minibatches of the size of training's: see
    /// [`super::program::minibatches`].
    ///
    /// # Errors
    /// As [`Engine::run`].
    async fn evaluate(&mut self, images: Rows<'_>) -> Result<Vec<f32>, String>;

    /// Posterior mean and log-variance of images, each row-major `[n, latent]`; the latter is empty where the encoder is
    /// deterministic.
    ///
    /// # Errors
    /// As [`Engine::run`].
    async fn encode(&mut self, images: Rows<'_>) -> Result<(Vec<f32>, Vec<f32>), String> {
        let mut outputs = self.run(Program::Encode, images).await?.ok_or("the method has no encoder")?.into_iter();
        Ok((outputs.next().unwrap_or_default(), outputs.next().unwrap_or_default()))
    }

    /// Mean images of the codes `z_nd`, row-major `[n, pixels]`.
    ///
    /// # Errors
    /// As [`Engine::run`].
    async fn decode(&mut self, z_nd: &[f32]) -> Result<Vec<f32>, String> {
        let outputs = self.run(Program::Decode, Rows::of(z_nd)).await?.ok_or(NO_DECODER)?;
        // Of no codes there are no images.
        Ok(outputs.into_iter().next().unwrap_or_default())
    }

    /// The same as bytes, rounded.
    ///
    /// # Errors
    /// As [`Engine::run`].
    async fn pictures(&mut self, z_nd: &[f32]) -> Result<Vec<u8>, String> {
        Ok(pixels(&self.decode(z_nd).await?))
    }

    /// What each feature of a dictionary adds to an input, row-major `[features, inputs]`; `None` without a dictionary.
    ///
    /// # Errors
    /// As [`Engine::run`].
    async fn atoms(&mut self) -> Result<Option<Vec<f32>>, String> {
        Ok(self.run(Program::Atoms, Rows::of(&[0.0])).await?.and_then(|outputs| outputs.into_iter().next()))
    }

    /// Current parameters, in module order.
    ///
    /// # Errors
    /// If the device is lost.
    async fn weights(&mut self) -> Result<Vec<Weight>, String>;

    /// Replaces the parameters by name.
    ///
    /// # Errors
    /// If a name or a shape does not fit; nothing has changed then.
    fn set_weights(&mut self, weights: &[Weight]) -> Result<(), String>;

    /// Everything that the steps to come depend on; `None` where the engine cannot read what its optimiser remembers. Burn
    /// hands that out in a blocking read only, which no browser allows.
    ///
    /// # Errors
    /// If the device is lost.
    async fn state(&mut self) -> Result<Option<RunState>, String> {
        Ok(None)
    }

    /// Goes back to a state; the same steps follow as then, bit by bit, on the same adapter with the same kernels. An engine
    /// without a state of its own takes the weights and begins at step 0.
    ///
    /// # Errors
    /// If a name or a shape does not fit; nothing has changed then.
    fn set_state(&mut self, state: &RunState) -> Result<(), String> {
        self.set_weights(&state.weights)
    }

    /// Sets anew what the method takes from the data before the first step, with the weights of now.
    ///
    /// # Errors
    /// If the method does something that does not compile, or the device is lost.
    async fn start(&mut self) -> Result<(), BuildError>;

    /// Gives a method the trained network that it stands on, and starts it over on that.
    ///
    /// # Errors
    /// If the weights are of another network, or as [`Engine::start`].
    async fn adopt(&mut self, host: &[Weight]) -> Result<(), BuildError> {
        let mut own = self.weights().await?;
        for weight in &mut own {
            let within = weight.name.split_once(HOST).map(|(_, name)| name);
            let Some(name) = within.or_else(|| weight.name.strip_prefix(&HOST[1..])) else { continue };
            // The scale is the method's own.
            let Some(given) = host.iter().find(|w| w.name == name) else { continue };
            if given.shape != weight.shape {
                return Err(format!("the host's {name} has shape {:?}, expected {:?}", given.shape, weight.shape).into());
            }
            weight.values.clone_from(&given.values);
        }
        self.set_weights(&own)?;
        self.start().await
    }
}

/// What stands before the names of a host's weights, after the path to it.
const HOST: &str = ".host.";

/// Checks that `weights` has every parameter of a network, in its shape.
///
/// # Errors
/// Names the first that is missing or does not fit.
pub fn fits<'a>(parameters: impl Iterator<Item = (&'a str, &'a [usize])>, weights: &[Weight]) -> Result<(), String> {
    for (name, shape) in parameters {
        let w = weights.iter().find(|w| w.name == name).ok_or_else(|| format!("the weights have no tensor {name}"))?;
        if w.shape != shape {
            return Err(format!("{name} has shape {:?}, this network needs {shape:?}", w.shape));
        }
    }
    Ok(())
}

/// Means of terms over images that come in minibatches.
pub struct Means {
    sums: Vec<f64>,
    images: usize,
}

impl Means {
    /// Of so many terms.
    pub fn of(terms: usize) -> Self {
        Self { sums: vec![0.0; terms], images: 0 }
    }

    /// Takes the terms of `n` images.
    pub fn add(&mut self, n: usize, terms: impl IntoIterator<Item = f32>) {
        self.images += n;
        self.sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += f64::from(term) * n as f64);
    }

    /// The means; zeros where there was no image.
    pub fn take(self) -> Vec<f32> {
        self.sums.into_iter().map(|sum| (sum / self.images.max(1) as f64) as f32).collect()
    }
}

/// [`Engine::evaluate`] by minibatches one after another, of which `of` gives the terms. Before it how many terms there are, images in a
/// minibatch, and values in an image.
///
/// # Errors
/// Those of `of`, and if `images` are none of the network's.
pub async fn evaluated(
    (terms, batch, width): (usize, usize, usize),
    images: Rows<'_>,
    mut of: impl AsyncFnMut(Rows<'_>, usize) -> Result<Vec<f32>, String>,
) -> Result<Vec<f32>, String> {
    let mut means = Means::of(terms);
    for at in minibatches(images.count(width)?, batch) {
        let n = at.len();
        means.add(n, of(images.some(width, at), n).await?);
    }
    Ok(means.take())
}

/// Why an engine could not be built.
#[derive(Clone, Debug, PartialEq)]
pub enum BuildError {
    /// The step compiler lacks something, which the message names. Eager Burn does without it.
    NotCompiled(String),
    /// A bad setup, no memory, a lost device: no other engine would help.
    Refused(String),
}

impl From<String> for BuildError {
    fn from(message: String) -> Self {
        Self::Refused(message)
    }
}

impl From<BuildError> for String {
    fn from(e: BuildError) -> Self {
        match e {
            BuildError::NotCompiled(message) | BuildError::Refused(message) => message,
        }
    }
}
