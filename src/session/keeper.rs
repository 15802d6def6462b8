//! Keeps the run of a session in a store, and hands kept runs back.

use crate::Session;
use latent_experiment::Setup;
use latent_protocol::{Command, Event, Export, RunId};
use latent_runs::{Disk, Store, StoreError};

/// The kept run that this session's run goes into.
struct Open<L> {
    run: RunId,
    id: String,
    /// No other tab writes to it meanwhile.
    _lock: L,
}

/// Answers the commands about kept runs.
pub struct Keeper<D: Disk> {
    /// Or why there is none.
    store: Result<Store<D>, StoreError>,
    open: Option<Open<D::Lock>>,
    /// A name that nothing in the store has yet.
    new_id: Box<dyn FnMut() -> String>,
}

/// Said where another tab, or this one, has a run.
const ELSEWHERE: &str = "this run is open in another tab; close it there first";

impl<D: Disk> Keeper<D> {
    /// `new_id` gives a new name each time, that no other tab gives.
    pub fn new(disk: Result<D, StoreError>, new_id: impl FnMut() -> String + 'static) -> Self {
        Self { store: disk.map(Store::new), open: None, new_id: Box::new(new_id) }
    }

    /// Whether a command is about kept runs.
    pub fn takes(command: &Command) -> bool {
        use Command::{Delete, Keep, Rename, Resume, Runs};

        matches!(command, Keep { .. } | Resume { .. } | Runs | Rename { .. } | Delete { .. })
    }

    /// Carries out a command about kept runs, and passes any other on.
    pub async fn command(&mut self, command: Command, session: &mut Session) {
        match command {
            Command::Keep { run } => self.keep(run, session).await,
            Command::Resume { run, id } => self.resume(run, id, session).await,
            Command::Runs => self.tell_runs(session).await,
            Command::Rename { id, name } => {
                let renamed = async { Ok(self.store()?.rename(&id, &name).await?) };
                self.warn(renamed.await, session);
                self.tell_runs(session).await;
            }
            Command::Delete { id } => {
                let deleted = async {
                    let store = self.store()?;
                    // Nobody may be writing to it.
                    let _lock = store.disk.lock(&id).await.ok_or(ELSEWHERE)?;
                    Ok(store.delete(&id).await?)
                };
                self.warn(deleted.await, session);
                self.tell_runs(session).await;
            }
            other => session.command(other).await,
        }
    }

    fn store(&self) -> Result<&Store<D>, String> {
        self.store.as_ref().map_err(ToString::to_string)
    }

    fn warn(&self, outcome: Result<(), String>, session: &Session) {
        if let Err(message) = outcome {
            session.send(Event::Warning { message });
        }
    }

    async fn tell_runs(&self, session: &Session) {
        let runs = async {
            let store = self.store()?;
            let (used, quota) = store.disk.room().await;
            Ok::<_, String>(Event::Runs { runs: store.runs().await?, used, quota })
        };
        session.send(runs.await.unwrap_or_else(|message| Event::NoStore { message }));
    }

    async fn keep(&mut self, run: RunId, session: &mut Session) {
        let (step, bytes) = match session.export(run, Export::Checkpoint).await {
            None => return,
            // There is nothing to keep, and what was kept before stays: it is the run that is broken, not the storage.
            Some(Err(message)) => return session.fail(message),
            Some(Ok(checkpoint)) => checkpoint,
        };
        session.send(match self.write(run, &bytes).await {
            Ok(id) => Event::Kept { run, id, step },
            Err(message) => Event::NotKept { run, message },
        });
    }

    /// Writes a checkpoint of a run, and returns the name it is kept under.
    async fn write(&mut self, run: RunId, bytes: &[u8]) -> Result<String, String> {
        if self.open.as_ref().is_none_or(|open| open.run != run) {
            let id = (self.new_id)();
            let lock = self.store()?.disk.lock(&id).await.ok_or(ELSEWHERE)?;
            self.open = Some(Open { run, id, _lock: lock });
        }
        let id = self.open.as_ref().expect("it has just been opened").id.clone();
        self.store()?.keep(&id, bytes).await?;
        Ok(id)
    }

    async fn resume(&mut self, run: RunId, id: String, session: &mut Session) {
        session.rest();
        if let Err(message) = self.begin(run, &id, session).await {
            session.send(Event::RunFailed { run, message });
        }
        // Nobody writes to a run that is gone.
        self.open.take_if(|open| !session.has(open.run));
    }

    /// Starts the kept run `id` as run `run`.
    async fn begin(&mut self, run: RunId, id: &str, session: &mut Session) -> Result<(), String> {
        // A page may go back to the kept state of the run that it has.
        let own = self.open.as_ref().is_some_and(|open| open.id == id);
        let store = self.store()?;
        let lock = if own { None } else { Some(store.disk.lock(id).await.ok_or(ELSEWHERE)?) };
        let bytes = store.load(id).await?.ok_or("this run is no longer in the browser's storage")?;
        let (setup, _) = session.examine(Setup::new("", ""), &bytes).await?;
        if !session.has_images_of(&bytes).await? {
            // It stays as it is: going on would put a run on these images in its place.
            return Err("it was trained on other images than those that are here under the same name".into());
        }
        session.command(Command::Start { run, setup, weights: Some(bytes.into()) }).await;
        // A start that failed has said so, and leaves the kept run to others.
        if session.has(run) {
            if let Some(lock) = lock {
                self.open = Some(Open { run, id: id.to_string(), _lock: lock });
            } else if let Some(open) = &mut self.open {
                open.run = run;
            }
        }
        Ok(())
    }
}
