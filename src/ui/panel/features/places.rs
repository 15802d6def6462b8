//! Where a feature is active: in which layers, or at which places of the images.

use leptos::prelude::*;

use super::inspector::Inspector;
use crate::panel::features::words;

/// The share of a feature's activity at each place, as a map; nothing where an image is one input.
#[component]
pub fn Places(feature: Memo<Option<usize>>) -> impl IntoView {
    let inspector = Inspector::get();
    let share = Memo::new(move |_| {
        inspector.table.with(|t| t.as_ref().zip(feature.get()).map_or_else(Vec::new, |(t, f)| t.places_of(f).to_vec()))
    });
    let cells = move || {
        let grid = inspector.grid.get()?;
        let most = share.with(|all| all.iter().copied().fold(f32::MIN_POSITIVE, f32::max));
        // Layers lie side by side.
        let columns = if grid.layers { grid.places() } else { grid.width };
        let cell = |(i, share): (usize, f32)| {
            let place = if grid.layers { words::layer(i) } else { format!("row {}, column {}", i / columns + 1, i % columns + 1) };
            let (said, heat) = (words::at_place(share, &place), format!("--heat:{:.0}%", 100.0 * share / most));
            view! { <i role="img" style=heat title=said.clone() aria-label=said>{grid.layers.then(|| (i + 1).to_string())}</i> }
        };
        let all = share.get().into_iter().enumerate().map(cell).collect_view();
        Some(
            view! { <div class="heat-map" class:of-layers=grid.layers style=format!("--columns:{columns}") data-testid="feature-places">{all}</div> },
        )
    };
    view! {
        <Show when=move || share.with(|all| !all.is_empty())>
            <h3>{words::WHERE}</h3>
            {cells}
        </Show>
    }
}
