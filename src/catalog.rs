//! Every method's card, in the order in which the page lists them. Data only: the page needs no engine to read it.

use crate::spec::Card;

/// All registered cards.
pub const CARDS: &[&Card] = &{
    const N: usize = crate::vae::CARDS.len();
    let mut all = [crate::vae::CARDS[0]; N];
    let mut i = 0;
    while i < N {
        all[i] = crate::vae::CARDS[i];
        i += 1;
    }
    all
};

/// The card called `id`.
pub fn card(id: &str) -> Option<&'static Card> {
    CARDS.iter().find(|c| c.id == id).copied()
}
