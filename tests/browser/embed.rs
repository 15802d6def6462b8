//! Figures in somebody else's page: the example post, under the strictest policy that WebAssembly allows.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::driver::{Options, Page};
use super::keep::listens;
use super::{RIGHT, SMALL, compressed, no_errors, ready};

/// Nothing but this site's own files; no inline script, no inline style, no evaluation but that of WebAssembly.
const STRICT: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; object-src 'none'; base-uri 'none'";

/// Adds `lab(i)`, the inside of figure `i`; `drawn(i)`, its large picture as text, once it is not of one colour; and
/// `heard`, how often each event came.
const INSIDE: &str = r"
    window.lab = i => document.querySelectorAll('latent-lab')[i].shadowRoot;
    window.drawn = i => {
        const canvas = lab(i).querySelector('canvas.big');
        if (!canvas?.width) return false;
        const pixels = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer);
        return !pixels.every(p => p === pixels[0]) && canvas.toDataURL();
    };
    [window.heard, window.first] = [{}, 0];
    addEventListener('ready', () => first ||= performance.now());
    for (const type of ['ready', 'select', 'step', 'failed']) addEventListener(type, () => heard[type] = (heard[type] ?? 0) + 1);
";

/// The most that a figure may make a page download besides the model, compressed.
const PLAYER: usize = 150_000;

/// Milliseconds from opening a post to its first picture; one second on a computer that does nothing else.
const FIRST: f64 = 5000.0;

fn post(dark: bool) -> Page {
    post_at("", dark)
}

/// The post on a site that lies below a path of its host.
pub(super) fn post_at(base: &str, dark: bool) -> Page {
    Page::open(&Options { base, dark, ..post_options() })
}

/// The post, on a machine where nothing else is open: for times.
fn post_alone() -> Page {
    Page::open(&Options { alone: true, ..post_options() })
}

fn post_options() -> Options<'static> {
    Options { path: "examples/post/", csp: Some(STRICT), script: INSIDE, size: Some((1280, 700)), ..Options::default() }
}

/// Scrolls to figure `i` and waits until it has drawn.
pub(super) fn scroll_to(page: &Page, i: usize) -> String {
    page.js(&format!("document.querySelectorAll('latent-lab')[{i}].scrollIntoView({{ block: 'center' }})"));
    text(&page.wait(&format!("figure {i} draws"), &format!("drawn({i})")))
}

/// Waits until figure `i` shows something else than `old`.
fn changes(page: &Page, i: usize, old: &str, why: &str) -> String {
    text(&page.wait(&format!("figure {i} changes: {why}"), &format!("drawn({i}) !== '{old}' && drawn({i})")))
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_string()
}

/// Moves the mouse to a place in an element, in shares of its size.
fn point(page: &Page, element: &str, x: f64, y: f64) {
    let at =
        page.js(&format!("const b = {element}.getBoundingClientRect(); return [b.left + {x} * b.width, b.top + {y} * b.height]"));
    page.cdp("Input.dispatchMouseEvent", &json!({ "type": "mouseMoved", "x": at[0], "y": at[1] }));
}

#[test]
fn a_finding_stands_in_a_post() {
    let page = post(true);
    page.wait("the elements are there", "document.querySelector('latent-lab')?.shadowRoot");
    page.js("const lab = document.createElement('latent-lab');
        lab.finding = 'as-many-latents-as-dimensions';
        document.body.prepend(lab);
        lab.scrollIntoView()");
    page.wait("its claim", "lab(0).querySelector('.finding .claim')?.textContent.startsWith('Nearly all that')");
    let bars = page.js("return [...lab(0).querySelectorAll('.bars b')].map(bar => Math.round(bar.getBoundingClientRect().width))");
    let bars: Vec<u64> = bars.as_array().expect("widths").iter().map(|w| w.as_u64().unwrap()).collect();
    assert!(bars.len() == 3 && bars[0] > 50 && bars[1] < bars[0] / 4, "{bars:?}");
    assert_eq!(page.js("return lab(0).querySelector('.verdict').textContent"), "Held when it was run");
    page.screenshot("finding-in-a-post");
    no_errors(&page);
}

#[test]
fn figures_wait_to_be_seen_and_answer_pointer_and_keyboard() {
    let page = post_alone();
    page.wait("the elements are there", "document.querySelector('latent-lab')?.shadowRoot");
    assert_eq!(page.js("return lab(1).querySelector('canvas')"), Value::Null, "a figure below the window has begun");
    assert_eq!(page.js("return document.querySelectorAll('latent-lab img')[1].checkVisibility()"), true, "no still picture");

    let before = scroll_to(&page, 0);
    let first = page.js("return first").as_f64().expect("a time");
    println!("from opening the post to its first picture: {first:.0} ms");
    assert!(first < FIRST, "the first picture took {first:.0} ms");
    assert_eq!(page.js("return document.querySelector('latent-lab img').checkVisibility()"), false, "the still picture stays");
    page.js("lab(0).querySelector('input').focus()");
    (0..12).for_each(|_| page.press(RIGHT));
    let moved = changes(&page, 0, &before, "an arrow key moved a slider");
    assert!(page.js("return heard.step").as_u64() > Some(0), "nobody heard of it");
    page.js("lab(0).querySelectorAll('.thumbs button')[7].click()");
    let seven = changes(&page, 0, &moved, "another image was chosen");
    page.js("document.querySelector('latent-lab').play()");
    changes(&page, 0, &seven, "it plays");
    page.js("document.querySelector('latent-lab').pause()");

    let before = scroll_to(&page, 1);
    point(&page, "lab(1).querySelector('.plot')", 0.2, 0.3);
    let pointed = changes(&page, 1, &before, "the pointer moved");
    page.js("lab(1).querySelector('.plot').focus()");
    (0..5).for_each(|_| page.press(RIGHT));
    changes(&page, 1, &pointed, "an arrow key moved the cursor");
    page.screenshot("post");

    // One player and one download of each model, nothing of the trainer, nothing from elsewhere, no cookie.
    let names = page.js("return performance.getEntriesByType('resource').map(r => r.name)");
    let names: Vec<&str> = names.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (part, times) in [
        ("player_bg.wasm", 1),
        ("mnist-vae.safetensors", 1),
        ("mnist-map.safetensors", 1),
        ("older", 0),
        ("engine", 0),
        ("/page/", 0),
        ("train-images", 0),
    ] {
        assert_eq!(names.iter().filter(|name| name.contains(part)).count(), times, "{part}: {names:?}");
    }
    assert!(names.iter().all(|name| name.starts_with("http://localhost:")), "{names:?}");
    assert_eq!(page.js("return document.cookie"), "");
    no_errors(&page);
}

#[test]
fn a_sandboxed_frame_has_its_figure_and_its_height() {
    let page = post(false);
    let scroll = "document.querySelector('iframe').scrollIntoView({ block: 'center' })";
    // The figures above grow when they are drawn, and a frame that is out of view draws nothing.
    scroll_to(&page, 0);
    scroll_to(&page, 1);
    page.js(scroll);
    page.wait("the frame has said how high it is", "parseFloat(document.querySelector('iframe').style.height) > 200");
    page.js(scroll);
    page.turn_to_frame(Some("iframe"));
    // Scripts before the page's own do not reach frames of another origin.
    page.js(INSIDE);
    assert_eq!(page.js("return origin"), "null", "the frame is not sandboxed");
    let before = text(&page.wait("the figure draws", "drawn(0)"));
    page.wait("every token has its picture", "[...lab(0).querySelectorAll('.palette canvas')].every(c => c.width === c.height)");
    // The hole of a nought is filled with the token whose picture is darkest. WebDriver's keys go to the page around the frame,
    // so these are made in it.
    page.js(r"
        const ink = c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.reduce((sum, v) => sum + v, 0);
        const buttons = [...lab(0).querySelectorAll('.palette button')];
        buttons.sort((a, b) => ink(a.firstChild) - ink(b.firstChild))[0].click();
        heard.step = 0;
        for (const key of ['Enter', 'ArrowRight', 'Enter']) {
            lab(0).querySelector('.grid').dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
        }
    ");
    // The mark moves at once, what is painted shows with the next frame.
    page.wait("what was painted is on show", "heard.step > 0");
    let painted = changes(&page, 0, &before, "two tokens were painted");
    page.js("[...lab(0).querySelectorAll('.line button')].find(b => b.textContent === 'Undo').click()");
    changes(&page, 0, &painted, "one was taken back");
    assert_eq!(page.js("return heard.failed ?? 0"), 0);
    page.turn_to_frame(None);
    page.screenshot("post-frame");
    no_errors(&page);
}

#[test]
fn features_are_turned_up_and_a_figure_may_show_several_panels() {
    let page = post(false);
    page.wait("the element is known", "customElements.get('latent-lab')");
    // A page may also make figures by script.
    page.js("const e = document.createElement('latent-lab'); e.preset = 'mnist-sae'; document.querySelector('article').prepend(e)");
    let before = scroll_to(&page, 0);
    page.js("lab(0).querySelector('.feature input').focus()");
    (0..20).for_each(|_| page.press(RIGHT));
    let turned = changes(&page, 0, &before, "a feature was turned up");
    page.js("lab(0).querySelector('.palette button').click()");
    changes(&page, 0, &turned, "a feature was added");
    page.js("const e = document.querySelector('latent-lab'); e.preset = 'mnist-vae'; e.panel = 'traversal path'");
    page.wait("two panels", "lab(0).querySelectorAll('.panel canvas.big').length === 2");
    let before = text(&page.wait("they draw", "drawn(0)"));
    page.js("const s = lab(0).querySelector('.path input'); s.focus()");
    (0..20).for_each(|_| page.press(RIGHT));
    changes(&page, 0, &before, "both show the same code");

    // What cannot be shown says so, where the figure would be.
    page.js("document.querySelector('latent-lab').panel = 'tokens'");
    let said = page.wait("the message", "lab(0).querySelector('[role=alert]')?.textContent");
    assert!(said.as_str().is_some_and(|said| said.contains("tokens") && said.contains("traversal")), "{said}");
    assert_eq!(page.js("return lab(0).querySelector('slot img').checkVisibility()"), true, "no still picture");
    no_errors(&page);
}

#[test]
fn figures_follow_the_page_into_the_dark() {
    for dark in [false, true] {
        let page = post(dark);
        page.wait("the elements are there", "document.querySelector('latent-lab')?.shadowRoot");
        let scheme = "document.querySelector('latent-lab').dataset.scheme";
        assert_eq!(page.js(&format!("return {scheme}")), if dark { "dark" } else { "light" });
        let before = scroll_to(&page, 0);
        // A page with a switch of its own changes its background.
        let other = if dark { "#ffffff" } else { "#101010" };
        page.js(&format!("document.documentElement.style.background = '{other}'"));
        page.wait("it follows", &format!("{scheme} === '{}'", if dark { "light" } else { "dark" }));
        changes(&page, 0, &before, "other colours");
        page.js("document.querySelector('latent-lab').theme = 'light'");
        page.wait("told what to be", &format!("{scheme} === 'light'"));
        no_errors(&page);
    }
}

#[test]
fn weights_that_the_page_saves_are_a_figure() {
    let page = ready(&Options { query: SMALL, script: &(listens() + INSIDE), ..Options::default() });
    page.click("train");
    page.wait("some steps", "latentLab.state().step > 10");
    page.click("train");
    page.wait("paused", "latentLab.state().status === 'Paused'");
    page.click("embed");
    let code = "document.querySelector('dialog.embed iframe').contentDocument?.querySelector('textarea')?.value";
    let code = text(&page.wait("the code", code));
    assert!(code.contains("src=\"my-model.safetensors\" panel=\"traversal\""), "{code}");
    page.click("embed-close");
    page.click("runs");
    page.click("save-quarter");
    let file = "Object.entries(probe.files).find(([name]) => name.endsWith('-8bit.safetensors'))?.[1]";
    page.wait("the file", &format!("{file}?.length"));
    page.click("runs-close");
    page.js(&format!(
        r"
        await import(new URL('embed.js', document.baseURI));
        const figure = document.createElement('latent-lab');
        figure.src = URL.createObjectURL(new Blob([new Uint8Array({file})]));
        document.body.prepend(figure);
    "
    ));
    let before = scroll_to(&page, 0);
    assert_eq!(page.js("return lab(0).querySelectorAll('.thumbs button').length"), 20, "test images of the file");
    assert_eq!(page.js("return lab(0).querySelector('.thumbs canvas').ariaLabel"), "Image: 0");
    page.js("lab(0).querySelectorAll('.thumbs button')[7].click()");
    changes(&page, 0, &before, "another image was chosen");
    no_errors(&page);
}

/// The model that ships, as it was before files had programs in them: the header is written anew without, and the rest is the same.
const BEFORE: &str = r"
    await import(new URL('embed.js', document.baseURI));
    const file = new Uint8Array(await (await fetch(new URL('assets/presets/mnist-vae.safetensors', document.baseURI))).arrayBuffer());
    const size = Number(new DataView(file.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + size)));
    for (const key of ['programs', 'code', 'controls', 'seed', 'image', 'classes']) delete header.__metadata__[key];
    const text = new TextEncoder().encode(JSON.stringify(header));
    const length = new BigUint64Array([BigInt(text.length)]);
    const figure = document.createElement('latent-lab');
    figure.src = URL.createObjectURL(new Blob([length, text, file.subarray(8 + size)]));
    document.body.prepend(figure);
";

#[test]
fn files_of_before_are_still_a_figure() {
    let page = ready(&Options { query: SMALL, script: INSIDE, ..Options::default() });
    page.js(BEFORE);
    let before = scroll_to(&page, 0);
    let fetched = "performance.getEntriesByType('resource').filter(r => r.name.endsWith('older_bg.wasm')).length";
    assert_eq!(page.js(&format!("return {fetched}")), 1);
    page.js("lab(0).querySelectorAll('.thumbs button')[1].click()");
    changes(&page, 0, &before, "another picture was chosen");
    no_errors(&page);
}

/// Milliseconds between two frames at 60 a second, and a little.
const FRAME: f64 = 20.0;

#[test]
fn scrolling_past_idle_figures_is_smooth() {
    let page = post_alone();
    scroll_to(&page, 0);
    scroll_to(&page, 1);
    page.goes_first();
    let scroll = r"
        return new Promise(done => {
            const [gaps, start] = [[], performance.now()];
            let last = start;
            scrollTo(0, 0);
            requestAnimationFrame(function frame(now) {
                gaps.push(now - last);
                last = now;
                scrollTo(0, (now - start) * 0.6);
                if (now - start < 2500) requestAnimationFrame(frame);
                else done({ start, gaps: gaps.slice(2).sort((a, b) => a - b) });
            });
        });
    ";
    let mut seen = Vec::new();
    // Other programs on the machine take their share: a page that janks does so each time.
    for _ in 0..6 {
        let result = page.js(scroll);
        let gaps: Vec<f64> = result["gaps"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
        let median = gaps[gaps.len() / 2];
        let slow = page.long_tasks(result["start"].as_f64().expect("a time"));
        println!(
            "{} frames, median gap {median:.1} ms, 95 % within {:.1} ms, long tasks {slow:?}",
            gaps.len(),
            gaps[gaps.len() * 95 / 100]
        );
        if median <= FRAME && slow.is_empty() {
            return no_errors(&page);
        }
        seen.push((median, slow));
    }
    panic!("median gaps and long tasks, ms: {seen:?}");
}

#[test]
fn the_player_is_small() {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist");
    let names = |folder: &str| -> Vec<String> {
        let entries = fs::read_dir(dist.join(folder)).expect("the page is built");
        entries.map(|entry| entry.expect("the folder is readable").file_name().to_string_lossy().into_owned()).collect()
    };
    let top: Vec<String> = names("").into_iter().filter(|name| name.starts_with("embed")).collect();
    let folder = top.iter().find(|name| dist.join(name).is_dir()).expect("the figures' scripts have a folder");
    let all = top.iter().cloned().chain(names(folder).into_iter().map(|name| format!("{folder}/{name}")));
    let sizes: Vec<(String, usize)> = all.filter_map(|path| Some((path.clone(), compressed(&path)?))).collect();
    // Only files of before have this fetched.
    let always = sizes.iter().filter(|(name, _)| !name.contains("/older"));
    assert_eq!(always.clone().count(), sizes.len() - 2, "{sizes:?}");
    let total: usize = always.map(|(_, bytes)| bytes).sum();
    println!("{total} bytes: {sizes:?}");
    assert!(sizes.iter().any(|(name, _)| name.ends_with("player_bg.wasm")), "{sizes:?}");
    assert!(total <= PLAYER, "{total} bytes: {sizes:?}");
}
