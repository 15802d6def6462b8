//! Weights of others: a `state_dict` of PyTorch, whose tensors have other names, and dense ones the other way round.
//!
//! What the network is follows from shapes: [`Foreign::candidates`] says which setups it may be. A setup's own parameters are then looked
//! for among the tensors, by shape first, and by what names say where shapes are alike ([`Foreign::fit`]). Nothing here knows how a
//! network is written.
//! What no file says is taken to be as it is here: rectifiers between layers, a sigmoid at the end.

use std::cmp::Reverse;

use latent_engine::Weight;
use latent_engine::engine::fits;
use latent_experiment::Setup;
use latent_small as small;
use latent_vocabulary::shape::DataShape;
use safetensors::tensor::Dtype;

use crate::weights::{self, floats};

/// Methods that are nothing but a network: with and without variances.
const PLAIN: [&str; 2] = ["vae", "ae"];

/// A tensor of a file.
#[derive(Clone, Debug, PartialEq)]
struct Tensor {
    name: String,
    shape: Vec<usize>,
    /// Empty where they are no fractions.
    values: Vec<f32>,
}

/// A layer: tensors whose names differ at the end alone.
#[derive(Debug)]
struct Layer<'a> {
    name: &'a str,
    weight: &'a Tensor,
    bias: Option<&'a Tensor>,
}

/// The tensors of a `state_dict`.
#[derive(Debug)]
pub struct Foreign {
    tensors: Vec<Tensor>,
}

impl Foreign {
    /// Reads a safetensors file, whatever is in it.
    ///
    /// # Errors
    /// If it is something else, or has what is no number.
    pub fn open(file: &[u8]) -> Result<Self, String> {
        let tensors = weights::open(file)?;
        let mut all: Vec<Tensor> = vec![];
        for (name, view) in tensors.iter() {
            let (data, half) = (view.data(), |c: &[u8]| u16::from_le_bytes([c[0], c[1]]));
            let values: Vec<f32> = match view.dtype() {
                Dtype::F32 => floats(data),
                Dtype::F16 => data.chunks_exact(2).map(|c| half::f16::from_bits(half(c)).to_f32()).collect(),
                Dtype::BF16 => data.chunks_exact(2).map(|c| half::bf16::from_bits(half(c)).to_f32()).collect(),
                Dtype::F64 => data.as_chunks::<8>().0.iter().map(|c| f64::from_le_bytes(*c) as f32).collect(),
                _ => vec![],
            };
            if let Some(at) = values.iter().position(|v| !v.is_finite()) {
                return Err(format!("{name}[{at}] is {}", values[at]));
            }
            all.push(Tensor { name: name.into(), shape: view.shape().to_vec(), values });
        }
        small::sort_by(&mut all, |a, b| natural(&a.name).cmp(&natural(&b.name)));
        Ok(Self { tensors: all })
    }

    fn layers(&self) -> Vec<Layer<'_>> {
        let of = |name: &str| self.tensors.iter().find(|t| t.name == name);
        let weights = self.tensors.iter().filter(|t| t.shape.len() > 1 && !t.values.is_empty());
        let layers = weights.filter_map(|weight| {
            let name = weight.name.strip_suffix(".weight")?;
            Some(Layer { name, weight, bias: of(&format!("{name}.bias")) })
        });
        layers.collect()
    }

    /// The setups that the tensors may be of, the likeliest first: `otherwise`'s method, if it may be, or a plain one; on `otherwise`'s
    /// images.
    ///
    /// # Errors
    /// What in the file is of no network that there is here, a sentence each.
    pub fn candidates(&self, otherwise: &Setup, data: DataShape) -> Result<Vec<Setup>, Vec<String>> {
        let layers = self.layers();
        let dense: Vec<[usize; 2]> = layers.iter().filter_map(|l| <[usize; 2]>::try_from(&l.weight.shape[..]).ok()).collect();
        let there = |out: usize, inputs: usize| dense.iter().filter(|d| **d == [out, inputs]).count();
        let first = layers.iter().find(|l| l.weight.shape.len() == 4 && l.weight.shape[1..] == [data.image.channels, 4, 4]);
        let channels = first.map(|l| l.weight.shape[0]);
        // Of a dense layer from the image, or from what convolutions make of it: back leads one of the same size.
        let inputs: Vec<usize> = match channels {
            Some(_) => dense.iter().filter(|[h, flat]| there(*flat, *h) > 0).map(|d| d[1]).collect(),
            None => vec![data.image.len()],
        };
        let mut found = vec![];
        for [hidden, flat] in dense.iter().copied().filter(|d| inputs.contains(&d[1]) && there(d[1], d[0]) > 0) {
            for [latent, _] in dense.iter().copied().filter(|d| d[1] == hidden && d[0] < flat && there(hidden, d[0]) > 0) {
                let heads = there(latent, hidden);
                for method in [otherwise.method.as_str(), PLAIN[usize::from(heads < 2)]] {
                    found.extend(setup(otherwise, method, channels, hidden, latent));
                }
            }
        }
        found.dedup();
        if found.is_empty() { Err(self.strange(&[])) } else { Ok(found) }
    }

    /// The parameters of a network, `expected` by name and shape, as the file has them.
    ///
    /// # Errors
    /// What is missing and what is left over, a sentence each.
    pub fn fit(&self, expected: &[(String, Vec<usize>)]) -> Result<Vec<Weight>, Vec<String>> {
        let layers = self.layers();
        let (mut weights, mut wrong, mut used) = (vec![], vec![], Vec::<&str>::new());
        for (name, shape) in expected.iter().filter(|(name, _)| !name.ends_with(".bias")) {
            let Some(layer) = name.strip_suffix(".weight") else {
                match begun(shape) {
                    Some(values) => weights.push(Weight { name: name.clone(), shape: shape.clone(), values }),
                    None => {
                        wrong.push(format!("the network has {name} {shape:?}, which is no layer's: nothing in the file is that"));
                    }
                }
                continue;
            };
            let mut turned = shape.clone();
            if shape.len() == 2 {
                turned.reverse();
            }
            let bias = expected.iter().find(|(own, _)| *own == format!("{layer}.bias")).map(|(_, shape)| shape);
            let fits = |l: &&Layer<'_>| {
                let bias = l.bias.is_none_or(|b| Some(&b.shape) == bias);
                l.weight.shape == turned && bias && !used.contains(&l.name)
            };
            let mut alike: Vec<&Layer<'_>> = layers.iter().filter(fits).collect();
            small::sort_by(&mut alike, |a, b| Reverse(likeness(layer, a.name)).cmp(&Reverse(likeness(layer, b.name))));
            let Some(own) = alike.first() else {
                wrong.push(format!("nothing in the file is {layer}, {}", words(&turned)));
                continue;
            };
            used.push(own.name);
            let values = if shape.len() == 2 { transposed(&own.weight.values, turned[0]) } else { own.weight.values.clone() };
            weights.push(Weight { name: name.clone(), shape: shape.clone(), values });
            if let Some(shape) = bias {
                // Without one it is zero.
                let values = own.bias.map_or_else(|| vec![0.0; shape[0]], |b| b.values.clone());
                weights.push(Weight { name: format!("{layer}.bias"), shape: shape.clone(), values });
            }
        }
        if wrong.is_empty() && used.len() < layers.len() || !self.odd().is_empty() {
            wrong.extend(self.strange(&used));
        }
        if wrong.is_empty() { Ok(weights) } else { Err(wrong) }
    }

    /// Tensors that belong to no layer.
    fn odd(&self) -> Vec<&Tensor> {
        let layers = self.layers();
        let of_layer = |t: &Tensor| layers.iter().any(|l| t.name == l.weight.name || l.bias.is_some_and(|b| b.name == t.name));
        self.tensors.iter().filter(|t| !of_layer(t)).collect()
    }

    /// Why what is not `used` is of no network here; what is wrong with several is said once.
    fn strange(&self, used: &[&str]) -> Vec<String> {
        let mut said: Vec<(String, Vec<&str>)> = vec![];
        let mut say = |name, why: String| match said.iter_mut().find(|(own, _)| *own == why) {
            Some((_, names)) => names.push(name),
            None => said.push((why, vec![name])),
        };
        for layer in self.layers().iter().filter(|l| !used.contains(&l.name)) {
            let shape = &layer.weight.shape;
            say(
                layer.name,
                match shape[..] {
                    [_, _, 4, 4] => format!("{}: no network here has one there", words(shape)),
                    [_, _, h, w] => format!("a convolution of {h} × {w}: those here are of 4 × 4, in steps of two"),
                    [_, _] => format!("{}: no network here has one there", words(shape)),
                    _ => format!("weights of shape {shape:?}: those here are of dense layers and of convolutions"),
                },
            );
        }
        for tensor in self.odd() {
            let of = tensor.name.rsplit_once('.').map_or("", |(of, _)| of);
            let running = |t: &Tensor| t.name == format!("{of}.running_mean");
            let normalises = self.tensors.iter().any(running) || ["norm", "bn", "ln"].iter().any(|word| of.contains(word));
            say(
                &tensor.name,
                if normalises {
                    "of a layer that normalises: no network here has one".into()
                } else {
                    format!("of shape {:?}: no layer here has such a tensor", tensor.shape)
                },
            );
        }
        let list = |names: &[&str]| match names {
            [a, b, c, rest @ ..] if rest.len() > 1 => format!("{a}, {b}, {c} and {} more", rest.len()),
            _ => names.join(", "),
        };
        said.into_iter().map(|(why, names)| format!("{}: {why}", list(&names))).collect()
    }
}

/// The weights of a file for a network with the parameters `expected`, by name and shape: its own, or those of others.
///
/// # Errors
/// What does not fit, a sentence each.
pub fn weights_for(file: &[u8], expected: &[(String, Vec<usize>)]) -> Result<Vec<Weight>, String> {
    if let Ok(own) = weights::read(file)
        && fits(expected.iter().map(|(name, shape)| (name.as_str(), &shape[..])), &own).is_ok()
    {
        return Ok(own);
    }
    Foreign::open(file)?.fit(expected).map_err(|list| list.join("; "))
}

/// The setup that a file without one is for, and its weights: `otherwise`, if that has such a network, or another on the same images, which
/// are `data`. `parameters` gives the names and shapes of a setup's network.
///
/// # Errors
/// What does not fit, a sentence each.
pub async fn recognise(
    file: &[u8],
    otherwise: &Setup,
    data: DataShape,
    parameters: impl AsyncFn(&Setup) -> Result<Vec<(String, Vec<usize>)>, String>,
) -> Result<(Setup, Vec<Weight>), String> {
    let expected = if otherwise.check().is_ok() { parameters(otherwise).await? } else { vec![] };
    if !expected.is_empty()
        && let Ok(weights) = weights_for(file, &expected)
    {
        return Ok((otherwise.clone(), weights));
    }
    let why = match others(file, otherwise, data, &parameters).await {
        Ok(found) => return Ok(found),
        Err(why) => why,
    };
    // What has our names is ours, and damaged or of another setup.
    let own = weights::read(file).unwrap_or_default();
    let ours = |w: &Weight| expected.iter().any(|(name, shape)| *name == w.name && *shape == w.shape);
    let parameters = expected.iter().map(|(name, shape)| (name.as_str(), &shape[..]));
    Err(match fits(parameters, &own) {
        Err(e) if own.iter().any(ours) => format!("it does not fit the network {}: {e}", otherwise.to_query()),
        _ => why,
    })
}

/// A setup whose network has what the file has under other names, and its weights.
async fn others(
    file: &[u8],
    otherwise: &Setup,
    data: DataShape,
    parameters: &impl AsyncFn(&Setup) -> Result<Vec<(String, Vec<usize>)>, String>,
) -> Result<(Setup, Vec<Weight>), String> {
    let foreign = Foreign::open(file)?;
    let all = foreign.candidates(otherwise, data).map_err(|list| list.join("; "))?;
    let mut why = String::new();
    for setup in all {
        match foreign.fit(&parameters(&setup).await?) {
            Ok(weights) => return Ok((setup, weights)),
            Err(list) => why = list.join("; "),
        }
    }
    Err(why)
}

/// The setup with such a network, if the method has one.
fn setup(otherwise: &Setup, method: &str, channels: Option<usize>, hidden: usize, latent: usize) -> Option<Setup> {
    let mut setup = if method == otherwise.method { otherwise.clone() } else { Setup::new(&otherwise.data, method) };
    setup.set_text("net", if channels.is_some() { "conv" } else { "mlp" }).ok()?;
    let sizes = [("hidden", Some(hidden)), ("latent", Some(latent)), ("channels", channels)];
    for (key, n) in sizes.into_iter().filter_map(|(key, n)| Some((key, n?))) {
        setup.set(key, n as f64).ok()?;
    }
    setup.check().ok().map(|()| setup)
}

/// What training counts by itself, such as means and covariances of codes, and no file of others has: that of standard normal ones.
fn begun(shape: &[usize]) -> Option<Vec<f32>> {
    match *shape {
        [n] => Some(vec![0.0; n]),
        [n, m] if n == m => Some((0..n * n).map(|i| f32::from(i % (n + 1) == 0)).collect()),
        _ => None,
    }
}

/// A layer by its weights' shape.
fn words(shape: &[usize]) -> String {
    match shape {
        [outputs, inputs] => format!("a dense layer from {inputs} to {outputs}"),
        [a, b, h, w] => format!("a convolution of {h} × {w} between {} and {} channels", a.min(b), a.max(b)),
        _ => format!("of shape {shape:?}"),
    }
}

/// What names say where shapes are alike: how much speaks for `theirs` being `ours`.
fn likeness(ours: &str, theirs: &str) -> i32 {
    let theirs = theirs.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| theirs.contains(word));
    let decodes = says(&["dec", "gen", "deconv", "convt", "up"]);
    let encodes = says(&["enc", "recog", "down"]);
    let spreads = says(&["var", "sigma", "std", "scale", "fc22"]);
    let same = |ours: bool, theirs: bool| i32::from(ours == theirs);
    let side = if encodes || decodes { 2 * same(ours.starts_with("decoder"), decodes) } else { 0 };
    side + same(ours.ends_with("logvar"), spreads)
}

/// Names in the order that people count in: numbers by what they are.
fn natural(name: &str) -> Vec<(usize, &str)> {
    name.split('.').map(|part| part.parse().map_or((0, part), |n: usize| (n + 1, ""))).collect()
}

/// `[rows, columns]` the other way round.
fn transposed(values: &[f32], rows: usize) -> Vec<f32> {
    let columns = values.len() / rows;
    (0..values.len()).map(|i| values[i % rows * columns + i / rows]).collect()
}
