//! The second step: what to make of the pictures, with a preview.

use std::rc::Rc;

use leptos::html;
use leptos::prelude::*;

use super::own::{OwnData, Step};
use super::plan::ReadingPlan;
use crate::data::words;
use crate::paint;
use crate::paint::Shape;
use crate::store::link::EngineState;
use latent_vocabulary::import::{Choice, Crop, Found, Frame, ImportCommand, id_of};
use latent_vocabulary::plan::Wishes;
use latent_vocabulary::shape::SampleShape;

/// Sides to choose from.
const SIDES: [u32; 5] = [28, 32, 64, 96, 128];
/// Values of a factor that are offered as a condition.
const CONDITIONS: usize = 40;

#[component]
pub fn Fit(found: Found) -> impl IntoView {
    let own = OwnData::get();
    let frame = RwSignal::new(found.frame);
    let title = RwSignal::new(found.title.clone());
    let (label, only, first) = (RwSignal::new(0usize), RwSignal::new(None::<(usize, u8)>), RwSignal::new(None::<u64>));
    label.set(found.label);
    let change = move |f: &dyn Fn(&mut Frame)| {
        frame.update(|frame| f(frame));
        own.send(ImportCommand::Preview { frame: frame.get_untracked() }, &[]);
    };
    let choice = move || {
        let title = title.get_untracked();
        Choice {
            id: id_of(&title),
            title,
            frame: frame.get_untracked(),
            label: label.get_untracked(),
            first: first.get_untracked(),
            only: only.get_untracked(),
        }
    };
    let items = found.items;
    let room = move || {
        let room = own.link.engine.with(|e| if let EngineState::Ready(a) = e { Some(a.room) } else { None });
        let Frame { width, height, channels, .. } = frame.get();
        let shape = SampleShape { channels: channels as usize, height: height as usize, width: width as usize };
        words::room(first.get().map_or(items, |n| n.min(items)), shape.bytes() as u64, !shape.is_picture(), room)
    };
    let factors = Rc::new(found.factors.clone());
    let names = factors
        .iter()
        .enumerate()
        .map(|(i, f)| view! { <option value=i.to_string() selected=move || label.get() == i>{f.name.clone()}</option> });
    let names = names.collect_view();
    let conditions: Vec<_> = factors
        .iter()
        .enumerate()
        .flat_map(|(i, f)| {
            let shown = if f.values.len() <= CONDITIONS { f.values.clone() } else { Vec::new() };
            shown.into_iter().enumerate().map(move |(v, name)| (i, v, name))
        })
        .collect();
    let single = factors.len() == 1;
    let conditions = conditions
        .into_iter()
        .map(|(i, v, name)| {
            let shown = if single { format!("{}: {name}", factors[i].name) } else { name };
            view! { <option value=format!("{i},{v}")>{shown}</option> }
        })
        .collect_view();
    let set_only = move |e: leptos::ev::Event| {
        let value = event_target_value(&e);
        only.set(value.split_once(',').and_then(|(i, v)| Some((i.parse().ok()?, v.parse().ok()?))));
    };
    let has_factors = !found.factors.is_empty();
    let pictures = found.plan.vectors.is_none();
    view! {
        <p data-testid="found">{words::found(&found)}</p>
        {found.notes.iter().map(|n| view! { <p class="notice">{n.clone()}</p> }).collect_view()}
        <Preview />
        // A table behind an address is one file, of which nothing can be wished.
        {own.files.with_value(|files| !files.blobs.is_empty()).then(|| view! { <ReadingPlan plan=*found.plan.clone() /> })}
        <div class="fields">
            <label class="field">{words::NAME}
                <input type="text" maxlength="60" data-testid="import-name" prop:value=move || title.get() on:input=move |e| title.set(event_target_value(&e)) /></label>
            {pictures.then(|| view! { <label class="field">{words::SIZE}
                <select data-testid="import-size" on:change=move |e| {
                    if let Ok(side) = event_target_value(&e).parse() { change(&|f| (f.width, f.height) = (side, side)) }
                }>
                    {SIDES.map(|s| view! { <option value=s.to_string() selected=move || frame.get().width == s>{format!("{s} × {s}")}</option> }).collect_view()}
                </select></label>
            <label class="field">{words::COLOURS}
                <select data-testid="import-colours" on:change=move |e| { let c = if event_target_value(&e) == "3" { 3 } else { 1 }; change(&|f| f.channels = c) }>
                    <option value="3" selected=move || frame.get().channels == 3>{words::IN_COLOUR}</option>
                    <option value="1" selected=move || frame.get().channels == 1>{words::IN_GREY}</option>
                </select></label>
            <label class="field">{words::CROP}
                <select data-testid="import-crop" on:change=move |e| {
                    let crop = event_target_value(&e).parse::<usize>().ok().and_then(|i| words::CROPS.get(i)).map_or(Crop::Middle, |(c, _)| *c);
                    change(&|f| f.crop = crop);
                }>
                    {words::CROPS.iter().enumerate().map(|(i, (crop, name))| view! {
                        <option value=i.to_string() selected=move || frame.get().crop == *crop>{*name}</option>
                    }).collect_view()}
                </select></label> })}
            <label class="field">{words::FIRST}
                <input type="number" min="16" placeholder=words::FIRST_HELP data-testid="import-first"
                    on:input=move |e| first.set(event_target_value(&e).parse().ok().filter(|n| *n > 0)) /></label>
            {has_factors.then(|| view! {
                <label class="field">{words::LABEL}
                    <select data-testid="import-label" on:change=move |e| label.set(event_target_value(&e).parse().unwrap_or(0))>{names}</select></label>
                <label class="field">{words::ONLY}
                    <select data-testid="import-only" on:change=set_only><option value="">{words::ONLY_ALL}</option>{conditions}</select></label>
            })}
            {found.sheet.then(|| view! { <Tile /> })}
        </div>
        <p class="help" data-testid="import-room">{room}</p>
        <div class="row">
            <button class="primary" data-testid="import-start" on:click=move |_| own.start(choice())>{words::PACK}</button>
            <button data-testid="import-back" on:click=move |_| own.step.set(Step::Choose)>{words::BACK}</button>
        </div>
    }
}

/// Size of the tiles of a sheet.
#[component]
fn Tile() -> impl IntoView {
    let own = OwnData::get();
    let (width, height) = (RwSignal::new(0u32), RwSignal::new(0u32));
    let set = move |side: RwSignal<u32>, e: leptos::ev::Event| {
        side.set(event_target_value(&e).parse().unwrap_or(0));
        let (w, h) = (width.get_untracked(), height.get_untracked());
        if w.max(h) > 0 {
            // One number makes squares.
            let tile = Some((if w > 0 { w } else { h }, if h > 0 { h } else { w }));
            own.inspect_again(Wishes { tile, ..own.wishes.get_untracked() });
        }
    };
    view! {
        <fieldset class="field">
            <legend>{words::TILE}</legend>
            <div class="row">
                <input type="number" min="1" aria-label=words::TILE_WIDTH data-testid="tile-width" on:change=move |e| set(width, e) />
                <input type="number" min="1" aria-label=words::TILE_HEIGHT data-testid="tile-height" on:change=move |e| set(height, e) />
            </div>
        </fieldset>
    }
}

/// The first pictures, cut and scaled.
#[component]
fn Preview() -> impl IntoView {
    let own = OwnData::get();
    let canvas = NodeRef::<html::Canvas>::new();
    Effect::new(move || {
        let theme = own.look.theme.get();
        if let (Some(canvas), Some(p)) = (canvas.get(), own.preview.get()) {
            let kept =
                SampleShape { channels: p.frame.channels as usize, height: p.frame.height as usize, width: p.frame.width as usize };
            let seen = kept.picture();
            let shape = Shape { width: seen.width as u32, height: seen.height as u32, channels: seen.channels as u32 };
            let images: Vec<&[u8]> = p.pixels.chunks_exact(shape.len()).collect();
            paint::tiles(&canvas, &images, shape, p.n.max(1), &theme);
        }
    });
    view! { <canvas class="digit preview" node_ref=canvas width="8" height="1" role="img" aria-label=words::PREVIEW data-testid="import-preview"></canvas> }
}
