//! Shelves of test images to choose from. All that are open show the same ones: they share their question.

use leptos::prelude::*;

use super::paint::Pictures;
use super::picture::Picture;
use super::react::react;
use super::views::SHELF;
use crate::store::codes::Codes;
use crate::store::desks::Desks;
use crate::store::runs::Runs;
use crate::words;
use latent_view::Originals;

/// Pictures on the shelf.
const COUNT: u32 = 20;

/// The first image of the page after that of `first`, of `there` images: after the last page comes the first again.
pub fn turned(first: u32, count: u32, there: u32) -> u32 {
    if first + count < there { first + count } else { 0 }
}

/// Twenty test images; `pick` hears the index of the one that is pressed, and its pixels.
#[component]
pub fn Shelf(
    /// What pressing one does, for its name.
    verb: fn(u32) -> String,
    pick: impl Fn(usize, Vec<u8>) + Copy + 'static,
    /// Picks the first by itself as soon as it is there, if nothing else has been picked by then.
    #[prop(default = Signal::stored(false))]
    begin: Signal<bool>,
) -> impl IntoView {
    let (runs, desks, codes) = (Runs::get(), Desks::get(), Codes::get());
    let (first, there) = (codes.shelf, Memo::new(move |_| runs.test_images()));
    react(move || desks.ask(SHELF, Originals { indices: (first.get()..there.get().min(first.get() + COUNT)).collect() }));
    desks.show(SHELF, true);
    on_cleanup(move || desks.show(SHELF, false));
    let pixels = move |i: u32| {
        let pixels = desks.view(SHELF).with(|view| Some(Pictures::of(view.as_deref()?)?.get(i as usize)?.to_vec()));
        // One of other images is about to go.
        pixels.filter(|x| x.len() == runs.image_len())
    };
    let chosen = move |i: u32| {
        if let Some(pixels) = untrack(|| pixels(i)) {
            pick((first.get_untracked() + i) as usize, pixels);
        }
    };
    Effect::new(move |was: Option<bool>| {
        let there = pixels(0).is_some();
        if there && was != Some(true) && begin.get_untracked() {
            chosen(0);
        }
        there
    });
    let cells = (0..COUNT).map(|i| {
        view! {
            <button class="cell" class:gone=move || { first.get() + i >= there.get() } aria-label=move || verb(first.get() + i) data-testid=format!("shelf-{i}") on:click=move |_| chosen(i)>
                <Picture from=SHELF index=i as usize />
            </button>
        }
    });
    let cells = cells.collect_view();
    let other = move |_| first.update(|f| *f = turned(*f, COUNT, there.get_untracked()));
    view! {
        <div class="shelf">
            <div class="cells">{cells}</div>
            <button class="small" class:gone=move || { there.get() <= COUNT } data-testid="shelf-other" on:click=other>{words::SHELF_OTHER}</button>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_end_with_the_images() {
        let pages = |there| {
            let mut pages = vec![0];
            while pages.len() < 200 {
                let next = turned(pages[pages.len() - 1], COUNT, there);
                if next == 0 {
                    break;
                }
                pages.push(next);
            }
            (pages.len(), pages[pages.len() - 1])
        };
        assert_eq!([pages(60), pages(61), pages(7), pages(0)], [(3, 40), (4, 60), (1, 0), (1, 0)]);
        assert_eq!([pages(1024), pages(2000)], [(52, 1020), (100, 1980)]);
    }
}
