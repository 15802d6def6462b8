//! Many small pictures to choose from.
//!
//! Everything that differs from use to use comes in as a signal, a callback or a view without a type: what is compiled here
//! is compiled once, and not once for each panel.

use leptos::html;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use super::roving::{columns, focus, neighbour};

/// A picture that can be pressed, with a tag and perhaps a bar below.
#[component]
pub fn Tile(
    testid: String,
    /// What it is, for a hint and for those who do not see it.
    #[prop(into)]
    words: Signal<String>,
    #[prop(into)] tag: Signal<String>,
    #[prop(into)] press: Callback<()>,
    /// The number behind the bar, for scripts.
    #[prop(default = None)]
    value: Option<Signal<String>>,
    /// Percent.
    #[prop(default = None)]
    bar: Option<Signal<f32>>,
    #[prop(default = Signal::stored(false))] pressed: Signal<bool>,
    #[prop(default = Signal::stored(false))] dead: Signal<bool>,
    /// Whether the Tab key stops here.
    #[prop(default = Signal::stored(true))]
    stop: Signal<bool>,
    picture: AnyView,
) -> impl IntoView {
    let bar = bar.map(|share| {
        let width = Signal::derive(move || format!("{:.1}%", share.get()));
        view! { <span class="usage"><i style:width=width></i></span> }
    });
    view! {
        <button class="cell tile" class:dead=dead data-testid=testid data-value=value title=words aria-label=words
            aria-pressed=Signal::derive(move || pressed.get().to_string()) tabindex=Signal::derive(move || if stop.get() { 0 } else { -1 })
            on:click=move |_| press.run(())>
            {picture} {bar} <span class="tag">{tag}</span>
        </button>
    }
}

/// Tiles in an order that changes; arrow keys move among them.
#[component]
pub fn Tiles(
    #[prop(into)] order: Signal<Vec<usize>>,
    label: &'static str,
    testid: &'static str,
    /// Tiles are called so, and by their number.
    prefix: &'static str,
    /// A pointer or the keyboard is among them.
    held: RwSignal<bool>,
    /// Makes a tile of its number and of whether the Tab key stops there.
    #[prop(into)]
    tile: Callback<(usize, Signal<bool>), AnyView>,
) -> impl IntoView {
    let root = NodeRef::<html::Div>::new();
    let stop = RwSignal::new(None::<usize>);
    let enters =
        Memo::new(move |_| order.with(|order| stop.get().filter(|at| order.contains(at)).or_else(|| order.first().copied())));
    let on_key = move |e: KeyboardEvent| {
        let all = order.get_untracked();
        let at = all.iter().position(|i| Some(*i) == enters.get_untracked()).unwrap_or(0);
        if let Some(to) = neighbour(&e.key(), at, columns(root), all.len()) {
            e.prevent_default();
            stop.set(Some(all[to]));
            focus(root, &format!("{prefix}-{}", all[to]));
        }
    };
    view! {
        <div class="tiles" role="group" aria-label=label data-testid=testid node_ref=root on:keydown=on_key
            on:pointerenter=move |_| held.set(true) on:pointerleave=move |_| held.set(false)
            on:focusin=move |_| held.set(true) on:focusout=move |_| held.set(false)>
            <For each=move || order.get() key=|i| *i let:i>{tile.run((i, Signal::derive(move || enters.get() == Some(i))))}</For>
        </div>
    }
}

/// A choice among a few, as buttons side by side.
#[component]
pub fn Segments(
    label: &'static str,
    /// Test id, name and hint of each.
    options: &'static [(&'static str, &'static str, &'static str)],
    chosen: RwSignal<usize>,
) -> impl IntoView {
    let buttons = (0..).zip(options).map(|(i, (id, name, help))| {
        let pressed = Signal::derive(move || (chosen.get() == i).to_string());
        view! { <button class="small" title=*help data-testid=*id aria-pressed=pressed on:click=move |_| chosen.set(i)>{*name}</button> }
    });
    view! { <div class="segments" role="group" aria-label=label>{buttons.collect_view()}</div> }
}
