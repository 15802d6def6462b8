//! The button and the dialog for a figure in somebody's own page. What the dialog shows is a page of its own, which nobody
//! downloads who does not ask: `assets/embed/code.html`.

use leptos::html;
use leptos::prelude::*;

use crate::store::look::Look;
use crate::store::runs::{Origin, Runs};
use crate::words;
use latent_experiment::figure;

#[component]
pub fn EmbedButton() -> impl IntoView {
    let (look, runs) = (Look::get(), Runs::get());
    let dialog = NodeRef::<html::Dialog>::new();
    let address = RwSignal::new(None::<String>);
    let open = move |_| {
        let theme = if look.dark.get_untracked() { "dark" } else { "light" };
        let own = runs.run.with_untracked(|run| {
            run.as_ref().filter(|r| r.origin != Origin::Pretrained).map(|r| {
                let code = r.info.as_ref().map(|info| info.code.as_slice()).unwrap_or_default();
                format!("own={}", figure::panels(code).join("+"))
            })
        });
        let model = own.unwrap_or_else(|| format!("preset={}", runs.preset.get_untracked().id));
        address.set(Some(format!("embed-code.html?{model}&theme={theme}")));
        if let Some(dialog) = dialog.get_untracked() {
            // Refused only where it is open already.
            let _ = dialog.show_modal();
        }
    };
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    view! {
        <button class="link" data-testid="embed" on:click=open>{words::EMBED}</button>
        <dialog class="embed" aria-labelledby="embed-title" node_ref=dialog>
            <header>
                <h2 id="embed-title">{words::EMBED_TITLE}</h2>
                <button class="quiet" aria-label=words::CLOSE data-testid="embed-close" on:click=close>"✕"</button>
            </header>
            <iframe title=words::EMBED_TITLE src=address></iframe>
        </dialog>
    }
}
