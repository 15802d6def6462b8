//! All features: search, order, filters.

use leptos::html;
use leptos::prelude::*;
use web_sys::HtmlInputElement;

use super::atom::Atom;
use super::inspector::Inspector;
use super::names::Names;
use super::said::TakeHome;
use super::table::{Density, Filter, Sorting};
use super::world::Makings;
use crate::dress::Dress;
use crate::panel::features::words;
use crate::panel::section::Panel;
use crate::store::files::Files;
use crate::store::runs::Runs;
use crate::tiles::{Tile, Tiles};
use crate::views::FEATURES;

/// Features on show at first, and with each press of the button.
const PAGE: usize = 96;

const ORDERS: [(Sorting, &str); 5] = [
    (Sorting::Density, words::BY_DENSITY),
    (Sorting::Mean, words::BY_MEAN),
    (Sorting::Purity, words::BY_PURITY),
    (Sorting::Norm, words::BY_NORM),
    (Sorting::Number, words::BY_NUMBER),
];
const DENSITIES: [(Density, &str); 5] = [
    (Density::Living, words::LIVING),
    (Density::Rare, words::RARE),
    (Density::Dense, words::DENSE),
    (Density::Dead, words::DEAD),
    (Density::Any, words::ALL),
];

#[component]
pub fn List() -> impl IntoView {
    let (runs, files) = (Runs::get(), Files::get());
    let inspector = Inspector::get();
    let (sorting, filter, pages) = (RwSignal::new(Sorting::Density), RwSignal::new(Filter::default()), RwSignal::new(1usize));
    // A pointer or the keyboard on the list: it keeps its order.
    let held = RwSignal::new(false);
    let order = Memo::new(move |before: Option<&(Sorting, Filter, Vec<usize>)>| {
        let (sorting, filter) = (sorting.get(), filter.get());
        let same = before.filter(|(s, f, order)| held.get() && *s == sorting && *f == filter && !order.is_empty());
        if let Some((.., order)) = same {
            return (sorting, filter, order.clone());
        }
        let names = files.names.with(|text| Names::read(text));
        let list = inspector.table.with(|t| t.as_ref().map_or_else(Vec::new, |t| t.list(sorting, &filter, &names)));
        (sorting, filter, list)
    });
    let total = move || order.with(|(.., order)| order.len());
    let shown = move || order.with(|(.., order)| order.iter().take(pages.get() * PAGE).copied().collect::<Vec<_>>());
    // As many classes as features favour.
    let classes = Memo::new(move |_| {
        let highest = inspector.table.with(|t| t.as_ref().and_then(|t| t.label_f.iter().max().copied()));
        highest.map_or_else(Vec::new, |highest| (0..=highest).map(|label| runs.class_name(label)).collect())
    });
    let search = NodeRef::<html::Input>::new();
    let typed = move |_| {
        let value = search.get_untracked().map(|input: HtmlInputElement| input.value()).unwrap_or_default();
        filter.update(|f| f.number = value);
        pages.set(1);
    };
    let index = |text: String| text.parse::<usize>().unwrap_or(0);
    let tile = move |(f, stop): (usize, Signal<bool>)| {
        let words = move || {
            inspector.table.with(|t| {
                t.as_ref().filter(|t| f < t.features()).map_or_else(String::new, |t| {
                    words::feature(f, t.density_f[f], t.mean_f[f], t.purity_f[f], &runs.class_name(t.label_f[f]))
                })
            })
        };
        let share = move || inspector.table.with(|t| t.as_ref().and_then(|t| t.density_f.get(f).copied()).unwrap_or(0.0));
        view! {
            <Tile testid=format!("feature-{f}") tag=f.to_string() words=Signal::derive(words) stop press=move |()| inspector.chosen.set(Some(f))
                bar=Some(Signal::derive(move || 100.0 * share().sqrt())) pressed=Signal::derive(move || inspector.feature() == Some(f))
                dead=Signal::derive(move || share() == 0.0) picture=view! { <Atom feature=Some(f) /> }.into_any() />
        }
        .into_any()
    };
    let stats = Signal::derive(move || {
        inspector.table.with(|t| {
            t.as_ref().map_or_else(|| words::LOOKING.to_owned(), |t| words::living(t.living(), t.features(), t.l0(), t.images))
        })
    });
    let listed = Signal::derive(move || words::listed(total().min(pages.get() * PAGE), total()));
    let all_there = Signal::derive(move || total() <= pages.get() * PAGE);
    view! {
        <Panel id="features" title=words::LIST help=words::LIST_HELP slots=&[FEATURES] tools=move || view! { <TakeHome /> }>
            <Dress name="codes" />
            <Makings />
            <p class="note" data-testid="features-stats">{stats}</p>
            <div class="sieve">
                <input type="search" placeholder=words::SEARCH aria-label=words::SEARCH data-testid="feature-search" node_ref=search on:input=typed />
                <select aria-label=words::ORDER data-testid="feature-sort" on:change=move |e| sorting.set(ORDERS[index(event_target_value(&e)).min(4)].0)>
                    {(0..).zip(ORDERS).map(|(i, (value, name)): (i32, _)| view! { <option value=i.to_string() selected=sorting.get_untracked() == value>{name}</option> }).collect_view()}
                </select>
                <select aria-label=words::DENSITY data-testid="feature-density" on:change=move |e| { pages.set(1); filter.update(|f| f.density = DENSITIES[index(event_target_value(&e)).min(4)].0) }>
                    {(0..).zip(DENSITIES).map(|(i, (_, name)): (i32, _)| view! { <option value=i.to_string()>{name}</option> }).collect_view()}
                </select>
                <select aria-label=words::CLASS data-testid="feature-class" on:change=move |e| { pages.set(1); filter.update(|f| f.label = event_target_value(&e).parse().ok()) }>
                    <option value="">{words::ANY_CLASS}</option>
                    {move || (0..).zip(classes.get()).map(|(i, name): (i32, _)| view! { <option value=i.to_string()>{words::favours(&name)}</option> }).collect_view()}
                </select>
            </div>
            <Tiles order=Signal::derive(shown) label=words::LIST testid="feature-list" prefix="feature" held tile />
            <p class="note more">{listed}
                <button class="small" class:absent=all_there data-testid="feature-more" on:click=move |_| pages.update(|n| *n += 1)>{words::MORE}</button></p>
        </Panel>
    }
}
