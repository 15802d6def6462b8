//! Files to take home, and those that somebody brings.

use serde_bytes::ByteBuf;

use super::Session;
use latent_engine::engine::fits;
use latent_engine::{Engine, Entry, Program, Rows, Weight};
use latent_experiment::Setup;
use latent_model::beginning::Beginning;
use latent_model::checkpoint;
use latent_model::checkpoint::Checkpoint;
use latent_model::codes;
use latent_model::codes::Codes;
use latent_model::examples::{CODES, Examples};
use latent_model::foreign::recognise;
use latent_model::programs::add_objective;
use latent_model::weights;
use latent_protocol::{Event, Export, RunId};
use latent_registry::fetch_entry;
use latent_small::part;
use latent_small::part::Later;
use latent_vocabulary::Precision;

/// A file's bytes and the step that they are of; `None` if the run is not there.
type Exported = Option<Result<(u64, Vec<u8>), String>>;
type Exporting = for<'a> fn(&'a mut Session, RunId, Export) -> Later<'a, Exported>;
type Examined = Result<(Setup, Option<u64>), String>;
type Examining = for<'a> fn(&'a Session, Setup, &'a [u8]) -> Later<'a, Examined>;

// A first network learns without files.
part!(files: fn exporting() -> Exporting = |session, run, what| Box::pin(session.write(run, what)));
part!(files: fn examining() -> Examining = |session, otherwise, file| Box::pin(session.read(otherwise, file)));
part!(files:
    /// [`Checkpoint::read`].
    fn beginning_of() -> fn(&[u8]) -> Result<Option<Checkpoint>, String> = Checkpoint::read
);
part!(files:
    /// [`Beginning::read`].
    pub fn beginning() -> fn(&[u8], &Setup, &[(String, Vec<usize>)]) -> Result<Beginning, String> = Beginning::read
);

impl Session {
    pub(super) async fn save(&mut self, run: RunId, what: Export) {
        let event = match self.export(run, what).await {
            None => return,
            Some(Ok((step, bytes))) => Event::Saved { run, step, what, bytes: ByteBuf::from(bytes) },
            Some(Err(message)) => Event::Warning { message: format!("this could not be saved: {message}") },
        };
        self.send(event);
    }

    /// A file of the run and the step that it is of; `None` if the run is not there.
    pub async fn export(&mut self, run: RunId, what: Export) -> Exported {
        match exporting().await {
            Ok(export) => export(self, run, what).await,
            Err(message) => Some(Err(message)),
        }
    }

    async fn write(&mut self, run: RunId, what: Export) -> Exported {
        if !self.has(run) {
            return None;
        }
        // The curves up to the step that the file is of.
        if let Err(message) = self.hand_over().await {
            return Some(Err(message));
        }
        let software = self.slow();
        let (test, r) = (self.test.as_ref()?, self.run.as_mut()?);
        let step = r.engine.step();
        let bytes = async {
            let engine = &mut r.engine;
            match what {
                Export::Weights(_) | Export::Trainable => {
                    let precision = if let Export::Weights(precision) = what { precision } else { Precision::Full };
                    sound(&engine.weights().await?)?;
                    // Nobody should wait long for a file.
                    let measured = if software { CODES / 4 } else { CODES };
                    let entry = fetch_entry(&r.setup.method).await?;
                    let file = Examples::from(test).write(entry, engine, &r.setup, measured, precision).await?;
                    if what == Export::Trainable { add_objective(&file, entry, test.shape) } else { Ok(file) }
                }
                Export::Checkpoint => match engine.state().await? {
                    Some(state) => {
                        let [first, second] = &state.moments;
                        [&state.weights, first, second].into_iter().try_for_each(|tensors| sound(tensors))?;
                        let (setup, history) = (r.setup.clone(), r.history.clone());
                        Checkpoint { setup, state, history, images: test.made_of.last().cloned() }.write()
                    }
                    None => {
                        let (tensors, metadata) =
                            (engine.weights().await?, [("setup", r.setup.to_query()), ("step", step.to_string())]);
                        sound(&tensors)?;
                        weights::write(&tensors, &metadata)
                    }
                },
                Export::Codes(table) => {
                    let all = test.all().range(0, u32::MAX);
                    let (mean_nd, logvar_nd) = engine.encode(Rows::tests(test.all(), &all)).await?;
                    let codes = Codes { latent: engine.info().latent as usize, mean_nd, logvar_nd, labels: &test.labels };
                    codes::writer().await?(&codes, table)
                }
            }
        };
        Some(bytes.await.map(|bytes| (step, bytes)))
    }

    /// The setup that a file of weights is for, and the step it is of, if it says so. A file without a setup is taken to be
    /// for `otherwise`.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub async fn examine(&self, otherwise: Setup, file: &[u8]) -> Examined {
        examining().await?(self, otherwise, file).await
    }

    /// Whether a checkpoint may be of a run on the images that are here.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn has_images_of(&self, file: &[u8]) -> Result<bool, String> {
        let made_of = self.test.as_ref().map_or(&[][..], |test| &test.made_of);
        match beginning_of().await?(file)? {
            Some(checkpoint) => Ok(checkpoint.is_of(made_of)),
            None => Ok(true),
        }
    }

    async fn read(&self, otherwise: Setup, file: &[u8]) -> Examined {
        let metadata = weights::metadata(file)?;
        let Some(query) = metadata.get("setup") else {
            let shape =
                self.shape_of(&otherwise.data).ok_or_else(|| format!("the images called {:?} are not here", otherwise.data))?;
            let parameters = async |setup: &Setup| self.parameters(fetch_entry(&setup.method).await?, setup);
            return recognise(file, &otherwise, shape, parameters).await.map(|(setup, _)| (setup, None));
        };
        let setup = checkpoint::setup(query)?;
        setup.check().map_err(|e| e.to_string())?;
        let weights = match Checkpoint::read(file)? {
            Some(checkpoint) => checkpoint.state.weights,
            None => weights::read(file)?,
        };
        let parameters = self.parameters(fetch_entry(&setup.method).await?, &setup)?;
        let parameters = parameters.iter().map(|(name, shape)| (name.as_str(), &shape[..]));
        fits(parameters, &weights).map_err(|e| format!("it does not fit the network {}: {e}", setup.to_query()))?;
        Ok((setup, metadata.get("step").and_then(|step| step.parse().ok())))
    }

    /// Names and shapes of what a setup's network has.
    pub(super) fn parameters(&self, entry: &dyn Entry, setup: &Setup) -> Result<Vec<(String, Vec<usize>)>, String> {
        let shape = self.shape_of(&setup.data).ok_or_else(|| format!("the images called {:?} are not here", setup.data))?;
        let recording = entry.record(&setup.params()?, shape, Program::Evaluate, 1)?;
        Ok(recording.params.into_iter().map(|p| (p.name, p.shape)).collect())
    }
}

/// Whether weights can be used: a file of others would not be read back.
///
/// # Errors
/// Names the first tensor that has become something else than numbers.
pub(super) fn sound(weights: &[Weight]) -> Result<(), String> {
    for w in weights {
        if let Some(bad) = w.values.iter().find(|v| !v.is_finite()) {
            return Err(format!("{} has become {bad}; a lower learning rate may help", w.name));
        }
    }
    Ok(())
}
