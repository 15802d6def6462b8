//! Letters of names: encodings that archives do not tell, and two ways to write an accent.

/// How the names in an archive are encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    #[default]
    Utf8,
    /// The format's own where it is not UTF-8.
    CodePage437,
    Gbk,
    ShiftJis,
}

impl Encoding {
    /// For the visitor.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::CodePage437 => "code page 437",
            Self::Gbk => "GBK",
            Self::ShiftJis => "Shift-JIS",
        }
    }

    /// The encoding in which these names, which are not UTF-8, are words. All are judged together.
    pub fn plausible<'a>(names: impl Iterator<Item = &'a [u8]>) -> Self {
        let (mut gbk, mut kana, mut jis, mut runs) = (0u64, 0u64, 0u64, 0u64);
        for name in names {
            let (mut at, mut last) = (0, 0u8);
            while at < name.len() {
                if name[at] < 0x80 {
                    (last, at) = (name[at], at + 1);
                    continue;
                }
                // A word in Chinese or Japanese has more than one letter, and no Latin ones about it.
                let end = (at..name.len()).find(|i| name[*i] < 0x80).unwrap_or(name.len());
                runs += 1;
                let alone = end - at == 1 || last.is_ascii_alphabetic() && name.get(end).is_some_and(u8::is_ascii_alphabetic);
                gbk += u64::from(!alone && common_gbk(&name[at..end]));
                let (read, japanese, katakana) = shift_jis(&name[at..]);
                jis += u64::from(japanese && !(alone && read < 4));
                kana += katakana;
                (at, last) = if japanese { (at + read.max(1), 0) } else { (end, 0) };
            }
        }
        match () {
            () if runs == 0 => Self::Utf8,
            () if jis * 10 >= runs * 9 && kana > 0 => Self::ShiftJis,
            () if gbk * 10 >= runs * 9 => Self::Gbk,
            () if jis * 10 >= runs * 9 => Self::ShiftJis,
            () => Self::CodePage437,
        }
    }

    /// A name in this encoding.
    pub fn decode(self, bytes: &[u8]) -> String {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Self::CodePage437 => bytes.iter().map(|b| code_page_437(*b)).collect(),
            Self::Gbk => platform::decoded(bytes, "gbk"),
            Self::ShiftJis => platform::decoded(bytes, "shift_jis"),
        }
    }
}

/// Whether these bytes are pairs of GB 2312, its signs and its characters.
fn common_gbk(run: &[u8]) -> bool {
    let pair = |p: &[u8]| matches!(p, [0xa1..=0xa9 | 0xb0..=0xf7, 0xa1..=0xfe]);
    run.len().is_multiple_of(2) && run.chunks_exact(2).all(pair)
}

/// How far a run of Shift-JIS goes, whether it is one, and how much of it is kana.
fn shift_jis(bytes: &[u8]) -> (usize, bool, u64) {
    let (mut at, mut kana) = (0, 0);
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (0..=0x7f, _) => break,
            (0x82, Some(0x9f..=0xf1)) | (0x83, Some(0x40..=0x96)) => (at, kana) = (at + 2, kana + 1),
            (0x81..=0x84 | 0x88..=0x9f | 0xe0..=0xea, Some(0x40..=0x7e | 0x80..=0xfc)) => at += 2,
            _ => return (at, false, kana),
        }
    }
    (at, at >= 2, kana)
}

/// A letter of code page 437, of its upper half as the IBM PC had it.
fn code_page_437(byte: u8) -> char {
    const UPPER: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
    match byte {
        0..0x80 => char::from(byte),
        _ => UPPER.chars().nth(usize::from(byte - 0x80)).unwrap_or(char::REPLACEMENT_CHARACTER),
    }
}

/// The name with its accents composed: macOS takes letters apart, others do not, and both mean the same.
pub fn composed(name: String) -> String {
    if name.is_ascii() { name } else { platform::composed(&name) }
}

#[cfg(not(target_arch = "wasm32"))]
mod platform {
    use unicode_normalization::UnicodeNormalization;

    pub fn decoded(bytes: &[u8], encoding: &str) -> String {
        encoding_rs::Encoding::for_label(encoding.as_bytes()).unwrap_or(encoding_rs::UTF_8).decode(bytes).0.into_owned()
    }

    pub fn composed(name: &str) -> String {
        name.nfc().collect()
    }
}

/// A browser has the tables of all this already.
#[cfg(target_arch = "wasm32")]
mod platform {
    use js_sys::{JsString, Uint8Array};
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen]
    extern "C" {
        type TextDecoder;
        #[wasm_bindgen(constructor, catch)]
        fn new(label: &str) -> Result<TextDecoder, JsValue>;
        #[wasm_bindgen(method, catch)]
        fn decode(this: &TextDecoder, bytes: &Uint8Array) -> Result<String, JsValue>;
    }

    pub fn decoded(bytes: &[u8], encoding: &str) -> String {
        let text = TextDecoder::new(encoding).and_then(|decoder| decoder.decode(&Uint8Array::from(bytes)));
        text.unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned())
    }

    pub fn composed(name: &str) -> String {
        JsString::from(name).normalize("NFC").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_what_they_are() {
        let encoded = |encoding: &'static encoding_rs::Encoding, text: &str| encoding.encode(text).0.into_owned();
        for (encoding, names) in [
            (encoding_rs::GBK, &["照片/猫/1.jpg", "照片/狗/2.jpg", "我的数据集/图像 (3).png"][..]),
            (encoding_rs::SHIFT_JIS, &["写真/ねこ/1.jpg", "写真/いぬ/2.jpg", "データ/画像.png"]),
            (encoding_rs::SHIFT_JIS, &["ネコ/1.jpg", "イヌ/2.jpg"]),
        ] {
            let bytes: Vec<Vec<u8>> = names.iter().map(|n| encoded(encoding, n)).collect();
            let found = Encoding::plausible(bytes.iter().map(Vec::as_slice));
            let read: Vec<String> = bytes.iter().map(|b| found.decode(b)).collect();
            assert_eq!(read, names, "{found:?}");
        }
        // Müller, Köln, été, año, Straße.
        let western: [&[u8]; 5] = [b"M\x81ller/1.jpg", b"K\x94ln/2.jpg", b"\x82t\x82/3.jpg", b"a\xa4o/4.jpg", b"Stra\xe1e/5.jpg"];
        let found = Encoding::plausible(western.into_iter());
        assert_eq!(western.map(|b| found.decode(b)), ["Müller/1.jpg", "Köln/2.jpg", "été/3.jpg", "año/4.jpg", "Straße/5.jpg"]);
        assert_eq!(code_page_437(0xff), '\u{a0}');
    }

    #[test]
    fn accents_are_composed() {
        assert_eq!(composed("e\u{301}te\u{301}".into()), "été");
    }
}
