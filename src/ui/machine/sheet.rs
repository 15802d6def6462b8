//! The times of this machine, and the line.

use leptos::prelude::*;

use super::line::{browser as browser_name, line, number};
use super::words;
use crate::browser;
use crate::clipboard;
use crate::dress::Dress;
use crate::react::react;
use crate::store::link::{EngineState, Link};
use latent_protocol::{AdapterInfo, Command, MachineReport};

/// What is timed, and how it came out.
fn rows(report: &MachineReport) -> Vec<(String, String)> {
    let mut rows = vec![(words::COPY.into(), format!("{} GB/s", number(report.copy / 1e9)))];
    rows.extend(report.launch.map(|micros| (words::LAUNCH.into(), format!("{} µs", number(micros)))));
    rows.extend(
        report.products.iter().map(|p| (words::product(p.size), format!("{} GFLOP/s: {}", number(p.flops / 1e9), p.kernels))),
    );
    rows.extend(report.steps.iter().map(|s| {
        let launches = if s.dispatches > 0 { format!(", {} dispatches", s.dispatches) } else { String::new() };
        (words::step(&s.name, s.batch), format!("{} ms{launches}, compiled in {:.2} s", number(s.ms), s.compile_ms / 1e3))
    }));
    rows
}

fn adapter(info: &AdapterInfo) -> String {
    match (&info.processor, info.name.as_str()) {
        (Some(_), _) => words::processor(browser::window().navigator().hardware_concurrency() as u32),
        (None, "") => words::NO_NAME.into(),
        (None, name) => name.into(),
    }
}

#[component]
pub fn Sheet() -> impl IntoView {
    let link = Link::get();
    let open = Memo::new(move |_| matches!(link.engine.get(), EngineState::Ready(_)));
    let again = move || {
        link.timed.set(None);
        link.send(&Command::Machine);
    };
    react(move || {
        if open.get() {
            again();
        }
    });
    let said = RwSignal::new(words::COPY_LINE);
    let shown = move || match (open.get(), link.timed.get()) {
        (false, _) => view! { <p>{words::WAITS}</p> }.into_any(),
        (true, None) => view! { <p role="status">{words::TIMES}</p> }.into_any(),
        (true, Some(Err(message))) => view! { <p role="alert">{words::failed(&message)}</p> }.into_any(),
        (true, Some(Ok(report))) => {
            let EngineState::Ready(info) = link.engine.get_untracked() else { return ().into_any() };
            let agent = browser::window().navigator().user_agent().unwrap_or_default();
            let text = line(&adapter(&info), &browser_name(&agent), &report);
            let copied = text.clone();
            let copy = move |_| clipboard::copy(copied.clone(), said, [words::COPY_LINE, words::COPY_FAILED]);
            let rows = rows(&report).into_iter().map(|(what, value)| view! { <dt>{what}</dt><dd>{value}</dd> }).collect_view();
            view! {
                <dl data-testid="machine-times">{rows}</dl>
                <label>{words::LINE}<textarea readonly rows="3" data-testid="machine-line" prop:value=text></textarea></label>
                <p><button class="small" on:click=copy>{said}</button>" "<button class="small" on:click=move |_| again()>{words::AGAIN}</button></p>
                <p class="note">{words::WHERE}</p>
            }
            .into_any()
        }
    };
    view! { <Dress name="machine" /><section class="notice machine" aria-label=words::TITLE data-testid="machine"><h2>{words::TITLE}</h2>{shown}</section> }
}
