//! Every method's card and every data set's, in the order in which the page lists them. Data only: the page needs no engine to read it.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

use latent_vocabulary::Card;
use latent_vocabulary::data::{DataCard, Own};
use latent_vocabulary::drawing::{DRAWN, Drawing};
use latent_vocabulary::world::{TOY, World};

/// The families, each with its methods.
const FAMILIES: &[&[&Card]] = &[
    latent_methods::vae::CARDS,
    latent_methods::ae::CARDS,
    latent_methods::siamese::CARDS,
    latent_methods::vq::CARDS,
    latent_methods::sae::CARDS,
];

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

/// Every data set; the first is what a bare link means.
pub const SETS: &[&DataCard] = latent_data::CARDS;

/// The data set called `id`; what a visitor has drawn is part of the name, and so is how a world of planted patterns is made.
pub fn set(id: &str) -> Option<&'static DataCard> {
    let id = match id {
        id if Drawing::parse(id).is_some() => DRAWN,
        id if World::parse(id).is_some() => TOY,
        id => id,
    };
    SETS.iter().find(|d| d.id == id).copied()
}

/// The names of all data sets.
pub fn set_ids() -> Vec<&'static str> {
    SETS.iter().map(|d| d.id).collect()
}

/// Whether a setup may ask for this data: a registered set, or one packed from a visitor's files. Whether the latter exists
/// only its storage knows.
pub fn known_set(id: &str) -> bool {
    set(id).is_some() || Own::parse(id).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use latent_vocabulary::ParamSpec;
    use latent_vocabulary::shape::SampleShape;

    fn of(id: &str) -> &'static Card {
        card(id).unwrap_or_else(|| panic!("no card {id}"))
    }

    fn param(id: &str, key: &str) -> &'static ParamSpec {
        of(id).param(key).unwrap_or_else(|| panic!("{id} has no {key}"))
    }

    /// A paper of which a method has a part is named with the part, never alone.
    #[test]
    fn papers_that_are_here_in_part_say_which() {
        let parts = [
            ("vae", "Inverse Autoregressive Flow", "free bits"),
            ("mae", "Masked Autoencoders", "sees the whole image"),
            ("iwae", "Tighter Variational Bounds", "is not measured"),
            ("batch-topk", "Adaptive Sparse Allocation", "one threshold for all features"),
            ("rvq", "Residual Quantization", "in place of its RQ-Transformer"),
            ("matryoshka", "Interpreting CLIP", "nested budgets"),
            ("wae-mmd", "Concurrent Density Estimation", "contaminated data"),
            ("latent-flow", "Flow Matching in Latent Space", "without classes or masks"),
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

    /// Where a default or a number is not its paper's, the card says so.
    #[test]
    fn defaults_that_are_not_the_papers_say_so() {
        for (id, key, words) in [
            ("cvq", "decay", "The paper's γ is 0.99"),
            ("dip-vae", "diagonal", "The paper takes λ_o for samples"),
            ("factor-vae", "critic", "betas 0.5 and 0.9; here one moves and clips both"),
            ("relu-sae", "lambda", "in units of the inputs"),
            ("gated-sae", "lambda", "in units of the inputs"),
            ("jump-relu", "lambda", "in squared units of the inputs"),
            ("jump-relu", "bandwidth", "The paper's 0.001 is for inputs of length 1"),
            ("vq-vae", "commitment", "van den Oord et al. take the mean"),
            ("ae", "weight_decay", "biases, code vectors"),
        ] {
            let help = param(id, key).help;
            assert!(help.contains(words), "{id}, {key}: {help}");
        }
        assert_eq!(param("cvq", "decay").default, 0.9);
    }

    #[test]
    fn defaults_that_a_method_stands_or_falls_with_are_the_papers() {
        let default = |id, key| param(id, key).format(param(id, key).default);
        // Kumar et al. 2018: equal prices for the covariance of samples.
        assert_eq!(default("dip-vae", "covariance"), "samples");
        assert_eq!(default("dip-vae", "diagonal"), default("dip-vae", "off-diagonal"));
        // Hsu et al. 2023: quantised latents with strong weight decay.
        assert_eq!((default("qlae", "optimizer"), default("qlae", "weight_decay")), ("adamw".into(), "0.1".into()));
        assert_eq!((default("ae", "optimizer"), default("ae", "weight_decay")), ("adam".into(), "0.01".into()));
    }

    #[test]
    fn no_card_has_a_parameter_twice() {
        for card in CARDS {
            let mut keys: Vec<_> = card.all_params().map(|p| p.key).collect();
            let n = keys.len();
            keys.sort_unstable();
            keys.dedup();
            assert_eq!(keys.len(), n, "{}", card.id);
        }
    }

    #[test]
    fn data_cards_are_consistent() {
        for card in SETS {
            assert_eq!(set(card.id), Some(*card), "{} twice", card.id);
            assert_eq!(SampleShape::of(card).bytes() % 4, 0, "{}: samples are read four bytes at a time", card.id);
            assert!(card.train >= 1024 && card.test >= 256, "{}", card.id);
            // Which class an image is of is no amount.
            let classes = card.factors.iter().find(|f| usize::from(f.size) == card.classes.len());
            assert!(classes.is_none_or(|f| !f.ordered), "{}: its classes are kinds", card.id);
            for factor in card.factors {
                assert!(factor.size > 1 && (factor.weights.is_empty() || factor.weights.len() == usize::from(factor.size)));
            }
            for a in card.attributes {
                let size = card.factors[a.factor].size;
                assert!(a.from <= a.to && a.to < size && a.to - a.from + 1 < size, "{}: {}", card.id, a.name);
            }
        }
    }
}
