//! What people with a screen reader, or who see little, would stumble over: axe-core finds nothing serious.

use std::path::Path;

use super::*;

/// Installed with what `tests/embed` names.
const AXE: &str = "tests/embed/node_modules/axe-core/axe.min.js";
/// Runs it, and gives what is serious or critical, each with the first elements that it was found at.
const LOOK: &str = r"
    return axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })
        .then(found => found.violations.filter(v => ['serious', 'critical'].includes(v.impact))
            .map(v => `${v.impact}, ${v.id}: ${v.help}: ` + v.nodes.length + ' at '
                + v.nodes.slice(0, 3).map(n => `${n.target} ${n.any.map(a => a.message).join('; ')}`).join(' | ')));
";

/// What is wrong with what the page shows now.
fn look(page: &Page, at: &str, found: &mut Vec<String>) {
    let wrong = page.js(LOOK);
    let wrong = wrong.as_array().unwrap_or_else(|| panic!("axe said {wrong}"));
    found.extend(wrong.iter().filter_map(Value::as_str).map(|what| format!("{at}: {what}")));
}

#[test]
fn nothing_serious_is_found_in_light_and_dark() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(AXE);
    let axe = std::fs::read_to_string(&file)
        .unwrap_or_else(|e| panic!("{}: {e}; `npm install` in tests/embed brings it", file.display()));
    // Whatever the page needs has a module of its own; this one is to be the window's.
    let script = format!("(function () {{ {axe} }}).call(window);");
    let mut found = vec![];
    for dark in [false, true] {
        let scheme = if dark { "dark" } else { "light" };
        let page = ready(&Options { query: "engine=cpu", script: &script, dark, size: Some((1280, 900)), ..Options::default() });
        page.wait("its pictures", "latentLab.state().latent > 0");
        look(&page, &format!("front page, {scheme}"), &mut found);
        let tabs = page.js("return [...document.querySelectorAll('[role=tab]')].map(tab => tab.dataset.testid.slice(4))");
        for tab in tabs.as_array().into_iter().flatten().filter_map(Value::as_str) {
            page.open_tab(tab);
            page.wait("it has what it asked for", "latentLab.state().waiting === 0");
            look(&page, &format!("{tab}, {scheme}"), &mut found);
        }
        // Tabs of other models.
        for (preset, tab) in [("mnist-vq", "codebook"), ("mnist-sae", "features")] {
            open_preset(&page, preset);
            page.wait("its tab", &format!("document.querySelector('[data-testid=tab-{tab}]')"));
            page.open_tab(tab);
            page.wait("it has what it asked for", "latentLab.state().waiting === 0");
            look(&page, &format!("{tab}, {scheme}"), &mut found);
        }
        page.click("runs");
        page.wait("what is kept", "document.querySelector('[data-testid=offline-said]')?.textContent");
        look(&page, &format!("runs and files, {scheme}"), &mut found);
        page.click("runs-close");
        page.click("what");
        page.wait("it may be asked", "document.querySelector('[data-testid=what-answer]')");
        look(&page, &format!("what is this, {scheme}"), &mut found);
        page.click("what-end");
        page.click("lessons");
        page.wait("the list", "document.querySelector('[data-testid=lesson-list]')");
        look(&page, &format!("lessons, {scheme}"), &mut found);
        page.click("lesson-what-an-autoencoder-learns");
        page.wait("it is set up", "document.querySelector('[data-testid=lesson-state]')?.textContent === ''");
        look(&page, &format!("a lesson, {scheme}"), &mut found);
        page.screenshot(&format!("axe-{scheme}"));
        no_errors(&page);
    }
    assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
}
