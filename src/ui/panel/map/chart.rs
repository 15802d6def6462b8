//! The map itself, with what hangs at the pointer.

use leptos::html;
use leptos::prelude::*;
use web_sys::{KeyboardEvent, PointerEvent};

use super::draw::{self, Ground, Marks, Scene};
use super::points::Points;
use super::state::MapState;
use crate::paint::{LABELS, Pictures};
use crate::panel::map::words;
use crate::picture::Picture;
use crate::plane::Axes;
use crate::rank::ordered;
use crate::react::react;
use crate::source::Source;
use crate::store::codes::Codes;
use crate::store::desks::Desks;
use crate::store::look::Look;
use crate::store::runs::Runs;
use crate::store::runs::images::long_names;
use crate::views::{MANIFOLD, POINT, THUMBNAILS};
use latent_view::{Decode, Originals};
use latent_vocabulary::numbers::f32_bytes;

/// Arrow keys move by this part of the map's half width.
const NUDGE: f32 = 0.05;
/// Images that the key S selects about the pointer.
const AROUND: usize = 24;

#[component]
pub fn Chart(map: MapState) -> impl IntoView {
    let (look, runs, desks, codes) = (Look::get(), Runs::get(), Desks::get(), Codes::get());
    let MapState { axes, points, only, marks, ground, ellipses, lasso, selected } = map;
    // Where the pointer is, on the plane.
    let at = RwSignal::new(None::<(f32, f32)>);
    let polygon = RwSignal::new(Vec::<(f32, f32)>::new());
    let canvas = NodeRef::<html::Canvas>::new();
    let resized = RwSignal::new(0u32);
    let on_resize = window_event_listener(leptos::ev::resize, move |_| resized.update(|n| *n += 1));
    on_cleanup(move || on_resize.remove());

    let undrawn = Memo::new(move |_| runs.model().undrawn);
    let latent = Memo::new(move |_| codes.latents.with(|l| l.kl_d.len()));
    let levels = Memo::new(move |_| codes.latents.with(|l| l.levels.clone()));
    react(move || {
        // Axes that another model does not have.
        let n = latent.get();
        if n > 0 && matches!(axes.get(), Axes::Latents(a, b) if a >= n || b >= n) {
            axes.set(Axes::Pca);
        }
        if n > 0 && matches!(axes.get(), Axes::Level(level) if level >= levels.with(Vec::len)) {
            axes.set(Axes::Pca);
        }
    });
    react(move || {
        let (axes, clouds, density) = (axes.get(), ellipses.get(), ground.get() == Ground::Density);
        points.set(match codes.tests.get() {
            Some(codes) => points.with_untracked(|before| Points::new(&codes, (axes, &levels.get()), before, clouds, density)),
            None => Points::default(),
        });
    });
    react(move || {
        if marks.get() == Marks::Pictures {
            let indices = points.with(|p| p.spaced(draw::THUMBNAILS).into_iter().map(|(i, _)| i as u32).collect());
            desks.ask(THUMBNAILS, Originals { indices });
        }
    });
    react(move || {
        if ground.get() != Ground::Manifold || undrawn.get() {
            return;
        }
        let code = codes.code.get();
        let z: Vec<f32> = points.with(|p| {
            let place = |i: usize| -p.reach + (2 * i + 1) as f32 / draw::TILES as f32 * p.reach;
            let fits = p.plane.u.len() == code.len();
            let cells = (0..draw::TILES * draw::TILES).filter(|_| fits);
            cells.flat_map(|k| p.plane.place(&code, (place(k % draw::TILES), -place(k / draw::TILES)))).collect()
        });
        desks.ask(MANIFOLD, Decode { z_nd: f32_bytes(&z) });
    });
    let classes = Memo::new(move |_| {
        let most = points.with(|p| p.labels.iter().max().copied());
        most.map_or_else(Vec::new, |most| (0..=most).map(|label| runs.class_name(label)).collect::<Vec<_>>())
    });
    react(move || {
        resized.track();
        let theme = look.theme.get();
        let (manifold, thumbnails) = (desks.view(MANIFOLD).get(), desks.view(THUMBNAILS).get());
        let (polygon, selected, names) = (polygon.get(), selected.get(), classes.get());
        let scene = Scene {
            only: only.get(),
            marks: marks.get(),
            ground: ground.get(),
            ellipses: ellipses.get(),
            manifold: manifold.as_deref().and_then(Pictures::of),
            thumbnails: thumbnails.as_deref().and_then(Pictures::of),
            lasso: &polygon,
            selected: &selected,
            classes: &names,
        };
        if let Some(canvas) = canvas.get() {
            points.with(|points| draw::draw(&canvas, points, &scene, &theme));
        }
    });
    let pointed = move || {
        let code = codes.code.get();
        let place = at.get()?;
        points.with(|p| (p.plane.u.len() == code.len() && !code.is_empty()).then(|| p.plane.place(&code, place)))
    };
    let pointing = Memo::new(move |_| at.with(Option::is_some));
    react(move || {
        if undrawn.get() {
            let near = at.get().map(|place| points.with(|p| p.nearest(place, 1))).filter(|near| !near.is_empty());
            if let Some(near) = near {
                desks.ask(POINT, Originals { indices: near.into_iter().map(|i| i as u32).collect() });
            }
        } else if let Some(z) = pointed() {
            desks.ask(POINT, Decode { z_nd: f32_bytes(&z) });
        }
    });
    Effect::new(move |before: Option<bool>| {
        let now = pointing.get();
        if now != before.unwrap_or(false) {
            desks.show(POINT, now);
        }
        now
    });
    on_cleanup(move || {
        if pointing.get_untracked() {
            desks.show(POINT, false);
        }
    });

    let place = move |e: &PointerEvent| {
        let canvas = canvas.get_untracked()?;
        let reach = points.with_untracked(|p| p.reach);
        let part = |v: i32, size: i32| 2.0 * v as f32 / size.max(1) as f32 - 1.0;
        let (x, y) = (part(e.offset_x(), canvas.client_width()), part(e.offset_y(), canvas.client_height()));
        Some((x * reach, -y * reach))
    };
    let moved = move |e: PointerEvent| {
        let place = place(&e);
        if lasso.get_untracked() && e.buttons() == 1 {
            polygon.update(|p| p.extend(place));
        }
        at.set(place);
    };
    let pressed = move |e: PointerEvent| {
        at.set(place(&e));
        if lasso.get_untracked() {
            polygon.set(Vec::new());
            if let Some(canvas) = canvas.get_untracked() {
                // Refused only for a pointer that is gone.
                let _ = canvas.set_pointer_capture(e.pointer_id());
            }
        }
    };
    let released = move |_| {
        let drawn = polygon.get_untracked();
        if drawn.len() > 2 {
            selected.set(points.with_untracked(|p| p.inside(&drawn)));
        }
        polygon.set(Vec::new());
    };
    let take = move || {
        if undrawn.get_untracked() {
            return;
        }
        if let Some(z) = untrack(pointed) {
            codes.start_from(Source::Code(z.into()));
        }
    };
    let on_key = move |e: KeyboardEvent| {
        let reach = points.with_untracked(|p| p.reach);
        let by = NUDGE * reach;
        let (x, y) = at.get_untracked().unwrap_or_default();
        let to = match e.key().as_str() {
            "ArrowLeft" => (x - by, y),
            "ArrowRight" => (x + by, y),
            "ArrowUp" => (x, y + by),
            "ArrowDown" => (x, y - by),
            "Enter" | " " => {
                e.prevent_default();
                return take();
            }
            "s" | "S" => {
                let near = points.with_untracked(|p| p.nearest((x, y), AROUND));
                return selected.set(ordered(near, |i| i as f32));
            }
            "Escape" => {
                selected.set(Vec::new());
                return at.set(None);
            }
            _ => return,
        };
        e.prevent_default();
        at.set(Some((to.0.clamp(-reach, reach), to.1.clamp(-reach, reach))));
    };
    let percent = |part: f64| format!("{:.2}%", 100.0 * part);
    let marker = move || {
        if undrawn.get() {
            return None;
        }
        points.with(|p| {
            let code = codes.code.get();
            let here = (p.plane.u.len() == code.len()).then(|| p.part(p.plane.project(&code)));
            here.filter(|(x, y)| (0.0..=1.0).contains(x) && (0.0..=1.0).contains(y))
        })
    };
    let cursor = Memo::new(move |_| at.get().map(|place| points.with(|p| p.part(place))));

    let legend = move || {
        (0u8..)
            .zip(classes.get())
            .take(LABELS.len())
            .map(|(label, name)| {
                let toggle = move |_| only.update(|o| *o = if *o == Some(label) { None } else { Some(label) });
                view! {
                    <button class="key" aria-pressed=move || (only.get() == Some(label)).to_string() on:click=toggle>
                        <i style:background=LABELS[usize::from(label)]></i>{name}
                    </button>
                }
            })
            .collect_view()
    };
    view! {
        <div class="map-frame" class:lassoing=move || lasso.get()>
            <canvas class="map" data-testid="map" role="application" tabindex="0" aria-label=move || if undrawn.get() { words::MAP_UNDRAWN_CANVAS } else { words::MAP_CANVAS } node_ref=canvas
                on:pointermove=moved on:pointerdown=pressed on:pointerup=released
                on:click=move |_| if !lasso.get_untracked() { take() } on:keydown=on_key
                on:pointerleave=move |e: PointerEvent| if e.pointer_type() == "mouse" { at.set(None) }
                on:blur=move |_| at.set(None)></canvas>
            <span class="marker" class:gone=move || marker().is_none()
                style:left=move || percent(marker().unwrap_or_default().0) style:top=move || percent(marker().unwrap_or_default().1)></span>
            <figure class="lens" class:gone=move || cursor.get().is_none()
                class:left=move || cursor.get().is_some_and(|c| c.0 > 0.6) class:below=move || cursor.get().is_some_and(|c| c.1 < 0.35)
                style:left=move || percent(cursor.get().unwrap_or_default().0) style:top=move || percent(cursor.get().unwrap_or_default().1)>
                <Picture from=POINT index=0usize label=words::MAP_POINT testid="map-digit" />
            </figure>
        </div>
        <div class="legend" class:named=move || classes.with(|c| long_names(c)) role="group" aria-label=words::MAP_LEGEND data-testid="map-legend">{legend}</div>
        {move || {
            let more = classes.with(Vec::len).saturating_sub(LABELS.len());
            (more > 0).then(|| view! { <p class="note">{words::more_classes(more)}</p> })
        }}
    }
}

/// The choice of axes.
#[component]
pub fn Axis(map: MapState) -> impl IntoView {
    let codes = Codes::get();
    let axes = map.axes;
    let order = Memo::new(move |_| {
        codes.latents.with(|l| ordered(ordered(l.order.clone(), |i| i as f32), |i| f32::from(u8::from(!l.active(i)))))
    });
    let top_two = move || {
        codes.latents.with_untracked(|l| match l.order[..] {
            [a, b, ..] => Axes::Latents(a, b),
            _ => Axes::Latents(0, 0),
        })
    };
    let by_latents = Memo::new(move |_| matches!(axes.get(), Axes::Latents(..)));
    let levels = Memo::new(move |_| codes.latents.with(|l| l.levels.len()));
    let level = move |level: usize| {
        view! {
            <button class="small" data-testid=format!("map-level-{level}") aria-pressed=move || (axes.get() == Axes::Level(level)).to_string()
                on:click=move |_| axes.set(Axes::Level(level))>{words::level(level)}</button>
        }
    };
    let select = move |up: bool, label: &'static str| {
        let chosen = move || match axes.get() {
            Axes::Latents(a, b) => {
                if up {
                    b
                } else {
                    a
                }
            }
            Axes::Pca | Axes::Level(_) => 0,
        };
        let change = move |text: String| {
            if let (Ok(i), Axes::Latents(a, b)) = (text.parse(), axes.get_untracked()) {
                axes.set(if up { Axes::Latents(a, i) } else { Axes::Latents(i, b) });
            }
        };
        view! {
            <label class="axis">{label}" "
                <select data-testid=if up { "map-y" } else { "map-x" } prop:value=move || chosen().to_string() on:change=move |e| change(event_target_value(&e))>
                    {move || order.get().into_iter().map(|i| view! {
                        <option value=i.to_string() selected=move || chosen() == i>{words::latent(i)}</option>
                    }).collect_view()}
                </select>
            </label>
        }
    };
    view! {
        <div class="axes">
            <div class="segments" role="group" aria-label=words::MAP_AXES>
                <button class="small" aria-pressed=move || (axes.get() == Axes::Pca).to_string() on:click=move |_| axes.set(Axes::Pca)>{words::MAP_PCA}</button>
                {move || (0..levels.get()).map(level).collect_view()}
                <button class="small" data-testid="map-latents" aria-pressed=move || by_latents.get().to_string()
                    on:click=move |_| if !by_latents.get_untracked() { axes.set(top_two()) }>{words::MAP_LATENTS}</button>
            </div>
            <Show when=move || by_latents.get()>{select(false, words::MAP_X)} {select(true, words::MAP_Y)}</Show>
        </div>
    }
}
