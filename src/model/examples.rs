//! What a file of weights has for figures, which have neither the data nor an engine: the shape of the images and the names of
//! their labels, the KL of each latent, a few test images, and where the codes of many lie.

use safetensors::tensor::Dtype;

use super::programs::{Notes, notes};
use super::weights::{self, EXAMPLES, Raw};
use latent_data::Dataset;
use latent_engine::{Engine, Entry, Rows, TestSet, Weight};
use latent_experiment::Setup;
use latent_small::part;
use latent_view::Tests;
use latent_vocabulary::Precision;
use latent_vocabulary::code::{CodeGroup, CodeKind};
use latent_vocabulary::factors::FactorName;
use latent_vocabulary::shape::DataShape;

/// Images for figures: no more than this many, and than fit in so many bytes; but two, to have a way between them.
const IMAGES: usize = 20;
const IMAGE_BYTES: usize = 100_000;
/// Test images whose codes a map shows: no more than this many, and than fit in so many bytes.
pub const CODES: usize = 1000;
const CODE_BYTES: usize = 200_000;

/// Test images, of which a file shows some.
#[derive(Clone, Copy)]
pub struct Examples<'a> {
    pub shape: DataShape,
    /// Names of the labels; empty where nobody has named them.
    pub class_names: &'a [String],
    /// `[n, channels, height, width]`
    pub images: &'a [u8],
    pub labels: &'a [u8],
    /// Values of their factors, `[n, factors]`; empty where none are known.
    pub factors: &'a [u8],
    /// Names of the factors, and of their values.
    pub factor_names: &'a [FactorName],
}

/// What is saved of a model.
struct SavedModel {
    setup: String,
    step: u64,
    weights: Vec<Weight>,
    programs: Notes,
    latent: usize,
    /// Which numbers of a code are a choice, or told: they have no KL.
    chosen: Vec<bool>,
    /// Means and log-variances of the first images, `[n, latent]`.
    codes: Option<(Vec<f32>, Vec<f32>)>,
}

part!(inspection:
    /// [`Examples::file_of`], for those who save.
    fn writer() -> fn(&Examples<'_>, SavedModel, Precision) -> Result<Vec<u8>, String> = |examples, model, precision| examples.file_of(model, precision)
);

impl<'a> From<&'a TestSet> for Examples<'a> {
    fn from(test: &'a TestSet) -> Self {
        Self {
            shape: test.shape,
            class_names: &test.class_names,
            images: &test.images,
            labels: &test.labels,
            factors: &test.factors_nk,
            factor_names: &test.factor_names,
        }
    }
}

impl<'a> Examples<'a> {
    /// The test images of a data set.
    pub fn of(data: &'a Dataset) -> Self {
        Self {
            shape: data.data_shape(),
            class_names: &data.class_names,
            images: &data.test_images,
            labels: &data.test_labels,
            factors: &data.factors.test_nk,
            factor_names: &data.factors.names,
        }
    }

    /// The file of the weights of an engine that runs `entry`. The KL of each latent is that of the first `measured` images.
    ///
    /// # Errors
    /// If the device is lost, or two parameters have the same name.
    pub async fn write(
        &self,
        entry: &dyn Entry,
        engine: &mut impl Engine,
        setup: &Setup,
        measured: usize,
        precision: Precision,
    ) -> Result<Vec<u8>, String> {
        let (weights, latent, n) = (engine.weights().await?, engine.info().latent as usize, measured.min(self.labels.len()));
        let choice =
            |g: &CodeGroup| std::iter::repeat_n(g.is_told() || matches!(g.kind, CodeKind::Choice { .. }), g.count as usize);
        let chosen: Vec<bool> = engine.info().code.iter().flat_map(choice).collect();
        // There may be thousands of tokens and features, and they have no KL.
        let many = |g: &CodeGroup| matches!(g.kind, CodeKind::Grid { .. } | CodeKind::Features { .. });
        let codes = if !engine.info().code.iter().any(many) {
            let (images, labels, factors) = (self.images, self.labels, self.factors);
            let all = Tests { shape: self.shape.image, images, labels, factors, beside: None };
            Some(engine.encode(Rows::tests(all, &all.range(0, n as u32))).await?)
        } else {
            None
        };
        let mut programs = notes(entry, setup, self.shape)?;
        if entry.card().factors {
            programs.push(("factors", FactorName::to_note(self.factor_names)));
        }
        let model = SavedModel { setup: setup.to_query(), step: engine.step(), weights, programs, latent, chosen, codes };
        writer().await?(self, model, precision)
    }

    fn file_of(&self, model: SavedModel, precision: Precision) -> Result<Vec<u8>, String> {
        let mut metadata = vec![("setup", model.setup), ("step", model.step.to_string()), ("classes", self.class_names.join("\n"))];
        metadata.extend(model.programs);
        let mut tensors = weights::rounded(precision, &model.weights);
        let (mean_nd, logvar_nd) = model.codes.unwrap_or_default();
        if !mean_nd.is_empty() {
            let kl = kl_per_latent(&mean_nd, &logvar_nd, model.latent);
            let kl = kl.iter().zip(&model.chosen).map(|(kl, chosen)| format!("{:.4}", if *chosen { 0.0 } else { *kl }));
            metadata.push(("kl", kl.collect::<Vec<_>>().join(",")));
        }
        tensors.extend(self.tensors(model.latent, &mean_nd).map(|t| Raw { name: format!("{EXAMPLES}{}", t.name), ..t }));
        weights::write_raw(tensors, &metadata)
    }

    /// A file of its own, for weights that lie beside it. `codes` are those of the first images, `latent` numbers each.
    ///
    /// # Errors
    /// None that is known: the tensors have the sizes of their shapes.
    pub fn file(&self, latent: usize, codes: &[f32]) -> Result<Vec<u8>, String> {
        weights::write_raw(self.tensors(latent, codes).collect(), &[])
    }

    fn image(&self) -> [usize; 3] {
        let image = self.shape.image;
        [image.channels, image.height, image.width]
    }

    /// Test images, one of each class after the other, and where the codes of many lie, if they are given. Of samples that are no
    /// pictures there are none: whoever shows them draws some from the model.
    fn tensors(&self, latent: usize, codes: &[f32]) -> impl Iterator<Item = Raw<'static>> {
        let len = self.shape.image.bytes();
        let chosen = by_class(self.labels, (IMAGE_BYTES / len).clamp(2, IMAGES));
        let images = chosen.iter().flat_map(|i| &self.images[i * len..(i + 1) * len]).copied().collect();
        let labels = chosen.iter().map(|i| self.labels[*i]).collect();
        let k = self.factors.len() / self.labels.len().max(1);
        let factors = chosen.iter().flat_map(|i| &self.factors[i * k..(i + 1) * k]).copied().collect();
        let raw = |name: &str, dtype, shape: &[usize], bytes: Vec<u8>| Raw {
            name: name.into(),
            dtype,
            shape: shape.into(),
            bytes: bytes.into(),
        };
        let [c, h, w] = self.image();
        let n = (codes.len() / latent.max(1)).min(CODES).min(CODE_BYTES / (2 * latent.max(1)));
        let halves = codes[..n * latent].iter().flat_map(|v| half::f16::from_f32(*v).to_le_bytes()).collect();
        let pictures =
            [raw("images", Dtype::U8, &[chosen.len(), c, h, w], images), raw("labels", Dtype::U8, &[chosen.len()], labels)];
        let known = (k > 0).then(|| raw("factors", Dtype::U8, &[chosen.len(), k], factors));
        let places =
            [raw("codes", Dtype::F16, &[n, latent], halves), raw("code_labels", Dtype::U8, &[n], self.labels[..n].to_vec())];
        let all = pictures.into_iter().chain(known).chain(places.into_iter().take(if n > 0 { 2 } else { 0 }));
        all.take(if self.shape.image.is_picture() { usize::MAX } else { 0 })
    }
}

/// The first image of each class, then the second of each, and so on, `count` in all or as many as there are.
pub fn by_class(labels: &[u8], count: usize) -> Vec<usize> {
    let mut seen = [0usize; 256];
    let mut ranked: Vec<(usize, u8, usize)> = Vec::with_capacity(labels.len());
    for (i, label) in labels.iter().enumerate() {
        ranked.push((seen[usize::from(*label)], *label, i));
        seen[usize::from(*label)] += 1;
    }
    ranked.sort_unstable();
    ranked.into_iter().take(count).map(|(.., i)| i).collect()
}

/// KL to the standard normal of each latent, mean over the rows; by the means alone where there is no posterior.
fn kl_per_latent(mean_nd: &[f32], logvar_nd: &[f32], latent: usize) -> Vec<f64> {
    let mut out = vec![0.0; latent];
    for (i, m) in mean_nd.iter().enumerate() {
        let (m, l) = (f64::from(*m), f64::from(logvar_nd.get(i).copied().unwrap_or(0.0)));
        out[i % latent] += 0.5 * (m * m + l.exp() - l - 1.0);
    }
    let n = (mean_nd.len() / latent.max(1)).max(1) as f64;
    out.iter().map(|v| v / n).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_take_turns() {
        assert_eq!(by_class(&[1, 1, 0, 1, 0, 7], 20), [2, 0, 5, 4, 1, 3]);
        assert_eq!(by_class(&[1, 1, 0, 1, 0, 7], 4), [2, 0, 5, 4]);
        assert_eq!(by_class(&[], 4), Vec::<usize>::new());
    }

    #[test]
    fn kl_is_that_of_gaussians_and_a_point_counts_by_its_distance() {
        assert_eq!(kl_per_latent(&[1.0, 0.0, -1.0, 0.0], &[], 2), [0.5, 0.0]);
        let narrow = kl_per_latent(&[0.0, 2.0], &[-1.0, 0.0], 2);
        assert!((narrow[0] - 0.5 * (-1.0f64).exp()).abs() < 1e-9 && (narrow[1] - 2.0).abs() < 1e-9, "{narrow:?}");
    }
}
