//! `cargo lab sweep`: runs over values of a parameter, and a table of what came out.

#[cfg(feature = "native")]
use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;

use latent_catalog::SETS;
use latent_sweep::{Axis, DATA, Job, METHOD, Stop, Sweep};
#[cfg(feature = "native")]
use latent_sweep::{Cell, Row, Table};
#[cfg(feature = "native")]
use serde::{Deserialize, Serialize};

use crate::Failure;
#[cfg(feature = "native")]
use crate::site::{about, read, write};
use crate::train::{EngineArg, check_place};

#[derive(clap::Args)]
pub struct Args {
    /// Which method; several, with commas between them, are compared.
    #[arg(long, value_name = "ID[,ID]")]
    method: String,
    /// A parameter with one value for all runs, as latent=8, or with several that are swept, as beta=1,4,16. One or two things are swept
    /// at a time.
    #[arg(long, value_name = "KEY=VALUES", num_args = 1..)]
    set: Vec<String>,
    /// A data set; several, with commas between them, are compared. `cargo lab data` lists them.
    #[arg(long, value_name = "NAME[,NAME]", default_value = SETS[0].id)]
    data: String,
    /// Each run is made with the seeds 0 to N − 1.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    seeds: u32,
    /// Training steps of each run.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    steps: u64,
    /// End a run early, once the mean of its objective over N steps is not below that over the N steps before.
    #[arg(long, value_name = "N", default_value_t = 0)]
    flat: u64,
    /// End a run after so many seconds of training.
    #[arg(long, value_name = "S", default_value_t = 0.0)]
    seconds: f64,
    /// A measure that is taken of each run at its end, such as knn_accuracy; as many as wanted. `all` takes all that apply.
    #[arg(long, value_name = "ID", num_args = 1..)]
    measure: Vec<String>,
    /// Test images that are measured on, and as many training images for what is fitted.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(10..))]
    images: u32,
    /// Who executes the steps.
    #[arg(long, value_enum, default_value_t = EngineArg::Cpu)]
    engine: EngineArg,
    /// Fit a power law of this column over what is swept first, and print its exponent.
    #[arg(long, value_name = "COLUMN")]
    slope: Option<String>,
    /// Print which runs no other is better than in these two columns, where less is better; a minus before one says that more is.
    #[arg(long, value_name = "COLUMN,COLUMN", allow_hyphen_values = true)]
    front: Option<String>,
    /// Add each run to this file as it ends, and skip those that are there: an interrupted sweep goes on.
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,
    /// Write the table to this file.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Print the table as one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// The sweep that the arguments describe. Everything that needs no engine is refused here.
fn check(args: &Args) -> Result<Vec<Job>, Failure> {
    for (name, path) in [("--csv", &args.csv), ("--keep", &args.keep)] {
        if let Some(path) = path {
            check_place(name, path)?;
        }
    }
    let (mut pairs, mut axes) = (vec![], vec![]);
    let mut take = |key: &str, text: &str| -> Result<String, Failure> {
        if text.contains(',') {
            axes.push(Axis::read(key, text)?);
        }
        Ok(text.split(',').next().unwrap_or_default().to_owned())
    };
    let (method, data) = (take(METHOD, &args.method)?, take(DATA, &args.data)?);
    for pair in &args.set {
        let (key, text) =
            pair.split_once('=').ok_or_else(|| format!("--set {pair}: expected KEY=VALUES, for example beta=1,4,16"))?;
        if take(key, text)? == text {
            pairs.push((key.to_owned(), text.to_owned()));
        }
    }
    let all = args.measure.iter().any(|id| id == "all");
    let sweep = Sweep {
        data,
        method,
        pairs,
        axes,
        seeds: args.seeds,
        steps: args.steps,
        stop: Stop { flat: args.flat, seconds: args.seconds },
        images: if args.measure.is_empty() { 0 } else { args.images },
        measures: if all { vec![] } else { args.measure.clone() },
    };
    if args.front.as_ref().is_some_and(|front| front.split(',').count() != 2) {
        return Err("--front: expected two columns with a comma between them, for example l0,fvu".into());
    }
    sweep.jobs()
}

with_burn!(check);

/// A run that was kept.
#[cfg(feature = "native")]
#[derive(Serialize, Deserialize)]
struct Kept {
    engine: String,
    row: Row,
}

/// The runs that a file has; an unfinished line at its end is none.
#[cfg(feature = "native")]
fn kept(file: &Path) -> Result<Vec<Kept>, Failure> {
    if !file.is_file() {
        return Ok(vec![]);
    }
    let text = String::from_utf8_lossy(&read(file)?).into_owned();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(|line| serde_json::from_str(line).map_err(|e| about(file, &e))).collect()
}

#[cfg(feature = "native")]
pub fn run(args: Args) -> Result<ExitCode, Failure> {
    use std::io::Write as _;

    let jobs = check(&args)?;
    if let Some(id) = args.measure.iter().find(|id| *id != "all" && !latent_assess::is_measure(id)) {
        return Err(format!("--measure {id}: there is no such measure; `cargo lab measure` prints those that a model has"));
    }
    let engine = clap::ValueEnum::to_possible_value(&args.engine).map(|value| value.get_name().to_owned()).unwrap_or_default();
    let known = args.keep.as_deref().map_or(Ok(vec![]), kept)?;
    let mut file = match &args.keep {
        Some(path) => {
            // What an interruption has left of a line goes.
            let whole: Vec<String> = known.iter().map(|kept| serde_json::json!(kept).to_string() + "\n").collect();
            write(path, whole.concat().as_bytes())?;
            Some((path, std::fs::OpenOptions::new().append(true).open(path).map_err(|e| about(path, &e))?))
        }
        None => None,
    };
    let mut maker = latent_native::Maker::new(args.engine.into());
    let mut rows = vec![];
    for (i, job) in jobs.iter().enumerate() {
        if let Some(kept) = known.iter().find(|kept| kept.row.job == *job && kept.engine == engine) {
            rows.push(kept.row.clone());
            continue;
        }
        eprintln!("{} of {}: {}", i + 1, jobs.len(), job.label);
        let row = maker.make(job)?;
        if let Some((path, file)) = &mut file {
            let line = serde_json::json!(Kept { engine: engine.clone(), row: row.clone() });
            writeln!(file, "{line}").map_err(|e| about(path, &e))?;
        }
        rows.push(row);
    }
    let table = Table::of(&rows);
    if let Some(path) = &args.csv {
        write(path, table.csv().as_bytes())?;
    }
    let extra = [args.slope.as_deref().map(|y| slope(&table, y)), args.front.as_deref().map(|axes| front(&table, axes))];
    let extra = extra.into_iter().flatten().collect::<Result<Vec<_>, _>>()?;
    if args.json {
        println!("{}", serde_json::json!(table));
        return Ok(ExitCode::SUCCESS);
    }
    print(&table, &rows);
    if table.mixes_engines() {
        println!("\nthese runs were made by different engines: their times cannot be compared");
    }
    extra.iter().for_each(|line| println!("\n{line}"));
    Ok(ExitCode::SUCCESS)
}

/// The table, then means with intervals where there are several seeds.
#[cfg(feature = "native")]
fn print(table: &Table, rows: &[Row]) {
    use latent_sweep::{groups, interval};
    use latent_vocabulary::measured::four_digits;

    let lines: Vec<Vec<String>> =
        std::iter::once(table.columns.clone()).chain(table.rows.iter().map(|row| row.iter().map(Cell::short).collect())).collect();
    let widths: Vec<usize> =
        (0..table.columns.len()).map(|i| lines.iter().map(|l| l[i].chars().count()).max().unwrap_or(0)).collect();
    for line in &lines {
        let cells: Vec<String> = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:>width$}")).collect();
        println!("{}", cells.join("  "));
    }
    let seeds = rows.iter().map(|row| row.job.seed).max().map_or(0, |seed| seed + 1);
    if seeds < 2 {
        return;
    }
    println!("\nmeans over {seeds} seeds, with their 95 % intervals after Student");
    for group in groups(rows) {
        let mut words = vec![];
        for (i, column) in table.columns.iter().enumerate() {
            let values: Option<Vec<f64>> = group.rows.iter().map(|r| table.rows[*r][i].number()).collect();
            let swept = rows[0].job.values.iter().any(|(key, _)| key == column) || column == "seed";
            if let Some(values) = values.filter(|values| !swept && values.iter().any(|v| *v != values[0])) {
                let found = interval(&values);
                let half = found.half.map_or_else(String::new, |half| format!(" ± {}", four_digits(half)));
                words.push(format!("{column} {}{half}", four_digits(found.mean)));
            }
        }
        println!("{}: {}", group.label, words.join(", "));
    }
}

/// A column's numbers.
#[cfg(feature = "native")]
fn column(table: &Table, option: &str, name: &str) -> Result<Vec<Option<f64>>, Failure> {
    let known = table.numeric();
    if known.iter().all(|column| column != name) {
        return Err(format!("{option} {name}: there is no such column of numbers; there are {}", known.join(", ")));
    }
    Ok(table.numbers(name))
}

/// The exponent of a column over what is swept first.
#[cfg(feature = "native")]
fn slope(table: &Table, y: &str) -> Result<String, Failure> {
    let x = &table.columns[0];
    let both = column(table, "--slope", x)?.into_iter().zip(column(table, "--slope", y)?);
    let points: Vec<(f64, f64)> = both.filter_map(|(x, y)| x.zip(y)).collect();
    let fit =
        latent_sweep::power_law(&points).ok_or_else(|| format!("--slope {y}: a power law needs two values of {x} above 0"))?;
    let half = fit.half.map_or_else(String::new, |half| format!(" ± {half:.3} (95 %, Student)"));
    Ok(format!("{y} ~ {x}^s with s = {:.3}{half}, on {} runs", fit.slope, points.len()))
}

/// Which runs nothing beats.
#[cfg(feature = "native")]
fn front(table: &Table, axes: &str) -> Result<String, Failure> {
    let (x, y) = axes.split_once(',').unwrap_or_default();
    let of = |name: &str| -> Result<Vec<f64>, Failure> {
        let (sign, name) = name.strip_prefix('-').map_or((1.0, name), |name| (-1.0, name));
        Ok(column(table, "--front", name)?.into_iter().map(|v| v.map_or(f64::NAN, |v| sign * v)).collect())
    };
    let points: Vec<(f64, f64)> = of(x)?.into_iter().zip(of(y)?).collect();
    let swept = table.columns.iter().position(|column| column == "seed").map_or(0, |seed| seed + 1);
    let words = |i: usize| -> String {
        let cells = table.columns.iter().zip(&table.rows[i]).take(swept);
        cells.map(|(name, cell)| format!("{name} {}", cell.short())).collect::<Vec<_>>().join(", ")
    };
    let on: Vec<String> = latent_sweep::front(&points).into_iter().map(words).collect();
    Ok(format!("on the Pareto front of {x} and {y}: {}", on.join("; ")))
}
