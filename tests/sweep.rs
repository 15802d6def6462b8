//! Runs that are compared: the page's engine and the command line give the same numbers, and a sweep goes on where it was interrupted.

use std::cell::RefCell;
use std::fs;
use std::process::Command as Process;
use std::rc::Rc;

use latent_experiment::History;
use latent_native::{EngineKind, Maker, load};
use latent_protocol::{Command, EngineChoice, Event, PlanInfo};
use latent_session::Session;
use latent_sweep::{Axis, Made, Row, Stop, Sweep, Table, figures};
use latent_view::{Measures, View};
use latent_vocabulary::device::Hints;
use latent_vocabulary::measured::Measured;
use serde_json::Value;

fn sweep(images: u32, measures: &[&str]) -> Sweep {
    Sweep {
        data: "s-curve".into(),
        method: "beta-vae".into(),
        pairs: [("objective", "fixed"), ("latent", "2"), ("hidden", "16"), ("batch", "16")]
            .map(|(key, value)| (key.into(), value.into()))
            .into(),
        axes: vec![Axis::read("beta", "0.1, 2").unwrap()],
        seeds: 2,
        steps: 150,
        stop: Stop::default(),
        images,
        measures: measures.iter().map(|id| (*id).into()).collect(),
    }
}

/// The run of a job as the page's bench makes it after others, stopped after `first` steps and gone on with.
fn in_the_page(before: &[latent_sweep::Job], job: &latent_sweep::Job, first: u32) -> Row {
    let events: Rc<RefCell<Vec<Event>>> = Rc::default();
    let sink = events.clone();
    let mut session = Session::new(move |e| sink.borrow_mut().push(e));
    session.heed(Hints { bench: true, ..Hints::default() });
    assert!(pollster::block_on(session.open(EngineChoice::Cpu, [None, None])));
    let setup = job.setup().unwrap();
    pollster::block_on(session.set_data(load(&setup.data, None).unwrap()));
    let mut tell = |command| {
        pollster::block_on(session.command(command));
        while pollster::block_on(session.turn()) {}
    };
    for job in before {
        tell(Command::Start { run: 1, setup: job.setup().unwrap(), weights: None });
        tell(Command::Step { run: 1, steps: job.steps as u32 });
    }
    events.borrow_mut().clear();
    let query = Measures { images: job.images, press: 1, only: job.measures.clone(), of_training: true };
    tell(Command::Start { run: 2, setup, weights: None });
    tell(Command::Step { run: 2, steps: first });
    tell(Command::Step { run: 2, steps: job.steps as u32 - first });
    tell(Command::Watch { slot: 1, query: query.into() });
    let (mut history, mut info, mut sheet) = (History::default(), PlanInfo::default(), Vec::<Measured>::new());
    for event in events.take() {
        match event {
            Event::Metrics { rows, .. } => rows.iter().for_each(|row| history.push(row)),
            Event::Built { info: built, .. } => info = built,
            Event::Viewed { view: View::Sheet(taken), .. } => sheet = taken,
            Event::Warning { message } | Event::RunFailed { message, .. } => panic!("{message}"),
            _ => {}
        }
    }
    let made = Made {
        names: info.terms,
        parameters: info.parameters,
        flops: info.flops,
        steps: job.steps,
        ms: 0.0,
        engine: "processor".into(),
        measures: figures(&sheet, &job.measures),
    };
    Row::of(job, made, &history)
}

#[test]
fn the_page_and_the_command_line_give_the_same_numbers() {
    let mut maker = Maker::new(EngineKind::Cpu);
    let jobs = sweep(200, &[]).jobs().unwrap();
    for job in [&jobs[0], &jobs[3]] {
        let mut row = maker.make(job).unwrap();
        assert!(row.made.ms > 0.0 && row.made.parameters > 100 && row.made.measures.len() > 12, "{row:?}");
        row.made.ms = 0.0;
        assert_eq!(row, in_the_page(&[], job, 40), "{}", job.label);
    }
}

/// Runs of a finding: each of the setups with the seeds 0 and so on.
fn jobs(setups: &[&str], seeds: u32, measures: &[&str]) -> Vec<latent_sweep::Job> {
    let each = setups.iter().flat_map(|setup| (0..seeds).map(move |seed| format!("{setup}&seed={seed}")));
    let measures: Vec<String> = measures.iter().map(|id| (*id).into()).collect();
    each.enumerate()
        .map(|(i, setup)| latent_sweep::Job {
            label: format!("number {i}"),
            values: vec![],
            seed: i as u32 % seeds,
            setup,
            steps: 60,
            stop: Stop::default(),
            images: 100,
            measures: measures.clone(),
        })
        .collect()
}

#[test]
fn a_run_stands_on_the_one_before_it() {
    let (host, own) = ("data=s-curve&method=ae&latent=3&hidden=16&batch=16", "host=ae&host.latent=3&host.hidden=16&host.batch=16");
    let flow = format!("data=s-curve&method=latent-flow&flow=16&batch=16&{own}");
    let jobs = jobs(&[host, &flow], 1, &["frechet_pooled", "mse"]);
    let mut maker = Maker::new(EngineKind::Cpu);
    let said = maker.make(&jobs[1]).unwrap_err();
    assert!(said.contains("is not the network it stands on"), "{said}");
    maker.make(&jobs[0]).unwrap();
    let mut row = maker.make(&jobs[1]).unwrap();
    row.made.ms = 0.0;
    assert_eq!(row, in_the_page(&jobs[..1], &jobs[1], 20));
    let mut alone = Maker::new(EngineKind::Cpu);
    let whole = |row: &Row| row.made.measures.iter().find(|(id, _)| id == "mse").unwrap().1;
    let as_it_was = whole(&alone.make(&jobs[0]).unwrap());
    assert!((whole(&row) / as_it_was - 1.0).abs() < 1e-6, "{} of the host, which had {as_it_was}", whole(&row));
}

#[test]
fn two_seeds_are_compared_one_after_the_other() {
    let jobs = jobs(&["data=toy&method=topk-sae&features=64&k=4&batch=16"], 2, &["stability_shared", "stability_cosine"]);
    let mut maker = Maker::new(EngineKind::Cpu);
    let first = maker.make(&jobs[0]).unwrap();
    assert!(first.made.measures.is_empty(), "{:?}: there is no seed before", first.made.measures);
    let mut row = maker.make(&jobs[1]).unwrap();
    let cosine = row.made.measures.iter().find(|(id, _)| id == "stability_cosine").unwrap().1;
    assert!(cosine > 0.05 && cosine < 0.9, "{cosine}");
    row.made.ms = 0.0;
    assert_eq!(row, in_the_page(&jobs[..1], &jobs[1], 20));
}

#[test]
fn outliers_are_trained_on_and_not_tested_on() {
    let setup = |outliers: &str| format!("data=s-curve&method=wae-mmd&latent=2&hidden=16&batch=128&lr=0.00001{outliers}");
    let jobs = jobs(&[&setup(""), &setup("&outliers=0.5")], 1, &["mse"]);
    let mut maker = Maker::new(EngineKind::Cpu);
    let [clean, noisy] = [0, 1].map(|i| maker.make(&jobs[i]).unwrap());
    let at = clean.made.names.iter().position(|name| name == "reconstruction").unwrap();
    // Noise lies in a corner of the space, nearer to the middle than the curve.
    assert!(noisy.terms[at] < 0.8 * clean.terms[at], "{} and {}", noisy.terms[at], clean.terms[at]);
    let [clean, noisy] = [clean, noisy].map(|row| row.made.measures[0].1);
    assert!((noisy / clean - 1.0).abs() < 0.05, "{noisy} and {clean}");
}

#[test]
fn a_run_that_gets_nowhere_ends_early_and_always_at_the_same_step() {
    let rule = |stop: Stop| Sweep { steps: 4000, stop, ..sweep(0, &[]) }.jobs().unwrap().remove(0);
    let made = |job: &latent_sweep::Job| Maker::new(EngineKind::Cpu).make(job).unwrap();
    let job = rule(Stop { flat: 60, ..Stop::default() });
    let [first, again] = [made(&job), made(&job)];
    assert!(first.made.steps.is_multiple_of(60) && (120..4000).contains(&first.made.steps), "{}", first.made.steps);
    assert_eq!((again.made.steps, again.terms), (first.made.steps, first.terms.clone()));
    assert_eq!(first.curve.points.last().unwrap().step, first.made.steps);
    assert_eq!(Table::of(&[first]).numbers("steps").len(), 1);
    let late = made(&rule(Stop { flat: 0, seconds: 1e-6 }));
    assert!((1..4000).contains(&late.made.steps), "{}", late.made.steps);
}

#[test]
fn a_measure_is_the_same_whatever_is_measured_with_it() {
    let mut maker = Maker::new(EngineKind::Cpu);
    let all = maker.make(&sweep(200, &[]).jobs().unwrap()[1]).unwrap();
    let some = maker.make(&sweep(200, &["mmd_imq", "kl"]).jobs().unwrap()[1]).unwrap();
    assert_eq!(some.made.measures.len(), 2, "{:?}", some.made.measures);
    for (id, value) in &some.made.measures {
        assert_eq!(all.made.measures.iter().find(|(other, _)| other == id).map(|(_, v)| v), Some(value), "{id}");
    }
    let none = maker.make(&sweep(0, &[]).jobs().unwrap()[1]).unwrap();
    assert!(none.made.measures.is_empty() && none.terms == all.terms);
}

fn lab(arguments: &[&str]) -> Process {
    let mut command = Process::new(env!("CARGO_BIN_EXE_lab"));
    command.args(arguments);
    command
}

#[test]
fn an_interrupted_sweep_goes_on() {
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("sweep");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let (kept, csv) = (folder.join("kept.jsonl"), folder.join("table.csv"));
    let [kept_name, csv_name] = [&kept, &csv].map(|path| path.display().to_string());
    let arguments = [
        "sweep",
        "--method",
        "beta-vae",
        "--data",
        "s-curve",
        "--set",
        "beta=0.5,2",
        "objective=fixed",
        "latent=2",
        "hidden=16",
        "--seeds",
        "2",
        "--steps",
        "30",
        "--measure",
        "kl",
        "knn_accuracy",
        "--images",
        "100",
        "--keep",
        &kept_name,
        "--csv",
        &csv_name,
        "--json",
    ];
    let first = lab(&arguments).output().unwrap();
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    assert_eq!(String::from_utf8_lossy(&first.stderr).matches(" of 4: beta ").count(), 4);
    let table: Value = serde_json::from_slice(&first.stdout).unwrap();
    assert_eq!(table["columns"][0], "beta");
    assert_eq!(table["rows"].as_array().unwrap().len(), 4);
    let lines = fs::read_to_string(&csv).unwrap();
    assert!(
        lines.starts_with("beta,seed,loss,") && lines.contains("test_kl,knn_accuracy,ms_a_step") && lines.lines().count() == 5,
        "{lines}"
    );

    // What the second run left of its line is nothing; the first is not made again.
    let text = fs::read_to_string(&kept).unwrap();
    let end = text.find('\n').unwrap() + 1;
    fs::write(&kept, &text[..end + 100]).unwrap();
    let second = lab(&arguments).output().unwrap();
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("2 of 4: ") && !said.contains("1 of 4: "), "{said}");
    let again: Value = serde_json::from_slice(&second.stdout).unwrap();
    let at = table["columns"].as_array().unwrap().iter().position(|c| c == "loss").unwrap();
    assert!((0..4).all(|row| again["rows"][row][at] == table["rows"][row][at]), "the same runs");

    // Other runs of other steps are none of these; for people there are means, an exponent and a front.
    let people = ["--slope", "kl", "--front", "reconstruction,kl"];
    let text: Vec<&str> = arguments.iter().filter(|a| **a != "--json").chain(&people).copied().collect();
    let said = String::from_utf8(lab(&text).output().unwrap().stdout).unwrap();
    assert!(
        said.contains("means over 2 seeds") && said.contains("kl ~ beta^s with s = -") && said.contains("Pareto front"),
        "{said}"
    );
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_cannot_be_swept_is_said_in_one_line() {
    let refused = |more: &[&str], why: &str| {
        let output = lab(&[&["sweep", "--method", "vae", "--steps", "10"], more].concat()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.contains(why) && said.lines().count() == 1, "{more:?}: {said}");
    };
    refused(&[], "what is to be swept?");
    refused(&["--set", "beta=1,,4"], "values with commas");
    refused(&["--set", "beta"], "expected KEY=VALUES");
    refused(&["--set", "width=1,2"], "no parameter \"width\"");
    refused(&["--set", "sigma=0.1,0.2"], "sigma has no effect here");
    refused(&["--set", "beta=1,2", "--measure", "sharpness"], "no such measure");
    refused(&["--set", "beta=1,2", "--front", "loss"], "two columns");
    refused(&["--set", "beta=1,2", "--keep", "/nowhere/at/all.jsonl"], "there is no folder");
}
