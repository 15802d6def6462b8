//! What came out of all runs, as a table.

use crate::job::figure_id;
use crate::row::Row;
use crate::stop::Stop;
use latent_small::number;
use latent_vocabulary::measured::four_digits;
use serde::{Deserialize, Serialize};

/// Columns that every run has.
const SEED: &str = "seed";
const STEPS: &str = "steps";
const MS: &str = "ms_a_step";
const PARAMETERS: &str = "parameters";
const FLOPS: &str = "flops_a_step";
const ENGINE: &str = "engine";

/// What stands in a row of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    Number(f64),
    Text(String),
    /// This run has no such number.
    Nothing,
}

impl Cell {
    /// A number, where the text is one.
    fn of(text: &str) -> Self {
        number(text).map_or_else(|| Self::Text(text.into()), Self::Number)
    }

    pub fn number(&self) -> Option<f64> {
        if let Self::Number(value) = self { Some(*value) } else { None }
    }

    /// For people: as it is where it is short, else in four digits.
    pub fn short(&self) -> String {
        match self {
            Self::Number(v) => {
                let whole = v.to_string();
                if whole.len() <= 6 || v.fract() == 0.0 && v.abs() < 1e15 { whole } else { four_digits(*v) }
            }
            Self::Text(text) => text.clone(),
            Self::Nothing => String::new(),
        }
    }

    /// In full, with quotation marks where CSV needs them (RFC 4180).
    fn csv(&self) -> String {
        match self {
            Self::Number(v) => v.to_string(),
            Self::Text(text) => quoted(text),
            Self::Nothing => String::new(),
        }
    }
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.into() }
}

/// What came out of all runs: what was swept, the seed, terms and measures, then time and size.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// Of these runs, which need not be of one method. A measure that has the name of a term is told apart from it, which is of training,
    /// by `test_` before it.
    pub fn of(rows: &[Row]) -> Self {
        let mut columns: Vec<String> = vec![];
        let cells: Vec<Vec<(String, Cell)>> = rows.iter().map(cells).collect();
        // Each kind of column together, in the order in which they come.
        for kind in 0..4 {
            for (i, row) in cells.iter().enumerate() {
                for (name, _) in row.iter().filter(|(name, _)| kind_of(&rows[i], name) == kind) {
                    if !columns.contains(name) {
                        columns.push(name.clone());
                    }
                }
            }
        }
        let line = |row: &Vec<(String, Cell)>| -> Vec<Cell> {
            let of = |column: &String| row.iter().find(|(name, _)| name == column).map_or(Cell::Nothing, |(_, cell)| cell.clone());
            columns.iter().map(of).collect()
        };
        Self { rows: cells.iter().map(line).collect(), columns }
    }

    /// The numbers of a column, by row.
    pub fn numbers(&self, column: &str) -> Vec<Option<f64>> {
        let at = self.columns.iter().position(|name| name == column);
        self.rows.iter().map(|row| at.and_then(|at| row[at].number())).collect()
    }

    /// Columns that have numbers.
    pub fn numeric(&self) -> Vec<String> {
        self.columns.iter().filter(|column| self.numbers(column).iter().any(Option::is_some)).cloned().collect()
    }

    /// Whether its runs were made by different engines.
    pub fn mixes_engines(&self) -> bool {
        let at = self.columns.iter().position(|name| name == ENGINE);
        at.is_some_and(|at| self.rows.windows(2).any(|two| two[0][at] != two[1][at]))
    }

    /// The numbers of rows in the order of a column: numbers before texts before nothing.
    pub fn order(&self, column: usize, falling: bool) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        let compare = |a: &Cell, b: &Cell| {
            let by = match (a, b) {
                (Cell::Number(a), Cell::Number(b)) => a.total_cmp(b),
                (Cell::Text(a), Cell::Text(b)) => a.cmp(b),
                _ => return rank(a).cmp(&rank(b)),
            };
            if falling { by.reverse() } else { by }
        };
        order.sort_unstable_by(|a, b| compare(&self.rows[*a][column], &self.rows[*b][column]).then(a.cmp(b)));
        order
    }

    /// As comma-separated values with a head (RFC 4180), in full.
    pub fn csv(&self) -> String {
        let line = |cells: Vec<String>| cells.join(",") + "\r\n";
        let head = line(self.columns.iter().map(|name| quoted(name)).collect());
        head + &self.rows.iter().map(|row| line(row.iter().map(Cell::csv).collect())).collect::<String>()
    }
}

fn rank(cell: &Cell) -> u8 {
    match cell {
        Cell::Number(_) => 0,
        Cell::Text(_) => 1,
        Cell::Nothing => 2,
    }
}

/// All that is known of a run, by name.
fn cells(row: &Row) -> Vec<(String, Cell)> {
    let (job, made) = (&row.job, &row.made);
    let mut all: Vec<(String, Cell)> = job.values.iter().map(|(key, value)| (key.clone(), Cell::of(value))).collect();
    let number = |name: &str, value: f64| (name.to_owned(), if value.is_finite() { Cell::Number(value) } else { Cell::Nothing });
    all.push(number(SEED, f64::from(job.seed)));
    all.extend(made.names.iter().zip(&row.terms).map(|(name, value)| number(&figure_id(name), *value)));
    for (name, value) in &made.measures {
        let taken = made.names.iter().any(|term| figure_id(term) == *name);
        all.push(number(&if taken { format!("test_{name}") } else { name.clone() }, *value));
    }
    if job.stop != Stop::default() {
        all.push(number(STEPS, made.steps as f64));
    }
    all.extend([number(MS, made.ms), number(PARAMETERS, made.parameters as f64)]);
    // Not every engine counts them.
    if made.flops > 0 {
        all.push(number(FLOPS, made.flops as f64));
    }
    all.push((ENGINE.into(), Cell::Text(made.engine.clone())));
    all
}

/// Where a column stands: what was swept, terms, measures, the rest.
fn kind_of(row: &Row, name: &str) -> u8 {
    if name == SEED || row.job.values.iter().any(|(key, _)| key == name) {
        0
    } else if row.made.names.iter().any(|term| figure_id(term) == name) {
        1
    } else if [STEPS, MS, PARAMETERS, FLOPS, ENGINE].contains(&name) {
        3
    } else {
        2
    }
}

/// Runs that differ by their seeds alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What was swept, in words.
    pub label: String,
    /// Their numbers among the rows.
    pub rows: Vec<usize>,
}

/// Runs that differ by their seeds alone, together, in the order in which they come.
pub fn groups(rows: &[Row]) -> Vec<Group> {
    let mut all: Vec<Group> = vec![];
    for (i, row) in rows.iter().enumerate() {
        let same = |group: &&mut Group| rows[group.rows[0]].job.values == row.job.values;
        if let Some(group) = all.iter_mut().find(same) {
            group.rows.push(i);
        } else {
            let words: Vec<String> = row.job.values.iter().map(|(key, value)| format!("{key} {value}")).collect();
            all.push(Group { label: words.join(", "), rows: vec![i] });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Curve, Job, Made};

    fn row(value: &str, seed: u32, terms: &[(&str, f64)], measures: &[(&str, f64)]) -> Row {
        let job = Job {
            label: String::new(),
            values: vec![("kind".into(), value.into())],
            seed,
            setup: String::new(),
            steps: 1,
            stop: Stop::default(),
            images: 0,
            measures: vec![],
        };
        let made = Made {
            names: terms.iter().map(|(name, _)| (*name).into()).collect(),
            measures: measures.iter().map(|(name, value)| ((*name).into(), *value)).collect(),
            parameters: 12,
            flops: 34,
            steps: 1,
            ms: 0.25,
            engine: "processor".into(),
        };
        Row { job, made, terms: terms.iter().map(|(_, value)| *value).collect(), curve: Curve::default() }
    }

    fn rows() -> Vec<Row> {
        vec![
            row("2", 0, &[("loss", 3.5), ("total correlation", 1.0)], &[("loss", 4.0), ("ssim", 0.5)]),
            row("10", 0, &[("loss", 2.5)], &[]),
            row("2", 1, &[("loss", f64::NAN)], &[]),
            row("a,\"b\"", 0, &[("loss", 9.0)], &[]),
        ]
    }

    #[test]
    fn a_table_has_what_any_run_has() {
        let table = Table::of(&rows());
        assert_eq!(
            table.columns.join(" "),
            "kind seed loss total_correlation test_loss ssim ms_a_step parameters flops_a_step engine"
        );
        assert_eq!(table.numbers("loss"), [Some(3.5), Some(2.5), None, Some(9.0)]);
        assert_eq!(table.numbers("test_loss")[0], Some(4.0));
        assert_eq!(table.order(0, false), [0, 2, 1, 3], "2 comes before 10, and texts behind numbers");
        let short = |v: f64| Cell::Number(v).short();
        assert_eq!([0.5, 102_040.0, 1.0 / 3.0, 1e-7].map(short), ["0.5", "102040", "0.3333", "1.000e-7"]);
        assert_eq!(table.order(2, true), [3, 0, 1, 2], "what has no number is last");
        assert!(!table.numeric().contains(&"engine".to_owned()) && table.numeric().contains(&"kind".to_owned()));
    }

    #[test]
    fn csv_is_read_as_it_was_meant() {
        let csv = Table::of(&rows()).csv();
        let lines: Vec<&str> = csv.split("\r\n").collect();
        assert_eq!(lines[1], "2,0,3.5,1,4,0.5,0.25,12,34,processor");
        assert_eq!(lines[3], "2,1,,,,,0.25,12,34,processor");
        assert_eq!(lines[4], "\"a,\"\"b\"\"\",0,9,,,,0.25,12,34,processor");
        assert_eq!(lines.len(), 6);
    }

    #[test]
    fn seeds_belong_together() {
        let groups = groups(&rows());
        let of: Vec<(&str, &[usize])> = groups.iter().map(|g| (g.label.as_str(), &g.rows[..])).collect();
        assert_eq!(of, [("kind 2", &[0, 2][..]), ("kind 10", &[1]), ("kind a,\"b\"", &[3])]);
    }
}
