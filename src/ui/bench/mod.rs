//! The runs bench: a queue of runs, and what came out of them as a table and as charts.

mod chart;
mod form;
mod pair;
mod plot;
pub mod queue;
pub mod state;
mod stitch;
mod table;
pub mod words;

use leptos::prelude::*;

use self::chart::Charts;
use self::form::Form;
use self::pair::Pair;
use self::queue::Queue;
use self::state::{Count, SWEEP};
use self::table::Results;
use crate::browser;
use crate::dress::Dress;
use crate::part::{Make, fetched};
use crate::popup::Popup;

/// The button that opens the bench, which says how far its queue is, and the dialog.
#[component]
pub fn BenchButton() -> impl IntoView {
    const INSIDE: Make = fetched!(bench, bench_inside, view! { <Inside /> });
    let count = Count::get();
    let label = move || match count.0.get() {
        None => words::BENCH.into(),
        Some((done, all)) => words::counted(done, all),
    };
    view! {
        <Popup id="bench" title=words::BENCH class="runs bench" label=Signal::derive(label) inside=INSIDE
            busy=browser::recall_in_tab(state::RUNNING).as_deref() == Some(state::YES) />
    }
}

#[component]
fn Inside() -> impl IntoView {
    let queue = Queue::get();
    let there = Memo::new(move |_| queue.of(SWEEP, |batch| batch.done.iter().filter(|done| done.is_ok()).count()).unwrap_or(0));
    view! {
        <Dress name="dialogs" />
        <p class="help">{words::INTRO}</p>
        <Form />
        <Progress name=SWEEP.into() />
        {move || (there.get() > 0).then(|| view! { <Charts /><Results /> })}
        <Pair />
    }
}

/// How far the runs of a batch are, and what stops them and has them go on.
#[component]
pub fn Progress(name: String) -> impl IntoView {
    let queue = Queue::get();
    let name = StoredValue::new(name);
    let of = move |f: fn(&state::Batch) -> usize| name.with_value(|name| queue.of(name, f)).unwrap_or(0);
    let (done, all) = (Memo::new(move |_| of(|b| b.done.len())), Memo::new(move |_| of(|b| b.jobs.len())));
    let said = move || {
        let (done, all) = (done.get(), all.get());
        if done == all {
            return words::all_done(all);
        }
        let here = queue.current().filter(|(batch, _)| name.with_value(|name| name == batch));
        match here.filter(|_| queue.running.get()) {
            Some((_, job)) => words::at(done + 1, all, &job, queue.stage.get(), queue.step.get(), queue.left()),
            None if queue.running.get() => words::waits(done, all),
            None => words::rests(done, all),
        }
    };
    let failed = move || {
        let failed = name.with_value(|name| {
            queue.of(name, |batch| {
                batch
                    .jobs
                    .iter()
                    .zip(&batch.done)
                    .filter_map(|(job, done)| done.as_ref().err().map(|why| words::failed(&job.label, why)))
                    .collect()
            })
        });
        let failed: Vec<String> = failed.unwrap_or_default();
        failed.into_iter().map(|why| view! { <p role="alert">{why}</p> }).collect_view()
    };
    let part = move || format!("{}", done.get() as f64 + queue.part_of(name.get_value()));
    let press = move |_| if queue.running.get_untracked() { queue.pause() } else { queue.go() };
    let over = move || done.get() == all.get();
    let button = move || if queue.running.get() { words::PAUSE } else { words::GO_ON };
    view! {
        <Show when=move || { all.get() > 0 }>
            <div class="queue" data-testid="bench-progress">
                <progress aria-label=words::PROGRESS max=move || all.get().to_string() value=part></progress>
                <p role="status" data-testid="bench-said">{said}</p>
                <button class:gone=over data-testid="bench-pause" on:click=press>{button}</button>
                {failed}
                {move || queue.trouble.get().map(|why| view! { <p role="alert" data-testid="bench-trouble">{why}</p> })}
            </div>
        </Show>
    }
}
