//! A panel's pictures as one PNG, where they stand on the page.

use leptos::wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Blob, Element, HtmlCanvasElement};

use crate::browser;
use crate::paint;
use crate::paint::Theme;

/// Paper around the pictures, in pixels of the page.
const MARGIN: f64 = 12.0;
/// Pixels of the file for one of the page, so that it prints well.
const SCALE: f64 = 2.0;

/// Saves all canvases below `panel` as `name.png`, on the colour of the page.
pub fn save(panel: &Element, name: &str, theme: &Theme) {
    let canvases: Vec<HtmlCanvasElement> = browser::all(panel, "canvas").iter().filter_map(|c| c.dyn_into().ok()).collect();
    let place = |c: &HtmlCanvasElement| {
        let r = c.get_bounding_client_rect();
        (r.left(), r.top(), r.width(), r.height())
    };
    let hidden = |c: &HtmlCanvasElement| c.class_list().contains("gone");
    let seen: Vec<_> =
        canvases.iter().filter(|c| !hidden(c)).map(|c| (c, place(c))).filter(|(_, (.., w, h))| *w > 0.0 && *h > 0.0).collect();
    let edge = |of: fn(&(f64, f64, f64, f64)) -> f64, pick: fn(f64, f64) -> f64| seen.iter().map(|(_, p)| of(p)).reduce(pick);
    let (Some(left), Some(top)) = (edge(|p| p.0, f64::min), edge(|p| p.1, f64::min)) else { return };
    let (Some(right), Some(bottom)) = (edge(|p| p.0 + p.2, f64::max), edge(|p| p.1 + p.3, f64::max)) else { return };

    let sheet = paint::sheet();
    let size = |length: f64| ((length + 2.0 * MARGIN) * SCALE) as u32;
    paint::resize(&sheet, size(right - left), size(bottom - top));
    let context = paint::context(&sheet);
    context.set_fill_style_str(&theme.paper);
    context.fill_rect(0.0, 0.0, sheet.width().into(), sheet.height().into());
    for (canvas, (x, y, w, h)) in seen {
        // Pictures of few pixels keep their squares.
        context.set_image_smoothing_enabled(f64::from(canvas.width()) > w);
        let at = |v: f64, from: f64| (v - from + MARGIN) * SCALE;
        // Fails only for a canvas without pixels.
        let _ = context.draw_image_with_html_canvas_element_and_dw_and_dh(canvas, at(x, left), at(y, top), w * SCALE, h * SCALE);
    }
    let name = format!("{name}.png");
    let done = Closure::once_into_js(move |blob: JsValue| {
        if let Ok(blob) = blob.dyn_into::<Blob>() {
            browser::save(&blob, &name);
        }
    });
    let _ = sheet.to_blob(done.unchecked_ref());
}
