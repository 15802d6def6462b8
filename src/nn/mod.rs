//! What methods are written with: the [`Method`] trait and the encoders and decoders that families share.

pub mod conv;
pub mod gaussian;
pub mod kth;
pub mod likelihood;
pub mod method;
pub mod mlp;
pub mod net;
pub mod params;
pub mod sparse;
pub mod stop;

pub use method::{Batch, Code, Ctx, DataShape, ImageShape, Method, Named, Noise, Terms};
pub use stop::stop_gradient;
