//! Names and notes that a visitor gives to features.

use std::collections::BTreeMap;

/// Names and notes by feature. As text a line each, `12⇥name⇥note`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Names(BTreeMap<usize, (String, String)>);

impl Names {
    pub fn read(text: &str) -> Self {
        let line = |line: &str| {
            let mut parts = line.splitn(3, '\t');
            let f = parts.next()?.parse().ok()?;
            Some((f, (parts.next()?.to_owned(), parts.next()?.to_owned())))
        };
        Self(text.lines().filter_map(line).collect())
    }

    pub fn text(&self) -> String {
        self.0.iter().map(|(f, (name, note))| format!("{f}\t{name}\t{note}\n")).collect()
    }

    pub fn of(&self, feature: usize) -> (String, String) {
        self.0.get(&feature).cloned().unwrap_or_default()
    }

    /// The features that have any.
    pub fn named(&self) -> impl Iterator<Item = (usize, &str)> {
        self.0.iter().map(|(f, (name, _))| (*f, name.as_str()))
    }

    /// Gives a feature a name and a note; none, if both are empty.
    pub fn give(&mut self, feature: usize, name: &str, note: &str) {
        // A line is a feature's, and its parts have tabs between them.
        let flat = |text: &str| text.replace(['\t', '\n', '\r'], " ").trim().to_owned();
        let (name, note) = (flat(name), flat(note));
        if name.is_empty() && note.is_empty() {
            self.0.remove(&feature);
        } else {
            self.0.insert(feature, (name, note));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_round_as_text() {
        let mut names = Names::default();
        names.give(12, " loops ", "of 6,\t8\nand 9");
        names.give(3, "", "seldom");
        names.give(4, "gone", "");
        names.give(4, " ", "");
        assert_eq!(names.text(), "3\t\tseldom\n12\tloops\tof 6, 8 and 9\n");
        assert_eq!(Names::read(&names.text()), names);
        assert_eq!(names.of(12), ("loops".into(), "of 6, 8 and 9".into()));
        assert_eq!(names.named().collect::<Vec<_>>(), [(3, ""), (12, "loops")]);
        assert_eq!(Names::read("no number\tx\ty\n5\tshort\n\n7\ta\tb\tc"), {
            let mut some = Names::default();
            some.0.insert(7, ("a".into(), "b\tc".into()));
            some
        });
    }
}
