//! What a first visit downloads.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

/// What a visitor may have to download, besides data and weights, to watch a first network learn: 848 KB, and 64 more for the loops of
/// the processor where there is no graphics card.
const DOWNLOAD: usize = 848 * 1024;
const LOOPS: usize = 64 * 1024;

#[test]
fn a_first_visit_downloads_little() {
    downloads_little("v=1&engine=plan", DOWNLOAD);
    downloads_little("v=1", DOWNLOAD + LOOPS);
}

/// Files of what a part of a program shares with other parts; they are fetched with it.
fn shared_by(part: &str) -> Vec<String> {
    let Some((folder, file)) = part.rsplit_once('/').filter(|(_, file)| file.starts_with("split_")) else { return vec![] };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist").join(folder).join("__wasm_split.js");
    let script = fs::read_to_string(script).expect("a program with parts has a script that fetches them");
    // Behind the part's own address stands the list of what it shares.
    let list = script.split_once(file).and_then(|(_, rest)| rest.split_once("},[")).and_then(|(_, rest)| rest.split_once(']'));
    let (list, _) = list.unwrap_or_else(|| panic!("{file} has no list of what it shares"));
    list.split(',').filter(|name| !name.is_empty()).map(|name| format!("{folder}/{}.wasm", name.trim_start_matches('_'))).collect()
}

fn downloads_little(query: &str, most: usize) {
    let log = std::env::temp_dir().join(format!("latent-lab-requests-{}-{most}", std::process::id()));
    let page = ready(&Options { log: Some(&log), query, ..Options::default() });
    page.click("train");
    page.wait("it trains", "latentLab.state().terms.length > 0 && latentLab.state().test.length > 0");
    let requested = || -> BTreeSet<String> {
        let paths = fs::read_to_string(&log).expect("the server writes down what it is asked for");
        paths.lines().map(|path| path.split('?').next().unwrap_or_default().trim_start_matches('/').into()).collect()
    };
    let first = requested();
    // What writes files comes with the first copy of a run, seconds after it has begun: on a slow machine it may be here already, with what it
    // shares with parts that are not.
    let files = |path: &&String| path.ends_with("/split_files.wasm");
    let others: BTreeSet<String> = first.iter().filter(|path| !files(path)).flat_map(|path| shared_by(path)).collect();
    let with_files: BTreeSet<String> = first.iter().filter(files).flat_map(|path| shared_by(path)).collect();
    let later = |path: &&String| files(path) || (with_files.contains(*path) && !others.contains(*path));
    let learns = first.iter().filter(|path| !later(path));
    let sizes: Vec<(String, usize)> = learns.filter_map(|path| Some((path.clone(), compressed(path)?))).collect();
    let total: usize = sizes.iter().map(|(_, bytes)| bytes).sum();
    println!("{total} bytes: {sizes:?}");
    assert!(sizes.iter().any(|(path, _)| path.ends_with("engine_bg.wasm")), "{sizes:?}");
    assert!(total <= most, "{total} bytes: {sizes:?}");

    // A tab that is opened for the first time fetches its part, and only that.
    page.open_tab("paths");
    let parts: Vec<String> = requested().difference(&first).filter(|path| path.ends_with(".wasm")).cloned().collect();
    println!("the tab: {parts:?}");
    assert!(parts.iter().any(|path| path.contains("/page/")), "{parts:?}");
    assert!(parts.iter().all(|path| !path.contains("/engine/")), "{parts:?}");
    no_errors(&page);
    let _ = fs::remove_file(log);
}

/// Compressed size of a file of the page's code, as a host sends it; `None` for data, weights and pictures.
pub fn compressed(path: &str) -> Option<usize> {
    let path = if path.is_empty() { "index.html" } else { path };
    if ![".html", ".css", ".js", ".wasm"].iter().any(|end| path.ends_with(end)) {
        return None;
    }
    let file = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("dist").join(path)).expect("it has been served");
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&file).expect("memory takes it");
    Some(gzip.finish().expect("memory takes it").len())
}
