//! The worker that reads a visitor's files, loaded only when somebody brings some.

#[cfg(target_arch = "wasm32")]
fn main() {
    latent_import::worker::start();
}

/// The worker exists in browsers only; natively `cargo lab pack` does its work.
#[cfg(not(target_arch = "wasm32"))]
fn main() {}
