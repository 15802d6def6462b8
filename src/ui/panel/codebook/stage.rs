//! The token grid of an image, over what it stands for.

use leptos::html;
use leptos::prelude::*;
use web_sys::{KeyboardEvent, PointerEvent};

use super::editor::{Editor, Start};
use crate::dress::Dress;
use crate::model::TokenGrid;
use crate::paint;
use crate::panel::codebook::words;
use crate::panel::section::Panel;
use crate::picture::Picture;
use crate::react::react;
use crate::roving::{focus, neighbour};
use crate::shelf::Shelf;
use crate::store::codes::Codes;
use crate::store::look::Look;
use crate::store::runs::Runs;
use crate::tiles::Segments;
use crate::views::{COMPOSED, TOKENS};

#[component]
pub fn Tokens() -> impl IntoView {
    let (runs, codes) = (Runs::get(), Codes::get());
    let editor = Editor::get();
    let own = move || codes.own.get().filter(|x| x.len() == runs.model().shape.len());
    let unchanged = Signal::derive(move || (editor.count() == 0).to_string());
    let levels = move || editor.grid.get().map_or(1, |grid| grid.levels);
    let choose_level = move || {
        (levels() > 1).then(|| view! { <Segments label=words::LEVELS options=&words::LEVEL_NAMES[..levels().min(words::LEVEL_NAMES.len())] chosen=editor.level /> })
    };
    let drawn = Signal::derive(move || matches!(editor.start.get(), Some(Start::Drawn(_))));
    let words = Signal::derive(move || {
        words::place(editor.grid.get(), editor.cell.get(), editor.level.get(), editor.token(editor.cell.get()), editor.count())
    });
    view! {
        <Panel id="tokens" title=words::TOKENS help=words::TOKENS_HELP slots=&[TOKENS, COMPOSED]
            tools=move || view! {
                {choose_level}
                <button class="small" data-testid="tokens-undo" aria-disabled=unchanged on:click=move |_| editor.undo()>{words::UNDO}</button>
                <button class="small" data-testid="tokens-reset" aria-disabled=unchanged on:click=move |_| editor.reset()>{words::RESET}</button>
            }>
            <Dress name="codes" />
            <div class="token-stage">
                <Cells editor />
                <div class="token-side">
                    <figure class:gone=drawn><Source editor /><figcaption>{words::ORIGINAL}</figcaption></figure>
                    <figure class:gone=drawn><Picture from=TOKENS index=0usize label=words::ENCODED testid="tokens-encoded" />
                        <figcaption>{words::ENCODED}</figcaption></figure>
                </div>
            </div>
            <p class="note" data-testid="tokens-words">{words}</p>
            {move || editor.grid.get().filter(|grid| grid.bits).map(|grid| view! { <Bits editor codes=grid.codes /> })}
            <Shelf verb=words::pick begin=Signal::derive(move || editor.start.with_untracked(Option::is_none)) pick=move |_, x| editor.begin(Start::Image(x.into())) />
            <button class="small own" class:absent=Signal::derive(move || own().is_none()) data-testid="tokens-own" on:click=move |_| if let Some(x) = own() { editor.begin(Start::Image(x)) }>{words::OWN}</button>
        </Panel>
    }
}

/// The bits of the code in hand, each a switch.
#[component]
fn Bits(editor: Editor, codes: usize) -> impl IntoView {
    let code = move || editor.token(editor.cell.get());
    let flip = move |bit: u32| {
        if let Some(code) = untrack(code) {
            editor.put(flipped(code, bit));
        }
    };
    let switch = |bit: u32| {
        let on = move || code().is_some_and(|code| code >> bit & 1 == 1);
        view! {
            <button role="switch" aria-checked=Signal::derive(move || on().to_string()) aria-label=words::bit(bit) title=words::bit(bit)
                data-testid=format!("bit-{bit}") on:click=move |_| flip(bit)>{Signal::derive(move || if on() { "1" } else { "0" })}</button>
        }
    };
    view! {
        <div class="bits" role="group" aria-label=words::BITS data-testid="bits">
            <span aria-hidden="true">{words::BITS}</span>{(0..codes.ilog2()).map(switch).collect_view()}
        </div>
    }
}

/// The code with one bit turned over.
fn flipped(code: u32, bit: u32) -> u32 {
    code ^ (1 << bit)
}

/// The image that the tokens come from.
#[component]
fn Source(editor: Editor) -> impl IntoView {
    let (look, runs) = (Look::get(), Runs::get());
    let canvas = NodeRef::<html::Canvas>::new();
    react(move || {
        let (theme, shape) = (look.theme.get(), runs.model().shape);
        if let (Some(canvas), Some(Start::Image(x))) = (canvas.get(), editor.start.get())
            && x.len() == shape.len()
        {
            paint::tiles(&canvas, &[&x], shape, 1, &theme);
        }
    });
    view! { <canvas class="digit" node_ref=canvas width="28" height="28" role="img" aria-label=words::ORIGINAL data-testid="tokens-source"></canvas> }
}

/// The place at a point of the grid, in shares of its width and height.
fn place_at(x: f64, y: f64, grid: TokenGrid) -> Option<usize> {
    let inside = (0.0..1.0).contains(&x) && (0.0..1.0).contains(&y);
    inside.then(|| (y * grid.height as f64) as usize * grid.width + (x * grid.width as f64) as usize)
}

/// The places over the picture: arrow keys move among them, Page Up and Page Down turn the code, a drag paints.
#[component]
fn Cells(editor: Editor) -> impl IntoView {
    let root = NodeRef::<html::Div>::new();
    let select = move |cell: usize| {
        editor.cell.set(cell);
        focus(root, &format!("cell-{cell}"));
    };
    let on_key = move |e: KeyboardEvent| {
        let Some(grid) = editor.grid.get_untracked() else { return };
        match e.key().as_str() {
            "PageUp" => editor.turn(-1),
            "PageDown" => editor.turn(1),
            key => match neighbour(key, editor.cell.get_untracked(), grid.width, grid.places()) {
                Some(to) => select(to),
                None => return,
            },
        }
        e.prevent_default();
    };
    // By position: a finger's events all go to the place that it pressed.
    let under = move |e: &PointerEvent| {
        let (grid, area) = (editor.grid.get_untracked()?, root.get_untracked()?.get_bounding_client_rect());
        let x = (f64::from(e.client_x()) - area.left()) / area.width();
        place_at(x, (f64::from(e.client_y()) - area.top()) / area.height(), grid)
    };
    // The place that the pressed pointer was over last. A press alone chooses a place; on the way to another it paints.
    let last = StoredValue::new(None);
    let drag = move |e: PointerEvent| {
        let (1, Some(code), Some(cell)) = (e.buttons(), editor.brush.get_untracked(), under(&e)) else { return };
        let from = last.get_value();
        if from == Some(cell) {
            return;
        }
        last.set_value(Some(cell));
        for cell in from.into_iter().chain([cell]) {
            editor.cell.set(cell);
            editor.put(code);
        }
    };
    let rows = move || {
        let grid = editor.grid.get()?;
        let row = |r: usize| {
            let cells = (0..grid.width).map(|c| {
                let cell = r * grid.width + c;
                let token = move || editor.token(cell);
                let in_hand = Memo::new(move |_| editor.cell.get() == cell);
                view! {
                    <button role="gridcell" data-testid=format!("cell-{cell}") class:changed=Signal::derive(move || editor.changed(cell))
                        tabindex=Signal::derive(move || if in_hand.get() { 0 } else { -1 })
                        aria-selected=Signal::derive(move || in_hand.get().to_string())
                        aria-label=Signal::derive(move || words::cell(r, c, token()))
                        on:click=move |_| select(cell)>
                        {Signal::derive(move || token().map_or_else(String::new, |t| t.to_string()))}</button>
                }
            });
            view! { <div role="row">{cells.collect_view()}</div> }
        };
        Some((0..grid.height).map(row).collect_view())
    };
    let columns = move || format!("repeat({}, minmax(0, 1fr))", editor.grid.get().map_or(1, |grid| grid.width));
    view! {
        <div class="token-grid">
            <Picture from=COMPOSED index=0usize label=words::COMPOSED testid="tokens-picture" />
            <div class="token-cells" class:painted=move || editor.brush.with(Option::is_some) role="grid" aria-label=words::GRID node_ref=root
                style:grid-template-columns=columns on:keydown=on_key on:pointerdown=move |e| last.set_value(under(&e))
                on:pointermove=drag on:pointerleave=move |_| last.set_value(None)>{rows}</div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bit_is_turned_over_and_back() {
        assert_eq!((flipped(0b101, 1), flipped(0b101, 2), flipped(flipped(9, 3), 3)), (0b111, 0b001, 9));
    }

    #[test]
    fn a_point_has_the_place_that_it_lies_in() {
        let grid = TokenGrid { height: 2, width: 4, levels: 3, codes: 16, drawn: false, bits: false };
        let at = |x, y| place_at(x, y, grid);
        assert_eq!([at(0.0, 0.0), at(0.3, 0.49), at(0.99, 0.5), at(0.1, 0.99)], [Some(0), Some(1), Some(7), Some(4)]);
        assert_eq!([at(-0.01, 0.5), at(1.0, 0.5), at(0.5, 1.0), at(f64::NAN, 0.5)], [None; 4]);
    }
}
