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

use crate::nn::method::live_keys;
use crate::nn::params::PathStack;
use crate::nn::{Ctx, ImageShape, Method, Noise};
use crate::spec::Setup;

/// Which of a method's functions to record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Program {
    /// [`Method::terms`]: outputs are the terms in order, then `kl_d` where the method has one.
    Train,
    /// [`Method::encode`]: outputs `mean` and, where the method has one, `logvar`.
    Encode,
    /// [`Method::decode`]: output `images`.
    Decode,
}

/// A trainable parameter in a recorded graph.
#[derive(Clone, Debug)]
pub struct ParamLeaf {
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
    pub params: Vec<ParamLeaf>,
    /// Images `[batch, pixels]`, for training and encoding.
    pub x: Option<TensorId>,
    /// Codes `[batch, latent]`, for decoding.
    pub z: Option<TensorId>,
    /// Live controls in card order, for training; absent if the card has none.
    pub controls: Option<TensorId>,
    pub outputs: Vec<Output>,
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
    params: Vec<ParamLeaf>,
    error: Option<String>,
}

impl ModuleVisitor for ParamCollector {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, container_type: &str) {
        self.path.exit(container_type);
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let (name, value) = (self.path.name(), param.val());
        match id(&value) {
            Ok(id) => self.params.push(ParamLeaf { name, id, shape: value.dims().to_vec() }),
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

/// Records `program` of a fresh network on batches of `batch`.
///
/// # Errors
/// A sentence, if the method does something that cannot be recorded.
pub fn record<M: Method>(setup: &Setup, shape: ImageShape, program: Program, batch: usize) -> Result<Recording, String> {
    let device = Device::capture();
    let mut recording = Err(String::new());
    let captured = device
        .capture_scope(|scope: CaptureScope| -> CompletedCaptureScope {
            recording = record_on::<M>(setup, shape, program, batch, &device);
            // The boundary is the leaves above, which exist inside the scope: nothing to declare to Burn.
            scope.complete([], [])
        })
        .map_err(|e| format!("recording {}: {e}", M::CARD.id))?;
    let recording = recording.map_err(|e| format!("recording {}: {e}", M::CARD.id))?;
    Ok(Recording { graph: captured.graph, values: captured.values, ..recording })
}

/// Everything but the graph, which Burn hands out when the scope closes.
fn record_on<M: Method>(
    setup: &Setup,
    shape: ImageShape,
    program: Program,
    batch: usize,
    device: &Device,
) -> Result<Recording, String> {
    let model = M::init(setup, shape, device);
    let mut collector = ParamCollector::default();
    model.visit(&mut collector);
    if let Some(error) = collector.error {
        return Err(error);
    }
    let mut recording = Recording {
        graph: GraphIr { operations: Vec::new(), inputs: Vec::new(), outputs: Vec::new() },
        values: BTreeMap::new(),
        params: collector.params,
        x: None,
        z: None,
        controls: None,
        outputs: Vec::new(),
    };
    match program {
        Program::Train => {
            let x_bp = Tensor::<2>::zeros([batch, shape.len()], device);
            let keys = live_keys(M::CARD);
            let controls = Tensor::<1>::zeros([keys.len()], device);
            recording.x = Some(id(&x_bp)?);
            recording.controls = Some(id(&controls)?);
            let terms = model.terms(x_bp, &mut Ctx { controls, keys: &keys, noise: &mut RecordedNoise });
            for (name, scalar) in &terms.scalars {
                recording.outputs.push(output(name, scalar)?);
            }
            if let Some(kl_d) = &terms.kl_d {
                recording.outputs.push(output("kl_d", kl_d)?);
            }
        }
        Program::Encode => {
            let x_bp = Tensor::<2>::zeros([batch, shape.len()], device);
            recording.x = Some(id(&x_bp)?);
            let code = model.encode(x_bp);
            recording.outputs.push(output("mean", &code.mean_bd)?);
            if let Some(logvar_bd) = &code.logvar_bd {
                recording.outputs.push(output("logvar", logvar_bd)?);
            }
        }
        Program::Decode => {
            let z_bd = Tensor::<2>::zeros([batch, model.latent()], device);
            recording.z = Some(id(&z_bd)?);
            recording.outputs.push(output("images", &model.decode(z_bd))?);
        }
    }
    Ok(recording)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vae::vae::Vae;

    fn names(recording: &Recording) -> Vec<&str> {
        recording.outputs.iter().map(|o| o.name.as_str()).collect()
    }

    #[test]
    fn the_three_programs_of_the_mlp() {
        let setup = Setup::new("mnist", "vae");
        let train = record::<Vae>(&setup, ImageShape::MNIST, Program::Train, 8).unwrap();
        assert_eq!(names(&train), ["loss", "reconstruction", "kl", "kl_d"]);
        assert!(train.x.is_some() && train.controls.is_some() && train.z.is_none());
        let params: Vec<_> = train.params.iter().map(|p| (p.name.as_str(), p.shape.as_slice())).collect();
        assert_eq!(params, [
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
        ]);

        let encode = record::<Vae>(&setup, ImageShape::MNIST, Program::Encode, 3).unwrap();
        assert_eq!(names(&encode), ["mean", "logvar"]);
        assert_eq!(encode.outputs[0].shape, [3, 20]);
        let decode = record::<Vae>(&setup, ImageShape::MNIST, Program::Decode, 3).unwrap();
        assert_eq!((names(&decode), decode.outputs[0].shape.as_slice()), (vec!["images"], &[3, 784][..]));
    }

    #[test]
    fn every_leaf_and_output_is_in_the_graph_once() {
        let mut setup = Setup::new("mnist", "vae");
        setup.set("net", 1.0).unwrap();
        let train = record::<Vae>(&setup, ImageShape::MNIST, Program::Train, 2).unwrap();
        let made: Vec<TensorId> = train.graph.operations.iter().flat_map(|op| op.outputs().map(|t| t.id)).collect();
        let leaves = train.params.iter().map(|p| p.id).chain(train.x).chain(train.controls);
        for id in leaves.chain(train.outputs.iter().map(|o| o.id)) {
            assert_eq!(made.iter().filter(|m| **m == id).count(), 1, "{id}");
        }
    }
}
