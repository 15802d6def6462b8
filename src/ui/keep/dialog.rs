//! The list of kept runs, and what enters and leaves the page as files.

use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::browser;
use crate::conductor::Conductor;
use crate::data::OwnData;
use crate::dress::Dress;
use crate::keep::tools::Tool;
use crate::keep::words;
use crate::offline::Offline;
use crate::part::{Make, fetched};
use crate::react::react;
use crate::store::files::{Files, Storage};
use crate::store::runs::{Origin, Runs};
use latent_protocol::{Export, KeptRun, Table};
use latent_vocabulary::Precision;

/// Closes the dialog.
#[derive(Clone)]
struct Close(Callback<()>);

/// The button that opens the dialog, and the dialog, from when it is first opened.
#[component]
pub fn RunsButton() -> impl IntoView {
    const INSIDE: Make = fetched!(
        dialogs,
        runs_inside,
        view! { <Dress name="dialogs" /><Files /><Kept /><section><h3>{words::OFFLINE}</h3><Offline /></section> }
    );
    let files = Files::get();
    let wanted = RwSignal::new(false);
    let dialog = NodeRef::<html::Dialog>::new();
    let open = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            wanted.set(true);
            files.said.set(None);
            files.keep_run();
            files.ask_for_runs();
            // Fails only where it is open already.
            let _ = dialog.show_modal();
        }
    };
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    provide_context(Close(Callback::new(move |()| close())));
    // A dictionary without rows asks for some, in a dialog of its own.
    react(move || {
        if files.brought.with(Option::is_some) {
            close();
        }
    });
    view! {
        <button class="link" data-testid="runs" on:click=open>{words::RUNS}</button>
        <dialog class="runs" node_ref=dialog aria-labelledby="runs-title" data-testid="runs-dialog">
            <header>
                <h2 id="runs-title">{words::RUNS}</h2>
                <button class="quiet" aria-label=words::CLOSE data-testid="runs-close" on:click=move |_| close()>"✕"</button>
            </header>
            {move || wanted.get().then(|| INSIDE.view())}
        </dialog>
    }
}

/// Files out and in.
#[component]
fn Files() -> impl IntoView {
    let (files, runs, own) = (Files::get(), Runs::get(), OwnData::get());
    let input = NodeRef::<html::Input>::new();
    let features = move || runs.model().features.is_some();
    let for_saelens = move |_| files.download_for(Tool::SaeLens(untrack(|| own.current()).and_then(|set| set.normalised)));
    let save = move |what: Export, name: &'static str, help: &'static str, id: &'static str| {
        view! {
            <button class="small" title=help data-testid=id disabled=move || !files.can_save() on:click=move |_| files.download(what)>{name}</button>
        }
    };
    let write = move |tool: Tool, name: &'static str, help: &'static str, id: &'static str| {
        view! {
            <button class="small" title=help data-testid=id disabled=move || !files.can_save() on:click=move |_| files.download_for(tool)>{name}</button>
        }
    };
    view! {
        <section>
            <h3>{words::FILES}</h3>
            <div class="row-of-buttons">
                {save(Export::Weights(Precision::Full), words::WEIGHTS, words::WEIGHTS_HELP, "save-weights")}
                {save(Export::Weights(Precision::Half), words::HALF, words::HALF_HELP, "save-half")}
                {save(Export::Weights(Precision::Quarter), words::QUARTER, words::QUARTER_HELP, "save-quarter")}
                {save(Export::Checkpoint, words::CHECKPOINT, words::CHECKPOINT_HELP, "save-checkpoint")}
                {save(Export::Codes(Table::Csv), words::CODES_CSV, words::CODES_HELP, "save-codes")}
                {save(Export::Codes(Table::Npz), words::CODES_NPZ, words::CODES_NPZ_HELP, "save-codes-npz")}
                {write(Tool::Onnx, words::ONNX, words::ONNX_HELP, "save-onnx")}
                {write(Tool::Torch, words::TORCH, words::TORCH_HELP, "save-torch")}
                <Show when=features>
                    <button class="small" title=words::SAELENS_HELP data-testid="save-saelens" disabled=move || !files.can_save() on:click=for_saelens>{words::SAELENS}</button>
                </Show>
                <label class="button" title=words::OPEN_FILE_HELP>
                    {words::OPEN_FILE}
                    <input class="unseen" type="file" accept=".safetensors,.npz,.zip,.json" multiple data-testid="open-file" node_ref=input
                        on:change=move |_| if let Some(input) = input.get_untracked() { files.open_chosen(&input) } />
                </label>
            </div>
            <p class="help" role="status" data-testid="file-said">{move || files.said.get().unwrap_or_else(|| words::FILES_HELP.into())}</p>
        </section>
    }
}

/// Kept runs and the room they take.
#[component]
fn Kept() -> impl IntoView {
    let files = Files::get();
    let list = NodeRef::<html::Ul>::new();
    let runs = Memo::new(move |_| match files.storage.get() {
        Storage::Open { runs, .. } => runs,
        Storage::Unknown | Storage::Absent(_) => Vec::new(),
    });
    let room = move || match files.storage.get() {
        Storage::Unknown => None,
        Storage::Absent(why) => Some(view! { <p class="notice" data-testid="no-store">{words::no_store(&why)}</p> }.into_any()),
        Storage::Open { used, quota, .. } => Some(
            view! {
                <p class="room" data-testid="room">
                    <meter min="0" max=quota.to_string() value=used.to_string() aria-label=words::ROOM></meter>
                    {words::room(used, quota)}
                </p>
            }
            .into_any(),
        ),
    };
    view! {
        <section>
            <h3>{words::KEPT}</h3>
            <p class="help">{words::KEPT_HELP}</p>
            <ul class="kept" data-testid="kept" tabindex="-1" node_ref=list>
                // By what stays: a row that were made anew would lose the focus, and a name half typed.
                <For each=move || runs.get() key=|run| run.id.clone() let:run>
                    <Row run all=runs list />
                </For>
            </ul>
            <Show when=move || runs.with(Vec::is_empty)><p class="note">{words::NONE}</p></Show>
            {room}
        </section>
    }
}

/// What the visitor is doing to a row.
#[derive(Clone, Copy, PartialEq)]
enum Act {
    Nothing,
    Renaming,
    Deleting,
}

/// Moves the keyboard to a button that stands there with the next frame: the one that was pressed is gone by then.
fn focus_next(buttons: NodeRef<html::Div>, testid: &'static str) {
    let buttons = buttons.get_untracked();
    browser::next_frame(move || {
        let found = buttons.and_then(|b| b.query_selector(&format!("[data-testid={testid}]")).ok().flatten());
        if let Some(button) = found.and_then(|b| b.dyn_into::<HtmlElement>().ok()) {
            // Refused only by a button that is gone.
            let _ = button.focus();
        }
    });
}

#[component]
fn Row(run: KeptRun, all: Memo<Vec<KeptRun>>, list: NodeRef<html::Ul>) -> impl IntoView {
    let (runs, files, conductor) = (Runs::get(), Files::get(), Conductor::get());
    let act = RwSignal::new(Act::Nothing);
    let field = NodeRef::<html::Input>::new();
    let buttons = NodeRef::<html::Div>::new();
    let key = StoredValue::new(run.id.clone());
    let run = Memo::new(move |before: Option<&KeptRun>| {
        let now = all.with(|all| all.iter().find(|r| r.id == run.id).cloned());
        now.unwrap_or_else(|| before.unwrap_or(&run).clone())
    });
    let Close(close) = expect_context();
    let id = move || key.get_value();
    let here = Memo::new(move |_| {
        let shown = runs.run.with(|r| r.as_ref().filter(|r| r.origin != Origin::Pretrained).map(|r| r.id));
        files.kept.with(|kept| kept.as_ref().is_some_and(|(on, kept, _)| Some(*on) == shown && *kept == id()))
    });
    let elsewhere = move || run.with(|r| r.open) && !here.get();
    let busy = move || here.get() || elsewhere();
    let turn = move |to: Act, focus: &'static str| {
        act.set(to);
        focus_next(buttons, focus);
    };
    let rename = move || {
        if let Some(field) = field.get_untracked() {
            files.rename_run(id(), field.value());
        }
        turn(Act::Nothing, "rename-run");
    };
    react(move || {
        if let Some(field) = field.get() {
            let _ = field.focus();
            field.select();
        }
    });
    let open = move |_| {
        run.with_untracked(|r| conductor.open_kept(r));
        close.run(());
    };
    let delete = move |_| {
        // The row goes when the storage answers.
        if let Some(list) = list.get_untracked() {
            let _ = list.focus();
        }
        files.delete_run(id());
    };
    let place = move || match (here.get(), elsewhere()) {
        (true, _) => words::HERE,
        (_, true) => words::ELSEWHERE,
        _ => "",
    };
    let choices = move || {
        match act.get() {
        Act::Nothing => view! {
            <button class="small" data-testid="open-run" disabled=busy on:click=open>{words::OPEN}</button>
            <button class="small" data-testid="rename-run" on:click=move |_| act.set(Act::Renaming)>{words::RENAME}</button>
            <button class="small" data-testid="delete-run" disabled=busy on:click=move |_| turn(Act::Deleting, "delete-no")>{words::DELETE}</button>
        }.into_any(),
        Act::Renaming => view! {
            <button class="small" data-testid="rename-done" on:click=move |_| rename()>{words::DONE}</button>
        }.into_any(),
        // The question is read out with the button that takes the focus: the one that does no harm.
        Act::Deleting => view! {
            <span class="note" id=format!("sure-{}", id())>{words::SURE}</span>
            <button class="small" data-testid="delete-yes" on:click=delete>{words::DELETE}</button>
            <button class="small" data-testid="delete-no" aria-describedby=format!("sure-{}", id())
                on:click=move |_| turn(Act::Nothing, "delete-run")>{words::CANCEL}</button>
        }.into_any(),
    }
    };
    let title = move || {
        match act.get() {
        Act::Renaming => view! {
            <input class="rename" type="text" maxlength="60" aria-label=words::NAME data-testid="run-name" node_ref=field value=run.with_untracked(words::name)
                on:keydown=move |e| match e.key().as_str() {
                    "Enter" => rename(),
                    // The dialog would close.
                    "Escape" => { e.prevent_default(); turn(Act::Nothing, "rename-run"); }
                    _ => {}
                } />
        }.into_any(),
        _ => view! { <b translate=move || run.with(|r| (!r.name.is_empty()).then_some("no"))>{move || run.with(words::name)}</b> }.into_any(),
    }
    };
    view! {
        <li data-testid="kept-run">
            <div class="kept-what">
                {title}
                <span class="note">{move || run.with(|r| words::about(r, browser::today()))}" "{place}</span>
            </div>
            <div class="kept-do" node_ref=buttons>{choices}</div>
        </li>
    }
}
