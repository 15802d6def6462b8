//! Pipelines, made once for each kernel: the same network from another seed, or again from its checkpoint, needs no compiler,
//! and what is compiled ahead of its use is there when it is wanted.

use std::cell::RefCell;

use latent_compile::{Dispatch, Plan};

use super::line::Line;
use super::watch::watched;

/// Pipelines kept at most, unless one plan has more: a convolutional network takes some forty, with all that is asked of it
/// some eighty.
const KEPT: usize = 192;
/// Pipelines that are made at a time when nobody waits for them.
const FEW: usize = 4;

/// The pipelines of a device, and the layout of buffers that all of them have.
pub struct Pipelines {
    device: wgpu::Device,
    pub(super) bind_layout: wgpu::BindGroupLayout,
    layout: wgpu::PipelineLayout,
    made: RefCell<Made<wgpu::ComputePipeline>>,
    /// Who wants what another is about to have waits for it.
    line: Line,
}

/// With their texts, those wanted last at the end. A plan has some tens of long texts, which mostly differ soon.
struct Made<T>(Vec<(String, T)>);

impl<T: Clone> Made<T> {
    fn position(&self, text: &str) -> Option<usize> {
        self.0.iter().position(|(t, _)| t == text)
    }

    /// Those of a plan that are not there yet, each once.
    fn missing<'a>(&self, dispatches: &'a [Dispatch]) -> Vec<&'a Dispatch> {
        let mut out: Vec<&Dispatch> = vec![];
        for d in dispatches {
            if self.position(&d.wgsl).is_none() && out.iter().all(|o| o.wgsl != d.wgsl) {
                out.push(d);
            }
        }
        out
    }

    /// All of a plan's, in order, with those that were missing; forgets those that nobody has wanted for the longest.
    fn all(&mut self, dispatches: &[Dispatch], new: impl Iterator<Item = (String, T)>) -> Vec<T> {
        self.0.extend(new);
        let mut wanted = |d: &Dispatch| {
            let last = self.position(&d.wgsl).expect("what was missing has been made");
            self.0[last..].rotate_left(1);
            self.0.last().expect("one is there").1.clone()
        };
        let all = dispatches.iter().map(&mut wanted).collect();
        let surplus = self.0.len().saturating_sub(KEPT.max(dispatches.len()));
        self.0.drain(..surplus);
        all
    }
}

impl Pipelines {
    pub(super) fn new(device: &wgpu::Device, halves: bool) -> Self {
        let entry = |binding: u32, read_only: bool| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty: wgpu::BufferBindingType::Storage { read_only },
                has_dynamic_offset: false,
                min_binding_size: None,
            },
            count: None,
        };
        let mut entries = vec![entry(0, false), entry(1, false), entry(2, true), entry(3, true)];
        entries.extend(halves.then(|| entry(4, false)));
        let bind_layout =
            device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some("plan"), entries: &entries });
        let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("plan"),
            bind_group_layouts: &[Some(&bind_layout)],
            immediate_size: 0,
        });
        let made = RefCell::new(Made(vec![]));
        Self { device: device.clone(), bind_layout, layout, made, line: Line::default() }
    }

    /// The pipelines of a plan's dispatches; those that are not there yet are compiled side by side.
    ///
    /// # Errors
    /// The message of the first shader that the device rejects.
    pub async fn of(&self, plan: &Plan) -> Result<Vec<wgpu::ComputePipeline>, String> {
        let _turn = self.line.turn().await;
        self.of_dispatches(&plan.dispatches).await
    }

    /// Makes the pipelines of a plan that nobody waits for, a few at a time and while it is `wanted`: whoever needs others
    /// meanwhile comes between, after one such few at most.
    ///
    /// # Errors
    /// As [`Pipelines::of`].
    pub async fn ahead(&self, plan: &Plan, wanted: impl Fn() -> bool) -> Result<(), String> {
        for few in plan.dispatches.chunks(FEW) {
            let _turn = self.line.turn().await;
            if !wanted() {
                break;
            }
            self.of_dispatches(few).await?;
        }
        Ok(())
    }

    /// For whose turn it is.
    async fn of_dispatches(&self, dispatches: &[Dispatch]) -> Result<Vec<wgpu::ComputePipeline>, String> {
        let missing = self.made.borrow().missing(dispatches);
        let new = self.compile(&missing).await?;
        let new = missing.iter().map(|d| d.wgsl.clone()).zip(new);
        Ok(self.made.borrow_mut().all(dispatches, new))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.made.borrow().0.len()
    }

    async fn compile(&self, missing: &[&Dispatch]) -> Result<Vec<wgpu::ComputePipeline>, String> {
        if missing.is_empty() {
            return Ok(vec![]);
        }
        let module = |d: &&Dispatch| {
            self.device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(&d.name),
                source: wgpu::ShaderSource::Wgsl(d.wgsl.as_str().into()),
            })
        };
        let (modules, invalid) = watched(&self.device, || missing.iter().map(module).collect::<Vec<_>>());
        let pipeline = |(d, module): (&&Dispatch, &wgpu::ShaderModule)| {
            self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(&d.name),
                layout: Some(&self.layout),
                module,
                entry_point: Some("main"),
                compilation_options: wgpu::PipelineCompilationOptions {
                    // Every variable is written before it is read.
                    zero_initialize_workgroup_memory: false,
                    ..Default::default()
                },
                cache: None,
            })
        };
        let create = || missing.iter().zip(&modules).map(pipeline).collect::<Vec<_>>();
        #[cfg(target_arch = "wasm32")]
        let ahead = super::ahead::Ahead::start(|| drop(create())).compiled().await;
        #[cfg(target_arch = "wasm32")]
        let create = || ahead.hand_out(create);
        let (pipelines, refused) = watched(&self.device, create);
        invalid.await.and(refused.await).map_err(|error| format!("the device rejected a kernel: {error}"))?;
        Ok(pipelines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(texts: impl Iterator<Item = usize>) -> Vec<Dispatch> {
        texts.map(|t| Dispatch { name: String::new(), wgsl: t.to_string(), grid: [1, 1], flops: 0, bytes: 0 }).collect()
    }

    #[test]
    fn the_plans_wanted_last_are_kept() {
        let mut made = Made(vec![]);
        let mut want = |dispatches: &[Dispatch]| {
            let missing = made.missing(dispatches);
            let new = missing.iter().map(|d| (d.wgsl.clone(), d.wgsl.clone()));
            let all = made.all(dispatches, new.collect::<Vec<_>>().into_iter());
            assert_eq!(all, dispatches.iter().map(|d| d.wgsl.clone()).collect::<Vec<_>>());
            (missing.len(), made.0.len())
        };
        let (first, second, large) = (plan((0..60).chain(0..60)), plan(30..KEPT), plan(500..500 + 2 * KEPT));
        assert_eq!(want(&first), (60, 60), "each once");
        assert_eq!(want(&second), (KEPT - 60, KEPT));
        assert_eq!(want(&first), (0, KEPT), "nothing is made twice");
        assert_eq!(want(&plan(300..310)), (10, KEPT));
        assert_eq!(want(&first).0, 0, "those of the second plan alone have waited the longest");
        assert_eq!(want(&large), (2 * KEPT, 2 * KEPT), "a large plan has room");
        assert_eq!(want(&first).0, 60);
    }
}
