//! What the visitor says of the feature in hand; and the table of all features to take home.

use leptos::html;
use leptos::prelude::*;

use super::inspector::Inspector;
use super::names::Names;
use crate::browser;
use crate::panel::features::words;
use crate::store::desks::Desks;
use crate::store::files::Files;
use crate::store::runs::Runs;
use crate::views::FEATURES;
use latent_view::View;
use latent_view::feature_file::{Known, csv, jsonl};

/// The visitor's words on the feature in hand.
#[component]
pub fn Called(feature: Memo<Option<usize>>) -> impl IntoView {
    let files = Files::get();
    let (name, note) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let own = move || feature.get().map(|f| files.names.with(|text| Names::read(text).of(f))).unwrap_or_default();
    let give = move |_| {
        let typed = |node: NodeRef<html::Input>| node.get_untracked().map(|input| input.value()).unwrap_or_default();
        if let Some(f) = feature.get_untracked() {
            let mut names = files.names.with_untracked(|text| Names::read(text));
            names.give(f, &typed(name), &typed(note));
            files.keep_names(names.text());
        }
    };
    view! {
        <div class="called">
            <input type="text" maxlength="60" placeholder=words::CALL aria-label=words::CALL data-testid="feature-called" node_ref=name
                prop:value=move || own().0 on:change=give />
            <input type="text" maxlength="400" placeholder=words::NOTE aria-label=words::NOTE data-testid="feature-note" node_ref=note
                prop:value=move || own().1 on:change=give />
        </div>
    }
}

/// What the page knows besides the table.
struct Here {
    runs: Runs,
    names: Names,
}

impl Known for Here {
    fn class(&self, label: u8) -> String {
        untrack(|| self.runs.class_name(label))
    }

    fn called(&self, feature: usize) -> (String, String) {
        self.names.of(feature)
    }
}

/// Buttons for the table of all features, as files.
#[component]
pub fn TakeHome() -> impl IntoView {
    let (runs, desks, files) = (Runs::get(), Desks::get(), Files::get());
    let inspector = Inspector::get();
    let save = move |lines: bool| {
        let Some(view) = desks.view(FEATURES).get_untracked() else { return };
        let View::FeatureTable(table) = &*view else { return };
        let places = inspector.grid.get_untracked().map_or(1, |grid| grid.places());
        let here = Here { runs, names: files.names.with_untracked(|text| Names::read(text)) };
        let (text, name) =
            if lines { (jsonl(table, places, &here), "features.jsonl") } else { (csv(table, places, &here), "features.csv") };
        let saved = browser::save_bytes(text.as_bytes(), name);
        files.said.set(saved.err().map(|e| browser::error_text(&e)));
    };
    let none = move || inspector.table.with(Option::is_none);
    view! {
        <button class="small" title=words::TABLE_HELP data-testid="features-csv" disabled=none on:click=move |_| save(false)>{words::CSV}</button>
        <button class="small" title=words::TABLE_HELP data-testid="features-jsonl" disabled=none on:click=move |_| save(true)>{words::JSONL}</button>
    }
}
