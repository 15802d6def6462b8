//! Charts as SVG: from numbers to text, without the page.

use std::fmt::Write as _;

use crate::panel::chart::frame::{short, ticks};
use latent_sweep::Band;

/// Colours of groups, as the theme calls those of curves; the first of these is that of text.
const COLOURS: usize = 7;
/// Groups that the legend names.
const NAMED: usize = 12;
const TOP: f64 = 12.0;
const RIGHT: f64 = 14.0;
const BOTTOM: f64 = 40.0;
const LEFT: f64 = 60.0;
/// Between two bars, and of a line of the legend.
const LINE: f64 = 26.0;
const LEGEND: f64 = 18.0;

/// The colour of a group.
fn colour(group: usize) -> String {
    format!("var(--term-{})", 1 + group % COLOURS)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// From numbers to a stretch of the picture.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    low: f64,
    high: f64,
    log: bool,
    from: f64,
    to: f64,
}

impl Scale {
    /// Over all of these numbers, with a little room at both ends.
    pub fn over(values: impl Iterator<Item = f64>, log: bool, from: f64, to: f64) -> Self {
        let of = |v: f64| if log { v.ln() } else { v };
        let all = values.filter(|v| v.is_finite() && (!log || *v > 0.0)).map(of);
        let (least, most) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        let (least, most) = if least <= most { (least, most) } else { (0.0, 1.0) };
        let room = if most > least { 0.05 * (most - least) } else { 0.5 * least.abs().max(1e-9) };
        Self { low: least - room, high: most + room, log, from, to }
    }

    /// From zero on, where all numbers are above it.
    fn with_zero(mut self) -> Self {
        (self.low, self.high) = (self.low.min(0.0), self.high.max(0.0));
        self
    }

    pub fn at(&self, value: f64) -> f64 {
        let value = if self.log { value.ln() } else { value };
        self.from + (self.to - self.from) * (value - self.low) / (self.high - self.low)
    }

    fn ticks(&self, n: usize) -> Vec<f64> {
        if !self.log {
            return ticks(self.low, self.high, n);
        }
        let within = |v: &f64| v.ln() >= self.low && v.ln() <= self.high;
        let some = |marks: &[f64]| -> Vec<f64> {
            (-12..=12).flat_map(|d| marks.iter().map(move |m| m * 10f64.powi(d))).filter(within).collect()
        };
        // As fine as is needed for two of them.
        let all = [&[1.0][..], &[1.0, 3.0], &[1.0, 2.0, 5.0]].map(some);
        all.into_iter().find(|all| all.len() > 1).unwrap_or_else(|| ticks(self.low.exp(), self.high.exp(), n))
    }
}

/// A picture that is being written.
struct Picture {
    text: String,
    width: f64,
    height: f64,
}

impl Picture {
    fn new(width: f64, height: f64) -> Self {
        Self { text: String::new(), width, height }
    }

    fn label(&mut self, (x, y): (f64, f64), anchor: &str, text: &str) {
        let _ = write!(self.text, r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{}</text>"#, escaped(text));
    }

    fn line(&mut self, points: &[(f64, f64)], style: &str) {
        let all: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = write!(self.text, r#"<polyline points="{}" fill="none" {style}/>"#, all.join(" "));
    }

    fn dot(&mut self, (x, y): (f64, f64), radius: f64, colour: &str, title: &str) {
        let _ = write!(
            self.text,
            r#"<circle cx="{x:.1}" cy="{y:.1}" r="{radius}" fill="{colour}" fill-opacity="0.8"><title>{}</title></circle>"#,
            escaped(title)
        );
    }

    /// Axes with their names.
    fn axes(&mut self, x: &Scale, y: &Scale, names: [&str; 2]) {
        let (left, right, bottom) = (x.from, x.to, y.from);
        for tick in y.ticks(5) {
            let at = y.at(tick);
            self.line(&[(left, at), (right, at)], r#"stroke="var(--rule)""#);
            self.label((left - 6.0, at + 4.0), "end", &short(tick));
        }
        for tick in x.ticks((((right - left) / 90.0) as usize).max(3)) {
            let at = x.at(tick);
            self.line(&[(at, bottom), (at, bottom + 4.0)], r#"stroke="var(--soft)""#);
            self.label((at, bottom + 16.0), "middle", &short(tick));
        }
        self.line(&[(left, bottom), (right, bottom)], r#"stroke="var(--soft)""#);
        self.label((right, bottom + 32.0), "end", names[0]);
        self.label((left, TOP - 2.0), "start", names[1]);
    }

    /// Which colour is which group, below all else.
    fn legend(&mut self, groups: &[String]) {
        let top = self.height + 4.0;
        for (i, name) in groups.iter().take(NAMED).enumerate() {
            let y = top + LEGEND * i as f64;
            let _ = write!(self.text, r#"<rect x="{LEFT}" y="{y:.1}" width="14" height="10" rx="2" fill="{}"/>"#, colour(i));
            self.label((LEFT + 20.0, y + 9.0), "start", name);
        }
        if groups.len() > NAMED {
            self.label((LEFT + 20.0, top + LEGEND * NAMED as f64 + 9.0), "start", "…");
        }
        self.height = top + LEGEND * (groups.len().min(NAMED + 1)) as f64;
    }

    fn done(self, name: &str) -> String {
        let Self { text, width, height } = self;
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" width="{width:.0}" height="{height:.0}" role="img" aria-label="{}" font-family="system-ui, sans-serif" font-size="12" fill="currentColor">{text}</svg>"#,
            escaped(name)
        )
    }
}

/// Where the picture's two scales lie.
fn place(width: f64, height: f64) -> [(f64, f64); 2] {
    [(LEFT, width - RIGHT), (height - BOTTOM, TOP + 6.0)]
}

/// Curves of groups with their bands.
pub fn curves(groups: &[(String, Band)], name: &str, width: f64) -> String {
    let height = 320.0;
    let last = groups.iter().filter_map(|(_, band)| band.last()).map(|(step, _)| *step).max().unwrap_or(1);
    // The fall from noise would flatten all that follows.
    let shown = |step: u64| step as f64 >= 0.04 * last as f64;
    let values = groups.iter().flat_map(|(_, band)| band).filter(|(step, _)| shown(*step)).flat_map(|(_, v)| *v);
    let [(a, b), (c, d)] = place(width, height);
    let (x, y) = (Scale { low: 0.0, high: last as f64, log: false, from: a, to: b }, Scale::over(values, false, c, d));
    let mut picture = Picture::new(width, height);
    picture.axes(&x, &y, ["steps", name]);
    let clamped = |v: f64| y.at(v).clamp(d, c);
    for (i, (_, band)) in groups.iter().enumerate() {
        let side = |k: usize| band.iter().map(move |(step, v)| (x.at(*step as f64), clamped(v[k])));
        if band.iter().any(|(_, v)| v[2] > v[1]) {
            let all: Vec<String> = side(1).chain(side(2).rev()).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            let _ = write!(picture.text, r#"<polygon points="{}" fill="{}" fill-opacity="0.18"/>"#, all.join(" "), colour(i));
        }
        picture.line(&side(0).collect::<Vec<_>>(), &format!(r#"stroke="{}" stroke-width="2""#, colour(i)));
    }
    picture.legend(&groups.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>());
    picture.done(name)
}

/// A bar of a group: mean, half its interval, and each run's number.
pub struct Bar {
    pub label: String,
    pub mean: f64,
    pub half: Option<f64>,
    pub each: Vec<f64>,
}

/// Bars from zero, with intervals.
pub fn bars(bars: &[Bar], name: &str, width: f64) -> String {
    let longest = bars.iter().map(|bar| bar.label.chars().count()).max().unwrap_or(0) as f64;
    let left = (longest * 6.6 + 14.0).min(0.45 * width);
    let height = TOP + LINE * bars.len() as f64 + BOTTOM;
    let ends = bars
        .iter()
        .flat_map(|b| [b.mean - b.half.unwrap_or(0.0), b.mean + b.half.unwrap_or(0.0)].into_iter().chain(b.each.clone()));
    let x = Scale::over(ends, false, left, width - RIGHT).with_zero();
    let mut picture = Picture::new(width, height);
    let bottom = height - BOTTOM;
    for tick in x.ticks((((width - left) / 90.0) as usize).max(3)) {
        picture.line(&[(x.at(tick), TOP), (x.at(tick), bottom)], r#"stroke="var(--rule)""#);
        picture.label((x.at(tick), bottom + 16.0), "middle", &short(tick));
    }
    picture.label((width - RIGHT, bottom + 32.0), "end", name);
    for (i, bar) in bars.iter().enumerate() {
        let middle = TOP + LINE * (i as f64 + 0.5);
        let (zero, end) = (x.at(0.0), x.at(bar.mean));
        picture.label((left - 8.0, middle + 4.0), "end", &bar.label);
        let (from, long) = (zero.min(end), (end - zero).abs());
        let _ = write!(
            picture.text,
            r#"<rect x="{from:.1}" y="{:.1}" width="{long:.1}" height="14" rx="2" fill="{}" fill-opacity="0.45"/>"#,
            middle - 7.0,
            colour(0)
        );
        if let Some(half) = bar.half {
            picture.line(
                &[(x.at(bar.mean - half), middle), (x.at(bar.mean + half), middle)],
                r#"stroke="currentColor" stroke-width="1.5""#,
            );
        }
        bar.each.iter().for_each(|v| picture.dot((x.at(*v), middle), 3.0, &colour(0), &short(*v)));
    }
    picture.done(name)
}

/// A run as a dot.
pub struct Dot {
    pub x: f64,
    pub y: f64,
    pub group: usize,
    pub title: String,
}

/// Dots of groups, and lines through some of them or beside them.
pub fn dots(dots: &[Dot], groups: &[String], line: &[(f64, f64)], log: bool, names: [&str; 2], width: f64) -> String {
    let height = 340.0;
    let [(a, b), (c, d)] = place(width, height);
    let x = Scale::over(dots.iter().map(|dot| dot.x), log, a, b);
    let y = Scale::over(dots.iter().map(|dot| dot.y), log, c, d);
    let mut picture = Picture::new(width, height);
    picture.axes(&x, &y, names);
    let ends: Vec<(f64, f64)> = line.iter().map(|(u, v)| (x.at(*u), y.at(*v))).collect();
    picture.line(&ends, r#"stroke="currentColor" stroke-width="1.5" stroke-dasharray="5 4""#);
    dots.iter().for_each(|dot| picture.dot((x.at(dot.x), y.at(dot.y)), 5.0, &colour(dot.group), &dot.title));
    picture.legend(groups);
    picture.done(&format!("{} over {}", names[1], names[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_map_numbers_and_have_round_ticks() {
        let linear = Scale::over([0.0, 100.0].into_iter(), false, 0.0, 110.0);
        assert!((linear.at(50.0) - 55.0).abs() < 1e-9 && linear.at(0.0) > 0.0 && linear.at(100.0) < 110.0);
        assert_eq!(linear.ticks(5), [0.0, 50.0, 100.0]);
        let log = Scale::over([1.0, 100.0, -3.0].into_iter(), true, 0.0, 1.0);
        assert!((log.at(10.0) - 0.5).abs() < 1e-9);
        assert_eq!(log.ticks(5), [1.0, 10.0, 100.0]);
        assert!(Scale::over([183.0, 217.0].into_iter(), true, 0.0, 1.0).ticks(5).len() > 2);
        let same = Scale::over([3.0].into_iter(), false, 0.0, 1.0);
        assert!(same.at(3.0).is_finite() && Scale::over([].into_iter(), false, 0.0, 1.0).at(0.5).is_finite());
    }

    #[test]
    fn a_chart_has_what_it_is_given() {
        let band = |at: f64| vec![(10, [at, at - 1.0, at + 1.0]), (20, [at, at - 1.0, at + 1.0])];
        let svg = curves(&[("β < 1".into(), band(5.0)), ("β 4".into(), band(9.0))], "loss", 600.0);
        assert_eq!((svg.matches("<polygon").count(), svg.matches("stroke-width=\"2\"").count()), (2, 2));
        assert!(svg.contains("β &lt; 1") && !svg.contains("β < 1") && !svg.contains("NaN"), "{svg}");
        let bar = |label: &str, half| Bar { label: label.into(), mean: 2.0, half, each: vec![1.0, 3.0] };
        let svg = bars(&[bar("a", Some(0.5)), bar("b", None)], "kl", 600.0);
        assert_eq!(
            (svg.matches("<rect").count(), svg.matches("<circle").count(), svg.matches("stroke-width=\"1.5\"").count()),
            (2, 4, 1)
        );
        let dot = |x, group| Dot { x, y: 2.0 * x, group, title: "t".into() };
        let svg =
            dots(&[dot(1.0, 0), dot(10.0, 1)], &["a".into(), "b".into()], &[(1.0, 2.0), (10.0, 20.0)], true, ["x", "y"], 600.0);
        assert_eq!((svg.matches("<circle").count(), svg.matches("stroke-dasharray").count()), (2, 1));
        assert!(!svg.contains("NaN"), "{svg}");
    }
}
