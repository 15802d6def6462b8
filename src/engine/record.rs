//! A method's computation as a graph: its Burn code runs once on the capture device, which executes nothing.
//!
//! The leaves (images, codes, live controls) and the parameters are created inside the scope, by `zeros` and by the layers'
//! own initialisers. A graph for training is obtained by cutting at their ids; the operations above the cut are the
//! program that draws the initial weights.

use std::collections::BTreeMap;

use burn::backend::Capture;
use burn::module::{ModuleVisitor, Param};
use burn::tensor::{CaptureScope, CompletedCaptureScope, Device, Distribution, Tensor, TensorData, TensorId};
use burn_ir::GraphIr;

use crate::program::{Operands, Program, apply};
use latent_compile::stored::given;
use latent_nn::method::live_keys;
use latent_nn::params::PathStack;
use latent_nn::{Batch, Ctx, Method, Noise};
use latent_vocabulary::Params;
use latent_vocabulary::card::{Card, Want};
use latent_vocabulary::code::CodeGroup;
use latent_vocabulary::shape::DataShape;

/// A parameter in a recorded graph.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// Path in the module, for example `encoder.hidden.weight`.
    pub name: String,
    pub id: TensorId,
    pub shape: Vec<usize>,
}

/// A named result of a recorded graph.
#[derive(Clone, Debug)]
pub struct Output {
    pub name: String,
    pub id: TensorId,
    pub shape: Vec<usize>,
}

/// One recorded program.
#[derive(Clone, Debug)]
pub struct Recording {
    pub graph: GraphIr,
    /// Tensors that the method made from host data.
    pub values: BTreeMap<TensorId, TensorData>,
    /// All parameters in module order, used by this program or not.
    pub params: Vec<Leaf>,
    /// What the numbers of a code are.
    pub code: Vec<CodeGroup>,
    /// Images, codes or tokens, shape `[batch, width]`.
    pub input: Leaf,
    /// Class of each image, shape `[batch]`.
    pub label: Leaf,
    /// Training steps completed, shape `[1]`.
    pub step: Leaf,
    /// Live controls in card order.
    pub controls: Leaf,
    /// Value of each factor of each image, shape `[batch, factors]`; where the method is told them.
    pub factors: Option<Leaf>,
    /// Results; none if the method does not have this program.
    pub outputs: Vec<Output>,
    /// New values of state, named as their parameters.
    pub set: Vec<Output>,
    /// Additions to trained parameters, named as those.
    pub add: Vec<Output>,
}

impl Recording {
    /// What comes from outside: the parameters, then input, labels, step and controls, then factors.
    pub fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        self.params.iter().chain([&self.input, &self.label, &self.step, &self.controls]).chain(&self.factors)
    }
}

/// Random numbers as operations of the graph.
struct RecordedNoise;

impl Noise for RecordedNoise {
    fn normal(&mut self, shape: &[usize], device: &Device) -> Tensor<1> {
        Tensor::random([shape.iter().product::<usize>()], Distribution::Normal(0.0, 1.0), device)
    }

    fn uniform(&mut self, shape: &[usize], device: &Device) -> Tensor<1> {
        Tensor::random([shape.iter().product::<usize>()], Distribution::Uniform(0.0, 1.0), device)
    }
}

/// Reading a parameter's value makes its layer record the operations that initialise it.
#[derive(Default)]
struct ParamCollector {
    path: PathStack,
    params: Vec<Leaf>,
    error: Option<String>,
}

impl ModuleVisitor for ParamCollector {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let (name, value) = (self.path.name(), param.val());
        match id(&value) {
            Ok(id) => self.params.push(Leaf { name, id, shape: value.dims().to_vec() }),
            Err(e) => self.error = Some(format!("parameter {name}: {e}")),
        }
    }
}

fn id<const D: usize>(tensor: &Tensor<D>) -> Result<TensorId, String> {
    tensor.clone().try_into_primitive::<Capture>().map(|t| t.id()).map_err(|e| format!("not a captured tensor: {e:?}"))
}

fn output<const D: usize>(name: &str, tensor: &Tensor<D>) -> Result<Output, String> {
    Ok(Output { name: name.to_owned(), id: id(tensor)?, shape: tensor.dims().to_vec() })
}

/// Why nothing is recorded of a method that wants something of its samples; `None` where they have it. What takes pictures takes all.
pub fn lack(card: &Card, data: &DataShape) -> Option<&'static str> {
    Some(match card.lacks(true, Some(!data.factors.is_empty()), Some(data.frames))? {
        Want::Pictures => return None,
        Want::Factors => "this method is told the factors of its images, and of these none are known, or more than it can be told",
        Want::Clips => "this method learns clips, and these images are none",
        Want::Pairs => "this method learns pairs of pictures, and these images are none",
    })
}

thread_local! {
    // Burn numbers capture devices and has 65,536 of them: one for each thread that records, as each holds one scope at a time.
    static DEVICE: Device = Device::capture();
}

/// Records `program` of a fresh network on batches of `batch`.
///
/// # Errors
/// A sentence, if the method does something that cannot be recorded.
pub fn record<M: Method>(params: &Params, data: DataShape, program: Program, batch: usize) -> Result<Recording, String> {
    let device = DEVICE.with(Device::clone);
    let mut recording = Err(String::new());
    let captured = device
        .capture_scope(|scope: CaptureScope| -> CompletedCaptureScope {
            recording = record_on::<M>(params, data, program, batch, &device);
            // The boundary is the leaves above, which exist inside the scope: nothing to declare to Burn.
            scope.complete([], [])
        })
        .map_err(|e| format!("recording {}: {e}", M::CARD.id))?;
    let recording = recording.map_err(|e| format!("recording {}: {e}", M::CARD.id))?;
    Ok(Recording { graph: captured.graph, values: captured.values, ..recording })
}

fn leaf<const D: usize>(name: &str, shape: [usize; D], device: &Device) -> Result<(Tensor<D>, Leaf), String> {
    let tensor = Tensor::<D>::zeros(shape, device);
    let leaf = Leaf { name: name.to_owned(), id: id(&tensor)?, shape: shape.to_vec() };
    Ok((tensor, leaf))
}

fn named<N: AsRef<str>>(values: &[(N, Tensor<1>)]) -> Result<Vec<Output>, String> {
    values.iter().map(|(name, value)| output(name.as_ref(), value)).collect()
}

/// Everything but the graph, which Burn hands out when the scope closes.
fn record_on<M: Method>(
    params: &Params,
    data: DataShape,
    program: Program,
    batch: usize,
    device: &Device,
) -> Result<Recording, String> {
    if let Some(why) = lack(M::CARD, &data) {
        return Err(why.into());
    }
    let model = M::init(params, data, device);
    let mut collector = ParamCollector::default();
    model.visit(&mut collector);
    if let Some(error) = collector.error {
        return Err(error);
    }
    let code = model.code();
    let width = program.input().width(data.image, &code);
    let keys = live_keys(M::CARD);
    let (input_bw, input) = leaf(given::INPUT, [batch, width], device)?;
    let (label_b, label) = leaf(given::LABEL, [batch], device)?;
    let (step_value, step) = leaf(given::STEP, [1], device)?;
    let (control_values, controls) = leaf(given::CONTROLS, [keys.len()], device)?;
    let given = M::CARD.factors.then(|| leaf(given::FACTORS, [batch, data.factors.len()], device)).transpose()?;
    let (factor_bk, factors) = given.unzip();
    let training = program == Program::Train;
    let mut ctx = Ctx { controls: control_values, keys: &keys, step: step_value, training, noise: &mut RecordedNoise };
    let mut recording = Recording {
        graph: GraphIr { operations: Vec::new(), inputs: Vec::new(), outputs: Vec::new() },
        values: BTreeMap::new(),
        params: collector.params,
        code,
        input,
        label,
        step,
        controls,
        factors,
        outputs: Vec::new(),
        set: Vec::new(),
        add: Vec::new(),
    };
    match program {
        Program::Train | Program::Evaluate => {
            let terms = model.terms(Batch { x_bp: input_bw, label_b, factor_bk }, &mut ctx);
            recording.outputs = named(&terms.scalars)?;
            if training {
                recording.outputs.extend(terms.kl_d.as_ref().map(|kl_d| output("kl_d", kl_d)).transpose()?);
                recording.set = named(&terms.set)?;
                recording.add = named(&terms.add)?;
            }
        }
        Program::Start => recording.set = named(&model.start(Batch { x_bp: input_bw, label_b, factor_bk }, &mut ctx))?,
        _ => {
            let rows = apply(&model, program, Operands { input_bw, label_b, factor_bk }, &mut ctx).unwrap_or_default();
            recording.outputs = rows.iter().map(|(name, rows)| output(name, rows)).collect::<Result<_, _>>()?;
        }
    }
    Ok(recording)
}

#[cfg(test)]
mod tests {
    use super::*;
    use latent_methods::vae::vae::Vae;

    fn names(recording: &Recording) -> Vec<&str> {
        recording.outputs.iter().map(|o| o.name.as_str()).collect()
    }

    #[test]
    fn the_programs_of_the_mlp() {
        let params = Params::new(Vae::CARD);
        let train = record::<Vae>(&params, DataShape::MNIST, Program::Train, 8).unwrap();
        assert_eq!(names(&train), ["loss", "reconstruction", "kl", "kl_d"]);
        assert_eq!((train.input.shape.as_slice(), train.label.shape.as_slice()), (&[8, 784][..], &[8][..]));
        let leaves: Vec<_> = train.params.iter().map(|p| (p.name.as_str(), p.shape.as_slice())).collect();
        assert_eq!(
            leaves,
            [
                ("encoder.hidden.weight", &[784, 400][..]),
                ("encoder.hidden.bias", &[400]),
                ("encoder.mean.weight", &[400, 20]),
                ("encoder.mean.bias", &[20]),
                ("encoder.logvar.weight", &[400, 20]),
                ("encoder.logvar.bias", &[20]),
                ("decoder.hidden.weight", &[20, 400]),
                ("decoder.hidden.bias", &[400]),
                ("decoder.out.weight", &[400, 784]),
                ("decoder.out.bias", &[784]),
            ]
        );

        let encode = record::<Vae>(&params, DataShape::MNIST, Program::Encode, 3).unwrap();
        assert_eq!(names(&encode), ["mean", "logvar"]);
        assert_eq!(encode.outputs[0].shape, [3, 20]);
        let decode = record::<Vae>(&params, DataShape::MNIST, Program::Decode, 3).unwrap();
        assert_eq!((names(&decode), decode.outputs[0].shape.as_slice()), (vec!["images"], &[3, 784][..]));
        let tokens = record::<Vae>(&params, DataShape::MNIST, Program::Tokens, 3).unwrap();
        assert!(tokens.outputs.is_empty(), "a VAE has no codebook");
    }

    #[test]
    fn every_leaf_and_output_is_in_the_graph_once() {
        let params = Params::new(Vae::CARD).with("net", "conv").unwrap();
        let train = record::<Vae>(&params, DataShape::MNIST, Program::Train, 2).unwrap();
        let made: Vec<TensorId> = train.graph.operations.iter().flat_map(|op| op.outputs().map(|t| t.id)).collect();
        let leaves = train.params.iter().chain([&train.input, &train.label, &train.step, &train.controls]).map(|p| p.id);
        for id in leaves.chain(train.outputs.iter().map(|o| o.id)) {
            assert_eq!(made.iter().filter(|m| **m == id).count(), 1, "{id}");
        }
    }
}
