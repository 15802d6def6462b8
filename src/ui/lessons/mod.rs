//! Lessons over the page: who is in one has it beside what it speaks of. The page itself knows which is open; all else is fetched.

mod list;
mod lock;
mod predict;
mod progress;
mod reader;
mod setting;
mod side;
mod told;
mod watch;
mod words;

use leptos::prelude::*;

pub use self::side::GLOSSARY;
use self::side::Side;
use crate::part::{Make, fetched};
use crate::store::look::Look;

/// Opens the list of lessons.
#[component]
pub fn LessonsButton() -> impl IntoView {
    let look = Look::get();
    let open = move |_| {
        look.chosen.set(true);
        look.lesson.set(Some((String::new(), 0)));
    };
    view! {
        <button class="link door" data-testid="lessons" on:click=open><b>{words::DOOR}</b><span>{words::DOOR_SAYS}</span></button>
    }
}

/// The open lesson, or the list.
#[component]
pub fn Lessons() -> impl IntoView {
    const INSIDE: Make = fetched!(lessons, lessons_inside, view! { <Side /> });
    let look = Look::get();
    let open = Memo::new(move |_| look.lesson.with(Option::is_some));
    move || open.get().then(|| INSIDE.view())
}
