//! Runs that outlive the page, weights that leave and enter it, pictures of its panels.

mod dialog;
pub mod figure;
mod offer;
pub mod tools;
pub mod words;

pub use dialog::RunsButton;
pub use offer::Offer;
