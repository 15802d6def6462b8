//! Answers to queries: what a panel wants to see of the current weights.

use serde_bytes::ByteBuf;

use crate::data::unit;
use crate::latent::{self, Geodesic};
use crate::nn::DataShape;
use crate::spec::protocol::{PlanInfo, Query, View, bytes_f32, f32_bytes};
use crate::train::any::AnyEngine;
use crate::train::{Engine, Rows};

/// Images kept on the CPU for views and tests.
pub struct TestSet {
    /// Name of the data set.
    pub id: String,
    pub shape: DataShape,
    pub images: Vec<u8>,
    pub labels: Vec<u8>,
}

/// Values in `[0, 1]` as bytes.
fn pixels(values: &[f32]) -> impl Iterator<Item = u8> + '_ {
    values.iter().map(|v| (v.clamp(0.0, 1.0) * 255.0).round() as u8)
}

/// A visitor's images, `len` bytes each, as the encoder wants them.
fn own(x_np: &[u8], len: usize) -> Result<Vec<f32>, String> {
    if x_np.is_empty() || x_np.len() % len != 0 {
        return Err(format!("{} bytes are no whole number of pictures of {len}", x_np.len()));
    }
    Ok(unit(x_np).collect())
}

/// Answers a query from the weights of the moment.
///
/// # Errors
/// A sentence, if the query does not fit the network or the data, or the device is lost.
pub async fn view(engine: &mut AnyEngine, test: &TestSet, query: &Query) -> Result<View, String> {
    let PlanInfo { width, height, channels, latent, .. } = *engine.info();
    let images = |n: usize, pixels: Vec<u8>| View::Images { n: n as u32, width, height, channels, pixels: ByteBuf::from(pixels) };
    let len = test.shape.image.len();
    let range = |first: usize, count: usize| {
        let end = (first + count).min(test.labels.len());
        (first.min(end), end)
    };
    Ok(match query {
        Query::Decode { z_nd } => {
            let z = bytes_f32(z_nd);
            let x = engine.decode(&z).await?;
            images(x.len() / len, pixels(&x).collect())
        }
        Query::Reconstruct { first, count } => {
            let (a, b) = range(*first as usize, *count as usize);
            let originals = &test.images[a * len..b * len];
            let (mean, _) = engine.encode(Rows::labelled(&unit(originals).collect::<Vec<_>>(), &test.labels[a..b])).await?;
            let x = engine.decode(&mean).await?;
            images(2 * (b - a), originals.iter().copied().chain(pixels(&x)).collect())
        }
        Query::Embed { count } => {
            let (a, b) = range(0, *count as usize);
            let (mean, logvar) = engine.encode(Rows::labelled(&unit(&test.images[a * len..b * len]).collect::<Vec<_>>(), &test.labels[a..b])).await?;
            View::Codes {
                n: (b - a) as u32,
                latent,
                mean_nd: f32_bytes(&mean),
                logvar_nd: f32_bytes(&logvar),
                labels: ByteBuf::from(test.labels[a..b].to_vec()),
            }
        }
        Query::Originals { indices } => {
            let known = indices.iter().map(|i| *i as usize).filter(|i| *i < test.labels.len());
            let originals: Vec<u8> = known.flat_map(|i| test.images[i * len..(i + 1) * len].to_vec()).collect();
            images(originals.len() / len, originals)
        }
        Query::Encode { x_np } => {
            let (mean, logvar) = engine.encode(Rows::of(&own(x_np, len)?)).await?;
            View::Codes {
                n: (x_np.len() / len) as u32,
                latent,
                mean_nd: f32_bytes(&mean),
                logvar_nd: f32_bytes(&logvar),
                labels: ByteBuf::new(),
            }
        }
        Query::Autoencode { x_np } => {
            let (mean, _) = engine.encode(Rows::of(&own(x_np, len)?)).await?;
            let x = engine.decode(&mean).await?;
            images(x.len() / len, pixels(&x).collect())
        }
        Query::Paths { z_nd, points } => {
            let x = engine.decode(&bytes_f32(z_nd)).await?;
            View::Paths {
                n: (x.len() / len) as u32,
                width,
                height,
                channels,
                pixels: ByteBuf::from(pixels(&x).collect::<Vec<u8>>()),
                length_p: x.chunks(len * (*points as usize).max(1)).map(|path| latent::length(path, len)).collect(),
            }
        }
        Query::Relax { z_td, damping } => {
            let mut path = Geodesic::new(bytes_f32(z_td), latent as usize, *damping);
            let x = engine.decode(&path.probes()).await?;
            let before = Geodesic::energy(&x[..path.z_td.len() / latent as usize * len], len);
            let proposal = path.propose(&x, len);
            let after = Geodesic::energy(&engine.decode(&proposal).await?, len);
            let energy = path.judge(proposal, before, after);
            View::Relaxed { z_td: f32_bytes(&path.z_td), energy, damping: path.damping }
        }
    })
}
