//! Engines and what goes wrong with them: what does not compile, what the device refuses, what a browser lacks. It is said, and the page goes
//! on.

use latent_experiment::Setup;
use latent_platform::wire;
use latent_protocol::{Command, Event};

use super::*;

/// What the page says of its adapter.
const ADAPTER: &str = "document.querySelector('[data-testid=adapter]').textContent";

#[test]
fn eager_burn_trains_where_the_link_asks_for_it() {
    // A browser waits for no number of a step: not for the norm of the gradients, nor for what the optimiser remembers.
    let query = "v=1&method=vae&latent=4&hidden=64&batch=8&lr=0.01&optimizer=adamw&clip=1&engine=burn";
    let page = ready(&Options { query, script: SHOWN, ..Options::default() });
    assert!(page.js(&format!("return {ADAPTER}")).as_str().is_some_and(|text| text.contains("Burn")));
    page.click("train");
    let slow = Duration::from_secs(120);
    page.wait_for("a loss", "latentLab.state().terms.length > 0", slow);
    let first = page.state()["terms"][0][1].as_f64().expect("a loss");
    let before = picture(&page, "traversal-digit");
    page.wait_for("the loss falls", &format!("latentLab.state().terms[0][1] < {}", 0.8 * first), slow);
    changes(&page, "traversal-digit", &before, "the weights have changed");
    for panel in ["traversal", "map"] {
        page.wait(&format!("the panel {panel} shows something"), &format!("probe.shown('panel-{panel}')"));
    }
    page.keys("param-weight_decay", END);
    let moved = step(&page);
    page.wait_for("it trains on with another decay", &format!("latentLab.state().step > {}", moved + 3), slow);
    assert_eq!(notices(&page), Value::Array(vec![]));
    page.click("train");
    page.wait("paused", "latentLab.state().status === 'Paused'");
    page.keys("param-beta", END);
    page.wait("the address keeps the engine", "location.search.includes('beta=') && location.search.includes('engine=burn')");
    page.screenshot("eager-burn");
    no_errors(&page);
}

#[test]
fn the_plan_computes_what_burn_computes() {
    for net in ["mlp", "conv"] {
        let page = ready(&Options { query: &format!("v=1&method=vae&net={net}&batch=8"), ..Options::default() });
        page.click("verify");
        let answer = "document.querySelector('[data-testid=verified]').textContent";
        let done = format!("/Largest|could not/.test({answer}) && {answer}");
        let text = page.wait_for("the comparison", &done, Duration::from_secs(120));
        let text = text.as_str().expect("words");
        let after = |word: &str| text.split_once(word).and_then(|(_, rest)| rest.split([',', ' ']).next()?.parse::<f64>().ok());
        let differences = (after("loss "), after("gradient "));
        println!("{net}: {text}");
        let (Some(loss), Some(gradient)) = differences else { panic!("{net}: {text}") };
        assert!(loss < 1e-4 && gradient < 1e-4, "{net}: {text}");
        assert!(text.starts_with("plan = Burn") && gradient > 0.0, "two engines never round alike: {net}: {text}");
        no_errors(&page);
    }
}

/// Stands in for a compiler that refuses: the plan's worker answers so to every new network. `probe.workers` has the
/// program of each worker that was started.
fn refuses() -> String {
    let message = "the step compiler has no rule for the operation CumProd".to_owned();
    let answer = wire::to_bytes(&Event::NotCompiled { run: 0, message });
    let start = wire::to_bytes(&Command::Start { run: 0, setup: Setup::new("", ""), weights: None });
    let script = r"
    probe.workers = [];
    let started = 0;
    window.Worker = class extends Worker {
        isPlan = started++ === 0;
        constructor(url, options) {
            super(url, options);
            probe.workers.push(url.match(/(\w+)\.js$/)[1]);
        }
        postMessage(command, memory) {
            // The second byte is the run, the last one says whether there are weights.
            if (!this.isPlan || command[0] !== START || command.at(-1) !== 0) return super.postMessage(command, memory);
            const data = Uint8Array.from(ANSWER);
            data[1] = command[1];
            setTimeout(() => this.dispatchEvent(new MessageEvent('message', { data })));
        }
    };
";
    script.replace("START", &start[0].to_string()).replace("ANSWER", &format!("{answer:?}"))
}

#[test]
fn what_does_not_compile_runs_on_eager_burn() {
    let query = "v=1&method=vae&latent=4&hidden=64&batch=8&engine=plan";
    let page = ready(&Options { query, script: &refuses(), ..Options::default() });
    assert_eq!(page.js("return probe.workers.join()"), "engine", "nobody who does not ask loads Burn");
    page.click("train");
    let notice = page.wait("the message", "document.querySelector('.notice')?.textContent");
    assert!(notice.as_str().is_some_and(|text| text.contains("CumProd") && text.contains("Burn")), "{notice}");
    page.wait_for("it trains", "latentLab.state().step > 0", Duration::from_secs(120));
    assert_eq!(page.js("return probe.workers.join()"), "engine,eager");
    assert!(page.js(&format!("return {ADAPTER}")).as_str().is_some_and(|text| text.contains("Burn")));

    // The pretrained network compiles: back to the plan.
    page.click("pretrained");
    page.wait("the plan is back", &format!("latentLab.state().status === 'Ready to train' && !{ADAPTER}.includes('Burn')"));
    no_errors(&page);
}

/// Adds `probe.inside`: what it is given runs in each worker that is started from then on, before the worker's own script.
pub const IN_WORKERS: &str = r"
    probe.inside = code => {
        window.Worker = class extends Worker {
            constructor(url, options) {
                const script = `${code}; await import(${JSON.stringify(url)})`;
                super(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })), options);
            }
        };
    };
";

/// Reaches into the engine's worker: `probe.worker('lose')` takes its device away, `probe.worker('reject')` breaks the
/// kernels that come from then on. No adapter has more than 56 MiB a buffer: the digits, and little else.
const TROUBLE: &str = r"
    const inside = `
        const { requestDevice } = GPUAdapter.prototype, { createShaderModule } = GPUDevice.prototype;
        let device, reject = false;
        GPUAdapter.prototype.requestDevice = async function (...a) { return device = await requestDevice.apply(this, a); };
        GPUDevice.prototype.createShaderModule = function (d) {
            return createShaderModule.call(this, reject ? { ...d, code: 'not a kernel' } : d);
        };
        const small = { get: () => 56 << 20 };
        Object.defineProperty(GPUSupportedLimits.prototype, 'maxStorageBufferBindingSize', small);
        new BroadcastChannel('trouble').onmessage = e => e.data === 'lose' ? device.destroy() : reject = e.data === 'reject';
    `;
    const channel = new BroadcastChannel('trouble');
    probe.inside(inside);
    probe.worker = what => channel.postMessage(what);
";

#[test]
fn what_the_device_refuses_is_said_and_the_page_goes_on() {
    let script = format!("{IN_WORKERS}{TROUBLE}");
    let page = ready(&Options { query: ON_ADAPTER, script: &script, ..Options::default() });
    let status = "document.querySelector('[data-testid=status]').textContent";
    let ready_again = "window.latentLab?.state().status === 'Ready to train'";
    let trained = |why: &str| page.wait(why, "latentLab.state().step > 3");

    page.js("probe.worker('reject')");
    page.click("train");
    page.wait("a rejected kernel", &format!("{status}.includes('rejected a kernel')"));
    page.js("probe.worker('accept')");
    page.click("pretrained");
    page.wait("the page goes on after a rejected kernel", ready_again);

    page.go("v=1&method=vae&net=conv&batch=1024&engine=plan");
    page.wait("the page is back", ready_again);
    page.click("train");
    let said = page.wait("too large a network", &format!("{status}.includes('the adapter allows') && {status}"));
    assert!(said.as_str().is_some_and(|text| text.contains("the network")), "{said}");
    page.click("pretrained");
    page.wait("the page goes on after too large a network", ready_again);

    page.go(ON_ADAPTER);
    page.wait("the page is back", ready_again);
    page.click("train");
    trained("it trains");
    page.click("train");
    page.wait("paused", "latentLab.state().status === 'Paused'");
    // A pause keeps the run, which takes a moment.
    sleep(Duration::from_secs(2));
    let kept = step(&page);
    page.js("probe.worker('lose')");
    page.click("train");
    let said = page.wait("a lost device", "document.querySelector('[data-testid=crashed]')?.textContent");
    assert!(said.as_str().is_some_and(|text| text.contains("copied")), "{said}");
    page.click("restart");
    page.wait("the copy is back", "document.querySelector('[data-testid=on-show]').textContent.includes('last copy')");
    page.wait("the engine is back", "latentLab.state().status === 'Paused'");
    assert_eq!(step(&page), kept);
    page.click("train");
    page.wait("it trains on", &format!("latentLab.state().step > {kept}"));
}

/// The notice of that name, once it is there.
pub fn notice(page: &Page, testid: &str) -> String {
    let there = format!("document.querySelector('[data-testid={testid}]')?.textContent");
    page.wait(testid, &there).as_str().expect("text").to_owned()
}

#[test]
fn a_browser_that_gives_no_device_is_quoted_and_one_that_does_not_answer_is_said() {
    for (inside, words) in [
        (
            r#"GPUAdapter.prototype.requestDevice = () => Promise.reject(new DOMException("The adapter is consumed", "OperationError"))"#,
            "The adapter is consumed",
        ),
        (r#"GPU.prototype.requestAdapter = () => Promise.reject(new TypeError("No adapters today"))"#, "No adapters today"),
    ] {
        let page = Page::open(&Options { script: &format!("{IN_WORKERS} probe.inside(`{inside}`);"), ..Options::default() });
        let text = notice(&page, "on-processor");
        assert!(text.ends_with(words) && !text.contains("JsValue"), "{text}");
        no_errors(&page);
    }

    // One that answers after all is taken.
    let late = r"
        const { requestAdapter } = GPU.prototype;
        const called = new Promise(answer => new BroadcastChannel('late').onmessage = answer);
        GPU.prototype.requestAdapter = async function (...a) { await called; return requestAdapter.apply(this, a); };
    ";
    let script = format!("{IN_WORKERS} probe.inside(`{late}`); probe.late = new BroadcastChannel('late');");
    let page = Page::open(&Options { query: SMALL, script: &script, ..Options::default() });
    page.wait("the pretrained model is on show", "latentLab.state().latent > 0");
    assert!(notice(&page, "no-answer").contains("does not answer"));
    page.js("probe.late.postMessage('now')");
    page.wait("it is ready after all", "latentLab.state().status === 'Ready to train'");
    assert_eq!(page.js("return document.querySelector('[data-testid=no-answer]')"), Value::Null);
    no_errors(&page);
}

#[test]
fn a_frame_without_an_origin_says_what_it_lacks() {
    let page = ready(&Options { query: SMALL, ..Options::default() });
    page.js("const frame = document.createElement('iframe'); frame.sandbox = 'allow-scripts'; frame.src = location.href; frame.style = 'width: 100%; height: 90vh'; document.body.replaceChildren(frame)");
    page.turn_to_frame(Some("iframe"));
    page.wait("the frame has a page", "window.latentLab");
    assert_eq!(page.js("return origin"), "null", "the frame is not sandboxed");
    let text = notice(&page, "no-gpu");
    assert!(text.contains("frame") && text.contains("sandbox"), "{text}");
    page.wait("the pretrained model is on show", "latentLab.state().latent > 0");
    page.turn_to_frame(None);
    page.screenshot("sandboxed");
}
