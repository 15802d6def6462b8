//! The tabs that the panels are sorted into.

/// A tab; its name is also the fragment of the address that opens it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tab {
    Learn,
    Latents,
    Map,
    Paths,
    Codebook,
    Features,
    Draw,
    Measure,
    Explain,
}

impl Tab {
    pub const ALL: [Self; 9] = [
        Self::Learn,
        Self::Latents,
        Self::Map,
        Self::Paths,
        Self::Codebook,
        Self::Features,
        Self::Draw,
        Self::Measure,
        Self::Explain,
    ];

    pub fn id(self) -> &'static str {
        match self {
            Self::Learn => "learn",
            Self::Latents => "latents",
            Self::Map => "explore",
            Self::Paths => "paths",
            Self::Codebook => "codebook",
            Self::Features => "features",
            Self::Draw => "draw",
            Self::Measure => "measure",
            Self::Explain => "explain",
        }
    }
}
