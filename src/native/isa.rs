//! What the compiler of a graphics card makes of a kernel: registers, spills, waves. The card need not be there: Mesa's driver for AMD compiles
//! for the family that `RADV_FORCE_FAMILY` names.

#![allow(unsafe_code, reason = "wgpu opens no device without a card and tells no statistics; plain Vulkan does")]

use std::collections::BTreeMap;
use std::ffi::{CStr, c_char};

use ash::khr::pipeline_executable_properties as executables;
use ash::vk;
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use naga::{AddressSpace, Module, ShaderStage};

/// Numbers by the names that the driver gives them, for example `VGPRs`.
pub type Statistics = BTreeMap<String, u64>;

/// How many of a kernel's registers had to go to memory, whatever the driver calls them.
pub fn spilled(of: &Statistics) -> u64 {
    of.iter().filter(|(name, _)| name.to_lowercase().contains("spill")).map(|(_, n)| n).sum()
}

/// The first Vulkan device, opened for nothing but compiling.
pub struct Compiler {
    /// What the driver calls the device.
    pub name: String,
    instance: ash::Instance,
    device: ash::Device,
    executables: executables::Device,
    // The library that all of the above call.
    _entry: ash::Entry,
}

/// A name in an array of letters, which ends with a zero.
fn text(letters: &[c_char]) -> String {
    let bytes: Vec<u8> = letters.iter().map(|c| c.cast_unsigned()).chain([0]).collect();
    CStr::from_bytes_until_nul(&bytes).map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
}

impl Compiler {
    /// # Errors
    /// If there is no Vulkan device, or it tells nothing of what it compiles.
    pub fn open() -> Result<Self, String> {
        let failed = |what: &str, e: &dyn std::fmt::Display| format!("Vulkan: {what}: {e}");
        // SAFETY: the structures live until the calls return, and handles come from the calls before.
        unsafe {
            let entry = ash::Entry::load().map_err(|e| failed("no library", &e))?;
            let app = vk::ApplicationInfo::default().api_version(vk::API_VERSION_1_2);
            let instance = entry
                .create_instance(&vk::InstanceCreateInfo::default().application_info(&app), None)
                .map_err(|e| failed("no instance", &e))?;
            let opened = Self::first(&instance);
            let (name, device) = opened.inspect_err(|_| instance.destroy_instance(None))?;
            let executables = executables::Device::new(&instance, &device);
            Ok(Self { name, executables, device, instance, _entry: entry })
        }
    }

    unsafe fn first(instance: &ash::Instance) -> Result<(String, ash::Device), String> {
        // SAFETY: as in `open`.
        unsafe {
            let all = instance.enumerate_physical_devices().map_err(|e| format!("Vulkan: no devices: {e}"))?;
            let physical = *all.first().ok_or("Vulkan: no devices")?;
            let name = text(&instance.get_physical_device_properties(physical).device_name);
            let known = instance.enumerate_device_extension_properties(physical).unwrap_or_default();
            if !known.iter().any(|e| e.extension_name_as_c_str() == Ok(executables::NAME)) {
                return Err(format!("{name} does not tell what it compiles: it lacks {}", executables::NAME.to_string_lossy()));
            }
            let priority = [1.0];
            let queue = [vk::DeviceQueueCreateInfo::default().queue_priorities(&priority)];
            let names = [executables::NAME.as_ptr()];
            let mut tells = vk::PhysicalDevicePipelineExecutablePropertiesFeaturesKHR::default().pipeline_executable_info(true);
            let info =
                vk::DeviceCreateInfo::default().queue_create_infos(&queue).enabled_extension_names(&names).push_next(&mut tells);
            let device = instance.create_device(physical, &info, None).map_err(|e| format!("{name} cannot be opened: {e}"))?;
            Ok((name, device))
        }
    }

    /// Compiles the only entry point of `wgsl`.
    ///
    /// # Errors
    /// If the text is not valid, or the driver refuses it.
    pub fn ask(&self, wgsl: &str) -> Result<Statistics, String> {
        let module = naga::front::wgsl::parse_str(wgsl).map_err(|e| e.emit_to_string(wgsl))?;
        let info =
            Validator::new(ValidationFlags::all(), Capabilities::all()).validate(&module).map_err(|e| e.emit_to_string(wgsl))?;
        let (words, entry) = spirv(&module, &info)?;
        let bindings: Vec<_> =
            module.global_variables.iter().filter_map(|(_, v)| Some((v.space, v.binding.as_ref()?.binding))).collect();
        // SAFETY: as in `open`; what is made here is destroyed here.
        unsafe {
            let layouts: Vec<_> = bindings
                .iter()
                .map(|(space, at)| {
                    let kind = match space {
                        AddressSpace::Uniform => vk::DescriptorType::UNIFORM_BUFFER,
                        _ => vk::DescriptorType::STORAGE_BUFFER,
                    };
                    let layout = vk::DescriptorSetLayoutBinding::default().binding(*at).descriptor_type(kind);
                    layout.descriptor_count(1).stage_flags(vk::ShaderStageFlags::COMPUTE)
                })
                .collect();
            let device = &self.device;
            let failed = |e: vk::Result| format!("{}: {e}", self.name);
            let sets = [device
                .create_descriptor_set_layout(&vk::DescriptorSetLayoutCreateInfo::default().bindings(&layouts), None)
                .map_err(failed)?];
            let layout = device.create_pipeline_layout(&vk::PipelineLayoutCreateInfo::default().set_layouts(&sets), None);
            let shader = device.create_shader_module(&vk::ShaderModuleCreateInfo::default().code(&words), None);
            let told = match (layout, shader) {
                (Ok(layout), Ok(shader)) => self.tell(layout, shader, &entry).map_err(failed),
                (layout, shader) => Err(failed(layout.err().or(shader.err()).unwrap_or_default())),
            };
            device.destroy_shader_module(shader.unwrap_or_default(), None);
            device.destroy_pipeline_layout(layout.unwrap_or_default(), None);
            device.destroy_descriptor_set_layout(sets[0], None);
            told
        }
    }

    unsafe fn tell(&self, layout: vk::PipelineLayout, shader: vk::ShaderModule, entry: &CStr) -> Result<Statistics, vk::Result> {
        // SAFETY: as in `ask`.
        unsafe {
            let stage =
                vk::PipelineShaderStageCreateInfo::default().stage(vk::ShaderStageFlags::COMPUTE).module(shader).name(entry);
            let info = vk::ComputePipelineCreateInfo::default()
                .flags(vk::PipelineCreateFlags::CAPTURE_STATISTICS_KHR)
                .stage(stage)
                .layout(layout);
            let made = self.device.create_compute_pipelines(vk::PipelineCache::null(), &[info], None);
            let pipeline = made.map_err(|(_, e)| e)?[0];
            let executable = vk::PipelineExecutableInfoKHR::default().pipeline(pipeline).executable_index(0);
            let told = self.executables.get_pipeline_executable_statistics(&executable);
            // What this driver counts is whole numbers; others would say so in `format`.
            let number = |s: &vk::PipelineExecutableStatisticKHR<'_>| (text(&s.name), s.value.u64);
            let told = told.map(|all| all.iter().map(number).collect());
            self.device.destroy_pipeline(pipeline, None);
            told
        }
    }
}

impl Drop for Compiler {
    fn drop(&mut self) {
        // SAFETY: nothing that was made of them is left.
        unsafe {
            self.device.destroy_device(None);
            self.instance.destroy_instance(None);
        }
    }
}

/// The module as Vulkan takes it, and the name of its entry point.
fn spirv(module: &Module, info: &ModuleInfo) -> Result<(Vec<u32>, std::ffi::CString), String> {
    let entry = module.entry_points.first().ok_or("the kernel has no entry point")?;
    let options = naga::back::spv::Options { lang_version: (1, 3), ..Default::default() };
    let of = naga::back::spv::PipelineOptions { shader_stage: ShaderStage::Compute, entry_point: entry.name.clone() };
    let words = naga::back::spv::write_vec(module, info, &options, Some(&of)).map_err(|e| e.to_string())?;
    Ok((words, std::ffi::CString::new(entry.name.clone()).map_err(|e| e.to_string())?))
}
