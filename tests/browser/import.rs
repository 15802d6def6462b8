//! A visitor's own images: brought, packed, trained on, still there after a reload; and what goes wrong is said.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::driver::{Options, Page};
use super::{no_errors, ready};

/// Names the worker of each script that is started.
const WORKERS: &str = r"
    probe.workers = [];
    window.Worker = class extends Worker {
        constructor(url, options) {
            super(url, options);
            probe.workers.push(/(engine|eager|pack)\.js$/.exec(url)?.[1]);
        }
    };
";

const QUERY: &str = "v=1&method=vae&latent=2&hidden=16&batch=4";

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import/golden").join(name)
}

pub(super) fn open(page: &Page) {
    page.click("add-data");
    page.wait("the dialog", "document.querySelector('[data-testid=import]')?.open");
}

/// Brings files, as the button does.
pub(super) fn bring(page: &Page, files: &[PathBuf]) {
    let names: Vec<String> = files.iter().map(|f| f.to_string_lossy().into_owned()).collect();
    page.wait("a place for files", "document.querySelector('[data-testid=import-files]')");
    page.keys("import-files", &names.join("\n"));
}

pub(super) fn text(page: &Page, testid: &str) -> String {
    let found = page.wait(testid, &format!("document.querySelector('[data-testid={testid}]')?.textContent"));
    found.as_str().unwrap_or_default().to_owned()
}

/// Packs what was found, and waits for the end.
pub(super) fn pack(page: &Page) -> String {
    page.click("import-start");
    let use_it = "document.querySelector('[data-testid=import-use]')";
    let problem = "document.querySelector('[data-testid=import-problem]')";
    page.wait("the end of packing", &format!("{problem} || {use_it}?.textContent === 'Train on them'"));
    assert_eq!(page.js(&format!("return {problem}?.textContent")), Value::Null);
    text(page, "import-progress")
}

pub(super) fn trains_on(page: &Page, data: &str) {
    page.click("import-use");
    page.wait(
        "a network for them",
        &format!("latentLab.state().setup.includes('data={data}&') && latentLab.state().status === 'Ready to train'"),
    );
    page.click("step");
    page.wait("a step", "latentLab.state().step === 1 && latentLab.state().terms.length > 0");
}

/// Waits for the problem that the dialog tells.
fn problem(page: &Page, words: &str) {
    let told = text(page, "import-problem");
    assert!(told.contains(words), "expected {words:?}: {told}");
}

/// An `.npy` file of `n` images of 28 × 28, in a folder for what is thrown away.
fn array(name: &str, n: usize) -> PathBuf {
    let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({n}, 28, 28), }}");
    let mut bytes = b"\x93NUMPY\x01\0".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend((0..n * 784).map(|i| (i / 784 + i % 28) as u8));
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).expect("writable");
    path
}

/// What a phone's folder comes to: two archives, a table, a page, pictures that are not read, and what the system puts beside.
fn mixed() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("trip");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("writable");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).expect("writable");
    for (archive, first) in [("drive-001.zip", 0u32), ("drive-002.zip", 6)] {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for i in first..first + 6 {
            let class = if i % 2 == 0 { "cats" } else { "dogs" };
            zip.start_file(format!("{class}/{i}.jpg"), zip::write::SimpleFileOptions::default()).expect("a file");
            let rgb: Vec<u8> = (0..40 * 40 * 3).map(|at| (at % 120 * 2) as u8 ^ (20 * i) as u8).collect();
            let mut jpeg = Vec::new();
            jpeg_encoder::Encoder::new(&mut jpeg, 90).encode(&rgb, 40, 40, jpeg_encoder::ColorType::Rgb).expect("a picture");
            zip.write_all(&jpeg).expect("memory takes it");
        }
        write(archive, &zip.finish().expect("an archive").into_inner());
    }
    write("notes.csv", b"day,place\nMonday,Rome\nTuesday,Bari\n");
    write("album.html", b"<!DOCTYPE html><html></html>");
    write(".DS_Store", &[0, 0, 0, 1]);
    (0..20).for_each(|i| write(&format!("IMG_{i}.HEIC"), &[0]));
    folder
}

#[test]
fn a_mixed_folder_is_told_apart_and_can_be_told_otherwise() {
    let folder = mixed();
    let files: Vec<PathBuf> = std::fs::read_dir(&folder).expect("readable").map(|e| e.expect("an entry").path()).collect();
    for mobile in [false, true] {
        let size = mobile.then_some((390, 844));
        let page = ready(&Options { query: QUERY, size, ..Options::default() });
        open(&page);
        bring(&page, &files);
        let plan = text(&page, "plan");
        for words in [
            "drive-001.zip",
            "drive-002.zip",
            "20 files, .heic",
            "HEIC pictures are not read",
            "this is a web page",
            "cats 6, dogs 6",
        ] {
            assert!(plan.contains(words), "{words}: {plan}");
        }
        // The table could have the labels; what is left aside is said once above the plan.
        let labels = "return [...document.querySelectorAll('[data-testid=plan-labels] option')].map(o => o.textContent).join()";
        assert_eq!(page.js(labels), "as found,of none,notes.csv");
        let said =
            "return [...document.querySelectorAll('dialog .notice')].filter(n => n.textContent.includes('left aside')).length";
        assert_eq!(page.js(said), 1);
        page.wait("the preview", "document.querySelector('[data-testid=import-preview]').width > 8");
        page.screenshot(if mobile { "plan-phone" } else { "plan" });
        // One archive is wanted for tests.
        let choose =
            "const s = [...document.querySelectorAll('[data-testid=plan] select')].find(s => s.ariaLabel.includes('drive-002'));
            s.value = [...s.options].find(o => o.textContent === 'images to test with').value;
            s.dispatchEvent(new Event('change', { bubbles: true }))";
        page.js(choose);
        let parts = "document.querySelector('[data-testid=plan-parts]')?.textContent";
        page.wait("the parts that were asked for", &format!("{parts}?.includes('6 to test with: as was asked')"));
    }
}

/// The page while it packs that file, as soon as there is something to train on.
fn packing(file: &PathBuf) -> Page {
    let page = ready(&Options { query: QUERY, ..Options::default() });
    open(&page);
    bring(&page, std::slice::from_ref(file));
    text(&page, "found");
    page.click("import-start");
    page.wait("the first shard", "document.querySelector('[data-testid=import-use]')?.disabled === false");
    page
}

#[test]
fn celeba_comes_in_and_is_there_after_a_reload() {
    let page = ready(&Options { query: QUERY, script: WORKERS, ..Options::default() });
    assert_eq!(page.js("return probe.workers.join()"), "engine", "nobody who brings nothing loads the importer");
    open(&page);
    bring(&page, &["img_align_celeba.zip", "list_attr_celeba.txt", "list_eval_partition.txt"].map(golden));
    let found = text(&page, "found");
    assert!(found.contains("CelebA") && found.contains("48") && found.contains("178 × 218"), "{found}");
    page.wait("the preview", "document.querySelector('[data-testid=import-preview]').width === 8 * 64");
    page.screenshot("import-found");
    let done = pack(&page);
    assert!(done.starts_with("48 images are ready"), "{done}");
    trains_on(&page, "own:celeba");
    let shown = "document.querySelectorAll('[data-testid=reconstructions] button:not(.gone)').length";
    page.wait("the five test images, and no more", &format!("{shown} === 5"));

    // Another attribute for labels is another network on the same images.
    let choose = "const s = document.querySelector('[data-testid=data-label]'); s.value = 'Male'; s.dispatchEvent(new Event('change', { bubbles: true }))";
    page.js(choose);
    page.wait(
        "labels by another attribute",
        "latentLab.state().setup.includes('own:celeba:Male') && latentLab.state().status === 'Ready to train'",
    );

    page.go(&format!("data=own:celeba&{QUERY}"));
    // The run that was kept goes on, on the same images.
    page.wait("it is there after a reload", "window.latentLab && ['Ready to train', 'Paused'].includes(latentLab.state().status)");
    assert!(page.state()["setup"].as_str().is_some_and(|s| s.contains("data=own:celeba&")), "{}", page.state());
    assert_eq!(page.js("return probe.workers.join()"), "engine", "what is packed needs no importer");

    open(&page);
    page.wait("the set in the list", "document.querySelector('[data-testid=delete-celeba]')");
    page.click("delete-celeba");
    page.click("delete-celeba");
    page.wait("it is deleted", "!document.querySelector('[data-testid=delete-celeba]')");
    page.go(&format!("data=own:celeba&{QUERY}"));
    page.wait("a link to images that are gone", "window.latentLab && latentLab.state().status.includes('no images called celeba')");
    no_errors(&page);
}

#[test]
fn an_import_that_was_stopped_goes_on() {
    let file = array("stopped.npy", 30_000);
    let page = packing(&file);
    page.click("import-stop");
    page.wait("it has stopped", "document.querySelector('[data-testid=import-use]')?.textContent === 'Train on them'");
    let some = text(&page, "import-progress");
    let count = |words: &str| {
        words.chars().take_while(|c| *c != 'i').filter(char::is_ascii_digit).collect::<String>().parse::<u32>().unwrap_or(0)
    };
    assert!((1024..30_000).contains(&count(&some)), "{some}");
    trains_on(&page, "own:stopped");

    // As after a closed tab: the page is opened anew, the same file brought again.
    page.go(QUERY);
    page.wait("the page is back", "window.latentLab && latentLab.state().status === 'Ready to train'");
    open(&page);
    let listed = page.wait("the list", "document.querySelector('[data-testid=set-stopped]')?.textContent");
    assert!(listed.as_str().is_some_and(|t| t.contains("interrupted")), "{listed}");
    bring(&page, std::slice::from_ref(&file));
    text(&page, "found");
    assert!(pack(&page).starts_with("30\u{202f}000 images are ready"));

    // Another file is not mistaken for it, be it of the same size and but one value different.
    page.go(QUERY);
    page.wait("the page is back", "window.latentLab && latentLab.state().status === 'Ready to train'");
    open(&page);
    let mut bytes = std::fs::read(&file).expect("readable");
    bytes[150] ^= 1;
    std::fs::write(&file, bytes).expect("writable");
    bring(&page, std::slice::from_ref(&file));
    text(&page, "found");
    page.click("import-start");
    problem(&page, "a different set already uses this name");
    page.click("import-back");
    bring(&page, &[array("stopped.npy", 2000)]);
    text(&page, "found");
    page.click("import-start");
    problem(&page, "a different set already uses this name");
    page.keys("import-name", " too");
    assert!(pack(&page).starts_with("2\u{202f}000 images are ready"), "under another name it comes in");
    no_errors(&page);
}

#[test]
fn what_goes_wrong_is_said_and_the_page_goes_on() {
    let page = ready(&Options { query: QUERY, ..Options::default() });
    open(&page);
    for (name, bytes, words) in [
        (
            "cut.zip",
            std::fs::read(golden("img_align_celeba.zip")).expect("readable")[..90_000].to_vec(),
            "cut.zip: this is no readable zip archive",
        ),
        ("words.txt", b"hello".to_vec(), "words.txt: nothing known"),
        ("broken.jpg", b"\xff\xd8\xff\xe0 no picture".to_vec(), "broken.jpg is a damaged JPEG picture"),
        ("table.parquet", std::fs::read(golden("other.parquet")).expect("readable"), "no column `image`"),
    ] {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&path, bytes).expect("writable");
        bring(&page, &[path]);
        page.wait(name, &format!("document.querySelector('[data-testid=import-problem]')?.textContent.includes('{words}')"));
    }

    // Another tab is writing the set: here, a worker that holds its lock.
    let file = array("taken.npy", 4000);
    page.js(r"
        const hold = `onmessage = async () => {
            const root = await navigator.storage.getDirectory();
            const data = await root.getDirectoryHandle('data', { create: true });
            const set = await data.getDirectoryHandle('taken', { create: true });
            self.lock = await (await set.getFileHandle('lock', { create: true })).createSyncAccessHandle();
            postMessage('held');
        }`;
        window.other = new Worker(URL.createObjectURL(new Blob([hold])));
        const held = new Promise(done => other.onmessage = done);
        other.postMessage('');
        return held.then(() => true);
    ");
    bring(&page, std::slice::from_ref(&file));
    text(&page, "found");
    page.click("import-start");
    problem(&page, "another tab is writing this set");
    page.js("other.terminate()");
    page.click("import-back");

    // There is no room, be it for all images or for the first. With room again the files and the form are still there.
    let origin = page.js("return location.origin");
    let used = page.js("return navigator.storage.estimate().then(e => e.usage)").as_f64().expect("a number of bytes");
    page.cdp("Storage.overrideQuotaForOrigin", &json!({ "origin": origin, "quotaSize": used + 2_500_000.0 }));
    bring(&page, std::slice::from_ref(&file));
    text(&page, "found");
    page.click("import-start");
    problem(&page, "delete a set");
    page.cdp("Storage.overrideQuotaForOrigin", &json!({ "origin": origin }));
    assert!(pack(&page).starts_with("4\u{202f}000 images are ready"));
    trains_on(&page, "own:taken");
    no_errors(&page);
}

/// Drops files and folders on the dialog, as a visitor's file manager does.
fn drop_on(page: &Page, paths: &[PathBuf]) {
    let at = page
        .js("const r = document.querySelector('[data-testid=drop]').getBoundingClientRect(); return [r.x + r.width / 2, r.y + 12]");
    let files: Vec<String> = paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    for kind in ["dragEnter", "dragOver", "drop"] {
        let data = json!({ "items": [], "files": files, "dragOperationsMask": 1 });
        page.cdp("Input.dispatchDragEvent", &json!({ "type": kind, "x": at[0], "y": at[1], "data": data }));
    }
}

#[test]
fn a_dropped_folder_has_a_class_for_each_folder_in_it() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pets");
    for (class, picture) in [("cats", "colour.png"), ("dogs", "grey.jpg")] {
        std::fs::create_dir_all(folder.join(class)).expect("writable");
        // More than a reader of a folder gives at a time.
        for i in 0..120 {
            let end = picture.rsplit('.').next().expect("an ending");
            std::fs::copy(golden(picture), folder.join(class).join(format!("{i}.{end}"))).expect("writable");
        }
    }
    let page = ready(&Options { query: QUERY, ..Options::default() });
    open(&page);
    drop_on(&page, &[folder]);
    let found = text(&page, "found");
    assert!(found.contains("240 pictures"), "{found}");
    assert!(pack(&page).starts_with("240 images are ready"));
    trains_on(&page, "own:pets");
    // The map tells the classes by their names.
    let legend = page.wait(
        "the legend",
        "(keys => keys.includes('dogs') && keys)([...document.querySelectorAll('[data-testid=map-legend] button')].map(b => b.textContent.trim()))",
    );
    assert_eq!(legend, json!(["cats", "dogs"]));
    page.screenshot("names");
    no_errors(&page);
}

#[test]
fn what_was_packed_when_the_storage_became_full_is_usable() {
    let file = array("filling.npy", 60_000);
    let page = packing(&file);
    let origin = page.js("return location.origin");
    let used = page.js("return navigator.storage.estimate().then(e => e.usage)").as_f64().expect("a number of bytes");
    page.cdp("Storage.overrideQuotaForOrigin", &json!({ "origin": origin, "quotaSize": used + 500_000.0 }));
    problem(&page, "the browser's storage is full: delete a set");
    let kept = page.wait("the set in the list", "document.querySelector('[data-testid=set-filling]')?.textContent");
    assert!(kept.as_str().is_some_and(|t| t.contains("interrupted")), "{kept}");
    page.js("document.querySelector('[data-testid=set-filling] button').click()");
    page.wait(
        "a network for what is there",
        "latentLab.state().setup.includes('data=own:filling&') && latentLab.state().status === 'Ready to train'",
    );
    page.click("step");
    page.wait("a step", "latentLab.state().step === 1 && latentLab.state().terms.length > 0");

    // With room again the rest comes in, of the files that are still there.
    page.cdp("Storage.overrideQuotaForOrigin", &json!({ "origin": origin }));
    open(&page);
    assert!(pack(&page).starts_with("60\u{202f}000 images are ready"));
    // A browser tells of a write that fails: that one was meant to.
    let errors: Vec<String> = page.errors().into_iter().filter(|e| !e.to_lowercase().contains("quota")).collect();
    assert_eq!(errors, Vec::<String>::new());
}

/// A server of the files in `golden`: under `ranges/` as it should be, under `whole/` without ranges, under `closed/` without
/// leave for other pages, under `slow/` without an end.
fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    listener.set_nonblocking(true).expect("a socket like any other");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, axum::Router::new().fallback(answer)).await
        })
    });
    port
}

async fn answer(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/').to_owned();
    let (kind, name) = path.split_once('/').unwrap_or(("", ""));
    if kind == "slow" {
        std::future::pending::<()>().await;
    }
    let range = request.headers().get(header::RANGE).and_then(|value| value.to_str().ok());
    let mut response = match std::fs::read(golden(name)) {
        Ok(bytes) => {
            let wanted = range.and_then(|r| r.strip_prefix("bytes=")?.split_once('-')).filter(|_| kind != "whole");
            let wanted = wanted.and_then(|(a, b)| Some((a.parse::<usize>().ok()?, b.parse::<usize>().ok()?.min(bytes.len() - 1))));
            match wanted {
                Some((a, b)) => {
                    let of = [(header::CONTENT_RANGE, format!("bytes {a}-{b}/{}", bytes.len()))];
                    (StatusCode::PARTIAL_CONTENT, of, bytes[a..=b].to_vec()).into_response()
                }
                None => bytes.into_response(),
            }
        }
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    };
    if kind != "closed" {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        response.headers_mut().insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Content-Range"));
    }
    response
}

/// What a server of one large file has sent, and whether it has been asked and let go again.
#[derive(Default)]
struct Sent {
    bytes: AtomicU64,
    closed: AtomicU64,
}

/// Bytes of the file that [`serve_whole`] has.
const LARGE: u64 = 1 << 30;

/// A server that knows no ranges and sends a gigabyte of zeros to whoever asks, for as long as somebody listens.
fn serve_whole() -> (u16, Arc<Sent>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let sent = Arc::new(Sent::default());
    let told = sent.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, told) = (stream.expect("a connection"), told.clone());
            std::thread::spawn(move || {
                // The request ends with an empty line.
                let mut lines = BufReader::new(stream.try_clone().expect("a second handle")).lines();
                while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
                let head = format!("HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: {LARGE}\r\n\r\n");
                let mut open = stream.write_all(head.as_bytes()).is_ok();
                let zeros = vec![0; 1 << 16];
                while open && told.bytes.load(Relaxed) < LARGE {
                    open = stream.write_all(&zeros).is_ok();
                    told.bytes.fetch_add(if open { zeros.len() as u64 } else { 0 }, Relaxed);
                }
                told.closed.fetch_add(1, Relaxed);
            });
        }
    });
    (port, sent)
}

#[test]
fn a_server_without_ranges_costs_no_download() {
    let (port, sent) = serve_whole();
    let page = ready(&Options { query: QUERY, ..Options::default() });
    open(&page);
    page.click("mirror");
    page.wait("the form", "document.querySelector('[data-testid=mirror-address]')");
    page.js(&format!("document.querySelector('[data-testid=mirror-address]').value = 'http://127.0.0.1:{port}/large.parquet'"));
    page.click("mirror-go");
    problem(&page, "whole files only");
    // The browser has let the connection go, with no more on the way than its buffers and the system's hold.
    let begin = Instant::now();
    while sent.closed.load(Relaxed) == 0 {
        assert!(begin.elapsed() < Duration::from_secs(20), "the download goes on");
        std::thread::sleep(Duration::from_millis(50));
    }
    let bytes = sent.bytes.load(Relaxed);
    assert!(bytes < LARGE / 16, "{bytes} bytes were sent");
    no_errors(&page);
}

#[test]
fn a_mirror_is_read_by_ranges() {
    let port = serve();
    let page = ready(&Options { query: QUERY, ..Options::default() });
    open(&page);
    page.click("mirror");
    let terms = page.js("return document.querySelector('[data-testid=mirror]').parentElement.textContent");
    assert!(terms.as_str().is_some_and(|t| t.contains("non-commercial research only")), "{terms}");
    let ask = |path: &str| {
        page.wait("the form", "document.querySelector('[data-testid=mirror-address]')");
        page.js(&format!(
            "document.querySelector('[data-testid=mirror]').parentElement.open = true;
            document.querySelector('[data-testid=mirror-address]').value = 'http://127.0.0.1:{port}/{path}'"
        ));
        page.click("mirror-go");
    };
    for (path, words) in [
        ("whole/mirror.parquet", "whole files only"),
        ("closed/mirror.parquet", "CORS"),
        ("ranges/nothing.parquet", "404"),
        ("ranges/other.parquet", "no column `image`"),
    ] {
        ask(path);
        page.wait_for(
            path,
            &format!("document.querySelector('[data-testid=import-problem]')?.textContent.includes('{words}')"),
            Duration::from_secs(30),
        );
    }
    // One that does not answer holds nobody.
    ask("slow/mirror.parquet");
    page.click("import-cancel");
    ask("ranges/mirror.parquet");
    let found = text(&page, "found");
    assert!(found.contains("60 pictures"), "{found}");
    assert!(pack(&page).starts_with("60 images are ready"));
    trains_on(&page, "own:celeba-mirror");
    // A browser tells of every request that fails: those above were meant to.
    let errors: Vec<String> = page.errors().into_iter().filter(|e| !e.contains(&format!("127.0.0.1:{port}"))).collect();
    assert_eq!(errors, Vec::<String>::new());
}
