//! Packing on all cores, into a folder on disk.

use std::any::Any;
use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Instant;

use latent_packed::{HEADER, Header, META, Meta, SUMS, Sum, read_sums, shard_name};
use latent_vocabulary::import::{Choice, Frame, Progress};

use super::frame::Framer;
use super::job::{Full, Job, Undecoded, broke_on, decode};
use super::source::{Fault, Raw, Source};

/// Images that a thread takes at a time.
const CHUNK: usize = 32;
/// Chunks on their way for each thread: enough for none to wait, few enough to hold little memory.
const AHEAD: usize = 3;

/// Said where the folder has images that are not those to be packed.
const ANOTHER: &str = "another set of images is packed there; choose another folder or delete it";

/// A folder with a packed set.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    pub fn new(path: &Path) -> Self {
        Self { path: path.into() }
    }

    fn place(&self, name: &str, what: &dyn std::fmt::Display) -> String {
        format!("{}: {what}", self.path.join(name).display())
    }

    /// Writes a file whole or not at all.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let (path, part) = (self.path.join(name), self.path.join(format!("{name}.part")));
        fs::write(&part, bytes).and_then(|()| fs::rename(&part, &path)).map_err(|e| {
            // Whatever was begun is taken back.
            let _ = fs::remove_file(&part);
            self.place(name, &e)
        })
    }

    /// Begins a set, or finds how far an interrupted one of the same description came.
    ///
    /// # Errors
    /// If the folder holds something else.
    fn begin(&self, meta: &Meta) -> Result<Vec<(Header, Option<Sum>)>, String> {
        fs::create_dir_all(&self.path).map_err(|e| format!("{}: {e}", self.path.display()))?;
        match fs::read(self.path.join(META)) {
            Ok(text) => {
                let there = Meta::from_json(&text).map_err(|e| self.place(META, &e))?;
                if there.source != meta.source {
                    return Err(self.place(META, &ANOTHER));
                }
                // Sets of earlier versions have none.
                let sums = read_sums(&fs::read(self.path.join(SUMS)).unwrap_or_default());
                let sums = sums.into_iter().chain(std::iter::repeat(None));
                Ok(self.headers(meta)?.into_iter().zip(sums).collect())
            }
            Err(_) if fs::read_dir(&self.path).is_ok_and(|mut files| files.next().is_some()) => {
                Err(format!("{}: the folder is not empty, and what is in it is no packed set", self.path.display()))
            }
            Err(_) => self.write(META, meta.to_json().as_bytes()).map(|()| Vec::new()),
        }
    }

    fn write_shard(&self, full: &Full) -> Result<(), String> {
        for (name, bytes) in &full.beside {
            self.write(name, bytes)?;
        }
        self.write(SUMS, full.sums.as_bytes())?;
        self.write(&shard_name(full.index), &full.bytes)
    }

    /// The headers of the shards that are whole.
    fn headers(&self, meta: &Meta) -> Result<Vec<Header>, String> {
        use std::io::Read;

        let mut headers = Vec::new();
        loop {
            let name = shard_name(headers.len() as u32);
            let Ok(mut file) = fs::File::open(self.path.join(&name)) else { return Ok(headers) };
            let mut bytes = Vec::new();
            file.by_ref().take(HEADER as u64).read_to_end(&mut bytes).map_err(|e| self.place(&name, &e))?;
            match Header::read(&bytes, meta).map_err(|e| self.place(&name, &e))? {
                Some(header) if file.metadata().is_ok_and(|m| m.len() == header.bytes() as u64) => headers.push(header),
                _ => return Ok(headers),
            }
        }
    }
}

/// An image on its way to a thread and back.
struct Task {
    of: Undecoded,
    /// Put in by the thread that decodes it.
    image: Result<Vec<u8>, Fault>,
}

type Chunk = (u64, Vec<Task>);

/// What makes the bytes of a packed image: [`decode`], or another in its place.
pub trait Decode: Fn(&mut Framer, &str, Raw, &Frame) -> Result<Vec<u8>, String> + Sync {}

impl<F: Fn(&mut Framer, &str, Raw, &Frame) -> Result<Vec<u8>, String> + Sync> Decode for F {}

/// Packs a source into a folder. `progress` hears how far it is, `skipped` why an image is left out.
///
/// # Errors
/// Names the file and what is wrong with it. What was packed stays, and the same call goes on from there.
pub fn pack(
    source: Box<dyn Source>,
    choice: &Choice,
    folder: &Folder,
    progress: impl Fn(Progress),
    skipped: impl Fn(&str),
) -> Result<Progress, String> {
    pack_with(&decode, source, choice, folder, progress, skipped)
}

/// [`pack`] with another decoder. One that panics ends the import.
///
/// # Errors
/// As there.
pub fn pack_with(
    decode: &impl Decode,
    source: Box<dyn Source>,
    choice: &Choice,
    folder: &Folder,
    progress: impl Fn(Progress),
    skipped: impl Fn(&str),
) -> Result<Progress, String> {
    let mut job = Job::new(source, choice.clone())?;
    let there = folder.begin(&job.meta)?;
    for (shard, sum) in &there {
        // Names and sizes are those of the set that is there; what counts is the images.
        if !job.take_back(shard, *sum, true)? {
            return Err(folder.place(META, &ANOTHER));
        }
        progress(job.progress());
    }
    let begun = (Instant::now(), job.progress().looked);
    let now = |job: &Job| {
        let mut at = job.progress();
        let seconds = begun.0.elapsed().as_secs_f64();
        at.per_second = (at.looked - begun.1) as f64 / seconds.max(1e-9);
        at.seconds_left = (at.total - at.looked) as f64 / at.per_second.max(1e-9);
        at
    };
    if there.last().is_some_and(|(shard, _)| shard.last) {
        return Ok(now(&job));
    }
    let packed = pack_all(&mut job, decode, &choice.frame, folder, |job| progress(now(job)), skipped);
    // At the end, or where it failed: no image that was read is lost.
    let rest = if packed.is_ok() { Some(job.finish()?) } else { job.stop() };
    if let Some(full) = rest {
        folder.write_shard(&full)?;
    }
    packed.map(|()| now(&job))
}

/// Decodes on all cores and writes the shards that are full.
fn pack_all(
    job: &mut Job,
    decode: &impl Decode,
    frame: &Frame,
    folder: &Folder,
    progress: impl Fn(&Job),
    skipped: impl Fn(&str),
) -> Result<(), String> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let (to, tasks) = channel::<Chunk>();
    let (back, done) = channel::<Chunk>();
    let tasks = Mutex::new(tasks);
    thread::scope(|scope| {
        // The threads end when nobody can send them anything, or hears them: whichever way this ends.
        let (to, done) = (to, done);
        for _ in 0..threads {
            let (tasks, back) = (&tasks, back.clone());
            scope.spawn(move || work(tasks, &back, decode, frame));
        }
        // Theirs alone are left: when the last one ends, so does the wait for it.
        drop(back);
        let (mut sent, mut taken, mut waiting) = (0u64, 0u64, BTreeMap::new());
        let mut more = true;
        loop {
            while more && sent - taken < (threads * AHEAD) as u64 {
                let chunk = fetch(job)?;
                more = chunk.len() == CHUNK;
                to.send((sent, chunk)).expect("their end of the channel lives outside this scope");
                sent += 1;
            }
            if taken == sent {
                return Ok(());
            }
            let (number, chunk) = done.recv().map_err(|_| "a thread that decodes has ended")?;
            waiting.insert(number, chunk);
            while let Some(chunk) = waiting.remove(&taken) {
                taken += 1;
                for Task { mut of, image } in chunk {
                    let image = match image {
                        Ok(image_p) => Ok(image_p),
                        Err(Fault::Skip(why)) => Err(why),
                        Err(Fault::Stop(why)) => return Err(why),
                    };
                    if let Err(why) = &image {
                        skipped(why);
                    }
                    if let Some(full) = job.take(&mut of, image)? {
                        folder.write_shard(&full)?;
                    }
                }
                progress(job);
            }
        }
    })
}

/// The next chunk; a shorter one is the last.
fn fetch(job: &mut Job) -> Result<Vec<Task>, String> {
    let mut chunk = Vec::with_capacity(CHUNK);
    while chunk.len() < CHUNK {
        let Some((of, fault)) = job.next()? else { break };
        chunk.push(Task { of, image: fault.map_or(Ok(Vec::new()), |why| Err(Fault::Skip(why))) });
    }
    Ok(chunk)
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason was given")
}

/// Decodes chunks until there are no more.
fn work(tasks: &Mutex<Receiver<Chunk>>, back: &Sender<Chunk>, decode: &impl Decode, frame: &Frame) {
    let mut framer = Framer::default();
    loop {
        let next = tasks.lock().expect("no thread panics while it takes a chunk").recv();
        let Ok((number, mut chunk)) = next else { return };
        for task in chunk.iter_mut().filter(|t| t.image.is_ok()) {
            let raw = std::mem::replace(&mut task.of.raw, Raw::File(Vec::new()));
            let name = &task.of.name;
            // What a panic leaves half done is the framer, which ends with the import.
            task.image = match catch_unwind(AssertUnwindSafe(|| decode(&mut framer, name, raw, frame))) {
                Ok(image) => image.map_err(Fault::Skip),
                Err(panic) => Err(Fault::Stop(broke_on(name, words(&*panic)))),
            };
        }
        if back.send((number, chunk)).is_err() {
            return;
        }
    }
}
