//! Ways from one image to another: straight, along the sphere, and along the decoder's geodesic.

mod export;
mod film;
mod profile;
mod relax;
pub mod words;

use latent_small::number;
use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;

use crate::browser;
use crate::paint;
use crate::paint::Pictures;
use crate::panel::section::Panel;
use crate::react::react;
use crate::shelf::Shelf;
use crate::source::Source;
use crate::store::codes::Codes;
use crate::store::desks::Desks;
use crate::store::look::Look;
use crate::store::runs::Runs;
use crate::views::{CODES, OWN_CODE, PATHS, RELAXED};
use film::{Film, KINDS, POINTS, SKIP, SWEEP, Ways};
use latent_geometry::{linear, spherical};
use latent_view::Paths;
use latent_view::View;
use latent_vocabulary::numbers::f32_bytes;
use profile::Profile;
use relax::Relaxation;

/// A path through several codes, leg by leg; the places where legs meet occur once.
fn through(ends: &[Vec<f32>], leg: impl Fn(usize, &[f32], &[f32], usize) -> Vec<f32>) -> Vec<f32> {
    let legs = ends.len() - 1;
    let each = (POINTS - 1) / legs + 1;
    let mut path = ends[0].clone();
    for (i, pair) in ends.windows(2).enumerate() {
        path.extend_from_slice(&leg(i, &pair[0], &pair[1], each)[ends[0].len()..]);
    }
    path
}

#[component]
pub fn Paths() -> impl IntoView {
    let (look, runs, desks, codes) = (Look::get(), Runs::get(), Desks::get(), Codes::get());
    // Place on the path, 0 to 1.
    let at = RwSignal::new(0.0f64);
    let playing = RwSignal::new(false);
    let chosen = RwSignal::new(None::<usize>);
    if codes.ends.with_untracked(Vec::is_empty) {
        codes.ends.set(Source::ENDS.to_vec());
    }
    runs.on_other_data(move || chosen.set(None));
    let ends = Memo::new(move |_| {
        let latent = codes.latents.with(|l| l.kl_d.len());
        let ends = codes.ends.with(|ends| ends.iter().map(|e| codes.of(e)).collect::<Option<Vec<_>>>());
        ends.filter(|ends| ends.len() >= 2 && latent > 0 && ends.iter().all(|z| z.len() == latent))
    });
    let relaxation = Relaxation::new(desks, ends);
    let ways = Memo::new(move |_| {
        let Some(ends) = ends.get() else { return Ways::default() };
        let mut rows: Vec<(usize, Arc<[f32]>)> = vec![
            (0, through(&ends, |_, a, b, n| linear(a, b, n)).into()),
            (1, through(&ends, |_, a, b, n| spherical(a, b, n)).into()),
        ];
        if let Some(legs) = relaxation.legs().filter(|legs| legs.len() == ends.len() - 1) {
            rows.push((2, through(&ends, |i, _, _, n| relax::resample(&legs[i], ends[0].len(), n)).into()));
        }
        Ways { rows }
    });
    react(move || {
        let z = ways.with(|w| w.rows.iter().flat_map(|(_, z)| z.to_vec()).collect::<Vec<f32>>());
        if !z.is_empty() {
            desks.ask(PATHS, Paths { z_nd: f32_bytes(&z), points: POINTS as u32 });
        }
    });
    // Each picture of the answer, by row; kept while the next answer has another number of rows.
    let film = Memo::new_with_compare(
        move |_| {
            let view = desks.view(PATHS).get()?;
            let pictures = Pictures::of(&view)?;
            let rows =
                pictures.iter().collect::<Vec<_>>().chunks(POINTS).map(|row| row.iter().map(|p| p.to_vec()).collect()).collect();
            Some(Arc::new(Film { shape: pictures.shape, rows }))
        },
        |_, _| true,
    );
    let lengths = move |row: usize| match desks.view(PATHS).get().as_deref() {
        Some(View::PathPictures(paths)) => paths.length_p.get(row).copied(),
        _ => None,
    };

    let tick = move || {
        playing.set(true);
        let started = browser::now() - at.get_untracked() * SWEEP;
        advance(at, playing, started);
    };
    let play = move |_| if playing.get_untracked() { playing.set(false) } else { tick() };
    on_cleanup(move || playing.set(false));

    let rows = move || {
        ways.with(|w| w.rows.iter().map(|(kind, _)| *kind).collect::<Vec<_>>())
            .into_iter()
            .map(|kind| view! { <Way kind film at relaxation length=Signal::derive(move || lengths(kind)) /> })
            .collect_view()
    };
    let put = move |source: Source| match chosen.get_untracked() {
        Some(i) if i < codes.ends.with_untracked(Vec::len) => codes.ends.update(|ends| ends[i] = source),
        _ => codes.add_end(source),
    };
    let end_list = move || {
        let n = codes.ends.with(Vec::len);
        (0..n).map(|i| view! { <End i n film chosen /> }).collect_view()
    };
    let code = move |_| put(Source::Code(codes.code.get_untracked().into()));
    let tools = move || {
        view! {
            <button class="small" data-testid="path-png" on:click=move |_| film.with_untracked(|f| export::strip(f.as_deref(), &look.theme.get_untracked()))>{words::PATH_PNG}</button>
            <button class="small" data-testid="path-gif" on:click=move |_| film.with_untracked(|f| export::gif(f.clone(), look.theme.get_untracked()))>{words::PATH_GIF}</button>
            <Show when=export::can_record>
                <button class="small" data-testid="path-webm" on:click=move |_| film.with_untracked(|f| export::video(f.clone(), look.theme.get_untracked()))>{words::PATH_WEBM}</button>
            </Show>
        }
    };
    view! {
        <Panel id="path" title=words::PATH help=words::PATH_HELP slots=&[PATHS, CODES, OWN_CODE, RELAXED] tools=tools>
            <div class="ends" role="group" aria-label=words::PATH_ENDS>
                {end_list}
                <button class="small" class:gone=move || { codes.ends.with(Vec::len) > 3 } on:click=code title=words::PATH_CODE_HELP>{words::PATH_CODE}</button>
            </div>
            <p class="note">{move || if chosen.get().is_some() { words::PATH_REPLACE } else { words::PATH_ADD }}</p>
            <Shelf verb=words::path_pick pick=move |i, _| put(Source::Test(i)) />
            <div class="scrub">
                <button data-testid="path-play" on:click=play>{move || if playing.get() { words::PATH_STOP } else { words::PATH_PLAY }}</button>
                <input type="range" class="slider" min="0" max="1" step="0.005" data-testid="path-at" aria-label=words::PATH_AT
                    aria-valuetext=move || words::percent(at.get()) prop:value=move || at.get().to_string()
                    on:input=move |e| if let Some(v) = number(&event_target_value(&e)) { playing.set(false); at.set(v) } />
            </div>
            <div class="ways" data-testid="ways">{rows}</div>
            <Show when=move || runs.model().gaussian><Profile ways at /></Show>
        </Panel>
    }
}

/// Moves along the path once a frame until it is stopped; at the end it stops by itself.
fn advance(at: RwSignal<f64>, playing: RwSignal<bool>, started: f64) {
    browser::next_frame(move || {
        if playing.try_get_untracked() != Some(true) {
            return;
        }
        let part = (browser::now() - started) / SWEEP;
        // From the end it starts over.
        if part >= 1.0 && at.get_untracked() >= 1.0 {
            at.set(0.0);
            return advance(at, playing, browser::now());
        }
        at.set(part.min(1.0));
        if part < 1.0 { advance(at, playing, started) } else { playing.set(false) }
    });
}

/// One end point: press to replace it, or take it away.
#[component]
fn End(i: usize, n: usize, film: Memo<Option<Arc<Film>>>, chosen: RwSignal<Option<usize>>) -> impl IntoView {
    let (look, codes) = (Look::get(), Codes::get());
    let canvas = NodeRef::<html::Canvas>::new();
    react(move || {
        let theme = look.theme.get();
        let (Some(canvas), film) = (canvas.get(), film.get()) else { return };
        let Some(film) = film else { return paint::clear(&canvas) };
        if let Some(picture) = film.rows.first().and_then(|row| row.get(i * (POINTS - 1) / (n - 1).max(1))) {
            paint::tiles(&canvas, &[picture], film.shape, 1, &theme);
        }
    });
    let toggle = move |_| chosen.update(|c| *c = if *c == Some(i) { None } else { Some(i) });
    let remove = move |_| {
        chosen.set(None);
        codes.ends.update(|ends| drop(ends.remove(i)));
    };
    view! {
        <span class="end">
            <button class="cell" data-testid=format!("end-{i}") aria-pressed=move || (chosen.get() == Some(i)).to_string() aria-label=words::path_end(i) on:click=toggle>
                <canvas class="digit" node_ref=canvas width="28" height="28"></canvas>
            </button>
            {(n > 2).then(|| view! { <button class="quiet" aria-label=words::path_remove(i) on:click=remove>"×"</button> })}
        </span>
    }
}

/// One way: the picture at the place of the slider, the film, and what it costs.
#[component]
fn Way(
    kind: usize,
    film: Memo<Option<Arc<Film>>>,
    at: RwSignal<f64>,
    relaxation: Relaxation,
    length: Signal<Option<f32>>,
) -> impl IntoView {
    let look = Look::get();
    let (strip, big) = (NodeRef::<html::Canvas>::new(), NodeRef::<html::Canvas>::new());
    react(move || {
        let theme = look.theme.get();
        let (Some(canvas), film) = (strip.get(), film.get()) else { return };
        let Some(film) = film else { return paint::clear(&canvas) };
        if let Some(row) = film.rows.get(kind) {
            let shown: Vec<&[u8]> = row.iter().step_by(SKIP).map(Vec::as_slice).collect();
            paint::tiles(&canvas, &shown, film.shape, shown.len() as u32, &theme);
        }
    });
    react(move || {
        let theme = look.theme.get();
        let i = (at.get() * (POINTS - 1) as f64).round() as usize;
        let (Some(canvas), film) = (big.get(), film.get()) else { return };
        let Some(film) = film else { return paint::clear(&canvas) };
        if let Some(picture) = film.rows.get(kind).and_then(|row| row.get(i)) {
            paint::tiles(&canvas, &[picture], film.shape, 1, &theme);
        }
    });
    let (name, help) = KINDS[kind];
    view! {
        <div class="way">
            <canvas class="digit frame" node_ref=big width="28" height="28" role="img" aria-label=name data-testid=format!("way-{kind}")></canvas>
            <div>
                <p class="way-name"><i class=format!("swatch swatch-way-{kind}")></i><b>{name}</b>
                    <span class="note" data-testid=format!("length-{kind}")>{move || length.get().map(words::path_length)}</span></p>
                <span class="film"><canvas class="digit" node_ref=strip width="364" height="28" aria-hidden="true"></canvas>
                    <i class="playhead" style:left=move || format!("{:.2}%", (0.5 + at.get() * 12.0) / 13.0 * 100.0)></i></span>
                <p class="note">{help}{(kind == 2).then(|| view! { " "<span data-testid="path-energy">{move || relaxation.words()}</span> })}</p>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_through_several_codes_meets_each() {
        let ends = [vec![0.0, 0.0], vec![1.0, 0.0], vec![1.0, 2.0], vec![0.0, 2.0]];
        for n in 2..=4 {
            let path = through(&ends[..n], |_, a, b, k| linear(a, b, k));
            assert_eq!(path.len(), 2 * POINTS);
            for (i, end) in ends[..n].iter().enumerate() {
                let at = i * (POINTS - 1) / (n - 1);
                assert_eq!(&path[2 * at..2 * at + 2], &end[..]);
            }
        }
    }
}
