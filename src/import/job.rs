//! The import itself, apart from who decodes and where shards go: what comes next, what is kept, when a shard is full.

use std::ops::Range;

use latent_packed::{
    FORMAT, Header, Meta, PLANTED, ShardBuilder, Split, Sum, shape_fits, sums_text, texts_json, texts_name, thumbs_name,
};
use latent_vocabulary::import::{Choice, Frame, Progress};
use latent_vocabulary::numbers::f32_bytes;

use super::frame::Framer;
use super::source::{About, Beside, Fault, Item, Raw, Source};

/// So many files in a row that cannot be read are no accident: a disk was unplugged, or files were moved. Pictures that can be
/// read and not be decoded are another matter: the next one may be a good one.
const HOPELESS: u64 = 500;

/// What a decoder needs of an item.
pub struct Undecoded {
    pub place: u64,
    pub name: String,
    pub raw: Raw,
    split: Split,
    factors_k: Vec<u8>,
    /// There is nothing to decode: the source could not read it.
    unread: bool,
    /// Of all that it is made of.
    sum: Sum,
    beside: Beside,
}

/// A shard to be written.
pub struct Full {
    pub index: u32,
    pub bytes: Vec<u8>,
    /// [`SUMS`](latent_packed::SUMS) with this shard's: to be written before it.
    pub sums: String,
    /// Files with what lies beside its samples: to be written before it as well.
    pub beside: Vec<(String, Vec<u8>)>,
}

/// The description of the set that a choice makes of a source.
pub fn meta(about: &About, choice: &Choice) -> Meta {
    let Choice { frame, first, only, .. } = choice;
    let part = format!("{frame:?} {first:?} {only:?}");
    let matching = first.unwrap_or(u64::MAX).min(about.items);
    Meta {
        format: FORMAT,
        title: choice.title.clone(),
        credit: about.credit.clone(),
        channels: frame.channels,
        height: frame.height,
        width: frame.width,
        factors: about.factors.clone(),
        label: choice.label.min(about.factors.len().saturating_sub(1)),
        source: format!("{}, {part}", about.fingerprint),
        items: matching,
        frames: frame.frames,
        vectors: about.vectors.clone(),
    }
}

/// Decodes and frames one image.
///
/// # Errors
/// Names the image and what is wrong with it.
pub fn decode(framer: &mut Framer, name: &str, raw: Raw, frame: &Frame) -> Result<Vec<u8>, String> {
    if let Raw::Vector(bytes, _) = raw {
        return Ok(bytes);
    }
    raw.picture().and_then(|picture| framer.frame(picture, frame)).map_err(|e| format!("{name} {e}"))
}

/// What the sum of a shard begins with: the same pictures cut otherwise are other images.
fn begin_sum(frame: &Frame) -> Sum {
    Sum::default().with(format!("{frame:?}").as_bytes())
}

/// Of the content that an image is made of.
fn sum_of(raw: &Raw) -> Sum {
    match raw {
        Raw::File(bytes) | Raw::Vector(bytes, _) => Sum::default().with(bytes),
        Raw::Deep(bytes, white) => Sum::default().with(&white.to_le_bytes()).with(bytes),
        Raw::Picture(picture) => {
            let sides = [picture.width, picture.height, picture.channels].map(|side| side as u64);
            sides.iter().fold(Sum::default(), |sum, side| sum.with(&side.to_le_bytes())).with(&picture.values_hwc)
        }
    }
}

/// With what is known of the image.
fn whole(sum: Sum, split: Split, factors_k: &[u8]) -> Sum {
    sum.with(&[split as u8]).with(factors_k)
}

/// Said where a decoder ends on a picture: that is a fault of the program, which cannot go on.
pub fn broke_on(name: &str, why: &str) -> String {
    format!("the decoder broke on {name}, which is a fault of this program: {why}. Leave that file out and pack the others anew")
}

/// One import.
pub struct Job<'a> {
    pub meta: Meta,
    source: Box<dyn Source + 'a>,
    choice: Choice,
    /// Place in the source that is fetched next, and the one after the last image that was taken.
    fetched: u64,
    taken: u64,
    /// Images and failures on their way to a decoder and back.
    sent: u64,
    packed: u64,
    skipped: u64,
    in_a_row: u64,
    /// Of what the images of the present shard were made of, and of the shards before.
    sum: Sum,
    sums: Vec<Option<Sum>>,
    /// What `taken`, `skipped` and `sum` were before these, where an import goes on after they have stopped it.
    sound: (u64, u64, Sum),
    /// Why the last one was left out.
    why: Option<String>,
    shard: ShardBuilder,
    texts: Vec<String>,
    thumbs_np: Vec<u8>,
    index: u32,
}

impl<'a> Job<'a> {
    /// A job that begins at the beginning.
    ///
    /// # Errors
    /// If nothing of the source is left by the choice.
    pub fn new(source: Box<dyn Source + 'a>, choice: Choice) -> Result<Self, String> {
        let mut meta = meta(source.about(), &choice);
        let Frame { width, height, channels, .. } = choice.frame;
        if !shape_fits(width, height, channels) {
            return Err(format!(
                "images of {width} × {height} × {channels} values cannot be trained on: take an even width and height"
            ));
        }
        if !meta.shape().holds(meta.frames) {
            return Err(format!("{} frames side by side do not fit into {width} columns", meta.frames.count()));
        }
        if let Some((factor, value)) = choice.only {
            let known = meta.factors.get(factor).is_some_and(|f| usize::from(value) < f.values.len());
            if !known {
                return Err("no factor with that number exists".into());
            }
        }
        // Where the factors are known beforehand, so is the number of images.
        if let Some((factor, value)) = choice.only
            && source.factors(0).is_some()
        {
            let places = 0..source.about().items;
            let matching = places.filter(|p| source.factors(*p).is_some_and(|row| row.get(factor) == Some(&value))).count() as u64;
            if matching == 0 {
                return Err(format!("no image has {}", meta.factors[factor].values[usize::from(value)]));
            }
            meta.items = matching.min(choice.first.unwrap_or(u64::MAX));
        }
        let sum = begin_sum(&choice.frame);
        Ok(Self {
            meta,
            source,
            choice,
            fetched: 0,
            taken: 0,
            sent: 0,
            packed: 0,
            skipped: 0,
            in_a_row: 0,
            sum,
            sums: Vec::new(),
            sound: (0, 0, sum),
            why: None,
            shard: ShardBuilder::default(),
            texts: Vec::new(),
            thumbs_np: Vec::new(),
            index: 0,
        })
    }

    fn begin_sum(&self) -> Sum {
        begin_sum(&self.choice.frame)
    }

    /// Goes on behind a shard that is already there; they come in their order. `sum` is of what it was made of, where that is
    /// known. Gives whether the source still has that at its places, if it is to be `read` again.
    ///
    /// # Errors
    /// If the source has failed.
    pub fn take_back(&mut self, shard: &Header, sum: Option<Sum>, read: bool) -> Result<bool, String> {
        if let Some(sum) = sum.filter(|_| read) {
            let places = self.taken..shard.next;
            if shard.next > self.source.about().items || self.told(places.clone()) != Some(sum) && !self.is_made_of(places, sum)? {
                return Ok(false);
            }
        }
        (self.fetched, self.taken, self.skipped) = (shard.next, shard.next, shard.skipped);
        (self.sum, self.sound) = (self.begin_sum(), (self.taken, self.skipped, self.begin_sum()));
        self.packed += u64::from(shard.images);
        self.sent = self.packed;
        self.index += 1;
        self.sums.push(sum);
        Ok(true)
    }

    /// The sum of images in so far as the source tells it without reading them.
    fn told(&self, mut places: Range<u64>) -> Option<Sum> {
        places.try_fold(self.begin_sum(), |sum, place| {
            let row = self.source.factors(place)?;
            if !self.wanted(row) {
                return Some(sum);
            }
            Some(sum.and(whole(self.source.sum(place)?, self.source.split(place), row)))
        })
    }

    /// Whether images have that sum, by reading them: some could not be read, perhaps, or an earlier version has packed them,
    /// which took the content of each.
    fn is_made_of(&mut self, places: Range<u64>, sum: Sum) -> Result<bool, String> {
        let (mut now, mut earlier) = (self.begin_sum(), self.begin_sum());
        for place in places {
            if let Some((of, _)) = self.read(place)? {
                now = now.and(of.sum);
                earlier = earlier.and(if of.unread { of.sum } else { whole(sum_of(&of.raw), of.split, &of.factors_k) });
            }
        }
        Ok(now == sum || earlier == sum)
    }

    /// The next image for a decoder; `None` when there are no more. Failures are to be handed back like decoded images.
    ///
    /// # Errors
    /// If the source has failed; what is packed stays.
    #[allow(clippy::should_implement_trait, reason = "an iterator has no place for the error")]
    pub fn next(&mut self) -> Result<Option<(Undecoded, Option<String>)>, String> {
        loop {
            if self.fetched >= self.source.about().items || self.choice.first.is_some_and(|n| self.sent >= n) {
                return Ok(None);
            }
            let place = self.fetched;
            self.fetched += 1;
            if let Some(next) = self.read(place)? {
                self.sent += 1;
                return Ok(Some(next));
            }
        }
    }

    /// The image at a place, or why it cannot be read; `None` where it is not wanted.
    fn read(&mut self, place: u64) -> Result<Option<(Undecoded, Option<String>)>, String> {
        if self.source.factors(place).is_some_and(|row| !self.wanted(row)) {
            return Ok(None);
        }
        let read = self.source.item(place).and_then(|item| Ok((item, self.source.beside(place)?)));
        match read {
            Ok((item, beside)) if self.wanted(&item.factors_k) => {
                let Item { name, raw, split, factors_k } = item;
                let sum = whole(self.source.sum(place).unwrap_or_else(|| sum_of(&raw)), split, &factors_k);
                let sum = if beside == Beside::default() { sum } else { sum.with(beside.text.as_bytes()).with(&beside.thumb_p) };
                Ok(Some((Undecoded { place, name, raw, split, factors_k, unread: false, sum, beside }, None)))
            }
            Ok(_) => Ok(None),
            Err(Fault::Skip(why)) => {
                let nothing = Undecoded {
                    place,
                    name: String::new(),
                    raw: Raw::File(Vec::new()),
                    split: Split::Train,
                    factors_k: Vec::new(),
                    unread: true,
                    sum: Sum::default(),
                    beside: Beside::default(),
                };
                Ok(Some((nothing, Some(why))))
            }
            Err(Fault::Stop(why)) => Err(why),
        }
    }

    fn wanted(&self, factors_k: &[u8]) -> bool {
        self.choice.only.is_none_or(|(factor, value)| factors_k.get(factor) == Some(&value))
    }

    /// Takes a decoded image, in the order of [`Job::next`]; gives a shard when one is full.
    ///
    /// # Errors
    /// When nothing can be read any more: with the last reason. [`Job::stop`] gives what was read until then.
    pub fn take(&mut self, of: &mut Undecoded, image: Result<Vec<u8>, String>) -> Result<Option<Full>, String> {
        self.taken = of.place + 1;
        self.sum = self.sum.and(of.sum);
        match image {
            Ok(image_p) => {
                self.shard.push(of.split, &of.factors_k, &image_p);
                if self.meta.vectors.as_ref().is_some_and(|v| v.texts) {
                    self.texts.push(std::mem::take(&mut of.beside.text));
                }
                self.thumbs_np.append(&mut of.beside.thumb_p);
                self.packed += 1;
                self.in_a_row = 0;
            }
            Err(why) => {
                // Another image may come in its place.
                self.sent -= 1;
                self.skipped += 1;
                self.in_a_row = if of.unread { self.in_a_row + 1 } else { 0 };
                if self.in_a_row >= HOPELESS {
                    return Err(format!("{} images in a row could not be read; the last: {why}", self.in_a_row));
                }
                self.why = Some(why);
            }
        }
        if self.in_a_row == 0 {
            self.sound = (self.taken, self.skipped, self.sum);
        }
        Ok(self.shard.is_full().then(|| self.close(false)))
    }

    /// The last shard, once [`Job::next`] gives nothing and everything is taken.
    ///
    /// # Errors
    /// If there is no image at all.
    pub fn finish(&mut self) -> Result<Full, String> {
        if self.packed == 0 {
            let last = self.why.as_ref().map_or(String::new(), |why| format!("; the last: {why}"));
            return Err(format!("no image is left of {}: {} could not be read{last}", self.taken, self.skipped));
        }
        Ok(self.close(true))
    }

    /// The images that have not filled a shard, when the visitor stops: none is lost.
    pub fn stop(&mut self) -> Option<Full> {
        (!self.shard.is_empty()).then(|| self.close(false))
    }

    fn close(&mut self, last: bool) -> Full {
        let (next, skipped, sum) = if last { (self.taken, self.skipped, self.sum) } else { self.sound };
        self.sums.push(Some(sum));
        self.sum = self.begin_sum();
        let (bytes, sums) = (self.shard.finish(&self.meta, last, next, skipped), sums_text(&self.sums));
        let (texts, thumbs_np) = (std::mem::take(&mut self.texts), std::mem::take(&mut self.thumbs_np));
        let texts = (!texts.is_empty()).then(|| (texts_name(self.index), texts_json(&texts)));
        let thumbs = (!thumbs_np.is_empty()).then(|| (thumbs_name(self.index), thumbs_np));
        let planted_kd = &self.source.about().planted_kd;
        let planted = || (PLANTED.to_owned(), f32_bytes(planted_kd).into_vec());
        let planted = (self.index == 0 && !planted_kd.is_empty()).then(planted);
        let full = Full { index: self.index, bytes, sums, beside: texts.into_iter().chain(thumbs).chain(planted).collect() };
        self.index += 1;
        full
    }

    /// How far it is; images in a shard that is not full count as packed.
    pub fn progress(&self) -> Progress {
        let looked = self.packed + self.skipped;
        Progress {
            looked,
            total: self.meta.items.max(looked),
            packed: self.packed,
            skipped: self.skipped,
            per_second: 0.0,
            seconds_left: 0.0,
        }
    }
}
