//! A finding that is run on the visitor's own machine.

use leptos::prelude::*;

use super::figures::{figures, sides, verdict};
use super::words;
use crate::bench::Progress;
use crate::bench::queue::Queue;
use crate::bench::state::Batch;
use latent_finding::{Finding, Record};

/// Asks what is expected, makes the runs, and says what came out.
#[component]
pub fn Here(finding: Finding, record: Option<Record>) -> impl IntoView {
    let queue = Queue::get();
    let id = finding.id.clone();
    let (finding, record) = (StoredValue::new(finding), StoredValue::new(record));
    let trouble = RwSignal::new(None::<String>);
    let batch = {
        let id = id.clone();
        Memo::new(move |_| queue.of(&id, Batch::clone))
    };
    let begin = move |expects: bool| match finding
        .with_value(|finding| finding.jobs().map(|jobs| Batch::new(&finding.id, jobs, Some(expects))))
    {
        Ok(batch) => queue.put(batch),
        Err(why) => trouble.set(Some(why)),
    };
    let begun = Memo::new(move |_| batch.with(Option::is_some));
    let over = Memo::new(move |_| batch.with(|batch| batch.as_ref().is_some_and(|batch| batch.next().is_none())));
    let progress = {
        let id = id.clone();
        move || (begun.get() && !over.get()).then(|| view! { <Progress name=id.clone() /> })
    };
    let asked = move || {
        (!begun.get() || over.get()).then(|| {
            let again = begun.get();
            let (runs, steps) = finding.with_value(|f| (f.runs.len() * f.seeds as usize, f.steps));
            let names = if again { [words::AGAIN_HOLDS, words::AGAIN_NOT] } else { [words::RUN_HOLDS, words::RUN_NOT] };
            view! {
                <div class="ask">
                    <span class="help">{words::run_here(runs, steps)}</span>
                    <button class="small" data-testid="finding-holds" on:click=move |_| begin(true)>{names[0]}</button>
                    <button class="small" data-testid="finding-fails" on:click=move |_| begin(false)>{names[1]}</button>
                </div>
            }
        })
    };
    let outcome = move || {
        over.get().then(|| {
            batch.with(|batch| {
                batch.as_ref().map(|batch| finding.with_value(|f| record.with_value(|r| outcome(f, r.as_ref(), batch))))
            })
        })
    };
    view! {
        <div class="here" data-testid=format!("here-{id}")>
            {asked}
            {progress}
            {move || trouble.get().map(|why| view! { <p role="alert">{why}</p> })}
            {outcome}
        </div>
    }
}

/// What came out here, beside the record.
fn outcome(finding: &Finding, record: Option<&Record>, batch: &Batch) -> AnyView {
    if let Some(why) = batch.done.iter().find_map(|done| done.as_ref().err()) {
        return view! { <p role="alert">{words::no_verdict(why)}</p> }.into_any();
    }
    let found = finding.taken(&batch.rows()).and_then(|taken| Ok((finding.judge(&taken)?, taken)));
    let (judged, taken) = match found {
        Ok(found) => found,
        Err(why) => return view! { <p role="alert">{words::no_verdict(&why)}</p> }.into_any(),
    };
    let (_, class) = verdict(&judged);
    let held = judged.iter().all(|j| j.holds);
    let guess = batch.expects.map(|expects| words::guess(expects, held));
    let mut records = vec![(Some(words::HERE), &taken)];
    records.extend(record.map(|record| (Some(words::RECORDED), &record.taken)));
    view! {
        <p class=format!("verdict {class}") role="status" data-testid="here-verdict">{words::on_yours(held)}" "{guess}</p>
        {figures(finding, &records)}
        <ul class="judged">{sides(&judged)}</ul>
    }
    .into_any()
}
