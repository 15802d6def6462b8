//! Samples from the prior.

use leptos::prelude::*;

use super::Panel;
use crate::spec::protocol::{Query, f32_bytes};
use crate::ui::picture::Picture;
use crate::ui::react::react;
use crate::ui::source::Source;
use crate::ui::{noise, state::Lab, text, views::SAMPLES};

const COUNT: usize = 24;

#[component]
pub fn Samples() -> impl IntoView {
    let lab = Lab::get();
    let seed = RwSignal::new(1u32);
    let latent = Memo::new(move |_| lab.latents.with(|l| l.kl_d.len()));
    let codes = Memo::new(move |_| noise::normals(seed.get(), COUNT * latent.get()));
    react(move || lab.ask(SAMPLES, Query::Decode { z_nd: codes.with(|z| f32_bytes(z)) }));
    let cells = (0..COUNT).map(|i| {
        let take = move |_| {
            let n = latent.get_untracked();
            if let Some(z) = codes.with_untracked(|all| all.get(i * n..(i + 1) * n).map(<[f32]>::to_vec)) {
                lab.start_from(Source::Code(z.into()));
            }
        };
        view! { <button class="cell" aria-label=text::sample(i) on:click=take><Picture from=SAMPLES index=i /></button> }
    });
    let cells = cells.collect_view();
    view! {
        <Panel id="samples" help=text::SAMPLES_HELP slots=&[SAMPLES]
            tools=move || view! { <button class="small" data-testid="new-samples" on:click=move |_| seed.update(|s| *s += 1)>{text::SAMPLES_NEW}</button> }>
            <div class="cells" data-testid="samples">{cells}</div>
        </Panel>
    }
}
