//! How a world of planted patterns is made: which come together, how often, and how many there are.

use leptos::prelude::*;

use crate::conductor::Conductor;
use crate::panel::features::words;
use crate::store::runs::Runs;
use latent_vocabulary::world::{Together, World};

const TOGETHER: [(Together, &str); 3] =
    [(Together::Chance, words::BY_CHANCE), (Together::Tree, words::IN_FAMILIES), (Together::Groups, words::IN_GROUPS)];
const OFTEN: [(bool, &str); 2] = [(false, words::EVENLY), (true, words::BY_ZIPF)];
/// Patterns in all.
const PATTERNS: [usize; 5] = [256, 384, 512, 768, 1024];

/// Shown where patterns are planted; another choice begins with other data.
#[component]
pub fn Makings() -> impl IntoView {
    let (runs, conductor) = (Runs::get(), Conductor::get());
    let world = Memo::new(move |_| runs.setup.with(|s| World::parse(&s.data)));
    let with = move |change: &dyn Fn(&mut World)| {
        if let Some(mut next) = world.get_untracked() {
            change(&mut next);
            conductor.set_data(&next.id());
        }
    };
    let at = |e: leptos::ev::Event| event_target_value(&e).parse::<usize>().unwrap_or(0);
    let now = move |is: &dyn Fn(World) -> bool| world.get().is_some_and(is);
    view! {
        <Show when=move || world.with(Option::is_some)>
            <div class="sieve" role="group" aria-label=words::WORLD data-testid="world">
                <select aria-label=words::TOGETHER data-testid="world-together" on:change=move |e| { let i = at(e).min(2); with(&|w| w.together = TOGETHER[i].0) }>
                    {(0..).zip(TOGETHER).map(|(i, (value, name)): (i32, _)| view! { <option value=i.to_string() selected=move || now(&|w| w.together == value)>{name}</option> }).collect_view()}
                </select>
                <select aria-label=words::OFTEN data-testid="world-often" on:change=move |e| { let i = at(e).min(1); with(&|w| w.zipf = OFTEN[i].0) }>
                    {(0..).zip(OFTEN).map(|(i, (value, name)): (i32, _)| view! { <option value=i.to_string() selected=move || now(&|w| w.zipf == value)>{name}</option> }).collect_view()}
                </select>
                <select aria-label=words::PATTERNS data-testid="world-patterns" on:change=move |e| { let i = at(e).min(4); with(&|w| w.patterns = PATTERNS[i]) }>
                    {(0..).zip(PATTERNS).map(|(i, n): (i32, _)| view! { <option value=i.to_string() selected=move || now(&|w| w.patterns == n)>{words::patterns(n)}</option> }).collect_view()}
                </select>
            </div>
        </Show>
    }
}
