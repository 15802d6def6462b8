//! Data that lie in a plane or in space, drawn there with all that the model makes of them.

mod scene;
mod words;

use leptos::html;
use leptos::prelude::*;
use web_sys::{KeyboardEvent, PointerEvent};

use self::scene::{Asked, COUNT, Seen, Shown, draw, draw_strokes};
use crate::conductor::Conductor;
use crate::paint::LABELS;
use crate::panel::section::Panel;
use crate::react::react;
use crate::source::Source;
use crate::store::codes::Codes;
use crate::store::desks::Desks;
use crate::store::look::Look;
use crate::store::runs::Runs;
use crate::store::runs::images::long_names;
use crate::views::PLACES;
use latent_view::{Locate, REACH, TURN, View};
use latent_vocabulary::drawing::{DRAWN, Drawing};
use latent_vocabulary::numbers::f32_bytes;

/// An arrow key turns by so much; a drag by so much for each pixel.
const NUDGE: f32 = 0.12;
const DRAG: f32 = 0.01;
/// A press that moves no farther, in pixels, is no drag.
const STILL: i32 = 4;

#[component]
pub fn Places() -> impl IntoView {
    let (look, runs, desks, codes, conductor) = (Look::get(), Runs::get(), Desks::get(), Codes::get(), Conductor::get());
    let canvas = NodeRef::<html::Canvas>::new();
    let shown = RwSignal::new(Shown { net: true, copies: true, samples: false, only: None, turn: TURN });
    let model = Memo::new(move |_| runs.model());
    let asked = Memo::new(move |_| codes.latents.with(|latents| codes.code.with(|code| Asked::of(&model.get(), latents, code))));
    react(move || desks.ask(PLACES, Locate { count: COUNT, z_nd: asked.with(|asked| f32_bytes(&asked.z_nd)) }));
    let seen = Memo::new(move |_| match desks.view(PLACES).get().as_deref() {
        Some(View::Places(places)) => Seen::of(places),
        _ => Seen::default(),
    });
    let resized = RwSignal::new(0u32);
    let on_resize = window_event_listener(leptos::ev::resize, move |_| resized.update(|n| *n += 1));
    on_cleanup(move || on_resize.remove());
    react(move || {
        resized.track();
        let (theme, shown) = (look.theme.get(), shown.get());
        if let Some(canvas) = canvas.get() {
            seen.with(|seen| asked.with(|asked| draw(&canvas, seen, asked, shown, &theme)));
        }
    });

    let space = Memo::new(move |_| model.get().sample.len() > 2);
    // What is drawn by hand, and of which class somebody draws now.
    let drawn = Memo::new(move |_| runs.setup.with(|s| latent_catalog::set(&s.data).is_some_and(|card| card.id == DRAWN)));
    let drawing = RwSignal::new(Drawing::default());
    let pen = RwSignal::new(None::<usize>);
    let full = RwSignal::new(false);
    react(move || {
        drawing.set(runs.setup.with(|s| Drawing::parse(&s.data)).unwrap_or_default());
        if !drawn.get() {
            pen.set(None);
        }
    });
    // Where a press began and where it is; how far it has gone.
    let pressed = StoredValue::new(None::<(i32, i32)>);
    let gone = StoredValue::new(0);
    let turn = move |by: [f32; 2]| {
        if space.get_untracked() {
            shown.update(|s| s.turn = [s.turn[0] + by[0], (s.turn[1] + by[1]).clamp(-1.5, 1.5)]);
        }
    };
    let place = move |e: &PointerEvent| {
        let canvas = canvas.get_untracked()?;
        let part = |v: i32, size: i32| REACH * (2.0 * v as f32 / size.max(1) as f32 - 1.0);
        Some([part(e.offset_x(), canvas.client_width()), -part(e.offset_y(), canvas.client_height())])
    };
    let stroke = move |e: &PointerEvent| {
        if let (Some(class), Some(at), Some(canvas)) = (pen.get_untracked(), place(e), canvas.get_untracked()) {
            drawing.update_untracked(|d| full.set(!d.add(class, at)));
            drawing.with_untracked(|d| draw_strokes(&canvas, d));
        }
    };
    let down = move |e: PointerEvent| {
        stroke(&e);
        pressed.set_value(Some((e.client_x(), e.client_y())));
        gone.set_value(0);
        if let Some(canvas) = canvas.get_untracked() {
            // Refused only for a pointer that is gone.
            let _ = canvas.set_pointer_capture(e.pointer_id());
        }
    };
    let moved = move |e: PointerEvent| {
        let Some((x, y)) = pressed.get_value() else { return };
        if pen.get_untracked().is_some() {
            return stroke(&e);
        }
        let (dx, dy) = (e.client_x() - x, e.client_y() - y);
        pressed.set_value(Some((e.client_x(), e.client_y())));
        gone.update_value(|gone| *gone += dx.abs() + dy.abs());
        turn([dx as f32 * DRAG, dy as f32 * DRAG]);
    };
    let up = move |e: PointerEvent| {
        pressed.set_value(None);
        if pen.get_untracked().is_some() {
            // Each stroke is another data set.
            return conductor.set_data(&drawing.with_untracked(Drawing::id));
        }
        let Some(at) = place(&e).filter(|_| gone.get_value() <= STILL) else { return };
        if let Some(i) = seen.with_untracked(|seen| seen.nearest(at, shown.get_untracked())) {
            codes.start_from(Source::Test(i));
        }
    };
    let on_key = move |e: KeyboardEvent| {
        let by = match e.key().as_str() {
            "ArrowLeft" => [-NUDGE, 0.0],
            "ArrowRight" => [NUDGE, 0.0],
            "ArrowUp" => [0.0, -NUDGE],
            "ArrowDown" => [0.0, NUDGE],
            _ => return,
        };
        if space.get_untracked() {
            e.prevent_default();
            turn(by);
        }
    };
    let toggle = move |name: &'static str, id: &'static str, of: fn(&mut Shown) -> &mut bool| {
        let pressed = move || {
            shown.with(|s| {
                let mut s = *s;
                *of(&mut s)
            })
        };
        view! {
            <button class="small" data-testid=id aria-pressed=move || pressed().to_string()
                on:click=move |_| shown.update(|s| { let on = of(s); *on = !*on; })>{name}</button>
        }
    };
    let tools = move || {
        view! {
            <span class="row-of-buttons" role="group" aria-label=words::SHOW>
                <Show when=move || model.get().vector>{toggle(words::NET, "places-net", |s| &mut s.net)}</Show>
                {toggle(words::COPIES, "places-copies", |s| &mut s.copies)}
                <Show when=move || model.get().prior.is_some()>{toggle(words::SAMPLES, "places-samples", |s| &mut s.samples)}</Show>
            </span>
        }
    };
    let legend = move || {
        let last = seen.with(Seen::last_label);
        let key = |label: u8| {
            let only = move |_| shown.update(|s| s.only = if s.only == Some(label) { None } else { Some(label) });
            view! {
                <button class="key" aria-pressed=move || (shown.with(|s| s.only) == Some(label)).to_string() on:click=only>
                    <i style:background=LABELS[usize::from(label) % LABELS.len()]></i>{runs.class_name(label)}
                </button>
            }
        };
        last.map(|last| (0..=last).map(key).collect_view())
    };
    let named = move || {
        let last = seen.with(Seen::last_label);
        long_names(&last.map_or_else(Vec::new, |last| (0..=last).map(|label| runs.class_name(label)).collect::<Vec<_>>()))
    };
    let help = Signal::derive(move || format!("{}{}", words::PLACES_HELP, if space.get() { words::SPACE_HELP } else { "" }));
    let error = move || seen.with(Seen::error).map(words::error);
    view! {
        <Panel id="places" title=words::PLACES help slots=&[PLACES] tools>
            <div class="map-frame">
                <canvas class="map" class:turned=move || space.get() class:penned=move || pen.get().is_some() node_ref=canvas tabindex="0" role="img" aria-label=words::CANVAS data-testid="places-canvas"
                    on:pointerdown=down on:pointermove=moved on:pointerup=up on:keydown=on_key></canvas>
            </div>
            <div class="legend" class:named=named role="group" aria-label=words::LEGEND>{legend}</div>
            <Show when=move || drawn.get()>
                <div class="row-of-buttons drawing" role="group" aria-label=words::DRAW_HELP>
                    {words::DRAW.iter().enumerate().map(|(class, name)| view! {
                        <button class="small" title=words::DRAW_HELP data-testid=format!("places-draw-{class}")
                            aria-pressed=move || (pen.get() == Some(class)).to_string()
                            on:click=move |_| pen.update(|pen| *pen = if *pen == Some(class) { None } else { Some(class) })>
                            <i class="ink" style:background=LABELS[class]></i>{*name}
                        </button>
                    }).collect_view()}
                    <button class="small" data-testid="places-clear" on:click=move |_| {
                        full.set(false);
                        drawing.set(Drawing::default());
                        conductor.set_data(DRAWN);
                    }>{words::CLEAR}</button>
                </div>
                <p class="note" role="status">{move || full.get().then_some(words::FULL)}</p>
            </Show>
            <p class="note" data-testid="places-error">{error}</p>
        </Panel>
    }
}
