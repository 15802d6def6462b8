//! What methods are written with: the [`Method`] trait and the encoders and decoders that families share.

pub mod codebook;
pub mod conv;
pub mod gaussian;
pub mod grid;
pub mod kth;
pub mod likelihood;
pub mod method;
pub mod mlp;
pub mod net;
pub mod params;
pub mod sparse;
pub mod stop;
pub mod straight_through;
pub mod token_autoencoder;
pub mod token_prior;
pub mod usage;

pub use method::{Batch, Code, Ctx, DataShape, ImageShape, Method, Named, Noise, Terms};
pub use stop::stop_gradient;
