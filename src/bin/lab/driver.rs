//! A page in Chromium, served by `lab serve` and driven over WebDriver: for `lab shots`, and for the browser tests.
//!
//! WebDriver is JSON over HTTP, and half of what is needed here are Chromium's own commands (a script before the page's,
//! the log, emulation): a blocking client of one function is less than a library around it.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Nothing that talks to the network on its own.
const FLAGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// Runs before the page's own scripts: collects what a visitor would never see.
const HOOKS: &str = r"
    window.probe = { errors: [], longTasks: [] };
    addEventListener('error', e => probe.errors.push('error: ' + (e.message || e.target?.src || e.target?.href)), true);
    addEventListener('unhandledrejection', e => probe.errors.push('rejection: ' + e.reason));
    new PerformanceObserver(list => {
        for (const task of list.getEntries()) probe.longTasks.push({ start: task.startTime, ms: task.duration });
    }).observe({ type: 'longtask', buffered: true });
";

/// Runs before the page's own scripts unless a test is about it: keeping the page for offline use fetches all parts of it.
const NOT_KEPT: &str = r"
    try { navigator.serviceWorker.register = () => new Promise(() => {}); } catch {}
";

/// The priority of what must not wait for other programs; only the superuser may give it.
const FIRST: &str = "-10";

/// What the browser offers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum WebGpu {
    /// WebGPU on the CPU: correct, and slow.
    #[default]
    Software,
    /// `navigator.gpu` without an adapter.
    NoAdapter,
    /// No `navigator.gpu`: the page comes over plain HTTP from a host other than localhost.
    NoApi,
}

/// How to open the page.
#[derive(Clone, Copy, Default)]
pub struct Options<'a> {
    /// Path of the site on its host, as `/some/path/`; the host is all its own where it is left out.
    pub base: &'a str,
    /// Which page of the site; the lab itself where it is left out.
    pub path: &'a str,
    /// After the `?` of the address.
    pub query: &'a str,
    /// A Content-Security-Policy that the server sends.
    pub csp: Option<&'a str>,
    /// No page of another thread is open meanwhile: for whoever measures time in it.
    pub alone: bool,
    /// Where the server writes what it is asked for.
    pub log: Option<&'a Path>,
    /// CSS pixels; a desktop where it is left out.
    pub size: Option<(u32, u32)>,
    pub dark: bool,
    /// Whether the visitor bears motion that nobody asked for.
    pub motion: bool,
    pub webgpu: WebGpu,
    /// Runs before the page's own scripts.
    pub script: &'a str,
    /// The page may keep itself for offline use.
    pub kept: bool,
    /// Where the folder `dist` lies; in this checkout where it is left out.
    pub root: Option<&'a Path>,
}

/// An open page. Chromium, chromedriver and the server end with it.
pub struct Page {
    driver: Running,
    server: Running,
    host: &'static str,
    path: String,
    session: String,
    profile: PathBuf,
    /// Given back last, when Chromium has ended.
    _turn: Rc<Turn>,
}

/// Leave to run a Chromium: with others, or alone. Pages of one thread share one.
#[allow(dead_code, reason = "held, not read")]
enum Turn {
    WithOthers(RwLockReadGuard<'static, ()>),
    Alone(RwLockWriteGuard<'static, ()>),
}

impl Turn {
    fn take(alone: bool) -> Rc<Self> {
        static MACHINE: RwLock<()> = RwLock::new(());
        thread_local! { static MINE: RefCell<Weak<Turn>> = const { RefCell::new(Weak::new()) } }
        MINE.with_borrow_mut(|mine| {
            if let Some(turn) = mine.upgrade() {
                assert!(!alone || matches!(*turn, Self::Alone(_)), "the first page of a thread decides whether it is alone");
                return turn;
            }
            // A test that failed has left the machine as it was.
            let turn = Rc::new(if alone {
                Self::Alone(MACHINE.write().unwrap_or_else(PoisonError::into_inner))
            } else {
                Self::WithOthers(MACHINE.read().unwrap_or_else(PoisonError::into_inner))
            });
            *mine = Rc::downgrade(&turn);
            turn
        })
    }
}

impl Page {
    /// Starts everything and opens the page.
    pub fn open(options: &Options) -> Self {
        let turn = Turn::take(options.alone);
        let mut lab = Command::new(program());
        lab.env("CARGO_MANIFEST_DIR", options.root.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")))).args([
            "serve",
            "--no-build",
            "--port",
            "0",
        ]);
        if !options.base.is_empty() {
            lab.args(["--base", options.base]);
        }
        if let Some(policy) = options.csp {
            lab.args(["--csp", policy]);
        }
        if let Some(file) = options.log {
            lab.arg("--log").arg(file);
        }
        let server = Running::start(&mut lab, "localhost:");
        let mut chromedriver = Command::new(std::env::var("LATENT_LAB_CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".into()));
        let driver = Running::start(chromedriver.arg("--port=0"), "started successfully on port ");

        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("profile-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let profile = scratch().join(name);
        let (width, height) = options.size.unwrap_or((1280, 900));
        let (host, webgpu) = match options.webgpu {
            WebGpu::Software => ("localhost", &["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"][..]),
            WebGpu::NoAdapter => ("localhost", &["--disable-gpu"][..]),
            WebGpu::NoApi => ("lab.test", &["--host-resolver-rules=MAP lab.test 127.0.0.1"][..]),
        };
        let mut flags: Vec<String> = FLAGS.iter().chain(webgpu).map(ToString::to_string).collect();
        flags.push(format!("--user-data-dir={}", profile.display()));
        flags.push(format!("--window-size={},{height}", width.max(500)));
        let mut chrome = json!({ "args": flags });
        // Without it, chromedriver looks where Chromium usually is.
        if let Ok(binary) = std::env::var("LATENT_LAB_CHROMIUM") {
            chrome["binary"] = binary.into();
        }
        let capabilities = json!({ "alwaysMatch": { "goog:chromeOptions": chrome, "goog:loggingPrefs": { "browser": "ALL" } } });
        let mut page = Self {
            driver,
            server,
            host,
            path: format!("{}{}", options.base.trim_start_matches('/'), options.path),
            session: String::new(),
            profile,
            _turn: turn,
        };
        let session = page.send("POST", "", &json!({ "capabilities": capabilities }));
        page.session = session["sessionId"].as_str().expect("a session").to_string();

        // Chromium has no window narrower than 500 pixels; a phone is emulated.
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
        page.cdp("Emulation.setDeviceMetricsOverride", &screen);
        let scheme = if options.dark { "dark" } else { "light" };
        let motion = if options.motion { "no-preference" } else { "reduce" };
        let features = [("prefers-color-scheme", scheme), ("prefers-reduced-motion", motion)];
        let features = features.map(|(name, value)| json!({ "name": name, "value": value }));
        page.cdp("Emulation.setEmulatedMedia", &json!({ "features": features }));
        let not_kept = if options.kept { "" } else { NOT_KEPT };
        page.cdp("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": format!("{HOOKS}{not_kept}{}", options.script) }));
        page.go(options.query);
        page
    }

    /// Opens the page afresh.
    pub fn go(&self, query: &str) {
        let url = format!("http://{}:{}/{}?{query}", self.host, self.server.port, self.path);
        self.post("url", &json!({ "url": url }));
    }

    /// Ends the server: from now on there is no network.
    pub fn stop_server(&mut self) {
        self.server.stop();
    }

    /// Turns to a frame of the page, or back to the page itself.
    pub fn turn_to_frame(&self, css: Option<&str>) {
        let id = css.map(|css| self.post("element", &json!({ "using": "css selector", "value": css })));
        self.post("frame", &json!({ "id": id }));
    }

    /// Runs the body of a function in the page and returns what it returns; waits for promises.
    pub fn js(&self, body: &str) -> Value {
        self.post("execute/sync", &json!({ "script": body, "args": [] }))
    }

    /// Evaluates an expression again and again until it is neither `false` nor empty, and returns it.
    pub fn wait(&self, what: &str, expression: &str) -> Value {
        self.wait_for(what, expression, Duration::from_secs(60))
    }

    /// [`Page::wait`], with a limit.
    pub fn wait_for(&self, what: &str, expression: &str, limit: Duration) -> Value {
        let start = Instant::now();
        loop {
            let value = self.js(&format!("return {expression}"));
            if !matches!(value, Value::Null | Value::Bool(false)) && value != "" {
                return value;
            }
            assert!(start.elapsed() < limit, "{what}: not within {limit:?}\nstate: {}\nerrors: {:?}", self.state(), self.errors());
            sleep(Duration::from_millis(100));
        }
    }

    /// What the page says about itself.
    pub fn state(&self) -> Value {
        self.js("return window.latentLab ? latentLab.state() : null")
    }

    /// Opens a tab, whose panels may have to be fetched first.
    pub fn open_tab(&self, name: &str) {
        self.click(&format!("tab-{name}"));
        self.wait(&format!("the tab {name}"), &format!("document.querySelector('#panels.tab-{name} > .panel:not([role=alert])')"));
    }

    /// Clicks an element, as a pointer does, once it is there.
    pub fn click(&self, testid: &str) {
        self.wait(testid, &format!("document.querySelector('[data-testid=\"{testid}\"]')"));
        // WebDriver would scroll it to the very top, under the bar that sticks there.
        self.js(&format!("document.querySelector('[data-testid=\"{testid}\"]')?.scrollIntoView({{ block: 'center' }})"));
        let element = self.element(testid);
        self.post(&format!("element/{element}/click"), &json!({}));
    }

    /// Types into an element, as a keyboard does.
    pub fn keys(&self, testid: &str, text: &str) {
        let element = self.element(testid);
        self.post(&format!("element/{element}/value"), &json!({ "text": text }));
    }

    /// Presses one key wherever the focus is.
    pub fn press(&self, key: &str) {
        let strokes = json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]);
        self.post("actions", &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": strokes }] }));
    }

    fn element(&self, testid: &str) -> String {
        let css = format!("[data-testid=\"{testid}\"]");
        let found = self.post("element", &json!({ "using": "css selector", "value": css }));
        let id = found.as_object().and_then(|o| o.values().next()?.as_str());
        id.unwrap_or_else(|| panic!("there is no element {testid}")).to_string()
    }

    /// Everything that went wrong since the page was opened: uncaught errors, and errors in the console.
    pub fn errors(&self) -> Vec<String> {
        // There is no probe in a frame of another origin.
        let probe = self.js("return globalThis.probe?.errors ?? []");
        let mut errors: Vec<String> = probe.as_array().into_iter().flatten().map(ToString::to_string).collect();
        let log = self.post("se/log", &json!({ "type": "browser" }));
        let severe = log.as_array().into_iter().flatten().filter(|entry| entry["level"] == "SEVERE");
        errors.extend(severe.map(|entry| entry["message"].to_string()));
        errors
    }

    /// Lets the page's thread go before the software adapter's. A graphics card would not take its cores; the software
    /// adapter computes on all of them, and a page that waits for a core looks as if it were busy.
    pub fn adapter_steps_aside(&self) {
        assert!(self.renice("gpu-process", "19"), "renice, of util-linux, lowers the adapter's priority");
        let _ = self.renice("renderer", FIRST);
    }

    /// Lets the page and what paints it go before other programs, where the system allows it.
    pub fn goes_first(&self) {
        let _ = ["renderer", "gpu-process"].map(|kind| self.renice(kind, FIRST));
    }

    /// Sets the priority of the browser's processes of a kind. Returns whether it could.
    fn renice(&self, kind: &str, nice: &str) -> bool {
        let (driver, kind) = (self.driver.child.id(), format!("--type={kind}"));
        fs::read_dir("/proc").into_iter().flatten().flatten().all(|process| {
            let folder = process.path();
            let command = fs::read(folder.join("cmdline")).unwrap_or_default();
            let Some(id) = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { return true };
            if !String::from_utf8_lossy(&command).contains(&kind) || !descends(id, driver) {
                return true;
            }
            // Priorities belong to threads.
            let threads = fs::read_dir(folder.join("task")).into_iter().flatten().flatten();
            let ids: Vec<_> = threads.map(|thread| thread.file_name()).collect();
            let mut renice = Command::new("renice");
            let status = renice.args(["-n", nice, "-p"]).args(ids).stdout(Stdio::null()).stderr(Stdio::null()).status();
            status.is_ok_and(|s| s.success())
        })
    }

    /// Milliseconds of each task on the page's thread that took more than 50, since `start` (milliseconds of the page).
    pub fn long_tasks(&self, start: f64) -> Vec<f64> {
        let tasks = self.js("return probe.longTasks");
        let late = tasks.as_array().into_iter().flatten().filter(|task| task["start"].as_f64() >= Some(start));
        late.filter_map(|task| task["ms"].as_f64()).collect()
    }

    /// Keeps a picture of the whole page for a person to look at.
    pub fn screenshot(&self, name: &str) {
        let folder = std::env::var_os("LATENT_LAB_SCREENSHOTS").map_or_else(scratch, PathBuf::from);
        self.screenshot_to(&folder, name);
    }

    /// Writes a picture of the whole page to `name.png` in a folder.
    pub fn screenshot_to(&self, folder: &Path, name: &str) {
        // What sticks to the window's edge belongs at the top of the picture.
        self.js("scrollTo(0, 0); return new Promise(requestAnimationFrame)");
        let shot = self.cdp("Page.captureScreenshot", &json!({ "captureBeyondViewport": true }));
        fs::create_dir_all(folder).expect("the folder for screenshots can be made");
        let bytes = decode_base64(shot["data"].as_str().expect("a picture"));
        fs::write(folder.join(format!("{name}.png")), bytes).expect("the screenshot can be written");
    }

    /// Sends one of Chromium's own commands.
    pub fn cdp(&self, command: &str, parameters: &Value) -> Value {
        self.post("goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    fn post(&self, command: &str, body: &Value) -> Value {
        self.send("POST", command, body)
    }

    /// One WebDriver command, in the session once there is one.
    ///
    /// # Panics
    /// If the driver refuses the command, with its own words.
    fn send(&self, method: &str, command: &str, body: &Value) -> Value {
        let path: Vec<&str> = ["session", &self.session, command].into_iter().filter(|part| !part.is_empty()).collect();
        let answer =
            http(self.driver.port, method, &path.join("/"), &body.to_string()).unwrap_or_else(|e| panic!("{command}: {e}"));
        let value: Value = serde_json::from_str(&answer).unwrap_or_else(|e| panic!("{command}: {e}: {answer}"));
        let value = value["value"].clone();
        assert!(value.get("error").is_none(), "{command} {body}: {} {}", value["error"], value["message"]);
        value
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // Ends Chromium; what else runs ends with its handle.
        let _ = http(self.driver.port, "DELETE", &format!("session/{}", self.session), "");
        let _ = fs::remove_dir_all(&self.profile);
    }
}

/// The program that serves the page: cargo names it for the tests; otherwise it is the one that runs.
fn program() -> PathBuf {
    option_env!("CARGO_BIN_EXE_lab").map_or_else(|| std::env::current_exe().expect("a running program has a file"), PathBuf::from)
}

/// A folder for what is thrown away.
fn scratch() -> PathBuf {
    option_env!("CARGO_TARGET_TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from)
}

/// Whether a process was started by another, or by one that was.
fn descends(mut id: u32, ancestor: u32) -> bool {
    while id > 1 && id != ancestor {
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok());
        id = parent.unwrap_or(0);
    }
    id == ancestor
}

/// A program that listens on a port which it prints; killed when dropped.
struct Running {
    child: Child,
    port: u16,
    /// Kept open: a program that prints into a closed pipe may end.
    stdout: BufReader<ChildStdout>,
}

impl Running {
    fn start(command: &mut Command, before_port: &str) -> Self {
        let started = command.stdout(Stdio::piped()).spawn();
        let mut child = started.unwrap_or_else(|e| panic!("{command:?} does not start: {e}; `cargo lab test` sets it up"));
        let stdout = BufReader::new(child.stdout.take().expect("the output is piped"));
        // From here on it ends with its handle, whatever happens.
        let mut running = Self { child, port: 0, stdout };
        let mut line = String::new();
        while running.stdout.read_line(&mut line).expect("the output is text") > 0 {
            if let Some((_, rest)) = line.split_once(before_port) {
                let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
                running.port = digits.parse().expect("a port");
                return running;
            }
            line.clear();
        }
        panic!("{command:?} ended without saying its port");
    }
}

impl Running {
    fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

/// One HTTP exchange with localhost; the body of the answer.
fn http(port: u16, method: &str, path: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(120)))?;
    let length = body.len();
    write!(stream, "{method} /{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")?;
    let mut reader = BufReader::new(stream);
    let mut length = None;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok();
        }
        line.clear();
    }
    let mut answer = vec![0; length.ok_or_else(|| std::io::Error::other("an answer without a length"))?];
    reader.read_exact(&mut answer)?;
    String::from_utf8(answer).map_err(std::io::Error::other)
}

/// The bytes of standard base64, which is how a screenshot arrives.
fn decode_base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut out, mut bits, mut held) = (Vec::with_capacity(text.len() * 3 / 4), 0u32, 0);
    for digit in text.bytes().filter_map(|byte| DIGITS.iter().position(|d| *d == byte)) {
        bits = bits << 6 | digit as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    out
}
