//! What is kept for when there is no network: how much, more of it, and none of it. `assets/sw.js` does the work.

mod words;
mod worker;

use leptos::prelude::*;
use leptos::task::spawn_local;

use self::worker::{KeptFile, Said};
use crate::browser;
use crate::part::{Make, fetched};
use crate::react::react;
use crate::store::look::Look;
use latent_lesson::{Lesson, Opens};

/// Whether the visitor wants it; `index.html` looks there too.
const KEY: &str = "latent-lab-offline";
const NO: &str = "no";
const YES: &str = "yes";
/// Images that nearly every set is made of.
const IMAGES: &str = "assets/mnist/";

/// The line that says how much is kept, with its buttons: for the open lesson, or for all of the page.
#[component]
pub fn Offline() -> impl IntoView {
    const INSIDE: Make = fetched!(lessons, offline_inside, view! { <Inside /> });
    INSIDE.view()
}

/// What a lesson opens, by the beginnings of its files' paths.
fn files_of(lesson: &Lesson) -> Vec<String> {
    let preset = |page: &latent_lesson::Page| match page.opens() {
        Ok((Opens::Preset(preset), _)) => Some(preset.weights()),
        _ => None,
    };
    lesson.pages.iter().filter_map(preset).chain([IMAGES.to_owned()]).collect()
}

/// Paths and bytes of what is wanted and not kept; `of` has the beginnings of paths, and nothing where all is wanted.
fn missing(files: &[KeptFile], of: Option<&[String]>) -> (Vec<String>, f64) {
    let wanted =
        |file: &&KeptFile| !file.kept && (file.needed || of.is_none_or(|of| of.iter().any(|one| file.path.starts_with(one))));
    let paths = files.iter().filter(wanted).map(|file| file.path.clone()).collect();
    (paths, files.iter().filter(wanted).map(|file| file.bytes).sum())
}

/// Beginnings of the paths of what the page's language is made of, where that is not English.
fn of_language() -> Vec<String> {
    let (words, programs) = (browser::worded(""), browser::programs());
    let own = programs.strip_prefix(&browser::base()).unwrap_or_default();
    match words.strip_suffix('/') {
        Some(words) => vec![words.into(), format!("{own}{words}"), format!("{own}languages/language.js")],
        None => vec![],
    }
}

fn kept(files: &[KeptFile]) -> f64 {
    files.iter().filter(|file| file.kept).map(|file| file.bytes).sum()
}

#[component]
fn Inside() -> impl IntoView {
    let look = Look::get();
    let said = RwSignal::new(None::<Result<Said, String>>);
    let busy = RwSignal::new(false);
    // The open lesson, and what it needs.
    let lesson =
        Memo::new(move |_| look.lesson.with(|lesson| lesson.as_ref().map(|(id, _)| id.clone()).filter(|id| !id.is_empty())));
    let of = RwSignal::new(None::<Vec<String>>);
    react(move || {
        of.set(None);
        let Some(id) = lesson.get() else { return };
        spawn_local(async move {
            let read = browser::fetch_json::<Lesson>(&format!("lessons/{id}.json")).await;
            if lesson.try_get_untracked().flatten() == Some(id) {
                let needed = read.map(|lesson| files_of(&lesson)).unwrap_or_default();
                of.set(Some([needed, of_language()].concat()));
            }
        });
    });
    let heard = move |now: Result<Said, String>| {
        // Who asked may have gone.
        let _ = busy.try_set(now.as_ref().is_ok_and(|said| !said.over));
        let _ = said.try_set(Some(now));
    };
    spawn_local(async move { worker::look(heard).await });
    let wants =
        move || said.with(|said| said.as_ref()?.as_ref().ok().map(|said| of.with(|of| missing(&said.files, of.as_deref()))));
    let keep = move |_| {
        let Some((paths, _)) = untrack(wants) else { return };
        browser::remember(KEY, YES);
        busy.set(true);
        spawn_local(async move { worker::keep(paths, heard).await });
    };
    let forget = move |_| {
        browser::remember(KEY, NO);
        busy.set(true);
        spawn_local(async move { worker::forget(heard).await });
    };
    let known = move || lesson.with(Option::is_none) || of.with(Option::is_some);
    let line = move || {
        said.with(|said| match said {
            None => String::new(),
            Some(Err(why)) => why.clone(),
            Some(Ok(said)) if said.wrong.is_empty() => words::kept(kept(&said.files)),
            Some(Ok(said)) => words::not_all(kept(&said.files), &said.wrong),
        })
    };
    let more = move || {
        let (paths, bytes) = wants().filter(|_| known())?;
        let of_lesson = lesson.with(Option::is_some);
        Some(if paths.is_empty() {
            view! { <span class="note">{words::all(of_lesson)}</span> }.into_any()
        } else {
            view! {
                <button class="small" data-testid="offline-keep" disabled=move || busy.get() on:click=keep>{words::keep(of_lesson, bytes)}</button>
            }
            .into_any()
        })
    };
    let some = move || said.with(|said| said.as_ref().is_some_and(|said| said.as_ref().is_ok_and(|said| kept(&said.files) > 0.0)));
    view! {
        <div class="offline" data-testid="offline">
            <p class="note" role="status" data-testid="offline-said">{line}</p>
            <div class="row-of-buttons">
                {more}
                <Show when=some>
                    <button class="small" data-testid="offline-forget" disabled=move || busy.get() on:click=forget>{words::FORGET}</button>
                </Show>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lesson_needs_its_models_and_the_page() {
        let file = |path: &str, needed: bool, kept: bool| KeptFile { path: path.into(), bytes: 10.0, needed, kept };
        let files = [
            file("", true, false),
            file("assets/mnist/a.gz", false, false),
            file("assets/presets/mnist-vq.safetensors", false, false),
            file("assets/presets/faces-vq.safetensors", false, false),
            file("pack.wasm", false, true),
        ];
        let of = [IMAGES.to_owned(), "assets/presets/mnist-vq.safetensors".to_owned()];
        let (paths, bytes) = missing(&files, Some(&of));
        assert_eq!(paths, ["", "assets/mnist/a.gz", "assets/presets/mnist-vq.safetensors"]);
        assert_eq!((bytes, missing(&files, None).0.len(), kept(&files)), (30.0, 4, 10.0));
    }

    #[test]
    fn the_models_of_a_lesson_are_found() {
        let page = |open: &str| latent_lesson::Page {
            title: "…".into(),
            text: "…".into(),
            open: open.into(),
            show: String::new(),
            finding: String::new(),
            deed: String::new(),
            done: None,
            predict: None,
            reveal: String::new(),
        };
        let lesson = Lesson {
            id: "…".into(),
            place: 1,
            title: "…".into(),
            summary: "…".into(),
            aims: vec![],
            pages: ["preset=mnist-vq#codebook", "data=mnist&method=ae#learn", ""].map(page).into(),
            plan: vec![],
            questions: vec![],
        };
        assert_eq!(files_of(&lesson), ["assets/presets/mnist-vq.safetensors", IMAGES]);
    }
}
