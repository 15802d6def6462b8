//! Findings: claims of papers with what came out here, and every run a click away.

mod card;
mod figures;
mod here;
mod words;

use leptos::prelude::*;
use leptos::wasm_bindgen::JsValue;

use self::card::{Card, Found};
use crate::browser;
use crate::control::words::family;
use crate::part::{Make, fetched};
use crate::popup::Popup;
use latent_vocabulary::Family;

/// The name of the parameter of a link that opens a finding.
const PARAMETER: &str = card::PARAMETER;

/// The button that opens the findings, and the dialog.
#[component]
pub fn FindingsButton() -> impl IntoView {
    const INSIDE: Make = fetched!(bench, findings_inside, view! { <Inside /> });
    view! {
        <Popup id="findings" title=words::FINDINGS class="runs findings" label=Signal::stored(words::FINDINGS.into()) inside=INSIDE
            at_once=browser::parameter(PARAMETER).is_some() />
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
    Family::ALL
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
