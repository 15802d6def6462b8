//! What is left of a picture that is copied again and again.

pub mod words;

use leptos::prelude::*;

use crate::panel::section::Panel;
use crate::picture::Picture;
use crate::react::react;
use crate::source::Source;
use crate::store::codes::Codes;
use crate::store::desks::Desks;
use crate::store::link::Link;
use crate::store::runs::Runs;
use crate::views::COPIES;
use latent_view::{Copies as Asked, View};
use latent_vocabulary::numbers::{bytes_f32, f32_bytes};

/// How often a picture is copied.
const ROUNDS: usize = 10;

#[component]
pub fn Copies() -> impl IntoView {
    let (link, runs, desks, codes) = (Link::get(), Runs::get(), Desks::get(), Codes::get());
    react(move || {
        let latent = runs.model().latent;
        let z = codes.code.get();
        if latent > 0 && z.len() == latent {
            desks.ask(COPIES, Asked { z_d: f32_bytes(&z), rounds: ROUNDS as u32 });
        }
    });
    let copied = move || {
        let view = desks.view(COPIES).get()?;
        if let View::Copied(copied) = &*view { Some((copied.change_r.clone(), copied.z_d.clone())) } else { None }
    };
    // Only the last code comes with the answer.
    let take = move |_| {
        if let Some((_, z)) = untrack(copied) {
            codes.start_from(Source::Code(bytes_f32(&z).into()));
        }
    };
    let said = move || {
        if !link.can_run() {
            return words::NO_ENGINE.into();
        }
        copied().and_then(|(change, _)| Some(words::change(*change.first()?, *change.last()?))).unwrap_or_default()
    };
    let cell = move |round: usize| {
        view! { <figure><Picture from=COPIES index=round label=words::copy(round) /><figcaption>{words::copy(round)}</figcaption></figure> }
    };
    view! {
        <Panel id="copies" title=words::COPIES help=words::HELP slots=&[COPIES]
            tools=move || view! { <button class="small" data-testid="take-copy" on:click=take>{words::TAKE}</button> }>
            <div class="copies" data-testid="copies">{(0..=ROUNDS).map(cell).collect_view()}</div>
            <p class="note" data-testid="copies-said">{said}</p>
        </Panel>
    }
}
