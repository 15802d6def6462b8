//! A model's network for people: its layers as they stand in the programs, with sizes, parameters and operations.
//!
//! A layer begins where what depends on the input meets parameters in a product, a convolution or a look-up, and has everything after that
//! up to the next one: its bias, its activation.

use latent_compile::Graph;
use latent_compile::graph::{Binary, Id, Op, Unary};
use latent_compile::loops;
use latent_compile::stored::given::{CONTROLS, FACTORS, INPUT, LABEL, STEP};
use latent_compile::stored::{self, Program};

/// What a part of the network is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// From images to codes.
    Encoder,
    /// From codes to images.
    Decoder,
    /// What draws tokens.
    Prior,
}

/// How a layer begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A product with the weights of a dense layer.
    Dense,
    /// A product with another matrix of parameters, such as a codebook.
    Matrix,
    /// A convolution: rows and columns of its kernel, and its stride.
    Conv([usize; 2], [usize; 2]),
    /// A transposed convolution, likewise.
    ConvTranspose([usize; 2], [usize; 2]),
    /// Rows of a table, by number.
    Table,
}

/// A layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Path in the Burn module: `encoder.hidden`.
    pub name: String,
    /// How it begins.
    pub kind: Kind,
    /// Sizes of what it is given of one row, and of what it gives; of images rows, columns and channels.
    pub input: Vec<usize>,
    /// See there.
    pub output: Vec<usize>,
    /// Numbers that training may move; those that two layers share are counted with both.
    pub parameters: usize,
    /// Floating-point operations for one row.
    pub operations: u64,
    /// What follows its sums, as papers call it, in order.
    pub then: Vec<&'static str>,
    /// Layers before it on the longest way from the input.
    pub depth: usize,
}

/// A part of the network.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// What it is for.
    pub role: Role,
    /// In the order in which they run.
    pub layers: Vec<Layer>,
}

/// The parts of a model whose programs are `bytes`, as [`stored::write`] has written them.
///
/// # Errors
/// One sentence, if they are damaged or lack an encoder.
pub fn stages(bytes: &[u8]) -> Result<Vec<Stage>, String> {
    let programs = stored::read(bytes)?;
    let of = |name: &str| programs.iter().find(|program| program.name() == name);
    let needed = |name: &str| of(name).ok_or_else(|| format!("the model has no program {name:?}"));
    // Where a code is written in tokens, those are the way from code to code.
    let encoder = of("Tokens").map_or_else(|| needed("Encode"), Ok)?;
    let decoder: Vec<&Program> = of("FromTokens").into_iter().chain(of("Decode")).collect();
    let parts = [(Role::Encoder, vec![encoder]), (Role::Decoder, decoder), (Role::Prior, of("TokenLogits").into_iter().collect())];
    let stages = parts.into_iter().map(|(role, programs)| {
        let mut layers: Vec<Layer> = vec![];
        for program in programs {
            let first = layers.iter().map(|layer| layer.depth + 1).max().unwrap_or(0);
            layers.extend(of_program(program)?.into_iter().map(|layer| Layer { depth: layer.depth + first, ..layer }));
        }
        Ok(Stage { role, layers })
    });
    Ok(stages
        .collect::<Result<Vec<_>, String>>()?
        .into_iter()
        .filter(|stage| stage.role == Role::Encoder || !stage.layers.is_empty())
        .collect())
}

/// What is known of a node while layers are found.
#[derive(Clone, Copy, Default)]
struct Known {
    /// It depends on the input.
    live: bool,
    /// The layer that it belongs to, if one has begun before it.
    layer: Option<usize>,
    /// Layers on the longest way to it.
    depth: usize,
    /// A parameter that it is made of, if it is made of parameters alone.
    parameter: Option<Id>,
    /// A layer has it already.
    taken: bool,
}

fn of_program(program: &Program) -> Result<Vec<Layer>, String> {
    let rows = program.batch().unwrap_or(1);
    let made = program.at(rows)?;
    let names: Vec<&str> = program.leaves().collect();
    let mut finder =
        Finder { g: &made.graph, names, rows, known: vec![Known::default(); made.graph.len()], layers: vec![], waiting: (0, 0) };
    made.graph.ids().for_each(|id| finder.node(id));
    for layer in &mut finder.layers {
        layer.operations /= rows as u64;
    }
    Ok(finder.layers)
}

struct Finder<'a> {
    g: &'a Graph,
    /// Of the first nodes.
    names: Vec<&'a str>,
    rows: usize,
    known: Vec<Known>,
    layers: Vec<Layer>,
    /// Parameters and operations before the first layer: they count with it.
    waiting: (usize, u64),
}

impl Finder<'_> {
    fn node(&mut self, id: Id) {
        let node = self.g.node(id);
        let ix = id.0 as usize;
        if let Op::Leaf(i) = node.op {
            let name = self.names[i as usize];
            let given = [INPUT, LABEL, FACTORS].contains(&name);
            let constant = given || [STEP, CONTROLS].contains(&name);
            self.known[ix] = Known { live: given, parameter: (!constant).then_some(id), ..Known::default() };
            return;
        }
        let args: Vec<Known> = node.args.iter().map(|arg| self.known[arg.0 as usize]).collect();
        let live = args.iter().any(|arg| arg.live) || matches!(node.op, Op::Random { .. });
        if !live {
            self.known[ix].parameter = args.iter().find_map(|arg| arg.parameter);
            return;
        }
        let depth = args.iter().map(|arg| arg.depth).max().unwrap_or(0);
        self.known[ix] = Known { live, depth, layer: args.iter().filter_map(|arg| arg.layer).max(), ..Known::default() };
        if let Some((kind, input, weight)) = self.begins(id, &args) {
            let layer = Layer {
                name: self.layer_name(weight),
                kind,
                input: self.sizes(self.g.shape(input)),
                output: self.sizes(&node.shape),
                parameters: std::mem::take(&mut self.waiting.0),
                operations: std::mem::take(&mut self.waiting.1),
                then: vec![],
                depth,
            };
            self.known[ix].layer = Some(self.layers.len());
            self.known[ix].depth = depth + 1;
            self.layers.push(layer);
        }
        let layer = self.known[ix].layer;
        for arg in node.args.iter().copied() {
            self.take(arg, layer);
        }
        self.count(layer, 0, operations(self.g, id));
        let Some(at) = layer else { return };
        let layer = &mut self.layers[at];
        if let Some(word) = word(&node.op)
            && layer.then.last() != Some(&word)
        {
            // `softplus` has a ReLU within.
            if word == SOFTPLUS {
                layer.then.retain(|own| *own != RELU);
            }
            layer.then.push(word);
        }
    }

    /// If a layer begins with a node: how, with which argument, and with which parameter.
    fn begins(&self, id: Id, args: &[Known]) -> Option<(Kind, Id, Id)> {
        let node = self.g.node(id);
        let parameter = |i: usize| args[i].parameter;
        let shape = |i: usize| self.g.shape(node.args[i]);
        match node.op {
            Op::MatMul => {
                let (input, weight) = (0..2).find_map(|i| Some((node.args[1 - i], parameter(i)?)))?;
                let dense = self.leaf_name(weight).ends_with(WEIGHT);
                Some((if dense { Kind::Dense } else { Kind::Matrix }, input, weight))
            }
            Op::Conv2d(conv) => Some((Kind::Conv([shape(1)[2], shape(1)[3]], conv.stride), node.args[0], parameter(1)?)),
            Op::ConvTranspose2d(conv) => {
                Some((Kind::ConvTranspose([shape(1)[2], shape(1)[3]], conv.stride), node.args[0], parameter(1)?))
            }
            Op::Gather(_) => Some((Kind::Table, node.args[1], parameter(0)?)),
            _ => None,
        }
    }

    /// Counts parameters that a node of a layer is the first to need, and what is computed of them alone.
    fn take(&mut self, arg: Id, layer: Option<usize>) {
        let mut open = vec![arg];
        while let Some(id) = open.pop() {
            let known = &mut self.known[id.0 as usize];
            if known.live || std::mem::replace(&mut known.taken, true) {
                continue;
            }
            let node = self.g.node(id);
            let own = matches!(node.op, Op::Leaf(_)) && known.parameter.is_some();
            self.count(layer, if own { self.g.shape(id).iter().product() } else { 0 }, operations(self.g, id));
            open.extend(&node.args);
        }
    }

    fn count(&mut self, layer: Option<usize>, parameters: usize, operations: u64) {
        match layer {
            Some(layer) => {
                self.layers[layer].parameters += parameters;
                self.layers[layer].operations += operations;
            }
            None => {
                self.waiting.0 += parameters;
                self.waiting.1 += operations;
            }
        }
    }

    fn leaf_name(&self, leaf: Id) -> &str {
        self.names[leaf.0 as usize]
    }

    fn layer_name(&self, leaf: Id) -> String {
        let name = self.leaf_name(leaf);
        name.strip_suffix(WEIGHT).unwrap_or(name).into()
    }

    /// Dimensions of one row, images as people write them.
    fn sizes(&self, shape: &[usize]) -> Vec<usize> {
        let mut sizes = shape.to_vec();
        if let Some(first) = sizes.first_mut().filter(|n| n.is_multiple_of(self.rows)) {
            *first /= self.rows;
        }
        if let [1, channels, height, width] = sizes[..] {
            sizes = vec![height, width, channels];
        }
        let ones = sizes.iter().take_while(|n| **n == 1).count().min(sizes.len().saturating_sub(1));
        sizes.split_off(ones)
    }
}

/// The name of what a layer multiplies with ends so.
const WEIGHT: &str = ".weight";

/// Floating-point operations of a node.
fn operations(g: &Graph, id: Id) -> u64 {
    let node = g.node(id);
    let len = |id: Id| g.shape(id).iter().product::<usize>() as u64;
    match &node.op {
        Op::Unary(_) | Op::Binary(_) | Op::Where | Op::Random { .. } => len(id),
        Op::Loop(_) => node.args.iter().map(|arg| len(*arg)).max().unwrap_or(0),
        _ => g.flops(id),
    }
}

const RELU: &str = "ReLU";
const SOFTPLUS: &str = "softplus";

/// What papers call an operation that is worth a word.
fn word(op: &Op) -> Option<&'static str> {
    Some(match op {
        Op::Unary(Unary::Relu) => RELU,
        Op::Unary(Unary::Softplus | Unary::Log1p) => SOFTPLUS,
        Op::Unary(Unary::Sigmoid) => "sigmoid",
        Op::Unary(Unary::Tanh) => "tanh",
        Op::Unary(Unary::Round) => "rounding",
        Op::Unary(Unary::Sign) => "signs",
        Op::Loop(of) => match of.name {
            loops::ARG_REDUCE if of.variant == 1 => "the place of the largest",
            loops::ARG_REDUCE => "the place of the smallest",
            loops::KTH_LARGEST | loops::RANK => "the largest k",
            _ => return None,
        },
        // A search for the k-th largest, digit by digit.
        Op::Binary(Binary::Advance { .. }) => "the largest k",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use latent_compile::stored::Recorded;

    use super::*;

    /// Two images of three numbers to two heads of two each, and back through a table.
    fn programs() -> Vec<u8> {
        let encode = {
            let mut g = Graph::default();
            let [w, bias, mean, spread, x] = [&[3, 4][..], &[4], &[4, 2], &[4, 2], &[2, 3]].map(|shape| g.leaf(shape));
            let centred = g.with_scalar(Binary::Sub, x, 0.5);
            let sum = g.matmul(centred, w).unwrap();
            let sum = g.add(sum, bias);
            let hidden = g.unary(Unary::Relu, sum);
            let heads = [mean, spread].map(|w| g.matmul(hidden, w).unwrap());
            let names = ["encoder.hidden.weight", "encoder.hidden.bias", "encoder.mean.weight", "encoder.spread.weight", INPUT];
            let outputs = [("mean", heads[0]), ("logvar", heads[1])];
            Program::fixed("Encode", &names, Recorded { graph: &g, outputs: &outputs, batch: 2 }).unwrap()
        };
        let decode = {
            let mut g = Graph::default();
            let [table, z] = [&[2, 3][..], &[2, 2]].map(|shape| g.leaf(shape));
            let images = g.matmul(z, table).unwrap();
            let images = g.unary(Unary::Sigmoid, images);
            let outputs = [("images", images)];
            Program::fixed("Decode", &["dictionary", INPUT], Recorded { graph: &g, outputs: &outputs, batch: 2 }).unwrap()
        };
        stored::write(&[encode, decode])
    }

    #[test]
    fn layers_have_what_follows_them() {
        let stages = stages(&programs()).unwrap();
        assert_eq!(stages.iter().map(|stage| stage.role).collect::<Vec<_>>(), [Role::Encoder, Role::Decoder]);
        let layer = |stage: usize, i: usize| stages[stage].layers[i].clone();
        let hidden = layer(0, 0);
        assert_eq!((hidden.name.as_str(), hidden.kind, hidden.depth), ("encoder.hidden", Kind::Dense, 0));
        assert_eq!((hidden.input, hidden.output, hidden.parameters, hidden.then), (vec![3], vec![4], 16, vec!["ReLU"]));
        // What is taken off the image before, the product, the bias, and the ReLU.
        assert_eq!(hidden.operations, 3 + 24 + 4 + 4);
        let [mean, spread] = [1, 2].map(|i| layer(0, i));
        assert_eq!(([mean.depth, spread.depth], mean.parameters, spread.operations), ([1, 1], 8, 16), "side by side");
        let table = layer(1, 0);
        assert_eq!((table.name.as_str(), table.kind, table.then), ("dictionary", Kind::Matrix, vec!["sigmoid"]));
        assert_eq!((table.parameters, table.operations), (6, 12 + 3));
    }

    #[test]
    fn damaged_programs_are_a_sentence() {
        assert!(stages(&programs()[..20]).is_err());
        assert!(stages(&stored::write(&[])).unwrap_err().contains("\"Encode\""));
    }
}
