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
pub mod examples;
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
pub mod sets;
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

use crate::catalog;
use crate::nn::{DataShape, Method};
use crate::part::part;
use crate::spec::{Card, Family, Setup};

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

type Entries = &'static [&'static dyn Entry];

// What the engine is not without: the method that a visitor meets first.
const FIRST: &dyn Entry = &Of::<crate::vae::vae::Vae>::NEW;
part!(line: fn vae_line() -> Entries = crate::vae::ENTRIES);
part!(line: fn ae_line() -> Entries = crate::ae::ENTRIES);
part!(vq: fn vq_line() -> Entries = crate::vq::ENTRIES);
part!(sae: fn sae_line() -> Entries = crate::sae::ENTRIES);

/// The entry of the method called `id`, for those who need not wait for it.
#[cfg(feature = "native")]
pub fn entry(id: &str) -> Option<&'static dyn Entry> {
    pollster::block_on(fetch_entry(id)).ok()
}

/// The entry of the method called `id`.
///
/// # Errors
/// If there is no such method, or its family could not be fetched.
pub async fn fetch_entry(id: &str) -> Result<&'static dyn Entry, String> {
    let unknown = || format!("no method is called {id:?}");
    let family = catalog::card(id).ok_or_else(unknown)?.family;
    let entries = match family {
        _ if FIRST.card().id == id => return Ok(FIRST),
        Family::Vae => vae_line().await?,
        Family::Ae => ae_line().await?,
        Family::Vq => vq_line().await?,
        Family::Sae => sae_line().await?,
    };
    entries.iter().find(|e| e.card().id == id).copied().ok_or_else(unknown)
}
