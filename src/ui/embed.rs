//! The dialog that writes the code of a figure for somebody's own page.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::text::embed as text;
use super::{browser, state::Lab};
use crate::spec::{Family, PRESETS, Preset};

/// What a figure of a model can show, the first by itself.
fn panels(preset: &Preset) -> &'static [&'static str] {
    match preset.setup().card().map(|card| card.family) {
        Ok(Family::Vq) => &["tokens"],
        Ok(Family::Sae) => &["features"],
        _ if preset.setup().usize("latent") == 2 => &["map", "traversal", "path"],
        _ => &["traversal", "map", "path"],
    }
}

/// A figure as the dialog describes it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Figure {
    preset: &'static Preset,
    panel: &'static str,
    theme: &'static str,
}

impl Figure {
    /// The address of the page that holds nothing but the figure, for a site at `base`.
    fn address(self, base: &str) -> String {
        let theme = if self.theme == text::THEMES[0].0 { String::new() } else { format!("&theme={}", self.theme) };
        format!("{base}embed.html?preset={}&panel={}{theme}", self.preset.id, self.panel)
    }

    fn element(self, base: &str) -> String {
        let Self { preset, panel, theme } = self;
        format!(
            "<script type=\"module\" src=\"{base}embed.js\"></script>\n\
             <latent-lab preset=\"{}\" panel=\"{panel}\" theme=\"{theme}\">\n  \
             <img src=\"{base}assets/presets/{}.png\" alt=\"{}\">\n</latent-lab>",
            preset.id, preset.id, preset.label
        )
    }

    fn frame(self, base: &str) -> String {
        let address = self.address(base).replace('&', "&amp;");
        format!(
            "<iframe src=\"{address}\" title=\"{}\" loading=\"lazy\" width=\"100%\" height=\"460\"\n  \
             sandbox=\"allow-scripts allow-popups allow-top-navigation-by-user-activation\"></iframe>",
            self.preset.label
        )
    }
}

#[component]
pub fn EmbedButton() -> impl IntoView {
    let lab = Lab::get();
    let dialog = NodeRef::<html::Dialog>::new();
    let figure = RwSignal::new(Figure { preset: &PRESETS[0], panel: panels(&PRESETS[0])[0], theme: text::THEMES[0].0 });
    let framed = RwSignal::new(false);
    let said = RwSignal::new(text::COPY);
    let base = StoredValue::new(browser::base());
    let code = Memo::new(move |_| {
        let (figure, base) = (figure.get(), base.get_value());
        if framed.get() { figure.frame(&base) } else { figure.element(&base) }
    });
    let choose = move |preset: &'static Preset| {
        figure.update(|f| (f.preset, f.panel) = (preset, panels(preset)[0]));
    };
    let open = move |_| {
        choose(lab.preset.get_untracked());
        if let Some(dialog) = dialog.get_untracked() {
            // Refused only where it is open already.
            let _ = dialog.show_modal();
        }
    };
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let copy = move |_| {
        let code = code.get_untracked();
        leptos::task::spawn_local(async move {
            let done = JsFuture::from(browser::window().navigator().clipboard().write_text(&code)).await;
            said.set(if done.is_ok() { text::COPIED } else { text::COPY_FAILED });
            set_timeout(move || said.set(text::COPY), std::time::Duration::from_secs(2));
        });
    };
    let models = PRESETS.iter().map(|p| view! { <option value=p.id selected=move || figure.get().preset.id == p.id>{p.label}</option> });
    let shown = move || {
        let Figure { preset, panel, .. } = figure.get();
        panels(preset).iter().map(|id| view! { <option value=*id selected=*id == panel>{text::panel(id)}</option> }).collect_view()
    };
    let themes = text::THEMES.iter().map(|(id, name)| view! { <option value=*id>{*name}</option> });
    let forms = text::FORMS.iter().enumerate().map(|(i, (id, name))| view! {
        <button type="button" class="small" data-testid=format!("embed-{id}") aria-pressed=move || (framed.get() == (i == 1)).to_string()
            on:click=move |_| framed.set(i == 1)>{*name}</button>
    });
    let on_panel = move |e| {
        let id = event_target_value(&e);
        figure.update(|f| f.panel = panels(f.preset).iter().find(|p| **p == id).unwrap_or(&f.panel));
    };
    let on_theme = move |e| {
        let id = event_target_value(&e);
        figure.update(|f| f.theme = text::THEMES.iter().find(|(theme, _)| *theme == id).map_or(f.theme, |(theme, _)| theme));
    };
    view! {
        <button class="link" data-testid="embed" on:click=open>{text::EMBED}</button>
        <dialog class="embed" aria-labelledby="embed-title" node_ref=dialog>
            <h2 id="embed-title">{text::EMBED_TITLE}</h2>
            <p class="help">{text::EMBED_HELP}</p>
            <div class="fields">
                <label>{text::MODEL}<select data-testid="embed-model" on:change=move |e| if let Some(p) = Preset::find(&event_target_value(&e)) { choose(p) }>{models.collect_view()}</select></label>
                <label>{text::PANELS}<select data-testid="embed-panel" on:change=on_panel>{shown}</select></label>
                <label>{text::THEME}<select on:change=on_theme>{themes.collect_view()}</select></label>
                <div class="field" role="group" aria-label=text::FORM>{text::FORM}<div class="segments">{forms.collect_view()}</div></div>
            </div>
            <p class="help">{move || text::FORM_HELP[usize::from(framed.get())]}</p>
            <textarea readonly rows="5" spellcheck="false" aria-label=text::CODE data-testid="embed-code" prop:value=code></textarea>
            <div class="row-of-buttons">
                <button class="primary" data-testid="embed-copy" on:click=copy>{said}</button>
                <a href=move || figure.get().address(&base.get_value()) target="_blank" data-testid="embed-see">{text::SEE}</a>
                <button data-testid="embed-close" on:click=close>{text::CLOSE}</button>
            </div>
        </dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_names_what_was_chosen() {
        let figure = Figure { preset: &PRESETS[0], panel: "map", theme: "dark" };
        let element = figure.element("https://example.org/lab/");
        assert!(element.contains("<latent-lab preset=\"mnist-vae\" panel=\"map\" theme=\"dark\">"), "{element}");
        assert!(element.contains("src=\"https://example.org/lab/embed.js\""), "{element}");
        let frame = figure.frame("https://example.org/lab/");
        assert!(frame.contains("embed.html?preset=mnist-vae&amp;panel=map&amp;theme=dark\""), "{frame}");
        for preset in PRESETS {
            assert!(!panels(preset).is_empty(), "{}", preset.id);
        }
    }
}
