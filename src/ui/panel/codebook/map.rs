//! Codes by similarity: their vectors on the plane of largest variance.

use leptos::html;
use leptos::prelude::*;
use web_sys::MouseEvent;

use super::book::Book;
use super::editor::Editor;
use crate::paint;
use crate::panel::codebook::words;
use crate::panel::section::Panel;
use crate::plane::Plane;
use crate::rank::rank;
use crate::react::react;
use crate::store::desks::Desks;
use crate::store::look::Look;
use crate::store::runs::Runs;
use crate::views::CODEBOOK;

const MARGIN: f64 = 16.0;
/// Radius of the most used code, and of one that is never used, in CSS pixels.
const LARGEST: f64 = 13.0;
const SMALLEST: f64 = 2.5;

/// Places of the codes, 0 to 1 in both directions.
fn places(vector_kd: &[f32], dim: usize, before: &Plane) -> (Plane, Vec<(f64, f64)>) {
    let plane = Plane::of_variance(vector_kd, dim, before);
    let all: Vec<(f32, f32)> = vector_kd.chunks_exact(dim.max(1)).map(|e| plane.project(e)).collect();
    let span = |of: fn(&(f32, f32)) -> f32| {
        let (low, high) = all.iter().map(of).fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        (low, (high - low).max(f32::MIN_POSITIVE))
    };
    let ((left, wide), (low, high)) = (span(|p| p.0), span(|p| p.1));
    let places = all.iter().map(|(x, y)| (f64::from((x - left) / wide), f64::from(1.0 - (y - low) / high))).collect();
    (plane, places)
}

#[component]
pub fn CodeMap() -> impl IntoView {
    let (look, runs, desks) = (Look::get(), Runs::get(), Desks::get());
    let editor = Editor::get();
    let book = Book::watch(runs, desks);
    let canvas = NodeRef::<html::Canvas>::new();
    let plane = StoredValue::new(Plane::default());
    let spots = Memo::new(move |_| {
        book.with(|book| {
            let book = book.as_ref()?;
            let (found, spots) = places(&book.vector_kd, book.dim(), &plane.get_value());
            plane.set_value(found);
            Some(spots)
        })
    });
    let at =
        |(x, y): (f64, f64), width: f64, height: f64| (MARGIN + x * (width - 2.0 * MARGIN), MARGIN + y * (height - 2.0 * MARGIN));
    react(move || {
        let theme = look.theme.get();
        let Some(canvas) = canvas.get() else { return };
        let (context, width, height) = paint::fit(&canvas);
        let Some((spots, book)) = spots.get().zip(book.get()) else { return };
        let most = (0..book.count_k.len()).map(|k| book.share(k)).fold(f32::MIN_POSITIVE, f32::max);
        let in_hand = editor.token(editor.cell.get());
        // Small ones over large ones.
        for code in rank((0..spots.len()).map(|k| -book.share(k))) {
            let (x, y) = at(spots[code], width, height);
            let radius = SMALLEST + (LARGEST - SMALLEST) * f64::from(book.share(code) / most).sqrt();
            context.begin_path();
            let _ = context.arc(x, y, radius, 0.0, std::f64::consts::TAU);
            context.set_fill_style_str(theme.term(1));
            context.set_global_alpha(if book.count_k[code] == 0 { 0.0 } else { 0.55 });
            context.fill();
            context.set_global_alpha(1.0);
            let chosen = in_hand == Some(code as u32);
            context.set_stroke_style_str(if chosen { &theme.ink } else { theme.term(1) });
            context.set_line_width(if chosen { 2.5 } else { 1.0 });
            context.stroke();
        }
    });
    // Not as soon as it is pressed: a finger may only scroll past.
    let choose = move |e: MouseEvent| {
        let Some(canvas) = canvas.get_untracked() else { return };
        let (width, height) = (f64::from(canvas.client_width()), f64::from(canvas.client_height()));
        let far = |spot: (f64, f64)| {
            let (x, y) = at(spot, width, height);
            (x - f64::from(e.offset_x())).hypot(y - f64::from(e.offset_y())) as f32
        };
        if let Some(code) = spots.with_untracked(|s| s.as_ref().and_then(|s| rank(s.iter().map(|p| far(*p))).first().copied())) {
            editor.put(code as u32);
        }
    };
    view! {
        <Panel id="code-map" title=words::MAP help=words::MAP_HELP slots=&[CODEBOOK]>
            <canvas class="code-map" node_ref=canvas role="img" aria-label=words::MAP_WORDS data-testid="code-map" on:click=choose></canvas>
        </Panel>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_axis_lies_across() {
        let vectors: Vec<f32> = (0..10).flat_map(|i| [i as f32, (i % 2) as f32 * 0.1, 5.0]).collect();
        let (plane, spots) = places(&vectors, 3, &Plane::default());
        assert!(plane.u[0].abs() > 0.99, "{plane:?}");
        assert!((0..10).all(|i| (spots[i].0 - i as f64 / 9.0).abs() < 0.02), "{spots:?}");
        assert_eq!(places(&[], 3, &plane).1, vec![]);
    }
}
