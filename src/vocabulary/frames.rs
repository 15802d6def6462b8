//! Samples that are made of several pictures.

use serde::{Deserialize, Serialize};

/// The pictures of which a sample's picture is made: side by side from left to right, all of one size. So whatever shows, keeps or learns a
/// picture does so with a film strip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Frames {
    /// It is one picture.
    #[default]
    One,
    /// So many moments, the earliest first.
    Clip(usize),
    /// Two pictures of one thing.
    Pair,
}

impl Frames {
    /// How many there are.
    pub const fn count(self) -> usize {
        match self {
            Self::One => 1,
            Self::Clip(frames) => frames,
            Self::Pair => 2,
        }
    }

    /// Whether a sample is one picture.
    pub const fn is_one(&self) -> bool {
        matches!(self, Self::One)
    }

    /// What a file says of them beside the weights: `clip 8`, `pair`; nothing of one picture.
    pub fn to_note(self) -> Option<String> {
        match self {
            Self::One => None,
            Self::Clip(frames) => Some(format!("clip {frames}")),
            Self::Pair => Some("pair".into()),
        }
    }

    /// Reads [`Self::to_note`]; what it does not know it takes for one picture.
    pub fn from_note(note: &str) -> Self {
        match note.strip_prefix("clip ").map(str::parse) {
            Some(Ok(frames)) => Self::Clip(frames),
            None if note == "pair" => Self::Pair,
            _ => Self::One,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_read_as_they_are_written() {
        for frames in [Frames::Clip(8), Frames::Pair] {
            assert_eq!(frames.to_note().map(|note| Frames::from_note(&note)), Some(frames));
        }
        assert_eq!((Frames::One.to_note(), Frames::from_note("opera 3")), (None, Frames::One));
    }
}
