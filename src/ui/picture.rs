//! Pictures of a view on canvases.

use leptos::html;
use leptos::prelude::*;

use super::paint::{self, Pictures};
use super::react::react;
use crate::store::desks::Desks;
use crate::store::look::Look;
use latent_view::Slot;

/// One picture of a slot's latest answer.
#[component]
pub fn Picture(
    from: Slot,
    #[prop(into)] index: Signal<usize>,
    /// For those who do not see it; without one the picture only decorates its button.
    #[prop(optional, into)]
    label: String,
    #[prop(optional)] testid: &'static str,
    #[prop(optional)] class: &'static str,
) -> impl IntoView {
    let (look, desks) = (Look::get(), Desks::get());
    let canvas = NodeRef::<html::Canvas>::new();
    react(move || {
        let theme = look.theme.get();
        let index = index.get();
        let (Some(canvas), view) = (canvas.get(), desks.view(from).get()) else { return };
        let pictures = view.as_deref().and_then(Pictures::of);
        match pictures.and_then(|all| Some((all.get(index)?, all.shape))) {
            Some((picture, shape)) => paint::tiles(&canvas, &[picture], shape, 1, &theme),
            // There are not so many, or none of this model yet.
            None => paint::clear(&canvas),
        }
    });
    let hidden = label.is_empty().then_some("true");
    let role = (!label.is_empty()).then_some("img");
    view! {
        <canvas class=format!("digit {class}") node_ref=canvas width="28" height="28" role=role aria-hidden=hidden
            aria-label=(!label.is_empty()).then_some(label) data-testid=(!testid.is_empty()).then_some(testid)></canvas>
    }
}
