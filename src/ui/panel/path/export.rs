//! The film as a picture and as a video.

use std::rc::Rc;
use std::sync::Arc;

use leptos::wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Blob, BlobEvent, HtmlCanvasElement, MediaRecorder};

use super::{Film, POINTS, SKIP, SWEEP};
use crate::ui::browser::{next_frame, now, save, window};
use crate::ui::paint::{self, Theme};

/// Pixels of the export for one of the picture.
const SCALE: u32 = 4;

fn canvas() -> Option<HtmlCanvasElement> {
    window().document()?.create_element("canvas").ok()?.dyn_into().ok()
}

/// A canvas enlarged, each pixel a square.
fn enlarge(small: &HtmlCanvasElement, large: &HtmlCanvasElement, scale: u32) {
    paint::resize(large, small.width() * scale, small.height() * scale);
    let context = paint::context(large);
    context.set_image_smoothing_enabled(false);
    let (w, h) = (f64::from(large.width()), f64::from(large.height()));
    // Fails only for a canvas without pixels.
    let _ = context.draw_image_with_html_canvas_element_and_dw_and_dh(small, 0.0, 0.0, w, h);
}

/// Saves all rows of the film as one PNG.
pub fn strip(film: Option<&Film>, theme: &Theme) {
    let (Some(film), Some(small), Some(large)) = (film, canvas(), canvas()) else { return };
    let pictures: Vec<&[u8]> = film.rows.iter().flat_map(|row| row.iter().step_by(SKIP)).map(Vec::as_slice).collect();
    paint::tiles(&small, &pictures, film.shape, POINTS.div_ceil(SKIP) as u32, theme);
    enlarge(&small, &large, SCALE);
    let done = Closure::once_into_js(|blob: JsValue| {
        if let Ok(blob) = blob.dyn_into::<Blob>() {
            save(&blob, "latent-path.png");
        }
    });
    let _ = large.to_blob(done.unchecked_ref());
}

/// Whether this browser records canvases.
pub fn can_record() -> bool {
    js_sys::Reflect::has(&window(), &"MediaRecorder".into()).unwrap_or(false)
}

/// Saves the rows side by side as a video, there and back again.
pub fn video(film: Option<Arc<Film>>, theme: Rc<Theme>) {
    let (Some(film), Some(small), Some(large)) = (film, canvas(), canvas()) else { return };
    let paint = move |small: &HtmlCanvasElement, large: &HtmlCanvasElement, part: f64| {
        let i = (part * (POINTS - 1) as f64).round() as usize;
        let frames: Vec<&[u8]> = film.rows.iter().filter_map(|row| row.get(i)).map(Vec::as_slice).collect();
        paint::tiles(small, &frames, film.shape, frames.len().max(1) as u32, &theme);
        enlarge(small, large, 2 * SCALE);
    };
    paint(&small, &large, 0.0);
    let Ok(stream) = large.capture_stream() else { return };
    let Ok(recorder) = MediaRecorder::new_with_media_stream(&stream) else { return };
    // One piece, when it stops.
    let done = Closure::once_into_js(|e: BlobEvent| {
        if let Some(blob) = e.data() {
            save(&blob, "latent-path.webm");
        }
    });
    recorder.set_ondataavailable(Some(done.unchecked_ref()));
    if recorder.start().is_ok() {
        frame(recorder, move |part| paint(&small, &large, part), now());
    }
}

/// Paints a frame and goes on until the way there and back is over.
fn frame(recorder: MediaRecorder, paint: impl Fn(f64) + 'static, started: f64) {
    next_frame(move || {
        let part = (now() - started) / SWEEP;
        if part >= 2.0 {
            let _ = recorder.stop();
            return;
        }
        paint(if part < 1.0 { part } else { 2.0 - part });
        frame(recorder, paint, started);
    });
}
