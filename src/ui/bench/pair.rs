//! Two runs side by side: the same image in both, and sliders that move both.

use latent_small::number;
use std::rc::Rc;
use std::time::Duration;

use leptos::html;
use leptos::prelude::*;

use super::queue::Queue;
use super::state::{Batch, SWEEP};
use super::stitch::Stitch;
use super::words;
use crate::browser;
use crate::caution;
use crate::held::{Changing, Held};
use crate::paint;
use crate::paint::Shape;
use crate::port::{self, Heard, Port};
use crate::react::react;
use crate::store::look::Look;
use crate::views::{CURRENT, PARTNERS, POINT, RECONSTRUCTIONS, SPELT};
use latent_protocol::{Command, Event, PlanInfo, RunId, View, bytes_f32, f32_bytes};
use latent_view::{Decode, Images, Partners, Parts, Reconstruct, Slot, Spell, Spelt};
use latent_vocabulary::code::{NO_DECODER, decodes};

/// Test images over which parts of codes are matched, and from which one is chosen.
const IMAGES: u32 = 500;
/// Pairs that are shown: of numbers with a slider.
const SLIDERS: usize = 8;
/// Where the other's code is decoded: no panel asks these engines.
const STITCHED: Slot = POINT;
/// The run of each engine.
const RUN: RunId = 1;

/// A kept run on an engine of its own.
#[derive(Clone, Copy)]
struct Side {
    port: Held<Changing<Option<Rc<Port>>>>,
    info: RwSignal<Option<PlanInfo>>,
    /// What it makes of the images.
    spelt: RwSignal<Option<Spelt>>,
    /// What of it goes with the other's.
    partners: RwSignal<Option<Partners>>,
    /// The image, and what is left of it.
    copy: RwSignal<Option<Images>>,
    /// What the moved code decodes to.
    moved: RwSignal<Option<Images>>,
    /// What the other's code decodes to here.
    stitched: RwSignal<Option<Images>>,
    trouble: RwSignal<Option<String>>,
}

impl Side {
    fn new() -> Self {
        Self {
            port: Held::new(Changing::default()),
            info: RwSignal::new(None),
            spelt: RwSignal::new(None),
            partners: RwSignal::new(None),
            copy: RwSignal::new(None),
            moved: RwSignal::new(None),
            stitched: RwSignal::new(None),
            trouble: RwSignal::new(None),
        }
    }

    /// Opens the run that is kept as `id` and was trained on `data`.
    fn open(self, id: String, data: String) {
        self.close();
        let heard = move |heard: Heard| self.hear(heard, &id, &data);
        match Port::spawn(port::asked_for().unwrap_or_default(), heard) {
            Ok(port) => self.port.get().set(Some(Rc::new(port))),
            Err(e) => self.trouble.set(Some(browser::error_text(&e))),
        }
    }

    fn close(self) {
        // The wire may be the one whose message handler calls this.
        let port = self.port.get().take();
        browser::later(move || drop(port), Duration::ZERO);
        self.info.set(None);
        self.spelt.set(None);
        self.partners.set(None);
        self.copy.set(None);
        self.moved.set(None);
        self.stitched.set(None);
        self.trouble.set(None);
    }

    /// Whether its model makes images of codes.
    fn draws(self) -> bool {
        self.info.with(|info| info.as_ref().is_some_and(|info| decodes(&info.code)))
    }

    fn send(self, command: &Command) {
        let port = self.port.get().get();
        if let Some(port) = port {
            port.send(command);
        }
    }

    fn hear(self, heard: Heard, id: &str, data: &str) {
        match heard {
            Heard::Loaded => self.send(&port::opening(caution::hints())),
            Heard::Crashed(message) => self.trouble.set(Some(message)),
            Heard::Event(event) => match event {
                Event::Ready { .. } => self.send(&Command::Load { data: data.into() }),
                Event::DataReady { .. } => self.send(&Command::Resume { run: RUN, id: id.into() }),
                Event::Built { info, .. } => {
                    self.send(&Command::Watch { slot: SPELT, query: Spell { count: IMAGES }.into() });
                    if !decodes(&info.code) {
                        self.trouble.set(Some(NO_DECODER.into()));
                    }
                    self.info.set(Some(info));
                }
                Event::Viewed { slot: SPELT, view: View::Spelt(spelt), .. } => self.spelt.set(Some(spelt)),
                Event::Viewed { slot: PARTNERS, view: View::Partners(partners), .. } => self.partners.set(Some(partners)),
                Event::Viewed { slot: RECONSTRUCTIONS, view: View::Images(images), .. } => self.copy.set(Some(images)),
                Event::Viewed { slot: CURRENT, view: View::Images(images), .. } => self.moved.set(Some(images)),
                Event::Viewed { slot: STITCHED, view: View::Images(images), .. } => self.stitched.set(Some(images)),
                Event::NoGpu { detail: message, .. }
                | Event::DataFailed { message }
                | Event::RunFailed { message, .. }
                | Event::NotCompiled { message, .. }
                | Event::DeviceLost { message }
                | Event::Warning { message } => self.trouble.set(Some(message)),
                _ => {}
            },
        }
    }
}

/// One picture of several.
fn picture(images: &Images, i: usize) -> Option<(&[u8], Shape)> {
    let shape = Shape { width: images.width, height: images.height, channels: images.channels };
    let len = (shape.width * shape.height * shape.channels) as usize;
    Some((images.pixels.get(i * len..(i + 1) * len)?, shape))
}

/// The codes of the chosen image, with the sliders moved: of both, in standard deviations of each part. `latents` numbers each.
fn moved(codes: &[Spelt; 2], both: &Partners, latents: [usize; 2], image: usize, offsets: &[f64]) -> [Vec<f32>; 2] {
    [0, 1].map(|k| {
        let bytes = latents[k] * size_of::<f32>();
        let mut z = codes[k].values.get(image * bytes..(image + 1) * bytes).map(bytes_f32).unwrap_or_default();
        let kinds = codes[k].kinds.max(1) as usize;
        for ((at, r), offset) in both.pairs.iter().zip(offsets).filter(|(_, offset)| **offset != 0.0) {
            let sign = if k == 1 && *r < 0.0 { -1.0 } else { 1.0 };
            let by = (sign * offset * both.spread[k][at[k] as usize]) as f32;
            // A feature is the same at each place, and never negative.
            let least = if codes[k].parts == Parts::Features { 0.0 } else { f32::NEG_INFINITY };
            z.iter_mut().skip(at[k] as usize).step_by(kinds).for_each(|value| *value = (*value + by).max(least));
        }
        z
    })
}

/// A canvas that shows what `of` gives.
#[component]
fn Shown(of: impl Fn() -> Option<(Vec<u8>, Shape)> + 'static, label: String, testid: &'static str) -> impl IntoView {
    let look = Look::get();
    let canvas = NodeRef::<html::Canvas>::new();
    react(move || {
        let theme = look.theme.get();
        let Some(canvas) = canvas.get() else { return };
        match of() {
            Some((pixels, shape)) => paint::tiles(&canvas, &[&pixels], shape, 1, &theme),
            None => paint::clear(&canvas),
        }
    });
    view! {
        <figure><canvas class="digit" node_ref=canvas width="28" height="28" role="img" aria-label=label.clone() data-testid=testid></canvas>
            <figcaption>{label}</figcaption></figure>
    }
}

#[component]
pub fn Pair() -> impl IntoView {
    let queue = Queue::get();
    // What was kept, by its name and label.
    let kept = Memo::new(move |_| queue.of(SWEEP, Batch::kept_runs).unwrap_or_default());
    let chosen = [RwSignal::new(None::<String>), RwSignal::new(None::<String>)];
    let at = move |k: usize| -> Option<(String, String, String)> {
        kept.with(|kept| {
            let asked = chosen[k].with(|id| kept.iter().find(|(kept, ..)| Some(kept) == id.as_ref()).cloned());
            asked.or_else(|| if k == 0 { kept.first() } else { kept.last() }.cloned())
        })
    };
    let sides = [Side::new(), Side::new()];
    // Of what is on show: its labels.
    let open = RwSignal::new(None::<[String; 2]>);
    let image = RwSignal::new(0u32);
    let offsets = RwSignal::new(vec![0.0; SLIDERS]);
    let close = move || {
        open.set(None);
        sides.iter().for_each(|side| side.close());
    };
    on_cleanup(close);
    let press = move |_| {
        let was = open.get_untracked().is_some();
        close();
        if let (false, Some(a), Some(b)) = (was, untrack(|| at(0)), untrack(|| at(1))) {
            image.set(0);
            offsets.set(vec![0.0; SLIDERS]);
            open.set(Some([a.1.clone(), b.1.clone()]));
            for (side, (id, _, data)) in sides.into_iter().zip([a, b]) {
                side.open(id, data);
            }
        }
    };
    let codes = move || sides[0].spelt.get().zip(sides[1].spelt.get()).map(|(a, b)| [a, b]);
    // The second engine matches: what the page did would hold it up.
    react(move || {
        if let Some([other, _]) = codes() {
            sides[1].send(&Command::Watch { slot: PARTNERS, query: latent_view::Pair { count: IMAGES, other }.into() });
        }
    });
    let both = sides[1].partners;
    let latents = move || [0, 1].map(|k| sides[k].info.with(|info| info.as_ref().map_or(0, |info| info.latent as usize)));
    // From the first to the second, and back.
    let stitches = Memo::new(move |_| {
        let codes = codes().filter(|codes| codes.iter().all(|code| code.parts == Parts::Latents))?;
        let fit = |from: usize, to: usize| {
            let of = [from, to].map(|k| bytes_f32(&codes[k].values));
            Stitch::fit([&of[0], &of[1]], [from, to].map(|k| codes[k].kinds as usize))
        };
        Some([fit(0, 1), fit(1, 0)])
    });
    react(move || {
        let first = image.get();
        for side in sides {
            if side.info.with(Option::is_some) {
                side.send(&Command::Watch { slot: RECONSTRUCTIONS, query: Reconstruct { first, count: 1 }.into() });
            }
        }
    });
    react(move || {
        if let (Some(codes), Some(both)) = (codes(), both.get().filter(|both| both.parts != Parts::Tokens)) {
            let both = moved(&codes, &both, latents(), image.get() as usize, &offsets.get());
            let show = |side: Side, slot: Slot, z: &[f32]| {
                if side.draws() {
                    side.send(&Command::Watch { slot, query: Decode { z_nd: f32_bytes(z) }.into() });
                }
            };
            for (side, z) in sides.into_iter().zip(&both) {
                show(side, CURRENT, z);
            }
            for (from, stitch) in stitches.get().into_iter().flatten().enumerate() {
                if let Some(stitch) = stitch {
                    show(sides[1 - from], STITCHED, &stitch.apply(&both[from]));
                }
            }
        }
    });
    let next = move |_| {
        offsets.set(vec![0.0; SLIDERS]);
        image.update(|i| *i = (*i + 1) % IMAGES);
    };
    let options = move |k: usize| {
        let now = at(k).map(|(id, ..)| id);
        let all = kept.get().into_iter();
        all.map(|(id, label, _)| view! { <option selected=Some(&id) == now.as_ref() value=id>{label}</option> }).collect_view()
    };
    let pick = move |k: usize, id: &'static str, name: &'static str| {
        view! {
            <label class="field">{name}
                <select data-testid=id on:change=move |e| { chosen[k].set(Some(event_target_value(&e))); close() }>{move || options(k)}</select></label>
        }
    };
    let shown = move |labels: [String; 2]| {
        let [first, second] = labels;
        let crossed = move |to: usize| {
            move || sides[to].stitched.with(|images| images.as_ref().and_then(|all| picture(all, 0).map(|(x, s)| (x.to_vec(), s))))
        };
        let explained = move || {
            let [there, back] = stitches.get()?.map(|stitch| stitch.map(|stitch| stitch.explained));
            Some(words::stitched(there?, back?))
        };
        let side = move |k: usize| {
            move || {
                let own = |images: &Option<Images>, i: usize| {
                    images.as_ref().and_then(|all| picture(all, i).map(|(x, s)| (x.to_vec(), s)))
                };
                let copy = || sides[k].copy.with(|copy| own(copy, 1)).filter(|_| sides[k].draws());
                sides[k].moved.with(|moved| own(moved, 0)).or_else(copy)
            }
        };
        let original =
            move || sides[0].copy.with(|copy| copy.as_ref().and_then(|all| picture(all, 0).map(|(x, s)| (x.to_vec(), s))));
        let wrong = move || sides.map(|side| side.trouble.get().map(|why| view! { <p role="alert">{why}</p> })).collect_view();
        view! {
            <div class="pair">
                <Shown of=original label=words::IMAGE.into() testid="pair-image" />
                <Shown of=side(0) label=first testid="pair-first" />
                <Shown of=side(1) label=second testid="pair-second" />
                <Show when=move || sides.iter().all(|side| side.draws()) && stitches.with(|all| all.as_ref().is_some_and(|all| all.iter().all(Option::is_some)))>
                    <Shown of=crossed(1) label=words::FIRST_TO_SECOND.into() testid="pair-crossed" />
                    <Shown of=crossed(0) label=words::SECOND_TO_FIRST.into() testid="pair-crossed-back" />
                </Show>
            </div>
            <p class="help" data-testid="pair-stitched">{explained}</p>
            <button class="small" data-testid="pair-next" on:click=next>{words::NEXT_IMAGE}</button>
            {wrong}
        }
    };
    let sliders = move || {
        let both = both.get()?;
        let rows = both.pairs.iter().take(SLIDERS).enumerate().map(|(i, pair)| {
            let label = words::partners(both.parts, pair.0, pair.1);
            if both.parts == Parts::Tokens {
                return view! { <p data-testid=format!("pair-token-{i}")>{label}</p> }.into_any();
            }
            let value = move || offsets.with(|all| all[i].to_string());
            let slide = move |e| {
                let to = number(&event_target_value(&e)).unwrap_or(0.0);
                offsets.update(|all| all[i] = to);
            };
            view! {
                <label>{label}<input type="range" min="-3" max="3" step="0.1" prop:value=value data-testid=format!("pair-slider-{i}") on:input=slide /></label>
            }
            .into_any()
        });
        let rows = rows.collect_view();
        Some(
            view! { <div class="partners">{rows}</div><p class="help" data-testid="pair-alone">{words::alone(&both, SLIDERS)}</p> },
        )
    };
    let waits = move || {
        open.with(Option::is_some) && sides.iter().any(|side| side.copy.with(Option::is_none) && side.trouble.with(Option::is_none))
    };
    view! {
        <Show when=move || { kept.with(|kept| kept.len() > 1) }>
            <section>
                <h3>{words::PAIR}</h3>
                <p class="help">{words::PAIR_HELP}</p>
                <div class="fields">{pick(0, "pair-a", words::FIRST)}{pick(1, "pair-b", words::SECOND)}</div>
                <div class="row">
                    <button data-testid="pair-open" disabled=move || queue.running.get() on:click=press>
                        {move || if open.with(Option::is_some) { words::CLOSE_BOTH } else { words::OPEN_BOTH }}</button>
                    <span class="note" role="status">{move || waits().then_some(words::OPENING)}</span>
                </div>
                {move || open.get().map(shown)}
                {move || open.with(Option::is_some).then(sliders)}
            </section>
        </Show>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partners(parts: Parts, pairs: Vec<([u32; 2], f64)>, spread: [Vec<f64>; 2]) -> Partners {
        Partners { parts, pairs, spread, alone: Default::default(), compared: [0, 0] }
    }

    #[test]
    fn a_slider_moves_both_codes_each_in_its_own_measure() {
        let of = |z: &[f32], kinds: u32| Spelt { parts: Parts::Latents, kinds, values: f32_bytes(z) };
        let codes = [of(&[0.0, 0.0, 1.0, 2.0], 2), of(&[0.0, 0.0, 0.0, 5.0, 6.0, 7.0], 3)];
        let both = partners(Parts::Latents, vec![([1, 0], -0.9), ([0, 2], 0.5)], [vec![1.0, 2.0], vec![10.0, 1.0, 4.0]]);
        let [a, b] = moved(&codes, &both, [2, 3], 1, &[0.5, -1.0]);
        assert_eq!((a, b), (vec![0.0, 3.0], vec![0.0, 6.0, 3.0]));
        assert_eq!(moved(&codes, &both, [2, 3], 7, &[0.0, 0.0]), [Vec::<f32>::new(), vec![]], "there is no such image");
    }

    #[test]
    fn a_feature_moves_at_every_place_and_stays_above_zero() {
        let of = |z: &[f32]| Spelt { parts: Parts::Features, kinds: 2, values: f32_bytes(z) };
        let codes = [of(&[1.0, 0.0, 3.0, 0.0]), of(&[0.5, 5.0, 9.0, 0.0])];
        let both = partners(Parts::Features, vec![([0, 1], 0.9)], [vec![2.0, 0.0], vec![0.0, 1.0]]);
        assert_eq!(moved(&codes, &both, [4, 4], 0, &[-1.0]), [vec![0.0, 0.0, 1.0, 0.0], vec![0.5, 4.0, 9.0, 0.0]]);
    }
}
