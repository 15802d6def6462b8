//! What was understood of the files, and how to say it otherwise.

use leptos::prelude::*;

use super::own::OwnData;
use crate::data::words;
use latent_vocabulary::plan::{Normalise, Piece, Plan, Role, SplitBy, Values, Wanted, Wishes};

/// Pieces that are shown at once; of folders with many files there are more.
const SHOWN: usize = 12;

/// The reading plan, with what can be chosen otherwise.
#[component]
pub fn ReadingPlan(plan: Plan) -> impl IntoView {
    let own = OwnData::get();
    let (first, rest) = plan.pieces.split_at(plan.pieces.len().min(SHOWN));
    let rows = |pieces: &[Piece]| pieces.iter().map(|piece| view! { <Row piece=piece.clone() /> }).collect_view();
    let more = (!rest.is_empty()).then(|| {
        view! {
            <details>
                <summary>{words::more_files(rest.len())}</summary>
                <table class="plan"><tbody>{rows(rest)}</tbody></table>
            </details>
        }
    });
    let parts = plan.parts.iter().map(|part| view! { <li>{words::part_from(part)}</li> }).collect_view();
    let factors = plan.factors.iter().take(SHOWN).map(|factor| view! { <li>{words::classes(factor)}</li> }).collect_view();
    let numbers = (!plan.values.is_empty()).then(|| {
        let said = plan.values.iter().map(|v| view! { <li>{words::values(v)}</li> }).collect_view();
        view! { <ul>{said}</ul> }
    });
    let wishes = own.wishes.get_untracked();
    // Where the reading found nothing to choose between, nothing is asked.
    let split = plan.parts.len() > 1 || wishes.split.is_some();
    let values = !plan.values.is_empty();
    let vectors = plan.vectors.is_some();
    let labels: Vec<String> = plan.pieces.iter().filter(|p| p.may_be_labels()).map(|p| p.name.clone()).collect();
    let labelled = !labels.is_empty() || wishes.labels.is_some();
    view! {
        <section class="read-plan" aria-label=words::PLAN data-testid="plan">
            <table class="plan">
                <thead><tr><th scope="col">{words::PLAN_FILE}</th><th scope="col">{words::PLAN_KIND}</th><th scope="col">{words::PLAN_ROLE}</th></tr></thead>
                <tbody>{rows(first)}</tbody>
            </table>
            {more}
            <ul data-testid="plan-parts">{parts}</ul>
            <ul data-testid="plan-factors">{factors}</ul>
            {numbers}
            <div class="fields">
                {labelled.then(|| view! { <LabelsChoice files=labels wishes=wishes.clone() /> })}
                {split.then(|| view! { <SplitChoice wishes=wishes.clone() /> })}
                {values.then(|| view! { <ValuesChoice wishes=wishes.clone() /> })}
                {vectors.then(|| view! { <NormaliseChoice wishes=wishes.clone() /> })}
            </div>
        </section>
    }
}

/// A file, what it is, and what it is taken for.
#[component]
fn Row(piece: Piece) -> impl IntoView {
    let (kind, what) = (words::piece_kind(&piece), words::piece_role(&piece));
    let name = piece.name.clone();
    let role = if piece.choice {
        view! { <RoleChoice piece=piece.clone() what /> }.into_any()
    } else {
        view! { <span>{what}</span> }.into_any()
    };
    let why = (!piece.why.is_empty()).then(|| view! { <span class="help">{piece.why.clone()}</span> });
    view! {
        <tr class:aside=piece.role == Role::Aside>
            <th scope="row">{name}</th>
            <td>{kind}</td>
            <td>{role}{why}</td>
        </tr>
    }
}

#[component]
fn RoleChoice(piece: Piece, what: String) -> impl IntoView {
    let own = OwnData::get();
    let choices = piece.choices();
    let now = (piece.role, piece.part);
    let options = choices.iter().enumerate().map(|(i, (role, part))| {
        view! { <option value=i.to_string() selected=(*role, *part) == now>{words::role(*role, *part)}</option> }
    });
    let options = options.collect_view();
    let label = format!("{}: {what}", piece.name);
    let file = piece.name;
    let change = move |e: leptos::ev::Event| {
        let Some((role, part)) = event_target_value(&e).parse::<usize>().ok().and_then(|i| choices.get(i).copied()) else { return };
        let mut wishes = own.wishes.get_untracked();
        wishes.roles.retain(|w| w.file != file);
        wishes.roles.push(Wanted { file: file.clone(), role, part });
        own.inspect_again(wishes);
    };
    view! { <select aria-label=label on:change=change>{options}</select> }
}

/// The file that the labels are read from: `--labels` of the command line.
#[component]
fn LabelsChoice(files: Vec<String>, wishes: Wishes) -> impl IntoView {
    let own = OwnData::get();
    // No name is as found, an empty one stands for none.
    let named = files.into_iter().map(|file| (Some(file.clone()), file));
    let choices: Vec<(Option<String>, String)> =
        [(None, words::LABELS_FOUND.into()), (Some(String::new()), words::LABELS_NONE.into())].into_iter().chain(named).collect();
    let options = choices.iter().enumerate().map(|(i, (file, name))| {
        view! { <option value=i.to_string() selected=*file == wishes.labels>{name.clone()}</option> }
    });
    let options = options.collect_view();
    let change = move |e: leptos::ev::Event| {
        let chosen = event_target_value(&e).parse::<usize>().ok().and_then(|i| choices.get(i));
        let Some((labels, _)) = chosen else { return };
        own.inspect_again(Wishes { labels: labels.clone(), ..own.wishes.get_untracked() });
    };
    view! {
        <label class="field">{words::LABELS}
            <select data-testid="plan-labels" on:change=change>{options}</select></label>
    }
}

#[component]
fn SplitChoice(wishes: Wishes) -> impl IntoView {
    let own = OwnData::get();
    let tenth = wishes.split == Some(SplitBy::Tenth);
    let change = move |e: leptos::ev::Event| {
        let split = (event_target_value(&e) == "tenth").then_some(SplitBy::Tenth);
        own.inspect_again(Wishes { split, ..own.wishes.get_untracked() });
    };
    view! {
        <label class="field">{words::SPLIT}
            <select data-testid="plan-split" on:change=change>
                <option value="" selected=!tenth>{words::SPLIT_NAMES}</option>
                <option value="tenth" selected=tenth>{words::SPLIT_TENTH}</option>
            </select></label>
    }
}

#[component]
fn ValuesChoice(wishes: Wishes) -> impl IntoView {
    let own = OwnData::get();
    let ranges: [Option<Values>; 5] =
        [None, Some(Values::Range(0.0, 1.0)), Some(Values::Range(0.0, 255.0)), Some(Values::Range(-1.0, 1.0)), Some(Values::Own)];
    let change = move |e: leptos::ev::Event| {
        let values = event_target_value(&e).parse::<usize>().ok().and_then(|i| ranges.get(i).copied().flatten());
        own.inspect_again(Wishes { values, ..own.wishes.get_untracked() });
    };
    let options = ranges.iter().zip(words::VALUES_CHOICES).enumerate();
    let options =
        options.map(|(i, (range, name))| view! { <option value=i.to_string() selected=*range == wishes.values>{name}</option> });
    view! {
        <label class="field">{words::VALUES}
            <select data-testid="plan-values" on:change=change>{options.collect_view()}</select></label>
    }
}

/// How rows are made alike in length: `--normalize` of the command line.
#[component]
fn NormaliseChoice(wishes: Wishes) -> impl IntoView {
    let own = OwnData::get();
    let now = wishes.normalise.unwrap_or_default();
    let options = Normalise::ALL.map(|n| view! { <option value=n.id() selected=n == now>{words::normalise(n)}</option> });
    let change = move |e: leptos::ev::Event| {
        let normalise = Normalise::parse(&event_target_value(&e)).ok();
        own.inspect_again(Wishes { normalise, ..own.wishes.get_untracked() });
    };
    view! {
        <label class="field">{words::NORMALISE}
            <select data-testid="plan-normalise" on:change=change>{options}</select></label>
    }
}
