//! `cargo lab methods`: what is registered.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use latent_catalog::CARDS;
use latent_finding::Finding;
use latent_vocabulary::Card;
use serde_json::{Value, json};

use crate::Failure;
use crate::findings::findings;

#[derive(clap::Args)]
pub struct Args {
    /// Print one JSON array instead of text.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let findings = findings()?;
    let text = if args.json {
        let cards: Vec<Value> = CARDS.iter().map(|card| to_json(card, &findings)).collect();
        format!("{:#}\n", Value::from(cards))
    } else {
        CARDS.iter().map(|card| to_text(card, &findings)).collect::<Vec<_>>().join("\n")
    };
    // A closed pipe (`| head`) is no error.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(ExitCode::SUCCESS)
}

/// The findings that name a paper of the card.
fn of_papers<'a>(card: &Card, findings: &'a [Finding]) -> Vec<&'a str> {
    let names = |finding: &&Finding| card.papers.iter().any(|paper| finding.papers.iter().any(|title| title == paper.title));
    findings.iter().filter(names).map(|finding| finding.id.as_str()).collect()
}

/// The card, with the parameters that every method has added to its own, and the findings of its papers.
fn to_json(card: &'static Card, findings: &[Finding]) -> Value {
    let mut value = json!(card);
    value["findings"] = json!(of_papers(card, findings));
    value["formula"] = json!(formulas(card).collect::<Vec<_>>().join("; "));
    value["params"] = card.all_params().map(|p| json!(p)).collect();
    value
}

/// The objective by default, and what it is under other options.
fn formulas(card: &'static Card) -> impl Iterator<Item = String> {
    card.objectives().into_iter().map(|(other, objective)| {
        let when = other.map(|(key, option)| format!("{key}={option}: ")).unwrap_or_default();
        let symbols = objective.symbols.join(", ");
        format!("{when}{}{}{symbols}", objective.formula(), if symbols.is_empty() { "" } else { ",  " })
    })
}

fn to_text(card: &'static Card, findings: &[Finding]) -> String {
    let family = json!(card.family);
    let mut text = format!("{}  {} ({})\n", card.id, card.label, family.as_str().unwrap_or_default());
    let _ = writeln!(text, "  {}", card.summary);
    for formula in formulas(card) {
        let _ = writeln!(text, "  {formula}");
    }
    for paper in card.papers {
        let _ = writeln!(text, "  paper: {} ({})", paper.title, paper.credit());
    }
    for finding in of_papers(card, findings) {
        let _ = writeln!(text, "  finding: {finding}");
    }
    for p in card.all_params() {
        let when = if p.live { "live" } else { "new run" };
        let under = p.under.map(|(key, options)| format!(", under {key}={}", options.join("|"))).unwrap_or_default();
        let _ = writeln!(text, "  --set {}={}  {}, {when}{under}\n      {}", p.key, p.format(p.default), p.range_text(), p.help);
    }
    text
}
