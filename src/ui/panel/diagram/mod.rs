//! The model as a machine: picture, the encoder's layers, code, the decoder's, picture, as its programs have them; and where the terms of the
//! objective are measured.

mod network;
pub mod words;

use latent_exchange::layers::Role;
use leptos::html;
use leptos::prelude::*;

use crate::browser;
use crate::formula;
use crate::panel::section::Panel;
use crate::picture::Picture;
use crate::prose;
use crate::store::codes::Codes;
use crate::store::desks::Desks;
use crate::store::look::Look;
use crate::store::runs::Runs;
use crate::views::{CODES, NETWORK, RECONSTRUCTIONS};
use latent_view::Reconstruct;
use network::{Pointed, Shown, bars_of};

/// Milliseconds of one pass, forth and back; faster steps share one.
const PASS: f64 = 1_200.0;
/// Images that the reconstructions on show were asked for.
const COUNT: u32 = 16;
/// Bars of the code.
const BARS: usize = 24;

#[component]
pub fn Diagram() -> impl IntoView {
    let (look, runs, desks, codes) = (Look::get(), Runs::get(), Desks::get(), Codes::get());
    desks.ask(RECONSTRUCTIONS, Reconstruct { first: 0, count: COUNT });
    let model = Memo::new(move |_| runs.model());
    let undrawn = move || model.get().undrawn;
    let help = Signal::derive(move || if undrawn() { words::DIAGRAM_UNDRAWN_HELP } else { words::DIAGRAM_HELP }.to_string());
    let info = Memo::new(move |_| runs.run.with(|r| r.as_ref().and_then(|r| r.info.clone())));
    // Changes once a pass while steps go by; the flow is drawn anew, and so runs once.
    let pass = RwSignal::new(0u32);
    let last = StoredValue::new(f64::NEG_INFINITY);
    Effect::new(move |before: Option<u64>| {
        let step = runs.step.get();
        let now = browser::now();
        if before.is_some_and(|b| step > b) && now - last.get_value() > PASS {
            last.set_value(now);
            pass.update(|n| *n += 1);
        }
        step
    });
    let bars = move || {
        codes.tests.with(|tests| {
            let Some(mean) = tests.as_ref().and_then(|c| c.mean(0)) else { return Vec::new() };
            let order = codes.latents.with(|l| l.order.clone());
            order.into_iter().take(BARS).filter_map(|i| mean.get(i).copied()).collect::<Vec<_>>()
        })
    };
    let code = move || {
        bars()
            .into_iter()
            .map(|m| {
                let (low, high) = (50.0 + 16.0 * m.clamp(-3.0, 0.0), 50.0 + 16.0 * m.clamp(0.0, 3.0));
                view! { <span><i style=format!("bottom:{low:.0}%;height:{:.0}%", (high - low).max(1.0))></i></span> }
            })
            .collect_view()
    };
    let size = move || {
        let s = model.get().shape;
        words::picture_size(s.width, s.height, s.channels)
    };
    // Terms after the first are measured at the code, the first between the pictures.
    let tags = move || {
        formula::parts(runs).into_iter().map(|part| {
            let at = part.points_at();
            let lit = move || look.pointed_term.get() == Some(at);
            view! {
                <span class=format!("measure measure-{}", part.place.min(2)) class:lit=lit
                    on:pointerenter=move |_| look.pointed_term.set(Some(at)) on:pointerleave=move |_| look.pointed_term.set(None)>
                    <span class=format!("term term-{}", part.colour)>{prose::typeset(part.term.text)}</span></span>
            }
        }).collect_view()
    };
    let network = Shown::watch(desks);
    let machine = NodeRef::<html::Div>::new();
    let at = Pointed::new(machine);
    let part = move |role: Role| {
        move || network.with(|shown| shown.as_deref().and_then(|s| s.as_ref().ok()).map(|s| bars_of(s, role, at)))
    };
    let prior = move || {
        let has = network.with(|shown| shown.as_deref().and_then(|s| s.as_ref().ok()).is_some_and(Shown::has_prior));
        has.then(|| {
            view! { <div class="funnel prior">{part(Role::Prior)}<span>{words::PRIOR}</span><small>{words::PRIOR_HELP}</small></div> }
        })
    };
    let says = move || {
        network.with(|shown| match shown.as_deref() {
            Some(Ok(shown)) => at.at().and_then(|number| shown.words(number)).unwrap_or_else(|| words::LAYERS_HELP.into()),
            Some(Err(why)) => why.clone(),
            None => String::new(),
        })
    };
    let flow = move || {
        // Keyed by the pass: a new element starts its animation.
        let n = pass.get();
        (n > 0).then(|| view! { <span class="flow" data-pass=n.to_string() aria-hidden="true"><i></i><i></i></span> })
    };
    view! {
        <Panel id="diagram" title=words::DIAGRAM help slots=&[RECONSTRUCTIONS, CODES, NETWORK]>
            <div class="machine" role="group" aria-label=words::DIAGRAM_WORDS node_ref=machine>
                <figure class="port"><Picture from=RECONSTRUCTIONS index=0usize label=words::DIAGRAM_IN /><figcaption><i>"x"</i>" "{size}</figcaption></figure>
                <div class="funnel">{part(Role::Encoder)}<span>{words::ENCODER}</span><small>{words::ENCODER_HELP}</small></div>
                <figure class="port"><div class="latent-code" data-testid="diagram-code">{code}</div>
                    <figcaption><i>"z"</i>" "{move || words::code_size(model.get().latent, model.get().gaussian)}</figcaption></figure>
                <div class="funnel" class:gone=undrawn>{part(Role::Decoder)}<span>{words::DECODER}</span><small>{words::DECODER_HELP}</small></div>
                <figure class="port" class:gone=undrawn><Picture from=RECONSTRUCTIONS index=Signal::derive(move || runs.test_images().min(COUNT) as usize) label=words::DIAGRAM_OUT testid="diagram-out" /><figcaption><i>"x̂"</i>" "{size}</figcaption></figure>
                {flow}
                {prior}
            </div>
            <p class="note layer-says" aria-live="polite" data-testid="layer-says">{says}</p>
            <p class="measures">{tags}</p>
            <p class="note">{move || info.get().map(|i| words::plan(&i))}</p>
        </Panel>
    }
}
