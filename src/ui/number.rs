//! Numbers as people read them.

/// A whole number with thin spaces between its thousands.
pub fn grouped(n: f64) -> String {
    let digits = format!("{:.0}", n.max(0.0));
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push('\u{202f}');
        }
        out.push(c);
    }
    out
}

/// A rate: one decimal while it is small.
pub fn rate(v: f64) -> String {
    if v > 0.0 && v < 10.0 { format!("{v:.1}") } else { grouped(v) }
}

/// Bytes of a file.
pub fn size(bytes: f64) -> String {
    match bytes {
        b if b >= 1e9 => format!("{:.1} GB", b / 1e9),
        b if b >= 1e6 => format!("{:.1} MB", b / 1e6),
        b => format!("{:.0} kB", b / 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(grouped(1_234_567.0), "1\u{202f}234\u{202f}567");
        assert_eq!(grouped(999.4), "999");
        assert_eq!((rate(0.0), rate(3.26), rate(57.0)), ("0".into(), "3.3".into(), "57".into()));
    }
}
