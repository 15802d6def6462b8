//! A slider for every latent, over pictures of what it does, and the picture they make together.

mod row;
mod rows;
mod shared;
pub mod words;

use leptos::prelude::*;

use crate::attributes;
use crate::choice::Choices;
use crate::latents::Latents;
use crate::model::Model;
use crate::panel::section::Panel;
use crate::picture::Picture;
use crate::react::react;
use crate::shelf::Shelf;
use crate::source::Source;
use crate::store::codes::Codes;
use crate::store::desks::Desks;
use crate::store::runs::Runs;
use crate::store::runs::images::long_names;
use crate::views::{CODES, CURRENT, JUDGED, OWN_CODE, STRIPS};
use latent_view::Decode;
use latent_vocabulary::numbers::f32_bytes;
use rows::{Reach, Rows, Sorting};

/// Rows with pictures on the overview; a code of 64 latents does not need 448 pictures after each step there.
const FEW: usize = 24;
const ALL: usize = 64;

/// The picture of the present code, and what to start from.
#[component]
fn Stage() -> impl IntoView {
    let (runs, desks, codes) = (Runs::get(), Desks::get(), Codes::get());
    react(move || desks.ask(CURRENT, Decode { z_nd: f32_bytes(&codes.code.get()) }));
    // Numbers from somewhere else; a choice and what is told stay as they are.
    let go = move |numbers: fn(&Latents, Option<usize>, u32) -> Vec<f32>, seed: u32| {
        let Model { choice, prior, .. } = untrack(|| runs.model());
        let mut z = codes.latents.with_untracked(|l| numbers(l, prior, seed));
        if let Some((choice, kind)) = choice.and_then(|c| Some((c, codes.code.with_untracked(|z| c.read(z))?))) {
            choice.make(&mut z, kind);
        }
        codes.latents.with_untracked(|l| codes.code.with_untracked(|from| l.tell(from, &mut z)));
        codes.start_from(Source::Code(z.into()));
    };
    let zero = move |_| go(|latents, prior, _| latents.centre(prior), 0);
    let seed = RwSignal::new(0u32);
    let random = move |_| {
        seed.update(|s| *s += 1);
        // Another stream than that of the samples.
        go(Latents::draw, seed.get_untracked() ^ 0x5eed);
    };
    let free = Memo::new(move |_| runs.model().prior.is_none());
    let either = move |prior: &'static str, none: &'static str| move || if free.get() { none } else { prior };
    let classes = Memo::new(move |_| {
        let most = codes.tests.with(|c| c.as_ref().and_then(|c| c.labels.iter().max().copied()));
        let count = most.map_or_else(|| runs.classes(), |most| usize::from(most) + 1);
        (0..count.min(10) as u8).map(|label| runs.class_name(label)).collect::<Vec<_>>()
    });
    let picks = move || {
        let pick = |label: u8| {
            move |_| {
                if let Some(i) = codes.tests.with_untracked(|c| c.as_ref().and_then(|c| c.labels.iter().position(|l| *l == label)))
                {
                    codes.start_from(Source::Test(i));
                }
            }
        };
        let named = classes.with(|c| long_names(c));
        (0u8..)
            .zip(classes.get())
            .map(|(label, name)| view! {
                <button class="small pick" class:named=named aria-label=words::class_pick(&name) on:click=pick(label)>{name.clone()}</button>
            })
            .collect_view()
    };
    view! {
        <figure class="stage">
            <Picture from=CURRENT index=0usize label=words::TRAVERSAL_PICTURE testid="traversal-digit" class="big" />
            <div class="picks" role="group" aria-label=words::TRAVERSAL_START>
                <span class="note">{words::TRAVERSAL_START}</span>
                {picks}
                <button class="small pick wide" title=either(words::TRAVERSAL_ZERO_HELP, words::TRAVERSAL_MEAN_HELP) data-testid="traversal-zero" on:click=zero>
                    {either(words::TRAVERSAL_ZERO, words::TRAVERSAL_MEAN)}</button>
                <button class="small pick wide" title=either(words::TRAVERSAL_RANDOM_HELP, words::TRAVERSAL_SPREAD_HELP) data-testid="traversal-random" on:click=random>{words::TRAVERSAL_RANDOM}</button>
                <Show when=move || codes.own.with(Option::is_some)>
                    <button class="small pick wide" on:click=move |_| codes.start_from(Source::Own)>{words::TRAVERSAL_OWN}</button>
                </Show>
            </div>
        </figure>
    }
}

/// What the code on show says besides numbers, where it says anything.
#[component]
fn Kind() -> impl IntoView {
    let (runs, codes) = (Runs::get(), Codes::get());
    let chosen = Signal::derive(move || runs.model().choice.and_then(|choice| codes.code.with(|z| choice.read(z))));
    let pick = move |kind| {
        if let Some(choice) = untrack(|| runs.model()).choice {
            codes.forget_source();
            codes.code.update(|z| choice.make(z, kind));
        }
    };
    view! {
        <Choices chosen pick testid="kind" />
        <Show when=move || attributes::any(codes)>{attributes::OF_CODE.view()}</Show>
    }
}

/// The traversal of the overview.
#[component]
pub fn Traversal() -> impl IntoView {
    let reach = RwSignal::new(Reach::Prior);
    let sorting = RwSignal::new(Sorting::Kl);
    view! {
        <Panel id="traversal" title=words::TRAVERSAL help=words::TRAVERSAL_HELP slots=&[CURRENT, STRIPS, CODES, OWN_CODE, JUDGED]>
            <div class="traversal"><Stage /><div><Kind /><Rows reach sorting pictures=FEW detailed=false /></div></div>
        </Panel>
    }
}

/// The traversal on a tab of its own: ranges, orders, pins, and what each latent moves.
#[component]
pub fn Latents() -> impl IntoView {
    let (runs, codes) = (Runs::get(), Codes::get());
    let reach = RwSignal::new(Reach::Prior);
    let sorting = RwSignal::new(Sorting::Kl);
    let model = Memo::new(move |_| runs.model());
    let choose = move |value: Reach, name: &'static str, help: &'static str, id: &'static str| {
        view! {
            <button class="small" title=help data-testid=id aria-pressed=move || (reach.get() == value).to_string() on:click=move |_| reach.set(value)>{name}</button>
        }
    };
    let carries = Signal::derive(move || if model.get().points() { words::SORT_SPREAD } else { words::SORT_KL });
    let sort = move |value: Sorting, name: Signal<&'static str>, id: &'static str| {
        view! {
            <button class="small" data-testid=id aria-pressed=move || (sorting.get() == value).to_string() on:click=move |_| sorting.set(value)>{name}</button>
        }
    };
    let tools = move || {
        view! {
            <Show when=move || model.get().clouds>
                <div class="segments" role="group" aria-label=words::REACH>
                    {choose(Reach::Prior, words::REACH_PRIOR, words::REACH_PRIOR_HELP, "reach-prior")}
                    {choose(Reach::Posterior, words::REACH_POSTERIOR, words::REACH_POSTERIOR_HELP, "reach-posterior")}
                </div>
            </Show>
            <div class="segments" role="group" aria-label=words::SORT>
                {sort(Sorting::Kl, carries, "sort-kl")}
                {sort(Sorting::Effect, words::SORT_EFFECT.into(), "sort-effect")}
                {sort(Sorting::Index, words::SORT_INDEX.into(), "sort-index")}
            </div>
        }
    };
    view! {
        <Panel id="latents" title=words::LATENTS help=words::LATENTS_HELP slots=&[CURRENT, STRIPS, CODES, OWN_CODE, JUDGED] tools=tools>
            <div class="traversal">
                <Stage />
                <div>
                    <Shelf verb=words::reconstruction pick=move |i, _| codes.start_from(Source::Test(i)) />
                    <Kind />
                    <Rows reach sorting pictures=ALL detailed=true />
                </div>
            </div>
        </Panel>
    }
}
