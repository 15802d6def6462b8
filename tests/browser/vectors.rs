//! A visitor's own activations: rows of numbers with texts come in, are trained on, and features are read by the texts.

use std::path::{Path, PathBuf};

use super::import::{bring, open, pack, text, trains_on};
use super::keep::listens;
use super::{no_errors, ready};
use crate::driver::Options;

const ROWS: usize = 1200;
const DIMS: usize = 48;

/// Rows about one of six directions each, and a line of text for each.
fn files() -> [PathBuf; 2] {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("activations");
    std::fs::create_dir_all(&folder).expect("writable");
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({ROWS}, {DIMS}), }}");
    let mut bytes = b"\x93NUMPY\x01\0".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    let direction = |k: usize, d: usize| ((k * 97 + d * 31 + k * d * 13) % 17) as f32 - 8.0;
    let value = |i: usize, d: usize| (3.0 + (i % 7) as f32) * direction(i % 6, d) + ((i * d) % 5) as f32 * 0.1;
    bytes.extend((0..ROWS * DIMS).flat_map(|at| value(at / DIMS, at % DIMS).to_le_bytes()));
    let lines: String =
        (0..ROWS).map(|i| format!("{{\"text\":\"sentence {i} about <<topic {}>>\",\"group\":\"g{}\"}}\n", i % 6, i % 6)).collect();
    let files = [folder.join("acts.npy"), folder.join("acts.jsonl")];
    std::fs::write(&files[0], bytes).expect("writable");
    std::fs::write(&files[1], lines).expect("writable");
    files
}

#[test]
fn activations_with_texts_come_in_and_features_are_read_by_them() {
    let page = ready(&Options { query: "v=1&method=topk-sae&features=64&k=2&batch=32&lr=0.01", ..Options::default() });
    open(&page);
    bring(&page, &files());
    let found = text(&page, "found");
    assert!(found.contains("1\u{202f}200 rows of 48 numbers") && found.contains("Each has a text"), "{found}");
    assert_eq!(
        page.js("return document.querySelector('[data-testid=import-size]')"),
        serde_json::Value::Null,
        "there is nothing to cut"
    );
    page.wait("the preview", "document.querySelector('[data-testid=import-preview]').width === 8 * 7");
    page.wait("SAELens' names", "document.querySelector('[data-testid=plan-normalise]').value === 'expected_average_only_in'");
    page.screenshot("vectors-found");
    let done = pack(&page);
    assert!(done.starts_with("1\u{202f}200 rows are ready"), "{done}");
    trains_on(&page, "acts:acts");
    page.click("train");
    page.wait("it has learnt", "latentLab.state().step > 300");
    page.click("train");
    page.open_tab("features");
    page.js("document.querySelector('[data-testid=panel-feature]').scrollIntoView()");
    let rows = "[...document.querySelectorAll('[data-testid=feature-strongest] li')]";
    page.wait("texts of the strongest rows", &format!("{rows}.length > 3 && {rows}.every((li) => li.querySelector('mark'))"));
    // Whatever the feature is, it fires on one topic.
    let topics = page.js(&format!("return new Set({rows}.slice(0, 4).map((li) => li.querySelector('mark').textContent)).size"));
    assert_eq!(topics, 1, "{}", page.js(&format!("return {rows}.map((li) => li.textContent)")));
    page.screenshot("vectors-features");
    page.js(&format!("{rows}[0].querySelector('button').click()"));
    page.js("document.querySelector('[data-testid=panel-steering]').scrollIntoView()");
    page.wait("what fires on that row", "document.querySelectorAll('[data-testid=fires] button').length > 0");
    page.go("v=1&data=acts:acts&method=topk-sae&features=64&k=2&batch=32&lr=0.01");
    page.wait("it is there after a reload", "window.latentLab && ['Ready to train', 'Paused'].includes(latentLab.state().status)");
    no_errors(&page);
}

/// A dictionary that somebody brings without activations is looked at by its own directions, named, and taken home again.
#[test]
fn a_dictionary_of_saelens_comes_in_and_goes_out() {
    let page = ready(&Options { query: "v=1&method=topk-sae&features=64&k=2&batch=32", script: &listens(), ..Options::default() });
    page.click("runs");
    page.wait("a place for files", "document.querySelector('[data-testid=open-file]')");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exchange/dictionaries/saelens-topk-unit");
    let files = ["cfg.json", "sae_weights.safetensors"].map(|name| folder.join(name).to_string_lossy().into_owned());
    page.keys("open-file", &files.join("\n"));
    let told = text(&page, "import-dictionary");
    assert!(told.contains("64 features of 12 numbers"), "{told}");
    let found = text(&page, "found");
    assert!(found.contains("64 rows of 12 numbers"), "{found}");
    page.wait("they stay as they are", "document.querySelector('[data-testid=plan-normalise]').value === 'none'");
    page.screenshot("dictionary-found");
    pack(&page);
    page.click("import-use");
    let here = "latentLab.state().setup.includes('data=acts:sae-weights-directions') && latentLab.state().setup.includes('k=5')";
    page.wait("it is on show", &format!("{here} && latentLab.state().status === 'Ready to train'"));
    page.open_tab("features");
    page.wait(
        "its features",
        "document.querySelector('[data-testid=features-stats]')?.textContent.includes('of 64 features live')",
    );
    page.js("document.querySelector('[data-testid=panel-feature]').scrollIntoView()");
    page.wait("one of them", "document.querySelector('[data-testid=feature-name]')?.textContent.startsWith('Feature ')");
    let named = page.js("return document.querySelector('[data-testid=feature-name]').textContent");
    let number = named.as_str().and_then(|name| name.strip_prefix("Feature ")).expect("a number").to_owned();
    page.js("const input = document.querySelector('[data-testid=feature-called]'); input.value = 'loops, mostly';
         input.dispatchEvent(new Event('change'))");
    page.wait(
        "its name",
        &format!("document.querySelector('[data-testid=feature-name]').textContent === 'Feature {number}: loops, mostly'"),
    );
    page.js("document.querySelector('[data-testid=panel-features]').scrollIntoView()");
    page.click("features-csv");
    page.click("features-jsonl");
    page.wait("both tables", "probe.files['features.csv'] && probe.files['features.jsonl']");
    let file = |name: &str| {
        let text = page.js(&format!("return new TextDecoder().decode(new Uint8Array(probe.files['{name}']))"));
        text.as_str().unwrap_or_default().to_owned()
    };
    let table = file("features.csv");
    let line = table.lines().find(|line| line.starts_with(&format!("{number},"))).unwrap_or_default();
    assert!(table.lines().count() == 65 && line.ends_with(",\"loops, mostly\","), "{table}");
    assert!(file("features.jsonl").contains("\"name\":\"loops, mostly\""));
    page.js("const find = document.querySelector('[data-testid=feature-search]'); find.value = 'Loops';
         find.dispatchEvent(new Event('input'))");
    page.wait(
        "it is found by its name",
        "document.querySelectorAll('[data-testid=feature-list] [data-testid^=feature-]').length === 1",
    );
    page.screenshot("dictionary-named");
    page.click("runs");
    page.click("save-saelens");
    page.click("save-weights");
    let saved = "Object.keys(probe.files).find((name) => name.endsWith(END))";
    let zip = page.wait("an archive", &saved.replace("END", "'-saelens.zip'"));
    let inside = file(zip.as_str().unwrap_or_default());
    assert!(inside.starts_with("PK") && inside.contains("cfg.json") && inside.contains("\"architecture\": \"topk\""), "{inside}");
    let weights = page.wait("weights", &saved.replace("END", "'-0.safetensors'"));
    assert!(file(weights.as_str().unwrap_or_default()).contains("loops, mostly"), "the file has the names");
    no_errors(&page);
}
