//! How much is left unexplained, over how much of a code there is.

use leptos::prelude::*;

use super::told::Told;
use super::words::{self, Words};

/// Size of the chart and its margins: left for names, below for numbers.
const SIZE: [f64; 2] = [300.0, 150.0];
const LEFT: f64 = 44.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 12.0;
const BELOW: f64 = 34.0;

/// Where each length stands, from 0 to 1; many lengths stand by their logarithms.
fn across(length_n: &[u32], by_logarithm: bool) -> Vec<f64> {
    let most = f64::from(*length_n.last().unwrap_or(&1)).max(2.0);
    length_n
        .iter()
        .map(|n| f64::from(*n))
        .map(|n| if by_logarithm { n.ln() / most.ln() } else { (n - 1.0) / (most - 1.0) })
        .collect()
}

/// Points of the curve; `top` is unexplained at its upper end.
fn points(told: &Told, by_logarithm: bool, top: f64) -> Vec<[f64; 2]> {
    let (width, height) = (SIZE[0] - LEFT - RIGHT, SIZE[1] - TOP - BELOW);
    let y = |v: &f32| TOP + height * (1.0 - (f64::from(*v) / top).clamp(0.0, 1.0));
    across(&told.length_n, by_logarithm).iter().zip(&told.fvu_n).map(|(x, v)| [LEFT + width * x, y(v)]).collect()
}

fn top_of(told: &Told) -> f64 {
    f64::from(told.fvu_n.iter().copied().filter(|v| v.is_finite()).fold(0.0f32, f32::max)).clamp(1e-3, 1.5)
}

#[component]
pub fn Curve(says: &'static Words, told: Memo<Told>, at: Memo<usize>) -> impl IntoView {
    let all = Memo::new(move |_| told.with(|told| points(told, says.by_logarithm, top_of(told))));
    let line = move || all.with(|all| all.iter().map(|[x, y]| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" "));
    let dots = move || {
        let dot = |(i, [x, y]): (usize, [f64; 2])| view! { <circle cx=x cy=y r=move || if at.get() == i { "5" } else { "2.5" } /> };
        all.get().into_iter().enumerate().map(dot).collect_view()
    };
    let most = move || told.with(|told| told.length_n.last().map_or_else(String::new, u32::to_string));
    let top = move || told.with(|told| words::percent(top_of(told) as f32));
    let [width, height] = SIZE;
    let (bottom, right) = (height - BELOW, width - RIGHT);
    view! {
        <svg class="unexplained" viewBox=format!("0 0 {width} {height}") role="img" aria-label=words::CURVE data-testid="unexplained">
            <path class="axis" d=format!("M{LEFT} {TOP}V{bottom}H{right}") />
            <text x=LEFT - 6.0 y=TOP + 4.0 text-anchor="end">{top}</text>
            <text x=LEFT - 6.0 y=bottom + 4.0 text-anchor="end">"0"</text>
            <text x=LEFT y=bottom + 14.0 text-anchor="middle">"1"</text>
            <text x=right y=bottom + 14.0 text-anchor="end">{most}</text>
            <text x=0.5 * (LEFT + right) y=height - 4.0 text-anchor="middle">{says.axis}</text>
            <polyline points=line />
            {dots}
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_stand_in_their_order() {
        assert_eq!(across(&[1, 2, 3], false), [0.0, 0.5, 1.0]);
        assert_eq!(across(&[1, 4, 16], true), [0.0, 0.5, 1.0]);
        assert_eq!((across(&[1], true), across(&[], false)), (vec![0.0], vec![]));
        let told = Told { length_n: vec![1, 2], fvu_n: vec![0.8, 0.2], ..Told::default() };
        let points = points(&told, false, top_of(&told));
        assert_eq!((points[0], points[1][0]), ([LEFT, TOP], SIZE[0] - RIGHT));
        assert!(points[1][1] > points[0][1], "what is explained better lies lower");
    }
}
