//! Which methods can be built, and what is fetched for it. The engine names no method, and no method the engine: here they meet.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod sets;

pub use sets::{fetch_set, renderer};

use latent_engine::cpu::{self, Make as MakeTape};
use latent_engine::{Entry, Of};
use latent_methods::registry::Make;
use latent_nn::Method;
use latent_small::part;
use latent_vocabulary::Family;

/// Makes the [`Entry`] of each method.
struct Entries;

impl Make for Entries {
    type Made = dyn Entry;

    fn of<M: Method>() -> &'static dyn Entry {
        &Of::<M>::NEW
    }
}

type Line = fn() -> Vec<&'static dyn Entry>;

// What the engine is not without: the method that a visitor meets first.
const FIRST: &dyn Entry = &Of::<latent_methods::vae::vae::Vae>::NEW;
part!(line: fn vae_line() -> Line = latent_methods::vae::each::<Entries>);
part!(line: fn ae_line() -> Line = latent_methods::ae::each::<Entries>);
part!(line: fn siamese_line() -> Line = latent_methods::siamese::each::<Entries>);
part!(vq: fn vq_line() -> Line = latent_methods::vq::each::<Entries>);
part!(sae: fn sae_line() -> Line = latent_methods::sae::each::<Entries>);

part!(processor:
    /// The loops of the processor's engine.
    pub fn processor() -> MakeTape = |graph, outputs, assigned| cpu::tape(graph, outputs, assigned)
);

/// The entry of the method called `id`, for those who need not wait for it.
#[cfg(not(target_arch = "wasm32"))]
pub fn entry(id: &str) -> Option<&'static dyn Entry> {
    pollster::block_on(fetch_entry(id)).ok()
}

/// The entry of the method called `id`.
///
/// # Errors
/// If there is no such method, or its family could not be fetched.
pub async fn fetch_entry(id: &str) -> Result<&'static dyn Entry, String> {
    let unknown = || format!("no method is called {id:?}");
    let family = latent_catalog::card(id).ok_or_else(unknown)?.family;
    let line = match family {
        _ if FIRST.card().id == id => return Ok(FIRST),
        Family::Vae => vae_line().await?,
        Family::Ae => ae_line().await?,
        Family::Siamese => siamese_line().await?,
        Family::Vq => vq_line().await?,
        Family::Sae => sae_line().await?,
    };
    line().into_iter().find(|e| e.card().id == id).ok_or_else(unknown)
}
