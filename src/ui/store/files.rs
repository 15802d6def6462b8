//! Runs that outlive the page, and weights that leave and enter it.

use std::cell::Cell;
use std::collections::VecDeque;

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use serde_bytes::ByteBuf;
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlInputElement;

use crate::browser;
use crate::browser::error_text;
use crate::caution;
use crate::held::{Changing, Held};
use crate::keep::tools::{self, Made, Tool};
use crate::keep::words as keep;
use crate::store::link::Link;
use crate::store::look::Look;
use crate::store::runs::{Beginning, Origin, Phase, Runs, Start, Then};
use crate::words;
use latent_experiment::Setup;
use latent_player::File;
use latent_protocol::{Command, Export, KeptRun, RunId, Table};
use latent_small::part;
use latent_vocabulary::Precision;

/// This tab's run, for the page that comes after a reload.
const KEY: &str = "latent-lab-run";
/// A run is kept so often that a crash costs a tenth of its time, within these limits in milliseconds: the first copy comes
/// soon, and a long run does not wear the disk.
const KEEP_SHARE: f64 = 0.1;
const KEEP_EVERY: [f64; 2] = [3_000.0, 60_000.0];

/// What the page knows of the browser's storage.
#[derive(Clone, Debug, PartialEq)]
pub enum Storage {
    /// Not heard of yet.
    Unknown,
    /// There is none: why.
    Absent(String),
    Open {
        runs: Vec<KeptRun>,
        used: f64,
        quota: f64,
    },
}

/// A file that the engine looks at before anything changes.
struct Examined {
    /// Which choice of the visitor's it is.
    choice: u32,
    name: String,
    /// Where it came from, if from an address.
    address: Option<String>,
    bytes: Vec<u8>,
    /// What the visitor should know of it.
    notes: Vec<String>,
}

/// A dictionary that waits for rows.
pub struct Waiting {
    /// What its file is called.
    pub name: String,
    /// Numbers of a row.
    pub inputs: usize,
    /// Its directions, as an array of NumPy.
    pub directions: Vec<u8>,
    /// What is said while it waits, and once it is on show.
    pub words: String,
    said: String,
    setup: Setup,
    weights: Vec<u8>,
}

part!(tools: fn taker() -> fn(Files, u32, tools::Files, Option<String>) = take_files);

/// A dictionary of another library becomes a run on the rows that are here, if they have as many numbers; else it waits for others. What is none is the
/// engine's to look at.
fn take_files(store: Files, choice: u32, mut files: tools::Files, address: Option<String>) {
    let weights = files.iter().position(|(_, bytes)| bytes.first() != Some(&b'{')).unwrap_or_default();
    let name = files[weights].0.clone();
    let found = match tools::read(&files, &store.runs().setup.get_untracked()) {
        Ok(Some(found)) => found,
        Ok(None) => return store.examine(choice, name, address, Ok(files.swap_remove(weights).1)),
        Err(e) => return store.examine(choice, name, address, Err(e)),
    };
    let mut notes = vec![keep::brought(found.library)];
    notes.extend(found.notes);
    let width = store.link().data_info.with_untracked(|info| info.as_ref().map(|d| (d.channels * d.height * d.width) as usize));
    if width == Some(found.inputs) {
        store.examine_with(choice, name, address, Ok(found.weights), notes);
    } else if store.runs().is_latest(choice) {
        store.said.set(Some(keep::needs_rows(&name, found.features, found.inputs)));
        store.brought.set(Some(Waiting {
            words: keep::waits(&name, found.features, found.inputs),
            said: keep::opened(&name, &notes),
            name,
            inputs: found.inputs,
            directions: found.directions,
            setup: found.setup,
            weights: found.weights,
        }));
    }
}

/// The stores that this one names, and what is no signal.
struct Parts {
    look: Look,
    link: Link,
    runs: Runs,
    /// The storage has refused the run; copies of it stay in memory.
    refused: Cell<bool>,
    /// Files that the engine is looking at; it answers one after the other.
    examined: Changing<VecDeque<Examined>>,
    /// The address of the weights that the run on show began with, and the network that they are for.
    address: Changing<Option<(Setup, String)>>,
    /// Files that the visitor waits for.
    wanted: Changing<Vec<(Export, Option<Tool>)>>,
    /// Latest copy of the run where the browser's storage has none, with its setup.
    copy: Changing<Option<(Setup, Vec<u8>)>>,
    /// When the run on show began on this page, and when it was last kept.
    began_at: Cell<f64>,
    saved_at: Cell<f64>,
}

#[derive(Clone, Copy)]
pub struct Files {
    pub storage: RwSignal<Storage>,
    /// The run on show, as the storage calls it, and the step that lies there.
    pub kept: RwSignal<Option<(RunId, String, u64)>>,
    /// A run from an earlier visit that could go on.
    pub offer: RwSignal<Option<KeptRun>>,
    /// Names and notes that the visitor gave to features of the run on show, as the tab of features writes them.
    pub names: RwSignal<String>,
    /// A dictionary of another library, of rows that are not here.
    pub brought: RwSignal<Option<Waiting>>,
    /// What became of the last file.
    pub said: RwSignal<Option<String>>,
    parts: Held<Parts>,
}

impl Files {
    pub fn new(look: Look, link: Link, runs: Runs) -> Self {
        Self {
            storage: RwSignal::new(Storage::Unknown),
            kept: RwSignal::new(None),
            offer: RwSignal::new(None),
            names: RwSignal::new(String::new()),
            brought: RwSignal::new(None),
            said: RwSignal::new(None),
            parts: Held::new(Parts {
                look,
                link,
                runs,
                refused: Cell::new(false),
                examined: Changing::default(),
                address: Changing::default(),
                wanted: Changing::default(),
                copy: Changing::default(),
                began_at: Cell::new(0.0),
                saved_at: Cell::new(0.0),
            }),
        }
    }

    fn parts(self) -> &'static Parts {
        self.parts.get()
    }

    fn look(self) -> Look {
        self.parts().look
    }

    fn link(self) -> Link {
        self.parts().link
    }

    fn runs(self) -> Runs {
        self.parts().runs
    }

    /// The engine is gone, and nothing that it was asked will be answered.
    pub fn forget_questions(self) {
        self.parts().examined.take();
        self.parts().wanted.take();
    }

    // ---- kept runs ----

    /// Keeps the run when the page is put away.
    pub fn keep_when_hidden(self) {
        let hidden = window_event_listener(leptos::ev::visibilitychange, move |_| {
            self.keep_run();
        });
        let left = window_event_listener(leptos::ev::pagehide, move |_| {
            // It ends because the visitor wants it to.
            caution::done();
            self.keep_run();
        });
        on_cleanup(move || {
            hidden.remove();
            left.remove();
        });
    }

    /// Writes the visitor's own run to the browser's storage, or a copy into memory where that is refused. Says whether there is
    /// something to write.
    pub fn keep_run(self) -> bool {
        let Some(run) = self.runs().run.get_untracked() else { return false };
        let step = self.runs().step.get_untracked();
        let there = self.kept.with_untracked(|kept| kept.as_ref().is_some_and(|(id, _, at)| (*id, *at) == (run.id, step)));
        let whole = matches!(run.phase, Phase::Paused | Phase::Training);
        if run.origin == Origin::Pretrained || step == 0 || there || !whole {
            return false;
        }
        let run = run.id;
        self.link().send(&if self.parts().refused.get() {
            Command::Save { run, what: Export::Checkpoint }
        } else {
            Command::Keep { run }
        });
        true
    }

    /// [`Files::keep_run`], as often as it is worth it.
    pub fn keep_now_and_then(self) {
        let (now, parts) = (browser::now(), self.parts());
        let [least, most] = KEEP_EVERY;
        if now - parts.saved_at.get() > (KEEP_SHARE * (now - parts.began_at.get())).clamp(least, most) {
            parts.saved_at.set(now);
            self.keep_run();
        }
    }

    /// The run on show is about to go, in favour of one that begins from `next`. Says whether it is being kept.
    pub fn leave_run(self, next: &Beginning) -> bool {
        let kept = self.keep_run();
        self.parts().wanted.take();
        if !matches!(next, Beginning::File(_)) {
            self.parts().address.take();
        }
        kept
    }

    /// Another run begins.
    pub fn begin_run(self) {
        let (now, parts) = (browser::now(), self.parts());
        parts.began_at.set(now);
        parts.saved_at.set(now);
    }

    /// What the visitor called the features of the run that begins: by its file, or as this browser remembers it.
    pub fn recall_names(self, setup: &Setup, from: &Beginning) {
        let of_file = match from {
            Beginning::File(bytes) => File::open(bytes).ok().and_then(|file| file.note(NAMES).ok().map(str::to_owned)),
            _ => None,
        };
        self.names.set(of_file.or_else(|| browser::recall(&names_key(setup))).unwrap_or_default());
    }

    /// Takes new names and notes of features.
    pub fn keep_names(self, text: String) {
        if let Some(setup) = self.runs().run.with_untracked(|r| r.as_ref().map(|r| r.setup.clone())) {
            browser::remember(&names_key(&setup), &text);
        }
        self.names.set(text);
    }

    /// What the storage holds, or why there is none.
    pub fn take_storage(self, storage: Storage) {
        if matches!(storage, Storage::Absent(_)) {
            self.parts().refused.set(true);
        }
        self.storage.set(storage);
    }

    /// The run lies in the storage, as `id`, up to `step`.
    pub fn take_kept(self, run: RunId, id: String, step: u64) {
        browser::remember_in_tab(KEY, &id);
        self.kept.set(Some((run, id, step)));
    }

    /// The storage has a later copy than the page.
    pub fn forget_copy(self) {
        self.parts().copy.take();
    }

    /// The storage does not take the run: from now on copies of it stay in memory.
    pub fn take_refusal(self, run: RunId, message: &str) {
        if !self.parts().refused.replace(true) {
            self.look().warning.set(Some(keep::not_kept(message)));
        }
        self.link().send(&Command::Save { run, what: Export::Checkpoint });
    }

    /// Whether the page holds a copy of the visitor's own weights.
    pub fn has_copy(self) -> bool {
        self.parts().copy.with(|copy| copy.is_some())
    }

    /// The page's copy of a run on that data, as a run to begin.
    pub fn copy_of(self, data: &str) -> Option<Start> {
        let (setup, bytes) = self.parts().copy.get().filter(|(setup, _)| setup.data == data)?;
        Some(Start { setup, origin: Origin::Restored, from: Beginning::File(bytes), then: Then::Stay })
    }

    /// The kept run of that name.
    pub fn find(self, id: &str) -> Option<KeptRun> {
        self.storage.with_untracked(|storage| match storage {
            Storage::Open { runs, .. } => runs.iter().find(|run| run.id == id).cloned(),
            _ => None,
        })
    }

    /// This tab's own run.
    pub fn own_run(self) -> Option<KeptRun> {
        browser::recall_in_tab(KEY).and_then(|id| self.find(&id))
    }

    /// The latest run that no tab has open.
    pub fn latest(self) -> Option<KeptRun> {
        self.storage.with_untracked(|storage| match storage {
            Storage::Open { runs, .. } => runs.iter().find(|run| !run.open).cloned(),
            _ => None,
        })
    }

    /// Whether the page may choose how to begin: it knows what the storage holds.
    pub fn knows_the_storage(self) -> bool {
        self.storage.with_untracked(|storage| *storage != Storage::Unknown)
    }

    /// What a new engine begins with after the one that had this run has gone, if the run lies in the storage.
    pub fn kept_start(self) -> Option<Start> {
        let run = self.runs().run.get_untracked()?;
        let (_, id, _) = self.kept.get_untracked().filter(|(kept, ..)| *kept == run.id)?;
        Some(Start { setup: run.setup, origin: Origin::Restored, from: Beginning::Kept(id), then: Then::Stay })
    }

    /// Asks what the storage holds.
    pub fn ask_for_runs(self) {
        self.link().send(&Command::Runs);
    }

    pub fn rename_run(self, id: String, name: String) {
        self.link().send(&Command::Rename { id, name });
    }

    pub fn delete_run(self, id: String) {
        // There may be room now.
        self.parts().refused.set(false);
        self.link().send(&Command::Delete { id });
    }

    // ---- files ----

    /// Whether files can be made of the run on show.
    pub fn can_save(self) -> bool {
        self.link().engine.track();
        self.link().is_ready() && self.runs().stands()
    }

    /// Hands a file of the run on show to the visitor.
    pub fn download(self, what: Export) {
        if let Some(run) = self.runs().current() {
            self.parts().wanted.with(|wanted| wanted.push((what, None)));
            self.link().send(&Command::Save { run, what });
        }
    }

    /// Hands the run on show to the visitor, written for another tool: of its weights, when the engine has saved them.
    pub fn download_for(self, tool: Tool) {
        if let Some(run) = self.runs().current() {
            let what = tool.file();
            self.parts().wanted.with(|wanted| wanted.push((what, Some(tool))));
            self.link().send(&Command::Save { run, what });
        }
    }

    /// Writes a file of weights for another tool, and hands over what that makes.
    fn hand_over(self, tool: Tool, weights: Vec<u8>, name: String) {
        leptos::task::spawn_local(async move {
            let made = async { tools::writer().await?(tool, &weights, &name) }.await;
            let saved = made.and_then(|Made { files, missing }| {
                let save = |(name, bytes): &(String, Vec<u8>)| browser::save_bytes(bytes, name).map_err(|e| error_text(&e));
                files.iter().try_for_each(save)?;
                let names = files.into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(", ");
                Ok(missing.map_or_else(|| keep::saved(&names), |why| keep::saved_without_objective(&names, &why)))
            });
            self.said.set(Some(saved.unwrap_or_else(|e| words::file_refused(&name, &e))));
        });
    }

    /// The engine has made a file: the visitor's, who waits for it, or else the page's copy of the run. Says whether it is that.
    pub fn take_saved(self, step: u64, what: Export, bytes: Vec<u8>) -> bool {
        let Some(setup) = self.runs().run.with_untracked(|r| r.as_ref().map(|r| r.setup.clone())) else { return false };
        let parts = self.parts();
        let waited = parts.wanted.with(|wanted| wanted.iter().position(|(e, _)| *e == what).map(|i| wanted.remove(i)));
        let name = file_name(&setup, step, what);
        match waited {
            None => {
                parts.copy.set(Some((setup, bytes)));
                return true;
            }
            Some((_, Some(tool))) => {
                self.hand_over(tool, bytes, name.trim_end_matches(".safetensors").into());
                return false;
            }
            Some((_, None)) => {}
        }
        let names = self.names.get_untracked();
        if names.is_empty() || !matches!(what, Export::Weights(_) | Export::Checkpoint) {
            self.hand_out(&bytes, &name);
        } else {
            leptos::task::spawn_local(async move {
                // A file without them is better than none.
                let noted = tools::noter().await.ok().and_then(|noted| noted(&bytes, NAMES, &names));
                self.hand_out(noted.as_deref().unwrap_or(&bytes), &name);
            });
        }
        false
    }

    fn hand_out(self, bytes: &[u8], name: &str) {
        let saved = browser::save_bytes(bytes, name);
        self.said.set(Some(saved.map_or_else(|e| words::file_refused(name, &error_text(&e)), |()| keep::saved(name))));
    }

    /// Reads the files that the visitor has chosen: one of weights, or a dictionary with what lies beside it.
    pub fn open_chosen(self, input: &HtmlInputElement) {
        let Some(list) = input.files() else { return };
        let files: Vec<web_sys::File> = (0..list.length()).filter_map(|i| list.get(i)).collect();
        // The same file may be chosen again.
        input.set_value("");
        if !files.is_empty() {
            self.open_files(files);
        }
    }

    fn open_files(self, files: Vec<web_sys::File>) {
        let choice = self.runs().choose();
        leptos::task::spawn_local(async move {
            let mut read = tools::Files::new();
            for file in &files {
                match JsFuture::from(file.array_buffer()).await {
                    Ok(buffer) => read.push((file.name(), js_sys::Uint8Array::new(&buffer.unchecked_into()).to_vec())),
                    Err(e) => return self.examine(choice, file.name(), None, Err(error_text(&e))),
                }
            }
            self.take_files(choice, read, None).await;
        });
    }

    /// Files of others may be a dictionary; what says its setup, or is none, is the engine's to look at.
    async fn take_files(self, choice: u32, mut files: tools::Files, address: Option<String>) {
        if tools::says_its_setup(&files) {
            let (name, bytes) = files.swap_remove(0);
            return self.examine(choice, name, address, Ok(bytes));
        }
        match taker().await {
            Ok(take) => take(self, choice, files, address),
            Err(e) => self.examine(choice, files.swap_remove(0).0, address, Err(e)),
        }
    }

    /// The dictionary that waited for rows of `width` numbers, as a run on those of `data`.
    pub fn brought_on(self, data: &str, width: usize) -> Option<Start> {
        let taken = self.brought.try_update(|brought| brought.take_if(|waiting| waiting.inputs == width))??;
        self.said.set(Some(taken.said));
        self.offer.set(None);
        let setup = Setup { data: data.into(), ..taken.setup };
        Some(Start { setup, origin: Origin::File, from: Beginning::File(taken.weights), then: Then::Stay })
    }

    /// Begins with the weights at an address, which must be this site's or allow it (CORS).
    pub fn fetch_file(self, address: String) {
        let choice = self.runs().choose();
        leptos::task::spawn_local(async move {
            match browser::fetch_from(&address).await {
                Ok(bytes) => self.take_files(choice, vec![(address.clone(), bytes)], Some(address)).await,
                Err(e) => self.examine(choice, address.clone(), Some(address), Err(e)),
            }
        });
    }

    /// Has the engine look at a file, unless something else was chosen while it was read; nothing changes before it fits.
    fn examine(self, choice: u32, name: String, address: Option<String>, bytes: Result<Vec<u8>, String>) {
        self.examine_with(choice, name, address, bytes, vec![]);
    }

    fn examine_with(self, choice: u32, name: String, address: Option<String>, bytes: Result<Vec<u8>, String>, notes: Vec<String>) {
        if !self.runs().is_latest(choice) {
            return;
        }
        let engine = || if untrack(|| self.link().can_run()) { Ok(()) } else { Err(words::NO_ENGINE.to_owned()) };
        let bytes = match bytes.and_then(|bytes| engine().map(|()| bytes)) {
            Ok(bytes) => bytes,
            Err(e) => return self.say(words::file_refused(&name, &e)),
        };
        let safetensors = ByteBuf::from(bytes.clone());
        self.parts().examined.with(|files| files.push_back(Examined { choice, name, address, bytes, notes }));
        self.link().send(&Command::Examine { setup: self.runs().setup.get_untracked(), safetensors });
    }

    /// The engine has looked at the first of the files that it was given: what to begin, if it is good and still wanted.
    pub fn take_examined(self, found: Result<Setup, String>) -> Option<Start> {
        let file = self.parts().examined.with(VecDeque::pop_front);
        let Examined { name, address, bytes, notes, .. } = file.filter(|file| self.runs().is_latest(file.choice))?;
        let setup = match found {
            Ok(setup) => setup,
            Err(message) => {
                self.say(words::file_refused(&name, &message));
                return None;
            }
        };
        self.offer.set(None);
        self.said.set(Some(keep::opened(&name, &notes)));
        self.parts().address.set(address.map(|address| (setup.clone(), address)));
        Some(Start { setup, origin: Origin::File, from: Beginning::File(bytes), then: Then::Stay })
    }

    fn say(self, words: String) {
        self.said.set(Some(words.clone()));
        self.look().warning.set(Some(words));
    }

    /// `&weights=` and the address, while the experiment is the one that the weights there are for.
    pub fn weights_part(self) -> String {
        let same = |theirs: &Setup| self.runs().setup.with_untracked(|setup| !theirs.needs_rebuild(setup));
        let address = self.parts().address.get().filter(|(theirs, _)| same(theirs));
        address.map_or_else(String::new, |(_, address)| format!("&weights={}", browser::encoded(&address)))
    }
}

/// What the names of features are kept under, in files.
const NAMES: &str = "feature_names";

/// And in the browser.
fn names_key(setup: &Setup) -> String {
    format!("latent-lab-features:{}", setup.to_query())
}

/// What a file is called: which network on which data after how many steps.
fn file_name(setup: &Setup, step: u64, what: Export) -> String {
    let end = match what {
        Export::Weights(Precision::Full) | Export::Trainable => ".safetensors",
        Export::Weights(Precision::Half) => "-16bit.safetensors",
        Export::Weights(Precision::Quarter) => "-8bit.safetensors",
        Export::Checkpoint => "-checkpoint.safetensors",
        Export::Codes(Table::Csv) => "-codes.csv",
        Export::Codes(Table::Npz) => "-codes.npz",
    };
    let data = latent_catalog::set(&setup.data).map_or(setup.data.as_str(), |card| card.id);
    format!("{}-{data}-{step}{end}", setup.method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_after_what_they_hold() {
        let setup = Setup::new("mnist", "vq-vae");
        assert_eq!(file_name(&setup, 1200, Export::Weights(Precision::Full)), "vq-vae-mnist-1200.safetensors");
        assert_eq!(file_name(&setup, 1200, Export::Weights(Precision::Quarter)), "vq-vae-mnist-1200-8bit.safetensors");
        assert_eq!(file_name(&setup, 0, Export::Codes(Table::Npz)), "vq-vae-mnist-0-codes.npz");
        let drawn = Setup::new("drawn:AABBCC", "ae");
        assert_eq!(file_name(&drawn, 7, Export::Checkpoint), "ae-drawn-7-checkpoint.safetensors");
    }
}
