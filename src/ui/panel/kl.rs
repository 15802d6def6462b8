//! KL by latent, largest first.

use leptos::prelude::*;

use super::Panel;
use crate::ui::{state::Lab, text};

#[component]
pub fn KlBars() -> impl IntoView {
    let lab = Lab::get();
    let bars = move || {
        lab.latents.with(|latents| {
            let top = latents.kl_d.iter().copied().fold(0.5f32, f32::max);
            latents
                .order
                .iter()
                .map(|&i| {
                    let kl = latents.kl_d[i];
                    view! {
                        <li class:inactive=!latents.active(i) title=text::kl_bar(i, kl)>
                            <span class="bar" style:height=format!("{:.1}%", 100.0 * kl / top)></span>
                            <span class="index" aria-hidden="true">{i}</span>
                            <span class="unseen">{text::kl_bar(i, kl)}</span>
                        </li>
                    }
                })
                .collect_view()
        })
    };
    let count = move || lab.latents.with(|l| text::active((0..l.kl_d.len()).filter(|i| l.active(*i)).count(), l.kl_d.len()));
    let top = move || lab.latents.with(|l| format!("{:.1} nats", l.kl_d.iter().copied().fold(0.5f32, f32::max)));
    let total = move || lab.latents.with(|l| format!("{:.1} nats in all", l.kl_d.iter().sum::<f32>()));
    // No room for their numbers.
    let many = move || lab.latents.with(|l| l.kl_d.len() > 24);
    view! {
        <Panel id="kl" help=text::KL_HELP
            tools=move || view! { <span class="note" data-testid="active-count">{count}" · "{total}</span> }>
            <div class="bars-frame">
                <span class="top">{top}</span>
                <ol class="bars" class:many=many data-testid="kl-bars">{bars}</ol>
            </div>
        </Panel>
    }
}
