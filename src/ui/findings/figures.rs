//! The verdict on a finding, and its figures as bars.

use leptos::prelude::*;

use super::words;
use latent_finding::{Figure, Finding, Judged, Taken, mean};
use latent_vocabulary::measured::four_digits;

/// Whether all was as expected, and its class.
pub fn verdict(judged: &[Judged]) -> (&'static str, &'static str) {
    if judged.iter().all(|j| j.holds) { (words::HELD, "held") } else { (words::DID_NOT_HOLD, "not") }
}

/// What was expected, with both sides.
pub fn sides(judged: &[Judged]) -> impl IntoView + use<> {
    let one = |j: &Judged| {
        let how = if j.holds { words::EXPECTED } else { words::NOT_SO };
        view! { <li><b>{how}": "</b><span lang="en">{words::sides(&j.text, &four_digits(j.left), &four_digits(j.right))}</span></li> }
    };
    judged.iter().map(one).collect_view()
}

/// The figures of every run, as bars from zero: of one record, or of several, which then have names, side by side.
pub fn figures(finding: &Finding, records: &[(Option<&'static str>, &Vec<Taken>)]) -> impl IntoView + use<> {
    finding.figures.iter().map(|figure| chart(finding, records, figure)).collect_view()
}

fn chart(finding: &Finding, records: &[(Option<&'static str>, &Vec<Taken>)], figure: &Figure) -> impl IntoView + use<> {
    let mut values: Vec<(&str, Option<&str>, f64)> = vec![];
    for run in &finding.runs {
        for (name, taken) in records {
            let found = taken.iter().find(|t| t.run == run.name && t.measure == figure.measure);
            if let Some(taken) = found.filter(|t| !t.values.is_empty()) {
                values.push((&run.label, *name, mean(&taken.values)));
            }
        }
    }
    let most = values.iter().fold(f64::MIN_POSITIVE, |most, (_, _, v)| most.max(v.abs()));
    let bars = values
        .into_iter()
        .map(|(label, of, value)| {
            let part = format!("{:.1}%", 100.0 * value.abs() / most);
            view! { <li><span><span lang="en">{label.to_owned()}</span>{of.map(|of| format!(", {of}"))}</span><i><b style:width=part></b></i><span>{four_digits(value)}</span></li> }
        })
        .collect_view();
    view! { <figure class="figures"><figcaption lang="en">{figure.label.clone()}</figcaption><ul>{bars}</ul></figure> }
}
