//! `cargo lab test`: everything, in order, with one summary line a stage.

use std::env;
use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use crate::cargo::{cargo, root, succeed, target};
use crate::index;
use crate::tools::{self, TestTools};
use crate::{Failure, page, programs, site};

#[derive(clap::Args)]
pub struct Args {
    /// Only what takes seconds: format, lints, unit tests, the page's logic, import, the rules of operations, circles.
    #[arg(long, conflicts_with_all = ["skip_browser", "full"])]
    quick: bool,
    /// Leave out the page and the tests that drive it in Chromium and Firefox.
    #[arg(long)]
    skip_browser: bool,
    /// Also what needs long: the lints of every set of features, and what PyTorch says of models written for it.
    #[arg(long)]
    full: bool,
}

/// Modules of `tests/native.rs` that need little time and find most of what a change breaks.
const QUICK: [&str; 4] = ["import::", "rules::", "measures::", "walls::"];

/// Whatever is built here is built with this profile and these features, so that Burn and wgpu are compiled once; and without the
/// worker with eager Burn, for Burn's own GPU back end would come with it.
const BUILD: [&str; 7] = ["--profile", "suite", "--workspace", "--exclude", "latent-lab-eager", "--features", "all"];

/// Sets of features in which the command is built.
const NATIVE_SETS: [&str; 4] = ["", "pack", "native", "native,eager-wgpu"];

/// How a stage ended.
enum Outcome {
    Passed(String),
    Skipped(String),
    Failed(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed(note) => write!(f, "passed   {note}"),
            Self::Skipped(why) => write!(f, "SKIPPED  {why}"),
            Self::Failed(why) => write!(f, "FAILED   {why}"),
        }
    }
}

impl From<Result<(), Failure>> for Outcome {
    fn from(result: Result<(), Failure>) -> Self {
        result.map_or_else(Self::Failed, |()| Self::Passed(String::new()))
    }
}

pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let ci = env::var("CI").is_ok_and(|v| v == "true" || v == "1");
    let browser = !args.skip_browser && !args.quick;
    let start = Instant::now();
    let mut stages: Vec<(&str, f64, Outcome)> = Vec::new();
    let mut stage = |name: &'static str, work: &mut dyn FnMut() -> Outcome| {
        eprintln!("\n== {name}");
        let start = Instant::now();
        let outcome = work();
        eprintln!("== {name}: {:.0} s", start.elapsed().as_secs_f64());
        let good = matches!(outcome, Outcome::Passed(_));
        stages.push((name, start.elapsed().as_secs_f64(), outcome));
        good
    };

    let mut found = None;
    stage("set-up", &mut || match tools::set_up_tests(browser, args.full) {
        Ok(tools) => {
            let missing = [
                (tools.vulkan, "no Vulkan driver for the GPU tests"),
                (tools.python.is_some(), "no Python to read our files with"),
            ];
            found = Some(tools);
            let missing: Vec<_> = missing.into_iter().filter(|(there, _)| !there).map(|(_, what)| what).collect();
            if missing.is_empty() { Outcome::Passed(String::new()) } else { Outcome::Failed(missing.join("; ")) }
        }
        Err(message) => Outcome::Failed(message),
    });
    stage("format", &mut format);
    stage("compile", &mut || {
        let tests = ["--lib", "--bin", "lab", "--test", "native", "--test", "memory", "--test", "browser"];
        let tests = if args.quick { &tests[..5] } else { &tests };
        succeed(cargo().arg("test").args(BUILD).args(tests).arg("--no-run"), "compiling the tests").into()
    });
    stage("lints", &mut || lints(args).into());
    // Functions by themselves; among them the page's own logic, which needs no browser.
    stage("unit", &mut || cargo_test(cargo().arg("test").args(BUILD).args(["--lib", "--bin", "lab", "--no-fail-fast"])));
    if !args.quick {
        stage("docs", &mut || docs());
        // The scripts of embedded figures: types, lints, and their own tests.
        stage("embed", &mut || npm_test("tests/embed", &[]));
    }
    stage("native", &mut || {
        let mut command = cargo();
        command.arg("test").args(BUILD).args(["--test", "native"]);
        if !args.quick {
            command.args(["--test", "memory", "--no-fail-fast"]);
        }
        if let Some(python) = found.as_ref().and_then(|tools| tools.python.as_ref()) {
            command.env("LATENT_LAB_PYTHON", python);
        }
        if args.quick {
            command.arg("--").args(QUICK);
        }
        if args.full {
            // Those of PyTorch, which is not there otherwise.
            command.args(["--", "--include-ignored"]);
        }
        cargo_test(&mut command)
    });
    if browser {
        let built = stage("page", &mut || page::build(&page::dist(), page::More { eager: true }).into());
        stage("browser", &mut || match &found {
            _ if !built => Outcome::Failed("there is no page to test".into()),
            Some(TestTools { chromium: Some(chromium), chromedriver: Some(chromedriver), .. }) => {
                browser_tests(&|| {
                    let mut command = cargo();
                    command.arg("test").args(BUILD).args(["--test", "browser", "--no-fail-fast"]);
                    // Two at a time, each with a Chromium; those that measure time in it wait until they are alone.
                    command.args(["--", "--test-threads=2"]);
                    command.env("LATENT_LAB_CHROMIUM", chromium).env("LATENT_LAB_CHROMEDRIVER", chromedriver);
                    command.env("LATENT_LAB_SCREENSHOTS", target().join("screenshots"));
                    command
                })
            }
            _ => Outcome::Skipped("Chromium or chromedriver is missing, see set-up".into()),
        });
        stage("firefox", &mut || match found.as_ref().map(|tools| &tools.firefox) {
            _ if !built => Outcome::Failed("there is no page to test".into()),
            Some(Some(path)) => firefox(path),
            _ => Outcome::Skipped("Firefox is missing, see set-up".into()),
        });
    } else if args.skip_browser {
        stage("browser", &mut || Outcome::Skipped("--skip-browser".into()));
    }

    println!("\ncargo lab test, {:.0} s in all", start.elapsed().as_secs_f64());
    let mut good = true;
    for (name, seconds, outcome) in &stages {
        println!("  {name:<10} {seconds:>6.1} s  {outcome}");
        good &= match outcome {
            Outcome::Passed(_) => true,
            Outcome::Skipped(_) => !ci,
            Outcome::Failed(_) => false,
        };
    }
    if ci && stages.iter().any(|(_, _, outcome)| matches!(outcome, Outcome::Skipped(_))) {
        println!("  with CI=true a skipped stage is a failure");
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Clippy, with warnings as errors: natively with everything, for browsers what only they compile; each program and each set of
/// features alone where all is asked for.
fn lints(args: &Args) -> Result<(), Failure> {
    let clippy = |what: &[&str]| {
        let mut command = cargo();
        command.args(["clippy", "--profile", "suite"]).args(what).args(["--", "--deny", "warnings"]);
        // The variables replace the flags of `.cargo/config.toml`, without which `getrandom` does not compile for the web.
        command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
        succeed(&mut command, &format!("clippy {}", what.join(" ")))
    };
    clippy(&[&BUILD[2..], &["--all-targets"]].concat())?;
    if args.quick {
        return Ok(());
    }
    programs::set_up()?;
    // What only browsers compile is in one of the site's programs.
    let mut web = index::links(&index::text()?)?.programs;
    let packages: Vec<String> = web.iter().map(|program| format!("--package=latent-lab-{}", program.name)).collect();
    let for_web = ["--target", "wasm32-unknown-unknown"];
    clippy(&[&for_web[..], &packages.iter().map(String::as_str).collect::<Vec<_>>()].concat())?;
    if args.full {
        NATIVE_SETS.iter().try_for_each(|set| clippy(&["--all-targets", "--features", set]))?;
        web.push(programs::eager());
        web.iter().try_for_each(|program| clippy(&[&for_web[..], &["--manifest-path", &program.manifest]].concat()))?;
    }
    Ok(())
}

/// What the comments say in code runs, and every link in them leads somewhere.
fn docs() -> Outcome {
    let mut doc = cargo();
    doc.arg("doc").args(BUILD).args(["--no-deps", "--document-private-items"]).env("RUSTDOCFLAGS", "--deny warnings");
    if let Err(message) = succeed(&mut doc, "writing the documentation") {
        return Outcome::Failed(message);
    }
    cargo_test(cargo().arg("test").args(BUILD).arg("--doc"))
}

/// Runs `npm test` in a folder of the tests, with what it names installed.
fn npm_test(folder: &str, variables: &[(&str, &Path)]) -> Outcome {
    let folder = root().join(folder);
    let npm = tools::find("npm");
    if !npm.is_absolute() {
        return Outcome::Skipped(format!("there is no npm here to run {} with", folder.display()));
    }
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&npm);
        command.args(arguments).current_dir(&folder).envs(variables.iter().copied());
        succeed(&mut command, &format!("`npm {}`", arguments.join(" ")))
    };
    if !folder.join("node_modules").is_dir()
        && let Err(message) = run(&["install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"])
    {
        return Outcome::Failed(message);
    }
    run(&["test", "--silent"]).into()
}

/// The page in Firefox. It shares the machine's cores with whatever else runs, as in [`browser_tests`].
fn firefox(firefox: &Path) -> Outcome {
    // The tests have been built beside this program, in the place of what was started.
    let lab = target().join("suite").join("lab").with_extension(env::consts::EXE_EXTENSION);
    let (root, pictures) = (root(), target().join("screenshots"));
    let variables: [(&str, &Path); 4] = [
        ("LATENT_LAB", &lab),
        ("LATENT_LAB_FIREFOX", firefox),
        ("LATENT_LAB_SCREENSHOTS", &pictures),
        ("CARGO_MANIFEST_DIR", &root),
    ];
    match npm_test("tests/firefox", &variables) {
        Outcome::Failed(first) => {
            eprintln!("\n== once more: Firefox");
            match npm_test("tests/firefox", &variables) {
                Outcome::Passed(_) => Outcome::Passed(format!("at the second time; {first}")),
                again => again,
            }
        }
        outcome => outcome,
    }
}

/// Whether every file is as `rustfmt` writes it.
fn format() -> Outcome {
    // Toolchains may come without it.
    if !cargo().args(["fmt", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    {
        return Outcome::Skipped("there is no rustfmt here".into());
    }
    match cargo().args(["fmt", "--check"]).status() {
        Ok(status) if status.success() => {}
        Ok(_) => return Outcome::Failed("`cargo fmt` would change files".into()),
        Err(error) => return Outcome::Failed(format!("cargo cannot be started: {error}")),
    }
    // Cargo does not see modules that tables declare: of panels, questions, operations that loop, data sets.
    let files = match site::files(&root().join("src")) {
        Ok(files) => files.into_iter().filter(|file| file.extension().is_some_and(|end| end == "rs")),
        Err(message) => return Outcome::Failed(message),
    };
    match Command::new("rustfmt").current_dir(root()).args(["--check", "--edition", "2024"]).args(files).status() {
        Ok(status) if status.success() => Outcome::Passed(String::new()),
        Ok(_) => Outcome::Failed("`rustfmt --edition 2024` would change these files".into()),
        Err(error) => Outcome::Failed(format!("rustfmt cannot be started: {error}")),
    }
}

/// Runs `cargo test`, shows its output as it comes, and adds up its results.
fn cargo_test(command: &mut Command) -> Outcome {
    match tests(command) {
        Ok(ran) => ran.outcome(),
        Err(message) => Outcome::Failed(message),
    }
}

/// More failures than this are not the machine's.
const CHANCE: usize = 3;

/// Runs the tests in the browser. A Chromium, a software adapter and whatever else is running share the cores, and now and
/// then a test is late for reasons that are not the page's: the few that failed run once more, by themselves, and the summary
/// names them.
fn browser_tests(command: &dyn Fn() -> Command) -> Outcome {
    let (first, again) = match tests(&mut command()) {
        Ok(first) if (1..=CHANCE).contains(&first.failed.len()) => {
            eprintln!("\n== once more: {}", first.failed.join(", "));
            let again = tests(command().arg("--exact").args(&first.failed));
            (first, again)
        }
        Ok(ran) => return ran.outcome(),
        Err(message) => return Outcome::Failed(message),
    };
    match again {
        Ok(again) if again.good && again.totals.passed == first.failed.len() => {
            Outcome::Passed(format!("{}; then passed: {}", first.totals, first.failed.join(", ")))
        }
        Ok(again) => Outcome::Failed(format!("{}; once more: {}", first.totals, again.totals)),
        Err(message) => Outcome::Failed(message),
    }
}

fn tests(command: &mut Command) -> Result<Ran, String> {
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| format!("cargo cannot be started: {error}"))?;
    let mut ran = Ran::default();
    let mut stdout = std::io::stdout();
    let output = BufReader::new(child.stdout.take().expect("the output is piped"));
    for line in output.lines().map_while(Result::ok) {
        let _ = writeln!(stdout, "{line}");
        ran.add(&line);
    }
    let status = child.wait().map_err(|error| format!("cargo was lost: {error}"))?;
    (ran.good, ran.status) = (status.success(), status.to_string());
    Ok(ran)
}

/// What a run of `cargo test` came to.
#[derive(Debug, Default)]
struct Ran {
    good: bool,
    status: String,
    totals: Totals,
    /// Names of the tests that failed.
    failed: Vec<String>,
}

impl Ran {
    /// Takes in a line of its output, of which `test some::name ... FAILED` and the results are of interest.
    fn add(&mut self, line: &str) {
        self.totals.add(line);
        if let Some(name) = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED")) {
            self.failed.push(name.to_string());
        }
    }

    fn outcome(&self) -> Outcome {
        match (self.good, self.totals.passed) {
            (true, 0) => Outcome::Failed("no test ran".into()),
            (true, _) => Outcome::Passed(self.totals.to_string()),
            (false, _) => Outcome::Failed(format!("{} ({})", self.totals, self.status)),
        }
    }
}

/// Counts over all test binaries.
#[derive(Debug, Default, PartialEq)]
struct Totals {
    passed: usize,
    failed: usize,
    ignored: usize,
}

impl Totals {
    /// Takes in a line like `test result: ok. 3 passed; 0 failed; 1 ignored; ...`.
    fn add(&mut self, line: &str) {
        let Some(counts) = line.strip_prefix("test result: ") else { return };
        for part in counts.split(['.', ';']) {
            let mut words = part.split_whitespace();
            let (Some(Ok(n)), Some(kind)) = (words.next().map(str::parse::<usize>), words.next()) else { continue };
            match kind {
                "passed" => self.passed += n,
                "failed" => self.failed += n,
                "ignored" => self.ignored += n,
                _ => {}
            }
        }
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} ignored", self.passed, self.failed, self.ignored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_several_binaries_are_added_up() {
        let mut ran = Ran::default();
        for line in [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 5 filtered out; finished in 0.02s",
            "test panels::the_map_is_explored ... FAILED",
            "test site::it_fits ... ok",
            "test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.50s",
        ] {
            ran.add(line);
        }
        assert_eq!(ran.totals, Totals { passed: 4, failed: 1, ignored: 1 });
        assert_eq!(ran.failed, ["panels::the_map_is_explored"]);
    }
}
