//! What a slider does is seen before one is touched: the model that the page opens with moves by itself, once.

use std::cell::Cell;
use std::rc::Rc;

use leptos::prelude::*;

use super::browser::{media, next_frame, now};
use super::react::react;
use super::source::Source;
use super::tab::Tab;
use crate::store::Stores;
use crate::store::codes::Codes;

/// Latents that sway, one after the other: those that carry most.
const LATENTS: usize = 3;
/// Milliseconds of each, to one side and to the other.
const PERIOD: f64 = 4_000.0;
/// How far, in standard deviations of the prior.
const REACH: f32 = 2.0;
/// Ends of a slider.
const END: f32 = 3.0;

/// Lets the first latents of the trained model sway as soon as it shows its first image. It ends when the visitor presses
/// anything, or when something else moves the code; who asks for less motion sees none.
pub fn begin(stores: Stores) {
    let codes = stores.codes;
    if media("(prefers-reduced-motion: reduce)") {
        return;
    }
    let over = Rc::new(Cell::new(false));
    let end = || {
        let over = over.clone();
        move || over.set(true)
    };
    let (pressed, typed) = (end(), end());
    let pressed = window_event_listener(leptos::ev::pointerdown, move |_| pressed());
    let typed = window_event_listener(leptos::ev::keydown, move |_| typed());
    on_cleanup(move || {
        pressed.remove();
        typed.remove();
    });
    let begun = Cell::new(false);
    react(move || {
        let still = codes.code.get();
        let arrived = codes.tests.with(Option::is_some) && !still.is_empty() && codes.is_where_it_arrived(&still);
        if arrived && !begun.replace(true) && !over.get() && untrack(|| opens(stores)) {
            let order = codes.latents.with_untracked(|l| l.order.iter().copied().take(LATENTS).collect());
            Sway { codes, over: over.clone(), last: still.clone(), still, order, began: now() }.go_on();
        }
    });
}

/// Whether the page stands as it opens by itself: the trained model, on the tab with its sliders, at a test image. Without a
/// prior nothing tells how far to sway.
fn opens(Stores { look, runs, codes, .. }: Stores) -> bool {
    runs.shows_preset() && runs.model().gaussian && look.tab.get() == Tab::Learn && matches!(codes.origin.get(), Source::Test(_))
}

struct Sway {
    codes: Codes,
    over: Rc<Cell<bool>>,
    /// Where it begins and ends.
    still: Vec<f32>,
    /// What it has set last.
    last: Vec<f32>,
    order: Vec<usize>,
    /// Milliseconds of the page.
    began: f64,
}

impl Sway {
    fn go_on(mut self) {
        next_frame(move || {
            // Somebody else has moved it.
            if self.codes.code.try_get_untracked().as_ref() != Some(&self.last) {
                return;
            }
            let next = if self.over.get() { None } else { at(&self.still, &self.order, (now() - self.began) / PERIOD) };
            match next {
                None => self.codes.code.set(self.still),
                Some(code) => {
                    self.codes.code.set(code.clone());
                    self.last = code;
                    self.go_on();
                }
            }
        });
    }
}

/// The code after so many periods; `None` when all is over.
fn at(still: &[f32], order: &[usize], periods: f64) -> Option<Vec<f32>> {
    let latent = *order.get(periods as usize)?;
    let mut code = still.to_vec();
    let v = code.get_mut(latent)?;
    *v = (*v + REACH * (std::f64::consts::TAU * periods.fract()).sin() as f32).clamp(-END, END);
    Some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_latent_after_the_other_and_back() {
        let still = [0.5, -2.5, 0.0];
        assert_eq!(at(&still, &[2, 1], 0.25).unwrap(), [0.5, -2.5, REACH]);
        assert_eq!(at(&still, &[2, 1], 1.0).unwrap(), still);
        assert_eq!(at(&still, &[2, 1], 1.75).unwrap(), [0.5, -END, 0.0], "no further than its slider");
        assert_eq!(at(&still, &[2, 1], 2.0), None);
        assert_eq!(at(&still, &[7], 0.1), None, "another model");
    }
}
