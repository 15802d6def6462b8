//! The other engine: the same Burn code, executed operation by operation with Burn's autodiff. The oracle of the plan.
//!
//! It sees the same images in the same order and draws the same noise from the same counters, so that from equal weights
//! both engines walk the same path.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use burn::module::{ModuleMapper, ModuleVisitor, Param};
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Gradients, Tensor, TensorData};

use crate::compile::rng;
use crate::data::{Dataset, unit};
use crate::nn::method::live_keys;
use crate::nn::params::PathStack;
use crate::nn::{Code, Ctx, ImageShape, Method, Noise};
use crate::spec::Setup;
use crate::spec::protocol::{MetricRow, PlanInfo};
use crate::train::order::epoch_order;
use crate::train::plan::EVALUATION;
use crate::train::engine::fits;
use crate::train::{Engine, Weight};

/// Images of one forward pass that does not train.
const PIECE: usize = 500;

/// Opens Burn's own device on the GPU. Once a process: Burn keeps one runtime.
///
/// # Errors
/// What the adapter or the browser refused.
pub async fn open() -> Result<Device, String> {
    static OPENED: Mutex<Option<Device>> = Mutex::new(None);
    if let Some(device) = OPENED.lock().expect("no panic while held").clone() {
        return Ok(device);
    }
    let device = Device::wgpu_options().init_async().await.map_err(|e| format!("Burn found no GPU: {e}"))?;
    Ok(OPENED.lock().expect("no panic while held").insert(device).clone())
}

/// A network under eager training, whatever its method.
///
/// What it computes stays on the device: a browser can wait for numbers only between the calls, see [`EagerEngine`].
pub trait Eager {
    fn info(&self) -> &PlanInfo;
    fn set_live(&mut self, key: &str, value: f32);
    /// Takes one step. Its terms, then the KL of each latent where the method has one, as one row.
    fn advance(&mut self) -> Tensor<1>;
    /// Takes one step and keeps its gradients, in module order.
    fn advance_with_gradients(&mut self) -> (Tensor<1>, Vec<OnDevice>);
    fn step(&self) -> u64;
    /// Terms on images, one posterior sample each.
    fn terms(&mut self, images_np: &[f32]) -> Tensor<1>;
    /// Posterior of images.
    fn encode(&self, images_np: &[f32]) -> Code;
    /// Mean images of codes, `[n, pixels]`.
    fn decode(&self, z_nd: &[f32]) -> Tensor<2>;
    fn weights(&self) -> Vec<OnDevice>;
    /// Replaces all parameters by name.
    fn set_weights(&mut self, weights: &[Weight]);
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
async fn host<const D: usize>(t: Tensor<D>) -> Result<Vec<f32>, String> {
    let data = t.into_data_async().await.map_err(|e| e.to_string())?;
    data.try_into_vec::<f32>().map_err(|e| format!("networks are 32-bit: {e:?}"))
}

/// Several tensors at the price of one read.
async fn host_all(tensors: Vec<OnDevice>) -> Result<Vec<Weight>, String> {
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
    gradients: Option<&'a Gradients>,
    out: Vec<OnDevice>,
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
        let n = shape.iter().product::<usize>();
        let values_n = match self.gradients {
            None => value.inner().reshape([n]),
            Some(g) => value.grad(g).map_or_else(|| Tensor::zeros([n], &value.device().inner()), |g| g.reshape([n])),
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

fn collect<M: Method>(model: &M, gradients: Option<&Gradients>) -> Vec<OnDevice> {
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
        let parameters = collect(&model, None).iter().map(|w| w.shape.iter().product::<usize>() as u64).sum();
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
    fn take_step(&mut self, keep: bool) -> (Tensor<1>, Vec<OnDevice>) {
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

    fn terms(&mut self, images_np: &[f32]) -> Tensor<1> {
        // Without autodiff nothing of the graph is kept.
        let (model, device) = (self.model().valid(), self.device.clone().inner());
        self.evaluations += 1;
        let mut noise = Replay { seed: self.seed, step: self.evaluations, stream: EVALUATION };
        let x_bp = self.images(images_np.to_vec(), &device);
        let terms = model.terms(x_bp, &mut self.ctx(&mut noise, &device));
        Tensor::cat(terms.scalars.into_iter().map(|(_, t)| t).collect(), 0)
    }

    fn encode(&self, images_np: &[f32]) -> Code {
        let (model, device) = (self.model().valid(), self.device.clone().inner());
        model.encode(self.images(images_np.to_vec(), &device))
    }

    fn decode(&self, z_nd: &[f32]) -> Tensor<2> {
        let (model, device) = (self.model().valid(), self.device.clone().inner());
        let d = self.info.latent as usize;
        model.decode(Tensor::from_data(TensorData::new(z_nd.to_vec(), [z_nd.len() / d, d]), &device))
    }

    fn weights(&self) -> Vec<OnDevice> {
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

    /// Images or codes in rows of `width` values, in pieces of bearable size.
    fn pieces(values: &[f32], width: usize) -> Result<impl Iterator<Item = &[f32]>, String> {
        if width == 0 || values.len() % width != 0 {
            return Err(format!("{} values are not rows of {width}", values.len()));
        }
        Ok(values.chunks(PIECE * width))
    }

    fn image_len(&self) -> usize {
        let i = self.info();
        (i.width * i.height * i.channels) as usize
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

    async fn evaluate(&mut self, images_np: &[f32]) -> Result<Vec<f32>, String> {
        let len = self.image_len();
        let mut sums = vec![0.0f64; self.info().terms.len()];
        for piece in Self::pieces(images_np, len)? {
            let terms = host(self.run.terms(piece)).await?;
            for (s, t) in sums.iter_mut().zip(terms) {
                *s += (piece.len() / len) as f64 * f64::from(t);
            }
        }
        let n = (images_np.len() / len).max(1) as f64;
        Ok(sums.into_iter().map(|s| (s / n) as f32).collect())
    }

    async fn encode(&mut self, images_np: &[f32]) -> Result<(Vec<f32>, Vec<f32>), String> {
        let (mut mean, mut logvar) = (vec![], vec![]);
        for piece in Self::pieces(images_np, self.image_len())? {
            let code = self.run.encode(piece);
            mean.extend(host(code.mean_bd).await?);
            if let Some(logvar_bd) = code.logvar_bd {
                logvar.extend(host(logvar_bd).await?);
            }
        }
        Ok((mean, logvar))
    }

    async fn decode(&mut self, z_nd: &[f32]) -> Result<Vec<f32>, String> {
        let mut images = vec![];
        for piece in Self::pieces(z_nd, self.info().latent as usize)? {
            images.extend(host(self.run.decode(piece)).await?);
        }
        Ok(images)
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
