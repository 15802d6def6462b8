//! Answers to queries: what a panel wants to see of the current weights.

mod codebook;
mod features;

use std::future::Future;
use std::pin::Pin;

use serde_bytes::ByteBuf;

use crate::data::unit;
use crate::latent::{self, Geodesic};
use crate::measure::rng::Rng;
use crate::nn::DataShape;
use crate::part::part;
use crate::small;
use crate::spec::Setup;
use crate::spec::protocol::{PlanInfo, Query, View, bytes_f32, f32_bytes};
use crate::train::any::AnyEngine;
use crate::train::assess::{Images, assess};
use crate::train::examples::Examples;
use crate::train::session::Lent;
use crate::train::{Engine, Program, Rows};

/// Images kept on the CPU for views and tests.
pub struct TestSet {
    /// Name of the data set.
    pub id: String,
    pub shape: DataShape,
    pub images: Vec<u8>,
    pub labels: Vec<u8>,
    /// Names of the labels; empty where nobody has named them.
    pub class_names: Vec<String>,
    /// Values of the factors, row-major `[images, factors]`; empty where none are known.
    pub factors_nk: Vec<u8>,
}

impl TestSet {
    /// What a file of weights shows of it.
    pub fn examples(&self) -> Examples<'_> {
        Examples { shape: self.shape.image, class_names: &self.class_names, images: &self.images, labels: &self.labels }
    }

    /// The first `count` images, or as many as there are, and their labels.
    fn first(&self, count: usize) -> (Vec<f32>, &[u8]) {
        let n = count.min(self.labels.len());
        (unit_values(&self.images[..n * self.shape.image.len()]), &self.labels[..n])
    }

    /// `count` images or as many as there are, and their labels: always the same ones, drawn without replacement from all, for
    /// neighbours in a file are often from one hand.
    pub fn drawn(&self, count: usize) -> (Vec<f32>, Vec<u8>) {
        let mut chosen = Rng::new(0).permutation(self.labels.len());
        chosen.truncate(count);
        small::sort(&mut chosen);
        let (images, labels) = self.at(&chosen.iter().map(|i| *i as u32).collect::<Vec<_>>());
        (unit_values(&images), labels)
    }

    /// The images at `indices`, as bytes, and their labels; unknown indices are left out.
    fn at(&self, indices: &[u32]) -> (Vec<u8>, Vec<u8>) {
        let (len, known) = (self.shape.image.len(), || indices.iter().map(|i| *i as usize).filter(|i| *i < self.labels.len()));
        (known().flat_map(|i| self.images[i * len..(i + 1) * len].to_vec()).collect(), known().map(|i| self.labels[i]).collect())
    }
}

/// Pictures as a view holds them.
struct Pictured {
    n: u32,
    width: u32,
    height: u32,
    channels: u32,
    pixels: ByteBuf,
}

impl Pictured {
    /// The pictures whose values in `[0, 1]` are `x`, of a network's size.
    fn new(info: &PlanInfo, x: &[f32]) -> Self {
        let PlanInfo { width, height, channels, .. } = *info;
        let n = (x.len() / (width * height * channels).max(1) as usize) as u32;
        Self { n, width, height, channels, pixels: ByteBuf::from(pixels(x).collect::<Vec<u8>>()) }
    }

    fn images(self) -> View {
        let Self { n, width, height, channels, pixels } = self;
        View::Images { n, width, height, channels, pixels }
    }
}

/// Bytes as values in `[0, 1]`.
fn unit_values(bytes: &[u8]) -> Vec<f32> {
    unit(bytes).collect()
}

/// Values in `[0, 1]` as bytes.
fn pixels(values: &[f32]) -> impl Iterator<Item = u8> + '_ {
    values.iter().map(|v| (v.clamp(0.0, 1.0) * 255.0).round() as u8)
}

/// A visitor's images, `len` bytes each, as the encoder wants them.
fn own(x_np: &[u8], len: usize) -> Result<Vec<f32>, String> {
    if x_np.is_empty() || !x_np.len().is_multiple_of(len) {
        return Err(format!("{} bytes are no whole number of pictures of {len}", x_np.len()));
    }
    Ok(unit_values(x_np))
}

/// Answers a query that takes little time, from the weights of the moment.
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
            let (originals, labels) = (&test.images[a * len..b * len], &test.labels[a..b]);
            let x = unit(originals).collect::<Vec<_>>();
            // What is trained to repair is shown at its work.
            let damaged = engine.run(Program::Damaged, Rows::labelled(&x, labels)).await?.and_then(|mut out| out.pop());
            let (mean, _) = engine.encode(Rows::labelled(damaged.as_ref().unwrap_or(&x), labels)).await?;
            let y = engine.decode(&mean).await?;
            let all: Vec<u8> =
                originals.iter().copied().chain(pixels(&y)).chain(pixels(damaged.as_deref().unwrap_or(&[]))).collect();
            images(all.len() / len, all)
        }
        Query::Embed { count } => {
            let (a, b) = range(0, *count as usize);
            let (mean, logvar) = engine
                .encode(Rows::labelled(&unit(&test.images[a * len..b * len]).collect::<Vec<_>>(), &test.labels[a..b]))
                .await?;
            View::Codes {
                n: (b - a) as u32,
                latent,
                mean_nd: f32_bytes(&mean),
                logvar_nd: f32_bytes(&logvar),
                labels: ByteBuf::from(test.labels[a..b].to_vec()),
            }
        }
        Query::Originals { indices } => {
            let (originals, _) = test.at(indices);
            images(originals.len() / len, originals)
        }
        Query::Encode { x_np, label_n } => {
            let (mean, logvar) = engine.encode(Rows::labelled(&own(x_np, len)?, label_n)).await?;
            View::Codes {
                n: (x_np.len() / len) as u32,
                latent,
                mean_nd: f32_bytes(&mean),
                logvar_nd: f32_bytes(&logvar),
                labels: ByteBuf::new(),
            }
        }
        Query::Autoencode { x_np, label_n } => {
            let (mean, _) = engine.encode(Rows::labelled(&own(x_np, len)?, label_n)).await?;
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
        Query::Codebook { .. }
        | Query::Tokenise { .. }
        | Query::Untokenise { .. }
        | Query::EachCode { .. }
        | Query::DrawTokens { .. }
        | Query::Features { .. }
        | Query::Feature { .. } => return inspection().await?(engine, test, query).await,
        Query::Measures { .. } => return Err("this takes long: see `measuring`".into()),
    })
}

type Measured = Pin<Box<dyn Future<Output = Result<View, String>>>>;
type Measuring = fn(Lent, &Setup, &TestSet, u32) -> Result<Measured, String>;

part!(inspection:
    /// The answer to [`Query::Measures`], which takes long: of the network in the engine, made by that setup, on that many images.
    pub fn measuring() -> Measuring = |mut engine, setup, test, images| {
        let (setup, images) = (setup.clone(), Images::halves(test, images as usize)?);
        Ok(Box::pin(async move { Ok(View::Measures(assess(&mut engine, &setup, &images, 0).await?)) }))
    }
);

type Answer<'a> = Pin<Box<dyn Future<Output = Result<View, String>> + 'a>>;
type Inspection = for<'a> fn(&'a mut AnyEngine, &'a TestSet, &'a Query) -> Answer<'a>;

part!(inspection:
    /// [`inspect`], for the tabs that not everybody opens.
    fn inspection() -> Inspection = |engine, test, query| Box::pin(inspect(engine, test, query))
);

/// Answers a query about a codebook or about features.
async fn inspect(engine: &mut AnyEngine, test: &TestSet, query: &Query) -> Result<View, String> {
    let own = |x_np: &[u8]| own(x_np, test.shape.image.len());
    Ok(match query {
        Query::Codebook { count } => codebook::codebook(engine, test, *count as usize).await?,
        Query::Tokenise { x_np } => codebook::tokenise(engine, &own(x_np)?).await?,
        Query::Untokenise { token_bn } => {
            let x = codebook::untokenise(engine, &bytes_f32(token_bn)).await?;
            Pictured::new(engine.info(), &x).images()
        }
        Query::EachCode { token_n, at, codes } => {
            let x = codebook::each_code(engine, &bytes_f32(token_n), at, codes).await?;
            Pictured::new(engine.info(), &x).images()
        }
        Query::DrawTokens { n, temperature, seed } => codebook::draw(engine, *n as usize, *temperature, *seed).await?,
        Query::Features { count } => features::features(engine, test, *count as usize).await?,
        Query::Feature { feature, images } => features::feature(engine, test, *feature, images).await?,
        other => return Err(format!("nothing to inspect in {other:?}")),
    })
}
