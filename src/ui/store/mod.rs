//! What the page knows, in stores by what changes together. Each is a handle that is copied into whatever uses it, and a component
//! names those that it uses: `Link::get()`.
//!
//! | store | what changes there together | names |
//! |---|---|---|
//! | [`Look`] | where the visitor looks, what is said, the address | |
//! | [`Link`] | the engine's worker, and the images that it has | |
//! | [`Runs`] | the controls, the run in the engine, its curves | `Look`, `Link` |
//! | [`Desks`] | the panels' questions and the latest answers | `Link`, `Runs` |
//! | [`Codes`] | where the traversal stands, and the codes of images | `Runs`, `Desks` |
//! | [`Files`] | kept runs, files of weights | `Look`, `Link`, `Runs` |
//!
//! What concerns several of them is the business of [`crate::conductor`].

pub mod codes;
pub mod desks;
pub mod files;
pub mod link;
pub mod look;
pub mod runs;

use leptos::prelude::*;

use crate::camera::Camera;
use latent_experiment::{Preset, Setup};
use latent_protocol::EngineChoice;

use codes::Codes;
use desks::Desks;
use files::Files;
use link::Link;
use look::Look;
use runs::Runs;

/// All of them.
#[derive(Clone, Copy)]
pub struct Stores {
    pub look: Look,
    pub link: Link,
    pub runs: Runs,
    pub desks: Desks,
    pub codes: Codes,
    pub files: Files,
}

impl Stores {
    /// Of a page that opens with this; starts nothing. `notes` are what of its address could not be used.
    pub fn new(setup: Setup, preset: &'static Preset, executor: EngineChoice, camera: &Camera, notes: Vec<String>) -> Self {
        let (look, link) = (Look::new(camera, notes), Link::new(executor));
        let runs = Runs::new(look, link, setup, preset);
        let desks = Desks::new(link, runs);
        Self { look, link, runs, desks, codes: Codes::new(runs, desks), files: Files::new(look, link, runs) }
    }
}

fn all() -> Stores {
    expect_context()
}

/// Gives a component a store.
macro_rules! given {
    ($($store:ident: $field:ident),*) => {
        $(impl $store {
            /// The store that the root component provided.
            pub fn get() -> Self {
                all().$field
            }
        })*
    };
}
given!(Look: look, Link: link, Runs: runs, Desks: desks, Codes: codes, Files: files);
