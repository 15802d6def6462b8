//! Arithmetic with codes: analogies, and directions from one class to another.

pub mod words;

use leptos::html;
use leptos::prelude::*;

use crate::dress::Dress;
use crate::paint;
use crate::paint::Pictures;
use crate::panel::section::Panel;
use crate::picture::Picture;
use crate::react::react;
use crate::shelf::Shelf;
use crate::source::Source;
use crate::store::codes::Codes;
use crate::store::desks::Desks;
use crate::store::look::Look;
use crate::store::runs::Runs;
use crate::views::{ARITHMETIC, CODES, OWN_CODE};
use latent_view::Decode;
use latent_vocabulary::numbers::f32_bytes;

/// Strengths on show.
const STRENGTHS: [f32; 9] = [-1.0, -0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0];
/// Where in the answer the strip begins: after the pictures of A, B and C.
const GIVEN: usize = 3;

/// Where the direction comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    /// From image A to image B.
    Images,
    /// From the mean code of one class to that of another.
    Classes,
}

/// `z + t · (b − a)` for each strength, row-major `[strengths, latent]`.
fn along(z: &[f32], a: &[f32], b: &[f32], strengths: &[f32]) -> Vec<f32> {
    strengths.iter().flat_map(|t| z.iter().zip(a.iter().zip(b)).map(move |(z, (a, b))| z + t * (b - a))).collect()
}

/// The two classes that were chosen, or where there is no such class the first two.
fn among(chosen: (u8, u8), labels: &[u8]) -> (u8, u8) {
    match labels {
        [a, b, ..] if !(labels.contains(&chosen.0) && labels.contains(&chosen.1)) => (*a, *b),
        _ => chosen,
    }
}

#[component]
pub fn Arithmetic() -> impl IntoView {
    let (look, runs, desks, codes) = (Look::get(), Runs::get(), Desks::get(), Codes::get());
    let direction = RwSignal::new(Direction::Images);
    let first = [0, 1, 2].map(Source::Test);
    let given = RwSignal::new_local(first.clone());
    runs.on_other_data(move || given.set(first.clone()));
    let labels = Memo::new(move |_| {
        codes.tests.with(|c| {
            let labels = c.as_ref().map(|c| c.labels.as_slice()).unwrap_or_default();
            (0..=u8::MAX).filter(|l| labels.contains(l)).collect::<Vec<u8>>()
        })
    });
    let wanted = RwSignal::new((3u8, 8u8));
    let classes = Memo::new(move |_| labels.with(|labels| among(wanted.get(), labels)));
    let chosen = RwSignal::new(0usize);
    let strip = NodeRef::<html::Canvas>::new();
    // Codes of A, B and C; A and B are mean codes where classes give the direction.
    let three = Memo::new(move |_| {
        let latent = codes.latents.with(|l| l.kl_d.len());
        let [a, b, c] = given.get();
        let c = codes.of(&c)?;
        let (a, b) = match direction.get() {
            Direction::Images => (codes.of(&a)?, codes.of(&b)?),
            Direction::Classes => {
                let (from, to) = classes.get();
                codes.tests.with(|codes| codes.as_ref().and_then(|codes| Some((codes.class_mean(from)?, codes.class_mean(to)?))))?
            }
        };
        (latent > 0 && [&a, &b, &c].iter().all(|z| z.len() == latent)).then_some([a, b, c])
    });
    react(move || {
        if let Some([a, b, c]) = three.get() {
            let mut z = [a.as_slice(), &b, &c].concat();
            z.extend(along(&c, &a, &b, &STRENGTHS));
            desks.ask(ARITHMETIC, Decode { z_nd: f32_bytes(&z) });
        }
    });
    react(move || {
        let theme = look.theme.get();
        let (Some(canvas), view) = (strip.get(), desks.view(ARITHMETIC).get()) else { return };
        let Some(pictures) = view.as_deref().and_then(Pictures::of) else { return paint::clear(&canvas) };
        let shown: Vec<&[u8]> = pictures.iter().skip(GIVEN).collect();
        paint::tiles(&canvas, &shown, pictures.shape, shown.len().max(1) as u32, &theme);
    });
    let by_class = Memo::new(move |_| direction.get() == Direction::Classes);
    let choose = move |value: Direction, name: &'static str, id: &'static str| {
        view! {
            <button class="small" data-testid=id aria-pressed=move || (direction.get() == value).to_string()
                on:click=move |_| { direction.set(value); if value == Direction::Classes { chosen.set(2) } }>{name}</button>
        }
    };
    let tools = move || {
        view! {
            <div class="segments" role="group" aria-label=words::ARITHMETIC_DIRECTION>
                {choose(Direction::Images, words::ARITHMETIC_IMAGES, "arithmetic-images")}
                {choose(Direction::Classes, words::ARITHMETIC_CLASSES, "arithmetic-classes")}
            </div>
        }
    };
    let cell = move |i: usize, name: &'static str| {
        view! {
            <figure>
                <button class="cell" data-testid=format!("given-{i}") aria-pressed=move || (chosen.get() == i).to_string()
                    aria-label=words::arithmetic_choose(name) on:click=move |_| chosen.set(i)><Picture from=ARITHMETIC index=i /></button>
                <figcaption>{name}</figcaption>
            </figure>
        }
    };
    let class = move |second: bool| {
        let value = move || if second { classes.get().1 } else { classes.get().0 };
        let change = move |text: String| {
            if let Ok(label) = text.parse() {
                let (from, to) = classes.get_untracked();
                wanted.set(if second { (from, label) } else { (label, to) });
            }
        };
        view! {
            <figure>
                <span class="cell"><Picture from=ARITHMETIC index=usize::from(second) /></span>
                <figcaption><label><span class="unseen">{if second { words::ARITHMETIC_TO } else { words::ARITHMETIC_FROM }}</span>
                    <select data-testid=if second { "class-to" } else { "class-from" } prop:value=move || value().to_string() on:change=move |e| change(event_target_value(&e))>
                        {move || labels.get().into_iter().map(|l| view! { <option value=l.to_string() selected=move || value() == l>{words::class_mean(&runs.class_name(l))}</option> }).collect_view()}
                    </select></label></figcaption>
            </figure>
        }
    };
    let sign = |mark: &'static str| view! { <span class="sign" aria-hidden="true">{mark}</span> };
    let equation = move || {
        if by_class.get() {
            view! { {cell(2, "C")} {sign("+")} {class(true)} {sign("−")} {class(false)} }.into_any()
        } else {
            view! { {cell(0, "A")} {sign(":")} {cell(1, "B")} {sign("=")} {cell(2, "C")} {sign(":")} }.into_any()
        }
    };
    let whole = STRENGTHS.iter().position(|t| *t == 1.0).unwrap_or(0);
    let to_traversal = move |_| {
        if let Some([a, b, c]) = three.get_untracked() {
            codes.start_from(Source::Code(along(&c, &a, &b, &[1.0]).into()));
            look.open_tab(crate::tab::Tab::Latents);
        }
    };
    view! {
        <Panel id="arithmetic" title=words::ARITHMETIC help=words::ARITHMETIC_HELP slots=&[ARITHMETIC, CODES, OWN_CODE] tools=tools>
            <Dress name="arithmetic" />
            <div class="equation">
                {equation}
                {move || by_class.get().then(|| sign("="))}
                <figure><Picture from=ARITHMETIC index=GIVEN + whole label=words::ARITHMETIC_RESULT testid="arithmetic-result" />
                    <figcaption>{words::ARITHMETIC_RESULT}</figcaption></figure>
            </div>
            <canvas class="digit strength" node_ref=strip width="252" height="28" role="img" aria-label=words::ARITHMETIC_STRIP data-testid="arithmetic-strip"></canvas>
            <div class="ticks" aria-hidden="true">{STRENGTHS.iter().map(|t| view! { <span>{words::strength(*t)}</span> }).collect_view()}</div>
            <button class="small" on:click=to_traversal>{words::ARITHMETIC_TAKE}</button>
            <Shelf verb=words::arithmetic_pick pick=move |i, _| given.update(|g| g[chosen.get_untracked()] = Source::Test(i)) />
        </Panel>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_among_those_there_are() {
        let digits: Vec<u8> = (0..10).collect();
        assert_eq!(among((3, 8), &digits), (3, 8));
        assert_eq!(among((3, 8), &[0, 1, 2, 3, 4]), (0, 1));
        assert_eq!(among((4, 2), &[0, 1, 2, 3, 4]), (4, 2));
        assert_eq!(among((3, 8), &[]), (3, 8), "before the codes are there");
    }

    #[test]
    fn strengths_scale_the_direction() {
        assert_eq!(along(&[1.0, 0.0], &[0.0, 0.0], &[2.0, 4.0], &[-1.0, 0.0, 0.5]), vec![-1.0, -4.0, 1.0, 0.0, 2.0, 2.0]);
    }
}
