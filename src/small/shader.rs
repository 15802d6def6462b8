//! Texts of shaders without what is only for whoever reads them.

/// `shader!("path")`: the text of a file, as `include_str!` gives it; in the browser without comments and indentation, which are cut
/// while the program is compiled.
#[macro_export]
macro_rules! shader {
    ($path:literal) => {{
        const WHOLE: &str = include_str!($path);
        const LENGTH: usize = $crate::shader::cut::<{ WHOLE.len() }>(WHOLE).1;
        const SHORT: [u8; LENGTH] = $crate::shader::first($crate::shader::cut::<{ WHOLE.len() }>(WHOLE).0);
        const TEXT: &str = match core::str::from_utf8(&SHORT) {
            Ok(text) => text,
            Err(_) => panic!("lines were cut at their ends only"),
        };
        if cfg!(target_arch = "wasm32") { TEXT } else { WHOLE }
    }};
}

/// The text without comments that have a line to themselves, indentation and empty lines, and its length.
pub const fn cut<const N: usize>(text: &str) -> ([u8; N], usize) {
    let bytes = text.as_bytes();
    let (mut out, mut length, mut at) = ([0; N], 0, 0);
    while at < N {
        while at < N && (bytes[at] == b' ' || bytes[at] == b'\n') {
            at += 1;
        }
        let comment = at + 1 < N && bytes[at] == b'/' && bytes[at + 1] == b'/';
        while at < N && bytes[at] != b'\n' {
            if !comment {
                out[length] = bytes[at];
                length += 1;
            }
            at += 1;
        }
        if !comment && at < N {
            out[length] = b'\n';
            length += 1;
        }
    }
    (out, length)
}

/// The first bytes of `all`.
pub const fn first<const M: usize, const N: usize>(all: [u8; N]) -> [u8; M] {
    let (mut out, mut i) = ([0; M], 0);
    while i < M {
        out[i] = all[i];
        i += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn comments_and_indentation_go() {
        const TEXT: &str = "// What it does: ä.\nfn f() {\n    // why\n\n    return 1 / 2; // stays\n}\n";
        let (bytes, length) = cut::<{ TEXT.len() }>(TEXT);
        assert_eq!(str::from_utf8(&bytes[..length]), Ok("fn f() {\nreturn 1 / 2; // stays\n}\n"));
    }
}
