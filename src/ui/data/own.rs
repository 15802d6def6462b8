//! What the page knows of the visitor's own images.

use std::rc::Rc;

use leptos::prelude::*;
use serde::Serialize;
use web_sys::Blob;

use crate::browser;
use crate::conductor::Conductor;
use crate::data::files;
use crate::data::files::Files;
use crate::data::words;
use crate::data::worker::{Heard, Importer};
use crate::store::Stores;
use crate::store::files::{Files as Kept, Waiting};
use crate::store::link::Link;
use crate::store::look::Look;
use crate::store::runs::Runs;
use latent_vocabulary::data::Own;
use latent_vocabulary::import::{Choice, Found, Frame, ImportCommand, ImportEvent, Progress, Stored, USABLE};
use latent_vocabulary::plan::{Normalise, Role, Wanted, Wishes};

/// Where the page keeps the list of sets: asking the storage itself would load the worker.
const KEY: &str = "latent-lab-sets";

/// How far the dialog is.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Choose,
    Looking,
    Found,
    Packing,
    Done,
}

/// Pictures as they will be packed.
#[derive(Clone, PartialEq)]
pub struct Preview {
    pub frame: Frame,
    pub n: u32,
    pub pixels: Rc<[u8]>,
}

/// What the page knows of the visitor's images; a handle that is copied into every component.
#[derive(Clone, Copy)]
pub struct OwnData {
    pub look: Look,
    pub link: Link,
    runs: Runs,
    /// Where a dictionary may wait for rows.
    pub kept: Kept,
    conductor: Conductor,
    pub open: RwSignal<bool>,
    pub step: RwSignal<Step>,
    pub found: RwSignal<Option<Found>>,
    pub preview: RwSignal<Option<Preview>, LocalStorage>,
    /// The set being packed, and how far it is.
    pub progress: RwSignal<Option<(String, Progress)>>,
    /// Why a picture was left out last.
    pub skipped: RwSignal<Option<String>>,
    pub problem: RwSignal<Option<String>>,
    pub sets: RwSignal<Vec<Stored>>,
    /// Images that a set had when it was last loaded.
    pub loaded: RwSignal<u64>,
    pub worker: StoredValue<Option<Importer>, LocalStorage>,
    /// The dialog asks the storage again what it has. Nothing outside it talks to the worker, so that all of that comes with it.
    pub list_anew: Trigger,
    /// What was chosen last, for another look with other wishes.
    pub files: StoredValue<Files, LocalStorage>,
    /// What of it is wanted otherwise than it is understood.
    pub wishes: RwSignal<Wishes>,
}

impl OwnData {
    pub fn new(Stores { look, link, runs, files, .. }: Stores, conductor: Conductor) -> Self {
        // The browser's own reader of JSON: the page needs no other.
        let list = browser::recall(KEY).and_then(|text| js_sys::JSON::parse(&text).ok());
        let sets = list.and_then(|list| serde_wasm_bindgen::from_value(list).ok()).unwrap_or_default();
        Self {
            look,
            link,
            runs,
            kept: files,
            conductor,
            open: RwSignal::new(false),
            step: RwSignal::new(Step::Choose),
            found: RwSignal::new(None),
            preview: RwSignal::new_local(None),
            progress: RwSignal::new(None),
            skipped: RwSignal::new(None),
            problem: RwSignal::new(None),
            sets: RwSignal::new(sets),
            loaded: RwSignal::new(0),
            worker: StoredValue::new_local(None),
            list_anew: Trigger::new(),
            files: StoredValue::new_local(Files::default()),
            wishes: RwSignal::new(Wishes::default()),
        }
    }

    /// The handle that the root component provided.
    pub fn get() -> Self {
        expect_context()
    }

    /// Opens the dialog, and asks the storage what it has.
    pub fn open(self) {
        self.open.set(true);
        self.list_anew.notify();
    }

    pub fn send(self, command: ImportCommand, files: &[Blob]) {
        let start = |worker: &mut Option<Importer>| {
            if worker.is_none() {
                *worker = Some(Importer::spawn(move |heard| self.hear(heard))?);
            }
            worker.iter().for_each(|w| w.send(&command, files));
            Ok(())
        };
        if let Some(Err(e)) = self.worker.try_update_value(start) {
            self.fail(e);
        }
    }

    fn hear(self, heard: Heard) {
        match heard {
            Heard::Event(event) => self.take(event),
            Heard::Crashed(message, file) => self.crashed(&message, file),
        }
    }

    /// The worker has ended. Where it broke on one file of several, the others are looked at without it.
    fn crashed(self, message: &str, file: Option<String>) {
        let looking = self.step.get_untracked() == Step::Looking;
        let others = |file: &String| self.files.with_value(|files| files.blobs.len() > 1 && files.names.contains(file));
        let without = file.clone().filter(|file| looking && others(file) && !self.wishes.with_untracked(|w| w.leaves_aside(file)));
        let message = match (&file, &without) {
            (_, Some(file)) => words::broke_aside(file, message),
            (Some(file), None) => words::broke(file, message),
            (None, None) => format!("{message}: {}", words::ENDED),
        };
        // What was chosen went with it; and it answers nothing more.
        self.progress.set(None);
        self.fail(message.clone());
        self.step.set(Step::Choose);
        // The worker is dropped after this handler, which belongs to it, has returned.
        browser::next_frame(move || {
            self.worker.set_value(None);
            if let Some(file) = without {
                let mut wishes = self.wishes.get_untracked();
                wishes.roles.push(Wanted { file, role: Role::Aside, part: None });
                self.inspect_again(wishes);
                self.problem.set(Some(message));
            }
        });
    }

    fn take(self, event: ImportEvent) {
        match event {
            ImportEvent::Found { mut found } => {
                let left_out = self.files.with_value(|files| files.left_out);
                found.notes.extend((left_out > 0).then(|| words::left_out(files::MOST, left_out)));
                self.found.set(Some(found));
                self.step.set(Step::Found);
            }
            ImportEvent::Preview { frame, n, pixels } => {
                self.preview.set(Some(Preview { frame, n, pixels: Rc::from(pixels.into_vec()) }));
            }
            ImportEvent::Progress { id, progress } => {
                // From here on it can be chosen like any other.
                if progress.packed >= USABLE && self.sets.with_untracked(|sets| sets.iter().all(|s| s.id != id || s.images == 0)) {
                    self.send(ImportCommand::List, &[]);
                }
                self.progress.set(Some((id, progress)));
            }
            ImportEvent::Skipped { message } => self.skipped.set(Some(message)),
            ImportEvent::Done { stored, progress } => {
                self.progress.set(Some((stored.id.clone(), progress)));
                self.keep(stored);
                self.step.set(Step::Done);
            }
            ImportEvent::Stored { sets } => {
                self.sets.set(sets);
                self.remember();
            }
            ImportEvent::Failed { message } => self.fail(message),
            // Taken where the worker is heard.
            ImportEvent::Broke { .. } => {}
        }
    }

    pub fn fail(self, message: String) {
        self.problem.set(Some(message));
        self.step.update(|step| match step {
            Step::Looking => *step = Step::Choose,
            // The files and the form are still there, to be put right.
            Step::Packing => *step = Step::Found,
            Step::Choose | Step::Found | Step::Done => {}
        });
        if self.progress.with_untracked(Option::is_some) {
            self.progress.set(None);
            // What was packed until then is kept.
            self.send(ImportCommand::List, &[]);
        }
    }

    fn keep(self, stored: Stored) {
        self.sets.update(|sets| {
            sets.retain(|s| s.id != stored.id);
            let at = sets.partition_point(|s| s.title <= stored.title);
            sets.insert(at, stored);
        });
        self.remember();
    }

    fn remember(self) {
        let to = serde_wasm_bindgen::Serializer::json_compatible();
        let list = self.sets.with_untracked(|sets| sets.serialize(&to).ok());
        if let Some(text) = list.and_then(|list| js_sys::JSON::stringify(&list).ok()) {
            browser::remember(KEY, &String::from(text));
        }
    }

    /// Asks what files are.
    pub fn inspect(self, files: Files) {
        if files.blobs.is_empty() {
            return;
        }
        self.files.set_value(files);
        self.inspect_again(Wishes::default());
    }

    /// Asks what the last files are under other wishes.
    pub fn inspect_again(self, wishes: Wishes) {
        self.begin_to_look();
        let files = self.files.get_value();
        // Before the answer, which may be that it has broken.
        self.wishes.set(wishes.clone());
        self.send(ImportCommand::Inspect { names: files.names.clone(), wishes }, &files.blobs);
    }

    pub fn inspect_address(self, address: String) {
        self.begin_to_look();
        self.files.set_value(Files::default());
        self.send(ImportCommand::InspectAddress { address }, &[]);
    }

    /// Stops looking. A worker that waits for a slow address hears nothing: it is ended, and the next command starts another.
    pub fn give_up(self) {
        self.worker.set_value(None);
        self.step.set(Step::Choose);
    }

    fn begin_to_look(self) {
        self.problem.set(None);
        self.skipped.set(None);
        self.found.set(None);
        self.preview.set(None);
        self.step.set(Step::Looking);
    }

    pub fn start(self, choice: Choice) {
        self.problem.set(None);
        self.progress.set(Some((choice.id.clone(), Progress::default())));
        self.step.set(Step::Packing);
        self.send(ImportCommand::Start { choice }, &[]);
    }

    /// Trains on a set, as far as it is there.
    pub fn train_on(self, id: &str) {
        let packed = self.progress.with_untracked(|p| p.as_ref().filter(|(packing, _)| packing == id).map(|(_, p)| p.packed));
        // The list says how many images there are by now.
        if packed.is_some() {
            self.list_anew.notify();
        }
        self.loaded.set(packed.unwrap_or_default());
        let set = self.sets.with_untracked(|sets| sets.iter().find(|s| s.id == id && s.vectors).map(|s| s.channels as usize));
        let vectors = set.is_some();
        let id = Own { name: id, label: None, vectors }.id();
        if let Some(start) = set.and_then(|width| self.kept.brought_on(&id, width)) {
            self.open.set(false);
            self.runs.choose();
            return self.conductor.begin_with(start);
        }
        self.open.set(false);
        let same = self.runs.setup.with_untracked(|s| s.data == id);
        if same { self.conductor.reload_data() } else { self.conductor.set_data(&id) }
    }

    /// Asks what a dictionary's own directions are as rows: what it can be looked at with where there are no activations.
    pub fn inspect_directions(self, waiting: &Waiting) {
        let stem = waiting.name.rsplit('/').next().unwrap_or_default().split('.').next().unwrap_or_default();
        let name = format!("{stem}-directions.npy");
        let bytes = js_sys::Array::of1(&js_sys::Uint8Array::from(&waiting.directions[..]));
        let Ok(blob) = Blob::new_with_u8_array_sequence(&bytes) else { return };
        self.files.set_value(Files { names: vec![name.clone()], blobs: vec![blob], left_out: 0 });
        let roles = vec![Wanted { file: name, role: Role::Vectors, part: None }];
        self.inspect_again(Wishes { normalise: Some(Normalise::None), roles, ..Wishes::default() });
    }

    /// The set that the setup means, if it is one of these.
    pub fn current(self) -> Option<Stored> {
        let data = self.runs.setup.with(|s| s.data.clone());
        let own = Own::parse(&data)?;
        self.sets.with(|sets| sets.iter().find(|s| s.id == own.name && s.vectors == own.vectors).cloned())
    }
}
