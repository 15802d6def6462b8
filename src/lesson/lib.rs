//! Lessons: pages over the live page, each with what it opens, what it asks for, and when that is done. Plain data, a file each in
//! `assets/lessons`; [`Lesson::check`] says what does not go together, and `cargo lab build` refuses it.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod done;
mod glossary;
mod guess;
mod lesson;
mod words;

pub use done::{Done, Moved, Reached, Seen, Touched};
pub use glossary::{Piece, Term, marked, pieces};
pub use guess::{Answer, Axis, By, Guess, KNOTS, Outcome, Predict, Recorded, last};
pub use lesson::{AWAKE, Entry, Lesson, MOST_WORDS, Opens, Page, Question, Stage};
pub use words::{PageWords, Words};
