//! Which claims of a method's papers were run here, beside the papers.

use leptos::prelude::*;

use super::figures::verdict;
use super::found::{Found, PARAMETER, read};
use super::words;
use crate::part::{Make, fetched};
use crate::texts::OfMethod;

/// Fetched when somebody asks.
pub const OF_CARD: Make = fetched!(bench, card_findings, view! { <OfCard /> });

/// The findings that name a paper of the method at hand.
#[component]
fn OfCard() -> impl IntoView {
    let texts = OfMethod::get();
    let all = RwSignal::new_local(None::<Result<Vec<Found>, String>>);
    leptos::task::spawn_local(async move { all.set(Some(read().await)) });
    move || match all.get() {
        None => view! { <p class="note">{words::LOADING}</p> }.into_any(),
        Some(Err(why)) => view! { <p role="alert">{why}</p> }.into_any(),
        Some(Ok(found)) => {
            let papers = texts.with(|texts| texts.papers.clone());
            let names = |found: &&Found| papers.iter().any(|p| found.finding.papers.contains(&p.title));
            let of: Vec<AnyView> = found.iter().filter(names).map(|found| line(found).into_any()).collect();
            if of.is_empty() {
                view! { <p class="note">{words::NONE_OF_CARD}</p> }.into_any()
            } else {
                view! { <ul class="papers">{of}</ul> }.into_any()
            }
        }
    }
}

fn line(found: &Found) -> impl IntoView + use<> {
    let said = found.judged().map_or(words::NOT_RUN, |judged| verdict(&judged).0);
    let link = format!("?{PARAMETER}={}", found.finding.id);
    view! { <li><a href=link>{found.finding.claim.clone()}</a>" "<b>{said}</b></li> }
}
