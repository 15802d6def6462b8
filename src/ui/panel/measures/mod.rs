//! Every measure that applies, taken when asked for.

pub mod words;

use leptos::prelude::*;

use crate::only::Only;
use crate::panel::section::Panel;
use crate::react::react;
use crate::store::desks::Desks;
use crate::store::link::Link;
use crate::store::look::Look;
use crate::store::runs::Runs;
use crate::views::MEASURES;
use latent_view::Measures;
use latent_view::View;
use latent_vocabulary::measured::{Measured, Quantity, four_digits};

/// Numbers of images to choose from: the first is quick on a software adapter too.
const IMAGES: [u32; 3] = [200, 500, 2000];

#[component]
pub fn Measures() -> impl IntoView {
    let (look, link, runs, desks) = (Look::get(), Link::get(), Runs::get(), Desks::get());
    let (images, presses, waits) = (RwSignal::new(IMAGES[0]), RwSignal::new(0u32), RwSignal::new(false));
    let only = RwSignal::new(vec![]);
    let sheet = move || {
        desks.view(MEASURES).get().and_then(|view| if let View::Sheet(sheet) = &*view { Some(sheet.clone()) } else { None })
    };
    let run = Memo::new(move |_| runs.run.with(|r| r.as_ref().map(|r| r.id)));
    // An answer, a complaint in place of one, or another network, of which nothing has been asked.
    react(move || {
        desks.view(MEASURES).track();
        look.warning.track();
        run.track();
        waits.set(false);
    });
    let taken = move || {
        let (of, step) = runs.measured_at.get()?;
        let same = run.get() == Some(of);
        let past = !same || runs.step.get() != step;
        Some(view! { <p class="note" class:past=past data-testid="measured-at">{words::taken(step, same, past)}</p> })
    };
    let measure = move |_| {
        presses.update(|n| *n += 1);
        waits.set(true);
        desks.ask(
            MEASURES,
            Measures {
                images: images.get_untracked(),
                press: presses.get_untracked(),
                only: only.get_untracked(),
                of_training: false,
            },
        );
    };
    let ready = move || link.can_run() && runs.run.with(|r| r.as_ref().is_some_and(|r| r.info.is_some()));
    let label = move || match (waits.get(), desks.view(MEASURES).with(Option::is_some)) {
        (true, _) => words::MEASURING,
        (_, true) => words::AGAIN,
        _ => words::MEASURE,
    };
    let pick = move |e| images.set(event_target_value(&e).parse().unwrap_or(IMAGES[0]));
    let body = move || match sheet() {
        None => view! { <p class="note" data-testid="measures-none">{if ready() { words::NOTHING } else { words::NO_ENGINE }}</p> }
            .into_any(),
        Some(sheet) => {
            view! { {taken} <dl class="sheet" data-testid="measures">{sheet.into_iter().map(row).collect_view()}</dl> }.into_any()
        }
    };
    view! {
        <Panel id="measures" title=words::TITLE help=words::HELP slots=&[MEASURES]>
            <div class="ask">
                <button data-testid="measure" disabled=move || !ready() || waits.get() on:click=measure>{label}</button>
                <select aria-label=words::IMAGES data-testid="measure-images" on:change=pick>
                    {IMAGES.map(|n| view! { <option value=n.to_string()>{words::images(n)}</option> }).collect_view()}
                </select>
            </div>
            <Only chosen=only testid="measure-only" />
            <div aria-live="polite" aria-busy=move || waits.get().to_string()>{body}</div>
        </Panel>
    }
}

fn row(measured: Measured) -> impl IntoView {
    let Measured { name, label, value, protocol } = measured;
    let value = match value {
        Quantity::Count(n) => view! { <b>{n.to_string()}</b> }.into_any(),
        Quantity::Number(v) => view! { <b>{four_digits(v)}</b> }.into_any(),
        Quantity::Each(values) => each(&values).into_any(),
    };
    view! { <div data-testid=format!("measure-{name}")><dt>{label}</dt><dd class="value">{value}</dd><dd class="protocol" lang="en">{protocol}</dd></div> }
}

/// Many numbers as bars, with the extremes in words.
fn each(values: &[f64]) -> impl IntoView + use<> {
    let (least, most) = values.iter().fold((0.0f64, 0.0f64), |(a, b), v| (a.min(*v), b.max(*v)));
    let span = (most - least).max(f64::MIN_POSITIVE);
    let bars =
        values.iter().take(128).map(|v| view! { <i style:height=format!("{:.0}%", 100.0 * v.abs() / span)></i> }).collect_view();
    let words = format!("{} … {}", four_digits(least), four_digits(most));
    view! { <span class="spark" aria-hidden="true">{bars}</span><span class="note">{words}</span> }
}
