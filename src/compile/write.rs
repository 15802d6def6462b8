//! The kernels of a schedule as text, level by level.

use super::code::{Code, Uses};
use super::emit::{Emitter, Place};
use super::gemm::Gemm;
use super::graph::{CompileError, Id, Op, len};
use super::index::{At, Lin};
use super::loops::reduction::Reduction;
use super::loops::{Head, Together};
use super::memory::Memory;
use super::product;
use super::schedule::{Ends, Kernel, Schedule};
use super::target::Target;
use super::together::{self, Spread, along};
use super::writer::{Text, Work, Writer};

/// What a text computes.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(target_arch = "wasm32", expect(dead_code, reason = "for whoever looks at a plan"))]
pub(super) enum What {
    /// A kernel of the schedule, or the rest of one that was split.
    Kernel(usize),
    /// The pieces of a split one.
    Pieces(usize),
    /// A value that is brought elsewhere.
    Copy(Id),
    /// A value that moves a parameter.
    Update(Id),
    /// A kernel written by hand.
    Special,
}

/// A kernel in its dispatch.
pub(super) struct Written {
    pub(super) text: Text,
    /// Its part of [`super::Plan::flops`].
    pub(super) flops: u64,
    /// Its part of [`super::Plan::bytes`].
    pub(super) bytes: u64,
    #[cfg_attr(target_arch = "wasm32", expect(dead_code, reason = "for whoever looks at a plan"))]
    pub(super) what: What,
}

/// The kernels of each level, some of which may have none.
///
/// # Errors
/// For geometries without a kernel.
pub(super) fn levels(schedule: &Schedule, ends: &Ends, memory: &Memory) -> Result<Vec<Vec<Written>>, CompileError> {
    let job = schedule.job;
    let place = |id: Id| memory.places.get(id).copied();
    let last = job.specials.iter().map(|s| ends.due(s)).max().unwrap_or(0).max(ends.late);
    let mut out = Vec::with_capacity(last + 1);
    for level in 0..=last {
        // `ctl::STEP` and its copy `ctl::NOW`, which levels after the first read, since the last one moves the counter on;
        // `ctl::NONCE`.
        let step = match (job.training, level) {
            (true, 0) => "ctl[0]",
            (true, _) => "ctl[1]",
            (false, _) => "ctl[3]",
        };
        let w = Writer { graph: job.graph, target: job.target, noise: (step, job.salt), place: &place };
        let mut now: Vec<Written> = vec![];
        let length = |id: Id| len(job.graph.shape(id)) as u64;
        for (k, kernel) in schedule.kernels.iter().enumerate() {
            let flops = kernel.root.map_or(0, |id| job.graph.flops(id));
            if let Some(at) = memory.pieces[k].filter(|_| kernel.level == level + 1) {
                let text = pieces(&w, kernel, at, &store(&now))?;
                now.push(Written { text, flops, bytes: 0, what: What::Pieces(k) });
            }
            if kernel.level == level {
                let text = whole(&w, schedule, kernel, memory.pieces[k], &store(&now))?;
                let bytes = kernel.root.iter().chain(&kernel.members).map(|id| {
                    let read: u64 = schedule.reads[*id].iter().map(|(d, _)| memory.width(*d) * length(*d)).sum();
                    let stored = if memory.places.get(*id).is_some() { memory.width(*id) } else { 0 };
                    let moved = if schedule.fused.get(*id).is_some() { job.updates.bytes } else { 0 };
                    read + (stored + moved) * length(*id)
                });
                let flops = if kernel.split == 1 { flops } else { 0 };
                now.push(Written { text, flops, bytes: bytes.sum(), what: What::Kernel(k) });
            }
        }
        if level + 1 == ends.levels {
            for (id, to) in &ends.copies {
                now.push(Written { text: copy(&w, *id, *to, false), flops: 0, bytes: 0, what: What::Copy(*id) });
            }
        }
        if level == ends.late {
            for (id, at) in &schedule.late {
                let bytes = job.updates.bytes * length(*id);
                now.push(Written { text: copy(&w, *id, *at, true), flops: 0, bytes, what: What::Update(*id) });
            }
        }
        for s in job.specials.iter().filter(|s| ends.due(s) == level) {
            let (functions, uses) = (String::new(), Uses::default());
            let text = Text { name: s.name, work: Work::each(s.len), body: s.body.clone(), functions, uses };
            now.push(Written { text, flops: 0, bytes: 0, what: What::Special });
        }
        out.push(now);
    }
    Ok(out)
}

/// Name of the function by which the next kernel's product stores.
fn store(before: &[Written]) -> String {
    format!("store{}", before.len())
}

/// Stores the root, held in `root_value`, and the members of a kernel at flat index `o`.
fn members(w: &Writer, schedule: &Schedule, e: &mut Emitter, kernel: &Kernel, root_value: Option<&str>, o: &Lin) -> String {
    let mut stores = Code::default();
    let mut store = |e: &mut Emitter, id: Id, value: &str| {
        match (w.place)(id) {
            Some(Place::Arena(at)) => {
                e.register(id, o.clone(), value);
                stores.line(format_args!("a[{}] = {value};", o.offset(at as i64).text()));
            }
            Some(Place::Half(at)) => {
                let [half, whole] = e.halved(value);
                e.register(id, o.clone(), whole);
                stores.line(format_args!("h16[{}] = {half};", o.offset(at as i64).text()));
            }
            _ => e.register(id, o.clone(), value),
        }
        if let Some(at) = schedule.fused.get(id) {
            e.uses |= Uses::OPTIMIZER;
            stores.line(format_args!("opt_step({}, {value});", o.offset(*at as i64).text()));
        }
    };
    if let (Some(id), Some(value)) = (kernel.root, root_value) {
        store(e, id, value);
    }
    for id in &kernel.members {
        let v = e.fresh_value(*id, o);
        store(e, *id, &v);
    }
    e.take(0) + &stores.take()
}

/// Brings a value to an address, or hands it to the optimiser of the parameter there.
fn copy(w: &Writer, id: Id, to: usize, update: bool) -> Text {
    let mut e = w.emitter();
    let n = len(w.graph.shape(id));
    let o = Lin::var("i", n, 0);
    let v = e.value(id, &At::Flat(o.clone())).text;
    let to = o.offset(to as i64).text();
    let (name, store) = if update {
        e.uses |= Uses::OPTIMIZER;
        ("update", format!("opt_step({to}, {v});\n"))
    } else {
        ("copy", format!("a[{to}] = {v};\n"))
    };
    Text { name, work: Work::elements(w.target, n, 0), body: e.take(0) + &store, functions: String::new(), uses: e.uses }
}

/// A kernel of the schedule: of one that was split, what is left once its pieces are at `temp`.
fn whole(w: &Writer, schedule: &Schedule, kernel: &Kernel, temp: Option<usize>, store: &str) -> Result<Text, CompileError> {
    let mut e = w.emitter();
    let lanes = if temp.is_some() { kernel.adders } else { kernel.lanes };
    let o = Lin::var(if lanes > 1 { "element" } else { "i" }, kernel.len, 0);
    let Some(root) = kernel.root else {
        let body = members(w, schedule, &mut e, kernel, None, &o);
        return Ok(text(w, "map", kernel.len, 0, body, e.uses));
    };
    let (name, together, head) = match (&w.graph.node(root).op, temp) {
        (op, Some(temp)) => {
            let f = if let Op::Loop(of) = op { of.rule().join(of) } else { Reduction::Sum };
            let parts = kernel.split;
            let index = piece(w.target, kernel, &o, &Lin::var("r", parts, 1)).offset(temp as i64);
            let joined = f.join("acc", &format!("a[{}]", index.text()));
            let walk = if lanes > 1 {
                format!("var r = sub; r < {parts}u; r += {lanes}u")
            } else {
                format!("var r = 0u; r < {parts}u; r++")
            };
            let text = format!("var acc = {};\nfor ({walk}) {{ {joined} }}\n", f.start());
            let together = Together::Walk { found: &["acc"], join: f.join("acc", "acc_there") };
            ("add up", together, Head { turns: parts, text })
        }
        (Op::Loop(of), None) => {
            let (rule, together) = (of.rule(), of.rule().together(of));
            let head = match together {
                _ if lanes == 1 => rule.head(&mut e, root, of, &o, 1),
                Together::Workgroup => rule.by_workgroup(&mut e, root, of, &o),
                Together::Walk { .. } => {
                    let head = rule.share(&mut e, root, of, &o, lanes);
                    Head { text: format!("let part = sub;\n{}", head.text), ..head }
                }
            };
            (rule.name(), together, head)
        }
        _ => {
            let finish = |e: &mut Emitter, flat: &Lin| members(w, schedule, e, kernel, Some("acc"), flat);
            return Ok(product::write(w, &Gemm::new(w.graph, root)?, 1, store, &finish));
        }
    };
    let along = if temp.is_some() { kernel.len == 1 } else { along(&e) };
    let spread = Spread { elements: kernel.len, lanes, along };
    let rest = members(w, schedule, &mut e, kernel, Some("acc"), &o);
    if lanes > 1 {
        return Ok(together::kernel(name, spread, &together, e, &head.text, &rest));
    }
    Ok(text(w, name, kernel.len, head.turns, head.text + &rest, e.uses))
}

/// Where the pieces of a kernel's root have piece `part` of element `o`, behind their first float: what neighbours write lies side
/// by side.
fn piece(target: Target, kernel: &Kernel, o: &Lin, part: &Lin) -> Lin {
    if target.together { part.scaled(kernel.len).plus(o) } else { o.scaled(kernel.split).plus(part) }
}

/// The kernel that computes the pieces of a split root into `temp`.
fn pieces(w: &Writer, kernel: &Kernel, temp: usize, store: &str) -> Result<Text, CompileError> {
    let (root, parts, lanes) = (kernel.root.expect("only roots are split"), kernel.split, kernel.lanes);
    let Op::Loop(of) = &w.graph.node(root).op else {
        let finish = |_: &mut Emitter, flat: &Lin| {
            let at = piece(w.target, kernel, flat, &Lin::var("part", parts, 0)).offset(temp as i64);
            format!("a[{}] = acc;\n", at.text())
        };
        return Ok(product::write(w, &Gemm::new(w.graph, root)?, parts, store, &finish));
    };
    let mut e = w.emitter();
    let (rule, elements) = (of.rule(), kernel.len * parts);
    let (len, o) = (kernel.len, Lin::var("o", kernel.len, 0));
    if lanes > 1 {
        let mut head = rule.share(&mut e, root, of, &o, parts * lanes);
        head.text.insert_str(0, &format!("let o = element % {len}u;\nlet part = element / {len}u * {lanes}u + sub;\n"));
        let (spread, store) = (Spread { elements, lanes, along: along(&e) }, format!("a[element + {temp}u] = acc;\n"));
        return Ok(together::kernel(rule.name(), spread, &rule.together(of), e, &head.text, &store));
    }
    let head = rule.head(&mut e, root, of, &o, parts);
    let body = format!("let part = i % {parts}u;\nlet o = i / {parts}u;\n{}a[i + {temp}u] = acc;\n", head.text);
    Ok(text(w, rule.name(), elements, head.turns, body, e.uses))
}

/// A kernel that takes `len` elements one by one, each with up to `turns` turns of its loops.
fn text(w: &Writer, name: &'static str, len: usize, turns: usize, body: String, uses: Uses) -> Text {
    Text { name, work: Work::elements(w.target, len, turns), body, functions: String::new(), uses }
}
