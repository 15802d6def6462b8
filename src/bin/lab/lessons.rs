//! `cargo lab lessons`: the lessons, how long and how hard their texts are; and what a site has of them.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use latent_lesson::{By, Lesson, Page, Piece, Recorded, Term, last, marked};
use serde_json::json;

use crate::cargo::root;
use crate::languages::{self, Language};
use crate::site::{about, copy, files, read, write};
use crate::{Failure, expected};

#[derive(clap::Args)]
pub struct Args {
    /// Print one JSON array instead of text.
    #[arg(long)]
    json: bool,
    /// In which language, as `assets/languages` calls it; English if nothing is said.
    #[arg(long, value_name = "TAG")]
    lang: Option<String>,
    /// Write the teacher's sheets, in that language, into a folder.
    #[arg(long, value_name = "DIR")]
    sheets: Option<PathBuf>,
    /// Make the runs of the pages that ask for a guess, and write the pictures of the teacher's sheets anew.
    #[arg(long, conflicts_with = "json")]
    pictures: bool,
}

pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    if args.pictures {
        #[cfg(feature = "native")]
        return expected::make::all().map(|()| ExitCode::SUCCESS);
        #[cfg(not(feature = "native"))]
        return crate::native::hand_over("native");
    }
    let language = args.lang.clone().map(languages::language).transpose()?;
    let all = language.as_ref().map_or_else(english, |language| Ok(language.lessons.clone()))?;
    if let Some(folder) = &args.sheets {
        let words = language.as_ref().map_or_else(glossary, |language| Ok(language.glossary.clone()))?;
        write_sheets(folder, &all, &words, language.as_ref())?;
        println!("{} sheets are in {}", all.len(), folder.display());
        return Ok(ExitCode::SUCCESS);
    }
    let graded = language.is_none();
    let text = if args.json { format!("{:#}\n", json!(all)) } else { all.iter().map(|lesson| to_text(lesson, graded)).collect() };
    // A closed pipe (`| head`) is no error.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(ExitCode::SUCCESS)
}

/// A lesson in lines; a grade is known of English alone.
fn to_text(lesson: &Lesson, graded: bool) -> String {
    let mut text = format!("{}  {}\n  {}\n", lesson.id, lesson.title, lesson.summary);
    if graded {
        let _ = writeln!(text, "  grade {:.1}", grade(&prose(lesson)));
    }
    for page in &lesson.pages {
        let grade = if graded { format!(", grade {:>4.1}", grade(&of_page(page))) } else { String::new() };
        let _ = writeln!(text, "  {:>3} words{grade}: {}", page.words(), page.title);
    }
    text
}

/// What a reader of a page reads.
fn of_page(page: &Page) -> String {
    let ask = page.predict.as_ref().map_or("", |predict| predict.ask.as_str());
    [page.text.as_str(), &page.deed, ask, &page.reveal].join(" ")
}

fn prose(lesson: &Lesson) -> String {
    lesson.pages.iter().map(of_page).collect::<Vec<_>>().join(" ")
}

/// School years that a text takes: Flesch and Kincaid's grade level, 0.39 words a sentence + 11.8 syllables a word − 15.59 (Kincaid et al.
/// 1975). Syllables are counted by groups of vowels, without a silent e.
fn grade(text: &str) -> f64 {
    let sentences = text.split(['.', '?', '!', ':', ';']).filter(|part| part.chars().any(char::is_alphabetic)).count();
    let words: Vec<&str> = text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).collect();
    let syllables: usize = words.iter().map(|word| syllables(word)).sum();
    let (n, s) = (words.len().max(1) as f64, sentences.max(1) as f64);
    0.39 * n / s + 11.8 * syllables as f64 / n - 15.59
}

fn syllables(word: &str) -> usize {
    let word: String = word.to_lowercase().chars().filter(|c| c.is_alphabetic()).collect();
    let vowel = |c: char| "aeiouy".contains(c);
    let groups = word.chars().fold((0, false), |(n, was), c| (n + usize::from(vowel(c) && !was), vowel(c))).0;
    let silent = word.ends_with('e') && !word.ends_with("le") && groups > 1;
    (groups - usize::from(silent)).max(1)
}

fn folder() -> PathBuf {
    root().join("assets/lessons")
}

/// All lessons in their order, in English.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn english() -> Result<Vec<Lesson>, Failure> {
    let one = |file: PathBuf| -> Result<Lesson, Failure> {
        let lesson: Lesson = serde_json::from_slice(&read(&file)?).map_err(|e| about(&file, &e))?;
        if file.file_stem().is_none_or(|stem| stem != lesson.id.as_str()) {
            return Err(about(&file, &format!("its lesson is called {}", lesson.id)));
        }
        lesson.check()?;
        Ok(lesson)
    };
    let mut all = files(&folder())?.into_iter().map(one).collect::<Result<Vec<Lesson>, Failure>>()?;
    all.sort_by_key(|lesson| lesson.place);
    Ok(all)
}

/// The words that lessons underline.
///
/// # Errors
/// If the file is no list of terms.
pub fn glossary() -> Result<Vec<Term>, Failure> {
    let file = root().join("assets/glossary.json");
    serde_json::from_slice(&read(&file)?).map_err(|e| about(&file, &e))
}

/// Puts the lessons into a site: the teacher's sheets; and into the folder of its build their list, each as a file, and the glossary.
///
/// # Errors
/// As [`english`], or if a file cannot be written.
pub fn add(site: &Path, own: &Path) -> Result<(), Failure> {
    let (all, glossary) = (english()?, glossary()?);
    let known: Vec<String> = crate::findings::findings()?.into_iter().map(|finding| finding.id).collect();
    for page in all.iter().flat_map(|lesson| &lesson.pages) {
        if !page.finding.is_empty() && !known.contains(&page.finding) {
            return Err(format!("page “{}”: no finding is called {}", page.title, page.finding));
        }
    }
    let [folder, sheets] = [own, site].map(|place| place.join("lessons"));
    write_words(&folder, &all, &glossary)?;
    write_sheets(&sheets, &all, &glossary, None)?;
    // Pictures are the sheets', curves the page's.
    for file in files(&expected::folder())? {
        let place = if file.extension().is_some_and(|end| end == "png") { &sheets } else { &folder };
        copy(&file, &place.join(file.file_name().unwrap_or_default()))?;
    }
    Ok(())
}

/// Writes what the page reads of lessons: their list, each as a file, and the glossary.
///
/// # Errors
/// If a file cannot be written.
pub fn write_words(folder: &Path, all: &[Lesson], glossary: &[Term]) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|e| about(folder, &e))?;
    let entries: Vec<_> = all.iter().map(Lesson::entry).collect();
    write(&folder.join("index.json"), json!(entries).to_string().as_bytes())?;
    write(&folder.join("glossary.json"), json!(glossary).to_string().as_bytes())?;
    all.iter().try_for_each(|lesson| write(&folder.join(format!("{}.json", lesson.id)), json!(lesson).to_string().as_bytes()))
}

/// Writes the teacher's sheets, in English or another language.
///
/// # Errors
/// If a file cannot be written, or the language lacks a word.
pub fn write_sheets(folder: &Path, all: &[Lesson], glossary: &[Term], language: Option<&Language>) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|e| about(folder, &e))?;
    let one = |lesson: &Lesson| write(&folder.join(format!("{}.html", lesson.id)), sheet(lesson, glossary, language)?.as_bytes());
    all.iter().try_for_each(one)
}

const STYLE: &str = "body{font:11.5pt/1.45 Georgia,serif;max-width:44em;margin:2em auto;padding:0 1em;color:#1d2026;background:#fff}\
h1{font-size:20pt;margin:0}h2{font-size:13pt;margin:1.3em 0 .3em}table{border-collapse:collapse;width:100%}\
td,th{border-top:1px solid #ccc;padding:.3em .6em .3em 0;vertical-align:top;text-align:left}td:first-child{white-space:nowrap}\
ol,ul{padding-left:1.3em}dt{font-weight:bold;margin-top:.5em}dd{margin:0 0 0 1.3em}.small{color:#555;font-size:10pt}\
.asked{margin:.2em 0 .2em 1.3em}.came{display:flex;gap:1.5em;align-items:flex-start;margin:.3em 0 .8em 1.3em}.came img{image-rendering:pixelated}tr,dt,dd,li{break-inside:avoid}@media print{body{margin:0;max-width:none}a{color:inherit;text-decoration:none}nav{display:none}}";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn list(tag: &str, items: impl Iterator<Item = String>) -> String {
    format!("<{tag}>{}</{tag}>\n", items.map(|item| format!("<li>{item}</li>")).collect::<String>())
}

/// The words of a sheet: English, or those of a language.
#[derive(Clone, Copy)]
struct Sheet<'a>(Option<&'a Language>);

impl Sheet<'_> {
    /// A text with what stands in its `{holes}`, as HTML.
    fn say(self, english: &str, holes: &[(&str, &str)]) -> Result<String, Failure> {
        let text = self.0.map_or(Ok(english), |language| language.of_sheet(english))?;
        let fill = |text: String, (name, value): &(&str, &str)| text.replace(&format!("{{{name}}}"), value);
        Ok(escaped(&holes.iter().fold(text.to_owned(), fill)))
    }

    fn number(self, english: String) -> String {
        self.0.map_or(english.clone(), |language| language.number(&english))
    }
}

/// A page to print for whoever teaches: aims, plan, what the pages say, questions with answers, and the words.
fn sheet(lesson: &Lesson, glossary: &[Term], language: Option<&Language>) -> Result<String, Failure> {
    let words = Sheet(language);
    let title = escaped(&lesson.title);
    let tag = language.map_or("en", |language| &language.tag);
    // Sheets of other languages lie deeper in the site.
    let (top, asks) = language.map_or(("../", String::new()), |language| ("../../../", format!("&amp;lang={}", language.tag)));
    let mut html = format!(
        "<!doctype html>\n<html lang=\"{tag}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{}</title><style>{STYLE}</style></head>\n<body>\n<nav><a href=\"{top}?lesson={}{asks}\">{}</a></nav>\n\
         <h1>{title}</h1>\n<p>{}</p>\n<h2>{}</h2>\n",
        words.say("{title}: teacher’s sheet", &[("title", &lesson.title)])?,
        lesson.id,
        words.say("Open the lesson", &[])?,
        escaped(&lesson.summary),
        words.say("Aims", &[])?
    );
    html += &list("ul", lesson.aims.iter().map(|aim| escaped(aim)));
    let _ = writeln!(html, "<h2>{}</h2>\n<table>", words.say("Plan, 45 minutes", &[])?);
    let mut at = 0;
    for stage in &lesson.plan {
        let _ = writeln!(html, "<tr><td>{at}–{} min</td><td>{}</td></tr>", at + stage.minutes, escaped(&stage.what));
        at += stage.minutes;
    }
    let _ = writeln!(html, "</table>\n<h2>{}</h2>", words.say("The pages", &[])?);
    let pages = lesson.pages.iter().enumerate().map(|(i, page)| Ok(self::page(page, words)? + &came(lesson, i, words, top)?));
    html += &list("ol", pages.collect::<Result<Vec<_>, Failure>>()?.into_iter());
    let _ = writeln!(html, "<h2>{}</h2>\n<dl>", words.say("Questions", &[])?);
    for question in &lesson.questions {
        let _ = writeln!(html, "<dt>{}</dt><dd>{}</dd>", escaped(&question.ask), escaped(&question.answer));
    }
    let _ = writeln!(html, "</dl>\n<h2>{}</h2>\n<dl>", words.say("Words", &[])?);
    let texts: Vec<&str> = lesson.pages.iter().map(|page| page.text.as_str()).collect();
    for at in 0..texts.len() {
        for piece in marked(&texts, at, glossary) {
            let Piece::Term(_, i) = piece else { continue };
            let _ = writeln!(html, "<dt>{}</dt><dd>{}</dd>", escaped(&glossary[i].term), escaped(&glossary[i].says));
        }
    }
    let _ = write!(
        html,
        "</dl>\n<p class=\"small\">{} <code>?lesson={}{asks}&amp;hide=gallery,tab-measure&amp;lock=latent&amp;seed=1</code> {} \
         <code>&amp;projector</code> {}</p>\n</body></html>\n",
        words.say("A link for a class:", &[])?,
        lesson.id,
        words.say("hides parts of the page by their names, locks controls, and gives every run the same seed;", &[])?,
        words.say("shows all of it larger. The same seed gives the same run on every machine.", &[])?
    );
    Ok(html)
}

/// What the run of a page comes to at the seed of the sheet.
fn came(lesson: &Lesson, page: usize, words: Sheet, top: &str) -> Result<String, Failure> {
    let Some(predict) = lesson.pages.get(page).and_then(|page| page.predict.as_ref()) else { return Ok(String::new()) };
    let Some(expected) = expected::of(lesson, page)? else { return Ok(String::new()) };
    let seed = expected::SEED.to_string();
    let said = match last(&expected.curve) {
        Some(value) => {
            let (short, steps) = (words.number(expected::short(value)), expected.steps.to_string());
            let holes = [("seed", seed.as_str()), ("figure", &expected.figure), ("value", &short), ("steps", &steps)];
            match (predict.right(value), &predict.by) {
                (Some(at), By::Choice(options)) => words.say(
                    "At seed {seed}: {figure} is {value} after {steps} steps, so “{answer}” is right.",
                    &[&holes[..], &[("answer", options[at].say.as_str())]].concat(),
                )?,
                _ => words.say("At seed {seed}: {figure} is {value} after {steps} steps.", &holes)?,
            }
        }
        None => String::new(),
    };
    let picture = if expected.pictured {
        let (name, alt) = (Recorded::name(&lesson.id, page), words.say("What the model draws", &[])?);
        format!("<img src=\"{top}lessons/{name}.png\" alt=\"{alt}\" width=\"256\">")
    } else {
        String::new()
    };
    let step = words.say("step {n}", &[("n", &expected.steps.to_string())])?;
    let svg = expected::svg(&expected, &step, |v| words.number(expected::short(v)));
    Ok(format!("<p class=\"asked\"><b>{}</b> {said}</p><p class=\"came\">{svg}{picture}</p>", words.say("What comes:", &[])?))
}

fn page(page: &Page, words: Sheet) -> Result<String, Failure> {
    let mut html = format!("<b>{}.</b> {}", escaped(&page.title), escaped(&page.text));
    if let Some(predict) = &page.predict {
        let how = match &predict.by {
            By::Choice(options) => list("ul", options.iter().map(|option| escaped(&option.say))),
            By::Place(axis) | By::Curve(axis) => {
                let [from, to] = [axis.from, axis.to].map(|v| words.number(v.to_string()));
                let holes = [("label", axis.label.as_str()), ("from", &from), ("to", &to)];
                format!("<p class=\"small\">{}</p>", words.say("{label}, {from} to {to}", &holes)?)
            }
        };
        let _ = write!(html, "<p class=\"asked\"><b>{}</b> {}</p>{how}", words.say("Predict:", &[])?, escaped(&predict.ask));
    }
    for (name, text) in [("Do:", &page.deed), ("Then:", &page.reveal)] {
        if !text.is_empty() {
            let _ = write!(html, "<p class=\"asked\"><b>{}</b> {}</p>", words.say(name, &[])?, escaped(text));
        }
    }
    Ok(html)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_lesson_goes_together() {
        let all = english().unwrap();
        assert_eq!(all.len(), 9);
        let places: BTreeSet<u32> = all.iter().map(|lesson| lesson.place).collect();
        assert_eq!(places.into_iter().collect::<Vec<_>>(), (1..=9).collect::<Vec<_>>());
    }

    #[test]
    fn lessons_are_easy_to_read() {
        let grades: Vec<(String, f64)> =
            english().unwrap().iter().map(|lesson| (lesson.id.clone(), grade(&prose(lesson)))).collect();
        let mean = grades.iter().map(|(_, grade)| grade).sum::<f64>() / grades.len() as f64;
        assert!(mean <= 9.0, "grade {mean:.1}: {grades:?}");
        assert!(grades.iter().all(|(_, grade)| *grade <= 9.0), "{grades:?}");
    }

    #[test]
    fn a_grade_tells_a_child_s_book_from_a_statute() {
        let easy = grade("The cat sat on the mat. It was a big cat. The mat was red.");
        let hard = grade(
            "Notwithstanding the aforementioned considerations, variational approximations necessitate regularisation of posterior distributions.",
        );
        assert!(easy < 2.0 && hard > 15.0, "{easy} and {hard}");
        assert_eq!(["code", "latent", "table", "picture", "autoencoder"].map(syllables), [1, 2, 2, 2, 4]);
    }

    #[test]
    fn every_term_is_used_and_has_one_meaning() {
        let glossary = glossary().unwrap();
        let names: BTreeSet<String> = glossary.iter().map(|term| term.term.to_lowercase()).collect();
        assert_eq!(names.len(), glossary.len());
        let all = english().unwrap();
        for (i, term) in glossary.iter().enumerate() {
            let used = all.iter().any(|lesson| {
                let texts: Vec<&str> = lesson.pages.iter().map(|page| page.text.as_str()).collect();
                (0..texts.len())
                    .flat_map(|at| marked(&texts, at, &glossary))
                    .any(|piece| matches!(piece, Piece::Term(_, j) if i == j))
            });
            assert!(used, "no lesson says {:?}", term.term);
        }
    }

    #[test]
    fn every_guess_has_what_came_on_the_sheet() {
        let glossary = glossary().unwrap();
        for lesson in english().unwrap() {
            let html = sheet(&lesson, &glossary, None).unwrap();
            for (page, setup, predict) in expected::guessed(&lesson) {
                let expected = expected::of(&lesson, page).unwrap().expect("`cargo lab lessons --pictures` makes it");
                let picture = expected::folder().join(Recorded::name(&lesson.id, page)).with_extension("png").is_file();
                let (steps, pictures) = (predict.steps, setup.of_pictures());
                assert_eq!((expected.steps, expected.pictured, picture), (steps, pictures, pictures), "{} {page}", lesson.id);
                assert!(
                    expected.curve.len() > 20 && html.contains("<svg viewBox") && html.contains(&format!("step {steps}")),
                    "{} {page}",
                    lesson.id
                );
            }
        }
    }

    #[test]
    fn a_sheet_has_all_of_the_lesson() {
        let (all, glossary) = (english().unwrap(), glossary().unwrap());
        for lesson in &all {
            let html = sheet(lesson, &glossary, None).unwrap();
            for text in lesson.pages.iter().map(|page| &page.text).chain(lesson.questions.iter().map(|q| &q.answer)) {
                assert!(html.contains(&escaped(text)), "{}: {text}", lesson.id);
            }
            assert!(html.contains("45 min"), "{}", lesson.id);
        }
    }
}
