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

/// What outlives a checkout: tools and compiled dependencies.
pub fn cache() -> PathBuf {
    env::home_dir().unwrap_or_else(env::temp_dir).join(".cache").join("latent-lab")
}

/// Cargo's target folder, outside the checkout: a fresh clone finds its dependencies compiled.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").filter(|dir| !dir.is_empty()).map_or_else(|| cache().join("target"), PathBuf::from)
}

/// Cargo, in the checkout, on our target folder.
pub fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).env("CARGO_TARGET_DIR", target());
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

/// Builds this command with Burn and wgpu and returns the binary. Says nothing when it is already built.
///
/// # Errors
/// If the build fails; the compiler's messages have been shown.
#[cfg(not(feature = "native"))]
pub fn native_lab() -> Result<PathBuf, Failure> {
    use std::io::{BufRead, BufReader, IsTerminal, Write};
    use std::process::Stdio;

    use serde_json::Value;

    let mut child = cargo()
        .args(["build", "--quiet", "--release", "--bin", "lab", "--features", "native"])
        .arg("--message-format=json-render-diagnostics")
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    let mut binary = None;
    let mut compiled = 0;
    let mut stderr = std::io::stderr();
    let lines = BufReader::new(child.stdout.take().expect("the output is piped")).lines();
    for message in lines.map_while(Result::ok).filter_map(|line| serde_json::from_str::<Value>(&line).ok()) {
        if message["reason"] != "compiler-artifact" {
            continue;
        }
        if message["fresh"] == false {
            if compiled == 0 {
                let _ = writeln!(stderr, "compiling the native engine (the first time takes minutes)");
            }
            compiled += 1;
            if stderr.is_terminal() {
                let name = message["target"]["name"].as_str().unwrap_or_default();
                let _ = write!(stderr, "\r\x1b[K  {compiled} crates compiled, last {name}");
            }
        }
        if message["target"]["name"] == "lab" {
            binary = message["executable"].as_str().map(PathBuf::from);
        }
    }
    if compiled > 0 && stderr.is_terminal() {
        let _ = writeln!(stderr);
    }
    let status = child.wait().map_err(|error| format!("cargo was lost: {error}"))?;
    binary.filter(|_| status.success()).ok_or_else(|| "the native engine does not compile".into())
}
