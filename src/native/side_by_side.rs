//! Runs that are made at the same time, each by one core.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// Bytes of a thread's stack: recording a method goes deep.
const STACK: usize = 16 << 20;

/// Does `work` for each number below `n`, so many at a time, and tells `done` of each as soon as it is made. Each computes on one core: the small products
/// of one run would wait for one another at every step, those of two runs do not.
///
/// # Panics
/// If a thread cannot be started, or `work` panics.
pub fn side_by_side<T: Send>(at_once: usize, n: usize, work: impl Fn(usize) -> T + Sync, mut done: impl FnMut(usize, T)) {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..at_once.clamp(1, n.max(1)) {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                let alone =
                    rayon::ThreadPoolBuilder::new().num_threads(1).stack_size(STACK).build().expect("a thread can be started");
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= n || sender.send((i, alone.install(|| work(i)))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        receiver.into_iter().for_each(|(i, made)| done(i, made));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_made_once_and_by_one_core() {
        let mut made = vec![];
        side_by_side(3, 20, |i| (i * i, rayon::current_num_threads()), |i, square| made.push((i, square)));
        made.sort_unstable();
        assert_eq!(made, (0..20).map(|i| (i, (i * i, 1))).collect::<Vec<_>>());
        side_by_side(2, 0, |i| i, |_, _| panic!("nothing is to be made"));
    }
}
