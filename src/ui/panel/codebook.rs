//! A code that is written in tokens: the codebook, an image in it, and images that nobody has drawn.

mod atlas;
mod book;
mod editor;
mod map;
mod samples;
mod stage;

pub use atlas::Atlas;
pub use map::CodeMap;
pub use samples::Samples;
pub use stage::Tokens;

use leptos::prelude::*;

use super::super::state::Lab;
use editor::Editor;

/// Lets the panels of the tab share what is being edited.
pub fn provide(lab: Lab) {
    provide_context(Editor::new(lab));
}
