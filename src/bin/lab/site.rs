//! What a site has beside its programs: the folder of embedded figures, and compressed files beside the others.

use std::collections::hash_map::DefaultHasher;
use std::fmt::Display;
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;

use flate2::Compression;
use flate2::write::GzEncoder;
use latent_experiment::{PRESETS, Preset, figure};
use latent_player::Player;
use serde_json::{Value, json};

use crate::cargo::root;
use crate::{Failure, languages};

/// What the figures compute with, and what they fetch for files of before, as the build leaves them at the top of the site.
const PROGRAMS: [&str; 4] = ["player.js", "player_bg.wasm", "older.js", "older_bg.wasm"];
/// What others name; everything else lies in a folder that is called by its content.
const ELEMENT: &str = "embed.js";
/// Pages with a figure, and by what name they are known.
const PAGES: [(&str, &str); 2] = [("embed.html", "embed.html"), ("code.html", "embed-code.html")];
/// Types of the element, for whoever writes pages in TypeScript; by a name that does not change, like the script's. Those of the
/// scripts themselves end alike and are no part of a site.
const TYPES: (&str, &str) = ("index.d.ts", "embed.d.ts");
const DECLARATIONS: &str = ".d.ts";
/// Scripts of those pages alone.
const OF_PAGES: [&str; 2] = ["frame.js", "code.js"];
/// A script that few figures fetch.
const LATER: &str = languages::SCRIPT;
/// What the page that writes the code of a figure knows of the models.
const PRESETS_FILE: &str = "presets.json";

/// Files that compress, by extension. Pictures and the data's own .gz files do not.
const COMPRESSIBLE: [&str; 8] = ["html", "css", "js", "wasm", "json", "svg", "txt", "safetensors"];
/// Brotli's slowest levels take minutes for the largest worker and save a few hundredths.
const BROTLI_LEVEL: i32 = 9;
const BROTLI_WINDOW: i32 = 22;

/// Puts the scripts of embedded figures and their programs into a folder whose name changes with its content, so that hosts may
/// let browsers keep it for ever; `embed.js` and the pages keep their names and point there.
/// `languages` are the names and contents of what figures in other languages read.
pub fn add_embed(site: &Path, languages: &[(String, Vec<u8>)]) -> Result<(), Failure> {
    let source = root().join("assets/embed");
    let mut files = files(&source)?;
    files.retain(|file| {
        let page = PAGES.iter().any(|(name, _)| *file == source.join(name));
        !page && !file.to_string_lossy().ends_with(DECLARATIONS)
    });
    let programs = PROGRAMS.map(|name| site.join(name));
    let presets = presets()?.to_string();
    let mut content = vec![presets.clone().into_bytes()];
    for file in files.iter().chain(&programs) {
        content.push(read(file)?);
    }
    content.extend(languages.iter().map(|(_, bytes)| bytes.clone()));
    let folder = format!("embed-{}", digest(&content));
    // Flat, so that a browser fetches all at once instead of one behind the other.
    let mut element =
        String::from("// Figures of Latent Lab for any page: <latent-lab preset=\"mnist-vae\" panel=\"traversal\">.\n");
    for file in &files {
        let name = file.strip_prefix(&source).expect("it was found there").to_string_lossy().replace('\\', "/");
        copy(file, &site.join(&folder).join(&name))?;
        if name.ends_with(".js") && !OF_PAGES.contains(&name.as_str()) && name != LATER {
            element += &format!("import \"./{folder}/{name}\";\n");
        }
    }
    element += &format!("export * from \"./{folder}/element.js\";\n");
    for (file, name) in programs.iter().zip(PROGRAMS) {
        fs::rename(file, site.join(&folder).join(name)).map_err(|e| about(file, &e))?;
    }
    write(&site.join(&folder).join(PRESETS_FILE), presets.as_bytes())?;
    for (name, bytes) in languages {
        write(&site.join(&folder).join(name), bytes)?;
    }
    for (from, to) in PAGES {
        let page = String::from_utf8_lossy(&read(&source.join(from))?).replace("FOLDER", &folder);
        write(&site.join(to), page.as_bytes())?;
    }
    copy(&source.join(TYPES.0), &site.join(TYPES.1))?;
    write(&site.join(ELEMENT), element.as_bytes())
}

/// The models that ship, and what a figure of each can show, the first by itself.
fn presets() -> Result<Value, Failure> {
    let one = |p: &Preset| {
        let file = root().join(format!("assets/presets/{}.safetensors", p.id));
        let player = Player::load(&read(&file)?).map_err(|e| format!("{}: {e}", file.display()))?;
        Ok(json!({ "id": p.id, "label": p.label, "panels": figure::panels(player.code()) }))
    };
    PRESETS.iter().map(one).collect()
}

/// Puts `.gz` and `.br` beside every file that compresses: hosts that look for them need not compress on each request.
pub fn compress(site: &Path) -> Result<(), Failure> {
    let compressible = |file: &PathBuf| file.extension().and_then(|e| e.to_str()).is_some_and(|e| COMPRESSIBLE.contains(&e));
    let mut files: Vec<PathBuf> = files(site)?.into_iter().filter(compressible).collect();
    // The largest first, so that no thread is left with it alone at the end.
    files.sort_by_key(|file| std::cmp::Reverse(fs::metadata(file).map_or(0, |m| m.len())));
    let next = std::sync::Mutex::new(files.into_iter());
    let work = || {
        loop {
            let file = next.lock().expect("no thread panics while it takes a file").next();
            let Some(file) = file else { return Ok(()) };
            compress_one(&file)?;
        }
    };
    thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().try_for_each(|thread| thread.join().expect("compressing does not panic"))
    })
}

fn compress_one(file: &Path) -> Result<(), Failure> {
    let bytes = read(file)?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&bytes).map_err(|e| about(file, &e))?;
    write(&beside(file, ".gz"), &gzip.finish().map_err(|e| about(file, &e))?)?;
    let parameters = brotli::enc::BrotliEncoderParams { quality: BROTLI_LEVEL, lgwin: BROTLI_WINDOW, ..Default::default() };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &parameters).map_err(|e| about(file, &e))?;
    write(&beside(file, ".br"), &packed)
}

/// The name of a compressed file beside `file`.
pub fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// All files below a folder, in a fixed order.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(|e| about(folder, &e))?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    let mut out = Vec::new();
    for path in paths {
        if path.is_dir() { out.extend(files(&path)?) } else { out.push(path) }
    }
    Ok(out)
}

pub fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(file).map_err(|e| about(file, &e))
}

pub fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::create_dir_all(to.parent().expect("a file lies in a folder")).map_err(|e| about(to, &e))?;
    fs::copy(from, to).map(|_| ()).map_err(|e| about(to, &e))
}

/// Copies all files below a folder.
pub fn copy_folder(from: &Path, to: &Path) -> Result<(), Failure> {
    files(from)?.iter().try_for_each(|file| copy(file, &to.join(file.strip_prefix(from).expect("it was found there"))))
}

/// Adds to a folder's name a part that changes with what is in it. Returns the new name.
///
/// # Errors
/// If a file cannot be read, or the folder keeps its name.
pub fn called_by_content(folder: &Path) -> Result<String, Failure> {
    let mut content = Vec::new();
    for file in files(folder)? {
        content.push(file.strip_prefix(folder).expect("it was found there").as_os_str().as_encoded_bytes().to_vec());
        content.push(read(&file)?);
    }
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let name = format!("{name}-{}", digest(&content));
    fs::rename(folder, folder.with_file_name(&name)).map_err(|e| about(folder, &e))?;
    Ok(name)
}

/// Whether a path of the site has a part that changes with the content, as [`digest`] writes it: what lies there never changes.
pub fn is_by_content(path: &str) -> bool {
    path.split(['/', '.']).any(|part| {
        part.rsplit_once('-').is_some_and(|(name, digest)| {
            !name.is_empty() && digest.len() == 16 && digest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        })
    })
}

/// What stands for some content in the names of files and folders.
pub fn digest(content: impl IntoIterator<Item = impl AsRef<[u8]>>) -> String {
    let mut hasher = DefaultHasher::new();
    content.into_iter().for_each(|part| part.as_ref().hash(&mut hasher));
    format!("{:016x}", hasher.finish())
}

pub fn write(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    File::create(file).and_then(|mut f| f.write_all(bytes)).map_err(|e| about(file, &e))
}

pub fn about(file: &Path, error: &dyn Display) -> Failure {
    format!("{}: {error}", file.display())
}
