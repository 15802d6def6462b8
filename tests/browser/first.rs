//! What a visitor sees first: the shell of `index.html`, and the page that takes its place. Measured by Chromium itself.

use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use crate::driver::{Options, Page};
use crate::{compressed, no_errors};

/// Takes down what the shell looks like, and the page that follows it.
const SHELL: &str = include_str!("../../src/bin/lab/shell.js");

/// When the largest text or picture was painted, in milliseconds, and by how much things moved that nobody had touched.
const METRICS: &str = r"
    probe.largest = 0;
    probe.shift = 0;
    probe.moved = [];
    probe.painted = [];
    new PerformanceObserver(list => list.getEntries().forEach(e => {
        probe.largest = e.startTime;
        probe.painted.push(`${Math.round(e.startTime)} ms: ${e.element?.className || e.element?.nodeName}, ${e.size}`);
    }))
        .observe({ type: 'largest-contentful-paint', buffered: true });
    new PerformanceObserver(list => list.getEntries().forEach(e => {
        if (e.hadRecentInput) return;
        probe.shift += e.value;
        probe.moved.push(`${Math.round(e.startTime)} ms, ${e.value.toFixed(4)}: ` + e.sources.map(s => s.node?.className ?? s.node?.nodeName));
    })).observe({ type: 'layout-shift', buffered: true });
";

/// A desktop, and a phone.
const SCREENS: [(u32, u32); 2] = [(1280, 900), (390, 844)];

/// Times by which the processor is slowed down: a cheap phone.
const SLOWDOWN: u32 = 4;
/// Milliseconds until the largest text or picture is painted, on a machine that does other things as well; alone it takes a quarter.
const LARGEST_MS: f64 = 4000.0;
/// What is called good of layout shift is 0.1 at most.
const SHIFT: f64 = 0.05;
/// Pixels that a part may move when the page takes over: the shell's words are set by the same style.
const NEAR: i64 = 2;
/// Bytes of what is painted first: the page's text with the pictures in it, and its style.
const FIRST: usize = 30_000;

#[test]
fn the_first_picture_comes_soon_and_stays_where_it_is() {
    for size in SCREENS {
        let script = format!("{SHELL}{METRICS}");
        let page = Page::open(&Options { size: Some(size), script: &script, alone: true, ..Options::default() });
        page.cdp("Network.enable", &json!({}));
        page.cdp("Network.setCacheDisabled", &json!({ "cacheDisabled": true }));
        page.cdp("Emulation.setCPUThrottlingRate", &json!({ "rate": SLOWDOWN }));
        page.go("");
        page.wait("the page takes over", "probe.taken");
        page.wait("the engine is ready", "document.querySelector('[data-testid=train]')?.disabled === false");
        sleep(Duration::from_secs(2));
        let number = |name: &str| page.js(&format!("return probe.{name}")).as_f64().expect("a number");
        let (largest, shift) = (number("largest"), number("shift"));
        let (painted, moved) = (page.js("return probe.painted"), page.js("return probe.moved"));
        println!("{size:?}: the largest is painted after {largest:.0} ms ({painted}), layout shift {shift:.4}: {moved}");
        assert!(largest > 0.0 && largest < LARGEST_MS, "the largest text or picture is painted after {largest} ms: {painted}");
        assert!(shift < SHIFT, "layout shift {shift}: {moved}");
        no_errors(&page);
    }
}

#[test]
fn the_shell_is_the_page_that_takes_its_place() {
    for size in SCREENS {
        let page = Page::open(&Options { size: Some(size), script: SHELL, ..Options::default() });
        let taken = page.wait("the page takes over", "probe.taken");
        page.screenshot(&format!("first-{}", size.0));
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let (before, after) = (list(&taken["before"]), list(&taken["places"]));
        assert!(before.len() > 30, "the shell has the parts of the page: {before:?}");
        let mut strange = vec![];
        for (shell, page) in before.iter().zip(&after) {
            let near = shell["part"] == page["part"] && {
                let at = |of: &Value| list(&of["at"]).iter().filter_map(Value::as_i64).collect::<Vec<_>>();
                at(shell).iter().zip(at(page)).all(|(a, b)| (a - b).abs() <= NEAR)
            };
            if !near {
                strange.push(format!("{shell} is {page}"));
            }
        }
        let made = "after a change of what the page shows first, `cargo lab shell` writes the shell anew";
        assert!(strange.is_empty() && before.len() == after.len(), "{size:?}: {made}:\n{}", strange.join("\n"));
        no_errors(&page);
    }
}

#[test]
fn little_is_needed_for_the_first_picture() {
    let dist = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("dist");
    let index = std::fs::read_to_string(dist.join("index.html")).expect("the built page");
    let style = index.split("rel=\"stylesheet\" href=\"./").nth(1).and_then(|rest| rest.split('"').next()).expect("a style");
    let sizes = ["index.html", style].map(|file| compressed(file).expect("a file that compresses"));
    println!("text and pictures {}, style {} bytes", sizes[0], sizes[1]);
    assert!(sizes.iter().sum::<usize>() < FIRST, "{sizes:?} bytes");
    // The model that the pictures are of is asked for before the page's program has arrived.
    let weights = latent_experiment::PRESETS[0].weights();
    assert!(index.contains(&format!("href: '{weights}'")), "the page preloads another model than it shows first, {weights}");
}

#[test]
fn an_address_that_asks_for_something_has_no_other_first_picture() {
    let page = Page::open(&Options { query: "v=1&method=vae&latent=4", script: SHELL, ..Options::default() });
    page.wait("the page is there", "document.querySelector('.masthead')");
    assert_eq!(page.js("return document.documentElement.className"), "");
    assert_eq!(page.js("return (probe.before ?? []).length"), 1, "its name alone");
    no_errors(&page);
}
