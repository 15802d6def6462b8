//! What the linker leaves in the page and the engine for `cargo lab build`, which cuts them into parts.

fn main() {
    println!("cargo::rerun-if-changed=../relocs.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo::rustc-link-arg-bins=--emit-relocs");
    }
}
