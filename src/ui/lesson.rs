//! Which lesson the address has, and what a teacher's link says besides. All else of lessons is fetched.

use leptos::prelude::*;

use crate::browser;
use crate::store::look::Look;

/// Names of the parameters of a link that opens a lesson: which, and its page from 1.
const LESSON: &str = "lesson";
const PAGE: &str = "page";
/// And of those that a teacher's link has besides: parts of the page that it hides, controls that it locks.
pub const HIDE: &str = "hide";
pub const LOCK: &str = "lock";
/// Shows all of it larger, for whoever sits in the last row.
pub const PROJECTOR: &str = "projector";

/// Opens the lesson that the address names.
pub fn open_asked_for(look: Look) {
    let page = browser::parameter(PAGE).and_then(|page| page.parse::<usize>().ok()).unwrap_or(1);
    look.lesson.set(browser::parameter(LESSON).map(|id| (id, page.saturating_sub(1))));
}

/// What a link to the page says of the lesson.
pub fn in_link(look: Look) -> String {
    let Some((id, page)) = look.lesson.get_untracked() else { return String::new() };
    let mut link = format!("&{LESSON}={id}&{PAGE}={}", page + 1);
    for key in [HIDE, LOCK] {
        link.extend(browser::parameter(key).map(|value| format!("&{key}={value}")));
    }
    if browser::asks(PROJECTOR) {
        link += &format!("&{PROJECTOR}");
    }
    link
}
