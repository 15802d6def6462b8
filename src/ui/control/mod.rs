//! Widgets made from a card's parameters.

pub mod words;

use latent_small::number;
use leptos::prelude::*;
use web_sys::HtmlInputElement;

use super::data::DataPicker;
use super::findings::of_card::OF_CARD;
use super::formula;
use super::prose;
use super::prose::typeset;
use super::transport::NeedsNewRun;
use crate::store::look::Look;
use crate::store::runs::Runs;
use crate::texts::OfMethod;
use latent_catalog as catalog;
use latent_catalog::CARDS;
use latent_experiment::Setup;
use latent_vocabulary::{Family, Kind, ParamSpec};

/// Positions of a slider.
const NOTCHES: f64 = 400.0;

/// A whole number that grows by factors on its slider: of a range that has room for nothing small otherwise.
fn by_factors(kind: Kind) -> Option<(f64, f64)> {
    match kind {
        Kind::Int { min, max } if min > 0 && max / min > 500 => Some((min as f64, max as f64)),
        _ => None,
    }
}

/// Where on its slider a value lies, 0 to [`NOTCHES`].
fn to_slider(kind: Kind, value: f64) -> f64 {
    if let Some((min, max)) = by_factors(kind) {
        return NOTCHES * (value / min).ln() / (max / min).ln();
    }
    match kind {
        Kind::Float { min, max, log: true } => NOTCHES * (value / min).ln() / (max / min).ln(),
        Kind::Float { min, max, .. } => NOTCHES * (value - min) / (max - min),
        Kind::Int { .. } | Kind::Choice { .. } => value,
    }
}

/// The value at a place on the slider, rounded to three digits so that links stay short.
fn from_slider(kind: Kind, at: f64) -> f64 {
    let part = at / NOTCHES;
    if let Some((min, max)) = by_factors(kind) {
        return round(min * (max / min).powf(part)).round().clamp(min, max);
    }
    match kind {
        Kind::Float { min, max, log: true } => round(min * (max / min).powf(part)).clamp(min, max),
        Kind::Float { min, max, .. } => round(min + part * (max - min)).clamp(min, max),
        Kind::Int { .. } | Kind::Choice { .. } => at,
    }
}

/// Rounds to two significant digits, and to one within 3 % of it: sliders like to rest on round numbers.
fn round(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    let digit = 10f64.powf(value.abs().log10().floor());
    let whole = (value / digit).round() * digit;
    let fine = if (value - whole).abs() < 0.03 * value.abs() { whole } else { (value / digit * 10.0).round() * digit / 10.0 };
    // 0.30000000000000004 has no place in a link.
    number(&format!("{fine:.6}")).unwrap_or(fine)
}

/// One parameter: its name, its widget, and what it does.
#[component]
pub fn Control(spec: &'static ParamSpec) -> impl IntoView {
    let runs = Runs::get();
    let texts = OfMethod::get();
    let value = Memo::new(move |_| runs.setup.with(|s| s.get(spec.key)));
    let normal = Memo::new(move |_| spec.default_for(runs.setup.with(Setup::of_pictures)));
    let id = format!("param-{}", spec.key);
    let (help_id, wrong_id) = (format!("{id}-help"), format!("{id}-wrong"));
    // Why what was typed last cannot be, and whether it still stands in the box.
    let (wrong, refused) = (RwSignal::new(String::new()), RwSignal::new(false));
    let said = move |why: String| {
        refused.set(!why.is_empty());
        wrong.set(why);
    };
    // Whether it can be that; if not, it is said why.
    let set = move |v: f64| match runs.setup.with_untracked(|s| s.allows(spec.key, v)) {
        Ok(()) => {
            said(String::new());
            runs.set_param(spec.key, v);
            true
        }
        Err(why) => {
            said(why.to_string());
            false
        }
    };
    let typed = move |text: String| match spec.parse(&text) {
        Ok(v) => {
            set(v);
        }
        Err(why) => said(why),
    };
    let number = |min: f64, max: f64, whole: bool| {
        view! {
            <input class="number" type="number" aria-label=spec.label data-testid=format!("number-{}", spec.key)
                min=min max=max step=if whole { "1" } else { "any" }
                aria-invalid=Signal::derive(move || refused.get().to_string()) aria-describedby=wrong_id.clone()
                prop:value=move || value.get().to_string() on:change=move |e| typed(event_target_value(&e))
                on:blur=move |e| {
                    // What is refused is no change of the value, and would stay. A browser may say so of a box that goes.
                    if let Some(value) = value.try_get_untracked() {
                        event_target::<HtmlInputElement>(&e).set_value(&value.to_string());
                        refused.set(false);
                    }
                } />
        }
    };
    let widget = match spec.kind {
        // A seed has too many values for a slider.
        Kind::Int { min, max } if max - min > 100_000 => number(min as f64, max as f64, true).into_any(),
        Kind::Choice { names } => view! {
            <select id=id.clone() data-testid=id.clone() translate="no" aria-describedby=help_id.clone()
                on:change=move |e| typed(event_target_value(&e))>
                {names.iter().enumerate().map(|(i, name)| view! {
                    <option value=*name selected=move || value.get() == i as f64
                        disabled=move || spec.needs_pictures(i as f64) && !runs.setup.with(Setup::of_pictures)>{*name}</option>
                }).collect_view()}
            </select>
        }
        .into_any(),
        kind => {
            let (low, high, min, max, whole) = match kind {
                Kind::Int { min, max } if by_factors(kind).is_some() => (0.0, NOTCHES, min as f64, max as f64, true),
                Kind::Int { min, max } => (min as f64, max as f64, min as f64, max as f64, true),
                Kind::Float { min, max, .. } => (0.0, NOTCHES, min, max, false),
                Kind::Choice { .. } => unreachable!("matched above"),
            };
            view! {
                <input type="range" class="slider" id=id.clone() data-testid=id.clone() aria-describedby=help_id.clone()
                    min=low max=high step="1" prop:value=move || to_slider(kind, value.get()).to_string()
                    aria-valuetext=move || spec.format(value.get())
                    on:input=move |e| {
                        if let Some(at) = latent_small::number(&event_target_value(&e))
                            && !set(from_slider(kind, at))
                        {
                            // What is refused moves nothing.
                            event_target::<HtmlInputElement>(&e).set_value(&to_slider(kind, value.get_untracked()).to_string());
                        }
                    } />
                {number(min, max, whole)}
            }
            .into_any()
        }
    };
    view! {
        <div class="control" hidden=move || !runs.setup.with(|s| s.applies(spec))>
            <div class="control-head">
                <label for=id.clone()>{spec.label}</label>
                <button class="quiet" class:gone=move || value.get() == normal.get() title=words::RESET_PARAM
                    aria-label=format!("{}: {}", spec.label, words::RESET_PARAM)
                    on:click=move |_| { set(normal.get_untracked()); }>"↺"</button>
            </div>
            <div class="widget">{widget}</div>
            <p class="wrong" role="alert" id=wrong_id data-testid=format!("wrong-{}", spec.key)>{Signal::derive(move || wrong.get())}</p>
            <p class="help" id=help_id>{move || texts.help(spec.key)}</p>
        </div>
    }
}

/// The objective, each of its parts in the colour of its curve.
#[component]
fn Formula() -> impl IntoView {
    let (look, runs) = (Look::get(), Runs::get());
    let summand = move |part: formula::ShownTerm| {
        let at = part.points_at();
        let point = move |on: bool| look.pointed_term.set(on.then_some(at));
        view! {
            <span class="part">{part.sign}<span class=format!("term term-{}", part.colour) class:lit=move || look.pointed_term.get() == Some(at)
                tabindex="0" on:pointerenter=move |_| point(true) on:pointerleave=move |_| point(false)
                on:focus=move |_| point(true) on:blur=move |_| point(false)>{typeset(part.term.text)}</span></span>" "
        }
    };
    // What the term comes to that is pointed at, here or in a chart.
    let value = move || {
        let at = look.pointed_term.get()?;
        formula::value(runs, formula::parts(runs).iter().find(|part| part.points_at() == at)?)
    };
    view! {
        <p class="formula" aria-label=move || formula::objective(runs).map(|o| o.formula())>
            {move || formula::parts(runs).into_iter().map(summand).collect_view()}</p>
        <p class="where">{move || formula::symbols(runs)}</p>
        <p class="help formula-says" role="status" data-testid="term-value">{move || value().unwrap_or_else(|| words::OBJECTIVE_HELP.into())}</p>
    }
}

/// Which trained network the method stands on.
#[component]
fn Host() -> impl IntoView {
    let runs = Runs::get();
    let line = move || {
        runs.setup.with(Setup::hosted).map(|host| view! { <p class="help" data-testid="host">{words::stands_on(&host)}</p> })
    };
    view! { {line} }
}

/// Chooses what is trained, by family.
#[component]
fn MethodPicker() -> impl IntoView {
    let runs = Runs::get();
    let families = Family::ALL.map(|family| {
        let options = CARDS.iter().filter(|c| c.family == family).map(|c| {
            let lacks = Memo::new(move |_| runs.lacks(c));
            let label = move || lacks.get().map_or_else(|| c.label.into(), |what| words::needs(c.label, what));
            view! {
                <option value=c.id selected=move || runs.setup.with(|s| s.method == c.id) disabled=move || lacks.get().is_some()>{label}</option>
            }
        });
        view! { <optgroup label=words::family(family)>{options.collect_view()}</optgroup> }
    });
    view! {
        <select id="method" data-testid="method" aria-label=words::METHOD_CHOICE on:change=move |e| runs.set_method(&event_target_value(&e))>
            {families.collect_view()}
        </select>
    }
}

/// The side column: what is trained, and with which settings.
#[component]
pub fn Controls() -> impl IntoView {
    let (runs, texts) = (Runs::get(), OfMethod::get());
    let method = Memo::new(move |_| runs.setup.with(|s| s.method.clone()));
    let asked = RwSignal::new(false);
    let body = move || {
        let card = method.with(|id| catalog::card(id)).unwrap_or(CARDS[0]);
        let group = |live: bool| card.all_params().filter(|p| p.live == live).map(|spec| view! { <Control spec /> }).collect_view();
        view! {
            <section>
                <h2>{words::OBJECTIVE}</h2>
                <MethodPicker />
                <p class="method">{card.summary}</p>
                <Formula />
                <Host />
            </section>
            <section>
                <h2>{words::LIVE}</h2>
                <p class="help">{words::LIVE_HELP}</p>
                {group(true)}
            </section>
            <section>
                <h2>{words::STRUCTURE}</h2>
                <p class="help">{words::STRUCTURE_HELP}</p>
                {group(false)}
                <NeedsNewRun />
            </section>
            <section>
                <h2>{words::TRY}</h2>
                <p class="try">{move || prose::linked(&texts.with(|t| t.try_this.clone()))}</p>
                <h2>{words::PAPERS}</h2>
                <ul class="papers">
                    {move || texts.with(|t| t.papers.clone()).into_iter().map(|p| view! { <li><cite>{p.title}</cite>", "{p.credit}</li> }).collect_view()}
                </ul>
                <details data-testid="card-findings" on:toggle=move |_| asked.set(true)>
                    <summary>{words::CLAIMS}</summary>
                    {move || asked.get().then(|| OF_CARD.view())}
                </details>
            </section>
        }
        .into_any()
    };
    view! { <aside class="controls" aria-label=words::OBJECTIVE><DataPicker />{body}</aside> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slider_goes_round() {
        for spec in CARDS.iter().flat_map(|c| c.all_params()) {
            for value in [spec.default, from_slider(spec.kind, to_slider(spec.kind, spec.default))] {
                let back = from_slider(spec.kind, to_slider(spec.kind, value));
                assert!((back - value).abs() <= 0.05 * value.abs(), "{}: {value} became {back}", spec.key);
                assert!(spec.check(back).is_ok());
            }
        }
    }

    #[test]
    fn what_cannot_be_is_answered_with_the_range() {
        for spec in CARDS.iter().flat_map(|c| c.all_params()) {
            let beyond = match spec.kind {
                Kind::Int { max, .. } => (max + 1).to_string(),
                Kind::Float { max, .. } => (max * 1.01).to_string(),
                Kind::Choice { .. } => continue,
            };
            // A box with letters in it has no value at all.
            for text in [beyond.as_str(), "", "NaN"] {
                let why = spec.parse(text).expect_err(spec.key);
                assert!(why.starts_with(spec.key) && why.ends_with(&spec.range_text()), "{why}");
            }
            assert_eq!(spec.parse(&format!(" {} ", spec.default)), Ok(spec.default));
        }
    }

    #[test]
    fn sliders_rest_on_round_numbers() {
        assert_eq!(round(0.9932), 1.0);
        assert_eq!(round(3.86), 3.9);
        assert_eq!(round(0.000_98), 0.001);
        assert_eq!(round(47.3), 47.0);
    }
}
