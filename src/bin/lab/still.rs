//! A still picture of a trained model: what stands where a figure will be, and on its card in the gallery.

use latent_lab::data::{Dataset, unit};
use latent_lab::player::{Model, Player};

use crate::presets::by_class;

/// Ink and paper of the page in light.
const INK: [f32; 3] = [21.0, 23.0, 28.0];
const PAPER: [f32; 3] = [244.0, 242.0, 236.0];
/// Reach of a traversal, in standard deviations.
const REACH: f32 = 2.5;

/// Draws the model at work, and packs the picture as PNG.
pub fn png(player: &Player, data: &Dataset) -> Vec<u8> {
    // About as wide for small pictures as for large ones.
    let columns = 256 / player.image[2];
    let rows = columns / 2;
    let tiles = tiles(player, data, rows, columns);
    let [channels, height, width] = player.image;
    let (w, h) = (columns * width, rows * height);
    let mut rgb = vec![0; 3 * w * h];
    for (tile, picture) in tiles.iter().take(rows * columns).enumerate() {
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

/// Pictures with values in `[0, 1]`, row by row.
fn tiles(player: &Player, data: &Dataset, rows: usize, columns: usize) -> Vec<Vec<f32>> {
    let image = |i: usize| unit(&data.test_images[i * player.pixels()..(i + 1) * player.pixels()]).collect::<Vec<f32>>();
    let along = |i: usize, n: usize| REACH * (2.0 * (i as f32 + 0.5) / n as f32 - 1.0);
    let chosen = || by_class(&data.test_labels, data.classes, rows / 2 * columns);
    match &player.model {
        Model::Vector(m) if m.latent == 2 => {
            let code = |i: usize| [along(i % columns, columns), -along(i / columns, rows)];
            (0..rows * columns).map(|i| player.decode(&code(i))).collect()
        }
        // Damaged images above, made whole below.
        Model::Vector(_) if player.setup.method == "dae" => {
            let level = player.setup.get("level");
            in_pairs(&chosen(), columns, |i| erase(image(i), level), |x| player.decode(&player.encode(x).0))
        }
        Model::Vector(m) => {
            let mut order: Vec<usize> = (0..m.latent).collect();
            order.sort_by(|a, b| player.kl_d[*b].total_cmp(&player.kl_d[*a]));
            let start = player.encode(&image(0)).0;
            let code = |i: usize| {
                let (d, mut z) = (order[i / columns], start.clone());
                z[d] = m.centre_d[d] + m.spread_d[d] * along(i % columns, columns);
                z
            };
            (0..rows * columns).map(|i| player.decode(&code(i))).collect()
        }
        // Images above, what is left of them below.
        Model::Tokens(_) | Model::Features(_) => in_pairs(&chosen(), columns, image, |x| player.decode(&player.encode(x).0)),
    }
}

/// Rows of images, each above a row of what becomes of them.
fn in_pairs(
    chosen: &[usize],
    columns: usize,
    above: impl Fn(usize) -> Vec<f32>,
    below: impl Fn(&[f32]) -> Vec<f32>,
) -> Vec<Vec<f32>> {
    let rows = chosen.chunks(columns).flat_map(|row| {
        let above: Vec<Vec<f32>> = row.iter().map(|i| above(*i)).collect();
        let below: Vec<Vec<f32>> = above.iter().map(|x| below(x)).collect();
        above.into_iter().chain(below)
    });
    rows.collect()
}

/// The image with a share of its pixels gone, always the same ones.
fn erase(mut x_p: Vec<f32>, level: f64) -> Vec<f32> {
    for (i, x) in x_p.iter_mut().enumerate() {
        // The finaliser of MurmurHash3: neighbouring pixels get unrelated numbers.
        let mut h = i as u32 ^ 0x9e37_79b9;
        h = (h ^ h >> 16).wrapping_mul(0x85eb_ca6b);
        h = (h ^ h >> 13).wrapping_mul(0xc2b2_ae35);
        if f64::from(h ^ h >> 16) < level * f64::from(u32::MAX) {
            *x = 0.0;
        }
    }
    x_p
}
