//! How much is handed to the device at once: Windows takes a device away that is busy for two seconds with one submission, and
//! 2 s of an integrated card are some 120 GFLOP at best, a few where it is shared and slow.

use std::ops::Range;

/// Floating-point operations of matrix products in a submission at most, unless a single dispatch has more.
pub const MOST: u64 = 5_000_000_000;

/// Cuts `times` executions of dispatches with so many operations each, one after the other, into submissions of at most `most`: ranges
/// of dispatches, counted through all executions. A dispatch with more is a submission of its own.
pub fn cut(flops: &[u64], times: u32, most: u64) -> impl Iterator<Item = Range<usize>> {
    let (end, mut from) = (flops.len() * times as usize, 0);
    std::iter::from_fn(move || {
        let (first, mut sum) = (from, 0u64);
        while from < end {
            match sum.checked_add(flops[from % flops.len()]).filter(|all| *all <= most) {
                Some(all) => sum = all,
                None if from > first => break,
                None => sum = u64::MAX,
            }
            from += 1;
        }
        (from > first).then_some(first..from)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn submissions_have_all_dispatches_in_order_and_little_work() {
        for (flops, times) in
            [(vec![1, 2, 3, 0, 9, 4], 5), (vec![7], 3), (vec![0, 0], 4), (vec![2, 2, 2], 1), (vec![u64::MAX, 1], 2)]
        {
            for most in [0, 1, 4, 6, 100, u64::MAX] {
                let all: Vec<_> = cut(&flops, times, most).collect();
                let mut next = 0;
                for (i, range) in all.iter().enumerate() {
                    assert_eq!(range.start, next);
                    next = range.end;
                    let work = |r: Range<usize>| r.map(|d| u128::from(flops[d % flops.len()])).sum::<u128>();
                    assert!(range.len() == 1 || work(range.clone()) <= u128::from(most), "{flops:?} by {most}: {all:?}");
                    // None is cut that need not be.
                    let more = range.start..range.end + 1;
                    assert!(i + 1 == all.len() || work(more) > u128::from(most), "{flops:?} by {most}: {all:?}");
                }
                assert_eq!(next, flops.len() * times as usize);
            }
        }
        assert_eq!(cut(&[], 3, 1).count() + cut(&[1], 0, 1).count(), 0, "nothing is no submission");
    }
}
