//! Findings: claims of papers with what came out here, and every run a click away.

mod words;

use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsValue;
use serde::Deserialize;

use crate::browser;
use crate::control::words::family;
use crate::part::{Make, fetched};
use latent_finding::{Figure, Finding, Judged, Record, mean};
use latent_vocabulary::Family;
use latent_vocabulary::measured::four_digits;

/// What the site has of a finding.
#[derive(Clone, Debug, Deserialize)]
struct Found {
    finding: Finding,
    record: Option<Record>,
}

impl Found {
    /// What is expected, and whether it was so; `None` where nobody has run it.
    fn judged(&self) -> Option<Vec<Judged>> {
        self.finding.judge(&self.record.as_ref()?.taken).ok()
    }

    /// The line of methods that its first run is of.
    fn family(&self) -> Option<Family> {
        self.finding.runs.first()?.setup(0).ok()?.card().ok().map(|card| card.family)
    }
}

/// The name of the parameter of a link that opens a finding.
const PARAMETER: &str = "finding";

/// The button that opens the findings, and the dialog, from when it is first opened.
#[component]
pub fn FindingsButton() -> impl IntoView {
    const INSIDE: Make = fetched!(dialogs, findings_inside, view! { <Inside /> });
    let wanted = RwSignal::new(false);
    let dialog = NodeRef::<html::Dialog>::new();
    let open = move || {
        if let Some(dialog) = dialog.get_untracked() {
            wanted.set(true);
            // Fails only where it is open already.
            let _ = dialog.show_modal();
        }
    };
    dialog.on_load(move |_| {
        if browser::parameter(PARAMETER).is_some() {
            browser::next_frame(open);
        }
    });
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    view! {
        <button class="link" data-testid="findings" on:click=move |_| open()>{words::FINDINGS}</button>
        <dialog class="runs findings" node_ref=dialog aria-labelledby="findings-title" data-testid="findings-dialog">
            <header>
                <h2 id="findings-title">{words::FINDINGS}</h2>
                <button class="quiet" aria-label=words::CLOSE data-testid="findings-close" on:click=close>"✕"</button>
            </header>
            {move || wanted.get().then(|| INSIDE.view())}
        </dialog>
    }
}

/// All findings of the site.
async fn read() -> Result<Vec<Found>, String> {
    let bytes = browser::fetch("findings.json").await?;
    let text = JsValue::from_str(&String::from_utf8_lossy(&bytes));
    let json = js_sys::JSON::parse(&text.as_string().unwrap_or_default()).map_err(|_| "findings.json is damaged")?;
    serde_wasm_bindgen::from_value(json).map_err(|e| format!("findings.json is damaged: {e}"))
}

#[component]
fn Inside() -> impl IntoView {
    let all = RwSignal::new_local(None::<Result<Vec<Found>, String>>);
    leptos::task::spawn_local(async move { all.set(Some(read().await)) });
    let body = move || match all.get() {
        None => view! { <p class="note">{words::LOADING}</p> }.into_any(),
        Some(Err(why)) => view! { <p role="alert">{why}</p> }.into_any(),
        Some(Ok(found)) => view! { <List found /> }.into_any(),
    };
    view! { <p class="help">{words::INTRO}</p> {body} }
}

#[component]
fn List(found: Vec<Found>) -> impl IntoView {
    let open = browser::parameter(PARAMETER);
    [Family::Vae, Family::Ae, Family::Vq, Family::Sae]
        .into_iter()
        .map(|of| {
            let of_family: Vec<Found> = found.iter().filter(|f| f.family() == Some(of)).cloned().collect();
            let held = of_family.iter().filter(|f| f.judged().is_some_and(|all| all.iter().all(|j| j.holds))).count();
            let count = words::count(held, of_family.len());
            let cards =
                of_family.into_iter().map(|found| view! { <Card open=open.as_deref() == Some(found.finding.id.as_str()) found /> });
            view! { <section><h3>{family(of)}<span class="note">{count}</span></h3>{cards.collect_view()}</section> }
        })
        .collect_view()
}

/// One claim: what is asked, and behind that what came out.
#[component]
fn Card(found: Found, open: bool) -> impl IntoView {
    let judged = found.judged();
    let Found { finding, record } = found;
    let root = NodeRef::<html::Article>::new();
    root.on_load(move |card| {
        if open {
            card.scroll_into_view();
        }
    });
    let verdict = match &judged {
        None => (words::NOT_RUN, "unknown"),
        Some(all) if all.iter().all(|j| j.holds) => (words::HELD, "held"),
        Some(_) => (words::DID_NOT_HOLD, "not"),
    };
    let charts = record.as_ref().map(|record| finding.figures.iter().map(|figure| chart(&finding, record, figure)).collect_view());
    let judged = judged.map(|all| {
        all.into_iter()
            .map(|j| {
                let how = if j.holds { words::EXPECTED } else { words::NOT_SO };
                view! { <li><b>{how}": "</b>{words::sides(&j.text, &four_digits(j.left), &four_digits(j.right))}</li> }
            })
            .collect_view()
    });
    let links = finding
        .runs
        .iter()
        .map(|run| view! { <a href=format!("?v=1&{}#{}", run.setup, finding.look)>{run.label.clone()}</a> })
        .collect_view();
    let took = record.as_ref().map(|record| words::took(record.seconds, &record.adapter));
    let own = format!("?{PARAMETER}={}", finding.id);
    view! {
        <article class="finding" node_ref=root data-testid=format!("finding-{}", finding.id)>
            <h4>{finding.claim.clone()}</h4>
            <p class="help">{finding.papers.join(" · ")}</p>
            <details open=open>
                <summary><span>{finding.ask.clone()}</span><b>{words::SHOW}</b></summary>
                <p class=format!("verdict {}", verdict.1)>{verdict.0}{(!finding.why_not.is_empty()).then(|| format!(". {}", finding.why_not))}</p>
                {charts}
                <ul class="judged">{judged}</ul>
                <p class="help">{words::protocol(finding.steps, finding.seeds, finding.images)}" "{finding.reduced.clone()}" "{took}</p>
                <p class="links">{words::OPEN}" "{links}<a class="own" href=own>{words::LINK}</a></p>
            </details>
        </article>
    }
}

/// A figure of every run, as bars from zero.
fn chart(finding: &Finding, record: &Record, figure: &Figure) -> impl IntoView + use<> {
    let values: Vec<(String, f64)> = finding
        .runs
        .iter()
        .filter_map(|run| {
            let taken = record.taken.iter().find(|t| t.run == run.name && t.measure == figure.measure)?;
            Some((run.label.clone(), mean(&taken.values)))
        })
        .collect();
    let most = values.iter().fold(f64::MIN_POSITIVE, |most, (_, v)| most.max(v.abs()));
    let bars = values
        .into_iter()
        .map(|(label, value)| {
            let part = format!("{:.1}%", 100.0 * value.abs() / most);
            view! { <li><span>{label}</span><i><b style:width=part></b></i><span>{four_digits(value)}</span></li> }
        })
        .collect_view();
    view! { <figure class="figures"><figcaption>{figure.label.clone()}</figcaption><ul>{bars}</ul></figure> }
}
