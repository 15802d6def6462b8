//! The table of all runs.

use leptos::prelude::*;

use super::queue::Queue;
use super::state::{SWEEP, to_json};
use super::words;
use crate::browser;
use latent_sweep::Table;

#[component]
pub fn Results() -> impl IntoView {
    let queue = Queue::get();
    let table = Memo::new(move |_| queue.of(SWEEP, |batch| Table::of(&batch.rows())).unwrap_or_default());
    let mixed = Memo::new(move |_| table.with(Table::mixes_engines));
    // The column that it is sorted by, and whether it falls.
    let by = RwSignal::new(None::<(String, bool)>);
    let head = move || {
        let columns = table.with(|table| table.columns.clone());
        columns
            .into_iter()
            .map(|name| {
                let (key, pressed, sign) = (name.clone(), name.clone(), name.clone());
                let sorted = move || by.with(|by| by.as_ref().filter(|(column, _)| *column == key).map(|(_, falling)| *falling));
                let press = move |_| {
                    by.update(|by| *by = Some((pressed.clone(), matches!(by, Some((column, false)) if *column == pressed))));
                };
                let aria = {
                    let sorted = sorted.clone();
                    move || sorted().map(|falling| if falling { "descending" } else { "ascending" })
                };
                let mark = move || sorted().map(|falling| if falling { " ↓" } else { " ↑" });
                view! {
                    <th scope="col" aria-sort=aria>
                        <button class="quiet" title=words::sort_by(&name) data-testid=format!("bench-sort-{sign}") on:click=press>{words::column(&name)}{mark}</button>
                    </th>
                }
            })
            .collect_view()
    };
    let body = move || {
        table.with(|table| {
            let by = by.get().and_then(|(name, falling)| Some((table.columns.iter().position(|column| *column == name)?, falling)));
            let order = by.map_or_else(|| (0..table.rows.len()).collect(), |(column, falling)| table.order(column, falling));
            let row = |i: usize| table.rows[i].iter().map(|cell| view! { <td>{cell.short()}</td> }).collect_view();
            order.into_iter().map(|i| view! { <tr>{row(i)}</tr> }).collect_view()
        })
    };
    // Fails only where there is no memory for it.
    let csv = move |_| drop(browser::save_bytes(table.with_untracked(Table::csv).as_bytes(), "runs.csv"));
    let json = move |_| {
        if let Some(text) = table.with_untracked(to_json) {
            drop(browser::save_bytes(text.as_bytes(), "runs.json"));
        }
    };
    view! {
        <section>
            <h3>{words::TABLE}</h3>
            <div class="table" tabindex="0" role="region" aria-label=words::TABLE>
                <table data-testid="bench-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>
            </div>
            {move || mixed.get().then(|| view! { <p class="note" data-testid="bench-engines">{words::ENGINES}</p> })}
            <div class="row-of-buttons">
                <button class="small" data-testid="bench-csv" on:click=csv>{words::SAVE_CSV}</button>
                <button class="small" data-testid="bench-json" on:click=json>{words::SAVE_JSON}</button>
            </div>
        </section>
    }
}
