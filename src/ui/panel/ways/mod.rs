//! Codes that are drawn in other ways than from the prior.

pub mod words;

use leptos::prelude::*;

use crate::noise;
use crate::panel::section::Panel;
use crate::picture::Picture;
use crate::react::react;
use crate::source::Source;
use crate::store::codes::Codes;
use crate::store::desks::Desks;
use crate::store::link::Link;
use crate::store::runs::Runs;
use crate::views::WAYS;
use latent_measure::sampler::How;
use latent_view::{DrawCodes, View};
use latent_vocabulary::numbers::{bytes_f32, f32_bytes};

/// Samples, and test images to whose codes something is fitted.
const COUNT: usize = 24;
const FITTED: u32 = 1000;

/// Whether a model has it: a prior to choose from, or clouds that differ from their middles.
fn offered(how: How, prior: bool, clouds: bool) -> bool {
    match how {
        // The panel beside shows it.
        How::Prior => false,
        How::Aggregate | How::Riemannian => clouds,
        _ => prior || !how.of_prior(),
    }
}

#[component]
pub fn Ways() -> impl IntoView {
    let (link, runs, desks, codes) = (Link::get(), Runs::get(), Desks::get(), Codes::get());
    let model = Memo::new(move |_| runs.model());
    let (wanted, seed) = (RwSignal::new(How::Mixture), RwSignal::new(1u32));
    let can = move |how: How| model.with(|model| offered(how, model.prior.is_some(), model.clouds));
    // A model without a prior has the fitted ways alone.
    let how = Memo::new(move |_| Some(wanted.get()).filter(|how| can(*how)).unwrap_or(How::Mixture));
    react(move || {
        let (model, how, seed) = (model.get(), how.get(), seed.get());
        let candidates = how.candidates(COUNT);
        let prior = model.prior.filter(|_| candidates > 0).map(|shape| noise::prior(shape, seed, candidates, model.latent));
        if model.latent > 0 {
            let prior_nd = f32_bytes(&prior.unwrap_or_default());
            desks.ask(WAYS, DrawCodes { how: how.id().into(), n: COUNT as u32, seed, prior_nd, count: FITTED });
        }
    });
    let take = move |i: usize| {
        let n = model.get_untracked().latent;
        if let Some(View::DrawnCodes(drawn)) = desks.view(WAYS).get_untracked().as_deref()
            && let Some(z) = bytes_f32(&drawn.z_nd).get(i * n..(i + 1) * n)
        {
            codes.start_from(Source::Code(z.to_vec().into()));
        }
    };
    let button = move |one: How| {
        view! {
            <button class="small" data-testid=format!("way-{}", one.id()) aria-pressed=move || (how.get() == one).to_string()
                on:click=move |_| wanted.set(one)>{words::name(one)}</button>
        }
    };
    let buttons = move || How::ALL.into_iter().filter(|how| can(*how)).map(button).collect_view();
    let cell = move |i: usize| {
        view! {
            <button class="cell" aria-label=words::sample(i) data-testid=format!("drawn-{i}") on:click=move |_| take(i)>
                <Picture from=WAYS index=i />
            </button>
        }
    };
    let said = move || if link.can_run() { words::what(how.get()) } else { words::NO_ENGINE.into() };
    view! {
        <Panel id="ways" title=words::WAYS help=words::HELP slots=&[WAYS]
            tools=move || view! { <button class="small" data-testid="draw-others" on:click=move |_| seed.update(|s| *s += 1)>{words::OTHERS}</button> }>
            <div class="row-of-buttons choices" role="group" aria-label=words::HOW>{buttons}</div>
            <p class="note" data-testid="way-said">{said}</p>
            <div class="cells" data-testid="ways">{(0..COUNT).map(cell).collect_view()}</div>
        </Panel>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_offered_what_it_has() {
        let ids = |prior, clouds| How::ALL.into_iter().filter(|how| offered(*how, prior, clouds)).map(How::id).collect::<Vec<_>>();
        assert_eq!(ids(false, false), ["gaussian", "mixture", "kernel", "flow"], "an autoencoder");
        assert_eq!(
            ids(true, false),
            ["truncated", "hubs", "steady", "gaussian", "mixture", "kernel", "flow"],
            "codes that are points"
        );
        assert_eq!(ids(true, true)[6..], ["aggregate", "riemannian", "flow"]);
        assert!(How::ALL.into_iter().all(|how| words::what(how).len() > 20 && !words::name(how).is_empty()));
    }
}
