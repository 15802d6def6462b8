//! Set-up of a machine: finds or installs what the tests need, and says what it does and why.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;
use crate::cargo::{cache, succeed};

/// A program of the machine; the bare name where there is none.
pub fn find(name: &str) -> PathBuf {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).map(|dir| dir.join(&file)).find(|p| p.is_file()).unwrap_or_else(|| file.into())
}

/// The first line that a program prints, if it runs.
fn first_line(program: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok().filter(|o| o.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).lines().next()?.to_string())
}

/// What only the tests need, beside what the page needs.
pub struct TestTools {
    pub chromium: Option<PathBuf>,
    pub chromedriver: Option<PathBuf>,
    pub firefox: Option<PathBuf>,
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
            firefox: program(&["firefox-esr", "firefox"]),
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
        if browser && self.firefox.is_none() {
            packages.push("firefox-esr");
        }
        if browser && !find("npm").is_absolute() {
            packages.push("npm");
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

/// Finds Chromium, chromedriver, Firefox, Python and a Vulkan driver; installs what is missing where this is Debian and we are root.
/// Otherwise says what to install, and leaves it to the caller whether that is a failure. `full`: Python has PyTorch as well.
pub fn set_up_tests(browser: bool, full: bool) -> Result<TestTools, Failure> {
    let tools = set_up_packages(browser)?;
    let python = set_up_python(full).inspect_err(|message| eprintln!("set-up: {message}")).ok();
    Ok(TestTools { python, ..tools })
}

/// Packages by which the tests read our files, as others would.
const PYTHON_PACKAGES: [&str; 3] = ["numpy==2.4.6", "safetensors==0.8.0", "onnxruntime==1.32.0"];

/// What is too large to be installed without being asked for: gigabytes on Linux.
const FULL_PACKAGES: [&str; 2] = ["torch==2.15.0", "sae-lens==6.54.12"];

/// Python in an environment of its own with [`PYTHON_PACKAGES`], made where it is not there yet; `full`: another, with
/// [`FULL_PACKAGES`] besides.
fn set_up_python(full: bool) -> Result<PathBuf, Failure> {
    let folder = cache().join(if full { "python-full" } else { "python" });
    let more = if full { &FULL_PACKAGES[..] } else { &[] };
    let packages = [&PYTHON_PACKAGES[..], more].concat();
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let names: Vec<&str> = packages.iter().filter_map(|package| package.split("==").next()).collect();
    let check = format!("from importlib.metadata import version as v; print(*(f'{{p}}=={{v(p)}}' for p in {names:?}))");
    if first_line(&python, &["-c", &check]) == Some(packages.join(" ")) {
        return Ok(python);
    }
    eprintln!("set-up: installing {} into {}: Python reads what we write", packages.join(", "), folder.display());
    succeed(
        Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder),
        "making a Python environment (Debian: python3-venv)",
    )?;
    succeed(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(&packages), "installing Python packages")?;
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
        "set-up: installing {}: the tests drive Chromium and Firefox, run on a software Vulkan, and have Python read our files",
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
