//! Bytes as text, six bits a letter (RFC 4648, section 4).

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes as letters, for where only text may stand.
pub fn to_text(bytes: &[u8]) -> String {
    let four = |three: &[u8]| {
        let word = (0..3).fold(0usize, |word, i| word << 8 | usize::from(three.get(i).copied().unwrap_or(0)));
        (0..4).map(move |i| (word >> (18 - 6 * i)) & 63)
    };
    let letters = |three: &[u8]| {
        let n = three.len() + 1;
        four(three).enumerate().map(move |(i, at)| if i < n { char::from(LETTERS[at]) } else { '=' }).collect::<String>()
    };
    bytes.chunks(3).map(letters).collect()
}

/// The bytes of [`to_text`].
///
/// # Errors
/// If that is not what it is.
pub fn from_text(text: &str) -> Result<Vec<u8>, String> {
    let foreign = || "a model's programs are not written in letters of six bits".to_string();
    let letters = text.trim_end_matches('=').as_bytes();
    if !text.len().is_multiple_of(4) || text.len() - letters.len() > 2 {
        return Err(foreign());
    }
    let mut out = Vec::with_capacity(letters.len() / 4 * 3 + 2);
    for four in letters.chunks(4) {
        let mut word = 0usize;
        for letter in four {
            word = word << 6 | LETTERS.iter().position(|l| l == letter).ok_or_else(foreign)?;
        }
        word <<= 6 * (4 - four.len());
        out.extend((1..four.len()).map(|i| (word >> (24 - 8 * i)) as u8));
    }
    Ok(out)
}
