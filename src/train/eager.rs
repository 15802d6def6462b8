//! The other engine: the same Burn code, executed operation by operation with Burn's autodiff. The oracle of the plan.
//!
//! It sees the same images in the same order and draws the same noise from the same counters, so that from equal weights
//! both engines walk the same path.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::{Device, Tensor, TensorData};

use crate::compile::rng;
use crate::data::{Dataset, unit};
use crate::nn::method::{START_BATCH, latent, live_keys};
use crate::nn::params::PathStack;
use crate::nn::{Batch, Ctx, ImageShape, Method, Named, Noise};
use crate::spec::protocol::{MetricRow, PlanInfo};
use crate::spec::{Optimizer, Setup};
use crate::train::engine::{BuildError, fits};
use crate::train::optimizer::{BETA_1, BETA_2, EPSILON};
use crate::train::order::epoch_order;
use crate::train::plan::EVALUATION;
use crate::train::program::{Input, Operands, PIECE, apply, minibatches};
use crate::train::{Engine, Program, Rows, Weight};

/// Burn's own device on the GPU; in a browser to be opened once. The processor, where it is built without a back end for GPUs.
///
/// # Errors
/// What the browser refused. Elsewhere Burn opens the device with the first tensor, and panics if it cannot.
pub async fn open() -> Result<Device, String> {
    #[cfg(all(feature = "eager-wgpu", target_arch = "wasm32"))]
    return Device::wgpu_options().init_async().await.map_err(|e| format!("Burn found no GPU: {e}"));
    #[cfg(all(feature = "eager-wgpu", not(target_arch = "wasm32")))]
    return Ok(Device::wgpu(burn::tensor::DeviceKind::DefaultDevice));
    #[cfg(not(feature = "eager-wgpu"))]
    Ok(Device::flex())
}

/// A network under eager training, whatever its method.
///
/// What it computes stays on the device: a browser can wait for numbers only between the calls, see [`EagerEngine`].
pub trait Eager {
    fn info(&self) -> &PlanInfo;
    fn set_live(&mut self, key: &str, value: f32);
    /// Takes one step. Its terms, then the KL of each latent where the method has one, as one row.
    fn advance(&mut self) -> Tensor<1>;
    /// Takes one step and keeps its gradients as the optimiser got them, in module order.
    fn advance_with_gradients(&mut self) -> (Tensor<1>, Vec<OnDevice>);
    fn step(&self) -> u64;
    /// Values in a row of a program's input.
    fn width(&self, input: Input) -> usize;
    /// Terms on images, one posterior sample each.
    fn terms(&mut self, images_np: &[f32], labels: &[u8]) -> Tensor<1>;
    /// One piece of [`Engine::run`].
    fn run(&mut self, what: Program, input_bw: &[f32], labels: &[u8]) -> Option<Vec<Tensor<2>>>;
    fn weights(&self) -> Vec<OnDevice>;
    /// Replaces all parameters by name.
    fn set_weights(&mut self, weights: &[Weight]);
    /// [`Engine::start`].
    fn start(&mut self);
}

/// A parameter or its gradient, before it is read.
pub struct OnDevice {
    name: String,
    shape: Vec<usize>,
    /// Row-major.
    values_n: Tensor<1>,
}

/// The numbers that the plan draws, drawn on the CPU.
struct Replay {
    seed: u32,
    step: u32,
    /// Next noise operation of the pass.
    stream: u32,
}

impl Replay {
    fn draw(&mut self, shape: &[usize], device: &Device, f: fn(u32, u32, u32, u32) -> f32) -> Tensor<1> {
        let n: usize = shape.iter().product();
        let values: Vec<f32> = (0..n as u32).map(|i| f(i, self.stream, self.step, self.seed)).collect();
        self.stream += 1;
        Tensor::from_data(TensorData::new(values, [n]), device)
    }
}

impl Noise for Replay {
    fn normal(&mut self, shape: &[usize], device: &Device) -> Tensor<1> {
        self.draw(shape, device, rng::normal)
    }

    fn uniform(&mut self, shape: &[usize], device: &Device) -> Tensor<1> {
        self.draw(shape, device, rng::uniform)
    }
}

/// Eager training of one method.
pub struct Run<M> {
    /// `None` only while the optimiser holds it.
    model: Option<M>,
    optimiser: ModuleOptimizer,
    setup: Setup,
    device: Device,
    data: Arc<Dataset>,
    shape: ImageShape,
    batch: usize,
    seed: u32,
    keys: Vec<&'static str>,
    live: Vec<f32>,
    order: (u64, Vec<u32>),
    step: u64,
    evaluations: u32,
    info: PlanInfo,
}

/// Labels as numbers, zero where there are none.
fn labels_on(labels: &[u8], n: usize, device: &Device) -> Tensor<1> {
    let values: Vec<f32> = (0..n).map(|i| f32::from(labels.get(i).copied().unwrap_or(0))).collect();
    Tensor::from_data(TensorData::new(values, [n]), device)
}

/// Values of a tensor on the host.
async fn host<const D: usize>(t: Tensor<D>) -> Result<Vec<f32>, String> {
    let data = t.into_data_async().await.map_err(|e| e.to_string())?;
    data.try_into_vec::<f32>().map_err(|e| format!("networks are 32-bit: {e:?}"))
}

/// Several tensors at the price of one read.
pub(super) async fn host_all(tensors: Vec<OnDevice>) -> Result<Vec<Weight>, String> {
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
    values: HashMap<&'static str, Tensor<1>>,
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
pub(super) fn replaced<M: Module>(model: M, weights: &[Weight]) -> M {
    let weights = weights.iter().map(|w| (w.name.as_str(), w)).collect();
    model.map(&mut Replace { path: PathStack::default(), weights })
}

fn updated<M: Method>(model: M, values: Vec<Named>, add: bool) -> M {
    if values.is_empty() {
        return model;
    }
    let mut update = Update { path: PathStack::default(), values: values.into_iter().collect(), add };
    let model = model.map(&mut update);
    assert!(update.values.is_empty(), "no parameter is called {:?}", update.values.keys());
    model
}

/// Values of a module's parameters, or their gradients where `gradients` are given, in module order.
pub(super) fn collect<M: Module>(model: &M, gradients: Option<&GradientsParams>) -> Vec<OnDevice> {
    let mut visitor = Collect { path: PathStack::default(), gradients, out: vec![] };
    model.visit(&mut visitor);
    visitor.out
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
fn clip_by_global_norm<M: Method>(model: &M, gradients: &mut GradientsParams, limit: f64) {
    let squares = collect(model, Some(gradients)).into_iter().map(|g| g.values_n.square().sum()).collect();
    let norm = Tensor::cat(squares, 0).sum().sqrt();
    let scale = norm.add_scalar(1e-6).recip().mul_scalar(limit).clamp_max(1.0);
    model.visit(&mut Scale { gradients, scale });
}

/// Shrinks the parameters that have a gradient.
struct Decay<'a> {
    gradients: &'a GradientsParams,
    kept: f64,
}

impl ModuleMapper for Decay<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.gradients.get::<D>(param.id).is_none() {
            return param;
        }
        param.map(|old| old.mul_scalar(self.kept).detach().require_grad())
    }
}

/// Burn's optimiser for a setup. The decay of AdamW comes before it, as [`Decay`]: it is live, and Burn's cannot be changed.
fn optimiser(setup: &Setup) -> ModuleOptimizer {
    match Optimizer::of(setup) {
        Optimizer::Adam | Optimizer::AdamW => {
            AdamConfig::new().with_beta_1(BETA_1).with_beta_2(BETA_2).with_epsilon(EPSILON).init()
        }
        Optimizer::Sgd => {
            let momentum = MomentumConfig::new().with_momentum(setup.get("momentum")).with_dampening(0.0);
            SgdConfig::new().with_momentum(Some(momentum)).init()
        }
    }
}

impl<M: Method> Run<M> {
    /// A fresh network on `device` (without autodiff; it is added here).
    pub fn new(setup: &Setup, device: Device, data: Arc<Dataset>) -> Self {
        let device = device.autodiff();
        let shape = data.shape;
        let seed = setup.get("seed") as u32;
        device.seed(u64::from(seed));
        let model = M::init(setup, data.data_shape(), &device);
        let keys = live_keys(M::CARD);
        let parameters = collect(&model, None).iter().map(|w| w.shape.iter().product::<usize>() as u64).sum();
        let info = PlanInfo {
            parameters,
            latent: latent(&model) as u32,
            code: model.code(),
            width: shape.width as u32,
            height: shape.height as u32,
            channels: shape.channels as u32,
            batch: setup.usize("batch") as u32,
            ..PlanInfo::default()
        };
        let mut run = Self {
            model: Some(model),
            optimiser: optimiser(setup),
            setup: setup.clone(),
            device,
            shape,
            batch: setup.usize("batch"),
            seed,
            live: keys.iter().map(|k| setup.get(k) as f32).collect(),
            keys,
            order: (0, epoch_order(seed, 0, data.train_labels.len() as u32)),
            data,
            step: 0,
            evaluations: 0,
            info,
        };
        run.start();
        run.info.terms = run.term_names();
        run
    }

    /// As a look at one image gives them: the method may do what cannot be recorded.
    fn term_names(&mut self) -> Vec<String> {
        let (images, labels) = self.images_at(0, 1);
        let mut noise = Replay { seed: self.seed, step: 0, stream: EVALUATION };
        self.look(&images, &labels, &mut noise).into_iter().map(|(name, _)| name.into()).collect()
    }

    /// Terms on images, without a trace for gradients.
    fn look(&self, images_np: &[f32], labels: &[u8], noise: &mut Replay) -> Vec<Named> {
        let (model, device) = (self.model().valid(), self.device.clone().inner());
        let batch = self.batch(images_np, labels, &device);
        model.terms(batch, &mut self.ctx(noise, self.step, false, &device)).scalars
    }

    fn model(&self) -> &M {
        self.model.as_ref().expect("the optimiser has given it back")
    }

    fn images(&self, values: Vec<f32>, device: &Device) -> Tensor<2> {
        let n = values.len() / self.shape.len();
        Tensor::from_data(TensorData::new(values, [n, self.shape.len()]), device)
    }

    fn batch(&self, images_np: &[f32], labels: &[u8], device: &Device) -> Batch {
        let x_bp = self.images(images_np.to_vec(), device);
        Batch { label_b: labels_on(labels, x_bp.dims()[0], device), x_bp }
    }

    fn ctx<'a>(&'a self, noise: &'a mut Replay, step: u64, training: bool, device: &Device) -> Ctx<'a> {
        let controls = Tensor::from_data(TensorData::new(self.live.clone(), [self.live.len()]), device);
        let step = Tensor::from_data(TensorData::new(vec![step as f32], [1]), device);
        Ctx { controls, keys: &self.keys, step, training, noise }
    }

    /// `n` images from place `from` of the order on, with their labels.
    fn images_at(&mut self, from: u64, n: usize) -> (Vec<f32>, Vec<u8>) {
        let (images, len) = (self.data.train_labels.len() as u64, self.shape.len());
        let (mut values, mut labels) = (Vec::with_capacity(n * len), Vec::with_capacity(n));
        for at in from..from + n as u64 {
            // As the plan is told them.
            let epoch = at / images;
            if self.order.0 != epoch {
                self.order = (epoch, epoch_order(self.seed, epoch as u32, images as u32));
            }
            let image = self.order.1[(at % images) as usize] as usize;
            values.extend(unit(&self.data.train_images[image * len..(image + 1) * len]));
            labels.push(self.data.train_labels[image]);
        }
        (values, labels)
    }

    /// One step; its gradients only where they are to be kept.
    fn take_step(&mut self, keep: bool) -> (Tensor<1>, Vec<OnDevice>) {
        let (images, labels) = self.images_at(self.step * self.batch as u64, self.batch);
        let batch = self.batch(&images, &labels, &self.device);
        let mut noise = Replay { seed: self.seed, step: self.step as u32, stream: 0 };
        let terms = self.model().terms(batch, &mut self.ctx(&mut noise, self.step, true, &self.device));
        let loss = terms.scalars[0].1.clone();
        let mut gradients = GradientsParams::from_grads(loss.backward(), self.model());
        let clip = self.setup.get("clip");
        if clip > 0.0 {
            clip_by_global_norm(self.model(), &mut gradients, clip);
        }
        let kept = if keep { collect(self.model(), Some(&gradients)) } else { vec![] };
        let mut model = self.model.take().expect("the optimiser has given it back");
        let live = |key: &str| {
            let at = self.keys.iter().position(|k| *k == key).expect("the optimiser's controls are live");
            f64::from(self.live[at])
        };
        let lr = live("lr");
        if Optimizer::of(&self.setup) == Optimizer::AdamW {
            model = model.map(&mut Decay { gradients: &gradients, kept: 1.0 - lr * live("weight_decay") });
        }
        let model = self.optimiser.step(lr, model, gradients);
        self.model = Some(updated(updated(model, terms.set, false), terms.add, true));
        self.step += 1;
        let parts = terms.scalars.into_iter().map(|(_, t)| t).chain(terms.kl_d).map(Tensor::inner);
        (Tensor::cat(parts.collect(), 0), kept)
    }
}

impl<M: Method> Eager for Run<M> {
    fn info(&self) -> &PlanInfo {
        &self.info
    }

    fn set_live(&mut self, key: &str, value: f32) {
        if let Some(i) = self.keys.iter().position(|k| *k == key) {
            self.live[i] = value;
        }
    }

    fn advance(&mut self) -> Tensor<1> {
        self.take_step(false).0
    }

    fn advance_with_gradients(&mut self) -> (Tensor<1>, Vec<OnDevice>) {
        self.take_step(true)
    }

    fn step(&self) -> u64 {
        self.step
    }

    fn width(&self, input: Input) -> usize {
        input.width(self.shape, &self.info.code)
    }

    fn terms(&mut self, images_np: &[f32], labels: &[u8]) -> Tensor<1> {
        self.evaluations += 1;
        let mut noise = Replay { seed: self.seed, step: self.evaluations, stream: EVALUATION };
        Tensor::cat(self.look(images_np, labels, &mut noise).into_iter().map(|(_, t)| t).collect(), 0)
    }

    fn run(&mut self, what: Program, input_bw: &[f32], labels: &[u8]) -> Option<Vec<Tensor<2>>> {
        let (model, device) = (self.model().valid(), self.device.clone().inner());
        self.evaluations += 1;
        let mut noise = Replay { seed: self.seed, step: self.evaluations, stream: EVALUATION };
        let width = self.width(what.input());
        let n = input_bw.len() / width;
        let input_bw = Tensor::from_data(TensorData::new(input_bw.to_vec(), [n, width]), &device);
        let operands = Operands { input_bw, label_b: labels_on(labels, n, &device) };
        let outputs = apply(&model, what, operands, &mut self.ctx(&mut noise, self.step, false, &device))?;
        Some(outputs.into_iter().map(|(_, rows)| rows).collect())
    }

    fn weights(&self) -> Vec<OnDevice> {
        collect(self.model(), None)
    }

    fn set_weights(&mut self, weights: &[Weight]) {
        self.model = self.model.take().map(|model| replaced(model, weights));
    }

    fn start(&mut self) {
        let (images, labels) = self.images_at(0, START_BATCH);
        let mut noise = Replay { seed: self.seed, step: 0, stream: 0 };
        let device = self.device.clone();
        let batch = self.batch(&images, &labels, &device);
        let values = self.model().start(batch, &mut self.ctx(&mut noise, 0, false, &device));
        self.model = self.model.take().map(|model| updated(model, values, false));
    }
}

/// Eager training behind the common interface.
pub struct EagerEngine {
    run: Box<dyn Eager>,
    /// Rows of the steps since the last request, oldest first, each with its step.
    fresh: Vec<(u64, Tensor<1>)>,
    /// Rows asked for, one entry a request.
    requested: VecDeque<Vec<(u64, Tensor<1>)>>,
}

impl EagerEngine {
    pub fn new(run: Box<dyn Eager>) -> Self {
        Self { run, fresh: vec![], requested: VecDeque::new() }
    }

    /// Takes one step and brings its gradients to the host, which a step for its own sake need not pay for.
    ///
    /// # Errors
    /// If the device is lost or a term is not finite.
    pub async fn step_with_gradients(&mut self) -> Result<(MetricRow, Vec<Weight>), String> {
        let (row, gradients) = self.run.advance_with_gradients();
        let row = self.row(self.run.step(), row).await?;
        Ok((row, host_all(gradients).await?))
    }

    async fn row(&self, step: u64, row: Tensor<1>) -> Result<MetricRow, String> {
        let mut terms = host(row).await?;
        let kl_d = terms.split_off(self.info().terms.len());
        MetricRow { step, terms, kl_d }.finite(&self.info().terms)
    }
}

impl Engine for EagerEngine {
    async fn start(&mut self) -> Result<(), BuildError> {
        self.run.start();
        Ok(())
    }

    fn info(&self) -> &PlanInfo {
        self.run.info()
    }

    fn set_live(&mut self, key: &str, value: f32) {
        self.run.set_live(key, value);
    }

    fn run_steps(&mut self, n: u32) -> Result<(), String> {
        for _ in 0..n {
            let row = self.run.advance();
            self.fresh.push((self.run.step(), row));
        }
        Ok(())
    }

    fn step(&self) -> u64 {
        self.run.step()
    }

    fn request_metrics(&mut self) -> bool {
        let rows = std::mem::take(&mut self.fresh);
        let any = !rows.is_empty();
        self.requested.extend(any.then_some(rows));
        any
    }

    async fn take_metrics(&mut self) -> Result<Vec<MetricRow>, String> {
        let mut rows = vec![];
        for (step, row) in self.requested.pop_front().unwrap_or_default() {
            rows.push(self.row(step, row).await?);
        }
        Ok(rows)
    }

    async fn evaluate(&mut self, images: Rows<'_>) -> Result<Vec<f32>, String> {
        let width = self.run.width(Input::Images);
        let mut sums = vec![0.0f64; self.info().terms.len()];
        let n = images.count(width)?;
        for at in minibatches(n, self.info().batch as usize) {
            let weight = at.len() as f64;
            let rows = images.some(width, at);
            let (values, labels) = (&*rows.floats(), &*rows.classes());
            let terms = host(self.run.terms(values, labels)).await?;
            for (s, t) in sums.iter_mut().zip(terms) {
                *s += weight * f64::from(t);
            }
        }
        Ok(sums.into_iter().map(|s| (s / n.max(1) as f64) as f32).collect())
    }

    async fn run(&mut self, what: Program, rows: Rows<'_>) -> Result<Option<Vec<Vec<f32>>>, String> {
        let mut all: Vec<Vec<f32>> = vec![];
        let width = self.run.width(what.input());
        let n = rows.count(width)?;
        for from in (0..n).step_by(PIECE) {
            let rows = rows.some(width, from..(from + PIECE).min(n));
            let (values, labels) = (&*rows.floats(), &*rows.classes());
            let Some(outputs) = self.run.run(what, values, labels) else { return Ok(None) };
            all.resize(outputs.len(), vec![]);
            for (all, rows) in all.iter_mut().zip(outputs) {
                all.extend(host(rows).await?);
            }
        }
        Ok(Some(all))
    }

    async fn weights(&mut self) -> Result<Vec<Weight>, String> {
        host_all(self.run.weights()).await
    }

    fn set_weights(&mut self, weights: &[Weight]) -> Result<(), String> {
        let have = self.run.weights();
        fits(have.iter().map(|w| (w.name.as_str(), w.shape.as_slice())), weights)?;
        self.run.set_weights(weights);
        Ok(())
    }
}
