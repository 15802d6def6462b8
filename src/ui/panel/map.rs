//! The test digits' codes on a plane; pointing anywhere decodes that place.

use leptos::html;
use leptos::prelude::*;
use web_sys::{KeyboardEvent, PointerEvent};

use super::Panel;
use crate::spec::protocol::{Query, View, bytes_f32, f32_bytes};
use crate::ui::paint::{self, LABELS, Theme};
use crate::ui::plane::{Axes, Plane};
use crate::ui::views::{CODES, POINT};
use crate::ui::{state::Lab, text};

const COUNT: u32 = 2000;
/// Arrow keys move by this part of the map's half width.
const NUDGE: f32 = 0.05;

/// What is drawn: places and labels, and how far the map reaches from its middle.
#[derive(Clone, Debug, Default, PartialEq)]
struct Points {
    plane: Plane,
    places: Vec<(f32, f32)>,
    labels: Vec<u8>,
    reach: f32,
}

impl Points {
    fn new(view: &View, axes: Axes, before: &Self) -> Option<Self> {
        let View::Codes { latent, mean_nd, labels, .. } = view else { return None };
        let latent = *latent as usize;
        let codes = bytes_f32(mean_nd);
        let plane = match axes {
            Axes::Latents(a, b) if a < latent && b < latent => Plane::of_latents(latent, a, b),
            _ => Plane::of_variance(&codes, latent, &before.plane),
        };
        let places: Vec<_> = codes.chunks_exact(latent).map(|z| plane.project(z)).collect();
        // All but the farthest few, rounded up; kept while it still fits, so that the map does not breathe.
        let mut far: Vec<f32> = places.iter().map(|(x, y)| x.abs().max(y.abs())).filter(|v| v.is_finite()).collect();
        far.sort_by(f32::total_cmp);
        let edge = far.get(far.len() * 995 / 1000).copied().unwrap_or(3.0);
        let fits = before.reach >= edge && before.reach <= 1.6 * edge.max(1.0);
        let reach = if fits { before.reach } else { (edge * 2.2).ceil().max(2.0) / 2.0 };
        Some(Self { plane, places, labels: labels.to_vec(), reach })
    }

    /// From the plane to parts of the frame, 0 to 1.
    fn part(&self, (x, y): (f32, f32)) -> (f64, f64) {
        (f64::from(0.5 + 0.5 * x / self.reach), f64::from(0.5 - 0.5 * y / self.reach))
    }

    fn median(&self, label: u8) -> Option<(f32, f32)> {
        let mine = || self.places.iter().zip(&self.labels).filter(|(_, l)| **l == label).map(|(p, _)| *p);
        let middle = |mut v: Vec<f32>| {
            v.sort_by(f32::total_cmp);
            v.get(v.len() / 2).copied()
        };
        Some((middle(mine().map(|p| p.0).collect())?, middle(mine().map(|p| p.1).collect())?))
    }
}

fn draw(canvas: &web_sys::HtmlCanvasElement, points: &Points, only: Option<u8>, theme: &Theme) {
    let (context, width, height) = paint::fit(canvas);
    context.set_stroke_style_str(&theme.rule);
    context.set_line_width(1.0);
    for at in [width, height].map(|v| (v / 2.0).round() + 0.5).iter().enumerate() {
        context.begin_path();
        match at {
            (0, x) => (context.move_to(*x, 0.0), context.line_to(*x, height)),
            (_, y) => (context.move_to(0.0, *y), context.line_to(width, *y)),
        };
        context.stroke();
    }
    let radius = (width / 190.0).clamp(1.7, 2.8);
    for (label, colour) in (0u8..).zip(LABELS) {
        context.set_global_alpha(if only.is_none_or(|o| o == label) { 0.8 } else { 0.08 });
        context.set_fill_style_str(colour);
        context.begin_path();
        for (place, _) in points.places.iter().zip(&points.labels).filter(|(_, l)| **l == label) {
            let (x, y) = points.part(*place);
            let (x, y) = (x * width, y * height);
            context.move_to(x + radius, y);
            let _ = context.arc(x, y, radius, 0.0, std::f64::consts::TAU);
        }
        context.fill();
    }
    context.set_global_alpha(1.0);
    // The digit itself, so that colour is not the only key.
    context.set_font("600 17px system-ui, sans-serif");
    context.set_text_align("center");
    context.set_text_baseline("middle");
    context.set_line_join("round");
    context.set_line_width(4.0);
    for label in (0..10u8).filter(|l| only.is_none_or(|o| o == *l)) {
        let Some((x, y)) = points.median(label).map(|p| points.part(p)) else { continue };
        let name = label.to_string();
        context.set_stroke_style_str(&theme.paper);
        context.set_fill_style_str(&theme.ink);
        let _ = context.stroke_text(&name, x * width, y * height);
        let _ = context.fill_text(&name, x * width, y * height);
    }
}

#[component]
pub fn Map() -> impl IntoView {
    let lab = Lab::get();
    let axes = RwSignal::new(Axes::Pca);
    let only = RwSignal::new(None::<u8>);
    let points = RwSignal::new(Points::default());
    // Where the pointer is, on the plane.
    let at = RwSignal::new(None::<(f32, f32)>);
    let canvas = NodeRef::<html::Canvas>::new();
    let lens = NodeRef::<html::Canvas>::new();
    let resized = RwSignal::new(0u32);
    let on_resize = window_event_listener(leptos::ev::resize, move |_| resized.update(|n| *n += 1));
    on_cleanup(move || on_resize.remove());

    lab.ask(CODES, Query::Embed { count: COUNT });
    let latent = Memo::new(move |_| lab.latents.with(|l| l.kl_d.len()));
    Effect::new(move || {
        // Axes that another model does not have.
        let n = latent.get();
        if matches!(axes.get_untracked(), Axes::Latents(a, b) if a >= n || b >= n) {
            axes.set(Axes::Pca);
        }
    });
    Effect::new(move || {
        let axes = axes.get();
        if let Some(view) = lab.view(CODES).get()
            && let Some(new) = points.with_untracked(|before| Points::new(&view, axes, before))
        {
            points.set(new);
        }
    });
    Effect::new(move || {
        resized.track();
        let theme = lab.theme.get();
        let only = only.get();
        if let Some(canvas) = canvas.get() {
            points.with(|points| draw(&canvas, points, only, &theme));
        }
    });
    let pointed = move || {
        let code = lab.code.get();
        let place = at.get()?;
        points.with(|p| (p.plane.u.len() == code.len() && !code.is_empty()).then(|| p.plane.place(&code, place)))
    };
    Effect::new(move || {
        if let Some(z) = pointed() {
            lab.ask(POINT, Query::Decode { z_nd: f32_bytes(&z) });
        }
        lab.show(POINT, at.with(Option::is_some));
    });
    Effect::new(move || {
        let theme = lab.theme.get();
        if let (Some(canvas), Some(view)) = (lens.get(), lab.view(POINT).get())
            && let View::Images { width, pixels, .. } = &*view
        {
            paint::image(&canvas, pixels, *width, &theme);
        }
    });

    let point = move |e: &PointerEvent| {
        let Some(canvas) = canvas.get_untracked() else { return };
        let reach = points.with_untracked(|p| p.reach);
        let part = |v: i32, size: i32| 2.0 * v as f32 / size.max(1) as f32 - 1.0;
        let (x, y) = (part(e.offset_x(), canvas.client_width()), part(e.offset_y(), canvas.client_height()));
        at.set(Some((x * reach, -y * reach)));
    };
    let take = move || {
        if let Some(z) = untrack(pointed) {
            lab.code.set(z);
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
            "Escape" => return at.set(None),
            _ => return,
        };
        e.prevent_default();
        at.set(Some((to.0.clamp(-reach, reach), to.1.clamp(-reach, reach))));
    };
    let percent = |part: f64| format!("{:.2}%", 100.0 * part);
    let marker = move || {
        points.with(|p| {
            let code = lab.code.get();
            let here = (p.plane.u.len() == code.len()).then(|| p.part(p.plane.project(&code)));
            here.filter(|(x, y)| (0.0..=1.0).contains(x) && (0.0..=1.0).contains(y))
        })
    };
    let cursor = Memo::new(move |_| at.get().map(|place| points.with(|p| p.part(place))));

    let order = Memo::new(move |_| {
        let mut all: Vec<usize> = (0..latent.get()).collect();
        lab.latents.with(|l| all.sort_by_key(|i| !l.active(*i)));
        all
    });
    let top_two = move || lab.latents.with_untracked(|l| match l.order[..] {
        [a, b, ..] => Axes::Latents(a, b),
        _ => Axes::Latents(0, 0),
    });
    let is_pca = Memo::new(move |_| axes.get() == Axes::Pca);
    let select = move |up: bool, label: &'static str| {
        let chosen = move || match axes.get() {
            Axes::Latents(a, b) => if up { b } else { a },
            Axes::Pca => 0,
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
                        <option value=i.to_string() selected=move || chosen() == i>{text::latent(i)}</option>
                    }).collect_view()}
                </select>
            </label>
        }
    };
    let tools = move || view! {
        <div class="axes">
            <div class="segments" role="group" aria-label=text::MAP_AXES>
                <button class="small" aria-pressed=move || is_pca.get().to_string() on:click=move |_| axes.set(Axes::Pca)>{text::MAP_PCA}</button>
                <button class="small" data-testid="map-latents" aria-pressed=move || (!is_pca.get()).to_string()
                    on:click=move |_| if is_pca.get_untracked() { axes.set(top_two()) }>{text::MAP_LATENTS}</button>
            </div>
            <Show when=move || !is_pca.get()>{select(false, text::MAP_X)} {select(true, text::MAP_Y)}</Show>
        </div>
    };
    let legend = (0..10u8).map(|label| {
        let toggle = move |_| only.update(|o| *o = if *o == Some(label) { None } else { Some(label) });
        view! {
            <button class="key" aria-pressed=move || (only.get() == Some(label)).to_string() on:click=toggle>
                <i style:background=LABELS[usize::from(label)]></i>{label}
            </button>
        }
    });
    let legend = legend.collect_view();
    view! {
        <Panel id="map" title=text::MAP help=text::MAP_HELP slots=&[CODES] tools=tools>
            <div class="map-frame">
                <canvas class="map" data-testid="map" role="application" tabindex="0" aria-label=text::MAP_CANVAS node_ref=canvas
                    on:pointermove=move |e| point(&e) on:pointerdown=move |e| point(&e)
                    on:click=move |_| take() on:keydown=on_key
                    on:pointerleave=move |e: PointerEvent| if e.pointer_type() == "mouse" { at.set(None) }
                    on:blur=move |_| at.set(None)></canvas>
                <span class="marker" class:gone=move || marker().is_none()
                    style:left=move || percent(marker().unwrap_or_default().0) style:top=move || percent(marker().unwrap_or_default().1)></span>
                <figure class="lens" class:gone=move || cursor.get().is_none()
                    class:left=move || cursor.get().is_some_and(|c| c.0 > 0.6) class:below=move || cursor.get().is_some_and(|c| c.1 < 0.35)
                    style:left=move || percent(cursor.get().unwrap_or_default().0) style:top=move || percent(cursor.get().unwrap_or_default().1)>
                    <canvas class="digit" data-testid="map-digit" role="img" aria-label=text::MAP_POINT node_ref=lens width="28" height="28"></canvas>
                </figure>
            </div>
            <div class="legend" role="group" aria-label=text::MAP_LEGEND>{legend}</div>
        </Panel>
    }
}
