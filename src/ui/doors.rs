//! Three ways into the page, for who comes to play, to learn or to check. Once something is chosen they are a line.

use leptos::prelude::*;
use web_sys::HtmlElement;

use crate::browser;
use crate::findings::FindingsButton;
use crate::lessons::LessonsButton;
use crate::store::look::Look;
use leptos::wasm_bindgen::JsCast;

const WAYS: &str = "Ways in";
const PLAY: &str = "Play with a model";
const PLAY_SAYS: &str = "Drag a slider, and a digit morphs. Press Train, and it learns.";

#[component]
pub fn Doors() -> impl IntoView {
    let look = Look::get();
    let play = move |_| {
        look.chosen.set(true);
        browser::next_frame(|| {
            let panels = browser::document().get_element_by_id("panels").and_then(|p| p.dyn_into::<HtmlElement>().ok());
            if let Some(panels) = panels {
                let _ = panels.focus();
            }
        });
    };
    view! {
        <div class="doors" role="group" aria-label=WAYS>
            <button class="link door play" data-testid="play" on:click=play><b>{PLAY}</b><span>{PLAY_SAYS}</span></button>
            <LessonsButton />
            <FindingsButton />
        </div>
    }
}
