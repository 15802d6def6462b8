//! The site below a path of its host, where other sites have the rest.

use super::driver::{Options, Page};
use super::{SMALL, embed, no_errors, open_preset, ready, step};

const BELOW: &str = "/blog/2026/lab/";

/// Addresses of everything that the page has fetched by itself.
fn fetched(page: &Page) -> Vec<String> {
    let names = page.js("return performance.getEntriesByType('resource').map(r => r.name)");
    names.as_array().into_iter().flatten().filter_map(|name| Some(name.as_str()?.to_string())).collect()
}

/// Nothing was looked for beside the folder, and nothing in it was missed: a request that is not answered is an error in the
/// console, and the server answers below the path alone.
fn all_below(page: &Page, parts: &[&str]) {
    let names = fetched(page);
    let port = page.js("return location.origin");
    let here = format!("{}{BELOW}", port.as_str().expect("an origin"));
    let blobs = |name: &&String| !name.starts_with("blob:");
    assert!(names.iter().filter(blobs).all(|name| name.starts_with(&here)), "{names:?}");
    for part in parts {
        assert!(names.iter().any(|name| name.contains(part)), "{part}: {names:?}");
    }
    no_errors(page);
}

#[test]
fn the_page_trains_below_a_path() {
    let page = ready(&Options { base: BELOW, query: SMALL, ..Options::default() });
    page.click("step");
    page.wait("a step", "latentLab.state().step === 1");
    assert_eq!(step(&page), 1);
    open_preset(&page, "mnist-vq");
    page.wait("another model", "latentLab.state().setup.includes('vq-vae')");
    page.click("embed");
    page.wait("the dialog", "!!document.querySelector('dialog.embed iframe').contentDocument?.querySelector('textarea')");
    let code = page.js("return document.querySelector('dialog.embed iframe').contentDocument.querySelector('textarea').value");
    assert!(code.as_str().is_some_and(|code| code.contains(&format!("{BELOW}embed.js"))), "{code}");
    all_below(&page, &["/page/page_bg.wasm", "assets/presets/mnist-vq.safetensors", "embed-code.html"]);
}

#[test]
fn the_page_trains_where_workers_come_from_its_own_host_alone() {
    let page = ready(&Options { csp: Some("worker-src 'self'"), query: SMALL, ..Options::default() });
    page.click("step");
    page.wait("a step", "latentLab.state().step === 1");
    // The worker that reads files.
    page.click("add-data");
    page.wait("the dialog", "document.querySelector('[data-testid=import]')?.open");
    no_errors(&page);
}

#[test]
fn the_post_and_its_figures_work_below_a_path() {
    let page = embed::post_at(BELOW, false);
    page.wait("the elements are there", "document.querySelector('latent-lab')?.shadowRoot");
    for figure in [0, 1] {
        embed::scroll_to(&page, figure);
    }
    page.js("document.querySelector('iframe').scrollIntoView({ block: 'center' })");
    page.wait("the frame has said how high it is", "parseFloat(document.querySelector('iframe').style.height) > 200");
    all_below(&page, &["embed.js", "player_bg.wasm", "mnist-vae.safetensors", "mnist-map.examples.safetensors"]);
}
