//! What is known of the images on show: which they are, how many, and what their labels are called.

use leptos::prelude::*;

use crate::react::react;
use crate::store::runs::Runs;
use crate::views::CODED;
use latent_vocabulary::shape::SampleShape;

/// Whether classes have names that take more room than a digit.
pub fn long_names(classes: &[String]) -> bool {
    classes.iter().any(|name| name.chars().count() > 2)
}

impl Runs {
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
