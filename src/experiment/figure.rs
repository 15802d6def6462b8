//! What an embedded figure shows of a model.

use latent_vocabulary::code::{CodeGroup, CodeKind};

/// Panels of a figure of a model with such codes, the first by itself.
pub fn panels(code: &[CodeGroup]) -> &'static [&'static str] {
    let numbers =
        |group: &CodeGroup| if matches!(group.kind, CodeKind::Choice { .. } | CodeKind::Factor { .. }) { 0 } else { group.count };
    match code.first().map(|group| group.kind) {
        Some(CodeKind::Flow) if code.iter().map(numbers).sum::<u32>() < 2 => &["flow", "traversal", "path"],
        Some(CodeKind::Flow) => &["flow", "traversal", "map", "path"],
        Some(CodeKind::Grid { .. }) => &["tokens"],
        Some(CodeKind::Embedding) => &["neighbours"],
        Some(CodeKind::Features { .. }) => &["features"],
        // A map has two directions.
        _ if code.iter().map(numbers).sum::<u32>() < 2 => &["traversal", "path"],
        _ if code.iter().map(numbers).sum::<u32>() == 2 => &["map", "traversal", "path"],
        _ => &["traversal", "map", "path"],
    }
}
