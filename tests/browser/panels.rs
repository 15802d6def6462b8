//! The panels on their tabs: each shows the weights, hears pointer and keyboard, and its numbers are the library's.

use latent_geometry::log_prior;
use latent_measure::codebook::Usage;
use serde_json::Value;

use super::*;

const LEFT: &str = "\u{E012}";
const HOME: &str = "\u{E011}";
const PAGE_DOWN: &str = "\u{E00F}";

fn text(page: &Page, testid: &str) -> String {
    page.js(&format!("return document.querySelector('[data-testid={testid}]').textContent")).as_str().expect("a text").to_string()
}

/// The first number in a text; the page writes a true minus.
fn number(text: &str) -> f64 {
    let text = text.replace('−', "-");
    let word = text.split(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | '.'))).find_map(|w| w.parse().ok());
    word.unwrap_or_else(|| panic!("no number in {text:?}"))
}

/// Values of a picture from 0 to 1, read back through the colours of the theme.
const VALUES: &str = r"
    probe.values = testid => {
        const style = getComputedStyle(document.documentElement);
        const level = name => parseInt(style.getPropertyValue(name).trim().slice(1, 3), 16);
        const [paper, ink] = [level('--digit-paper'), level('--digit-ink')];
        const canvas = document.querySelector(`[data-testid=${testid}]`);
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        return Array.from({ length: data.length / 4 }, (_, i) => (data[4 * i] - paper) / (ink - paper));
    };
";

fn values(page: &Page, testid: &str) -> Vec<f64> {
    let values = page.js(&format!("return probe.values('{testid}')"));
    values.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
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

/// Opens a tab that only another method than the shipped one has, with a network of it that has taken a step.
fn tab_of(name: &str, query: &'static str) -> Page {
    let page = ready(&Options { query, script: &[SHOWN, VALUES].concat(), ..Options::default() });
    page.click("step");
    page.wait("one step", "latentLab.state().step === 1 && latentLab.state().status === 'Paused'");
    page.open_tab(name);
    page
}

/// Another step of the training moves what each of the panels shows.
fn panels_follow_the_weights(page: &Page, panels: &[&str]) {
    for panel in panels {
        page.js(&format!("document.querySelector('[data-testid=panel-{panel}]').scrollIntoView()"));
        let shown = format!("probe.shown('panel-{panel}')");
        page.wait(&format!("the panel {panel} shows something"), &shown);
        let step = step(page);
        page.js(&format!("probe.old = {shown}"));
        page.click("step");
        page.wait("another step", &format!("latentLab.state().step === {} && latentLab.state().status === 'Paused'", step + 1));
        page.wait(&format!("the panel {panel} moves with the weights"), &format!("{shown} && {shown} !== probe.old"));
    }
}

#[test]
fn a_codebook_is_counted_painted_with_and_drawn_from() {
    let page = tab_of("codebook", "v=1&data=mnist&method=vq-vae&codes=16&net=mlp&hidden=32&batch=16&prior_width=8");
    panels_follow_the_weights(&page, &["tokens", "codebook", "code-map", "token-samples"]);

    // The numbers are those of the library, from the counts that the bars stand for.
    let stats = page.wait("the use of the codes", "document.querySelector('[data-testid=codebook-stats]').textContent");
    let counts =
        page.js("return Array.from({ length: 16 }, (_, i) => +document.querySelector(`[data-testid=code-${i}]`).dataset.value)");
    let counts: Vec<u32> = counts.as_array().expect("counts").iter().map(|n| n.as_u64().expect("a count") as u32).collect();
    let mut usage = Usage::new(counts.len());
    for (code, n) in (0..).zip(&counts) {
        usage.add(&vec![code; *n as usize]).expect("codes of the codebook");
    }
    let stats = stats.as_str().expect("a text");
    assert_eq!(counts.iter().sum::<u32>(), 500 * 8, "tokens of 500 images, eight each");
    assert_eq!(number(stats) as usize, usage.used(), "{stats}");
    let perplexity = number(stats.split("perplexity").nth(1).expect("a perplexity"));
    assert!((perplexity - usage.perplexity()).abs() < 0.051, "{stats}, {} from the counts", usage.perplexity());

    // Pointer: a place, then a code. What the atlas foretells is what the tokens then stand for.
    page.js("document.querySelector('[data-testid=panel-codebook]').scrollIntoView()");
    page.click("atlas-in-place");
    page.click("cell-5");
    let old = number(&text(&page, "cell-5")) as usize;
    let new = (old + 1) % 16;
    let before = picture(&page, "tokens-picture");
    let foretold = format!("document.querySelector('[data-testid=code-{new}] canvas').toDataURL()");
    page.wait(
        "the code in hand gives the picture as it is",
        &format!("document.querySelector('[data-testid=code-{old}] canvas').toDataURL() === '{before}'"),
    );
    let foretold = page.js(&format!("return {foretold}"));
    page.click(&format!("code-{new}"));
    let after = format!("document.querySelector('[data-testid=tokens-picture]').toDataURL() === {foretold}");
    page.wait("the picture that the atlas foretold", &after);
    assert_eq!(number(&text(&page, "cell-5")) as usize, new);
    assert_eq!(page.js("return document.querySelector('[data-testid=cell-5]').classList.contains('changed')"), true);
    page.click("tokens-undo");
    page.wait("undone", &format!("document.querySelector('[data-testid=tokens-picture]').toDataURL() === '{before}'"));
    assert_eq!(number(&text(&page, "cell-5")) as usize, old);

    // Touch: all events of a finger go to the place that it pressed, and it paints those that it crosses all the same.
    page.js(r"
        const cells = [0, 1, 2].map(i => document.querySelector(`[data-testid=cell-${i}]`));
        cells.forEach((cell, i) => {
            const box = cell.getBoundingClientRect();
            const at = { clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 };
            const type = i === 0 ? 'pointerdown' : 'pointermove';
            cells[0].dispatchEvent(new PointerEvent(type, { bubbles: true, pointerType: 'touch', buttons: 1, ...at }));
        });
    ");
    let painted = format!("[0, 1, 2].every(i => document.querySelector(`[data-testid=cell-${{i}}]`).textContent === '{new}')");
    page.wait("three places are painted", &painted);
    assert_eq!(page.js("return getComputedStyle(document.querySelector('.token-cells')).touchAction"), "none", "it would scroll");
    page.click("tokens-reset");
    page.wait("as encoded", &format!("document.querySelector('[data-testid=tokens-picture]').toDataURL() === '{before}'"));
    page.click("cell-5");

    // Keyboard: along the places, and through the codes.
    page.js("document.querySelector('[data-testid=cell-5]').focus()");
    page.press(RIGHT);
    assert_eq!(page.js("return document.activeElement.dataset.testid"), "cell-6");
    let token = number(&text(&page, "cell-6"));
    page.press(PAGE_DOWN);
    page.wait(
        "the next code",
        &format!("document.querySelector('[data-testid=cell-6]').textContent === '{}'", (token + 1.0) % 16.0),
    );
    changes(&page, "tokens-picture", &before, "another code at a place");
    page.click("codes-number");
    page.js("document.querySelector('[data-testid=code-0]').focus()");
    page.press(RIGHT);
    assert_eq!(page.js("return document.activeElement.dataset.testid"), "code-1");

    // A drawn image brings its tokens along.
    page.js("document.querySelector('[data-testid=panel-token-samples]').scrollIntoView()");
    let drawn = "document.querySelector('[data-testid=drawn-0] canvas').toDataURL()";
    page.js(&format!("probe.old = {drawn}"));
    page.click("draw-tokens");
    page.wait("others are drawn", &format!("{drawn} !== probe.old"));
    page.click("drawn-0");
    page.wait(
        "its tokens stand for it",
        &format!("document.querySelector('[data-testid=tokens-picture]').toDataURL() === {drawn}"),
    );
    no_errors(&page);
}

#[test]
fn features_are_listed_taken_apart_and_steered() {
    let page = tab_of("features", "v=1&data=mnist&method=topk-sae&features=64&k=4&batch=16");
    panels_follow_the_weights(&page, &["features", "feature", "steering"]);
    page.js("document.querySelector('[data-testid=panel-feature]').scrollIntoView()");
    let stats = text(&page, "features-stats");
    let l0 = number(stats.split('·').nth(1).expect("active features"));
    assert!(l0 > 0.0 && l0 <= 4.05, "{stats}");

    // The most active one first; its histogram holds every input on which it is active.
    let first = page.js("return document.querySelector('[data-testid=feature-list] button').dataset.testid");
    page.click(first.as_str().expect("a feature"));
    let f = number(first.as_str().expect("a feature").trim_start_matches("feature-")) as usize;
    page.wait("it is in hand", &format!("document.querySelector('[data-testid=feature-name]').textContent === 'Feature {f}'"));
    let inputs = page.js("return [...document.querySelectorAll('[data-testid=feature-histogram] li')].reduce((sum, li) => sum + parseInt(li.title), 0)");
    let density = number(&text(&page, "fact-density"));
    assert!(
        (density - inputs.as_f64().expect("a sum") / 10.0).abs() < 0.051,
        "{density} % of 1000 inputs, {inputs} in the histogram"
    );

    // Held at zero the image that it is most active on is what the panel shows as the image without it.
    page.wait("images without it", "probe.values('ablation-0').length === 3 * 784");
    page.js("document.querySelector('[data-testid=feature-top] button').click()");
    page.wait("that image is steered", "probe.values('steer-input').every((v, i) => v === probe.values('ablation-0')[i])");
    page.click("feature-ablate");
    page.wait("held at nothing", &format!("document.querySelector('[data-testid=hold-{f}]').value === '0'"));
    // What is out of view asks for nothing.
    page.js("document.querySelector('[data-testid=panel-steering]').scrollIntoView()");
    page.wait("it does something", "document.querySelector('[data-testid=steer-before]').toDataURL() !== document.querySelector('[data-testid=steer-after]').toDataURL()");
    let (before, off, ablated) = (values(&page, "steer-before"), values(&page, "steer-after"), values(&page, "ablation-0"));
    let (effect, apart) = (distance(&off, &before), distance(&off, &ablated[2 * 784..]));
    // Batches of other sizes round differently.
    assert!(apart < 0.1 * effect, "{apart} apart, where the feature does {effect}");

    // Keyboard: the slider; and along the list.
    let before = picture(&page, "steer-after");
    page.keys(&format!("hold-{f}"), END);
    changes(&page, "steer-after", &before, "the feature is turned up");
    page.click(&format!("release-{f}"));
    page.wait("let go", &format!("!document.querySelector('[data-testid=hold-{f}]')"));
    page.js("document.querySelector('[data-testid=feature-list] button').focus()");
    page.press(RIGHT);
    assert_eq!(
        page.js("return document.activeElement === document.querySelectorAll('[data-testid=feature-list] button')[1]"),
        true
    );
    let atom = picture(&page, "feature-atom");
    page.press(ENTER);
    changes(&page, "feature-atom", &atom, "the next feature was chosen");

    // Search and filters.
    page.keys("feature-search", "63");
    page.js("const s = document.querySelector('[data-testid=feature-density]'); s.value = '4'; s.dispatchEvent(new Event('change', { bubbles: true }))");
    page.wait(
        "one feature is called so",
        "[...document.querySelectorAll('[data-testid=feature-list] button')].map(b => b.dataset.testid).join() === 'feature-63'",
    );
    no_errors(&page);
}

#[test]
fn hidden_layers_have_features_as_well() {
    let page = ready(&Options { query: SMALL, script: &[SHOWN, VALUES].concat(), ..Options::default() });
    page.click("step");
    page.wait("a network to take apart", "latentLab.state().step === 1 && latentLab.state().status === 'Paused'");
    page.click("take-apart");
    for source in ["encoder", "decoder"] {
        page.js(&format!(
            "const s = document.querySelector('[data-testid=param-source]');
             s.value = '{source}';
             s.dispatchEvent(new Event('change', {{ bubbles: true }}))"
        ));
        page.wait("the link says it", &format!("latentLab.state().setup.includes('source={source}')"));
        page.click("reset");
        page.wait("a new network", "latentLab.state().step === 0 && latentLab.state().status === 'Ready to train'");
        page.click("step");
        page.wait("one step", "latentLab.state().step === 1 && latentLab.state().status === 'Paused'");
        assert!(text(&page, "host").contains("4 latents"), "{}", text(&page, "host"));
        page.open_tab("features");
        panels_follow_the_weights(&page, &["features", "feature", "steering"]);
        assert_eq!(notices(&page), Value::Array(vec![]), "{source}");
        page.screenshot(&format!("features-{source}"));
    }
    no_errors(&page);
}

#[test]
fn measures_are_taken_when_asked_for() {
    let page = ready(&Options { query: SMALL, script: SHOWN, ..Options::default() });
    page.open_tab("measure");
    page.wait(
        "an invitation",
        "document.querySelector('[data-testid=measures-none]') && document.querySelector('[data-testid=measure]:enabled')",
    );
    let shown =
        |name: &str| page.js(&format!("return document.querySelector('[data-testid=measure-{name}] .value')?.textContent ?? ''"));
    let measure = || {
        let before = shown("mse");
        page.js("document.querySelector('[data-testid=measure]').focus()");
        page.press(ENTER);
        let new = format!("(document.querySelector('[data-testid=measure-mse] .value')?.textContent ?? '') !== {before}");
        page.wait_for("measures", &new, Duration::from_secs(120));
        let value = |name: &str| number(shown(name).as_str().expect("a value"));
        (value("loss"), value("reconstruction") + value("kl"), value("mse"))
    };
    let (loss, parts, mse) = measure();
    assert!((loss - parts).abs() < 1e-3 * loss, "{loss} nats are not {parts}, the sum of their parts");
    let protocol = text(&page, "measure-nll_k50");
    assert!(protocol.contains("k = 50") && protocol.contains("200 test images"), "{protocol}");

    page.click("train");
    page.wait_for("hundred steps", "latentLab.state().step > 100", Duration::from_secs(120));
    page.click("train");
    page.wait("a pause", "latentLab.state().status === 'Paused'");
    page.wait(
        "the numbers on show are of another network",
        "document.querySelector('[data-testid=measured-at]').classList.contains('past')",
    );
    // Measuring many images takes its time, and nothing waits for it: neither a pause nor the traversal.
    page.js("const n = document.querySelector('[data-testid=measure-images]'); n.value = 500; n.dispatchEvent(new Event('change', { bubbles: true }))");
    page.click("train");
    page.wait("it trains on", "latentLab.state().status !== 'Paused'");
    page.click("measure");
    page.click("train");
    page.wait_for("a pause in the middle of it", "latentLab.state().status === 'Paused'", Duration::from_secs(10));
    let measuring = "document.querySelector('[data-testid=measure]').textContent.startsWith('Measuring')";
    assert_eq!(page.js(&format!("return {measuring}")), true, "it is measured before the pause is heard");
    page.js("const n = document.querySelector('[data-testid=measure-images]'); n.value = 200; n.dispatchEvent(new Event('change', { bubbles: true }))");
    page.wait_for("all of it is measured", &format!("!{measuring}"), Duration::from_secs(300));
    let (.., after) = measure();
    assert_eq!(page.js("return document.querySelector('[data-testid=measured-at]').classList.contains('past')"), false);
    assert!(after > mse, "a network after a hundred steps has {after}, the trained one that was on show {mse}");
    no_errors(&page);
}

#[test]
fn codes_that_are_points_are_explored_by_their_spread() {
    // As many latents as the shipped model has: nothing of that one may stay.
    let query = "v=1&data=mnist&method=ae&latent=10&hidden=64&batch=16";
    let page = ready(&Options { query, script: SHOWN, ..Options::default() });
    page.click("step");
    page.wait("one step", "latentLab.state().step === 1 && latentLab.state().status === 'Paused'");
    let titles = "[...document.querySelectorAll('.panel-traversal .row .name')].map(n => n.title)";
    page.wait(
        "the spread of each latent",
        &format!("{titles}.length === 10 && {titles}.every(t => t.includes('standard deviation'))"),
    );
    let words = page.js("return document.querySelector('[data-testid=panel-traversal]').outerHTML");
    assert!(words.as_str().is_some_and(|w| !w.contains("nats")), "{words}");
    page.wait(
        "pictures in every row that is not dead",
        "[...document.querySelectorAll('.panel-traversal .row:not(.inactive) .strip canvas')].every(c => new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size > 8)",
    );
    // A slider stands where the codes lie, and reaches to both sides of them.
    let slider = "document.querySelector('.panel-traversal .row input')";
    page.wait("a range of its own", &format!("+{slider}.max < 2.9 || +{slider}.max > 3.1"));
    let before = picture(&page, "traversal-digit");
    page.click("traversal-random");
    changes(&page, "traversal-digit", &before, "a code drawn as the codes lie");
    no_errors(&page);
}

#[test]
fn attributes_are_told_and_changed() {
    let query = "v=1&data=moving-digits&method=attribute-vae&latent=3&hidden=64&batch=16&lr=0.01";
    let page = ready(&Options { query, ..Options::default() });
    page.click("train");
    page.wait("it has seen some digits", "latentLab.state().step > 30");
    page.click("train");
    page.wait("paused", "latentLab.state().status === 'Paused'");
    assert_eq!(page.js("return document.querySelectorAll('.panel-traversal .row').length"), 3, "attributes are no latents");
    let names = "[...document.querySelectorAll('[data-testid=attributes] label')].map(label => label.textContent).join()";
    page.wait("their controls", &format!("{names} === 'Digit,X,Y,Orientation'"));
    page.wait("nothing is on its way", "latentLab.state().waiting === 0");
    let before = picture(&page, "traversal-digit");
    let choose = |id: &str, value: usize, event: &str| {
        page.js(&format!(
            "const e = document.querySelector('[data-testid={id}]'); e.value = {value}; e.dispatchEvent(new Event('{event}', {{ bubbles: true }}))"
        ));
    };
    choose("attribute-0", 7, "change");
    choose("attribute-1", 12, "input");
    changes(&page, "traversal-digit", &before, "another digit, elsewhere");
    // Ten kinds of digits, and how far right.
    let told = "(z => z.slice(3, 13).every((v, i) => v === (i === 7 ? 1 : 0)) && z[13] === 1)(latentLab.state().code)";
    page.wait("the code says so", told);
    page.click("traversal-random");
    page.wait("what is told stays", &format!("latentLab.state().code[0] !== 0 && {told}"));

    // Samples have the attributes of the traversal.
    page.js("document.querySelector('[data-testid=panel-samples]').scrollIntoView()");
    page.wait("nothing is on its way", "latentLab.state().waiting === 0");
    let sample = "document.querySelector('[data-testid=sample-0] canvas').toDataURL()";
    let samples = page.js(&format!("return {sample}"));
    choose("attribute-2", 0, "input");
    page.wait("samples elsewhere", &format!("{sample} !== {samples}"));

    // A test image brings its own along, and can be told others.
    page.open_tab("draw");
    page.wait("a test image to begin with", "document.querySelector('[data-testid=draw-error]')?.textContent");
    let own = "[...document.querySelectorAll('[data-testid=own-attributes] :is(select, input)')].map(e => e.value).join()";
    let mut before = page.wait("their controls", &format!("{own}.split(',').length === 4 && {own}"));
    for image in [1, 3] {
        page.js(&format!("document.querySelector('.draw [data-testid=shelf-{image}]').click()"));
        before = page.wait("its own attributes", &format!("{own} !== {before} && {own}"));
    }
    page.wait("nothing is on its way", "latentLab.state().waiting === 0");
    let copy = picture(&page, "draw-copy");
    let digit = page.js("return (+document.querySelector('[data-testid=own-attribute-0]').value + 5) % 10");
    choose("own-attribute-0", digit.as_u64().unwrap_or_default() as usize, "change");
    changes(&page, "draw-copy", &copy, "the model is told another digit");
    no_errors(&page);
}

#[test]
fn methods_that_the_images_have_nothing_for_say_so() {
    let page = ready(&Options { query: "v=1&data=mnist&method=vae&latent=3&hidden=32", ..Options::default() });
    let option = "document.querySelector('#method option[value=attribute-vae]')";
    assert_eq!(
        page.js(&format!("return {option}.disabled && {option}.textContent")),
        "Attribute VAE (needs images with attributes)"
    );
    let page = ready(&Options { query: "v=1&data=mnist&method=attribute-vae", ..Options::default() });
    page.wait("another method in its place", "latentLab.state().setup.includes('method=vae')");
    let words = page.js("return document.body.innerText");
    assert!(words.as_str().is_some_and(|w| w.contains("is told the factors of its images: mnist has none")), "{words}");
}

#[test]
fn a_class_is_chosen_and_sampled() {
    let page = ready(&Options { query: "v=1&data=mnist&method=cvae&latent=3&hidden=64&batch=16&lr=0.01", ..Options::default() });
    page.click("train");
    page.wait("it has seen some digits", "latentLab.state().step > 30");
    page.click("train");
    page.wait("paused", "latentLab.state().status === 'Paused'");
    assert_eq!(page.js("return document.querySelectorAll('.panel-traversal .row').length"), 3, "a class has no sliders");
    page.click("traversal-zero");
    page.click("kind-0");
    let zero = "latentLab.state().code.every((v, i) => v === (i === 3 ? 1 : 0))";
    page.wait("the middle, of class 0", zero);
    page.wait("nothing is on its way", "latentLab.state().waiting === 0");
    let before = picture(&page, "traversal-digit");
    page.js("document.querySelector('[data-testid=kind-3]').focus()");
    page.press(ENTER);
    changes(&page, "traversal-digit", &before, "another class");
    assert_eq!(page.js("return document.querySelector('[data-testid=kind-3]').ariaPressed"), "true");
    page.click("traversal-random");
    page.wait(
        "the class stays",
        "(z => z[0] !== 0 && z.slice(3).every((v, i) => v === (i === 3 ? 1 : 0)))(latentLab.state().code)",
    );

    // A row of samples for each class; one that is pressed brings its class along.
    page.js("document.querySelector('[data-testid=panel-samples]').scrollIntoView()");
    page.wait("sixty samples", "document.querySelectorAll('[data-testid=samples] .cell').length === 60");
    page.click("sample-43");
    page.wait("a seven", "document.querySelector('[data-testid=kind-7]').ariaPressed === 'true'");

    // What is drawn is encoded as the class that the visitor says.
    page.open_tab("draw");
    page.wait("a test image to begin with", "document.querySelector('[data-testid=draw-error]')?.textContent");
    page.js("document.querySelector('.draw [data-testid=shelf-1]').click()");
    page.wait("its class is known", "document.querySelector('[data-testid=told-2]').ariaPressed === 'true'");
    page.wait("nothing is on its way", "latentLab.state().waiting === 0");
    let copy = picture(&page, "draw-copy");
    page.click("told-8");
    changes(&page, "draw-copy", &copy, "the model is told another class");
    no_errors(&page);
}

#[test]
fn images_come_from_noise_in_steps() {
    // The trained model that the page opens with is what it stands on.
    let page = ready(&Options { query: "v=1&data=mnist", ..Options::default() });
    page.wait("the trained model is in the engine", "latentLab.state().status.startsWith('Ready')");
    page.js("const m = document.querySelector('#method'); m.value = 'latent-flow'; m.dispatchEvent(new Event('change', { bubbles: true }))");
    let words = page.wait("what it stands on", "document.querySelector('[data-testid=host]')?.textContent");
    assert!(words.as_str().is_some_and(|w| w.contains("that was trained here last, which does not change")), "{words}");
    page.click("train");
    page.wait("some steps", "latentLab.state().step > 60");
    page.click("train");
    page.wait("paused", "latentLab.state().status === 'Paused'");
    page.js("document.querySelector('[data-testid=panel-flow]').scrollIntoView()");
    let taken = "document.querySelector('[data-testid=flow-taken]').textContent";
    page.wait("eight steps", &format!("{taken} === '8 steps'"));
    let rows = "[...document.querySelectorAll('[data-testid=flow] canvas')]";
    // A picture of every step beside each other, and none is like the one before.
    page.wait("six rows of nine pictures", &format!("{rows}.length === 6 && {rows}.every(c => c.width === 9 * c.height)"));
    let cells = format!(
        "{rows}.every(c => {{ const h = c.height, cell = i => c.getContext('2d').getImageData(i * h, 0, h, h).data.join(); return new Set([...Array(9).keys()].map(cell)).size === 9 }})"
    );
    assert_eq!(page.js(&format!("return {cells}")), true, "each step changes the picture");
    let first = "document.querySelector('[data-testid=flow] canvas').toDataURL()";
    let before = page.js(&format!("return {first}"));
    page.click("flow-others");
    page.wait("other images", &format!("{taken} === '8 steps' && {first} !== {before}"));
    page.click("flow-steps-32");
    page.wait("all thirty-two steps, four at a time", &format!("{taken} === '32 steps'"));
    page.click("flow-steps-1");
    page.wait("one step", &format!("{taken} === '1 step'"));
    page.click("flow-2");
    page.wait("its code is in the traversal", "latentLab.state().code.some(v => v !== 0)");
    no_errors(&page);
}
