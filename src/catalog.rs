//! Every method's card, in the order in which the page lists them. Data only: the page needs no engine to read it.

use crate::spec::Card;

/// The families, each with its methods.
const FAMILIES: &[&[&Card]] = &[crate::vae::CARDS, crate::vq::CARDS, crate::sae::CARDS];

/// All registered cards.
pub const CARDS: &[&Card] = &{
    const N: usize = count();
    let mut all = [FAMILIES[0][0]; N];
    let (mut family, mut at) = (0, 0);
    while family < FAMILIES.len() {
        let mut i = 0;
        while i < FAMILIES[family].len() {
            all[at] = FAMILIES[family][i];
            (at, i) = (at + 1, i + 1);
        }
        family += 1;
    }
    all
};

const fn count() -> usize {
    let (mut n, mut family) = (0, 0);
    while family < FAMILIES.len() {
        n += FAMILIES[family].len();
        family += 1;
    }
    n
}

/// The card called `id`.
pub fn card(id: &str) -> Option<&'static Card> {
    CARDS.iter().find(|c| c.id == id).copied()
}
