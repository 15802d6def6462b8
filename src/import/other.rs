//! GIF, WebP, BMP and TIFF pictures; of a film or a stack the first.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageFormat, ImageReader};

/// Width, height, channels, and the values `[height, width, channels]`.
pub type Pixels = (usize, usize, usize, Vec<u8>);

/// What the beginning of a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begin {
    pub width: usize,
    pub height: usize,
    pub colour: bool,
    /// Sixteen bits a value.
    pub deep: bool,
}

/// Refuses sizes that are too large.
type Check = fn(usize, usize) -> Result<(), String>;

fn format(bytes: &[u8]) -> Option<ImageFormat> {
    match bytes {
        [b'G', b'I', b'F', b'8', ..] => Some(ImageFormat::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(ImageFormat::WebP),
        // The size of the second header stands behind the first: texts begin with the same two letters.
        [b'B', b'M', _, _, _, _, _, _, _, _, _, _, _, _, 12 | 40 | 52 | 56 | 64 | 108 | 124, 0, ..] => Some(ImageFormat::Bmp),
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Some(ImageFormat::Tiff),
        _ => None,
    }
}

/// Whether a file begins as one of these does.
pub fn is(bytes: &[u8]) -> bool {
    format(bytes).is_some()
}

fn name(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Gif => "GIF",
        ImageFormat::WebP => "WebP",
        ImageFormat::Bmp => "BMP",
        _ => "TIFF",
    }
}

fn decoder(bytes: &[u8], format: ImageFormat) -> Result<impl ImageDecoder + '_, String> {
    ImageReader::with_format(Cursor::new(bytes), format).into_decoder().map_err(|e| e.to_string())
}

/// Whether there are more pictures in a file than the first: an animation, or a stack.
pub fn has_more(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(4096)];
    let there = |word: &[u8]| head.windows(word.len()).any(|w| w == word);
    match format(bytes) {
        Some(ImageFormat::Gif) => there(b"NETSCAPE2.0"),
        Some(ImageFormat::WebP) => there(b"ANIM"),
        Some(ImageFormat::Tiff) => next_directory(bytes).is_some_and(|next| next != 0),
        _ => bytes.starts_with(b"\x89PNG") && there(b"acTL"),
    }
}

/// Where the second directory of a TIFF file lies: 0 where there is none (Adobe, "TIFF 6.0", section 2).
fn next_directory(bytes: &[u8]) -> Option<u32> {
    let big = bytes.starts_with(b"MM");
    let number = |at: usize, n: usize| {
        let digits = bytes.get(at..at.checked_add(n)?)?.iter();
        let add = |all: u32, b: &u8| all << 8 | u32::from(*b);
        Some(if big { digits.fold(0, add) } else { digits.rev().fold(0, add) })
    };
    let first = number(4, 4)? as usize;
    let entries = number(first, 2)? as usize;
    number(first + 2 + 12 * entries, 4)
}

/// Reads the beginning of a file.
pub fn head(bytes: &[u8]) -> Option<Begin> {
    let decoder = decoder(bytes, format(bytes)?).ok()?;
    let ((width, height), kind) = (decoder.dimensions(), decoder.color_type());
    let deep = matches!(kind, ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16);
    Some(Begin { width: width as usize, height: height as usize, colour: kind.has_color(), deep })
}

fn image(bytes: &[u8], check: Check) -> Result<DynamicImage, String> {
    let format = format(bytes).ok_or("is no picture")?;
    let damaged = |e: String| format!("is a damaged {} picture: {e}", name(format));
    let mut decoder = decoder(bytes, format).map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    check(width as usize, height as usize)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(|e| damaged(e.to_string()))?;
    image.apply_orientation(orientation);
    Ok(image)
}

/// Decodes a file; of 16 bits `white` is white.
///
/// # Errors
/// What is wrong with it, without its name.
pub fn decode(bytes: &[u8], white: Option<u16>, check: Check) -> Result<Pixels, String> {
    let mut image = image(bytes, check)?;
    if let Some(white) = white {
        let stretched = |v: &mut u16| *v = (u32::from((*v).min(white)) * 65_535 / u32::from(white.max(1))) as u16;
        match &mut image {
            DynamicImage::ImageLuma16(image) => image.iter_mut().for_each(stretched),
            DynamicImage::ImageRgb16(image) => image.iter_mut().for_each(stretched),
            _ => {}
        }
    }
    let (width, height) = (image.width() as usize, image.height() as usize);
    let (channels, values) = match (image.color().has_color(), image.color().has_alpha()) {
        (false, false) => (1, image.into_luma8().into_raw()),
        (false, true) => (2, image.into_luma_alpha8().into_raw()),
        (true, false) => (3, image.into_rgb8().into_raw()),
        (true, true) => (4, image.into_rgba8().into_raw()),
    };
    Ok((width, height, channels, values))
}

/// The largest value of a picture of 16 bits.
pub fn brightest(bytes: &[u8], check: Check) -> Option<u16> {
    match image(bytes, check).ok()? {
        DynamicImage::ImageLuma16(image) => image.iter().copied().max(),
        DynamicImage::ImageRgb16(image) => image.iter().copied().max(),
        _ => Some(u16::MAX),
    }
}
