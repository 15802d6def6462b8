//! Without a network: the page is kept, works from what is kept, and never mixes two builds.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;

const LESSON: &str = "what-an-autoencoder-learns";
/// The programs that the page runs on.
const PROGRAMS: &str = "document.querySelector('link[rel=modulepreload]').href.match(/programs-[0-9a-f]{16}/)[0]";
/// Whether everything of this build that the page needs is kept.
const STANDS: &str =
    "navigator.serviceWorker.getRegistration().then(found => !!found?.active && !found.installing && !found.waiting)";

/// Keeps the page by the button of the dialog.
fn keep(page: &Page) {
    page.click("runs");
    page.wait("what may be kept", "document.querySelector('[data-testid=offline-keep]')?.disabled === false");
    page.click("offline-keep");
    page.wait_for(
        "all is kept",
        "document.querySelector('[data-testid=offline]').textContent.includes('All of the page is kept')",
        Duration::from_secs(120),
    );
    page.click("runs-close");
}

#[test]
fn served_once_it_trains_without_the_server() {
    let log = std::env::temp_dir().join(format!("latent-lab-offline-{}", std::process::id()));
    let mut page = ready(&Options { kept: true, query: SMALL, log: Some(&log), ..Options::default() });
    let asked = fs::read_to_string(&log).expect("the server writes down what it is asked for");
    assert!(!asked.contains("sw.js") && !asked.contains("offline.json"), "a first visit pays nothing for it: {asked}");

    // In a lesson the offer is for that lesson.
    page.click("lessons");
    page.click(&format!("lesson-{LESSON}"));
    page.wait("the offer", "document.querySelector('.lesson [data-testid=offline-keep]')?.textContent.includes('this lesson')");
    page.click("offline-keep");
    let said = "document.querySelector('.lesson [data-testid=offline]').textContent";
    page.wait_for("the lesson is kept", &format!("{said}.includes('All of this lesson is kept')"), Duration::from_secs(120));
    println!("{}", page.js(&format!("return {said}")));
    let sum = "caches.keys().then(names => caches.open(names[0])).then(c => c.keys()).then(all => all.length)";
    println!("{} files", page.js(&format!("return {sum}")));

    page.stop_server();
    page.go(SMALL);
    page.wait("it opens", "document.querySelector('[data-testid=train]')?.disabled === false");
    page.click("train");
    page.wait("it trains", "latentLab.state().step > 20 && latentLab.state().test.length > 0");
    page.click("train");
    // Parts that come later, and texts.
    for tab in ["paths", "measure", "explain"] {
        page.open_tab(tab);
    }
    page.click("lessons");
    page.click(&format!("lesson-{LESSON}"));
    page.wait("a lesson", "document.querySelector('[data-testid=lesson-place]')?.textContent === 'Page 1 of 6'");
    page.wait("it is set up", "document.querySelector('[data-testid=lesson-state]').textContent === ''");
    // On WebGPU as well.
    page.go(ON_ADAPTER);
    page.wait("it opens", "document.querySelector('[data-testid=train]')?.disabled === false");
    // The run of before is taken up.
    page.wait("it stands", "latentLab.state().waiting === 0 && latentLab.state().status === 'Paused'");
    let before = step(&page);
    page.click("step");
    page.wait("a step on the adapter", &format!("latentLab.state().step === {}", before + 1));
    let errors = page.js("return probe.errors");
    assert_eq!(errors, serde_json::json!([]));
    let _ = fs::remove_file(log);
}

#[test]
fn what_is_kept_is_deleted_where_somebody_asks_for_it() {
    let page = ready(&Options { kept: true, query: SMALL, ..Options::default() });
    keep(&page);
    page.click("runs");
    page.click("offline-forget");
    page.wait("nothing is kept", "document.querySelector('[data-testid=offline-said]').textContent.includes('Nothing is kept')");
    let left = page.js(
        "return Promise.all([caches.keys(), navigator.serviceWorker.getRegistrations()]).then(([a, b]) => a.length + b.length)",
    );
    assert_eq!(left, 0);
    assert_eq!(page.js("return localStorage.getItem('latent-lab-offline')"), "no");
    no_errors(&page);
}

/// A copy of the built page that may change, without copying its bytes.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("the built page").map(|entry| entry.expect("a file").path()) {
        let place = to.join(entry.file_name().expect("a name"));
        if entry.is_dir() {
            copy(&entry, &place)
        } else {
            fs::hard_link(&entry, &place).or_else(|_| fs::copy(&entry, &place).map(drop)).expect("a copy")
        }
    }
}

/// Writes a file anew: the one that was there may be of the original.
fn change(file: &Path, change: impl Fn(String) -> String) {
    let text = change(fs::read_to_string(file).expect("a file"));
    fs::remove_file(file).expect("it goes");
    for end in ["gz", "br"] {
        let _ = fs::remove_file(format!("{}.{end}", file.display()));
    }
    fs::write(file, text).expect("it is written");
}

fn only(names: impl Iterator<Item = PathBuf>, begins: &str) -> PathBuf {
    let mut found = names.filter(|name| name.file_name().is_some_and(|name| name.to_string_lossy().starts_with(begins)));
    found.next().expect("it is there")
}

#[test]
fn a_site_that_was_replaced_is_taken_at_once_and_builds_never_mix() {
    let root = std::env::temp_dir().join(format!("latent-lab-replaced-{}", std::process::id()));
    let site = root.join("dist");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("dist"), &site);
    let mut page = ready(&Options { kept: true, query: SMALL, root: Some(&root), ..Options::default() });
    let old = page.js(&format!("return {PROGRAMS}"));
    let old = old.as_str().expect("a name").to_owned();
    keep(&page);

    // Half of the site has been replaced: the page and its programs, not yet what keeps them.
    let new = "programs-00000000deadbeef";
    let folder = only(fs::read_dir(&site).expect("the site").map(|entry| entry.expect("a file").path()), "programs-");
    fs::rename(&folder, site.join(new)).expect("it is renamed");
    change(&site.join("index.html"), |text| text.replace(&old, new));
    page.go(SMALL);
    page.wait("the new page", &format!("window.latentLab && {PROGRAMS} === '{new}'"));
    page.wait("it could train", "document.querySelector('[data-testid=train]')?.disabled === false");
    page.open_tab("paths");
    let mixed = page
        .js(&format!("return performance.getEntriesByType('resource').map(r => r.name).filter(name => name.includes('{old}'))"));
    assert_eq!(mixed, serde_json::json!([]), "the new page has old parts");
    let kept = page.js("return caches.keys().then(names => names.length)");
    assert_eq!(kept, 1, "the old build is kept until the new one is");
    page.wait(
        "it is retired",
        "caches.keys().then(names => caches.open(names[0])).then(cache => cache.match('retired')).then(Boolean)",
    );

    // Then the rest follows.
    change(&site.join("offline.json"), |text| text.replace(&old, new).replacen("\"build\":\"", "\"build\":\"new", 1));
    change(&site.join("sw.js"), |text| text.replacen("const BUILD = \"", "const BUILD = \"new", 1));
    // The page itself is listed with its sum.
    let sum = page.js("return fetch('./', { cache: 'no-store' }).then(a => a.arrayBuffer()).then(b => crypto.subtle.digest('SHA-256', b)).then(d => [...new Uint8Array(d)].map(b => b.toString(16).padStart(2, '0')).join(''))");
    let sum = sum.as_str().expect("a sum").to_owned();
    change(&site.join("offline.json"), |text| {
        let at = text.find("[\"\",").expect("the page");
        let (head, tail) = text.split_at(at);
        let (entry, rest) = tail.split_once(']').expect("an entry");
        let (front, _) = entry.rsplit_once(',').expect("a sum");
        format!("{head}{front},\"{sum}\"]{rest}")
    });
    page.go(SMALL);
    page.wait_for(
        "the new build is kept, and only that",
        "caches.keys().then(names => names.length === 1 && names[0].includes(' new'))",
        Duration::from_secs(120),
    );
    page.wait("its worker stands", STANDS);
    // What had been used is kept without being fetched again.
    page.wait(
        "the digits too",
        "caches.match(new URL('assets/mnist/t10k-images-idx3-ubyte.gz', location.href).href).then(Boolean)",
    );
    page.stop_server();
    page.go(SMALL);
    page.wait("the new page, without the server", &format!("window.latentLab && {PROGRAMS} === '{new}'"));
    page.wait("it could train", "document.querySelector('[data-testid=train]')?.disabled === false");
    let _ = fs::remove_dir_all(root);
}
