//! The built page in a real Chromium: what a visitor does, and what a visitor must never see.
//!
//! `cargo lab test` sets up the browser, builds the page and runs this. WebGPU is a software adapter here, beside which the page
//! trains on the processor by itself: what is of WebGPU is opened with `engine=plan`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod axe;
mod bench;
mod codes;
mod data;
mod download;
#[path = "../../src/bin/lab/driver.rs"]
mod driver;
mod embed;
mod exports;
mod families;
mod findings;
mod first;
mod gallery;
mod import;
mod keep;
mod languages;
mod lessons;
mod offline;
mod panels;
mod places;
mod site;
mod trouble;
mod vectors;
mod what;

use std::thread::sleep;
use std::time::Duration;

use download::compressed;
use driver::{Options, Page, WebGpu};
use serde_json::Value;
use trouble::{IN_WORKERS, notice};

/// A network that is trained at many steps a second.
const SMALL: &str = "v=1&data=mnist&method=vae&latent=4&hidden=64&batch=16";
/// The same on WebGPU.
const ON_ADAPTER: &str = "v=1&data=mnist&method=vae&latent=4&hidden=64&batch=16&engine=plan";

/// The page's thread must never be busy for longer, in milliseconds: that is what a visitor feels.
const LONGEST_TASK: f64 = 50.0;

const TAB: &str = "\u{E004}";
const ENTER: &str = "\u{E007}";
const RIGHT: &str = "\u{E014}";
const END: &str = "\u{E010}";

/// Opens the page and waits until it could train.
fn ready(options: &Options) -> Page {
    let page = Page::open(options);
    let button = "document.querySelector('[data-testid=train]')";
    page.wait("the engine is ready", &format!("{button}?.disabled === false && {button}.ariaDisabled === 'false'"));
    page
}

/// Adds `probe.shown`: all that a panel shows, as text; nothing while each of its pictures is of one colour.
const SHOWN: &str = r"
    probe.shown = panel => {
        const root = document.querySelector(`[data-testid=${panel}]`);
        const canvases = [...root.querySelectorAll('canvas')];
        const plain = c => {
            const pixels = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer);
            return pixels.every(p => p === pixels[0]);
        };
        if (canvases.length === 0) return root.innerHTML;
        return !canvases.every(plain) && canvases.map(c => c.toDataURL()).join();
    };
";

fn no_errors(page: &Page) {
    assert_eq!(page.errors(), Vec::<String>::new());
}

/// Opens a trained model from the gallery, which is folded once the page is in use.
fn open_preset(page: &Page, id: &str) {
    page.js("document.querySelector('[data-testid=gallery]').open = true");
    page.click(&format!("preset-{id}"));
}

/// What the page complains of.
fn notices(page: &Page) -> Value {
    page.js("return [...document.querySelectorAll('.notice')].map(n => n.textContent)")
}

/// What a canvas shows, as text that differs when a pixel does.
fn picture(page: &Page, testid: &str) -> String {
    let picture = page.js(&format!("return document.querySelector('[data-testid={testid}]').toDataURL()"));
    picture.as_str().expect("a picture").to_string()
}

/// Waits until a canvas shows something else than `old`.
fn changes(page: &Page, testid: &str, old: &str, why: &str) -> String {
    let canvas = format!("document.querySelector('[data-testid={testid}]')");
    page.wait(&format!("{testid} changes: {why}"), &format!("{canvas}.toDataURL() !== '{old}'"));
    picture(page, testid)
}

/// The latest loss term of that name over the test images.
fn test_term(state: &Value, name: &str) -> Option<f64> {
    let i = state["terms"].as_array()?.iter().position(|term| term[0] == name)?;
    state["test"][i].as_f64()
}

fn step(page: &Page) -> u64 {
    page.state()["step"].as_u64().expect("a step")
}

#[test]
fn training_learns_in_front_of_the_visitor() {
    learns(&Options { query: SMALL, ..Options::default() });
}

#[test]
fn training_learns_on_an_adapter() {
    learns(&Options { query: ON_ADAPTER, ..Options::default() });
}

#[test]
fn training_learns_without_webgpu() {
    for (webgpu, words) in [(WebGpu::NoApi, "navigator.gpu"), (WebGpu::NoAdapter, "adapter")] {
        let page = learns(&Options { query: SMALL, webgpu, ..Options::default() });
        let said = notice(&page, "on-processor");
        assert!(said.contains("trains on your processor") && said.contains(words), "{webgpu:?}: {said}");
    }
}

/// Trains, and looks at what follows: the loss, the test images, every panel.
fn learns(options: &Options) -> Page {
    let page = ready(&Options { script: SHOWN, ..*options });
    let quiet = notices(&page);
    page.click("train");
    page.wait("the first test metrics", "latentLab.state().test.length > 0 && latentLab.state().terms.length > 0");
    let first = test_term(&page.state(), "reconstruction").expect("a reconstruction term");
    let before = picture(&page, "traversal-digit");
    let better = format!("latentLab.state().test[1] < {}", 0.8 * first);
    page.wait(&format!("the reconstruction of the test images falls from {first}"), &better);
    changes(&page, "traversal-digit", &before, "the weights have changed");

    // Every panel, once it is in view, shows something, and something that moves on with the weights.
    for panel in ["traversal", "reconstructions", "map", "samples", "loss", "kl"] {
        page.js(&format!("document.querySelector('[data-testid=panel-{panel}]').scrollIntoView()"));
        let shown = format!("probe.shown('panel-{panel}')");
        page.wait(&format!("the panel {panel} shows something"), &shown);
        page.js(&format!("probe.old = {shown}"));
        page.wait(&format!("the panel {panel} moves"), &format!("{shown} !== probe.old"));
    }
    let said = page.js("return document.querySelector('.panel-loss .caption').textContent");
    let said = said.as_str().expect("words");
    assert!(["Rings: 256 test images.", "Rings: 1024 test images."].iter().any(|words| said.contains(words)), "{said}");
    assert_eq!(notices(&page), quiet);
    the_pace_shown_is_true(&page);
    page.screenshot("training");
    no_errors(&page);
    page
}

#[test]
fn the_model_moves_by_itself_until_it_is_touched() {
    let page = ready(&Options { motion: true, ..Options::default() });
    let first = picture(&page, "traversal-digit");
    let moved = changes(&page, "traversal-digit", &first, "nobody has touched anything");
    changes(&page, "traversal-digit", &moved, "it goes on");
    page.press(TAB);
    page.wait("it stands where it began", "latentLab.state().code.length > 0 && !location.hash.includes('z=')");
    let code = page.state()["code"].clone();
    sleep(Duration::from_millis(700));
    assert_eq!(page.state()["code"], code, "it rests");
    no_errors(&page);
    let calm = ready(&Options::default());
    let code = calm.wait("a code", "latentLab.state().code.some(v => v !== 0) && latentLab.state().code");
    sleep(Duration::from_millis(700));
    assert_eq!(calm.state()["code"], code, "a visitor who asks for less motion sees none");
}

/// Compares the steps a second on show with the steps that the page counts.
fn the_pace_shown_is_true(page: &Page) {
    let shown = "document.querySelector('[data-testid=steps-per-second]').textContent.replace(/\\s/g, '')";
    let sample = || page.js(&format!("return [performance.now(), latentLab.state().step, +{shown}]"));
    let (mut samples, number) = (Vec::new(), |v: &Value| v.as_f64().expect("a number"));
    for _ in 0..6 {
        samples.push(sample());
        sleep(Duration::from_millis(500));
    }
    let end = sample();
    let counted = 1e3 * (number(&end[1]) - number(&samples[0][1])) / (number(&end[0]) - number(&samples[0][0]));
    let mean = samples.iter().map(|s| number(&s[2])).sum::<f64>() / samples.len() as f64;
    assert!(mean > counted / 3.0 && mean < counted * 3.0, "{mean} steps/s on show, {counted} counted");
}

#[test]
fn the_page_stays_responsive_while_it_trains() {
    // High enough for every panel to be in view.
    let page = ready(&Options { query: SMALL, size: Some((1280, 2200)), alone: true, ..Options::default() });
    page.adapter_steps_aside();
    // A core that the software adapter or another program takes away lengthens a task too; that passes, a page that
    // blocks does so each time.
    let attempts = (0..5).map(|_| {
        let start = page.js("return performance.now()").as_f64().expect("a time");
        page.click("train");
        // Nobody looks: reading pictures back is work on the page's thread, too.
        sleep(Duration::from_secs(6));
        let slow = page.long_tasks(start);
        assert!(step(&page) > 5, "it does not train: {}", page.state());
        page.click("reset");
        page.wait("back at step 0", "latentLab.state().step === 0 && latentLab.state().status === 'Ready to train'");
        slow
    });
    let mut seen = Vec::new();
    for slow in attempts {
        if slow.iter().all(|ms| *ms <= LONGEST_TASK) {
            return no_errors(&page);
        }
        seen.push(slow);
    }
    panic!("the page's thread was busy for {seen:?} ms");
}

#[test]
fn step_pause_and_reset_do_what_they_say() {
    let page = ready(&Options { query: SMALL, ..Options::default() });
    page.click("step");
    page.wait("one step", "latentLab.state().step === 1 && latentLab.state().status === 'Paused'");
    page.click("step");
    page.wait("another step", "latentLab.state().step === 2 && latentLab.state().status === 'Paused'");
    page.click("train");
    page.wait("training goes on from there", "latentLab.state().step > 4");
    page.click("train");
    page.wait("paused", "latentLab.state().status === 'Paused'");
    let at = step(&page);
    sleep(Duration::from_millis(700));
    assert_eq!(step(&page), at, "a paused run moved on");

    // At rest, only a slider moves the picture.
    let before = picture(&page, "traversal-digit");
    page.keys("latent-0", END);
    changes(&page, "traversal-digit", &before, "a slider was moved");
    assert_eq!(page.state()["code"][0], 3.0);

    page.click("reset");
    page.wait("back at step 0", "latentLab.state().step === 0 && latentLab.state().status === 'Ready to train'");
    page.wait(
        "the run before is there to compare with",
        "document.querySelector('[data-testid=loss-past]')?.textContent.includes('the same settings')",
    );
    no_errors(&page);
}

#[test]
fn everything_is_reached_by_keyboard() {
    let page = ready(&Options { query: SMALL, ..Options::default() });
    let focused = "return document.activeElement?.dataset.testid ?? ''";
    let reach = |testid: &str| {
        for _ in 0..100 {
            if page.js(focused) == testid {
                return;
            }
            page.press(TAB);
        }
        panic!("{testid} is not reached by Tab");
    };
    reach("train");
    page.press(ENTER);
    page.wait("Enter trains", "latentLab.state().step > 0");
    page.press(" ");
    page.wait("Space pauses", "latentLab.state().status === 'Paused'");
    reach("latent-0");
    let before = picture(&page, "traversal-digit");
    for _ in 0..20 {
        page.press(RIGHT);
    }
    changes(&page, "traversal-digit", &before, "an arrow key moved the slider");
    for testid in ["param-beta", "map", "new-samples", "theme"] {
        reach(testid);
    }
    no_errors(&page);
}

#[test]
fn a_number_out_of_range_is_said_and_put_back() {
    let page = ready(&Options { query: SMALL, ..Options::default() });
    page.keys("number-latent", &format!("99{ENTER}"));
    let said = page.wait("why not", "document.querySelector('[data-testid=wrong-latent]').textContent");
    assert!(said.as_str().is_some_and(|text| text.starts_with("latent = ") && text.contains("to 64")), "{said}");
    let field = "document.querySelector('[data-testid=number-latent]')";
    page.wait("the field says so", &format!("{field}.ariaInvalid === 'true'"));
    page.press(TAB);
    page.wait("the value in force is back", &format!("{field}.value === '4' && {field}.ariaInvalid === 'false'"));
    assert!(page.state()["setup"].as_str().is_some_and(|setup| setup.contains("latent=4")), "{}", page.state());
    no_errors(&page);
}

#[test]
fn a_setting_that_contradicts_another_is_said_and_moves_nothing() {
    let page = ready(&Options { query: "v=1&method=topk-sae&features=64&k=200&batch=16", ..Options::default() });
    let notes = page.wait("a word on the link", "document.querySelector('[data-testid=link-notes]')?.textContent");
    assert!(notes.as_str().is_some_and(|text| text.contains("k = 200") && text.contains("features")), "{notes}");
    let slider = "document.querySelector('[data-testid=param-k]')";
    assert_eq!(page.js(&format!("return {slider}.value")), "64", "as many as there are");
    page.keys("param-k", END);
    let said = page.wait("why not", "document.querySelector('[data-testid=wrong-k]').textContent");
    assert!(said.as_str().is_some_and(|text| text.starts_with("k = ") && text.contains("features")), "{said}");
    assert_eq!(page.js(&format!("return {slider}.value")), "64", "the slider has moved");
    assert!(page.state()["setup"].as_str().is_some_and(|setup| setup.contains("k=64")), "{}", page.state());
    no_errors(&page);
}

#[test]
fn a_link_carries_the_experiment() {
    let page = ready(&Options { query: "v=1&method=vae&latent=3&beta=2&colour=red&batch=0", ..Options::default() });
    let notes = page.wait("the notes on the link", "document.querySelector('[data-testid=link-notes]')?.textContent");
    let notes = notes.as_str().unwrap_or_default();
    assert!(notes.contains("colour") && notes.contains("batch"), "{notes}");
    page.keys("param-beta", RIGHT);
    let link = page.wait("the address follows the controls", "!location.search.includes('colour') && location.search");
    let link = link.as_str().expect("a query").trim_start_matches('?').to_string();
    let setup = page.state()["setup"].clone();
    assert!(setup.as_str().is_some_and(|s| s.contains("latent=3") && s.contains("beta=")), "{setup}");
    page.go(&link);
    page.wait("the page is back", "window.latentLab && latentLab.state().setup");
    assert_eq!(page.state()["setup"], setup);
    assert_eq!(page.js("return document.querySelector('[data-testid=link-notes]')"), Value::Null);
    no_errors(&page);
}

/// Counts the changes of the address, and says when they were.
const WRITES: &str = r"
    probe.writes = [];
    for (const name of ['replaceState', 'pushState']) {
        const write = history[name];
        history[name] = function (...a) { probe.writes.push(performance.now()); return write.apply(this, a); };
    }
    probe.drag = (testid, part) => {
        const slider = document.querySelector(`[data-testid=${testid}]`);
        slider.value = +slider.min + part * (slider.max - slider.min);
        slider.dispatchEvent(new Event('input', { bubbles: true }));
    };
";

#[test]
fn a_long_drag_changes_the_address_seldom_and_its_end_is_in_the_link() {
    let page = ready(&Options { query: SMALL, script: WRITES, ..Options::default() });
    page.wait("nothing is on its way", "latentLab.state().waiting === 0");
    // Four seconds of a control and of the traversal, at every frame.
    let drag = "
        probe.writes = [];
        const begin = performance.now();
        let events = 0;
        return new Promise(done => {
            const move = () => {
                const part = (performance.now() - begin) / 4000;
                if (part > 1) return done(events);
                probe.drag('param-beta', part);
                probe.drag('latent-0', part);
                events += 1;
                setTimeout(move, 8);
            };
            move();
        });
    ";
    let events = page.js(drag).as_u64().expect("a number");
    assert!(events > 60, "{events} events are no drag");
    let there = "location.search === '?' + latentLab.state().setup && location.hash.includes('z=')";
    page.wait("the link says where the drag ended", there);
    let writes = page.js("return probe.writes.length").as_u64().expect("a number");
    assert!((2..=16).contains(&writes), "{writes} changes of the address for {events} events");

    // What waits is written when the page goes, and when the link is copied.
    page.js("probe.drag('param-beta', 0.5); probe.drag('param-beta', 0.25); dispatchEvent(new PageTransitionEvent('pagehide'))");
    assert_eq!(page.js(&format!("return {there}")), true, "{}", page.state());
    page.js("probe.drag('param-beta', 0.75); probe.drag('param-beta', 0.5); document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))");
    assert_eq!(page.js(&format!("return {there}")), true, "{}", page.state());
    no_errors(&page);
}

#[test]
fn a_link_that_insists_on_webgpu_is_told_what_is_missing_and_still_decodes() {
    for (webgpu, words) in [(WebGpu::NoApi, "navigator.gpu"), (WebGpu::NoAdapter, "adapter")] {
        let page = Page::open(&Options { webgpu, query: "engine=plan", ..Options::default() });
        let notice = page.wait("the notice", "document.querySelector('[data-testid=no-gpu]')?.textContent");
        assert!(notice.as_str().is_some_and(|text| text.contains(words)), "{webgpu:?}: {notice}");
        page.wait("the pretrained model is on show", "latentLab.state().latent > 0");
        let before = picture(&page, "traversal-digit");
        let shown = page.wait("a slider", "document.querySelector('[data-testid^=latent-]')?.dataset.testid");
        page.keys(shown.as_str().expect("a name"), END);
        changes(&page, "traversal-digit", &before, "a slider was moved, without a GPU");
        page.screenshot(&format!("without-webgpu-{webgpu:?}"));
        no_errors(&page);
    }
}

#[test]
fn it_fits_phones_and_wide_screens_in_light_and_dark() {
    for (name, size) in [("phone", (360, 740)), ("desktop", (1600, 1000))] {
        for dark in [false, true] {
            let page = ready(&Options { size: Some(size), dark, ..Options::default() });
            page.wait("the pretrained model is decoded", "latentLab.state().latent > 0");
            let width = page.js("return document.documentElement.scrollWidth").as_u64().expect("a width");
            assert!(width <= size.0.into(), "{name}: the page is {width} pixels wide");
            let background = page
                .js("return getComputedStyle(document.documentElement).backgroundColor.match(/[0-9.]+/g).slice(0, 3).map(Number)");
            let light: f64 = background.as_array().into_iter().flatten().filter_map(Value::as_f64).sum();
            assert_eq!(light < 3.0 * 128.0, dark, "{name}: the background is {background}");
            page.screenshot(&format!("{name}-{}", if dark { "dark" } else { "light" }));
            no_errors(&page);
        }
    }
}

#[test]
fn a_machine_is_timed_where_the_address_asks_for_it() {
    let page = ready(&Options { query: "bench", ..Options::default() });
    let slow = Duration::from_secs(180);
    let line = page.wait_for("the line", "document.querySelector('[data-testid=machine-line]')?.value", slow);
    let line = line.as_str().expect("a line").to_owned();
    println!("{line}");
    let cells: Vec<&str> = line.trim_matches(['|', ' ']).split('|').map(str::trim).collect();
    assert_eq!(cells.len(), 9, "{line}");
    assert!(cells[0].starts_with("processor") && cells[1].starts_with("Chrome"), "{line}");
    let number = |text: &str| text.split(' ').next().and_then(|n| n.parse::<f64>().ok());
    for cell in [2, 5, 6] {
        assert!(number(cells[cell]).is_some_and(|n| n > 0.0), "{line}");
    }
    assert_eq!(page.js("return document.querySelectorAll('[data-testid=link-notes]').length"), 0, "the address is understood");
    page.screenshot("bench");
    // It has left the run alone.
    page.click("step");
    page.wait("a step", "latentLab.state().terms.length > 0");
    no_errors(&page);
}
