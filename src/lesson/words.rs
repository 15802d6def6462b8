//! A lesson in another language. What it opens, points at and asks for stands in the English file alone; other languages bring words.

use serde::Deserialize;

use crate::guess::By;
use crate::lesson::{Lesson, Page, Question, Stage};

/// The words of a lesson.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    pub title: String,
    pub summary: String,
    pub aims: Vec<String>,
    pub pages: Vec<PageWords>,
    /// What is done in each part of the plan.
    pub plan: Vec<String>,
    pub questions: Vec<Question>,
}

/// The words of a page; those that the English one lacks are empty.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageWords {
    pub title: String,
    pub text: String,
    #[serde(default, rename = "do")]
    pub deed: String,
    /// Of a prediction: its question, the label of its axis, its answers.
    #[serde(default)]
    pub ask: String,
    #[serde(default)]
    pub label: String,
    #[serde(default)]
    pub say: Vec<String>,
    #[serde(default)]
    pub reveal: String,
}

impl Lesson {
    /// The lesson in other words.
    ///
    /// # Errors
    /// Says what the words lack or have too much of, or what [`Lesson::check`] finds.
    pub fn in_words(&self, words: &Words) -> Result<Self, String> {
        let of = |why: String| format!("lesson {}: {why}", self.id);
        let counts = [
            ("aims", self.aims.len(), words.aims.len()),
            ("pages", self.pages.len(), words.pages.len()),
            ("parts of the plan", self.plan.len(), words.plan.len()),
            ("questions", self.questions.len(), words.questions.len()),
        ];
        if let Some((what, there, here)) = counts.into_iter().find(|(_, there, here)| there != here) {
            return Err(of(format!("{here} {what}, of {there}")));
        }
        let pages = self.pages.iter().zip(&words.pages);
        let spoken = Self {
            title: words.title.clone(),
            summary: words.summary.clone(),
            aims: words.aims.clone(),
            pages: pages.map(|(page, words)| page.in_words(words)).collect::<Result<_, String>>().map_err(of)?,
            plan: self.plan.iter().zip(&words.plan).map(|(stage, what)| Stage { what: what.clone(), ..*stage }).collect(),
            questions: words.questions.clone(),
            ..self.clone()
        };
        spoken.check()?;
        Ok(spoken)
    }
}

impl Page {
    fn in_words(&self, words: &PageWords) -> Result<Self, String> {
        let mut page = Self {
            title: words.title.clone(),
            text: words.text.clone(),
            deed: words.deed.clone(),
            reveal: words.reveal.clone(),
            ..self.clone()
        };
        let (mut ask, mut label, mut say) = (String::new(), String::new(), vec![]);
        if let Some(predict) = &mut page.predict {
            ask = std::mem::replace(&mut predict.ask, words.ask.clone());
            match &mut predict.by {
                By::Place(axis) | By::Curve(axis) => label = std::mem::replace(&mut axis.label, words.label.clone()),
                By::Choice(options) => {
                    for (option, words) in options.iter_mut().zip(&words.say) {
                        say.push(std::mem::replace(&mut option.say, words.clone()));
                    }
                    // What has no words yet.
                    say.extend(options.iter().skip(words.say.len()).map(|option| option.say.clone()));
                }
            }
        }
        let same = [
            ("do", &self.deed, &words.deed),
            ("reveal", &self.reveal, &words.reveal),
            ("ask", &ask, &words.ask),
            ("label", &label, &words.label),
        ];
        let differs = same.into_iter().find(|(_, there, here)| there.is_empty() != here.is_empty()).map(|(what, ..)| what);
        let differs = differs.or((say.len() != words.say.len()).then_some("say"));
        differs.map_or(Ok(page), |what| {
            Err(format!("page “{}”: the English has {what:?} where this has none, or the other way", words.title))
        })
    }
}
