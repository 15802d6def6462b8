//! CelebA's text files: attributes and partition, as published and as mirrors rewrite them (divided otherwise, with an index,
//! quotes or the images' column named, without the count in the first line).

use std::collections::HashMap;

use latent_packed::Split;

use super::text::{cut, divider};

/// An image's name without its ending: the texts say `.jpg` where the images are `.png`.
fn stem(image: &str) -> &str {
    image.rsplit_once('.').map_or(image, |(stem, _)| stem)
}

/// Rows by the name of their image, without its ending.
#[derive(Debug, PartialEq)]
pub struct Attributes {
    pub names: Vec<String>,
    row_of: HashMap<Box<str>, u32>,
    /// `[rows, names]`, 0 or 1.
    pub values_nk: Vec<u8>,
}

/// What mirrors call the column of the images' names, and the one before it that counts rows.
const IMAGE: [&str; 10] = ["", "image_id", "filename", "file_name", "image", "img", "file", "name", "index", "unnamed: 0"];
/// Most attributes that a file may have.
const MOST: usize = 256;

impl Attributes {
    /// Reads `list_attr_celeba.txt`: a count, the attributes' names, then a line for each image with its name and 1 or −1 for
    /// each attribute.
    ///
    /// # Errors
    /// The line and what is wrong with it, without the file's name.
    pub fn read(text: &[u8]) -> Result<Self, String> {
        let mut lines = Lines::new(text)?;
        let (mut number, mut words) = lines.next().ok_or("is empty")?;
        let count = if words.len() == 1 { words[0].parse::<u64>().ok() } else { None };
        if count.is_some() {
            (number, words) = lines.next().ok_or("ends after its count")?;
        }
        while words.last().is_some_and(|w| w.is_empty()) {
            words.pop();
        }
        if words.is_empty() || words.len() > MOST || words[0].contains('.') {
            return Err(format!("line {number}: here stand the names of the attributes, but these are {} words", words.len()));
        }
        let header = words;
        let mut names: Option<Vec<String>> = None;
        let (mut row_of, mut values_nk) = (HashMap::new(), Vec::new());
        for (number, mut words) in lines {
            while words.len() > header.len() + 1 && words.last().is_some_and(|w| w.is_empty()) {
                words.pop();
            }
            // Rows may be counted before their image.
            let at = image_at(&words);
            let image = words.get(at).copied().unwrap_or_default();
            let names = names.get_or_insert_with(|| {
                // Mirrors name the column of the image as well, and that of the count.
                let named = header.iter().take(at + 1).take_while(|w| IMAGE.contains(&w.to_ascii_lowercase().as_str())).count();
                header[named..].iter().map(|w| (*w).to_owned()).collect()
            });
            let values = &words[(at + 1).min(words.len())..];
            if values.len() != names.len() {
                return Err(format!("line {number}: {} values for {} attributes", values.len(), names.len()));
            }
            for (value, name) in values.iter().zip(&*names) {
                values_nk.push(match *value {
                    "1" | "1.0" | "True" | "true" => 1,
                    "-1" | "0" | "-1.0" | "0.0" | "False" | "false" => 0,
                    other => return Err(format!("line {number}: {name} is {other:?}, expected 1 or -1")),
                });
            }
            if row_of.insert(stem(image).into(), row_of.len() as u32).is_some() {
                return Err(format!("line {number}: {image} stands there twice"));
            }
        }
        let names = names.unwrap_or_else(|| header.iter().map(|w| (*w).to_owned()).collect());
        if let Some(count) = count.filter(|n| *n != row_of.len() as u64) {
            return Err(format!("promises {count} images and has {}: is it complete?", row_of.len()));
        }
        Ok(Self { names, row_of, values_nk })
    }

    /// Images that it has a row for.
    pub fn len(&self) -> usize {
        self.row_of.len()
    }

    pub fn is_empty(&self) -> bool {
        self.row_of.is_empty()
    }

    /// The row of an image.
    pub fn row_of(&self, image: &str) -> Option<u32> {
        self.row_of.get(stem(image)).copied()
    }
}

/// The official split.
#[derive(Debug, PartialEq)]
pub struct Partition {
    split_of: HashMap<Box<str>, Split>,
}

impl Partition {
    /// Reads `list_eval_partition.txt`: a line for each image, its name and 0, 1 or 2.
    ///
    /// # Errors
    /// The line and what is wrong with it, without the file's name.
    pub fn read(text: &[u8]) -> Result<Self, String> {
        let mut split_of = HashMap::new();
        for (number, words) in Lines::new(text)? {
            let words: Vec<&str> = words.into_iter().filter(|w| !w.is_empty()).collect();
            let ([image, split] | [_, image, split]) = words[..] else {
                return Err(format!("line {number}: expected an image's name and 0, 1 or 2, not {} words", words.len()));
            };
            if number == 1 && split.parse::<u64>().is_err() {
                continue;
            }
            let split = split.parse().ok().and_then(Split::from_byte);
            let split = split.ok_or_else(|| format!("line {number}: expected 0, 1 or 2 after {image}"))?;
            if split_of.insert(stem(image).into(), split).is_some() {
                return Err(format!("line {number}: {image} stands there twice"));
            }
        }
        if split_of.is_empty() {
            return Err("is empty".into());
        }
        Ok(Self { split_of })
    }

    pub fn split(&self, image: &str) -> Option<Split> {
        self.split_of.get(stem(image)).copied()
    }
}

/// Where a row has its image: the first word with an ending, or the first.
fn image_at(words: &[&str]) -> usize {
    let ending = |w: &&str| w.rsplit_once('.').is_some_and(|(_, end)| end.bytes().any(|b| b.is_ascii_alphabetic()));
    words.iter().take(3).position(ending).unwrap_or(0)
}

/// Lines that are not empty, with their numbers, as words.
struct Lines<'a> {
    lines: std::iter::Enumerate<std::str::Lines<'a>>,
    divider: Option<char>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a [u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(text).map_err(|e| format!("is no text: byte {} is none", e.valid_up_to()))?;
        let text = text.trim_start_matches('\u{feff}');
        Ok(Self { lines: text.lines().enumerate(), divider: divider(text) })
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, Vec<&'a str>);

    fn next(&mut self) -> Option<Self::Item> {
        self.lines.by_ref().find_map(|(i, line)| {
            let words: Vec<&str> = cut(line, self.divider).map(|(start, end)| &line[start..end]).collect();
            (!words.is_empty()).then_some((i + 1, words))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_say_the_same() {
        let official = b"2\nSmiling Male \n000001.jpg  1 -1\n000002.jpg -1  1\n";
        let mirror = b"image_id,Smiling,Male\r\n000001.jpg,1,-1\r\n000002.jpg,-1,1\r\n";
        let read = Attributes::read(official).unwrap();
        assert_eq!(read, Attributes::read(mirror).unwrap());
        assert_eq!((read.row_of("000002.jpg"), read.row_of("000003.jpg")), (Some(1), None));
        assert_eq!(read.row_of("000002.png"), Some(1));
        assert_eq!(read.values_nk, [1, 0, 0, 1]);
        for other in [
            ",image_id,Smiling,Male\n0,000001.jpg,1,-1\n1,000002.jpg,-1,1\n",
            "\"image_id\";\"Smiling\";\"Male\"\n\"000001.jpg\";1;-1\n\"000002.jpg\";-1;1\n",
            "image_id\tSmiling\tMale\n000001.jpg\t1\t0\n000002.jpg\t0\t1\n",
            "Smiling,Male\n000001.jpg,1,-1\n000002.jpg,-1,1\n",
        ] {
            assert_eq!(Attributes::read(other.as_bytes()).unwrap(), read, "{other}");
        }
        let official = Partition::read(b"000001.jpg 0\n000002.jpg 2\n").unwrap();
        assert_eq!(official, Partition::read(b",image_id,partition\n0,000001.jpg,0\n1,000002.jpg,2\n").unwrap());
        assert_eq!(official, Partition::read(b"image_id,partition\n000001.jpg,0\n000002.jpg,2\n").unwrap());
        assert_eq!(official.split("000002.jpg"), Some(Split::Test));
    }

    #[test]
    fn the_line_that_is_wrong_is_named() {
        for (text, words) in [
            (&b""[..], "empty"),
            (b"3\nA B\n1.jpg 1 1\n", "promises 3 images and has 1"),
            (b"1\nA B\n1.jpg 1\n", "line 3: 1 values for 2"),
            (b"1\nA B\n1.jpg 1 2\n", "line 3: B is \"2\""),
            (b"2\nA\n1.jpg 1\n1.jpg 1\n", "line 4: 1.jpg stands there twice"),
            (b"1.jpg 1\n", "line 1"),
            (b"\xff\xd8\xff", "no text"),
        ] {
            let error = Attributes::read(text).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        for (text, words) in
            [(&b""[..], "empty"), (b"1.jpg 0\n2.jpg 3\n", "line 2"), (b"1.jpg\n", "line 1"), (b"1.jpg 0\n1.jpg 0", "twice")]
        {
            let error = Partition::read(text).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
