//! As much JSON as the headers of safetensors files have: objects, lists, texts, and whole numbers that are not negative. Every figure
//! downloads it, and a reader of all of JSON is as large as a third of the player.

/// A value of a header.
#[derive(Debug, PartialEq)]
pub enum Value {
    Text(String),
    Number(usize),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

/// Objects and lists within one another: a header has three.
const DEPTH: usize = 8;

impl Value {
    /// The value that a text is; `None` if it is none, or has more of JSON in it.
    pub fn read(text: &str) -> Option<Self> {
        let mut rest = Rest(text);
        let value = rest.value(DEPTH)?;
        rest.blank();
        rest.0.is_empty().then_some(value)
    }

    /// What an object has under a name.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(entries) = self else { return None };
        entries.iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// A list of numbers.
    pub fn numbers(&self) -> Option<Vec<usize>> {
        let Self::List(all) = self else { return None };
        all.iter().map(|n| if let Self::Number(n) = n { Some(*n) } else { None }).collect()
    }
}

/// What has not been read yet.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    fn blank(&mut self) {
        self.0 = self.0.trim_start_matches([' ', '\n', '\r', '\t']);
    }

    /// The next character, if it is this one.
    fn take(&mut self, c: char) -> Option<()> {
        self.0 = self.0.strip_prefix(c)?;
        Some(())
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.blank();
        match self.0.bytes().next()? {
            b'"' => self.text().map(Value::Text),
            b'[' => self.all(']', depth, |rest| rest.value(depth - 1)).map(Value::List),
            b'{' => {
                let entry = |rest: &mut Self| {
                    rest.blank();
                    let name = rest.text()?;
                    rest.blank();
                    rest.take(':')?;
                    Some((name, rest.value(depth - 1)?))
                };
                self.all('}', depth, entry).map(Value::Object)
            }
            _ => {
                let digits = self.0.len() - self.0.trim_start_matches(|c: char| c.is_ascii_digit()).len();
                let (number, rest) = self.0.split_at(digits);
                self.0 = rest;
                number.parse().ok().filter(|_| digits == 1 || !number.starts_with('0')).map(Value::Number)
            }
        }
    }

    /// What lies between a bracket and `end`, with commas between.
    fn all<T>(&mut self, end: char, depth: usize, mut one: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        if depth == 0 {
            return None;
        }
        self.0 = &self.0[1..];
        let mut all = vec![];
        self.blank();
        while self.take(end).is_none() {
            if !all.is_empty() {
                self.take(',')?;
            }
            all.push(one(self)?);
            self.blank();
        }
        Some(all)
    }

    /// A text in quotes.
    fn text(&mut self) -> Option<String> {
        self.take('"')?;
        let mut out = String::new();
        loop {
            let (plain, rest) = self.0.split_at(self.0.find(|c| c == '"' || c == '\\' || c < ' ')?);
            out.push_str(plain);
            self.0 = rest;
            if self.take('"').is_some() {
                return Some(out);
            }
            self.take('\\')?;
            let kind = self.0.chars().next()?;
            self.take(kind)?;
            out.push(match kind {
                '"' | '\\' | '/' => kind,
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => self.unit()?,
                _ => return None,
            });
        }
    }

    /// A character by its number; those beyond four digits are a pair.
    fn unit(&mut self) -> Option<char> {
        let first = self.digits()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first);
        }
        self.take('\\')?;
        self.take('u')?;
        let second = self.digits()?.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
        char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + second)
    }

    fn digits(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_at_checked(4)?;
        self.0 = rest;
        let hexadecimal = number.bytes().all(|b| b.is_ascii_hexdigit());
        hexadecimal.then(|| u32::from_str_radix(number, 16).ok())?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(ours: &Value, theirs: &serde_json::Value) -> bool {
        match (ours, theirs) {
            (Value::Text(a), serde_json::Value::String(b)) => a == b,
            (Value::Number(a), serde_json::Value::Number(b)) => b.as_u64() == Some(*a as u64),
            (Value::List(a), serde_json::Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
            (Value::Object(a), serde_json::Value::Object(b)) => {
                a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
            }
            _ => false,
        }
    }

    #[test]
    fn it_reads_what_serde_reads_and_refuses_what_serde_refuses() {
        let whole = r#" {"__metadata__": {"setup":"v=1&data=mnist", "classes":"Tom\nA, B \u00e9\ud83d\ude00 \\ \/ \" \t"},
            "w": {"dtype":"F32","shape":[3,0,784],"data_offsets":[0,1844674407370955161]}, "": [], "x": {}, "é😀":[[]] } "#;
        let value = Value::read(whole).unwrap();
        assert!(same(&value, &serde_json::from_str(whole).unwrap()), "{value:?}");
        assert_eq!(value.get("w").unwrap().get("shape").unwrap().numbers(), Some(vec![3, 0, 784]));
        // Every end, and every character in the place of every other.
        let marks = ['{', '}', '[', ']', '"', ',', ':', '\\', 'u', '0', '9', ' ', '\n', 'é'];
        let places: Vec<(usize, char)> = whole.char_indices().collect();
        for (at, c) in &places {
            let changed = marks.iter().map(|mark| format!("{}{mark}{}", &whole[..*at], &whole[at + c.len_utf8()..]));
            for text in changed.chain([whole[..*at].to_string()]) {
                match (Value::read(&text), serde_json::from_str::<serde_json::Value>(&text)) {
                    // An object may have a name twice; serde keeps the last.
                    (Some(ours), Ok(theirs)) => assert!(same(&ours, &theirs) || text.matches("\"\"").count() > 1, "{text}"),
                    (None, Err(_)) => {}
                    (ours, theirs) => panic!("{ours:?}, {theirs:?}: {text}"),
                }
            }
        }
        assert!(Value::read(&"[".repeat(100_000)).is_none());
        for more in ["-1", "1.5", "1e3", "true", "null", "01", "99999999999999999999999"] {
            assert!(Value::read(more).is_none(), "{more}");
        }
    }
}
