//! A guess before a run, and both over each other while it goes.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, PointerEvent};

use super::watch::Watch;
use super::words;
use crate::browser;
use crate::conductor::Conductor;
use crate::react::react;
use crate::store::link::{EngineState, Link};
use crate::store::runs::{Runs, Then};
use latent_experiment::Setup;
use latent_lesson::{Answer, Axis, By, Guess, KNOTS, Outcome, Predict, Recorded};
use latent_small::number;

/// The drawing, in its own units.
const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 150.0;
/// How many positions a key moves a curve through.
const NOTCHES: f64 = 20.0;

/// Asks, runs, and shows both. `over` hears that the run has gone to its end.
#[component]
pub fn Prediction(
    predict: Predict,
    setup: Setup,
    watch: Watch,
    ready: RwSignal<bool>,
    /// What the files of the recorded run are called, without their ends.
    recorded: String,
    over: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let (link, runs, conductor) = (Link::get(), Runs::get(), Conductor::get());
    let steps = predict.steps;
    let guess = RwSignal::new(None::<Guess>);
    // The guess stands, and this run is to show what comes of it.
    let run = RwSignal::new(None::<u32>);
    let curve = RwSignal::new(Vec::<(f64, f64)>::new());
    let outcome = RwSignal::new(None::<Outcome>);
    let asked = StoredValue::new(predict.clone());
    let setup = StoredValue::new(setup);
    react(move || {
        runs.curves.track();
        let (step, training) = (runs.step.get(), runs.is_training());
        let Some(mine) = run.get() else { return };
        if runs.current() != Some(mine) {
            // Somebody began another.
            if outcome.with_untracked(Option::is_none) {
                run.set(None);
            }
            return;
        }
        if outcome.with_untracked(Option::is_some) || step == 0 {
            return;
        }
        let all = asked.with_value(|asked| watch.curve(&asked.figure));
        let came = (step >= steps && !training)
            .then(|| guess.with_untracked(|guess| asked.with_value(|asked| asked.outcome(guess.as_ref()?, &all))))
            .flatten();
        curve.set(all);
        if came.is_some() {
            outcome.set(came);
            over();
        }
    });
    let begin = move |_| {
        outcome.set(None);
        curve.set(vec![]);
        conductor.lay_out(setup.get_value(), Then::Steps(steps as u32));
        run.set(runs.current());
    };
    let go_on = move |_| {
        if let Some(mine) = run.get_untracked() {
            runs.take_steps(mine, steps.saturating_sub(runs.step.get_untracked()) as u32);
        }
    };
    // Where nothing can be trained, a run that was recorded stands in.
    let stands_in =
        Memo::new(move |_| link.engine.with(|engine| matches!(engine, EngineState::NoGpu(..) | EngineState::Crashed(_))));
    let from_record = RwSignal::new(None::<Result<Recorded, String>>);
    let recorded = StoredValue::new(recorded);
    let show = move |_| {
        spawn_local(async move {
            let read = browser::fetch_json::<Recorded>(&format!("lessons/{}.json", recorded.get_value())).await;
            if let Ok(record) = &read {
                let came = guess.with_untracked(|guess| asked.with_value(|asked| asked.outcome(guess.as_ref()?, &record.curve)));
                curve.set(record.curve.clone());
                outcome.set(came);
                over();
            }
            from_record.set(Some(read));
        });
    };
    let picture = move || {
        from_record.with(|read| read.as_ref().is_some_and(|read| read.as_ref().is_ok_and(|record| record.pictured))).then(|| {
            let file = format!("lessons/{}.png", recorded.get_value());
            view! { <img class="recorded" src=file alt=words::DRAWS width="256" /> }
        })
    };
    let why_not = move || from_record.with(|read| read.as_ref()?.as_ref().err().cloned());
    let fixed =
        Signal::derive(move || run.with(Option::is_some) || from_record.with(|read| read.as_ref().is_some_and(Result::is_ok)));
    let stopped = move || fixed.get() && runs.stands() && !runs.is_training() && runs.step.get() < steps;
    let can_begin = move || ready.get() && link.can_run() && guess.with(Option::is_some);
    let by = predict.by.clone();
    let is_curve = matches!(by, By::Curve(_));
    let answer = match by {
        By::Choice(options) => view! { <Choices options guess fixed outcome /> }.into_any(),
        By::Place(axis) => view! { <Place axis guess fixed outcome /> }.into_any(),
        By::Curve(axis) => view! { <Drawn axis steps guess fixed curve /> }.into_any(),
    };
    view! {
        <div class="prediction" data-testid="prediction">
            <p class="ask">{predict.ask}</p>
            {answer}
            <Show when=move || !fixed.get() && !stands_in.get()>
                <button class="primary" disabled=move || !can_begin() data-testid="prediction-run" on:click=begin>{words::RUN}</button>
            </Show>
            <Show when=move || stands_in.get()>
                <p class="note" data-testid="prediction-recorded">{words::RECORDED}</p>
                <button class="primary" disabled=move || fixed.get() || guess.with(Option::is_none) data-testid="prediction-show" on:click=show>{words::SHOW}</button>
                <p role="alert">{why_not}</p>
            </Show>
            <Show when=move || fixed.get() && outcome.with(Option::is_none)>
                <p class="note">{move || words::running(runs.step.get(), steps)}</p>
                <Show when=stopped><button data-testid="prediction-on" on:click=go_on>{words::GO_ON}</button></Show>
            </Show>
            <p class="outcome" role="status" data-testid="prediction-outcome">{move || outcome.get().map(|o| words::outcome(o, is_curve))}</p>
            {picture}
        </div>
    }
}

#[component]
fn Choices(
    options: Vec<Answer>,
    guess: RwSignal<Option<Guess>>,
    fixed: Signal<bool>,
    outcome: RwSignal<Option<Outcome>>,
) -> impl IntoView {
    let truth = move || match outcome.get() {
        Some(Outcome::Right { truth, .. } | Outcome::Wrong { truth, .. }) => Some(truth),
        _ => None,
    };
    let one = move |(i, option): (usize, Answer)| {
        view! {
            <label class:right=move || truth() == Some(i)>
                <input type="radio" name="guess" data-testid=format!("guess-{i}") disabled=move || fixed.get()
                    on:change=move |_| guess.set(Some(Guess::Choice(i))) />
                <span>{option.say}</span>
            </label>
        }
    };
    view! { <div class="guesses" role="radiogroup" aria-label=words::YOURS>{options.into_iter().enumerate().map(one).collect_view()}</div> }
}

#[component]
fn Place(axis: Axis, guess: RwSignal<Option<Guess>>, fixed: Signal<bool>, outcome: RwSignal<Option<Outcome>>) -> impl IntoView {
    let (from, to) = (axis.from, axis.to);
    let value = move || match guess.get() {
        Some(Guess::Place(value)) => Some(value),
        _ => None,
    };
    let share = move |v: f64| format!("{:.1}%", 100.0 * ((v - from) / (to - from)).clamp(0.0, 1.0));
    let truth = move || match outcome.get() {
        Some(Outcome::Near { truth, .. } | Outcome::TooHigh { truth, .. } | Outcome::TooLow { truth, .. }) => Some(truth),
        _ => None,
    };
    let moved = move |text: String| {
        if let Some(v) = number(&text) {
            guess.set(Some(Guess::Place(v)));
        }
    };
    view! {
        <div class="place">
            <input type="range" min=from max=to step=(to - from) / 100.0 aria-label=axis.label.clone() data-testid="guess-place"
                prop:value=move || value().unwrap_or((from + to) / 2.0).to_string() class:unset=move || value().is_none() disabled=move || fixed.get() on:input=move |e| moved(event_target_value(&e)) />
            <div class="axis" aria-hidden="true">
                <span>{words::short(from)}</span><span class="unit">{axis.label}</span><span>{words::short(to)}</span>
                {move || truth().map(|v| view! { <i class="truth" style:left=share(v)><b>{words::TRUTH}": "{words::short(v)}</b></i> })}
            </div>
            <p class="note">{words::YOURS}": "{move || value().map_or_else(|| "—".into(), words::short)}</p>
        </div>
    }
}

/// Points of a line, as SVG has them.
fn points(line: impl Iterator<Item = (f64, f64)>, steps: u64, axis: &Axis) -> String {
    let place = |(step, value): (f64, f64)| {
        let high = ((value - axis.from) / (axis.to - axis.from)).clamp(0.0, 1.0);
        format!("{:.1},{:.1}", WIDTH * step / steps as f64, HEIGHT * (1.0 - high))
    };
    line.map(place).collect::<Vec<_>>().join(" ")
}

/// Draws a curve through what the hand has passed: all knots from where it was to where it is.
fn drag(knots: &mut [f64], from: Option<(usize, f64)>, to: (usize, f64)) {
    let (start, first) = from.unwrap_or(to);
    let (end, last) = to;
    let many = start.abs_diff(end).max(1) as f64;
    for (i, knot) in knots.iter_mut().enumerate() {
        if (start.min(end)..=start.max(end)).contains(&i) {
            *knot = first + (last - first) * i.abs_diff(start) as f64 / many;
        }
    }
    if let Some(knot) = knots.get_mut(end) {
        *knot = last;
    }
}

#[component]
fn Drawn(
    axis: Axis,
    steps: u64,
    guess: RwSignal<Option<Guess>>,
    fixed: Signal<bool>,
    curve: RwSignal<Vec<(f64, f64)>>,
) -> impl IntoView {
    let (from, to) = (axis.from, axis.to);
    let knots = move || match guess.get() {
        Some(Guess::Curve(knots)) => knots,
        _ => vec![(from + to) / 2.0; KNOTS],
    };
    let axis = StoredValue::new(axis);
    let hand = RwSignal::new(None::<(usize, f64)>);
    let at = RwSignal::new(0usize);
    let step_of = move |knot: usize| steps as f64 * knot as f64 / (KNOTS - 1) as f64;
    let change = move |to: (usize, f64)| {
        let mut all = untrack(knots);
        drag(&mut all, hand.get_untracked(), to);
        at.set(to.0);
        guess.set(Some(Guess::Curve(all)));
    };
    let press = move |e: PointerEvent, begins: bool| {
        if fixed.get_untracked() || (!begins && hand.with_untracked(Option::is_none)) {
            return;
        }
        let Some(target) = e.current_target().and_then(|t| t.dyn_into::<Element>().ok()) else { return };
        let rect = target.get_bounding_client_rect();
        let across = ((f64::from(e.client_x()) - rect.left()) / rect.width().max(1.0)).clamp(0.0, 1.0);
        let high = 1.0 - ((f64::from(e.client_y()) - rect.top()) / rect.height().max(1.0)).clamp(0.0, 1.0);
        let place = ((across * (KNOTS - 1) as f64).round() as usize, from + high * (to - from));
        if begins {
            let _ = target.set_pointer_capture(e.pointer_id());
            hand.set(None);
        }
        change(place);
        hand.set(Some(place));
    };
    let key = move |e: KeyboardEvent| {
        if fixed.get_untracked() {
            return;
        }
        let (place, notch) = (at.get_untracked(), (to - from) / NOTCHES);
        let value = untrack(knots)[place];
        match e.key().as_str() {
            "ArrowLeft" => at.set(place.saturating_sub(1)),
            "ArrowRight" => at.set((place + 1).min(KNOTS - 1)),
            "ArrowUp" => change((place, (value + notch).min(to))),
            "ArrowDown" => change((place, (value - notch).max(from))),
            _ => return,
        }
        e.prevent_default();
        e.stop_propagation();
    };
    let guessed = move || {
        let line = knots().into_iter().enumerate().map(|(i, v)| (step_of(i), v)).collect::<Vec<_>>();
        axis.with_value(|axis| points(line.into_iter(), steps, axis))
    };
    let went = move || axis.with_value(|axis| curve.with(|curve| points(curve.iter().copied(), steps, axis)));
    let mark = move || {
        let place = at.get();
        let text = axis.with_value(|axis| points([(step_of(place), knots()[place])].into_iter(), steps, axis));
        let (x, y) = text.split_once(',').unwrap_or(("0", "0"));
        (x.to_owned(), y.to_owned())
    };
    view! {
        <div class="drawn">
            <div class="frame">
                <span class="high">{words::short(to)}</span>
                <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" role="slider" tabindex="0" aria-label=words::CURVE_KEYS
                    aria-valuemin=from aria-valuemax=to aria-valuenow=move || knots()[at.get()]
                    aria-valuetext=move || words::curve_at(step_of(at.get()) as u64, knots()[at.get()]) data-testid="guess-curve"
                    on:pointerdown=move |e| press(e, true) on:pointermove=move |e| press(e, false)
                    on:pointerup=move |_| hand.set(None) on:pointercancel=move |_| hand.set(None) on:keydown=key>
                    <polyline class="guess" class:unset=move || guess.with(Option::is_none) points=guessed />
                    <circle class="knot" class:gone=move || fixed.get() r="5" cx=move || mark().0 cy=move || mark().1 />
                    <polyline class="truth" points=went />
                </svg>
                <span class="low">{words::short(from)}</span>
            </div>
            <p class="note"><i class="guess"></i>{words::YOURS}" "<i class="truth"></i>{words::TRUTH}" · "{axis.with_value(|axis| axis.label.clone())}", 0–"{steps}</p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_that_skips_knots_draws_a_line() {
        let mut knots = [0.0; 5];
        drag(&mut knots, None, (1, 4.0));
        assert_eq!(knots, [0.0, 4.0, 0.0, 0.0, 0.0]);
        drag(&mut knots, Some((1, 4.0)), (4, 1.0));
        assert_eq!(knots, [0.0, 4.0, 3.0, 2.0, 1.0]);
        drag(&mut knots, Some((4, 1.0)), (2, 5.0));
        assert_eq!(knots, [0.0, 4.0, 5.0, 3.0, 1.0]);
    }

    #[test]
    fn what_leaves_the_axis_stays_in_the_drawing() {
        let axis = Axis { label: "nats".into(), from: 0.0, to: 10.0 };
        let line = [(0.0, 20.0), (50.0, 5.0), (100.0, -3.0)];
        assert_eq!(points(line.into_iter(), 100, &axis), "0.0,0.0 160.0,75.0 320.0,150.0");
    }
}
