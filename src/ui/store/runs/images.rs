//! What is known of the images on show: which they are, how many, and what their labels are called.

use leptos::prelude::*;

use crate::react::react;
use crate::store::runs::Runs;
use crate::views::CODED;
use latent_vocabulary::card::{Card, Want};
use latent_vocabulary::data::Factor;
use latent_vocabulary::factors::FactorName;
use latent_vocabulary::shape::SampleShape;

/// Whether classes have names that take more room than a digit.
pub fn long_names(classes: &[String]) -> bool {
    classes.iter().any(|name| name.chars().count() > 2)
}

impl Runs {
    /// What the images that the controls name lack for a method.
    pub fn lacks(self, card: &Card) -> Option<Want> {
        self.setup.with(|setup| {
            // Of a visitor's own images they themselves say it, once they are there.
            let here = self
                .link()
                .data_info
                .with(|info| info.as_ref().filter(|i| i.id == setup.data).map(|i| (!i.factors.is_empty(), i.frames)));
            let known = latent_catalog::set(&setup.data).map(|set| (!set.factors.is_empty(), set.frames)).or(here);
            card.lacks(setup.of_pictures(), known.map(|known| known.0), known.map(|known| known.1))
        })
    }

    /// The data set that the model on show is of: what the engine has loaded, or that of the trained model.
    pub fn data_on_show(self) -> String {
        let loaded = self.link().data_info.with(|info| info.as_ref().map(|info| info.id.clone()));
        loaded.unwrap_or_else(|| self.preset.get().data().id.into())
    }

    /// Calls `f` whenever other images have been loaded than those before: what was chosen among the old ones means nothing any
    /// more.
    pub fn on_other_data(self, f: impl Fn() + 'static) {
        self.watch_data(Box::new(f));
    }

    fn watch_data(self, f: Box<dyn Fn()>) {
        let mut known = untrack(|| self.data_on_show());
        react(move || {
            // An engine that gives way to another leaves them for a while.
            let Some(now) = self.link().data_info.with(|info| info.as_ref().map(|info| info.id.clone())) else { return };
            if known != now {
                known = now;
                f();
            }
        });
    }

    /// How many test images there are to choose from: of more, the page does not know the codes.
    pub fn test_images(self) -> u32 {
        self.link().data_info.with(|info| info.as_ref().map_or(CODED, |info| info.test.min(CODED)))
    }

    /// Bytes of the picture of one of the images.
    pub fn image_len(self) -> usize {
        let loaded = self.link().data_info.with(|info| info.as_ref().map(|info| SampleShape::loaded(info).picture().len()));
        loaded.unwrap_or_else(|| self.model().shape.len())
    }

    /// How many labels the images have, as far as somebody has named them.
    pub fn classes(self) -> usize {
        let loaded = self.link().data_info.with(|info| info.as_ref().map(|info| info.classes.len()));
        loaded.unwrap_or_else(|| self.preset.get().data().classes.len())
    }

    /// What a factor is called: as the loaded data has it, or where none is loaded the data of the trained model; a number where nobody
    /// has named it.
    pub fn factor_name(self, index: usize) -> FactorName {
        let loaded = self.link().data_info.with(|info| info.as_ref().map(|info| info.factors.get(index).cloned()));
        let name = loaded.unwrap_or_else(|| self.preset.get().data().factors.get(index).map(Factor::names));
        name.unwrap_or_else(|| FactorName { name: index.to_string(), values: vec![] })
    }

    /// Name of a label: as the loaded data has it, or where none is loaded that of the trained model; a number where nobody
    /// has named it.
    pub fn class_name(self, label: u8) -> String {
        let i = usize::from(label);
        let loaded = self.link().data_info.with(|info| info.as_ref().map(|info| info.classes.get(i).cloned()));
        let name = loaded.unwrap_or_else(|| self.preset.get().data().classes.get(i).map(|name| (*name).to_owned()));
        // Attributes are words with `_` between them.
        name.map_or_else(|| label.to_string(), |name| name.replace('_', " "))
    }
}
