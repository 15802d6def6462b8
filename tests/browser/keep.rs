//! What outlives the page: runs in the browser's storage, files, links.

use latent_catalog::CARDS;
use latent_experiment::Setup;
use latent_platform::wire;
use latent_protocol::{Event, Speed};
use latent_vocabulary::Kind;

use super::*;

/// Collects what the engine says: `probe.rows` has the metrics of each step, `probe.kept` the steps that were kept.
/// `probe.files` has each file that is handed to the visitor, as an array of bytes by its name.
pub(super) fn listens() -> String {
    let kind = |event: &Event| wire::to_bytes(event)[0];
    let metrics = kind(&Event::Metrics { run: 0, rows: vec![], speed: Speed::default() });
    let kept = kind(&Event::Kept { run: 0, id: String::new(), step: 0 });
    LISTENS.replace("METRICS", &metrics.to_string()).replace("KEPT", &kept.to_string())
}

const LISTENS: &str = r"
    probe.rows = []; probe.kept = []; probe.files = {};
    const hear = bytes => {
        let at = 0;
        const view = new DataView(bytes.buffer);
        const int = () => {
            let [n, digit, byte] = [0, 1];
            do [byte, n, digit] = [bytes[at], n + (bytes[at++] & 127) * digit, digit * 128]; while (byte > 127);
            return n;
        };
        const times = make => Array.from({ length: int() }, make);
        const floats = () => times(() => view.getFloat32((at += 4) - 4, true));
        const kind = int();
        if (kind !== METRICS && kind !== KEPT) return;
        const run = int();
        if (kind === METRICS) {
            probe.rows.push(...times(() => { const row = [int(), floats()]; floats(); return row; }));
        } else {
            times(() => at++);
            probe.kept.push(int());
        }
    };
    window.Worker = class extends Worker {
        constructor(...a) {
            super(...a);
            this.addEventListener('message', ({ data }) => data instanceof Uint8Array && hear(data));
        }
    };
    const blobs = new Map(), url = URL.createObjectURL;
    URL.createObjectURL = blob => { const address = url(blob); blobs.set(address, blob); return address; };
    HTMLAnchorElement.prototype.click = function () {
        blobs.get(this.href).arrayBuffer().then(b => probe.files[this.download] = Array.from(new Uint8Array(b)));
    };
";

const PAUSED: &str = "latentLab.state().status === 'Paused'";

fn trains_to(page: &Page, step: u64) {
    page.click("train");
    page.wait("it trains", &format!("latentLab.state().step >= {step}"));
    page.click("train");
    page.wait("paused", PAUSED);
}

/// The metrics of all steps, `[step, terms]`.
fn rows(page: &Page) -> Vec<Value> {
    page.js("return probe.rows").as_array().expect("rows").clone()
}

#[test]
fn a_reload_in_the_middle_of_training_changes_no_step() {
    let script = listens();
    let options = || Options { query: SMALL, script: &script, ..Options::default() };
    let page = ready(&options());
    page.click("train");
    // The page is left as it is, training, some steps after it was kept.
    page.wait("it is kept on the way", "latentLab.state().step > probe.kept[0] + 10");
    page.go(SMALL);
    page.wait("the run is back", &format!("window.latentLab && {PAUSED}"));
    let kept = step(&page);
    assert!(kept > 0, "it goes on, not over");
    let shown = page.js("return document.querySelector('[data-testid=on-show]').textContent");
    assert!(shown.as_str().is_some_and(|text| text.contains("kept")), "{shown}");
    trains_to(&page, kept + 30);
    let resumed = rows(&page);
    assert_eq!(resumed[0][0], kept + 1, "from the next step on");

    let whole = ready(&options());
    trains_to(&whole, kept + 30);
    let whole = rows(&whole);
    let both = whole.iter().filter(|row| row[0].as_u64() > Some(kept)).zip(&resumed);
    assert!(both.clone().count() >= 30);
    for (expected, row) in both {
        assert_eq!(expected, row, "the same steps as without the reload");
    }
    no_errors(&page);
}

/// A page that has lost its device hands half as much over at once, down to 0.08 gigaflops: here a third of a step or less. The steps are the
/// same, to the last bit.
#[test]
fn a_page_whose_submissions_are_cut_trains_to_the_same_curve() {
    let query = "v=1&data=mnist&method=vae&batch=64&engine=plan";
    let curve = |losses: u32| {
        let script = format!("{}sessionStorage.setItem('latent-lab-losses', '{losses}');", listens());
        let page = ready(&Options { query, script: &script, ..Options::default() });
        trains_to(&page, 6);
        assert_eq!(page.js("return sessionStorage.getItem('latent-lab-losses')"), losses.to_string(), "no device was lost");
        no_errors(&page);
        rows(&page)
    };
    let (whole, cut) = (curve(0), curve(6));
    let both = whole.len().min(cut.len());
    assert!(both >= 6);
    assert_eq!(whole[..both], cut[..both]);
}

/// What a graphics card would compute, on the browser's software adapter: another order of sums, and the same losses.
#[test]
fn kernels_for_cards_give_the_losses_of_the_others() {
    let query = "v=1&data=mnist&method=vae&batch=128&engine=plan";
    let curve = |kernels: &str| {
        let script = format!("{}sessionStorage.setItem('latent-lab-kernels', '{kernels}');", listens());
        let page = ready(&Options { query, script: &script, ..Options::default() });
        trains_to(&page, 5);
        page.open_tab("explain");
        let said = "[...document.querySelectorAll('.note')].map(n => n.textContent).find(text => text.includes('Matrix products'))";
        page.wait("the plan is described", &format!("!!{said}"));
        let said = page.js(&format!("return {said}")).to_string();
        no_errors(&page);
        (rows(&page), said)
    };
    let ((software, usual), (cards, forced)) = (curve(""), curve("cards"));
    println!("{usual}\n{forced}");
    assert!(forced.contains("chosen of") && !usual.contains("chosen of"), "{usual}; {forced}");
    let loss = |row: &Value| row[1][0].as_f64().expect("a loss");
    let apart = software.iter().zip(&cards).map(|(a, b)| (loss(a) - loss(b)).abs() / loss(a).abs());
    let apart: Vec<f64> = apart.collect();
    println!("relative differences of the losses: {apart:?}");
    assert!(apart.len() >= 5 && apart.iter().take(20).all(|d| *d < 1e-4), "{apart:?}");
}

/// A phone ends a tab that takes too much memory. The page that comes after knows what was being made room for.
#[test]
fn a_tab_that_ended_while_room_was_made_is_told_why() {
    let ended = "if (!sessionStorage.getItem('once')) { sessionStorage.setItem('once', 1); sessionStorage.setItem('latent-lab-making', 'network'); }";
    let page = ready(&Options { query: SMALL, script: ended, ..Options::default() });
    let told = notices(&page).to_string();
    assert!(told.contains("ended this tab") && told.contains("network") && told.contains("half as much"), "{told}");
    assert_eq!(page.js("return sessionStorage.getItem('latent-lab-losses')"), "1");
    // A page that is left by its visitor has not been ended.
    page.go(SMALL);
    page.wait("the engine is ready", "document.querySelector('[data-testid=train]')?.disabled === false");
    assert!(!notices(&page).to_string().contains("ended this tab"));
    assert_eq!(page.js("return sessionStorage.getItem('latent-lab-losses')"), "1");
    no_errors(&page);
}

#[test]
fn runs_are_listed_renamed_opened_and_deleted() {
    let page = ready(&Options { query: SMALL, script: &listens(), ..Options::default() });
    trains_to(&page, 5);
    page.wait("it is kept", "probe.kept.length > 0");
    let first = step(&page);
    page.click("reset");
    page.wait("a new run", "latentLab.state().step === 0 && latentLab.state().status === 'Ready to train'");
    trains_to(&page, first + 10);
    page.wait("it is kept as well", &format!("probe.kept.at(-1) > {first}"));
    page.click("runs");
    let count = |n: u32| format!("document.querySelectorAll('[data-testid=kept-run]').length === {n}");
    page.wait("two runs", &count(2));
    let room = page.js("return document.querySelector('[data-testid=room]').textContent");
    assert!(room.as_str().is_some_and(|text| text.contains("MB of about") || text.contains("kB of about")), "{room}");

    // The latest is on show and stands first; the other one is renamed, opened, and left again.
    let other = "document.querySelectorAll('[data-testid=kept-run]')[1]";
    assert_eq!(page.js("return document.querySelector('[data-testid=open-run]').disabled"), true);
    page.js(&format!("{other}.querySelector('[data-testid=rename-run]').click()"));
    page.wait("a field", "document.activeElement.dataset.testid === 'run-name'");
    page.js("document.activeElement.value = ''");
    page.keys("run-name", &format!("first try{ENTER}"));
    page.wait("its name", &format!("{other}.textContent.includes('first try')"));
    page.wait("the focus is where it was", "document.activeElement.dataset.testid === 'rename-run'");
    page.screenshot("runs");
    page.js(&format!("{other}.querySelector('[data-testid=open-run]').click()"));
    page.wait("the first run is on show", &format!("latentLab.state().step === {first} && {PAUSED}"));
    page.click("runs");
    page.wait(
        "the other may go now",
        "[...document.querySelectorAll('[data-testid=delete-run]')].filter(b => !b.disabled).length === 1",
    );
    page.js("[...document.querySelectorAll('[data-testid=delete-run]')].find(b => !b.disabled).click()");
    page.wait("it asks, and the focus is on the way back", "document.activeElement.dataset.testid === 'delete-no'");
    page.click("delete-yes");
    page.wait("one run", &count(1));
    let left = page.js("return document.querySelector('[data-testid=kept-run]').textContent");
    assert!(left.as_str().is_some_and(|text| text.contains("first try")), "{left}");
    no_errors(&page);
}

#[test]
fn another_link_wins_over_a_kept_run_which_is_offered() {
    let page = ready(&Options { query: SMALL, script: &listens(), ..Options::default() });
    trains_to(&page, 5);
    page.wait("it is kept", "probe.kept.length > 0");
    let kept = step(&page);
    page.go("v=1&method=vae&latent=3&hidden=64&batch=16");
    let offer = page.wait("the offer", "document.querySelector('[data-testid=offer]')?.textContent");
    assert!(offer.as_str().is_some_and(|text| text.contains(&format!("step {kept}"))), "{offer}");
    assert!(page.state()["setup"].as_str().is_some_and(|setup| setup.contains("latent=3")), "the link counts: {}", page.state());
    page.screenshot("offer");
    page.click("resume");
    page.wait("the run is back", &format!("latentLab.state().step === {kept} && {PAUSED}"));
    assert!(
        page.state()["setup"].as_str().is_some_and(|setup| setup.contains("latent=4")),
        "and the address follows: {}",
        page.state()
    );
    assert!(page.js("return location.search").as_str().is_some_and(|query| query.contains("latent=4")));
    no_errors(&page);
}

/// Gives a file to the page as if the visitor had chosen it.
fn choose(page: &Page, name: &str, bytes: &str) {
    // The dialog's code is fetched when it is first opened.
    page.wait("the dialog is open", "document.querySelector('[data-testid=open-file]')");
    page.js(&format!(
        "const file = new File([new Uint8Array({bytes})], '{name}'), list = new DataTransfer();
         list.items.add(file);
         const input = document.querySelector('[data-testid=open-file]');
         input.files = list.files;
         input.dispatchEvent(new Event('change'))"
    ));
}

#[test]
fn files_leave_and_enter_the_page() {
    let page = ready(&Options { query: SMALL, script: &listens(), ..Options::default() });
    trains_to(&page, 10);
    // The traversal goes to its first image when the codes of the new network have come.
    page.wait("the traversal has arrived", "latentLab.state().code.some(v => v !== 0)");
    sleep(Duration::from_secs(1));
    let (at, mid) = (step(&page), picture(&page, "traversal-digit"));
    page.click("runs");
    for (button, end) in [
        ("save-weights", ".safetensors"),
        ("save-half", "-16bit.safetensors"),
        ("save-quarter", "-8bit.safetensors"),
        ("save-checkpoint", "-checkpoint.safetensors"),
        ("save-codes", "-codes.csv"),
        ("save-codes-npz", "-codes.npz"),
        ("save-onnx", "-decoder.onnx"),
        ("save-torch", "-pytorch.safetensors"),
    ] {
        page.click(button);
        page.wait(button, &format!("probe.files['vae-mnist-{at}{end}']"));
    }
    let module = page.js(&format!("return new TextDecoder().decode(new Uint8Array(probe.files['vae-mnist-{at}.py']))"));
    let module = module.as_str().expect("a module");
    for line in ["class Vae(nn.Module):", "def decode(self, z: Tensor)", "def loss(self, x: Tensor, noise: Tensor | None = None)"] {
        assert!(module.contains(line), "{line} is not in\n{module}");
    }
    let sizes = page.js(&format!(
        "return ['', '-16bit', '-8bit', '-checkpoint'].map(end => probe.files['vae-mnist-{at}' + end + '.safetensors'].length)"
    ));
    let size = |i: usize| sizes[i].as_f64().expect("a size");
    assert!(size(1) < 0.6 * size(0) && size(2) < 0.6 * size(1) && size(3) > 2.5 * size(0), "{sizes}");
    let table =
        page.js(&format!("return new TextDecoder().decode(new Uint8Array(probe.files['vae-mnist-{at}-codes.csv'])).split('\\n')"));
    let lines = table.as_array().expect("lines");
    assert_eq!(
        (lines.len(), &lines[0]),
        (10_002, &Value::from("image,label,mean_0,mean_1,mean_2,mean_3,logvar_0,logvar_1,logvar_2,logvar_3"))
    );
    // Uncompressed: a zip file whose arrays are as long as the codes of the test images, and headers.
    let npz = page.js(&format!(
        "const f = probe.files['vae-mnist-{at}-codes.npz']; return [String.fromCharCode(...f.slice(0, 2)), f.length]"
    ));
    assert_eq!(npz[0], "PK");
    let values = 10_000 * (2 * 4 * 4 + 1);
    assert!(npz[1].as_u64().is_some_and(|n| n > values && n < values + 2000), "{npz}");

    // What cannot be used is named, and the run does not notice.
    let said = "document.querySelector('[data-testid=file-said]').textContent";
    let whole = format!("probe.files['vae-mnist-{at}.safetensors']");
    choose(&page, "half.safetensors", &format!("{whole}.slice(0, 5000)"));
    page.wait("a damaged file", &format!("{said}.includes('half.safetensors') && {said}.includes('not a whole safetensors file')"));
    let foreign = "[...new TextEncoder().encode('\\x40\\0\\0\\0\\0\\0\\0\\0' + JSON.stringify({other:{dtype:'F32',shape:[1],data_offsets:[0,4]}}).padEnd(64)), 0, 0, 0, 0]";
    choose(&page, "foreign.safetensors", foreign);
    let words = page.wait("a foreign file", &format!("{said}.includes('foreign.safetensors') && {said}"));
    assert!(words.as_str().is_some_and(|text| text.contains("other: of shape [1]: no layer here has such a tensor")), "{words}");
    assert_eq!((step(&page), picture(&page, "traversal-digit")), (at, mid.clone()));

    // Weights begin a new run, of eight bits as well; a checkpoint goes on.
    choose(&page, "small.safetensors", &format!("probe.files['vae-mnist-{at}-8bit.safetensors']"));
    page.wait("the weights are on show", "latentLab.state().step === 0 && latentLab.state().status === 'Ready to train'");
    choose(&page, "mine.safetensors", &whole);
    page.wait("the weights are on show", "latentLab.state().step === 0 && latentLab.state().status === 'Ready to train'");
    page.wait("with the same picture", &format!("document.querySelector('[data-testid=traversal-digit]').toDataURL() === '{mid}'"));
    choose(&page, "mine-checkpoint.safetensors", &format!("probe.files['vae-mnist-{at}-checkpoint.safetensors']"));
    page.wait("the run is back", &format!("latentLab.state().step === {at} && {PAUSED}"));
    page.js("document.querySelector('[data-testid=runs-close]').click()");
    trains_to(&page, at + 3);

    // A panel as a picture.
    page.click("figure-map");
    page.wait("a picture", "probe.files['map.png']?.length > 1000");
    no_errors(&page);
}

/// What PyTorch has trained is on show, is moved, and trains on.
#[test]
fn weights_of_pytorch_train_on_in_the_page() {
    let page = ready(&Options { query: SMALL, script: &(SHOWN.to_owned() + &listens()), ..Options::default() });
    page.click("runs");
    choose(&page, "dense.safetensors", &format!("{:?}", include_bytes!("../exchange/foreign/dense.safetensors")));
    page.wait("its network is on show", "latentLab.state().status === 'Ready to train' && latentLab.state().code.length === 3");
    assert!(page.js("return location.search").as_str().is_some_and(|q| q.contains("latent=3") && q.contains("hidden=16")));
    page.js("document.querySelector('[data-testid=runs-close]').click()");
    page.wait("the traversal has arrived", "latentLab.state().code.some(v => v !== 0)");
    sleep(Duration::from_secs(1));
    let before = picture(&page, "traversal-digit");
    page.keys("latent-0", END);
    let moved = changes(&page, "traversal-digit", &before, "a slider was moved");
    page.js("document.querySelector('[data-testid=panel-map]').scrollIntoView()");
    page.wait("the map shows its codes", "probe.shown('panel-map')");
    page.js("probe.old = probe.shown('panel-map')");
    trains_to(&page, 5);
    page.js("document.querySelector('[data-testid=panel-traversal]').scrollIntoView()");
    changes(&page, "traversal-digit", &moved, "it has trained on");
    page.js("document.querySelector('[data-testid=panel-map]').scrollIntoView()");
    page.wait("the map moves with the weights", "probe.shown('panel-map') && probe.shown('panel-map') !== probe.old");
    // It goes on from what was trained, not from noise: the first loss is that of a network that has learnt.
    let rows = rows(&page);
    assert!(rows[0][1][0].as_f64().is_some_and(|loss| loss < 300.0), "{}", rows[0]);
    no_errors(&page);
}

#[test]
fn two_tabs_do_not_write_to_one_run() {
    let page = ready(&Options { query: SMALL, script: &listens(), ..Options::default() });
    trains_to(&page, 5);
    page.wait("it is kept", "probe.kept.length > 0");
    // A copy of the tab takes the tab's own storage along.
    page.js("window.copy = window.open(location.href)");
    let there = "copy.document.querySelector('.messages')?.textContent";
    page.wait("the copy says so", &format!("{there}.includes('open in another tab')"));
    page.js("copy.close()");
    trains_to(&page, 12);
    no_errors(&page);
}

/// The storage has room for nothing.
const FULL: &str = r"
    const full = `
        FileSystemSyncAccessHandle.prototype.write = () => { throw new DOMException('no room', 'QuotaExceededError') };
    `;
    probe.inside(full);
";

#[test]
fn a_full_storage_is_said_once_and_training_goes_on() {
    let page = ready(&Options { query: SMALL, script: &(listens() + IN_WORKERS + FULL), ..Options::default() });
    trains_to(&page, 5);
    let notice = page.wait("the message", "document.querySelector('.notice')?.textContent");
    assert!(notice.as_str().is_some_and(|text| text.contains("is full") && text.contains("goes on")), "{notice}");
    let at = step(&page);
    trains_to(&page, at + 5);
    assert_eq!(page.js("return document.querySelectorAll('.notice').length"), 1);
    page.screenshot("full");
    no_errors(&page);
}

#[test]
fn the_link_of_every_method_comes_back() {
    let page = Page::open(&Options { webgpu: WebGpu::NoApi, ..Options::default() });
    for card in CARDS {
        // What a visitor would change: the last parameter of the method's own, and the seed.
        let own = card.params.last().expect("a method has parameters");
        let mut setup = Setup::of_method(card.id);
        let value = match own.kind {
            Kind::Float { max, .. } => max,
            Kind::Int { min, .. } => min as f64,
            Kind::Choice { names } => (names.len() - 1) as f64,
        };
        setup.set(own.key, value).expect("within its range");
        setup.set("seed", 7.0).expect("within its range");
        let link = setup.to_query();
        page.go(&link);
        page.wait(card.id, "window.latentLab && latentLab.state().setup");
        assert_eq!(page.state()["setup"], link);
        assert_eq!(page.js("return document.querySelector('[data-testid=link-notes]')"), Value::Null, "{link}");
        let shown = page.js("return document.querySelector('#method').value");
        assert_eq!(shown, card.id, "the controls follow");
    }
    no_errors(&page);
}

#[test]
fn a_link_carries_where_the_visitor_looks() {
    let there = "&axes=1,0&pins=2&from=5";
    let page = ready(&Options { query: &format!("v=1&method=vae#explore{there}"), ..Options::default() });
    page.wait("the map's axes", "document.querySelector('[data-testid=map-x]')?.value === '1' && document.querySelector('[data-testid=map-y]').value === '0'");
    page.open_tab("latents");
    page.wait("the pin", "document.querySelector('.row')?.classList.contains('pinned')");
    page.wait("the address follows the tab", &format!("location.hash === '#latents{there}'"));
    page.keys("latent-2", END);
    let moved = page.wait("the address has the code", "location.hash.includes('&z=') && location.hash");
    let (moved, code) = (moved.as_str().expect("text").to_string(), page.state()["code"].clone());
    assert!(!moved.contains("from=") && moved.contains(&there[..there.len() - 7]), "{moved}");

    page.go(&format!("v=1&method=vae{moved}"));
    page.js("location.reload()");
    page.wait("the code is back", "window.latentLab?.state().code[2] === 3");
    let back = page.state()["code"].clone();
    let near = |a: &Value, b: &Value| (a.as_f64().expect("a number") - b.as_f64().expect("a number")).abs() < 0.006;
    assert!(
        back.as_array().into_iter().flatten().zip(code.as_array().into_iter().flatten()).all(|(a, b)| near(a, b)),
        "{back} {code}"
    );

    page.go("v=1&method=vae#attic&axes=1");
    page.js("location.reload()");
    let notes = page.wait("what is strange is reported", "document.querySelector('[data-testid=link-notes]')?.textContent");
    assert!(notes.as_str().is_some_and(|text| text.contains("attic") && text.contains("axes=1")), "{notes}");
    no_errors(&page);
}

#[test]
fn a_link_may_bring_weights_along() {
    let query = "weights=assets/presets/mnist-vae.safetensors";
    let page = ready(&Options { query: &format!("v=1&method=vae&{query}"), ..Options::default() });
    let on_show = "document.querySelector('[data-testid=on-show]').textContent";
    page.wait("the file is on show", &format!("{on_show}.includes('from your file')"));
    page.wait("the address keeps it", &format!("location.search.includes('{query}')"));
    assert!(
        page.state()["setup"].as_str().is_some_and(|setup| setup.contains("latent=10")),
        "the file's own setup counts: {}",
        page.state()
    );
    no_errors(&page);

    page.go("v=1&method=vae&weights=assets/nothing.safetensors");
    let notice = page.wait("a file that is not there", "document.querySelector('.notice')?.textContent");
    assert!(notice.as_str().is_some_and(|text| text.contains("assets/nothing.safetensors") && text.contains("404")), "{notice}");
    page.wait("the page goes on without it", "latentLab.state().status === 'Ready to train'");
}
