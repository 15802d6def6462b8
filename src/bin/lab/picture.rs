//! Many small pictures as one PNG.

/// Ink and paper of the page in light.
const INK: [f32; 3] = [21.0, 23.0, 28.0];
const PAPER: [f32; 3] = [244.0, 242.0, 236.0];

/// A sheet of pictures, row by row, `columns` of them in a row, packed as PNG; what no picture covers is paper.
///
/// Each is `[channels, height, width]` with values in `[0, 1]`. One channel is drawn in ink, three are red, green and blue.
pub fn png(tiles: &[Vec<f32>], [channels, height, width]: [usize; 3], columns: usize) -> Vec<u8> {
    let (w, h) = (columns * width, tiles.len().div_ceil(columns) * height);
    let mut rgb: Vec<u8> = PAPER.iter().map(|v| *v as u8).cycle().take(3 * w * h).collect();
    for (tile, picture) in tiles.iter().enumerate() {
        let (top, left) = (tile / columns * height, tile % columns * width);
        for i in 0..height * width {
            let at = 3 * ((top + i / width) * w + left + i % width);
            for (c, out) in rgb[at..at + 3].iter_mut().enumerate() {
                *out = if channels == 3 {
                    (255.0 * picture[c * height * width + i]) as u8
                } else {
                    (PAPER[c] + (INK[c] - PAPER[c]) * picture[i]) as u8
                };
            }
        }
    }
    packed(&rgb, w, h)
}

/// A PNG of 8-bit colours, `rgb` of shape `[height, width, 3]`: four chunks, and nothing that a crate for the whole format would
/// be needed for.
fn packed(rgb: &[u8], width: usize, height: usize) -> Vec<u8> {
    use flate2::write::ZlibEncoder;
    use flate2::{Compression, Crc};
    use std::io::Write;

    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8; 4], data: &[u8]| {
        let mut crc = Crc::new();
        crc.update(kind);
        crc.update(data);
        out.extend((data.len() as u32).to_be_bytes());
        out.extend(kind.iter().chain(data));
        out.extend(crc.sum().to_be_bytes());
    };
    let size = [width, height].map(|n| (n as u32).to_be_bytes()).concat();
    // Eight bits, three channels; the only compression and filter there are, no interlacing.
    chunk(b"IHDR", &[&size[..], &[8, 2, 0, 0, 0]].concat());
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    for row in rgb.chunks_exact(3 * width) {
        // Rows as they are: flat drawings compress best without a filter.
        zlib.write_all(&[0]).and_then(|()| zlib.write_all(row)).expect("memory takes it");
    }
    chunk(b"IDAT", &zlib.finish().expect("memory takes it"));
    chunk(b"IEND", &[]);
    out
}
