//! The models that ship trained, and the dialog that writes the code of a figure.

use std::time::Duration;

use serde_json::Value;

use super::driver::{Options, Page, WebGpu};
use super::{no_errors, notices, open_preset, ready};

/// The engine draws nine thousand faces first.
const DRAWING: Duration = Duration::from_secs(180);

#[test]
fn a_card_of_the_gallery_opens_its_model() {
    let page = ready(&Options::default());
    for (id, setup) in [("mnist-sae", "method=topk-sae"), ("mnist-map", "latent=2&"), ("faces-sae", "data=faces")] {
        open_preset(&page, id);
        let ready = format!("latentLab.state().setup.includes('{setup}') && latentLab.state().status === 'Ready to train'");
        page.wait_for(&format!("{id} is ready"), &ready, DRAWING);
        page.wait("its card is marked", &format!("document.querySelector('[data-testid=preset-{id}]').ariaPressed === 'true'"));
        page.wait("the address names it", &format!("location.search.includes('preset={id}')"));
        assert_eq!(notices(&page), Value::Array(vec![]), "{id}");
        page.screenshot(&format!("gallery-{id}"));
    }
    // The address opens the same model again.
    let query = page.js("return location.search.slice(1)");
    page.go(query.as_str().expect("a query"));
    page.wait_for(
        "it is back",
        "window.latentLab && latentLab.state().setup.includes('data=faces') && latentLab.state().status === 'Ready to train'",
        DRAWING,
    );
    assert_eq!(page.js("return document.querySelector('[data-testid=preset-faces-sae]').ariaPressed"), "true");
    no_errors(&page);
}

#[test]
fn without_webgpu_the_digits_of_the_gallery_still_open() {
    let page = Page::open(&Options { webgpu: WebGpu::NoAdapter, query: "engine=plan", ..Options::default() });
    page.wait("the notice", "document.querySelector('[data-testid=no-gpu]')");
    open_preset(&page, "mnist-vq");
    page.wait("another model", "latentLab.state().setup.includes('vq-vae')");
    let plain = "(c => { const p = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer); return p.every(v => v === p[0]) })";
    page.wait(
        "its copies",
        &format!("[...document.querySelectorAll('[data-testid=panel-reconstructions] canvas')].every(c => !{plain}(c))"),
    );
    for barred in ["preset-faces-sae", "data"] {
        assert_eq!(page.js(&format!("return document.querySelector('[data-testid={barred}]').disabled")), true, "{barred}");
    }
    no_errors(&page);
}

#[test]
fn the_code_of_a_figure_is_there_to_copy() {
    let page = ready(&Options::default());
    assert_eq!(
        page.js("return performance.getEntriesByType('resource').some(r => r.name.includes('embed'))"),
        false,
        "nobody asked for it"
    );
    page.click("embed");
    page.wait("the dialog", "document.querySelector('dialog.embed').open && !!document.querySelector('dialog.embed iframe').contentDocument?.querySelector('textarea')");
    page.turn_to_frame(Some("dialog.embed iframe"));
    let code = |what: &str, part: &str| {
        page.wait(what, &format!("document.querySelector('textarea').value.includes('{part}')"));
    };
    let choose = |name: &str, value: &str| {
        page.js(&format!(
            "const s = document.querySelector('[name={name}]'); s.value = '{value}'; s.dispatchEvent(new Event('change'))"
        ));
    };
    code("the model on show", "preset=\"mnist-vae\" panel=\"traversal\"");
    choose("preset", "mnist-sae");
    code("another model has other panels", "preset=\"mnist-sae\" panel=\"features\"");
    choose("form", "frame");
    code("a frame", "<iframe");
    let address = page.js("return document.querySelector('a').href");
    assert!(address.as_str().is_some_and(|a| a.ends_with("embed.html?preset=mnist-sae&panel=features")), "{address}");
    page.js("document.querySelector('latent-lab').scrollIntoView()");
    page.wait("the figure itself", "document.querySelector('latent-lab').kind === 'features'");
    page.turn_to_frame(None);
    page.screenshot("embed-dialog");
    page.click("embed-close");
    page.wait("it closes", "!document.querySelector('dialog.embed').open");
    no_errors(&page);
}

#[test]
fn a_link_opens_a_trained_model_on_its_tab() {
    let page = ready(&Options { query: "preset=mnist-vq#codebook", ..Options::default() });
    page.wait(
        "the network of the link",
        "document.querySelector('[data-testid=codebook-stats]')?.textContent.includes('perplexity')",
    );
    assert_eq!(page.js("return document.querySelector('#panels').classList.contains('tab-codebook')"), true);
    assert_eq!(page.js("return document.querySelector('[data-testid=method]').value"), "vq-vae");
    no_errors(&page);
}
