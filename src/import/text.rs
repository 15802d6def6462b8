//! Tables in text: rows of cells, divided by commas, semicolons, tabs, bars or spaces, in quotes or not.

use super::labels::{Found, only_counts, text_column};

/// A table; its cells are places in its text.
pub struct Text {
    text: String,
    cells: Vec<(u32, u32)>,
    /// The first cell of each row, and the number of cells at the end.
    rows: Vec<u32>,
}

/// Bytes of the longest table.
const LONGEST: usize = 256 << 20;

impl Text {
    /// Reads a table: UTF-8, UTF-16 with its mark, or bytes as letters.
    ///
    /// # Errors
    /// Why it is none.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > LONGEST {
            return Err("is too long for a table".into());
        }
        let text = decoded(bytes);
        if text.contains('\0') {
            return Err("is no text".into());
        }
        let divider = divider(&text);
        let (mut cells, mut rows) = (Vec::new(), vec![0]);
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            for (start, end) in cut(line.trim_end_matches(['\n', '\r']), divider) {
                cells.push(((at + start) as u32, (at + end) as u32));
            }
            if cells.len() as u32 > *rows.last().unwrap_or(&0) {
                rows.push(cells.len() as u32);
            }
            at += line.len();
        }
        if rows.len() < 2 {
            return Err("is empty".into());
        }
        Ok(Self { text, cells, rows })
    }

    /// Rows that are not empty.
    pub fn count(&self) -> usize {
        self.rows.len() - 1
    }

    /// A cell; empty where its row is too short.
    pub fn cell(&self, row: usize, column: usize) -> &str {
        let (first, end) = (self.rows[row] as usize, self.rows[row + 1] as usize);
        let at = self.cells.get(first..end).and_then(|cells| cells.get(column));
        at.map_or("", |(start, end)| &self.text[*start as usize..*end as usize])
    }

    /// Cells of a row.
    pub fn width(&self, row: usize) -> usize {
        (self.rows[row + 1] - self.rows[row]) as usize
    }

    /// The first row of a table with a row for each of `n` images in their order, below a header or not.
    pub fn rows_for(&self, n: usize) -> Option<usize> {
        (self.count() == n).then_some(0).or_else(|| (self.count() == n + 1).then_some(1))
    }

    /// What a column is called, above its first row.
    pub fn title(&self, column: usize, first: usize, name: &str) -> String {
        match (first, self.cell(0, column)) {
            (1, title) if !title.is_empty() => title.to_owned(),
            _ if self.width(0) <= 2 => name.to_owned(),
            _ => format!("{name}_{column}"),
        }
    }

    /// The columns as factors of `n` images in their order.
    pub fn columns(&self, n: usize, name: &str) -> Found {
        let Some(first) = self.rows_for(n) else { return Found::default() };
        let mut found = Found::default();
        for c in 0..self.width(first) {
            let values: Vec<&str> = (first..first + n).map(|row| self.cell(row, c)).collect();
            if only_counts(&values) {
                continue;
            }
            match text_column(self.title(c, first, name), &values) {
                Ok(column) => found.columns.push(column),
                Err(why) => found.notes.push(why),
            }
        }
        found
    }
}

/// The letters of a text.
pub fn decoded(bytes: &[u8]) -> String {
    let wide = |big: bool| {
        let units = bytes[2..].as_chunks::<2>().0.iter().map(|p| if big { u16::from_be_bytes(*p) } else { u16::from_le_bytes(*p) });
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match bytes {
        [0xff, 0xfe, ..] => wide(false),
        [0xfe, 0xff, ..] => wide(true),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
            // Latin 1 has its letters where Unicode has them.
            Err(_) => bytes.iter().map(|b| char::from(*b)).collect(),
        },
    }
}

/// What divides cells: what each of the first lines has as often as the others; `None` stands for spaces.
pub fn divider(text: &str) -> Option<char> {
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).take(12).collect();
    // A count of the rows may stand above them.
    let lines = if lines.len() > 1 && lines[0].trim().parse::<u64>().is_ok() { &lines[1..] } else { &lines[..] };
    let count = |line: &str, divider| cut(line, Some(divider)).count();
    ['\t', ';', ',', '|'].into_iter().find(|d| {
        let (first, last) = (lines.first().map_or(1, |l| count(l, *d)), lines.last().map_or(1, |l| count(l, *d)));
        // A header may leave out the column of the images.
        first > 1 && last > 1 && lines.iter().skip(1).all(|l| count(l, *d) == last)
    })
}

/// The cells of a line: where each begins and ends, without quotes.
pub fn cut(line: &str, divider: Option<char>) -> impl Iterator<Item = (usize, usize)> {
    let mut at = if divider.is_none() { line.len() - line.trim_start().len() } else { 0 };
    let mut done = line.trim().is_empty();
    std::iter::from_fn(move || {
        if done {
            return None;
        }
        let quoted = line[at..].starts_with('"');
        let (start, end, mut next) = if quoted {
            let end = line[at + 1..].find('"').map_or(line.len(), |n| at + 1 + n);
            (at + 1, end, (end + 1).min(line.len()))
        } else {
            (at, at, at)
        };
        let rest =
            line[next..].find(|c: char| divider.map_or_else(|| c.is_whitespace(), |d| c == d)).map_or(line.len(), |n| next + n);
        let (start, end) = if quoted { (start, end) } else { trimmed(line, start, rest.max(end)) };
        next = rest;
        match divider {
            Some(d) if next < line.len() => at = next + d.len_utf8(),
            None if line[next..].trim().is_empty() => done = true,
            None => at = line.len() - line[next..].trim_start().len(),
            Some(_) => done = true,
        }
        Some((start, end))
    })
}

fn trimmed(line: &str, start: usize, end: usize) -> (usize, usize) {
    let cell = &line[start..end];
    let begin = start + cell.len() - cell.trim_start().len();
    (begin, begin + cell.trim().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[u8]) -> Vec<Vec<String>> {
        let text = Text::read(text).unwrap();
        (0..text.count()).map(|r| (0..text.width(r)).map(|c| text.cell(r, c).to_owned()).collect()).collect()
    }

    #[test]
    fn tables_of_any_form_are_the_same() {
        let expected = [["name", "label"], ["a b.jpg", "cat"], ["2.jpg", "dog"]];
        for text in [
            "name,label\na b.jpg,cat\n2.jpg,dog\n",
            "\u{feff}name;label\r\n\"a b.jpg\"; cat\r\n\r\n2.jpg ;\"dog\"",
            "name\tlabel\na b.jpg\tcat\n2.jpg\tdog",
            "name|label\na b.jpg|cat\n2.jpg|dog",
            "name label\n\"a b.jpg\"  cat \n2.jpg   dog\n",
        ] {
            assert_eq!(rows(text.as_bytes()), expected, "{text:?}");
        }
        let wide: Vec<u8> = "\u{feff}name\tlabel\na b.jpg\tcat\n2.jpg\tdog".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(rows(&wide), expected);
        assert_eq!(rows(b"a,,c\n1,2,"), [["a", "", "c"], ["1", "2", ""]]);
        assert!(Text::read(b"").is_err() && Text::read(b"\n \n").is_err() && Text::read(b"a\0b").is_err());
    }

    #[test]
    fn rows_in_order_are_labels() {
        let text = Text::read(b"id,label\n0,7\n1,10\n2,7\n").unwrap();
        let found = text.columns(3, "y");
        assert_eq!(found.columns.len(), 1);
        assert_eq!(
            (found.columns[0].0.name.as_str(), &found.columns[0].0.values[..]),
            ("label", &["7".to_owned(), "10".to_owned()][..])
        );
        assert_eq!(found.columns[0].1, [0, 1, 0]);
        assert!(text.rows_for(5).is_none());
    }
}
