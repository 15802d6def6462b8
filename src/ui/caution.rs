//! How careful the engine is to be: what this tab remembers of how it went, and what the browser tells of the machine.
//!
//! A phone ends a tab that takes too much memory, and says nothing: the page that comes after finds what was being made room for.

use js_sys::Reflect;

use crate::browser;
use crate::words;
use latent_vocabulary::device::{Hints, Power};

/// This tab's losses, and what room is being made for.
const LOSSES: &str = "latent-lab-losses";
const MAKING: &str = "latent-lab-making";
/// Kernels that this tab takes on any adapter, for whoever looks for faults: `sessionStorage.setItem('latent-lab-kernels', 'cards')`.
const KERNELS: &str = "latent-lab-kernels";
const CARDS: &str = "cards";
/// The adapter that was chosen in this browser.
const POWER: &str = "latent-lab-power";
const ECONOMICAL: &str = "economical";

/// What takes much memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Making {
    Images,
    Network,
}

impl Making {
    const ALL: [Self; 2] = [Self::Images, Self::Network];

    fn mark(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::Network => "network",
        }
    }
}

/// What a page finds that was left by one that ended: losses, and what room was being made for.
fn found(losses: Option<&str>, mark: Option<&str>) -> (u32, Option<Making>) {
    let ended = Making::ALL.into_iter().find(|making| Some(making.mark()) == mark);
    let losses = losses.and_then(|losses| losses.parse().ok()).unwrap_or(0u32);
    (losses.saturating_add(ended.is_some().into()), ended)
}

fn recalled() -> (u32, Option<Making>) {
    found(browser::recall_in_tab(LOSSES).as_deref(), browser::recall_in_tab(MAKING).as_deref())
}

/// At the beginning: why this tab ended before, where it did while room was made.
pub fn told() -> Option<&'static str> {
    let (losses, ended) = recalled();
    browser::remember_in_tab(LOSSES, &losses.to_string());
    done();
    ended.map(|making| match making {
        Making::Images => words::ENDED_BY_IMAGES,
        Making::Network => words::ENDED_BY_NETWORK,
    })
}

/// Room begins to be made.
pub fn begins(making: Making) {
    browser::remember_in_tab(MAKING, making.mark());
}

/// The room is there, or there will be none; or the visitor leaves.
pub fn done() {
    browser::remember_in_tab(MAKING, "");
}

/// The device was lost, or the engine.
pub fn lost() {
    done();
    browser::remember_in_tab(LOSSES, &recalled().0.saturating_add(1).to_string());
}

/// For the engine that is opened next.
pub fn hints() -> Hints {
    let memory = Reflect::get(&browser::window().navigator(), &"deviceMemory".into()).ok().and_then(|memory| memory.as_f64());
    Hints {
        power: if browser::recall(POWER).as_deref() == Some(ECONOMICAL) { Power::Economical } else { Power::Fast },
        memory_gb: memory.map(|gb| gb as f32),
        handheld: browser::media("(pointer: coarse) and (hover: none)"),
        losses: recalled().0,
        bench: false,
        cards: browser::recall_in_tab(KERNELS).as_deref() == Some(CARDS),
    }
}

/// Takes the machine's other adapter from now on. The page begins anew; a run that is kept goes on.
pub fn change_power() {
    browser::remember(POWER, if hints().power == Power::Fast { ECONOMICAL } else { "" });
    let _ = browser::window().location().reload();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tab_that_ended_while_room_was_made_counts_as_a_loss() {
        assert_eq!(found(None, None), (0, None));
        assert_eq!(found(Some("2"), Some("")), (2, None), "what was done is no loss");
        assert_eq!(found(None, Some("images")), (1, Some(Making::Images)));
        assert_eq!(found(Some("1"), Some("network")), (2, Some(Making::Network)));
        assert_eq!(found(Some("many"), Some("else")), (0, None), "others may write there");
        for making in Making::ALL {
            assert_eq!(found(None, Some(making.mark())).1, Some(making));
        }
    }
}
