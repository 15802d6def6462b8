//! Text that whoever has no reader leaves out.

/// False in the engine's worker, which needs no words: that saves download.
pub const READ: bool = cfg!(feature = "prose");

/// Text for people.
pub const fn prose(text: &'static str) -> &'static str {
    if READ { text } else { "" }
}

/// False in the page as well, which reads the texts of one method from a file: see [`Texts`](crate::texts::Texts).
pub const WHOLE: bool = cfg!(feature = "texts");

/// Text that is read of one card at a time.
pub const fn at_length(text: &'static str) -> &'static str {
    if WHOLE { text } else { "" }
}
