//! Long work in slices. What computes for seconds says where it may be interrupted; whoever has other things to do runs it a
//! slice at a time, and everybody else to its end.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use web_time::Instant;

/// Work rests at the first place where it may once it has run for this long.
const SLICE: Duration = Duration::from_millis(20);

/// What long work is given, to say where it may rest.
#[derive(Clone, Default)]
pub struct Pause(Option<Rc<Slice>>);

/// The present slice.
struct Slice {
    began: Cell<Instant>,
    /// The work waits for the next one.
    over: Cell<bool>,
}

impl Pause {
    /// For work that nobody interrupts.
    pub fn never() -> Self {
        Self(None)
    }

    /// For work that [`Pause::slice`] runs.
    pub fn slices() -> Self {
        Self(Some(Rc::new(Slice { began: Cell::new(Instant::now()), over: Cell::new(false) })))
    }

    /// Here the work may rest. To be awaited often, by work that holds nothing that others need meanwhile.
    pub async fn point(&self) {
        let Some(slice) = self.0.as_ref().filter(|slice| slice.began.get().elapsed() >= SLICE) else { return };
        slice.over.set(true);
        // Nobody has to wake it: the next slice asks.
        poll_fn(|_| if slice.over.get() { Poll::Pending } else { Poll::Ready(()) }).await;
    }

    /// Runs `work`, which was given this or a clone of it, until it rests: `None`; or until it is done. What it waits for in
    /// between, such as a device, this waits for as well.
    pub async fn slice<T>(&self, mut work: Pin<&mut (dyn Future<Output = T> + '_)>) -> Option<T> {
        if let Some(slice) = &self.0 {
            slice.began.set(Instant::now());
            slice.over.set(false);
        }
        let rests = || self.0.as_ref().is_some_and(|slice| slice.over.get());
        poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if rests() => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    }
}

/// What comes of `work` that waits for nothing but pauses, and is given one that never comes.
pub(super) fn at_once<T>(work: impl Future<Output = T>) -> T {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => unreachable!("it has nothing to wait for"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_rests_where_it_may_and_goes_on_from_there() {
        let pause = Pause::slices();
        let count = Rc::new(Cell::new(0));
        let (inner, counted) = (pause.clone(), count.clone());
        let mut work: Pin<Box<dyn Future<Output = &str>>> = Box::pin(async move {
            for _ in 0..10 {
                std::thread::sleep(Duration::from_millis(8));
                counted.set(counted.get() + 1);
                inner.point().await;
            }
            "done"
        });
        let mut slices = vec![];
        loop {
            let done = at_once(pause.slice(work.as_mut()));
            slices.push(count.get());
            match done {
                Some(done) => break assert_eq!((done, count.get()), ("done", 10)),
                None => assert!(slices.len() <= 10, "{slices:?}"),
            }
        }
        assert!(slices.len() >= 3 && slices.is_sorted(), "of 80 ms and 20 ms each: {slices:?}");
    }

    #[test]
    fn work_that_nobody_interrupts_never_rests() {
        let pause = Pause::never();
        let work = async {
            for _ in 0..5 {
                std::thread::sleep(Duration::from_millis(8));
                pause.point().await;
            }
        };
        at_once(work);
    }
}
