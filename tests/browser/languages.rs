//! The page in another language: all of it, and the English back.

use std::fs;
use std::path::Path;

use super::*;

/// Adds `probe.untold()`: what can be seen that is not German. Names of people, papers, adapters and models' parts are nobody's language, and
/// what a lesson says is read from its own files.
const UNTOLD: &str = r"
    probe.untold = async () => {
        const base = document.querySelector('link[rel=modulepreload]').href.replace('page/page.js', '');
        const { untold } = await import(`${base}languages/language.js`);
        const apart = [...document.querySelectorAll('.papers li, .formula, .formula *, .where, .where *, .reader, .adapter, .lesson [data-testid^=lesson-], .lessons p, .meaning, .answer, .layer, [data-testid=layer-says]')];
        const names = new Set(apart.flatMap(e => [...e.querySelectorAll('*'), e]).flatMap(e => [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.data.trim())
            .concat(...['title', 'aria-label'].map(a => `${a}: ${e.getAttribute(a)}`))));
        return untold().filter(text => !names.has(text) && !/^(aria-label: )?[A-Z]$/.test(text));
    };
";

const GERMAN: Options = Options { query: "lang=de", script: UNTOLD, size: Some((1440, 900)), ..PLAIN };
/// What [`Options::default`] gives, where a constant is needed.
const PLAIN: Options = Options {
    base: "",
    path: "",
    query: "",
    csp: None,
    alone: false,
    log: None,
    size: None,
    dark: false,
    motion: false,
    webgpu: WebGpu::Software,
    script: "",
    kept: false,
    root: None,
};

/// Waits until the page is German, and asserts that all of it is.
fn all_is_german(page: &Page, what: &str) {
    page.wait("German", "document.documentElement.lang === 'de' && !('untold' in document.documentElement.dataset)");
    // What has just been pressed may still come.
    sleep(Duration::from_millis(700));
    let untold = page.js("return probe.untold()");
    page.screenshot(&format!("german-{what}"));
    assert_eq!(untold, serde_json::json!([]), "{what}");
}

fn text(page: &Page, testid: &str) -> String {
    page.js(&format!("return document.querySelector('[data-testid={testid}]').textContent")).as_str().unwrap_or_default().to_owned()
}

/// Opens every tab of the model, and looks at each.
fn walk_tabs(page: &Page, what: &str) {
    let tabs = page.js("return [...document.querySelectorAll('[role=tab]')].map(tab => tab.dataset.testid.slice(4))");
    for tab in tabs.as_array().into_iter().flatten().filter_map(Value::as_str) {
        page.open_tab(tab);
        // Panels ask when they are seen.
        page.js("for (const panel of document.querySelectorAll('.panel')) { panel.scrollIntoView(); } scrollTo(0, 0)");
        all_is_german(page, &format!("{what}-{tab}"));
    }
}

#[test]
fn the_front_page_is_german_and_becomes_english_again() {
    let page = ready(&GERMAN);
    all_is_german(&page, "front");
    assert_eq!(page.js("return document.querySelector('.gallery').open"), true, "a language by itself asks for nothing");
    assert!(text(&page, "train").contains("trainieren"));
    assert!(page.js("return location.search") == "?lang=de");

    // A number has a comma, and follows the slider.
    let shown = "document.querySelector('.row .value').textContent";
    let before = page.wait("a number", &format!("/^[+−]?\\d,\\d\\d$/.test({shown}.trim()) && {shown}"));
    page.js("const e = document.querySelector('[data-testid^=latent-]'); e.value = e.max; e.dispatchEvent(new Event('input', { bubbles: true }))");
    page.wait("it follows", &format!("{shown} !== '{}' && {shown}.includes(',')", before.as_str().unwrap_or_default()));
    assert_eq!(
        page.js("return document.querySelector('[data-testid=number-lr]').value"),
        "0.001",
        "what is typed is read by machines"
    );

    // The link carries it on.
    page.click("tab-latents");
    page.wait("the address", "location.hash.startsWith('#latents')");
    page.js("const e = document.querySelector('[data-testid=number-beta]'); e.value = 2; e.dispatchEvent(new Event('change', { bubbles: true }))");
    page.wait("the link", "location.search.includes('beta=2') && location.search.includes('lang=de')");
    page.click("tab-learn");

    // And back: every text as it was made.
    page.js("document.querySelector('.languages [lang=en]').click()");
    page.wait("English", "document.documentElement.lang === 'en' && document.querySelector('h1').textContent === 'Latent Lab'");
    assert!(text(&page, "train").starts_with("Train"));
    let german = page.js("return ['Traversierung', 'Verlust', 'Rekonstruktion', 'Zielfunktion'].filter(word => document.body.innerText.includes(word))");
    assert_eq!(german, serde_json::json!([]));
    assert_eq!(page.js("return location.search.includes('lang=')"), false);
    let number = page.js(&format!("return {shown}"));
    assert!(number.as_str().is_some_and(|text| text.contains('.')), "{number}");
    no_errors(&page);

    // It was chosen, and is kept.
    page.js("document.querySelector('.languages [lang=de]').click()");
    page.wait("German", "document.documentElement.lang === 'de'");
    page.go("");
    page.wait("German of itself", "document.querySelector('[data-testid=train]')?.textContent.includes('trainieren')");
    no_errors(&page);
}

#[test]
fn every_tab_of_a_vae_is_german() {
    let page = ready(&Options { query: "v=1&data=mnist&method=vae&latent=4&hidden=64&batch=16&lang=de", ..GERMAN });
    page.click("train");
    page.wait("it trains", "latentLab.state().test.length > 0");
    all_is_german(&page, "training");
    page.click("train");
    walk_tabs(&page, "vae");
    // Measures have names, and protocols that stay English.
    page.click("tab-measure");
    page.click("measure");
    page.wait_for("the measures", "!!document.querySelector('[data-testid=measured-at]')?.textContent", Duration::from_secs(120));
    all_is_german(&page, "measured");
    no_errors(&page);
}

#[test]
fn every_tab_of_tokens_and_features_is_german() {
    let page = ready(&GERMAN);
    for preset in ["mnist-vq", "mnist-sae"] {
        open_preset(&page, preset);
        page.wait(
            "it is there",
            &format!(
                "document.querySelector('[data-testid=preset-{preset}]').ariaPressed === 'true' && latentLab.state().waiting === 0"
            ),
        );
        walk_tabs(&page, preset);
    }
    no_errors(&page);
}

#[test]
fn points_and_every_method_s_card_are_german() {
    let page = ready(&Options { query: "v=1&data=moons&method=vae&latent=2&hidden=32&lang=de", ..GERMAN });
    walk_tabs(&page, "moons");
    page.click("tab-learn");
    let all = "[...document.querySelectorAll('[data-testid=method] option:not(:disabled)')].map(o => o.value)";
    page.js("const e = document.querySelector('[data-testid=data]'); e.value = 'faces'; e.dispatchEvent(new Event('change', { bubbles: true }))");
    page.wait("faces", "location.search.includes('data=faces')");
    let methods = page.js(&format!("return {all}"));
    let methods: Vec<&str> = methods.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(methods.len() > 20, "{methods:?}");
    for method in methods {
        page.js(&format!("const e = document.querySelector('[data-testid=method]'); e.value = '{method}'; e.dispatchEvent(new Event('change', {{ bubbles: true }}))"));
        page.wait(method, &format!("location.search.includes('method={method}&') && document.querySelector('.try').textContent"));
        all_is_german(&page, &format!("card-{method}"));
    }
    no_errors(&page);
}

#[test]
fn dialogs_are_german_and_what_a_visitor_writes_stays() {
    let page = ready(&Options { query: "v=1&data=mnist&method=vae&latent=4&hidden=64&batch=16&lang=de", ..GERMAN });
    page.click("step");
    page.wait("a step", "latentLab.state().step === 1");
    for dialog in ["runs", "bench", "findings"] {
        page.click(dialog);
        page.wait(dialog, &format!("document.querySelector('[data-testid={dialog}-dialog]').open"));
        page.wait("its inside", &format!("document.querySelector('[data-testid={dialog}-dialog]').children.length > 1"));
        all_is_german(&page, dialog);
        if dialog == "runs" {
            // A name of one's own is nobody's to translate, though the catalogue has the word.
            page.wait("the run is kept", "document.querySelector('[data-testid=kept-run]')");
            page.click("rename-run");
            page.js("document.querySelector('[data-testid=run-name]').value = 'Measure'");
            page.click("rename-done");
            page.wait("its name", "document.querySelector('[data-testid=kept-run] b')?.textContent === 'Measure'");
        }
        page.click(&format!("{dialog}-close"));
    }
    page.click("add-data");
    page.wait("the dialog", "document.querySelector('dialog[open]')");
    all_is_german(&page, "add-data");
    page.press("\u{E00C}");
    page.click("what");
    page.wait("its veil", "document.querySelector('.veil')");
    page.wait(
        "the glossary",
        "performance.getEntriesByType('resource').some(r => r.name.endsWith('languages/de/lessons/glossary.json'))",
    );
    // The answer that stands there first lies over the buttons. Pressed again until it is another: on a slow machine the page may still move.
    let ask = "(() => {
        const veil = document.querySelector('.veil'), answer = document.querySelector('[data-testid=what-answer]');
        const { left, top } = document.querySelector('[data-testid=tab-measure]').getBoundingClientRect();
        document.querySelector('.answer').style.display = 'none';
        veil.dispatchEvent(new MouseEvent('click', { bubbles: true, clientX: left + 9, clientY: top + 9 }));
        return answer.textContent.includes('Zahlen, die sagen') && answer.textContent;
    })()";
    let said = page.wait("what it is", ask);
    assert!(said.as_str().is_some_and(|said| said.contains("Fertig")), "{said}");
    no_errors(&page);
}

#[test]
fn a_lesson_is_german_to_the_end_of_a_guess() {
    let page = Page::open(&Options { query: "engine=cpu&lesson=what-an-autoencoder-learns&page=5&lang=de", ..GERMAN });
    page.wait("its page", "document.querySelector('[data-testid=lesson-page]')?.textContent === 'Sechzehn statt zwei'");
    page.wait("it is set up", "document.querySelector('[data-testid=lesson-state]')?.textContent === ''");
    assert_eq!(text(&page, "lesson-place"), "Seite 5 von 6");
    assert_eq!(text(&page, "prediction-run"), "Ausführen");
    all_is_german(&page, "lesson");
    page.click("guess-1");
    page.wait("it may run", "document.querySelector('[data-testid=prediction-run]').disabled === false");
    page.click("prediction-run");
    let said = page.wait_for(
        "how the guess came out",
        "document.querySelector('[data-testid=prediction-outcome]').textContent",
        Duration::from_secs(240),
    );
    assert!(said.as_str().is_some_and(|said| said.contains("wie du erwartet hast")), "{said}");
    // In the middle of it: another language is another file.
    page.js("document.querySelector('.languages [lang=en]').click()");
    page.wait("English", "document.querySelector('[data-testid=lesson-page]')?.textContent === 'Sixteen instead of two'");
    page.js("document.querySelector('.languages [lang=de]').click()");
    page.click("lesson-all");
    page.wait("the list", "document.querySelector('[data-testid=lesson-list]')?.textContent.includes('Was ein Autoencoder lernt')");
    all_is_german(&page, "lessons");
    let sheet = page.js("return fetch(document.querySelector('[data-testid=lesson-list] a').href).then(answer => answer.text())");
    assert!(
        sheet.as_str().is_some_and(|sheet| sheet.contains("<html lang=\"de\">") && sheet.contains("Ablauf, 45 Minuten")),
        "{sheet}"
    );
    no_errors(&page);
}

#[test]
fn it_is_offered_once_and_never_forced() {
    const BROWSER: &str = "Object.defineProperty(navigator, 'language', { get: () => 'de-AT' });";
    let page = ready(&Options { script: BROWSER, ..PLAIN });
    let offered = "document.querySelector('.languages').classList.contains('offered')";
    assert_eq!(page.js(&format!("return {offered} && document.querySelector('.languages').innerText")), "Diese Seite auf Deutsch");
    assert_eq!(page.js("return document.documentElement.lang"), "en");
    let fetched = "performance.getEntriesByType('resource').some(r => r.name.includes('/languages/'))";
    assert_eq!(page.js(&format!("return {fetched}")), false, "who reads English pays nothing");
    page.go("");
    page.wait("again", "document.querySelector('[data-testid=train]')?.disabled === false");
    assert_eq!(page.js(&format!("return {offered}")), false, "once");
    assert_eq!(
        page.js("return document.querySelector('.languages').innerText"),
        "Diese Seite auf Deutsch",
        "it can be chosen all the same"
    );
    no_errors(&page);
}

#[test]
fn a_page_without_webgpu_is_german() {
    let page = Page::open(&Options { query: "engine=plan&lang=de", webgpu: WebGpu::NoApi, ..GERMAN });
    page.wait("what is missing", "document.querySelector('[data-testid=no-gpu]')");
    all_is_german(&page, "no-gpu");
    let page = Page::open(&Options {
        query: "v=1&data=mnist&method=vae&latent=4&colour=red&lang=de",
        webgpu: WebGpu::NoAdapter,
        ..GERMAN
    });
    page.wait("it could train", "document.querySelector('[data-testid=train]')?.disabled === false");
    page.js("document.querySelector('[data-testid=on-processor]').open = true");
    all_is_german(&page, "on-processor");
    let notes = text(&page, "link-notes");
    assert!(notes.contains("hat keinen Parameter „colour“"), "{notes}");
}

#[test]
fn figures_are_german_where_they_are_asked_to_be() {
    let page = Page::open(&Options { path: "embed.html", query: "preset=mnist-vae&panel=traversal&lang=de", ..PLAIN });
    let inside = "document.querySelector('latent-lab').shadowRoot";
    page.wait(
        "it is German",
        &format!("{inside}.textContent.includes('Selbst trainieren') && {inside}.textContent.includes('Jeder Regler bewegt')"),
    );
    assert_eq!(page.js(&format!("return {inside}.querySelector('figcaption a').href.includes('lang=de')")), true);
    page.js("document.querySelector('latent-lab').lang = 'en'");
    page.wait("English again", &format!("{inside}.textContent.includes('Train it yourself')"));
    no_errors(&page);

    // What writes the code of a figure.
    page.js("location.href = 'embed-code.html?preset=mnist-vae&lang=de'");
    page.wait("the code", "document.querySelector('textarea')?.value.includes(' lang=\"de\"')");
    page.wait("German", "document.body.innerText.includes('Code kopieren')");
    page.js("const e = document.querySelector('[name=form]'); e.value = 'frame'; e.onchange()");
    page.wait("a frame", "document.querySelector('textarea').value.includes('&amp;lang=de')");
    no_errors(&page);
}

#[test]
fn the_german_page_is_kept_for_when_there_is_no_network() {
    let mut page = ready(&Options { kept: true, ..GERMAN });
    page.wait("German", "document.documentElement.lang === 'de'");
    page.click("lessons");
    page.click("lesson-what-an-autoencoder-learns");
    page.wait("the offer", "document.querySelector('.lesson [data-testid=offline-keep]')?.disabled === false");
    page.click("offline-keep");
    page.wait_for(
        "the lesson is kept",
        "document.querySelector('.lesson [data-testid=offline]').textContent.includes('Die ganze Lektion ist aufbewahrt')",
        Duration::from_secs(120),
    );
    page.stop_server();
    page.go("lang=de&lesson=noise-makes-a-space");
    page.wait("a lesson", "document.querySelector('[data-testid=lesson-page]')?.textContent === 'Eine Wolke statt eines Punkts'");
    page.wait("it is German", "document.querySelector('[data-testid=lesson-all]')?.textContent === 'Alle Lektionen'");
}

#[test]
fn a_build_lists_every_language() {
    let site = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("dist/index.html")).expect("the built page");
    let folders = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/languages")).expect("the languages");
    for tag in folders.map(|entry| entry.expect("a folder").file_name().to_string_lossy().into_owned()) {
        assert!(site.contains(&format!("lang=\"{tag}\" hreflang=\"{tag}\"")), "{tag}");
    }
}
