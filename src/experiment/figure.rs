//! What an embedded figure shows of a model.

use super::Setup;
use latent_vocabulary::card::Figure;

/// Panels of a figure of what such a setup trains, the first by itself.
pub fn panels(setup: &Setup) -> &'static [&'static str] {
    match setup.card().map(|card| card.figure) {
        Ok(Figure::Tokens { .. }) => &["tokens"],
        Ok(Figure::Features(_)) => &["features"],
        Ok(Figure::Codes) if setup.usize("latent") == 2 => &["map", "traversal", "path"],
        Ok(Figure::Codes) => &["traversal", "map", "path"],
        Ok(Figure::No(_)) | Err(_) => &[],
    }
}

/// Whether a figure can show what such a setup trains; a sentence if it cannot.
///
/// # Errors
/// The reason.
pub fn shows(setup: &Setup) -> Result<(), String> {
    let card = setup.card().map_err(|e| e.to_string())?;
    match card.figure {
        Figure::No(why) => Err(why.replace("{}", card.label)),
        Figure::Tokens { levels: Some(levels) } if setup.usize(levels) > 1 => {
            Err(format!("figures do not show the several tokens a place of an {}", card.label))
        }
        _ if setup.hosted().is_some() => Err("figures show features of images, not those of another network".into()),
        _ => Ok(()),
    }
}
