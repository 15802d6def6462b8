//! Eager training of one method.

use std::sync::Arc;

use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::{Device, Tensor, TensorData};

use super::module::{Decay, OnDevice, clip_by_global_norm, collect, replaced, taken, updated};
use crate::engine::{Rows, Weight};
use crate::noise::EVALUATION;
use crate::optimizer::{BETA_1, BETA_2, EPSILON};
use crate::order::Epochs;
use crate::program::{Input, Operands, Program, apply};
use latent_compile::rng;
use latent_data::Dataset;
use latent_nn::method::{START_BATCH, latent, live_keys};
use latent_nn::{Batch, Ctx, Method, Named, Noise};
use latent_protocol::PlanInfo;
use latent_vocabulary::Optimizer;
use latent_vocabulary::Params;
use latent_vocabulary::shape::DataShape;

/// A network under eager training, whatever its method.
///
/// What it computes stays on the device: a browser can wait for numbers only between the calls, see [`EagerEngine`](super::EagerEngine).
pub trait Eager {
    fn info(&self) -> &PlanInfo;
    fn set_live(&mut self, key: &str, value: f32);
    fn draw_from(&mut self, draws: u32);
    /// Takes one step. Its terms, then the KL of each latent where the method has one, as one row.
    fn advance(&mut self) -> Tensor<1>;
    /// Takes one step and keeps its gradients as the optimiser got them, in module order.
    fn advance_with_gradients(&mut self) -> (Tensor<1>, Vec<OnDevice>);
    fn step(&self) -> u64;
    /// Values in a row of a program's input.
    fn width(&self, input: Input) -> usize;
    /// Terms on images, one posterior sample each.
    fn terms(&mut self, images: Rows<'_>) -> Tensor<1>;
    /// One piece of [`Engine::run`](crate::engine::Engine::run).
    fn run(&mut self, what: Program, rows: Rows<'_>) -> Option<Vec<Tensor<2>>>;
    fn weights(&self) -> Vec<OnDevice>;
    /// Replaces all parameters by name.
    fn set_weights(&mut self, weights: &[Weight]);
    /// [`Engine::start`](crate::engine::Engine::start).
    fn start(&mut self);
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
pub struct EagerRun<M> {
    /// `None` only while the optimiser holds it.
    model: Option<M>,
    optimiser: ModuleOptimizer,
    params: Params,
    device: Device,
    data: Arc<Dataset>,
    shape: DataShape,
    batch: usize,
    seed: u32,
    keys: Vec<&'static str>,
    live: Vec<f32>,
    order: (u64, Vec<u32>),
    epochs: Epochs,
    step: u64,
    evaluations: u32,
    info: PlanInfo,
}

/// Bytes as numbers, zero where there are none.
fn bytes_on<const D: usize>(bytes: &[u8], shape: [usize; D], device: &Device) -> Tensor<D> {
    let n = shape.iter().product();
    let values: Vec<f32> = (0..n).map(|i| f32::from(bytes.get(i).copied().unwrap_or(0))).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// Training images as numbers, with what is known of them.
struct Known {
    images: Vec<f32>,
    labels: Vec<u8>,
    factors: Vec<u8>,
}

impl Known {
    fn rows(&self) -> Rows<'_> {
        Rows::labelled(&self.images, &self.labels).told(&self.factors)
    }
}

/// Burn's optimiser for a setup. The decay of AdamW comes before it, as [`Decay`]: it is live, and Burn's cannot be changed.
fn optimiser(params: &Params) -> ModuleOptimizer {
    match Optimizer::of(params) {
        Optimizer::Adam | Optimizer::AdamW => {
            AdamConfig::new().with_beta_1(BETA_1).with_beta_2(BETA_2).with_epsilon(EPSILON).init()
        }
        Optimizer::Sgd => {
            let momentum = MomentumConfig::new().with_momentum(params.get("momentum")).with_dampening(0.0);
            SgdConfig::new().with_momentum(Some(momentum)).init()
        }
    }
}

impl<M: Method> EagerRun<M> {
    /// A fresh network on `device` (without autodiff; it is added here).
    pub fn new(params: &Params, device: Device, data: Arc<Dataset>) -> Self {
        let device = device.autodiff();
        let (shape, image) = (data.data_shape(), data.shape);
        let seed = params.get("seed") as u32;
        device.seed(u64::from(seed));
        let model = M::init(params, shape, &device);
        let keys = live_keys(M::CARD);
        let parameters = collect(&model, None).iter().map(|w| w.shape.iter().product::<usize>() as u64).sum();
        let info = PlanInfo {
            parameters,
            latent: latent(&model) as u32,
            code: model.code(),
            width: image.width as u32,
            height: image.height as u32,
            channels: image.channels as u32,
            batch: params.usize("batch") as u32,
            ..PlanInfo::default()
        };
        let mut run = Self {
            model: Some(model),
            optimiser: optimiser(params),
            params: params.clone(),
            device,
            shape,
            batch: params.usize("batch"),
            seed,
            live: keys.iter().map(|k| params.get(k) as f32).collect(),
            keys,
            order: (0, vec![]),
            epochs: Epochs::new(params, data.train_labels.len()),
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
        let known = self.images_at(0, 1);
        let mut noise = Replay { seed: self.seed, step: 0, stream: EVALUATION };
        self.look(known.rows(), &mut noise).into_iter().map(|(name, _)| name.into()).collect()
    }

    /// Terms on images, without a trace for gradients.
    fn look(&self, images: Rows<'_>, noise: &mut Replay) -> Vec<Named> {
        let (model, device) = (self.model().valid(), self.device.clone().inner());
        let batch = self.batch(images, &device);
        model.terms(batch, &mut self.ctx(noise, self.step, false, &device)).scalars
    }

    fn model(&self) -> &M {
        self.model.as_ref().expect("the optimiser has given it back")
    }

    /// Rows of `width` values on the device, with what is known of them.
    fn operands(&self, rows: Rows<'_>, width: usize, device: &Device) -> Operands {
        let values = rows.floats().into_owned();
        let (n, k) = (values.len() / width, self.shape.factors.len());
        Operands {
            input_bw: Tensor::from_data(TensorData::new(values, [n, width]), device),
            label_b: bytes_on(&rows.classes(), [n], device),
            factor_bk: M::CARD.factors.then(|| bytes_on(&rows.factors(), [n, k], device)),
        }
    }

    fn batch(&self, images: Rows<'_>, device: &Device) -> Batch {
        let Operands { input_bw, label_b, factor_bk } = self.operands(images, self.shape.image.len(), device);
        Batch { x_bp: input_bw, label_b, factor_bk }
    }

    fn ctx<'a>(&'a self, noise: &'a mut Replay, step: u64, training: bool, device: &Device) -> Ctx<'a> {
        let controls = Tensor::from_data(TensorData::new(self.live.clone(), [self.live.len()]), device);
        let step = Tensor::from_data(TensorData::new(vec![step as f32], [1]), device);
        Ctx { controls, keys: &self.keys, step, training, noise }
    }

    /// `n` images from place `from` of the order on.
    fn images_at(&mut self, from: u64, n: usize) -> Known {
        let (images, len) = (self.epochs.images() as u64, self.shape.image.bytes());
        let all = self.data.factors.train_nk.len() / self.data.train_labels.len().max(1);
        let mut known =
            Known { images: Vec::with_capacity(n * self.shape.image.len()), labels: Vec::with_capacity(n), factors: vec![] };
        for at in from..from + n as u64 {
            // As the plan is told them.
            let epoch = at / images;
            if self.order.0 != epoch || self.order.1.is_empty() {
                self.order = (epoch, self.epochs.order(epoch as u32));
            }
            let image = self.order.1[(at % images) as usize] as usize;
            known.images.extend(self.shape.image.floats(&self.data.train_images[image * len..(image + 1) * len]));
            known.labels.push(self.data.train_labels[image]);
            known.factors.extend(&self.data.factors.train_nk[image * all..(image + 1) * all]);
        }
        known
    }

    /// One step; its gradients only where they are to be kept.
    fn take_step(&mut self, keep: bool) -> (Tensor<1>, Vec<OnDevice>) {
        let known = self.images_at(self.step * self.batch as u64, self.batch);
        let batch = self.batch(known.rows(), &self.device);
        let mut noise = Replay { seed: self.seed, step: self.step as u32, stream: 0 };
        let terms = self.model().terms(batch, &mut self.ctx(&mut noise, self.step, true, &self.device));
        let loss = terms.scalars[0].1.clone();
        let mut gradients = GradientsParams::from_grads(loss.backward(), self.model());
        let clip = self.params.get("clip");
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
        if Optimizer::of(&self.params) == Optimizer::AdamW {
            model = model.map(&mut Decay { gradients: &gradients, kept: 1.0 - lr * live("weight_decay") });
        }
        let model = match M::CARD.second {
            None => self.optimiser.step(lr, model, gradients),
            Some(second) => {
                let own = taken(&model, &mut gradients, second.part);
                let model = self.optimiser.step(lr, model, gradients);
                self.optimiser.step(lr * live(second.rate), model, own)
            }
        };
        self.model = Some(updated(updated(model, terms.set, false), terms.add, true));
        self.step += 1;
        let parts = terms.scalars.into_iter().map(|(_, t)| t).chain(terms.kl_d).map(Tensor::inner);
        (Tensor::cat(parts.collect(), 0), kept)
    }
}

impl<M: Method> Eager for EagerRun<M> {
    fn info(&self) -> &PlanInfo {
        &self.info
    }

    fn set_live(&mut self, key: &str, value: f32) {
        if let Some(i) = self.keys.iter().position(|k| *k == key) {
            self.live[i] = value;
        }
    }

    fn draw_from(&mut self, draws: u32) {
        self.evaluations = draws;
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
        input.width(self.shape.image, &self.info.code)
    }

    fn terms(&mut self, images: Rows<'_>) -> Tensor<1> {
        self.evaluations += 1;
        let mut noise = Replay { seed: self.seed, step: self.evaluations, stream: EVALUATION };
        Tensor::cat(self.look(images, &mut noise).into_iter().map(|(_, t)| t).collect(), 0)
    }

    fn run(&mut self, what: Program, rows: Rows<'_>) -> Option<Vec<Tensor<2>>> {
        let (model, device) = (self.model().valid(), self.device.clone().inner());
        self.evaluations += 1;
        let mut noise = Replay { seed: self.seed, step: self.evaluations, stream: EVALUATION };
        let operands = self.operands(rows, self.width(what.input()), &device);
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
        let known = self.images_at(0, START_BATCH);
        let mut noise = Replay { seed: self.seed, step: 0, stream: 0 };
        let device = self.device.clone();
        let batch = self.batch(known.rows(), &device);
        let values = self.model().start(batch, &mut self.ctx(&mut noise, 0, false, &device));
        self.model = self.model.take().map(|model| updated(model, values, false));
    }
}
