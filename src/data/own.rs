//! Images that somebody packed (`packed`). A few training images are read at once; many, or more than there is room for, are
//! read a page at a time while training goes on.

use std::rc::Rc;

use super::dataset::{Dataset, Factors};
use super::pages::{Pages, Shelf, read_rows};
use latent_packed::{
    Files, META, Meta, PLANTED, SUMS, SUMS_BYTES, Shard, Split, Sum, TEXTS_BYTES, front_bytes, read_sums, read_texts, shard_name,
    texts_name, thumbs_name,
};
use latent_vocabulary::data::Own;
use latent_vocabulary::data::label_id;
use latent_vocabulary::factors::FactorName;
use latent_vocabulary::numbers::bytes_f32;
use latent_vocabulary::shape::{Beside, SampleShape};

/// Most bytes of images to test with: they stay in the engine's memory.
const TEST_BYTES: usize = 64 << 20;
/// More bytes of training images than these do not pass through the engine's memory at once: it would never give it back.
const WHOLE_BYTES: usize = 32 << 20;
/// [`TEST_BYTES`] beside training images that come in pages, and are waited for already.
const PAGED_TEST_BYTES: usize = 24 << 20;
/// Images that serve twice where a set has nothing but training images.
const TWICE: usize = 16;
/// Longest description.
const META_BYTES: u64 = 16 << 20;

/// What there is room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes of training images with their labels.
    pub bytes: u64,
    /// Whether they may come in pages; otherwise as many as there is room for are taken.
    pub paged: bool,
}

/// A data set that was read.
pub struct Loaded {
    /// Without its training images where these are paged; their labels and factors are there.
    pub data: Dataset,
    /// Where the training images are then.
    pub pages: Option<Rc<dyn Pages>>,
    /// What the visitor should know of it.
    pub note: Option<String>,
}

impl From<Dataset> for Loaded {
    fn from(data: Dataset) -> Self {
        Self { data, pages: None, note: None }
    }
}

/// What the fronts of all shards tell.
struct Census {
    meta: Meta,
    shards: Vec<Listed>,
    /// Images to train on.
    train: usize,
    /// The part that gives the images to test with.
    test: Split,
}

/// One shard.
struct Listed {
    /// Part of each image.
    split_n: Vec<Split>,
    factors_nk: Vec<u8>,
    /// Where its images begin in the file.
    at: u64,
}

impl Listed {
    /// Which of its images belong to a part.
    fn rows(&self, split: Split) -> impl Iterator<Item = usize> + '_ {
        self.split_n.iter().enumerate().filter(move |(_, s)| **s == split).map(|(row, _)| row)
    }
}

impl Census {
    /// Reads the description and the front of each shard. A set whose packing was interrupted is as good as its whole shards.
    async fn take(files: &impl Files) -> Result<Self, String> {
        let named = |name: &str, e: String| format!("{}: {e}", files.place(name));
        let text = files.part(META, 0..META_BYTES).await?.ok_or_else(|| named(META, "there is no such file".into()))?;
        let meta = Meta::from_json(&text.bytes).map_err(|e| named(META, e))?;
        let mut shards = Vec::new();
        let front = front_bytes(meta.factors.len());
        for name in (0..).map(shard_name) {
            let Some(part) = files.part(&name, 0..front).await? else { break };
            let Some(shard) = Shard::front(&part.bytes, part.of, &meta).map_err(|e| named(&name, e))? else { break };
            let images = 0..shard.header.images as usize;
            shards.push(Listed {
                split_n: images.clone().map(|i| shard.split(i)).collect(),
                factors_nk: images.flat_map(|i| shard.factors(i)).copied().collect(),
                at: shard.header.image_at(0) as u64,
            });
            if shard.header.last {
                break;
            }
        }
        let count = |split| shards.iter().map(|s| s.rows(split).count()).sum::<usize>();
        let (train, tests) = (count(Split::Train), count(Split::Test));
        if train == 0 {
            return Err(format!("{} has no images to train on", meta.title));
        }
        // Where a set has no test images of its own, the validation images serve.
        let test = if tests > 0 { Split::Test } else { Split::Valid };
        Ok(Self { meta, shards, train, test })
    }

    /// Of what the shards up to each were made of; nothing where a set of an earlier version does not know.
    async fn sums(&self, files: &impl Files) -> Result<Vec<String>, String> {
        let Some(text) = files.part(SUMS, 0..SUMS_BYTES).await? else { return Ok(Vec::new()) };
        let sums = read_sums(&text.bytes);
        let known = sums.get(..self.shards.len()).and_then(|sums| sums.iter().copied().collect::<Option<Vec<Sum>>>());
        let all = known.unwrap_or_default().into_iter().scan(Sum::default(), |all, sum| {
            *all = all.and(sum);
            Some(all.to_string())
        });
        Ok(all.collect())
    }

    /// Where the training images lie.
    fn shelf<F: Files>(&self, files: F) -> Shelf<F> {
        let mut shelf = Shelf::new(files, self.meta.image_bytes());
        for shard in &self.shards {
            shelf.push(shard.at, shard.rows(Split::Train));
        }
        shelf
    }
}

/// Reads the set that a setup calls `own`. `progress` hears how many images of how many there are, and says whether they are
/// still wanted; `None` when they are not.
///
/// # Errors
/// Names the file and what is wrong with it, or the factor that the set does not have.
pub async fn load(
    files: impl Files + 'static,
    own: Own<'_>,
    room: Room,
    progress: impl Fn(u64, u64) -> bool,
) -> Result<Option<Loaded>, String> {
    let census = Census::take(&files).await?;
    let meta = &census.meta;
    if own.vectors == meta.shape().is_picture() {
        let (is, id) = if own.vectors { ("pictures", "own") } else { ("vectors", "acts") };
        return Err(format!("{} is a set of {is}: call it {id}:{}", meta.title, own.name));
    }
    let label = label(meta, own)?;
    let len = meta.image_bytes();
    // The device keeps a label and the factors beside each image.
    let fit = usize::try_from(room.bytes).unwrap_or(usize::MAX) / (len + 1 + meta.factors.len());
    let all = census.train <= fit;
    let paged = room.paged && (!all || census.train > WHOLE_BYTES / len);
    let kept = census.train.min(if paged { TWICE } else { fit });
    if fit == 0 {
        return Err(format!("{}: there is no room for a single image", meta.title));
    }
    let tests = if paged { PAGED_TEST_BYTES } else { TEST_BYTES } / len;
    let Some(mut data) = read(&files, &census, [kept, tests], progress).await? else { return Ok(None) };
    if paged {
        // What is known of the images takes little room.
        (data.train_images, data.factors.train_nk) = (vec![], factors(&census, Split::Train));
    }
    let labels = |factors_nk: &[u8], n: usize| match label {
        Some(label) => factors_nk.iter().skip(label).step_by(meta.factors.len()).copied().collect(),
        None => vec![0; n],
    };
    data.train_labels = labels(&data.factors.train_nk, if paged { census.train } else { kept });
    data.test_labels = labels(&data.factors.test_nk, data.test_images.len() / len);
    data.id = own.id();
    data.sums = census.sums(&files).await?;
    data.class_names = label.map_or_else(|| vec!["image".into()], |label| meta.factors[label].values.clone());
    data.classes = data.class_names.len();
    let note = (!all).then(|| note(&census, room, fit));
    let pages = paged.then(|| Rc::new(census.shelf(files)) as Rc<dyn Pages>);
    Ok(Some(Loaded { data, pages, note }))
}

/// The factor that gives the labels, if there is one.
fn label(meta: &Meta, own: Own) -> Result<Option<usize>, String> {
    let Some(name) = own.label else { return Ok((!meta.factors.is_empty()).then_some(meta.label)) };
    let found = meta.factors.iter().position(|f| label_id(&f.name) == name);
    found.map(Some).ok_or_else(|| format!("the images of {} have no factor {name}", meta.title))
}

/// Said where the training images do not all fit.
fn note(census: &Census, room: Room, fit: usize) -> String {
    let (n, mb) = (census.train, room.bytes >> 20);
    if room.paged {
        return format!(
            "{n} training images do not fit into the {mb} MB that there is room for: about {fit} are there at a time and give way \
             to the others while training goes on. Every image is seen once an epoch."
        );
    }
    format!("{fit} of {n} training images are in use: more do not fit into the {mb} MB that there is room for.")
}

/// Factors of all images of a part.
fn factors(census: &Census, split: Split) -> Vec<u8> {
    let k = census.meta.factors.len();
    let of = |s: &Listed| s.rows(split).flat_map(|row| s.factors_nk[row * k..(row + 1) * k].to_vec()).collect::<Vec<_>>();
    census.shards.iter().flat_map(of).collect()
}

/// The first images to train and to test with, `most` of each, with their factors.
async fn read(
    files: &impl Files,
    census: &Census,
    most: [usize; 2],
    progress: impl Fn(u64, u64) -> bool,
) -> Result<Option<Dataset>, String> {
    let (meta, splits) = (&census.meta, [Split::Train, census.test]);
    let (len, k) = (meta.image_bytes(), meta.factors.len());
    let mut images: [Vec<u8>; 2] = Default::default();
    let mut factors_nk: [Vec<u8>; 2] = Default::default();
    let there = census.shards.iter().map(|s| s.rows(census.test).count()).sum::<usize>().min(most[1]);
    let total = (most[0] + there) as u64;
    for (name, shard) in (0..).map(shard_name).zip(&census.shards) {
        for part in [0, 1] {
            let rows: Vec<usize> = shard.rows(splits[part]).take(most[part] - images[part].len() / len).collect();
            read_rows(files, &name, shard.at, len, &rows, &mut images[part]).await?;
            factors_nk[part].extend(rows.iter().flat_map(|row| &shard.factors_nk[row * k..(row + 1) * k]));
        }
        if !progress(((images[0].len() + images[1].len()) / len) as u64, total) {
            return Ok(None);
        }
    }
    let ([train_images, mut test_images], [train_nk, mut test_nk]) = (images, factors_nk);
    // A handful of images may all be training images: the first ones then serve twice.
    if test_images.is_empty() {
        let n = (train_images.len() / len).min(TWICE);
        (test_images, test_nk) = (train_images[..n * len].to_vec(), train_nk[..n * k].to_vec());
    }
    let factors = Factors {
        names: meta.factors.iter().map(|f| FactorName { name: f.name.clone(), values: f.values.clone() }).collect(),
        // 256 values are more than a byte can count; the last one is as good as unknown.
        sizes: meta.factors.iter().map(|f| f.values.len().min(255) as u8).collect(),
        ordered: vec![],
        train_nk,
        test_nk,
    };
    let tests = test_images.len() / len;
    let beside = beside(files, census, if there == 0 { Split::Train } else { census.test }, tests).await?;
    Ok(Some(Dataset { shape: meta.shape(), frames: meta.frames, train_images, test_images, factors, beside, ..Dataset::default() }))
}

/// What lies beside the first `most` samples of a part.
async fn beside(files: &impl Files, census: &Census, part: Split, most: usize) -> Result<Beside, String> {
    let mut beside = Beside::default();
    let Some(vectors) = &census.meta.vectors else { return Ok(beside) };
    if vectors.planted > 0 {
        let bytes = u64::from(vectors.planted) * 4 * u64::from(census.meta.channels);
        let part = files.part(PLANTED, 0..bytes).await?.filter(|part| part.of == bytes);
        let part = part.ok_or_else(|| format!("{}: is not whole", files.place(PLANTED)))?;
        beside.planted_kd = bytes_f32(&part.bytes);
    }
    let mut left = most;
    for (i, shard) in (0..).zip(&census.shards) {
        let rows: Vec<usize> = shard.rows(part).take(left).collect();
        left -= rows.len();
        if vectors.texts && !rows.is_empty() {
            let name = texts_name(i);
            let named = |e: String| format!("{}: {e}", files.place(&name));
            let text = files.part(&name, 0..TEXTS_BYTES).await?.ok_or_else(|| named("there is no such file".into()))?;
            let mut texts = read_texts(&text.bytes, shard.split_n.len()).map_err(named)?;
            beside.texts.extend(rows.iter().map(|row| std::mem::take(&mut texts[*row])));
        }
        if let Some([width, height, channels]) = vectors.thumb.filter(|_| !rows.is_empty()) {
            beside.thumb = SampleShape { channels: channels as usize, height: height as usize, width: width as usize };
            read_rows(files, &thumbs_name(i), 0, vectors.thumb_bytes(), &rows, &mut beside.thumbs_np).await?;
        }
    }
    Ok(beside)
}
