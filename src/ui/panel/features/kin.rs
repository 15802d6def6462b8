//! What features have to do with one another: from layer to layer, where there are layers, and in families.

use leptos::prelude::*;

use super::family::Families;
use super::inspector::Inspector;
use super::layers::Layers;

/// Two panels that are fetched together.
#[component]
pub fn Kin() -> impl IntoView {
    let inspector = Inspector::get();
    let layers = Memo::new(move |_| inspector.grid.get().is_some_and(|grid| grid.layers));
    view! {
        <Show when=move || layers.get()><Layers /></Show>
        <Families />
    }
}
