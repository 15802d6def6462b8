//! A feature as a picture: what it adds to an input.

use leptos::html;
use leptos::prelude::*;

use super::inspector::Inspector;
use crate::paint;
use crate::react::react;
use crate::store::look::Look;

#[component]
pub fn Atom(
    #[prop(into)] feature: Signal<Option<usize>>,
    /// For those who do not see it; without one the picture only decorates its button.
    #[prop(optional)]
    label: &'static str,
    #[prop(optional)] testid: &'static str,
) -> impl IntoView {
    let look = Look::get();
    let inspector = Inspector::get();
    let canvas = NodeRef::<html::Canvas>::new();
    react(move || {
        let theme = look.theme.get();
        let (Some(canvas), table) = (canvas.get(), inspector.table.get()) else { return };
        let Some(table) = table else { return paint::clear(&canvas) };
        if let Some(values) = feature.get().and_then(|f| table.atom(f)) {
            paint::difference(&canvas, &values, table.atom_shape(), &theme);
        }
    });
    let seen = !label.is_empty();
    view! {
        <canvas class="digit" node_ref=canvas width="28" height="28" role=seen.then_some("img") aria-hidden=(!seen).then_some("true")
            aria-label=seen.then_some(label) data-testid=(!testid.is_empty()).then_some(testid)></canvas>
    }
}
