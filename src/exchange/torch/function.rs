//! A program as a method of the module.

use latent_compile::graph::Binary;

use super::expr::{Expr, Level, identifier};
use super::layers::{Layers, place};
use crate::code::{Code, Do, Drawn, Size, fixed};
use crate::model::Model;
use crate::names::{self, LOSS, SET};

/// Longest line of the body, indentation included.
pub(super) const WIDTH: usize = 100;

/// A method while it is written.
pub struct Function<'a> {
    pub(super) code: &'a Code,
    pub(super) layers: &'a Layers,
    /// What stands for a value: its name, or the expression itself where it is read once.
    pub(super) exprs: Vec<Option<Expr>>,
    readers: Vec<usize>,
    lines: Vec<String>,
    /// Names of variables, and whether the only reader of what they hold is still to come.
    names: Vec<String>,
    pub(super) batch: bool,
}

impl<'a> Function<'a> {
    /// For a program.
    pub fn new(code: &'a Code, layers: &'a Layers) -> Self {
        let readers = code.readers();
        Self { code, layers, exprs: vec![None; readers.len()], readers, lines: vec![], names: vec![], batch: false }
    }

    /// The text, with its indentation.
    ///
    /// # Errors
    /// If a program has no counterpart in PyTorch.
    pub fn write(mut self, model: &Model<'_>) -> Result<String, String> {
        let given = self.code.given();
        for of in &given {
            let name = names::fresh(&self.given(*of), &mut self.names);
            self.exprs[*of] = Some(Expr::whole(name));
        }
        self.names.push("batch".into());
        for of in 0..self.code.values.len() {
            if self.exprs[of].is_none() {
                self.value(of)?;
            }
        }
        let results = self.results();
        let mut text = self.signature(&given);
        text += &self.words(&given, model);
        for line in self.noise(&given).iter().chain(&self.lines).chain(&results) {
            text += &format!("        {line}\n");
        }
        Ok(text)
    }

    fn given(&self, of: usize) -> String {
        match &self.code.values[of].of {
            Do::Input(name) | Do::Noise(name, _) => name.clone(),
            _ => unreachable!("only inputs and noise are given"),
        }
    }

    /// An expression for a value; a variable where it is read more than once, or too long for one line.
    fn value(&mut self, of: usize) -> Result<(), String> {
        let mut expr = self.expression(of)?;
        let mut longest = self.code.values[of].args.clone();
        longest.sort_by_key(|arg| std::cmp::Reverse(self.text(*arg).len()));
        for arg in longest {
            if expr.text.len() <= WIDTH - 20 || self.text(arg).len() < 24 || self.is_variable(arg) {
                break;
            }
            self.keep(arg);
            expr = self.expression(of)?;
        }
        self.exprs[of] = Some(expr);
        let value = &self.code.values[of];
        // What was read for the last time is in no expression but this.
        for arg in value.args.iter().filter(|arg| self.readers[**arg] == 1 && !self.is_variable(**arg)).copied().collect::<Vec<_>>()
        {
            self.exprs[arg] = Some(Expr::whole(String::new()));
        }
        let plain = matches!(value.of, Do::Weight(_) | Do::Control(..) | Do::Number(_)) || self.is_number(of);
        if !plain && (self.readers[of] > 1 || self.ends_a_layer(of) || self.is_named_result(of)) {
            self.keep(of);
        }
        Ok(())
    }

    fn text(&self, of: usize) -> &str {
        self.exprs[of].as_ref().map_or("", |e| &e.text)
    }

    fn is_variable(&self, of: usize) -> bool {
        self.names.iter().any(|name| name == self.text(of))
    }

    /// Whether the value comes from a layer, and what reads it is more than a function of each element.
    fn ends_a_layer(&self, of: usize) -> bool {
        let reader = self.code.values.iter().find(|v| v.args.contains(&of));
        let goes_on = reader.is_none_or(|r| matches!(r.of, Do::Unary(_) | Do::Reshape | Do::Permute(_)));
        self.exprs[of].as_ref().is_some_and(|e| e.layer) && !goes_on
    }

    fn is_named_result(&self, of: usize) -> bool {
        let shown = self.code.outputs.iter().filter(|(name, _)| !name.starts_with(SET)).count();
        shown > 1 && self.code.outputs.iter().any(|(name, own)| *own == of && !name.starts_with(SET))
    }

    /// Puts a value into a variable.
    fn keep(&mut self, of: usize) {
        let Some(expr) = self.exprs[of].take() else { return };
        let code = self.code;
        let output = code.outputs.iter().find(|(name, own)| *own == of && !name.starts_with(SET)).map(|(name, _)| name.as_str());
        let last = names::origin(code, of).and_then(|name| name.rsplit('.').next());
        let wanted = identifier(match (output, last) {
            (Some(output), _) => output,
            (_, Some(number)) if number.parse::<usize>().is_ok() => "h",
            (_, Some(last)) => last,
            _ if self.is_sample(of) => "z",
            _ => names::word(&code.values[of].of),
        });
        let wanted = wanted.as_str();
        // What held the name may be read here for the last time.
        let read_here = |text: &str| words(text).any(|word| word == wanted);
        let pending = self.exprs.iter().flatten().any(|e| read_here(&e.text) && e.text != wanted);
        let holder = self.exprs.iter().position(|e| e.as_ref().is_some_and(|e| e.text == wanted));
        let given = holder.is_some_and(|h| code.given().contains(&h));
        let once = holder.is_some_and(|h| self.readers[h] == 1) && !given && read_here(&expr.text) && !pending;
        let name = if once { wanted.to_string() } else { names::fresh(wanted, &mut self.names) };
        if let Some(holder) = holder.filter(|_| once) {
            self.exprs[holder] = Some(Expr::whole(String::new()));
        }
        self.lines.push(format!("{name} = {}", expr.text));
        self.exprs[of] = Some(Expr::whole(name));
    }

    /// Whether it is a mean and noise.
    fn is_sample(&self, of: usize) -> bool {
        let call = |of: usize| &self.code.values[of];
        let noise = |of: &usize| matches!(call(*of).of, Do::Noise(..));
        let spread = |of: &usize| call(*of).of == Do::Binary(Binary::Mul) && call(*of).args.iter().any(noise);
        call(of).of == Do::Binary(Binary::Add) && call(of).args.iter().any(spread)
    }

    /// What is returned; before that, state that training sets by itself.
    fn results(&self) -> Vec<String> {
        let (set, shown): (Vec<_>, Vec<_>) = self.code.outputs.iter().partition(|(name, _)| name.starts_with(SET));
        let state = set.iter().map(|(name, of)| format!("{} = {}", place(&name[SET.len()..]), self.state(&name[SET.len()..], *of)));
        let mut lines: Vec<String> = state.collect();
        if !lines.is_empty() {
            lines.insert(0, "# Moving averages and the like, which no gradient moves.".into());
        }
        if self.code.name == LOSS {
            let terms: Vec<String> = shown.iter().map(|(name, of)| format!("\"{name}\": {}", self.text(*of))).collect();
            let line = format!("return {{{}}}", terms.join(", "));
            if line.len() + 8 <= WIDTH {
                lines.push(line);
            } else {
                lines.push("return {".into());
                lines.extend(terms.iter().map(|term| format!("    {term},")));
                lines.push("}".into());
            }
        } else {
            lines.push(format!("return {}", shown.iter().map(|(_, of)| self.text(*of)).collect::<Vec<_>>().join(", ")));
        }
        lines
    }

    /// A new value of state, in the state's own shape.
    fn state(&self, name: &str, of: usize) -> String {
        let shape = self.layers.shape(name).map_or(String::new(), names::list);
        if self.is_number(of) {
            return format!("torch.full([{shape}], {}, device={})", self.text(of), self.device());
        }
        let (held, own) =
            (self.arg(of), self.code.values[of].dims.iter().map(|d| self.dim_words(*d)).collect::<Vec<_>>().join(", "));
        // What live parameters alone decide is a number, whatever shape it had.
        let held = if own == shape && shape != "1" {
            held
        } else {
            let flat = held.text.strip_suffix(&format!(".reshape({own})")).filter(|_| held.level == Level::Whole);
            let flat = flat.map(|text| Expr::whole(text.into()));
            flat.unwrap_or(held).dot(&format!("reshape({shape})"))
        };
        held.dot("detach()").text
    }

    /// What says how many rows there are: a tensor, the axis, and the size there.
    fn rows(&self) -> Option<(usize, usize, Size)> {
        let inputs = self.code.given();
        inputs.into_iter().find_map(|of| {
            let dims = &self.code.values[of].dims;
            dims.iter().position(|d| d.each > 0).map(|axis| (of, axis, dims[axis]))
        })
    }

    /// Whether noise must be given, because nothing else says how many rows are asked for.
    fn asks_for_noise(&self) -> bool {
        self.code.batch.is_none() && self.rows().is_none_or(|(of, ..)| matches!(self.code.values[of].of, Do::Noise(..)))
    }

    fn signature(&self, given: &[usize]) -> String {
        let drawn = !self.asks_for_noise();
        let typed = given.iter().map(|of| match self.code.values[*of].of {
            Do::Noise(..) if drawn => format!("{}: Tensor | None = None", self.given(*of)),
            _ => format!("{}: Tensor", self.given(*of)),
        });
        let typed: Vec<String> = ["self".to_string()].into_iter().chain(typed).collect();
        let gives = match self.code.outputs.iter().filter(|(name, _)| !name.starts_with(SET)).count() {
            _ if self.code.name == LOSS => "dict[str, Tensor]".to_string(),
            1 => "Tensor".into(),
            n => format!("tuple[{}]", vec!["Tensor"; n].join(", ")),
        };
        format!("    def {}({}) -> {gives}:\n", snake(&self.code.name), typed.join(", "))
    }

    /// The docstring: what is given and what comes back, with shapes.
    fn words(&self, given: &[usize], model: &Model<'_>) -> String {
        let shape = |dims: &[Size]| format!("[{}]", dims.iter().map(|d| self.dim_words(*d)).collect::<Vec<_>>().join(", "));
        let mut text = format!("        \"\"\"{}\n\n", about(&self.code.name));
        for of in given {
            let value = &self.code.values[*of];
            let more = match &value.of {
                Do::Input(name) if name == "x" => ", pixels from 0 to 1",
                Do::Input(name) if name == "z_at_by" => ", a code, how far it has come, and how much further it goes, of 1 in all",
                Do::Input(name) if name == "label" => ", the class of each image",
                Do::Input(name) if name == "factors" => ", the value of each factor of each image, whole numbers from 0",
                Do::Noise(_, Drawn::Normal) => ", standard normal",
                Do::Noise(_, Drawn::Uniform) => ", uniform from 0 to 1",
                _ => "",
            };
            text += &format!("        {}: {}{more}\n", self.given(*of), shape(&value.dims));
        }
        let shown = self.code.outputs.iter().filter(|(name, _)| !name.starts_with(SET));
        let all: Vec<String> = shown.map(|(name, of)| format!("{name} {}", shape(&self.code.values[*of].dims))).collect();
        if self.code.name == LOSS {
            text += "\n        The loss, and its terms: numbers. `loss` is what is minimised.\n";
            if let Some(batch) = self.code.batch {
                text += &format!("        The batch must have {batch} rows: it was recorded for no other number.\n");
            }
            let live: Vec<&str> = model.card.all_params().filter(|p| p.live).map(|p| p.key).collect();
            let read = |key: &&str| self.code.values.iter().any(|v| matches!(&v.of, Do::Control(own, _) if own == key));
            let live: Vec<&str> = live.into_iter().filter(read).collect();
            let live: Vec<String> = live.into_iter().map(|key| format!("`{}`", self.layers.control(key))).collect();
            if !live.is_empty() {
                text += &format!("        These may be set while it is trained: {}.\n", live.join(", "));
            }
            if self.code.values.iter().any(|v| matches!(&v.of, Do::Control(key, _) if key == "step")) {
                text += "        Add one to `step` after each step of the optimiser.\n";
            }
        } else {
            text += &format!("        Returns {}.\n", all.join(", "));
        }
        text + "        \"\"\"\n"
    }

    fn dim_words(&self, size: Size) -> String {
        match size {
            Size { at, each: 0 } => at.to_string(),
            Size { at: 0, each: 1 } => "batch".into(),
            Size { at: 0, each } => format!("{each} * batch"),
            Size { at, each } => format!("{each} * batch + {at}"),
        }
    }

    /// Draws what was not given; and the number of rows, where something needs it.
    fn noise(&self, given: &[usize]) -> Vec<String> {
        let noises: Vec<usize> = given.iter().copied().filter(|of| matches!(self.code.values[*of].of, Do::Noise(..))).collect();
        let drawn = !noises.is_empty() && !self.asks_for_noise();
        let mut lines = vec![];
        if let Some((of, axis, size)) = self.rows().filter(|_| self.batch || drawn) {
            let whole = format!("{}.shape[{axis}]", self.given(of));
            let rest = if size.at > 0 { format!("({whole} - {})", size.at) } else { whole };
            lines.push(if size.each > 1 { format!("batch = {rest} // {}", size.each) } else { format!("batch = {rest}") });
        }
        for of in noises.into_iter().filter(|_| drawn) {
            let Do::Noise(name, dist) = &self.code.values[of].of else { continue };
            let draw = if *dist == Drawn::Normal { "randn" } else { "rand" };
            let dims: Vec<String> = self.code.values[of].dims.iter().map(|d| self.dim_words(*d)).collect();
            lines.push(format!("if {name} is None:"));
            lines.push(format!("    {name} = torch.{draw}({}, device={})", dims.join(", "), self.device()));
        }
        lines
    }

    /// Where tensors are made.
    pub(super) fn device(&self) -> String {
        let given = self.code.given().first().map(|of| self.given(*of));
        let weight = self.code.weights().next().map(|(name, _)| place(name));
        given.or(weight).map_or_else(|| "\"cpu\"".into(), |of| format!("{of}.device"))
    }

    /// A size in the text.
    pub(super) fn size(&mut self, size: Size) -> String {
        self.batch |= size.each > 0;
        self.dim_words(size)
    }

    /// What a tensor is reshaped to: the size that the batch decides follows from the others, if it is one.
    pub(super) fn shape(&mut self, dims: &[Size]) -> String {
        let one = dims.iter().filter(|d| d.each > 0).count() == 1;
        let all: Vec<String> = dims.iter().map(|d| if one && fixed(*d).is_none() { "-1".into() } else { self.size(*d) }).collect();
        all.join(", ")
    }

    /// Whether it is a number of Python, no tensor.
    pub(super) fn is_number(&self, of: usize) -> bool {
        let value = &self.code.values[of];
        match value.of {
            Do::Number(_) | Do::Control(..) => true,
            Do::Binary(Binary::Add | Binary::Sub | Binary::Mul | Binary::Div) | Do::Reshape => {
                value.args.iter().all(|arg| self.is_number(*arg))
            }
            _ => false,
        }
    }

    /// What stands for an argument.
    pub(super) fn arg(&self, of: usize) -> Expr {
        self.exprs[of].clone().expect("arguments precede what reads them")
    }

    /// What stands for an argument that must be a tensor.
    pub(super) fn tensor(&self, of: usize) -> Expr {
        let own = self.arg(of);
        if self.is_number(of) { Expr::whole(format!("torch.tensor({}, device={})", own.text, self.device())) } else { own }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.').flat_map(|part| part.split('.').take(1))
}

/// `FromTokens` as `from_tokens`.
fn snake(name: &str) -> String {
    // Modules are called `prior`.
    let name = if name == "Prior" { "Sample" } else { name };
    let mut text = String::new();
    for (i, c) in name.chars().enumerate() {
        if c.is_ascii_uppercase() && i > 0 {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

/// What a program does, in a line.
fn about(name: &str) -> &'static str {
    match name {
        "Loss" => "The objective of training.",
        "Encode" => "Images to codes.",
        "Decode" => "Codes to images.",
        "Prior" => "New codes, drawn from the prior.",
        "Damaged" => "Images as they are damaged before they are encoded.",
        "SampleStep" => "New codes, one step further from noise.",
        "LogWeights" => "Logarithms of importance weights, for estimates of the likelihood.",
        "Tokens" => "Images to tokens: numbers of entries in the codebook.",
        "FromTokens" => "Tokens to codes.",
        "TokenLogits" => "Logits of each token, given those before it.",
        "CodeAges" => "Steps since each entry of the codebook was used.",
        "Atoms" => "The dictionary, one atom after the other in one row.",
        "HostImages" => "Images of the network that is taken apart.",
        _ => "A program of the model.",
    }
}
