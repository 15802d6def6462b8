//! The kernel of elements that several lanes of a workgroup compute together: each walks along its share of the row, then they join
//! what they have found in workgroup memory, by halves.

use super::code::{Code, Uses};
use super::emit::Emitter;
use super::index::Lin;
use super::loops::Together;
use super::target::LANES;
use super::writer::{Text, Work};

/// How the lanes of a workgroup are spread over the elements that it computes.
#[derive(Clone, Copy)]
pub(super) struct Spread {
    /// Elements of the kernel.
    pub(super) elements: usize,
    /// Lanes for each, a power of two.
    pub(super) lanes: usize,
    /// Whether neighbouring lanes are of one element. Otherwise they are at the same step of neighbouring elements.
    pub(super) along: bool,
}

impl Spread {
    /// Workgroups of the kernel.
    pub(super) fn groups(self) -> usize {
        self.elements.div_ceil(self.each())
    }

    /// Elements of a workgroup.
    fn each(self) -> usize {
        LANES / self.lanes
    }

    /// Statements that say which `element` the lane is of and the how manieth of its lanes it is, as `sub`.
    pub(super) fn place(self) -> String {
        let (lanes, each) = (self.lanes, self.each());
        let (team, sub) = if self.along {
            (format!("lane / {lanes}u"), format!("lane % {lanes}u"))
        } else {
            (format!("lane % {each}u"), format!("lane / {each}u"))
        };
        let own = if each == 1 { "group".into() } else { format!("group * {each}u + {team}") };
        // No lane leaves early: all must meet at the barriers.
        let own = if self.elements.is_multiple_of(each) { own } else { format!("min({own}, {}u)", self.elements - 1) };
        format!("let sub = {sub};\nlet element = {own};\n")
    }

    /// Statements by which the lane with `sub` 0 comes to know what all of an element's lanes have found.
    pub(super) fn join(self, found: &[&str], join: &str) -> String {
        let apart = if self.along { 1 } else { self.each() };
        let mut code = Code::default();
        let keep = |code: &mut Code| {
            for name in found {
                code.line(format_args!("found_{name}[lane] = {name};"));
            }
        };
        keep(&mut code);
        code.line(format_args!("workgroupBarrier();"));
        code.line(format_args!("for (var half = {}u; half > 0u; half >>= 1u) {{\nif (sub < half) {{", self.lanes / 2));
        for name in found {
            code.line(format_args!("let {name}_there = found_{name}[lane + half * {apart}u];"));
        }
        code.line(format_args!("{join}"));
        keep(&mut code);
        code.line(format_args!("}}\nworkgroupBarrier();\n}}"));
        code.take()
    }

    /// `text` for one lane of each element, and for no element twice.
    pub(super) fn once(self, text: &str) -> String {
        let each = self.each();
        let mut tests = vec!["sub == 0u".to_string()];
        if !self.elements.is_multiple_of(each) {
            let (team, last) = if self.along { ("lane / ", self.lanes) } else { ("lane % ", each) };
            tests.push(format!("group * {each}u + {team}{last}u < {}u", self.elements));
        }
        format!("if ({}) {{\n{text}}}\n", tests.join(" && "))
    }
}

/// The kernel of elements whose lanes walk, or work, as `head` says; `finish` is for one lane of each element.
pub(super) fn kernel(name: &'static str, spread: Spread, together: &Together, e: Emitter, head: &str, finish: &str) -> Text {
    let mut body = spread.place() + head;
    let mut uses = e.uses;
    if let Together::Walk { found, join } = together {
        uses |= if found.len() > 1 { Uses::FOUND_BEST } else { Uses::default() };
        uses |= Uses::FOUND;
        body += &spread.join(found, join);
    }
    body += &spread.once(finish);
    Text { name, work: Work::Groups(spread.groups()), body, functions: String::new(), uses }
}

/// Whether neighbouring lanes should be of one element, going by what an emitter has loaded: unless neighbouring elements load
/// neighbours, or the same.
pub(super) fn along(e: &Emitter) -> bool {
    let next = |at: &Lin| at.terms.iter().any(|(v, factor)| v.scope == 0 && *factor == 1);
    let same = |at: &Lin| at.scope() > 0 && at.terms.iter().all(|(v, _)| v.scope > 0);
    !(e.loads.iter().any(next) && e.loads.iter().all(|at| next(at) || same(at)))
}
