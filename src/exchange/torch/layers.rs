//! Which tensors are layers of PyTorch's own, and how the module makes them all.

use latent_compile::graph::Conv;

use super::expr::identifier;
use crate::code::{Code, Do, Size, fixed};
use crate::names::{self, SET};

/// What a layer is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Layer {
    Linear,
    Conv(Conv),
    ConvTranspose(Conv, [usize; 2]),
}

/// A layer, and whether it has a bias.
#[derive(Clone, Debug, PartialEq)]
struct Known {
    name: String,
    layer: Layer,
    bias: bool,
}

/// The tensors of a module.
pub struct Layers {
    weights: Vec<(String, Vec<usize>)>,
    /// Those that training sets by itself.
    state: Vec<String>,
    known: Vec<Known>,
}

impl Layers {
    /// The tensors that programs read. A tensor is of a layer if the layer is what programs make of it, alike in all of them.
    ///
    /// # Errors
    /// If a weight is as large as the batch.
    pub fn of(codes: &[Code]) -> Result<Self, String> {
        let (mut weights, mut known) = (Vec::<(String, Vec<usize>)>::new(), Vec::<Known>::new());
        let mut not = vec![];
        for code in codes {
            for (name, dims) in code.weights() {
                if !weights.iter().any(|(own, _)| own == name) {
                    let dims = dims.iter().map(|d: &Size| fixed(*d)).collect::<Option<_>>();
                    weights.push((name.into(), dims.ok_or_else(|| format!("{name} is as large as the batch"))?));
                }
            }
            for of in 0..code.values.len() {
                let Some(name) = names::layer(code, of) else { continue };
                let value = &code.values[of];
                let bias = value.args.get(2).map(|bias| &code.values[*bias].of);
                let own_bias = bias.is_none_or(|bias| *bias == Do::Weight(format!("{name}.bias")));
                let layer = match value.of {
                    Do::Conv(conv) => Layer::Conv(conv),
                    Do::ConvTranspose(conv, extra) => Layer::ConvTranspose(conv, extra),
                    _ => Layer::Linear,
                };
                let found = Known { name: name.into(), layer, bias: bias.is_some() };
                match known.iter().find(|own| own.name == name) {
                    _ if !own_bias => not.push(name.to_string()),
                    Some(own) if *own != found => not.push(name.to_string()),
                    Some(_) => {}
                    None => known.push(found),
                }
            }
        }
        known.retain(|own| !not.contains(&own.name));
        let outputs = codes.iter().flat_map(|code| &code.outputs);
        let state = outputs.filter_map(|(name, _)| name.strip_prefix(SET).map(String::from)).collect();
        // Those of one module side by side, each where the first of its module is.
        let first = |prefix: &str| weights.iter().position(|(name, _)| name.starts_with(prefix)).unwrap_or(weights.len());
        let place = |name: &str| -> Vec<usize> {
            let ends = name.match_indices('.').map(|(at, _)| at + 1).chain([name.len()]);
            ends.map(|end| first(&name[..end])).collect()
        };
        let mut placed: Vec<_> = weights.iter().map(|(name, shape)| (place(name), name.clone(), shape.clone())).collect();
        placed.sort();
        let weights = placed.into_iter().map(|(_, name, shape)| (name, shape)).collect();
        Ok(Self { weights, state, known })
    }

    /// Names and shapes of all tensors, as the model's file has them.
    pub fn weights(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.weights.iter().map(|(name, shape)| (name.as_str(), &shape[..]))
    }

    /// The shape of a tensor.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.weights.iter().find(|(own, _)| own == name).map(|(_, shape)| &shape[..])
    }

    /// Whether that is a layer which is called as one.
    pub fn is_layer(&self, name: &str) -> bool {
        self.known.iter().any(|own| own.name == name)
    }

    /// Whether that tensor is the matrix of a dense layer, which PyTorch has the other way round.
    pub fn is_linear(&self, tensor: &str) -> bool {
        let of = tensor.strip_suffix(".weight");
        self.known.iter().any(|own| Some(own.name.as_str()) == of && own.layer == Layer::Linear)
    }

    /// The attribute of a live parameter: its key, unless a tensor is called so.
    pub fn control(&self, key: &str) -> String {
        let name = identifier(key);
        let taken = self.weights.iter().any(|(own, _)| own.split('.').next() == Some(&name));
        if taken { format!("live_{name}") } else { name }
    }

    /// The statements that make them.
    pub fn lines(&self) -> Vec<String> {
        let (mut lines, mut made) = (vec![], Vec::<String>::new());
        let mut done: Vec<&str> = vec![];
        for (name, shape) in &self.weights {
            let (parent, last) = name.rsplit_once('.').unwrap_or(("", name));
            let layer = self.known.iter().find(|own| own.name == parent);
            if layer.is_some() && done.contains(&parent) {
                continue;
            }
            let (path, made_by) = match layer {
                Some(layer) => {
                    done.push(parent);
                    (parent, self.layer_line(layer))
                }
                None => (name.as_str(), self.tensor_line(name, shape)),
            };
            self.containers(path, &mut made, &mut lines);
            let is_tensor = layer.is_none();
            match path.rsplit_once('.') {
                Some((list, number)) if number.parse::<usize>().is_ok() => lines.push(format!("{}.append({made_by})", place(list))),
                _ if is_tensor && self.state.contains(name) => {
                    let holder = if parent.is_empty() { "self".into() } else { place(parent) };
                    lines.push(format!("{holder}.register_buffer(\"{last}\", {made_by})"));
                }
                _ => lines.push(format!("{} = {made_by}", place(path))),
            }
        }
        lines
    }

    /// Modules that hold others, where they are not there yet.
    fn containers(&self, path: &str, made: &mut Vec<String>, lines: &mut Vec<String>) {
        let parts: Vec<&str> = path.split('.').collect();
        for n in 1..parts.len() {
            let holder = parts[..n].join(".");
            if made.contains(&holder) {
                continue;
            }
            let of_numbers = parts[n].parse::<usize>().is_ok();
            let tensors = self.weights.iter().any(|(name, _)| *name == format!("{holder}.{}", parts[n]));
            let kind = match (of_numbers, tensors) {
                (true, true) => "nn.ParameterList()",
                (true, false) => "nn.ModuleList()",
                _ => "nn.Module()",
            };
            match holder.rsplit_once('.') {
                Some((list, number)) if number.parse::<usize>().is_ok() => lines.push(format!("{}.append({kind})", place(list))),
                _ => lines.push(format!("{} = {kind}", place(&holder))),
            }
            made.push(holder);
        }
    }

    fn layer_line(&self, layer: &Known) -> String {
        let weight = format!("{}.weight", layer.name);
        let shape = self.shape(&weight).unwrap_or_default();
        let mut text = match layer.layer {
            Layer::Linear => format!("nn.Linear({}, {}", shape[0], shape[1]),
            Layer::Conv(conv) => format!("nn.Conv2d({}, {}, {}", shape[1], shape[0], geometry(shape, &conv)),
            Layer::ConvTranspose(conv, extra) => {
                let extra = if extra == [0, 0] { String::new() } else { format!(", output_padding={}", pair(extra)) };
                format!("nn.ConvTranspose2d({}, {}, {}{extra}", shape[0], shape[1], geometry(shape, &conv))
            }
        };
        if !layer.bias {
            text += ", bias=False";
        }
        text + ")"
    }

    fn tensor_line(&self, name: &str, shape: &[usize]) -> String {
        let empty = format!("torch.empty({})", names::list(shape));
        if self.state.iter().any(|own| own == name) { empty } else { format!("nn.Parameter({empty})") }
    }
}

fn geometry(shape: &[usize], conv: &Conv) -> String {
    let mut text = pair([shape[2], shape[3]]);
    for (word, value, idle) in [("stride", conv.stride, 1), ("padding", conv.padding, 0), ("dilation", conv.dilation, 1)] {
        if value != [idle; 2] {
            text += &format!(", {word}={}", pair(value));
        }
    }
    text
}

fn pair(n: [usize; 2]) -> String {
    if n[0] == n[1] { n[0].to_string() } else { format!("({}, {})", n[0], n[1]) }
}

/// A name of a tensor or layer in the text: `encoder.convs.0` as `self.encoder.convs[0]`.
pub fn place(name: &str) -> String {
    let mut text = "self".to_string();
    for part in name.split('.') {
        text += &if part.parse::<usize>().is_ok() { format!("[{part}]") } else { format!(".{part}") };
    }
    text
}
