//! The rows of a traversal: their order, their ranges, and the question whose answer fills them.

use leptos::prelude::*;

use super::row::Row;
use super::shared::{COLUMNS, Shared};
use super::words;
use crate::encoded::Extent;
use crate::paint::Pictures;
use crate::rank::ordered;
use crate::react::react;
use crate::store::codes::Codes;
use crate::store::desks::Desks;
use crate::store::look::Look;
use crate::views::STRIPS;
use latent_view::Decode;
use latent_vocabulary::numbers::f32_bytes;

/// Reach of a slider, in standard deviations.
const DEVIATIONS: f32 = 3.0;
/// Of a slider about the centre of the prior.
const PRIOR: (f32, f32) = (-DEVIATIONS, DEVIATIONS);
/// How far the sliders go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Three standard deviations of the prior about 0, or of the test images' codes about their mean where these are points.
    Prior,
    /// Three of the posterior about the mean, of the image that the code started from.
    Posterior,
}

/// Which row comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sorting {
    /// What it carries.
    Kl,
    /// What it changes on screen.
    Effect,
    Index,
}

/// Mean over the pixels of how far two pictures differ, 0 to 1.
fn effect(a: &[u8], b: &[u8]) -> f32 {
    a.iter().zip(b).map(|(a, b)| f32::from(a.abs_diff(*b))).sum::<f32>() / (255.0 * a.len().max(1) as f32)
}

/// The sliders' ranges where codes are points: they lie anywhere, and a latent in which none differs reaches as far as a prior.
fn about(extent: &Extent) -> Vec<(f32, f32)> {
    let range = |(centre, spread): (&f32, &f32)| {
        let reach = if *spread > 0.0 { DEVIATIONS * spread } else { DEVIATIONS };
        (centre - reach, centre + reach)
    };
    extent.centre_d.iter().zip(&extent.spread_d).map(range).collect()
}

#[component]
pub fn Rows(
    reach: RwSignal<Reach>,
    sorting: RwSignal<Sorting>,
    /// Rows that get pictures at most.
    pictures: usize,
    detailed: bool,
) -> impl IntoView {
    let (look, desks, codes) = (Look::get(), Desks::get(), Codes::get());
    let asked = RwSignal::new(Vec::<usize>::new());
    let pins = look.pins;
    let effects = RwSignal::new(Vec::<f32>::new());
    let order = Memo::new(move |_| {
        let (pins, sorting) = (pins.get(), sorting.get());
        let all = codes.latents.with(|l| l.order.clone());
        let all = match sorting {
            Sorting::Kl => all,
            Sorting::Index => ordered(all, |i| i as f32),
            Sorting::Effect => effects.with(|e| ordered(all, |i| -e.get(i).copied().unwrap_or(0.0))),
        };
        // The upper level first: it moves the others.
        let all = codes.latents.with(|l| ordered(all, |i| l.level(i) as f32));
        ordered(all, |i| f32::from(u8::from(!pins.contains(&i))))
    });
    let shown = Memo::new(move |_| {
        let order = order.get();
        codes.latents.with(|l| order.iter().copied().filter(|i| l.active(*i)).take(pictures).collect::<Vec<_>>())
    });
    let ranges = Memo::new(move |_| {
        let (n, points) = codes.latents.with(|l| (l.kl_d.len(), l.extent.as_ref().map(about)));
        if let Some(ranges) = points {
            return ranges;
        }
        if reach.get() == Reach::Prior {
            return vec![PRIOR; n];
        }
        // A code that no image gave has the spread that is usual among the test images.
        let origin = codes.origin.get();
        let sd = codes.sd_of(&origin).or_else(|| codes.tests.with(|c| c.as_ref().and_then(|c| c.typical_sd())));
        match (codes.of(&origin), sd) {
            (Some(mean), Some(sd)) if mean.len() == n && sd.len() == n => {
                mean.iter().zip(&sd).map(|(m, s)| (m - DEVIATIONS * s, m + DEVIATIONS * s)).collect()
            }
            _ => vec![PRIOR; n],
        }
    });
    react(move || {
        let (code, rows, ranges) = (codes.code.get(), shown.get(), ranges.get());
        let mut z = Vec::with_capacity(rows.len() * COLUMNS * code.len());
        for &latent in rows.iter().filter(|i| **i < code.len()) {
            let (low, high) = ranges[latent];
            for column in 0..COLUMNS {
                let start = z.len();
                z.extend(&code);
                z[start + latent] = low + (high - low) * column as f32 / (COLUMNS - 1) as f32;
            }
        }
        asked.set(rows);
        desks.ask(STRIPS, Decode { z_nd: f32_bytes(&z) });
    });
    react(move || {
        let Some(view) = desks.view(STRIPS).get() else { return };
        let (Some(pictures), asked) = (Pictures::of(&view), asked.get_untracked()) else { return };
        // A hand on the sliders keeps the order, and so does another one.
        if pictures.len() != asked.len() * COLUMNS || codes.held.get_untracked() || sorting.get() != Sorting::Effect {
            return;
        }
        let mut new = vec![0.0; codes.latents.with_untracked(|l| l.kl_d.len())];
        for (row, latent) in asked.into_iter().enumerate() {
            if let (Some(a), Some(b), Some(e)) =
                (pictures.get(row * COLUMNS), pictures.get((row + 1) * COLUMNS - 1), new.get_mut(latent))
            {
                *e = effect(a, b);
            }
        }
        effects.set(new);
    });
    let shared = Shared { asked, ranges, pins, detailed };
    let upper = Memo::new(move |_| codes.latents.with(|l| l.levels.first().cloned()));
    view! {
        {move || upper.get().map(|own| view! { <p class="note" data-testid="levels">{words::levels(own)}</p> })}
        <div class="rows" class:detailed=detailed
            on:pointerdown=move |_| codes.held.set(true) on:pointerup=move |_| codes.held.set(false)
            on:pointercancel=move |_| codes.held.set(false)
            on:focusin=move |_| codes.held.set(true) on:focusout=move |_| codes.held.set(false)>
            <For each=move || order.get() key=|latent| *latent let:latent>
                <Row latent shared />
            </For>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sliders_reach_three_spreads_about_the_centre() {
        let extent = Extent { centre_d: vec![-7.0, 2.0], spread_d: vec![5.0, 0.0] };
        assert_eq!(about(&extent), vec![(-22.0, 8.0), (-1.0, 5.0)]);
    }

    #[test]
    fn effect_is_the_mean_difference() {
        assert_eq!(effect(&[0, 255, 10], &[255, 255, 10]), 1.0 / 3.0);
        assert_eq!(effect(&[], &[]), 0.0);
    }
}
