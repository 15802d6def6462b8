//! Data that are points: learnt, drawn with all that the model makes of them, and drawn by hand.

use super::*;

/// Presses, moves and releases a pointer over the data space, at parts of its width and height.
const HAND: &str = r"
    probe.hand = (...places) => {
        const canvas = document.querySelector('[data-testid=places-canvas]');
        canvas.scrollIntoView();
        const box = canvas.getBoundingClientRect();
        const send = (type, [x, y], buttons) => canvas.dispatchEvent(new PointerEvent(type, {
            bubbles: true, pointerId: 1, buttons, clientX: box.x + x * box.width, clientY: box.y + y * box.height,
        }));
        send('pointerdown', places[0], 1);
        places.slice(1).forEach((place) => send('pointermove', place, 1));
        send('pointerup', places.at(-1), 0);
    };
";

fn error(page: &Page) -> f64 {
    let text = page.js("return document.querySelector('[data-testid=places-error]')?.textContent ?? ''");
    let word = text.as_str().unwrap_or_default().split_whitespace().find_map(|w| w.parse().ok());
    word.unwrap_or_else(|| panic!("no distance in {text}"))
}

fn trained(page: &Page, steps: u32) {
    page.click("train");
    page.wait("some steps", &format!("latentLab.state().step >= {steps}"));
    page.click("train");
    page.wait("a pause", "latentLab.state().status === 'Paused'");
}

#[test]
fn points_are_learnt_and_drawn() {
    let page = ready(&Options { query: "data=moons&method=ae&latent=2&hidden=64", script: HAND, ..Options::default() });
    page.wait("the data space", "document.querySelector('[data-testid=places-error]')?.textContent.includes('distance')");
    let (before, canvas) = (error(&page), picture(&page, "places-canvas"));
    trained(&page, 400);
    changes(&page, "places-canvas", &canvas, "the net follows the weights");
    page.wait(
        "the copies come nearer",
        &format!(
            "parseFloat(document.querySelector('[data-testid=places-error]').textContent.match(/[\\d.]+/)[0]) < {}",
            before / 4.0
        ),
    );
    // What is no picture has pictures all the same; and nobody is asked to draw one.
    assert_eq!(page.js("return document.querySelector('[data-testid=tab-draw]')"), Value::Null);
    assert_eq!(page.js("return document.querySelectorAll('[data-testid=panel-reconstructions] canvas').length > 0"), true);
    // A press on a dot takes it to the traversal: the upper moon's top.
    let code = page.js("return latentLab.state().code");
    page.js("probe.hand([0.37, 0.30])");
    page.wait("another code", &format!("JSON.stringify(latentLab.state().code) !== '{code}'"));
    no_errors(&page);
}

#[test]
fn points_in_space_are_turned() {
    let page = ready(&Options { query: "data=s-curve&method=vae&latent=2&hidden=64", script: HAND, ..Options::default() });
    page.wait("the data space", "document.querySelector('[data-testid=places-error]')?.textContent.includes('distance')");
    let canvas = picture(&page, "places-canvas");
    page.js("probe.hand([0.2, 0.5], [0.5, 0.6])");
    let canvas = changes(&page, "places-canvas", &canvas, "a drag turns the space");
    page.keys("places-canvas", RIGHT);
    changes(&page, "places-canvas", &canvas, "so does a key");
    no_errors(&page);
}

#[test]
fn a_drawing_is_a_data_set_in_the_link() {
    let page = ready(&Options { query: "data=drawn&method=ae&latent=1&hidden=32", script: HAND, ..Options::default() });
    page.wait("the data space", "document.querySelector('[data-testid=places-error]')?.textContent.includes('distance')");
    page.click("places-draw-1");
    page.js("probe.hand([0.2, 0.5], [0.4, 0.5], [0.6, 0.5], [0.8, 0.5])");
    page.wait("a link with the points", "/data=drawn:\\.[\\w-]{8}&/.test(location.search)");
    page.wait("a network for them", "latentLab.state().setup.includes('drawn:.') && /^Ready/.test(latentLab.state().status)");
    trained(&page, 200);
    page.click("places-clear");
    page.wait("no points in the link", "/data=drawn&/.test(location.search)");
    no_errors(&page);
}
