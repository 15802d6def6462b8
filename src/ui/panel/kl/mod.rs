//! KL by latent, largest first.

pub mod words;

use leptos::prelude::*;

use crate::latents::Latents;
use crate::panel::section::Panel;
use crate::store::codes::Codes;

/// Nats at the top of the chart. The first latent need not be the largest while a hand keeps the order.
fn top_of(latents: &Latents) -> f32 {
    latents.order.iter().map(|i| latents.kl_d[*i]).fold(0.5, f32::max)
}

#[component]
pub fn KlBars() -> impl IntoView {
    let codes = Codes::get();
    let bars = move || {
        codes.latents.with(|latents| {
            let top = top_of(latents);
            latents
                .order
                .iter()
                .map(|&i| {
                    let kl = latents.kl_d[i];
                    view! {
                        <li class:inactive=!latents.active(i) class:upper=latents.is_upper(i) title=words::kl_bar(i, kl)>
                            <span class="bar" style:height=format!("{:.1}%", 100.0 * kl / top)></span>
                            <span class="index" aria-hidden="true">{i}</span>
                            <span class="unseen">{words::kl_bar(i, kl)}</span>
                        </li>
                    }
                })
                .collect_view()
        })
    };
    let count = move || codes.latents.with(|l| words::active(l.order.iter().filter(|i| l.active(**i)).count(), l.order.len()));
    let top = move || codes.latents.with(|l| format!("{:.1} nats", top_of(l)));
    let total = move || {
        codes.latents.with(|l| {
            let levels: Vec<f32> = l.levels.iter().map(|own| l.kl_d[own.clone()].iter().sum()).collect();
            words::total(l.order.iter().map(|i| l.kl_d[*i]).sum(), &levels)
        })
    };
    // No room for their numbers.
    let many = move || codes.latents.with(|l| l.order.len() > 24);
    view! {
        <Panel id="kl" title=words::KL help=words::KL_HELP
            tools=move || view! { <span class="note" data-testid="active-count">{count}" · "{total}</span> }>
            <div class="bars-frame">
                <span class="top">{top}</span>
                <ol class="bars" class:many=many data-testid="kl-bars">{bars}</ol>
            </div>
        </Panel>
    }
}
