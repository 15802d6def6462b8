//! How far somebody is in each lesson, in this browser: a line each, `id page 0110`, a digit for each page.

use crate::browser;

const KEY: &str = "latent-lab-lessons";

/// What is kept of a lesson.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    pub page: usize,
    pub done: Vec<bool>,
}

fn read(text: &str, id: &str) -> Option<Progress> {
    let line = text.lines().find_map(|line| line.strip_prefix(id)?.strip_prefix(' '))?;
    let (page, done) = line.split_once(' ')?;
    Some(Progress { page: page.parse().ok()?, done: done.chars().map(|c| c == '1').collect() })
}

fn written(text: &str, id: &str, progress: &Progress) -> String {
    let others = text.lines().filter(|line| line.split(' ').next() != Some(id));
    let done: String = progress.done.iter().map(|done| if *done { '1' } else { '0' }).collect();
    let own = format!("{id} {} {done}", progress.page);
    others.chain([own.as_str()]).collect::<Vec<_>>().join("\n")
}

pub fn recall(id: &str) -> Progress {
    browser::recall(KEY).and_then(|text| read(&text, id)).unwrap_or_default()
}

pub fn remember(id: &str, progress: &Progress) {
    browser::remember(KEY, &written(&browser::recall(KEY).unwrap_or_default(), id, progress));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lesson_has_its_line() {
        let one = Progress { page: 2, done: vec![true, false, true] };
        let two = Progress { page: 0, done: vec![false] };
        let text = written(&written("", "first", &one), "first-of-all", &two);
        assert_eq!((read(&text, "first"), read(&text, "first-of-all")), (Some(one), Some(two.clone())));
        let moved = Progress { page: 3, ..two };
        let text = written(&text, "first-of-all", &moved);
        assert_eq!((read(&text, "first-of-all"), text.lines().count()), (Some(moved), 2));
        assert_eq!([read(&text, "other"), read("first x 1", "first"), read("", "first")], [None, None, None]);
    }
}
