//! The choice of data: by link and by the picker, rendered in the worker.

use std::time::Duration;

use serde_json::Value;

use super::driver::Options;
use super::{SMALL, no_errors, ready};

/// Looks at every frame from the first run on: `probe.stale` has the sizes of pictures that are none of a face, 64 pixels wide.
const LOOKS: &str = r"
    probe.stale = [];
    const look = () => {
        requestAnimationFrame(look);
        if (!window.latentLab?.state().run) return;
        for (const canvas of document.querySelectorAll('canvas.digit')) {
            if (canvas.width % 64 === 0) continue;
            const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            if (pixels.some(v => v !== 0)) probe.stale.push(`${canvas.width} × ${canvas.height} in ${canvas.closest('.panel').id}`);
        }
    };
    requestAnimationFrame(look);
";

#[test]
fn panels_show_the_model_on_show_or_nothing() {
    // The page opens with the digits of the model that ships, until the faces have come.
    let page = ready(&Options { query: "v=1&data=faces&method=vq-vae&batch=4", script: LOOKS, ..Options::default() });
    page.js("document.querySelector('.panel-reconstructions').scrollIntoView()");
    let wide = "document.querySelector('[data-testid=reconstructions] canvas').width === 64";
    page.wait_for("faces and what is left of them", wide, Duration::from_secs(180));
    assert_eq!(page.js("return [...new Set(probe.stale)]"), Value::Array(vec![]), "digits beside a network of faces");
    page.screenshot("faces");
    no_errors(&page);

    // Another network of the same images.
    let page = ready(&Options { query: SMALL, ..Options::default() });
    page.click("step");
    page.wait("a step", "latentLab.state().step === 1 && latentLab.state().waiting === 0");
    page.js("document.querySelector('.panel-reconstructions').scrollIntoView()");
    let picture = "document.querySelector('[data-testid=reconstructions] canvas').toDataURL()";
    page.wait("reconstructions", &format!("{picture}.length > 500 && latentLab.state().waiting === 0"));
    let gone = page.js(&format!(
        r"
        const [old, run] = [{picture}, latentLab.state().run];
        document.querySelector('[data-testid=reset]').click();
        return new Promise(done => {{
            const later = () => requestAnimationFrame(() => done({picture} !== old));
            const look = () => requestAnimationFrame(latentLab.state().run === run ? look : later);
            look();
        }});
    "
    ));
    assert_eq!(gone, true, "a new run shows what the old one made");
    page.wait("those of the new one", &format!("{picture}.length > 500 && latentLab.state().waiting === 0"));
    no_errors(&page);
}

#[test]
fn another_data_set_is_another_network() {
    let page = ready(&Options { query: "v=1&data=faces&method=vae&latent=2&hidden=16&batch=4", ..Options::default() });
    assert!(page.js("return document.querySelector('[data-testid=data]').value") == "faces");
    page.click("step");
    page.wait("a step on faces", "latentLab.state().step === 1 && latentLab.state().terms.length > 0");
    // In nats an image of 12,288 values that an untrained network puts at one half: log 2 each.
    let loss = page.state()["terms"][0][1].as_f64().expect("a loss");
    assert!((loss / (12_288.0 * 2f64.ln()) - 1.0).abs() < 0.1, "{loss}");

    page.js("const data = document.querySelector('[data-testid=data]'); data.value = 'toy'; data.dispatchEvent(new Event('change', { bubbles: true }))");
    page.wait("a network for 16 × 16 pixels", "latentLab.state().step === 0 && latentLab.state().status === 'Ready to train'");
    assert!(page.js("return location.search").as_str().is_some_and(|query| query.contains("data=toy")));
    page.click("step");
    page.wait("a step on the toy world", "latentLab.state().step === 1 && latentLab.state().terms.length > 0");
    let loss = page.state()["terms"][0][1].as_f64().expect("a loss");
    assert!((loss / (256.0 * 2f64.ln()) - 1.0).abs() < 0.1, "{loss}");
    no_errors(&page);
}
