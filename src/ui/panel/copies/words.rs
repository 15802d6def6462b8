//! The words of the copies.

pub const COPIES: &str = "A copy of a copy";
pub const HELP: &str = "The picture of the traversal is encoded to the mean of its code and decoded, and the copy again, ten times. What is rare gets lost first, and the walk ends where copies no longer differ: at a typical picture, or between two.";
pub const NO_ENGINE: &str = "This needs the engine, which is not running.";

pub fn copy(round: usize) -> String {
    match round {
        0 => "picture".into(),
        1 => "1 copy".into(),
        n => format!("{n} copies"),
    }
}

pub const TAKE: &str = "Last copy to the traversal";

/// How much the first and the last round change.
pub fn change(first: f32, last: f32) -> String {
    format!(
        "The first copy differs from the picture by {first:.3} a pixel, the last from the one before by {last:.3} (root mean square; black is 0, white is 1)."
    )
}
