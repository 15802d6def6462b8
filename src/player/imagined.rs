//! What a figure shows of a model that has no examples.

use super::examples::Examples;
use super::player::{Kind, Player};
use latent_vocabulary::code::CodeKind;

/// Pictures of a model that has no examples.
const IMAGINED: usize = 8;

impl Examples {
    /// What a model without examples draws by itself, from codes of a few kinds.
    ///
    /// # Errors
    /// If the model's programs give something else.
    pub fn imagined(player: &Player) -> Result<Self, String> {
        let mut images_np = vec![];
        for i in 0..IMAGINED {
            images_np.extend(player.pictures_of(&player.decode(&code(player, i)?)?));
        }
        Ok(Self { images_np, labels_n: Vec::new(), factors_nk: Vec::new(), codes_nd: Vec::new(), code_labels_n: Vec::new() })
    }
}

/// A code that such a model may well have: `i` decides which.
fn code(player: &Player, i: usize) -> Result<Vec<f32>, String> {
    let latent = player.latent();
    match player.kind() {
        // One token all over, others for each.
        Kind::Tokens => {
            let codes = player.code().iter().find_map(|group| match group.kind {
                CodeKind::Grid { codes, .. } => Some(codes as usize),
                _ => None,
            });
            player.from_tokens(&vec![(i * codes.unwrap_or(1) / IMAGINED) as f32; player.places()])
        }
        // The feature that fires most often, the next, and so on, each everywhere.
        Kind::Features => {
            let features = player.features().map_or(1, |grid| grid.features);
            let density = |f: usize| player.density_f.get(f).copied().unwrap_or(0.0);
            let before = |a: usize, b: usize| (density(a), b) > (density(b), a);
            let next = |last: Option<usize>| {
                let rest = (0..features).filter(|f| last.is_none_or(|last| before(last, *f)));
                rest.reduce(|a, b| if before(b, a) { b } else { a })
            };
            let feature = (0..=i % features).fold(None, |last, _| next(last)).unwrap_or(0);
            let mut f_nf = vec![0.0; latent];
            f_nf.iter_mut().skip(feature).step_by(features).for_each(|f| *f = 1.0);
            Ok(f_nf)
        }
        // Fractions of multiples of the golden ratio are spread evenly, and are different for each number. A choice is one after the other.
        Kind::Vector | Kind::Embedding => {
            let spread = |d: usize| 4.0 * ((i * latent + d) as f32 * 0.618_034).fract() - 2.0;
            let mut z_d: Vec<f32> =
                player.centre_d.iter().zip(&player.spread_d).enumerate().map(|(d, (centre, sd))| centre + sd * spread(d)).collect();
            let mut at = 0;
            for group in player.code() {
                let own = &mut z_d[at..at + group.count as usize];
                match group.kind {
                    // Half of an amount; every other of yes and no.
                    CodeKind::Factor { size, .. } if group.count == 1 => own[0] = if size > 2 { 0.5 } else { (i % 2) as f32 },
                    CodeKind::Choice { .. } | CodeKind::Factor { .. } => {
                        own.fill(0.0);
                        own[i % group.count as usize] = 1.0;
                    }
                    _ => {}
                }
                at += group.count as usize;
            }
            Ok(z_d)
        }
    }
}
