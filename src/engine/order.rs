//! Which training images a run sees, and in which order.

use latent_compile::rng;
use latent_vocabulary::Params;
use latent_vocabulary::card::TRAIN_IMAGES;

/// Keeps the shuffle apart from the noise that is keyed by the same seed.
const STREAM: u32 = u32::MAX;
/// The same for the choice of images.
const CHOICE: u32 = u32::MAX - 1;

/// The images of a run, epoch by epoch.
#[derive(Clone, Debug)]
pub struct Epochs {
    seed: u32,
    /// Images of an epoch.
    images: u32,
    /// Which of all images they are, where they are not all.
    chosen: Option<Vec<u32>>,
}

impl Epochs {
    /// Of `all` images, those that the setup asks for.
    pub fn new(params: &Params, all: usize) -> Self {
        let (seed, images) = (params.get("seed") as u32, seen(params, all));
        let chosen = (images < all).then(|| {
            let mut chosen = permutation(all as u32, CHOICE, 0, seed);
            chosen.truncate(images);
            chosen
        });
        Self { seed, images: images as u32, chosen }
    }

    /// Images of an epoch.
    pub fn images(&self) -> usize {
        self.images as usize
    }

    /// The order of one epoch, each image once: the same for every engine.
    pub fn order(&self, epoch: u32) -> Vec<u32> {
        let mut order = epoch_order(self.seed, epoch, self.images);
        if let Some(chosen) = &self.chosen {
            order.iter_mut().for_each(|image| *image = chosen[*image as usize]);
        }
        order
    }
}

/// How many of `all` training images a run sees.
pub fn seen(params: &Params, all: usize) -> usize {
    match params.usize(TRAIN_IMAGES.key) {
        0 => all,
        wanted => wanted.min(all),
    }
}

/// The same for images in pages of such sizes, whole pages at a time, which is how they are read: the sizes of those pages that are
/// seen, the last of them cut, and 0 for the others.
pub fn seen_of_pages(params: &Params, sizes: &[u32]) -> Vec<u32> {
    let mut left = seen(params, sizes.iter().map(|n| *n as usize).sum()) as u32;
    let mut seen = vec![0; sizes.len()];
    for page in permutation(sizes.len() as u32, CHOICE, 0, params.get("seed") as u32) {
        let page = page as usize;
        seen[page] = sizes[page].min(left);
        left -= seen[page];
    }
    seen
}

/// The order of one epoch, without replacement: a permutation of `0..n`, the same for every engine.
pub fn epoch_order(seed: u32, epoch: u32, n: u32) -> Vec<u32> {
    permutation(n, STREAM, epoch, seed)
}

/// A permutation of `0..n` by Fisher and Yates' shuffle, driven by the counter-based generator.
pub fn permutation(n: u32, stream: u32, step: u32, seed: u32) -> Vec<u32> {
    let mut order: Vec<u32> = (0..n).collect();
    for i in (1..n).rev() {
        let [high, low] = rng::bits(i, stream, step, seed);
        let word = (u64::from(high) << 32) | u64::from(low);
        // 64 random bits scaled to 0..=i: the bias is below 2⁻³².
        let j = ((u128::from(word) * u128::from(i + 1)) >> 64) as usize;
        order.swap(i as usize, j);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(wanted: f64) -> Params {
        let mut params = Params::new(&latent_methods::vae::vae::CARD);
        params.values.insert(TRAIN_IMAGES.key.into(), wanted);
        params
    }

    #[test]
    fn a_run_of_some_images_sees_those_alone() {
        let epochs = Epochs::new(&params(30.0), 1000);
        let sorted = |epoch| {
            let mut order = epochs.order(epoch);
            order.sort_unstable();
            order.dedup();
            order
        };
        assert_eq!((epochs.images(), sorted(0).len()), (30, 30));
        assert_eq!(sorted(0), sorted(7), "the same ones each epoch");
        assert!(sorted(0)[29] > 500, "from all over the set");
        // More than there are is all of them, in the order that they always had.
        for wanted in [0.0, 1000.0, 5000.0] {
            assert_eq!(Epochs::new(&params(wanted), 1000).order(3), epoch_order(0, 3, 1000));
        }
    }

    #[test]
    fn of_pages_some_are_seen_whole_and_one_in_part() {
        let seen = seen_of_pages(&params(25.0), &[10; 8]);
        let mut parts = seen.clone();
        parts.sort_unstable();
        assert_eq!(parts, [0, 0, 0, 0, 0, 5, 10, 10]);
        assert_eq!(seen_of_pages(&params(0.0), &[10, 3]), [10, 3]);
    }

    #[test]
    fn each_image_once_and_each_epoch_anew() {
        let (a, b) = (epoch_order(1, 0, 1000), epoch_order(1, 1, 1000));
        let mut sorted = a.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1000).collect::<Vec<_>>());
        assert_eq!(a, epoch_order(1, 0, 1000));
        assert!(a.iter().zip(&b).filter(|(x, y)| x == y).count() < 10);
    }
}
