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
use crate::nn::method::live_keys;
use crate::nn::params::PathStack;
use crate::nn::{Ctx, ImageShape, Method, Noise};
use crate::spec::Setup;
use crate::spec::protocol::{MetricRow, PlanInfo};
use crate::train::order::epoch_order;
use crate::train::plan::EVALUATION;
use crate::train::{Engine, Weight};

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
    fn terms(&mut self, images_np: &[f32]) -> Vec<f32>;
    fn encode(&self, images_np: &[f32]) -> (Vec<f32>, Vec<f32>);
    fn decode(&self, z_nd: &[f32]) -> Vec<f32>;
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

    fn exit_module(&mut self, _name: &str, container_type: &str) {
        self.path.exit(container_type);
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

    fn exit_module(&mut self, _name: &str, container_type: &str) {
        self.path.exit(container_type);
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(w) = self.weights.get(self.path.name().as_str()) else { return param };
        param.map(|t| {
            let new = Tensor::from_data(TensorData::new(w.values.clone(), w.shape.clone()), &t.device());
            if t.is_require_grad() { new.require_grad() } else { new }
        })
    }
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
        let model = M::init(setup, shape, &device);
        let keys = live_keys(M::CARD);
        let parameters = collect(&model, None).iter().map(|w| w.values.len() as u64).sum();
        let info = PlanInfo {
            parameters,
            latent: model.latent() as u32,
            width: shape.width as u32,
            height: shape.height as u32,
            channels: shape.channels as u32,
            batch: setup.usize("batch") as u32,
            terms: M::term_names().iter().map(|t| (*t).to_string()).collect(),
            ..PlanInfo::default()
        };
        Self {
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
        }
    }

    fn model(&self) -> &M {
        self.model.as_ref().expect("the optimiser has given it back")
    }

    fn images(&self, values: Vec<f32>, device: &Device) -> Tensor<2> {
        let n = values.len() / self.shape.len();
        Tensor::from_data(TensorData::new(values, [n, self.shape.len()]), device)
    }

    fn ctx<'a>(&'a self, noise: &'a mut Replay, device: &Device) -> Ctx<'a> {
        let controls = Tensor::from_data(TensorData::new(self.live.clone(), [self.live.len()]), device);
        Ctx { controls, keys: &self.keys, noise }
    }

    /// The images of the next step.
    fn next_batch(&mut self) -> Vec<f32> {
        let (n, len) = (self.data.train_labels.len() as u64, self.shape.len());
        let mut values = Vec::with_capacity(self.batch * len);
        for at in self.step * self.batch as u64..(self.step + 1) * self.batch as u64 {
            if self.order.0 != at / n {
                self.order = (at / n, epoch_order(self.seed, (at / n) as u32, n as u32));
            }
            let image = self.order.1[(at % n) as usize] as usize;
            values.extend(unit(&self.data.train_images[image * len..(image + 1) * len]));
        }
        values
    }

    /// One step; its gradients only where they are to be kept.
    fn take_step(&mut self, keep: bool) -> (MetricRow, Vec<Weight>) {
        let values = self.next_batch();
        let x_bp = self.images(values, &self.device);
        let mut noise = Replay { seed: self.seed, step: self.step as u32, stream: 0 };
        let terms = self.model().terms(x_bp, &mut self.ctx(&mut noise, &self.device));
        let loss = terms.scalars[0].1.clone();
        let gradients = loss.backward();
        let kept = keep.then(|| collect(self.model(), Some(&gradients))).unwrap_or_default();
        let model = self.model.take().expect("the optimiser has given it back");
        let gradients = GradientsParams::from_grads(gradients, &model);
        let lr = self.keys.iter().position(|k| *k == "lr").map_or(1e-3, |i| f64::from(self.live[i]));
        self.model = Some(self.optimiser.step(lr, model, gradients));
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

    fn terms(&mut self, images_np: &[f32]) -> Vec<f32> {
        // Without autodiff nothing of the graph is kept.
        let (model, device) = (self.model().valid(), self.device.clone().inner());
        let mut sums = vec![0.0f64; self.info.terms.len()];
        for piece in images_np.chunks(PIECE * self.shape.len()) {
            self.evaluations += 1;
            let mut noise = Replay { seed: self.seed, step: self.evaluations, stream: EVALUATION };
            let x_bp = self.images(piece.to_vec(), &device);
            let n = x_bp.dims()[0] as f64;
            let terms = model.terms(x_bp, &mut self.ctx(&mut noise, &device));
            for (s, (_, t)) in sums.iter_mut().zip(terms.scalars) {
                *s += n * f64::from(host(t)[0]);
            }
        }
        let n = (images_np.len() / self.shape.len()).max(1) as f64;
        sums.into_iter().map(|s| (s / n) as f32).collect()
    }

    fn encode(&self, images_np: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let (model, device) = (self.model().valid(), self.device.clone().inner());
        let (mut mean, mut logvar) = (vec![], vec![]);
        for piece in images_np.chunks(PIECE * self.shape.len()) {
            let code = model.encode(self.images(piece.to_vec(), &device));
            mean.extend(host(code.mean_bd));
            logvar.extend(code.logvar_bd.map(host).unwrap_or_default());
        }
        (mean, logvar)
    }

    fn decode(&self, z_nd: &[f32]) -> Vec<f32> {
        let (model, device) = (self.model().valid(), self.device.clone().inner());
        let d = self.info.latent as usize;
        host(model.decode(Tensor::from_data(TensorData::new(z_nd.to_vec(), [z_nd.len() / d, d]), &device)))
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

    /// Replaces the parameters.
    ///
    /// # Errors
    /// If a name or a shape does not fit; nothing has changed then.
    pub fn set_weights(&mut self, weights: &[Weight]) -> Result<(), String> {
        for Weight { name, shape, .. } in self.run.weights() {
            let w = weights.iter().find(|w| w.name == name).ok_or_else(|| format!("the weights have no tensor {name}"))?;
            if w.shape != shape {
                return Err(format!("{name} has shape {:?}, this network needs {shape:?}", w.shape));
            }
        }
        self.run.set_weights(weights);
        Ok(())
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

    async fn evaluate(&mut self, images_np: &[f32]) -> Result<Vec<f32>, String> {
        Ok(self.run.terms(images_np))
    }

    async fn encode(&mut self, images_np: &[f32]) -> Result<(Vec<f32>, Vec<f32>), String> {
        Ok(self.run.encode(images_np))
    }

    async fn decode(&mut self, z_nd: &[f32]) -> Result<Vec<f32>, String> {
        Ok(self.run.decode(z_nd))
    }

    async fn weights(&mut self) -> Result<Vec<Weight>, String> {
        Ok(self.run.weights())
    }
}
