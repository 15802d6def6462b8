//! What a card says of its objective is what the method computes: held against the recorded step, for every option of its choices.

use crate::alike::digits_for;
use std::collections::BTreeSet;

use burn_ir::{BaseOperationIr, OperationIr, TensorId};
use latent_catalog::CARDS;
use latent_engine::{Program, Recording};
use latent_experiment::Setup;
use latent_nn::method::live_keys;
use latent_registry::entry;
use latent_vocabulary::{Card, Kind};

/// The card's defaults, and each option of its choices.
fn setups(card: &'static Card) -> Vec<Setup> {
    let usual = Setup::new("mnist", card.id);
    let mut all = vec![usual.clone()];
    for p in card.params {
        let Kind::Choice { names } = p.kind else { continue };
        // Which network it is makes no difference to the objective, and hosts are networks of their own.
        if matches!(p.key, "net" | "source") {
            continue;
        }
        for i in (0..names.len()).filter(|i| *i as f64 != p.default) {
            let mut other = usual.clone();
            other.set(p.key, i as f64).unwrap();
            all.push(other);
        }
    }
    all
}

fn step(setup: &Setup) -> Recording {
    let recorded = entry(&setup.method).unwrap().record(&setup.params().unwrap(), digits_for(&setup.method), Program::Train, 4);
    recorded.unwrap_or_else(|e| panic!("{}: {e}", setup.to_query()))
}

/// The live parameters on which an output of a step depends.
fn moved_by(step: &Recording, output: TensorId, keys: &[&'static str]) -> BTreeSet<&'static str> {
    let mut wanted = BTreeSet::from([output]);
    let mut found = BTreeSet::new();
    for op in step.graph.operations.iter().rev() {
        if !op.outputs().any(|out| wanted.contains(&out.id)) {
            continue;
        }
        match op {
            OperationIr::BaseFloat(BaseOperationIr::Slice(slice)) if slice.tensor.id == step.controls.id => {
                found.insert(keys[slice.ranges[0].start as usize]);
            }
            _ => wanted.extend(op.inputs().map(|input| input.id)),
        }
    }
    assert!(!wanted.contains(&step.controls.id), "the controls are read one by one");
    found
}

/// The curve of each term is a number that the method gives, and of that term alone. A term's sliders move the loss, and so does
/// no other.
#[test]
fn terms_are_those_of_the_recorded_step() {
    for card in CARDS {
        let keys = live_keys(card);
        let (mut counted, mut moving) = (BTreeSet::new(), BTreeSet::new());
        for setup in setups(card) {
            let (step, what) = (step(&setup), setup.to_query());
            let names: Vec<&str> = step.outputs.iter().map(|output| output.name.as_str()).collect();
            counted.extend(card.counts.iter().filter(|count| names.contains(&count.name)).map(|count| count.name));
            let objective = card.objective(|under| setup.holds(under));
            let own: BTreeSet<&str> = objective.terms.iter().map(|term| term.name).collect();
            assert_eq!(own.len(), objective.terms.len(), "{what}: two terms share a curve");
            for name in own {
                assert!(names.contains(&name), "{what}: no number is called {name}, there are {names:?}");
                assert_eq!(card.counts(name), None, "{what}: a term is no count");
            }
            let moved = moved_by(&step, step.outputs[0].id, &keys);
            let weights: BTreeSet<&str> = objective.terms.iter().flat_map(|term| term.weights).copied().collect();
            let applies = |key: &&str| card.param(key).is_some_and(|p| setup.applies(p));
            let weights: BTreeSet<&str> = weights.into_iter().filter(applies).collect();
            assert_eq!(moved, weights, "{what}: what moves the loss, and what its terms name");
            moving.extend(moved);
        }
        let counts: BTreeSet<&str> = card.counts.iter().map(|count| count.name).collect();
        assert_eq!(counted, counts, "{}: what it counts", card.id);
        for p in card.all_params().filter(|p| p.live) {
            assert_eq!(moving.contains(p.key), !p.of_no_term, "{}: {}", card.id, p.key);
        }
    }
}
