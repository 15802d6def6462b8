//! Opening a device, and hearing of its errors.

use std::sync::{Arc, Mutex, OnceLock, Weak};

use latent_compile::Target;
use latent_platform::thrown::own_words;
use latent_vocabulary::device::{AdapterInfo, Hints, NoGpu, Power};

use super::line::Line;
use super::pipelines::Pipelines;
use super::submission::MOST;
use super::watch::watched;

/// Why there is no device.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenError {
    pub rung: NoGpu,
    pub detail: String,
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = match self.rung {
            NoGpu::NoApi => "WebGPU is not available",
            NoGpu::NoAdapter => "no GPU adapter was found",
            NoGpu::NoDevice => "the GPU adapter did not open a device",
            NoGpu::NoOrigin => "the page stands in a sandboxed frame",
        };
        f.write_str(what)?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, ": {}", self.detail) }
    }
}

/// A browser that has no adapter says nothing of it; what wgpu makes up names what this program was built for.
fn no_adapter(error: wgpu::RequestAdapterError) -> OpenError {
    let detail = if cfg!(target_arch = "wasm32") { String::new() } else { error.to_string() };
    OpenError { rung: NoGpu::NoAdapter, detail }
}

/// Bytes of images that pass through the engine's memory on their way to the device; a browser's tab has little.
const HOST_ROOM: u64 = if cfg!(target_arch = "wasm32") { 384 << 20 } else { (2 << 30) - 4 };

/// Storage buffers that every kernel sees; one more has numbers of 16 bits.
const STORAGE_BUFFERS: u32 = 4;

/// An open device.
pub struct Gpu {
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    pub info: AdapterInfo,
    /// Kernels that suit the adapter, the likeliest to be the fastest first; never empty.
    pub candidates: &'static [Target],
    /// Operations of a submission at most, as [`submission`](super::submission) counts them.
    pub submission: u64,
    pub pipelines: Pipelines,
    /// Only one measurement at a time.
    pub measuring: Line,
    /// Whether the browser finishes reads late, see [`nudge`](super::nudge).
    #[cfg(target_arch = "wasm32")]
    pub(super) late: bool,
    /// Whether kernels may keep numbers of 16 bits.
    pub halves: bool,
    /// Largest storage buffer, in bytes.
    pub buffer_limit: u64,
    /// Listeners for uncaptured errors.
    listening: Arc<Mutex<Vec<Weak<OnceLock<String>>>>>,
    lost: Arc<Mutex<Option<String>>>,
}

impl Gpu {
    /// Opens the best adapter.
    ///
    /// # Errors
    /// Tells which rung of the ladder failed.
    pub async fn open() -> Result<Self, OpenError> {
        Self::open_by(Hints::default()).await
    }

    /// Opens the adapter that was chosen, with as much care as is called for.
    ///
    /// # Errors
    /// As [`Gpu::open`].
    pub async fn open_by(hints: Hints) -> Result<Self, OpenError> {
        // OpenGL cannot compute the way plans need, and asking for it is noisy where there is no display.
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends: wgpu::Backends::PRIMARY,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        let power_preference = match hints.power {
            Power::Fast => wgpu::PowerPreference::HighPerformance,
            Power::Economical => wgpu::PowerPreference::LowPower,
        };
        let options = wgpu::RequestAdapterOptions { power_preference, ..Default::default() };
        #[cfg(target_arch = "wasm32")]
        let asks = super::subgroups::always_ask().is_ok();
        let adapter = instance.request_adapter(&options).await.map_err(no_adapter)?;
        let limits = adapter.limits();
        let buffers = limits.max_storage_buffers_per_shader_stage;
        let halves = adapter.features().contains(wgpu::Features::SHADER_F16) && buffers > STORAGE_BUFFERS;
        let features = wgpu::Features::SUBGROUP | wgpu::Features::TIMESTAMP_QUERY;
        let features = if halves { features | wgpu::Features::SHADER_F16 } else { features };
        let wanted = wgpu::Limits {
            max_storage_buffers_per_shader_stage: STORAGE_BUFFERS + u32::from(halves),
            max_buffer_size: limits.max_buffer_size,
            max_storage_buffer_binding_size: limits.max_storage_buffer_binding_size,
            ..wgpu::Limits::downlevel_defaults().using_resolution(limits)
        };
        let raw = adapter.get_info();
        // Browsers without the feature report the widest range of subgroup sizes.
        #[cfg(target_arch = "wasm32")]
        let subgroups = asks && raw.subgroup_min_size == raw.subgroup_max_size;
        #[cfg(not(target_arch = "wasm32"))]
        let subgroups = adapter.features().contains(wgpu::Features::SUBGROUP);
        let (device, queue) = adapter
            .request_device(&wgpu::DeviceDescriptor {
                label: Some("latent lab"),
                required_features: adapter.features() & features,
                required_limits: wanted,
                ..Default::default()
            })
            .await
            .map_err(|e| OpenError { rung: NoGpu::NoDevice, detail: own_words(&e.to_string()).into() })?;
        let (listening, lost) = (Arc::new(Mutex::new(Vec::<Weak<OnceLock<String>>>::new())), Arc::new(Mutex::new(None)));
        let all = listening.clone();
        device.on_uncaptured_error(Arc::new(move |e: wgpu::Error| {
            for trouble in all.lock().expect("no panic while held").iter().filter_map(Weak::upgrade) {
                trouble.get_or_init(|| e.to_string());
            }
        }));
        let gone = lost.clone();
        device.set_device_lost_callback(move |reason, message| {
            let why = if message.is_empty() { format!("{reason:?}") } else { message };
            gone.lock().expect("no panic while held").get_or_insert(why);
        });
        let name = if raw.name.is_empty() { raw.driver.clone() } else { raw.name.clone() };
        let lower = format!("{name} {} {}", raw.driver, raw.driver_info).to_ascii_lowercase();
        let software =
            raw.device_type == wgpu::DeviceType::Cpu || ["swiftshader", "llvmpipe", "software"].iter().any(|s| lower.contains(s));
        let candidates: &[Target] = match (software && !hints.cards, subgroups) {
            // A browser's software adapter takes longer to compile a second candidate than a short run could gain.
            (true, true) if cfg!(target_arch = "wasm32") => &[Target::SOFTWARE_QUADS],
            (true, true) => &[Target::SOFTWARE_QUADS, Target::SOFTWARE],
            (true, false) => &[Target::SOFTWARE],
            (false, _) => &[Target::GPU, Target::GPU_LARGE, Target::GPU_REGISTERS],
        };
        let l = device.limits();
        let buffer_limit = l.max_buffer_size.min(l.max_storage_buffer_binding_size);
        let room = hints.room(buffer_limit.min(HOST_ROOM));
        let info = AdapterInfo { name, backend: format!("{:?}", raw.backend), software, room, ..AdapterInfo::default() };
        let pipelines = Pipelines::new(&device, halves);
        #[cfg(target_arch = "wasm32")]
        let late = super::nudge::finishes_late(&device, &queue).await;
        Ok(Self {
            #[cfg(target_arch = "wasm32")]
            late,
            device,
            queue,
            info,
            candidates,
            submission: hints.share(MOST),
            pipelines,
            measuring: Line::default(),
            halves,
            buffer_limit,
            listening,
            lost,
        })
    }

    /// Kernels for work that nothing has been measured for.
    pub fn target(&self) -> Target {
        self.candidates[0]
    }

    /// A cell that receives the first uncaptured error from now on. The device skips a rejected command, which leaves stale data
    /// behind: such an error ends whatever existed when it happened, and nothing that comes later.
    pub fn listen(&self) -> Arc<OnceLock<String>> {
        let trouble = Arc::new(OnceLock::new());
        let mut listening = self.listening.lock().expect("no panic while held");
        listening.retain(|other| other.strong_count() > 0);
        listening.push(Arc::downgrade(&trouble));
        trouble
    }

    /// Waits for `done`, which what has been submitted leads to.
    pub(super) async fn finished<T>(&self, done: impl Future<Output = T>) -> T {
        #[cfg(not(target_arch = "wasm32"))]
        let _ = self.device.poll(wgpu::PollType::wait_indefinitely());
        #[cfg(target_arch = "wasm32")]
        if self.late {
            return super::nudge::nudged(&self.queue, done).await;
        }
        done.await
    }

    /// What `make` makes, which troubles nobody else if it fails.
    ///
    /// # Errors
    /// The first error that the device has with it, such as full memory.
    pub async fn guarded<T>(&self, make: impl FnOnce() -> T) -> Result<T, String> {
        let (made, error) = watched(&self.device, make);
        error.await.map(|()| made)
    }

    /// Whether the device is gone, and why.
    pub fn lost(&self) -> Option<String> {
        self.lost.lock().expect("no panic while held").clone()
    }

    /// Device memory that is allocated, in bytes, where the driver's allocator is wgpu's.
    pub fn allocated_bytes(&self) -> Option<u64> {
        self.device.generate_allocator_report().map(|r| r.total_allocated_bytes)
    }
}
