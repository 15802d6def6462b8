//! Kept runs: what the storage holds after a crash, on a full disk, and with two tabs. Runs on the native GPU.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use latent_data::Dataset;
use latent_experiment::Setup;
use latent_experiment::history::MetricRow;
use latent_model::weights;
use latent_protocol::{Command, EngineChoice, Event, Export, KeptRun};
use latent_runs::{Disk, FileInfo, Store, StoreError};
use latent_session::Session;
use latent_session::keeper::Keeper;
use latent_vocabulary::Precision;
use latent_vocabulary::shape::SampleShape;
use pollster::block_on;

use crate::session::param;

/// A disk in memory, with as much room as a test gives it.
struct Ram {
    files: RefCell<BTreeMap<String, (Vec<u8>, f64)>>,
    room: Cell<usize>,
    locks: RefCell<BTreeSet<String>>,
    clock: Cell<f64>,
}

impl Ram {
    fn new() -> Rc<Self> {
        Rc::new(Self { files: RefCell::default(), room: Cell::new(usize::MAX), locks: RefCell::default(), clock: Cell::new(0.0) })
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        self.clock.set(self.clock.get() + 1.0);
        self.files.borrow_mut().insert(name.into(), (bytes.to_vec(), self.clock.get()));
    }

    fn names(&self) -> Vec<String> {
        self.files.borrow().keys().cloned().collect()
    }
}

#[derive(Clone)]
struct Tab(Rc<Ram>);

struct Held(Rc<Ram>, String);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.locks.borrow_mut().remove(&self.1);
    }
}

impl Disk for Tab {
    type Lock = Held;

    async fn list(&self) -> Result<Vec<FileInfo>, StoreError> {
        let info = |(name, (bytes, at)): (&String, &(Vec<u8>, f64))| FileInfo {
            name: name.clone(),
            bytes: bytes.len() as u64,
            written_ms: *at,
        };
        Ok(self.0.files.borrow().iter().map(info).collect())
    }

    async fn read(&self, name: &str, at_most: Option<u64>) -> Result<Vec<u8>, StoreError> {
        let files = self.0.files.borrow();
        let (bytes, _) = files.get(name).ok_or_else(|| StoreError::Other(format!("{name} is not there")))?;
        Ok(bytes[..bytes.len().min(at_most.map_or(usize::MAX, |n| n as usize))].to_vec())
    }

    async fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let fits = bytes.len().min(self.0.room.get());
        self.0.put(name, &bytes[..fits]);
        if fits < bytes.len() { Err(StoreError::Full) } else { Ok(()) }
    }

    async fn remove(&self, name: &str) -> Result<(), StoreError> {
        self.0.files.borrow_mut().remove(name);
        Ok(())
    }

    async fn lock(&self, name: &str) -> Option<Held> {
        self.0.locks.borrow_mut().insert(name.into()).then(|| Held(self.0.clone(), name.into()))
    }

    async fn locked(&self) -> Vec<String> {
        self.0.locks.borrow().iter().cloned().collect()
    }

    async fn room(&self) -> (f64, f64) {
        (1.0, 2.0)
    }
}

/// A tab with an engine.
struct Page {
    session: Session,
    keeper: Keeper<Tab>,
    events: Rc<RefCell<Vec<Event>>>,
}

impl Page {
    fn open(ram: &Rc<Ram>) -> Self {
        let events: Rc<RefCell<Vec<Event>>> = Rc::default();
        let sink = events.clone();
        let mut session = Session::new(move |e| sink.borrow_mut().push(e));
        assert!(block_on(session.open(EngineChoice::Plan, [None, None])), "a GPU adapter; on Debian: mesa-vulkan-drivers");
        let images: Vec<u8> = (0..40 * 784).map(|i| if (i % 28 + i / 784) % 5 < 2 { 220 } else { 10 }).collect();
        let labels = vec![0; 40];
        block_on(session.set_data(Dataset { id: "mnist".into(), ..Dataset::of(SampleShape::MNIST, 10, images, labels) }));
        events.borrow_mut().clear();
        let ids = ram.clone();
        let keeper = Keeper::new(Ok(Tab(ram.clone())), move || {
            ids.clock.set(ids.clock.get() + 1.0);
            format!("run-{}", ids.clock.get())
        });
        Self { session, keeper, events }
    }

    fn tell(&mut self, command: Command) -> Vec<Event> {
        block_on(self.keeper.command(command, &mut self.session));
        while block_on(self.session.turn()) {}
        self.events.take()
    }

    fn steps(&mut self, run: u32, steps: u32) -> Vec<MetricRow> {
        let events = self.tell(Command::Step { run, steps });
        events.into_iter().filter_map(|e| if let Event::Metrics { rows, .. } = e { Some(rows) } else { None }).flatten().collect()
    }

    fn keep(&mut self, run: u32) -> String {
        match &self.tell(Command::Keep { run })[..] {
            [Event::Kept { id, .. }] => id.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn runs(&mut self) -> Vec<KeptRun> {
        match self.tell(Command::Runs).pop() {
            Some(Event::Runs { runs, .. }) => runs,
            other => panic!("{other:?}"),
        }
    }
}

fn small() -> Setup {
    Setup::from_query("v=1&method=vae&batch=8&hidden=32&latent=3", &[]).0
}

#[test]
fn a_kept_run_goes_on_after_the_tab_is_gone() {
    let ram = Ram::new();
    let mut page = Page::open(&ram);
    page.tell(Command::Start { run: 1, setup: small(), weights: None });
    page.steps(1, 7);
    let id = page.keep(1);
    page.steps(1, 2);
    assert_eq!(page.keep(1), id, "the same run, the same name");
    assert_eq!(ram.names().len(), 1, "one checkpoint a run: {:?}", ram.names());
    let rest = page.steps(1, 6);
    drop(page);

    let mut page = Page::open(&ram);
    let [run] = &page.runs()[..] else { panic!("one run") };
    assert_eq!((run.id.as_str(), run.step, run.open, run.setup.clone()), (id.as_str(), 9, false, small().to_query()));
    let events = page.tell(Command::Resume { run: 1, id: id.clone() });
    assert!(matches!(&events[..], [Event::Resumed { step: 9, .. }, Event::Built { .. }]), "{events:?}");
    assert_eq!(page.steps(1, 6), rest, "the same steps as without the break");
    assert_eq!(page.keep(1), id, "and into the same file");
    page.tell(Command::Start { run: 2, setup: small(), weights: None });
    page.steps(2, 1);
    assert_ne!(page.keep(2), id, "a new run has a place of its own");
    assert_eq!(page.runs().len(), 2);
}

#[test]
fn a_full_disk_and_half_a_file_lose_nothing() {
    let ram = Ram::new();
    let mut page = Page::open(&ram);
    page.tell(Command::Start { run: 1, setup: small(), weights: None });
    page.steps(1, 3);
    let id = page.keep(1);
    page.steps(1, 1);
    ram.room.set(1000);
    let events = page.tell(Command::Keep { run: 1 });
    assert!(matches!(&events[..], [Event::NotKept { run: 1, message }] if message.contains("full")), "{events:?}");
    assert_eq!(page.runs()[0].step, 3, "what was kept before is still there, and nothing else");
    assert_eq!(ram.names().len(), 1);

    // The tab closes in the middle of a write: a file is there that is not whole.
    ram.room.set(usize::MAX);
    let whole = block_on(Store::new(Tab(ram.clone())).load(&id)).unwrap().unwrap();
    for cut in [whole.len() - 1, whole.len() / 2, 100, 8, 3, 0] {
        ram.put(&format!("{id}.9.safetensors"), &whole[..cut]);
        let store = Store::new(Tab(ram.clone()));
        assert_eq!(block_on(store.load(&id)).unwrap().as_ref(), Some(&whole), "cut to {cut} bytes");
    }
    assert_eq!(page.keep(1), id);
    assert_eq!(ram.names(), [format!("{id}.10.safetensors")], "the rest is swept up");
    assert_eq!(page.runs()[0].step, 4);
}

#[test]
fn a_run_that_diverges_leaves_what_was_kept() {
    let ram = Ram::new();
    let mut page = Page::open(&ram);
    let setup = Setup::from_query("v=1&method=vae&batch=8&hidden=32&latent=3&optimizer=sgd&lr=0.00001", &[]).0;
    page.tell(Command::Start { run: 1, setup: setup.clone(), weights: None });
    let (_, file) = block_on(page.session.export(1, Export::Weights(Precision::Full))).unwrap().unwrap();
    let mut tensors = weights::read(&file).unwrap();
    let out = tensors.iter_mut().find(|w| w.name == "decoder.out.weight").unwrap();
    out.values.iter_mut().for_each(|v| *v *= 100.0);
    let file = weights::write(&tensors, &[]).unwrap();
    page.tell(Command::Start { run: 2, setup: setup.clone(), weights: Some(file.into()) });
    page.steps(2, 3);
    let id = page.keep(2);
    let kept = ram.files.borrow().clone();

    page.tell(Command::Set { run: 2, param: param(&setup, "lr"), value: 0.1 });
    for _ in 0..2 {
        let events = page.tell(Command::Step { run: 2, steps: 3 });
        assert!(matches!(events.last(), Some(Event::RunFailed { run: 2, .. })), "{events:?}");
    }
    let events = page.tell(Command::Keep { run: 2 });
    assert!(matches!(&events[..], [Event::RunFailed { run: 2, message }] if message.contains("has become")), "{events:?}");
    assert_eq!(*ram.files.borrow(), kept);
    assert!(matches!(&page.tell(Command::Resume { run: 3, id })[..], [Event::Resumed { step: 3, .. }, Event::Built { .. }]));
}

#[test]
fn a_kept_run_that_does_not_start_stays_free_for_other_tabs() {
    let ram = Ram::new();
    let mut first = Page::open(&ram);
    first.tell(Command::Start { run: 1, setup: small(), weights: None });
    first.steps(1, 3);
    let id = first.keep(1);
    first.steps(1, 1);
    // Another set of images has come meanwhile; the run of the old ones is gone.
    let images = Dataset::of(SampleShape::MNIST, 10, vec![7; 40 * 784], vec![0; 40]);
    block_on(first.session.set_data(Dataset { id: "moving-digits".into(), ..images }));
    let events = first.tell(Command::Resume { run: 2, id: id.clone() });
    assert!(matches!(&events[..], [Event::DataReady { .. }, Event::RunFailed { run: 2, .. }]), "{events:?}");

    let mut second = Page::open(&ram);
    assert!(matches!(&second.tell(Command::Resume { run: 1, id })[..], [Event::Resumed { step: 3, .. }, Event::Built { .. }]));
}

#[test]
fn a_kept_run_goes_on_on_its_own_images_alone() {
    let ram = Ram::new();
    let page = |sums: &[&str]| {
        let mut page = Page::open(&ram);
        let images: Vec<u8> = (0..40 * 784).map(|i| if (i % 28 + i / 784) % 5 < 2 { 220 } else { 10 }).collect();
        let cats = Dataset::of(SampleShape::MNIST, 10, images, vec![0; 40]);
        block_on(page.session.set_data(Dataset {
            id: "own:cats".into(),
            sums: sums.iter().map(ToString::to_string).collect(),
            ..cats
        }));
        page.events.borrow_mut().clear();
        page
    };
    let setup = Setup::from_query("v=1&data=own:cats&method=vae&batch=8&hidden=32&latent=3", &[]).0;
    let mut first = page(&["monday"]);
    first.tell(Command::Start { run: 1, setup: setup.clone(), weights: None });
    first.steps(1, 3);
    let id = first.keep(1);
    drop(first);

    // Others have come under the name: the run stays as it is.
    let mut other = page(&["tuesday"]);
    let kept = ram.files.borrow().clone();
    match &other.tell(Command::Resume { run: 1, id: id.clone() })[..] {
        [Event::RunFailed { message, .. }] => assert!(message.contains("other images"), "{message}"),
        events => panic!("{events:?}"),
    }
    assert!(*ram.files.borrow() == kept, "something was written");
    // As a file it gives its weights, and says so.
    let file = kept.into_values().next().expect("a checkpoint").0;
    match &other.tell(Command::Start { run: 2, setup, weights: Some(file.into()) })[..] {
        [Event::Warning { message }, Event::Built { .. }] => assert!(message.contains("other images"), "{message}"),
        events => panic!("{events:?}"),
    }
    drop(other);
    // Its own, with more of them behind, and those of which nobody knows.
    for sums in [&["monday"][..], &["monday", "more"], &[]] {
        let events = page(sums).tell(Command::Resume { run: 1, id: id.clone() });
        assert!(matches!(&events[..], [Event::Resumed { step: 3, .. }, Event::Built { .. }]), "{sums:?}: {events:?}");
    }
}

#[test]
fn two_tabs_never_write_to_one_run() {
    let ram = Ram::new();
    let mut first = Page::open(&ram);
    first.tell(Command::Start { run: 1, setup: small(), weights: None });
    first.steps(1, 3);
    let id = first.keep(1);
    let mut second = Page::open(&ram);
    assert!(second.runs()[0].open);
    let events = second.tell(Command::Resume { run: 1, id: id.clone() });
    assert!(matches!(&events[..], [Event::RunFailed { message, .. }] if message.contains("another tab")), "{events:?}");
    let events = second.tell(Command::Delete { id: id.clone() });
    assert!(
        matches!(&events[..], [Event::Warning { message }, Event::Runs { runs, .. }] if message.contains("another tab") && runs.len() == 1)
    );

    first.tell(Command::Start { run: 2, setup: small(), weights: None });
    first.steps(2, 1);
    first.keep(2);
    assert!(matches!(&second.tell(Command::Rename { id: id.clone(), name: " first try ".into() })[..],
        [Event::Runs { runs, .. }] if runs.iter().any(|r| r.name == "first try" && r.id == id)));
    assert!(matches!(&second.tell(Command::Resume { run: 1, id: id.clone() })[..], [Event::Resumed { .. }, Event::Built { .. }]));
    drop(second);
    assert!(matches!(&first.tell(Command::Delete { id })[..], [Event::Runs { runs, .. }] if runs.len() == 1));
    assert_eq!(ram.names().len(), 1, "the name went with it");
}

#[test]
fn without_storage_the_page_hears_why() {
    let mut page = Page::open(&Ram::new());
    page.keeper = Keeper::new(Err(StoreError::Other("a private window".into())), String::new);
    page.tell(Command::Start { run: 1, setup: small(), weights: None });
    page.steps(1, 1);
    assert!(matches!(&page.tell(Command::Runs)[..], [Event::NoStore { message }] if message == "a private window"));
    assert!(matches!(&page.tell(Command::Keep { run: 1 })[..], [Event::NotKept { message, .. }] if message == "a private window"));
}
