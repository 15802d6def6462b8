//! Work on several cores, where there are several: a browser's worker is one.

/// Cores at hand.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn cores() -> usize {
    rayon::current_num_threads()
}

/// Cores at hand.
#[cfg(target_arch = "wasm32")]
pub(crate) fn cores() -> usize {
    1
}

/// Does `work` for each of `items`, in any order.
pub(crate) fn each<T: Send>(items: Vec<T>, work: impl Fn(T) + Sync + Send) {
    #[cfg(not(target_arch = "wasm32"))]
    if items.len() > 1 {
        use rayon::iter::{IntoParallelIterator, ParallelIterator};
        return items.into_par_iter().for_each(work);
    }
    items.into_iter().for_each(work);
}
