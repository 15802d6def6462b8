//! A path on its way to the shortest one.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::answer::Answer;
use super::coder::{Coder, Frame, Tests};
use super::question::{Question, whole};
use latent_geometry::Geodesic;
use latent_vocabulary::numbers::{bytes_f32, f32_bytes};

/// One step of a path, row-major `[points, latent]`, towards the geodesic of the decoder's metric: [`Relaxed`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relax {
    pub z_td: ByteBuf,
    pub damping: f32,
}

/// A path after one step of relaxation, the energy it has now, and the damping to go on with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relaxed {
    pub z_td: ByteBuf,
    pub energy: f32,
    pub damping: f32,
}

impl Answer for Relaxed {}

impl Question for Relax {
    type Answer = Relaxed;

    fn fits(&self, frame: &Frame) -> bool {
        !frame.undrawn && whole(self.z_td.len(), 4 * frame.latent)
    }

    async fn answer(&self, coder: &mut impl Coder, _: Tests<'_>) -> Result<Relaxed, String> {
        let Frame { sample, latent, .. } = coder.frame();
        let len = sample.len();
        let mut path = Geodesic::new(bytes_f32(&self.z_td), latent, self.damping);
        let x = coder.decode(&path.probes()).await?;
        let before = Geodesic::energy(&x[..path.z_td.len() / latent * len], len);
        let proposal = path.propose(&x, len);
        let after = Geodesic::energy(&coder.decode(&proposal).await?, len);
        let energy = path.judge(proposal, before, after);
        Ok(Relaxed { z_td: f32_bytes(&path.z_td), energy, damping: path.damping })
    }
}
