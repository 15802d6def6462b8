//! What the browser throws, in its own words.

use js_sys::Reflect;
use wasm_bindgen::prelude::*;

/// Said where it gives none.
const SILENT: &str = "the browser gives no reason";

/// The words of whatever was thrown: an error's message, else its name, else the value itself where it is text.
pub fn words(thrown: &JsValue) -> String {
    let part = |key: &str| Reflect::get(thrown, &key.into()).ok().and_then(|v| v.as_string());
    let all = [thrown.as_string(), part("message"), part("name")];
    all.into_iter().flatten().find(|text| !text.is_empty()).unwrap_or_else(|| SILENT.into())
}

/// The same, of an error that a library has printed as Rust prints values: its name stands before the words, and where it was
/// thrown behind them.
pub fn own_words(printed: &str) -> &str {
    let Some(value) = printed.strip_prefix("JsValue(").and_then(|text| text.strip_suffix(')')) else { return printed };
    let line = value.lines().next().unwrap_or_default();
    let (name, words) = line.split_once(':').filter(|(name, _)| name.chars().all(char::is_alphanumeric)).unwrap_or(("", line));
    let words = words.trim().trim_matches('"');
    if words.is_empty() { name } else { words }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_the_browser_said() {
        for (printed, said) in [
            ("JsValue(OperationError: The adapter is consumed\nundefined)", "The adapter is consumed"),
            ("JsValue(TypeError: Required member: size\n    at f (x.js:1:2)\n    at g)", "Required member: size"),
            ("JsValue(OperationError: \nundefined)", "OperationError"),
            ("JsValue(\"no more devices\")", "no more devices"),
            ("No device: out of memory", "No device: out of memory"),
        ] {
            assert_eq!(own_words(printed), said);
        }
    }
}
