//! The text of one dispatch: kernels side by side in one WGSL module.

use std::fmt::Write;

use super::emit::ctl;
use super::plan::{Dispatch, Target};

/// Elements from which on work counts as long.
const LONG: usize = 4096;

/// The text of one dispatch.
pub(super) struct Module<'a> {
    target: Target,
    /// `Updates::function`.
    optimizer: &'a str,
    /// Floats of the arena that the plan uses.
    arena: usize,
    names: Vec<&'static str>,
    functions: String,
    calls: Vec<Call>,
}

/// A kernel in a module: its workgroups, and how many of their lanes it uses.
struct Call {
    groups: usize,
    lanes: usize,
    /// Elements an invocation.
    each: usize,
    name: String,
}

impl<'a> Module<'a> {
    pub(super) fn new(target: Target, arena: usize, optimizer: &'a str) -> Self {
        Self { target, optimizer, arena, names: vec![], functions: String::new(), calls: vec![] }
    }

    /// Name of the next kernel's helper function.
    pub(super) fn helper(&self) -> String {
        format!("store{}", self.calls.len())
    }

    /// Adds a kernel of `len` elements; its body sees the element's index as `i`.
    pub(super) fn add(&mut self, name: &'static str, len: usize, body: &str, helper: &str) {
        // Long elementwise work: several neighbours an invocation, where starting an invocation costs more than a loop.
        let each = if helper.is_empty() && len >= LONG { self.target.each } else { 1 };
        self.add_each(name, len, body, helper, each);
    }

    pub(super) fn add_each(&mut self, name: &'static str, len: usize, body: &str, helper: &str, each: usize) {
        let k = self.calls.len();
        self.names.push(name);
        let invocations = len.div_ceil(each);
        // On few cores, small kernels leave lanes idle so that there are workgroups for every core.
        let mut lanes = self.target.workgroup;
        while lanes > 4 && invocations.div_ceil(lanes) < self.target.groups {
            lanes /= 2;
        }
        write!(self.functions, "{helper}\nfn kernel{k}(i: u32) {{\n").expect("writing to a string");
        if len % (lanes * each) != 0 {
            writeln!(self.functions, "if (i >= {len}u) {{ return; }}").expect("writing to a string");
        }
        write!(self.functions, "{body}}}\n").expect("writing to a string");
        self.calls.push(Call { groups: invocations.div_ceil(lanes), lanes, each, name: format!("kernel{k}") });
    }

    pub(super) fn finish(self) -> Option<Dispatch> {
        if self.calls.is_empty() {
            return None;
        }
        let workgroup = self.target.workgroup;
        let groups: usize = self.calls.iter().map(|c| c.groups).sum();
        let width = groups.min(65_535);
        let height = groups.div_ceil(width);
        let mut main = format!(
            "@compute @workgroup_size({workgroup})\nfn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) lane: u32) {{\n"
        );
        let linear = if height > 1 { format!("w.x + w.y * {width}u") } else { "w.x".into() };
        writeln!(main, "let group = {linear};").expect("writing to a string");
        let mut first = 0;
        let count = self.calls.len();
        for (k, Call { groups, lanes, each, name }) in self.calls.into_iter().enumerate() {
            let index = format!("(group - {first}u) * {lanes}u + lane");
            let call = if each > 1 {
                format!("for (var e = 0u; e < {each}u; e++) {{ {name}(({index}) * {each}u + e); }}")
            } else {
                format!("{name}({index});")
            };
            let call = if lanes < workgroup { format!("if (lane < {lanes}u) {{ {call} }}") } else { call };
            first += groups;
            match (k, count) {
                (_, 1) => writeln!(main, "{call}"),
                (0, _) => writeln!(main, "if (group < {first}u) {{ {call} }}"),
                (k, n) if k + 1 == n && height == 1 => writeln!(main, "else {{ {call} }}"),
                _ => writeln!(main, "else if (group < {first}u) {{ {call} }}"),
            }
            .expect("writing to a string");
        }
        main += "}\n";
        let body = self.functions + &main;
        let mut wgsl = String::new();
        // naga has the functions, but refuses the directives.
        if body.contains("quadSwap") && cfg!(target_arch = "wasm32") {
            wgsl += SUBGROUPS;
        }
        wgsl += &HEADER.replace("{{arena}}", &self.arena.to_string()).replace("{{controls}}", &ctl::WORDS.to_string());
        for (prefix, text) in [("rng_", RNG), ("m_", MATH), ("opt_", self.optimizer)] {
            if body.contains(prefix) {
                wgsl += text;
            }
        }
        wgsl += &body;
        let mut names = self.names;
        names.dedup();
        Some(Dispatch { name: names.join(" + "), wgsl, grid: [width as u32, height as u32], flops: 0, bytes: 0 })
    }
}

/// Kernels use whole quads of lanes or none, which the analysis cannot see in a comparison of lane numbers.
const SUBGROUPS: &str = "enable subgroups;\ndiagnostic(off, subgroup_uniformity);\n";
const HEADER: &str = include_str!("../../shaders/shared/bindings.wgsl");
const RNG: &str = include_str!("../../shaders/shared/rng.wgsl");
const MATH: &str = include_str!("../../shaders/shared/math.wgsl");
