//! The first step: files, a folder, or an address; and what is there already.

use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{DragEvent, HtmlInputElement};

use super::files;
use super::own::OwnData;
use crate::browser;
use crate::data::words;
use latent_vocabulary::import::{ImportCommand, Stored};

#[component]
pub fn Choose() -> impl IntoView {
    let own = OwnData::get();
    let over = RwSignal::new(false);
    let picked = move |e: leptos::ev::Event| {
        let input: HtmlInputElement = event_target(&e);
        if let Some(files) = input.files().as_ref().map(files::picked) {
            own.inspect(files);
        }
        // The same files may be chosen again.
        input.set_value("");
    };
    let dropped = move |e: DragEvent| {
        e.prevent_default();
        over.set(false);
        let Some(entries) = e.data_transfer().as_ref().map(files::entries) else { return };
        leptos::task::spawn_local(async move {
            match files::dropped(entries).await {
                Ok(files) => own.inspect(files),
                Err(e) => own.fail(browser::error_text(&e)),
            }
        });
    };
    // Not an attribute that the library knows.
    let folder = NodeRef::<html::Input>::new();
    folder.on_load(|input| drop(input.set_attribute("webkitdirectory", "")));
    view! {
        <p class="help">{words::STAYS}</p>
        <div class="drop" class:over=move || over.get() data-testid="drop"
            on:dragover=move |e: DragEvent| { e.prevent_default(); over.set(true) }
            on:dragleave=move |_| over.set(false) on:drop=dropped>
            <p>{words::DROP}</p>
            <div class="row">
                <label class="button">{words::CHOOSE_FILES}
                    <input type="file" class="unseen" multiple data-testid="import-files" on:change=picked /></label>
                <label class="button">{words::CHOOSE_FOLDER}
                    <input type="file" class="unseen" multiple node_ref=folder data-testid="import-folder" on:change=picked /></label>
            </div>
        </div>
        <p class="help">{words::UNDERSTOOD}</p>
        <h3>{words::CELEBA}</h3>
        <p class="help">{words::CELEBA_HELP}</p>
        <Mirror />
        <Kept />
    }
}

/// A table behind an address, once its terms are accepted.
#[component]
fn Mirror() -> impl IntoView {
    let own = OwnData::get();
    let address = NodeRef::<html::Input>::new();
    let go = move |_| {
        if let Some(input) = address.get_untracked() {
            own.inspect_address(input.unchecked_into::<HtmlInputElement>().value().trim().to_owned());
        }
    };
    view! {
        <details>
            <summary data-testid="mirror">{words::MIRROR}</summary>
            <p class="help">{words::MIRROR_TERMS}</p>
            <label class="field">{words::MIRROR_ADDRESS}
                <input type="url" node_ref=address value=words::MIRROR_DEFAULT data-testid="mirror-address" spellcheck="false" /></label>
            <button data-testid="mirror-go" on:click=go>{words::MIRROR_GO}</button>
        </details>
    }
}

/// The sets that the browser keeps.
#[component]
pub fn Kept() -> impl IntoView {
    let own = OwnData::get();
    let row = move |set: Stored| {
        let (sure, id, use_id) = (RwSignal::new(false), set.id.clone(), set.id.clone());
        let delete = move |_| {
            if sure.get_untracked() {
                own.send(ImportCommand::Delete { id: id.clone() }, &[]);
            }
            sure.update(|s| *s = !*s);
        };
        view! {
            <li data-testid=format!("set-{}", set.id)>
                <div><b>{set.title.clone()}</b><p class="help">{words::stored(&set)}</p></div>
                <button class="small" disabled=set.images == 0 on:click=move |_| own.train_on(&use_id)>{words::USE}</button>
                <button class="small" data-testid=format!("delete-{}", set.id) on:click=delete>
                    {move || if sure.get() { words::DELETE_SURE } else { words::DELETE }}</button>
            </li>
        }
    };
    view! {
        <Show when=move || own.sets.with(|sets| !sets.is_empty())>
            <h3>{words::KEPT}</h3>
            <ul class="own-sets">{move || own.sets.get().into_iter().map(row).collect_view()}</ul>
        </Show>
    }
}
