//! Charts of the runs that are made: what is drawn is chosen here.

use leptos::prelude::*;

use super::plot::{Bar, Dot, bars, curves, dots};
use super::queue::Queue;
use super::state::SWEEP;
use super::words;
use crate::browser;
use latent_sweep::{Row, Table, band, front, groups, interval, power_law};

/// A picture, and what is to be known of it; or why there is none.
type Drawn = Result<(String, String), String>;

/// What is chosen.
#[derive(Clone, Copy)]
struct Chosen {
    kind: RwSignal<usize>,
    /// Columns, empty until one is chosen, and whether more of them is better.
    x: RwSignal<String>,
    y: RwSignal<String>,
    more: [RwSignal<bool>; 2],
}

/// Names of the runs' terms, each once.
fn terms(rows: &[Row]) -> Vec<String> {
    let mut all: Vec<String> = vec![];
    for name in rows.iter().flat_map(|row| &row.made.names) {
        if !all.contains(name) {
            all.push(name.clone());
        }
    }
    all
}

/// The name that is chosen, where it is one of these; else the first.
fn one_of(names: &[String], chosen: &str, first: usize) -> String {
    let found = names.iter().find(|name| *name == chosen).or_else(|| names.get(first)).or_else(|| names.first());
    found.cloned().unwrap_or_default()
}

fn drawn_curves(rows: &[Row], chosen: &str, width: f64) -> Drawn {
    let name = one_of(&terms(rows), chosen, 0);
    let mut seeds = 1;
    let of_group = |rows_of: &[usize]| {
        let curves: Vec<_> =
            rows_of.iter().filter_map(|i| Some((&rows[*i].curve, rows[*i].made.names.iter().position(|n| *n == name)?))).collect();
        band(&curves)
    };
    let mut all = vec![];
    for group in groups(rows) {
        let band = of_group(&group.rows);
        if !band.is_empty() {
            seeds = seeds.max(group.rows.len());
            all.push((group.label, band));
        }
    }
    if all.is_empty() {
        return Err(words::NO_CHART.into());
    }
    let name = words::column(&name);
    Ok((curves(&all, &name, width), words::curves(&name, seeds)))
}

fn drawn_bars(rows: &[Row], table: &Table, chosen: &str, width: f64) -> Drawn {
    let name = one_of(&results(rows, table), chosen, 0);
    let values = table.numbers(&name);
    let mut all = vec![];
    for group in groups(rows) {
        let each: Vec<f64> = group.rows.iter().filter_map(|i| values[*i]).collect();
        if !each.is_empty() {
            let found = interval(&each);
            all.push(Bar { label: group.label, mean: found.mean, half: found.half, each });
        }
    }
    if all.is_empty() {
        return Err(words::NO_CHART.into());
    }
    let seeds = all.iter().map(|bar| bar.each.len()).max().unwrap_or(1);
    let name = words::column(&name);
    Ok((bars(&all, &name, width), words::bars(&name, seeds)))
}

/// Columns of what came out, not of what was chosen.
fn results(rows: &[Row], table: &Table) -> Vec<String> {
    let swept = |name: &String| name == "seed" || rows.iter().any(|row| row.job.values.iter().any(|(key, _)| key == name));
    table.numeric().into_iter().filter(|name| !swept(name)).collect()
}

fn dots_of(rows: &[Row], table: &Table, [x, y]: [&str; 2]) -> (Vec<Dot>, Vec<String>) {
    let (xs, ys) = (table.numbers(x), table.numbers(y));
    let (mut all, mut names) = (vec![], vec![]);
    for (group, of) in groups(rows).into_iter().enumerate() {
        for i in of.rows {
            if let (Some(x), Some(y)) = (xs[i], ys[i]) {
                all.push(Dot { x, y, group, title: rows[i].job.label.clone() });
            }
        }
        names.push(of.label);
    }
    (all, names)
}

fn drawn_front(rows: &[Row], table: &Table, [x, y]: [&str; 2], more: [bool; 2], width: f64) -> Drawn {
    let (dots_n, names) = dots_of(rows, table, [x, y]);
    if dots_n.is_empty() {
        return Err(words::NO_CHART.into());
    }
    let sign = |v: f64, more: bool| if more { -v } else { v };
    let points: Vec<(f64, f64)> = dots_n.iter().map(|dot| (sign(dot.x, more[0]), sign(dot.y, more[1]))).collect();
    let line: Vec<(f64, f64)> = front(&points).into_iter().map(|i| (dots_n[i].x, dots_n[i].y)).collect();
    let [x, y] = [x, y].map(words::column);
    Ok((dots(&dots_n, &names, &line, false, [&x, &y], width), words::scatter(&x, &y)))
}

fn drawn_law(rows: &[Row], table: &Table, [x, y]: [&str; 2], width: f64) -> Drawn {
    let (mut all, names) = dots_of(rows, table, [x, y]);
    all.retain(|dot| dot.x > 0.0 && dot.y > 0.0);
    let points: Vec<(f64, f64)> = all.iter().map(|dot| (dot.x, dot.y)).collect();
    let fit = power_law(&points).ok_or(words::NO_LAW)?;
    let ends = points.iter().fold((f64::INFINITY, 0.0f64), |(a, b), (x, _)| (a.min(*x), b.max(*x)));
    let line = [ends.0, ends.1].map(|x| (x, fit.factor * x.powf(fit.slope)));
    let [x, y] = [x, y].map(words::column);
    Ok((dots(&all, &names, &line, true, [&x, &y], width), words::law(&x, &y, &words::slope(fit.slope, fit.half))))
}

fn drawn(rows: &[Row], chosen: Chosen, width: f64) -> Drawn {
    let table = Table::of(rows);
    let (x, y) = (chosen.x.get(), chosen.y.get());
    let results = results(rows, &table);
    match chosen.kind.get() {
        0 => drawn_curves(rows, &y, width),
        1 => drawn_bars(rows, &table, &y, width),
        2 => drawn_front(
            rows,
            &table,
            [&one_of(&results, &x, 2), &one_of(&results, &y, 1)],
            chosen.more.map(|more| more.get()),
            width,
        ),
        _ => drawn_law(rows, &table, [&one_of(&table.numeric(), &x, 0), &one_of(&results, &y, 0)], width),
    }
}

/// As wide as the dialog lets it be.
fn width() -> f64 {
    let inner = browser::window().inner_width().ok().and_then(|w| w.as_f64()).unwrap_or(700.0);
    (inner - 70.0).clamp(300.0, 912.0)
}

#[component]
pub fn Charts() -> impl IntoView {
    let queue = Queue::get();
    let rows = Memo::new(move |_| queue.of(SWEEP, super::state::Batch::rows).unwrap_or_default());
    let chosen = Chosen {
        kind: RwSignal::new(0),
        x: RwSignal::default(),
        y: RwSignal::default(),
        more: [RwSignal::new(false), RwSignal::new(false)],
    };
    let picture = Memo::new(move |_| rows.with(|rows| drawn(rows, chosen, width())));
    let kinds =
        words::CHARTS.iter().enumerate().map(|(i, name)| view! { <option value=i.to_string()>{*name}</option> }).collect_view();
    let names = move |across: bool| {
        rows.with(|rows| {
            let table = Table::of(rows);
            match (chosen.kind.get(), across) {
                (0, _) => (terms(rows), 0),
                (3, true) => (table.numeric(), 0),
                (2, true) => (results(rows, &table), 2),
                (2, false) => (results(rows, &table), 1),
                _ => (results(rows, &table), 0),
            }
        })
    };
    let axis = move |signal: RwSignal<String>, across: bool, id: &'static str, label: fn(usize) -> &'static str| {
        let options = move || {
            let (all, first) = names(across);
            let now = one_of(&all, &signal.get(), first);
            all.into_iter()
                .map(|name| {
                    let label = words::column(&name);
                    view! { <option selected=name == now value=name>{label}</option> }
                })
                .collect_view()
        };
        view! {
            <label class="field">{move || label(chosen.kind.get())}
                <select data-testid=id on:change=move |e| signal.set(event_target_value(&e))>{options}</select></label>
        }
    };
    let better = move |i: usize, id: &'static str| {
        let signal = chosen.more[i];
        view! { <label class="check"><input type="checkbox" data-testid=id on:change=move |e| signal.set(event_target_checked(&e)) />{words::MORE}</label> }
    };
    let two = move || chosen.kind.get() >= 2;
    let save = move |_| {
        if let Ok((svg, _)) = picture.get_untracked() {
            // Fails only where there is no memory for it.
            let _ = browser::save_bytes(svg.as_bytes(), "runs.svg");
        }
    };
    let body = move || {
        match picture.get() {
        Ok((svg, caption)) => view! {
            <figure class="plot" data-testid="bench-chart"><div inner_html=svg></div><figcaption data-testid="bench-caption">{caption}</figcaption></figure>
        }
        .into_any(),
        Err(why) => view! { <p class="note" data-testid="bench-no-chart">{why}</p> }.into_any(),
    }
    };
    view! {
        <section>
            <h3>{words::OUTCOME}</h3>
            <div class="fields">
                <label class="field">{words::CHART}
                    <select data-testid="bench-kind" on:change=move |e| chosen.kind.set(event_target_value(&e).parse().unwrap_or(0))>{kinds}</select></label>
                <Show when=two>
                    <div>{axis(chosen.x, true, "bench-x", |_| words::ACROSS)}<Show when=move || chosen.kind.get() == 2>{better(0, "bench-x-more")}</Show></div>
                </Show>
                <div>{axis(chosen.y, false, "bench-y", |kind| if kind >= 2 { words::UP } else { words::OF })}
                    <Show when=move || chosen.kind.get() == 2>{better(1, "bench-y-more")}</Show></div>
            </div>
            {body}
            <button class="small" data-testid="bench-svg" on:click=save>{words::SAVE_SVG}</button>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use latent_sweep::{Curve, Job, Made, Point};

    fn rows() -> Vec<Row> {
        let row = |beta: f64, seed: u32| {
            let job = Job {
                label: format!("beta {beta}, seed {seed}"),
                values: vec![("beta".into(), beta.to_string())],
                seed,
                setup: String::new(),
                steps: 20,
                stop: latent_sweep::Stop::default(),
                images: 0,
                measures: vec![],
            };
            let (kl, rec) = (16.0 / beta, 50.0 + beta);
            let terms = vec![(kl + rec + f64::from(seed)) as f32, rec as f32, kl as f32];
            let point = |step| Point { step, terms: terms.clone() };
            let names = ["loss", "reconstruction", "kl"].map(String::from).to_vec();
            let curve = Curve { points: vec![point(10), point(20)] };
            Row { job, made: Made { names, ..Made::default() }, terms: terms.iter().map(|v| f64::from(*v)).collect(), curve }
        };
        [1.0, 4.0, 16.0].into_iter().flat_map(|beta| [row(beta, 0), row(beta, 1)]).collect()
    }

    #[test]
    fn each_chart_is_of_the_chosen_numbers() {
        let (rows, width) = (rows(), 600.0);
        let table = Table::of(&rows);
        let (svg, caption) = drawn_curves(&rows, "loss", width).unwrap();
        assert!(svg.matches("<polygon").count() == 3 && caption.contains("lowest to the highest"), "{caption}");
        let (svg, caption) = drawn_bars(&rows, &table, "kl", width).unwrap();
        assert!(svg.contains("beta 16") && caption.starts_with("kl: means"), "{caption}");
        // One beats no other in both: all six are on the front, twice the same.
        let (svg, _) = drawn_front(&rows, &table, ["kl", "reconstruction"], [false, false], width).unwrap();
        assert_eq!(
            svg.split("stroke-dasharray")
                .next()
                .unwrap()
                .rsplit("points=\"")
                .next()
                .unwrap()
                .split("\" fill")
                .next()
                .unwrap()
                .split(' ')
                .count(),
            6
        );
        let (_, caption) = drawn_law(&rows, &table, ["beta", "kl"], width).unwrap();
        assert!(caption.contains("slope -1.000 ± 0.000"), "{caption}");
        assert_eq!(drawn_law(&rows, &table, ["seed", "kl"], width), Err(words::NO_LAW.into()));
        assert_eq!(results(&rows, &table)[..3], ["loss", "reconstruction", "kl"].map(String::from));
        assert_eq!(one_of(&["a".into(), "b".into()], "c", 1), "b");
    }
}
