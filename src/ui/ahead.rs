//! The network that the controls describe is compiled before it is asked for, so that Train begins at once.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;

use super::react::react;
use crate::store::link::{EngineState, Link};
use crate::store::runs::Runs;
use latent_experiment::Setup;
use latent_protocol::{Command, EngineChoice};

/// The controls rest for so long before the engine is set to work.
const REST: Duration = Duration::from_millis(400);

/// Lets the engine compile ahead while it has nothing to train: at once when it opens, while the images are still on their way,
/// then whenever the controls describe another network.
pub fn begin(link: Link, runs: Runs) {
    let told = Rc::new(RefCell::new(None::<Setup>));
    let mut waiting = None::<TimeoutHandle>;
    react(move || {
        let setup = runs.setup.get();
        if let Some(before) = waiting.take() {
            before.clear();
        }
        // Only a graphics card's driver takes long.
        let opened = matches!(link.engine.get(), EngineState::Ready(adapter) if adapter.processor.is_none())
            && link.executor.get() != EngineChoice::Burn;
        if !opened {
            // Another worker has compiled nothing yet.
            told.replace(None);
            return;
        }
        if runs.is_training() || told.borrow().as_ref().is_some_and(|told| !told.needs_rebuild(&setup)) {
            return;
        }
        let first = told.borrow().is_none();
        let told = told.clone();
        let tell = move || {
            link.send(&Command::Prepare { setup: setup.clone() });
            told.replace(Some(setup));
        };
        if first {
            tell();
        } else {
            waiting = set_timeout_with_handle(tell, REST).ok();
        }
    });
}
