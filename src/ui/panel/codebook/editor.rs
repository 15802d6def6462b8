//! The tokens of an image, and what the visitor makes of them.

use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use serde_bytes::ByteBuf;

use crate::model::TokenGrid;
use crate::part::shared;
use crate::react::react;
use crate::store::desks::Desks;
use crate::store::runs::Runs;
use crate::views::{COMPOSED, TOKENS};
use latent_view::View;
use latent_view::{Tokenise, Untokenise};
use latent_vocabulary::numbers::{bytes_f32, f32_bytes};

/// Where tokens come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Start {
    /// The encoder, by the weights of the moment, of these bytes.
    Image(Rc<[u8]>),
    /// The learnt prior.
    Drawn(Arc<[f32]>),
}

/// What is being edited; a handle that the panels of the tab share.
#[derive(Clone, Copy)]
pub struct Editor {
    pub grid: Memo<Option<TokenGrid>>,
    pub start: RwSignal<Option<Start>, LocalStorage>,
    /// Changes since the start, oldest first: which token, and its new code.
    edits: RwSignal<Vec<(usize, u32)>>,
    /// The place in hand, and which of its tokens.
    pub cell: RwSignal<usize>,
    pub level: RwSignal<usize>,
    /// The code chosen last.
    pub brush: RwSignal<Option<u32>>,
    /// Tokens before and after the edits.
    encoded: Memo<Option<Arc<[f32]>>>,
    pub tokens: Memo<Option<Arc<[f32]>>>,
}

/// `tokens` with the edits made.
fn edited(tokens: &[f32], edits: &[(usize, u32)]) -> Arc<[f32]> {
    let mut out = tokens.to_vec();
    for (at, code) in edits {
        if let Some(token) = out.get_mut(*at) {
            *token = *code as f32;
        }
    }
    out.into()
}

impl Editor {
    fn new() -> Self {
        let (runs, desks) = (Runs::get(), Desks::get());
        let grid = Memo::new(move |_| runs.model().grid);
        let start = RwSignal::new_local(None);
        let edits = RwSignal::new(Vec::new());
        let (cell, level, brush) = (RwSignal::new(0), RwSignal::new(0), RwSignal::new(None));
        let encoded = Memo::new(move |_| {
            let grid = grid.get()?;
            let tokens = match start.get()? {
                Start::Drawn(tokens) => tokens,
                Start::Image(_) => match &*desks.view(TOKENS).get()? {
                    View::Tokens(tokens) => bytes_f32(&tokens.token_bn).into(),
                    _ => return None,
                },
            };
            (tokens.len() == grid.tokens()).then_some(tokens)
        });
        let tokens = Memo::new(move |_| edits.with(|edits| encoded.get().map(|tokens| edited(&tokens, edits))));
        react(move || {
            if let Some(Start::Image(x)) = start.get() {
                desks.ask(TOKENS, Tokenise { x_np: ByteBuf::from(x.to_vec()) });
            }
        });
        react(move || {
            if let Some(tokens) = tokens.get() {
                desks.ask(COMPOSED, Untokenise { token_bn: f32_bytes(&tokens) });
            }
        });
        // Another codebook: nothing that was chosen from the old one means anything.
        Effect::new(move |before: Option<Option<TokenGrid>>| {
            let now = grid.get();
            if before.is_some_and(|before| before != now) {
                edits.set(Vec::new());
                // In the middle, where there is something to see.
                cell.set(now.map_or(0, |grid| grid.height / 2 * grid.width + grid.width / 2));
                level.set(0);
                brush.set(None);
                if matches!(start.get_untracked(), Some(Start::Drawn(_))) {
                    start.set(None);
                }
            }
            now
        });
        // And of other images the one at hand is none.
        runs.on_other_data(move || {
            edits.set(Vec::new());
            start.set(None);
        });
        Self { grid, start, edits, cell, level, brush, encoded, tokens }
    }

    pub fn get() -> Self {
        shared(Self::new)
    }

    /// Begins with other tokens.
    pub fn begin(self, start: Start) {
        self.edits.set(Vec::new());
        self.start.set(Some(start));
    }

    /// Which token is in hand.
    pub fn at(self) -> usize {
        self.cell.get() * self.grid.get().map_or(1, |grid| grid.levels) + self.level.get()
    }

    /// The token of a place, on the level in hand.
    pub fn token(self, cell: usize) -> Option<u32> {
        let at = cell * self.grid.get()?.levels + self.level.get();
        self.tokens.with(|tokens| tokens.as_ref()?.get(at).map(|token| *token as u32))
    }

    /// Whether a place is no longer what the encoder made it.
    pub fn changed(self, cell: usize) -> bool {
        let levels = self.grid.get().map_or(1, |grid| grid.levels);
        let of = |tokens: &Option<Arc<[f32]>>| {
            tokens.as_ref().and_then(|t| t.get(cell * levels..(cell + 1) * levels).map(<[f32]>::to_vec))
        };
        self.tokens.with(of) != self.encoded.with(of)
    }

    /// Puts a code in the place in hand.
    pub fn put(self, code: u32) {
        let at = untrack(|| self.at());
        self.brush.set(Some(code));
        if untrack(|| self.token(self.cell.get())).is_some_and(|token| token != code) {
            self.edits.update(|edits| edits.push((at, code)));
        }
    }

    /// Puts the next or previous code in the place in hand.
    pub fn turn(self, by: i32) {
        let (Some(token), Some(grid)) = (untrack(|| self.token(self.cell.get())), self.grid.get_untracked()) else { return };
        self.put((token as i32 + by).rem_euclid(grid.codes as i32) as u32);
    }

    pub fn undo(self) {
        self.edits.update(|edits| edits.truncate(edits.len().saturating_sub(1)));
    }

    pub fn reset(self) {
        self.edits.set(Vec::new());
    }

    /// Edits made.
    pub fn count(self) -> usize {
        self.edits.with(Vec::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_edits_win_and_strange_ones_are_nothing() {
        assert_eq!(edited(&[1.0, 2.0, 3.0], &[(0, 9), (2, 5), (0, 7), (8, 1)])[..], [7.0, 2.0, 5.0]);
    }
}
