//! Canvases: pictures from bytes, and the colours of the theme.

use leptos::wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use super::browser;
use latent_view as view;
use latent_view::View;

/// Size of a picture.
pub use latent_view::Size as Shape;

/// Colours of the labels 0–9: Matthew Petroff's ten-colour cycle, chosen for colour-vision deficiencies.
pub const LABELS: [&str; 10] =
    ["#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"];

/// Colours of the terms of an objective.
const TERMS: usize = 8;

/// Which of the theme's colours a term has: the first is that of what is minimised alone, the others begin again when they
/// are used up.
pub fn term_colour(i: usize) -> usize {
    if i < TERMS { i } else { 1 + (i - 1) % (TERMS - 1) }
}

/// The theme's colours, read from the style sheet.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    pub ink: String,
    pub soft: String,
    pub rule: String,
    pub paper: String,
    /// Curves: what is minimised, then its parts.
    terms: [String; TERMS],
    /// Ways through latent space: straight, spherical, geodesic.
    ways: [String; 3],
    /// Colour of a pixel of value 0–255.
    ramp: Vec<[u8; 3]>,
    /// Colours of a pixel that brightens, and of one that darkens.
    rise: [u8; 3],
    fall: [u8; 3],
}

impl Theme {
    pub fn current() -> Self {
        let root = browser::document().document_element().expect("the page has a root");
        let style = browser::window().get_computed_style(&root).ok().flatten();
        let read = |name: &str| style.as_ref().and_then(|s| s.get_property_value(name).ok()).unwrap_or_default().trim().to_owned();
        let (low, high) = (rgb(&read("--digit-paper")), rgb(&read("--digit-ink")));
        let ramp = (0..=255u32)
            .map(|v| std::array::from_fn(|i| ((u32::from(low[i]) * (255 - v) + u32::from(high[i]) * v) / 255) as u8))
            .collect();
        Self {
            ink: read("--ink"),
            soft: read("--soft"),
            rule: read("--rule"),
            paper: read("--paper"),
            terms: std::array::from_fn(|i| read(&format!("--term-{i}"))),
            ways: [read("--way-0"), read("--way-1"), read("--way-2")],
            ramp,
            rise: rgb(&read("--term-2")),
            fall: rgb(&read("--term-1")),
        }
    }

    /// Colour of a kind of path.
    pub fn way(&self, i: usize) -> &str {
        &self.ways[i.min(2)]
    }

    pub fn term(&self, i: usize) -> &str {
        &self.terms[term_colour(i)]
    }
}

/// Parses `#rrggbb`; anything else is black.
fn rgb(text: &str) -> [u8; 3] {
    let hex = u32::from_str_radix(text.trim_start_matches('#'), 16).unwrap_or(0);
    [(hex >> 16) as u8, (hex >> 8) as u8, hex as u8]
}

/// A canvas that is not on the page.
pub fn sheet() -> HtmlCanvasElement {
    browser::document().create_element("canvas").expect("every document has canvases").unchecked_into()
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

/// Makes a canvas show nothing.
pub fn clear(canvas: &HtmlCanvasElement) {
    // Setting its size clears a canvas.
    canvas.set_width(canvas.width());
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

/// The pictures of an answer.
#[derive(Clone, Copy)]
pub struct Pictures<'a> {
    pub shape: Shape,
    pixels: &'a [u8],
}

impl<'a> Pictures<'a> {
    pub fn of(view: &'a View) -> Option<Self> {
        let view::Pictures { size, pixels } = view.pictures()?;
        (!size.is_empty()).then_some(Self { shape: size, pixels })
    }

    pub fn len(self) -> usize {
        self.pixels.len() / self.shape.len()
    }

    pub fn get(self, i: usize) -> Option<&'a [u8]> {
        self.pixels.chunks_exact(self.shape.len()).nth(i)
    }

    pub fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        self.pixels.chunks_exact(self.shape.len())
    }
}

/// Sets a canvas's own size, which clears it; CSS scales it.
pub fn resize(canvas: &HtmlCanvasElement, width: u32, height: u32) {
    if (canvas.width(), canvas.height()) != (width, height) {
        canvas.set_width(width);
        canvas.set_height(height);
    }
}

/// Paints pictures beside and below each other, `columns` in a row: grey ones as ink on paper, three channels as they are.
pub fn tiles(canvas: &HtmlCanvasElement, images: &[&[u8]], shape: Shape, columns: u32, theme: &Theme) {
    let rows = (images.len() as u32).div_ceil(columns);
    resize(canvas, shape.width * columns, shape.height * rows);
    let context = context(canvas);
    for (i, picture) in (0u32..).zip(images) {
        let at = ((i % columns * shape.width).into(), (i / columns * shape.height).into());
        put(&context, &rgba(picture, shape, theme), shape, at);
    }
}

/// Paints one picture per pixel value from −1 to 1 on a diverging ramp: what brightens in one colour, what darkens in another.
pub fn difference(canvas: &HtmlCanvasElement, values: &[f32], shape: Shape, theme: &Theme) {
    resize(canvas, shape.width, shape.height);
    let mut out = vec![255u8; (shape.width * shape.height * 4) as usize];
    for (pixel, v) in out.chunks_exact_mut(4).zip(values) {
        let towards = if *v > 0.0 { theme.rise } else { theme.fall };
        let part = v.abs().min(1.0);
        for ((o, from), to) in pixel.iter_mut().zip(theme.ramp[0]).zip(towards) {
            *o = (f32::from(from) + part * (f32::from(to) - f32::from(from))) as u8;
        }
    }
    put(&context(canvas), &out, shape, (0.0, 0.0));
}

/// What changes from one picture to another at each pixel, mean over the channels, −1 to 1, stretched so that faint
/// changes are seen.
pub fn change(from: &[u8], to: &[u8], channels: u32) -> Vec<f32> {
    let plane = from.len() / channels.max(1) as usize;
    (0..plane)
        .map(|p| {
            let at = || (p..from.len()).step_by(plane);
            let sum: f32 = at().map(|i| f32::from(to[i]) - f32::from(from[i])).sum();
            let mean = sum / (255.0 * channels.max(1) as f32);
            mean.signum() * mean.abs().sqrt()
        })
        .collect()
}

/// Pixels as a canvas takes them.
pub fn rgba(picture: &[u8], shape: Shape, theme: &Theme) -> Vec<u8> {
    let plane = (shape.width * shape.height) as usize;
    let mut out = vec![255u8; 4 * plane];
    for (i, pixel) in out.chunks_exact_mut(4).enumerate() {
        match shape.channels {
            3 => (0..3).for_each(|c| pixel[c] = picture[c * plane + i]),
            _ => pixel[..3].copy_from_slice(&theme.ramp[usize::from(picture[i])]),
        }
    }
    out
}

/// Puts pixels onto a canvas.
pub fn put(context: &CanvasRenderingContext2d, rgba: &[u8], shape: Shape, (x, y): (f64, f64)) {
    if let Ok(data) = ImageData::new_with_u8_clamped_array_and_sh(Clamped(rgba), shape.width, shape.height) {
        let _ = context.put_image_data(&data, x, y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn change_is_signed_and_averages_channels() {
        assert_eq!(change(&[0, 255, 0], &[255, 0, 0], 1), vec![1.0, -1.0, 0.0]);
        // Two pixels in two channels, planes one after the other.
        assert_eq!(change(&[0, 0, 0, 0], &[255, 0, 255, 255], 2), vec![1.0, 0.5f32.sqrt()]);
    }

    #[test]
    fn the_colour_of_what_is_minimised_is_its_own() {
        let colours: Vec<usize> = (0..TERMS).map(term_colour).collect();
        assert_eq!(colours, (0..TERMS).collect::<Vec<_>>());
        assert_eq!([TERMS, TERMS + 1, 2 * TERMS - 1].map(term_colour), [1, 2, 1]);
    }
}
