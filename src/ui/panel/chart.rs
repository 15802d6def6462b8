//! The loss and its parts while the network learns.

use leptos::html;
use leptos::prelude::*;
use web_sys::{CanvasRenderingContext2d, KeyboardEvent, PointerEvent};

use super::Panel;
use crate::spec::history::{Bucket, History};
use crate::ui::paint::{self, Theme};
use crate::ui::react::react;
use crate::ui::{browser, state::Lab, text};

const LEFT: f64 = 44.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 24.0;
/// The lowest value on a logarithmic scale: a KL may start at nothing.
const FLOOR: f64 = 0.5;

/// From steps and nats to the canvas.
struct Frame {
    width: f64,
    height: f64,
    last: f64,
    low: f64,
    high: f64,
    log: bool,
}

impl Frame {
    fn new(history: &History, width: f64, height: f64, log: bool) -> Self {
        let last = history.train.last().map_or(1, |b| b.step).max(1) as f64;
        // On a linear scale the fall from noise would flatten all that follows.
        let from = if log { 0.0 } else { 0.04 * last };
        let shown = || history.train.iter().chain(&history.test).filter(move |b| b.step as f64 >= from);
        let values = || shown().flat_map(|b| &b.terms).map(|v| f64::from(*v)).filter(|v| v.is_finite());
        let high = values().fold(FLOOR, f64::max) * 1.04;
        let low = if log { values().fold(high / 4.0, f64::min).max(FLOOR) } else { 0.0 };
        Self { width, height, last, low, high, log }
    }

    fn x(&self, step: f64) -> f64 {
        LEFT + (self.width - LEFT - RIGHT) * step / self.last
    }

    fn step(&self, x: f64) -> f64 {
        (x - LEFT) / (self.width - LEFT - RIGHT) * self.last
    }

    fn y(&self, value: f64) -> f64 {
        let part = if self.log { (value.max(self.low) / self.low).ln() / (self.high / self.low).ln() } else { value / self.high };
        self.height - BOTTOM - (self.height - TOP - BOTTOM) * part.clamp(0.0, 1.02)
    }

    fn y_ticks(&self) -> Vec<f64> {
        if !self.log {
            return ticks(self.high, 5);
        }
        let decades = -1..=4;
        let all = decades.flat_map(|d| [1.0, 2.0, 5.0].map(|m| m * 10f64.powi(d)));
        all.filter(|v| *v >= self.low && *v <= self.high).collect()
    }
}

/// About `n` round numbers from 0 to `high`.
fn ticks(high: f64, n: usize) -> Vec<f64> {
    let rough = (high / n as f64).max(1e-9);
    let digit = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * digit).into_iter().find(|s| *s >= rough).unwrap_or(rough);
    (0..).map(|i| f64::from(i) * step).take_while(|v| *v <= high).collect()
}

/// A number of steps in a few letters.
fn short(step: f64) -> String {
    if step >= 1e6 {
        format!("{}M", (step / 1e5).round() / 10.0)
    } else if step >= 1e4 {
        format!("{}k", (step / 100.0).round() / 10.0)
    } else {
        format!("{step}")
    }
}

fn draw(
    context: &CanvasRenderingContext2d,
    frame: &Frame,
    history: &History,
    theme: &Theme,
    hover: Option<&Bucket>,
    lit: Option<usize>,
) {
    context.set_font("11px system-ui, sans-serif");
    context.set_line_width(1.0);
    context.set_stroke_style_str(&theme.rule);
    context.set_fill_style_str(&theme.soft);
    context.set_text_align("right");
    context.set_text_baseline("middle");
    for tick in frame.y_ticks() {
        let y = frame.y(tick).round() + 0.5;
        context.begin_path();
        context.move_to(LEFT, y);
        context.line_to(frame.width - RIGHT, y);
        context.stroke();
        let _ = context.fill_text(&tick.to_string(), LEFT - 7.0, y);
    }
    context.set_text_baseline("alphabetic");
    for tick in ticks(frame.last, (frame.width / 110.0) as usize).into_iter().filter(|t| t.fract() == 0.0) {
        let x = frame.x(tick);
        context.set_text_align(if x > frame.width - 30.0 { "right" } else { "center" });
        let _ = context.fill_text(&short(tick), x, frame.height - 7.0);
    }

    let terms = history.train.last().map_or(0, |b| b.terms.len());
    // What is minimised is drawn last, over its parts.
    for term in (0..terms).rev() {
        context.set_stroke_style_str(theme.term(term));
        context.set_line_width(if lit == Some(term) {
            3.2
        } else if term == 0 {
            1.8
        } else {
            1.5
        });
        // The term that is pointed at stands out from the others.
        context.set_global_alpha(if lit.is_none_or(|l| l == term) { 1.0 } else { 0.3 });
        context.set_line_join("round");
        context.begin_path();
        for (i, bucket) in history.train.iter().enumerate() {
            let (x, y) = (frame.x(bucket.step as f64), frame.y(f64::from(bucket.terms[term])));
            if i == 0 { context.move_to(x, y) } else { context.line_to(x, y) }
        }
        context.stroke();
        context.set_fill_style_str(&theme.paper);
        for bucket in &history.test {
            let Some(value) = bucket.terms.get(term) else { continue };
            context.begin_path();
            let (x, y) = (frame.x(bucket.step as f64), frame.y(f64::from(*value)));
            let _ = context.arc(x, y, 3.2, 0.0, std::f64::consts::TAU);
            context.fill();
            context.stroke();
        }
    }
    context.set_global_alpha(1.0);
    if let Some(bucket) = hover {
        let x = frame.x(bucket.step as f64);
        context.set_stroke_style_str(&theme.soft);
        context.set_line_width(1.0);
        context.begin_path();
        context.move_to(x, TOP);
        context.line_to(x, frame.height - BOTTOM);
        context.stroke();
        for (i, value) in bucket.terms.iter().enumerate() {
            context.set_fill_style_str(theme.term(i));
            context.begin_path();
            let _ = context.arc(x, frame.y(f64::from(*value)), 3.5, 0.0, std::f64::consts::TAU);
            context.fill();
        }
    }
}

#[component]
pub fn Loss() -> impl IntoView {
    let lab = Lab::get();
    let canvas = NodeRef::<html::Canvas>::new();
    let log = RwSignal::new(true);
    // The step under the pointer.
    let hover = RwSignal::new(None::<f64>);
    let resized = RwSignal::new(0u32);
    let on_resize = window_event_listener(leptos::ev::resize, move |_| resized.update(|n| *n += 1));
    on_cleanup(move || on_resize.remove());

    let bucket = move |history: &History| hover.get().and_then(|s| history.nearest(s)).map(|i| history.train[i].clone());
    react(move || {
        lab.curves.track();
        resized.track();
        let theme = lab.theme.get();
        let lit = lab.pointed_term.get();
        let (log, Some(canvas)) = (log.get(), canvas.get()) else { return };
        lab.history.with_value(|history| {
            let (context, width, height) = paint::fit(&canvas);
            if !history.train.is_empty() {
                let hover = bucket(history);
                draw(&context, &Frame::new(history, width, height, log), history, &theme, hover.as_ref(), lit);
            }
        });
    });

    let names = move || lab.run.with(|r| r.as_ref().and_then(|r| r.info.as_ref()).map(|i| i.terms.clone()).unwrap_or_default());
    // The values under the pointer, or the latest; then the test set's latest up to there.
    let reading = move || {
        lab.curves.track();
        lab.history.with_value(|history| {
            let train = bucket(history).or_else(|| history.train.last().cloned());
            let step = train.as_ref().map_or(0, |b| b.step);
            let test = history.test.iter().rev().find(|b| b.step <= step).cloned();
            (train, test)
        })
    };
    let readout = move || {
        let (train, test) = reading();
        let step = train.as_ref().map(|b| b.step);
        let cells = names().into_iter().enumerate().map(|(i, name)| {
            let number = |b: &Option<Bucket>| b.as_ref().and_then(|b| b.terms.get(i)).map(|v| format!("{v:.1}"));
            view! {
                <span class="reading">
                    <i class=format!("swatch swatch-{}", paint::term_colour(i))></i>
                    <span class="reading-name">{name}</span>
                    <b>{number(&train).unwrap_or_else(|| "–".into())}</b>
                    {number(&test).map(|v| view! { <span class="reading-test">"test "{v}</span> })}
                </span>
            }
        });
        view! { {cells.collect_view()} {step.map(|s| view! { <span class="reading-step">{format!("step {s}")}</span> })} }
    };
    let summary = move || {
        let (train, _) = reading();
        train.map_or_else(
            || text::LOSS_EMPTY.to_owned(),
            |b| text::chart_summary(b.step, &names().into_iter().zip(b.terms).collect::<Vec<_>>()),
        )
    };
    let empty = Memo::new(move |_| {
        lab.curves.track();
        lab.history.with_value(|h| h.train.is_empty())
    });
    let step_at = move |x: f64| {
        canvas.get_untracked().map(|c| {
            lab.history.with_value(|h| {
                let (width, height) = (f64::from(c.client_width()), f64::from(c.client_height()));
                Frame::new(h, width, height, log.get_untracked()).step(x)
            })
        })
    };
    let on_key = move |e: KeyboardEvent| {
        let move_by = match e.key().as_str() {
            "ArrowLeft" => -1,
            "ArrowRight" => 1,
            "Escape" => return hover.set(None),
            _ => return,
        };
        e.prevent_default();
        lab.history.with_value(|h| {
            let last = h.train.len().checked_sub(1)?;
            let at = hover.get_untracked().and_then(|s| h.nearest(s)).unwrap_or(last);
            // A fiftieth of the curve at a time.
            let next = (at as isize + move_by * (1 + last as isize / 50)).clamp(0, last as isize);
            hover.set(Some(h.train[next as usize].step as f64));
            Some(())
        });
    };
    let scale = move |value: bool, name: &'static str| {
        view! { <button class="small" aria-pressed=move || (log.get() == value).to_string() on:click=move |_| log.set(value)>{name}</button> }
    };
    view! {
        <Panel id="loss" help=text::LOSS_HELP
            tools=move || view! {
                <div class="segments" role="group" aria-label=text::LOSS_SCALE>
                    {scale(true, text::LOSS_LOG)} {scale(false, text::LOSS_LINEAR)}
                </div>
            }>
            <div class="readout" data-testid="loss-values">{readout}</div>
            <div class="chart-frame">
                <canvas class="chart" data-testid="loss-chart" role="img" tabindex="0" node_ref=canvas aria-label=summary
                    on:pointermove=move |e: PointerEvent| hover.set(step_at(f64::from(e.offset_x())))
                    on:pointerdown=move |e: PointerEvent| hover.set(step_at(f64::from(e.offset_x())))
                    on:pointerleave=move |_| hover.set(None) on:blur=move |_| hover.set(None) on:keydown=on_key></canvas>
                <p class="empty" class:gone=move || !empty.get()>{text::LOSS_EMPTY}</p>
            </div>
        </Panel>
    }
}

/// Redraws after the fonts and the layout have settled.
pub fn settle(lab: Lab) {
    browser::next_frame(move || lab.curves.update(|n| *n += 1));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::protocol::MetricRow;

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(ticks(100.0, 5), vec![0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!(ticks(7.0, 5), vec![0.0, 2.0, 4.0, 6.0]);
        assert!(ticks(1.0, 3).len() <= 4);
    }

    #[test]
    fn the_frame_maps_steps_both_ways() {
        let mut history = History::default();
        for step in 1..=100 {
            history.push(&MetricRow { step, terms: vec![500.0 / step as f32], kl_d: vec![] });
        }
        for log in [true, false] {
            let frame = Frame::new(&history, 600.0, 300.0, log);
            assert!((frame.step(frame.x(37.0)) - 37.0).abs() < 1e-9);
            assert!(frame.y(5.0) > frame.y(50.0), "higher values lie higher");
            assert!(frame.y(0.0) <= 300.0 - BOTTOM + 1e-9, "nothing falls out of the frame");
        }
    }
}
