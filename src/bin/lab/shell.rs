//! `cargo lab shell`: what the built page shows first, as the HTML that stands in its place until it runs.

use std::process::ExitCode;

use crate::cargo::root;
use crate::driver::{Options, Page};
use crate::{Failure, page, site, tools};

/// Runs in the page before it: takes down what the page shows when it takes over.
pub const SCRIPT: &str = include_str!("shell.js");

#[derive(clap::Args)]
pub struct Args {
    /// Take the page as it was built last.
    #[arg(long)]
    no_build: bool,
}

pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    if !args.no_build {
        page::build(&page::dist(), page::More::default())?;
    }
    let found = tools::set_up_tests(true, false)?;
    let (Some(_), Some(_)) = (found.chromium, found.chromedriver) else {
        return Err("Chromium or chromedriver is missing: the message above says how to install them".into());
    };
    let page = Page::open(&Options { size: Some((1280, 900)), script: SCRIPT, ..Options::default() });
    let shell = page.wait("the page has taken over", "probe.taken?.shell");
    let file = root().join("assets/shell.html");
    let lines = shell.as_str().unwrap_or_default().replace("><", ">\n<");
    site::write(&file, format!("{lines}\n").as_bytes())?;
    println!("{} has what the page shows first", file.display());
    Ok(ExitCode::SUCCESS)
}
