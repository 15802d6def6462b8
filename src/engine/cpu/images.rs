//! Training images in the engine's own memory: all of them, or those of a window.

use std::cell::RefCell;
use std::rc::Rc;

use crate::feed::{place, turnover};
use crate::order::Epochs;
use crate::turnover::Turnover;
use crate::window::{Holder, Window, set};
use latent_data::Dataset;
use latent_data::pages::Pages;
use latent_nn::method::START_BATCH;
use latent_vocabulary::Params;
use latent_vocabulary::shape::{SampleShape, Values};

/// Samples as their shape says they are kept, their labels, and the values of their factors.
pub struct HostImages {
    shape: SampleShape,
    images: RefCell<Vec<u8>>,
    labels: RefCell<Vec<u8>>,
    factors: RefCell<Vec<u8>>,
}

/// Where a minibatch goes.
pub(super) struct Minibatch<'a> {
    pub images: &'a mut Vec<f32>,
    pub labels: &'a mut Vec<f32>,
    pub factors: &'a mut Vec<f32>,
}

impl HostImages {
    /// Images one behind the other, with a label each, and values of as many factors each.
    pub fn new(shape: SampleShape, images: Vec<u8>, labels: Vec<u8>, factors: Vec<u8>) -> Self {
        Self { shape, images: RefCell::new(images), labels: RefCell::new(labels), factors: RefCell::new(factors) }
    }

    fn fetch(&self, places: impl Iterator<Item = usize>, to: Minibatch<'_>) {
        let (all, all_labels, all_factors) = (self.images.borrow(), self.labels.borrow(), self.factors.borrow());
        let (len, k) = (all.len() / all_labels.len().max(1), all_factors.len() / all_labels.len().max(1));
        let Minibatch { images, labels, factors } = to;
        images.clear();
        labels.clear();
        factors.clear();
        for at in places {
            let bytes = &all[at * len..][..len];
            match self.shape.values() {
                // The loop for pictures is vectors.
                Values::Unit => latent_interpret::unit(bytes, images),
                Values::Half | Values::Real => images.extend(self.shape.floats(bytes)),
            }
            labels.push(f32::from(all_labels[at]));
            factors.extend(all_factors[at * k..][..k].iter().map(|v| f32::from(*v)));
        }
    }
}

impl Holder for HostImages {
    fn replace(&self, first: usize, images: &[u8], labels: &[u8], factors: &[u8]) {
        let (mut all, mut all_labels) = (self.images.borrow_mut(), self.labels.borrow_mut());
        let k = factors.len() / labels.len().max(1);
        self.factors.borrow_mut()[first * k..][..factors.len()].copy_from_slice(factors);
        let len = all.len() / all_labels.len().max(1);
        all[first * len..][..images.len()].copy_from_slice(images);
        all_labels[first..][..labels.len()].copy_from_slice(labels);
    }
}

/// Images that come a page at a time.
pub type HostWindow = Window<HostImages>;

/// Training images in memory, shared between runs.
#[derive(Clone)]
pub enum HostSupply {
    /// All of them.
    Whole(Rc<HostImages>),
    /// As many as there is room for.
    Window(Rc<HostWindow>),
}

impl HostSupply {
    /// All training images, with a label each, and values of as many factors each.
    pub fn whole(shape: SampleShape, images: Vec<u8>, labels: Vec<u8>, factors: Vec<u8>) -> Self {
        Self::Whole(Rc::new(HostImages::new(shape, images, labels, factors)))
    }

    /// The training images of `data`, which `pages` reads, in `room` bytes.
    ///
    /// # Errors
    /// If there is no room for a few images.
    pub fn paged(data: &Dataset, pages: Rc<dyn Pages>, room: u64) -> Result<Self, String> {
        let hold = |images: usize, len: usize, k: usize| {
            Ok(HostImages::new(data.shape, vec![0; images * len], vec![0; images], vec![0; images * k]))
        };
        Ok(Self::Window(Rc::new(Window::held(data, pages, room, hold)?)))
    }
}

/// The order in which one run sees them: that of every engine.
pub(super) struct Order {
    batch: u64,
    of: Epochs,
    /// Orders of epochs that were asked for lately.
    epochs: Vec<(u64, Vec<u32>)>,
    turnover: Option<Turnover>,
}

impl Order {
    /// # Errors
    /// If a minibatch spans more pages than the window has room for.
    pub fn new(images: &HostSupply, params: &Params) -> Result<Self, String> {
        let (turnover, there) = match images {
            HostSupply::Whole(all) => (None, all.labels.borrow().len()),
            HostSupply::Window(window) => (Some(turnover(window, params)?), 0),
        };
        Ok(Self { batch: params.usize("batch") as u64, of: Epochs::new(params, there), epochs: vec![], turnover })
    }

    /// The image at a position of all epochs.
    fn image(&mut self, position: u64) -> usize {
        let images = self.of.images();
        let (epoch, at) = (position / images as u64, (position % images as u64) as usize);
        if !self.epochs.iter().any(|(e, _)| *e == epoch) {
            self.epochs.retain(|(e, _)| *e + 1 == epoch);
            self.epochs.push((epoch, self.of.order(epoch as u32)));
        }
        self.epochs.iter().find(|(e, _)| *e == epoch).map_or(0, |(_, order)| order[at] as usize)
    }

    /// The images at `n` positions from `from` on, and what is known of them.
    ///
    /// # Errors
    /// If they are not there, see [`Order::ready`].
    pub fn fetch(&mut self, supply: &HostSupply, from: u64, n: usize, to: Minibatch<'_>) -> Result<(), String> {
        match supply {
            HostSupply::Whole(all) => {
                if self.of.images() == 0 {
                    return Err("there are no images to train on".into());
                }
                let places: Vec<usize> = (from..from + n as u64).map(|p| self.image(p)).collect();
                all.fetch(places.into_iter(), to);
            }
            HostSupply::Window(window) => {
                let turnover = self.turnover.as_mut().ok_or("the images come in pages, and nobody knows their order")?;
                let places: Option<Vec<u32>> = place(window, turnover, from, n).into_iter().collect();
                let places = places.ok_or_else(|| format!("the images of step {} have not been read", from / self.batch + 1))?;
                window.holder().fetch(places.into_iter().map(|p| p as usize), to);
            }
        }
        Ok(())
    }

    /// Brings the images that a method starts from.
    ///
    /// # Errors
    /// If they cannot be read.
    pub async fn start(&mut self, supply: &HostSupply) -> Result<(), String> {
        if let (HostSupply::Window(window), Some(turnover)) = (supply, &mut self.turnover) {
            window.bring(&set(&turnover.first(START_BATCH))).await?;
        }
        Ok(())
    }

    /// The images that a method starts from.
    ///
    /// # Errors
    /// As [`Order::fetch`].
    pub fn first(&mut self, supply: &HostSupply, n: usize, to: Minibatch<'_>) -> Result<(), String> {
        let (HostSupply::Window(window), Some(turnover)) = (supply, &mut self.turnover) else {
            return self.fetch(supply, 0, n, to);
        };
        let (places, sizes) = (window.places(), window.sizes());
        let all = turnover.first(START_BATCH).into_iter().flat_map(|page| {
            let first = places[page as usize];
            (0..sizes[page as usize]).filter_map(move |image| Some((first? + image) as usize))
        });
        let all: Vec<usize> = all.collect();
        window.holder().fetch(all.iter().copied().cycle().take(n), to);
        Ok(())
    }

    /// Brings what step `step` needs. Returns how many steps from there on, at most `n`, need nothing else.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn ready(&mut self, supply: &HostSupply, step: u64, n: u32) -> Result<u32, String> {
        let (HostSupply::Window(window), Some(turnover)) = (supply, &mut self.turnover) else { return Ok(n) };
        let from = step * self.batch;
        let (pages, end) = turnover.pages(from, from + self.batch);
        window.bring(&pages).await?;
        Ok(u64::from(n).min((end - from) / self.batch) as u32)
    }

    /// Brings a piece of what step `step` needs. Returns whether there was one.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn bring_one(&mut self, supply: &HostSupply, step: u64) -> Result<bool, String> {
        let (HostSupply::Window(window), Some(turnover)) = (supply, &mut self.turnover) else { return Ok(false) };
        let (pages, _) = turnover.pages(step * self.batch, (step + 1) * self.batch);
        window.bring_one(&pages).await
    }
}
