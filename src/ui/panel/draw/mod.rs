//! An image of the visitor's own, drawn or dropped: its code, what is left of it, what is nearest to it.

mod code;
mod file;
mod pad;
pub mod words;

use std::rc::Rc;

use leptos::html;
use leptos::prelude::*;
use web_sys::{DragEvent, HtmlInputElement};

use crate::attributes;
use crate::choice::Choices;
use crate::paint;
use crate::paint::Pictures;
use crate::panel::section::Panel;
use crate::picture::Picture;
use crate::react::react;
use crate::shelf::Shelf;
use crate::source::Source;
use crate::store::codes::Codes;
use crate::store::desks::Desks;
use crate::store::link::Link;
use crate::store::look::Look;
use crate::store::runs::Runs;
use crate::tab::Tab;
use crate::views::{CODES, FOUND, OWN_CODE, OWN_COPY};
use code::Code;
use latent_view::Originals;
use pad::Pad;

/// Neighbours on show.
const NEAREST: usize = 10;

/// Root mean square of the difference, and the signed difference itself, both of values in `[0, 1]`.
fn error(x: &[u8], copy: &[u8]) -> (f32, Vec<f32>) {
    let difference: Vec<f32> = x.iter().zip(copy).map(|(x, c)| (f32::from(*x) - f32::from(*c)) / 255.0).collect();
    let mean = difference.iter().map(|d| d * d).sum::<f32>() / difference.len().max(1) as f32;
    (mean.sqrt(), difference)
}

#[component]
pub fn Draw() -> impl IntoView {
    let (look, link, runs, desks, codes) = (Look::get(), Link::get(), Runs::get(), Desks::get(), Codes::get());
    let shape = Memo::new(move |_| runs.model().shape);
    let seen = NodeRef::<html::Canvas>::new();
    let anomaly = NodeRef::<html::Canvas>::new();
    let problem = RwSignal::new(None::<String>);
    let over = RwSignal::new(false);
    // An image of another model's size is no image of this one.
    let own = move || codes.own.get().filter(|x| x.len() == shape.get().len());
    let copy = move || {
        let view = desks.view(OWN_COPY).get()?;
        let picture = Pictures::of(&view)?.get(0)?.to_vec();
        (picture.len() == shape.get().len()).then_some(picture)
    };
    react(move || {
        let (theme, shape) = (look.theme.get(), shape.get());
        if let (Some(canvas), Some(x)) = (seen.get(), own()) {
            paint::tiles(&canvas, &[&x], shape, 1, &theme);
        }
    });
    let rms = RwSignal::new(None::<f32>);
    react(move || {
        let (theme, shape) = (look.theme.get(), shape.get());
        let Some(canvas) = anomaly.get() else { return };
        let Some((x, copy)) = own().zip(copy()) else {
            paint::clear(&canvas);
            return rms.set(None);
        };
        let (size, difference) = error(&x, &copy);
        rms.set(Some(size));
        let plane = (shape.width * shape.height) as usize;
        let mean = |p: usize| difference.iter().skip(p).step_by(plane).sum::<f32>() / shape.channels as f32;
        paint::difference(&canvas, &(0..plane).map(mean).collect::<Vec<_>>(), shape, &theme);
    });
    // A digit that has just been drawn must not be compared with the code of the one before: the answer follows at once.
    let nearest = Memo::new(move |_| {
        let code = codes.of(&Source::Own)?;
        codes.tests.with(|codes| codes.as_ref().filter(|c| c.latent == code.len()).map(|c| c.nearest(&code, NEAREST)))
    });
    react(move || {
        if let Some(found) = nearest.get() {
            desks.ask(FOUND, Originals { indices: found.into_iter().map(|i| i as u32).collect() });
        }
    });
    let take = move |x: Vec<u8>| {
        problem.set(None);
        codes.own.set(Some(Rc::from(x)));
    };
    let read = move |file: Option<web_sys::File>| {
        let Some(file) = file else { return };
        leptos::task::spawn_local(async move {
            match file::read(&file, shape.get_untracked()).await {
                Ok(x) => take(x),
                Err(e) => problem.set(Some(words::file_refused(&file.name(), &e))),
            }
        });
    };
    let picked = move |e: leptos::ev::Event| {
        let input: HtmlInputElement = event_target(&e);
        read(input.files().and_then(|files| files.get(0)));
        // The same file may be picked again.
        input.set_value("");
    };
    let dropped = move |e: DragEvent| {
        e.prevent_default();
        over.set(false);
        read(e.data_transfer().and_then(|d| d.files()).and_then(|files| files.get(0)));
    };
    let told = Signal::derive(move || Some(usize::from(codes.own_label.get())));
    let tell = move |class: usize| codes.own_label.set(class as u8);
    let invert = move |_| {
        if let Some(x) = codes.own.get_untracked() {
            take(x.iter().map(|v| 255 - v).collect());
        }
    };
    let go = move |tab: Tab| {
        match tab {
            Tab::Paths => codes.add_end(Source::Own),
            _ => codes.start_from(Source::Own),
        }
        look.open_tab(tab);
    };
    let has = Memo::new(move |_| own().is_some());
    let undrawn = Memo::new(move |_| runs.model().undrawn);
    let neighbours = (0..NEAREST).map(|k| {
        let index = move || nearest.with(|n| n.as_ref().and_then(|n| n.get(k).copied()));
        let label = move || index().and_then(|i| codes.tests.with(|c| c.as_ref().and_then(|c| c.labels.get(i).copied())));
        view! {
            <button class="cell" class:gone=move || index().is_none() aria-label=move || index().map(|i| words::neighbour(i, label().map(|l| runs.class_name(l))))
                on:click=move |_| if let Some(i) = index() && !undrawn.get_untracked() { codes.start_from(Source::Test(i)); look.open_tab(Tab::Latents) }>
                <Picture from=FOUND index=k />
                <span class="tag">{move || label().map(|l| runs.class_name(l))}</span>
            </button>
        }
    });
    let neighbours = neighbours.collect_view();
    let help = Signal::derive(move || if undrawn.get() { words::DRAW_UNDRAWN_HELP } else { words::DRAW_HELP }.to_string());
    view! {
        <Panel id="draw" title=words::DRAW help slots=&[OWN_CODE, OWN_COPY, CODES, FOUND]>
            <div class="draw" class:over=move || over.get()
                on:dragover=move |e: DragEvent| { e.prevent_default(); over.set(true) }
                on:dragleave=move |_| over.set(false) on:drop=dropped>
                <div class="draw-in">
                    <Pad shape take />
                    <div class="draw-tools">
                        <label class="button small">{words::DRAW_FILE}
                            <input type="file" class="unseen" accept="image/*" data-testid="draw-file" on:change=picked /></label>
                        <button class="small" aria-disabled=move || (!has.get()).to_string() on:click=invert>{words::DRAW_INVERT}</button>
                    </div>
                    <Choices given=true chosen=told pick=tell testid="told" />
                    <Show when=move || attributes::any_given(codes)>{attributes::OF_OWN.view()}</Show>
                    {move || problem.get().map(|p| view! { <p class="notice" role="alert">{p}</p> })}
                    <p class="note">{words::DRAW_PRESETS}</p>
                    <Shelf verb=words::draw_preset begin=Signal::derive(move || codes.own.with_untracked(Option::is_none))
                        pick=move |i, x| { tell(usize::from(link.label_of(i).unwrap_or_default())); codes.tell_own_of(i); take(x) } />
                </div>
                <div class="draw-out" class:gone=move || !has.get() data-testid="draw-result">
                    <div class="triple">
                        <figure><canvas class="digit" node_ref=seen width="28" height="28" role="img" aria-label=words::DRAW_SEEN data-testid="draw-seen"></canvas>
                            <figcaption>{words::DRAW_SEEN}</figcaption></figure>
                        <figure class:gone=move || undrawn.get()><Picture from=OWN_COPY index=0usize label=words::DRAW_COPY testid="draw-copy" />
                            <figcaption>{words::DRAW_COPY}</figcaption></figure>
                        <figure class:gone=move || undrawn.get()><canvas class="digit" node_ref=anomaly width="28" height="28" role="img" aria-label=words::DRAW_ANOMALY data-testid="draw-anomaly"></canvas>
                            <figcaption>{words::DRAW_ANOMALY}" "<b data-testid="draw-error">{move || rms.get().map(words::rms)}</b></figcaption></figure>
                    </div>
                    <div class="draw-go" class:gone=move || undrawn.get()>
                        <button data-testid="draw-traverse" on:click=move |_| go(Tab::Latents)>{words::DRAW_TRAVERSE}</button>
                        <button data-testid="draw-end" on:click=move |_| go(Tab::Paths)>{words::DRAW_END}</button>
                    </div>
                    <h3>{words::DRAW_CODE}</h3>
                    <Code />
                    <h3>{words::DRAW_NEAREST}</h3>
                    <div class="cells" data-testid="draw-nearest">{neighbours}</div>
                </div>
            </div>
        </Panel>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_the_root_mean_square() {
        let (rms, difference) = error(&[255, 0, 51, 51], &[0, 0, 51, 51]);
        assert_eq!((rms, difference), (0.5, vec![1.0, 0.0, 0.0, 0.0]));
    }
}
