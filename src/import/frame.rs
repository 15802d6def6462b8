//! From a picture of any size to the bytes of a packed image.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::picture::Picture;
use latent_vocabulary::frames::Frames;
use latent_vocabulary::import::{Crop, Frame};

/// Cuts, scales and takes pictures apart; keeps its buffers from one to the next.
#[derive(Debug, Default)]
pub struct Framer {
    resizer: Resizer,
}

/// A rectangle of a picture, in pixels.
type Rectangle = (f64, f64, f64, f64);

impl Framer {
    /// The picture as bytes `[channels, height, width]`.
    ///
    /// Scaling is anti-aliased: a triangle filter as wide as the pixels it makes (Pillow's `BILINEAR`).
    ///
    /// # Errors
    /// If the picture has no pixels, the frame is impossible, or a strip is no whole number of frames wide.
    pub fn frame(&mut self, picture: Picture, frame: &Frame) -> Result<Vec<u8>, String> {
        let n = frame.frames.count();
        if n < 2 {
            return self.one(picture, frame);
        }
        let one = Frame { width: frame.width / n as u32, frames: Frames::One, ..*frame };
        let parts = parted(&picture, n)?.into_iter().map(|part| self.one(part, &one)).collect::<Result<Vec<_>, _>>()?;
        let row = one.width as usize;
        let rows = (frame.channels * frame.height) as usize;
        Ok((0..rows).flat_map(|r| parts.iter().flat_map(move |part| &part[r * row..(r + 1) * row])).copied().collect())
    }

    /// One picture as such bytes.
    fn one(&mut self, picture: Picture, frame: &Frame) -> Result<Vec<u8>, String> {
        let Picture { width, height, channels, values_hwc } = on_paper(picture, frame.paper);
        let (left, top, w, h) = cut(width as f64, height as f64, frame);
        let target = inner(w, h, frame);
        let kind = if channels == 1 { PixelType::U8 } else { PixelType::U8x3 };
        let source = ImageRef::new(width as u32, height as u32, &values_hwc, kind).map_err(|e| e.to_string())?;
        let mut out = Image::new(target.0, target.1, kind);
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear)).crop(left, top, w, h);
        self.resizer.resize(&source, &mut out, &options).map_err(|e| e.to_string())?;
        Ok(planes(out.buffer(), target, channels, frame))
    }
}

/// Pictures that stand side by side.
///
/// # Errors
/// If they are not all of the same width.
fn parted(strip: &Picture, n: usize) -> Result<Vec<Picture>, String> {
    let Picture { width, height, channels, values_hwc } = strip;
    if *width == 0 || !width.is_multiple_of(n) {
        return Err(not_divided(*width, n));
    }
    let row = width / n * channels;
    let part = |i: usize| {
        let values_hwc =
            values_hwc.chunks_exact(width * channels).flat_map(|line| &line[i * row..(i + 1) * row]).copied().collect();
        Picture { width: width / n, height: *height, channels: *channels, values_hwc }
    };
    Ok((0..n).map(part).collect())
}

/// Said of a picture that is no such strip.
pub fn not_divided(width: usize, n: usize) -> String {
    format!("is {width} pixels wide, which {n} frames side by side do not divide")
}

/// The part of a picture that is kept.
fn cut(width: f64, height: f64, frame: &Frame) -> Rectangle {
    let (w, h) = match frame.crop {
        Crop::Whole | Crop::Stretch => return (0.0, 0.0, width, height),
        Crop::Middle => {
            let scale = (width / f64::from(frame.width)).min(height / f64::from(frame.height));
            (scale * f64::from(frame.width), scale * f64::from(frame.height))
        }
        // Whole pixels, as the literature cuts CelebA.
        Crop::Square(side) => (f64::from(side).min(width), f64::from(side).min(height)),
    };
    let whole = |v: f64| if matches!(frame.crop, Crop::Square(_)) { v.floor() } else { v };
    (whole((width - w) / 2.0), whole((height - h) / 2.0), w, h)
}

/// Width and height of the frame's part that the picture fills.
fn inner(w: f64, h: f64, frame: &Frame) -> (u32, u32) {
    if frame.crop != Crop::Whole {
        return (frame.width, frame.height);
    }
    let scale = (f64::from(frame.width) / w).min(f64::from(frame.height) / h);
    let side = |v: f64, most: u32| ((v * scale).round() as u32).clamp(1, most);
    (side(w, frame.width), side(h, frame.height))
}

/// The picture without transparency: `paper` shines through.
fn on_paper(picture: Picture, paper: u8) -> Picture {
    let c = picture.channels;
    if c % 2 == 1 {
        return picture;
    }
    let values_hwc = picture.values_hwc.chunks_exact(c).flat_map(|pixel| {
        let (colour, alpha) = (&pixel[..c - 1], u32::from(pixel[c - 1]));
        colour.iter().map(move |v| ((u32::from(*v) * alpha + u32::from(paper) * (255 - alpha) + 127) / 255) as u8)
    });
    Picture { channels: c - 1, values_hwc: values_hwc.collect(), ..picture }
}

/// The scaled picture in the middle of the frame, one plane a channel; grey is ITU-R BT.601's luma.
fn planes(values_hwc: &[u8], (w, h): (u32, u32), channels: usize, frame: &Frame) -> Vec<u8> {
    let (width, height, c) = (frame.width as usize, frame.height as usize, frame.channels as usize);
    let (w, h) = (w as usize, h as usize);
    let (left, top) = ((width - w) / 2, (height - h) / 2);
    let mut out_chw = vec![frame.paper; c * height * width];
    for (i, pixel) in values_hwc.chunks_exact(channels).enumerate() {
        let at = (top + i / w) * width + left + i % w;
        for plane in 0..c {
            out_chw[plane * height * width + at] = match (channels, c) {
                (1, _) => pixel[0],
                (_, 1) => ((299 * u32::from(pixel[0]) + 587 * u32::from(pixel[1]) + 114 * u32::from(pixel[2]) + 500) / 1000) as u8,
                _ => pixel[plane],
            };
        }
    }
    out_chw
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(crop: Crop) -> Frame {
        Frame { width: 4, height: 4, channels: 1, crop, paper: 9, frames: Frames::One }
    }

    #[test]
    fn crops_keep_what_they_say() {
        assert_eq!(cut(178.0, 218.0, &frame(Crop::Square(148))), (15.0, 35.0, 148.0, 148.0));
        assert_eq!(cut(6.0, 4.0, &frame(Crop::Middle)), (1.0, 0.0, 4.0, 4.0));
        let wide = Picture { width: 8, height: 2, channels: 1, values_hwc: vec![200; 16] };
        let whole = Framer::default().frame(wide, &frame(Crop::Whole)).unwrap();
        let paper = [9; 4];
        // Two to one: one row of the picture, with paper above and below.
        assert_eq!(whole.chunks(4).filter(|row| **row == paper).count(), 3, "{whole:?}");
        assert_eq!(whole.chunks(4).filter(|row| **row == [200; 4]).count(), 1, "{whole:?}");
    }

    #[test]
    fn frames_of_a_strip_are_cut_by_themselves() {
        // Three frames of 2 × 2, each of one grey.
        let strip = |width: usize| {
            let values_hwc = (0..2 * width).map(|i| [10, 20, 30, 40][i % width / 2]).collect();
            Picture { width, height: 2, channels: 1, values_hwc }
        };
        let clip = Frame { width: 12, frames: Frames::Clip(3), ..frame(Crop::Middle) };
        let row = [10, 10, 10, 10, 20, 20, 20, 20, 30, 30, 30, 30];
        assert_eq!(Framer::default().frame(strip(6), &clip).unwrap(), row.repeat(4));
        let refused = Framer::default().frame(strip(8), &clip).unwrap_err();
        assert_eq!(refused, "is 8 pixels wide, which 3 frames side by side do not divide");
        assert!(!format!("{:?}", frame(Crop::Middle)).contains("frames") && format!("{clip:?}").ends_with("frames: Clip(3) }"));
    }

    #[test]
    fn colours_become_planes_and_luma_and_paper_shines_through() {
        let red = Picture { width: 1, height: 1, channels: 4, values_hwc: vec![255, 0, 0, 255] };
        let mut one = Frame { width: 2, height: 2, channels: 3, crop: Crop::Middle, paper: 255, frames: Frames::One };
        let bytes = Framer::default().frame(red.clone(), &one).unwrap();
        assert_eq!(bytes, [[255; 4], [0; 4], [0; 4]].concat());
        one.channels = 1;
        assert_eq!(Framer::default().frame(red, &one).unwrap(), [76; 4]);
        let clear = Picture { width: 1, height: 1, channels: 2, values_hwc: vec![0, 0] };
        assert_eq!(Framer::default().frame(clear, &one).unwrap(), [255; 4]);
    }
}
