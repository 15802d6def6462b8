//! Lessons, walked to their ends: nothing is done before the deed, and all is after it.

use latent_lesson::{By, Done, Lesson, Moved, Page as LessonPage, Touched};

use super::*;

/// Longest wait for a page's run or measures.
const PATIENCE: Duration = Duration::from_secs(240);
/// The lessons look every quarter of a second whether something is done.
const LOOKS: Duration = Duration::from_millis(700);

/// Adds `probe.touch(part, i)`: presses or moves the i-th part whose name begins so, as a visitor would.
const TOUCH: &str = r"
    probe.touch = (part, i) => {
        const named = part.endsWith('-') ? `[data-testid^='${part}']:not(input[type=search], select)` : `[data-testid='${part}']`;
        const all = [...document.querySelectorAll(named)].filter(e => !e.closest('.lesson') && e.getClientRects().length && !e.closest('.gone'));
        if (!all.length) return false;
        let e = all[i % all.length];
        if (e.matches('section')) e = e.querySelectorAll('.pick')[i];
        e.scrollIntoView({ block: 'center' });
        const say = (name, init) => e.dispatchEvent(new PointerEvent(name, { bubbles: true, pointerId: 1, ...init }));
        if (e.matches('input[type=range]')) {
            e.value = +e.value > (+e.min + +e.max) / 2 ? e.min : e.max;
            ['input', 'change'].forEach(name => e.dispatchEvent(new Event(name, { bubbles: true })));
        } else if (e.matches('input')) {
            e.value = +e.value + 1;
            ['input', 'change'].forEach(name => e.dispatchEvent(new Event(name, { bubbles: true })));
        } else if (e.matches('canvas')) {
            const r = e.getBoundingClientRect();
            const at = { clientX: r.left + r.width * (0.3 + 0.1 * i), clientY: r.top + r.height / 2 };
            ['pointerdown', 'pointerup', 'click'].forEach(name => say(name, at));
        } else {
            e.click();
        }
        return true;
    };
";

fn all() -> Vec<Lesson> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/lessons");
    let files = std::fs::read_dir(folder).expect("the lessons").map(|entry| entry.expect("a file").path());
    let mut all: Vec<Lesson> =
        files.map(|file| serde_json::from_slice(&std::fs::read(file).expect("a lesson")).expect("a lesson")).collect();
    all.sort_by_key(|lesson| lesson.place);
    all
}

/// Whether what the page of the lesson asks for is done.
fn done(page: &Page) -> bool {
    page.js("return document.querySelector('.deed')?.classList.contains('done') === true") == true
}

fn pause(page: &Page) {
    if page.js("return latentLab.state().status.startsWith('Training')") == true {
        page.click("train");
        page.wait("it rests", "!latentLab.state().status.startsWith('Training')");
    }
}

/// Does what is asked for.
fn act(page: &Page, deed: &Done) {
    match deed {
        Done::Steps(steps) => {
            let trained = "+document.querySelector('[data-testid=steps]').textContent.replace(/\\D/g, '')";
            let from = page.js(&format!("return {trained}")).as_u64().unwrap_or(0);
            let (from, wanted) =
                if page.js("return document.querySelector('[data-testid=train]').textContent.includes('new')") == true {
                    (0, *steps)
                } else {
                    (from, *steps)
                };
            page.click("train");
            page.wait_for("its steps", &format!("{trained} >= {}", from + wanted), PATIENCE);
            pause(page);
        }
        Done::Touched(Touched { part, times, .. }) => {
            for i in 0..*times {
                page.wait_for(part, &format!("probe.touch('{part}', {i})"), PATIENCE);
                sleep(Duration::from_millis(150));
            }
        }
        Done::Moved(Moved { key, from, to }) => {
            page.wait(key, &format!("!!document.querySelector('[data-testid=number-{key}]')"));
            page.js(&format!(
                "const e = document.querySelector('[data-testid=number-{key}]'); e.value = {}; e.dispatchEvent(new Event('change', {{ bubbles: true }}))",
                (from + to) / 2.0
            ));
        }
        Done::Tab(tab) => page.open_tab(tab),
        Done::Measured => {
            page.click("measure");
            page.wait_for("the measures", "!!document.querySelector('[data-testid=measured-at]')?.textContent", PATIENCE);
        }
        Done::Verdict(id) => {
            page.wait("the finding", &format!("!!document.querySelector('[data-testid=finding-{id}] summary')"));
            page.js(&format!("document.querySelector('[data-testid=finding-{id}] summary').click()"));
        }
        Done::Reached(_) => {
            page.click("train");
            page.wait_for(
                "the number is reached",
                "document.querySelector('.deed')?.classList.contains('done') === true",
                PATIENCE,
            );
            pause(page);
        }
        Done::All(all) => all.iter().for_each(|deed| act(page, deed)),
    }
}

/// Guesses, and has the run go.
fn guess(page: &Page, by: &By) {
    assert_eq!(page.js("return document.querySelector('[data-testid=prediction-run]').disabled"), true, "nobody has guessed");
    match by {
        By::Choice(_) => page.click("guess-0"),
        By::Place(_) => {
            page.js("const e = document.querySelector('[data-testid=guess-place]'); e.value = (+e.min + +e.max) / 2; e.dispatchEvent(new Event('input', { bubbles: true }))");
        }
        By::Curve(_) => {
            page.js("document.querySelector('[data-testid=guess-curve]').focus()");
            page.press("\u{E013}");
            page.press(RIGHT);
            page.press("\u{E015}");
        }
    }
    page.wait("it may run", "document.querySelector('[data-testid=prediction-run]').disabled === false");
    page.click("prediction-run");
    page.wait_for("how the guess came out", "document.querySelector('[data-testid=prediction-outcome]').textContent", PATIENCE);
    if let By::Curve(_) = by {
        let points = page.js("return document.querySelector('.drawn .truth').getAttribute('points').split(' ').length");
        assert!(points.as_u64() > Some(50), "the run lies over the guess: {points}");
    }
}

fn walk_page(page: &Page, at: usize, of: &LessonPage, shots: &str) {
    page.wait_for(
        &of.title,
        &format!("document.querySelector('[data-testid=lesson-page]')?.textContent === {:?}", of.title),
        PATIENCE,
    );
    page.wait_for("the page is set up", "document.querySelector('[data-testid=lesson-state]')?.textContent === ''", PATIENCE);
    if !of.show.is_empty() {
        page.wait("what it speaks of", &format!("!!document.querySelector('.pointed-at[data-testid={}]')", of.show));
    }
    if of.asks() {
        sleep(LOOKS);
        assert!(!done(page), "{}: done before the deed", of.title);
        assert_eq!(page.js("return document.querySelector('[data-testid=lesson-reveal]').textContent"), "", "{}", of.title);
        let onward = page.js("return document.querySelector('[data-testid=lesson-next]').textContent");
        assert!(onward == "Skip" || onward == "Finish", "{}: {onward}", of.title);
        if let Some(deed) = &of.done {
            act(page, deed);
        }
        if let Some(predict) = &of.predict {
            guess(page, &predict.by);
        }
        page.wait(&format!("{} is done", of.title), "document.querySelector('.deed')?.classList.contains('done') === true");
        assert_eq!(page.js("return document.querySelector('[data-testid=lesson-reveal]').textContent"), of.reveal.as_str());
    }
    page.screenshot(&format!("lesson-{shots}-{at}"));
}

fn walk(place: usize) {
    walk_in(place, "engine=cpu&", WebGpu::Software);
}

fn walk_in(place: usize, engine: &str, webgpu: WebGpu) {
    let lesson = &all()[place - 1];
    let query = format!("{engine}lesson={}", lesson.id);
    let page = Page::open(&Options { query: &query, script: TOUCH, size: Some((1440, 900)), webgpu, ..Options::default() });
    for (at, of) in lesson.pages.iter().enumerate() {
        walk_page(&page, at, of, &lesson.id);
        // What stands on the page may still move.
        page.js("document.querySelector('[data-testid=lesson-next]').click()");
    }
    page.wait("the list of lessons", "!!document.querySelector('[data-testid=lesson-list]')");
    let said = page.js(&format!("return document.querySelector('[data-testid=lesson-{}]').parentElement.textContent", lesson.id));
    let all = format!("{0} of {0} pages done", lesson.pages.len());
    assert!(said.as_str().is_some_and(|said| said.contains(&all)), "{said}");
    let notices = notices(&page);
    let notices: Vec<&str> = notices.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if webgpu == WebGpu::Software {
        assert_eq!(notices, Vec::<&str>::new());
    } else {
        assert!(matches!(notices[..], [said] if said.contains("trains on your processor")), "{notices:?}");
    }
    no_errors(&page);
}

#[test]
fn lesson_1_what_an_autoencoder_learns() {
    walk(1);
}

#[test]
fn lesson_2_noise() {
    walk(2);
}

#[test]
fn lesson_3_nats() {
    walk(3);
}

#[test]
fn lesson_4_the_map() {
    walk(4);
}

#[test]
fn lesson_5_disentangling() {
    walk(5);
}

#[test]
fn lesson_6_tokens() {
    walk(6);
}

#[test]
fn lesson_7_features() {
    walk(7);
}

#[test]
fn lesson_8_samples() {
    walk(8);
}

#[test]
fn lesson_9_a_paper() {
    walk(9);
}

#[test]
fn a_lesson_is_walked_where_there_is_no_webgpu() {
    walk_in(1, "", WebGpu::NoApi);
}

#[test]
fn a_recorded_run_stands_in_where_nothing_can_be_trained() {
    let query = "engine=plan&lesson=what-an-autoencoder-learns&page=5";
    let page = Page::open(&Options { query, webgpu: WebGpu::NoAdapter, ..Options::default() });
    page.wait("the page says so", "document.querySelector('[data-testid=prediction-recorded]')?.textContent.includes('recorded')");
    assert!(!done(&page), "nobody has guessed");
    page.click("guess-1");
    page.click("prediction-show");
    let said = page.wait("how the guess came out", "document.querySelector('[data-testid=prediction-outcome]').textContent");
    assert!(said.as_str().is_some_and(|said| said.starts_with("It came to")), "{said}");
    page.wait("it is done", "document.querySelector('.deed').classList.contains('done')");
    page.wait("what the model draws", "document.querySelector('img.recorded').naturalWidth > 100");
    no_errors(&page);
}

#[test]
fn the_door_leads_to_the_lessons_and_back_to_where_one_was() {
    let page = ready(&Options { script: TOUCH, size: Some((390, 844)), ..Options::default() });
    assert_eq!(
        page.js("return performance.getEntriesByType('resource').some(r => /split_lessons|lessons\\//.test(r.name))"),
        false,
        "nobody asked for them"
    );
    page.click("lessons");
    page.click("lesson-what-an-autoencoder-learns");
    let place = "document.querySelector('[data-testid=lesson-place]')?.textContent";
    page.wait("the first page", &format!("{place} === 'Page 1 of 6'"));
    page.wait("it is set up", "document.querySelector('[data-testid=lesson-state]').textContent === ''");
    // The sheet covers nothing of what it speaks of that could not be scrolled to.
    let low = page.js("const [a, b] = ['.pointed-at', '.lesson'].map(s => document.querySelector(s).getBoundingClientRect()); return a.top < b.top");
    assert_eq!(low, true, "what it speaks of is above it");
    page.js("probe.touch('latent-', 0); probe.touch('latent-', 1)");
    page.wait("it is done", "document.querySelector('.deed').classList.contains('done')");
    // By keyboard, forth and back.
    page.js("document.querySelector('[data-testid=lesson-page]').focus()");
    page.press(RIGHT);
    page.wait("the second page", &format!("{place} === 'Page 2 of 6'"));
    page.wait("the address says so", "location.search.includes('lesson=what-an-autoencoder-learns&page=2')");
    page.press("\u{E012}");
    page.wait("the first page again", &format!("{place} === 'Page 1 of 6'"));
    page.press(RIGHT);
    let address = page.js("return location.search.slice(1)");
    page.go(address.as_str().expect("a query"));
    page.wait("the second page, after a reload", &format!("{place} === 'Page 2 of 6'"));
    assert_eq!(page.js("return document.querySelectorAll('.dots .done').length"), 1, "what was done is kept");
    page.click("lesson-close");
    page.wait("it is gone", "!document.querySelector('.lesson') && !document.body.classList.contains('with-lesson')");
    page.wait("the address too", "!location.search.includes('lesson=')");
    no_errors(&page);
}

#[test]
fn a_teacher_s_link_hides_locks_and_seeds() {
    let query = "engine=cpu&lesson=what-an-autoencoder-learns&page=3&hide=gallery,tab-measure,loss&lock=latent&seed=7";
    let page = Page::open(&Options { query, script: TOUCH, ..Options::default() });
    page.wait_for("it is set up", "document.querySelector('[data-testid=lesson-state]')?.textContent === ''", PATIENCE);
    for hidden in ["gallery", "tab-measure", "panel-loss"] {
        let shown = page.js(&format!("return document.querySelector('[data-testid={hidden}]').getClientRects().length"));
        assert_eq!(shown, 0, "{hidden}");
    }
    assert_eq!(page.js("return document.querySelector('[data-testid=panel-traversal]').getClientRects().length"), 1);
    page.wait("the control is locked", "document.querySelector('#param-latent').closest('.control').inert");
    assert_eq!(page.js("return document.querySelector('#param-lr').closest('.control').inert"), false);
    assert_eq!(page.state()["setup"], "v=1&data=mnist&method=ae&latent=8&hidden=128&batch=32&seed=7");
    page.wait("the link keeps all of it", "location.search.includes('&hide=gallery,tab-measure,loss&lock=latent')");
    no_errors(&page);
}

#[test]
fn a_word_of_the_glossary_is_explained() {
    let page = ready(&Options { query: "engine=cpu&lesson=what-an-autoencoder-learns", ..Options::default() });
    page.wait("a word", "!!document.querySelector('.term-of')");
    let words = page.js("return [...document.querySelectorAll('.term-of')].map(t => t.textContent)");
    assert_eq!(words, serde_json::json!(["code", "latent", "decoder"]), "each once");
    page.js("document.querySelector('.term-of').click()");
    page.wait("its meaning", "document.querySelector('.meaning:popover-open')?.textContent.includes('stand for a picture')");
    no_errors(&page);
}
