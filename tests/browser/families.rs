//! Panels of codebooks, features, measures and classes: those that not every method has.

use latent_measure::codebook::Usage;

use super::panels::*;
use super::*;

/// Opens a tab that only another method than the shipped one has, with a network of it that has taken a step.
fn tab_of(name: &str, query: &'static str) -> Page {
    let page = ready(&Options { query, script: &[SHOWN, VALUES].concat(), ..Options::default() });
    page.click("step");
    page.wait("one step", "latentLab.state().step === 1 && latentLab.state().status === 'Paused'");
    page.open_tab(name);
    page
}

/// Another step of the training moves what each of the panels shows.
fn panels_follow_the_weights(page: &Page, panels: &[&str]) {
    for panel in panels {
        page.js(&format!("document.querySelector('[data-testid=panel-{panel}]').scrollIntoView()"));
        let shown = format!("probe.shown('panel-{panel}')");
        page.wait(&format!("the panel {panel} shows something"), &shown);
        let step = step(page);
        page.js(&format!("probe.old = {shown}"));
        page.click("step");
        page.wait("another step", &format!("latentLab.state().step === {} && latentLab.state().status === 'Paused'", step + 1));
        page.wait(&format!("the panel {panel} moves with the weights"), &format!("{shown} && {shown} !== probe.old"));
    }
}

#[test]
fn a_codebook_is_counted_painted_with_and_drawn_from() {
    let page = tab_of("codebook", "v=1&data=mnist&method=vq-vae&codes=16&net=mlp&hidden=32&batch=16&prior_width=8");
    panels_follow_the_weights(&page, &["tokens", "codebook", "code-map", "token-samples"]);

    // The numbers are those of the library, from the counts that the bars stand for.
    let stats = page.wait("the use of the codes", "document.querySelector('[data-testid=codebook-stats]').textContent");
    let counts =
        page.js("return Array.from({ length: 16 }, (_, i) => +document.querySelector(`[data-testid=code-${i}]`).dataset.value)");
    let counts: Vec<u32> = counts.as_array().expect("counts").iter().map(|n| n.as_u64().expect("a count") as u32).collect();
    let mut usage = Usage::new(counts.len());
    for (code, n) in (0..).zip(&counts) {
        usage.add(&vec![code; *n as usize]).expect("codes of the codebook");
    }
    let stats = stats.as_str().expect("a text");
    assert_eq!(counts.iter().sum::<u32>(), 500 * 8, "tokens of 500 images, eight each");
    assert_eq!(number(stats) as usize, usage.used(), "{stats}");
    let perplexity = number(stats.split("perplexity").nth(1).expect("a perplexity"));
    assert!((perplexity - usage.perplexity()).abs() < 0.051, "{stats}, {} from the counts", usage.perplexity());

    // Pointer: a place, then a code. What the atlas foretells is what the tokens then stand for.
    page.js("document.querySelector('[data-testid=panel-codebook]').scrollIntoView()");
    page.click("atlas-in-place");
    page.click("cell-5");
    let old = number(&text(&page, "cell-5")) as usize;
    let new = (old + 1) % 16;
    let before = picture(&page, "tokens-picture");
    let foretold = format!("document.querySelector('[data-testid=code-{new}] canvas').toDataURL()");
    page.wait(
        "the code in hand gives the picture as it is",
        &format!("document.querySelector('[data-testid=code-{old}] canvas').toDataURL() === '{before}'"),
    );
    let foretold = page.js(&format!("return {foretold}"));
    page.click(&format!("code-{new}"));
    let after = format!("document.querySelector('[data-testid=tokens-picture]').toDataURL() === {foretold}");
    page.wait("the picture that the atlas foretold", &after);
    assert_eq!(number(&text(&page, "cell-5")) as usize, new);
    assert_eq!(page.js("return document.querySelector('[data-testid=cell-5]').classList.contains('changed')"), true);
    page.click("tokens-undo");
    page.wait("undone", &format!("document.querySelector('[data-testid=tokens-picture]').toDataURL() === '{before}'"));
    assert_eq!(number(&text(&page, "cell-5")) as usize, old);

    // Touch: all events of a finger go to the place that it pressed, and it paints those that it crosses all the same.
    page.js(r"
        const cells = [0, 1, 2].map(i => document.querySelector(`[data-testid=cell-${i}]`));
        cells.forEach((cell, i) => {
            const box = cell.getBoundingClientRect();
            const at = { clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 };
            const type = i === 0 ? 'pointerdown' : 'pointermove';
            cells[0].dispatchEvent(new PointerEvent(type, { bubbles: true, pointerType: 'touch', buttons: 1, ...at }));
        });
    ");
    let painted = format!("[0, 1, 2].every(i => document.querySelector(`[data-testid=cell-${{i}}]`).textContent === '{new}')");
    page.wait("three places are painted", &painted);
    assert_eq!(page.js("return getComputedStyle(document.querySelector('.token-cells')).touchAction"), "none", "it would scroll");
    page.click("tokens-reset");
    page.wait("as encoded", &format!("document.querySelector('[data-testid=tokens-picture]').toDataURL() === '{before}'"));
    page.click("cell-5");

    // Keyboard: along the places, and through the codes.
    page.js("document.querySelector('[data-testid=cell-5]').focus()");
    page.press(RIGHT);
    assert_eq!(page.js("return document.activeElement.dataset.testid"), "cell-6");
    let token = number(&text(&page, "cell-6"));
    page.press(PAGE_DOWN);
    page.wait(
        "the next code",
        &format!("document.querySelector('[data-testid=cell-6]').textContent === '{}'", (token + 1.0) % 16.0),
    );
    changes(&page, "tokens-picture", &before, "another code at a place");
    page.click("codes-number");
    page.js("document.querySelector('[data-testid=code-0]').focus()");
    page.press(RIGHT);
    assert_eq!(page.js("return document.activeElement.dataset.testid"), "code-1");

    // A drawn image brings its tokens along.
    page.js("document.querySelector('[data-testid=panel-token-samples]').scrollIntoView()");
    let drawn = "document.querySelector('[data-testid=drawn-0] canvas').toDataURL()";
    page.js(&format!("probe.old = {drawn}"));
    page.click("draw-tokens");
    page.wait("others are drawn", &format!("{drawn} !== probe.old"));
    page.click("drawn-0");
    page.wait(
        "its tokens stand for it",
        &format!("document.querySelector('[data-testid=tokens-picture]').toDataURL() === {drawn}"),
    );
    no_errors(&page);
}

#[test]
fn features_are_listed_taken_apart_and_steered() {
    let page = tab_of("features", "v=1&data=mnist&method=topk-sae&features=64&k=4&batch=16");
    panels_follow_the_weights(&page, &["features", "feature", "steering"]);
    // Families: as many features as the sentence says, the first of each is the densest, and a press takes one in hand.
    page.js("document.querySelector('[data-testid=panel-families]').scrollIntoView()");
    page.wait(
        "families are told",
        "/in \\d+ families|by itself/.test(document.querySelector('[data-testid=families-stats]')?.textContent)",
    );
    if page.js("return !!document.querySelector('[data-testid=families-list] button')") == true {
        let head = page.js("return document.querySelector('[data-testid=families-list] button').dataset.testid");
        let head = head.as_str().expect("a feature").trim_start_matches("family-").to_owned();
        page.js("document.querySelector('[data-testid=families-list] button').click()");
        page.wait(
            "the head is in hand",
            &format!("document.querySelector('[data-testid=feature-name]').textContent === 'Feature {head}'"),
        );
        page.wait("others come with it", "document.querySelector('[data-testid=feature-together] button')");
    }
    page.js("document.querySelector('[data-testid=panel-feature]').scrollIntoView()");
    let stats = text(&page, "features-stats");
    let l0 = number(stats.split('·').nth(1).expect("active features"));
    assert!(l0 > 0.0 && l0 <= 4.05, "{stats}");

    // The most active one first; its histogram holds every input on which it is active.
    let first = page.js("return document.querySelector('[data-testid=feature-list] button').dataset.testid");
    page.click(first.as_str().expect("a feature"));
    let f = number(first.as_str().expect("a feature").trim_start_matches("feature-")) as usize;
    page.wait("it is in hand", &format!("document.querySelector('[data-testid=feature-name]').textContent === 'Feature {f}'"));
    let inputs = page.js("return [...document.querySelectorAll('[data-testid=feature-histogram] li')].reduce((sum, li) => sum + parseInt(li.title), 0)");
    let density = number(&text(&page, "fact-density"));
    assert!(
        (density - inputs.as_f64().expect("a sum") / 10.0).abs() < 0.051,
        "{density} % of 1000 inputs, {inputs} in the histogram"
    );

    // Held at zero the image that it is most active on is what the panel shows as the image without it.
    page.wait("images without it", "probe.values('ablation-0').length === 3 * 784");
    page.js("document.querySelector('[data-testid=feature-top] button').click()");
    page.wait("that image is steered", "probe.values('steer-input').every((v, i) => v === probe.values('ablation-0')[i])");
    page.click("feature-ablate");
    page.wait("held at nothing", &format!("document.querySelector('[data-testid=hold-{f}]').value === '0'"));
    // What is out of view asks for nothing.
    page.js("document.querySelector('[data-testid=panel-steering]').scrollIntoView()");
    page.wait("it does something", "document.querySelector('[data-testid=steer-before]').toDataURL() !== document.querySelector('[data-testid=steer-after]').toDataURL()");
    let (before, off, ablated) = (values(&page, "steer-before"), values(&page, "steer-after"), values(&page, "ablation-0"));
    let (effect, apart) = (distance(&off, &before), distance(&off, &ablated[2 * 784..]));
    // Batches of other sizes round differently.
    assert!(apart < 0.1 * effect, "{apart} apart, where the feature does {effect}");

    // Keyboard: the slider; and along the list.
    let before = picture(&page, "steer-after");
    page.keys(&format!("hold-{f}"), END);
    changes(&page, "steer-after", &before, "the feature is turned up");
    page.click(&format!("release-{f}"));
    page.wait("let go", &format!("!document.querySelector('[data-testid=hold-{f}]')"));
    page.js("document.querySelector('[data-testid=feature-list] button').focus()");
    page.press(RIGHT);
    assert_eq!(
        page.js("return document.activeElement === document.querySelectorAll('[data-testid=feature-list] button')[1]"),
        true
    );
    let atom = picture(&page, "feature-atom");
    page.press(ENTER);
    changes(&page, "feature-atom", &atom, "the next feature was chosen");

    // Search and filters.
    page.keys("feature-search", "63");
    page.js("const s = document.querySelector('[data-testid=feature-density]'); s.value = '4'; s.dispatchEvent(new Event('change', { bubbles: true }))");
    page.wait(
        "one feature is called so",
        "[...document.querySelectorAll('[data-testid=feature-list] button')].map(b => b.dataset.testid).join() === 'feature-63'",
    );
    no_errors(&page);
}

#[test]
fn hidden_layers_have_features_as_well() {
    let page = ready(&Options { query: SMALL, script: &[SHOWN, VALUES].concat(), ..Options::default() });
    page.click("step");
    page.wait("a network to take apart", "latentLab.state().step === 1 && latentLab.state().status === 'Paused'");
    page.click("take-apart");
    for source in ["encoder", "decoder"] {
        page.js(&format!(
            "const s = document.querySelector('[data-testid=param-source]');
             s.value = '{source}';
             s.dispatchEvent(new Event('change', {{ bubbles: true }}))"
        ));
        page.wait("the link says it", &format!("latentLab.state().setup.includes('source={source}')"));
        page.click("reset");
        page.wait("a new network", "latentLab.state().step === 0 && latentLab.state().status === 'Ready to train'");
        page.click("step");
        page.wait("one step", "latentLab.state().step === 1 && latentLab.state().status === 'Paused'");
        assert!(text(&page, "host").contains("4 latents"), "{}", text(&page, "host"));
        page.open_tab("features");
        panels_follow_the_weights(&page, &["features", "feature", "steering"]);
        assert_eq!(notices(&page), Value::Array(vec![]), "{source}");
        page.screenshot(&format!("features-{source}"));
    }
    no_errors(&page);
}

#[test]
fn layers_of_a_stream_are_taken_apart_side_by_side() {
    let query = "v=1&data=mnist&method=residual-ae&blocks=3&width=16&hidden=32&latent=4&batch=16";
    let page = ready(&Options { query, script: &[SHOWN, VALUES].concat(), ..Options::default() });
    page.click("step");
    page.wait("a network to take apart", "latentLab.state().step === 1 && latentLab.state().status === 'Paused'");
    let set = |testid: &str, value: &str| {
        page.js(&format!(
            "const s = document.querySelector('[data-testid={testid}]');
             s.value = '{value}';
             s.dispatchEvent(new Event('change', {{ bubbles: true }}))"
        ));
    };
    set("method", "layer-sae");
    page.wait(
        "it stands on the network",
        "latentLab.state().setup.includes('method=layer-sae') && latentLab.state().setup.includes('host=residual-ae')",
    );
    page.click("reset");
    page.wait("a new network", "latentLab.state().step === 0 && latentLab.state().status === 'Ready to train'");
    page.click("step");
    page.wait("one step", "latentLab.state().step === 1 && latentLab.state().status === 'Paused'");
    page.open_tab("features");
    panels_follow_the_weights(&page, &["features", "feature", "layers", "steering"]);
    page.js("document.querySelector('[data-testid=panel-layers]').scrollIntoView()");
    let columns = "document.querySelectorAll('[data-testid=layers-map] tbody tr:first-child td:not(.gap)').length";
    // An image may be steered already, and then has its own.
    page.wait("a column for each layer", &format!("[3, 6].includes({columns})"));
    page.wait(
        "how evenly they are active",
        "document.querySelector('[data-testid=layers-spread]').textContent.includes('over all images')",
    );
    // Beside all images the one that is steered.
    page.js("document.querySelector('[data-testid=panel-steering]').scrollIntoView()");
    page.wait("an image to steer", "probe.values('steer-input').some(v => v > 0)");
    page.js("document.querySelector('[data-testid=panel-layers]').scrollIntoView()");
    page.wait("a column for each layer of the image too", &format!("{columns} === 6"));
    assert_eq!(notices(&page), Value::Array(vec![]));
    page.screenshot("features-layers");
    no_errors(&page);
}

#[test]
fn measures_are_taken_when_asked_for() {
    let page = ready(&Options { query: SMALL, script: SHOWN, ..Options::default() });
    page.open_tab("measure");
    page.wait(
        "an invitation",
        "document.querySelector('[data-testid=measures-none]') && document.querySelector('[data-testid=measure]:enabled')",
    );
    let shown =
        |name: &str| page.js(&format!("return document.querySelector('[data-testid=measure-{name}] .value')?.textContent ?? ''"));
    let measure = || {
        let before = shown("mse");
        page.js("document.querySelector('[data-testid=measure]').focus()");
        page.press(ENTER);
        let new = format!("(document.querySelector('[data-testid=measure-mse] .value')?.textContent ?? '') !== {before}");
        page.wait_for("measures", &new, Duration::from_secs(120));
        let value = |name: &str| number(shown(name).as_str().expect("a value"));
        (value("loss"), value("reconstruction") + value("kl"), value("mse"))
    };
    let (loss, parts, mse) = measure();
    assert!((loss - parts).abs() < 1e-3 * loss, "{loss} nats are not {parts}, the sum of their parts");
    let protocol = text(&page, "measure-nll_k50");
    assert!(protocol.contains("k = 50") && protocol.contains("200 test images"), "{protocol}");

    page.click("train");
    page.wait_for("hundred steps", "latentLab.state().step > 100", Duration::from_secs(120));
    page.click("train");
    page.wait("a pause", "latentLab.state().status === 'Paused'");
    page.wait(
        "the numbers on show are of another network",
        "document.querySelector('[data-testid=measured-at]').classList.contains('past')",
    );
    // Measuring many images takes its time, and nothing waits for it: neither a pause nor the traversal.
    page.js("const n = document.querySelector('[data-testid=measure-images]'); n.value = 500; n.dispatchEvent(new Event('change', { bubbles: true }))");
    page.click("train");
    page.wait("it trains on", "latentLab.state().status !== 'Paused'");
    page.click("measure");
    page.click("train");
    page.wait_for("a pause in the middle of it", "latentLab.state().status === 'Paused'", Duration::from_secs(10));
    let measuring = "document.querySelector('[data-testid=measure]').textContent.startsWith('Measuring')";
    assert_eq!(page.js(&format!("return {measuring}")), true, "it is measured before the pause is heard");
    page.js("const n = document.querySelector('[data-testid=measure-images]'); n.value = 200; n.dispatchEvent(new Event('change', { bubbles: true }))");
    page.wait_for("all of it is measured", &format!("!{measuring}"), Duration::from_secs(300));
    let (.., after) = measure();
    assert_eq!(page.js("return document.querySelector('[data-testid=measured-at]').classList.contains('past')"), false);
    assert!(after > mse, "a network after a hundred steps has {after}, the trained one that was on show {mse}");
    no_errors(&page);
}

#[test]
fn codes_that_are_points_are_explored_by_their_spread() {
    // As many latents as the shipped model has: nothing of that one may stay.
    let query = "v=1&data=mnist&method=ae&latent=10&hidden=64&batch=16";
    let page = ready(&Options { query, script: SHOWN, ..Options::default() });
    page.click("step");
    page.wait("one step", "latentLab.state().step === 1 && latentLab.state().status === 'Paused'");
    let titles = "[...document.querySelectorAll('.panel-traversal .row .name')].map(n => n.title)";
    page.wait(
        "the spread of each latent",
        &format!("{titles}.length === 10 && {titles}.every(t => t.includes('standard deviation'))"),
    );
    let words = page.js("return document.querySelector('[data-testid=panel-traversal]').outerHTML");
    assert!(words.as_str().is_some_and(|w| !w.contains("nats")), "{words}");
    page.wait(
        "pictures in every row that is not dead",
        "[...document.querySelectorAll('.panel-traversal .row:not(.inactive) .strip canvas')].every(c => new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size > 8)",
    );
    // A slider stands where the codes lie, and reaches to both sides of them.
    let slider = "document.querySelector('.panel-traversal .row input')";
    page.wait("a range of its own", &format!("+{slider}.max < 2.9 || +{slider}.max > 3.1"));
    let before = picture(&page, "traversal-digit");
    page.click("traversal-random");
    changes(&page, "traversal-digit", &before, "a code drawn as the codes lie");
    no_errors(&page);
}

#[test]
fn a_class_is_chosen_and_sampled() {
    let page = ready(&Options { query: "v=1&data=mnist&method=cvae&latent=3&hidden=64&batch=16&lr=0.01", ..Options::default() });
    page.click("train");
    page.wait("it has seen some digits", "latentLab.state().step > 30");
    page.click("train");
    page.wait("paused", "latentLab.state().status === 'Paused'");
    assert_eq!(page.js("return document.querySelectorAll('.panel-traversal .row').length"), 3, "a class has no sliders");
    page.click("traversal-zero");
    page.click("kind-0");
    let zero = "latentLab.state().code.every((v, i) => v === (i === 3 ? 1 : 0))";
    page.wait("the middle, of class 0", zero);
    page.wait("nothing is on its way", "latentLab.state().waiting === 0");
    let before = picture(&page, "traversal-digit");
    page.js("document.querySelector('[data-testid=kind-3]').focus()");
    page.press(ENTER);
    changes(&page, "traversal-digit", &before, "another class");
    assert_eq!(page.js("return document.querySelector('[data-testid=kind-3]').ariaPressed"), "true");
    page.click("traversal-random");
    page.wait(
        "the class stays",
        "(z => z[0] !== 0 && z.slice(3).every((v, i) => v === (i === 3 ? 1 : 0)))(latentLab.state().code)",
    );

    // A row of samples for each class; one that is pressed brings its class along.
    page.js("document.querySelector('[data-testid=panel-samples]').scrollIntoView()");
    page.wait("sixty samples", "document.querySelectorAll('[data-testid=samples] .cell').length === 60");
    page.click("sample-43");
    page.wait("a seven", "document.querySelector('[data-testid=kind-7]').ariaPressed === 'true'");

    // What is drawn is encoded as the class that the visitor says.
    page.open_tab("draw");
    page.wait("a test image to begin with", "document.querySelector('[data-testid=draw-error]')?.textContent");
    page.js("document.querySelector('.draw [data-testid=shelf-1]').click()");
    page.wait("its class is known", "document.querySelector('[data-testid=told-2]').ariaPressed === 'true'");
    page.wait("nothing is on its way", "latentLab.state().waiting === 0");
    let copy = picture(&page, "draw-copy");
    page.click("told-8");
    changes(&page, "draw-copy", &copy, "the model is told another class");
    no_errors(&page);
}

#[test]
fn attributes_are_told_and_changed() {
    let query = "v=1&data=moving-digits&method=attribute-vae&latent=3&hidden=64&batch=16&lr=0.01";
    let page = ready(&Options { query, ..Options::default() });
    page.click("train");
    page.wait("it has seen some digits", "latentLab.state().step > 30");
    page.click("train");
    page.wait("paused", "latentLab.state().status === 'Paused'");
    assert_eq!(page.js("return document.querySelectorAll('.panel-traversal .row').length"), 3, "attributes are no latents");
    let names = "[...document.querySelectorAll('[data-testid=attributes] label')].map(label => label.textContent).join()";
    page.wait("their controls", &format!("{names} === 'Digit,X,Y,Orientation'"));
    page.wait("nothing is on its way", "latentLab.state().waiting === 0");
    let before = picture(&page, "traversal-digit");
    let choose = |id: &str, value: usize, event: &str| {
        page.js(&format!(
            "const e = document.querySelector('[data-testid={id}]'); e.value = {value}; e.dispatchEvent(new Event('{event}', {{ bubbles: true }}))"
        ));
    };
    choose("attribute-0", 7, "change");
    choose("attribute-1", 12, "input");
    changes(&page, "traversal-digit", &before, "another digit, elsewhere");
    // Ten kinds of digits, and how far right.
    let told = "(z => z.slice(3, 13).every((v, i) => v === (i === 7 ? 1 : 0)) && z[13] === 1)(latentLab.state().code)";
    page.wait("the code says so", told);
    page.click("traversal-random");
    page.wait("what is told stays", &format!("latentLab.state().code[0] !== 0 && {told}"));

    // A judge says how often what was changed takes hold.
    page.js("document.querySelector('[data-testid=attributes]').scrollIntoView()");
    let share = page.wait("what the judge says", "document.querySelector('[data-testid=held-1]')?.textContent");
    assert!(share.as_str().is_some_and(|text| text.starts_with("takes hold ") && text.contains("others stay")), "{share}");
    let step = page.js("return `at step ${latentLab.state().step}`");
    let note = page.js("return document.querySelector('[data-testid=judged]').textContent");
    assert!(note.as_str().zip(step.as_str()).is_some_and(|(note, step)| note.contains(step)), "{note} and {step}");

    // Samples have the attributes of the traversal.
    page.js("document.querySelector('[data-testid=panel-samples]').scrollIntoView()");
    page.wait("nothing is on its way", "latentLab.state().waiting === 0");
    let sample = "document.querySelector('[data-testid=sample-0] canvas').toDataURL()";
    let samples = page.js(&format!("return {sample}"));
    choose("attribute-2", 0, "input");
    page.wait("samples elsewhere", &format!("{sample} !== {samples}"));

    // A test image brings its own along, and can be told others.
    page.open_tab("draw");
    page.wait("a test image to begin with", "document.querySelector('[data-testid=draw-error]')?.textContent");
    let own = "[...document.querySelectorAll('[data-testid=own-attributes] :is(select, input)')].map(e => e.value).join()";
    let mut before = page.wait("their controls", &format!("{own}.split(',').length === 4 && {own}"));
    for image in [1, 3] {
        page.js(&format!("document.querySelector('.draw [data-testid=shelf-{image}]').click()"));
        before = page.wait("its own attributes", &format!("{own} !== {before} && {own}"));
    }
    page.wait("nothing is on its way", "latentLab.state().waiting === 0");
    let copy = picture(&page, "draw-copy");
    let digit = page.js("return (+document.querySelector('[data-testid=own-attribute-0]').value + 5) % 10");
    choose("own-attribute-0", digit.as_u64().unwrap_or_default() as usize, "change");
    changes(&page, "draw-copy", &copy, "the model is told another digit");
    no_errors(&page);
}

#[test]
fn methods_that_the_images_have_nothing_for_say_so() {
    let page = ready(&Options { query: "v=1&data=mnist&method=vae&latent=3&hidden=32", ..Options::default() });
    let option = "document.querySelector('#method option[value=attribute-vae]')";
    assert_eq!(
        page.js(&format!("return {option}.disabled && {option}.textContent")),
        "Attribute VAE (needs images with attributes)"
    );
    let page = ready(&Options { query: "v=1&data=mnist&method=attribute-vae", ..Options::default() });
    page.wait("another method in its place", "latentLab.state().setup.includes('method=vae')");
    let words = page.js("return document.body.innerText");
    assert!(words.as_str().is_some_and(|w| w.contains("is told the factors of its images: mnist has none")), "{words}");
}

#[test]
fn images_come_from_noise_in_steps() {
    // The trained model that the page opens with is what it stands on.
    let page = ready(&Options { query: "v=1&data=mnist", ..Options::default() });
    page.wait("the trained model is in the engine", "latentLab.state().status.startsWith('Ready')");
    page.js("const m = document.querySelector('#method'); m.value = 'latent-flow'; m.dispatchEvent(new Event('change', { bubbles: true }))");
    let words = page.wait("what it stands on", "document.querySelector('[data-testid=host]')?.textContent");
    assert!(words.as_str().is_some_and(|w| w.contains("that was trained here last, which does not change")), "{words}");
    page.click("train");
    page.wait("some steps", "latentLab.state().step > 60");
    page.click("train");
    page.wait("paused", "latentLab.state().status === 'Paused'");
    page.js("document.querySelector('[data-testid=panel-flow]').scrollIntoView()");
    let taken = "document.querySelector('[data-testid=flow-taken]').textContent";
    page.wait("eight steps", &format!("{taken} === '8 steps'"));
    let rows = "[...document.querySelectorAll('[data-testid=flow] canvas')]";
    // A picture of every step beside each other, and none is like the one before.
    page.wait("six rows of nine pictures", &format!("{rows}.length === 6 && {rows}.every(c => c.width === 9 * c.height)"));
    let cells = format!(
        "{rows}.every(c => {{ const h = c.height, cell = i => c.getContext('2d').getImageData(i * h, 0, h, h).data.join(); return new Set([...Array(9).keys()].map(cell)).size === 9 }})"
    );
    assert_eq!(page.js(&format!("return {cells}")), true, "each step changes the picture");
    let first = "document.querySelector('[data-testid=flow] canvas').toDataURL()";
    let before = page.js(&format!("return {first}"));
    page.click("flow-others");
    page.wait("other images", &format!("{taken} === '8 steps' && {first} !== {before}"));
    page.click("flow-steps-32");
    page.wait("all thirty-two steps, four at a time", &format!("{taken} === '32 steps'"));
    page.click("flow-steps-1");
    page.wait("one step", &format!("{taken} === '1 step'"));
    page.click("flow-2");
    page.wait("its code is in the traversal", "latentLab.state().code.some(v => v !== 0)");
    no_errors(&page);
}

/// Clips are film strips wherever pictures are, and those that miss frames are filled in.
#[test]
fn clips_are_film_strips() {
    let query = "v=1&data=digit-clips&method=mgp-vae&planes=2&hidden=32&batch=16";
    let page = ready(&Options { query, ..Options::default() });
    page.click("step");
    page.wait("one step", "latentLab.state().step === 1 && latentLab.state().status === 'Paused'");
    assert_eq!(page.js("return document.querySelectorAll('.columns.wide').length"), 1);
    let size = |canvas: &str, (width, height): (u32, u32)| {
        page.js(&format!("document.querySelector('{canvas}').scrollIntoView()"));
        let is = format!("(c => c.width === {width} && c.height === {height})(document.querySelector('{canvas}'))");
        page.wait(&format!("{canvas} of {width} × {height} pixels"), &is);
        // What is shown has the shape of what is painted.
        let shown =
            page.js(&format!("const r = document.querySelector('{canvas}').getBoundingClientRect(); return r.width / r.height"));
        let (shown, want) = (shown.as_f64().expect("a ratio"), f64::from(width) / f64::from(height));
        assert!((shown / want - 1.0).abs() < 0.25, "{canvas}: {shown}, not {want}");
    };
    // The clip, what of it was seen, and what was made of that.
    size("[data-testid=reconstructions] canvas", (128, 3 * 16));
    size("[data-testid=samples] canvas", (128, 16));
    size(".panel-traversal .strip canvas", (7 * 128, 16));
    let seen = "(c => { const p = c.getContext('2d').getImageData(0, 16, 128, 16).data; \
        return Array.from({ length: 8 }, (_, t) => new Set(Array.from({ length: 256 }, (_, i) => p[4 * ((i >> 4) * 128 + t * 16 + i % 16)])).size); })";
    let frames = format!("[...document.querySelectorAll('[data-testid=reconstructions] canvas')].flatMap({seen})");
    page.wait("some frames are missing, and some are not", &format!("{frames}.some(n => n === 1) && {frames}.some(n => n > 1)"));
    // Whoever has no clips is told what is needed, and nobody draws a film by hand.
    let option = "[...document.querySelectorAll('#method option')].find(o => o.value === 'mvae')";
    assert_eq!(page.js(&format!("return {option}.disabled && {option}.textContent")), "Multimodal VAE (needs pairs)");
    assert_eq!(page.js("return document.querySelectorAll('[data-testid=tab-draw]').length"), 0);
    no_errors(&page);
}
