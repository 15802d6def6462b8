//! The code of the visitor's image: mean and spread of each latent.

use leptos::prelude::*;

use crate::panel::draw::words;
use crate::source::Source;
use crate::store::codes::Codes;

/// The chart reaches at least so far, in standard deviations of the prior.
const REACH: f32 = 3.0;

/// No more would be told apart.
const BARS: usize = 64;

#[component]
pub fn Code() -> impl IntoView {
    let codes = Codes::get();
    let bars = move || {
        let mean = codes.of(&Source::Own).unwrap_or_default();
        let sd = codes.sd_of(&Source::Own);
        let reach = mean.iter().fold(REACH, |r, m| r.max(m.abs()));
        // Percent from the bottom of the chart.
        let at = |v: f32| 50.0 + 50.0 * (v / reach).clamp(-1.0, 1.0);
        let order = codes.latents.with(|l| l.order.clone());
        order
            .into_iter()
            .take(BARS)
            .filter_map(|i| Some((i, *mean.get(i)?)))
            .map(|(i, m)| {
                let s = sd.as_ref().and_then(|s| s.get(i).copied());
                let (low, high) = (at(m.min(0.0)), at(m.max(0.0)));
                let cloud = s.map(|s| {
                    let (low, high) = (at(m - s), at(m + s));
                    view! { <i class="cloud" style=format!("bottom:{low:.1}%;height:{:.1}%", high - low)></i> }
                });
                let words = words::code_bar(i, m, s);
                let title = words.clone();
                view! {
                    <li title=title class:inactive=move || !codes.latents.with(|l| l.active(i))>
                        <i class="mean" style=format!("bottom:{low:.1}%;height:{:.1}%", high - low)></i>
                        {cloud}
                        <span class="unseen">{words}</span>
                    </li>
                }
            })
            .collect_view()
    };
    view! { <ol class="code" data-testid="draw-code">{bars}</ol> }
}
