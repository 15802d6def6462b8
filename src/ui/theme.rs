//! Light and dark: as the system has it until the visitor chooses.

use std::rc::Rc;

use leptos::prelude::*;

use super::browser;
use super::paint::Theme;
use crate::store::look::Look;
use crate::words;

const KEY: &str = "latent-lab-theme";

/// Applies the theme that was chosen here before, or the system's.
pub fn init(look: Look) {
    let dark = match browser::parameter("theme").or_else(|| browser::recall(KEY)).as_deref() {
        Some("dark") => true,
        Some("light") => false,
        _ => browser::media("(prefers-color-scheme: dark)"),
    };
    apply(look, dark);
}

fn apply(look: Look, dark: bool) {
    if let Some(root) = browser::document().document_element() {
        let _ = root.set_attribute("data-theme", if dark { "dark" } else { "light" });
    }
    look.dark.set(dark);
    look.theme.set(Rc::new(Theme::current()));
}

#[component]
pub fn ThemeButton() -> impl IntoView {
    let look = Look::get();
    let toggle = move |_| {
        let dark = !look.dark.get_untracked();
        browser::remember(KEY, if dark { "dark" } else { "light" });
        apply(look, dark);
    };
    view! {
        <button class="icon" data-testid="theme" title=words::THEME aria-label=words::THEME
            aria-pressed=move || look.dark.get().to_string() on:click=toggle>
            {move || if look.dark.get() { "☀" } else { "☾" }}
        </button>
    }
}
