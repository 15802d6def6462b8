//! What the panels of the tab share: the table, the feature in hand, and the input that is steered.

use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;

use super::table::Table;
use crate::paint::Pictures;
use crate::part::shared;
use crate::store::desks::Desks;
use crate::store::link::Link;
use crate::store::runs::Runs;
use crate::views::{FEATURES, FOUND};
use latent_view::Features;
use latent_view::View;
use latent_vocabulary::code::FeatureGrid;

/// Test images that the table looks at.
const IMAGES: u32 = 1000;

/// An input that is steered: a test sample, or a visitor's own image.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Its number among the test samples.
    pub at: Option<u32>,
    /// The picture by which it is shown.
    pub pixels: Rc<[u8]>,
}

/// What is being looked at; a handle that the panels of the tab share.
#[derive(Clone, Copy)]
pub struct Inspector {
    pub grid: Memo<Option<FeatureGrid>>,
    pub table: Memo<Option<Arc<Table>>>,
    /// The feature in hand, once one was chosen.
    pub chosen: RwSignal<Option<usize>>,
    /// The input that is steered.
    pub input: RwSignal<Option<Input>, LocalStorage>,
    /// Features that are held at a value.
    pub held: RwSignal<Vec<(usize, f32)>>,
    /// Texts or pictures lie beside the samples: they say more than rows of numbers do.
    pub beside: Memo<bool>,
    desks: Desks,
}

impl Inspector {
    fn new() -> Self {
        let (link, runs, desks) = (Link::get(), Runs::get(), Desks::get());
        let beside = Memo::new(move |_| link.data_info.with(|info| info.as_ref().is_some_and(|info| info.beside)));
        let grid = Memo::new(move |_| runs.model().features);
        let table = Memo::new_with_compare(
            move |_| {
                let grid = grid.get()?;
                let view = desks.view(FEATURES).get()?;
                let View::FeatureTable(table) = &*view else { return None };
                let table = Table::read(table, grid.places());
                // One about another model is about to be replaced.
                (table.features() == grid.features).then(|| Arc::new(table))
            },
            |_, _| true,
        );
        let (chosen, held, input) = (RwSignal::new(None), RwSignal::new(Vec::new()), RwSignal::new_local(None));
        // Another dictionary: the numbers of its features mean something else.
        Effect::new(move |before: Option<Option<FeatureGrid>>| {
            let now = grid.get();
            if before.is_some_and(|before| before != now) {
                chosen.set(None);
                held.set(Vec::new());
            }
            now
        });
        runs.on_other_data(move || {
            chosen.set(None);
            held.set(Vec::new());
            input.set(None);
        });
        desks.ask(FEATURES, Features { count: IMAGES });
        Self { grid, table, chosen, input, held, beside, desks }
    }

    pub fn get() -> Self {
        shared(Self::new)
    }

    /// The feature in hand, or before one was chosen the one that says most about a class.
    pub fn feature(self) -> Option<usize> {
        let table = self.table.get()?;
        self.chosen
            .get()
            .filter(|f| *f < table.features())
            .or_else(|| (0..table.features()).max_by(|a, b| table.certain_purity(*a).total_cmp(&table.certain_purity(*b))))
    }

    /// Steers a test sample: the one that is picture `found` of the examples on show.
    pub fn take(self, found: usize, sample: usize) {
        let picture = self.desks.view(FOUND).with_untracked(|view| Some(Pictures::of(view.as_deref()?)?.get(found)?.to_vec()));
        if let Some(pixels) = picture {
            self.input.set(Some(Input { at: Some(sample as u32), pixels: pixels.into() }));
        }
    }

    /// Holds a feature at a value, or lets go of it.
    pub fn hold(self, feature: usize, value: Option<f32>) {
        self.held.update(|held| match (held.iter_mut().find(|(f, _)| *f == feature), value) {
            (Some(slot), Some(value)) => slot.1 = value,
            (None, Some(value)) => held.push((feature, value)),
            (_, None) => held.retain(|(f, _)| *f != feature),
        });
    }
}
