//! The choice of data: by link and by the picker, rendered in the worker.

use super::driver::Options;
use super::{no_errors, ready};

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
