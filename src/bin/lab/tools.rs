//! Set-up of a machine: finds or installs what the page and the tests need, and says what it does and why.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::Failure;
use crate::cargo::{cache, cargo, root, succeed, target};

/// The last Trunk that builds with Rust 1.95.
const TRUNK: &str = "0.21.14";

/// Goes with the `wasm_split_helpers` that Leptos brings.
const SPLIT: &str = "0.2.4";

const WASM: &str = "wasm32-unknown-unknown";

/// Where tools are installed, so that they outlive a checkout and disturb nobody's own.
fn bin() -> PathBuf {
    cache().join("tools").join("bin")
}

/// The search path with our tools first.
pub fn path() -> OsString {
    let old = env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(bin()).chain(env::split_paths(&old));
    env::join_paths(all).unwrap_or(old)
}

/// A program of ours or of the machine's, ours first; the bare name where there is neither.
pub fn find(name: &str) -> PathBuf {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&path()).map(|dir| dir.join(&file)).find(|p| p.is_file()).unwrap_or_else(|| file.into())
}

/// The first line that a program prints, if it runs.
fn first_line(program: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok().filter(|o| o.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).lines().next()?.to_string())
}

/// Makes sure that the page can be built: Rust's WebAssembly target, wasm-bindgen, Trunk.
pub fn set_up_wasm() -> Result<(), Failure> {
    wasm_target()?;
    let lock = fs::read_to_string(root().join("Cargo.lock")).map_err(|error| format!("Cargo.lock cannot be read: {error}"))?;
    let version = locked_version(&lock, "wasm-bindgen").ok_or("Cargo.lock has no wasm-bindgen")?;
    // Without `--locked`: its own lock file is older than what it builds with.
    install(
        "wasm-bindgen-cli",
        "wasm-bindgen",
        version,
        "writes the JavaScript around the compiled page; must match Cargo.lock",
        &[],
    )?;
    let options = ["--locked", "--features", "build-binary"];
    install("wasm_split_cli_support", "wasm-split-cli", SPLIT, "cuts the page into parts that are fetched when needed", &options)?;
    // rustls: no OpenSSL needed. The default features would add a self-updater.
    let lean = ["--locked", "--no-default-features", "--features", "rustls"];
    install("trunk", "trunk", TRUNK, "bundles the page into dist/", &lean)
}

/// The version of a package in a lock file.
fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let (_, rest) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    rest.split('"').next()
}

fn wasm_target() -> Result<(), Failure> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let libdir = Command::new(rustc).args(["--print", "target-libdir", "--target", WASM]).current_dir(root()).output();
    let present = libdir.is_ok_and(|o| Path::new(String::from_utf8_lossy(&o.stdout).trim()).is_dir());
    if present {
        return Ok(());
    }
    eprintln!("set-up: adding Rust's {WASM} target: the page is compiled to WebAssembly");
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", WASM]).current_dir(root());
    succeed(&mut rustup, &format!("`rustup target add {WASM}`"))
}

/// Whether cargo has installed the package for us: some programs do not tell their version.
fn installed(package: &str, version: &str) -> bool {
    let list = fs::read_to_string(cache().join("tools").join(".crates.toml")).unwrap_or_default();
    list.contains(&format!("\"{package} {version} ("))
}

/// Installs a tool at one exact version, unless it is there.
fn install(package: &str, program: &str, version: &str, why: &str, options: &[&str]) -> Result<(), Failure> {
    let here = first_line(&find(program), &["--version"]);
    if here.as_deref().is_some_and(|line| line.split_whitespace().nth(1) == Some(version)) || installed(package, version) {
        return Ok(());
    }
    let found = here.map_or("not found".into(), |line| format!("found {line}"));
    eprintln!("set-up: installing {package} {version} ({found}): it {why}");
    let start = Instant::now();
    let mut command = cargo();
    command.args(["install", package, "--version", version, "--force"]).args(options);
    command.arg("--root").arg(cache().join("tools"));
    // Not in the project's own build folder: another profile, and nobody needs it twice.
    command.env("CARGO_TARGET_DIR", target().join("tools"));
    // A build tool that runs for seconds need not be optimised for minutes.
    command.env("CARGO_PROFILE_RELEASE_LTO", "false");
    command.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
    command.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    succeed(&mut command, &format!("installing {package} {version}"))?;
    eprintln!("set-up: {package} {version} installed in {:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}

/// What only the tests need, beside what the page needs.
pub struct TestTools {
    pub chromium: Option<PathBuf>,
    pub chromedriver: Option<PathBuf>,
    /// Python with the packages that read our files, see [`set_up_python`].
    pub python: Option<PathBuf>,
    /// Some Vulkan driver, lavapipe on a machine without a GPU. Other systems bring their own graphics.
    pub vulkan: bool,
}

impl TestTools {
    fn look() -> Self {
        let program = |names: &[&str]| names.iter().map(|name| find(name)).find(|p| p.is_absolute());
        let drivers = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d"];
        let vulkan = drivers.iter().any(|dir| fs::read_dir(dir).is_ok_and(|mut files| files.next().is_some()));
        Self {
            chromium: program(&["chromium", "google-chrome", "google-chrome-stable", "chrome"]),
            chromedriver: program(&["chromedriver"]),
            python: None,
            vulkan: vulkan || !cfg!(target_os = "linux"),
        }
    }

    /// Debian's names of the packages that are missing.
    fn missing(&self, browser: bool) -> Vec<&'static str> {
        let mut packages = Vec::new();
        if browser && self.chromium.is_none() {
            packages.push("chromium");
        }
        if browser && self.chromedriver.is_none() {
            packages.push("chromium-driver");
        }
        // Debian has the part of Python that makes environments in a package of its own.
        if first_line(Path::new("python3"), &["-c", "import ensurepip, venv; print(1)"]).is_none() {
            packages.push("python3-venv");
        }
        if !self.vulkan {
            packages.extend(["mesa-vulkan-drivers", "libvulkan1"]);
        }
        packages
    }
}

/// Finds Chromium, chromedriver, Python and a Vulkan driver; installs what is missing where this is Debian and we are root.
/// Otherwise says what to install, and leaves it to the caller whether that is a failure.
pub fn set_up_tests(browser: bool) -> Result<TestTools, Failure> {
    let tools = set_up_packages(browser)?;
    let python = set_up_python().inspect_err(|message| eprintln!("set-up: {message}")).ok();
    Ok(TestTools { python, ..tools })
}

/// Packages by which the tests read our files, as others would.
const PYTHON_PACKAGES: [&str; 2] = ["numpy==2.4.6", "safetensors==0.8.0"];

/// Python in an environment of its own with [`PYTHON_PACKAGES`], made where it is not there yet.
fn set_up_python() -> Result<PathBuf, Failure> {
    let folder = cache().join("python");
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let check = "from importlib.metadata import version as v; print(*(f'{p}=={v(p)}' for p in ('numpy', 'safetensors')))";
    if first_line(&python, &["-c", check]) == Some(PYTHON_PACKAGES.join(" ")) {
        return Ok(python);
    }
    eprintln!(
        "set-up: installing {} into {}: Python reads the weights that we write",
        PYTHON_PACKAGES.join(", "),
        folder.display()
    );
    succeed(
        Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder),
        "making a Python environment (Debian: python3-venv)",
    )?;
    succeed(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PYTHON_PACKAGES), "installing Python packages")?;
    Ok(python)
}

fn set_up_packages(browser: bool) -> Result<TestTools, Failure> {
    let tools = TestTools::look();
    let missing = tools.missing(browser);
    if missing.is_empty() {
        return Ok(tools);
    }
    let debian = fs::read_to_string("/etc/os-release").is_ok_and(|text| text.lines().any(|line| line == "ID=debian"));
    let root = first_line(Path::new("id"), &["-u"]).as_deref() == Some("0");
    if !(debian && root) {
        eprintln!(
            "set-up: missing on this machine: {} (names of Debian's packages; there, `apt-get install {}` as root)",
            missing.join(", "),
            missing.join(" ")
        );
        return Ok(tools);
    }
    eprintln!(
        "set-up: installing {}: the tests drive Chromium, run on a software Vulkan, and have Python read our files",
        missing.join(", ")
    );
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        succeed(&mut command, &format!("`apt-get {}`", arguments[0]))
    };
    apt(&["update", "--quiet"])?;
    apt(&[&["install", "--quiet", "--yes", "--no-install-recommends"], missing.as_slice()].concat())?;
    Ok(TestTools::look())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_tells_the_version_of_exactly_that_package() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(lock, "wasm"), None);
    }
}
