//! Numbers from text.

/// The number that a decimal text stands for: digits, with a sign, a point and an exponent where they are wanted. `None` of anything
/// else, spaces and `inf` included.
///
/// In a browser its own reader is asked: Rust's has a table of powers that would be ten kilobytes of every download. Both round to
/// the nearest.
pub fn number(text: &str) -> Option<f64> {
    if !is_decimal(text.as_bytes()) {
        return None;
    }
    #[cfg(target_arch = "wasm32")]
    let value = js_sys::parse_float(text);
    #[cfg(not(target_arch = "wasm32"))]
    let value: f64 = text.parse().ok()?;
    value.is_finite().then_some(value)
}

fn is_decimal(text: &[u8]) -> bool {
    let sign = |text: &[u8]| usize::from(matches!(text.first(), Some(b'+' | b'-')));
    let digits = |text: &[u8]| text.iter().take_while(|c| c.is_ascii_digit()).count();
    let mut rest = &text[sign(text)..];
    let whole = digits(rest);
    rest = &rest[whole..];
    let mut part = 0;
    if let [b'.', after @ ..] = rest {
        part = digits(after);
        rest = &after[part..];
    }
    if whole + part == 0 {
        return false;
    }
    if let [b'e' | b'E', after @ ..] = rest {
        let after = &after[sign(after)..];
        return !after.is_empty() && digits(after) == after.len();
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_standard_library() {
        for text in ["0", "-0.5", "+3", ".5", "5.", "1e-3", "2.5E+7", "0.30000000000000004", "123456789012345678", "-1.e2"] {
            assert_eq!(number(text), Some(text.parse().unwrap()), "{text}");
        }
        for text in ["", "+", ".", "e5", "1e", "1e+", "1.2.3", " 1", "1 ", "0x10", "inf", "NaN", "1_000", "1,5", "--1", "1e400"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
