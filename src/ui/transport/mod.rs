//! Train, pause, step, reset; how fast; and what is going on.

pub mod words;

use leptos::prelude::*;

use crate::browser;
use crate::caution;
use crate::conductor::Conductor;
use crate::number::{grouped, rate};
use crate::store::link::{Data, EngineState, Link};
use crate::store::look::Look;
use crate::store::runs::{Origin, Phase, Runs};
use latent_protocol::{AdapterInfo, EngineChoice};
use latent_vocabulary::device::{NoGpu, OnProcessor};

/// One line about the state of things.
pub fn status(link: Link, runs: Runs) -> String {
    match link.engine.get() {
        EngineState::Loading => {
            return match link.executor.get() {
                EngineChoice::Burn => words::LOADING_BURN.into(),
                _ => words::LOADING.into(),
            };
        }
        EngineState::Opening => return words::OPENING.into(),
        EngineState::NoGpu(..) => return words::ON_CPU.into(),
        EngineState::Crashed(_) => return words::STOPPED.into(),
        EngineState::Ready(_) => {}
    }
    match link.data.get() {
        Data::Arriving { unit, .. } => return words::data_arriving(unit).into(),
        Data::Waiting => return words::DATA_WAITING.into(),
        Data::Failed(message) => return words::data_failed(&message),
        Data::Ready => {}
    }
    runs.run.with(|run| match run.as_ref() {
        None => words::NO_RUN.into(),
        Some(run) => match &run.phase {
            Phase::Building => words::COMPILING.into(),
            Phase::Training => words::TRAINING.into(),
            Phase::Paused if run.origin == Origin::Pretrained || runs.step.get() == 0 => words::READY.into(),
            Phase::Paused => words::PAUSED.into(),
            Phase::Failed(message) => words::run_failed(message),
        },
    })
}

/// Numbers that run beside it while images arrive: nobody wants them read out.
fn status_numbers(link: Link) -> Option<String> {
    match (link.engine.get(), link.data.get()) {
        (EngineState::Ready(_), Data::Arriving { loaded, total, unit }) => Some(words::data_progress(loaded, total, unit)),
        _ => None,
    }
}

#[component]
pub fn Transport() -> impl IntoView {
    let (link, runs, conductor) = (Link::get(), Runs::get(), Conductor::get());
    let can_run = Memo::new(move |_| link.can_run());
    let training = Memo::new(move |_| runs.is_training());
    let is_new = Memo::new(move |_| runs.train_is_new());
    // Who trains a new network need not wait for the one on show to be built.
    let building = Memo::new(move |_| !is_new.get() && runs.run.with(|r| r.as_ref().is_some_and(|r| r.phase == Phase::Building)));
    // While a network is built the buttons only look disabled: one that really is loses the keyboard's focus.
    let unless_building = move |act: fn(Conductor)| {
        if !building.get_untracked() {
            act(conductor);
        }
    };
    let main = move |_| unless_building(if training.get_untracked() { Conductor::pause } else { Conductor::train });
    let waits = move || building.get().to_string();
    let stat = |id: &'static str, label: &'static str, value: Signal<String>| {
        view! { <span class="stat"><b data-testid=id>{value}</b>" "{label}</span> }
    };
    let adapter = move || match link.engine.get() {
        EngineState::Ready(AdapterInfo { processor: Some(why), .. }) => words::on_processor(&why),
        EngineState::Ready(a) => {
            let name = if a.name.is_empty() { words::UNNAMED_ADAPTER.to_owned() } else { a.name };
            let name = if a.software { format!("{name} — {}", words::SOFTWARE) } else { name };
            if link.executor.get() == EngineChoice::Burn { format!("{name} — {}", words::EAGER) } else { name }
        }
        _ => String::new(),
    };
    let other = move || match link.engine.get() {
        EngineState::Ready(AdapterInfo { processor: None, other, .. }) => other,
        _ => None,
    };
    let progress = move || match (link.engine.get(), link.data.get()) {
        (EngineState::Ready(_), Data::Arriving { loaded, total, .. }) if total > 0 => Some(loaded as f64 / total as f64),
        _ => None,
    };
    view! {
        <div class="transport" role="region" aria-label=words::TRANSPORT>
            <div class="buttons">
                <button class="primary" data-testid="train" disabled=move || !can_run.get() aria-disabled=waits on:click=main>
                    {move || match (training.get(), is_new.get()) {
                        (true, _) => words::PAUSE,
                        (_, true) => words::TRAIN_NEW,
                        _ => words::TRAIN,
                    }}
                </button>
                <button data-testid="step" title=words::STEP_HELP disabled=move || !can_run.get() || training.get()
                    aria-disabled=waits on:click=move |_| unless_building(Conductor::step_once)>{words::STEP}</button>
                <button data-testid="reset" title=words::RESET_HELP disabled=move || !can_run.get()
                    aria-disabled=waits on:click=move |_| unless_building(Conductor::reset)>{words::RESET}</button>
            </div>
            <div class="stats">
                {stat("steps", words::STEPS, Signal::derive(move || grouped(runs.step.get() as f64)))}
                {stat("steps-per-second", words::STEPS_A_SECOND, Signal::derive(move || rate(if training.get() { runs.speed.get().steps_per_second } else { 0.0 })))}
                {stat("images-per-second", words::IMAGES_A_SECOND, Signal::derive(move || rate(if training.get() { runs.speed.get().images_per_second } else { 0.0 })))}
            </div>
            <div class="state">
                <span class="status" class:busy=move || training.get() || building.get() data-testid="status"><span role="status">{move || status(link, runs)}</span>{move || status_numbers(link)}</span>
                <span class="adapter" data-testid="adapter">{adapter}</span>
                {move || other().map(|name| view! {
                    <button class="link" data-testid="other-adapter" on:click=move |_| caution::change_power()>{words::use_other(&name)}</button>
                })}
            </div>
            {move || progress().map(|part| view! { <progress max="1" value=part.to_string() aria-label=words::LOADING></progress> })}
        </div>
    }
}

/// Which model is on show, and the ways from it to another.
#[component]
pub fn OnShow() -> impl IntoView {
    let (look, link, runs, conductor) = (Look::get(), Link::get(), Runs::get(), Conductor::get());
    let origin = Memo::new(move |_| runs.run.with(|r| r.as_ref().map(|r| r.origin)));
    let has_preset = move || look.no_preset.with(Option::is_none);
    let line = move || match origin.get() {
        None if matches!(link.engine.get(), EngineState::NoGpu(..) | EngineState::Crashed(_)) => words::SHOWS_PRETRAINED_ALONE,
        None | Some(Origin::Pretrained) => words::SHOWS_PRETRAINED,
        Some(Origin::Continued) => words::SHOWS_CONTINUED,
        Some(Origin::Noise) => words::SHOWS_NOISE,
        Some(Origin::Restored) => words::SHOWS_RESTORED,
        Some(Origin::Kept) => words::SHOWS_KEPT,
        Some(Origin::File) => words::SHOWS_FILE,
    };
    let pretrained = move || origin.get() == Some(Origin::Pretrained);
    // Places of buttons that come when the network stands: what lies below stays where it is.
    let comes = move || match origin.get() {
        None => !matches!(link.engine.get(), EngineState::NoGpu(..) | EngineState::Crashed(_)),
        Some(Origin::Pretrained) => !link.can_run() || runs.run.with(|run| run.as_ref().is_some_and(|run| run.info.is_none())),
        _ => false,
    };
    let place = move |words: &'static str| {
        move || comes().then(|| view! { <button class="link gone" disabled=true aria-hidden="true">{words}</button>" " })
    };
    view! {
        <p class="on-show" data-testid="on-show">
            <Show when=has_preset>{line}" "</Show>
            <Show when=move || pretrained() && link.can_run() fallback=place(words::CONTINUE)>
                <button class="link" data-testid="continue" on:click=move |_| conductor.continue_pretrained()>{words::CONTINUE}</button>
            </Show>
            <Show when=move || runs.can_take_apart() && !runs.is_training() fallback=place(words::TAKE_APART)>
                <button class="link" data-testid="take-apart" title=words::TAKE_APART_HELP on:click=move |_| conductor.take_apart()>{words::TAKE_APART}</button>" "
            </Show>
            <Show when=move || !pretrained() && origin.get().is_some() && has_preset()>
                <button class="link" data-testid="pretrained" on:click=move |_| conductor.show_pretrained()>{words::BACK}</button>
            </Show>
        </p>
    }
}

/// The settings describe a network that does not exist yet.
#[component]
pub fn NeedsNewRun() -> impl IntoView {
    let (runs, conductor) = (Runs::get(), Conductor::get());
    let needs_new = Memo::new(move |_| runs.needs_new_run());
    view! {
        <Show when=move || needs_new.get()>
            <p class="notice" data-testid="needs-new-run">
                {words::NEW_RUN}" "
                <button class="link" data-testid="start-new-run" on:click=move |_| conductor.train()>{words::START_NEW_RUN}</button>" · "
                <button class="link" on:click=move |_| runs.revert_setup()>{words::REVERT}</button>
            </p>
        </Show>
    }
}

/// What is wrong, what to do about it, `more` that is to be said, and the browser's own words.
fn remedies(trouble: words::Trouble, strong: bool, more: Option<AnyView>, detail: String) -> impl IntoView {
    let what = trouble.what;
    let what = if strong { view! { <strong>{what}</strong> }.into_any() } else { what.into_any() };
    view! {
        <p>{what}</p>
        <ul>{trouble.then.iter().map(|line| view! { <li>{*line}</li> }).collect_view()}</ul>
        {more}
        {(!detail.is_empty()).then(|| view! { <p class="detail">{detail}</p> })}
    }
}

/// What went wrong, and the way out.
#[component]
pub fn Notices() -> impl IntoView {
    let (look, link, conductor) = (Look::get(), Link::get(), Conductor::get());
    let trouble = move || match link.engine.get() {
        EngineState::NoGpu(reason, detail) => {
            let own_tab = (reason == NoGpu::NoOrigin)
                .then(|| view! { <p><a href=browser::address() target="_blank">{words::OWN_TAB}</a></p> });
            let still = view! { {own_tab}<p>{words::no_gpu_still(reason)}</p> };
            Some(
                view! {
                    <div class="notice strong" role="alert" data-testid="no-gpu">
                        {remedies(words::no_gpu(reason), true, Some(still.into_any()), detail)}
                    </div>
                }
                .into_any(),
            )
        }
        // It trains all the same: a remark, and a way to more speed.
        EngineState::Ready(AdapterInfo { processor: Some(OnProcessor::NoGpu(reason, detail)), .. }) => Some(
            view! {
                <details class="notice" data-testid="on-processor">
                    <summary>{words::TRAINS_ON_PROCESSOR}</summary>
                    {remedies(words::no_gpu(reason), false, None, detail)}
                </details>
            }
            .into_any(),
        ),
        EngineState::Crashed(message) => Some(
            view! {
                <div class="notice strong" role="alert" data-testid="crashed">
                    <p>{words::crashed(&message, conductor.has_copy())}</p>
                    <button data-testid="restart" on:click=move |_| conductor.restart_engine()>{words::RESTART}</button>
                </div>
            }
            .into_any(),
        ),
        EngineState::Opening if link.is_kept_waiting() => Some(
            view! {
                <div class="notice" role="status" data-testid="no-answer">
                    {remedies(words::NO_ANSWER, false, None, String::new())}
                </div>
            }
            .into_any(),
        ),
        _ => None,
    };
    let warning = move || {
        look.warning.get().map(|message| view! {
        <p class="notice" role="status">{message}" "<button class="link" on:click=move |_| look.warning.set(None)>{words::DISMISS}</button></p>
    })
    };
    let notes = move || {
        look.notes.with(|notes| {
            (!notes.is_empty()).then(|| {
                view! {
                    <div class="notice" data-testid="link-notes">
                        <p>{words::LINK_NOTES}</p>
                        <ul>{notes.iter().cloned().map(|n| view! { <li>{n}</li> }).collect_view()}</ul>
                        <button class="link" on:click=move |_| look.notes.set(Vec::new())>{words::DISMISS}</button>
                    </div>
                }
            })
        })
    };
    let no_preset = move || look.no_preset.get().map(|e| view! { <p class="notice">{words::NO_PRESET}": "{e}</p> });
    view! { {trouble} {warning} {notes} {no_preset} }
}
