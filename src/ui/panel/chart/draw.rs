//! The curves on their canvas.

use web_sys::CanvasRenderingContext2d;

use super::frame::{BOTTOM, Frame, LEFT, RIGHT, TOP, short, ticks};
use crate::paint::Theme;
use latent_experiment::history::{Bucket, History};

/// What is drawn.
pub struct Curves<'a> {
    pub history: &'a History,
    /// Which of the run's numbers.
    pub shown: &'a [usize],
    /// Which of them the visitor points at.
    pub lit: Option<usize>,
    pub hover: Option<&'a Bucket>,
    /// Curves of earlier runs, as steps and values.
    pub past: &'a [Vec<(f64, f64)>],
}

pub fn draw(context: &CanvasRenderingContext2d, frame: &Frame, curves: &Curves, theme: &Theme) {
    context.set_font("11px system-ui, sans-serif");
    axes(context, frame, theme);
    past(context, frame, curves.past, theme);
    let history = curves.history;
    // What is minimised is drawn last, over its parts.
    for term in curves.shown.iter().rev().copied() {
        let thick = if term == 0 { 1.8 } else { 1.5 };
        context.set_stroke_style_str(theme.term(term));
        context.set_line_width(if curves.lit == Some(term) { 3.2 } else { thick });
        // The term that is pointed at stands out from the others.
        context.set_global_alpha(if curves.lit.is_none_or(|lit| lit == term) { 1.0 } else { 0.3 });
        let value = |b: &Bucket| Some((b.step as f64, f64::from(*b.terms.get(term)?)));
        line(context, frame, history.train.iter().filter_map(value));
        context.set_fill_style_str(&theme.paper);
        for (step, value) in history.test.iter().filter_map(value) {
            dot(context, frame.x(step), frame.y(value), 3.2);
            context.stroke();
        }
    }
    context.set_global_alpha(1.0);
    if let Some(bucket) = curves.hover {
        let x = frame.x(bucket.step as f64);
        context.set_stroke_style_str(&theme.soft);
        context.set_line_width(1.0);
        context.begin_path();
        context.move_to(x, TOP);
        context.line_to(x, frame.height - BOTTOM);
        context.stroke();
        for (term, value) in curves.shown.iter().filter_map(|i| Some((*i, bucket.terms.get(*i)?))) {
            context.set_fill_style_str(theme.term(term));
            dot(context, x, frame.y(f64::from(*value)), 3.5);
        }
    }
}

fn axes(context: &CanvasRenderingContext2d, frame: &Frame, theme: &Theme) {
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
        let _ = context.fill_text(&short(tick), LEFT - 7.0, y);
    }
    context.set_text_baseline("alphabetic");
    for tick in ticks(0.0, frame.last, (frame.width / 110.0) as usize).into_iter().filter(|t| t.fract() == 0.0) {
        let x = frame.x(tick);
        context.set_text_align(if x > frame.width - 30.0 { "right" } else { "center" });
        let _ = context.fill_text(&short(tick), x, frame.height - 7.0);
    }
}

/// Curves of earlier runs, as far as this one has come, each with its number at the end.
fn past(context: &CanvasRenderingContext2d, frame: &Frame, past: &[Vec<(f64, f64)>], theme: &Theme) {
    context.set_stroke_style_str(&theme.soft);
    context.set_fill_style_str(&theme.soft);
    context.set_line_width(1.2);
    context.set_text_align("right");
    for (number, points) in (1..).zip(past) {
        let within: Vec<(f64, f64)> = points.iter().copied().filter(|(step, _)| *step <= frame.last).collect();
        line(context, frame, within.iter().copied());
        if let Some((step, value)) = within.last() {
            let _ = context.fill_text(&format!("{number}"), frame.x(*step), frame.y(*value) - 4.0);
        }
    }
}

fn line(context: &CanvasRenderingContext2d, frame: &Frame, points: impl Iterator<Item = (f64, f64)>) {
    context.set_line_join("round");
    context.begin_path();
    for (i, (step, value)) in points.enumerate() {
        let (x, y) = (frame.x(step), frame.y(value));
        if i == 0 { context.move_to(x, y) } else { context.line_to(x, y) }
    }
    context.stroke();
}

fn dot(context: &CanvasRenderingContext2d, x: f64, y: f64, radius: f64) {
    context.begin_path();
    let _ = context.arc(x, y, radius, 0.0, std::f64::consts::TAU);
    context.fill();
}
