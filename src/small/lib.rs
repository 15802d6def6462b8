//! What keeps programs small that are downloaded.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod number;
pub mod part;
pub mod shader;

use std::cmp::Ordering;

pub use number::number;

/// Sorts as `sort_by` does, stably. That one brings three kilobytes of code for each kind of element; here all kinds share one sort,
/// of indices. For the few elements of a plan or a file, not for images.
pub fn sort_by<T>(items: &mut Vec<T>, compare: impl Fn(&T, &T) -> Ordering) {
    let mut order: Vec<usize> = (0..items.len()).collect();
    sort_indices(&mut order, &|a, b| compare(&items[a], &items[b]));
    let mut taken: Vec<Option<T>> = items.drain(..).map(Some).collect();
    items.extend(order.into_iter().filter_map(|at| taken[at].take()));
}

/// [`sort_by`], by the elements' own order.
pub fn sort<T: Ord>(items: &mut Vec<T>) {
    sort_by(items, Ord::cmp);
}

/// Sorts indices by what they stand for, and equal ones by themselves.
pub fn sort_indices(order: &mut [usize], compare: &dyn Fn(usize, usize) -> Ordering) {
    // Equal ones keep their order by the second comparison: an unstable sort is half as much code.
    order.sort_unstable_by(|a, b| compare(*a, *b).then(a.cmp(b)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_stable_sort() {
        let state = std::iter::successors(Some(7_u32), |s| Some(s.wrapping_mul(1_664_525).wrapping_add(1_013_904_223)));
        let items: Vec<(u32, usize)> = state.map(|s| s >> 28).zip(0..200).collect();
        let (mut ours, mut std) = (items.clone(), items);
        sort_by(&mut ours, |a, b| b.0.cmp(&a.0));
        std.sort_by_key(|item| std::cmp::Reverse(item.0));
        assert_eq!(ours, std);
        let mut none: Vec<String> = vec![];
        sort(&mut none);
        assert!(none.is_empty());
    }
}
