//! The words of the directions of codes.

pub const SPECTRUM: &str = "Directions of the codes";
pub const HELP: &str = "Singular values of the codes of test images about their mean, largest first: how far codes spread along each principal axis. Directions that a code does not need vanish. Beside them the singular values of the images themselves, which are what principal components make of the pixels; each set as a share of its largest.";
pub const CODES: &str = "codes";
pub const SAMPLES: &str = "the images themselves";

pub fn bar(i: usize, own: &[f64], samples: &[f64]) -> String {
    let own = own.get(i).copied().unwrap_or(0.0);
    match samples.get(i) {
        Some(beside) => format!("Direction {}: {own:.3} in the codes, {beside:.3} in the images", i + 1),
        None => format!("Direction {}: {own:.3} in the codes", i + 1),
    }
}

/// Effective ranks, of codes and of the images beside them.
pub fn said(rank: f64, numbers: usize, beside: Option<f64>, images: u32) -> String {
    let own = format!("Codes spread in {rank:.1} of {numbers} directions");
    let beside = beside.map_or_else(String::new, |beside| format!(", the images themselves in {beside:.1}"));
    format!("{own}{beside} (effective rank, {images} test images)")
}
