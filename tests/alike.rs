//! An engine and eager Burn after the same steps: the same weights, and the same answers of its programs.

use std::sync::Arc;

use latent_data::{Dataset, Factors};
use latent_engine::eager::EagerEngine;
use latent_engine::program::Input;
use latent_engine::sampling::step_rows;
use latent_engine::verify::difference;
use latent_engine::{Engine, Program, Rows};
use latent_experiment::Setup;
use latent_vocabulary::code::{CodeGroup, CodeKind};
use latent_vocabulary::factors::{FactorList, FactorName};
use latent_vocabulary::frames::Frames;
use latent_vocabulary::shape::DataShape;

/// Values of each factor of the images of tests, and whether they are amounts: kinds, an amount, yes and no.
const FACTORS: [(u8, bool); 3] = [(3, false), (5, true), (2, false)];

/// What is known of `n` images of tests, the same for those of one class in ten, as [`Factors::train_nk`] has it.
pub(crate) fn factors(n: usize) -> Factors {
    let of = |i: usize| [i % 10 % 3, i % 10 * 2 % 5, i % 10 % 2];
    let nk: Vec<u8> = (0..n).flat_map(of).map(|v| v as u8).collect();
    let name = |name: &str| FactorName { name: name.into(), values: vec![] };
    Factors {
        names: ["Kind", "Amount", "Lit"].map(name).into(),
        sizes: FACTORS.map(|(size, _)| size).into(),
        ordered: FACTORS.map(|(_, ordered)| ordered).into(),
        train_nk: nk.clone(),
        test_nk: nk,
    }
}

/// What a method takes the pictures of tests to be made of: halves that follow one another, or two of one thing.
pub(crate) fn frames_for(method: &str) -> Frames {
    match latent_catalog::card(method) {
        Some(card) if card.clips => Frames::Clip(2),
        Some(card) if card.pairs => Frames::Pair,
        _ => Frames::One,
    }
}

/// The same images, made of what a method needs.
pub(crate) fn framed(data: &Dataset, method: &str) -> Arc<Dataset> {
    Arc::new(Dataset { frames: frames_for(method), ..data.clone() })
}

/// Digits of which a method knows what it needs.
pub(crate) fn digits_for(method: &str) -> DataShape {
    let told = latent_catalog::card(method).is_some_and(|card| card.factors);
    let factors = if told { FactorList::of(FACTORS) } else { FactorList::NONE };
    DataShape { factors, frames: frames_for(method), ..DataShape::MNIST }
}

/// Some tokens for each place of a grid.
pub(crate) fn tokens(group: &CodeGroup) -> Vec<f32> {
    let codes = if let CodeKind::Grid { codes, .. } = group.kind { codes } else { 1 };
    (0..group.places().unwrap_or(0)).map(|i| (i * 7 % codes) as f32).collect()
}

/// Compares what both have made of the last steps, and then, from equal weights, what `programs` answer.
pub(crate) fn weights_and_programs(
    who: &str,
    setup: &Setup,
    data: &Dataset,
    engine: &mut impl Engine,
    burn: &mut EagerEngine,
    programs: impl Iterator<Item = Program>,
) {
    let name = format!("{}: {who} and Burn", setup.to_query());
    let weights = pollster::block_on(engine.weights()).unwrap();
    for ((got, want), info) in weights.iter().zip(&pollster::block_on(burn.weights()).unwrap()).zip(&engine.info().tensors) {
        // The optimiser: its moments, and the step that they make. State: the values themselves.
        let mean = got.values.iter().zip(&want.values).map(|(a, b)| (a - b).abs()).sum::<f32>() / got.values.len() as f32;
        if info.trained {
            assert!(mean < 0.01 * setup.get("lr") as f32, "{name}: {} moved otherwise, by {mean} on average", got.name);
        } else {
            assert!(difference(&got.values, &want.values) < 1e-4, "{name}: the state {} differs", got.name);
        }
    }
    burn.set_weights(&weights).unwrap();
    let codes: Vec<f32> = (0..3 * engine.info().latent).map(|i| (i as f32).sin()).collect();
    let ways = step_rows(&codes, engine.info().latent as usize, 1, 4);
    let token_n: Vec<f32> = engine.info().code.iter().flat_map(tokens).collect();
    let images = data.shape.floats(&data.test_images[..19 * data.shape.bytes()]);
    let k = data.factors.test_nk.len() / data.test_labels.len();
    for what in programs {
        let rows = match what.input() {
            Input::Images => Rows::labelled(&images, &data.test_labels[..19]).told(&data.factors.test_nk[..19 * k]),
            Input::Codes => Rows::of(&codes),
            Input::Steps => Rows::of(&ways),
            Input::Tokens => Rows::of(&token_n),
            Input::Count => Rows::of(&[0.0]),
        };
        if rows.values.is_empty() {
            continue;
        }
        let (got, want) = (pollster::block_on(engine.run(what, rows)).unwrap(), pollster::block_on(burn.run(what, rows)).unwrap());
        assert_eq!(got.is_some(), want.is_some(), "{name}: {what:?}");
        for (got, want) in got.iter().flatten().zip(want.iter().flatten()) {
            // Noise outside training is counted by each engine for itself.
            if !matches!(what, Program::Prior | Program::Damaged | Program::LogWeights | Program::LogWeightsAbove) {
                let d = difference(got, want);
                assert!(d < 1e-3, "{name}: {what:?} differs by {d}");
            }
        }
    }
}
