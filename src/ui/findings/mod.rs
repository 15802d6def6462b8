//! Findings: claims of papers with what came out here, and every run a click away.

mod card;
mod figures;
mod found;
mod here;
pub mod of_card;
mod words;

use leptos::prelude::*;

use self::card::Card;
use self::found::{Found, PARAMETER, read};
use crate::browser;
use crate::control::words::family;
use crate::dress::Dress;
use crate::part::{Make, fetched};
use crate::popup::Popup;
use crate::tiles::Segments;
use latent_finding::Question;
use latent_vocabulary::Family;

/// The button that opens the findings, and the dialog.
#[component]
pub fn FindingsButton() -> impl IntoView {
    const INSIDE: Make = fetched!(bench, findings_inside, view! { <Inside /> });
    view! {
        <Popup id="findings" title=words::FINDINGS class="runs findings" label=Signal::stored(words::DOOR.into()) says=words::DOOR_SAYS inside=INSIDE
            at_once=browser::parameter(PARAMETER).is_some() />
    }
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
    view! { <Dress name="dialogs" /><p class="help">{words::INTRO}</p> {body} }
}

#[component]
fn List(found: Vec<Found>) -> impl IntoView {
    let by = RwSignal::new(0);
    let open = browser::parameter(PARAMETER);
    let groups = move || {
        let section = |title: &'static str, of: Vec<&Found>| -> Option<AnyView> {
            if of.is_empty() {
                return None;
            }
            let held = of.iter().filter(|f| f.judged().is_some_and(|all| all.iter().all(|j| j.holds))).count();
            let count = words::count(held, of.len());
            let cards = of.into_iter().map(|found| {
                view! { <Card open=open.as_deref() == Some(found.finding.id.as_str()) found=found.clone() /> }
            });
            Some(view! { <section><h3>{title}<span class="note">{count}</span></h3>{cards.collect_view()}</section> }.into_any())
        };
        let some = |is: &dyn Fn(&Found) -> bool| found.iter().filter(|f| is(f)).collect::<Vec<&Found>>();
        if by.get() == 0 {
            Family::ALL
                .into_iter()
                .filter_map(|of| section(family(of), some(&|f| f.family() == Some(of))))
                .collect::<Vec<AnyView>>()
        } else {
            Question::ALL.into_iter().filter_map(|of| section(words::question(of), some(&|f| f.finding.question == of))).collect()
        }
    };
    view! { <Segments label=words::BY options=words::BYS chosen=by /> {groups} }
}

/// A finding on a page of a lesson.
pub fn of_lesson(id: String) -> AnyView {
    let all = RwSignal::new_local(None::<Result<Vec<Found>, String>>);
    leptos::task::spawn_local(async move {
        let _ = all.try_set(Some(read().await));
    });
    let body = move || match all.get() {
        None => view! { <p class="note">{words::LOADING}</p> }.into_any(),
        Some(Err(why)) => view! { <p role="alert">{why}</p> }.into_any(),
        Some(Ok(found)) => {
            let found = found.into_iter().find(|found| found.finding.id == id);
            found.map(|found| view! { <Card found open=false /> }).into_any()
        }
    };
    body.into_any()
}
