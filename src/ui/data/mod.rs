//! Images of the visitor's own: which there are, and the dialog that adds more. Reading them is the work of a worker that
//! is loaded when it is first needed.

mod choose;
mod dialog;
mod files;
mod fit;
mod own;
mod picker;
mod plan;
pub mod words;
mod worker;

use leptos::prelude::*;

use crate::part::{Make, fetched};
use crate::react::react;
pub use own::OwnData;
pub use picker::DataPicker;

/// The dialog, from when it is first opened.
#[component]
pub fn Dialog() -> impl IntoView {
    const DIALOG: Make = fetched!(dialogs, import_dialog, view! { <dialog::Dialog /> });
    let own = OwnData::get();
    react(move || {
        if own.kept.brought.with(Option::is_some) {
            own.open();
        }
    });
    let wanted = Memo::new(move |was: Option<&bool>| own.open.get() || was == Some(&true));
    move || wanted.get().then(|| DIALOG.view())
}
