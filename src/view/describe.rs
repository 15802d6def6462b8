//! What lies beside test samples.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::answer::{Answer, Pictures};
use super::coder::{Coder, Size, Tests};
use super::question::Question;

/// The texts and pictures of the test samples at `indices`: [`Described`]. Unknown ones are left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Describe {
    pub indices: Vec<u32>,
}

/// What lies beside samples that say little by themselves. Either may be empty: there is none then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Described {
    /// The samples, in the order in which they were asked for.
    pub indices: Vec<u32>,
    pub texts: Vec<String>,
    pub width: u32,
    pub height: u32,
    pub channels: u32,
    /// Pictures as in [`Images`](crate::Images).
    pub pixels: ByteBuf,
}

impl Answer for Described {
    fn pictures(&self) -> Option<Pictures<'_>> {
        (!self.pixels.is_empty()).then(|| Pictures::of((self.width, self.height, self.channels), &self.pixels))
    }
}

impl Question for Describe {
    type Answer = Described;

    const FOLLOWS_WEIGHTS: bool = false;
    const OF_TESTS: bool = true;

    async fn answer(&self, _: &mut impl Coder, tests: Tests<'_>) -> Result<Described, String> {
        let indices = tests.known(&self.indices);
        let beside = tests.beside.ok_or("nothing lies beside these samples")?;
        let texts = indices.iter().filter_map(|i| beside.texts.get(*i as usize).cloned()).collect();
        let len = beside.thumb.len();
        let of = |i: &u32| beside.thumbs_np.get(*i as usize * len..(*i as usize + 1) * len).unwrap_or_default();
        let pixels: Vec<u8> = indices.iter().flat_map(of).copied().collect();
        let Size { width, height, channels } = Size::of(beside.thumb);
        Ok(Described { indices, texts, width, height, channels, pixels: ByteBuf::from(pixels) })
    }
}
