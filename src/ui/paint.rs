//! Canvases: pictures from bytes, and the colours of the theme.

use leptos::wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use super::browser;

/// Colours of the labels 0–9: Matthew Petroff's ten-colour cycle, chosen for colour-vision deficiencies.
pub const LABELS: [&str; 10] = [
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd",
];

/// The theme's colours, read from the style sheet.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    pub ink: String,
    pub soft: String,
    pub rule: String,
    pub paper: String,
    /// Curves: what is minimised, then its parts.
    pub terms: [String; 3],
    /// Colour of a pixel of value 0–255.
    ramp: Vec<[u8; 3]>,
}

impl Theme {
    pub fn current() -> Self {
        let root = browser::window().document().and_then(|d| d.document_element()).expect("the page has a root");
        let style = browser::window().get_computed_style(&root).ok().flatten();
        let read = |name: &str| {
            style.as_ref().and_then(|s| s.get_property_value(name).ok()).unwrap_or_default().trim().to_owned()
        };
        let (low, high) = (rgb(&read("--digit-paper")), rgb(&read("--digit-ink")));
        let ramp = (0..=255u32)
            .map(|v| std::array::from_fn(|i| ((u32::from(low[i]) * (255 - v) + u32::from(high[i]) * v) / 255) as u8))
            .collect();
        Self {
            ink: read("--ink"),
            soft: read("--soft"),
            rule: read("--rule"),
            paper: read("--paper"),
            terms: [read("--term-0"), read("--term-1"), read("--term-2")],
            ramp,
        }
    }

    pub fn term(&self, i: usize) -> &str {
        &self.terms[i.min(2)]
    }
}

/// Parses `#rrggbb`; anything else is black.
fn rgb(text: &str) -> [u8; 3] {
    let hex = u32::from_str_radix(text.trim_start_matches('#'), 16).unwrap_or(0);
    [(hex >> 16) as u8, (hex >> 8) as u8, hex as u8]
}

/// The 2-D context of a canvas, kept in the CPU's memory: the graphics card is busy training, and a small picture that
/// waits for it there would hold the page's thread.
pub fn context(canvas: &HtmlCanvasElement) -> CanvasRenderingContext2d {
    let options = js_sys::Object::new();
    // Setting a property of a fresh object cannot fail.
    let _ = js_sys::Reflect::set(&options, &"willReadFrequently".into(), &true.into());
    let context = canvas.get_context_with_context_options("2d", &options);
    context.ok().flatten().expect("a canvas has a 2-D context").unchecked_into()
}

/// Fits the canvas to its size on the page and returns the context in CSS pixels, with that width and height.
pub fn fit(canvas: &HtmlCanvasElement) -> (CanvasRenderingContext2d, f64, f64) {
    let ratio = browser::window().device_pixel_ratio();
    let (width, height) = (f64::from(canvas.client_width()), f64::from(canvas.client_height()));
    let (w, h) = ((width * ratio) as u32, (height * ratio) as u32);
    if (canvas.width(), canvas.height()) != (w, h) {
        canvas.set_width(w);
        canvas.set_height(h);
    }
    let context = context(canvas);
    let _ = context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
    context.clear_rect(0.0, 0.0, width, height);
    (context, width, height)
}

/// Paints one grey image of `width` pixels a row, as ink on paper. The canvas takes the image's size; CSS scales it.
pub fn image(canvas: &HtmlCanvasElement, pixels: &[u8], width: u32, theme: &Theme) {
    tiles(canvas, &[pixels], width, 1, theme);
}

/// Paints images of `width` pixels a row beside and below each other, `columns` in a row.
pub fn tiles(canvas: &HtmlCanvasElement, images: &[&[u8]], width: u32, columns: u32, theme: &Theme) {
    let Some(first) = images.first() else { return };
    let w = width as usize;
    let height = first.len() / w;
    let rows = images.len().div_ceil(columns as usize);
    let full = w * columns as usize;
    let mut rgba = vec![0u8; full * height * rows * 4];
    for (i, pixels) in images.iter().enumerate() {
        let (row, column) = (i / columns as usize, i % columns as usize);
        for (y, line) in pixels.chunks_exact(w).enumerate() {
            let start = 4 * ((row * height + y) * full + column * w);
            for (out, v) in rgba[start..start + 4 * w].chunks_exact_mut(4).zip(line) {
                out[..3].copy_from_slice(&theme.ramp[usize::from(*v)]);
                out[3] = 255;
            }
        }
    }
    let (cw, ch) = (full as u32, (height * rows) as u32);
    if (canvas.width(), canvas.height()) != (cw, ch) {
        canvas.set_width(cw);
        canvas.set_height(ch);
    }
    if let Ok(data) = ImageData::new_with_u8_clamped_array_and_sh(Clamped(&rgba), cw, ch) {
        let _ = context(canvas).put_image_data(&data, 0.0, 0.0);
    }
}
