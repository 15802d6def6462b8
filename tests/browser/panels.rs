//! The panels on their tabs: each shows the weights, hears pointer and keyboard, and its numbers are the library's.

use latent_geometry::log_prior;
use serde_json::Value;

use super::*;

pub const LEFT: &str = "\u{E012}";
pub const HOME: &str = "\u{E011}";
pub const PAGE_DOWN: &str = "\u{E00F}";

pub fn text(page: &Page, testid: &str) -> String {
    page.js(&format!("return document.querySelector('[data-testid={testid}]').textContent")).as_str().expect("a text").to_string()
}

/// The first number in a text; the page writes a true minus.
pub fn number(text: &str) -> f64 {
    let text = text.replace('−', "-");
    let word = text.split(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | '.'))).find_map(|w| w.parse().ok());
    word.unwrap_or_else(|| panic!("no number in {text:?}"))
}

/// Values of a picture from 0 to 1, read back through the colours of the theme.
pub const VALUES: &str = r"
    probe.values = testid => {
        const style = getComputedStyle(document.documentElement);
        const level = name => parseInt(style.getPropertyValue(name).trim().slice(1, 3), 16);
        const [paper, ink] = [level('--digit-paper'), level('--digit-ink')];
        const canvas = document.querySelector(`[data-testid=${testid}]`);
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        return Array.from({ length: data.length / 4 }, (_, i) => (data[4 * i] - paper) / (ink - paper));
    };
";

pub fn values(page: &Page, testid: &str) -> Vec<f64> {
    let values = page.js(&format!("return probe.values('{testid}')"));
    values.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

pub fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

#[test]
fn every_tab_shows_the_weights() {
    shows_the_weights(SMALL);
}

#[test]
fn every_tab_shows_the_weights_on_an_adapter() {
    shows_the_weights(ON_ADAPTER);
}

fn shows_the_weights(query: &str) {
    let page = ready(&Options { query, script: SHOWN, ..Options::default() });
    page.click("step");
    page.wait("one step", "latentLab.state().step === 1 && latentLab.state().status === 'Paused'");
    let panels = [
        ("latents", "latents"),
        ("explore", "explore"),
        ("paths", "path"),
        ("paths", "arithmetic"),
        ("draw", "draw"),
        ("explain", "diagram"),
    ];
    for (name, panel) in panels {
        page.open_tab(name);
        page.js(&format!("document.querySelector('[data-testid=panel-{panel}]').scrollIntoView()"));
        let shown = format!("probe.shown('panel-{panel}')");
        page.wait(&format!("the panel {panel} shows something"), &shown);
        let step = step(&page);
        page.js(&format!("probe.old = {shown}"));
        page.click("step");
        page.wait("another step", &format!("latentLab.state().step === {} && latentLab.state().status === 'Paused'", step + 1));
        page.wait(&format!("the panel {panel} moves with the weights"), &format!("{shown} && {shown} !== probe.old"));
    }
    no_errors(&page);
}

/// The diagram's layers are those of the network on show: of the trained model that comes with the page, and of a run.
#[test]
fn the_diagram_has_a_bar_for_each_layer() {
    let bars = "[...document.querySelectorAll('.layer')]";
    let names = format!("{bars}.map(b => b.ariaLabel.split(':')[0]).join()");
    let page = ready(&Options { query: SMALL, ..Options::default() });
    // Nobody asks for what is out of sight.
    let look = |page: &Page| {
        page.open_tab("explain");
        page.wait("the panel", "document.querySelector('[data-testid=panel-diagram]') !== null");
        page.js("document.querySelector('[data-testid=panel-diagram]').scrollIntoView()");
    };
    page.click("step");
    page.wait("one step", "latentLab.state().step === 1 && latentLab.state().status === 'Paused'");
    look(&page);
    page.wait("its layers", &format!("{names} === 'encoder.hidden,encoder.mean,encoder.logvar,decoder.hidden,decoder.out'"));
    let words = |i: usize| page.js(&format!("return {bars}[{i}].ariaLabel")).as_str().expect("words").to_string();
    assert!(words(0).contains("dense, 784 → 64, then ReLU. 50\u{202f}240 parameters."), "{}", words(0));
    // The keyboard has one stop, moves along, and what it is at is told below.
    assert_eq!(page.js(&format!("return {bars}.filter(b => b.tabIndex === 0).length")), 1);
    page.js("document.querySelector('[data-testid=layer-0]').focus()");
    assert_eq!(text(&page, "layer-says"), words(0));
    for (key, want) in [(RIGHT, 1), (END, 4), (LEFT, 3), (HOME, 0)] {
        page.press(key);
        assert_eq!(page.js("return document.activeElement.dataset.testid"), format!("layer-{want}"));
        assert_eq!(text(&page, "layer-says"), words(want));
    }
    // Where the time goes: shares of all operations.
    let shares = page.js(&format!("return {bars}.map(b => parseFloat(b.style.getPropertyValue('--share')))"));
    let shares: Vec<f64> = shares.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
    assert!((shares.iter().sum::<f64>() - 100.0).abs() < 1.0 && shares[0] > 10.0 * shares[1], "{shares:?}");

    // Without an engine the file says it.
    let page = Page::open(&Options { webgpu: WebGpu::NoApi, query: "engine=plan", ..Options::default() });
    page.wait("the page is there", "window.latentLab?.state().code.length > 0");
    look(&page);
    page.wait("the layers of the file", &format!("{names}.startsWith('encoder.hidden') && {bars}.length >= 4"));
    no_errors(&page);
}

#[test]
fn tabs_are_reached_by_keyboard_and_by_link() {
    let page = ready(&Options { query: SMALL, ..Options::default() });
    page.js("document.querySelector('[data-testid=tab-learn]').focus()");
    let open = || page.js("return document.querySelector('[role=tab][aria-selected=true]').dataset.testid");
    for (key, want) in [
        (RIGHT, "tab-latents"),
        (RIGHT, "tab-explore"),
        (LEFT, "tab-latents"),
        (END, "tab-explain"),
        (RIGHT, "tab-learn"),
        (HOME, "tab-learn"),
    ] {
        page.press(key);
        assert_eq!(open(), want);
        assert_eq!(page.js("return document.activeElement.dataset.testid"), want, "the focus follows");
    }
    page.js("location.hash = '#draw'");
    page.wait("the tab of the link", "document.querySelector('#panels').classList.contains('tab-draw')");
    page.keys("param-beta", END);
    page.wait("the link keeps the tab", "location.search.includes('beta') && location.hash === '#draw'");
    no_errors(&page);
}

#[test]
fn back_leads_to_the_tab_before_and_a_link_to_all_that_it_says() {
    let page = ready(&Options::default());
    let tab = |name: &str| page.wait(name, &format!("document.querySelector('#panels').classList.contains('tab-{name}')"));
    page.open_tab("latents");
    page.open_tab("draw");
    page.js("history.back()");
    tab("latents");
    page.js("history.back()");
    tab("learn");
    page.js("history.forward()");
    tab("latents");

    page.js("location.hash = '#explore&axes=1,0&pins=2&from=5'");
    tab("explore");
    page.wait("the axes of the link", "document.querySelector('[data-testid=map-x]')?.value === '1'");
    page.wait("its image has come", "latentLab.state().waiting === 0 && location.hash === '#explore&axes=1,0&pins=2&from=5'");
    page.js("history.back()");
    tab("latents");
    page.wait("nothing but the tab goes back", "location.hash === '#latents&axes=1,0&pins=2&from=5'");
    no_errors(&page);
}

#[test]
fn shelves_of_a_tab_show_the_same_images() {
    let page = ready(&Options::default());
    page.open_tab("paths");
    let first = |panel: &str, n: u32| {
        let button = format!("document.querySelector('[data-testid=panel-{panel}] [data-testid=shelf-0]')");
        page.wait(panel, &format!("/image {n}\\b/.test({button}?.ariaLabel)"));
    };
    first("arithmetic", 0);
    page.js("document.querySelector('[data-testid=panel-path] [data-testid=shelf-other]').click()");
    first("path", 20);
    first("arithmetic", 20);
    no_errors(&page);
}

#[test]
fn latents_have_ranges_orders_and_pins() {
    let page = ready(&Options::default());
    page.open_tab("latents");
    let order = "[...document.querySelectorAll('.panel-latents .row input')].map(i => i.dataset.testid)";
    let rows = page.wait("rows", &format!("{order}.length > 1 && {order}"));
    let last = rows.as_array().and_then(|r| r.last()?.as_str()).expect("a row").to_string();
    page.click(&last.replace("latent", "pin"));
    page.wait("a pinned row is on top", &format!("{order}[0] === '{last}'"));
    page.click("sort-index");
    page.wait("by number", &format!("{order}[1] === 'latent-0'"));
    // Pinned stays on top; with the pin gone, so is its privilege.
    page.click(&last.replace("latent", "pin"));
    page.wait("all by number", &format!("{order}[0] === 'latent-0'"));

    let heat = picture(&page, "heat-0");
    page.click("reach-posterior");
    page.wait(
        "a narrower range",
        "+document.querySelector('[data-testid=latent-0]').max - +document.querySelector('[data-testid=latent-0]').min < 5.9",
    );
    changes(&page, "heat-0", &heat, "a narrower range moves other pixels");
    let before = picture(&page, "traversal-digit");
    page.keys("latent-0", END);
    changes(&page, "traversal-digit", &before, "a slider was moved");
    no_errors(&page);
}

#[test]
fn paths_have_their_length_and_the_density_of_the_prior() {
    let page = ready(&Options { script: VALUES, ..Options::default() });
    // An end whose density is known: the origin.
    page.click("traversal-zero");
    page.open_tab("paths");
    page.wait("the geodesic settles", "document.querySelector('[data-testid=path-energy]')?.textContent.includes('settled')");
    let length = |kind: usize| number(&text(&page, &format!("length-{kind}")));
    page.wait("the geodesic's length", "/\\d/.test(document.querySelector('[data-testid=length-2]')?.textContent)");
    assert!(length(2) < length(0) && length(0) < length(1), "{} {} {}", length(0), length(1), length(2));

    // The film at each of its 25 places, and the sum of the distances between neighbours.
    let at = |i: usize| {
        page.js(&format!(
            "const at = document.querySelector('[data-testid=path-at]'); at.value = {i} / 24; at.dispatchEvent(new Event('input'));
            return new Promise(requestAnimationFrame)"
        ));
        values(&page, "way-0")
    };
    let film: Vec<_> = (0..25).map(at).collect();
    let sum: f64 = film.windows(2).map(|w| distance(&w[0], &w[1])).sum();
    // Bytes on the page, floating point in the engine.
    assert!((sum - length(0)).abs() < 0.03 * sum, "{sum} along the film, {} on show", length(0));

    page.js("[...document.querySelectorAll('.ends > button')].at(-1).click()");
    page.wait("a third end", "document.querySelector('[data-testid=end-2]')");
    at(24);
    let origin = log_prior(&[0.0; 10]);
    page.wait(
        "the origin's density",
        &format!("document.querySelector('[data-testid=density-0]').textContent.startsWith('−{:.1}')", -origin),
    );

    // By keyboard, and by itself.
    page.keys("path-at", HOME);
    let start = picture(&page, "way-0");
    page.keys("path-at", &RIGHT.repeat(12));
    changes(&page, "way-0", &start, "the slider was moved");
    page.click("path-play");
    page.wait("it plays to the end", "+document.querySelector('[data-testid=path-at]').value === 1");
    no_errors(&page);
}

#[test]
fn codes_add_and_subtract() {
    let page = ready(&Options::default());
    page.open_tab("paths");
    page.js("document.querySelector('[data-testid=panel-arithmetic]').scrollIntoView()");
    page.wait("a result", "document.querySelector('[data-testid=arithmetic-result]').toDataURL().length > 500");
    let analogy = picture(&page, "arithmetic-result");
    // A is to A as C is to C.
    page.click("given-1");
    page.js("document.querySelector('[data-testid=panel-arithmetic] [data-testid=shelf-0]').click()");
    let same = changes(&page, "arithmetic-result", &analogy, "B is another image");
    page.wait("nothing added is C itself", "document.querySelector('[data-testid=arithmetic-result]').toDataURL() === document.querySelector('[data-testid=given-2] canvas').toDataURL()");
    page.click("arithmetic-classes");
    changes(&page, "arithmetic-result", &same, "a direction from class to class");
    no_errors(&page);
}

#[test]
fn a_drawing_is_encoded_and_compared() {
    let page = ready(&Options { script: VALUES, ..Options::default() });
    page.open_tab("draw");
    page.wait("a test image to begin with", "document.querySelector('[data-testid=draw-error]').textContent");
    page.js(r"
        const pad = document.querySelector('[data-testid=pad]');
        pad.setPointerCapture = () => {};
        const box = pad.getBoundingClientRect();
        const send = (type, x, y) => pad.dispatchEvent(new PointerEvent(type, { bubbles: true, cancelable: true, buttons: 1,
            clientX: box.x + x * box.width, clientY: box.y + y * box.height }));
        send('pointerdown', 0.45, 0.1);
        for (let i = 1; i <= 20; i++) send('pointermove', 0.45 + 0.003 * i, 0.1 + 0.04 * i);
        send('pointerup', 0.5, 0.9);
    ");
    let stroke = || values(&page, "draw-seen");
    page.wait("the stroke is seen", "probe.values('draw-seen').filter(v => v > 0.5).length > 20");
    let ink: f64 = stroke().iter().sum();
    assert!(ink > 20.0 && ink < 200.0, "{ink} pixels of ink");
    // A vertical stroke: its neighbours are ones. What nobody sees is not asked of the network.
    page.js("document.querySelector('[data-testid=draw-nearest]').scrollIntoView()");
    page.wait(
        "its neighbours",
        "[...document.querySelectorAll('[data-testid=draw-nearest] .tag')].filter(t => t.textContent === '1').length > 5",
    );

    let copy = values(&page, "draw-copy");
    let rms = distance(&stroke(), &copy) / (copy.len() as f64).sqrt();
    let shown = number(&text(&page, "draw-error"));
    assert!((rms - shown).abs() < 0.004, "{rms} between the pictures, {shown} on show");

    let bars = page.js("return [...document.querySelectorAll('[data-testid=draw-code] li')].map(li => li.title)");
    let before = page.state()["code"].to_string();
    page.click("draw-traverse");
    page.wait(
        "the traversal goes there",
        &format!("document.querySelector('[data-testid=panel-latents]') && JSON.stringify(latentLab.state().code) !== '{before}'"),
    );
    let code = page.state()["code"].clone();
    for bar in bars.as_array().expect("bars").iter().filter_map(Value::as_str) {
        let (latent, mean) = bar.split_once(": ").expect("latent and mean");
        let i = number(latent) as usize;
        let mean: f64 = mean.split(" ±").next().expect("a mean").replace('−', "-").parse().expect("a number");
        assert!((code[i].as_f64().expect("a value") - mean).abs() < 0.011, "{bar}: {code}");
    }
    no_errors(&page);
}

#[test]
fn a_dropped_file_is_cropped_scaled_and_refused_if_it_is_none() {
    let page = ready(&Options { script: VALUES, ..Options::default() });
    page.open_tab("draw");
    let drop = |make: &str| {
        page.js(&format!(r"
            {make}
            const data = new DataTransfer();
            data.items.add(file);
            document.querySelector('.draw').dispatchEvent(new DragEvent('drop', {{ bubbles: true, cancelable: true, dataTransfer: data }}));
        "));
    };
    // Dark ink on white paper, twice as wide as high: the middle is kept, and the colours are turned round.
    drop(
        r"
        const canvas = new OffscreenCanvas(560, 280), context = canvas.getContext('2d');
        context.fillStyle = '#fff'; context.fillRect(0, 0, 560, 280);
        context.fillStyle = '#000'; context.fillRect(260, 60, 40, 160);
        const file = new File([await canvas.convertToBlob()], 'one.png', { type: 'image/png' });
    ",
    );
    page.wait("the file is seen", "(v => v.length === 784 && v[14 * 28 + 14] > 0.9 && v[14 * 28 + 2] < 0.1 && v[2 * 28 + 14] < 0.1)(probe.values('draw-seen'))");
    drop("const file = new File(['no picture'], 'words.png', { type: 'image/png' });");
    let said = page.wait("a refusal", "document.querySelector('.draw .notice')?.textContent");
    assert!(said.as_str().is_some_and(|s| s.contains("words.png")), "{said}");
    no_errors(&page);
}

#[test]
fn the_map_is_explored() {
    let page = ready(&Options::default());
    page.open_tab("explore");
    page.wait("dots", "document.querySelector('[data-testid=map]').toDataURL().length > 5000");
    let mut shown = picture(&page, "map");
    for mode in ["marks-pictures", "ground-manifold", "marks-none", "ground-density", "map-clouds"] {
        page.click(mode);
        shown = changes(&page, "map", &shown, mode);
    }
    let help = page.wait(
        "the distance from the prior",
        "[...document.querySelectorAll('.explore-side .help')].map(p => p.textContent).find(t => t.includes('variation'))",
    );
    let distance = number(help.as_str().expect("a text").rsplit(": ").next().expect("a number").trim_end_matches('.'));
    assert!(distance > 0.0 && distance < 1.0, "{distance}");

    // Keyboard: the codes about the pointer. Pointer: a lasso around everything.
    page.js("document.querySelector('[data-testid=map]').focus()");
    page.press(RIGHT);
    page.press("s");
    page.wait("24 images", "document.querySelectorAll('[data-testid=map-found] button').length === 24");
    page.click("map-lasso");
    page.js(r"
        const map = document.querySelector('[data-testid=map]');
        map.setPointerCapture = () => {};
        const box = map.getBoundingClientRect();
        const send = (type, x, y) => map.dispatchEvent(new PointerEvent(type, { bubbles: true, buttons: 1, clientX: box.x + x * box.width, clientY: box.y + y * box.height }));
        send('pointerdown', 0, 0);
        for (const [x, y] of [[0, 0], [1, 0], [1, 1], [0, 1]]) send('pointermove', x, y);
        send('pointerup', 0, 1);
    ");
    page.wait("nearly all are selected", "parseInt(document.querySelector('[data-testid=map-selected]').textContent) > 1900");
    no_errors(&page);
}

#[test]
fn an_experiment_sets_itself_up() {
    let page = ready(&Options { query: SMALL, ..Options::default() });
    page.open_tab("explain");
    page.wait("an experiment", "document.querySelector('[data-testid=panel-objective] [data-testid=experiment]') !== null");
    page.js("document.querySelector('[data-testid=panel-objective] [data-testid=experiment]').click()");
    page.wait("it trains with what the card says", "latentLab.state().step > 0 && latentLab.state().setup.includes('beta=8')");
    page.open_tab("explain");
    let chart = page.wait("curves", "document.querySelector('[data-testid=loss-chart]').toDataURL().length > 3000");
    assert_eq!(chart, true);
    page.click("train");
    page.wait("paused", "latentLab.state().status === 'Paused'");
    let before = picture(&page, "loss-chart");
    page.js("document.querySelector('[data-testid=summand-2]').focus()");
    changes(&page, "loss-chart", &before, "the curve of the term in focus stands out");
    no_errors(&page);
}

/// Whether each of these canvases has something drawn on it.
fn drawn(selector: &str) -> String {
    format!(
        "(() => {{ const all = [...document.querySelectorAll('{selector}')]; return all.length > 0 && all.every(c => {{
            const pixels = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer);
            return pixels.some(p => p !== pixels[0]); }}); }})()"
    )
}

#[test]
fn codes_are_drawn_in_other_ways() {
    let page = ready(&Options {
        query: "v=1&data=mnist&method=vae&latent=4&hidden=64&batch=16&engine=cpu",
        script: "probe.old = '';",
        ..Options::default()
    });
    page.open_tab("explore");
    page.wait("the panel", "document.querySelector('[data-testid=panel-ways]')");
    page.js("document.querySelector('[data-testid=panel-ways]').scrollIntoView()");
    let cells = drawn("[data-testid=ways] canvas");
    page.wait("what a mixture draws", &cells);
    let ways = page.js("return [...document.querySelectorAll('[data-testid^=way-]')].map(b => b.dataset.testid)");
    let ways: Vec<&str> = ways.as_array().into_iter().flatten().filter_map(Value::as_str).filter(|id| *id != "way-said").collect();
    let known = ["truncated", "hubs", "steady", "gaussian", "mixture", "kernel", "aggregate", "riemannian", "flow"]
        .map(|way| format!("way-{way}"));
    assert_eq!(ways, known);
    // Some ways may begin with the same code: all pictures tell.
    let all = "[...document.querySelectorAll('[data-testid=ways] canvas')].map(c => c.toDataURL()).join()";
    let others = |why: &str, press: &dyn Fn()| {
        page.js(&format!("probe.old = {all}"));
        press();
        page.wait(why, &format!("{all} !== probe.old"));
    };
    for way in ways.into_iter().filter(|way| *way != "way-mixture") {
        others(way, &|| page.keys(way, ENTER));
    }
    others("others are drawn", &|| page.click("draw-others"));
    // One goes to the traversal.
    let code = "latentLab.state().code";
    let before = page.js(&format!("return JSON.stringify({code})"));
    page.click("drawn-3");
    page.wait(
        "it is in the traversal",
        &format!("JSON.stringify({code}) !== {before:?}", before = before.as_str().expect("a code")),
    );

    page.go("v=1&data=mnist&method=ae&latent=4&hidden=64&batch=16&engine=cpu");
    page.wait(
        "the page is back",
        "window.latentLab?.state().setup?.includes('method=ae') && latentLab.state().status === 'Ready to train'",
    );
    page.click("step");
    page.wait("a step", "latentLab.state().step === 1");
    page.open_tab("explore");
    page.wait(
        "an autoencoder has no prior",
        "document.querySelector('[data-testid=way-mixture]') && !document.querySelector('[data-testid=way-hubs]')",
    );
    page.js("document.querySelector('[data-testid=panel-ways]').scrollIntoView()");
    page.wait("it draws all the same", &cells);
    no_errors(&page);
}

#[test]
fn a_picture_is_copied_again_and_again() {
    let page = ready(&Options { query: "v=1&data=mnist&method=vae&latent=4&hidden=64&batch=16&engine=cpu", ..Options::default() });
    page.open_tab("paths");
    page.wait("the panel", "document.querySelector('[data-testid=panel-copies]')");
    page.js("document.querySelector('[data-testid=panel-copies]').scrollIntoView()");
    page.wait("eleven pictures", &drawn("[data-testid=copies] canvas"));
    assert_eq!(page.js("return document.querySelectorAll('[data-testid=copies] canvas').length"), 11);
    page.wait(
        "how much changes",
        "/differs from the picture by 0\\.\\d+ a pixel/.test(document.querySelector('[data-testid=copies-said]').textContent)",
    );
    let before = page.js("return JSON.stringify(latentLab.state().code)");
    page.keys("take-copy", ENTER);
    page.wait("the last is taken", &format!("JSON.stringify(latentLab.state().code) !== {:?}", before.as_str().expect("a code")));
    no_errors(&page);
}
