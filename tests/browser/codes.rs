//! Panels of codes that nothing draws, and of codes with levels.

use super::*;

const ARROW_RIGHT: &str = "\u{E014}";

/// Trains until some steps are taken, and pauses.
fn train(page: &Page) {
    page.click("train");
    page.wait("some steps", "latentLab.state().step > 30");
    page.click("train");
    page.wait("paused", "latentLab.state().status === 'Paused'");
}

#[test]
fn a_model_without_a_decoder_shows_neighbours() {
    let query = "v=1&data=mnist&method=simsiam&latent=8&hidden=64&projection=32&batch=32";
    let page = ready(&Options { query, ..Options::default() });
    train(&page);
    let panels = "[...document.querySelectorAll('.panel')].map(p => p.id).join()";
    page.wait("what needs no decoder", &format!("{panels} === 'map,loss,neighbours'"));
    page.wait("neighbours", "document.querySelector('[data-testid=near-alike]')?.textContent.includes('of 48 neighbours')");
    page.js("document.querySelector('[data-testid=panel-neighbours]').scrollIntoView()");
    let cell = "document.querySelectorAll('[data-testid=near-2] canvas')";
    let drawn = "(c => new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size > 8)";
    page.wait("an image, a view of it, and eight others", &format!("{cell}.length === 10 && [...{cell}].every({drawn})"));
    let first = page.js(&format!("return {cell}[0].toDataURL()"));
    assert_ne!(page.js(&format!("return {cell}[1].toDataURL()")), first, "a view is no copy");
    page.click("near-other");
    page.wait("other images", &format!("{cell}[0].toDataURL() !== {first}"));

    // On the map the pointer finds an image, and presses move nothing.
    page.open_tab("explore");
    page.wait("dots", "document.querySelector('[data-testid=map]')");
    assert_eq!(page.js("return document.querySelector('[data-testid=ground-manifold]')"), Value::Null, "nothing draws the plane");
    page.js("document.querySelector('[data-testid=map]').focus()");
    page.press(ARROW_RIGHT);
    page.wait("the nearest image", &format!("[...document.querySelectorAll('[data-testid=map-digit]')].every({drawn})"));

    page.open_tab("draw");
    page.wait(
        "an image of the visitor's own",
        "document.querySelectorAll('[data-testid=draw-nearest] .cell:not(.gone)').length === 10",
    );
    let gone = "['draw-copy', 'draw-anomaly', 'draw-traverse'].every(id => document.querySelector(`[data-testid=${id}]`).closest('.gone'))";
    assert_eq!(page.js(&format!("return !!({gone})")), true, "there is no copy to compare it with");
    page.open_tab("explain");
    // A panel asks when it is seen. The mouse may rest on a layer, which then tells of itself.
    page.js("document.querySelector('[data-testid=panel-diagram]').scrollIntoView()");
    page.wait("its layers", "document.querySelector('[data-testid=layer-says]')?.textContent.length > 20");
    assert_eq!(page.js("return !!document.querySelector('[data-testid=diagram-out]').closest('.gone')"), true);
    let said = page.js("return document.body.innerText.includes('it turns images into codes, and nothing')");
    assert_eq!(said, false, "nobody has asked for what it does not have");
    no_errors(&page);
}

#[test]
fn levels_are_told_apart() {
    let query = "v=1&data=mnist&method=ladder-vae&latent=5&upper=2&hidden=64&batch=32&lr=0.01&warmup=0";
    let page = ready(&Options { query, ..Options::default() });
    train(&page);
    let note = page.wait("which sliders are of the upper level", "document.querySelector('[data-testid=levels]')?.textContent");
    assert!(note.as_str().is_some_and(|note| note.contains("are the upper level")), "{note}");
    let upper = "[...document.querySelectorAll('.panel-traversal .row')].map(row => row.classList.contains('upper')).join()";
    page.wait("they stand first", &format!("{upper} === 'true,true,false,false,false,false,false'"));
    page.wait(
        "the KL of each level",
        "/^.*\\d+\\.\\d \\+ \\d+\\.\\d = \\d+\\.\\d nats/.test(document.querySelector('[data-testid=active-count]').textContent)",
    );
    // The samples of a row share the upper level.
    page.js("document.querySelector('[data-testid=panel-samples]').scrollIntoView()");
    let take = |i: usize| {
        let before = page.js("return JSON.stringify(latentLab.state().code)");
        page.click(&format!("sample-{i}"));
        page.wait("its code is in the traversal", &format!("JSON.stringify(latentLab.state().code) !== {before}"));
        page.state()["code"].clone()
    };
    let (a, b, c) = (take(6), take(11), take(12));
    assert_eq!((&a[0], &a[1]), (&b[0], &b[1]));
    assert_ne!((&a[2], &a[3]), (&b[2], &b[3]));
    assert_ne!(&a[0], &c[0], "another row");
    // A map of either level, and the link that leads there.
    page.js("document.querySelector('[data-testid=map-level-1]').click()");
    page.wait(
        "the lower level",
        "document.querySelector('[data-testid=map-level-1]').ariaPressed === 'true' && location.hash.includes('level=2')",
    );
    no_errors(&page);
}

/// Whether all pictures that a selector finds show something.
fn drawn(canvases: &str) -> String {
    format!(
        "(all => all.length > 0 && all.every(c => new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size > 4))([...document.querySelectorAll('{canvases}')])"
    )
}

fn number_in(text: &str, before: &str) -> f64 {
    let end = text.find(before).unwrap_or_else(|| panic!("{before:?} in {text:?}"));
    text[..end].rsplit([' ', '\u{a0}']).find(|word| !word.is_empty()).and_then(|word| word.parse().ok()).expect("a number")
}

#[test]
fn tokens_of_a_place_are_added_one_by_one() {
    let query = "v=1&data=mnist&method=rvq&codes=16&levels=3&net=mlp&hidden=32&batch=16&prior=none#codebook";
    let page = ready(&Options { query, ..Options::default() });
    train(&page);
    page.open_tab("codebook");
    page.wait("the panel", "document.querySelector('[data-testid=panel-by-token]')");
    page.js("document.querySelector('[data-testid=panel-by-token]').scrollIntoView()");
    page.wait("a row for each token", "document.querySelectorAll('[data-testid=lengths] li').length === 3");
    page.wait("all pictures", &drawn("[data-testid=panel-by-token] canvas"));
    assert_eq!(page.js("return document.querySelectorAll('[data-testid=panel-by-token] canvas').length"), 6 * 5);
    let said = "document.querySelector('[data-testid=shorten-said]').textContent";
    let first = page.wait("the first token alone", &format!("{said}.startsWith('The first 1 of 3') && {said}"));
    let copies = "[...document.querySelectorAll('[data-testid=shorten-copies] canvas')].map(c => c.toDataURL()).join()";
    page.js(&format!("probe.old = {copies}"));
    page.keys("length", ARROW_RIGHT);
    page.wait("two of them", &format!("{said}.startsWith('The first 2 of 3') && {copies} !== probe.old"));
    page.keys("length", END);
    let last = page.wait("all three", &format!("{said}.startsWith('The first 3 of 3') && {said}"));
    let (first, last) = (first.as_str().expect("a text").to_owned(), last.as_str().expect("a text").to_owned());
    assert!(number_in(&last, " % of the variance") < number_in(&first, " % of the variance"), "{first} {last}");
    assert!(number_in(&last, " bits a pixel") > number_in(&first, " bits a pixel"), "{first} {last}");
    assert_eq!(page.js("return document.querySelector('[data-testid=length-2]').classList.contains('chosen')"), true);
    page.js(&format!("probe.old = {copies}"));
    page.click("shorten-other");
    page.wait("other images", &format!("{copies} !== probe.old"));
    let rate = page.js("return document.querySelector('[data-testid=codebook-rate]').textContent");
    assert!(rate.as_str().is_some_and(|rate| rate.contains("bits a pixel by how often codes are chosen")), "{rate}");
    page.screenshot("by-token");
    no_errors(&page);
}

#[test]
fn bits_of_a_code_are_switches() {
    let query = "v=1&data=mnist&method=bsq&bits=5&net=mlp&hidden=32&batch=16&prior=none#codebook";
    let page = ready(&Options { query, ..Options::default() });
    train(&page);
    page.open_tab("codebook");
    page.wait("five switches", "document.querySelectorAll('[data-testid=bits] [role=switch]').length === 5");
    page.click("cell-3");
    let code = || page.js("return +document.querySelector('[data-testid=cell-3]').textContent").as_u64().expect("a code");
    page.wait("a code", "document.querySelector('[data-testid=cell-3]').textContent !== ''");
    page.wait("the picture", &drawn("[data-testid=tokens-picture]"));
    let (before, picture_before) = (code(), picture(&page, "tokens-picture"));
    let states = "[...document.querySelectorAll('[data-testid=bits] [role=switch]')].map(s => s.ariaChecked === 'true')";
    let on: Vec<bool> = serde_json::from_value(page.js(&format!("return {states}"))).expect("states");
    assert_eq!(on.iter().enumerate().map(|(i, on)| u64::from(*on) << i).sum::<u64>(), before, "the switches are the code");
    page.keys("bit-2", ENTER);
    page.wait("another code", &format!("+document.querySelector('[data-testid=cell-3]').textContent === {}", before ^ 4));
    changes(&page, "tokens-picture", &picture_before, "a bit was turned over");
    page.click("bit-2");
    page.wait("as it was", &format!("document.querySelector('[data-testid=tokens-picture]').toDataURL() === '{picture_before}'"));
    assert_eq!(code(), before);
    // Eight places of five bits on 784 pixels.
    let rate = page.wait("the rate", "document.querySelector('[data-testid=codebook-rate]').textContent");
    assert!(rate.as_str().is_some_and(|rate| rate.contains(&format!("{:.3} with all codes alike", 40.0 / 784.0))), "{rate}");
    page.screenshot("bits");
    no_errors(&page);
}

#[test]
fn the_strongest_features_alone_explain_less() {
    let query = "v=1&data=mnist&method=matryoshka&nesting=budgets&features=128&k=16&batch=32#features";
    let page = ready(&Options { query, ..Options::default() });
    train(&page);
    page.open_tab("features");
    page.wait("the panel", "document.querySelector('[data-testid=panel-by-feature]')");
    page.js("document.querySelector('[data-testid=panel-by-feature]').scrollIntoView()");
    page.wait("rows", "document.querySelectorAll('[data-testid=lengths] li').length > 6");
    page.wait("all pictures", &drawn("[data-testid=panel-by-feature] canvas"));
    page.wait("a curve", "document.querySelector('[data-testid=unexplained] polyline').getAttribute('points').split(' ').length === document.querySelectorAll('[data-testid=lengths] li').length");
    let said = "document.querySelector('[data-testid=shorten-said]').textContent";
    let first = page.wait("one alone", &format!("{said}.startsWith('The 1 strongest') && {said}"));
    page.keys("length", END);
    let last = page.wait("all of them", &format!("!{said}.startsWith('The 1 strongest') && {said}"));
    let [first, last] = [&first, &last].map(|said| number_in(said.as_str().expect("a text"), " % of the variance"));
    assert!(last < first, "{last} {first}");
    page.screenshot("by-feature");
    no_errors(&page);
}

#[test]
fn directions_of_codes_stand_beside_those_of_images() {
    for method in ["ae&latent=6&hidden=64", "simsiam&latent=6&hidden=64&projection=32"] {
        let query = format!("v=1&data=mnist&method={method}&batch=32#explore");
        let page = ready(&Options { query: &query, ..Options::default() });
        train(&page);
        page.open_tab("explore");
        page.wait("the panel", "document.querySelector('[data-testid=panel-spectrum]')");
        page.js("document.querySelector('[data-testid=panel-spectrum]').scrollIntoView()");
        page.wait("six directions", "document.querySelectorAll('[data-testid=spectrum-bars] li').length === 6");
        let said = "document.querySelector('[data-testid=spectrum-said]').textContent";
        let said = page.wait(
            "both ranks",
            &format!("/^Codes spread in \\d\\.\\d of 6 directions, the images themselves in \\d+\\.\\d /.test({said}) && {said}"),
        );
        let rank = number_in(said.as_str().expect("a text"), " of 6 directions");
        assert!((1.0..=6.0).contains(&rank), "{said}");
        let heights = page
            .js("return [...document.querySelectorAll('[data-testid=spectrum-bars] i.own')].map(i => parseFloat(i.style.height))");
        let heights: Vec<f64> = serde_json::from_value(heights).expect("numbers");
        assert!(heights[0] == 100.0 && heights.windows(2).all(|pair| pair[0] >= pair[1]), "{heights:?}");
        page.screenshot("spectrum");
        no_errors(&page);
    }
}

#[test]
fn values_of_quantised_latents_are_counted_and_taken() {
    let query = "v=1&data=mnist&method=qlae&latent=3&values=4&hidden=64&batch=32#latents";
    let page = ready(&Options { query, ..Options::default() });
    train(&page);
    page.open_tab("latents");
    page.wait("the panel", "document.querySelector('[data-testid=panel-positions]')");
    page.js("document.querySelector('[data-testid=panel-positions]').scrollIntoView()");
    page.wait("three latents", "document.querySelectorAll('[data-testid=positions] > li').length === 3");
    page.wait("a picture for each value", &drawn("[data-testid=positions] canvas"));
    let counts = "[0, 1, 2].map(d => [...document.querySelectorAll(`[data-testid=values-${d}] .tile`)].map(t => +t.dataset.value))";
    let counts: Vec<Vec<u64>> = serde_json::from_value(page.js(&format!("return {counts}"))).expect("counts");
    assert!(counts.iter().all(|own| (1..=4).contains(&own.len()) && own.iter().sum::<u64>() == 2000), "{counts:?}");
    let marked =
        "[0, 1, 2].every(d => document.querySelectorAll(`[data-testid=values-${d}] .tile[aria-pressed=true]`).length === 1)";
    page.wait("the values of the image are marked", marked);
    // A value that the image does not have: taken to the traversal it is one number of its code, and its picture the one on the tile.
    let other = "document.querySelector('[data-testid=positions] .tile[aria-pressed=false]')";
    let before = page.js("return JSON.stringify(latentLab.state().code)");
    if page.js(&format!("return {other} !== null")) == true {
        page.js(&format!("{other}.click()"));
        page.wait("its code is in the traversal", &format!("JSON.stringify(latentLab.state().code) !== {before}"));
    }
    page.screenshot("positions");
    no_errors(&page);
}
