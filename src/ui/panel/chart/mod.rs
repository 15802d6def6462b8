//! The loss and its parts while the network learns.

mod draw;
pub mod frame;
pub mod words;

use leptos::html;
use leptos::prelude::*;
use web_sys::{KeyboardEvent, PointerEvent};

use self::draw::{Curves, draw};
use self::frame::Frame;
use crate::browser;
use crate::paint;
use crate::panel::section::Panel;
use crate::react::react;
use crate::store::look::Look;
use crate::store::runs::Runs;
use latent_experiment::history::{Bucket, History};
use latent_protocol::RunId;
use latent_vocabulary::Card;

/// The numbers on the chart: one alone, or all that are parts of the objective.
fn on_chart(card: Option<&Card>, names: &[String], alone: Option<usize>) -> Vec<usize> {
    let counts = |name: &String| card.is_some_and(|card| card.counts(name).is_some());
    match alone.filter(|i| *i < names.len()) {
        Some(i) => vec![i],
        None => (0..names.len()).filter(|i| !counts(&names[*i])).collect(),
    }
}

#[component]
pub fn Loss() -> impl IntoView {
    let (look, runs) = (Look::get(), Runs::get());
    let canvas = NodeRef::<html::Canvas>::new();
    let log = RwSignal::new(true);
    // The step under the pointer, and the number whose curve is shown alone, with its run.
    let hover = RwSignal::new(None::<f64>);
    let pressed = RwSignal::new(None::<(RunId, u64)>);
    let resized = RwSignal::new(0u32);
    let on_resize = window_event_listener(leptos::ev::resize, move |_| resized.update(|n| *n += 1));
    on_cleanup(move || on_resize.remove());

    // The run on show, the names of its numbers, and which of them is shown alone.
    let told = move || {
        let run = runs.run.get()?;
        let alone = pressed.get().filter(|(of, _)| *of == run.id).map(|(_, i)| i as usize);
        Some((run.setup, run.info.map(|i| i.terms).unwrap_or_default(), alone))
    };
    let bucket = move |history: &History| hover.get().and_then(|s| history.nearest(s)).map(|i| history.train[i].clone());
    // Earlier runs that have what is shown: in words, and their curves.
    let past = move || -> Vec<(String, Vec<(f64, f64)>)> {
        let Some((setup, names, alone)) = told() else { return vec![] };
        let Some(of) = names.get(alone.unwrap_or(0)) else { return vec![] };
        runs.past.with_value(|past| past.iter().filter_map(|p| Some((p.words(&setup), p.curve(&setup, of)?))).collect())
    };
    react(move || {
        runs.curves.track();
        resized.track();
        let theme = look.theme.get();
        let lit = look.pointed_term.get();
        let shown = told().map_or(vec![], |(setup, names, alone)| on_chart(setup.card().ok(), &names, alone));
        let (log, Some(canvas)) = (log.get(), canvas.get()) else { return };
        let past: Vec<_> = past().into_iter().map(|(_, curve)| curve).collect();
        runs.history.with_value(|history| {
            let (context, width, height) = paint::fit(&canvas);
            if !history.train.is_empty() {
                let hover = bucket(history);
                let frame = Frame::new(history, &shown, &past.concat(), (width, height), log);
                let lit = lit.filter(|i| shown.contains(i));
                draw(&context, &frame, &Curves { history, shown: &shown, lit, hover: hover.as_ref(), past: &past }, &theme);
            }
        });
    });

    // The values under the pointer, or the latest; then the test set's latest up to there.
    let reading = move || {
        runs.curves.track();
        runs.history.with_value(|history| {
            let train = bucket(history).or_else(|| history.train.last().cloned());
            let step = train.as_ref().map_or(0, |b| b.step);
            let test = history.test.iter().rev().find(|b| b.step <= step).cloned();
            (train, test)
        })
    };
    let number = |b: &Option<Bucket>, i: usize| b.as_ref().and_then(|b| b.terms.get(i)).map(|v| words::reading(f64::from(*v)));
    let readout = move || {
        let ((setup, names, alone), (train, test)) = (told()?, reading());
        let card = setup.card().ok()?;
        let unit = alone.and_then(|i| card.counts(names.get(i)?)).unwrap_or_else(|| words::unit(card));
        let cell = |(i, name): (usize, String)| {
            let counted = card.counts(&name);
            let press = move |_| {
                let run = runs.run.with_untracked(|r| r.as_ref().map(|r| (r.id, i as u64)));
                pressed.update(|p| *p = run.filter(|run| *p != Some(*run)));
            };
            view! {
                <button class="reading" title=counted aria-pressed=(alone == Some(i)).to_string() on:click=press>
                    <i class=format!("swatch swatch-{}", paint::term_colour(i))></i>
                    <span class="reading-name">{name}</span>
                    <b>{number(&train, i).unwrap_or_else(|| "–".into())}</b>
                    {number(&test, i).map(|v| view! { <span class="reading-test">"test "{v}</span> })}
                </button>
            }
        };
        let cells = names.into_iter().enumerate().map(cell).collect_view();
        let at = train.as_ref().map(|b| format!("{} · step {}", unit, b.step));
        Some(view! { {cells} <span class="reading-step">{at}</span> })
    };
    let legend = move || {
        let line = |(i, (words, _)): (usize, (String, _))| view! { <li><b>{i + 1}</b>" "{words}</li> };
        let past = past();
        (!past.is_empty())
            .then(|| view! { <ul class="earlier" aria-label=words::LOSS_PAST title=words::LOSS_PAST data-testid="loss-past">{past.into_iter().enumerate().map(line).collect_view()}</ul> })
    };
    let summary = move || {
        let names = told().map_or(vec![], |(_, names, _)| names);
        reading().0.map_or_else(
            || words::LOSS_EMPTY.to_owned(),
            |b| words::chart_summary(b.step, &names.into_iter().zip(b.terms).collect::<Vec<_>>()),
        )
    };
    let empty = Memo::new(move |_| {
        runs.curves.track();
        runs.history.with_value(|h| h.train.is_empty())
    });
    let step_at = move |x: f64| {
        canvas.get_untracked().map(|c| {
            runs.history.with_value(|h| {
                let size = (f64::from(c.client_width()), f64::from(c.client_height()));
                Frame::new(h, &[], &[], size, false).step(x)
            })
        })
    };
    let on_key = move |e: KeyboardEvent| {
        let move_by = match e.key().as_str() {
            "ArrowLeft" => -1,
            "ArrowRight" => 1,
            "Escape" => return hover.set(None),
            _ => return,
        };
        e.prevent_default();
        runs.history.with_value(|h| {
            let last = h.train.len().checked_sub(1)?;
            let at = hover.get_untracked().and_then(|s| h.nearest(s)).unwrap_or(last);
            // A fiftieth of the curve at a time.
            let next = (at as isize + move_by * (1 + last as isize / 50)).clamp(0, last as isize);
            hover.set(Some(h.train[next as usize].step as f64));
            Some(())
        });
    };
    let scale = move |value: bool, name: &'static str| {
        view! { <button class="small" aria-pressed=move || (log.get() == value).to_string() on:click=move |_| log.set(value)>{name}</button> }
    };
    view! {
        <Panel id="loss" title=words::LOSS help=Signal::derive(move || words::loss_help(runs.tested.get()))
            tools=move || view! {
                <div class="segments" role="group" aria-label=words::LOSS_SCALE>
                    {scale(true, words::LOSS_LOG)} {scale(false, words::LOSS_LINEAR)}
                </div>
            }>
            <div class="readout" data-testid="loss-values">{readout}</div>
            <div class="chart-frame">
                <canvas class="chart" data-testid="loss-chart" role="application" tabindex="0" node_ref=canvas aria-label=summary
                    on:pointermove=move |e: PointerEvent| hover.set(step_at(f64::from(e.offset_x())))
                    on:pointerdown=move |e: PointerEvent| hover.set(step_at(f64::from(e.offset_x())))
                    on:pointerleave=move |_| hover.set(None) on:blur=move |_| hover.set(None) on:keydown=on_key></canvas>
                <p class="empty" class:gone=move || !empty.get()>{words::LOSS_EMPTY}</p>
            </div>
            {legend}
        </Panel>
    }
}

/// Redraws after the fonts and the layout have settled.
pub fn settle(runs: Runs) {
    browser::next_frame(move || runs.curves.update(|n| *n += 1));
}

#[cfg(test)]
mod tests {
    use super::on_chart;

    #[test]
    fn what_is_no_part_of_the_objective_is_shown_alone() {
        let names = ["loss", "reconstruction", "l0", "fvu"].map(String::from);
        let card = latent_catalog::card("topk-sae");
        assert_eq!(on_chart(card, &names, None), [0, 1]);
        assert_eq!(on_chart(card, &names, Some(3)), [3]);
        assert_eq!(on_chart(card, &names, Some(9)), [0, 1], "a number of the run before");
    }
}
