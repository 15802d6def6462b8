//! A still picture of a trained model: what stands where a figure will be, and on its card in the gallery.

use latent_data::{Dataset, unit};
use latent_experiment::Setup;
use latent_measure::rng::Rng;
use latent_model::examples::by_class;
use latent_player::{Kind, Player};
use latent_view::Rows;
use latent_vocabulary::NOISE_LEVEL;

use crate::picture;

/// Reach of a traversal, in standard deviations.
const REACH: f32 = 2.5;

/// Test images among which the nearest is looked for.
const NEIGHBOURS: usize = 1000;

/// Draws the model at work, and packs the picture as PNG.
///
/// # Errors
/// If the model's programs give something else.
pub fn png(player: &Player, setup: &Setup, data: &Dataset) -> Result<Vec<u8>, String> {
    // About as wide for small pictures as for large ones.
    let columns = 256 / player.image[2];
    let rows = columns / 2;
    let tiles = tiles(player, setup, data, rows, columns)?;
    Ok(picture::png(&tiles, player.image, columns))
}

/// Pictures with values in `[0, 1]`, row by row.
fn tiles(player: &Player, setup: &Setup, data: &Dataset, rows: usize, columns: usize) -> Result<Vec<Vec<f32>>, String> {
    let image = |i: usize| unit(&data.test_images[i * player.pixels()..(i + 1) * player.pixels()]).collect::<Vec<f32>>();
    let along = |i: usize, n: usize| REACH * (2.0 * (i as f32 + 0.5) / n as f32 - 1.0);
    let chosen = || by_class(&data.test_labels, rows / 2 * columns);
    let repaired = |x: &[f32]| player.decode(&player.encode(Rows::of(x))?.0);
    match player.kind() {
        Kind::Vector if player.latent() == 2 => {
            let code = |i: usize| [along(i % columns, columns), -along(i / columns, rows)];
            (0..rows * columns).map(|i| player.decode(&code(i))).collect()
        }
        // Damaged images above, made whole below.
        Kind::Vector if setup.card().is_ok_and(|card| card.params.contains(&NOISE_LEVEL)) => {
            let level = setup.get(NOISE_LEVEL.key);
            in_pairs(&chosen(), columns, |i| erase(image(i), level), repaired)
        }
        Kind::Vector => {
            let mut order: Vec<usize> = (0..player.latent()).collect();
            order.sort_by(|a, b| player.kl_d[*b].total_cmp(&player.kl_d[*a]));
            let start = player.encode(Rows::of(&image(0)))?.0;
            let code = |i: usize| {
                let (d, mut z) = (order[i / columns], start.clone());
                z[d] = player.centre_d[d] + player.spread_d[d] * along(i % columns, columns);
                z
            };
            (0..rows * columns).map(|i| player.decode(&code(i))).collect()
        }
        // Below each image the one whose code lies nearest.
        Kind::Embedding => {
            let all = (0..data.test_labels.len().min(NEIGHBOURS)).map(image).collect::<Vec<_>>();
            let (code_nd, d) = (player.encode(Rows::of(&all.concat()))?.0, player.latent());
            let code = |i: usize| &code_nd[i * d..(i + 1) * d];
            let far = |i: usize, k: usize| code(i).iter().zip(code(k)).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
            let others = |i: usize| (0..all.len()).filter(move |k| *k != i);
            let nearest = |i: usize| others(i).min_by(|a, b| far(i, *a).total_cmp(&far(i, *b))).unwrap_or(i);
            let chosen = by_class(&data.test_labels[..all.len()], rows / 2 * columns);
            let both = chosen.chunks(columns).flat_map(|row| row.iter().copied().chain(row.iter().map(|i| nearest(*i))));
            Ok(both.map(|i| all[i].clone()).collect())
        }
        // Images above, what is left of them below.
        Kind::Tokens | Kind::Features => in_pairs(&chosen(), columns, image, repaired),
    }
}

/// Rows of images, each above a row of what becomes of them.
fn in_pairs(
    chosen: &[usize],
    columns: usize,
    above: impl Fn(usize) -> Vec<f32>,
    below: impl Fn(&[f32]) -> Result<Vec<f32>, String>,
) -> Result<Vec<Vec<f32>>, String> {
    let mut rows = vec![];
    for row in chosen.chunks(columns) {
        let above: Vec<Vec<f32>> = row.iter().map(|i| above(*i)).collect();
        let below: Vec<Vec<f32>> = above.iter().map(|x| below(x)).collect::<Result<_, _>>()?;
        rows.extend(above.into_iter().chain(below));
    }
    Ok(rows)
}

/// The image with a share of its pixels gone, always the same ones.
fn erase(mut x_p: Vec<f32>, level: f64) -> Vec<f32> {
    /// Pixels go with a probability of so many parts.
    const PARTS: usize = 1 << 16;
    let mut rng = Rng::new(0);
    for x in &mut x_p {
        if (rng.below(PARTS) as f64) < level * PARTS as f64 {
            *x = 0.0;
        }
    }
    x_p
}
