//! One import into the browser's storage.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::job::{Full, Job, Undecoded};
use crate::source::{Raw, Source};
use latent_packed::store::{SetFolder, Store, free};
use latent_packed::{Files, HEADER, Header, META, Meta, SUMS, Sum, read_sums, shard_name};
use latent_vocabulary::import::{Choice, ImportEvent, Progress, Stored};
use latent_vocabulary::plan::Normalised;

use super::pool::{Decoded, Pool};
use super::port::{post, scope};

/// Images that a decoder takes at a time.
const CHUNK: usize = 16;
/// Said where the name is of images that are not those to be packed.
const ANOTHER: &str = "a different set already uses this name: choose another name, or delete that set";
/// Milliseconds between two reports.
const REPORT: f64 = 150.0;
/// Milliseconds between two explanations of why a picture was left out: thousands would drown the page.
const EXPLAIN: f64 = 500.0;

fn now() -> f64 {
    scope().performance().map_or(0.0, |p| p.now())
}

/// Tasks that wait for their images, in order.
type Waiting = BTreeMap<u64, Vec<(Undecoded, Option<String>)>>;

/// Packs a source as the visitor chose, until it ends or is stopped. What was packed of a `far` one is not downloaded again to
/// be compared.
pub async fn pack(source: &mut dyn Source, choice: Choice, far: bool, stopped: &Cell<bool>) -> Result<(), String> {
    let store = Store::open().await?;
    let folder = store.set(&choice.id, true).await?.ok_or("the browser made no folder")?;
    let lock = folder.lock().await?;
    let mut job = Job::new(Box::new(source), choice.clone())?;
    let there = begin(&folder, &job.meta).await?;
    let mut report = Report { id: choice.id.clone(), begun: (now(), 0), last: 0.0, explained: 0.0 };
    for (shard, sum) in &there {
        // Names and sizes are those of the set that is there; what counts is the images.
        if !job.take_back(shard, *sum, !far)? {
            return Err(ANOTHER.into());
        }
        report.now_and_then(&job);
    }
    check_room(&job).await?;
    report.begun = (now(), job.progress().looked);
    if there.last().is_none_or(|(shard, _)| !shard.last)
        && let Err(why) = run(&mut job, &choice, &folder, stopped, &mut report).await
    {
        // No image that was read is lost. Where there is no room for it, that is what is said already.
        if let Some(full) = job.stop() {
            let _ = write(&folder, full).await;
        }
        return Err(why);
    }
    drop(lock);
    let progress = report.progress(&job);
    post(&ImportEvent::Done { stored: stored(&store, &choice.id).await?, progress });
    Ok(())
}

async fn run(
    job: &mut Job<'_>,
    choice: &Choice,
    folder: &SetFolder,
    stopped: &Cell<bool>,
    report: &mut Report,
) -> Result<(), String> {
    let mut pool = Pool::start().await?;
    let (mut sent, mut taken, mut more) = (0u64, 0u64, true);
    let (mut waiting, mut decoded): (Waiting, BTreeMap<u64, Decoded>) = Default::default();
    loop {
        while more && !stopped.get() && sent - taken < pool.wanted() {
            let mut chunk = Vec::with_capacity(CHUNK);
            while chunk.len() < CHUNK {
                let Some(next) = job.next()? else {
                    more = false;
                    break;
                };
                chunk.push(next);
            }
            let images = chunk.iter_mut().filter(|(_, fault)| fault.is_none());
            let images = images.map(|(of, _)| (of.name.clone(), std::mem::replace(&mut of.raw, Raw::File(Vec::new()))));
            pool.send(sent, choice.frame, images.collect());
            waiting.insert(sent, chunk);
            sent += 1;
        }
        if taken == sent {
            break;
        }
        let answer = pool.answer().await?;
        decoded.insert(answer.number, answer);
        while let Some(answer) = decoded.remove(&taken) {
            let chunk = waiting.remove(&taken).expect("what is answered was asked");
            taken += 1;
            let mut images = answer.images.into_iter();
            for (mut of, fault) in chunk {
                let image = match fault {
                    Some(why) => Err(why),
                    None => images.next().expect("one answer an image").map(|bytes| bytes.into_vec()),
                };
                if let Err(why) = &image {
                    report.explain(why);
                }
                if let Some(full) = job.take(&mut of, image)? {
                    write(folder, full).await?;
                }
            }
            report.now_and_then(job);
        }
    }
    match if more { job.stop() } else { Some(job.finish()?) } {
        Some(full) => write(folder, full).await,
        None => Ok(()),
    }
}

async fn write(folder: &SetFolder, Full { index, bytes, sums, beside }: Full) -> Result<(), String> {
    for (name, bytes) in &beside {
        folder.write(name, bytes).await?;
    }
    folder.write(SUMS, sums.as_bytes()).await?;
    folder.write(&shard_name(index), &bytes).await
}

/// Describes a new set, or finds how far an interrupted import of the same came.
async fn begin(folder: &SetFolder, meta: &Meta) -> Result<Vec<(Header, Option<Sum>)>, String> {
    if let Some(text) = folder.read(META).await?
        && let Ok(there) = Meta::from_json(&text)
    {
        let shards = headers(folder, &there).await?;
        if there.source == meta.source {
            // Sets of earlier versions have none.
            let sums = read_sums(&folder.read(SUMS).await?.unwrap_or_default()).into_iter().chain(std::iter::repeat(None));
            return Ok(shards.into_iter().zip(sums).collect());
        }
        // One that came to nothing, for want of room perhaps, stands in nobody's way.
        if !shards.is_empty() {
            return Err(ANOTHER.into());
        }
    }
    folder.write(META, meta.to_json().as_bytes()).await.map(|()| Vec::new())
}

/// The headers of the shards that are whole.
async fn headers(folder: &SetFolder, meta: &Meta) -> Result<Vec<Header>, String> {
    let mut headers = Vec::new();
    while let Some(head) = folder.part(&shard_name(headers.len() as u32), 0..HEADER as u64).await? {
        match Header::read(&head.bytes, meta)? {
            Some(header) if header.bytes() as u64 == head.of => headers.push(header),
            _ => break,
        }
    }
    Ok(headers)
}

/// Says before the first image that they do not all fit, if so.
async fn check_room(job: &Job<'_>) -> Result<(), String> {
    let Progress { looked, total, .. } = job.progress();
    let needed = (total - looked) as f64 * job.meta.image_bytes() as f64;
    match free().await {
        Some(free) if free < needed => Err(format!(
            "these images take {:.0} MB, and this browser has {:.0} MB left for this page: take fewer or smaller ones, or delete a set",
            needed / 1e6,
            free / 1e6
        )),
        _ => Ok(()),
    }
}

/// What the page is told while it goes on.
struct Report {
    id: String,
    /// When it began, and with how many images.
    begun: (f64, u64),
    last: f64,
    explained: f64,
}

impl Report {
    fn progress(&self, job: &Job) -> Progress {
        let mut progress = job.progress();
        let seconds = ((now() - self.begun.0) / 1e3).max(1e-3);
        progress.per_second = (progress.looked - self.begun.1) as f64 / seconds;
        progress.seconds_left = (progress.total - progress.looked) as f64 / progress.per_second.max(1e-9);
        progress
    }

    fn now_and_then(&mut self, job: &Job) {
        if now() - self.last > REPORT {
            self.last = now();
            post(&ImportEvent::Progress { id: self.id.clone(), progress: self.progress(job) });
        }
    }

    fn explain(&mut self, why: &str) {
        if now() - self.explained > EXPLAIN {
            self.explained = now();
            post(&ImportEvent::Skipped { message: why.into() });
        }
    }
}

/// What the storage has of a set.
///
/// # Errors
/// If it is no packed set.
pub async fn stored(store: &Store, id: &str) -> Result<Stored, String> {
    let folder = store.set(id, false).await?.ok_or("it is gone")?;
    let meta = Meta::from_json(&folder.read(META).await?.ok_or("it has no description")?)?;
    let shards = headers(&folder, &meta).await?;
    Ok(Stored {
        id: id.into(),
        title: meta.title.clone(),
        channels: meta.channels,
        height: meta.height,
        width: meta.width,
        images: shards.iter().map(|s| u64::from(s.images)).sum(),
        factors: meta.factors.iter().map(|f| f.name.clone()).collect(),
        label: meta.label,
        credit: meta.credit.clone(),
        vectors: meta.vectors.is_some(),
        normalised: meta.vectors.as_ref().map(|v| Normalised { how: v.normalize_activations, scale: v.scaling_factor }),
        done: shards.last().is_some_and(|s| s.last),
        bytes: shards.iter().map(|s| s.bytes() as u64).sum(),
    })
}

/// A set that cannot be read.
pub fn broken(id: &str) -> Stored {
    let (title, credit, factors, vectors) = (id.to_owned(), String::new(), Vec::new(), false);
    Stored {
        id: id.into(),
        title,
        credit,
        factors,
        vectors,
        normalised: None,
        channels: 1,
        height: 0,
        width: 0,
        images: 0,
        label: 0,
        done: false,
        bytes: 0,
    }
}
