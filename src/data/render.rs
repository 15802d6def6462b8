//! Data sets that are rendered: images made one by one from the values of their factors, in any order.

use super::dataset::{Dataset, Factors};
use super::random::SplitMix;
use latent_vocabulary::data::{DataCard, Factor};
use latent_vocabulary::shape::SampleShape;

/// Fixed: a link must mean the same images on every computer.
const SEED: u32 = 0;
/// The stream of random numbers that makes the test part.
const TEST: u32 = 1;

/// A way to make images.
pub trait Render {
    fn card(&self) -> &'static DataCard;

    /// The values of the card's factors for one image, and after them whatever else makes it.
    fn factors(&self, rng: &mut SplitMix) -> Vec<u8> {
        self.card().factors.iter().map(|f| draw(f, rng)).collect()
    }

    /// The features that are planted in the images, each of length 1, `[card().planted, pixels]`: what a sparse autoencoder should
    /// find, but for order and length.
    fn planted_kp(&self) -> &[f32] {
        &[]
    }

    /// Of each planted feature the one without which it never comes, where there is one; empty where none has any.
    fn parent_k(&self) -> &[Option<usize>] {
        &[]
    }

    /// Tells which part comes now, where that makes a difference.
    fn begin(&mut self, _test: bool) {}

    /// Which of the card's classes the image is.
    fn label(&self, factors: &[u8]) -> u8;

    /// Draws the image into `out_p`, kept as its shape says.
    fn image(&mut self, factors: &[u8], out_p: &mut [u8]);
}

/// What made a test image: see [`Render::factors`].
pub fn test_factors(render: &dyn Render, image: usize) -> Vec<u8> {
    render.factors(&mut SplitMix::new(SEED, TEST, image as u32))
}

/// A random value of a factor, by its weights.
fn draw(factor: &Factor, rng: &mut SplitMix) -> u8 {
    if factor.weights.is_empty() {
        return rng.below(u64::from(factor.size)) as u8;
    }
    let mut left = rng.below(factor.weights.iter().map(|w| u64::from(*w)).sum());
    let mut value = 0;
    while left >= u64::from(factor.weights[value]) {
        left -= u64::from(factor.weights[value]);
        value += 1;
    }
    value as u8
}

/// Images of one part of a data set, the first `done` of them rendered.
struct RenderedPart {
    /// Number of the part's stream of random numbers.
    stream: u32,
    images: Vec<u8>,
    labels: Vec<u8>,
    factors: Vec<u8>,
    done: usize,
}

impl RenderedPart {
    fn new(card: &DataCard, stream: u32, images: usize) -> Self {
        Self {
            stream,
            images: vec![0; images * sizes(card).0],
            labels: vec![0; images],
            factors: vec![0; images * sizes(card).1],
            done: 0,
        }
    }

    /// Renders the next `images`, which are no more than are missing.
    fn advance(&mut self, render: &mut dyn Render, images: usize) {
        let (len, k) = sizes(render.card());
        let (from, to) = (self.done, self.done + images);
        let rows = RenderedRows {
            first: from,
            images: &mut self.images[from * len..to * len],
            labels: &mut self.labels[from..to],
            factors: &mut self.factors[from * k..to * k],
        };
        rows.render(render, self.stream);
        self.done = to;
    }
}

/// Bytes and factors of one image.
fn sizes(card: &DataCard) -> (usize, usize) {
    (SampleShape::of(card).bytes(), card.factors.len())
}

/// Neighbouring images of a part, to be rendered.
struct RenderedRows<'a> {
    /// Number of the first in its part.
    first: usize,
    images: &'a mut [u8],
    labels: &'a mut [u8],
    factors: &'a mut [u8],
}

impl RenderedRows<'_> {
    fn render(self, render: &mut dyn Render, stream: u32) {
        let (len, k) = sizes(render.card());
        render.begin(stream == TEST);
        for (i, (label, image)) in self.labels.iter_mut().zip(self.images.chunks_exact_mut(len)).enumerate() {
            let mut rng = SplitMix::new(SEED, stream, (self.first + i) as u32);
            let factors = render.factors(&mut rng);
            render.image(&factors, image);
            *label = render.label(&factors);
            self.factors[i * k..(i + 1) * k].copy_from_slice(&factors[..k]);
        }
    }
}

/// A rendered data set in the making.
pub struct Rendering {
    /// What a setup calls the set.
    id: String,
    render: Box<dyn Render>,
    test: RenderedPart,
    train: RenderedPart,
}

impl Rendering {
    pub fn new(render: Box<dyn Render>) -> Self {
        let card = render.card();
        let (test, train) = (RenderedPart::new(card, TEST, card.test), RenderedPart::new(card, 0, card.train));
        Self { id: card.id.into(), test, train, render }
    }

    /// Of a set whose name says more than its card's.
    #[must_use]
    pub fn called(self, id: &str) -> Self {
        Self { id: id.into(), ..self }
    }

    /// Images done, and images in all.
    pub fn progress(&self) -> (usize, usize) {
        let card = self.render.card();
        (self.test.done + self.train.done, card.test + card.train)
    }

    /// Renders up to `images` more; returns whether there is more to do.
    pub fn advance(&mut self, images: usize) -> bool {
        let card = self.render.card();
        let test = images.min(card.test - self.test.done);
        self.test.advance(&mut *self.render, test);
        let train = (images - test).min(card.train - self.train.done);
        self.train.advance(&mut *self.render, train);
        self.train.done < card.train
    }

    /// Renders what is left on all threads.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn in_parallel(mut self, renderer: impl Fn() -> Box<dyn Render> + Sync) -> Dataset {
        /// Images that a thread takes at a time.
        const CHUNK: usize = 64;
        let (len, k) = sizes(self.render.card());
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        for part in [&mut self.test, &mut self.train] {
            let (done, stream) = (part.done, part.stream);
            let images = part.images[done * len..].chunks_mut(CHUNK * len);
            let labels = part.labels[done..].chunks_mut(CHUNK);
            // Data without factors still has a chunk of them, an empty one, for each chunk of images.
            let mut factors = part.factors[done * k..].chunks_mut((CHUNK * k).max(1));
            let chunks = images.zip(labels).enumerate().map(move |(i, (images, labels))| RenderedRows {
                first: done + i * CHUNK,
                images,
                labels,
                factors: factors.next().unwrap_or_default(),
            });
            let chunks = std::sync::Mutex::new(chunks);
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| {
                        let mut render = renderer();
                        loop {
                            let next = chunks.lock().expect("no thread panics while it takes a chunk").next();
                            let Some(rows) = next else { break };
                            rows.render(&mut *render, stream);
                        }
                    });
                }
            });
            part.done = part.labels.len();
        }
        self.finish()
    }

    /// The data set, once nothing is left to do.
    pub fn finish(mut self) -> Dataset {
        while self.advance(usize::MAX) {}
        let card = self.render.card();
        Dataset {
            id: self.id,
            shape: SampleShape::of(card),
            frames: card.frames,
            classes: card.classes.len(),
            train_images: self.train.images,
            train_labels: self.train.labels,
            test_images: self.test.images,
            test_labels: self.test.labels,
            class_names: card.classes.iter().map(ToString::to_string).collect(),
            factors: Factors { train_nk: self.train.factors, test_nk: self.test.factors, ..Factors::of(card) },
            ..Dataset::default()
        }
    }
}
