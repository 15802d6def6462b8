//! Training: the registry of methods, the engines that execute steps, and the session that drives them.

pub mod any;
pub mod assess;
pub mod beginning;
#[cfg(feature = "native")]
pub mod bench;
#[cfg(all(feature = "worker", target_arch = "wasm32"))]
mod breath;
pub mod burn;
pub mod checkpoint;
mod choose;
#[cfg(feature = "native")]
pub mod classifier;
pub mod codes;
#[cfg(feature = "eager")]
pub mod eager;
pub mod engine;
pub mod feed;
pub mod keeper;
#[cfg(all(feature = "worker", target_arch = "wasm32"))]
mod loader;
#[cfg(feature = "native")]
pub mod native;
pub mod optimizer;
pub mod order;
pub mod plan;
pub mod program;
pub mod record;
pub mod sampling;
pub mod session;
mod turnover;
#[cfg(feature = "eager")]
pub mod verify;
mod views;
pub mod weights;
pub mod window;
#[cfg(all(feature = "worker", target_arch = "wasm32"))]
pub mod worker;

use std::marker::PhantomData;

pub use engine::{Engine, Rows, RunState, Weight};
pub use program::Program;
pub use record::{Leaf, Output, Recording};

use crate::nn::{DataShape, Method};
use crate::spec::{Card, Setup};

/// A registered method, whatever its type.
pub trait Entry: Sync {
    fn card(&self) -> &'static Card;

    /// Records one of the method's programs, see [`record::record`].
    ///
    /// # Errors
    /// A sentence, if the method does something that cannot be recorded.
    fn record(&self, setup: &Setup, data: DataShape, program: Program, batch: usize) -> Result<Recording, String>;

    /// The method under eager Burn.
    #[cfg(feature = "eager")]
    fn eager(
        &self,
        setup: &Setup,
        device: ::burn::tensor::Device,
        data: std::sync::Arc<crate::data::Dataset>,
    ) -> eager::EagerEngine;
}

/// The [`Entry`] of a method.
pub struct Of<M>(PhantomData<fn() -> M>);

impl<M: Method> Of<M> {
    pub const NEW: Self = Self(PhantomData);
}

impl<M: Method> Entry for Of<M> {
    fn card(&self) -> &'static Card {
        M::CARD
    }

    fn record(&self, setup: &Setup, data: DataShape, program: Program, batch: usize) -> Result<Recording, String> {
        record::record::<M>(setup, data, program, batch)
    }

    #[cfg(feature = "eager")]
    fn eager(
        &self,
        setup: &Setup,
        device: ::burn::tensor::Device,
        data: std::sync::Arc<crate::data::Dataset>,
    ) -> eager::EagerEngine {
        eager::EagerEngine::new(Box::new(eager::Run::<M>::new(setup, device, data)))
    }
}

/// The entries of all families.
const FAMILIES: &[&[&dyn Entry]] = &[crate::vae::ENTRIES, crate::ae::ENTRIES, crate::vq::ENTRIES, crate::sae::ENTRIES];

/// The entry of the method called `id`.
pub fn entry(id: &str) -> Option<&'static dyn Entry> {
    FAMILIES.iter().flat_map(|entries| entries.iter()).find(|e| e.card().id == id).copied()
}
