//! Reads that a browser finishes late. Firefox looks whether a buffer is mapped only every 100 ms, or when something is submitted
//! (<https://bugzilla.mozilla.org/show_bug.cgi?id=1870699>). So where a device opens, a read of nothing is timed; where that is late, empty
//! submissions are made while somebody waits for a read. No browser is asked for its name: one that finishes in time is left alone.

use std::pin::{Pin, pin};

/// A read of nothing that takes so long, in milliseconds, waits for more than the device. Others take one.
const LATE_MS: u32 = 30;

/// Milliseconds until the next empty submission, after a wait of `waited_ms`: at once where the answer is short, and rarely where the
/// device is busy, for each takes the browser a message to another process. `None` where the wait is long, and 100 ms more are little.
fn pause_ms(waited_ms: f64) -> Option<u32> {
    match waited_ms {
        ..20.0 => Some(1),
        ..1000.0 => Some(5),
        _ => None,
    }
}

/// What `first` gives, unless `other` is done before.
async fn before<T>(mut first: Pin<&mut impl Future<Output = T>>, other: impl Future) -> Option<T> {
    let mut other = pin!(other);
    std::future::poll_fn(|cx| match first.as_mut().poll(cx) {
        std::task::Poll::Ready(made) => std::task::Poll::Ready(Some(made)),
        std::task::Poll::Pending => other.as_mut().poll(cx).map(|_| None),
    })
    .await
}

#[cfg(target_arch = "wasm32")]
pub use browser::{finishes_late, nudged};

#[cfg(target_arch = "wasm32")]
mod browser {
    use std::pin::pin;

    use futures_channel::oneshot;
    use js_sys::{Function, Promise};
    use wasm_bindgen::prelude::*;
    use wasm_bindgen_futures::JsFuture;

    use super::{LATE_MS, before, pause_ms};

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_name = setTimeout)]
        fn set_timeout(call: &Function, ms: u32);
        #[wasm_bindgen(js_namespace = performance)]
        fn now() -> f64;
    }

    async fn sleep(ms: u32) {
        let promise = Promise::new(&mut |resolve, _| set_timeout(&resolve, ms));
        // A timer is never rejected.
        let _ = JsFuture::from(promise).await;
    }

    /// Waits for `done`, and has the browser look for it meanwhile.
    pub async fn nudged<T>(queue: &wgpu::Queue, done: impl Future<Output = T>) -> T {
        let (mut done, began) = (pin!(done), now());
        while let Some(ms) = pause_ms(now() - began) {
            if let Some(made) = before(done.as_mut(), sleep(ms)).await {
                return made;
            }
            queue.submit([]);
        }
        done.await
    }

    /// Whether reads are late where nobody has the browser look. Takes some milliseconds where they are not, and 60 at most where
    /// they are: of two reads one after the other, one at most is near to the moment at which the browser looks by itself.
    pub async fn finishes_late(device: &wgpu::Device, queue: &wgpu::Queue) -> bool {
        // The first of all wakes the device up.
        let mut first = Read::of(device);
        let _ = nudged(queue, &mut first.done).await;
        for _ in 0..2 {
            let mut read = Read::of(device);
            if before(pin!(&mut read.done), sleep(LATE_MS)).await.is_none() {
                return true;
            }
        }
        false
    }

    /// A read of nothing that anybody needs.
    struct Read {
        buffer: wgpu::Buffer,
        done: oneshot::Receiver<Result<(), wgpu::BufferAsyncError>>,
    }

    impl Read {
        fn of(device: &wgpu::Device) -> Self {
            let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
            let buffer = device.create_buffer(&wgpu::BufferDescriptor { label: None, size: 16, usage, mapped_at_creation: false });
            let (sender, done) = oneshot::channel();
            // The receiver is gone where the read was late.
            buffer.slice(..).map_async(wgpu::MapMode::Read, move |r| drop(sender.send(r)));
            Self { buffer, done }
        }
    }

    impl Drop for Read {
        fn drop(&mut self) {
            self.buffer.destroy();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use pollster::block_on;

    use super::*;

    #[test]
    fn nudges_come_soon_first_and_end_where_they_gain_nothing() {
        assert_eq!([0.0, 19.9, 20.0, 999.0, 1000.0, 1e9].map(pause_ms), [Some(1), Some(1), Some(5), Some(5), None, None]);
        let (mut at, mut nudges) = (0.0, 0);
        while let Some(ms) = pause_ms(at) {
            assert!(ms < LATE_MS, "a wait with nudges is in time");
            (at, nudges) = (at + f64::from(ms), nudges + 1);
        }
        assert!(nudges < 250, "{nudges} messages to another process");
    }

    #[test]
    fn the_sooner_of_two_decides() {
        assert_eq!(block_on(before(pin!(ready(7)), ready(()))), Some(7), "what is there counts, even if the time is over");
        assert_eq!(block_on(before(pin!(pending::<u32>()), ready(()))), None);
        assert_eq!(block_on(before(pin!(ready(7)), pending::<()>())), Some(7));
    }
}
