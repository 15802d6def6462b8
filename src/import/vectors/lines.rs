//! Tables that lie beside rows of numbers: a line for each row, as CSV, JSON lines, or plain text.

use serde_json::Value;

use crate::names::ending;
use crate::text::{decoded, divider};

/// A table, column by column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lines {
    pub names: Vec<String>,
    /// One list for each name.
    pub columns: Vec<Vec<String>>,
}

impl Lines {
    /// Rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    /// Takes a column of such a name out, in whatever case it is written.
    pub fn take(&mut self, names: &[&str]) -> Option<Vec<String>> {
        let at = self.names.iter().position(|own| names.iter().any(|name| own.eq_ignore_ascii_case(name)))?;
        self.names.remove(at);
        Some(self.columns.remove(at))
    }

    fn push(&mut self, name: &str, row: usize, value: String) {
        let at = self.names.iter().position(|n| n == name).unwrap_or_else(|| {
            self.names.push(name.into());
            self.columns.push(vec![String::new(); row]);
            self.names.len() - 1
        });
        self.columns[at].resize(row, String::new());
        self.columns[at].push(value);
    }

    /// Reads a file by its ending.
    ///
    /// # Errors
    /// What is wrong with it, and in which line, without the file's name.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, String> {
        let text = decoded(bytes);
        match ending(name).as_str() {
            ".jsonl" | ".ndjson" => {
                let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
                Self::of_values(lines.map(|(i, line)| serde_json::from_str(line).map_err(|e| format!("line {}: {e}", i + 1))))
            }
            ".json" => {
                let values: Vec<Value> = serde_json::from_str(&text).map_err(|e| format!("is no list: {e}"))?;
                Self::of_values(values.into_iter().map(Ok))
            }
            // A line each, whatever is in it.
            ".txt" => Ok(Self { names: vec!["text".into()], columns: vec![text.lines().map(ToOwned::to_owned).collect()] }),
            end => Self::of_csv(&text, if end == ".tsv" { '\t' } else { divider(&text).unwrap_or(',') }),
        }
    }

    /// Of objects with the same keys, or of texts.
    fn of_values(values: impl Iterator<Item = Result<Value, String>>) -> Result<Self, String> {
        let (mut lines, mut n) = (Self::default(), 0);
        for value in values {
            match value? {
                Value::Object(fields) => {
                    for (key, value) in fields {
                        let value = match value {
                            Value::String(text) => text,
                            Value::Null => String::new(),
                            other => other.to_string(),
                        };
                        lines.push(&key, n, value);
                    }
                }
                Value::String(text) => lines.push("text", n, text),
                other => return Err(format!("row {}: {other} is neither an object nor a text", n + 1)),
            }
            n += 1;
        }
        lines.columns.iter_mut().for_each(|c| c.resize(n, String::new()));
        Ok(lines)
    }

    fn of_csv(text: &str, divider: char) -> Result<Self, String> {
        let divider = u8::try_from(divider).unwrap_or(b',');
        let mut reader = csv::ReaderBuilder::new().delimiter(divider).flexible(true).from_reader(text.as_bytes());
        let names: Vec<String> = reader.headers().map_err(|e| e.to_string())?.iter().map(|n| n.trim().to_owned()).collect();
        let mut columns = vec![Vec::new(); names.len()];
        for record in reader.records() {
            let record = record.map_err(|e| e.to_string())?;
            for (i, column) in columns.iter_mut().enumerate() {
                column.push(record.get(i).unwrap_or_default().to_owned());
            }
        }
        Ok(Self { names, columns })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(names: &[&str], columns: &[&[&str]]) -> Lines {
        let own = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        Lines { names: own(names), columns: columns.iter().map(|c| own(c)).collect() }
    }

    #[test]
    fn lines_are_read_in_every_form() {
        let want = lines(&["text", "label"], &[&["a, <<b>>", "c\nd"], &["1", "x"]]);
        for (name, text) in [
            ("a.csv", "text,label\n\"a, <<b>>\",1\n\"c\nd\",x\n"),
            ("a.tsv", "text\tlabel\na, <<b>>\t1\n\"c\nd\"\tx\n"),
            ("a.jsonl", "{\"text\":\"a, <<b>>\",\"label\":1}\n\n{\"text\":\"c\\nd\",\"label\":\"x\"}\n"),
            ("a.json", "[{\"text\":\"a, <<b>>\",\"label\":1},{\"text\":\"c\\nd\",\"label\":\"x\"}]"),
        ] {
            assert_eq!(Lines::read(name, text.as_bytes()).map(|l| sorted(l, &want)), Ok(want.clone()), "{name}");
        }
        assert_eq!(Lines::read("a.txt", b"one\n\ntwo"), Ok(lines(&["text"], &[&["one", "", "two"]])));
        assert_eq!(Lines::read("a.json", b"[\"p\", \"q\"]"), Ok(lines(&["text"], &[&["p", "q"]])));
        let wide: Vec<u8> = "\u{feff}text\nä".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(Lines::read("a.csv", &wide), Ok(lines(&["text"], &[&["ä"]])));
    }

    /// Keys of objects have no order.
    fn sorted(mut got: Lines, want: &Lines) -> Lines {
        let columns = want.names.iter().map(|n| got.take(&[n]).unwrap_or_default()).collect();
        Lines { names: want.names.clone(), columns }
    }

    #[test]
    fn rows_that_lack_a_key_have_nothing_there() {
        let got = Lines::read("a.jsonl", b"{\"a\":1}\n{\"b\":2}\n{\"a\":3}").unwrap();
        assert_eq!(got, lines(&["a", "b"], &[&["1", "", "3"], &["", "2", ""]]));
        assert_eq!(got.rows(), 3);
        assert!(Lines::read("a.jsonl", b"{\"a\":1}\n{\"a\"").unwrap_err().starts_with("line 2"));
        assert!(Lines::read("a.jsonl", b"[1]").unwrap_err().starts_with("row 1"));
    }
}
