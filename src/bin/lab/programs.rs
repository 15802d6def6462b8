//! The programs of the site: compiled to WebAssembly, cut into parts of which most are fetched when somebody asks for what they
//! do, with JavaScript around them, made small.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Instant;

use wasm_bindgen_cli_support::Bindgen;

use crate::Failure;
use crate::cargo::{cargo, succeed, target};
use crate::index::Program;
use crate::site::{about, copy_folder, digest, files, read, write};
use crate::wasm;

/// Programs with parts that come later: `src/bin/relocs.rs` has their linker leave what cutting needs.
const CUT: [&str; 2] = ["page", "engine"];
/// Too large to look for what is alike in it, and few ever load it.
const LARGE: &str = "eager";
/// Go with the scripts of embedded figures, which have a folder of their own.
pub const OF_FIGURES: [&str; 2] = ["player", "older"];

/// What decides what a program is made into. Not the file of this command: tests replace that while it runs.
const OWN: [&str; 4] =
    [include_str!("programs.rs"), include_str!("wasm.rs"), include_str!("order.rs"), include_str!("../../../Cargo.lock")];

/// The worker with Burn's own execution: many times larger than all else, and so no part of what `index.html` lists.
pub fn eager() -> Program {
    Program { name: LARGE.into(), manifest: "src/bin/eager/Cargo.toml".into(), profile: "web-eager".into() }
}

/// Builds `programs` and puts them into `site`: each in a folder of its own within `folder`, and those of figures at the top. While one is
/// compiled, the one before is made small.
///
/// # Errors
/// If one does not compile, or a file cannot be written.
pub fn build(programs: &[Program], site: &Path, folder: &Path) -> Result<(), Failure> {
    let made: Vec<PathBuf> = thread::scope(|scope| {
        let mut making = Vec::new();
        succeed(cargo().args(["fetch", "--quiet"]), "fetching the crates of Cargo.lock")?;
        for (i, program) in programs.iter().enumerate() {
            eprintln!("program {} of {}: {}", i + 1, programs.len(), program.name);
            let start = Instant::now();
            let compiled = compile(program)?;
            eprintln!("  {} compiled in {:.0} s", program.name, start.elapsed().as_secs_f64());
            making.push(scope.spawn(move || made(&program.name, &compiled)));
        }
        making.into_iter().map(|thread| thread.join().expect("making a program small does not panic")).collect::<Result<_, _>>()
    })?;
    programs.iter().zip(&made).try_for_each(|(program, made)| {
        let of_figures = OF_FIGURES.contains(&program.name.as_str());
        copy_folder(made, &if of_figures { site.to_owned() } else { folder.join(&program.name) })
    })
}

/// Compiles a program and returns its WebAssembly.
fn compile(program: &Program) -> Result<PathBuf, Failure> {
    let mut build = cargo();
    build.args(["build", "--target", "wasm32-unknown-unknown", "--manifest-path", &program.manifest]);
    build.args(["--bin", &program.name, "--profile", &program.profile]);
    build.args(["--config", &format!("target.wasm32-unknown-unknown.rustflags=[{}]", short_paths()?.join(","))]);
    // The variables replace the flags of `.cargo/config.toml`, without which `getrandom` does not compile for the web.
    build.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    succeed(&mut build, &format!("compiling the {}", program.name))?;
    Ok(target().join("wasm32-unknown-unknown").join(&program.profile).join(&program.name).with_extension("wasm"))
}

/// Flags, as TOML, that have panics name files by their crates: where they lie on the machine that builds is nobody's business, and
/// kilobytes of download. This checkout's own files have relative names already, and naming its folder here would have every clone
/// compile all crates anew.
fn short_paths() -> Result<Vec<String>, Failure> {
    let home = env::var_os("CARGO_HOME").map_or_else(|| env::home_dir().unwrap_or_default().join(".cargo"), PathBuf::from);
    let sources = home.join("registry").join("src");
    // Before the first download there is no such folder, so this is asked for after `cargo fetch`.
    let registries = fs::read_dir(&sources).map_err(|e| about(&sources, &e))?.filter_map(Result::ok).map(|entry| entry.path());
    let flag = |folder: PathBuf| format!("'--remap-path-prefix={}='", folder.join("").display());
    Ok(registries.map(flag).collect())
}

/// The folder with what a program is made into. What has been made of the same WebAssembly by the same command is there still.
fn made(name: &str, compiled: &Path) -> Result<PathBuf, Failure> {
    let parent = target().join("programs").join(name);
    let done = parent.join(digest(OWN.map(str::as_bytes).into_iter().chain([&read(compiled)?[..]])));
    if done.is_dir() {
        return Ok(done);
    }
    // What was made of earlier states is of no more use. Half a folder must never count as done: it gets its name last.
    if parent.is_dir() {
        fs::remove_dir_all(&parent).map_err(|e| about(&parent, &e))?;
    }
    let half = parent.join("half");
    fs::create_dir_all(&half).map_err(|e| about(&half, &e))?;
    make(name, compiled, &half)?;
    fs::rename(&half, &done).map_err(|e| about(&done, &e))?;
    Ok(done)
}

/// Cuts a program where it has parts, and writes the JavaScript around it, into `folder`.
fn make(name: &str, compiled: &Path, folder: &Path) -> Result<(), Failure> {
    let start = Instant::now();
    let whole = folder.join(name).with_extension("wasm");
    for place in [Some(crate::cargo::root()), env::home_dir()].into_iter().flatten() {
        let (place, module) = (place.join("").display().to_string(), read(compiled)?);
        if module.windows(place.len()).any(|bytes| bytes == place.as_bytes()) {
            return Err(format!("the {name} names a folder of the machine that compiled it: {place}"));
        }
    }
    let cut = CUT.contains(&name);
    if cut {
        let module = read(compiled)?;
        let script = format!("./{name}.js");
        let mut options = wasm_split_cli_support::Options::new(&module);
        (options.output_dir, options.main_out_path, options.main_module) = (folder, &whole, &script);
        options.target.web();
        wasm_split_cli_support::transform(options).map_err(|e| format!("cutting the {name} into parts: {e:#}"))?;
    }
    let mut bindgen = Bindgen::new();
    bindgen.input_path(if cut { &whole } else { compiled }).out_name(name);
    bindgen.typescript(false).remove_name_section(true).remove_producers_section(true).keep_lld_exports(cut);
    // Workers are started without saying where their WebAssembly is.
    bindgen.omit_default_module_path(false);
    let written = bindgen.web(true).and_then(|bindgen| bindgen.generate(folder));
    written.map_err(|e| format!("writing the JavaScript around the {name}: {e:#}"))?;
    if cut {
        fs::remove_file(&whole).map_err(|e| about(&whole, &e))?;
    }
    if name != LARGE {
        shrink(name, &files(folder)?)?;
    }
    eprintln!("  {name} made small in {:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}

/// Makes the files of a program small for the way to the browser: its WebAssembly, in one file or in parts, and the
/// JavaScript around it.
fn shrink(program: &str, files: &[PathBuf]) -> Result<(), Failure> {
    let main = format!("{program}_bg.wasm");
    let main = files.iter().find(|file| file.ends_with(&main)).ok_or_else(|| format!("there is no {main}"))?;
    let names = wasm::short_names(&read(main)?, &format!("./{program}_bg.js")).map_err(|e| about(main, &e))?;
    for file in files {
        let old = read(file)?;
        let new = match file.extension().and_then(|end| end.to_str()) {
            Some("wasm") => wasm::pack(&old, &names).map_err(|e| about(file, &e))?,
            Some("js") => {
                // wasm-bindgen leaves the semicolons of its imports to the ends of their lines, and those go.
                let renamed = wasm::rename(&String::from_utf8_lossy(&old), &names).replace(".js\"\n", ".js\";\n");
                minifier::js::minify(&renamed).map_err(|e| about(file, &e))?.to_string().into_bytes()
            }
            _ => continue,
        };
        write(file, &new)?;
    }
    Ok(())
}

/// Makes sure that Rust can compile to WebAssembly.
///
/// # Errors
/// If the target is missing and cannot be added.
pub fn set_up() -> Result<(), Failure> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let libdir =
        Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]).current_dir(crate::cargo::root()).output();
    if libdir.is_ok_and(|o| Path::new(String::from_utf8_lossy(&o.stdout).trim()).is_dir()) {
        return Ok(());
    }
    eprintln!("set-up: adding Rust's {TARGET} target: the page is compiled to WebAssembly");
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", TARGET]).current_dir(crate::cargo::root());
    succeed(&mut rustup, &format!("`rustup target add {TARGET}`"))
}
