//! The values of each number of a code, where they are few: how often each is taken, and what it draws.

pub mod words;

use std::sync::Arc;

use leptos::prelude::*;

use crate::dress::Dress;
use crate::encoded::Encoded;
use crate::panel::section::Panel;
use crate::picture::Picture;
use crate::react::react;
use crate::shelf::Shelf;
use crate::source::Source;
use crate::store::codes::Codes;
use crate::store::desks::Desks;
use crate::store::runs::Runs;
use crate::tiles::Tile;
use crate::views::{CODES, SETTING, SETTINGS};
use latent_view::{Decode, Embed};
use latent_vocabulary::numbers::f32_bytes;

/// Numbers of a code on show.
const MOST: usize = 32;

/// The values of each number, rising, and how often each comes.
type Values = Arc<Vec<Vec<(f32, u32)>>>;

/// The values among some, rising, and how often each comes.
fn counted(mut values: Vec<f32>) -> Vec<(f32, u32)> {
    values.sort_by(f32::total_cmp);
    let mut out: Vec<(f32, u32)> = vec![];
    for value in values {
        match out.last_mut() {
            // Devices round alike, or nearly so.
            Some((known, n)) if same(value, *known) => *n += 1,
            _ => out.push((value, 1)),
        }
    }
    out
}

fn same(a: f32, b: f32) -> bool {
    (a - b).abs() <= 1e-6 * (1.0 + a.abs())
}

/// The values of the first numbers of codes.
fn values(codes: &Encoded) -> Vec<Vec<(f32, u32)>> {
    let of = |d: usize| counted(codes.mean_nd.iter().skip(d).step_by(codes.latent).copied().collect());
    (0..codes.latent.min(MOST)).map(of).collect()
}

/// A code with each of its numbers at each of the values, one after the other.
fn settings(z_d: &[f32], values: &[Vec<(f32, u32)>]) -> Vec<f32> {
    let mut out = vec![];
    for (d, own) in values.iter().enumerate() {
        for (value, _) in own {
            let from = out.len();
            out.extend(z_d);
            out[from + d] = *value;
        }
    }
    out
}

#[component]
pub fn Positions() -> impl IntoView {
    let (runs, desks, codes) = (Runs::get(), Desks::get(), Codes::get());
    let image = RwSignal::new(0u32);
    react(move || desks.ask(SETTING, Embed { from: image.get(), count: 1 }));
    runs.on_other_data(move || image.set(0));
    let found: Memo<Option<Values>> = Memo::new(move |_| {
        let latent = runs.model().latent;
        codes.tests.get().filter(|codes| codes.latent == latent && latent > 0).map(|codes| Arc::new(values(&codes)))
    });
    let z = Memo::new(move |_| {
        let encoded = Encoded::read(&*desks.view(SETTING).get()?)?;
        let z_d: Arc<[f32]> = encoded.mean(0)?.into();
        (z_d.len() == runs.model().latent).then_some(z_d)
    });
    react(move || {
        if let (Some(found), Some(z_d)) = (found.get(), z.get()) {
            desks.ask(SETTINGS, Decode { z_nd: f32_bytes(&settings(&z_d, &found)) });
        }
    });
    let images = Memo::new(move |_| codes.tests.with(|codes| codes.as_ref().map_or(0, |codes| codes.len())));
    // Tiles stay as they are while only their numbers change.
    let counts = Memo::new(move |_| {
        found.with(|found| found.as_ref().map_or_else(Vec::new, |all| all.iter().map(Vec::len).collect::<Vec<_>>()))
    });
    let row = move |(d, first, n): (usize, usize, usize)| {
        let of = move |v: usize| found.with(|found| found.as_ref().and_then(|all| all.get(d)?.get(v).copied())).unwrap_or_default();
        let share = move |v: usize| 100.0 * of(v).1 as f32 / images.get().max(1) as f32;
        let take = move |v: usize| {
            if let Some(z_d) = z.get_untracked() {
                let mut code = z_d.to_vec();
                code[d] = untrack(|| of(v)).0;
                codes.start_from(Source::Code(code.into()));
            }
        };
        let tile = move |v: usize| {
            let words = Signal::derive(move || words::value(d, of(v).0, share(v)));
            let here = Signal::derive(move || z.with(|z| z.as_ref().is_some_and(|z_d| same(z_d[d], of(v).0))));
            view! {
                <Tile testid=format!("value-{d}-{v}") words tag=Signal::derive(move || words::number(of(v).0)) press=move |()| take(v)
                    value=Some(Signal::derive(move || of(v).1.to_string())) bar=Some(Signal::derive(move || share(v))) pressed=here
                    picture=view! { <Picture from=SETTINGS index=first + v /> }.into_any() />
            }
        };
        view! {
            <li data-testid=format!("values-{d}")><span class="name">{words::latent(d)}</span>
                <span class="note">{move || words::used(n, runs.model().steps)}</span>
                <div class="cells">{(0..n).map(tile).collect_view()}</div></li>
        }
    };
    let rows = move || {
        let counts = counts.get();
        let first = counts.iter().scan(0, |at, n| Some(std::mem::replace(at, *at + n)));
        counts.iter().enumerate().zip(first).map(|((d, n), first)| row((d, first, *n))).collect_view()
    };
    let rest = move || {
        let latent = runs.model().latent;
        if latent > MOST { words::first_of(MOST, latent) } else { String::new() }
    };
    view! {
        <Panel id="positions" title=words::POSITIONS help=words::HELP slots=&[CODES, SETTING, SETTINGS]>
            <Dress name="codes" />
            <p class="note" data-testid="positions-said">{move || words::said(image.get(), images.get())}</p>
            <Shelf verb=words::pick pick=move |i, _| image.set(i as u32) />
            <ol class="values" data-testid="positions">{rows}</ol>
            <p class="note">{rest}</p>
        </Panel>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_in_order_and_put_in() {
        assert_eq!(counted(vec![0.5, -0.5, 0.5, 0.500_000_1, 0.1]), [(-0.5, 1), (0.1, 1), (0.5, 3)]);
        assert_eq!(counted(vec![]), []);
        let codes = Encoded { latent: 2, mean_nd: vec![1.0, 7.0, 2.0, 7.0, 1.0, 7.0], logvar_nd: vec![], labels: vec![] };
        let found = values(&codes);
        assert_eq!(found, [vec![(1.0, 2), (2.0, 1)], vec![(7.0, 3)]]);
        assert_eq!(settings(&[2.0, 8.0], &found), [1.0, 8.0, 2.0, 8.0, 2.0, 7.0]);
    }
}
