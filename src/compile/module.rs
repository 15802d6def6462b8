//! The text of one dispatch: kernels side by side in one WGSL module.

use super::code::{Code, Indented, Uses};
use super::emit::ctl;
use super::job::{Dispatch, Job};
use super::memory::Memory;
use super::target::LANES;
use super::template::fill;
use super::tiling::VECTORS;
use super::write::Written;
use super::writer::{Text, Work};

/// One dispatch of `kernels`, of which there are some, on so much memory.
pub(super) fn dispatch(job: &Job, memory: &Memory, kernels: &[Written]) -> Dispatch {
    let together = kernels.iter().any(|k| matches!(k.text.work, Work::Groups(_)));
    let workgroup = if together { LANES } else { job.target.workgroup };
    let (flops, bytes) = (kernels.iter().map(|k| k.flops).sum(), kernels.iter().map(|k| k.bytes).sum());
    let mut names: Vec<&str> = kernels.iter().map(|k| k.text.name).collect();
    names.dedup();
    let name = names.join(" + ");
    let mut uses = Uses::default();
    for kernel in kernels {
        uses |= kernel.text.uses;
    }
    let mut wgsl = head(uses, memory);
    for (used, text) in [(Uses::RNG, RNG), (Uses::MATH, MATH), (Uses::OPTIMIZER, &job.updates.function)] {
        if uses.contains(used) {
            wgsl += text;
            wgsl.push('\n');
        }
    }
    let mut wgsl = Indented::behind(wgsl);
    let (mut calls, mut end) = (vec![], 0);
    for (k, kernel) in kernels.iter().enumerate() {
        let (groups, lanes) = groups(kernel.text.work, workgroup, job.target.groups);
        let call = function(&mut wgsl, &kernel.text, k, end, workgroup, lanes);
        end += groups;
        calls.push((call, end));
    }
    let width = end.min(65_535);
    let height = end.div_ceil(width);
    let linear = if height > 1 { format!("w.x + w.y * {width}u") } else { "w.x".into() };
    let mut main = Code::default();
    main.line(format_args!(
        "@compute @workgroup_size({workgroup})\nfn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) lane: u32) {{"
    ));
    main.line(format_args!("let group = {linear};"));
    let count = calls.len();
    for (k, (call, end)) in calls.into_iter().enumerate() {
        // A grid of several rows may have workgroups to spare, which belong to no kernel.
        match (k, count, height) {
            (_, 1, 1) => main.line(format_args!("{call}")),
            (0, ..) => main.line(format_args!("if (group < {end}u) {{ {call} }}")),
            (k, n, 1) if k + 1 == n => main.line(format_args!("else {{ {call} }}")),
            _ => main.line(format_args!("else if (group < {end}u) {{ {call} }}")),
        }
    }
    main.line(format_args!("}}"));
    wgsl.lines(&main.take());
    Dispatch { name, wgsl: wgsl.text(), grid: [width as u32, height as u32], flops, bytes }
}

/// Declarations.
fn head(uses: Uses, memory: &Memory) -> String {
    let mut wgsl = String::new();
    if uses.contains(Uses::HALVES) {
        wgsl += "enable f16;\n";
    }
    // naga has the functions, but refuses the directives.
    if uses.contains(Uses::QUADS) && cfg!(target_arch = "wasm32") {
        wgsl += SUBGROUPS;
    }
    wgsl += &fill(HEADER, &[("arena", memory.end.to_string()), ("controls", ctl::WORDS.to_string())]);
    if uses.contains(Uses::HALVES) {
        wgsl += &fill(HALVES, &[("halves", memory.halves.to_string())]);
    }
    let mut shared = Code::default();
    let arrays = [
        (Uses::TILES, "rows", "vec4<f32>", VECTORS),
        (Uses::TILES, "columns", "vec4<f32>", VECTORS),
        (Uses::FOUND, "found_acc", "f32", LANES),
        (Uses::FOUND_BEST, "found_best", "f32", LANES),
        (Uses::BINS, "bins", "atomic<u32>", LANES),
        (Uses::BINS, "answer", "u32", 2),
    ];
    for (_, name, of, len) in arrays.into_iter().filter(|(used, ..)| uses.contains(*used)) {
        shared.line(format_args!("var<workgroup> {name}: array<{of}, {len}>;"));
    }
    let shared = shared.take();
    if !shared.is_empty() {
        wgsl += &shared;
        wgsl.push('\n');
    }
    wgsl
}

/// Workgroups that a kernel takes, and lanes of each that work. Small ones are spread over `spread` workgroups, so that there are
/// some for every core where cores are few.
pub(super) fn groups(work: Work, workgroup: usize, spread: usize) -> (usize, usize) {
    match work {
        Work::Groups(groups) => (groups, LANES),
        Work::Elements { len, each } => {
            let invocations = len.div_ceil(each);
            let mut lanes = workgroup;
            while lanes > 4 && invocations.div_ceil(lanes) < spread {
                lanes /= 2;
            }
            (invocations.div_ceil(lanes), lanes)
        }
    }
}

/// Writes the function of kernel `k`. Returns the call of it from the module's workgroups from `first` on, of which `lanes` lanes
/// work.
fn function(out: &mut Indented, text: &Text, k: usize, first: usize, workgroup: usize, lanes: usize) -> String {
    out.lines(&text.functions);
    let (open, call) = match text.work {
        Work::Groups(_) => (format!("fn kernel{k}(group: u32, lane: u32) {{"), format!("kernel{k}(group - {first}u, lane);")),
        Work::Elements { len, each } => {
            let guard = if len % (lanes * each) != 0 { format!("\nif (i >= {len}u) {{ return; }}") } else { String::new() };
            let index = format!("(group - {first}u) * {lanes}u + lane");
            let call = if each > 1 {
                format!("for (var e = 0u; e < {each}u; e++) {{ kernel{k}(({index}) * {each}u + e); }}")
            } else {
                format!("kernel{k}({index});")
            };
            let call = if lanes < workgroup { format!("if (lane < {lanes}u) {{ {call} }}") } else { call };
            (format!("fn kernel{k}(i: u32) {{{guard}"), call)
        }
    };
    out.lines(&open);
    out.lines(&text.body);
    out.lines("}");
    call
}

/// Kernels use whole quads of lanes or none, which the analysis cannot see in a comparison of lane numbers.
const SUBGROUPS: &str = "enable subgroups;\ndiagnostic(off, subgroup_uniformity);\n";
const HEADER: &str = latent_small::shader!("../../shaders/shared/bindings.wgsl");
const HALVES: &str = latent_small::shader!("../../shaders/shared/halves.wgsl");
const RNG: &str = latent_small::shader!("../../shaders/shared/rng.wgsl");
const MATH: &str = latent_small::shader!("../../shaders/shared/math.wgsl");
