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
fn findings_stand_by_what_they_ask_as_well() {
    let page = ready(&Options { query: SMALL, ..Options::default() });
    page.click("findings");
    let count = "document.querySelectorAll('[data-testid=findings-dialog] .finding').length";
    page.wait("the list", &format!("{count} > 0"));
    let all = page.js(&format!("return {count}"));
    page.click("by-question");
    let headings = "[...document.querySelectorAll('[data-testid=findings-dialog] h3')].map(h => h.firstChild.textContent)";
    page.wait("questions", &format!("{headings}.length === 8 && {headings}.every(h => h.endsWith('?'))"));
    assert_eq!(page.js(&format!("return {count}")), all, "each stands somewhere, and once");
    no_errors(&page);
}

#[test]
fn the_card_has_the_findings_of_its_papers() {
    let page = ready(&Options { query: SMALL, ..Options::default() });
    page.js("document.querySelector('[data-testid=card-findings] summary').click()");
    let links = "[...document.querySelectorAll('[data-testid=card-findings] a')].map(a => a.getAttribute('href'))";
    page.wait("findings of the VAE's papers", &format!("{links}.includes('?finding=free-bits-keep-latents-awake')"));
    assert_eq!(
        page.js(&format!("return {links}.includes('?finding=mmd-fits-the-prior')")),
        false,
        "that is another method's paper"
    );
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

#[test]
fn a_finding_runs_to_its_verdict() {
    let page = ready(&Options { query: "v=1&data=moons&method=vae&finding=as-many-latents-as-dimensions", ..Options::default() });
    let here = "document.querySelector('[data-testid=here-as-many-latents-as-dimensions]')";
    page.wait("the finding asks", &format!("{here}?.querySelector('[data-testid=finding-holds]') != null"));
    assert_eq!(page.js(&format!("return {here}.textContent.includes('What do you expect?')")), true);
    page.js(&format!("{here}.querySelector('[data-testid=finding-fails]').focus()"));
    page.press(ENTER);
    page.wait("its runs are made", &format!("/Run \\d of \\d, /.test({here}.textContent)"));
    page.wait_for("the verdict", &format!("{here}.querySelector('[data-testid=here-verdict]') !== null"), Duration::from_secs(400));
    let text = page.js(&format!("return {here}.textContent"));
    let text = text.as_str().expect("a text");
    assert!(text.contains("On your machine it held. You expected that it would not."), "{text}");
    // Each figure stands beside the recorded one, and is the same but for rounding.
    let bars = page.js(&format!(
        "return [...{here}.querySelectorAll('.figures li')].map(li => [...li.querySelectorAll(':scope > span')].map(s => s.textContent))"
    ));
    let bars: Vec<Vec<String>> = serde_json::from_value(bars).expect("texts");
    assert!(bars.len() >= 4 && bars.len() % 2 == 0, "{bars:?}");
    for pair in bars.chunks(2) {
        assert!(pair[0][0].ends_with(", here") && pair[1][0].ends_with(", recorded"), "{pair:?}");
        let [here, there] = [&pair[0][1], &pair[1][1]].map(|v| v.parse::<f64>().expect("a number"));
        assert!((here - there).abs() < 0.05 * there.abs().max(0.1), "{pair:?}");
    }
    no_errors(&page);
}

/// The means over the seeds that records have, by measure and run, in the order of the finding.
fn means(record: &Value) -> Vec<f64> {
    let taken = record["taken"].as_array().expect("what was taken");
    let mean = |one: &Value| {
        let all: Vec<f64> = one["values"].as_array().expect("values").iter().filter_map(Value::as_f64).collect();
        all.iter().sum::<f64>() / all.len() as f64
    };
    taken.iter().map(mean).collect()
}

/// Page, command line and record say the same, of a codebook, a sparse autoencoder and a plain one: the same seeds and images, on the processor.
#[test]
fn page_command_line_and_record_agree() {
    let ids = ["more-levels-finer-copies", "topk-beats-the-penalty", "nuclear-norm-lowers-the-rank"];
    let native = std::process::Command::new(env!("CARGO_BIN_EXE_lab"))
        .args(["reproduce", "--engine", "cpu", "--dry", "--json"])
        .args(ids)
        .output()
        .expect("the built binary runs");
    let text = String::from_utf8(native.stdout).expect("text");
    let native: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("a record")).collect();
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/findings.json");
    let records: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(file).expect("the records")).expect("JSON");
    let of = |all: &[Value], id: &str| all.iter().find(|one| one["id"] == id).cloned().expect("a record");
    for id in ids {
        let (native, record) = (means(&of(&native, id)), means(&of(&records, id)));
        for (here, there) in native.iter().zip(&record) {
            assert!((here - there).abs() <= 5e-3 * there.abs(), "{id}: {native:?} by the command line, {record:?} in the record");
        }
        let page = ready(&Options { query: &format!("engine=cpu&finding={id}"), ..Options::default() });
        let inside = format!("document.querySelector('[data-testid=here-{id}]')");
        page.wait("the finding asks", &format!("{inside}?.querySelector('[data-testid=finding-holds]') != null"));
        page.js(&format!("{inside}.querySelector('[data-testid=finding-holds]').focus()"));
        page.press(ENTER);
        let over = format!("{inside}.querySelector('[data-testid=here-verdict]') !== null");
        page.wait_for("the verdict", &over, Duration::from_secs(400));
        let shown = page.js(&format!(
            "return [...{inside}.querySelectorAll('.figures li')].map(li => [...li.querySelectorAll(':scope > span')].map(s => s.textContent))"
        ));
        let shown: Vec<Vec<String>> = serde_json::from_value(shown).expect("texts");
        let figures: Vec<f64> = shown
            .iter()
            .filter(|row| row[0].ends_with(", here"))
            .map(|row| row[1].replace('\u{202f}', "").parse().expect("a number"))
            .collect();
        // Four digits are on show, and a browser rounds differently, which grows with the steps.
        let sorted = |mut all: Vec<f64>| {
            all.sort_by(f64::total_cmp);
            all
        };
        let (figures, native) = (sorted(figures), sorted(native));
        assert_eq!(figures.len(), native.len(), "{id}: {shown:?}");
        let far = figures.iter().zip(&native).map(|(a, b)| (a - b).abs() / b.abs()).fold(0.0, f64::max);
        eprintln!("{id}: page and command line differ by {:.3} % at most", 100.0 * far);
        assert!(far < 0.02, "{id}: {figures:?} in the page, {native:?} by the command line");
        no_errors(&page);
    }
}
