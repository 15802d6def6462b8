//! A lesson and its pages.

use std::collections::BTreeSet;

use latent_experiment::{Preset, Setup};
use serde::{Deserialize, Serialize};

use crate::done::{Done, Moved};
use crate::guess::Predict;

/// Words that a page may have: its text, what it asks for, and what it says then.
pub const MOST_WORDS: usize = 80;

/// The number of latents in use, besides the terms of a run.
pub const AWAKE: &str = "awake";

/// A lesson of about three quarters of an hour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// As its file is called, and in links.
    pub id: String,
    /// Its place among the others.
    pub place: u32,
    pub title: String,
    /// What one knows at the end, in a sentence.
    pub summary: String,
    pub aims: Vec<String>,
    pub pages: Vec<Page>,
    /// For the teacher: who does what, for how long.
    pub plan: Vec<Stage>,
    /// For the teacher: what to ask.
    pub questions: Vec<Question>,
}

/// A page of a lesson.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    pub title: String,
    pub text: String,
    /// What it opens, as a link has it: an experiment, `preset=ID`, or nothing, and behind a `#` the view.
    pub open: String,
    /// What it speaks of, by the name that the page has for it.
    #[serde(default)]
    pub show: String,
    /// A finding that stands on it.
    #[serde(default)]
    pub finding: String,
    /// What to do.
    #[serde(default, rename = "do")]
    pub deed: String,
    #[serde(default)]
    pub done: Option<Done>,
    #[serde(default)]
    pub predict: Option<Predict>,
    /// What is said once it is done.
    #[serde(default)]
    pub reveal: String,
}

/// A part of the teacher's plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    pub minutes: u32,
    pub what: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub ask: String,
    pub answer: String,
}

/// A lesson in the list of all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub id: String,
    pub title: String,
    pub summary: String,
    pub pages: usize,
}

/// What a page opens.
#[derive(Clone, Debug, PartialEq)]
pub enum Opens {
    /// What is there already.
    Nothing,
    Preset(&'static Preset),
    /// A network of noise.
    Setup(Setup),
}

impl Page {
    /// What is opened, and what follows the `#`.
    ///
    /// # Errors
    /// What of the link cannot be.
    pub fn opens(&self) -> Result<(Opens, &str), String> {
        let (query, view) = self.open.split_once('#').unwrap_or((&self.open, ""));
        if query.is_empty() {
            return Ok((Opens::Nothing, view));
        }
        if let Some(id) = query.strip_prefix("preset=") {
            let preset = Preset::find(id).ok_or_else(|| format!("no trained model is called {id}"))?;
            return Ok((Opens::Preset(preset), view));
        }
        let (setup, notes) = Setup::from_query(query, &[]);
        notes.into_iter().next().map_or(Ok(()), Err)?;
        setup.check()?;
        Ok((Opens::Setup(setup), view))
    }

    /// Whether it asks for something.
    pub fn asks(&self) -> bool {
        self.done.is_some() || self.predict.is_some()
    }

    /// Words on it, but for those of a prediction.
    pub fn words(&self) -> usize {
        [&self.text, &self.deed, &self.reveal].into_iter().map(|text| text.split_whitespace().count()).sum()
    }

    fn check(&self) -> Result<(), String> {
        if self.title.is_empty() || self.text.is_empty() {
            return Err("it needs a title and a text".into());
        }
        let words = self.words();
        if words > MOST_WORDS {
            return Err(format!("it has {words} words, of {MOST_WORDS} at most"));
        }
        let (opens, view) = self.opens()?;
        if self.deed.is_empty() == self.asks() {
            return Err("what it asks for is said, and there is a way to know that it is done".into());
        }
        if self.done.is_some() && self.predict.is_some() {
            return Err("a prediction is done when its run is over, and asks for nothing else".into());
        }
        if !self.asks() && !self.reveal.is_empty() {
            return Err("there is nothing after which it could be revealed".into());
        }
        self.done.as_ref().map_or(Ok(()), Done::check)?;
        for done in self.done.iter().flat_map(Done::each) {
            let so_already = match done {
                Done::Tab(tab) => view.split('&').next() == Some(tab),
                Done::Moved(Moved { key, from, to }) => {
                    matches!(&opens, Opens::Setup(setup) if (*from..=*to).contains(&setup.get(key)))
                }
                _ => false,
            };
            if so_already {
                return Err(format!("what it opens is already as it is asked for: {done:?}"));
            }
        }
        if let Some(predict) = &self.predict {
            predict.check()?;
            let Opens::Setup(setup) = &opens else { return Err("a prediction is of a run from noise".into()) };
            let card = setup.card()?;
            let mut names = card.terms.iter().map(|term| term.name).chain(card.counts.iter().map(|count| count.name));
            let known = [AWAKE, "loss"].contains(&predict.figure.as_str()) || names.any(|name| name == predict.figure);
            if !known {
                return Err(format!("{} has no number {:?}", card.label, predict.figure));
            }
        }
        Ok(())
    }
}

impl Lesson {
    /// Whether all of it goes together.
    ///
    /// # Errors
    /// The first thing that does not.
    pub fn check(&self) -> Result<(), String> {
        let of = |what: String| format!("lesson {}: {what}", self.id);
        let named = !self.id.is_empty() && self.id.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        if !named || self.title.is_empty() || self.summary.is_empty() || self.aims.is_empty() {
            return Err(of("it needs an id of small letters, a title, a summary and an aim".into()));
        }
        if !(4..=8).contains(&self.pages.len()) {
            return Err(of("it has four to eight pages".into()));
        }
        let titles: BTreeSet<&str> = self.pages.iter().map(|page| page.title.as_str()).collect();
        if titles.len() < self.pages.len() {
            return Err(of("two of its pages have one title".into()));
        }
        if self.plan.iter().map(|stage| stage.minutes).sum::<u32>() != 45 {
            return Err(of("its plan is of 45 minutes".into()));
        }
        if self.questions.is_empty() {
            return Err(of("it has no questions".into()));
        }
        if !self.pages.iter().any(Page::asks) || matches!(self.pages[0].opens(), Ok((Opens::Nothing, _))) {
            return Err(of("its first page opens something, and one of its pages asks for something".into()));
        }
        self.pages.iter().try_for_each(|page| page.check().map_err(|why| of(format!("page “{}”: {why}", page.title))))
    }

    pub fn entry(&self) -> Entry {
        Entry { id: self.id.clone(), title: self.title.clone(), summary: self.summary.clone(), pages: self.pages.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guess::{Axis, By};

    fn page(title: &str) -> Page {
        Page {
            title: title.into(),
            text: "A few words.".into(),
            open: String::new(),
            show: String::new(),
            finding: String::new(),
            deed: String::new(),
            done: None,
            predict: None,
            reveal: String::new(),
        }
    }

    fn lesson() -> Lesson {
        let mut first = page("One");
        first.open = "data=moons&method=vae&beta=2#learn".into();
        first.deed = "Move β.".into();
        first.done = Some(Done::Moved(Moved { key: "beta".into(), from: 4.0, to: 9.0 }));
        first.reveal = "It moved.".into();
        Lesson {
            id: "a-lesson".into(),
            place: 1,
            title: "A lesson".into(),
            summary: "About something.".into(),
            aims: vec!["Know it.".into()],
            pages: vec![first, page("Two"), page("Three"), page("Four")],
            plan: vec![Stage { minutes: 45, what: "All of it.".into() }],
            questions: vec![Question { ask: "What?".into(), answer: "That.".into() }],
        }
    }

    #[test]
    fn what_a_page_opens_is_as_a_link_has_it() {
        let lesson = lesson();
        assert_eq!(lesson.check(), Ok(()));
        let (opens, view) = lesson.pages[0].opens().unwrap();
        assert!(matches!(opens, Opens::Setup(setup) if setup.get("beta") == 2.0 && setup.data == "moons"));
        assert_eq!(view, "learn");
        assert_eq!(lesson.pages[1].opens(), Ok((Opens::Nothing, "")));
        let mut preset = page("P");
        preset.open = "preset=mnist-map#explore".into();
        assert!(matches!(preset.opens(), Ok((Opens::Preset(preset), "explore")) if preset.id == "mnist-map"));
    }

    #[test]
    fn what_does_not_go_together_is_named() {
        let wrong = |change: fn(&mut Lesson)| {
            let mut lesson = lesson();
            change(&mut lesson);
            lesson.check().unwrap_err()
        };
        assert!(wrong(|l| l.pages[0].open = "data=moons&method=sorcery".into()).contains("sorcery"));
        assert!(wrong(|l| l.pages[0].open = "preset=gold".into()).contains("gold"));
        assert!(wrong(|l| l.pages[0].open = "data=moons&method=vae&beta=5".into()).contains("already"));
        assert!(wrong(|l| l.pages[0].text = "word ".repeat(80)).contains("words"));
        assert!(wrong(|l| l.pages[0].deed.clear()).contains("asks for"));
        assert!(wrong(|l| l.pages[1].deed = "Do it.".into()).contains("asks for"));
        assert!(wrong(|l| l.pages[1].reveal = "It is so.".into()).contains("revealed"));
        assert!(wrong(|l| l.pages.truncate(3)).contains("four to eight"));
        assert!(wrong(|l| l.plan[0].minutes = 40).contains("45"));
        let tab = wrong(|l| {
            l.pages[1].open = "#explore&axes=1,2".into();
            l.pages[1].deed = "Open the map.".into();
            l.pages[1].done = Some(Done::Tab("explore".into()));
        });
        assert!(tab.contains("already"), "{tab}");
        let no_such_number = wrong(|l| {
            l.pages[0].done = None;
            let axis = Axis { label: "codes".into(), from: 0.0, to: 9.0 };
            let by = By::Place(axis);
            l.pages[0].predict = Some(Predict { ask: "How many?".into(), steps: 5, figure: "perplexity".into(), by });
        });
        assert!(no_such_number.contains("perplexity"), "{no_such_number}");
    }
}
