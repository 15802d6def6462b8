//! What visitors bring becomes packed images: equal to a reference, complete, resumable, and never a crash.

mod brought;
mod celeba;
mod command;
mod ends;
mod fuzz;
mod golden;
mod kinds;
mod made;
mod people;
mod thirty;
mod vectors;

use std::path::{Path, PathBuf};

/// The files beside their reference.
fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import/golden")
}

/// An empty folder of that name.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("import-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}
