//! The codebook as the panels read it.

use std::sync::Arc;

use leptos::prelude::*;

use crate::store::desks::Desks;
use crate::store::runs::Runs;
use crate::views::CODEBOOK;
use latent_view::{Codebook, CodebookUse, View};
use latent_vocabulary::numbers::bytes_f32;

/// Test images whose tokens are counted.
const COUNTED: u32 = 500;

/// A codebook in use.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Book {
    /// Images whose tokens were counted.
    pub images: u32,
    /// How often each code was chosen.
    pub count_k: Vec<u32>,
    pub perplexity: f32,
    /// Bits of a sample, by how often codes are chosen and all alike.
    pub bits: [f32; 2],
    /// Training steps since each was last chosen.
    pub age_k: Vec<f32>,
    /// Shape `[codes, dim]`.
    pub vector_kd: Vec<f32>,
}

impl Book {
    /// The latest answer about the model on show, if there is one; asks for it.
    pub fn watch(runs: Runs, desks: Desks) -> Memo<Option<Arc<Self>>> {
        desks.ask(CODEBOOK, Codebook { count: COUNTED });
        Memo::new(move |_| {
            let codes = runs.model().grid?.codes;
            let view = desks.view(CODEBOOK).get()?;
            let View::CodebookUse(CodebookUse { images, count_k, perplexity, bits, age_k, vector_kd }) = &*view else {
                return None;
            };
            // One about another model is about to be replaced.
            (count_k.len() == codes).then(|| {
                Arc::new(Self {
                    images: *images,
                    count_k: count_k.clone(),
                    perplexity: *perplexity,
                    bits: *bits,
                    age_k: age_k.clone(),
                    vector_kd: bytes_f32(vector_kd),
                })
            })
        })
    }

    /// Share of all tokens.
    pub fn share(&self, code: usize) -> f32 {
        let total = self.count_k.iter().sum::<u32>().max(1);
        self.count_k.get(code).map_or(0.0, |n| *n as f32 / total as f32)
    }

    pub fn used(&self) -> usize {
        self.count_k.iter().filter(|n| **n > 0).count()
    }

    pub fn age(&self, code: usize) -> f32 {
        self.age_k.get(code).copied().unwrap_or(0.0)
    }

    /// Numbers of a code vector.
    pub fn dim(&self) -> usize {
        self.vector_kd.len() / self.count_k.len().max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_one() {
        let book = Book { count_k: vec![3, 0, 1], ..Book::default() };
        assert_eq!([0, 1, 2].map(|k| book.share(k)), [0.75, 0.0, 0.25]);
        assert_eq!((book.used(), book.share(3), Book::default().share(0)), (2, 0.0, 0.0));
    }
}
