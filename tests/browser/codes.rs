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
