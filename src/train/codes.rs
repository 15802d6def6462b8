//! Codes as a table.

use std::fmt::Write;

/// One row an image: its number, its label, its posterior's means and, where it has any, log-variances.
///
/// `mean_nd` and `logvar_nd` are row-major `[n, latent]`; the latter may be empty. Numbers are written so that they read back
/// as the same 32-bit floats.
pub fn csv(mean_nd: &[f32], logvar_nd: &[f32], labels: &[u8], latent: usize) -> String {
    let mut out = String::from("image,label");
    let parts = [("mean", mean_nd), ("logvar", logvar_nd)].into_iter().filter(|(_, values)| !values.is_empty());
    for (name, _) in parts.clone() {
        (0..latent).for_each(|d| write!(out, ",{name}_{d}").expect("memory takes it"));
    }
    for (i, label) in labels.iter().enumerate().take(mean_nd.len() / latent.max(1)) {
        write!(out, "\n{i},{label}").expect("memory takes it");
        for value in parts.clone().flat_map(|(_, values)| &values[i * latent..][..latent]) {
            write!(out, ",{value}").expect("memory takes it");
        }
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_an_image_and_a_column_a_number() {
        let (mean, logvar) = ([0.1, -2.0, 1e-20, 3.0], [0.5, 0.25, 0.0, 1.0 / 3.0]);
        let table = csv(&mean, &logvar, &[7, 3], 2);
        assert_eq!(table.lines().next(), Some("image,label,mean_0,mean_1,logvar_0,logvar_1"));
        let rows: Vec<Vec<f32>> = table.lines().skip(1).map(|l| l.split(',').map(|v| v.parse().unwrap()).collect()).collect();
        assert_eq!(rows, [[0.0, 7.0, 0.1, -2.0, 0.5, 0.25], [1.0, 3.0, 1e-20, 3.0, 0.0, 1.0 / 3.0]]);
        assert_eq!(csv(&mean, &[], &[7, 3], 2).lines().next(), Some("image,label,mean_0,mean_1"));
    }
}
