//! This command once more, built with more features: with Burn and wgpu, or with what reads archives.

use std::env;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use serde_json::Value;

use crate::Failure;
use crate::cargo::{cargo, quiet};

/// Builds the command with a feature of `Cargo.toml` and gives it the arguments of this one.
///
/// # Errors
/// If it does not compile or start.
pub fn hand_over(feature: &str) -> Result<ExitCode, Failure> {
    let mut command = quiet(Command::new(build(feature)?));
    command.args(env::args_os().skip(1));
    become_it(command)
}

/// Replaces this process, so that a signal reaches whoever does the work.
#[cfg(unix)]
fn become_it(mut command: Command) -> Result<ExitCode, Failure> {
    use std::os::unix::process::CommandExt;

    Err(format!("the native engine cannot be started: {}", command.exec()))
}

#[cfg(not(unix))]
fn become_it(mut command: Command) -> Result<ExitCode, Failure> {
    let status = command.status().map_err(|error| format!("the native engine cannot be started: {error}"))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Builds this command with a feature and returns the binary. Says nothing when it is already built.
///
/// # Errors
/// If the build fails; the compiler's messages have been shown.
fn build(feature: &str) -> Result<PathBuf, Failure> {
    let mut child = cargo()
        .args(["build", "--quiet", "--release", "--bin", "lab", "--features", feature])
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
                let _ = writeln!(stderr, "compiling the command with {feature} (the first time takes minutes)");
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
