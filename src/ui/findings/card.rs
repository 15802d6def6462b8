//! A finding: what is asked, what came out when it was recorded, and what comes out here.

use leptos::html;
use leptos::prelude::*;

use super::figures::{figures, sides, verdict};
use super::found::{Found, PARAMETER};
use super::here::Here;
use super::words;
use crate::{browser, clipboard};

/// One claim: what is asked, and behind that what came out.
#[component]
pub fn Card(found: Found, open: bool) -> impl IntoView {
    let judged = found.judged();
    let Found { finding, record } = found;
    let root = NodeRef::<html::Article>::new();
    root.on_load(move |card| {
        if open {
            card.scroll_into_view();
        }
    });
    let verdict = judged.as_deref().map_or((words::NOT_RUN, "unknown"), verdict);
    let shown = record.as_ref().map(|record| figures(&finding, &[(None, &record.taken)]));
    let judged = judged.as_deref().map(sides);
    let here = finding.clone();
    let before = record.clone();
    let links = finding
        .runs
        .iter()
        .map(|run| view! { <a href=format!("?v=1&{}#{}", run.setup, finding.look) lang="en">{run.label.clone()}</a> })
        .collect_view();
    let took = record.as_ref().map(|record| words::took(record.seconds, &record.adapter));
    let own = format!("?{PARAMETER}={}", finding.id);
    let (said, code) = (RwSignal::new(words::EMBED), words::code(&browser::base(), &finding.id));
    let copy = move |_| clipboard::copy(code.clone(), said, [words::EMBED, words::NOT_COPIED]);
    let embed = record.is_some().then(|| view! { <button class="link" title=words::EMBED_HELP data-testid=format!("embed-{}", finding.id) on:click=copy>{said}</button> });
    view! {
        <article class="finding" node_ref=root data-testid=format!("finding-{}", finding.id)>
            <h4 lang="en">{finding.claim.clone()}</h4>
            <p class="help" lang="en">{finding.papers.join(" · ")}</p>
            <details open=open>
                <summary><span lang="en">{finding.ask.clone()}</span><b>{words::SHOW}</b></summary>
                <p class=format!("verdict {}", verdict.1)>{verdict.0}{(!finding.why_not.is_empty()).then(|| view! { ". "<span lang="en">{finding.why_not.clone()}</span> })}</p>
                {shown}
                <ul class="judged">{judged}</ul>
                <p class="help">{words::protocol(finding.steps, finding.seeds, finding.images)}" "<span lang="en">{finding.reduced.clone()}</span>" "{took}</p>
                <p class="links">{words::OPEN}" "{links}<a class="own" href=own>{words::LINK}</a>{embed}</p>
            </details>
            <Here finding=here record=before />
        </article>
    }
}
