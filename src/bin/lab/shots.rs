//! `cargo lab shots`: pictures of every panel, in light and dark, on desktop and phone, for a person to look at.

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use crate::driver::{Options, Page};
use crate::{Failure, page, tools};

#[derive(clap::Args)]
pub struct Args {
    /// Folder for the pictures.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Take the page as it was built last.
    #[arg(long)]
    no_build: bool,
}

/// Name and CSS pixels.
const SCREENS: [(&str, (u32, u32)); 2] = [("desktop", (1440, 900)), ("phone", (390, 844))];

/// A panel that comes into view has asked after so long, and one that was answered has drawn.
const SETTLE: Duration = Duration::from_millis(1500);
/// Training before the last picture.
const TRAINING: Duration = Duration::from_secs(10);

/// The engine draws nine thousand faces first, and the software adapter takes its time for an atlas of them.
const DRAWING: Duration = Duration::from_secs(180);

/// Trained models in colour, or with tabs that the first one has not.
const OTHERS: [(&str, &str); 4] =
    [("mnist-vq", "codebook"), ("faces-sae", "features"), ("faces-beta", "learn"), ("faces-vq", "codebook")];

pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let out = env::current_dir().map_err(|error| format!("no current folder: {error}"))?.join(&args.out);
    if !args.no_build {
        page::build(&page::dist(), page::More::default())?;
    }
    let found = tools::set_up_tests(true, false)?;
    let (Some(_), Some(_)) = (found.chromium, found.chromedriver) else {
        return Err("Chromium or chromedriver is missing: the message above says how to install them".into());
    };
    for (screen, size) in SCREENS {
        for (scheme, dark) in [("light", false), ("dark", true)] {
            let page = Page::open(&Options { size: Some(size), dark, ..Options::default() });
            page.wait("the engine is ready", "document.querySelector('[data-testid=train]')?.disabled === false");
            shoot(&page, &out, &format!("{screen}-{scheme}"));
            for (preset, tab) in OTHERS {
                let page = Page::open(&Options { size: Some(size), dark, ..Options::default() });
                page.wait("the engine is ready", "document.querySelector('[data-testid=train]')?.disabled === false");
                page.js("document.querySelector('[data-testid=gallery]').open = true");
                page.click(&format!("preset-{preset}"));
                let open = format!(
                    "document.querySelector('[data-testid=preset-{preset}]').ariaPressed === 'true' && document.querySelector('[data-testid=tab-{tab}]') && latentLab.state().status === 'Ready to train'"
                );
                page.wait_for("the model is ready", &open, DRAWING);
                page.open_tab(tab);
                look(&page);
                page.screenshot_to(&out, &format!("{screen}-{scheme}-{preset}"));
            }
        }
    }
    println!("the pictures are in {}", out.display());
    Ok(ExitCode::SUCCESS)
}

/// One picture of each tab, and one of the first while it trains.
fn shoot(page: &Page, out: &Path, name: &str) {
    let tabs = page.js("return [...document.querySelectorAll('[role=tab]')].map(tab => tab.dataset.testid)");
    for tab in tabs.as_array().into_iter().flatten().filter_map(|tab| tab.as_str()) {
        page.click(tab);
        look(page);
        page.screenshot_to(out, &format!("{name}-{}", tab.trim_start_matches("tab-")));
    }
    page.click("tab-learn");
    page.click("train");
    sleep(TRAINING);
    look(page);
    page.screenshot_to(out, &format!("{name}-training"));
}

/// Scrolls to each panel, for those out of view ask for nothing, and waits until it has what it asked for.
fn look(page: &Page) {
    for i in 0..page.js("return document.querySelectorAll('.panel').length").as_u64().unwrap_or(0) {
        page.js(&format!("document.querySelectorAll('.panel')[{i}].scrollIntoView()"));
        sleep(SETTLE);
        page.wait_for("the panel has its pictures", "latentLab.state().waiting === 0", DRAWING);
    }
}
