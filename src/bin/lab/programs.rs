//! What Trunk compiles, as a site has it: in a folder that is called by its content, the page and the engine cut into parts of
//! which most are fetched when somebody asks for what they do.
//!
//! `wasm-split-cli` cuts between the compiler and wasm-bindgen, where Trunk lets nobody in: what Trunk has made of the page and
//! the engine is made once more.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;
use crate::cargo::{quiet, succeed, target};
use crate::site::{about, files, read, write};
use crate::tools;
use crate::wasm;

/// Programs with parts that come later.
const CUT: [&str; 2] = ["page", "engine"];
/// Workers that are themselves fetched when they are wanted. Eager Burn is too large to look for what is alike in it.
const WHOLE: [&str; 2] = ["eager", "pack"];

/// Replaces what Trunk left at the top of `site` by the folder of programs, and has the index point there.
pub fn arrange(site: &Path) -> Result<(), Failure> {
    let new = site.join("programs");
    for program in CUT {
        cut(program, &new.join(program))?;
    }
    for program in WHOLE {
        fs::create_dir_all(new.join(program)).map_err(|e| about(&new, &e))?;
        for (from, to) in of_program(site, program).iter().zip(of_program(&new.join(program), program)) {
            rename(from, &to)?;
        }
    }
    shrink("pack", &of_program(&new.join("pack"), "pack"))?;
    shrink("player", &of_program(site, "player"))?;
    let mut hasher = DefaultHasher::new();
    for file in files(&new)? {
        file.strip_prefix(&new).expect("it was found there").hash(&mut hasher);
        read(&file)?.hash(&mut hasher);
    }
    let folder = format!("programs-{:016x}", hasher.finish());
    rename(&new, &site.join(&folder))?;
    for file in of_program(site, "engine") {
        remove(&file)?;
    }
    let index = site.join("index.html");
    let html = String::from_utf8_lossy(&read(&index)?).into_owned();
    let stem = trunks_page(&html).ok_or("Trunk has left no page in index.html")?.to_owned();
    for end in [".js", "_bg.wasm"] {
        remove(&site.join(format!("{stem}{end}")))?;
    }
    write(&index, html.replace(&stem, &format!("{folder}/page/page")).as_bytes())
}

/// The files of a program that lies in `folder`.
fn of_program(folder: &Path, program: &str) -> [PathBuf; 2] {
    [format!("{program}.js"), format!("{program}_bg.wasm")].map(|name| folder.join(name))
}

/// What Trunk has called the page, without the endings.
fn trunks_page(html: &str) -> Option<&str> {
    let names = html.match_indices("page-").filter_map(|(begin, word)| {
        let hash = html[begin + word.len()..].find(|c: char| !c.is_ascii_hexdigit())?;
        Some(html[begin..].split_at(word.len() + hash))
    });
    // The style sheet is called alike.
    names.filter(|(_, rest)| rest.starts_with(".js")).map(|(name, _)| name).next()
}

/// Cuts a program and writes the JavaScript around it, into `folder`.
fn cut(program: &str, folder: &Path) -> Result<(), Failure> {
    let compiled = target().join("wasm32-unknown-unknown").join("web").join(program).with_extension("wasm");
    let mut split = quiet(Command::new(tools::find("wasm-split-cli")));
    split.arg(&compiled).arg(folder).args(["--target", "web", "--out-name", program]);
    succeed(&mut split, &format!("cutting the {program} into parts"))?;
    let whole = folder.join(program).with_extension("wasm");
    let mut bind = quiet(Command::new(tools::find("wasm-bindgen")));
    bind.arg(&whole).arg("--out-dir").arg(folder);
    bind.args(["--target", "web", "--no-typescript", "--remove-name-section", "--remove-producers-section", "--keep-lld-exports"]);
    succeed(&mut bind, &format!("writing the JavaScript around the {program}"))?;
    remove(&whole)?;
    shrink(program, &files(folder)?)
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

fn rename(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::rename(from, to).map_err(|e| about(from, &e))
}

fn remove(file: &PathBuf) -> Result<(), Failure> {
    fs::remove_file(file).map_err(|e| about(file, &e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_found_in_the_index() {
        let html = "<link href=\"./page-a2b23db414417cd0.css\"> import init from './page-5268df47b60c7d2d.js'; <link href=\"./page-5268df47b60c7d2d_bg.wasm\">";
        assert_eq!(trunks_page(html), Some("page-5268df47b60c7d2d"));
        assert_eq!(trunks_page("<title>no page</title>"), None);
    }
}
