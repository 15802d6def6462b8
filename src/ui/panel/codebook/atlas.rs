//! All codes as pictures, with their use.

use std::sync::Arc;

use leptos::prelude::*;

use super::book::Book;
use super::editor::Editor;
use crate::model::TokenGrid;
use crate::panel::codebook::words;
use crate::panel::section::Panel;
use crate::picture::Picture;
use crate::rank::rank;
use crate::react::react;
use crate::store::desks::Desks;
use crate::store::runs::Runs;
use crate::tiles::{Segments, Tile, Tiles};
use crate::views::{ATLAS, CODEBOOK, TOKENS};
use latent_view::EachCode;
use latent_vocabulary::numbers::f32_bytes;

/// Codes on show; of a larger codebook the first ones in the chosen order.
const MOST: usize = 256;

/// Which code comes first: the most used, the one chosen longest ago, the first of the codebook.
const ORDERS: [(&str, &str, &str); 3] =
    [("codes-usage", words::BY_USAGE, ""), ("codes-age", words::BY_AGE, ""), ("codes-number", words::BY_NUMBER, "")];
const BY_USAGE: usize = 0;
const BY_AGE: usize = 1;
/// What a code's picture is: all places have it, or the place in hand alone.
const MODES: [(&str, &str, &str); 2] =
    [("atlas-everywhere", words::EVERYWHERE, words::EVERYWHERE_HELP), ("atlas-in-place", words::IN_PLACE, words::IN_PLACE_HELP)];
const EVERYWHERE: usize = 0;
const IN_PLACE: usize = 1;

/// The tokens that codes are put into, and where: see [`EachCode`].
fn question(grid: TokenGrid, mode: usize, tokens: Option<Arc<[f32]>>, cell: usize, level: usize) -> (Vec<f32>, Vec<u32>) {
    let of_cell = tokens.as_ref().and_then(|t| t.get(cell * grid.levels..(cell + 1) * grid.levels));
    match (mode, &tokens) {
        (IN_PLACE, Some(tokens)) => (tokens.to_vec(), vec![(cell * grid.levels + level) as u32]),
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
    let (runs, desks) = (Runs::get(), Desks::get());
    let editor = Editor::get();
    let book = Book::watch(runs, desks);
    let (sorting, mode) = (RwSignal::new(BY_USAGE), RwSignal::new(EVERYWHERE));
    // A pointer over the codes, or the keyboard among them: they keep their order.
    let held = RwSignal::new(false);
    let order = Memo::new(move |before: Option<&(usize, Vec<usize>)>| {
        let sorting = sorting.get();
        let codes = editor.grid.get().map_or(0, |grid| grid.codes);
        if let Some((was, order)) = before.filter(|(was, order)| held.get() && *was == sorting && order.len() == codes.min(MOST)) {
            return (*was, order.clone());
        }
        let book = book.get();
        let key = |code: usize| match (&book, sorting) {
            (Some(book), BY_USAGE) => -book.share(code),
            (Some(book), BY_AGE) => -book.age(code),
            _ => code as f32,
        };
        let mut order = rank((0..codes).map(key));
        order.truncate(MOST);
        (sorting, order)
    });
    // The same codes in another order are the same question.
    let shown = Memo::new(move |_| {
        let mut on = vec![false; editor.grid.get().map_or(0, |grid| grid.codes)];
        order.with(|(_, order)| {
            for code in order {
                if let Some(on) = on.get_mut(*code) {
                    *on = true;
                }
            }
        });
        (0u32..).zip(on).filter(|(_, on)| *on).map(|(code, _)| code).collect::<Vec<u32>>()
    });
    react(move || {
        let Some(grid) = editor.grid.get() else { return };
        let (mode, codes) = (mode.get(), shown.get());
        // Only what the picture depends on is tracked: a place in hand changes nothing of a code by itself.
        let in_hand = mode == IN_PLACE || grid.levels > 1;
        let (tokens, cell) = if in_hand { (editor.tokens.get(), editor.cell.get()) } else { (None, 0) };
        if mode == IN_PLACE && tokens.is_none() {
            return;
        }
        let (token_n, at) = question(grid, mode, tokens, cell, editor.level.get());
        desks.ask(ATLAS, EachCode { token_n: f32_bytes(&token_n), at, codes });
    });
    let most =
        Memo::new(move |_| book.with(|b| b.as_ref().map_or(0.0, |b| (0..b.count_k.len()).map(|k| b.share(k)).fold(0.0, f32::max))));
    let tile = move |(code, stop): (usize, Signal<bool>)| {
        let index = Signal::derive(move || shown.with(|codes| codes.binary_search(&(code as u32)).unwrap_or(0)));
        let share = Memo::new(move |_| book.with(|b| b.as_ref().map_or(0.0, |b| b.share(code))));
        let count = Memo::new(move |_| book.with(|b| b.as_ref().map(|b| b.count_k[code])));
        let words = move || words::code(code, share.get(), book.with(|b| b.as_ref().map_or(0.0, |b| b.age(code))));
        view! {
            <Tile testid=format!("code-{code}") tag=code.to_string() words=Signal::derive(words) stop press=move |()| editor.put(code as u32)
                value=Some(Signal::derive(move || count.get().map_or_else(String::new, |n| n.to_string())))
                bar=Some(Signal::derive(move || 100.0 * share.get() / most.get().max(f32::MIN_POSITIVE)))
                pressed=Signal::derive(move || editor.token(editor.cell.get()) == Some(code as u32))
                dead=Signal::derive(move || count.get() == Some(0)) picture=view! { <Picture from=ATLAS index=index /> }.into_any() />
        }
        .into_any()
    };
    let stats = Signal::derive(move || {
        book.with(|b| b.as_ref().map_or_else(String::new, |b| words::usage(b.used(), b.count_k.len(), b.perplexity, b.images)))
    });
    let rate = Signal::derive(move || {
        let Some(pixels) = runs.model().pixels() else { return String::new() };
        book.with(|b| b.as_ref().map_or_else(String::new, |b| words::rate(b.bits, pixels, b.images)))
    });
    let rest = Signal::derive(move || {
        editor.grid.get().filter(|grid| grid.codes > MOST).map_or_else(String::new, |grid| words::first_of(MOST, grid.codes))
    });
    view! {
        <Panel id="codebook" title=words::ATLAS help=words::ATLAS_HELP slots=&[CODEBOOK, ATLAS, TOKENS]
            tools=move || view! { <Segments label=words::MODE options=&MODES chosen=mode /> <Segments label=words::SORT options=&ORDERS chosen=sorting /> }>
            <p class="note" data-testid="codebook-stats">{stats}</p>
            <p class="note" data-testid="codebook-rate">{rate}</p>
            <Tiles order=Signal::derive(move || order.with(|(_, order)| order.clone())) label=words::ATLAS testid="atlas" prefix="code" held tile />
            <p class="note">{rest}</p>
        </Panel>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stands_everywhere_or_in_its_place() {
        let grid = TokenGrid { height: 1, width: 2, levels: 2, codes: 9, drawn: false, bits: false };
        let tokens: Option<Arc<[f32]>> = Some(vec![1.0, 2.0, 3.0, 4.0].into());
        assert_eq!(question(grid, IN_PLACE, tokens.clone(), 1, 0), (vec![1.0, 2.0, 3.0, 4.0], vec![2]));
        assert_eq!(question(grid, EVERYWHERE, tokens.clone(), 1, 1), (vec![3.0, 4.0, 3.0, 4.0], vec![1, 3]));
        let plain = TokenGrid { levels: 1, ..grid };
        assert_eq!(question(plain, EVERYWHERE, tokens, 1, 0), (vec![0.0, 0.0], vec![0, 1]));
        assert_eq!(question(grid, IN_PLACE, None, 0, 0).0.len(), 4);
    }
}
