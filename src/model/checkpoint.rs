//! A run as one file: what it needs to go on bit by bit, and its curves.
//!
//! The file is a file of weights as well: parameters have their names in the Burn module, everything else begins with
//! [`APART`]. It goes on bit by bit on the adapter that it came from; others round otherwise.

use safetensors::tensor::{Dtype, SafeTensors};

use super::weights::{self, APART, Raw};
use latent_engine::RunState;
use latent_experiment::Setup;
use latent_experiment::history::{Bucket, History};

/// Version of the format, in the metadata under `checkpoint`.
const VERSION: &str = "1";

/// Where the metadata say which images the run was trained on.
const IMAGES: &str = "images";

/// Names of the optimiser's tensors, before the parameter's.
const MOMENTS: [&str; 2] = ["moment_1", "moment_2"];

/// A run at rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    pub setup: Setup,
    pub state: RunState,
    pub history: History,
    /// Tells the images that it was trained on from others of the same name, where that is known.
    pub images: Option<String>,
}

impl Checkpoint {
    /// The file.
    ///
    /// # Errors
    /// If two parameters have the same name.
    pub fn write(&self) -> Result<Vec<u8>, String> {
        let state = &self.state;
        let mut tensors: Vec<Raw> = state.weights.iter().map(Raw::full).collect();
        for (kind, moments) in MOMENTS.iter().zip(&state.moments) {
            tensors.extend(moments.iter().map(|w| Raw::full(w).called(format!("{APART}{kind}.{}", w.name))));
        }
        for (curve, buckets) in [("train", &self.history.train), ("test", &self.history.test)] {
            tensors.extend(curve_tensors(curve, buckets));
        }
        let mut metadata = vec![
            ("checkpoint", VERSION.to_string()),
            ("setup", self.setup.to_query()),
            ("step", state.step.to_string()),
            ("draws", state.draws.to_string()),
            ("kernels", state.kernels.clone()),
        ];
        metadata.extend(self.images.clone().map(|images| (IMAGES, images)));
        weights::write_raw(tensors, &metadata)
    }

    /// Whether its images may be those that are `made_of` this, or were before there were more, as far as both know.
    pub fn is_of(&self, made_of: &[String]) -> bool {
        made_of.is_empty() || self.images.as_ref().is_none_or(|its| made_of.contains(its))
    }

    /// Reads a file back. `None` if it holds weights only.
    ///
    /// # Errors
    /// A sentence that names the tensor or the entry, if the file is damaged, foreign or of a later version.
    pub fn read(bytes: &[u8]) -> Result<Option<Self>, String> {
        let metadata = weights::metadata(bytes)?;
        match metadata.get("checkpoint").map(String::as_str) {
            None => return Ok(None),
            Some(VERSION) => {}
            Some(other) => return Err(format!("this is a checkpoint of version {other}; this program reads version {VERSION}")),
        }
        let entry = |key: &str| metadata.get(key).ok_or_else(|| format!("the checkpoint's metadata has no {key:?}"));
        let number = |key: &str| entry(key)?.parse().map_err(|_| format!("{key} = {:?} is no whole number", metadata[key]));
        let setup = setup(entry("setup")?)?;
        let file = weights::open(bytes)?;
        let moments = |kind: &str| weights::read_those(&file, &format!("{APART}{kind}."));
        let state = RunState {
            step: number("step")?,
            draws: u32::try_from(number("draws")?).map_err(|e| format!("draws: {e}"))?,
            kernels: entry("kernels")?.clone(),
            weights: weights::read(bytes)?,
            moments: [moments(MOMENTS[0])?, moments(MOMENTS[1])?],
        };
        let history = History::new(curve(&file, "train")?, curve(&file, "test")?);
        Ok(Some(Self { setup, state, history, images: metadata.get(IMAGES).cloned() }))
    }
}

/// The setup in a file's metadata.
///
/// # Errors
/// Its first part that this program does not know.
pub fn setup(query: &str) -> Result<Setup, String> {
    let (mut setup, notes) = Setup::from_query(query, &[]);
    if let Some(note) = notes.first() {
        return Err(format!("its setup does not fit this program: {note}"));
    }
    // As large as can be is what it meant.
    setup.settle();
    Ok(setup)
}

fn curve_name(curve: &str, part: &str) -> String {
    format!("{APART}{curve}.{part}")
}

/// A curve as `step` `[n]`, `count` `[n]` and `terms` `[n, terms]`.
fn curve_tensors(curve: &str, buckets: &[Bucket]) -> [Raw<'static>; 3] {
    let terms = buckets.first().map_or(0, |b| b.terms.len());
    let raw = |part: &str, dtype: Dtype, shape: Vec<usize>, bytes: Vec<u8>| Raw {
        name: curve_name(curve, part),
        dtype,
        shape,
        bytes: bytes.into(),
    };
    let n = buckets.len();
    [
        raw("step", Dtype::U64, vec![n], buckets.iter().flat_map(|b| b.step.to_le_bytes()).collect()),
        raw("count", Dtype::U32, vec![n], buckets.iter().flat_map(|b| b.count.to_le_bytes()).collect()),
        raw("terms", Dtype::F32, vec![n, terms], buckets.iter().flat_map(|b| &b.terms).flat_map(|v| v.to_le_bytes()).collect()),
    ]
}

/// # Errors
/// Names the tensor that is missing or has another shape.
fn curve(file: &SafeTensors, curve: &str) -> Result<Vec<Bucket>, String> {
    let tensor = |part: &str, dtype: Dtype| {
        let name = curve_name(curve, part);
        let view = file.tensor(&name).map_err(|e| format!("{name}: {e}"))?;
        if view.dtype() == dtype { Ok(view) } else { Err(format!("{name} holds {:?}, expected {dtype:?}", view.dtype())) }
    };
    let (steps, counts, terms) = (tensor("step", Dtype::U64)?, tensor("count", Dtype::U32)?, tensor("terms", Dtype::F32)?);
    let (n, width) = match (steps.shape(), counts.shape(), terms.shape()) {
        (&[n], &[m], &[k, width]) if n == m && n == k => (n, width),
        (a, b, c) => return Err(format!("{} has shapes {a:?}, {b:?} and {c:?}, which do not go together", curve_name(curve, "*"))),
    };
    let values = weights::floats(terms.data());
    let words =
        |bytes: &[u8], at: usize, size: usize| bytes[at * size..][..size].iter().rev().fold(0, |w, b| w << 8 | u64::from(*b));
    Ok((0..n)
        .map(|i| Bucket {
            step: words(steps.data(), i, 8),
            count: words(counts.data(), i, 4) as u32,
            terms: values[i * width..][..width].to_vec(),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use latent_engine::Weight;

    fn checkpoint() -> Checkpoint {
        let weight = |name: &str, from: f32| Weight { name: name.into(), shape: vec![2], values: vec![from, from + 1.0] };
        let bucket = |step: u64, count: u32| Bucket { step, count, terms: vec![step as f32 / 3.0, -0.1] };
        let mut setup = Setup::new("mnist", "vae");
        setup.set("beta", 0.3).unwrap();
        Checkpoint {
            setup,
            state: RunState {
                step: 1 << 33,
                draws: 17,
                kernels: "register tiles 8 × 8".into(),
                weights: vec![weight("a.bias", 0.0), weight("a.weight", 7.0)],
                moments: [vec![weight("a.weight", 1e-30)], vec![weight("a.weight", 2.5)]],
            },
            history: History::new(vec![bucket(2, 2), bucket(3, 1)], vec![]),
            images: Some("0123456789abcdef".into()),
        }
    }

    #[test]
    fn everything_comes_back_and_the_parameters_alone_as_well() {
        let there = checkpoint();
        let bytes = there.write().unwrap();
        assert_eq!(Checkpoint::read(&bytes).unwrap().unwrap(), there);
        // Files of earlier versions do not say it, nor do sets.
        let unknown = Checkpoint { images: None, ..there.clone() };
        assert_eq!(Checkpoint::read(&unknown.write().unwrap()).unwrap().unwrap(), unknown);
        let made_of = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(unknown.is_of(&made_of(&[""])) && there.is_of(&[]));
        assert!(there.is_of(&made_of(&["0123456789abcdef", "of more"])) && !there.is_of(&made_of(&[""])));
        assert_eq!(weights::read(&bytes).unwrap(), there.state.weights);
        let plain = weights::write(&there.state.weights, &[("setup", there.setup.to_query())]).unwrap();
        assert_eq!(Checkpoint::read(&plain).unwrap(), None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let there = checkpoint();
        let refused = |metadata: &[(&str, &str)]| {
            let metadata: Vec<_> = metadata.iter().map(|(k, v)| (*k, (*v).to_string())).collect();
            Checkpoint::read(&weights::write(&there.state.weights, &metadata).unwrap()).unwrap_err()
        };
        let known = [("setup", "v=1&method=vae"), ("draws", "0"), ("kernels", "")];
        assert!(refused(&[("checkpoint", "2")]).contains("version 2"));
        assert!(refused(&[("checkpoint", "1")]).contains("setup"));
        assert!(refused(&[("checkpoint", "1"), ("setup", "v=1&method=vae&colour=red")]).contains("colour"));
        assert!(refused(&[&[("checkpoint", "1"), ("step", "many")], &known[..]].concat()).contains("step"));
        assert!(refused(&[&[("checkpoint", "1"), ("step", "4")], &known[..]].concat()).contains("checkpoint.train.step"));
        let bytes = there.write().unwrap();
        for n in (0..bytes.len()).step_by(7) {
            assert!(Checkpoint::read(&bytes[..n]).is_err(), "{n} bytes");
        }
    }
}
