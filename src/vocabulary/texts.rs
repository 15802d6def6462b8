//! What is read of one card at a time. A site has it in a file for each method, so that nobody downloads what all the others say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::card::Card;

/// What a card says at length.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    /// What each parameter does, by its key; those that all methods have are among them.
    pub help: BTreeMap<String, String>,
    /// See [`Card::try_this`].
    pub try_this: String,
    /// The papers, by title.
    pub papers: Vec<Cited>,
}

/// A paper as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cited {
    pub title: String,
    pub credit: String,
}

impl Texts {
    /// What a card says, if this program has it: the feature `texts`.
    pub fn of(card: &Card) -> Self {
        Self {
            help: card.all_params().map(|spec| (spec.key.into(), spec.help.into())).collect(),
            try_this: card.try_this.into(),
            papers: card.papers.iter().map(|p| Cited { title: p.title.into(), credit: p.credit() }).collect(),
        }
    }

    /// The file of a method's texts, beside the page.
    pub fn file(method: &str) -> String {
        format!("texts/{method}.json")
    }
}
