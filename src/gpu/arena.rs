//! The buffers of a run and the execution of recorded plans on them.

use std::ops::Deref;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use latent_compile::emit::ctl;
use latent_compile::{CompileError, Plan};

use super::device::Gpu;
use super::submission::cut;

/// A plan as pipelines.
pub struct Recorded {
    steps: Vec<(wgpu::ComputePipeline, [u32; 2])>,
    /// Operations of each.
    flops: Vec<u64>,
}

/// One arena, its control words and its data, with the one bind group that all plans share.
pub struct Arena {
    gpu: Rc<Gpu>,
    arena: Buffer,
    ctl: Buffer,
    data: Data,
    order: Buffer,
    /// Numbers of 16 bits, where the device can have them.
    halves: Option<Buffer>,
    bind: wgpu::BindGroup,
    staging: Vec<Buffer>,
    trouble: Arc<OnceLock<String>>,
}

/// A buffer that gives its memory back when it is dropped: a browser by itself waits for its garbage collector.
struct Buffer(wgpu::Buffer);

impl Deref for Buffer {
    type Target = wgpu::Buffer;

    fn deref(&self) -> &wgpu::Buffer {
        &self.0
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.0.destroy();
    }
}

fn storage(gpu: &Gpu, label: &str, bytes: u64) -> Result<Buffer, CompileError> {
    let limit = gpu.buffer_limit;
    // WebGPU refuses empty bindings.
    let size = bytes.max(16).next_multiple_of(16);
    if size > limit {
        let what = match label {
            "arena" | "halves" => "the network with its activations",
            _ => "the data set",
        };
        return Err(CompileError::TooLarge { what, need: size, limit });
    }
    Ok(Buffer(gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size,
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC,
        mapped_at_creation: false,
    })))
}

/// A data set on the GPU, in the bytes in which it is kept, shared between runs.
#[derive(Clone)]
pub struct Data {
    buffer: Arc<Buffer>,
    /// Images that it has room for; their labels lie behind that, then the values of their factors.
    pub images: usize,
    /// The last of these are test images.
    pub tests: usize,
}

impl Data {
    /// Uploads training images, and behind them their labels and the values of their factors.
    ///
    /// # Errors
    /// If the adapter does not allow a buffer of that size.
    pub fn upload(gpu: &Gpu, images: &[u8], labels: &[u8], factors: &[u8]) -> Result<Self, CompileError> {
        Self::with_tests(gpu, [images, labels, factors], [&[]; 3], u64::MAX)
    }

    /// Uploads training images, their labels and the values of their factors and, where all have room in so many bytes, test images and
    /// theirs: all images first, then all labels, then all factors.
    ///
    /// # Errors
    /// If the adapter does not allow a buffer of that size.
    pub fn with_tests(gpu: &Gpu, train: [&[u8]; 3], test: [&[u8]; 3], room: u64) -> Result<Self, CompileError> {
        let bytes = |parts: &[&[u8]]| parts.iter().map(|part| part.len()).sum::<usize>() as u64;
        let [images, labels, factors] = train;
        let fits = bytes(&train) + bytes(&test) <= room.min(gpu.buffer_limit);
        let [more, theirs, values] = if fits { test } else { [&[][..]; 3] };
        let parts = [images, more, labels, theirs, factors, values];
        let buffer = storage(gpu, "data", bytes(&parts))?;
        let (mut at, mut left) = (0, vec![]);
        let mut write = |bytes: &[u8]| {
            gpu.queue.write_buffer(&buffer, at, bytes);
            at += bytes.len() as u64;
        };
        // Writes are whole words: the last bytes of one part may share one with the first of the next.
        for part in parts {
            let (begun, rest) = part.split_at(((4 - left.len()) % 4).min(part.len()));
            left.extend_from_slice(begun);
            if left.len() == 4 {
                write(&left);
                left.clear();
            }
            let (whole, rest) = rest.split_at(rest.len() / 4 * 4);
            write(whole);
            left.extend_from_slice(rest);
        }
        left.resize(left.len().next_multiple_of(4), 0);
        write(&left);
        Ok(Self { buffer: Arc::new(buffer), images: labels.len() + theirs.len(), tests: theirs.len() })
    }

    /// Room for `images` images of `len` bytes, with `factors` each, none of which is there yet.
    ///
    /// # Errors
    /// If the adapter does not allow a buffer of that size.
    pub fn empty(gpu: &Gpu, images: usize, len: usize, factors: usize) -> Result<Self, CompileError> {
        let bytes = images as u64 * (len + 1 + factors) as u64;
        Ok(Self { buffer: Arc::new(storage(gpu, "data", bytes)?), images, tests: 0 })
    }

    /// Puts images, their labels and the values of their factors in the places from `first` on, a multiple of four as the bytes of an
    /// image and the number of all images are. What has been submitted before still sees what was there.
    pub fn replace(&self, gpu: &Gpu, first: usize, images: &[u8], labels: &[u8], factors: &[u8]) {
        let n = labels.len().max(1);
        let (len, k) = (images.len() / n, factors.len() / n);
        gpu.queue.write_buffer(&self.buffer, (first * len) as u64, images);
        let whole = |at: usize, bytes: &[u8]| {
            let mut words = bytes.to_vec();
            words.resize(bytes.len().next_multiple_of(4), 0);
            gpu.queue.write_buffer(&self.buffer, at as u64, &words);
        };
        whole(self.images * len + first, labels);
        whole(self.images * (len + 1) + first * k, factors);
    }

    /// Bytes that it takes on the device.
    pub fn bytes(&self) -> u64 {
        self.buffer.size()
    }
}

impl Arena {
    /// Buffers for an arena of `floats`, `live` controls, an order of `order` entries, and shared `data`.
    ///
    /// # Errors
    /// If the adapter does not allow a buffer of that size, or has no memory left for it.
    pub async fn new(gpu: Rc<Gpu>, floats: usize, live: usize, order: usize, data: Data) -> Result<Self, String> {
        assert!(ctl::LIVE + live <= ctl::WORDS, "{live} live controls are more than a plan has room for");
        let make = || -> Result<_, CompileError> {
            let arena = storage(&gpu, "arena", 4 * floats as u64)?;
            let ctl = storage(&gpu, "ctl", 4 * ctl::WORDS as u64)?;
            let order = storage(&gpu, "order", 4 * order as u64)?;
            let halves = gpu.halves.then(|| storage(&gpu, "halves", 0)).transpose()?;
            let bind = bind_group(&gpu, [&arena, &ctl, &data.buffer, &order], halves.as_deref());
            gpu.queue.write_buffer(&ctl, 4 * ctl::INFINITY as u64, bytemuck::bytes_of(&f32::INFINITY.to_bits()));
            Ok((arena, ctl, order, halves, bind))
        };
        let (arena, ctl, order, halves, bind) = gpu.guarded(make).await?.map_err(|e| e.to_string())?;
        let trouble = gpu.listen();
        Ok(Self { gpu, arena, ctl, data, order, halves, bind, staging: vec![], trouble })
    }

    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// Whether what is here can be relied on.
    ///
    /// # Errors
    /// If the device is lost, or the first error that it has reported since the arena is there.
    pub fn check(&self) -> Result<(), String> {
        self.gpu.lost().or_else(|| self.trouble.get().cloned()).map_or(Ok(()), Err)
    }

    /// Floats in the arena.
    pub fn capacity(&self) -> usize {
        (self.arena.size() / 4) as usize
    }

    /// Makes room for `floats`, keeping the first `keep` of them.
    ///
    /// # Errors
    /// If the adapter does not allow a buffer of that size, or has no memory left for it.
    pub async fn grow(&mut self, floats: usize, keep: usize) -> Result<(), String> {
        if floats <= self.capacity() {
            return Ok(());
        }
        let made = self.gpu.guarded(|| storage(&self.gpu, "arena", 4 * floats as u64)).await?;
        let arena = made.map_err(|e| e.to_string())?;
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(&self.arena, 0, &arena, 0, Some(4 * keep as u64));
        self.gpu.queue.submit([encoder.finish()]);
        self.arena = arena;
        self.rebind();
        Ok(())
    }

    /// Makes room for so many numbers of 16 bits, of which none is kept.
    ///
    /// # Errors
    /// If the device cannot have such numbers, or not so many.
    pub async fn hold_halves(&mut self, halves: usize) -> Result<(), String> {
        let Some(held) = &self.halves else { return Err("this device has no numbers of 16 bits".into()) };
        if 2 * halves as u64 > held.size() {
            let made = self.gpu.guarded(|| storage(&self.gpu, "halves", 2 * halves as u64)).await?;
            self.halves = Some(made.map_err(|e| e.to_string())?);
            self.rebind();
        }
        Ok(())
    }

    fn rebind(&mut self) {
        self.bind = bind_group(&self.gpu, [&self.arena, &self.ctl, &self.data.buffer, &self.order], self.halves.as_deref());
    }

    /// Makes a plan ready to run.
    ///
    /// # Errors
    /// The message of the first shader that the device rejects.
    pub async fn record(&self, plan: &Plan) -> Result<Recorded, String> {
        let pipelines = self.gpu.pipelines.of(plan).await?;
        let steps = pipelines.into_iter().zip(plan.dispatches.iter().map(|d| d.grid)).collect();
        Ok(Recorded { steps, flops: plan.dispatches.iter().map(|d| d.flops).collect() })
    }

    /// Submits `times` executions of a plan, as one command buffer or as few as [`Gpu::submission`] allows.
    pub fn run(&self, recorded: &Recorded, times: u32) {
        for dispatches in cut(&recorded.flops, times, self.gpu.submission) {
            let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
            {
                let mut pass = encoder.begin_compute_pass(&Default::default());
                pass.set_bind_group(0, &self.bind, &[]);
                for d in dispatches {
                    let (pipeline, [x, y]) = &recorded.steps[d % recorded.steps.len()];
                    pass.set_pipeline(pipeline);
                    pass.dispatch_workgroups(*x, *y, 1);
                }
            }
            self.gpu.queue.submit([encoder.finish()]);
        }
    }

    /// Submits one execution of a plan with a time stamp around each dispatch, and returns what each took, in nanoseconds.
    /// Dispatches cannot overlap then, so the sum may exceed what [`Arena::run`] takes.
    ///
    /// # Errors
    /// If the adapter has no time stamps, or the device is lost.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn profile(&self, recorded: &Recorded) -> Result<Vec<f64>, String> {
        let Gpu { device, queue, .. } = &*self.gpu;
        if !device.features().contains(wgpu::Features::TIMESTAMP_QUERY) {
            return Err(format!("{} has no time stamps", self.gpu.info.name));
        }
        let count = 2 * recorded.steps.len() as u32;
        let bytes = u64::from(count) * u64::from(wgpu::QUERY_SIZE);
        let buffer = |label, usage| {
            device.create_buffer(&wgpu::BufferDescriptor { label: Some(label), size: bytes, usage, mapped_at_creation: false })
        };
        let resolved = buffer("time stamps", wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC);
        let staging = buffer("time stamps, read", wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST);
        let queries = device.create_query_set(&wgpu::QuerySetDescriptor { label: None, ty: wgpu::QueryType::Timestamp, count });
        let mut encoder = device.create_command_encoder(&Default::default());
        for ((pipeline, [x, y]), i) in recorded.steps.iter().zip((0..).step_by(2)) {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                label: None,
                timestamp_writes: Some(wgpu::ComputePassTimestampWrites {
                    query_set: &queries,
                    beginning_of_pass_write_index: Some(i),
                    end_of_pass_write_index: Some(i + 1),
                }),
            });
            pass.set_bind_group(0, &self.bind, &[]);
            pass.set_pipeline(pipeline);
            pass.dispatch_workgroups(*x, *y, 1);
        }
        encoder.resolve_query_set(&queries, 0..count, &resolved, 0);
        encoder.copy_buffer_to_buffer(&resolved, 0, &staging, 0, Some(bytes));
        queue.submit([encoder.finish()]);
        staging.slice(..).map_async(wgpu::MapMode::Read, |_| ());
        device.poll(wgpu::PollType::wait_indefinitely()).map_err(|e| e.to_string())?;
        self.check()?;
        let view = staging.slice(..).get_mapped_range().map_err(|e| e.to_string())?;
        let stamps: Vec<u64> = bytemuck::pod_collect_to_vec(&view[..]);
        let period = f64::from(queue.get_timestamp_period());
        Ok(stamps.chunks_exact(2).map(|s| s[1].saturating_sub(s[0]) as f64 * period).collect())
    }

    /// Writes floats at an offset in floats.
    pub fn write(&self, offset: usize, values: &[f32]) {
        self.gpu.queue.write_buffer(&self.arena, 4 * offset as u64, bytemuck::cast_slice(values));
    }

    /// Writes control words.
    pub fn write_ctl(&self, word: usize, values: &[u32]) {
        self.gpu.queue.write_buffer(&self.ctl, 4 * word as u64, bytemuck::cast_slice(values));
    }

    /// Writes image numbers into the order.
    pub fn write_order(&self, first: usize, values: &[u32]) {
        self.gpu.queue.write_buffer(&self.order, 4 * first as u64, bytemuck::cast_slice(values));
    }

    /// Starts reading `(offset, floats)` ranges of the arena, as they are after everything submitted so far.
    pub fn request(&mut self, ranges: &[(usize, usize)]) -> Pending {
        let bytes = 4 * ranges.iter().map(|r| r.1).sum::<usize>() as u64;
        let buffer = match self.staging.iter().position(|b| b.size() >= bytes) {
            Some(i) => self.staging.swap_remove(i),
            None => Buffer(self.gpu.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("staging"),
                size: bytes.next_power_of_two().max(4096),
                usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })),
        };
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        let mut to = 0;
        for (offset, n) in ranges {
            encoder.copy_buffer_to_buffer(&self.arena, 4 * *offset as u64, &buffer, to, Some(4 * *n as u64));
            to += 4 * *n as u64;
        }
        self.gpu.queue.submit([encoder.finish()]);
        let (sender, done) = futures_channel::oneshot::channel();
        buffer.slice(..bytes).map_async(wgpu::MapMode::Read, move |r| {
            // The receiver is gone only if the read was abandoned.
            let _ = sender.send(r);
        });
        Pending { buffer, lengths: ranges.iter().map(|r| r.1).collect(), done }
    }

    /// Waits for a read.
    ///
    /// # Errors
    /// If the device is lost or has reported an error.
    pub async fn take(&mut self, pending: Pending) -> Result<Vec<Vec<f32>>, String> {
        let Pending { buffer, lengths, done } = pending;
        let mapped = self.gpu.finished(done).await.map_err(|_| "the device dropped a read".to_string())?;
        self.check()?;
        mapped.map_err(|e| e.to_string())?;
        let bytes = 4 * lengths.iter().sum::<usize>() as u64;
        let view = buffer.slice(..bytes).get_mapped_range().map_err(|e| e.to_string())?;
        let mut out = Vec::with_capacity(lengths.len());
        let mut from = 0;
        for n in lengths {
            out.push(bytemuck::pod_collect_to_vec(&view[from..from + 4 * n]));
            from += 4 * n;
        }
        drop(view);
        buffer.unmap();
        self.staging.push(buffer);
        Ok(out)
    }

    /// [`Arena::request`] and [`Arena::take`] in one.
    ///
    /// # Errors
    /// As [`Arena::take`].
    pub async fn read(&mut self, ranges: &[(usize, usize)]) -> Result<Vec<Vec<f32>>, String> {
        let pending = self.request(ranges);
        self.take(pending).await
    }
}

/// A read on its way.
pub struct Pending {
    buffer: Buffer,
    lengths: Vec<usize>,
    done: futures_channel::oneshot::Receiver<Result<(), wgpu::BufferAsyncError>>,
}

impl Pending {
    /// How many floats it reads.
    pub fn floats(&self) -> usize {
        self.lengths.iter().sum()
    }
}

fn bind_group(gpu: &Gpu, buffers: [&wgpu::Buffer; 4], halves: Option<&wgpu::Buffer>) -> wgpu::BindGroup {
    let entries: Vec<_> = (0..)
        .zip(buffers.into_iter().chain(halves))
        .map(|(binding, b)| wgpu::BindGroupEntry { binding, resource: b.as_entire_binding() })
        .collect();
    gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("plan"),
        layout: &gpu.pipelines.bind_layout,
        entries: &entries,
    })
}

#[cfg(test)]
mod tests {
    use pollster::block_on;

    use super::*;
    use latent_compile::Dispatch;

    fn gpu() -> Rc<Gpu> {
        Rc::new(block_on(Gpu::open()).expect("a GPU adapter; on Debian: mesa-vulkan-drivers"))
    }

    fn arena(gpu: &Rc<Gpu>) -> Arena {
        block_on(Arena::new(gpu.clone(), 64, 0, 0, Data::upload(gpu, &[], &[], &[]).unwrap())).unwrap()
    }

    /// No device makes a buffer for this.
    fn refused(gpu: &Gpu) -> wgpu::Buffer {
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::STORAGE;
        gpu.device.create_buffer(&wgpu::BufferDescriptor { label: None, size: 16, usage, mapped_at_creation: false })
    }

    #[test]
    fn an_error_is_the_end_of_what_was_there_and_of_nothing_later() {
        let gpu = gpu();
        let mut before = arena(&gpu);
        assert!(block_on(before.read(&[(0, 4)])).is_ok());
        drop(refused(&gpu));
        let mut after = arena(&gpu);
        let said = block_on(before.read(&[(0, 4)])).unwrap_err();
        assert!(said.contains("MAP_READ"), "{said}");
        assert!(before.check().is_err());
        assert_eq!(block_on(after.read(&[(0, 4)])), Ok(vec![vec![0.0; 4]]));
    }

    #[test]
    fn an_error_that_is_waited_for_troubles_nobody_else() {
        let gpu = gpu();
        let arena = arena(&gpu);
        let said = block_on(gpu.guarded(|| refused(&gpu))).unwrap_err();
        assert!(said.contains("MAP_READ"), "{said}");
        assert_eq!((block_on(gpu.guarded(|| 7)), arena.check()), (Ok(7), Ok(())));
    }

    #[test]
    fn what_nobody_wants_any_more_is_not_compiled() {
        let gpu = gpu();
        let kernel = |i: usize| {
            let wgsl = format!("@compute @workgroup_size(1) fn main() {{ var x = {i}u; x++; }}");
            Dispatch { name: format!("{i}"), wgsl, grid: [1, 1], flops: 0, bytes: 0 }
        };
        let plan = Plan { dispatches: (0..12).map(kernel).collect(), ..Plan::default() };
        let asked = std::cell::Cell::new(0);
        let wanted = || asked.replace(asked.get() + 1) < 2;
        block_on(gpu.pipelines.ahead(&plan, wanted)).unwrap();
        let some = gpu.pipelines.count();
        assert!(some > 0 && some < 12, "{some} of 12: those of two turns");
        block_on(gpu.pipelines.of(&plan)).unwrap();
        assert_eq!(gpu.pipelines.count(), 12);
    }
}
