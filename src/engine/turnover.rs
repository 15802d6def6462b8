//! The order in which the images of a data set that does not fit on the device are seen.
//!
//! The set is cut into *pages* of nearly equal size, of which a window holds `K` at a time. An epoch is a sequence of all
//! pages: it begins with the first `K` of them, and each of its *stages* but the last ends with the oldest page giving way to
//! the next one. A page spreads its images evenly over the stages that it is there for, so that neighbours in a minibatch come
//! from all over the window, and each image is seen exactly once an epoch. The pages at the end of an epoch are those that the
//! next begins with: nothing is exchanged in between.
//!
//! All of it follows from the seed and the position: whoever asks at the same step gets the same images.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::order::permutation;

// Streams of the generator, apart from those of the epochs' order and of noise: plus a stage's or a page's number.
const SEQUENCE: u32 = 1 << 28;
const STAGE: u32 = 2 << 28;
const PAGE: u32 = 3 << 28;

/// An image of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    pub page: u32,
    pub image: u32,
}

/// The order of one set under one window.
pub struct Turnover {
    seed: u32,
    /// Images of each page.
    sizes: Vec<u32>,
    images: u64,
    window: usize,
    epoch: Epoch,
    /// Images of the stage that was last asked for, in order: epoch, stage, images.
    drawn: Option<(u64, usize, Vec<Draw>)>,
    /// Shuffled images of the pages in the window, each with the epoch that it was shuffled for.
    shuffled: HashMap<u32, (u64, Vec<u32>)>,
}

struct Epoch {
    number: u64,
    /// All pages, as they come into the window.
    sequence: Vec<u32>,
    /// Where each stage ends, counted from the beginning of the epoch.
    ends: Vec<u64>,
}

impl Turnover {
    /// An order of pages with `sizes` images, seen through a window of at most as many pages as there are. Pages of size 0 are not seen.
    pub fn new(seed: u32, sizes: Vec<u32>, window: usize) -> Self {
        let images = sizes.iter().map(|n| u64::from(*n)).sum();
        let window = window.clamp(1, sizes.iter().filter(|n| **n > 0).count());
        let epoch = Epoch { number: 0, sequence: vec![], ends: vec![] };
        let mut turnover = Self { seed, sizes, images, window, epoch, drawn: None, shuffled: HashMap::new() };
        turnover.begin();
        turnover
    }

    /// The first epoch.
    fn begin(&mut self) {
        let mut sequence = permutation(self.sizes.len() as u32, SEQUENCE, 0, self.seed);
        sequence.retain(|page| self.sizes[*page as usize] > 0);
        self.epoch = self.stages(0, sequence);
    }

    /// The epoch after the present one, which begins with the pages that are in the window.
    fn go_on(&mut self) {
        let (number, last) = (self.epoch.number + 1, &self.epoch.sequence);
        let (gone, here) = last.split_at(last.len() - self.window);
        let shuffled = |pages: &[u32], stream| {
            permutation(pages.len() as u32, stream, number as u32, self.seed).into_iter().map(|i| pages[i as usize]).collect()
        };
        let sequence: Vec<Vec<u32>> = vec![shuffled(here, SEQUENCE), shuffled(gone, SEQUENCE + 1)];
        self.epoch = self.stages(number, sequence.concat());
    }

    fn stages(&self, number: u64, sequence: Vec<u32>) -> Epoch {
        let last = sequence.len() - self.window;
        let mut end = 0;
        let ends = (0..=last).map(|stage| {
            end += (stage..stage + self.window).map(|q| self.part(&sequence, q, stage).len() as u64).sum::<u64>();
            end
        });
        Epoch { number, ends: ends.collect(), sequence }
    }

    /// Which of its shuffled images the page at place `q` of the sequence gives to a stage that it is there for.
    fn part(&self, sequence: &[u32], q: usize, stage: usize) -> Range<usize> {
        let n = self.sizes[sequence[q] as usize] as usize;
        let (first, last) = ((q + 1).saturating_sub(self.window), q.min(sequence.len() - self.window));
        let (part, parts) = (stage - first, last - first + 1);
        n * part / parts..n * (part + 1) / parts
    }

    /// The stage that position `at` of all epochs belongs to, in the epoch that is present afterwards.
    fn find(&mut self, at: u64) -> usize {
        let number = at / self.images;
        if number < self.epoch.number {
            self.begin();
        }
        while self.epoch.number < number {
            self.go_on();
        }
        self.epoch.ends.partition_point(|end| *end <= at % self.images)
    }

    /// The first pages of the first epoch, of those that it begins with, until they have `images` images.
    pub fn first(&mut self, images: usize) -> Vec<u32> {
        self.begin();
        let mut there = 0;
        let enough = |page: &&u32| {
            there < images && {
                there += self.sizes[**page as usize] as usize;
                true
            }
        };
        self.epoch.sequence[..self.window].iter().take_while(enough).copied().collect()
    }

    /// The pages that the images at positions `from .. to` are drawn from, and the position up to which no others are.
    pub fn pages(&mut self, from: u64, to: u64) -> (BTreeSet<u32>, u64) {
        let (mut pages, mut at) = (BTreeSet::new(), from);
        while at < to {
            let stage = self.find(at);
            pages.extend(&self.epoch.sequence[stage..stage + self.window]);
            at = self.epoch.number * self.images + self.epoch.ends[stage];
        }
        (pages, at)
    }

    /// The images at positions `from .. from + n`.
    pub fn draws(&mut self, from: u64, n: usize) -> Vec<Draw> {
        let mut out = Vec::with_capacity(n);
        while out.len() < n {
            let at = from + out.len() as u64;
            let stage = self.find(at);
            let begin = if stage == 0 { 0 } else { self.epoch.ends[stage - 1] };
            let skip = (at % self.images - begin) as usize;
            let left = n - out.len();
            out.extend(self.stage(stage).iter().skip(skip).take(left));
        }
        out
    }

    /// All images of a stage of the present epoch.
    fn stage(&mut self, stage: usize) -> &[Draw] {
        let number = self.epoch.number;
        if self.drawn.as_ref().is_none_or(|(epoch, s, _)| (*epoch, *s) != (number, stage)) {
            let drawn = self.draw(stage);
            self.drawn = Some((number, stage, drawn));
        }
        &self.drawn.as_ref().expect("it has just been drawn").2
    }

    fn draw(&mut self, stage: usize) -> Vec<Draw> {
        let (number, seed, sequence) = (self.epoch.number, self.seed, &self.epoch.sequence);
        let window = &sequence[stage..stage + self.window];
        self.shuffled.retain(|page, (epoch, _)| *epoch == number && window.contains(page));
        for page in window {
            let shuffle = || (number, permutation(self.sizes[*page as usize], PAGE + page, number as u32, seed));
            self.shuffled.entry(*page).or_insert_with(shuffle);
        }
        let mut all = vec![];
        for q in stage..stage + self.window {
            let page = sequence[q];
            let images = &self.shuffled[&page].1[self.part(sequence, q, stage)];
            all.extend(images.iter().map(|image| Draw { page, image: *image }));
        }
        let order = permutation(all.len() as u32, STAGE + stage as u32, number as u32, seed);
        order.into_iter().map(|i| all[i as usize]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes() -> Vec<u32> {
        (0..23).map(|i| 40 + i % 2).collect()
    }

    #[test]
    fn each_image_once_an_epoch_from_few_pages_at_a_time() {
        let n: u32 = sizes().iter().sum();
        for window in [1, 2, 5, 22, 23] {
            let mut turnover = Turnover::new(7, sizes(), window);
            for epoch in 0..3u64 {
                let from = epoch * u64::from(n);
                let draws = turnover.draws(from, n as usize);
                let seen: BTreeSet<(u32, u32)> = draws.iter().map(|d| (d.page, d.image)).collect();
                assert_eq!(seen.len(), n as usize, "window {window}, epoch {epoch}");
                assert!(draws.iter().all(|d| d.image < sizes()[d.page as usize]));
                for (i, draw) in draws.iter().enumerate() {
                    let (pages, end) = turnover.pages(from + i as u64, from + i as u64 + 1);
                    assert!(pages.len() == window && pages.contains(&draw.page) && end > from + i as u64);
                }
                // No page comes between two epochs.
                assert_eq!(turnover.pages(from + u64::from(n) - 1, from + u64::from(n) + 1).0.len(), window);
            }
        }
    }

    #[test]
    fn a_position_means_the_same_image_however_one_gets_there() {
        let (mut walked, n) = (Turnover::new(3, sizes(), 5), sizes().iter().sum::<u32>() as usize);
        let all = walked.draws(0, 3 * n);
        for at in [2 * n + 11, 17, n - 1] {
            assert_eq!(Turnover::new(3, sizes(), 5).draws(at as u64, 50), all[at..at + 50]);
            assert_eq!(walked.draws(at as u64, 50), all[at..at + 50]);
        }
        assert_ne!(Turnover::new(4, sizes(), 5).draws(0, 50), all[..50]);
    }

    #[test]
    fn neighbours_come_from_the_whole_window() {
        let mut turnover = Turnover::new(1, vec![100; 40], 10);
        // Amid an epoch a stage has about as many images as a page, one in ten of each.
        let (_, begin) = turnover.pages(2000, 2001);
        let (pages, end) = turnover.pages(begin, begin + 1);
        assert_eq!((pages.len(), end - begin), (10, 100));
        let draws = turnover.draws(begin, 100);
        assert!(pages.iter().all(|page| draws.iter().filter(|d| d.page == *page).count() == 10));
    }
}
