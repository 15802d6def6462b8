//! What a visitor wants otherwise, applied to names.

use latent_packed::Split;
use latent_vocabulary::plan::{Part, SplitBy, Wanted, Wishes};

use super::names::{base, stem};

/// Whether a name means a file: it is the name or its end, with or without ending, or a folder or archive above it.
pub fn matches(file: &str, name: &str) -> bool {
    let name = name.trim_start_matches("./").trim_matches('/');
    if name.is_empty() {
        return false;
    }
    let whole = format!("/{file}/");
    let inside = whole.contains(&format!("/{name}/"));
    let without = file.strip_suffix(base(file)).map_or(String::new(), |folders| format!("/{folders}{}", stem(file)));
    // A path of the command line has more folders before it than what is brought.
    inside || without.ends_with(&format!("/{name}")) || name.ends_with(&format!("/{file}"))
}

/// What is wanted of a file: the last wish counts.
pub fn wanted<'a>(wishes: &'a Wishes, file: &str) -> Option<&'a Wanted> {
    wishes.roles.iter().rev().find(|w| matches(file, &w.file))
}

/// The part that a file is wanted to be of.
pub fn part_of(wishes: &Wishes, file: &str) -> Option<Split> {
    wanted(wishes, file).and_then(|w| w.part).map(split)
}

pub fn split(part: Part) -> Split {
    match part {
        Part::Train => Split::Train,
        Part::Valid => Split::Valid,
        Part::Test => Split::Test,
    }
}

/// Whether every tenth image is wanted for tests, whatever names say.
pub fn tenth(wishes: &Wishes) -> bool {
    wishes.split == Some(SplitBy::Tenth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_files() {
        for (file, name, expected) in [
            ("a/b/x_train.npy", "x_train.npy", true),
            ("a/b/x_train.npy", "x_train", true),
            ("a/b/x_train.npy", "b", true),
            ("a.zip/cats/1.jpg", "a.zip", true),
            ("a.zip/cats/1.jpg", "a.zip/cats", true),
            ("x.npy", "/home/me/x.npy", true),
            ("a/b/x_train.npy", "train.npy", false),
            ("a/b/x_train.npy", "", false),
        ] {
            assert_eq!(matches(file, name), expected, "{file} {name}");
        }
    }
}
