//! What of a site is kept for when there is no network: the list `offline.json`, and the service worker that goes by it.

use std::path::Path;

use latent_experiment::PRESETS;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::Failure;
use crate::cargo::root;
use crate::languages::FOLDER;
use crate::site::{digest, files, is_by_content, read, write};

/// The worker, with a place for what the build is called.
const WORKER: &str = "sw.js";
const BUILD: &str = "{{build}}";
const LIST: &str = "offline.json";

/// Whether a file of a site is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kept {
    /// The page needs it.
    Always,
    /// Large, or for few: once it has been used, or somebody asks for it.
    OnceUsed,
    Never,
}

/// Whether the file of that path is kept.
fn kept(path: &str) -> Kept {
    let folder = |name: &str| path.starts_with(&format!("{name}-")) && path.contains('/');
    let of_programs = || path.split('/').nth(1).unwrap_or_default();
    let first = || path.strip_prefix("assets/presets/").is_some_and(|file| file == format!("{}.safetensors", PRESETS[0].id));
    match path {
        "index.html" => Kept::Always,
        _ if folder("programs") && of_programs() == "eager" => Kept::Never,
        _ if folder("programs") && ["pack", FOLDER].contains(&of_programs()) => Kept::OnceUsed,
        _ if folder("programs") => Kept::Always,
        _ if path.starts_with("lessons/") => Kept::Always,
        // The sheets of other languages.
        _ if path.starts_with(&format!("{FOLDER}/")) => Kept::OnceUsed,
        // What the gallery shows.
        _ if path.starts_with("assets/presets/") && (path.ends_with(".png") || first()) => Kept::Always,
        _ if path.starts_with("assets/") && !path.ends_with(".md") && !path.ends_with(".txt") => Kept::OnceUsed,
        // What writes the code of a figure, and shows it.
        _ if folder("embed") || path == "embed-code.html" => Kept::OnceUsed,
        _ if !path.contains('/') && is_by_content(path) => Kept::Always,
        _ => Kept::Never,
    }
}

/// An entry of the list: path, bytes, whether it is always kept, and the SHA-256 of what is not called by its content.
fn entry(path: &str, bytes: &[u8]) -> Option<Value> {
    let needed = match kept(path) {
        Kept::Always => true,
        Kept::OnceUsed => false,
        Kept::Never => return None,
    };
    // Some hosts lead from `index.html` to its folder.
    let address = if path == "index.html" { "" } else { path };
    let sum = if is_by_content(path) { String::new() } else { format!("{:x}", Sha256::digest(bytes)) };
    Some(json!([address, bytes.len(), needed, sum]))
}

/// Puts the list and the worker into a site that is complete otherwise.
///
/// # Errors
/// If a file cannot be read or written.
pub fn add(site: &Path) -> Result<(), Failure> {
    let mut all = Vec::new();
    for file in files(site)? {
        let path = file.strip_prefix(site).expect("it was found there").to_string_lossy().replace('\\', "/");
        all.extend(entry(&path, &read(&file)?));
    }
    let build = digest([json!(all).to_string()]);
    write(&site.join(LIST), json!({ "build": build, "files": all }).to_string().as_bytes())?;
    let worker = String::from_utf8_lossy(&read(&root().join("assets").join(WORKER))?).replace(BUILD, &build);
    write(&site.join(WORKER), worker.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_the_page_needs_is_kept_and_what_few_use_is_not() {
        let programs = "programs-0123456789abcdef";
        for path in ["index.html", "page-0123456789abcdef.css", "lessons/a.html", "assets/presets/faces-sae.png"] {
            assert_eq!(kept(path), Kept::Always, "{path}");
        }
        for path in ["page/page_bg.wasm", "engine/split_vae.wasm", "worker/start.js", "style/lessons.css", "lessons/index.json"] {
            assert_eq!(kept(&format!("{programs}/{path}")), Kept::Always, "{path}");
        }
        assert_eq!(kept(&format!("assets/presets/{}.safetensors", PRESETS[0].id)), Kept::Always);
        for path in ["assets/mnist/train-labels.gz", "assets/presets/faces-sae.safetensors", "embed-0123456789abcdef/parts.js"] {
            assert_eq!(kept(path), Kept::OnceUsed, "{path}");
        }
        for path in ["pack/pack_bg.wasm", "languages/language.js", "languages/de.json", "languages/de/lessons/index.json"] {
            assert_eq!(kept(&format!("{programs}/{path}")), Kept::OnceUsed, "{path}");
        }
        assert_eq!(kept("languages/de/lessons/a.html"), Kept::OnceUsed);
        for path in ["examples/post/index.html", "embed.js", "sw.js", "assets/presets/README.md"] {
            assert_eq!(kept(path), Kept::Never, "{path}");
        }
        assert_eq!(kept(&format!("{programs}/eager/eager_bg.wasm")), Kept::Never);
    }

    #[test]
    fn a_file_that_changes_makes_another_build() {
        let site = std::env::temp_dir().join(format!("latent-lab-offline-{}", std::process::id()));
        fs::create_dir_all(site.join("assets/mnist")).unwrap();
        fs::write(site.join("index.html"), "page").unwrap();
        let build = |digits: &str| {
            fs::write(site.join("assets/mnist/t10k.gz"), digits).unwrap();
            add(&site).unwrap();
            let list: Value = serde_json::from_slice(&read(&site.join(LIST)).unwrap()).unwrap();
            let worker = fs::read_to_string(site.join(WORKER)).unwrap();
            assert!(worker.contains(list["build"].as_str().unwrap()) && !worker.contains(BUILD), "{worker}");
            list
        };
        let (one, two) = (build("one"), build("two"));
        assert_ne!(one["build"], two["build"]);
        assert_eq!(
            one["files"][0],
            json!(["assets/mnist/t10k.gz", 3, false, "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"])
        );
        assert_eq!(one["files"][1][0], "", "the page is its folder");
        fs::remove_dir_all(site).unwrap();
    }
}
