//! Running cargo, and where its results live.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::Failure;

/// The root of the checkout.
pub fn root() -> PathBuf {
    // Cargo sets the variable when it runs a binary; a binary started by hand knows where it was built.
    env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from)
}

/// What outlives a checkout: the Python environment of the tests.
pub fn cache() -> PathBuf {
    env::home_dir().unwrap_or_else(env::temp_dir).join(".cache").join("latent-lab")
}

/// Cargo's target folder, which is also this command's own.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").filter(|dir| !dir.is_empty()).map_or_else(|| root().join("target"), PathBuf::from)
}

/// Cargo, in the checkout, on our target folder.
pub fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).env("CARGO_TARGET_DIR", target());
    quiet(command)
}

/// Vulkan drivers that look for a desktop complain on standard error where there is none.
pub fn quiet(mut command: Command) -> Command {
    if env::var_os("XDG_RUNTIME_DIR").is_none() {
        command.env("XDG_RUNTIME_DIR", env::temp_dir());
    }
    command
}

/// Runs a command to its end, with its output shown.
///
/// # Errors
/// If it cannot be started or does not succeed.
pub fn succeed(command: &mut Command, what: &str) -> Result<(), Failure> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{what} failed ({status}); its messages are above")),
        Err(error) => Err(format!("{what} cannot be started: {error}")),
    }
}
