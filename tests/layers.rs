//! Dependencies point downwards only: who may name whom, held against the source itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What each module of the library may name besides itself.
const LAYERS: &[(&str, &[&str])] = &[
    // What messages carry of questions is told by `view`.
    ("spec", &["catalog", "view"]),
    ("registry", &["spec", "train"]),
    ("catalog", &["spec", "data", "ae", "vae", "vq", "sae"]),
    ("player", &["spec", "catalog", "view"]),
    // Geometry of codes, for both sides: names nothing.
    ("latent", &[]),
    ("part", &[]),
    ("gunzip", &[]),
    ("small", &[]),
    ("wire", &["spec", "view"]),
    ("ui", &["spec", "catalog", "player", "latent", "part", "gunzip", "wire", "view"]),
    // Page and engine meet only in `spec::protocol`: from here on nobody names `ui`.
    ("compile", &["spec", "small"]),
    ("gpu", &["spec", "compile"]),
    // The compiler must know the operations that `nn` adds to Burn's.
    ("nn", &["spec", "catalog", "compile"]),
    // `train` is where a method's registry line enters it; the methods themselves are checked below.
    ("ae", &["spec", "nn", "registry", "train"]),
    ("vae", &["spec", "nn", "registry", "train"]),
    ("vq", &["spec", "nn", "registry", "train"]),
    ("sae", &["spec", "nn", "registry", "train"]),
    // The browser's files: knows nothing of what is in them.
    ("opfs", &[]),
    // What `import` writes and `data` reads.
    ("packed", &["spec", "opfs"]),
    ("import", &["spec", "packed", "wire"]),
    ("data", &["spec", "nn", "packed"]),
    ("measure", &[]),
    // Questions and how they are answered, wherever the model runs.
    ("view", &["spec", "latent", "measure"]),
    // Bytes in, bytes out: knows nothing of what made them.
    ("store", &["spec", "opfs", "small"]),
    (
        "train",
        &[
            "spec", "catalog", "ae", "vae", "vq", "sae", "nn", "data", "packed", "measure", "view", "compile", "gpu", "latent",
            "store", "part", "gunzip", "wire", "small",
        ],
    ),
];

/// Crates that only some modules may name.
const CRATES: &[(&str, &[&str])] = &[
    ("wgpu", &["gpu"]),
    ("burn", &["compile", "nn", "ae", "vae", "vq", "sae", "train"]),
    ("burn_ir", &["compile", "gpu", "nn", "train"]),
    ("burn_router", &["nn"]),
    ("leptos", &["ui", "bin/page"]),
];

/// What each program may name of the library.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("bin/page", &["ui"]),
    ("bin/engine", &["spec", "train"]),
    ("bin/eager", &["spec", "train"]),
    ("bin/pack", &["import"]),
    ("bin/lab", &["spec", "catalog", "data", "train", "measure", "import", "player"]),
    ("bin/player", &["spec", "player", "latent"]),
];

#[test]
fn dependencies_point_downwards() {
    let mut sources = Vec::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut sources);
    assert!(sources.len() > 10, "only {} sources found", sources.len());
    let wrong: Vec<String> = sources.iter().flat_map(|(path, text)| violations(path, text)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_violation_is_caught() {
    for (path, text) in [
        ("ui/chart.rs", "use crate::train::Session;"),
        ("ui/panel/map.rs", "use super::super::super::gpu::Device;"),
        ("ui/app.rs", "use burn::tensor::Tensor;"),
        ("ui/mod.rs", "use super::{spec::Setup, train};"),
        ("compile/grad.rs", "use crate::{spec::Setup, vae::vae::Vae};"),
        ("compile/mod.rs", "fn f() { crate::nn::init() }"),
        ("vae/beta.rs", "use crate::gpu;"),
        ("nn/mlp.rs", "let x = wgpu::Features::empty();"),
        ("train/session.rs", "pub use ::wgpu as graphics;"),
        ("train/link.rs", "use crate::ui::Page;"),
        ("gpu/plan.rs", "use crate::train::Session;"),
        ("bin/engine.rs", "use latent_lab::ui;"),
        ("bin/page.rs", "fn main() { latent_lab::train::start() }"),
        ("surprise/mod.rs", ""),
    ] {
        assert_eq!(violations(path, text).len(), 1, "{path}: {text} gives {:?}", violations(path, text));
    }
    for (path, text) in [
        ("ui/chart.rs", "use crate::spec::protocol::{Event, View};\n// never crate::train\n"),
        ("ui/panel/map.rs", "use super::{map, super::state::State};\nlet s = \"crate::train\";"),
        ("vae/mod.rs", "pub const E: &[&dyn crate::train::Entry] = &[];"),
        ("gpu/device.rs", "use wgpu::Adapter; use crate::compile::Plan;"),
        ("train/mod.rs", "use burn::backend::wgpu::WgpuDevice;"),
        ("nn/mlp.rs", "/* crate::gpu */ let quote = '\"'; let lifetime: &'static str = \"wgpu::\";"),
    ] {
        assert_eq!(violations(path, text), Vec::<String>::new(), "{path}: {text}");
    }
}

/// All Rust files below `folder`, with their path from `src` and their text.
fn read(folder: &Path, prefix: &str, out: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("the sources are readable").map(|e| e.expect("the folder is readable")) {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            read(&entry.path(), &format!("{name}/"), out);
        } else if name.ends_with(".rs") {
            out.push((name, fs::read_to_string(entry.path()).expect("the sources are UTF-8")));
        }
    }
}

/// One sentence for each module or crate that the file `path` (from `src`) names against the rules.
fn violations(path: &str, text: &str) -> Vec<String> {
    let parts: Vec<&str> = path.trim_end_matches(".rs").trim_end_matches("/mod").split('/').collect();
    let program = parts[0] == "bin";
    let owner = if program { parts[..2].join("/") } else { parts[0].to_string() };
    if owner == "lib" {
        return Vec::new();
    }
    let table = if program { PROGRAMS } else { LAYERS };
    let Some((_, allowed)) = table.iter().find(|(name, _)| *name == owner) else {
        return vec![format!("src/{path}: {owner} has no place in the layers; give it one in tests/layers.rs")];
    };
    let depth = if program { usize::MAX } else { parts.len() };
    let named = names(text, depth);
    let ours = LAYERS.iter().map(|(name, _)| *name).filter(|name| named.own.contains(*name) && *name != owner);
    let modules = ours.filter(|name| !allowed.contains(name));
    let foreign = CRATES.iter().filter(|(name, users)| named.crates.contains(*name) && !users.contains(&owner.as_str()));
    modules.chain(foreign.map(|(name, _)| *name)).map(|name| format!("src/{path}: {owner} may not name {name}")).collect()
}

/// What a file names.
#[derive(Default)]
struct Names {
    /// First segments of paths from the root of our library.
    own: BTreeSet<String>,
    /// First segments of all other paths.
    crates: BTreeSet<String>,
}

/// Reads the paths in `text`, the source of a module `depth` levels below the root, in `use` lines and anywhere else.
fn names(text: &str, depth: usize) -> Names {
    let tokens = tokens(text);
    let mut out = Names::default();
    for (i, token) in tokens.iter().enumerate() {
        // `::wgpu` names the crate; in `a::wgpu` the path began earlier.
        let inner = i > 1 && tokens[i - 1] == "::" && is_word(&tokens[i - 2]) && tokens[i - 2] != "use";
        if is_word(token) && !inner {
            path(&tokens, i, depth, &mut out);
        }
    }
    out
}

/// Records the path that begins at token `i`: what follows `crate::`, or enough `super::`, or stands alone before `::`.
fn path(tokens: &[String], mut i: usize, depth: usize, out: &mut Names) {
    let at = |i: usize| tokens.get(i).map_or("", String::as_str);
    let mut up = 0;
    let from_root = match at(i) {
        "crate" | "latent_lab" => true,
        "super" => {
            while at(i) == "super" && at(i + 1) == "::" && at(i + 2) == "super" {
                i += 2;
                up += 1;
            }
            up + 1 >= depth
        }
        _ => {
            let import = i > 0 && at(i - 1) == "use" || i > 1 && at(i - 1) == "::" && at(i - 2) == "use";
            if at(i + 1) == "::" || import {
                out.crates.insert(at(i).to_string());
            }
            return;
        }
    };
    if !from_root || at(i + 1) != "::" {
        return;
    }
    if at(i + 2) != "{" {
        out.own.insert(at(i + 2).to_string());
        return;
    }
    // A group: the first word of each item counts.
    let (mut level, mut first) = (0, true);
    for token in &tokens[i + 2..] {
        match token.as_str() {
            "{" => {
                level += 1;
                first = level == 1;
            }
            "}" => level -= 1,
            "," => first = level == 1,
            word if first && level == 1 => {
                out.own.insert(word.to_string());
                first = false;
            }
            _ => {}
        }
        if level == 0 {
            return;
        }
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Words, `::` and single marks; without comments, strings and characters.
fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let mut out = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        match at(i) {
            '/' if at(i + 1) == '/' => {
                while i < chars.len() && at(i) != '\n' {
                    i += 1;
                }
            }
            '/' if at(i + 1) == '*' => {
                i += 2;
                while i < chars.len() && !(at(i) == '*' && at(i + 1) == '/') {
                    i += 1;
                }
                i += 2;
            }
            'r' if at(i + 1) == '"' || (at(i + 1) == '#' && matches!(at(i + 2), '"' | '#')) => {
                let hashes = (i + 1..).take_while(|&k| at(k) == '#').count();
                i += hashes + 2;
                while i < chars.len() && !(at(i) == '"' && (1..=hashes).all(|k| at(i + k) == '#')) {
                    i += 1;
                }
                i += hashes + 1;
            }
            '"' => {
                i += 1;
                while i < chars.len() && at(i) != '"' {
                    i += if at(i) == '\\' { 2 } else { 1 };
                }
                i += 1;
            }
            // A character, as opposed to a lifetime, closes after one character or an escape.
            '\'' if at(i + 1) == '\\' => {
                i += 3;
                while i < chars.len() && at(i) != '\'' {
                    i += 1;
                }
                i += 1;
            }
            '\'' if at(i + 2) == '\'' => i += 3,
            ':' if at(i + 1) == ':' => {
                out.push("::".into());
                i += 2;
            }
            c if c.is_alphanumeric() || c == '_' => {
                let start = i;
                while at(i).is_alphanumeric() || at(i) == '_' {
                    i += 1;
                }
                out.push(chars[start..i].iter().collect());
            }
            c => {
                if !c.is_whitespace() {
                    out.push(c.into());
                }
                i += 1;
            }
        }
    }
    out
}
