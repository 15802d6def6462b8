//! In which directions codes spread, and how far in each, beside the samples themselves.

pub mod words;

use leptos::prelude::*;

use crate::dress::Dress;
use crate::encoded::Encoded;
use crate::paint::Pictures;
use crate::panel::section::Panel;
use crate::react::react;
use crate::store::codes::Codes;
use crate::store::desks::Desks;
use crate::store::runs::Runs;
use crate::views::{CODES, SPREAD};
use latent_measure::Rows;
use latent_measure::spectrum::{effective_rank, singular_values};
use latent_view::Originals;

/// Test images whose codes are looked at.
const COUNT: u32 = 128;
/// Directions on show.
const MOST: usize = 48;

/// The singular values of the first codes, as many numbers of each as the encoder has found out.
fn of_codes(codes: &Encoded, found: usize) -> Vec<f64> {
    let own: Vec<f32> = codes.mean_nd.chunks_exact(codes.latent).take(COUNT as usize).flat_map(|z| &z[..found]).copied().collect();
    if found == 0 || own.is_empty() { vec![] } else { singular_values(Rows::new(&own, found)) }
}

/// The singular values of pictures, whose values count as 0 to 1.
fn of_pictures(pixels: &[u8], width: usize) -> Vec<f64> {
    let x: Vec<f32> = pixels.iter().map(|v| f32::from(*v) / 255.0).collect();
    if x.is_empty() { vec![] } else { singular_values(Rows::new(&x, width)) }
}

/// A value as a share of the largest, in percent.
fn height(singular: &[f64], i: usize) -> String {
    let most = singular.first().copied().unwrap_or(0.0).max(f64::MIN_POSITIVE);
    format!("{:.2}%", 100.0 * singular.get(i).copied().unwrap_or(0.0) / most)
}

#[component]
pub fn Spectrum() -> impl IntoView {
    let (runs, desks, codes) = (Runs::get(), Desks::get(), Codes::get());
    let there = Memo::new(move |_| runs.test_images());
    react(move || desks.ask(SPREAD, Originals { indices: (0..there.get().min(COUNT)).collect() }));
    let own = Memo::new(move |_| {
        let model = runs.model();
        codes.tests.get().filter(|codes| codes.latent == model.latent).map_or_else(Vec::new, |codes| of_codes(&codes, model.found))
    });
    let samples = Memo::new(move |_| {
        // What is no picture has one only to be looked at.
        if !runs.model().sample.is_picture() {
            return vec![];
        }
        let view = desks.view(SPREAD).get();
        let pixels = |pictures: Pictures<'_>| {
            let all: Vec<u8> = (0..COUNT as usize).map_while(|i| pictures.get(i)).flatten().copied().collect();
            of_pictures(&all, pictures.shape.len())
        };
        view.as_deref().and_then(Pictures::of).map_or_else(Vec::new, pixels)
    });
    let shown = Memo::new(move |_| own.with(Vec::len).min(MOST));
    let bar = move |i: usize| {
        let words = move || own.with(|own| samples.with(|samples| words::bar(i, own, samples)));
        view! {
            <li title=words>
                <span class="pair"><i class="own" style:height=move || own.with(|own| height(own, i))></i>
                    <i style:height=move || samples.with(|samples| height(samples, i))></i></span>
                <span class="index" aria-hidden="true">{i + 1}</span>
                <span class="unseen">{words}</span>
            </li>
        }
    };
    let said = move || {
        own.with(|own| {
            if own.is_empty() {
                return String::new();
            }
            let beside = samples.with(|samples| (!samples.is_empty()).then(|| effective_rank(samples)));
            words::said(effective_rank(own), own.len(), beside, there.get().min(COUNT))
        })
    };
    view! {
        <Panel id="spectrum" title=words::SPECTRUM help=words::HELP slots=&[CODES, SPREAD]>
            <Dress name="codes" />
            <p class="note" data-testid="spectrum-said">{said}</p>
            <p class="note spectrum-key"><i class="own"></i>{words::CODES}<i></i>{words::SAMPLES}</p>
            <ol class="spectrum" class:many=move || { shown.get() > 24 } data-testid="spectrum-bars">{move || (0..shown.get()).map(bar).collect_view()}</ol>
        </Panel>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_on_a_line_have_one_direction() {
        // A label that the encoder is told stands behind them.
        let mean_nd: Vec<f32> = (0..10).flat_map(|i| [i as f32, 2.0 * i as f32, 0.0, (i % 2) as f32]).collect();
        let codes = Encoded { latent: 4, mean_nd, logvar_nd: vec![], labels: vec![] };
        let singular = of_codes(&codes, 3);
        // The variance of 0 to 9 is 8.25, along (1, 2, 0).
        assert!((singular[0] - (8.25f64 * 5.0).sqrt()).abs() < 1e-6 && singular[1] < 1e-6, "{singular:?}");
        assert!((effective_rank(&singular) - 1.0).abs() < 1e-9);
        assert_eq!(
            (height(&singular, 0), height(&singular, 9), height(&[], 0)),
            ("100.00%".into(), "0.00%".into(), "0.00%".into())
        );
        let of_two = of_pictures(&[0, 255, 255, 0], 2);
        assert!((of_two[0] - 0.5f64.sqrt()).abs() < 1e-9 && of_two[1].abs() < 1e-9, "{of_two:?}");
    }
}
