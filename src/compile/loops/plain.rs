//! What operations that loop are given where they run in plain Rust.

/// What an operation is given on the processor: all elements of a tensor, row-major.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// As many as the shape has.
    pub values: &'a [f32],
    /// Its dimensions.
    pub shape: &'a [usize],
}

/// Walks along `axis` of a shape: for each line, its first element and the distance from one to the next.
pub(super) fn lines(shape: &[usize], axis: usize) -> impl Iterator<Item = (usize, usize)> {
    let step: usize = shape[axis + 1..].iter().product();
    let n = shape[axis];
    let outer: usize = shape[..axis].iter().product();
    (0..outer).flat_map(move |o| (0..step).map(move |i| (o * n * step + i, step)))
}

/// Whether two shapes are equal but for this axis, which both have.
pub(super) fn equal_but(a: &[usize], b: &[usize], axis: usize) -> bool {
    a.len() == b.len() && axis < a.len() && (0..a.len()).all(|i| i == axis || a[i] == b[i])
}
