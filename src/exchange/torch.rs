//! A model as a module of PyTorch: to read, to run, and to train on.

mod calls;
mod expr;
mod function;
mod layers;

use std::collections::HashMap;

use safetensors::tensor::{Dtype, TensorView};

use crate::code::{Code, Do};
use crate::model::Model;
use crate::names::LOSS;
use function::Function;
use layers::Layers;

/// A module, and the tensors that it loads.
#[derive(Debug)]
pub struct Written {
    /// Text of the module: it needs `torch`, and nothing of ours.
    pub module: String,
    /// Its `state_dict` as safetensors; dense weights are `[out, in]`.
    pub state: Vec<u8>,
    /// Why it has no objective, where the file was to have one.
    pub missing: Option<String>,
}

/// Writes a module with a method for each program, and `loss` where the file has the objective. `state` is what the file of tensors will be
/// called. Parameters have their names in the Burn module.
///
/// # Errors
/// If something in a program has no counterpart in PyTorch, or a weight is missing.
pub fn write(model: &Model<'_>, state: &str) -> Result<Written, String> {
    let mut codes: Vec<Code> = model.programs().map(|name| model.code(name)).collect::<Result<_, _>>()?;
    let mut missing = None;
    match model.objective() {
        Some(Ok(code)) => codes.push(code),
        Some(Err(why)) => missing = Some(why),
        None => {}
    }
    let layers = Layers::of(&codes)?;
    let class = class_name(model.card.id);
    let mut text = header(model, &class, state);
    text += &format!("class {class}(nn.Module):\n    \"\"\"{}\"\"\"\n\n", wrapped(model.card.summary, "    "));
    text += "    def __init__(self) -> None:\n        super().__init__()\n";
    for line in layers.lines() {
        text += &format!("        {line}\n");
    }
    for (key, value) in controls(&codes) {
        text += &format!("        self.{} = {}\n", layers.control(key), expr::number(value));
    }
    for code in &codes {
        match Function::new(code, &layers).write(model) {
            Ok(method) => text += &format!("\n{method}"),
            Err(why) if code.name == LOSS => missing = Some(why),
            Err(why) => return Err(why),
        }
    }
    text += &forward(&codes);
    Ok(Written { module: text, state: tensors(model, &layers)?, missing })
}

/// The docstring of the file, and what it imports.
fn header(model: &Model<'_>, class: &str, state: &str) -> String {
    let mut text = format!("\"\"\"{}, {} steps of training in Latent Lab.\n\n", model.card.label, model.step());
    text += &format!("    model = {class}()\n    model.load_state_dict(safetensors.torch.load_file(\"{state}\"))\n\n");
    text += "Names are those of the original module. In shapes, `batch` is any number of rows.\n\n";
    for (key, value) in &model.credits()[1..] {
        text += &format!("{}: {value}\n", capital(key));
    }
    text + "\"\"\"\n\nimport torch\nfrom torch import Tensor, nn\nfrom torch.nn import functional as F\n\n\n"
}

/// Lines that are not too long.
fn wrapped(text: &str, indent: &str) -> String {
    let (mut out, mut width) = (String::new(), indent.len() + 3);
    for word in text.split_whitespace() {
        let fits = width + word.len() < function::WIDTH - 4;
        if !out.is_empty() {
            out += &if fits { " ".to_string() } else { format!("\n{indent}") };
        }
        width = if fits { width + word.len() + 1 } else { indent.len() + word.len() };
        out += word;
    }
    out
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_ascii_uppercase() + rest
}

/// `vq-vae` as `VqVae`.
fn class_name(id: &str) -> String {
    let name: String = id.split('-').map(capital).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("Model{name}") } else { name }
}

/// Live parameters that something reads, with their values.
fn controls(codes: &[Code]) -> Vec<(&str, f32)> {
    let mut all: Vec<(&str, f32)> = vec![];
    for value in codes.iter().flat_map(|code| &code.values) {
        if let Do::Control(key, value) = &value.of
            && !all.iter().any(|(own, _)| own == key)
        {
            all.push((key, *value));
        }
    }
    all
}

/// What the module does when it is called: images there and back.
fn forward(codes: &[Code]) -> String {
    let of = |name: &str| codes.iter().find(|code| code.name == name);
    let (Some(encode), Some(decode)) = (of("Encode"), of("Decode")) else { return String::new() };
    let names = |code: &Code| -> Vec<String> {
        let inputs = code.given().into_iter().filter_map(|of| match &code.values[of].of {
            Do::Input(name) => Some(name.clone()),
            _ => None,
        });
        inputs.collect()
    };
    // What draws noise is not written in one line.
    if names(decode) != ["z"] || encode.given().len() != names(encode).len() || decode.given().len() != 1 {
        return String::new();
    }
    let given = names(encode);
    let typed: Vec<String> = given.iter().map(|name| format!("{name}: Tensor")).collect();
    let code = format!("self.encode({})", given.join(", "));
    let code = if encode.outputs.len() > 1 { format!("{code}[0]") } else { code };
    format!(
        "\n    def forward(self, {}) -> Tensor:\n        \"\"\"Images to the images that their codes decode to, [batch, pixels].\"\"\"\n        \
         return self.decode({code})\n",
        typed.join(", ")
    )
}

/// The `state_dict`.
fn tensors(model: &Model<'_>, layers: &Layers) -> Result<Vec<u8>, String> {
    let mut all: Vec<(String, Vec<usize>, Vec<u8>)> = vec![];
    for (name, shape) in layers.weights() {
        let values = model.values(name, shape)?;
        let bytes = |values: &[f32]| values.iter().flat_map(|v| v.to_le_bytes()).collect();
        if layers.is_linear(name) {
            let [rows, columns] = [shape[0], shape[1]];
            let turned: Vec<f32> = (0..rows * columns).map(|i| values[i % rows * columns + i / rows]).collect();
            all.push((name.into(), vec![columns, rows], bytes(&turned)));
        } else {
            all.push((name.into(), shape.to_vec(), bytes(&values)));
        }
    }
    let views = all.iter().map(|(name, shape, bytes)| {
        TensorView::new(Dtype::F32, shape.clone(), bytes).map(|view| (name, view)).map_err(|e| format!("{name}: {e}"))
    });
    let views: Vec<_> = views.collect::<Result<_, _>>()?;
    let notes = HashMap::from([("format".to_string(), "pt".to_string())]);
    safetensors::serialize(views, Some(notes)).map_err(|e| e.to_string())
}
