//! Features that come together: families of which the densest is the head.

use leptos::prelude::*;

use super::atom::Atom;
use super::inspector::Inspector;
use crate::panel::features::words;
use crate::panel::section::Panel;
use crate::tiles::Tile;
use crate::views::FEATURES;

/// Families on show, and members of each.
const SHOWN: usize = 8;
const MEMBERS: usize = 11;

#[component]
pub fn Families() -> impl IntoView {
    let inspector = Inspector::get();
    let families = Memo::new(move |_| inspector.table.with(|t| t.as_ref().map_or_else(Vec::new, |t| t.families())));
    let told = move || {
        let living = inspector.table.with(|t| t.as_ref().map(|t| t.living()))?;
        let (count, members) = families.with(|all| (all.len(), all.iter().map(Vec::len).sum::<usize>()));
        Some(if count == 0 { words::NO_FAMILIES.into() } else { words::families(count, members, living) })
    };
    let tile = move |f: usize| {
        view! {
            <Tile testid=format!("family-{f}") tag=f.to_string() words=words::name(f) press=move |()| inspector.chosen.set(Some(f))
                pressed=Signal::derive(move || inspector.feature() == Some(f)) picture=view! { <Atom feature=Some(f) /> }.into_any() />
        }
    };
    let rows = move || {
        let all = families.get().into_iter().take(SHOWN);
        let row = |family: Vec<usize>| {
            let density = inspector.table.with(|t| t.as_ref().and_then(|t| t.density_f.get(family[0]).copied()).unwrap_or(0.0));
            let said = words::family(family.len(), density);
            let members = family.into_iter().take(MEMBERS).map(tile).collect_view();
            view! { <li><div class="cells">{members}</div><span class="note">{said}</span></li> }
        };
        all.map(row).collect_view()
    };
    view! {
        <Panel id="families" title=words::FAMILIES help=words::FAMILIES_HELP slots=&[FEATURES]>
            <p class="note" data-testid="families-stats">{told}</p>
            <ol class="families" data-testid="families-list">{rows}</ol>
        </Panel>
    }
}
