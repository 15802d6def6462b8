//! Training images where there is no room for all of them: some pages of the set at a time, see [`super::turnover`].

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

use latent_data::Dataset;
use latent_data::pages::Pages;
use latent_gpu::{Data, Gpu};

/// Most images of a page, and most bytes: as much as passes through the engine's memory at once.
const PAGE_IMAGES: usize = 1024;
const PAGE_BYTES: usize = 16 << 20;
/// Pages that a window has room for at least.
const PAGES: usize = 4;

/// Pages as a set, one put in after the other: many at once are sorted first, by a sort of their own that all visitors download.
pub fn set(pages: &[u32]) -> BTreeSet<u32> {
    let mut set = BTreeSet::new();
    set.extend(pages);
    set
}

/// Who holds the images of a window.
pub trait Holder {
    /// Puts images, their labels and the values of their factors in place of those from number `first` on.
    fn replace(&self, first: usize, images: &[u8], labels: &[u8], factors: &[u8]);
}

/// The device.
pub struct OnDevice {
    gpu: Rc<Gpu>,
    data: Data,
}

impl Holder for OnDevice {
    fn replace(&self, first: usize, images: &[u8], labels: &[u8], factors: &[u8]) {
        self.data.replace(&self.gpu, first, images, labels, factors);
    }
}

/// The images that are there, shared between runs.
pub struct Window<H = OnDevice> {
    holder: H,
    pages: Rc<dyn Pages>,
    /// Of all training images.
    labels: Vec<u8>,
    /// And the values of their factors, of which each has so many.
    factors: (Vec<u8>, usize),
    /// Pages that the set is cut into.
    count: usize,
    /// Images that each slot of the window has room for.
    stride: usize,
    /// The page in each slot.
    slots: RefCell<Vec<Option<u32>>>,
}

impl Window {
    /// An empty window of `room` bytes of the device on the training images of `data`, which `pages` reads.
    ///
    /// # Errors
    /// If there is no room for a few images, or the device refuses.
    pub fn new(gpu: Rc<Gpu>, data: &Dataset, pages: Rc<dyn Pages>, room: u64) -> Result<Self, String> {
        Self::held(data, pages, room, |images, len, k| {
            let data = Data::empty(&gpu, images, len, k).map_err(|e| e.to_string())?;
            Ok(OnDevice { gpu, data })
        })
    }

    /// The images on the device.
    pub fn data(&self) -> &Data {
        &self.holder.data
    }
}

impl<H: Holder> Window<H> {
    /// The same with any holder, who makes room for so many images of so many bytes, and so many factors of each.
    ///
    /// # Errors
    /// As [`Window::new`].
    pub fn held(
        data: &Dataset,
        pages: Rc<dyn Pages>,
        room: u64,
        hold: impl FnOnce(usize, usize, usize) -> Result<H, String>,
    ) -> Result<Self, String> {
        let (len, images) = (data.shape.bytes(), data.train_labels.len());
        let k = data.factors.train_nk.len() / images.max(1);
        let fit = usize::try_from(room).unwrap_or(usize::MAX) / (len + 1 + k);
        let most = PAGE_IMAGES.min(PAGE_BYTES / len).min(fit / PAGES) / 4 * 4;
        if most == 0 {
            return Err(format!("{room} bytes are no room for images of {len} bytes"));
        }
        let count = images.div_ceil(most);
        // Pages of nearly equal size; the device is written four bytes at a time.
        let stride = images.div_ceil(count).next_multiple_of(4);
        let slots = (fit / stride).min(count);
        let holder = hold(slots * stride, len, k)?;
        let (labels, factors) = (data.train_labels.clone(), (data.factors.train_nk.clone(), k));
        Ok(Self { holder, pages, labels, factors, count, stride, slots: RefCell::new(vec![None; slots]) })
    }

    /// Who holds them.
    pub fn holder(&self) -> &H {
        &self.holder
    }

    /// Pages that are there at a time.
    pub fn slots(&self) -> usize {
        self.slots.borrow().len()
    }

    /// Which training images a page has.
    fn range(&self, page: usize) -> Range<usize> {
        let (n, count) = (self.labels.len(), self.count);
        n * page / count..n * (page + 1) / count
    }

    /// Images of each page.
    pub fn sizes(&self) -> Vec<u32> {
        (0..self.count).map(|page| self.range(page).len() as u32).collect()
    }

    /// Reads one of `pages` that is not there in place of another. Returns whether there was one.
    ///
    /// # Errors
    /// If it cannot be read, or they are more than the window has room for.
    pub async fn bring_one(&self, pages: &BTreeSet<u32>) -> Result<bool, String> {
        let missing = pages.iter().find(|page| !self.slots.borrow().contains(&Some(**page)));
        let Some(page) = missing else { return Ok(false) };
        let range = self.range(*page as usize);
        let images = self.pages.read(range.clone()).await?;
        let mut slots = self.slots.borrow_mut();
        let free = slots.iter().position(|there| there.is_none_or(|there| !pages.contains(&there)));
        let slot = free.ok_or_else(|| format!("{} pages do not fit into a window of {}", pages.len(), slots.len()))?;
        let (factors, k) = &self.factors;
        let factors = &factors[range.start * k..range.end * k];
        self.holder.replace(slot * self.stride, &images, &self.labels[range], factors);
        slots[slot] = Some(*page);
        Ok(true)
    }

    /// Reads all of `pages` that are not there, one at a time.
    ///
    /// # Errors
    /// As [`Window::bring_one`].
    pub async fn bring(&self, pages: &BTreeSet<u32>) -> Result<(), String> {
        while self.bring_one(pages).await? {}
        Ok(())
    }

    /// Where the first image of each page lies; `None` for pages that are not there.
    pub fn places(&self) -> Vec<Option<u32>> {
        let mut places = vec![None; self.count];
        for (slot, page) in self.slots.borrow().iter().enumerate() {
            if let Some(page) = page {
                places[*page as usize] = Some((slot * self.stride) as u32);
            }
        }
        places
    }
}
