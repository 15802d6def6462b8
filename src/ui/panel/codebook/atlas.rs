//! All codes as pictures, with their use.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

use super::super::Panel;
use super::book::Book;
use super::editor::Editor;
use super::stage::{focus, neighbour};
use crate::spec::protocol::{Query, f32_bytes};
use crate::ui::model::TokenGrid;
use crate::ui::picture::Picture;
use crate::ui::rank::rank;
use crate::ui::views::{ATLAS, CODEBOOK, TOKENS};
use crate::ui::{state::Lab, text::codebook as text};

/// Codes on show; of a larger codebook the first ones in the chosen order.
const MOST: usize = 256;

/// Which code comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sorting {
    Usage,
    /// Chosen longest ago.
    Age,
    Number,
}

/// What a code's picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// All places have it.
    Everywhere,
    /// The place in hand has it, the others stay as they are.
    InPlace,
}

/// The tokens that codes are put into, and where: see [`Query::EachCode`].
fn question(grid: TokenGrid, mode: Mode, tokens: Option<Arc<[f32]>>, cell: usize, level: usize) -> (Vec<f32>, Vec<u32>) {
    let of_cell = tokens.as_ref().and_then(|t| t.get(cell * grid.levels..(cell + 1) * grid.levels));
    match (mode, &tokens) {
        (Mode::InPlace, Some(tokens)) => (tokens.to_vec(), vec![(cell * grid.levels + level) as u32]),
        _ => {
            // What the other levels add is that of the place in hand; with one level there is nothing else.
            let zeros = vec![0.0; grid.levels];
            let of_place = if grid.levels > 1 { of_cell.unwrap_or(&zeros) } else { &zeros };
            let at = (0..grid.places()).map(|place| (place * grid.levels + level) as u32);
            (of_place.repeat(grid.places()), at.collect())
        }
    }
}

#[component]
pub fn Atlas() -> impl IntoView {
    let lab = Lab::get();
    let editor = Editor::get();
    let book = Book::watch(lab);
    let (sorting, mode) = (RwSignal::new(Sorting::Usage), RwSignal::new(Mode::Everywhere));
    // A pointer over the codes, or the keyboard among them: they keep their order.
    let held = RwSignal::new(false);
    let order = Memo::new(move |before: Option<&(Sorting, Vec<usize>)>| {
        let sorting = sorting.get();
        let codes = editor.grid.get().map_or(0, |grid| grid.codes);
        if let Some((was, order)) = before.filter(|(was, order)| held.get() && *was == sorting && order.len() == codes.min(MOST)) {
            return (*was, order.clone());
        }
        let book = book.get();
        let key = |code: usize| match (&book, sorting) {
            (Some(book), Sorting::Usage) => -book.share(code),
            (Some(book), Sorting::Age) => -book.age(code),
            _ => code as f32,
        };
        let mut order = rank((0..codes).map(key));
        order.truncate(MOST);
        (sorting, order)
    });
    // The same codes in another order are the same question.
    let shown = Memo::new(move |_| {
        let mut codes: Vec<u32> = order.with(|(_, order)| order.iter().map(|code| *code as u32).collect());
        codes.sort_unstable();
        codes
    });
    Effect::new(move || {
        let Some(grid) = editor.grid.get() else { return };
        let (mode, codes) = (mode.get(), shown.get());
        // Only what the picture depends on is tracked: a place in hand changes nothing of a code by itself.
        let in_hand = mode == Mode::InPlace || grid.levels > 1;
        let (tokens, cell) = if in_hand { (editor.tokens.get(), editor.cell.get()) } else { (None, 0) };
        if mode == Mode::InPlace && tokens.is_none() {
            return;
        }
        let (token_n, at) = question(grid, mode, tokens, cell, editor.level.get());
        lab.ask(ATLAS, Query::EachCode { token_n: f32_bytes(&token_n), at, codes });
    });
    let root = NodeRef::<html::Div>::new();
    let stop = RwSignal::new(0usize);
    let on_key = move |e: KeyboardEvent| {
        let order = order.with_untracked(|(_, order)| order.clone());
        let at = order.iter().position(|code| *code == stop.get_untracked()).unwrap_or(0);
        if let Some(to) = neighbour(&e.key(), at, columns(root), order.len()) {
            e.prevent_default();
            stop.set(order[to]);
            focus(root, &format!("code-{}", order[to]));
        }
    };
    let most = Memo::new(move |_| book.with(|b| b.as_ref().map_or(0.0, |b| (0..b.count_k.len()).map(|k| b.share(k)).fold(0.0, f32::max))));
    let first = move || order.with(|(_, order)| order.first().copied());
    let entry = move |code: usize| {
        let index = Signal::derive(move || shown.with(|codes| codes.binary_search(&(code as u32)).unwrap_or(0)));
        let share = Memo::new(move |_| book.with(|b| b.as_ref().map_or(0.0, |b| b.share(code))));
        let count = Memo::new(move |_| book.with(|b| b.as_ref().map(|b| b.count_k[code])));
        let age = Memo::new(move |_| book.with(|b| b.as_ref().map_or(0.0, |b| b.age(code))));
        let words = move || text::code(code, share.get(), age.get());
        let in_hand = move || editor.token(editor.cell.get()) == Some(code as u32);
        // The keyboard enters at the code in hand; where nothing is in hand yet, at the first.
        let enters = move || if order.with(|(_, order)| order.contains(&stop.get())) { stop.get() == code } else { first() == Some(code) };
        view! {
            <button class="cell atlas-code" class:dead=move || count.get() == Some(0) data-testid=format!("code-{code}")
                data-count=move || count.get().map(|n| n.to_string()) title=words aria-label=words
                aria-pressed=move || in_hand().to_string() tabindex=move || if enters() { "0" } else { "-1" }
                on:focus=move |_| stop.set(code) on:click=move |_| editor.put(code as u32)>
                <Picture from=ATLAS index=index />
                <span class="usage"><i style:width=move || format!("{:.1}%", 100.0 * share.get() / most.get().max(1e-9))></i></span>
                <span class="tag">{code}</span>
            </button>
        }
    };
    let sort = move |value: Sorting, name: &'static str, id: &'static str| view! {
        <button class="small" data-testid=id aria-pressed=move || (sorting.get() == value).to_string() on:click=move |_| sorting.set(value)>{name}</button>
    };
    let show = move |value: Mode, name: &'static str, help: &'static str, id: &'static str| view! {
        <button class="small" title=help data-testid=id aria-pressed=move || (mode.get() == value).to_string() on:click=move |_| mode.set(value)>{name}</button>
    };
    view! {
        <Panel id="codebook" help=text::ATLAS_HELP slots=&[CODEBOOK, ATLAS, TOKENS]
            tools=move || view! {
                <div class="segments" role="group" aria-label=text::MODE>
                    {show(Mode::Everywhere, text::EVERYWHERE, text::EVERYWHERE_HELP, "atlas-everywhere")}
                    {show(Mode::InPlace, text::IN_PLACE, text::IN_PLACE_HELP, "atlas-in-place")}
                </div>
                <div class="segments" role="group" aria-label=text::SORT>
                    {sort(Sorting::Usage, text::BY_USAGE, "codes-usage")}
                    {sort(Sorting::Age, text::BY_AGE, "codes-age")}
                    {sort(Sorting::Number, text::BY_NUMBER, "codes-number")}
                </div>
            }>
            <p class="note" data-testid="codebook-stats">{move || book.with(|b| b.as_ref().map(|b| text::usage(b.used(), b.count_k.len(), b.perplexity, b.images)))}</p>
            <div class="atlas" role="group" aria-label=text::ATLAS data-testid="atlas" node_ref=root on:keydown=on_key
                on:pointerenter=move |_| held.set(true) on:pointerleave=move |_| held.set(false)
                on:focusin=move |_| held.set(true) on:focusout=move |_| held.set(false)>
                <For each=move || order.with(|(_, order)| order.clone()) key=|code| *code let:code>{entry(code)}</For>
            </div>
            <p class="note">{move || editor.grid.get().filter(|grid| grid.codes > MOST).map(|grid| text::first_of(MOST, grid.codes))}</p>
        </Panel>
    }
}

/// How many codes stand in a row.
fn columns(root: NodeRef<html::Div>) -> usize {
    let Some(root) = root.get_untracked() else { return 1 };
    let children = root.children();
    let top = |i: u32| children.item(i).and_then(|e| e.dyn_into::<HtmlElement>().ok()).map(|e| e.offset_top());
    (1..children.length()).find(|i| top(*i) != top(0)).unwrap_or(children.length()).max(1) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stands_everywhere_or_in_its_place() {
        let grid = TokenGrid { height: 1, width: 2, levels: 2, codes: 9, drawn: false };
        let tokens: Option<Arc<[f32]>> = Some(vec![1.0, 2.0, 3.0, 4.0].into());
        assert_eq!(question(grid, Mode::InPlace, tokens.clone(), 1, 0), (vec![1.0, 2.0, 3.0, 4.0], vec![2]));
        assert_eq!(question(grid, Mode::Everywhere, tokens.clone(), 1, 1), (vec![3.0, 4.0, 3.0, 4.0], vec![1, 3]));
        let plain = TokenGrid { levels: 1, ..grid };
        assert_eq!(question(plain, Mode::Everywhere, tokens, 1, 0), (vec![0.0, 0.0], vec![0, 1]));
        assert_eq!(question(grid, Mode::InPlace, None, 0, 0).0.len(), 4);
    }
}
