//! `?bench`: times this machine, and gives one line to put beside those of others.

mod line;
mod sheet;
mod words;

use leptos::prelude::*;

use crate::browser;
use crate::part::{Make, fetched};

/// The times, where the address asks for them.
#[component]
pub fn Machine() -> impl IntoView {
    const SHEET: Make = fetched!(machine, machine_sheet, view! { <sheet::Sheet /> });
    browser::asks("bench").then(|| SHEET.view())
}
