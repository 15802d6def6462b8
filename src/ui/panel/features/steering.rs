//! Features held at values of the visitor's choosing, and what becomes of an input then.

use latent_small::number;
use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use serde_bytes::ByteBuf;

use super::atom::Atom;
use super::inspector::{Input, Inspector};
use crate::encoded::Encoded;
use crate::paint;
use crate::paint::Pictures;
use crate::panel::features::words;
use crate::panel::section::Panel;
use crate::picture::Picture;
use crate::rank::rank;
use crate::react::react;
use crate::shelf::Shelf;
use crate::store::codes::Codes;
use crate::store::desks::Desks;
use crate::store::look::Look;
use crate::store::runs::Runs;
use crate::tiles::Tile;
use crate::views::{FEATURES, FIRING, STEERED};
use latent_view::{Decode, Embed, Encode};
use latent_vocabulary::code::FeatureGrid;
use latent_vocabulary::numbers::f32_bytes;

/// Features on show that fire on the input.
const FIRST: usize = 16;
/// Positions of a slider.
const NOTCHES: f32 = 100.0;

/// Activation of each feature at the place where it is strongest.
fn strongest(code: &[f32], grid: FeatureGrid) -> Vec<f32> {
    let mut out = vec![0.0f32; grid.features];
    for place in code.chunks_exact(grid.features.max(1)) {
        out.iter_mut().zip(place).filter(|(most, a)| a.abs() > most.abs()).for_each(|(most, a)| *most = *a);
    }
    out
}

/// The code with some features held at values: where they are active, or everywhere if they are active nowhere.
fn steered(code: &[f32], grid: FeatureGrid, held: &[(usize, f32)]) -> Vec<f32> {
    let mut out = code.to_vec();
    for (f, value) in held.iter().filter(|(f, _)| *f < grid.features) {
        let places = || (*f..code.len()).step_by(grid.features);
        let active: Vec<usize> = places().filter(|at| code[*at] != 0.0).collect();
        let all = if active.is_empty() { places().collect() } else { active };
        all.into_iter().for_each(|at| out[at] = *value);
    }
    out
}

#[component]
pub fn Steering() -> impl IntoView {
    let (look, runs, desks, codes) = (Look::get(), Runs::get(), Desks::get(), Codes::get());
    let inspector = Inspector::get();
    let input = move || inspector.input.get().filter(|x| x.pixels.len() == runs.model().shape.len());
    react(move || {
        if let Some(x) = input() {
            // A test sample is known better than its picture shows it.
            match x.at {
                Some(from) => desks.ask(FIRING, Embed { from, count: 1 }),
                None => {
                    let (x_np, none) = (ByteBuf::from(x.pixels.to_vec()), ByteBuf::new());
                    desks.ask(FIRING, Encode { x_np, label_n: none.clone(), factor_nk: none });
                }
            }
        }
    });
    let code = Memo::new(move |_| {
        let grid = inspector.grid.get()?;
        let codes = Encoded::read(&*desks.view(FIRING).get()?)?;
        let code: Arc<[f32]> = codes.mean(0)?.into();
        (code.len() == grid.places() * grid.features).then_some((grid, code))
    });
    react(move || {
        if let Some((grid, code)) = code.get() {
            let after = inspector.held.with(|held| steered(&code, grid, held));
            desks.ask(STEERED, Decode { z_nd: f32_bytes(&[&code[..], &after].concat()) });
        }
    });
    let firing = Memo::new(move |_| {
        let (grid, code) = code.get()?;
        let act_f = strongest(&code, grid);
        let mut order = rank(act_f.iter().map(|a| -a.abs()));
        order.retain(|f| act_f[*f] != 0.0);
        Some((order.len(), order.iter().take(FIRST).map(|f| (*f, act_f[*f])).collect::<Vec<_>>()))
    });
    let (seen, change) = (NodeRef::<html::Canvas>::new(), NodeRef::<html::Canvas>::new());
    react(move || {
        let (theme, shape) = (look.theme.get(), runs.model().shape);
        if let (Some(canvas), Some(x)) = (seen.get(), input()) {
            paint::tiles(&canvas, &[&x.pixels], shape, 1, &theme);
        }
    });
    react(move || {
        let theme = look.theme.get();
        let (Some(canvas), view) = (change.get(), desks.view(STEERED).get()) else { return };
        let Some(pictures) = view.as_deref().and_then(Pictures::of) else { return paint::clear(&canvas) };
        if let (Some(before), Some(after)) = (pictures.get(0), pictures.get(1)) {
            paint::difference(&canvas, &paint::change(before, after, pictures.shape.channels), pictures.shape, &theme);
        }
    });
    let present = move |f: usize| code.get().and_then(|(grid, code)| strongest(&code, grid).get(f).copied()).unwrap_or(0.0);
    let chips = move || {
        firing.get().map(|(_, first)| {
            first.into_iter().map(|(f, activation)| view! {
                <Tile testid=format!("fires-{f}") tag=words::amount(activation) words=words::fires(f, activation)
                    press=move |()| { inspector.chosen.set(Some(f)); inspector.hold(f, Some(present(f))) } picture=view! { <Atom feature=Some(f) /> }.into_any() />
            }).collect_view()
        })
    };
    let rows = move || inspector.held.with(|held| held.iter().map(|(f, _)| *f).collect::<Vec<_>>());
    let own = move || codes.own.get().filter(|x| x.len() == runs.model().shape.len());
    view! {
        <Panel id="steering" title=words::STEERING help=words::STEERING_HELP slots=&[FEATURES, FIRING, STEERED]>
            <Shelf verb=words::pick begin=Signal::derive(move || inspector.input.with_untracked(Option::is_none)) pick=move |i, x| inspector.input.set(Some(Input { at: Some(i as u32), pixels: x.into() })) />
            <button class="small own" class:absent=Signal::derive(move || own().is_none()) data-testid="steer-own" on:click=move |_| if let Some(pixels) = own() { inspector.input.set(Some(Input { at: None, pixels })) }>{words::OWN}</button>
            <div class="steering">
                <div class="quartet">
                    <figure><canvas class="digit" node_ref=seen width="28" height="28" role="img" aria-label=words::ORIGINAL data-testid="steer-input"></canvas><figcaption>{words::ORIGINAL}</figcaption></figure>
                    <figure><Picture from=STEERED index=0usize label=words::REBUILT testid="steer-before" /><figcaption>{words::REBUILT}</figcaption></figure>
                    <figure><Picture from=STEERED index=1usize label=words::STEERED testid="steer-after" /><figcaption>{words::STEERED}</figcaption></figure>
                    <figure><canvas class="digit" node_ref=change width="28" height="28" role="img" aria-label=words::CHANGE data-testid="steer-change"></canvas><figcaption>{words::CHANGE}</figcaption></figure>
                </div>
                <div>
                    <h3>{words::HELD}</h3>
                    <p class="note" class:absent=move || !rows().is_empty()>{words::NONE_HELD}</p>
                    <div class="holds"><For each=rows key=|f| *f let:f><Hold f present=Signal::derive(move || present(f)) /></For></div>
                </div>
            </div>
            <h3>{words::FIRING}" "<span class="note" data-testid="fires-count">{move || firing.get().map(|(n, first)| words::firing(n, first.len()))}</span></h3>
            <div class="cells fires" data-testid="fires">{chips}</div>
        </Panel>
    }
}

/// A feature that is held: its slider.
#[component]
fn Hold(f: usize, present: Signal<f32>) -> impl IntoView {
    let inspector = Inspector::get();
    let value = Memo::new(move |_| inspector.held.with(|held| held.iter().find(|(g, _)| *g == f).map_or(0.0, |(_, v)| *v)));
    // Twice what it ever reached, of either sign where it has both.
    let reach = Memo::new(move |_| {
        let most = inspector.table.with(|t| t.as_ref().and_then(|t| t.max_f.get(f).copied()).unwrap_or(0.0)).abs();
        2.0 * most.max(present.get().abs()).max(0.5)
    });
    let lowest = Memo::new(move |_| {
        let negative = inspector.table.with(|t| t.as_ref().and_then(|t| t.max_f.get(f).copied()).is_some_and(|m| m < 0.0))
            || present.get() < 0.0;
        if negative { -reach.get() } else { 0.0 }
    });
    let words = Signal::derive(move || words::amount(value.get()));
    let moved = move |text: String| {
        if let Some(v) = number(&text) {
            inspector.hold(f, Some(v as f32));
        }
    };
    view! {
        <div class="hold">
            <Tile testid=format!("held-{f}") tag=f.to_string() words=words::name(f) press=move |()| inspector.chosen.set(Some(f)) picture=view! { <Atom feature=Some(f) /> }.into_any() />
            <input type="range" class="slider" data-testid=format!("hold-{f}") aria-label=words::hold(f)
                min=move || lowest.get().to_string() max=move || reach.get().to_string() step=move || (reach.get() / NOTCHES).to_string()
                aria-valuetext=words
                prop:value=move || { reach.track(); value.get().to_string() } on:input=move |e| moved(event_target_value(&e)) />
            <output class="value">{words}</output>
            <button class="quiet" aria-label=words::release(f) data-testid=format!("release-{f}") on:click=move |_| inspector.hold(f, None)>"×"</button>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: FeatureGrid = FeatureGrid { height: 1, width: 2, features: 3, layers: false };

    #[test]
    fn a_feature_is_held_where_it_is_active() {
        let code = [0.0, 2.0, 0.0, 0.0, 0.0, -4.0];
        assert_eq!(strongest(&code, GRID), [0.0, 2.0, -4.0]);
        assert_eq!(steered(&code, GRID, &[(1, 9.0)]), [0.0, 9.0, 0.0, 0.0, 0.0, -4.0]);
        assert_eq!(steered(&code, GRID, &[(0, 1.0), (2, 0.0)]), [1.0, 2.0, 0.0, 1.0, 0.0, 0.0], "active nowhere: everywhere");
        assert_eq!(steered(&code, GRID, &[(7, 1.0)]), code);
    }
}
