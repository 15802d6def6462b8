//! Labels as factors: columns of numbers or of text, one value for each image.

use latent_packed::PackedFactor;

use latent_vocabulary::npy::NpyHeader;

/// Most values of a factor, and most factors.
pub const VALUES: usize = 256;
pub const FACTORS: usize = 256;

/// A factor, and its value for each row.
pub type Column = (PackedFactor, Vec<u8>);

/// Columns, and what is to be said of those that are none.
#[derive(Default)]
pub struct Found {
    pub columns: Vec<Column>,
    pub notes: Vec<String>,
}

/// What QMNIST's eight columns are (Yadav and Bottou, "Cold Case: The Lost MNIST Digits", 2019).
const QMNIST: [&str; 8] = ["Label", "Series", "Writer", "Digit of the writer", "NIST class", "NIST number", "Duplicate", "Unused"];

/// An array of labels as factors: one for each column of whole numbers or of text, or one for all where the rows are one-hot.
pub fn of_array(name: &str, header: &NpyHeader, bytes: &[u8], rows: usize, qmnist: bool) -> Found {
    let (columns, there) = (header.row(), bytes.len() / header.width);
    let aside = |why: String| Found { columns: Vec::new(), notes: vec![format!("{name} {why} and is left aside.")] };
    if header.shape.first() != Some(&rows) || there != rows * columns {
        return aside(format!("has labels for {} of {rows} images", there / columns.max(1)));
    }
    if columns > FACTORS {
        return aside(format!("has {columns} labels an image, more than {FACTORS},"));
    }
    let title = |i: usize| match columns {
        1 => name.to_owned(),
        8 if qmnist => QMNIST[i].to_owned(),
        _ => format!("{name}_{i}"),
    };
    if !header.is_numeric() {
        let texts: Vec<String> = header.texts(bytes).collect();
        return gathered((0..columns).map(|i| column(title(i), texts.iter().skip(i).step_by(columns).collect())));
    }
    let numbers: Vec<f64> = header.numbers(bytes).collect();
    if columns > 1
        && let Some(hot) = numbers.chunks_exact(columns).map(one_hot).collect::<Option<Vec<i64>>>()
    {
        return gathered(std::iter::once(column(name.to_owned(), hot)));
    }
    if numbers.iter().any(|v| v.fract() != 0.0) {
        return aside("has values that are no whole numbers".into());
    }
    let numbers: Vec<i64> = numbers.into_iter().map(|v| v as i64).collect();
    gathered((0..columns).map(|i| column(title(i), numbers.iter().skip(i).step_by(columns).copied().collect())))
}

fn gathered(columns: impl Iterator<Item = Result<Column, String>>) -> Found {
    let mut found = Found::default();
    for column in columns {
        match column {
            Ok(column) => found.columns.push(column),
            Err(why) => found.notes.push(why),
        }
    }
    found
}

/// Where the one of a row stands that has zeros otherwise; softened ones are as good.
fn one_hot(row: &[f64]) -> Option<i64> {
    let at = row.iter().position(|v| *v > 0.5)?;
    let rest = row.iter().enumerate().all(|(i, v)| i == at || (0.0..0.1).contains(v));
    (rest && row[at] <= 1.0).then_some(at as i64)
}

/// A factor whose values are the different labels: one, perhaps, for other files may have others.
///
/// # Errors
/// If there are too many: a sentence with its name.
pub fn column<T: Ord + Clone + ToString>(name: String, labels: Vec<T>) -> Result<Column, String> {
    let mut distinct = labels.clone();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() > VALUES {
        return Err(format!("{name} has {} different values, more than {VALUES}, and is left aside.", distinct.len()));
    }
    let index = |v: &T| distinct.binary_search(v).expect("it is one of them") as u8;
    let factor = PackedFactor { name, values: distinct.iter().map(ToString::to_string).collect() };
    Ok((factor, labels.iter().map(index).collect()))
}

/// Text labels as a factor: in the order of numbers, where all are numbers.
///
/// # Errors
/// As [`column()`].
pub fn text_column(name: String, labels: &[&str]) -> Result<Column, String> {
    let number = |l: &&str| l.parse::<f64>().ok().filter(|v| v.fract() == 0.0 && v.abs() < 1e15).map(|v| v as i64);
    match labels.iter().map(number).collect::<Option<Vec<i64>>>() {
        Some(numbers) => column(name, numbers),
        None => column(name, labels.to_vec()),
    }
}

/// Whether a column only counts its rows, as is often done: from 0 or from 1.
pub fn only_counts(values: &[&str]) -> bool {
    values.iter().enumerate().all(|(i, v)| v.parse() == Ok(i) || v.parse() == Ok(i + 1))
}

/// The factor that suits best as a label: one called so, or the one with the fewest values, which divides best.
pub fn best(factors: &[PackedFactor]) -> usize {
    let called = |f: &PackedFactor| {
        let name = f.name.to_ascii_lowercase();
        ["label", "labels", "class", "y", "target", "targets", "folder"].iter().position(|n| *n == name)
    };
    let named = factors.iter().enumerate().filter_map(|(i, f)| Some((called(f)?, i))).min();
    let fewest = || (0..factors.len()).min_by_key(|i| factors[*i].values.len());
    named.map(|(_, i)| i).or_else(fewest).unwrap_or(0)
}
