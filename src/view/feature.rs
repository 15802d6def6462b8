//! One feature of a dictionary.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::answer::{Answer, Pictures};
use super::coder::{Coder, Frame, Rows, Size, Tests};
use super::features::norm;
use super::question::Question;

/// Neighbours of a feature.
const NEAR: usize = 8;

/// One feature: its neighbours, and what the test images at `images` are without it: [`OneFeature`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    pub feature: u32,
    pub images: Vec<u32>,
}

/// The features most like `feature` and the cosines of their atoms to its own, most alike first; and of each image asked for the
/// original, the reconstruction, and the reconstruction without the feature, `[3, n]` pictures as in [`Images`](crate::Images).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OneFeature {
    pub feature: u32,
    pub near: Vec<u32>,
    pub cosine: Vec<f32>,
    pub width: u32,
    pub height: u32,
    pub channels: u32,
    pub pixels: ByteBuf,
}

impl Answer for OneFeature {
    fn pictures(&self) -> Option<Pictures<'_>> {
        Some(Pictures::of((self.width, self.height, self.channels), &self.pixels))
    }
}

impl Question for Feature {
    type Answer = OneFeature;

    const OF_TESTS: bool = true;

    fn fits(&self, frame: &Frame) -> bool {
        frame.features.is_some_and(|grid| (self.feature as usize) < grid.features)
    }

    async fn answer(&self, coder: &mut impl Coder, tests: Tests<'_>) -> Result<OneFeature, String> {
        let Frame { size: Size { width, height, channels }, .. } = coder.frame();
        let (feature, features) = (self.feature, coder.frame().features()?.features);
        let f = feature as usize;
        if f >= features {
            return Err(format!("there is no feature {f} among {features}"));
        }
        let atom_fa = coder.atoms().await?;
        let row = |i: usize| &atom_fa[i * (atom_fa.len() / features)..(i + 1) * (atom_fa.len() / features)];
        let dot = |i: usize| row(i).iter().zip(row(f)).map(|(a, b)| a * b).sum::<f32>();
        // A dead feature may have an atom without length.
        let cosine = |i: usize| dot(i) / (norm(row(i)) * norm(row(f))).max(f32::MIN_POSITIVE);
        let mut near: Vec<(u32, f32)> = (0..features).filter(|i| *i != f).map(|i| (i as u32, cosine(i))).collect();
        near.sort_by(|a, b| b.1.total_cmp(&a.1));
        near.truncate(NEAR);

        let at = tests.known(&self.images);
        let mut pixels = tests.pictures(&at);
        if !at.is_empty() {
            let (code_bd, _) = coder.encode(Rows::tests(tests, &at)).await?;
            let mut without_bd = code_bd.clone();
            without_bd.iter_mut().skip(f).step_by(features).for_each(|a| *a = 0.0);
            pixels.extend(coder.pictures(&[code_bd, without_bd].concat()).await?);
        }
        let (near, cosine) = near.into_iter().unzip();
        Ok(OneFeature { feature, near, cosine, width, height, channels, pixels: ByteBuf::from(pixels) })
    }
}
