//! Every measure that applies, taken when asked for.

use leptos::prelude::*;

use super::Panel;
use crate::spec::protocol::{Measured, Quantity, Query, View, four_digits};
use crate::ui::react::react;
use crate::ui::state::Lab;
use crate::ui::text::measures as text;
use crate::ui::views::MEASURES;

/// Numbers of images to choose from: the first is quick on a software adapter too.
const IMAGES: [u32; 3] = [200, 500, 2000];

#[component]
pub fn Measures() -> impl IntoView {
    let lab = Lab::get();
    let (images, presses, waits) = (RwSignal::new(IMAGES[0]), RwSignal::new(0u32), RwSignal::new(false));
    let sheet = move || {
        lab.view(MEASURES).get().and_then(|view| if let View::Measures(sheet) = &*view { Some(sheet.clone()) } else { None })
    };
    let run = Memo::new(move |_| lab.run.with(|r| r.as_ref().map(|r| r.id)));
    // An answer, a complaint in place of one, or another network, of which nothing has been asked.
    react(move || {
        lab.view(MEASURES).track();
        lab.warning.track();
        run.track();
        waits.set(false);
    });
    let taken = move || {
        let (of, step) = lab.measured_at.get()?;
        let same = run.get() == Some(of);
        let past = !same || lab.step.get() != step;
        Some(view! { <p class="note" class:past=past data-testid="measured-at">{text::taken(step, same, past)}</p> })
    };
    let measure = move |_| {
        presses.update(|n| *n += 1);
        waits.set(true);
        lab.ask(MEASURES, Query::Measures { images: images.get_untracked(), press: presses.get_untracked() });
    };
    let ready = move || lab.can_run() && lab.run.with(|r| r.as_ref().is_some_and(|r| r.info.is_some()));
    let label = move || match (waits.get(), lab.view(MEASURES).with(Option::is_some)) {
        (true, _) => text::MEASURING,
        (_, true) => text::AGAIN,
        _ => text::MEASURE,
    };
    let pick = move |e| images.set(event_target_value(&e).parse().unwrap_or(IMAGES[0]));
    let body = move || match sheet() {
        None => view! { <p class="note" data-testid="measures-none">{if ready() { text::NOTHING } else { text::NO_ENGINE }}</p> }
            .into_any(),
        Some(sheet) => {
            view! { {taken} <dl class="sheet" data-testid="measures">{sheet.into_iter().map(row).collect_view()}</dl> }.into_any()
        }
    };
    view! {
        <Panel id="measures" help=text::HELP slots=&[MEASURES]>
            <div class="ask">
                <button data-testid="measure" disabled=move || !ready() || waits.get() on:click=measure>{label}</button>
                <select aria-label=text::IMAGES data-testid="measure-images" on:change=pick>
                    {IMAGES.map(|n| view! { <option value=n.to_string()>{text::images(n)}</option> }).collect_view()}
                </select>
            </div>
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
    view! { <div data-testid=format!("measure-{name}")><dt>{label}</dt><dd class="value">{value}</dd><dd class="protocol">{protocol}</dd></div> }
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
