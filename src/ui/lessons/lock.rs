//! A teacher's link: parts of the page that it hides, and controls that it locks.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::Element;

use crate::browser;
use crate::lesson::{HIDE, LOCK};

/// Names in a list of the address; what is no name is left out.
fn names(key: &str) -> Vec<String> {
    let named = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    browser::parameter(key).unwrap_or_default().split(',').filter(named).map(String::from).collect()
}

/// The style that hides what the link says: parts by their names, panels also without `panel-`.
fn hiding(names: &[String]) -> String {
    let all = names.iter().flat_map(|name| {
        [format!("[data-testid=\"{name}\"]"), format!("[data-testid=\"panel-{name}\"]"), format!(".{name}:not(.lesson *)")]
    });
    let all: Vec<String> = all.collect();
    if all.is_empty() { String::new() } else { format!("{}{{display:none!important}}", all.join(",")) }
}

/// Hides what the link says, for as long as the view lives.
#[component]
pub fn Hiding() -> impl IntoView {
    view! { <style>{hiding(&names(HIDE))}</style> }
}

/// The controls that the link locks.
pub fn locked() -> Vec<String> {
    names(LOCK)
}

/// Locks them; they may have been made anew since.
pub fn lock(keys: &[String]) {
    for key in keys {
        let control = browser::document().get_element_by_id(&format!("param-{key}"));
        let control = control.and_then(|input| input.closest(".control").ok().flatten());
        if let Some(control) = control {
            set_inert(&control);
        }
    }
}

fn set_inert(control: &Element) {
    if !control.has_attribute("inert") {
        // Of an element that is there this cannot fail.
        let _ = control.unchecked_ref::<Element>().set_attribute("inert", "");
    }
}

#[cfg(test)]
mod tests {
    use super::hiding;

    #[test]
    fn what_is_hidden_has_a_rule() {
        assert_eq!(hiding(&[]), "");
        let rule = hiding(&["map".into(), "gallery".into()]);
        assert!(rule.starts_with("[data-testid=\"map\"],[data-testid=\"panel-map\"],.map:not(.lesson *),"), "{rule}");
        assert!(rule.ends_with("{display:none!important}"), "{rule}");
    }
}
