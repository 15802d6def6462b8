//! ln p(z) of the prior along each way.

use leptos::html;
use leptos::prelude::*;

use super::film::{KINDS, POINTS, Ways};
use crate::paint;
use crate::panel::path::words;
use crate::react::react;
use crate::store::look::Look;
use latent_geometry::log_prior;

const MARGIN: f64 = 8.0;

#[component]
pub fn Profile(ways: Memo<Ways>, at: RwSignal<f64>) -> impl IntoView {
    let look = Look::get();
    let canvas = NodeRef::<html::Canvas>::new();
    let curves = Memo::new(move |_| {
        ways.with(|w| {
            w.rows
                .iter()
                .map(|(kind, z)| (*kind, z.chunks_exact(z.len() / POINTS).map(log_prior).collect::<Vec<f32>>()))
                .collect::<Vec<_>>()
        })
    });
    react(move || {
        let theme = look.theme.get();
        let Some(canvas) = canvas.get() else { return };
        let (context, width, height) = paint::fit(&canvas);
        curves.with(|curves| {
            let all = || curves.iter().flat_map(|(_, c)| c).copied();
            let (low, high) = (all().fold(f32::INFINITY, f32::min), all().fold(f32::NEG_INFINITY, f32::max));
            let span = f64::from((high - low).max(1.0));
            let y = |v: f32| MARGIN + (height - 2.0 * MARGIN) * f64::from(high - v) / span;
            let x = |part: f64| MARGIN + (width - 2.0 * MARGIN) * part;
            for (kind, curve) in curves {
                context.set_stroke_style_str(theme.way(*kind));
                context.set_line_width(2.0);
                context.set_line_join("round");
                context.begin_path();
                for (i, v) in curve.iter().enumerate() {
                    let (x, y) = (x(i as f64 / (POINTS - 1) as f64), y(*v));
                    if i == 0 { context.move_to(x, y) } else { context.line_to(x, y) }
                }
                context.stroke();
            }
            context.set_stroke_style_str(&theme.soft);
            context.set_line_width(1.0);
            context.begin_path();
            context.move_to(x(at.get()), 0.0);
            context.line_to(x(at.get()), height);
            context.stroke();
        });
    });
    let lowest = move || {
        curves.with(|curves| {
            let cells = curves.iter().map(|(kind, curve)| {
                let i = (at.get() * (POINTS - 1) as f64).round() as usize;
                let (kind, here) = (*kind, curve.get(i).copied().unwrap_or(f32::NAN));
                view! {
                    <span class="reading"><i class=format!("swatch swatch-way-{kind}")></i>{KINDS[kind].0}
                        <b data-testid=format!("density-{kind}")>{words::nats(here)}</b></span>
                }
            });
            cells.collect_view()
        })
    };
    view! {
        <div class="profile">
            <p class="readout"><span>{words::PROFILE}</span>{lowest}</p>
            <canvas class="profile-chart" node_ref=canvas role="img" aria-label=words::PROFILE data-testid="profile"></canvas>
        </div>
    }
}
