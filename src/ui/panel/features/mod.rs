//! A code of features that are zero most of the time: all of them, one by itself, and what moving them does.

mod atom;
mod family;
mod inspector;
mod kin;
mod layers;
mod list;
mod names;
mod one;
mod places;
mod said;
mod steering;
mod strongest;
mod table;
pub mod words;
mod world;

pub use kin::Kin;
pub use list::List;
pub use one::One;
pub use steering::Steering;
