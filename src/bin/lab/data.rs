//! `cargo lab data`: which data sets there are.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use latent_catalog::SETS;
use latent_vocabulary::data::DataCard;
use latent_vocabulary::frames::Frames;
use latent_vocabulary::shape::SampleShape;
use serde_json::json;

use crate::Failure;

#[derive(clap::Args)]
pub struct Args {
    /// Print one JSON array instead of text.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let text = if args.json {
        format!("{:#}\n", json!(SETS))
    } else {
        SETS.iter().map(|card| to_text(card)).collect::<Vec<_>>().join("\n")
    };
    // A closed pipe (`| head`) is no error.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(ExitCode::SUCCESS)
}

fn to_text(card: &DataCard) -> String {
    let mut text = format!("{}  {}\n  {}\n", card.id, card.label, card.summary);
    let shape = SampleShape::of(card);
    let what = if shape.is_picture() {
        format!("{} × {} × {}", card.channels, card.height, card.width)
    } else {
        format!("{} numbers each", shape.len())
    };
    let what = match card.frames {
        Frames::One => what,
        Frames::Clip(frames) => format!("{what}: {frames} frames side by side"),
        Frames::Pair => format!("{what}: two pictures side by side"),
    };
    let kind = if shape.is_picture() { "images" } else { "points" };
    let (train, test, classes) = (card.train, card.test, card.classes.join(", "));
    let _ = writeln!(text, "  {train} {kind} to train on, {test} to test with, {what}; classes: {classes}");
    if !card.factors.is_empty() {
        let factors: Vec<String> = card.factors.iter().map(|f| format!("{} ({})", f.name, f.size)).collect();
        let _ = writeln!(text, "  factors and their values: {}", factors.join(", "));
    }
    let _ = writeln!(text, "  {}", card.credit);
    text
}
