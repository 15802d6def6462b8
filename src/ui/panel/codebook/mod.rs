//! A code that is written in tokens: the codebook, an image in it, and images that nobody has drawn.

mod atlas;
mod book;
mod editor;
mod map;
mod samples;
mod stage;
pub mod words;

pub use atlas::Atlas;
pub use map::CodeMap;
pub use samples::Samples;
pub use stage::Tokens;
