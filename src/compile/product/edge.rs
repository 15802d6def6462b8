//! What happens at the edges of a product, where a tile is larger than what is left.

use crate::emit::Emitter;
use crate::index::{Bind, Lin};

/// `l`, or the last index below `n` where it lies beyond.
pub(super) fn clamp(e: &mut Emitter, l: Lin, n: usize) -> Lin {
    match l.bound() {
        Some(bound) if bound <= n => l,
        _ => e.bind(format!("min({}, {}u)", l.text(), n - 1), n, 0),
    }
}

/// A call under the tests `(needed, index, below)`.
pub(super) fn guarded(tests: &[(bool, &str, usize)], call: &str) -> String {
    let tests: Vec<String> = tests.iter().filter(|t| t.0).map(|(_, index, n)| format!("{index} < {n}u")).collect();
    if tests.is_empty() { format!("{call}\n") } else { format!("if ({}) {{ {call} }}\n", tests.join(" && ")) }
}
