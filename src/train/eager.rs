//! The other engine: the same Burn code, executed operation by operation with Burn's autodiff. The oracle of the plan.
//!
//! It sees the same images in the same order and draws the same noise from the same counters, so that from equal weights
//! both engines walk the same path.

use std::collections::HashMap;
use std::sync::Arc;

use burn::module::{ModuleMapper, ModuleVisitor, Param};
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Gradients, Tensor, TensorData};

use crate::compile::rng;
use crate::data::{Dataset, unit};
use crate::nn::params::PathStack;
use crate::nn::method::{START_BATCH, latent, live_keys};
use crate::nn::{Batch, Ctx, ImageShape, Method, Named, Noise};
use crate::spec::Setup;
use crate::spec::protocol::{CodeGroup, MetricRow, PlanInfo};
use crate::train::order::epoch_order;
use crate::train::plan::EVALUATION;
use crate::train::program::{Input, Operands, apply};
use crate::train::{Engine, Program, Rows, Weight, record};

/// Images of one forward pass that does not train.
const PIECE: usize = 500;

/// A network under eager training, whatever its method.
pub trait Eager {
    fn info(&self) -> &PlanInfo;
    fn set_live(&mut self, key: &str, value: f32);
    /// Takes one step.
    fn advance(&mut self) -> MetricRow;
    /// Takes one step and brings its gradients to the host, which a step for its own sake need not pay for.
    fn advance_with_gradients(&mut self) -> (MetricRow, Vec<Weight>);
    fn step(&self) -> u64;
    /// Terms on images, one posterior sample each.
    fn evaluate(&mut self, images: Rows) -> Vec<f32>;
    /// [`Engine::run`].
    fn run(&mut self, what: Program, rows: Rows) -> Option<Vec<Vec<f32>>>;
    fn weights(&self) -> Vec<Weight>;
    /// Replaces all parameters by name.
    fn set_weights(&mut self, weights: &[Weight]);
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

/// Rows and their labels in pieces that fit in memory.
fn pieces(rows: Rows<'_>, width: usize) -> impl Iterator<Item = (&[f32], &[u8])> {
    rows.values.chunks(PIECE * width).enumerate().map(move |(i, values)| {
        let from = (i * PIECE).min(rows.labels.len());
        (values, &rows.labels[from..(from + PIECE).min(rows.labels.len())])
    })
}

/// Values of a tensor on the host.
fn host<const D: usize>(t: Tensor<D>) -> Vec<f32> {
    t.into_data().try_into_vec::<f32>().expect("networks are 32-bit")
}

struct Collect<'a> {
    path: PathStack,
    /// Collects gradients if there are any, else values.
    gradients: Option<&'a Gradients>,
    out: Vec<Weight>,
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
        let values = match self.gradients {
            None => host(value),
            Some(g) => value.grad(g).map_or_else(|| vec![0.0; shape.iter().product()], host),
        };
        self.out.push(Weight { name: self.path.name(), shape, values });
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
            let new = if self.add { old.detach() + value } else { value };
            if grad { new.require_grad() } else { new }
        })
    }
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

fn collect<M: Method>(model: &M, gradients: Option<&Gradients>) -> Vec<Weight> {
    let mut visitor = Collect { path: PathStack::default(), gradients, out: vec![] };
    model.visit(&mut visitor);
    visitor.out
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
        let parameters = collect(&model, None).iter().map(|w| w.values.len() as u64).sum();
        let recording = record::record::<M>(setup, data.data_shape(), Program::Evaluate, 1);
        let terms = recording.expect("what runs can be recorded").outputs.into_iter().map(|o| o.name).collect();
        let info = PlanInfo {
            parameters,
            latent: latent(&model) as u32,
            code: model.code(),
            width: shape.width as u32,
            height: shape.height as u32,
            channels: shape.channels as u32,
            batch: setup.usize("batch") as u32,
            terms,
            ..PlanInfo::default()
        };
        let mut run = Self {
            model: Some(model),
            optimiser: AdamConfig::new().with_epsilon(1e-8).init(),
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
        run
    }

    /// Sets what the method takes from the data before the first step.
    fn start(&mut self) {
        let (images, labels) = self.images_at(0, START_BATCH);
        let mut noise = Replay { seed: self.seed, step: 0, stream: 0 };
        let device = self.device.clone();
        let batch = self.batch(&images, &labels, &device);
        let values = self.model().start(batch, &mut self.ctx(&mut noise, 0, false, &device));
        self.model = self.model.take().map(|model| updated(model, values, false));
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
            // The plan's order holds an epoch and the next, and begins again.
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
    fn take_step(&mut self, keep: bool) -> (MetricRow, Vec<Weight>) {
        let (images, labels) = self.images_at(self.step * self.batch as u64, self.batch);
        let batch = self.batch(&images, &labels, &self.device);
        let mut noise = Replay { seed: self.seed, step: self.step as u32, stream: 0 };
        let terms = self.model().terms(batch, &mut self.ctx(&mut noise, self.step, true, &self.device));
        let loss = terms.scalars[0].1.clone();
        let gradients = loss.backward();
        let kept = keep.then(|| collect(self.model(), Some(&gradients))).unwrap_or_default();
        let model = self.model.take().expect("the optimiser has given it back");
        let gradients = GradientsParams::from_grads(gradients, &model);
        let lr = self.keys.iter().position(|k| *k == "lr").map_or(1e-3, |i| f64::from(self.live[i]));
        let model = self.optimiser.step(lr, model, gradients);
        self.model = Some(updated(updated(model, terms.set, false), terms.add, true));
        self.step += 1;
        let row = MetricRow {
            step: self.step,
            terms: terms.scalars.into_iter().map(|(_, t)| host(t)[0]).collect(),
            kl_d: terms.kl_d.map(host).unwrap_or_default(),
        };
        (row, kept)
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

    fn advance(&mut self) -> MetricRow {
        self.take_step(false).0
    }

    fn advance_with_gradients(&mut self) -> (MetricRow, Vec<Weight>) {
        self.take_step(true)
    }

    fn step(&self) -> u64 {
        self.step
    }

    fn evaluate(&mut self, images: Rows) -> Vec<f32> {
        // Without autodiff nothing of the graph is kept.
        let (model, device) = (self.model().valid(), self.device.clone().inner());
        let mut sums = vec![0.0f64; self.info.terms.len()];
        let width = self.shape.len();
        for (values, labels) in pieces(images, width) {
            self.evaluations += 1;
            let mut noise = Replay { seed: self.seed, step: self.evaluations, stream: EVALUATION };
            let n = (values.len() / width) as f64;
            let terms = model.terms(self.batch(values, labels, &device), &mut self.ctx(&mut noise, self.step, false, &device));
            for (s, (_, t)) in sums.iter_mut().zip(terms.scalars) {
                *s += n * f64::from(host(t)[0]);
            }
        }
        let n = (images.values.len() / width).max(1) as f64;
        sums.into_iter().map(|s| (s / n) as f32).collect()
    }

    fn run(&mut self, what: Program, rows: Rows) -> Option<Vec<Vec<f32>>> {
        let (model, device) = (self.model().valid(), self.device.clone().inner());
        let width = match what.input() {
            Input::Images => self.shape.len(),
            Input::Codes => self.info.latent as usize,
            Input::Tokens => self.info.code.iter().filter_map(CodeGroup::places).sum::<u32>().max(1) as usize,
            Input::Count => 1,
        };
        let mut all: Vec<Vec<f32>> = vec![];
        for (values, labels) in pieces(rows, width) {
            self.evaluations += 1;
            let mut noise = Replay { seed: self.seed, step: self.evaluations, stream: EVALUATION };
            let n = values.len() / width;
            let input_bw = Tensor::from_data(TensorData::new(values.to_vec(), [n, width]), &device);
            let operands = Operands { input_bw, label_b: labels_on(labels, n, &device) };
            let outputs = apply(&model, what, operands, &mut self.ctx(&mut noise, self.step, false, &device))?;
            all.resize(outputs.len(), vec![]);
            for (all, (_, rows)) in all.iter_mut().zip(outputs) {
                all.extend(host(rows));
            }
        }
        Some(all)
    }

    fn weights(&self) -> Vec<Weight> {
        collect(self.model(), None)
    }

    fn set_weights(&mut self, weights: &[Weight]) {
        let weights = weights.iter().map(|w| (w.name.as_str(), w)).collect();
        let model = self.model.take().expect("the optimiser has given it back");
        self.model = Some(model.map(&mut Replace { path: PathStack::default(), weights }));
    }
}

/// Eager training behind the common interface.
pub struct EagerEngine {
    run: Box<dyn Eager>,
    rows: Vec<MetricRow>,
}

impl EagerEngine {
    pub fn new(run: Box<dyn Eager>) -> Self {
        Self { run, rows: vec![] }
    }
}

impl Engine for EagerEngine {
    fn info(&self) -> &PlanInfo {
        self.run.info()
    }

    fn set_live(&mut self, key: &str, value: f32) {
        self.run.set_live(key, value);
    }

    fn run_steps(&mut self, n: u32) -> Result<(), String> {
        for _ in 0..n {
            let row = self.run.advance();
            if let Some(bad) = row.terms.iter().position(|v| !v.is_finite()) {
                return Err(format!("{} is {} at step {}", self.info().terms[bad], row.terms[bad], row.step));
            }
            self.rows.push(row);
        }
        Ok(())
    }

    fn step(&self) -> u64 {
        self.run.step()
    }

    async fn metrics(&mut self) -> Result<Vec<MetricRow>, String> {
        Ok(std::mem::take(&mut self.rows))
    }

    async fn run(&mut self, what: Program, rows: Rows<'_>) -> Result<Option<Vec<Vec<f32>>>, String> {
        Ok(self.run.run(what, rows))
    }

    async fn evaluate(&mut self, images: Rows<'_>) -> Result<Vec<f32>, String> {
        Ok(self.run.evaluate(images))
    }

    async fn weights(&mut self) -> Result<Vec<Weight>, String> {
        Ok(self.run.weights())
    }
}
