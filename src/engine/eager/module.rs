//! The parameters of a Burn module: read, replaced, moved.

use std::borrow::Cow;
use std::collections::HashMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Tensor, TensorData};

use crate::engine::Weight;
use latent_nn::Method;
use latent_nn::params::PathStack;

/// A parameter or its gradient, before it is read.
pub struct OnDevice {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    /// Row-major.
    pub(super) values_n: Tensor<1>,
}

/// Values of a tensor on the host.
pub async fn host<const D: usize>(t: Tensor<D>) -> Result<Vec<f32>, String> {
    let data = t.into_data_async().await.map_err(|e| e.to_string())?;
    data.try_into_vec::<f32>().map_err(|e| format!("networks are 32-bit: {e:?}"))
}

/// Several tensors at the price of one read.
pub async fn host_all(tensors: Vec<OnDevice>) -> Result<Vec<Weight>, String> {
    let all_n = host(Tensor::cat(tensors.iter().map(|t| t.values_n.clone()).collect(), 0)).await?;
    let mut rest = all_n.as_slice();
    Ok(tensors
        .into_iter()
        .map(|t| {
            let (values, behind) = rest.split_at(t.shape.iter().product());
            rest = behind;
            Weight { name: t.name, shape: t.shape, values: values.to_vec() }
        })
        .collect())
}

struct Collect<'a> {
    path: PathStack,
    /// Collects gradients if there are any, else values.
    gradients: Option<&'a GradientsParams>,
    out: Vec<OnDevice>,
}

impl ModuleVisitor for Collect<'_> {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val();
        let shape = value.dims().to_vec();
        let n = shape.iter().product::<usize>();
        let values_n = match self.gradients {
            None => value.inner().reshape([n]),
            Some(g) => g.get::<D>(param.id).map_or_else(|| Tensor::zeros([n], &value.device().inner()), |g| g.reshape([n])),
        };
        self.out.push(OnDevice { name: self.path.name(), shape, values_n });
    }
}

struct Replace<'a> {
    path: PathStack,
    weights: HashMap<&'a str, &'a Weight>,
}

impl ModuleMapper for Replace<'_> {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(w) = self.weights.get(self.path.name().as_str()) else { return param };
        param.map(|t| {
            let new = Tensor::from_data(TensorData::new(w.values.clone(), w.shape.clone()), &t.device());
            if t.is_require_grad() { new.require_grad() } else { new }
        })
    }
}

/// Sets parameters to given values, or adds to them.
struct Update {
    path: PathStack,
    values: HashMap<Cow<'static, str>, Tensor<1>>,
    add: bool,
}

impl ModuleMapper for Update {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(value) = self.values.remove(self.path.name().as_str()) else { return param };
        param.map(|old| {
            let grad = old.is_require_grad();
            let value = value.reshape(old.dims()).detach();
            let new = if self.add { (old + value).detach() } else { value };
            if grad { new.require_grad() } else { new }
        })
    }
}

/// The module with other values in the parameters that `weights` name.
pub fn replaced<M: Module>(model: M, weights: &[Weight]) -> M {
    let weights = weights.iter().map(|w| (w.name.as_str(), w)).collect();
    model.map(&mut Replace { path: PathStack::default(), weights })
}

pub fn updated<M: Method, N: Into<Cow<'static, str>>>(model: M, values: Vec<(N, Tensor<1>)>, add: bool) -> M {
    if values.is_empty() {
        return model;
    }
    let values = values.into_iter().map(|(name, value)| (name.into(), value)).collect();
    let mut update = Update { path: PathStack::default(), values, add };
    let model = model.map(&mut update);
    assert!(update.values.is_empty(), "no parameter is called {:?}", update.values.keys());
    model
}

/// Values of a module's parameters, or their gradients where `gradients` are given, in module order.
pub fn collect<M: Module>(model: &M, gradients: Option<&GradientsParams>) -> Vec<OnDevice> {
    let mut visitor = Collect { path: PathStack::default(), gradients, out: vec![] };
    model.visit(&mut visitor);
    visitor.out
}

/// Moves the gradients of some parameters elsewhere.
struct Taken<'a> {
    path: PathStack,
    part: &'a str,
    from: &'a mut GradientsParams,
    to: GradientsParams,
}

impl ModuleVisitor for Taken<'_> {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if !self.path.name().starts_with(self.part) {
            return;
        }
        if let Some(gradient) = self.from.remove::<D>(param.id) {
            self.to.register(param.id, gradient);
        }
    }
}

/// Takes the gradients of the parameters whose names begin with `part` out of all.
pub fn taken<M: Module>(model: &M, gradients: &mut GradientsParams, part: &str) -> GradientsParams {
    let mut visitor = Taken { path: PathStack::default(), part, from: gradients, to: GradientsParams::new() };
    model.visit(&mut visitor);
    visitor.to
}

/// Multiplies the gradients of a module's parameters by a number.
struct Scale<'a> {
    gradients: &'a mut GradientsParams,
    scale: Tensor<1>,
}

impl ModuleVisitor for Scale<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            self.gradients.register(param.id, gradient * self.scale.clone().reshape([1; D]));
        }
    }
}

/// Burn clips each tensor by its own norm; this is `compile::grad::clip_by_global_norm`. The norm stays on the device: a browser
/// cannot wait for it.
pub fn clip_by_global_norm<M: Method>(model: &M, gradients: &mut GradientsParams, limit: f64) {
    let squares = collect(model, Some(gradients)).into_iter().map(|g| g.values_n.square().sum()).collect();
    let norm = Tensor::cat(squares, 0).sum().sqrt();
    let scale = norm.add_scalar(1e-6).recip().mul_scalar(limit).clamp_max(1.0);
    model.visit(&mut Scale { gradients, scale });
}

/// Shrinks the parameters that have a gradient.
pub struct Decay<'a> {
    pub gradients: &'a GradientsParams,
    pub kept: f64,
}

impl ModuleMapper for Decay<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.gradients.get::<D>(param.id).is_none() {
            return param;
        }
        param.map(|old| old.mul_scalar(self.kept).detach().require_grad())
    }
}
