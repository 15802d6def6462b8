//! What a session keeps for eager Burn. In the small worker nothing: there [`Burn`] has no values.

#[cfg(not(feature = "eager"))]
pub use absent::Burn;
#[cfg(feature = "eager")]
pub use present::Burn;

#[cfg(feature = "eager")]
mod present {
    use std::rc::Rc;
    use std::sync::Arc;

    use burn::tensor::Device;

    use crate::any::AnyEngine;
    use crate::entry::Entry;
    use crate::{eager, verify};
    use latent_data::Dataset;
    use latent_gpu::Gpu;
    use latent_measure::pause::Pause;
    use latent_protocol::VerifyReport;
    use latent_vocabulary::Params;

    /// Burn's device and the training images, which eager steps take from the host.
    #[derive(Clone)]
    pub struct Burn {
        device: Device,
        data: Option<Arc<Dataset>>,
    }

    impl Burn {
        /// # Errors
        /// As [`eager::open`].
        pub async fn open() -> Result<Self, String> {
            Ok(Self { device: eager::open().await?, data: None })
        }

        pub fn set_data(&mut self, data: Dataset) {
            self.data = Some(Arc::new(data));
        }

        fn data(&self) -> Result<&Arc<Dataset>, String> {
            self.data.as_ref().ok_or_else(|| "the data has not arrived yet".into())
        }

        /// # Errors
        /// If there is no data yet.
        pub fn build(&self, entry: &dyn Entry, params: &Params) -> Result<AnyEngine, String> {
            Ok(AnyEngine::Burn(entry.eager(params, self.device.clone(), self.data()?.clone())))
        }

        /// # Errors
        /// As [`verify::verify_in_slices`].
        pub async fn verify(
            &self,
            gpu: Rc<Gpu>,
            entry: &'static dyn Entry,
            params: &Params,
            steps: u32,
            pause: &Pause,
        ) -> Result<VerifyReport, String> {
            verify::verify_in_slices(gpu, self.device.clone(), entry, params, self.data()?, steps, pause).await
        }
    }
}

#[cfg(not(feature = "eager"))]
mod absent {
    use std::rc::Rc;

    use crate::any::AnyEngine;
    use crate::entry::Entry;
    use latent_data::Dataset;
    use latent_gpu::Gpu;
    use latent_measure::pause::Pause;
    use latent_protocol::VerifyReport;
    use latent_vocabulary::Params;

    #[derive(Clone)]
    pub enum Burn {}

    impl Burn {
        /// # Errors
        /// Always.
        pub async fn open() -> Result<Self, String> {
            Err("this worker runs plans only".into())
        }

        pub fn set_data(&mut self, _: Dataset) {
            match *self {}
        }

        pub fn build(&self, _: &dyn Entry, _: &Params) -> Result<AnyEngine, String> {
            match *self {}
        }

        pub async fn verify(
            &self,
            _: Rc<Gpu>,
            _: &'static dyn Entry,
            _: &Params,
            _: u32,
            _: &Pause,
        ) -> Result<VerifyReport, String> {
            match *self {}
        }
    }
}
