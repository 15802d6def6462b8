//! Every method's card, in the order in which the page lists them. Data only: the page needs no engine to read it.

use crate::spec::Card;

/// The families, each with its methods.
const FAMILIES: &[&[&Card]] = &[crate::vae::CARDS, crate::ae::CARDS, crate::vq::CARDS, crate::sae::CARDS];

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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(id: &str) -> &'static Card {
        card(id).unwrap_or_else(|| panic!("no card {id}"))
    }

    /// A paper of which a method has a part is named with the part, never alone.
    #[test]
    fn papers_that_are_here_in_part_say_which() {
        let parts = [
            ("vae", "Inverse Autoregressive Flow", "free bits"),
            ("mae", "Masked Autoencoders", "sees the whole image"),
            ("cvae", "from Attributes", "one label"),
            ("iwae", "Tighter Variational Bounds", "is not measured"),
            ("batch-topk", "Adaptive Sparse Allocation", "without its aux_zipf_loss"),
            ("rvq", "Residual Quantization", "in place of its RQ-Transformer"),
            ("matryoshka", "Interpreting CLIP", "nested budgets"),
        ];
        let pixelcnn = ["vq-vae", "cvq", "fsq", "bsq", "rvq"].map(|id| (id, "PixelCNN", "under no condition"));
        for (id, title, words) in parts.into_iter().chain(pixelcnn) {
            let paper = of(id).papers.iter().find(|p| p.title.contains(title)).unwrap_or_else(|| panic!("{id} names no {title}"));
            let (who, said) = (paper.who, paper.credit());
            assert!(said.starts_with(&format!("{who}; here: ")) && said.contains(words), "{id}: {said}");
        }
        let whole = &of("vae").papers[0];
        assert_eq!((whole.part, whole.credit().as_str()), ("", whole.who), "nothing is said of a whole paper");
    }
}
