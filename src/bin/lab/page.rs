//! Building the page: small WebAssembly files, for the page, for its workers and for embedded figures.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use latent_catalog::CARDS;
use latent_vocabulary::texts::Texts;

use crate::cargo::{root, target};
use crate::site::about;
use crate::{Failure, findings, index, languages, lessons, offline, programs, site};

#[derive(clap::Args)]
pub struct Args {
    /// Folder to build into. As a hook of Trunk: the folder that it stages.
    #[arg(long, value_name = "DIR", env = "TRUNK_STAGING_DIR", hide_env = true)]
    out: PathBuf,
    /// Path of the site on its host, such as /latent-lab/; without it, the page works from any folder.
    #[arg(long, value_name = "PATH", value_parser = base)]
    base: Option<String>,
    /// Leave out the compressed files (.gz, .br) that lie beside what is served as text or code.
    #[arg(long)]
    plain: bool,
    #[command(flatten)]
    more: More,
}

/// What a site need not have.
#[derive(clap::Args, Clone, Copy, Default)]
pub struct More {
    /// Build the worker with Burn's own execution as well (`engine=burn`, Verify): some minutes more the first time.
    #[arg(long)]
    pub eager: bool,
}

/// A path from the root of a host.
pub fn base(text: &str) -> Result<String, String> {
    let good = text.starts_with('/') && text.ends_with('/') && !text.contains(['?', '#', '"', '\'', '<', ' ']);
    if good { Ok(text.to_owned()) } else { Err("expected a path that begins and ends with /".into()) }
}

pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let out = env::current_dir().map_err(|error| format!("no current folder: {error}"))?.join(&args.out);
    if out.is_file() {
        return Err(format!("--out {}: this is a file", args.out.display()));
    }
    if !ours(&out) {
        return Err(format!(
            "--out {}: there are other files than those of a site in it; choose another folder",
            args.out.display()
        ));
    }
    build_for(&out, args.base.as_deref(), args.more)?;
    if !args.plain {
        site::compress(&out)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The folder with all that belongs to one build alone: programs, and the styles and texts that they fetch. Its name gets a part that changes
/// with its content, so a page never meets what another build wrote.
const PROGRAMS: &str = "programs";

/// Where `cargo lab serve` and the browser tests expect the page.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// Sets up what is missing on this machine, then builds the release page into `out`.
///
/// # Errors
/// If a program does not compile, or a file cannot be written.
pub fn build(out: &Path, more: More) -> Result<(), Failure> {
    build_for(out, None, more)
}

/// [`build`], for the path `base` of a host.
fn build_for(out: &Path, base: Option<&str>, more: More) -> Result<(), Failure> {
    let start = Instant::now();
    let first = !target().join("wasm32-unknown-unknown").is_dir();
    eprintln!("building the page{}", if first { ": the first time takes some five minutes on two cores" } else { "" });
    programs::set_up()?;
    let html = index::text()?;
    let mut all = index::links(&html)?.programs;
    all.extend(more.eager.then(programs::eager));
    // A site is there as a whole or as it was before: it is built beside its place.
    let name = out.file_name().ok_or_else(|| format!("{}: this is no folder to build into", out.display()))?;
    let new = out.with_file_name(format!("{}.new", name.to_string_lossy()));
    remove(&new)?;
    fs::create_dir_all(&new).map_err(|e| about(&new, &e))?;
    let own = new.join(PROGRAMS);
    programs::build(&all, &new, &own)?;
    index::copy_folders(&html, &new)?;
    let spoken = languages::languages()?;
    site::add_embed(&new, &languages::of_figures(&spoken)?)?;
    site::write(&own.join("findings.json"), &findings::for_page()?)?;
    lessons::add(&new, &own)?;
    languages::add(&spoken, &new, &own)?;
    let figures = new.join("findings");
    fs::create_dir_all(&figures).map_err(|e| about(&figures, &e))?;
    for (name, bytes) in findings::for_figures()? {
        site::write(&figures.join(name), &bytes)?;
    }
    let texts = own.join("texts");
    fs::create_dir_all(&texts).map_err(|e| about(&texts, &e))?;
    for card in CARDS {
        let bytes = serde_json::to_vec(&Texts::of(card)).map_err(|error| error.to_string())?;
        site::write(&own.join(Texts::file(card.id)), &bytes)?;
    }
    let folder = site::called_by_content(&own)?;
    index::write_site(&html, &new, base.unwrap_or("./"), &folder, &languages::links(&spoken))?;
    offline::add(&new)?;
    remove(out)?;
    fs::rename(&new, out).map_err(|e| about(out, &e))?;
    eprintln!("the page is built, {:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}

/// Whether nothing is lost if the folder goes: it is not there, empty, or an earlier site.
fn ours(folder: &Path) -> bool {
    let empty = fs::read_dir(folder).map_or(true, |mut files| files.next().is_none());
    empty || fs::read_to_string(folder.join("index.html")).is_ok_and(|html| html.contains("<title>Latent Lab</title>"))
}

fn remove(folder: &Path) -> Result<(), Failure> {
    if folder.exists() { fs::remove_dir_all(folder).map_err(|e| about(folder, &e)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_other_files_is_not_replaced() {
        let folder = env::temp_dir().join(format!("latent-lab-out-{}", std::process::id()));
        assert!(ours(&folder), "it is not there");
        fs::create_dir_all(&folder).unwrap();
        assert!(ours(&folder), "it is empty");
        fs::write(folder.join("thesis.tex"), "years of work").unwrap();
        let args = Args { out: folder.clone(), base: None, plain: true, more: More::default() };
        assert!(run(&args).unwrap_err().contains("other files"));
        fs::write(folder.join("index.html"), "<title>My own page</title>").unwrap();
        assert!(!ours(&folder));
        fs::copy(root().join("index.html"), folder.join("index.html")).unwrap();
        assert!(ours(&folder), "an earlier site");
        fs::remove_dir_all(folder).unwrap();
    }
}
