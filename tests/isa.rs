//! What a graphics card's own compiler makes of every kernel: Mesa's driver for AMD compiles for a card that is not there, and tells of
//! registers. No kernel may have more values at a time than there are registers: what spills is read and written through memory.
//!
//! The driver is told which card by variables of its process, so the test runs itself once more.

#![cfg(target_os = "linux")]
#![allow(unsafe_code, reason = "Vulkan is a C interface, and wgpu opens no device that is not there")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use ash::khr::pipeline_executable_properties as executables;
use ash::vk;
use latent_catalog::CARDS;
use latent_compile::Target;
use latent_engine::plan::all_dispatches;
use latent_experiment::Setup;
use latent_registry::entry;
use latent_vocabulary::shape::DataShape;
use naga::back::spv;
use naga::valid::{Capabilities, ValidationFlags, Validator};

/// The driver of Debian's `mesa-vulkan-drivers`.
const DRIVER: &str = "/usr/share/vulkan/icd.d/radeon_icd.x86_64.json";
/// A desktop card of 2020, whose lanes have 256 vector registers as those of all AMD cards since 2012 do.
const CARD: &str = "navi21";
/// Set where the driver has been told.
const TOLD: &str = "LATENT_LAB_ISA";

/// The card's compiler.
struct Compiler {
    _entry: ash::Entry,
    _instance: ash::Instance,
    device: ash::Device,
    executables: executables::Device,
    layout: vk::PipelineLayout,
}

impl Compiler {
    fn open() -> Self {
        // SAFETY: the calls are those of the specification, in its order; what is made lives as long as the process.
        unsafe {
            let entry = ash::Entry::load().expect("libvulkan");
            let application = vk::ApplicationInfo::default().api_version(vk::API_VERSION_1_2);
            let instance = entry.create_instance(&vk::InstanceCreateInfo::default().application_info(&application), None).unwrap();
            let physical = instance.enumerate_physical_devices().unwrap()[0];
            let mut wanted = vk::PhysicalDevicePipelineExecutablePropertiesFeaturesKHR::default().pipeline_executable_info(true);
            let queues = [vk::DeviceQueueCreateInfo::default().queue_priorities(&[1.0])];
            let names = [executables::NAME.as_ptr()];
            let info = vk::DeviceCreateInfo::default().queue_create_infos(&queues).enabled_extension_names(&names);
            let device = instance.create_device(physical, &info.push_next(&mut wanted), None).unwrap();
            let buffer = |binding| {
                vk::DescriptorSetLayoutBinding::default()
                    .binding(binding)
                    .descriptor_type(vk::DescriptorType::STORAGE_BUFFER)
                    .descriptor_count(1)
                    .stage_flags(vk::ShaderStageFlags::COMPUTE)
            };
            let buffers = [0, 1, 2, 3].map(buffer);
            let set = device.create_descriptor_set_layout(&vk::DescriptorSetLayoutCreateInfo::default().bindings(&buffers), None);
            let sets = [set.unwrap()];
            let layout = device.create_pipeline_layout(&vk::PipelineLayoutCreateInfo::default().set_layouts(&sets), None).unwrap();
            let executables = executables::Device::new(&instance, &device);
            Self { _entry: entry, _instance: instance, device, executables, layout }
        }
    }

    /// What the compiler counts of a kernel, by name.
    fn counts(&self, spirv: &[u32]) -> Vec<(String, u64)> {
        // SAFETY: as above; naga has validated the module.
        unsafe {
            let module = self.device.create_shader_module(&vk::ShaderModuleCreateInfo::default().code(spirv), None).unwrap();
            let stage =
                vk::PipelineShaderStageCreateInfo::default().stage(vk::ShaderStageFlags::COMPUTE).module(module).name(c"main");
            let info = vk::ComputePipelineCreateInfo::default()
                .flags(vk::PipelineCreateFlags::CAPTURE_STATISTICS_KHR)
                .stage(stage)
                .layout(self.layout);
            let pipeline = self.device.create_compute_pipelines(vk::PipelineCache::null(), &[info], None).unwrap()[0];
            let executable = vk::PipelineExecutableInfoKHR::default().pipeline(pipeline);
            let counts = self.executables.get_pipeline_executable_statistics(&executable).unwrap();
            let counts = counts.iter().map(|c| (c.name_as_c_str().unwrap().to_string_lossy().into_owned(), c.value.u64)).collect();
            self.device.destroy_pipeline(pipeline, None);
            self.device.destroy_shader_module(module, None);
            counts
        }
    }
}

fn spirv(wgsl: &str) -> Vec<u32> {
    let module = naga::front::wgsl::parse_str(wgsl).unwrap_or_else(|e| panic!("{}", e.emit_to_string(wgsl)));
    let info = Validator::new(ValidationFlags::all(), Capabilities::empty()).validate(&module).unwrap();
    spv::write_vec(&module, &info, &spv::Options::default(), None).unwrap()
}

/// Of every method at its defaults, all programs for graphics cards, each kernel once; with small batches the training step's are others.
fn kernels() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for card in CARDS {
        for batch in [128.0, 8.0] {
            for target in [Target::GPU, Target::GPU_LARGE] {
                let mut setup = Setup::new("mnist", card.id);
                setup.set("batch", batch).unwrap();
                let dispatches =
                    all_dispatches(entry(card.id).unwrap(), &setup.params().unwrap(), DataShape::MNIST, target).unwrap();
                all.extend(dispatches.into_iter().map(|d| d.wgsl));
            }
        }
    }
    all
}

#[test]
#[ignore = "takes minutes: `cargo lab test --full`"]
fn no_kernel_spills_on_a_graphics_card() {
    if !Path::new(DRIVER).is_file() {
        println!("there is no {DRIVER}: Debian's mesa-vulkan-drivers has it");
        return;
    }
    if std::env::var_os(TOLD).is_none() {
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.args(["isa::no_kernel_spills_on_a_graphics_card", "--exact", "--ignored", "--nocapture"]);
        again.env("VK_ICD_FILENAMES", DRIVER).env("VK_DRIVER_FILES", DRIVER).env("RADV_FORCE_FAMILY", CARD).env(TOLD, "1");
        let output = again.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && text.contains("kernels compiled"), "{text}");
        return;
    }
    let compiler = Compiler::open();
    let (all, mut most, mut strange) = (kernels(), 0, vec![]);
    for wgsl in &all {
        let counts = compiler.counts(&spirv(wgsl));
        let count = |name: &str| counts.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("no {name} in {counts:?}")).1;
        most = most.max(count("VGPRs"));
        let spilled = ["Spilled SGPRs", "Spilled VGPRs", "Scratch size"].map(count);
        if spilled != [0; 3] {
            strange.push(format!("{counts:?}\n{wgsl}"));
        }
    }
    println!("{} kernels compiled, with {most} vector registers at most", all.len());
    assert!(all.len() > 300 && most > 30, "{} kernels, {most} registers", all.len());
    assert!(strange.is_empty(), "{} kernels spill, the first: {}", strange.len(), strange[0]);
}
