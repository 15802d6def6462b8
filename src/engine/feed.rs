//! Which images the steps take, told to the device in its order buffer: epoch by epoch where all images are there, otherwise
//! as they come into the window.

use std::rc::Rc;

use super::order::{Epochs, seen_of_pages};
use super::turnover::Turnover;
use super::window::{Holder, Window, set};
use latent_compile::emit::ctl;
use latent_gpu::{Arena, Data};
use latent_nn::method::START_BATCH;
use latent_vocabulary::Params;

/// Steps whose images are told at a time.
const AHEAD: usize = 64;

/// Training images on the device.
#[derive(Clone)]
pub enum Supply {
    /// All of them.
    Whole(Data),
    /// As many as there is room for.
    Window(Rc<Window>),
}

impl Supply {
    pub fn data(&self) -> &Data {
        match self {
            Self::Whole(data) => data,
            Self::Window(window) => window.data(),
        }
    }
}

/// What the kernels that fetch a minibatch must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Images that the device has room for, behind which their labels lie.
    pub images: usize,
    /// The last of them that are test images; 0 where there was no room for those.
    pub tests: usize,
    /// Entries of the order buffer, a ring of the images at the positions of all epochs.
    pub order: usize,
}

/// Feeds one run.
pub struct Feed {
    batch: u64,
    reach: Reach,
    of: Of,
}

enum Of {
    Whole {
        order: Epochs,
        /// Epochs that the order buffer holds at a time.
        held: u64,
        /// Epochs whose order has been uploaded.
        epochs: u64,
    },
    Window {
        window: Rc<Window>,
        turnover: Turnover,
    },
}

impl Feed {
    /// # Errors
    /// If a minibatch spans more pages than the window has room for.
    pub fn new(supply: &Supply, params: &Params) -> Result<Self, String> {
        let batch = params.usize("batch");
        let Data { images: room, tests, .. } = *supply.data();
        let (of, order) = match supply {
            Supply::Whole(_) => {
                let order = Epochs::new(params, room - tests);
                let (images, held) = (order.images(), epochs_held(order.images(), batch));
                (Of::Whole { order, held: held as u64, epochs: 0 }, held * images)
            }
            Supply::Window(window) => {
                let turnover = turnover(window, params)?;
                (Of::Window { window: window.clone(), turnover }, (AHEAD * batch).max(START_BATCH))
            }
        };
        Ok(Self { batch: batch as u64, reach: Reach { images: room, tests, order }, of })
    }

    pub fn reach(&self) -> Reach {
        self.reach
    }

    /// Makes step `step` the next one, on the device as well.
    pub fn seek(&mut self, arena: &Arena, step: u64) {
        let from = step * self.batch;
        arena.write_ctl(ctl::PLACE, &[(from % self.reach.order as u64) as u32]);
        if let Of::Whole { order, epochs, .. } = &mut self.of {
            *epochs = from / order.images() as u64;
        }
    }

    /// Tells the images that a method starts from.
    ///
    /// # Errors
    /// If they cannot be read.
    pub async fn start(&mut self, arena: &Arena) -> Result<(), String> {
        match &mut self.of {
            Of::Whole { .. } => {
                self.upload_epochs(arena, 0);
                Ok(())
            }
            Of::Window { window, turnover } => {
                // Some pages will do: the network should stand soon.
                let pages = turnover.first(START_BATCH);
                window.bring(&set(&pages)).await?;
                let (places, sizes) = (&window.places(), window.sizes());
                let images = |page: u32| (0..sizes[page as usize]).filter_map(move |image| Some(places[page as usize]? + image));
                let there: Vec<u32> = pages.iter().copied().flat_map(images).collect();
                let order: Vec<u32> = there.iter().copied().cycle().take(START_BATCH).collect();
                arena.write_order(0, &order);
                Ok(())
            }
        }
    }

    /// Brings what step `step` needs. Returns how many steps from there on, at most `n`, need nothing else.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn ready(&mut self, step: u64, n: u32) -> Result<u32, String> {
        let Of::Window { window, turnover } = &mut self.of else { return Ok(n) };
        let from = step * self.batch;
        let (pages, end) = turnover.pages(from, from + self.batch);
        window.bring(&pages).await?;
        Ok(u64::from(n).min((end - from) / self.batch) as u32)
    }

    /// Brings a piece of what step `step` needs. Returns whether there was one.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn bring_one(&mut self, step: u64) -> Result<bool, String> {
        let Of::Window { window, turnover } = &mut self.of else { return Ok(false) };
        let (pages, _) = turnover.pages(step * self.batch, (step + 1) * self.batch);
        window.bring_one(&pages).await
    }

    /// Tells the device which images up to `left` steps from `step` on will use. Returns the number of these steps.
    ///
    /// # Errors
    /// If the images of the first step are not there, see [`Feed::ready`].
    pub fn tell(&mut self, arena: &Arena, step: u64, left: u64) -> Result<u64, String> {
        let ring = self.reach.order;
        match &mut self.of {
            Of::Whole { order, held, .. } => {
                let (images, held) = (order.images() as u64, *held);
                let first = step * self.batch / images;
                self.upload_epochs(arena, first);
                Ok(((first + held) * images / self.batch - step).min(left))
            }
            Of::Window { window, turnover } => {
                let (from, wanted) = (step * self.batch, left.min(ring as u64 / self.batch));
                let places = place(window, turnover, from, (wanted * self.batch) as usize);
                let there: Vec<u32> = places.into_iter().map_while(|place| place).collect();
                let steps = there.len() as u64 / self.batch;
                if steps == 0 {
                    return Err(format!("the images of step {} are not on the device", step + 1));
                }
                let there = &there[..(steps * self.batch) as usize];
                let at = (from % ring as u64) as usize;
                let (behind, wrapped) = there.split_at(there.len().min(ring - at));
                arena.write_order(at, behind);
                if !wrapped.is_empty() {
                    arena.write_order(0, wrapped);
                }
                Ok(steps)
            }
        }
    }

    /// Uploads the orders of epoch `first` and of those after it, as far as the buffer reaches.
    fn upload_epochs(&mut self, arena: &Arena, first: u64) {
        let Of::Whole { order, held, epochs } = &mut self.of else { return };
        while *epochs < first + *held {
            arena.write_order((*epochs % *held) as usize * order.images(), &order.order(*epochs as u32));
            *epochs += 1;
        }
    }
}

/// Epochs of `images` that the order buffer must hold: those that one minibatch reaches into, wherever it begins, and those that
/// a method starts from.
fn epochs_held(images: usize, batch: usize) -> usize {
    let images = images.max(1);
    (batch.div_ceil(images) + 1).max(START_BATCH.div_ceil(images))
}

/// Where the images at `n` positions from `from` on lie; `None` for those that are not there.
pub(crate) fn place<H: Holder>(window: &Window<H>, turnover: &mut Turnover, from: u64, n: usize) -> Vec<Option<u32>> {
    let places = window.places();
    turnover.draws(from, n).into_iter().map(|draw| Some(places[draw.page as usize]? + draw.image)).collect()
}

/// The order in which the images of a window are seen.
///
/// # Errors
/// If a minibatch spans more pages than the window has room for.
pub(crate) fn turnover<H: Holder>(window: &Window<H>, params: &Params) -> Result<Turnover, String> {
    let (seed, batch) = (params.get("seed") as u32, params.usize("batch"));
    let sizes = seen_of_pages(params, &window.sizes());
    let used: Vec<u32> = sizes.iter().copied().filter(|n| *n > 0).collect();
    let pages = window_of(window.slots(), &used, batch)
        .ok_or_else(|| format!("a batch of {batch} is too large for the images that there is room for at a time"))?;
    Ok(Turnover::new(seed, sizes, pages))
}

/// Pages that minibatches are drawn from where there is room for `slots`: the rest of them is for what comes in while the
/// images of one minibatch are still drawn from what goes out, where not all have room. `None` where a minibatch is too large
/// for any.
fn window_of(slots: usize, sizes: &[u32], batch: usize) -> Option<usize> {
    if slots >= sizes.len() {
        return Some(sizes.len());
    }
    let smallest = *sizes.iter().min()? as usize;
    let fits = |pages: &usize| {
        // Images between two exchanges, at least: each page gives its share.
        let stage = pages * (smallest / pages);
        // So many exchanges can fall into one minibatch.
        stage > 0 && pages + (batch - 1).div_ceil(stage) <= slots
    };
    (1..slots).rev().find(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minibatch_never_needs_more_pages_than_there_is_room_for() {
        for (slots, batch) in [(4, 8), (4, 60), (6, 128), (9, 33), (12, 1)] {
            let sizes: Vec<u32> = (0..31).map(|i| 36 + i % 2).collect();
            let Some(window) = window_of(slots, &sizes, batch) else { panic!("{slots} slots, batches of {batch}") };
            let mut turnover = Turnover::new(5, sizes, window);
            let most = (0..300 * batch as u64).step_by(batch).map(|at| turnover.pages(at, at + batch as u64).0.len()).max();
            assert!(most.is_some_and(|most| most <= slots), "{most:?} pages, {slots} slots, batches of {batch}");
        }
        assert_eq!(window_of(4, &[10; 20], 500), None);
        assert_eq!(window_of(20, &[10; 20], 500), Some(20), "nothing is ever exchanged where all have room");
    }
}
