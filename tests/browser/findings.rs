//! Findings: a question, then what came out, and the runs a click away.

use super::*;

#[test]
fn a_finding_asks_before_it_tells() {
    let page = ready(&Options { query: SMALL, ..Options::default() });
    page.click("findings");
    let card = "document.querySelector('[data-testid=finding-beta-costs-copies]')";
    page.wait("the list", &format!("{card} !== null"));
    assert_eq!(page.js(&format!("return {card}.querySelector('details').open")), false, "nobody is told before they are asked");
    assert_eq!(page.js("return document.querySelectorAll('.finding').length >= 25"), true);
    page.js(&format!("{card}.querySelector('summary').click()"));
    page.wait("bars", &format!("{card}.querySelectorAll('.figures li').length === 4"));
    assert_eq!(page.js(&format!("return {card}.querySelector('.verdict').textContent.startsWith('Held here')")), true);
    let link = page.js(&format!("return {card}.querySelector('.links a').getAttribute('href')"));
    assert!(
        link.as_str().is_some_and(|link| link.starts_with("?v=1&data=mnist&method=beta-vae") && link.ends_with("#latents")),
        "{link}"
    );
    page.click("findings-close");
    page.wait("it is closed", "!document.querySelector('[data-testid=findings-dialog]').open");
    no_errors(&page);
}

#[test]
fn a_link_opens_a_finding() {
    let page = ready(&Options { query: "finding=as-many-latents-as-dimensions", ..Options::default() });
    let open = "document.querySelector('[data-testid=finding-as-many-latents-as-dimensions] details')?.open === true";
    page.wait("the finding of the link", open);
    assert_eq!(notices(&page).as_array().map_or(0, Vec::len), 0, "the link says nothing strange");
    no_errors(&page);
}
