//! Which library tensors are of, and what they mean there.
//!
//! SAELens 6 and before, dictionary_learning (Marks et al.), sparsify (EleutherAI), OpenAI's autoencoders of 2024, and Gemma Scope. What a
//! format means is by its own code: the `encode` of its classes.

use serde_json::{Map, Value};

use super::dictionary::{Dictionary, Rule};
use super::tensors::{Tensor, Tensors};

/// A dictionary as a library means it.
#[derive(Debug)]
pub struct Theirs {
    /// Whose it is.
    pub library: &'static str,
    /// With its own lengths and origin.
    pub dictionary: Dictionary,
    /// The encoder takes the origin away.
    pub subtracts: bool,
    /// Which features fire is chosen by how long they are with their direction.
    pub scaled: bool,
    /// What is done to a row beforehand, by SAELens' names; empty for nothing.
    pub normalises: String,
    /// What no file said, and was taken for granted: a sentence each.
    pub notes: Vec<String>,
    /// The setup of a dictionary that was exported from here.
    pub own: Option<String>,
}

/// What a file may say beside its tensors.
#[derive(Clone, Copy)]
struct Said<'a>(Option<&'a Map<String, Value>>);

impl<'a> Said<'a> {
    fn get(self, key: &str) -> Option<&'a Value> {
        self.0?.get(key).filter(|v| !v.is_null())
    }

    fn text(self, key: &str) -> Option<&'a str> {
        self.get(key)?.as_str()
    }

    fn bool(self, key: &str) -> Option<bool> {
        self.get(key)?.as_bool()
    }

    /// A number of features: a mean may be no whole number.
    fn count(self, key: &str) -> Option<usize> {
        self.get(key)?.as_f64().filter(|k| *k >= 1.0).map(|k| k.round() as usize)
    }

    fn inside(self, key: &str) -> Self {
        Self(self.get(key).and_then(Value::as_object))
    }
}

/// Names of matrices of an encoder and of a decoder.
const ENCODERS: [&str; 3] = ["W_enc", "w_enc", "encoder.weight"];
const DECODERS: [&str; 3] = ["W_dec", "w_dec", "decoder.weight"];

/// The dictionary in these files; `None` if they have none.
///
/// # Errors
/// A sentence: what is missing, does not fit, or has no counterpart here.
pub fn read(found: &Tensors) -> Result<Option<Theirs>, String> {
    let of = |names: &[&'static str]| names.iter().copied().find(|name| found.all.contains_key(*name));
    let (Some(encoder), Some(decoder)) = (of(&ENCODERS), of(&DECODERS)) else { return Ok(None) };
    let Some(origin) = of(&["b_dec", "bias", "decoder_bias", "pre_bias", "decoder.bias"]) else { return Ok(None) };
    let Some(bias) = of(&["b_enc", "encoder.bias", "latent_bias", "b_gate", "gate_bias"]) else { return Ok(None) };
    let tensor = |name: &str| &found.all[name];
    let (inputs, features) = (tensor(origin).values.len(), tensor(bias).values.len());
    if inputs < 2 || features < 2 {
        return Err(format!("{origin} has {inputs} numbers and {bias} {features}: a dictionary has more"));
    }
    if found.all.contains_key("W_skip") {
        return Err("it has a skip connection (W_skip): no dictionary here has one".into());
    }
    let reader = Reader { found, inputs, features, said: Said(found.said.iter().find(|s| says_much(s))) };
    let library = reader.library(encoder, decoder, origin);
    let mut notes = vec![];
    let meaning = reader.meaning(library, encoder, &mut notes)?;
    let dictionary = Dictionary {
        inputs,
        features,
        encoder_af: matrix(encoder, tensor(encoder), [inputs, features], encoder == "encoder.weight")?,
        bias_f: tensor(bias).values.clone(),
        decoder_fa: reader.scaled_rows(matrix(decoder, tensor(decoder), [features, inputs], decoder == "decoder.weight")?)?,
        origin_a: tensor(origin).values.clone(),
        rule: meaning.rule,
    };
    let own = reader.said.inside("metadata").text("latent_lab_setup").map(str::to_owned);
    let Meaning { subtracts, scaled, normalises, .. } = meaning;
    Ok(Some(Theirs { library: library.name(), dictionary, subtracts, scaled, normalises, notes, own }))
}

/// Whether an object says what a dictionary is, rather than how it was trained.
fn says_much(said: &Map<String, Value>) -> bool {
    ["d_in", "d_sae", "trainer", "activation_dim", "num_latents", "expansion_factor"].iter().any(|key| said.contains_key(*key))
}

#[derive(Clone, Copy, PartialEq)]
enum Library {
    SaeLens,
    DictionaryLearning,
    Sparsify,
    OpenAi,
    GemmaScope,
}

impl Library {
    fn name(self) -> &'static str {
        match self {
            Self::SaeLens => "SAELens",
            Self::DictionaryLearning => "dictionary_learning",
            Self::Sparsify => "sparsify",
            Self::OpenAi => "OpenAI",
            Self::GemmaScope => "Gemma Scope",
        }
    }
}

/// What the encoder does.
struct Meaning {
    rule: Rule,
    subtracts: bool,
    scaled: bool,
    normalises: String,
}

struct Reader<'a> {
    found: &'a Tensors,
    inputs: usize,
    features: usize,
    said: Said<'a>,
}

impl Reader<'_> {
    fn has(&self, name: &str) -> bool {
        self.found.all.contains_key(name)
    }

    /// A tensor of one number for each feature.
    fn each(&self, name: &str) -> Result<Vec<f32>, String> {
        let Some(t) = self.found.all.get(name) else { return Err(format!("there is no {name}")) };
        if t.values.len() == self.features {
            return Ok(t.values.clone());
        }
        Err(format!("{name} has shape {:?}: expected a number for each of {} features", t.shape, self.features))
    }

    /// A tensor that is a single number.
    fn one(&self, name: &str) -> Option<f32> {
        self.found.all.get(name).filter(|t| t.values.len() == 1).map(|t| t.values[0])
    }

    /// By names, and by what lies beside them.
    fn library(&self, encoder: &str, decoder: &str, origin: &str) -> Library {
        let of_saelens = ["architecture", "d_sae", "activation_fn_str", "activation_fn", "apply_b_dec_to_input"];
        match () {
            () if self.has("pre_bias") && self.has("latent_bias") => Library::OpenAi,
            () if of_saelens.iter().any(|key| self.said.get(key).is_some()) => Library::SaeLens,
            () if encoder == "encoder.weight" && decoder != "decoder.weight" => Library::Sparsify,
            () if encoder == "encoder.weight" || self.has("group_sizes") || self.said.get("trainer").is_some() => {
                Library::DictionaryLearning
            }
            () if self.has("threshold") && origin == "b_dec" => Library::GemmaScope,
            () => Library::SaeLens,
        }
    }

    fn meaning(&self, library: Library, encoder: &str, notes: &mut Vec<String>) -> Result<Meaning, String> {
        let plain = |rule| Meaning { rule, subtracts: true, scaled: false, normalises: String::new() };
        Ok(match library {
            Library::SaeLens => self.saelens(notes)?,
            Library::DictionaryLearning if self.has("r_mag") => {
                plain(Rule::Gated { log_scale_f: self.each("r_mag")?, bias_f: self.each("mag_bias")? })
            }
            Library::DictionaryLearning if encoder == "encoder.weight" => {
                // A `decoder.bias` comes with an encoder that takes nothing away (AutoEncoderNew).
                let subtracts = !self.has("decoder.bias");
                Meaning { subtracts, ..plain(self.trained_to_a_number(notes)) }
            }
            Library::DictionaryLearning if self.one("threshold").is_some() => plain(self.trained_to_a_number(notes)),
            Library::DictionaryLearning | Library::GemmaScope => {
                if library == Library::GemmaScope {
                    notes.push(
                        "No cfg.json lies beside it: its encoder is taken to work on the row itself, as in Gemma Scope and \
                         dictionary_learning."
                            .into(),
                    );
                }
                Meaning { subtracts: false, ..plain(Rule::Jump(self.each("threshold")?)) }
            }
            Library::Sparsify => {
                if self.said.bool("transcode") == Some(true) {
                    return Err(
                        "it is a transcoder: it makes another layer of its input, and dictionaries here make the same".into()
                    );
                }
                if let Some(other) = self.said.text("activation").filter(|a| *a != "topk") {
                    return Err(format!("its activation is {other}: of sparsify's, topk is known here"));
                }
                if self.said.bool("signed") == Some(true) {
                    return Err("its features may be below zero (signed): here the largest above zero are kept".into());
                }
                plain(Rule::TopK(self.said.count("k")))
            }
            Library::OpenAi => {
                // Their TopK normalises rows; their ReLU does not. The name is not among the tensors.
                let topk = self.said.text("activation").is_none_or(|a| a.eq_ignore_ascii_case("topk"));
                let k = self.said.count("k").or_else(|| self.said.inside("activation_state_dict").count("k"));
                let rule = if topk { Rule::TopK(k) } else { Rule::Relu };
                if self.said.text("activation").is_none() {
                    notes.push("No file says its activation: it is taken for TopK, which works on rows under layer_norm.".into());
                }
                Meaning { normalises: if topk { "layer_norm".into() } else { String::new() }, ..plain(rule) }
            }
        })
    }

    /// What dictionary_learning trains to a number of features: by its class, where a config names it, for the tensors of two are the same.
    fn trained_to_a_number(&self, notes: &mut Vec<String>) -> Rule {
        let k = self.one("k").map(|k| k as usize).or_else(|| self.said.inside("trainer").count("k")).filter(|k| *k > 0);
        let (Some(k), Some(threshold)) = (k, self.one("threshold")) else { return k.map_or(Rule::Relu, |k| Rule::TopK(Some(k))) };
        let class = self.said.inside("trainer").text("dict_class");
        let by_input = class.map_or(!self.has("group_sizes"), |class| class.contains("AutoEncoderTopK"));
        if class.is_none() && !self.has("group_sizes") {
            notes.push(
                "AutoEncoderTopK and BatchTopKSAE have the same tensors, and no config.json says which this is: it is taken for the \
                 first, the k largest of each row."
                    .into(),
            );
        }
        // Below zero it was never set: then all that is above zero fires.
        if by_input { Rule::TopK(Some(k)) } else { Rule::Batch(threshold.max(0.0), Some(k)) }
    }

    fn saelens(&self, notes: &mut Vec<String>) -> Result<Meaning, String> {
        let said = self.said;
        let activation = said.text("activation_fn_str").or_else(|| said.text("activation_fn"));
        let k = said.count("k").or_else(|| said.inside("activation_fn_kwargs").count("k"));
        let named = said.text("architecture");
        // Before version 6 the architecture of a TopK was "standard", with another activation.
        let architecture = match named {
            None | Some("standard") if activation == Some("topk") => "topk",
            Some(name) => name,
            None if self.has("r_mag") => "gated",
            None if self.has("threshold") => "jumprelu",
            None => "standard",
        };
        let scaled = said.bool("rescale_acts_by_decoder_norm").unwrap_or(false);
        let rule = match architecture {
            "standard" => Rule::Relu,
            "topk" => Rule::TopK(k),
            "jumprelu" => {
                let threshold_f = self.each("threshold")?;
                // So a budget for whole batches is saved for use.
                let trained = said.inside("metadata");
                let k = trained.inside("training_architecture_details").count("k");
                let batch = trained.text("training_architecture").is_some_and(|a| a.ends_with("batchtopk"));
                if batch && threshold_f.iter().all(|t| t.to_bits() == threshold_f[0].to_bits()) {
                    Rule::Batch(threshold_f[0].max(0.0), k)
                } else {
                    Rule::Jump(threshold_f)
                }
            }
            "gated" => Rule::Gated { log_scale_f: self.each("r_mag")?, bias_f: self.each("b_mag")? },
            "batchtopk" | "matryoshka_batchtopk" => {
                let threshold = self.one("topk_threshold").ok_or("there is no topk_threshold")?;
                Rule::Batch(threshold.max(0.0), k)
            }
            other => {
                return Err(format!(
                    "its architecture is {other}: of SAELens', standard, topk, jumprelu, gated and batchtopk are known here"
                ));
            }
        };
        let normalises = match said.get("normalize_activations") {
            Some(Value::String(name)) => name.clone(),
            Some(Value::Bool(true)) => "expected_average_only_in".into(),
            _ => String::new(),
        };
        if normalises == "covariance_whitening" {
            return Err("it works on whitened rows (covariance_whitening): fold that into its weights before you save it".into());
        }
        if normalises == "expected_average_only_in" {
            notes.push(
                "It was trained on rows of a mean length of √d (expected_average_only_in), and the file does not say by what number \
                 they were multiplied: bring activations normalised in the same way."
                    .into(),
            );
        }
        let normalises = if normalises == "none" { String::new() } else { normalises };
        Ok(Meaning { rule, subtracts: said.bool("apply_b_dec_to_input").unwrap_or(true), scaled, normalises })
    }

    /// Directions with the strength that SAELens may have tuned afterwards.
    fn scaled_rows(&self, mut decoder_fa: Vec<f32>) -> Result<Vec<f32>, String> {
        for name in ["scaling_factor", "finetuning_scaling_factor"] {
            if self.has(name) {
                let by_f = self.each(name)?;
                for (row, by) in decoder_fa.chunks_exact_mut(self.inputs).zip(by_f) {
                    row.iter_mut().for_each(|v| *v *= by);
                }
            }
        }
        Ok(decoder_fa)
    }
}

/// A matrix of that shape, whichever way it lies; of a square one the name tells whether it is `turned`, as linear layers of PyTorch are.
fn matrix(name: &str, t: &Tensor, shape: [usize; 2], turned: bool) -> Result<Vec<f32>, String> {
    let [rows, columns] = shape;
    let lies = match t.shape[..] {
        [r, c] if r == c && [r, c] == shape => turned,
        [r, c] if [r, c] == shape => false,
        [r, c] if [c, r] == shape => true,
        _ => return Err(format!("{name} has shape {:?}: its biases say {rows} × {columns}", t.shape)),
    };
    if !lies {
        return Ok(t.values.clone());
    }
    let mut out = vec![0.0; rows * columns];
    for (c, column) in t.values.chunks_exact(rows).enumerate() {
        column.iter().enumerate().for_each(|(r, v)| out[r * columns + c] = *v);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: usize = 2;
    const F: usize = 3;

    fn tensors(names: &[(&str, &[usize])]) -> Tensors {
        let mut found = Tensors::default();
        for (name, shape) in names {
            let n: usize = shape.iter().product();
            let values = (0..n).map(|i| 1.0 + i as f32).collect();
            found.all.insert((*name).into(), Tensor { shape: shape.to_vec(), values });
        }
        found
    }

    fn said(mut found: Tensors, json: &str) -> Tensors {
        found.said.push(serde_json::from_str(json).unwrap());
        found
    }

    fn of(found: &Tensors) -> Theirs {
        read(found).unwrap().unwrap()
    }

    const PLAIN: &[(&str, &[usize])] = &[("W_enc", &[A, F]), ("W_dec", &[F, A]), ("b_enc", &[F]), ("b_dec", &[A])];
    const LINEAR: &[(&str, &[usize])] = &[("encoder.weight", &[F, A]), ("encoder.bias", &[F]), ("decoder.weight", &[A, F])];

    #[test]
    fn libraries_are_told_apart_by_their_tensors() {
        let with =
            |base: &[(&'static str, &'static [usize])], more: &[(&'static str, &'static [usize])]| tensors(&[base, more].concat());
        for (found, library, rule, subtracts) in [
            (with(PLAIN, &[]), "SAELens", Rule::Relu, true),
            (with(PLAIN, &[("threshold", &[F])]), "Gemma Scope", Rule::Jump(vec![1.0, 2.0, 3.0]), false),
            (
                with(PLAIN, &[("threshold", &[]), ("k", &[]), ("group_sizes", &[2])]),
                "dictionary_learning",
                Rule::Batch(1.0, Some(1)),
                true,
            ),
            (with(LINEAR, &[("bias", &[A])]), "dictionary_learning", Rule::Relu, true),
            (with(LINEAR, &[("decoder.bias", &[A])]), "dictionary_learning", Rule::Relu, false),
            (with(LINEAR, &[("b_dec", &[A]), ("k", &[]), ("threshold", &[])]), "dictionary_learning", Rule::TopK(Some(1)), true),
            (
                tensors(&[("encoder.weight", &[F, A]), ("encoder.bias", &[F]), ("W_dec", &[F, A]), ("b_dec", &[A])]),
                "sparsify",
                Rule::TopK(None),
                true,
            ),
            (
                tensors(&[("encoder.weight", &[F, A]), ("latent_bias", &[F]), ("decoder.weight", &[A, F]), ("pre_bias", &[A])]),
                "OpenAI",
                Rule::TopK(None),
                true,
            ),
        ] {
            let theirs = of(&found);
            assert_eq!((theirs.library, &theirs.dictionary.rule, theirs.subtracts), (library, &rule, subtracts), "{found:?}");
            // A linear layer of PyTorch is turned.
            let first = if found.all.contains_key("W_enc") { [1.0, 2.0, 3.0] } else { [1.0, 3.0, 5.0] };
            assert_eq!(theirs.dictionary.encoder_af[..F], first, "{library}");
        }
        let gated: &[(&str, &[usize])] = &[
            ("encoder.weight", &[F, A]),
            ("decoder.weight", &[A, F]),
            ("decoder_bias", &[A]),
            ("r_mag", &[F]),
            ("gate_bias", &[F]),
            ("mag_bias", &[F]),
        ];
        assert!(matches!(of(&tensors(gated)).dictionary.rule, Rule::Gated { .. }));
        assert!(read(&tensors(&[("fc1.weight", &[4, 5]), ("fc1.bias", &[4])])).unwrap().is_none());
    }

    #[test]
    fn what_is_said_beside_them_decides() {
        let with = |json: &str| said(tensors(PLAIN), json);
        assert_eq!(of(&with(r#"{"architecture":"topk","d_sae":3,"k":2}"#)).dictionary.rule, Rule::TopK(Some(2)));
        // Before version 6.
        let before =
            r#"{"d_in":2,"d_sae":3,"activation_fn_str":"topk","activation_fn_kwargs":{"k":1},"normalize_activations":true}"#;
        let before = of(&with(before));
        assert_eq!((before.dictionary.rule, before.normalises.as_str()), (Rule::TopK(Some(1)), "expected_average_only_in"));
        let theirs =
            of(&with(r#"{"architecture":"standard","d_in":2,"apply_b_dec_to_input":false,"normalize_activations":"layer_norm"}"#));
        assert_eq!((theirs.subtracts, theirs.normalises.as_str()), (false, "layer_norm"));
        let batch = &[PLAIN, &[("topk_threshold", &[])]].concat();
        let theirs =
            of(&said(tensors(batch), r#"{"architecture":"batchtopk","d_in":2,"k":1.6,"rescale_acts_by_decoder_norm":true}"#));
        assert_eq!((theirs.dictionary.rule, theirs.scaled), (Rule::Batch(1.0, Some(2)), true));
        let class = r#"{"trainer":{"dict_class":"BatchTopKSAE","k":1},"buffer":{}}"#;
        let batch = [LINEAR, &[("b_dec", &[A]), ("k", &[]), ("threshold", &[])]].concat();
        assert_eq!(of(&said(tensors(&batch), class)).dictionary.rule, Rule::Batch(1.0, Some(1)));
        // Strength that was tuned afterwards.
        let tuned = of(&tensors(&[PLAIN, &[("scaling_factor", &[F])]].concat()));
        assert_eq!(tuned.dictionary.decoder_fa, [1.0, 2.0, 6.0, 8.0, 15.0, 18.0]);
    }

    #[test]
    fn what_has_no_counterpart_is_told() {
        let refusal = |found: &Tensors| read(found).unwrap_err();
        let with = |json: &str| said(tensors(PLAIN), json);
        assert!(refusal(&with(r#"{"architecture":"transcoder","d_in":2}"#)).contains("its architecture is transcoder"));
        assert!(
            refusal(&with(r#"{"architecture":"standard","d_in":2,"normalize_activations":"covariance_whitening"}"#))
                .contains("whitened")
        );
        let skip = [PLAIN, &[("W_skip", &[A, A])]].concat();
        assert!(refusal(&tensors(&skip)).contains("W_skip"));
        let mut wrong = tensors(PLAIN);
        wrong.all.get_mut("W_enc").unwrap().shape = vec![4, 5];
        assert_eq!(refusal(&wrong), "W_enc has shape [4, 5]: its biases say 2 × 3");
    }
}
