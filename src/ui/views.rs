//! Who answers the panels' questions: the engine when a run stands, else the pretrained model on the CPU.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use latent_player::{Asked, Digits, Player};
use latent_view as view;
use latent_view::QUESTIONS;
use latent_view::{Query, Slot, View};

/// Slots of panels that ask what others ask as well, one after the other behind those that questions have by themselves.
macro_rules! slots {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "they count constants")]
        enum Shared {
            $($name,)*
            Count,
        }
        $($(#[$doc])* pub const $name: Slot = QUESTIONS + Shared::$name as Slot;)*
        pub const SLOTS: usize = (QUESTIONS + Shared::Count as Slot) as usize;
    };
}

slots! {
    CURRENT,
    STRIPS,
    POINT,
    SAMPLES,
    ARITHMETIC,
    /// Pictures on the map: in place of dots, and decoded in a grid.
    THUMBNAILS,
    MANIFOLD,
    /// The visitor's own image: its code.
    OWN_CODE,
    /// Test images to choose from, and test images that a panel found.
    SHELF,
    FOUND,
    /// An input's features, and what it is when they are moved.
    FIRING,
    STEERED,
    /// A code whose numbers take few values, and each of them in it.
    SETTING,
    SETTINGS,
    /// Test images whose spread is shown beside that of their codes.
    SPREAD,
    /// Whether attributes that are changed take hold.
    JUDGED,
}

// Questions that one panel alone asks, or all panels together.
pub const RECONSTRUCTIONS: Slot = view::Reconstruct::SLOT;
/// The first [`CODED`] test images, for every panel.
pub const CODES: Slot = view::Embed::SLOT;
/// What is left of the visitor's own image.
pub const OWN_COPY: Slot = view::Autoencode::SLOT;
pub const PATHS: Slot = view::Paths::SLOT;
pub const RELAXED: Slot = view::Relax::SLOT;
/// A codebook in use; the tokens of an image, what they stand for after changes, and each code's picture; drawn tokens.
pub const CODEBOOK: Slot = view::Codebook::SLOT;
pub const TOKENS: Slot = view::Tokenise::SLOT;
pub const COMPOSED: Slot = view::Untokenise::SLOT;
pub const ATLAS: Slot = view::EachCode::SLOT;
pub const DRAWN: Slot = view::DrawTokens::SLOT;
/// All features and one of them.
pub const FEATURES: Slot = view::Features::SLOT;
pub const FEATURE: Slot = view::Feature::SLOT;
/// Samples that are places, and what the model makes of them.
pub const PLACES: Slot = view::Locate::SLOT;
/// What lies beside the samples that a feature is found on.
pub const DESCRIBED: Slot = view::Describe::SLOT;
/// New codes on their way from noise.
pub const WAY: Slot = view::Sample::SLOT;
/// The network itself, for its diagram.
pub const NETWORK: Slot = view::Network::SLOT;
/// Codes drawn in another way, and copies of copies.
pub const WAYS: Slot = view::DrawCodes::SLOT;
pub const COPIES: Slot = view::Copies::SLOT;
/// Two runs side by side: what each makes of the images, and what goes together.
pub const SPELT: Slot = view::Spell::SLOT;
pub const PARTNERS: Slot = view::Pair::SLOT;
/// Test images from parts of their codes.
pub const SHORTENED: Slot = view::Shorten::SLOT;
/// Which measures there are, and every one of them, taken on demand.
pub const OFFERED: Slot = view::Offer::SLOT;
pub const MEASURES: Slot = view::Measures::SLOT;

/// Test images whose codes the page knows.
pub const CODED: u32 = 2000;

/// One slot: its latest question, and how many look.
#[derive(Default)]
pub struct Desk {
    pub query: Option<Query>,
    /// Panels in view that want the answer.
    pub lookers: u32,
    /// The question has not been passed on yet.
    pub fresh: bool,
    /// It was answered since it was passed on.
    pub answered: bool,
}

/// A question that the CPU is answering, a slice at a time.
type Job = Pin<Box<dyn Future<Output = Result<View, String>>>>;

/// Answers queries on the CPU from the pretrained model.
#[derive(Default)]
pub struct CpuDesk {
    jobs: VecDeque<(Slot, Job)>,
}

impl CpuDesk {
    /// Takes a question; it replaces an unfinished one of the same slot.
    pub fn take(&mut self, slot: Slot, query: Query, player: Rc<Player>, digits: Option<Rc<Digits>>) {
        self.jobs.retain(|(other, _)| *other != slot);
        let answer = async move {
            let tests = digits.as_ref().map(|digits| digits.all()).unwrap_or_default();
            query.answer(&mut Asked(player), tests).await
        };
        self.jobs.push_back((slot, Box::pin(answer)));
    }

    pub fn clear(&mut self) {
        self.jobs.clear();
    }

    pub fn is_idle(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Works for a few milliseconds. Returns an answer when one is ready; what the CPU cannot answer it drops.
    pub fn work(&mut self) -> Option<(Slot, View)> {
        let (slot, mut job) = self.jobs.pop_front()?;
        match job.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => Some((slot, answer.ok()?)),
            Poll::Pending => {
                self.jobs.push_back((slot, job));
                None
            }
        }
    }
}
