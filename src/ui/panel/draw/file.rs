//! An image file in the shape of the data. The browser decodes it.

use leptos::wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{CanvasRenderingContext2d, File, HtmlCanvasElement, ImageBitmap};

use crate::browser::{error_text, window};
use crate::paint;
use crate::paint::Shape;

/// Reads a file into bytes `[channels, height, width]`: cropped about its middle to the data's proportions, and scaled.
/// Grey data shows bright ink on black; a picture with a bright border is turned round.
///
/// # Errors
/// The browser's words, when it cannot decode the file.
pub async fn read(file: &File, shape: Shape) -> Result<Vec<u8>, String> {
    let promise = window().create_image_bitmap_with_blob(file).map_err(|e| error_text(&e))?;
    let bitmap: ImageBitmap = JsFuture::from(promise).await.map_err(|e| error_text(&e))?.unchecked_into();
    let canvas = canvas(shape);
    let context = paint::context(&canvas);
    let (width, height) = (f64::from(shape.width), f64::from(shape.height));
    let (w, h) = (f64::from(bitmap.width()), f64::from(bitmap.height()));
    let scale = (w / width).min(h / height);
    let (sw, sh) = (scale * width, scale * height);
    // A browser that does not know it scales with less care.
    let _ = js_sys::Reflect::set(&context, &"imageSmoothingQuality".into(), &"high".into());
    // What is transparent is paper.
    context.set_fill_style_str("#fff");
    context.fill_rect(0.0, 0.0, width, height);
    context
        .draw_image_with_image_bitmap_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
            &bitmap,
            (w - sw) / 2.0,
            (h - sh) / 2.0,
            sw,
            sh,
            0.0,
            0.0,
            width,
            height,
        )
        .map_err(|e| error_text(&e))?;
    let mut x = pixels(&context, shape)?;
    if shape.channels == 1 && border_is_bright(&x, shape) {
        x.iter_mut().for_each(|v| *v = 255 - *v);
    }
    Ok(x)
}

/// A canvas of the data's size that is not on the page.
pub fn canvas(shape: Shape) -> HtmlCanvasElement {
    let canvas = paint::sheet();
    paint::resize(&canvas, shape.width, shape.height);
    canvas
}

/// The canvas's pixels as `[channels, height, width]`; grey is ITU-R BT.601's luma.
pub fn pixels(context: &CanvasRenderingContext2d, shape: Shape) -> Result<Vec<u8>, String> {
    let data = context.get_image_data(0.0, 0.0, shape.width.into(), shape.height.into()).map_err(|e| error_text(&e))?;
    Ok(planes(&data.data().0, shape.channels))
}

fn planes(rgba: &[u8], channels: u32) -> Vec<u8> {
    let rgb = || rgba.chunks_exact(4);
    match channels {
        3 => (0..3).flat_map(|c| rgb().map(move |p| p[c])).collect(),
        _ => rgb().map(|p| ((299 * u32::from(p[0]) + 587 * u32::from(p[1]) + 114 * u32::from(p[2]) + 500) / 1000) as u8).collect(),
    }
}

fn border_is_bright(x: &[u8], shape: Shape) -> bool {
    let (w, h) = (shape.width as usize, shape.height as usize);
    let edge = (0..w * h).filter(|i| i % w == 0 || i % w == w - 1 || i / w == 0 || i / w == h - 1);
    let (sum, n) = edge.fold((0u32, 0u32), |(sum, n), i| (sum + u32::from(x[i]), n + 1));
    sum > 128 * n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_become_planes_and_luma() {
        let rgba = [255, 0, 0, 255, 10, 20, 30, 255];
        assert_eq!(planes(&rgba, 3), vec![255, 10, 0, 20, 0, 30]);
        assert_eq!(planes(&rgba, 1), vec![76, 18]);
    }

    #[test]
    fn paper_is_told_from_ink_by_the_border() {
        let shape = Shape { width: 3, height: 3, channels: 1 };
        let mut x = vec![250; 9];
        x[4] = 0;
        assert!(border_is_bright(&x, shape));
        assert!(!border_is_bright(&x.iter().map(|v| 255 - v).collect::<Vec<_>>(), shape));
    }
}
