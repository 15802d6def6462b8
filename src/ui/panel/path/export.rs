//! The film as a picture, as an animation and as a video.

use std::rc::Rc;
use std::sync::Arc;

use gif::{Encoder, Frame, Repeat};
use leptos::wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Blob, BlobEvent, HtmlCanvasElement, MediaRecorder};

use super::film::{Film, POINTS, SKIP, SWEEP};
use crate::browser::{next_frame, now, save, save_bytes, window};
use crate::paint;
use crate::paint::Theme;

/// Pixels of the export for one of the picture.
const SCALE: u32 = 4;

/// A canvas enlarged, each pixel a square.
fn enlarge(small: &HtmlCanvasElement, large: &HtmlCanvasElement, scale: u32) {
    paint::resize(large, small.width() * scale, small.height() * scale);
    let context = paint::context(large);
    context.set_image_smoothing_enabled(false);
    let (w, h) = (f64::from(large.width()), f64::from(large.height()));
    // Fails only for a canvas without pixels.
    let _ = context.draw_image_with_html_canvas_element_and_dw_and_dh(small, 0.0, 0.0, w, h);
}

/// Paints place `i` of every row side by side.
fn paint_frame(film: &Film, theme: &Theme, small: &HtmlCanvasElement, large: &HtmlCanvasElement, i: usize) {
    let frames: Vec<&[u8]> = film.rows.iter().filter_map(|row| row.get(i)).map(Vec::as_slice).collect();
    paint::tiles(small, &frames, film.shape, frames.len().max(1) as u32, theme);
    enlarge(small, large, 2 * SCALE);
}

/// Saves all rows of the film as one PNG.
pub fn strip(film: Option<&Film>, theme: &Theme) {
    let Some(film) = film else { return };
    let (small, large) = (paint::sheet(), paint::sheet());
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

/// Frames of an animation there and back again; the ends occur once.
fn there_and_back() -> impl ExactSizeIterator<Item = usize> {
    let last = POINTS - 1;
    (0..2 * last).map(move |i| if i > last { 2 * last - i } else { i })
}

/// Saves the rows side by side as a GIF, there and back again, a frame of it with each frame of the page.
pub fn gif(film: Option<Arc<Film>>, theme: Rc<Theme>) {
    let Some(film) = film else { return };
    let (small, large) = (paint::sheet(), paint::sheet());
    paint_frame(&film, &theme, &small, &large, 0);
    let (Ok(width), Ok(height)) = (u16::try_from(large.width()), u16::try_from(large.height())) else { return };
    let Ok(mut encoder) = Encoder::new(Vec::new(), width, height, &[]) else { return };
    // Written to memory, nothing of this can fail.
    let _ = encoder.set_repeat(Repeat::Infinite);
    gif_frame(encoder, there_and_back(), move |i| {
        paint_frame(&film, &theme, &small, &large, i);
        let data = paint::context(&large).get_image_data(0.0, 0.0, width.into(), height.into()).ok()?;
        let mut frame = Frame::from_rgba_speed(width, height, &mut data.data().0, PALETTE_SPEED);
        // In hundredths of a second.
        frame.delay = (SWEEP / (POINTS - 1) as f64 / 10.0).round() as u16;
        Some(frame)
    });
}

/// How hastily the palette of a frame is found, 1 to 30, where there are more colours than it holds.
const PALETTE_SPEED: i32 = 10;

fn gif_frame(
    mut encoder: Encoder<Vec<u8>>,
    mut left: impl Iterator<Item = usize> + 'static,
    paint: impl Fn(usize) -> Option<Frame<'static>> + 'static,
) {
    next_frame(move || {
        if let Some(i) = left.next() {
            if let Some(frame) = paint(i) {
                let _ = encoder.write_frame(&frame);
            }
            return gif_frame(encoder, left, paint);
        }
        let Ok(bytes) = encoder.into_inner() else { return };
        // Without memory for it there is no file, and nothing else is lost.
        let _ = save_bytes(&bytes, "latent-path.gif");
    });
}

/// Whether this browser records canvases.
pub fn can_record() -> bool {
    js_sys::Reflect::has(&window(), &"MediaRecorder".into()).unwrap_or(false)
}

/// Saves the rows side by side as a video, there and back again.
pub fn video(film: Option<Arc<Film>>, theme: Rc<Theme>) {
    let Some(film) = film else { return };
    let (small, large) = (paint::sheet(), paint::sheet());
    paint_frame(&film, &theme, &small, &large, 0);
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
        frame(
            recorder,
            move |part| paint_frame(&film, &theme, &small, &large, (part * (POINTS - 1) as f64).round() as usize),
            now(),
        );
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_animation_goes_on_where_it_ends() {
        let frames: Vec<usize> = there_and_back().collect();
        assert_eq!((frames[0], frames[POINTS - 1], frames[frames.len() - 1]), (0, POINTS - 1, 1));
        assert!(frames.iter().zip(frames.iter().cycle().skip(1)).all(|(a, b)| a.abs_diff(*b) == 1));
    }
}
