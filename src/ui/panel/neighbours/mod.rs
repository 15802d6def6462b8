//! Test images, each with those whose codes lie nearest: what a code has kept, where nothing draws it.

pub mod words;

use leptos::prelude::*;

use crate::encoded::Encoded;
use crate::panel::section::Panel;
use crate::picture::Picture;
use crate::react::react;
use crate::shelf::turned;
use crate::store::codes::Codes;
use crate::store::desks::Desks;
use crate::store::runs::Runs;
use crate::views::{CODES, FOUND, RECONSTRUCTIONS};
use latent_view::{Originals, Reconstruct};

/// Rows, and neighbours in each.
const ROWS: usize = 6;
const EACH: usize = 8;

/// The images from number `first` on, of which codes are known, each with the [`EACH`] nearest to it but itself.
fn found(codes: &Encoded, first: usize) -> Vec<(usize, Vec<usize>)> {
    let of = |i: usize| {
        let near = codes.nearest(codes.mean(i)?, EACH + 1);
        Some((i, near.into_iter().filter(|other| *other != i).take(EACH).collect()))
    };
    (first..first + ROWS).filter_map(of).collect()
}

/// How many neighbours have the label of their image, and how many there are.
fn alike(codes: &Encoded, rows: &[(usize, Vec<usize>)]) -> (usize, usize) {
    let same =
        |(i, near): &(usize, Vec<usize>)| near.iter().filter(|other| codes.labels.get(**other) == codes.labels.get(*i)).count();
    (rows.iter().map(same).sum(), rows.iter().map(|(_, near)| near.len()).sum())
}

#[component]
pub fn Neighbours() -> impl IntoView {
    let (runs, desks, codes) = (Runs::get(), Desks::get(), Codes::get());
    let page = RwSignal::new(0u32);
    let known = Memo::new(move |_| codes.tests.with(|tests| tests.as_ref().map_or(0, |tests| tests.len() as u32)));
    let first = Memo::new(move |_| if page.get() < known.get() { page.get() } else { 0 });
    let rows = Memo::new(move |_| {
        codes.tests.with(|tests| tests.as_ref().map(|tests| found(tests, first.get() as usize)).unwrap_or_default())
    });
    react(move || desks.ask(RECONSTRUCTIONS, Reconstruct { first: first.get(), count: ROWS as u32 }));
    react(move || {
        let indices: Vec<u32> = rows.with(|rows| rows.iter().flat_map(|(_, near)| near).map(|i| *i as u32).collect());
        if !indices.is_empty() {
            desks.ask(FOUND, Originals { indices });
        }
    });
    let label = move |i: usize| codes.tests.with(|tests| tests.as_ref().and_then(|tests| tests.labels.get(i).copied()));
    let class = move |i: usize| label(i).map(|label| runs.class_name(label)).unwrap_or_default();
    let row = move |k: usize| {
        let number = move || first.get() + k as u32;
        let cells = (0..EACH).map(|r| {
            let of = move || rows.with(|rows| rows.get(k).and_then(|(_, near)| near.get(r).copied()));
            let same = move || of().is_some_and(|i| label(i) == label(number() as usize));
            view! {
                <span class="cell" class:same=same role="img" aria-label=move || of().map(|i| words::neighbour(r, &class(i)))>
                    <Picture from=FOUND index=k * EACH + r />
                    <span class="tag">{move || of().map(class)}</span>
                </span>
            }
        });
        view! {
            <div class="near" class:gone=move || { rows.with(Vec::len) <= k } data-testid=format!("near-{k}")>
                <span class="cell" role="img" aria-label=move || words::image(number())><Picture from=RECONSTRUCTIONS index=k />
                    <span class="tag">{move || class(number() as usize)}</span></span>
                <span class="cell" role="img" aria-label=move || words::view(number())>
                    <Picture from=RECONSTRUCTIONS index=Signal::derive(move || k + rows.with(Vec::len)) /></span>
                {cells.collect_view()}
            </div>
        }
    };
    let says = move || {
        codes
            .tests
            .with(|tests| tests.as_ref().map(|tests| rows.with(|rows| alike(tests, rows))).map(|(same, of)| words::alike(same, of)))
    };
    let other = move |_| page.set(turned(first.get_untracked(), ROWS as u32, known.get_untracked()));
    view! {
        <Panel id="neighbours" title=words::NEIGHBOURS help=words::NEIGHBOURS_HELP slots=&[CODES, FOUND, RECONSTRUCTIONS]
            tools=move || view! {
                <span class="note" data-testid="near-alike">{says}</span>
                <button class="small" data-testid="near-other" on:click=other>{words::NEIGHBOURS_OTHER}</button>
            }>
            {(0..ROWS).map(row).collect_view()}
        </Panel>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_not_its_own_neighbour() {
        // On a line: 0, 1, 2, … of which every third is of another class.
        let labels: Vec<u8> = (0..12).map(|i| u8::from(i % 3 == 0)).collect();
        let codes = Encoded { latent: 1, mean_nd: (0..12).map(|i| i as f32).collect(), logvar_nd: vec![], labels };
        let rows = found(&codes, 10);
        assert_eq!(rows.iter().map(|(i, _)| *i).collect::<Vec<_>>(), [10, 11], "there are no more");
        assert_eq!(rows[1].1, [10, 9, 8, 7, 6, 5, 4, 3]);
        assert_eq!(rows[0].1[..2], [9, 11]);
        // Of the eight before 11, which is of no third, five are of none either; so are all about 10 but 9, 6 and 3.
        assert_eq!(alike(&codes, &rows), (10, 16));
    }
}
