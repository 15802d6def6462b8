//! Texts with holes, as they lie in `shaders`.

/// A template with its `{{holes}}` filled in and without its comments.
///
/// # Panics
/// If a hole has no value: the caller's mistake.
pub fn fill(template: &str, values: &[(&str, String)]) -> String {
    let mut out = String::with_capacity(template.len() + values.iter().map(|v| v.1.len()).sum::<usize>());
    for mut rest in template.lines().filter(|l| !l.starts_with("//")) {
        while let Some((before, behind)) = rest.split_once("{{") {
            let (key, after) = behind.split_once("}}").unwrap_or_default();
            out += before;
            out += &values.iter().find(|v| v.0 == key).expect("each hole has a value").1;
            rest = after;
        }
        out += rest;
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_filled_and_comments_left_out() {
        let filled = fill("// {{no}}\na = {{b}}{{c}};\n", &[("c", "2u".into()), ("b", "{{c}}".into())]);
        assert_eq!(filled, "a = {{c}}2u;\n");
    }
}
