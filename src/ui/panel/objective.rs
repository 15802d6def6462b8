//! The objective, term by term, with the values, sliders and the experiment that belong to it.

use leptos::prelude::*;

use crate::control::Control;
use crate::formula;
use crate::panel::section::Panel;
use crate::prose;
use crate::store::look::Look;
use crate::store::runs::Runs;
use crate::texts::OfMethod;
use crate::words;
use latent_vocabulary::card::COMMON;

/// Above the live parameters that belong to no term.
const OF_NO_TERM: &str = "Live, in no term";

#[component]
pub fn Objective() -> impl IntoView {
    let (look, runs, texts) = (Look::get(), Runs::get(), OfMethod::get());
    let method = Memo::new(move |_| runs.setup.with(|s| s.method.clone()));
    let names = Memo::new(move |_| {
        runs.run.with(|r| r.as_ref().and_then(|r| r.info.as_ref()).map(|i| i.terms.clone()).unwrap_or_default())
    });
    let value = move |i: usize| {
        runs.curves.track();
        runs.history.with_value(|h| h.train.last().and_then(|b| b.terms.get(i)).map(|v| words::reading(f64::from(*v))))
    };
    let parts = Memo::new(move |_| formula::parts(runs));
    let body = move || {
        let card = method.with(|id| latent_catalog::card(id)).unwrap_or(latent_catalog::CARDS[0]);
        let rows = parts.get().into_iter().map(|part| {
            let at = part.points_at();
            let lit = Memo::new(move |_| look.pointed_term.get() == Some(at));
            let point = move |on: bool| look.pointed_term.set(on.then_some(at));
            let sliders = part.term.weights.iter().filter_map(|key| card.param(key)).map(|spec| view! { <Control spec /> });
            let sliders = sliders.collect_view();
            let reading = move || part.number.map(|i| {
                view! { <span>{move || names.with(|n| n.get(i).cloned())}</span> <b>{move || value(i)}</b> }
            });
            view! {
                <div class="summand" class:lit=move || lit.get() tabindex="0" data-testid=format!("summand-{}", part.place)
                    on:pointerenter=move |_| point(true) on:pointerleave=move |_| point(false)
                    on:focusin=move |_| point(true) on:focusout=move |_| point(false)>
                    <p class="formula">{part.sign}<span class=format!("term term-{}", part.colour)>{prose::typeset(part.term.text)}</span></p>
                    <p class="readout">{reading}</p>
                    {sliders}
                </div>
            }
        });
        let rows = rows.collect_view();
        // What every method has is in the controls alone.
        let others: Vec<_> =
            card.params.iter().filter(|p| p.of_no_term && !COMMON.iter().any(|common| common.key == p.key)).collect();
        let others = (!others.is_empty()).then(|| {
            view! {
                <h3>{OF_NO_TERM}</h3>
                {others.into_iter().map(|spec| view! { <Control spec /> }).collect_view()}
            }
        });
        view! {
            <p class="method"><strong>{card.label}</strong>" — "{card.summary}</p>
            <div class="summands">{rows}</div>
            <p class="where">{move || formula::symbols(runs)}</p>
            {others}
            <h3>{words::TRY}</h3>
            <p class="try">{move || prose::linked(&texts.with(|t| t.try_this.clone()))}</p>
        }
    };
    view! { <Panel id="objective" title=words::OBJECTIVE_PANEL help=words::OBJECTIVE_PANEL_HELP><div>{body}</div></Panel> }
}
