//! The worker: messages in, messages out, and the session between them.

#[cfg(target_arch = "wasm32")]
fn main() {
    latent_session::worker::start();
}

/// The worker exists in browsers only; natively the session is driven by `lab`.
#[cfg(not(target_arch = "wasm32"))]
fn main() {}
