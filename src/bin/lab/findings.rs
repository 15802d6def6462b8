//! `cargo lab findings`: claims of papers, and what came out when they were run here.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use latent_finding::{Finding, Judged, Record, mean};
use latent_vocabulary::measured::four_digits;
use serde_json::{Value, json};

use crate::Failure;
use crate::cargo::root;
use crate::site::{about, digest, files, read, write};

#[derive(clap::Args)]
pub struct Args {
    /// Print one JSON array instead of text.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let all = with_records()?;
    let text = if args.json {
        let all = all.iter().map(|found| Ok(json!({ "finding": found.finding, "record": found.record, "state": found.state()? })));
        format!("{:#}\n", all.collect::<Result<Value, Failure>>()?)
    } else {
        all.iter().map(to_text).collect::<Result<Vec<_>, _>>()?.join("\n")
    };
    // A closed pipe (`| head`) is no error.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(ExitCode::SUCCESS)
}

/// A finding, and what is recorded of it.
pub struct Found {
    pub finding: Finding,
    pub record: Option<Record>,
}

impl Found {
    /// In a word, what is known of it.
    ///
    /// # Errors
    /// If a source cannot be read.
    pub fn state(&self) -> Result<&'static str, Failure> {
        Ok(match &self.record {
            None => "not run",
            Some(record) if record.of != sum(&self.finding)? => "stale",
            Some(record) if self.finding.holds(&record.taken)? => "held",
            Some(_) => "did not hold",
        })
    }
}

/// Where findings and what came out of them are.
fn folder() -> PathBuf {
    root().join("assets/findings")
}

fn records_file() -> PathBuf {
    root().join("benches/findings.json")
}

/// All findings, by their names.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn findings() -> Result<Vec<Finding>, Failure> {
    let one = |file: PathBuf| -> Result<Finding, Failure> {
        let finding: Finding = serde_json::from_slice(&read(&file)?).map_err(|e| about(&file, &e))?;
        if file.file_stem().is_none_or(|stem| stem != finding.id.as_str()) {
            return Err(about(&file, &format!("its finding is called {}", finding.id)));
        }
        finding.check()?;
        Ok(finding)
    };
    files(&folder())?.into_iter().map(one).collect()
}

/// What has been recorded.
///
/// # Errors
/// If the file is no record.
pub fn records() -> Result<Vec<Record>, Failure> {
    let file = records_file();
    if !file.is_file() {
        return Ok(vec![]);
    }
    serde_json::from_slice(&read(&file)?).map_err(|e| about(&file, &e))
}

/// Adds what came out of a finding, in place of what there was; what there was of findings that have gone goes as well.
///
/// # Errors
/// If the file cannot be written.
#[cfg_attr(not(feature = "native"), allow(dead_code, reason = "runs are made by the command with the engines"))]
pub fn record(new: Record) -> Result<(), Failure> {
    let mut all = records()?;
    let known = findings()?;
    all.retain(|old| old.id != new.id && known.iter().any(|finding| finding.id == old.id));
    all.push(new);
    all.sort_by(|a, b| a.id.cmp(&b.id));
    write(&records_file(), format!("{:#}\n", json!(all)).as_bytes())
}

/// All findings with what is recorded of them.
///
/// # Errors
/// As [`findings`] and [`records`].
pub fn with_records() -> Result<Vec<Found>, Failure> {
    let mut records = records()?;
    let mut find = |id: &str| records.iter().position(|record| record.id == id).map(|i| records.swap_remove(i));
    Ok(findings()?.into_iter().map(|finding| Found { record: find(&finding.id), finding }).collect())
}

/// Tells a finding and the sources of its methods from others.
///
/// # Errors
/// If a source cannot be read.
pub fn sum(finding: &Finding) -> Result<String, Failure> {
    let mut content = vec![json!(finding).to_string().into_bytes()];
    let methods: BTreeSet<String> =
        finding.runs.iter().filter_map(|run| run.setup(0).ok()).map(|setup| setup.method.replace('-', "_")).collect();
    for file in files(&root().join("src/methods"))? {
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if methods.iter().any(|method| method == stem || method.starts_with(&format!("{stem}_"))) {
            content.push(read(&file)?);
        }
    }
    Ok(digest(&content))
}

fn to_text(found: &Found) -> Result<String, Failure> {
    let Found { finding, record } = found;
    let mut text = format!("{}  [{}]\n  {}\n", finding.id, found.state()?, finding.claim);
    if let Some(question) = json!(finding.question).as_str() {
        let _ = writeln!(text, "  question: {question}");
    }
    for paper in &finding.papers {
        let _ = writeln!(text, "  {paper}");
    }
    if let Some(record) = record {
        for judged in &finding.judge(&record.taken)? {
            let so = if judged.holds { "yes" } else { "no" };
            let _ = writeln!(text, "    {so}: {}  ({} and {})", judged.text, four_digits(judged.left), four_digits(judged.right));
        }
        for taken in &record.taken {
            let _ = writeln!(text, "    {} of {}: {}", taken.measure, taken.run, four_digits(mean(&taken.values)));
        }
        let _ = writeln!(text, "    {:.0} s on the {}", record.seconds, record.adapter);
    }
    if !finding.why_not.is_empty() {
        let _ = writeln!(text, "  {}", finding.why_not);
    }
    Ok(text)
}

/// What the page shows of all findings.
///
/// # Errors
/// As [`with_records`].
pub fn for_page() -> Result<Vec<u8>, Failure> {
    let all: Vec<Value> = with_records()?.iter().map(|found| json!({ "finding": found.finding, "record": found.record })).collect();
    Ok(json!(all).to_string().into_bytes())
}

/// What an embedded figure shows of each finding that has run, by the name of its file.
///
/// # Errors
/// As [`with_records`].
pub fn for_figures() -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let one = |found: Found| -> Result<Option<(String, Vec<u8>)>, Failure> {
        let Found { finding, record: Some(record) } = found else { return Ok(None) };
        let side = |j: Judged| {
            let sides = format!("({} and {})", four_digits(j.left), four_digits(j.right));
            json!({ "text": j.text, "sides": sides, "holds": j.holds })
        };
        let judged: Vec<Value> = finding.judge(&record.taken)?.into_iter().map(side).collect();
        let name = format!("{}.json", finding.id);
        Ok(Some((name, json!({ "finding": finding, "record": record, "judged": judged }).to_string().into_bytes())))
    };
    with_records()?.into_iter().filter_map(|found| one(found).transpose()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finding_goes_together_and_every_record_is_of_one() {
        let all = with_records().unwrap();
        assert!(!all.is_empty());
        let known: Vec<&str> = all.iter().map(|found| found.finding.id.as_str()).collect();
        for record in records().unwrap() {
            assert!(known.contains(&record.id.as_str()), "{}: no finding is called so", record.id);
        }
        for found in &all {
            let state = found.state().unwrap();
            let (id, why) = (&found.finding.id, &found.finding.why_not);
            assert_ne!(state, "not run", "{id}: run `cargo lab reproduce {id}`");
            let holds = found.finding.holds(&found.record.as_ref().unwrap().taken).unwrap();
            assert_eq!(holds, why.is_empty(), "{id} {state}, and says why not: {why:?}");
        }
    }
}
