//! Runs that are compared: by keyboard, across a reload, with the numbers of the command line.

use std::process::Command;

use super::*;

/// A sweep takes a while on a busy machine.
const LONG: Duration = Duration::from_secs(240);

/// Puts a text in place of what a field has.
fn types(page: &Page, testid: &str, text: &str) {
    page.js(&format!("document.querySelector('[data-testid={testid}]').select()"));
    page.keys(testid, text);
}

/// What stands in the table, by column.
fn table(page: &Page) -> Vec<Vec<String>> {
    let cells = page.js(
        "return [...document.querySelectorAll('[data-testid=bench-table] tr')].map(r => [...r.children].map(c => c.textContent))",
    );
    serde_json::from_value(cells).expect("texts")
}

fn column(rows: &[Vec<String>], name: &str) -> Vec<f64> {
    let at = rows[0]
        .iter()
        .position(|cell| cell.trim_end_matches([' ', '↑', '↓']) == name)
        .unwrap_or_else(|| panic!("{name}: {:?}", rows[0]));
    rows[1..].iter().map(|row| row[at].parse().unwrap_or_else(|_| panic!("{name}: {:?}", row[at]))).collect()
}

/// Files that are handed over, as text by name, in `probe.files`.
const FILES: &str = "probe.files = {}; const blobs = new Map(), url = URL.createObjectURL;
    URL.createObjectURL = blob => { const address = url(blob); blobs.set(address, blob); return address; };
    HTMLAnchorElement.prototype.click = function () { blobs.get(this.href).text().then(t => probe.files[this.download] = t); };";

const OVER: &str = "document.querySelector('[data-testid=bench]').textContent === 'Compare runs'";

#[test]
fn runs_are_compared_across_a_reload() {
    let page = ready(&Options { query: SMALL, script: FILES, ..Options::default() });
    page.keys("bench", ENTER);
    page.wait("the form", "document.querySelector('[data-testid=bench-start]')?.disabled === false");
    assert_eq!(page.js("return document.querySelector('[data-testid=bench-first]').value"), "beta");
    types(&page, "bench-first-values", "0.5, x");
    page.wait(
        "what is wrong is said",
        "document.querySelector('[data-testid=bench-wrong]')?.textContent.includes('beta = \"x\": expected a number')",
    );
    assert_eq!(page.js("return document.querySelector('[data-testid=bench-start]').disabled"), true);
    types(&page, "bench-first-values", "0.5, 2, 8");
    types(&page, "bench-steps", "700");
    page.wait("the plan", "document.querySelector('[data-testid=bench-plan]')?.textContent === '6 runs of 700 steps.'");
    page.keys("bench-start", ENTER);

    // It is left in the middle of a run, with some of them made.
    let rows = "document.querySelectorAll('[data-testid=bench-table] tbody tr').length";
    page.wait_for("two runs are made", &format!("{rows} >= 2"), LONG);
    let said = "document.querySelector('[data-testid=bench-said]').textContent";
    page.wait_for("the next is on its way", &format!("/Run [3-6] of 6, beta .*step [1-9]\\d+ of 700.* left/.test({said})"), LONG);
    let before = page.js(&format!("return {rows}")).as_u64().expect("a number");
    page.go(SMALL);
    page.wait("it goes on by itself", "/Compare runs: \\d of 6/.test(document.querySelector('[data-testid=bench]')?.textContent)");
    page.wait_for("all runs are made", OVER, LONG);
    page.keys("bench", ENTER);
    page.wait("the table", &format!("{rows} === 6"));
    assert!(before < 6, "the reload came in the middle");

    // The table sorts, and is exported.
    page.keys("bench-sort-kl", ENTER);
    let all = table(&page);
    let kl = column(&all, "kl");
    assert!(kl.windows(2).all(|pair| pair[0] <= pair[1]), "{kl:?}");
    assert_eq!(column(&all, "beta")[0], 8.0, "the largest weight leaves the least");
    page.keys("bench-csv", ENTER);
    page.keys("bench-json", ENTER);
    page.wait("both files", "probe.files['runs.csv'] && probe.files['runs.json']");
    let csv = page.js("return probe.files['runs.csv']");
    let csv = csv.as_str().expect("a text");
    assert!(csv.starts_with("beta,seed,loss,reconstruction,kl,ms_a_step") && csv.lines().count() == 7, "{csv}");
    let json: Value = serde_json::from_str(page.js("return probe.files['runs.json']").as_str().expect("a text")).expect("JSON");
    assert_eq!(json["rows"].as_array().map(Vec::len), Some(6));

    // The command line's numbers are the same but for rounding, which grows with the steps.
    let arguments = "sweep --method vae --set beta=0.5,2,8 latent=4 hidden=64 batch=16 --seeds 2 --steps 700 --json";
    let native = Command::new(env!("CARGO_BIN_EXE_lab")).args(arguments.split(' ')).output().expect("the built binary runs");
    let native: Value = serde_json::from_slice(&native.stdout).expect("JSON");
    let at = |table: &Value, name: &str| table["columns"].as_array().unwrap().iter().position(|c| c == name).unwrap();
    for name in ["beta", "seed", "loss", "kl"] {
        for row in 0..6 {
            let [here, there] = [&json, &native].map(|table| table["rows"][row][at(table, name)].as_f64().unwrap());
            assert!(
                (here - there).abs() < 5e-3 * there.abs().max(1.0),
                "{name} of run {row}: {here} in the page, {there} natively"
            );
        }
    }

    // Every kind of chart.
    let chart = "document.querySelector('[data-testid=bench-chart] svg')";
    assert_eq!(page.js(&format!("return {chart}.querySelectorAll('polygon').length")), 3, "a band for each value");
    let down = || page.keys("bench-kind", "\u{E015}");
    down();
    page.wait("bars", &format!("{chart}.querySelectorAll('rect').length === 3 && {chart}.querySelectorAll('circle').length === 6"));
    down();
    page.wait(
        "a front",
        &format!("{chart}.querySelectorAll('circle').length === 6 && {chart}.querySelector('[stroke-dasharray]') !== null"),
    );
    down();
    page.wait("a slope", "/slope -?\\d\\.\\d+ ± /.test(document.querySelector('[data-testid=bench-caption]').textContent)");
    page.screenshot("bench");

    // Two of them side by side: one key moves both.
    page.keys("pair-open", ENTER);
    page.wait_for("both are open", "document.querySelector('[data-testid=pair-slider-0]') !== null", LONG);
    let drawn = "['pair-image', 'pair-first', 'pair-second', 'pair-crossed', 'pair-crossed-back'].every(id => {
        const c = document.querySelector(`[data-testid=${id}]`);
        const pixels = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer);
        return pixels.some(p => p !== pixels[0]);
    })";
    page.wait("their pictures", drawn);
    let before = ["pair-first", "pair-second"].map(|side| picture(&page, side));
    page.keys("pair-slider-0", END);
    changes(&page, "pair-first", &before[0], "its latent has moved");
    changes(&page, "pair-second", &before[1], "its partner has moved with it");
    page.wait("how well they fit", "/explains \\d+ % of/.test(document.querySelector('[data-testid=pair-stitched]').textContent)");
    page.keys("pair-next", ENTER);
    page.wait("the sliders begin anew", "document.querySelector('[data-testid=pair-slider-0]').value === '0'");
    page.keys("pair-open", ENTER);
    page.press("\u{E00C}");
    page.wait("it is closed", "!document.querySelector('[data-testid=bench-dialog]').open");

    // Every run is kept under its name.
    page.keys("runs", ENTER);
    let names = "[...document.querySelectorAll('[data-testid=kept-run] b')].map(b => b.textContent)";
    page.wait("kept runs", &format!("{names}.filter(n => n.startsWith('Compared: beta ')).length === 6"));
    no_errors(&page);
}

#[test]
fn a_run_that_gets_nowhere_ends_early() {
    let page = ready(&Options { query: SMALL, ..Options::default() });
    page.click("bench");
    page.wait("the form", "document.querySelector('[data-testid=bench-start]')?.disabled === false");
    page.js("document.querySelector('[data-testid=bench-flat]').closest('details').open = true");
    for (field, text) in [("first-values", "1"), ("seeds", "1"), ("steps", "9000"), ("flat", "30")] {
        types(&page, &format!("bench-{field}"), text);
    }
    page.click("bench-start");
    let said = "document.querySelector('[data-testid=bench-said]')?.textContent";
    page.wait_for("it is over", &format!("{said} === 'The run is made.'"), LONG);
    let steps = "return (() => { const [head, row] = document.querySelectorAll('[data-testid=bench-table] tr');
        const at = [...head.children].findIndex(c => c.textContent === 'steps');
        return Number(row.children[at].textContent); })()";
    let steps = page.js(steps).as_f64().expect("a number of steps") as u32;
    assert!(steps.is_multiple_of(30) && (60..9000).contains(&steps), "{steps}");
    no_errors(&page);
}

#[test]
fn a_queue_pauses_and_goes_on() {
    let page = ready(&Options { query: SMALL, ..Options::default() });
    page.click("bench");
    page.wait("the form", "document.querySelector('[data-testid=bench-start]')?.disabled === false");
    types(&page, "bench-first-values", "1, 2");
    types(&page, "bench-seeds", "1");
    types(&page, "bench-steps", "600");
    page.click("bench-start");
    let said = "document.querySelector('[data-testid=bench-said]').textContent";
    page.wait_for("it trains", &format!("/step \\d\\d+ of 600/.test({said})"), LONG);
    page.keys("bench-pause", ENTER);
    page.wait("it rests", &format!("{said}.includes('The others wait') && {OVER}"));
    page.go(SMALL);
    page.wait("the page is back", "window.latentLab?.state().status !== undefined");
    assert!(page.js(&format!("return {OVER}")) == true, "what was paused stays so");
    page.click("bench");
    page.wait("it offers to go on", "document.querySelector('[data-testid=bench-pause]')?.textContent === 'Go on'");
    page.keys("bench-pause", ENTER);
    page.wait_for("both are made", &format!("{said} === 'All 2 runs are made.'"), LONG);
    no_errors(&page);
}

/// Has two runs made with two seeds, of `steps` steps, and opens them side by side.
fn twins(page: &Page, steps: &str) {
    page.click("bench");
    page.wait("the form", "document.querySelector('[data-testid=bench-start]')?.disabled === false");
    page.js("const s = document.querySelector('[data-testid=bench-first]'); s.value = 'lr'; s.dispatchEvent(new Event('change'))");
    types(page, "bench-first-values", "0.001");
    types(page, "bench-steps", steps);
    page.click("bench-start");
    let said = "document.querySelector('[data-testid=bench-said]')?.textContent";
    page.wait_for("both are made", &format!("{said} === 'All 2 runs are made.'"), LONG);
    page.click("pair-open");
}

const ALONE: &str = "document.querySelector('[data-testid=pair-alone]')?.textContent";

#[test]
fn features_of_two_dictionaries_find_each_other() {
    let page =
        ready(&Options { query: "v=1&engine=cpu&data=mnist&method=topk-sae&features=64&k=8&batch=32", ..Options::default() });
    twins(&page, "60");
    let label = "document.querySelector('[data-testid=pair-slider-0]')?.closest('label').textContent";
    page.wait_for("pairs", &format!("/feature \\d+ and feature \\d+, correlation 0\\.[3-9]/.test({label})"), LONG);
    assert_eq!(page.js("return document.querySelectorAll('.partners input').length"), 8);
    page.wait("the rest is counted", &format!("/The 8 of \\d+ pairs that agree most have sliders/.test({ALONE})"));
    page.wait("pictures", "document.querySelector('[data-testid=pair-second]')?.width > 0");
    let before = ["pair-first", "pair-second"].map(|side| picture(&page, side));
    page.keys("pair-slider-0", END);
    changes(&page, "pair-first", &before[0], "its feature is stronger");
    changes(&page, "pair-second", &before[1], "its partner is stronger with it");
    assert_eq!(
        page.js("return document.querySelector('[data-testid=pair-crossed]')"),
        Value::Null,
        "no linear map between so many"
    );
    no_errors(&page);
}

#[test]
fn codes_of_two_codebooks_find_each_other() {
    let page =
        ready(&Options { query: "v=1&engine=cpu&data=mnist&method=vq-vae&codes=16&hidden=16&batch=16", ..Options::default() });
    twins(&page, "40");
    let first = "document.querySelector('[data-testid=pair-token-0]')?.textContent";
    page.wait_for(
        "pairs",
        &format!("/code \\d+ and code \\d+: of the places where one stands, both do at \\d+ %/.test({first})"),
        LONG,
    );
    let part = page.js(&format!("return Number({first}.match(/(\\d+) %/)[1])")).as_f64().expect("a number");
    assert!(part > 10.0, "{part} %: both have learnt the background");
    assert_eq!(page.js("return document.querySelectorAll('.partners input').length"), 0, "a token is one or another");
    no_errors(&page);
}

#[test]
fn measures_are_chosen_one_by_one() {
    let page = ready(&Options { query: "v=1&engine=cpu&data=mnist&method=vae&latent=4&hidden=64&batch=16", ..Options::default() });
    page.click("bench");
    page.wait("the form", "document.querySelector('[data-testid=bench-start]')?.disabled === false");
    assert_eq!(page.js("return document.querySelector('[data-testid=bench-only]')"), Value::Null, "nothing is measured yet");
    page.js(
        "const s = document.querySelector('[data-testid=bench-images]'); s.value = '200'; s.dispatchEvent(new Event('change'))",
    );
    page.wait("the choice", "document.querySelector('[data-testid=bench-only]')");
    page.js("document.querySelector('[data-testid=bench-only]').open = true");
    let offered = "[...document.querySelectorAll('[data-testid=bench-only] input')].map(i => i.dataset.testid)";
    page.wait("what is offered", &format!("{offered}.includes('bench-only-mse') && {offered}.includes('bench-only-active_units')"));
    assert!(page.js(&format!("return {offered}.includes('bench-only-l0')")) == false, "a VAE has no features");
    page.click("bench-only-mse");
    page.wait(
        "one is chosen",
        "document.querySelector('[data-testid=bench-only] summary').textContent === 'Which measures: 1 chosen'",
    );
    for (field, text) in [("first-values", "1"), ("seeds", "1"), ("steps", "30")] {
        types(&page, &format!("bench-{field}"), text);
    }
    page.click("bench-start");
    let said = "document.querySelector('[data-testid=bench-said]')?.textContent";
    page.wait_for("it is made", &format!("{said} === 'The run is made.'"), LONG);
    let names = table(&page)[0].clone();
    assert!(names.iter().any(|name| name == "mse") && names.iter().all(|name| !name.contains("knn")), "{names:?}");
    no_errors(&page);
}
