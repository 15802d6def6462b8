//! What a figure shows of a model that has no examples.

use super::examples::Examples;
use super::player::{Model, Player, to_bytes};

/// Pictures of a model that has no examples.
const IMAGINED: usize = 8;

impl Examples {
    /// What a model without examples draws by itself, from codes of a few kinds.
    pub fn imagined(player: &Player) -> Self {
        let images_np = (0..IMAGINED).flat_map(|i| to_bytes(&player.decode(&code(player, i))).collect::<Vec<_>>()).collect();
        Self { images_np, labels_n: Vec::new(), codes_nd: Vec::new(), code_labels_n: Vec::new() }
    }
}

/// A code that such a model may well have: `i` decides which.
fn code(player: &Player, i: usize) -> Vec<f32> {
    match &player.model {
        // Fractions of multiples of the golden ratio are spread evenly, and are different for each number.
        Model::Vector(m) => {
            let spread = |d: usize| 4.0 * ((i * m.latent + d) as f32 * 0.618_034).fract() - 2.0;
            m.centre_d.iter().zip(&m.spread_d).enumerate().map(|(d, (centre, sd))| centre + sd * spread(d)).collect()
        }
        // One token all over, others for each.
        Model::Tokens(m) => m.code(&vec![i * m.codes / IMAGINED; m.places()]),
        // The feature that fires most often, the next, and so on, each everywhere.
        Model::Features(m) => {
            let before = |a: usize, b: usize| (m.density_f[a], b) > (m.density_f[b], a);
            let next = |last: Option<usize>| {
                let rest = (0..m.features).filter(|f| last.is_none_or(|last| before(last, *f)));
                rest.reduce(|a, b| if before(b, a) { b } else { a })
            };
            let feature = (0..=i % m.features).fold(None, |last, _| next(last)).unwrap_or(0);
            let mut f_nf = vec![0.0; player.latent()];
            f_nf.iter_mut().skip(feature).step_by(m.features).for_each(|f| *f = 1.0);
            f_nf
        }
    }
}
