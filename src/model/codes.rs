//! Codes for other programs.

mod npz;

use std::fmt::Write;

use latent_protocol::Table;
use latent_small::part;

/// What an encoder makes of `n` images.
#[derive(Clone, Debug, PartialEq)]
pub struct Codes<'a> {
    /// Numbers of a code.
    pub latent: usize,
    /// Means, or points: `[n, latent]`, row-major.
    pub mean_nd: Vec<f32>,
    /// Log-variances, likewise; empty where a code is a point.
    pub logvar_nd: Vec<f32>,
    /// Label of each image.
    pub labels: &'a [u8],
}

part!(inspection:
    /// [`Codes::write`], for the few who save codes.
    pub fn writer() -> fn(&Codes<'_>, Table) -> Result<Vec<u8>, String> = |codes, table| codes.write(table)
);

impl Codes<'_> {
    /// The file of that kind.
    ///
    /// # Errors
    /// What the archive's writer says.
    pub fn write(&self, table: Table) -> Result<Vec<u8>, String> {
        match table {
            Table::Csv => Ok(self.csv().into_bytes()),
            Table::Npz => self.npz(),
        }
    }

    /// What there is of each image: name and values, `[n, latent]` each.
    fn parts(&self) -> impl Iterator<Item = (&'static str, &[f32])> + Clone {
        [("mean", &self.mean_nd[..]), ("logvar", &self.logvar_nd)].into_iter().filter(|(_, values)| !values.is_empty())
    }

    /// One row an image: its number, its label, its means and, where there are any, its log-variances. Numbers are written so
    /// that they read back as the same 32-bit floats.
    fn csv(&self) -> String {
        let mut out = String::from("image,label");
        for (name, _) in self.parts() {
            (0..self.latent).for_each(|d| write!(out, ",{name}_{d}").expect("memory takes it"));
        }
        for (i, label) in self.labels.iter().enumerate().take(self.mean_nd.len() / self.latent.max(1)) {
            write!(out, "\n{i},{label}").expect("memory takes it");
            for value in self.parts().flat_map(|(_, values)| &values[i * self.latent..][..self.latent]) {
                write!(out, ",{value}").expect("memory takes it");
            }
        }
        out.push('\n');
        out
    }

    /// Arrays `mean` and, where there is any, `logvar`, `[n, latent]`, 32-bit floats, and `label`, `[n]`, bytes.
    fn npz(&self) -> Result<Vec<u8>, String> {
        let mut archive = npz::Npz::default();
        for (name, values) in self.parts() {
            let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            archive.add(name, "<f4", &[values.len() / self.latent.max(1), self.latent], &bytes)?;
        }
        archive.add("label", "|u1", &[self.labels.len()], self.labels)?;
        archive.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_an_image_and_a_column_a_number() {
        let (mean_nd, logvar_nd) = (vec![0.1, -2.0, 1e-20, 3.0], vec![0.5, 0.25, 0.0, 1.0 / 3.0]);
        let codes = Codes { latent: 2, mean_nd, logvar_nd, labels: &[7, 3] };
        let table = codes.csv();
        assert_eq!(table.lines().next(), Some("image,label,mean_0,mean_1,logvar_0,logvar_1"));
        let rows: Vec<Vec<f32>> = table.lines().skip(1).map(|l| l.split(',').map(|v| v.parse().unwrap()).collect()).collect();
        assert_eq!(rows, [[0.0, 7.0, 0.1, -2.0, 0.5, 0.25], [1.0, 3.0, 1e-20, 3.0, 0.0, 1.0 / 3.0]]);
        let points = Codes { logvar_nd: vec![], ..codes };
        assert_eq!(points.csv().lines().next(), Some("image,label,mean_0,mean_1"));
    }
}
