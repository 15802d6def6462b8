//! Pictures in memory, and how they get there from JPEG, PNG, GIF, WebP, BMP and TIFF files.

use std::io::Cursor;

use png::{ColorType, Transformations};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::exif::Orientation;
use super::other;
use super::read::instead;

/// Most pixels of a picture: as many as a phone takes, and no more memory than a tab can give.
pub const PIXEL_LIMIT: usize = 50_000_000;
/// Longest side of a picture, in pixels.
const SIDE_LIMIT: usize = 32_768;

/// A picture, eight bits a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    /// 1: grey, 2: grey and alpha, 3: colour, 4: colour and alpha.
    pub channels: usize,
    /// `[height, width, channels]`
    pub values_hwc: Vec<u8>,
}

/// Endings of pictures that are read.
const ENDINGS: [&str; 12] = [".jpg", ".jpeg", ".png", ".jpe", ".jfif", ".pjpeg", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff"];

/// Whether a file of this name could be a picture.
pub fn is_picture_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ENDINGS.iter().any(|end| name.ends_with(end))
}

/// Reads the beginning of a picture file; `None` where it cannot be read.
pub fn head(bytes: &[u8]) -> Option<other::Begin> {
    if bytes.starts_with(&[0xff, 0xd8]) {
        let mut decoder = JpegDecoder::new(ZCursor::new(bytes));
        decoder.decode_headers().ok()?;
        let (width, height) = decoder.dimensions()?;
        return Some(other::Begin { width, height, colour: decoder.input_colorspace() != Some(ColorSpace::Luma), deep: false });
    }
    if bytes.starts_with(b"\x89PNG") {
        let reader = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: 8 * PIXEL_LIMIT }).read_info().ok()?;
        let info = reader.info();
        let colour = !matches!(info.color_type, ColorType::Grayscale | ColorType::GrayscaleAlpha);
        return Some(other::Begin {
            width: info.width as usize,
            height: info.height as usize,
            colour,
            deep: info.bit_depth == png::BitDepth::Sixteen,
        });
    }
    other::head(bytes)
}

/// Whether there are more pictures in a file than the first, which is taken.
pub fn has_more(bytes: &[u8]) -> bool {
    other::has_more(bytes)
}

/// Grey levels that differ less between the channels of a picture are grey.
const COLOURLESS: u8 = 2;

/// Whether all of a picture is grey.
pub fn colourless(picture: &Picture) -> bool {
    let grey = |p: &[u8]| p[0].abs_diff(p[1]).max(p[1].abs_diff(p[2])) <= COLOURLESS;
    picture.channels < 3 || picture.values_hwc.chunks_exact(picture.channels).all(grey)
}

/// The largest value of a picture of 16 bits.
pub fn brightest(bytes: &[u8]) -> Option<u16> {
    if !bytes.starts_with(b"\x89PNG") {
        return other::brightest(bytes, check_size);
    }
    let (values, channels, ..) = png_values(bytes, Transformations::EXPAND).ok()?;
    let words = values.as_chunks::<2>().0.iter().map(|w| u16::from_be_bytes(*w));
    // Of colours, not of what covers them.
    words.enumerate().filter(|(i, _)| channels % 2 == 1 || (i + 1) % channels != 0).map(|(_, w)| w).max()
}

impl Picture {
    /// Decodes a picture file, and turns it as its EXIF data says.
    ///
    /// # Errors
    /// What is wrong with it, without the file's name.
    pub fn decode(bytes: &[u8]) -> Result<Self, String> {
        if bytes.starts_with(&[0xff, 0xd8]) {
            jpeg(bytes)
        } else if bytes.starts_with(b"\x89PNG") {
            png(bytes)
        } else if other::is(bytes) {
            other(bytes, None)
        } else if bytes.is_empty() {
            Err("is empty".into())
        } else if let Some(what) = instead(bytes) {
            Err(format!("is no picture that is read (JPEG, PNG, GIF, WebP, BMP, TIFF) but {what}"))
        } else {
            Err("is no picture that is read: neither JPEG, PNG, GIF, WebP, BMP nor TIFF".into())
        }
    }

    /// Decodes a picture of which values from `white` on are white, where it has 16 bits.
    ///
    /// # Errors
    /// As [`Picture::decode`].
    pub fn decode_deep(bytes: &[u8], white: u16) -> Result<Self, String> {
        match head(bytes) {
            Some(other::Begin { deep: true, .. }) if bytes.starts_with(b"\x89PNG") => {
                let (values, channels, width, height, orientation) = png_values(bytes, Transformations::EXPAND)?;
                let words = values.as_chunks::<2>().0.iter().map(|w| u16::from_be_bytes(*w));
                let alpha = |i: usize| channels % 2 == 0 && (i + 1).is_multiple_of(channels);
                let values_hwc = words.enumerate().map(|(i, w)| level(w, if alpha(i) { u16::MAX } else { white })).collect();
                Ok(Self { width, height, channels, values_hwc }.turned(orientation))
            }
            Some(other::Begin { deep: true, .. }) => other(bytes, Some(white)),
            _ => Self::decode(bytes),
        }
    }

    /// The picture as it should be looked at.
    fn turned(self, orientation: Orientation) -> Self {
        if orientation == Orientation::default() {
            return self;
        }
        let (w, h, c) = (self.width, self.height, self.channels);
        let (width, height) = if orientation.transposed { (h, w) } else { (w, h) };
        let mut values_hwc = Vec::with_capacity(self.values_hwc.len());
        for y in 0..height {
            for x in 0..width {
                let (sx, sy) = if orientation.transposed { (y, x) } else { (x, y) };
                let sx = if orientation.mirrored_x { w - 1 - sx } else { sx };
                let sy = if orientation.mirrored_y { h - 1 - sy } else { sy };
                let at = (sy * w + sx) * c;
                values_hwc.extend_from_slice(&self.values_hwc[at..at + c]);
            }
        }
        Self { width, height, channels: c, values_hwc }
    }
}

fn check_size(width: usize, height: usize) -> Result<(), String> {
    if width == 0 || height == 0 {
        return Err("has no pixels".into());
    }
    if width > SIDE_LIMIT || height > SIDE_LIMIT || width * height > PIXEL_LIMIT {
        return Err(format!("has {width} × {height} pixels, more than {} million", PIXEL_LIMIT / 1_000_000));
    }
    Ok(())
}

/// The bytes of a JPEG file without strays between its headers, which decoders skip; `None` where there are none.
fn without_strays(bytes: &[u8]) -> Option<Vec<u8>> {
    let (mut out, mut at) = (bytes.get(..2)?.to_vec(), 2);
    loop {
        // A marker is a byte of ones and one that is neither of ones nor of zeros.
        at += bytes.get(at..)?.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff))?;
        match bytes[at + 1] {
            // The scan: what follows belongs to it.
            0xda => {
                out.extend_from_slice(&bytes[at..]);
                return (out.len() < bytes.len()).then_some(out);
            }
            // Markers that stand alone mean nothing here.
            0x01 | 0xd0..=0xd9 => at += 2,
            _ => {
                let length = usize::from(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]));
                out.extend_from_slice(bytes.get(at..at + 2 + length)?);
                at += 2 + length;
            }
        }
    }
}

fn jpeg(bytes: &[u8]) -> Result<Picture, String> {
    // Being strict about rows that are missing, the decoder is strict about strays as well.
    strict_jpeg(bytes).or_else(|why| without_strays(bytes).ok_or(why).and_then(|bytes| strict_jpeg(&bytes)))
}

fn strict_jpeg(bytes: &[u8]) -> Result<Picture, String> {
    let damaged = |e: &dyn std::fmt::Display| format!("is a damaged JPEG picture: {e}");
    // Strict: a picture cut short is left out, not filled with grey.
    let options = DecoderOptions::default().set_strict_mode(true).set_max_width(SIDE_LIMIT).set_max_height(SIDE_LIMIT);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|e| damaged(&e))?;
    let (width, height) = decoder.dimensions().ok_or_else(|| damaged(&"it has no size"))?;
    check_size(width, height)?;
    let grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let (space, channels) = if grey { (ColorSpace::Luma, 1) } else { (ColorSpace::RGB, 3) };
    let orientation = decoder.exif().map_or_else(Orientation::default, |exif| Orientation::read(exif));
    decoder.set_options(options.jpeg_set_out_colorspace(space));
    let values_hwc = decoder.decode().map_err(|e| damaged(&e))?;
    if values_hwc.len() != width * height * channels {
        return Err(damaged(&"its values do not fill its size"));
    }
    Ok(Picture { width, height, channels, values_hwc }.turned(orientation))
}

fn other(bytes: &[u8], white: Option<u16>) -> Result<Picture, String> {
    let (width, height, channels, values_hwc) = other::decode(bytes, white, check_size)?;
    Ok(Picture { width, height, channels, values_hwc })
}

/// The grey level of a value of 16 bits.
fn level(value: u16, white: u16) -> u8 {
    ((u32::from(value.min(white)) * 255 + u32::from(white) / 2) / u32::from(white.max(1))) as u8
}

fn png(bytes: &[u8]) -> Result<Picture, String> {
    // Palettes become colours, 1 to 4 bits eight, and 16 bits eight.
    let (values_hwc, channels, width, height, orientation) =
        png_values(bytes, Transformations::EXPAND | Transformations::STRIP_16)?;
    if values_hwc.len() != width * height * channels {
        return Err("is a damaged PNG picture: its values do not fill its size".into());
    }
    Ok(Picture { width, height, channels, values_hwc }.turned(orientation))
}

/// The values of a PNG file, as many bytes each as it has; channels, width, height, and which way up it is.
type Values = (Vec<u8>, usize, usize, usize, Orientation);

fn png_values(bytes: &[u8], transformations: Transformations) -> Result<Values, String> {
    let damaged = |e: &dyn std::fmt::Display| format!("is a damaged PNG picture: {e}");
    let limits = png::Limits { bytes: 8 * PIXEL_LIMIT };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(transformations);
    let mut reader = decoder.read_info().map_err(|e| damaged(&e))?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    check_size(width, height)?;
    let orientation = reader.info().exif_metadata.as_ref().map_or_else(Orientation::default, |exif| Orientation::read(exif));
    let size = reader.output_buffer_size().ok_or_else(|| damaged(&"it is too large"))?;
    let mut values = vec![0; size];
    let frame = reader.next_frame(&mut values).map_err(|e| damaged(&e))?;
    values.truncate(frame.buffer_size());
    let channels = match frame.color_type {
        ColorType::Grayscale => 1,
        ColorType::GrayscaleAlpha => 2,
        ColorType::Rgb => 3,
        ColorType::Rgba => 4,
        ColorType::Indexed => return Err(damaged(&"its palette is missing")),
    };
    Ok((values, channels, width, height, orientation))
}
