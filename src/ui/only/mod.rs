//! Which measures are wanted: all, or some of those that apply to the model on show.

pub mod words;

use std::rc::Rc;

use leptos::prelude::*;

use crate::react::react;
use crate::store::desks::Desks;
use crate::views::OFFERED;
use latent_view::{Offer, OneOf, View};

/// The ids of what is chosen, in the order of the measures; none for all.
pub type Chosen = RwSignal<Vec<String>>;

/// How many measures are chosen, of those that are offered: those that are taken together count once.
fn groups(offered: &[OneOf], chosen: &[String]) -> usize {
    offered.iter().filter(|one| one.ids.iter().any(|id| chosen.contains(id))).count()
}

/// What is chosen after a tick: `at` is in or out, and what is not offered (any more) is out.
fn ticked(offered: &[OneOf], chosen: &[String], at: Option<(usize, bool)>) -> Vec<String> {
    let is = |i: usize, one: &OneOf| match at {
        Some((ticked, on)) if ticked == i => on,
        _ => one.ids.iter().any(|id| chosen.contains(id)),
    };
    offered.iter().enumerate().filter(|(i, one)| is(*i, one)).flat_map(|(_, one)| one.ids.clone()).collect()
}

#[component]
pub fn Only(chosen: Chosen, testid: &'static str) -> impl IntoView {
    let desks = Desks::get();
    let offered = Memo::new(move |_| {
        let view: Option<Rc<View>> = desks.view(OFFERED).get();
        view.and_then(|view| if let View::Offered(offered) = &*view { Some(offered.measures.clone()) } else { None })
            .unwrap_or_default()
    });
    react(move || {
        let left = offered.with(|offered| chosen.with_untracked(|chosen| ticked(offered, chosen, None)));
        if chosen.with_untracked(|chosen| *chosen != left) {
            chosen.set(left);
        }
    });
    // Only who opens it asks.
    let open = RwSignal::new(false);
    let toggle = move |_| {
        open.update(|open| *open = !*open);
        desks.ask(OFFERED, Offer {});
        desks.show(OFFERED, open.get_untracked());
    };
    on_cleanup(move || {
        if open.try_get_untracked() == Some(true) {
            desks.show(OFFERED, false);
        }
    });
    let count = move || offered.with(|offered| chosen.with(|chosen| groups(offered, chosen)));
    let one = move |(i, one): (usize, OneOf)| {
        let first = one.ids.first().cloned().unwrap_or_default();
        let id = format!("{testid}-{first}");
        let on = move || chosen.with(|chosen| chosen.contains(&first));
        let tick = move |e| {
            let to = event_target_checked(&e);
            let now = offered.with_untracked(|offered| chosen.with_untracked(|chosen| ticked(offered, chosen, Some((i, to)))));
            chosen.set(now);
        };
        view! { <label class="check"><input type="checkbox" data-testid=id prop:checked=on on:change=tick />{words::one(&one.label, one.ids.len().saturating_sub(1))}</label> }
    };
    view! {
        <details data-testid=testid on:toggle=toggle>
            <summary>{move || words::summary(count())}</summary>
            <p class="help">{move || if offered.with(Vec::is_empty) { words::WAITS } else { words::HELP }}</p>
            <div class="only">{move || offered.get().into_iter().enumerate().map(one).collect_view()}</div>
        </details>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_offered_any_more_is_not_chosen() {
        let one = |ids: &[&str]| OneOf { ids: ids.iter().map(|id| (*id).to_owned()).collect(), label: String::new() };
        let offered = [one(&["mse", "ssim"]), one(&["kl"]), one(&["l0"])];
        let chosen = ticked(&offered, &["gone".into(), "l0".into()], Some((0, true)));
        assert_eq!(chosen, ["mse", "ssim", "l0"]);
        assert_eq!(groups(&offered, &chosen), 2);
        assert_eq!(ticked(&offered, &chosen, Some((2, false))), ["mse", "ssim"]);
        assert!(ticked(&offered[1..2], &chosen, None).is_empty());
    }
}
