//! A graph of ONNX while it grows.

use super::proto::{Attribute, Node, Tensor};
use crate::code::{Code, Do, Kind, Size, fixed};
use crate::names;

/// `TensorProto.DataType` of a type.
pub fn element(kind: Kind) -> i32 {
    match kind {
        Kind::Float => 1,
        Kind::Index => 7,
        Kind::Truth => 9,
    }
}

/// The largest end of a slice: all that is there.
pub const END: i64 = i64::MAX;

/// Nodes and initializers so far.
pub struct Build {
    pub nodes: Vec<Node>,
    pub initializers: Vec<Tensor>,
    /// What each value is called.
    pub names: Vec<String>,
    taken: Vec<String>,
    /// An input whose dimension says the batch, the dimension, and its size.
    batch_of: Option<(String, usize, Size)>,
    batch: Option<String>,
}

impl Build {
    /// With a name for every value.
    pub fn new(code: &Code) -> Self {
        let mut names = vec![String::new(); code.values.len()];
        let mut taken = vec![];
        for (of, value) in code.values.iter().enumerate() {
            match &value.of {
                Do::Weight(name) | Do::Input(name) | Do::Noise(name, _) => names[of] = names::fresh(name, &mut taken),
                _ => {}
            }
        }
        for (name, of) in &code.outputs {
            let name = names::fresh(name, &mut taken);
            if names[*of].is_empty() && !matches!(code.values[*of].of, Do::Number(_) | Do::Data(_) | Do::Control(..)) {
                names[*of] = name;
            }
        }
        let wanted = |of: usize| match (&code.values[of].of, names::layer(code, of), names::origin(code, of)) {
            (Do::Control(key, _), ..) => key.clone(),
            (_, Some(layer), _) => layer.to_string(),
            (call, _, Some(origin)) => format!("{origin}.{}", names::word(call)),
            (call, ..) => names::word(call).to_string(),
        };
        for (of, name) in names.iter_mut().enumerate().filter(|(_, name)| name.is_empty()) {
            *name = names::fresh(&wanted(of), &mut taken);
        }
        let batch_of = code.given().into_iter().find_map(|of| {
            let axis = code.values[of].dims.iter().position(|d| d.each > 0)?;
            Some((names[of].clone(), axis, code.values[of].dims[axis]))
        });
        Self { nodes: vec![], initializers: vec![], names, taken, batch_of, batch: None }
    }

    /// A node whose result is called `output`.
    pub fn node(&mut self, kind: &str, inputs: &[&str], output: &str, attributes: Vec<Attribute>) {
        self.nodes.push(Node {
            input: inputs.iter().map(ToString::to_string).collect(),
            output: vec![output.to_string()],
            name: Some(output.to_string()),
            op_type: Some(kind.to_string()),
            attribute: attributes,
        });
    }

    /// A node on the way to a value, called after it.
    pub fn step(&mut self, kind: &str, inputs: &[&str], of: usize, attributes: Vec<Attribute>) -> String {
        let name = names::fresh(&format!("{}.{}", self.names[of], kind.to_ascii_lowercase()), &mut self.taken);
        self.node(kind, inputs, &name, attributes);
        name
    }

    /// The largest or smallest `k` along an axis with their places, both called after a value.
    pub fn top(&mut self, x: &str, k: &str, axis: usize, largest: bool, of: usize) -> [String; 2] {
        let both = ["values", "places"].map(|what| names::fresh(&format!("{}.{what}", self.names[of]), &mut self.taken));
        let attributes = vec![int("axis", axis as i64), int("largest", i64::from(largest))];
        self.node("TopK", &[x, k], &both[0], attributes);
        self.nodes.last_mut().expect("it was added").output = both.to_vec();
        both
    }

    /// A value under the name of a result, where it has another.
    pub fn result(&mut self, name: &str, of: usize) {
        if self.names[of] != name {
            let own = self.names[of].clone();
            self.node("Identity", &[&own], name, vec![]);
        }
    }

    /// Data of 32 bits under a name.
    pub fn floats(&mut self, name: &str, dims: &[usize], data: &[f32]) {
        let bytes = data.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.data(name, dims.iter().map(|n| *n as i64).collect(), Kind::Float, bytes);
    }

    /// Whole numbers, in a list or, without `listed`, a single one; called by what they are.
    pub fn ints(&mut self, ints: &[i64], listed: bool) -> String {
        let words = ints.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let name = if listed { format!("[{words}]") } else { words };
        if !self.initializers.iter().any(|own| own.name.as_deref() == Some(&name)) {
            let dims = if listed { vec![ints.len() as i64] } else { vec![] };
            self.data(&name, dims, Kind::Index, ints.iter().flat_map(|v| v.to_le_bytes()).collect());
        }
        name
    }

    /// A number of 32 bits, called by what it is.
    pub fn number(&mut self, n: f32) -> String {
        let name = format!("{n:?}");
        if !self.initializers.iter().any(|own| own.name.as_deref() == Some(&name)) {
            self.floats(&name, &[], &[n]);
        }
        name
    }

    fn data(&mut self, name: &str, dims: Vec<i64>, kind: Kind, bytes: Vec<u8>) {
        self.initializers.push(Tensor { dims, data_type: Some(element(kind)), name: Some(name.into()), raw_data: Some(bytes) });
    }

    /// Rows of the batch, as a list of one whole number.
    ///
    /// # Errors
    /// If no input says how many there are.
    pub fn batch(&mut self) -> Result<String, String> {
        if let Some(batch) = &self.batch {
            return Ok(batch.clone());
        }
        let (input, axis, size) =
            self.batch_of.clone().ok_or("nothing that the program is given says how many rows are asked for")?;
        let axis = axis as i64;
        let name = names::fresh("batch", &mut self.taken);
        let plain = size == Size { at: 0, each: 1 };
        let whole = if plain { name.clone() } else { names::fresh("batch.size", &mut self.taken) };
        self.node("Shape", &[&input], &whole, vec![int("start", axis), int("end", axis + 1)]);
        if !plain {
            let [at, each] = [size.at, size.each].map(|n| self.ints(&[n as i64], true));
            let rest = names::fresh("batch.rest", &mut self.taken);
            self.node("Sub", &[&whole, &at], &rest, vec![]);
            self.node("Div", &[&rest, &each], &name, vec![]);
        }
        self.batch = Some(name.clone());
        Ok(name)
    }

    /// A size that the batch decides, as a list of one whole number; `more` is added.
    ///
    /// # Errors
    /// As [`Self::batch`].
    pub fn size(&mut self, size: Size, more: i64) -> Result<String, String> {
        if let Some(n) = fixed(size) {
            return Ok(self.ints(&[n as i64 + more], true));
        }
        let mut name = self.batch()?;
        let more = size.at as i64 + more;
        for (kind, n, idle) in [("Mul", size.each as i64, 1), ("Add", more, 0)] {
            if n != idle {
                let (n, next) =
                    (self.ints(&[n], true), names::fresh(&format!("{name}.{}", kind.to_ascii_lowercase()), &mut self.taken));
                self.node(kind, &[&name, &n], &next, vec![]);
                name = next;
            }
        }
        Ok(name)
    }

    /// Sizes as one list.
    ///
    /// # Errors
    /// As [`Self::batch`].
    pub fn sizes(&mut self, sizes: &[Size], of: usize) -> Result<String, String> {
        if let Some(all) = sizes.iter().map(|s| Some(fixed(*s)? as i64)).collect::<Option<Vec<_>>>() {
            return Ok(self.ints(&all, true));
        }
        let each: Vec<String> = sizes.iter().map(|s| self.size(*s, 0)).collect::<Result<_, _>>()?;
        let each: Vec<&str> = each.iter().map(String::as_str).collect();
        Ok(self.step("Concat", &each, of, vec![int("axis", 0)]))
    }

    /// What a tensor is reshaped to: the size that the batch decides follows from the others, if it is one.
    ///
    /// # Errors
    /// As [`Self::batch`].
    pub fn shape(&mut self, sizes: &[Size], of: usize) -> Result<String, String> {
        if sizes.iter().filter(|s| s.each > 0).count() != 1 {
            return self.sizes(sizes, of);
        }
        let all: Vec<i64> = sizes.iter().map(|s| fixed(*s).map_or(-1, |n| n as i64)).collect();
        Ok(self.ints(&all, true))
    }
}

/// A whole number beside a node's inputs.
pub fn int(name: &str, i: i64) -> Attribute {
    Attribute { name: Some(name.into()), i: Some(i), r#type: Some(2), ..Attribute::default() }
}

/// Several.
pub fn ints(name: &str, all: &[usize]) -> Attribute {
    Attribute { name: Some(name.into()), ints: all.iter().map(|n| *n as i64).collect(), r#type: Some(7), ..Attribute::default() }
}

/// A word.
pub fn word(name: &str, word: &str) -> Attribute {
    Attribute { name: Some(name.into()), s: Some(word.as_bytes().to_vec()), r#type: Some(3), ..Attribute::default() }
}
