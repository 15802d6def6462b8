//! Styles that are fetched with what they are for.

use leptos::prelude::*;

use crate::browser;

/// The style `assets/style/NAME.css`, from now on; `there` hears that it has come, or will not.
#[component]
pub fn Dress(name: &'static str, #[prop(default = None)] there: Option<RwSignal<bool>>) -> impl IntoView {
    let come = move || there.into_iter().for_each(|there| there.set(true));
    let file = format!("{}style/{name}.css", browser::programs());
    view! { <link rel="stylesheet" href=file on:load=move |_| come() on:error=move |_| come() /> }
}
