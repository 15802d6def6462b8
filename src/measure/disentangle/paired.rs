//! What all scores ask of their input.

use crate::Rows;

/// Panics unless there is a code for each row of factors.
pub fn assert_paired(code_nd: Rows, factor_nk: Rows<u8>) {
    assert_eq!(code_nd.len(), factor_nk.len(), "not one row of factors a code");
    assert!(!code_nd.is_empty(), "no codes");
}
