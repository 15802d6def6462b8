//! “What is this?”: anything on the screen can be asked, by pointer, touch and keyboard, and does nothing else meanwhile.

use super::*;

/// Asks for what lies in the middle of an element, or else tells that it is covered: `probe.ask(element)` gives the answer.
const ASK: &str = r"
    probe.ask = async element => {
        element.scrollIntoView({ block: 'center' });
        const r = element.getBoundingClientRect();
        const [veil, answer] = ['.veil', '.answer'].map(part => document.querySelector(part));
        // The answer of before may lie over it, where nobody presses.
        answer.style.display = 'none';
        veil.dispatchEvent(new MouseEvent('click', { bubbles: true, clientX: r.left + r.width / 2, clientY: r.top + r.height / 2 }));
        answer.style.display = '';
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        return document.querySelector('[data-testid=what-answer]').innerText;
    };
    probe.unknown = async () => {
        const unknown = [];
        const kinds = 'button, select, input, canvas, .control, .stat, .status, .on-show, h1, h2, .term, .caption';
        for (const e of document.querySelectorAll(kinds)) {
            if (!e.checkVisibility() || !e.getClientRects().length || e.closest('.gone, .answer, dialog, .unseen, .skip') || e.classList.contains('skip')) continue;
            const said = await probe.ask(e);
            if (said.includes('Nothing is known') || said.includes('Press anything')) unknown.push(e.dataset.testid ?? e.outerHTML.slice(0, 80));
        }
        return unknown;
    };
";

#[test]
fn anything_on_the_screen_can_be_asked() {
    let page = ready(&Options { query: SMALL, script: ASK, ..Options::default() });
    assert_eq!(
        page.js("return performance.getEntriesByType('resource').some(r => /split_lessons|what.css/.test(r.name))"),
        false,
        "nobody asked for it"
    );
    let tabs = page.js("return [...document.querySelectorAll('[role=tab]')].map(tab => tab.dataset.testid.slice(4))");
    let step = page.state()["step"].clone();
    for tab in tabs.as_array().into_iter().flatten().filter_map(Value::as_str) {
        page.open_tab(tab);
        page.click("what");
        page.wait(
            "its veil",
            "document.querySelector('.veil') && getComputedStyle(document.querySelector('.veil')).position === 'fixed'",
        );
        page.wait("the glossary", "performance.getEntriesByType('resource').some(r => r.name.endsWith('glossary.json'))");
        assert_eq!(page.js("return probe.unknown()"), serde_json::json!([]), "{tab}");
        let train = page.js("return probe.ask(document.querySelector('[data-testid=train]'))");
        assert!(train.as_str().is_some_and(|said| said.contains("Starts the training")), "{train}");
        page.press("\u{E00C}");
        page.wait("Escape ends it", "!document.querySelector('.veil')");
    }
    assert_eq!(page.state()["step"], step, "nothing was pressed");
    page.click("tab-learn");

    // By keyboard: what has the focus is asked for, and not pressed.
    page.js("document.querySelector('[data-testid=what]').focus()");
    page.press(ENTER);
    page.wait("its veil", "document.querySelector('.veil')");
    page.js("document.querySelector('[data-testid=param-beta]').focus()");
    page.press(ENTER);
    page.wait("what β is", "document.querySelector('[data-testid=what-answer]').textContent.includes('Weight of the KL')");
    page.screenshot("what");
    page.js("document.querySelector('[data-testid=step]').focus()");
    page.press(" ");
    page.wait("what a step is", "document.querySelector('[data-testid=what-answer] b')?.textContent === 'Step'");
    assert_eq!(page.state()["step"], step, "the space bar pressed nothing");
    page.press("\u{E00C}");
    page.wait("Escape ends it", "!document.querySelector('.veil')");
    assert_eq!(page.js("return document.querySelectorAll('.asked, .panel[tabindex]').length"), 0, "it leaves nothing behind");
    no_errors(&page);
}

#[test]
fn a_term_says_what_it_comes_to() {
    let page = ready(&Options { query: SMALL, ..Options::default() });
    let said = "document.querySelector('[data-testid=term-value]').textContent";
    assert!(page.js(&format!("return {said}")).as_str().is_some_and(|text| text.contains("minimises")));
    page.click("step");
    page.wait("a step", "latentLab.state().terms.length > 0");
    page.js("document.querySelectorAll('.controls .term')[1].focus()");
    let value = page.wait("its value", &format!("{said}.includes('kl = ') && {said}"));
    let shown = page.js("return document.querySelector('[data-testid=loss-values]').textContent");
    let number = value.as_str().and_then(|text| text.split('=').nth(1)).map(str::trim).expect("a number");
    assert!(shown.as_str().is_some_and(|text| text.contains(number)), "{number}: {shown}");
    no_errors(&page);
}
