//! Styles that are fetched with what they are for.

use leptos::prelude::*;

/// The style `assets/style/NAME.css`, from now on; `there` hears that it has come, or will not.
#[component]
pub fn Dress(name: &'static str, #[prop(default = None)] there: Option<RwSignal<bool>>) -> impl IntoView {
    let come = move || there.into_iter().for_each(|there| there.set(true));
    view! { <link rel="stylesheet" href=format!("style/{name}.css") on:load=move |_| come() on:error=move |_| come() /> }
}
