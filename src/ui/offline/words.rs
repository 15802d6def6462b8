//! Words about what is kept for when there is no network.

use crate::number::size;

pub const FORGET: &str = "Delete it";
pub const ABSENT: &str =
    "This browser keeps no pages for offline use here. It does for addresses that begin with https, outside private windows.";

pub fn refused(why: &str) -> String {
    format!("Nothing could be kept for offline use: {why}.")
}

pub fn kept(bytes: f64) -> String {
    if bytes > 0.0 {
        format!("This page works without a network. It keeps {} in this browser for that.", size(bytes))
    } else {
        "Nothing is kept for offline use yet.".into()
    }
}

pub fn not_all(bytes: f64, why: &str) -> String {
    format!("{} It could not keep more: {why}.", kept(bytes))
}

pub fn keep(lesson: bool, bytes: f64) -> String {
    let what = if lesson { "this lesson" } else { "all of this page" };
    format!("Keep {what} for offline use: {}", size(bytes))
}

pub fn all(lesson: bool) -> &'static str {
    if lesson { "All of this lesson is kept." } else { "All of the page is kept." }
}
