//! A sheet of sprites: one picture with many on it, in rows and columns of equal tiles.

use latent_vocabulary::import::Crop;

use super::archive::FILE_LIMIT;
use super::names::{base, stem};
use super::picture::Picture;
use super::read::{Mark, Named};
use super::source::{About, Fault, Item, OWN, Raw, Source, default_split};

pub struct Sheet {
    about: About,
    sheet: Picture,
    tile: (usize, usize),
    /// Column and row of each tile that is not empty.
    places: Vec<(usize, usize)>,
}

impl Sheet {
    /// Cuts a picture into tiles `tile` pixels wide and high; without a size, squares as high as one row of the sheet.
    ///
    /// # Errors
    /// Names the file, if it cannot be read or is smaller than a tile.
    pub fn open(file: &Named, tile: Option<(u32, u32)>) -> Result<Self, String> {
        let bytes = file.whole(FILE_LIMIT)?;
        let sheet = Picture::decode(&bytes).map_err(|e| format!("{} {e}", file.name))?;
        Self::of(sheet, &file.name, &Mark::default().with(&bytes).to_string(), tile)
    }

    /// Cuts a picture that is there already. `mark` tells its content from others'.
    ///
    /// # Errors
    /// As [`Sheet::open`].
    pub fn of(sheet: Picture, name: &str, mark: &str, tile: Option<(u32, u32)>) -> Result<Self, String> {
        let (w, h) = tile.map_or_else(|| guess(&sheet), |(w, h)| (w as usize, h as usize));
        if w == 0 || h == 0 || w > sheet.width || h > sheet.height {
            return Err(format!("{}: tiles of {w} × {h} do not fit on {} × {} pixels", name, sheet.width, sheet.height));
        }
        let grid = (0..sheet.height / h).flat_map(|row| (0..sheet.width / w).map(move |column| (column, row)));
        let places: Vec<(usize, usize)> = grid.filter(|at| !plain(&sheet, (w, h), *at)).collect();
        if places.is_empty() {
            return Err(format!("{name}: every tile of {w} × {h} pixels is of one colour"));
        }
        let empty = (sheet.width / w) * (sheet.height / h) - places.len();
        let about = About {
            what: format!("a sheet of {} tiles, {w} × {h} pixels each", places.len()),
            title: stem(name).into(),
            credit: OWN.into(),
            items: places.len() as u64,
            factors: Vec::new(),
            label: 0,
            notes: if empty > 0 { vec![format!("{empty} tiles of one colour are left out.")] } else { Vec::new() },
            crop: Crop::Middle,
            sheet: true,
            vectors: None,
            planted_kd: Vec::new(),
            fingerprint: format!("sheet {} {mark} {w} {h}", base(name)),
            ..About::default()
        };
        Ok(Self { about, sheet, tile: (w, h), places })
    }

    fn tile(&self, (column, row): (usize, usize)) -> Picture {
        let ((w, h), c) = (self.tile, self.sheet.channels);
        let rows = (row * h..(row + 1) * h).flat_map(|y| {
            let at = (y * self.sheet.width + column * w) * c;
            self.sheet.values_hwc[at..at + w * c].iter().copied()
        });
        Picture { width: w, height: h, channels: c, values_hwc: rows.collect() }
    }
}

/// Squares as high as the sheet where they fill its width, else the largest of the usual sizes that fills both.
fn guess(sheet: &Picture) -> (usize, usize) {
    let (w, h) = (sheet.width, sheet.height);
    let short = w.min(h);
    let strip = w.max(h) / short >= 4 && w.max(h) % short == 0;
    let side = [128, 64, 48, 32, 28, 24, 16, 8].into_iter().find(|s| w % s == 0 && h % s == 0 && (w / s) * (h / s) >= 16);
    let side = if strip { short } else { side.unwrap_or(short) };
    (side, side)
}

/// Whether a tile has one colour only: sheets are padded with such tiles.
fn plain(sheet: &Picture, (w, h): (usize, usize), (column, row): (usize, usize)) -> bool {
    let c = sheet.channels;
    let at = |x: usize, y: usize| &sheet.values_hwc[(y * sheet.width + x) * c..][..c];
    let first = at(column * w, row * h);
    (row * h..(row + 1) * h).all(|y| (column * w..(column + 1) * w).all(|x| at(x, y) == first))
}

impl Source for Sheet {
    fn about(&self) -> &About {
        &self.about
    }

    fn factors(&self, _place: u64) -> Option<&[u8]> {
        Some(&[])
    }

    fn item(&mut self, place: u64) -> Result<Item, Fault> {
        let at = self.places[place as usize];
        let name = format!("tile {} of row {}", at.0 + 1, at.1 + 1);
        Ok(Item { name, raw: Raw::Picture(self.tile(at)), split: default_split(place), factors_k: Vec::new() })
    }
}
