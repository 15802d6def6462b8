//! Dialogs behind a button, whose inside is fetched when they are first opened.

use leptos::html;
use leptos::prelude::*;

use crate::browser;
use crate::part::Make;

/// What closes a dialog is called.
const CLOSE: &str = "Close";

/// A button that opens a dialog, and the dialog, as `id`, `id-dialog` and `id-close`.
#[component]
pub fn Popup(
    id: &'static str,
    title: &'static str,
    class: &'static str,
    /// What the button says.
    label: Signal<String>,
    /// And, smaller, what is behind it.
    #[prop(default = "")]
    says: &'static str,
    inside: Make,
    /// Opens it with the page.
    #[prop(default = false)]
    at_once: bool,
    /// Fetches the inside with the page, which then works on unseen.
    #[prop(default = false)]
    busy: bool,
) -> impl IntoView {
    let wanted = RwSignal::new(busy);
    let dialog = NodeRef::<html::Dialog>::new();
    let open = move || {
        if let Some(dialog) = dialog.get_untracked() {
            wanted.set(true);
            // Fails only where it is open already.
            let _ = dialog.show_modal();
        }
    };
    dialog.on_load(move |_| {
        if at_once {
            browser::next_frame(open);
        }
    });
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    view! {
        <button class="link" class:door=!says.is_empty() data-testid=id on:click=move |_| open()>
            <b>{move || label.get()}</b>{(!says.is_empty()).then(|| view! { <span>{says}</span> })}
        </button>
        <dialog class=class node_ref=dialog aria-labelledby=format!("{id}-title") data-testid=format!("{id}-dialog")>
            <header>
                <h2 id=format!("{id}-title")>{title}</h2>
                <button class="quiet" aria-label=CLOSE data-testid=format!("{id}-close") on:click=close>"✕"</button>
            </header>
            {move || wanted.get().then(|| inside.view())}
        </dialog>
    }
}
