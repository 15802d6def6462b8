//! Text that whoever has no reader leaves out.

/// False in the engine's worker, which needs no help texts: that saves download.
pub const READ: bool = cfg!(feature = "prose");

/// Text for people.
pub const fn prose(text: &'static str) -> &'static str {
    if READ { text } else { "" }
}
