//! A method as the engine sees it.

use std::marker::PhantomData;

use latent_nn::Method;
use latent_vocabulary::Card;
use latent_vocabulary::Params;
use latent_vocabulary::shape::DataShape;

#[cfg(feature = "eager")]
use crate::eager;
use crate::program::Program;
use crate::record;
use crate::record::Recording;

/// A registered method, whatever its type.
pub trait Entry: Sync {
    fn card(&self) -> &'static Card;

    /// Records one of the method's programs, see [`record::record`].
    ///
    /// # Errors
    /// A sentence, if the method does something that cannot be recorded.
    fn record(&self, params: &Params, data: DataShape, program: Program, batch: usize) -> Result<Recording, String>;

    /// The method under eager Burn.
    #[cfg(feature = "eager")]
    fn eager(
        &self,
        params: &Params,
        device: ::burn::tensor::Device,
        data: std::sync::Arc<latent_data::Dataset>,
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

    fn record(&self, params: &Params, data: DataShape, program: Program, batch: usize) -> Result<Recording, String> {
        record::record::<M>(params, data, program, batch)
    }

    #[cfg(feature = "eager")]
    fn eager(
        &self,
        params: &Params,
        device: ::burn::tensor::Device,
        data: std::sync::Arc<latent_data::Dataset>,
    ) -> eager::EagerEngine {
        eager::EagerEngine::new(Box::new(eager::EagerRun::<M>::new(params, device, data)))
    }
}
