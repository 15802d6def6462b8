//! Light and dark: as the system has it until the visitor chooses.

use std::rc::Rc;

use leptos::prelude::*;

use super::paint::Theme;
use super::state::Lab;
use super::{browser, text};

const KEY: &str = "latent-lab-theme";

/// Applies the theme that was chosen here before, or the system's.
pub fn init(lab: Lab) {
    let dark = match browser::parameter("theme").or_else(|| browser::recall(KEY)).as_deref() {
        Some("dark") => true,
        Some("light") => false,
        _ => browser::media("(prefers-color-scheme: dark)"),
    };
    apply(lab, dark);
}

fn apply(lab: Lab, dark: bool) {
    if let Some(root) = browser::document().document_element() {
        let _ = root.set_attribute("data-theme", if dark { "dark" } else { "light" });
    }
    lab.dark.set(dark);
    lab.theme.set(Rc::new(Theme::current()));
}

#[component]
pub fn ThemeButton() -> impl IntoView {
    let lab = Lab::get();
    let toggle = move |_| {
        let dark = !lab.dark.get_untracked();
        browser::remember(KEY, if dark { "dark" } else { "light" });
        apply(lab, dark);
    };
    view! {
        <button class="icon" data-testid="theme" title=text::THEME aria-label=text::THEME
            aria-pressed=move || lab.dark.get().to_string() on:click=toggle>
            {move || if lab.dark.get() { "☀" } else { "☾" }}
        </button>
    }
}
