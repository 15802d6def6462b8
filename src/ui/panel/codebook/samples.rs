//! Images drawn token by token from the learnt prior.

use latent_small::number;
use leptos::prelude::*;

use super::editor::{Editor, Start};
use crate::panel::codebook::words;
use crate::panel::section::Panel;
use crate::picture::Picture;
use crate::react::react;
use crate::store::desks::Desks;
use crate::views::DRAWN;
use latent_view::DrawTokens;
use latent_view::View;
use latent_vocabulary::numbers::bytes_f32;

/// Images at a time: what a program is compiled for.
const COUNT: u32 = 16;

#[component]
pub fn Samples() -> impl IntoView {
    let desks = Desks::get();
    let editor = Editor::get();
    let (seed, temperature) = (RwSignal::new(1u32), RwSignal::new(1.0f32));
    react(move || desks.ask(DRAWN, DrawTokens { n: COUNT, temperature: temperature.get(), seed: seed.get() }));
    let take = move |i: usize| {
        let Some(grid) = editor.grid.get_untracked() else { return };
        let tokens = desks.view(DRAWN).with_untracked(|view| match view.as_deref() {
            Some(View::Tokens(drawn)) => bytes_f32(&drawn.token_bn).chunks_exact(grid.tokens()).nth(i).map(<[f32]>::to_vec),
            _ => None,
        });
        if let Some(tokens) = tokens {
            editor.begin(Start::Drawn(tokens.into()));
        }
    };
    let cells = (0..COUNT as usize).map(|i| view! {
        <button class="cell" aria-label=words::take_sample(i) data-testid=format!("drawn-{i}") on:click=move |_| take(i)><Picture from=DRAWN index=i /></button>
    });
    let cells = cells.collect_view();
    view! {
        <Panel id="token-samples" title=words::SAMPLES help=words::SAMPLES_HELP slots=&[DRAWN]
            tools=move || view! { <button class="small" data-testid="draw-tokens" on:click=move |_| seed.update(|s| *s += 1)>{words::SAMPLES_NEW}</button> }>
            <label class="heat-control"><span>{words::TEMPERATURE}</span>
                <input type="range" class="slider" min="0" max="1.5" step="0.05" data-testid="temperature"
                    prop:value=move || temperature.get().to_string()
                    on:change=move |e| if let Some(v) = number(&event_target_value(&e)) { temperature.set(v as f32) } />
                <output class="value">{move || format!("{:.2}", temperature.get())}</output></label>
            <div class="cells" data-testid="drawn">{cells}</div>
        </Panel>
    }
}
