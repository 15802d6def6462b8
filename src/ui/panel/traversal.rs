//! A slider for every latent, over pictures of what it does, and the picture they make together.

mod row;
mod rows;

use leptos::prelude::*;

use super::Panel;
use crate::spec::protocol::f32_bytes;
use crate::ui::choice::Choices;
use crate::ui::model::Model;
use crate::ui::picture::Picture;
use crate::ui::react::react;
use crate::ui::shelf::Shelf;
use crate::ui::source::Source;
use crate::ui::state::{Lab, Latents, words};
use crate::ui::text;
use crate::ui::views::{CODES, CURRENT, OWN_CODE, STRIPS};
use crate::view::Decode;
use rows::{Reach, Rows, Sorting};

/// Rows with pictures on the overview; a code of 64 latents does not need 448 pictures after each step there.
const FEW: usize = 24;
const ALL: usize = 64;

/// The picture of the present code, and what to start from.
#[component]
fn Stage() -> impl IntoView {
    let lab = Lab::get();
    react(move || lab.ask(CURRENT, Decode { z_nd: f32_bytes(&lab.code.get()) }));
    // Numbers from somewhere else; a choice stays as it is.
    let go = move |numbers: fn(&Latents, Option<usize>, u32) -> Vec<f32>, seed: u32| {
        let Model { choice, prior, .. } = untrack(|| lab.model());
        let mut z = lab.latents.with_untracked(|l| numbers(l, prior, seed));
        if let Some((choice, kind)) = choice.and_then(|c| Some((c, lab.code.with_untracked(|z| c.read(z))?))) {
            choice.make(&mut z, kind);
        }
        lab.start_from(Source::Code(z.into()));
    };
    let zero = move |_| go(|latents, prior, _| latents.centre(prior), 0);
    let seed = RwSignal::new(0u32);
    let random = move |_| {
        seed.update(|s| *s += 1);
        // Another stream than that of the samples.
        go(Latents::draw, seed.get_untracked() ^ 0x5eed);
    };
    let free = Memo::new(move |_| lab.model().prior.is_none());
    let either = move |prior: &'static str, none: &'static str| move || if free.get() { none } else { prior };
    let classes = Memo::new(move |_| {
        let most = lab.codes.with(|c| c.as_ref().and_then(|c| c.labels.iter().max().copied()));
        let count = most.map_or_else(|| lab.classes(), |most| usize::from(most) + 1);
        (0..count.min(10) as u8).map(|label| lab.class_name(label)).collect::<Vec<_>>()
    });
    let picks = move || {
        let pick = |label: u8| {
            move |_| {
                if let Some(i) = lab.codes.with_untracked(|c| c.as_ref().and_then(|c| c.labels.iter().position(|l| *l == label))) {
                    lab.start_from(Source::Test(i));
                }
            }
        };
        let named = classes.with(|c| words(c));
        (0u8..)
            .zip(classes.get())
            .map(|(label, name)| view! {
                <button class="small pick" class:named=named aria-label=text::class_pick(&name) on:click=pick(label)>{name.clone()}</button>
            })
            .collect_view()
    };
    view! {
        <figure class="stage">
            <Picture from=CURRENT index=0usize label=text::TRAVERSAL_PICTURE testid="traversal-digit" class="big" />
            <div class="picks" role="group" aria-label=text::TRAVERSAL_START>
                <span class="note">{text::TRAVERSAL_START}</span>
                {picks}
                <button class="small pick wide" title=either(text::TRAVERSAL_ZERO_HELP, text::TRAVERSAL_MEAN_HELP) data-testid="traversal-zero" on:click=zero>
                    {either(text::TRAVERSAL_ZERO, text::TRAVERSAL_MEAN)}</button>
                <button class="small pick wide" title=either(text::TRAVERSAL_RANDOM_HELP, text::TRAVERSAL_SPREAD_HELP) data-testid="traversal-random" on:click=random>{text::TRAVERSAL_RANDOM}</button>
                <Show when=move || lab.own.with(Option::is_some)>
                    <button class="small pick wide" on:click=move |_| lab.start_from(Source::Own)>{text::TRAVERSAL_OWN}</button>
                </Show>
            </div>
        </figure>
    }
}

/// The choice of the code on show, where it has one.
#[component]
fn Kind() -> impl IntoView {
    let lab = Lab::get();
    let chosen = Signal::derive(move || lab.model().choice.and_then(|choice| lab.code.with(|z| choice.read(z))));
    let pick = move |kind| {
        if let Some(choice) = untrack(|| lab.model()).choice {
            lab.forget_source();
            lab.code.update(|z| choice.make(z, kind));
        }
    };
    view! { <Choices chosen pick testid="kind" /> }
}

/// The traversal of the overview.
#[component]
pub fn Traversal() -> impl IntoView {
    let reach = RwSignal::new(Reach::Prior);
    let sorting = RwSignal::new(Sorting::Kl);
    view! {
        <Panel id="traversal" help=text::TRAVERSAL_HELP slots=&[CURRENT, STRIPS, CODES, OWN_CODE]>
            <div class="traversal"><Stage /><div><Kind /><Rows reach sorting pictures=FEW detailed=false /></div></div>
        </Panel>
    }
}

/// The traversal on a tab of its own: ranges, orders, pins, and what each latent moves.
#[component]
pub fn Latents() -> impl IntoView {
    let lab = Lab::get();
    let reach = RwSignal::new(Reach::Prior);
    let sorting = RwSignal::new(Sorting::Kl);
    let model = Memo::new(move |_| lab.model());
    let choose = move |value: Reach, name: &'static str, help: &'static str, id: &'static str| {
        view! {
            <button class="small" title=help data-testid=id aria-pressed=move || (reach.get() == value).to_string() on:click=move |_| reach.set(value)>{name}</button>
        }
    };
    let carries = Signal::derive(move || if model.get().points() { text::SORT_SPREAD } else { text::SORT_KL });
    let sort = move |value: Sorting, name: Signal<&'static str>, id: &'static str| {
        view! {
            <button class="small" data-testid=id aria-pressed=move || (sorting.get() == value).to_string() on:click=move |_| sorting.set(value)>{name}</button>
        }
    };
    let tools = move || {
        view! {
            <Show when=move || model.get().clouds>
                <div class="segments" role="group" aria-label=text::REACH>
                    {choose(Reach::Prior, text::REACH_PRIOR, text::REACH_PRIOR_HELP, "reach-prior")}
                    {choose(Reach::Posterior, text::REACH_POSTERIOR, text::REACH_POSTERIOR_HELP, "reach-posterior")}
                </div>
            </Show>
            <div class="segments" role="group" aria-label=text::SORT>
                {sort(Sorting::Kl, carries, "sort-kl")}
                {sort(Sorting::Effect, text::SORT_EFFECT.into(), "sort-effect")}
                {sort(Sorting::Index, text::SORT_INDEX.into(), "sort-index")}
            </div>
        }
    };
    view! {
        <Panel id="latents" help=text::LATENTS_HELP slots=&[CURRENT, STRIPS, CODES, OWN_CODE] tools=tools>
            <div class="traversal">
                <Stage />
                <div>
                    <Shelf verb=text::reconstruction pick=move |i, _| lab.start_from(Source::Test(i)) />
                    <Kind />
                    <Rows reach sorting pictures=ALL detailed=true />
                </div>
            </div>
        </Panel>
    }
}
