//! What concerns several stores: how engines, images, runs and presets take each other's place. It hears all that the engine says
//! and hands it to the store that it is for. Panels are given stores; only what has buttons for this is given the conductor.

mod begin;
mod engine;
mod presets;
mod view;

use std::cell::Cell;

use leptos::prelude::*;

use crate::browser;
use crate::held::{Changing, Held};
use crate::store::Stores;
use crate::store::desks::Shown;
use crate::store::runs::Start;
use latent_experiment::Setup;
use latent_player::Digits;
use latent_protocol::RunId;

/// The stores, and what is between them.
struct Parts {
    stores: Stores,
    /// The run being built, kept until it stands: it may have to begin again on the other engine.
    starting: Changing<Option<Start>>,
    /// The engine is given up for another as soon as this run is kept at this step.
    leaving: Cell<Option<(RunId, u64)>>,
    /// Setups that the step compiler refused.
    refused: Changing<Vec<Setup>>,
    /// The preset goes on show once its images have come, whatever else could.
    preset_wanted: Cell<bool>,
    /// Its weights, as they were fetched.
    preset: Changing<Option<Vec<u8>>>,
    /// The way the page begins has been chosen.
    begun: Cell<bool>,
}

#[derive(Clone, Copy)]
pub struct Conductor {
    parts: Held<Parts>,
}

impl Conductor {
    pub fn new(stores: Stores) -> Self {
        Self {
            parts: Held::new(Parts {
                stores,
                starting: Changing::default(),
                leaving: Cell::new(None),
                refused: Changing::default(),
                preset_wanted: Cell::new(false),
                preset: Changing::default(),
                begun: Cell::new(false),
            }),
        }
    }

    /// The handle that the root component provided.
    pub fn get() -> Self {
        expect_context()
    }

    fn parts(self) -> &'static Parts {
        self.parts.get()
    }

    fn stores(self) -> Stores {
        self.parts().stores
    }

    /// Fetches the pretrained model and the test digits, and starts the engine.
    pub fn open(self) {
        let Stores { look, runs, desks, codes, .. } = self.stores();
        codes.begin();
        leptos::task::spawn_local(async move {
            match browser::fetch(&runs.preset.get_untracked().weights()).await {
                // Another one may have been chosen while it was fetched.
                Ok(bytes) if desks.player().is_none() => self.take_first_preset(bytes),
                Ok(_) => {}
                Err(e) => look.no_preset.set(Some(e)),
            }
            // After the model, so that the traversal does not wait for them.
            self.spawn_engine();
            let images = browser::fetch_gz("assets/mnist/t10k-images-idx3-ubyte.gz").await;
            let labels = browser::fetch_gz("assets/mnist/t10k-labels-idx1-ubyte.gz").await;
            if let (Ok(images), Ok(labels)) = (images, labels)
                && let Ok(digits) = Digits::read(&images, &labels)
            {
                desks.set_digits(digits);
            }
        });
    }

    /// From now on the panels show that model or nothing.
    fn put_on_show(self, shown: Shown) {
        if self.stores().desks.put_on_show(shown) {
            self.stores().codes.forget_model();
        }
    }
}
