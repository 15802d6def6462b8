//! Whether a language lacks a word, or has one that nothing says.

use std::fs;

use latent_catalog::SETS;
use latent_experiment::PRESETS;
use latent_lesson::{MOST_WORDS, Page, Piece, marked};
use latent_vocabulary::Kind;

use super::*;
use crate::index;

/// The words of formulas that are the same in every language.
const OF_MATHEMATICS: &[&str] = &[
    "log", "exp", "max", "min", "sort", "softmax", "tanh", "round", "sign", "diag", "cos", "mean", "sigmoid", "Gumbel", "ReLU",
    "TopK",
];

fn all() -> Vec<Language> {
    let all = languages().unwrap();
    assert!(all.iter().any(|language| language.tag == "de"));
    all
}

/// The texts of a value: one, or one for each category or place.
fn texts(said: &Value) -> Vec<&str> {
    match said {
        Value::String(text) => vec![text],
        Value::Object(forms) => forms.iter().filter(|(name, _)| *name != "by").flat_map(|(_, form)| texts(form)).collect(),
        _ => vec![],
    }
}

/// A text at its `{holes}`: what is between them, and their names.
fn cut(text: &str) -> (Vec<&str>, Vec<&str>) {
    let (mut between, mut names, mut rest, mut from) = (vec![], vec![], text, 0);
    while let Some(at) = rest[from..].find('{').map(|at| from + at) {
        let inside = rest[at + 1..].split('}').next().unwrap_or_default();
        let is_name = inside.starts_with(|c: char| c.is_ascii_alphabetic())
            && inside.chars().all(|c| c.is_ascii_alphanumeric())
            && rest[at + 1..].len() > inside.len();
        if is_name {
            between.push(&rest[..at]);
            names.push(inside);
            (rest, from) = (&rest[at + inside.len() + 2..], 0);
        } else {
            from = at + 1;
        }
    }
    between.push(rest);
    (between, names)
}

/// Every string of a file of Rust without its tests, as it is in a program.
fn literals(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let (mut out, mut chars) = (vec![], source.chars().peekable());
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => drop(chars.by_ref().find(|c| *c == '\n')),
            '\'' if chars.clone().nth(1) == Some('\'') || chars.peek() == Some(&'\\') => {
                chars.next_if_eq(&'\\');
                chars.nth(1);
            }
            '"' => {
                let mut text = String::new();
                while let Some(c) = chars.next().filter(|c| *c != '"') {
                    match (c, c == '\\') {
                        (_, false) => text.push(c),
                        _ => match chars.next() {
                            Some('\n') => while chars.next_if(|c| c.is_whitespace()).is_some() {},
                            Some('n') => text.push('\n'),
                            Some(c) => text.push(c),
                            None => {}
                        },
                    }
                }
                out.push(text);
            }
            _ => {}
        }
    }
    out
}

/// What stands between the holes of a text that Rust formats.
fn formatted(text: &str) -> Vec<&str> {
    text.split('{')
        .enumerate()
        .map(|(i, part)| if i == 0 { part } else { part.split_once('}').map_or(part, |(_, rest)| rest) })
        .collect()
}

fn sources(folder: &str, end: &str) -> Vec<(PathBuf, String)> {
    let all = files(&root().join(folder)).unwrap().into_iter().filter(|file| file.to_string_lossy().ends_with(end));
    all.map(|file| (file.clone(), fs::read_to_string(file).unwrap())).collect()
}

fn lacking<'a>(language: &Language, wanted: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted: BTreeSet<&str> = wanted.into_iter().filter(|text| text.chars().any(char::is_alphabetic)).collect();
    wanted.into_iter().filter(|text| !language.page.contains_key(*text)).collect()
}

fn is_formula_alone(text: &str) -> bool {
    let words = text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() > 3);
    words.filter(|word| !OF_MATHEMATICS.contains(word)).all(|word| word.chars().any(char::is_uppercase))
}

#[test]
fn every_text_of_a_card_has_its_words() {
    for language in all() {
        let of = |card: &'static &'static latent_vocabulary::Card| {
            let params = card.all_params().flat_map(|p| [p.label, p.help]);
            let symbols = card.symbols.iter().map(|s| s.text).chain(card.terms.iter().map(|t| t.text));
            let names = card.terms.iter().map(|t| t.name).chain(card.counts.iter().flat_map(|c| [c.name, c.text]));
            [card.label, card.summary, card.try_this, card.unit]
                .into_iter()
                .chain(params)
                .chain(symbols.filter(|text| !is_formula_alone(text)))
                .chain(names)
                .chain(card.papers.iter().map(|p| p.part))
        };
        assert_eq!(lacking(&language, CARDS.iter().flat_map(of)), Vec::<&str>::new(), "{}", language.tag);
        let of = |set: &&'static latent_vocabulary::data::DataCard| [set.label, set.summary, set.credit];
        assert_eq!(lacking(&language, SETS.iter().flat_map(of)), Vec::<&str>::new(), "{}", language.tag);
        assert_eq!(lacking(&language, PRESETS.iter().flat_map(|p| [p.label, p.summary])), Vec::<&str>::new(), "{}", language.tag);
        // Names of factors, of their values and of classes, as the page has them.
        let names = SETS.iter().flat_map(|set| {
            set.classes
                .iter()
                .copied()
                .chain(set.attributes.iter().map(|a| a.name))
                .chain(set.factors.iter().flat_map(|f| std::iter::once(f.name).chain(f.values.iter().copied())))
        });
        let names: Vec<String> = names.map(|name| name.replace('_', " ")).filter(|name| name.len() > 1).collect();
        assert_eq!(lacking(&language, names.iter().map(String::as_str)), Vec::<&str>::new(), "{}", language.tag);
        // Options are names in links; a help that names one keeps it.
        for param in CARDS.iter().flat_map(|card| card.all_params()) {
            let Kind::Choice { names } = param.kind else { continue };
            for name in names.iter().filter(|name| param.help.contains(&format!("{name}: "))) {
                let said = language.page[param.help].as_str().unwrap_or_default();
                assert!(said.contains(&format!("{name}: ")), "{}: {said:?} does not say what {name} is", language.tag);
            }
        }
    }
}

#[cfg(feature = "native")]
#[test]
fn every_measure_has_its_words() {
    // Those of the ways of drawing differ in one name, which is looked up by itself.
    let plain = |label: String| label.split_once(" of samples from the ").is_none().then(|| label.replace('*', "{k}"));
    let labels: Vec<String> = latent_assess::labels().filter_map(plain).filter(|label| !label.starts_with(' ')).collect();
    assert!(labels.len() > 90);
    for language in all() {
        assert_eq!(lacking(&language, labels.iter().map(String::as_str)), Vec::<&str>::new(), "{}", language.tag);
    }
}

#[test]
fn every_word_of_the_page_has_its_words() {
    /// No words for people.
    const NOT_SAID: [&str; 3] = ["://", "<script", "method="];
    let wanted: Vec<(PathBuf, String)> = sources("src/ui", "words.rs")
        .into_iter()
        .flat_map(|(file, source)| literals(&source).into_iter().map(move |text| (file.clone(), text)))
        .filter(|(_, text)| text.contains(' ') || text.starts_with(char::is_uppercase))
        .filter(|(_, text)| !NOT_SAID.iter().any(|part| text.contains(part)))
        .collect();
    assert!(wanted.len() > 500);
    for language in all() {
        let keys: String = language.page.keys().map(|key| cut(key).0.join("\0")).collect::<Vec<_>>().join("\n");
        // What stands side by side is looked up by itself.
        let told = |text: &str| {
            let pieces = formatted(text).into_iter().flat_map(|piece| piece.split(['·', '`'])).map(str::trim);
            pieces.filter(|piece| piece.chars().filter(|c| c.is_alphabetic()).count() > 2).all(|piece| keys.contains(piece))
        };
        let untold: Vec<_> = wanted.iter().filter(|(_, text)| !told(text)).collect();
        assert!(untold.is_empty(), "{}: {untold:#?}", language.tag);
    }
}

#[test]
fn every_word_of_a_figure_has_its_words() {
    let source = fs::read_to_string(root().join("assets/embed/words.js")).unwrap();
    let code: Vec<&str> = source.lines().filter(|line| !line.trim_start().starts_with("//") && !line.starts_with("/**")).collect();
    // Strings in quotes, and templates in backticks.
    let code = code.join("\n").replace("${", "{").replace("\\\"", "'");
    let quoted = code.split('"').skip(1).step_by(2).filter(|text| text.contains(' ') || text.starts_with(char::is_uppercase));
    let quoted: Vec<&str> = quoted.filter(|text| !text.contains(".d.ts") && !text.contains('`') && !text.contains('=')).collect();
    assert!(quoted.len() > 60, "{quoted:?}");
    for language in all() {
        let keys: String = language.figures.keys().map(|key| cut(key).0.join("\0")).collect::<Vec<_>>().join("\n");
        let lacking: Vec<&&str> = quoted.iter().filter(|text| !keys.contains(text.trim())).collect();
        assert!(lacking.is_empty(), "{}: {lacking:#?}", language.tag);
        let labels = PRESETS.iter().map(|preset| preset.label);
        assert!(labels.into_iter().all(|label| language.figures.contains_key(label)), "{}", language.tag);
    }
}

/// Whether a source has a text, in so many pieces at most.
fn is_of(text: &str, source: &str, pieces: usize) -> bool {
    let cuts = || text.match_indices(' ').map(|(at, _)| (&text[..at], &text[at + 1..]));
    source.contains(text) || (pieces > 1 && cuts().any(|(one, rest)| source.contains(one) && is_of(rest, source, pieces - 1)))
}

#[test]
fn nothing_is_said_that_the_page_does_not_say() {
    // As strings are in a program: lines that a backslash joins, and quotes.
    let plain = |source: String| {
        let mut parts = source.split("\\\n");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| text + part.trim_start()).replace("\\\"", "\"")
    };
    let page: String = sources("src", ".rs").into_iter().map(|(_, source)| plain(source)).chain([index::text().unwrap()]).collect();
    let figures: String = sources("assets/embed", ".js").into_iter().map(|(_, source)| source).collect();
    // Names of attributes have `_` between their words.
    let page = format!("{page}{}", page.replace('_', " ")).to_lowercase();
    let figures = format!("{}{page}", figures.to_lowercase());
    for language in all() {
        for (english, source) in
            language.page.keys().map(|key| (key, &page)).chain(language.figures.keys().map(|key| (key, &figures)))
        {
            for piece in cut(english).0 {
                // Some sentences are put together of several.
                let parts = piece.split_inclusive([',', '.', ':', ';', '(', ')', '=']).map(str::trim);
                for part in parts.filter(|part| part.chars().filter(|c| c.is_alphabetic()).count() > 3) {
                    let words = part.trim_matches([',', '.', ':', ';', '(', ')', '=', '…', ' ']);
                    assert!(is_of(&words.to_lowercase(), source, 3), "{}: nothing says {words:?} of {english:?}", language.tag);
                }
            }
        }
    }
}

#[test]
fn holes_are_those_of_the_english() {
    for language in all() {
        let sheet = language.sheet.iter().map(|(english, said)| (english, Value::from(said.as_str())));
        let sheet: Vec<_> = sheet.collect();
        let both = language.page.iter().chain(&language.figures).chain(sheet.iter().map(|(english, said)| (*english, said)));
        for (english, said) in both {
            let there: BTreeSet<&str> = cut(english).1.into_iter().collect();
            let plural = said.get("other").is_some();
            assert!(!texts(said).is_empty(), "{}: {english:?}", language.tag);
            for text in texts(said) {
                let here: BTreeSet<&str> = cut(text).1.into_iter().collect();
                // “One” may stand for the number.
                assert!(here == there || (plural && here.is_subset(&there)), "{}: {english:?} and {text:?}", language.tag);
                assert!(!text.trim().is_empty() && !text.contains("  ,"), "{}: {english:?}", language.tag);
            }
        }
    }
}

#[test]
fn files_are_sorted_and_pieces_fit() {
    for language in all() {
        let own = folder().join(&language.tag);
        for file in files(&own).unwrap().into_iter().filter(|file| file.parent() == Some(&own)) {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            if [ABOUT, GLOSSARY].contains(&&*name) {
                continue;
            }
            let sorted = serde_json::to_string_pretty(&json::<Catalogue>(&file).unwrap()).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), format!("{sorted}\n"), "{} is not sorted", file.display());
        }
        let browser = language.for_browser().unwrap();
        assert!(browser.contains_key("Raise β to 8") && !browser.keys().any(|key| key.contains("](")), "{}", language.tag);
    }
}

#[test]
fn pieces_are_those_of_the_english() {
    let of = |english: &str, said: &str, formula| pieces(english, &Value::from(said), formula);
    let both = of("[Raise β](beta=8) and watch", "[Erhöhe β](beta=8) und sieh zu", false).unwrap();
    assert_eq!(both, [("Raise β".into(), Value::from("Erhöhe β")), (" and watch".into(), Value::from(" und sieh zu"))]);
    assert!(of("[Raise β](beta=8) and watch", "Dann [erhöhe β](beta=8)", false).is_err());
    let both = of("q_t(z): where it is", "q_t(z): wo es ist", true).unwrap();
    assert_eq!(both, [("(z): where it is".into(), Value::from("(z): wo es ist"))]);
    assert!(of("q_t(z): where it is", "wo es ist", true).is_err());
    assert_eq!(of("a_b", "c_d", false).unwrap().len(), 1);
}

#[test]
fn lessons_are_short_and_know_their_terms() {
    let english = lessons::english().unwrap();
    for language in all() {
        assert_eq!(language.lessons.len(), english.len(), "{}", language.tag);
        for (lesson, english) in language.lessons.iter().zip(&english) {
            assert_eq!(lesson.check(), Ok(()));
            assert!(lesson.pages.iter().all(|page| page.words() <= MOST_WORDS), "{}", lesson.id);
            assert!(lesson.pages.iter().zip(&english.pages).all(|(a, b)| a.text != b.text), "{} is English still", lesson.id);
            let html = {
                let folder = std::env::temp_dir().join(format!("latent-lab-sheets-{}-{}", std::process::id(), lesson.id));
                lessons::write_sheets(&folder, std::slice::from_ref(lesson), &language.glossary, Some(&language)).unwrap();
                let html = fs::read_to_string(folder.join(format!("{}.html", lesson.id))).unwrap();
                fs::remove_dir_all(folder).unwrap();
                html
            };
            assert!(html.contains(&format!("<html lang=\"{}\">", language.tag)));
            let said = lesson.pages.iter().map(|page| &page.text).chain(lesson.questions.iter().map(|q| &q.answer));
            for text in said
                .chain(&lesson.aims)
                .chain(language.sheet.values().filter(|text| !text.contains('{') && !text.contains("Modell")))
            {
                assert!(html.contains(&text.replace('&', "&amp;").replace('"', "&quot;")), "{}: {text}", lesson.id);
            }
        }
        let used = |i: usize| {
            language.lessons.iter().any(|lesson| {
                let texts: Vec<&str> = lesson.pages.iter().map(|page: &Page| page.text.as_str()).collect();
                let pieces = (0..texts.len()).flat_map(|at| marked(&texts, at, &language.glossary));
                pieces.into_iter().any(|piece| matches!(piece, Piece::Term(_, j) if i == j))
            })
        };
        let idle: Vec<&str> =
            (0..language.glossary.len()).filter(|i| !used(*i)).map(|i| language.glossary[i].term.as_str()).collect();
        assert_eq!(idle, Vec::<&str>::new(), "{}: no lesson says them", language.tag);
    }
}

#[test]
fn words_that_do_not_fit_a_lesson_are_refused() {
    let lesson = lessons::english().unwrap().into_iter().find(|lesson| lesson.id == "what-an-autoencoder-learns").unwrap();
    let file = folder().join("de/lessons/what-an-autoencoder-learns.json");
    let wrong = |change: fn(&mut Words)| {
        let mut words: Words = json(&file).unwrap();
        change(&mut words);
        lesson.in_words(&words).unwrap_err()
    };
    assert!(wrong(|w| drop(w.pages.pop())).contains("5 pages, of 6"));
    assert!(wrong(|w| w.pages[0].reveal.clear()).contains("reveal"));
    assert!(wrong(|w| w.pages[5].deed = "Tu es.".into()).contains("do"));
    assert!(wrong(|w| drop(w.pages[4].say.pop())).contains("say"));
    assert!(wrong(|w| w.pages[3].label.clear()).contains("label"));
    assert!(wrong(|w| w.pages[1].text = "Wort ".repeat(81)).contains("words"));
}
