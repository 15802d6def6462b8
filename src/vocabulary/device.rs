//! What is known of the device, and why there is none.

use serde::{Deserialize, Serialize};

/// Rung of the ladder on which WebGPU failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoGpu {
    /// The browser has no `navigator.gpu`.
    NoApi,
    /// `navigator.gpu` gave no adapter.
    NoAdapter,
    /// The adapter refused to open a device.
    NoDevice,
    /// The page stands in a sandboxed frame that belongs to no site: browsers start no worker there.
    NoOrigin,
}

/// Why the processor takes the steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum OnProcessor {
    /// The visitor wants it so.
    Asked,
    /// There is no WebGPU, in the browser's words.
    NoGpu(NoGpu, String),
    /// The adapter is software, which computes on the same processor and takes several times as long: its name.
    Software(String),
}

/// What is known of the adapter, or of the processor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AdapterInfo {
    pub name: String,
    pub backend: String,
    /// A software adapter: correct, and slow.
    pub software: bool,
    /// Bytes of training images that it has room for.
    pub room: u64,
    /// Why the processor takes the steps, where it does.
    pub processor: Option<OnProcessor>,
    /// The machine's other adapter, which [`Hints::power`] would choose.
    pub other: Option<String>,
}

/// Which adapter to ask for on a machine with two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Power {
    #[default]
    Fast,
    Economical,
}

impl Power {
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Fast => Self::Economical,
            Self::Economical => Self::Fast,
        }
    }
}

/// What the page knows of the machine, and how careful the engine is to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hints {
    pub power: Power,
    /// Gigabytes of memory where the browser tells: a power of two, 8 or so at most.
    pub memory_gb: Option<f32>,
    /// A finger is what points, and nothing hovers: a phone or a tablet.
    pub handheld: bool,
    /// How often the device was lost, or the tab ended while room was made.
    pub losses: u32,
    /// It is for runs that are measured as the command line measures them: some training images are kept for what is fitted.
    pub bench: bool,
    /// Kernels for graphics cards whatever the adapter is: what a card computes is looked at where there is none.
    pub cards: bool,
}

/// Losses that count: what is left of five gigaflops after more would be too little to train with.
const MOST_LOSSES: u32 = 6;
/// Bytes of images at a time on machines with little memory, and with so little that the browser says two gigabytes or less. Phones end a
/// tab that has 1.5 GB in all (WebKit issue 24088), and arena, images and programs are to stay below half of that.
const LITTLE: u64 = 128 << 20;
const LEAST: u64 = 64 << 20;
/// A page of a thousand coloured images is 13 MB, and two are there at a time.
const FLOOR: u64 = 32 << 20;

impl Hints {
    /// What is left of `all` that is handed over at once: half of it after each loss.
    pub fn share(&self, all: u64) -> u64 {
        all >> self.losses.min(MOST_LOSSES)
    }

    /// Bytes of images at a time, where the device and the program have room for `most`.
    pub fn room(&self, most: u64) -> u64 {
        let memory = match (self.memory_gb, self.handheld) {
            (Some(..=2.0), _) => LEAST,
            (Some(..=4.0), _) | (_, true) => LITTLE,
            _ => u64::MAX,
        };
        self.share(most.min(memory)).max(most.min(FLOOR))
    }
}

/// The other adapter of a machine with two: what the one that was not asked for is called, unless both are the same, or one is software.
pub fn other_adapter(this: &str, other: Option<String>) -> Option<String> {
    let software = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["swiftshader", "llvmpipe", "software", "basic render"].iter().any(|word| name.contains(word))
    };
    other.filter(|other| other != this && !this.is_empty() && !other.is_empty() && !software(other) && !software(this))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_loss_halves_what_is_handed_over() {
        let shares = |losses| Hints { losses, ..Hints::default() }.share(5_000_000_000);
        assert_eq!([0, 1, 2, 6].map(shares), [5_000_000_000, 2_500_000_000, 1_250_000_000, 78_125_000]);
        assert_eq!(shares(99), shares(6), "it can still train");
    }

    #[test]
    fn small_machines_hold_fewer_images_at_a_time() {
        let room = |memory_gb, handheld, losses| Hints { memory_gb, handheld, losses, ..Hints::default() }.room(384 << 20) >> 20;
        assert_eq!(room(None, false, 0), 384, "nothing is known of a desktop");
        assert_eq!([room(Some(8.0), false, 0), room(Some(4.0), false, 0), room(Some(2.0), false, 0)], [384, 128, 64]);
        assert_eq!([room(None, true, 0), room(Some(8.0), true, 0), room(Some(1.0), true, 0)], [128, 128, 64], "phones");
        assert_eq!([room(None, false, 1), room(None, true, 2)], [192, 32], "after losses");
        assert_eq!(room(Some(2.0), true, 9), 32, "there is room for some images still");
        assert_eq!(Hints { handheld: true, ..Hints::default() }.room(16 << 20), 16 << 20, "an adapter may allow less still");
    }

    #[test]
    fn a_choice_is_offered_where_there_are_two_cards() {
        let other = |this, other: &str| other_adapter(this, Some(other.into()));
        assert_eq!(other("nvidia ampere", "intel gen-12lp"), Some("intel gen-12lp".into()));
        assert_eq!(other("apple metal-3", "apple metal-3"), None);
        assert_eq!(other("nvidia ampere", "google swiftshader"), None);
        assert_eq!(other("", "intel gen-12lp"), None, "nobody could tell them apart");
        assert_eq!(other_adapter("nvidia ampere", None), None);
    }
}
