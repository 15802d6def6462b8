//! What is to be run.

use leptos::prelude::*;

use super::queue::Queue;
use super::state::{Batch, SWEEP};
use super::words;
use crate::only::Only;
use crate::store::runs::Runs;
use latent_catalog::SETS;
use latent_experiment::Setup;
use latent_sweep::{Axis, DATA, Job, METHOD, Stop, Sweep};
use latent_vocabulary::ParamSpec;
use latent_vocabulary::card::{COMMON, Kind};

/// Of an axis: its key, empty for none, and its values as they are typed.
#[derive(Clone, Copy)]
struct Field {
    key: RwSignal<String>,
    values: RwSignal<String>,
}

/// Values to begin with: around the present one, in the parameter's range, and such that the experiment can be run.
fn suggested(setup: &Setup, spec: &ParamSpec) -> String {
    let numbers = |min: f64, max: f64, whole: bool| {
        let now = setup.get(spec.key);
        let all = if now == 0.0 { [min, 0.5 * (min + max), max] } else { [0.25, 1.0, 4.0].map(|k| k * now) };
        let mut all = all.map(|v| if whole { v.round() } else { v }.clamp(min, max)).to_vec();
        all.retain(|value| setup.allows(spec.key, *value).is_ok());
        all.dedup();
        all.iter().map(f64::to_string).collect::<Vec<_>>().join(", ")
    };
    match spec.kind {
        Kind::Choice { names } => names.join(", "),
        Kind::Int { min, max } => numbers(min as f64, max as f64, true),
        Kind::Float { min, max, .. } => numbers(min, max, false),
    }
}

/// Parameters that can be swept: all that mean something, but for the seed.
fn sweepable(setup: &Setup) -> Vec<&'static ParamSpec> {
    let all = setup.card().into_iter().flat_map(|card| card.all_params());
    all.filter(|spec| spec.key != "seed" && setup.applies(spec)).collect()
}

fn suggestion(setup: &Setup, key: &str) -> String {
    match key {
        METHOD => {
            let family = setup.card().map(|card| card.family).ok();
            let others = latent_catalog::CARDS.iter().filter(|card| Some(card.family) == family).map(|card| card.id);
            others.take(3).collect::<Vec<_>>().join(", ")
        }
        DATA => {
            let second = SETS.iter().map(|set| set.id).find(|id| *id != setup.data).unwrap_or_default();
            format!("{}, {second}", setup.data)
        }
        _ => sweepable(setup).into_iter().find(|spec| spec.key == key).map(|spec| suggested(setup, spec)).unwrap_or_default(),
    }
}

fn help(setup: &Setup, key: &str) -> String {
    match key {
        "" => String::new(),
        METHOD => words::OF_METHOD.into(),
        DATA => words::OF_DATA.into(),
        _ => sweepable(setup).into_iter().find(|spec| spec.key == key).map(|s| words::range(&s.range_text())).unwrap_or_default(),
    }
}

/// The sweep over these axes, with all else as the controls have it.
fn sweep(setup: &Setup, axes: Vec<Axis>, seeds: u32, (steps, stop): (u64, Stop), (images, measures): (u32, Vec<String>)) -> Sweep {
    let query = setup.to_query();
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let own = pairs.filter(|(key, _)| !matches!(*key, "v" | "data" | "method" | "host" | "seed") && !key.starts_with("host."));
    let own = own.filter(|(key, _)| axes.iter().all(|axis| axis.key != *key));
    Sweep {
        data: setup.data.clone(),
        method: setup.method.clone(),
        pairs: own.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        axes,
        seeds,
        steps,
        stop,
        images,
        measures,
    }
}

fn number(text: &str, what: &str) -> Result<u32, String> {
    text.trim().parse().ok().filter(|n| *n > 0).ok_or_else(|| words::whole(what))
}

/// A number that need not be there.
fn optional(text: &str, what: &str) -> Result<u32, String> {
    if text.trim().is_empty() { Ok(0) } else { number(text, what) }
}

#[component]
pub fn Form() -> impl IntoView {
    let (runs, queue) = (Runs::get(), Queue::get());
    let setup = runs.setup;
    let first = setup.with_untracked(|setup| {
        let own = sweepable(setup).into_iter().find(|spec| spec.live && COMMON.iter().all(|common| common.key != spec.key));
        own.map_or("lr", |spec| spec.key).to_owned()
    });
    let field = |key: String| {
        let values = setup.with_untracked(|setup| suggestion(setup, &key));
        Field { key: RwSignal::new(key), values: RwSignal::new(values) }
    };
    let fields = [field(first), field(String::new())];
    let (seeds, steps) = (RwSignal::new(String::from("2")), RwSignal::new(String::from("500")));
    let (flat, seconds) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let images = RwSignal::new(words::ON_IMAGES[0].0);
    let only = RwSignal::new(vec![]);
    let jobs = move || -> Result<Vec<Job>, String> {
        let used = fields.iter().filter(|f| !f.key.with(String::is_empty));
        let axes = used.map(|f| Axis::read(&f.key.get(), &f.values.get())).collect::<Result<Vec<_>, _>>()?;
        let (seeds, steps) = (number(&seeds.get(), words::SEEDS)?, number(&steps.get(), words::STEPS)?);
        let (flat, seconds) = (optional(&flat.get(), words::FLAT)?, optional(&seconds.get(), words::SECONDS)?);
        let stop = Stop { flat: flat.into(), seconds: seconds.into() };
        setup.with(|setup| sweep(setup, axes, seeds, (steps.into(), stop), (images.get(), only.get())).jobs())
    };
    let plan = Memo::new(move |_| jobs().map(|jobs| words::planned(jobs.len(), jobs.first().map_or(0, |job| job.steps))));
    let start = move |_| {
        if let Ok(jobs) = untrack(jobs) {
            queue.put(Batch::new(SWEEP, jobs, None));
        }
    };
    let base = move || {
        setup.with(|setup| {
            let method = setup.card().map_or(setup.method.clone(), |card| card.label.into());
            words::base(&method, latent_catalog::set(&setup.data).map_or(&setup.data, |card| card.label))
        })
    };
    let there = Memo::new(move |_| queue.of(SWEEP, |batch| !batch.done.is_empty()).unwrap_or(false));
    let said = move || match plan.get() {
        Ok(words) => view! { <p class="help" data-testid="bench-plan">{words}</p> }.into_any(),
        Err(why) => view! { <p role="alert" data-testid="bench-wrong">{why}</p> }.into_any(),
    };
    view! {
        <p class="help" data-testid="bench-base">{base}</p>
        <div class="fields">
            <Choice field=fields[0] label=words::WHAT id="bench-first" optional=false />
            <Choice field=fields[1] label=words::AND id="bench-second" optional=true />
            <label class="field">{words::SEEDS}
                <input type="number" min="1" data-testid="bench-seeds" prop:value=move || seeds.get() on:input=move |e| seeds.set(event_target_value(&e)) /></label>
            <label class="field">{words::STEPS}
                <input type="number" min="1" data-testid="bench-steps" prop:value=move || steps.get() on:input=move |e| steps.set(event_target_value(&e)) /></label>
            <label class="field">{words::MEASURES}
                <select data-testid="bench-images" on:change=move |e| images.set(event_target_value(&e).parse().unwrap_or(0))>
                    {words::ON_IMAGES.map(|(n, name)| view! { <option value=n.to_string()>{name}</option> }).collect_view()}
                </select></label>
        </div>
        <Show when=move || { images.get() > 0 }><Only chosen=only testid="bench-only" /></Show>
        <details>
            <summary>{words::EARLY}</summary>
            <p class="help">{words::EARLY_HELP}</p>
            <div class="fields">
                <label class="field">{words::FLAT}
                    <input type="number" min="1" data-testid="bench-flat" prop:value=move || flat.get() on:input=move |e| flat.set(event_target_value(&e)) /></label>
                <label class="field">{words::SECONDS}
                    <input type="number" min="1" data-testid="bench-seconds" prop:value=move || seconds.get() on:input=move |e| seconds.set(event_target_value(&e)) /></label>
            </div>
        </details>
        <div class="row">
            <button class="primary" data-testid="bench-start" disabled=move || plan.with(Result::is_err) on:click=start>
                {move || if there.get() { words::ANEW } else { words::START }}</button>
            {said}
        </div>
    }
}

/// One thing that changes, and its values.
#[component]
fn Choice(field: Field, label: &'static str, id: &'static str, optional: bool) -> impl IntoView {
    let setup = Runs::get().setup;
    let Field { key, values } = field;
    let pick = move |e| {
        let chosen: String = event_target_value(&e);
        values.set(setup.with_untracked(|setup| suggestion(setup, &chosen)));
        key.set(chosen);
    };
    let options = move || {
        let own = setup.with(|setup| sweepable(setup).into_iter().map(|spec| (spec.key, spec.label)).collect::<Vec<_>>());
        let none = optional.then_some(("", words::NOTHING));
        let all = none.into_iter().chain(own).chain([(METHOD, words::METHOD), (DATA, words::DATA)]);
        all.map(|(value, name)| view! { <option value=value selected=move || key.with(|key| key == value)>{name}</option> })
            .collect_view()
    };
    let about = move || setup.with(|setup| key.with(|key| help(setup, key)));
    view! {
        <div class="field">
            <label>{label}<select data-testid=id on:change=pick>{options}</select></label>
            <Show when=move || !key.with(String::is_empty)>
                <label>{words::VALUES}
                    <input type="text" data-testid=format!("{id}-values") prop:value=move || values.get() on:input=move |e| values.set(event_target_value(&e)) /></label>
                <span class="help">{about}</span>
            </Show>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_suggested_can_be_run() {
        let setup = Setup::new("mnist", "beta-vae");
        for spec in sweepable(&setup) {
            // Some choices are for other data, or have others with them.
            if matches!(spec.kind, Kind::Choice { .. }) {
                continue;
            }
            let axis = Axis::read(spec.key, &suggestion(&setup, spec.key)).unwrap();
            let jobs = sweep(&setup, vec![axis], 2, (10, Stop::default()), (0, vec![])).jobs();
            assert!(jobs.as_ref().is_ok_and(|jobs| jobs.len() >= 4), "{}: {jobs:?}", spec.key);
        }
        let methods = Axis::read(METHOD, &suggestion(&setup, METHOD)).unwrap();
        assert!(methods.values.len() == 3 && sweep(&setup, vec![methods], 1, (10, Stop::default()), (0, vec![])).jobs().is_ok());
    }

    #[test]
    fn what_is_suggested_fits_the_other_choices() {
        let (setup, _) = Setup::from_query("data=mnist&method=topk-sae&features=64&k=32", &[]);
        assert_eq!(suggestion(&setup, "k"), "8, 32", "128 of 64 features cannot be active");
    }

    #[test]
    fn all_else_is_as_the_controls_have_it() {
        let (setup, _) = Setup::from_query("data=moons&method=beta-vae&objective=fixed&latent=3&beta=8&seed=5", &[]);
        let jobs = sweep(&setup, vec![Axis::read("beta", "2, 3").unwrap()], 2, (10, Stop::default()), (0, vec![])).jobs().unwrap();
        let last = jobs[3].setup().unwrap();
        assert_eq!([last.get("latent"), last.get("beta"), last.get("seed")], [3.0, 3.0, 1.0]);
        assert_eq!((optional(" ", "Seconds"), optional("3", "Seconds"), optional("x", "Seconds").is_err()), (Ok(0), Ok(3), true));
        assert_eq!((number(" 7 ", "Seeds"), number("0", "Seeds").is_err(), number("2.5", "Seeds").is_err()), (Ok(7), true, true));
    }
}
