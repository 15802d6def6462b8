//! What names say: the part of a set, the class, and which files belong together.

use latent_packed::Split;

/// The words of a name, in small letters: `Xtrain_2` is `xtrain 2`, `trainImages` is `train images`.
pub fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut small) = (Vec::new(), String::new(), false);
    let mut end = |word: &mut String| {
        // Numbers behind a word are a word; `t10k` is one.
        let letters = word.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let digits = word.split_off(letters);
        words.extend([std::mem::take(word), digits].into_iter().filter(|w| !w.is_empty()));
    };
    for c in text.chars() {
        if !c.is_alphanumeric() {
            end(&mut word);
        } else {
            if small && c.is_uppercase() {
                end(&mut word);
            }
            word.extend(c.to_lowercase());
        }
        small = c.is_lowercase();
    }
    end(&mut word);
    words
}

/// A name without its folders.
pub fn base(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// A name without its folders and its ending.
pub fn stem(name: &str) -> &str {
    let base = base(name);
    base.rsplit_once('.').map_or(base, |(stem, _)| stem)
}

/// The ending of a name in small letters, with its dot; none where it has none.
pub fn ending(name: &str) -> String {
    base(name).rsplit_once('.').map_or_else(String::new, |(_, end)| format!(".{}", end.to_ascii_lowercase()))
}

/// The part that a word stands for; `xtrain` is a word of programmers.
fn part(word: &str) -> Option<Split> {
    match word {
        "train" | "training" | "trn" => Some(Split::Train),
        "val" | "valid" | "validation" => Some(Split::Valid),
        "test" | "testing" | "tst" | "t10k" => Some(Split::Test),
        _ => word.strip_prefix(['x', 'y']).filter(|rest| rest.len() > 2).and_then(part),
    }
}

/// The part that words name; none where they name several.
fn part_of(words: &[String]) -> Option<Split> {
    let mut parts = words.iter().filter_map(|w| part(w));
    let first = parts.next()?;
    parts.all(|p| p == first).then_some(first)
}

/// The part that an array or a table is of, by its own name or by the nearest folder that says so.
pub fn part_named(name: &str) -> Option<Split> {
    let (folders, base) = name.rsplit_once('/').unwrap_or(("", name));
    part_of(&words(base)).or_else(|| part_of_folders(folders))
}

/// The part that folders name, the nearest first; of an archive's name any word does.
pub fn part_of_folders(folders: &str) -> Option<Split> {
    folders.rsplit('/').find_map(|folder| {
        let words = words(folder);
        let archive = is_archive_name(folder);
        let plain = |w: &String| part(w).is_some() || is_plain(w) || w.bytes().all(|b| b.is_ascii_digit());
        part_of(&words).filter(|_| archive || words.iter().all(plain))
    })
}

/// Whether a name is that of an archive.
pub fn is_archive_name(name: &str) -> bool {
    matches!(ending(name).as_str(), ".zip" | ".npz" | ".cbz")
}

/// Words that say that something is data, and not what it is.
fn is_plain(word: &str) -> bool {
    matches!(
        word,
        "images"
            | "image"
            | "img"
            | "imgs"
            | "pics"
            | "pictures"
            | "picture"
            | "photos"
            | "jpegimages"
            | "jpg"
            | "jpeg"
            | "jpegs"
            | "png"
            | "pngs"
            | "data"
            | "dataset"
            | "set"
            | "split"
            | "arr"
            | "array"
            | "x"
            | "idx"
            | "ubyte"
            | "int"
            | "gz"
            | "npy"
            | "npz"
            | "zip"
            | "parquet"
            | "of"
            | "batch"
            | "shard"
            | "part"
            | "features"
            | "inputs"
            | "samples"
    )
}

/// Words that stand for labels.
pub fn is_label_word(word: &str) -> bool {
    matches!(
        word,
        "y" | "label"
            | "labels"
            | "class"
            | "classes"
            | "target"
            | "targets"
            | "lbl"
            | "category"
            | "digit"
            | "ytrain"
            | "ytest"
            | "yval"
            | "yvalid"
    )
}

/// Whether a name's words include one for labels, or for something else than images.
pub fn names_no_images(name: &str) -> bool {
    let other = |w: &str| {
        matches!(
            w,
            "mask"
                | "masks"
                | "seg"
                | "segmentation"
                | "segmentations"
                | "gt"
                | "groundtruth"
                | "depth"
                | "annotation"
                | "annotations"
        )
    };
    words(stem(name)).iter().any(|w| is_label_word(w) || other(w))
}

/// Whether a name's words include one for images.
pub fn names_images(name: &str) -> bool {
    words(stem(name))
        .iter()
        .any(|w| matches!(w.as_str(), "x" | "images" | "image" | "imgs" | "img" | "xtrain" | "xtest" | "xval" | "data"))
}

/// What a name says besides part, kind and number: of `emnist-letters-train-images-idx3-ubyte` that is `emnist letters`.
pub fn key(name: &str) -> Vec<String> {
    let of = |w: &String| {
        let letter = w.len() == 1;
        !(part(w).is_some() || is_plain(w) || is_label_word(w) || letter || w.bytes().all(|b| b.is_ascii_digit()))
    };
    words(stem_of_stem(name)).into_iter().filter(of).collect()
}

/// The numbers of a name, and single letters, which count as well: `x_train_2` has `2`.
pub fn numbers(name: &str) -> Vec<String> {
    let of = |w: &String| w.bytes().all(|b| b.is_ascii_digit()) || w.len() == 1 && !matches!(w.as_str(), "x" | "y");
    let words = words(stem_of_stem(name));
    let kind = |i: usize| i.checked_sub(1).is_some_and(|before: usize| words[before] == "idx");
    words.iter().enumerate().filter(|(i, w)| of(w) && !kind(*i)).map(|(_, w)| w.clone()).collect()
}

/// Words and numbers of a name, by which shards lie in their order: the tenth behind the ninth.
pub fn in_order(name: &str) -> (Vec<String>, Vec<u64>) {
    (key(name), numbers(name).iter().filter_map(|n| n.parse().ok()).collect())
}

/// Without `.gz` and what stands before it.
fn stem_of_stem(name: &str) -> &str {
    let base = base(name);
    base.strip_suffix(".gz").unwrap_or(base)
}

/// A name for a factor: the name of labels without the part that they are of.
pub fn factor(name: &str) -> String {
    let stem = stem(name);
    let kept: Vec<&str> = stem
        .split(['_', '-', '.', ' '])
        .filter(|piece| {
            !piece.is_empty()
                && part_of(&words(piece)).is_none_or(|_| piece.to_ascii_lowercase().starts_with('y') && piece.len() < 3)
        })
        .collect();
    match kept.join("_") {
        kept if !kept.is_empty() => kept,
        // `ytrain` is one piece.
        _ if words(stem).iter().any(|w| w.starts_with('y')) => "y".into(),
        _ => "Label".into(),
    }
}

/// The folders that could be a class, the nearest first: neither parts nor words that every set has.
pub fn classes(folders: &str) -> Vec<&str> {
    let of = |folder: &&str| {
        let words = words(folder);
        let plain = |w: &String| part(w).is_some() || is_plain(w);
        !(folder.is_empty() || words.iter().all(plain) || is_archive_name(folder) && part_of(&words).is_some())
    };
    folders.rsplit('/').filter(of).collect()
}

/// A folder's or archive's name as a class: without ending and numbers behind.
pub fn class(folder: &str) -> &str {
    if !is_archive_name(folder) {
        return folder;
    }
    let stem = stem(folder);
    let cut = stem.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '_' | ' ' | '.' | '(' | ')'));
    if cut.is_empty() { stem } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_parts() {
        for (name, part) in [
            ("x_train", Some(Split::Train)),
            ("Xtest.npy", Some(Split::Test)),
            ("trainX.npy", Some(Split::Train)),
            ("t10k-images-idx3-ubyte.gz", Some(Split::Test)),
            ("emnist-letters-test-images-idx3-ubyte", Some(Split::Test)),
            ("data/val/images.npy", Some(Split::Valid)),
            ("test1.zip/a/x.npy", Some(Split::Test)),
            ("dogs-vs-cats-test1.zip/x.npy", Some(Split::Test)),
            ("train_test.npy", None),
            ("latest.npy", None),
            ("contest/x.npy", None),
            ("year.npy", None),
        ] {
            assert_eq!(part_named(name), part, "{name}");
        }
        assert_eq!(part_of_folders("cats/train_images"), Some(Split::Train));
        assert_eq!(part_of_folders("train station/cats"), None);
    }

    #[test]
    fn names_tell_what_belongs_together() {
        assert_eq!(key("emnist-letters-train-images-idx3-ubyte.gz"), ["emnist", "letters"]);
        assert_eq!(key("full_numpy_bitmap_cat.npy"), ["full", "numpy", "bitmap", "cat"]);
        assert!(key("x_train_2.npy").is_empty() && key("images.npy").is_empty());
        assert_eq!(numbers("x_train_2.npy"), ["2"]);
        assert!(numbers("train-labels-idx1-ubyte").is_empty());
        for (name, expected) in
            [("y_train", "y"), ("ytrain.npy", "y"), ("train_labels", "labels"), ("coarse", "coarse"), ("train", "Label")]
        {
            assert_eq!(factor(name), expected, "{name}");
        }
    }

    #[test]
    fn folders_tell_classes() {
        assert_eq!(classes("tiny/train/n01443537/images"), ["n01443537", "tiny"]);
        assert_eq!(classes("a.zip/cats/test"), ["cats", "a.zip"]);
        assert_eq!((class("drive-001.zip"), class("cats"), class("cats (1).zip")), ("drive", "cats", "cats"));
    }
}
