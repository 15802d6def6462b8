//! Building the page: small WebAssembly files, for the page, for its workers and for embedded figures.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::cargo::{cargo, root, succeed, target};
use crate::{Failure, programs, site, tools};

#[derive(clap::Args)]
pub struct Args {
    /// Folder to build into.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Path of the site on its host, such as /latent-lab/; without it, the page works from any folder.
    #[arg(long, value_name = "PATH", value_parser = base)]
    base: Option<String>,
    /// Leave out the compressed files (.gz, .br) that lie beside what is served as text or code.
    #[arg(long)]
    plain: bool,
}

/// A path from the root of a host, as Trunk wants it.
pub fn base(text: &str) -> Result<String, String> {
    let good = text.starts_with('/') && text.ends_with('/') && !text.contains(['?', '#', '"', '\'', '<', ' ']);
    if good { Ok(text.to_owned()) } else { Err("expected a path that begins and ends with /".into()) }
}

pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let out = env::current_dir().map_err(|error| format!("no current folder: {error}"))?.join(&args.out);
    if out.is_file() {
        return Err(format!("--out {}: this is a file", args.out.display()));
    }
    build_for(&out, args.base.as_deref())?;
    if !args.plain {
        site::compress(&out)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Where `cargo lab serve` and the browser tests expect the page.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// Sets up what is missing on this machine, then builds the release page into `out`.
pub fn build(out: &Path) -> Result<(), Failure> {
    build_for(out, None)
}

/// [`build`], for the path `base` of a host.
fn build_for(out: &Path, base: Option<&str>) -> Result<(), Failure> {
    tools::set_up_wasm()?;
    // Trunk runs offline, so that it downloads no tools of its own; the crates must be there before.
    succeed(cargo().args(["fetch", "--locked", "--quiet"]), "fetching the crates of Cargo.lock")?;
    eprintln!("building the page (the first time takes minutes, after a change less, otherwise seconds)");
    let mut trunk = Command::new(tools::find("trunk"));
    trunk.arg("build").arg("--dist").arg(out);
    if let Some(base) = base {
        trunk.args(["--public-url", base]);
    }
    trunk.current_dir(root()).env("PATH", tools::path()).env("CARGO_TARGET_DIR", target());
    // It cannot make the scripts of wasm-bindgen smaller and says so of each; `programs` can.
    trunk.env("TRUNK_SKIP_VERSION_CHECK", "true").env("RUST_LOG", "error");
    // The variable replaces the flags of `.cargo/config.toml`, without which `getrandom` does not compile for the web.
    trunk.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    // Trunk accepts only "true" and "false" here, everybody else any text.
    trunk.env_remove("NO_COLOR");
    succeed(&mut trunk, "building the page")?;
    programs::arrange(out)?;
    site::add_embed(out)
}
