//! New images on their way from noise, a few steps at a time, so that one can stop.

pub mod words;

use leptos::html;
use leptos::prelude::*;

use crate::noise;
use crate::paint;
use crate::panel::section::Panel;
use crate::react::react;
use crate::source::Source;
use crate::store::codes::Codes;
use crate::store::desks::Desks;
use crate::store::look::Look;
use crate::store::runs::Runs;
use crate::views::WAY;
use latent_view::{Sample, View};
use latent_vocabulary::numbers::{bytes_f32, f32_bytes};

/// Images at a time.
const COUNT: usize = 6;
/// How many steps one may choose.
const STEPS: [u32; 6] = [1, 2, 4, 8, 16, 32];
/// Of these at first.
const FIRST: usize = 3;
/// Steps that are asked for together.
const MORE: u32 = 4;
/// Pictures of a row at most, the noise among them.
const SHOWN: usize = 9;

/// How far the images on show have come.
#[derive(Clone, Default)]
struct Way {
    /// Their pictures before the first step and after each, one behind the other.
    frames: Vec<Vec<u8>>,
    /// Their codes after the last.
    z_nd: Vec<f32>,
}

impl Way {
    fn taken(&self) -> u32 {
        self.frames.len().saturating_sub(1) as u32
    }

    /// Takes the next steps in. Says whether they were the next.
    fn take(&mut self, taken: u32, pixels: &[u8], each: usize, z_nd: Vec<f32>) -> bool {
        if taken == 0 {
            self.frames.clear();
        } else if taken != self.taken() || self.frames.is_empty() {
            return false;
        }
        // The first pictures are there already, but for those of the noise.
        self.frames.extend(pixels.chunks_exact(each.max(1)).skip(usize::from(taken > 0)).map(<[u8]>::to_vec));
        self.z_nd = z_nd;
        true
    }
}

/// Which of the frames after `steps` steps are shown: all, or some of them evenly, the first and the last among them.
fn shown(steps: u32) -> Vec<u32> {
    let n = (steps as usize + 1).min(SHOWN);
    (0..n).map(|i| (i * steps as usize / (n - 1).max(1)) as u32).collect()
}

#[component]
pub fn Flow() -> impl IntoView {
    let (look, runs, desks, codes) = (Look::get(), Runs::get(), Desks::get(), Codes::get());
    let model = Memo::new(move |_| runs.model());
    let (seed, steps) = (RwSignal::new(1u32), RwSignal::new(STEPS[FIRST]));
    let (stopped, way) = (RwSignal::new(false), RwSignal::new(Way::default()));
    let ask = move |z_nd: &[f32], taken: u32| {
        desks.ask(WAY, Sample { z_nd: f32_bytes(z_nd), taken, steps: steps.get_untracked(), more: MORE });
    };
    let begin = move || ask(&noise::normals(seed.get_untracked(), COUNT * model.get_untracked().latent), 0);
    // Other images, or other steps, from the beginning.
    react(move || {
        seed.track();
        steps.track();
        model.track();
        stopped.set(false);
        begin();
    });
    react(move || {
        let Some(view) = desks.view(WAY).get() else { return way.set(Way::default()) };
        let View::Way(new) = &*view else { return };
        let each = new.pixels.len() / (new.n as usize / COUNT).max(1);
        let next = way.try_update(|way| way.take(new.taken, &new.pixels, each, bytes_f32(&new.z_nd))).unwrap_or_default();
        if stopped.get_untracked() {
            return;
        }
        if !next {
            // The weights have moved on since: so do the images.
            return begin();
        }
        let (taken, z_nd) = way.with_untracked(|way| (way.taken(), way.z_nd.clone()));
        if taken < steps.get_untracked() {
            ask(&z_nd, taken);
        }
    });
    let row = move |i: usize| {
        let canvas = NodeRef::<html::Canvas>::new();
        react(move || {
            let (theme, shape) = (look.theme.get(), model.get().shape);
            let Some(canvas) = canvas.get() else { return };
            let (columns, empty) = (shown(steps.get()), vec![0; shape.len()]);
            way.with(|way| {
                let picture = |step: &u32| {
                    let frame = way.frames.get(*step as usize)?;
                    frame.get(i * shape.len()..(i + 1) * shape.len())
                };
                if way.frames.is_empty() {
                    return paint::clear(&canvas);
                }
                let row: Vec<&[u8]> = columns.iter().map(|step| picture(step).unwrap_or(&empty)).collect();
                paint::tiles(&canvas, &row, shape, columns.len() as u32, &theme);
            });
        });
        let take = move |_| {
            let n = model.get_untracked().latent;
            if let Some(z) = way.with_untracked(|way| way.z_nd.get(i * n..(i + 1) * n).map(<[f32]>::to_vec)) {
                codes.start_from(Source::Code(z.into()));
            }
        };
        view! {
            <button class="cell" aria-label=words::row(i) data-testid=format!("flow-{i}") on:click=take>
                <canvas class="digit" node_ref=canvas width="252" height="28"></canvas>
            </button>
        }
    };
    let choice = move |n: u32| {
        view! {
            <button class="small" aria-label=words::steps(n) data-testid=format!("flow-steps-{n}") aria-pressed=move || (steps.get() == n).to_string()
                on:click=move |_| steps.set(n)>{n}</button>
        }
    };
    let on_its_way = Memo::new(move |_| way.with(|way| way.taken() < steps.get()));
    let hold = move |_| {
        stopped.update(|stopped| *stopped = !*stopped);
        let (taken, z_nd) = way.with_untracked(|way| (way.taken(), way.z_nd.clone()));
        if !stopped.get_untracked() && !z_nd.is_empty() && taken < steps.get_untracked() {
            ask(&z_nd, taken);
        }
    };
    let ends = move || {
        let taken = way.with(Way::taken).min(steps.get());
        view! { <span>{words::NOISE}</span><span data-testid="flow-taken">{words::steps(taken)}</span> }
    };
    let tools = move || {
        view! {
            <span class="note">{words::STEPS}</span>
            <div class="segments" role="group" aria-label=words::STEPS>{STEPS.map(choice)}</div>
            <button class="small" data-testid="flow-stop" class:gone=move || !on_its_way.get() && !stopped.get() on:click=hold>
                {move || if stopped.get() { words::GO_ON } else { words::STOP }}</button>
            <button class="small" data-testid="flow-others" on:click=move |_| seed.update(|s| *s += 1)>{words::OTHERS}</button>
        }
    };
    view! {
        <Panel id="flow" title=words::FLOW help=words::FLOW_HELP slots=&[WAY] tools=tools>
            <p class="way-ends note">{ends}</p>
            <div class="ways-from-noise" data-testid="flow">{(0..COUNT).map(row).collect_view()}</div>
        </Panel>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_frames_are_shown_and_the_last_is_among_them() {
        assert_eq!(shown(1), [0, 1]);
        assert_eq!(shown(8), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(shown(32), [0, 4, 8, 12, 16, 20, 24, 28, 32]);
    }

    #[test]
    fn steps_follow_one_another() {
        let mut way = Way::default();
        assert!(!way.take(4, &[9; 4], 2, vec![]), "nothing is there that it would follow");
        // Two pictures of a byte each, before and after two steps.
        assert!(way.take(0, &[1, 2, 3, 4, 5, 6], 2, vec![0.5, 1.5]));
        assert_eq!((way.taken(), way.frames[2].as_slice()), (2, &[5, 6][..]));
        assert!(way.take(2, &[5, 6, 7, 8], 2, vec![2.5, 3.5]));
        assert_eq!((way.taken(), way.frames[3].as_slice(), way.z_nd.as_slice()), (3, &[7, 8][..], &[2.5, 3.5][..]));
        assert!(!way.take(2, &[5, 6, 0, 0], 2, vec![]), "the same steps by other weights are no next ones");
        assert!(way.take(0, &[7, 7], 2, vec![]));
        assert_eq!(way.taken(), 0);
    }
}
