//! Languages besides English: a folder of `assets/languages` each, with nothing but words; and what a site has of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use latent_catalog::CARDS;
use latent_lesson::{Lesson, Term, Words};
use latent_vocabulary::phrase::{Phrase, lowered, phrases};
use serde::Deserialize;
use serde_json::Value;

use crate::cargo::root;
use crate::site::{about, copy, files, read, write};
use crate::{Failure, lessons};

/// What puts a catalogue over the page, and over figures, which have it among their own scripts.
pub const SCRIPT: &str = "language.js";
/// The folder of a site's languages, beside its programs and beside its lessons.
pub const FOLDER: &str = "languages";
/// Files of a language that are no part of the page's catalogue.
const ABOUT: &str = "language.json";
const GLOSSARY: &str = "glossary.json";
const SHEET: &str = "sheet.json";
const FIGURES: &str = "figures.json";

/// English texts with their words: a text, one for each plural category, or one for each place; see `assets/embed/language.js`.
pub type Catalogue = BTreeMap<String, Value>;

/// What a language says of itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    /// What it calls itself.
    name: String,
    /// The link to the page in it.
    offer: String,
    /// What stands before the decimals, where a file is written that no browser formats.
    decimal: String,
}

/// A language, complete.
#[derive(Clone, Debug)]
pub struct Language {
    /// As `<html lang>` has it: the name of its folder.
    pub tag: String,
    about: About,
    /// Of the page.
    page: Catalogue,
    figures: Catalogue,
    /// Of the teacher's sheets.
    sheet: BTreeMap<String, String>,
    pub glossary: Vec<Term>,
    pub lessons: Vec<Lesson>,
}

/// A word of the glossary: which English one it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spoken {
    of: String,
    term: String,
    #[serde(default)]
    also: Vec<String>,
    says: String,
}

fn folder() -> PathBuf {
    root().join("assets").join(FOLDER)
}

fn json<T: for<'de> Deserialize<'de>>(file: &Path) -> Result<T, Failure> {
    serde_json::from_slice(&read(file)?).map_err(|e| about(file, &e))
}

/// All languages, each held against the English.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn languages() -> Result<Vec<Language>, Failure> {
    let mut tags: BTreeSet<String> = BTreeSet::new();
    for file in files(&folder())? {
        let inside = file.strip_prefix(folder()).expect("it was found there");
        tags.extend(inside.iter().next().map(|tag| tag.to_string_lossy().into_owned()));
    }
    tags.into_iter().map(language).collect()
}

/// The language of that folder.
///
/// # Errors
/// As [`languages`], or if there is none.
pub fn language(tag: String) -> Result<Language, Failure> {
    let own = folder().join(&tag);
    if !own.join(ABOUT).is_file() {
        return Err(format!("no language is called {tag:?}: a folder of assets/{FOLDER} with a file {ABOUT} is one"));
    }
    let mut page = Catalogue::new();
    for file in files(&own)?.into_iter().filter(|file| file.parent() == Some(&own)) {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if [ABOUT, GLOSSARY, SHEET, FIGURES].contains(&&*name) {
            continue;
        }
        for (english, said) in json::<Catalogue>(&file)? {
            if page.contains_key(&english) {
                return Err(about(&file, &format!("another file of the language has {english:?} too")));
            }
            page.insert(english, said);
        }
    }
    let english = lessons::english()?;
    let spoken = |lesson: &Lesson| {
        let file = own.join("lessons").join(format!("{}.json", lesson.id));
        lesson.in_words(&json::<Words>(&file)?).map_err(|why| about(&file, &why))
    };
    Ok(Language {
        about: json(&own.join(ABOUT))?,
        figures: json(&own.join(FIGURES))?,
        sheet: json(&own.join(SHEET))?,
        glossary: glossary(&own.join(GLOSSARY))?,
        lessons: english.iter().map(spoken).collect::<Result<_, Failure>>()?,
        page,
        tag,
    })
}

/// The glossary of a language, in the order of the English one.
fn glossary(file: &Path) -> Result<Vec<Term>, Failure> {
    let mut spoken: BTreeMap<String, Spoken> = json::<Vec<Spoken>>(file)?.into_iter().map(|word| (word.of.clone(), word)).collect();
    let word = |term: Term| {
        let found = spoken.remove(&term.term).ok_or_else(|| about(file, &format!("nothing is of {:?}", term.term)))?;
        Ok(Term { term: found.term, also: found.also, says: found.says })
    };
    let all = lessons::glossary()?.into_iter().map(word).collect::<Result<Vec<Term>, Failure>>()?;
    match spoken.into_keys().next() {
        Some(of) => Err(about(file, &format!("the glossary has no {of:?}"))),
        None => Ok(all),
    }
}

impl Language {
    /// A text of the teacher's sheets, with what stands in its `{holes}`.
    ///
    /// # Errors
    /// If the language lacks it.
    pub fn of_sheet(&self, english: &str) -> Result<&str, Failure> {
        self.sheet
            .get(english)
            .map(String::as_str)
            .ok_or_else(|| format!("assets/{FOLDER}/{}/{SHEET} has no {english:?}", self.tag))
    }

    /// A number as it is written there.
    pub fn number(&self, english: &str) -> String {
        english.replace('.', &self.about.decimal)
    }

    /// The page's catalogue as the browser reads it: sentences that the page takes to pieces are in pieces there.
    ///
    /// # Errors
    /// If a text is in other pieces than the English one, or one piece has two meanings.
    fn for_browser(&self) -> Result<Catalogue, Failure> {
        let formulas = formulas();
        let mut out = Catalogue::new();
        for (english, said) in &self.page {
            for (english, said) in
                pieces(english, said, formulas.contains(english.as_str())).map_err(|e| format!("{}: {e}", self.tag))?
            {
                if out.get(&english).is_some_and(|other| *other != said) {
                    return Err(format!("{}: {english:?} is a piece of two sentences with two meanings", self.tag));
                }
                out.insert(english, said);
            }
        }
        Ok(out)
    }
}

/// The formulas and their symbols, which the page typesets.
fn formulas() -> BTreeSet<&'static str> {
    let of = |card: &&'static latent_vocabulary::Card| {
        card.terms.iter().map(|term| term.text).chain(card.symbols.iter().map(|symbols| symbols.text))
    };
    CARDS.iter().flat_map(of).collect()
}

/// An entry, or the entries of its pieces.
fn pieces(english: &str, said: &Value, formula: bool) -> Result<Vec<(String, Value)>, String> {
    let cut = |text: &str| -> Vec<(bool, String)> {
        if formula {
            return lowered(text).into_iter().map(|(piece, below)| (below, piece.into())).collect();
        }
        let piece = |phrase| match phrase {
            Phrase::Text(words) => (false, words.to_owned()),
            Phrase::Experiment { words, .. } => (true, words.to_owned()),
        };
        phrases(text).into_iter().map(piece).collect()
    };
    let here = cut(english);
    let (true, Some(said)) = (here.len() > 1, said.as_str()) else { return Ok(vec![(english.into(), said.clone())]) };
    let there = cut(said);
    if !here.iter().map(|(mark, _)| mark).eq(there.iter().map(|(mark, _)| mark)) {
        return Err(format!("{english:?} and {said:?} are in different pieces"));
    }
    let both = here.into_iter().zip(there).map(|((_, english), (_, said))| (english, Value::from(said)));
    Ok(both.filter(|(english, said)| said != english.as_str()).collect())
}

/// Puts the languages into a site: the teacher's sheets; into the folder of its build the script, catalogues, glossaries and lessons; and
/// into that of the figures theirs.
///
/// # Errors
/// As [`languages`], or if a file cannot be written.
pub fn add(all: &[Language], site: &Path, own: &Path) -> Result<(), Failure> {
    let folder = own.join(FOLDER);
    copy(&root().join("assets/embed").join(SCRIPT), &folder.join(SCRIPT))?;
    for language in all {
        let catalogue = serde_json::to_vec(&language.for_browser()?).map_err(|e| e.to_string())?;
        write(&folder.join(format!("{}.json", language.tag)), &catalogue)?;
        let [words, sheets] = [own, site].map(|place| place.join(FOLDER).join(&language.tag).join("lessons"));
        lessons::write_words(&words, &language.lessons, &language.glossary)?;
        lessons::write_sheets(&sheets, &language.lessons, &language.glossary, Some(language))?;
    }
    Ok(())
}

/// The files of figures in other languages: their names and what is in them.
///
/// # Errors
/// As [`languages`].
pub fn of_figures(all: &[Language]) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let one = |language: &Language| {
        let bytes = serde_json::to_vec(&language.figures).map_err(|e| e.to_string())?;
        Ok((format!("{}.json", language.tag), bytes))
    };
    all.iter().map(one).collect()
}

/// The links of the page to itself in other languages, as HTML.
pub fn links(all: &[Language]) -> String {
    let link = |language: &Language| {
        let Language { tag, about: About { name, offer, .. }, .. } = language;
        format!("<a lang=\"{tag}\" hreflang=\"{tag}\" href=\"?lang={tag}\" title=\"{name}\">{offer}</a>")
    };
    all.iter().map(link).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
