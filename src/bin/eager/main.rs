//! The worker that executes Burn operation by operation, loaded only when somebody asks for it.

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "the linker makes this function; declaring it is the only way to call it")]
mod constructors {
    unsafe extern "C" {
        /// Runs the static constructors of the module. Made by the linker.
        pub safe fn __wasm_call_ctors();
    }
}

#[cfg(target_arch = "wasm32")]
fn main() {
    // cubecl registers its operations in static constructors. Unless somebody calls them, the linker has every export run
    // them again at each call, which costs seconds a step.
    constructors::__wasm_call_ctors();
    latent_session::worker::start();
}

/// As with `engine`: natively the session is driven by `lab`.
#[cfg(not(target_arch = "wasm32"))]
fn main() {}
