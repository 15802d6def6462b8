//! A code of features that are zero most of the time: all of them, one by itself, and what moving them does.

mod atom;
mod inspector;
mod list;
mod one;
mod steering;
mod table;

pub use list::List;
pub use one::One;
pub use steering::Steering;

use leptos::prelude::*;

use super::super::state::Lab;
use inspector::Inspector;

/// Lets the panels of the tab share what is being looked at.
pub fn provide(lab: Lab) {
    provide_context(Inspector::new(lab));
}
