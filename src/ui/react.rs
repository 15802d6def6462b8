//! Effects, compiled once.

use leptos::prelude::*;

/// Runs `f` with the next frame and whenever a signal that it reads has changed. [`Effect::new`] is compiled anew for every
/// closure, a kilobyte of download each; behind this all are one type.
pub fn react(f: impl FnMut() + 'static) {
    run(Box::new(f));
}

fn run(mut f: Box<dyn FnMut()>) {
    Effect::new(move |_: Option<()>| f());
}
