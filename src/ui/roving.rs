//! One stop for the Tab key in a group of buttons; arrow keys move within it, as the ARIA practices ask.

use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Where a key leads to from a cell of a grid, if anywhere.
pub fn neighbour(key: &str, cell: usize, columns: usize, cells: usize) -> Option<usize> {
    let to = match key {
        "ArrowLeft" => cell.checked_sub(1)?,
        "ArrowRight" => cell + 1,
        "ArrowUp" => cell.checked_sub(columns)?,
        "ArrowDown" => cell + columns,
        "Home" => 0,
        "End" => cells.checked_sub(1)?,
        _ => return None,
    };
    (to < cells).then_some(to)
}

/// Moves the keyboard to the element with a test id.
pub fn focus(within: NodeRef<html::Div>, testid: &str) {
    let found = within.get_untracked().and_then(|e| e.query_selector(&format!("[data-testid={testid}]")).ok().flatten());
    if let Some(element) = found.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
        // Refused only by an element that is gone.
        let _ = element.focus();
    }
}

/// How many children stand in a row.
pub fn columns(root: NodeRef<html::Div>) -> usize {
    let Some(root) = root.get_untracked() else { return 1 };
    let children = root.children();
    let top = |i: u32| children.item(i).and_then(|e| e.dyn_into::<HtmlElement>().ok()).map(|e| e.offset_top());
    (1..children.length()).find(|i| top(*i) != top(0)).unwrap_or(children.length()).max(1) as usize
}

#[cfg(test)]
mod tests {
    use super::neighbour;

    #[test]
    fn keys_stay_on_the_grid() {
        let to = |key, cell| neighbour(key, cell, 3, 6);
        assert_eq!([to("ArrowRight", 0), to("ArrowDown", 0), to("ArrowUp", 4), to("End", 1)], [Some(1), Some(3), Some(1), Some(5)]);
        assert_eq!([to("ArrowLeft", 0), to("ArrowDown", 4), to("ArrowUp", 2), to("x", 2)], [None; 4]);
        assert_eq!(neighbour("End", 0, 1, 0), None);
    }
}
